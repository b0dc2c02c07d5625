//! A sign-in that succeeded.

use super::Rule;
use crate::diagnosis::case::{group, who};
use crate::diagnosis::sign_in::{Kind, target};
use crate::diagnosis::words::{counted, how_often};
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::format::Millis;
use crate::trace::Round;

/// 200 to a REGISTER that does not sign out ([MS-SIPREGE] 3.1).
pub const RULE: Rule = Rule { slug: "signed-in", severity: Severity::Normal, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let fresh = case.sign_ins.iter().filter(|own| own.kind == Kind::Fresh).map(|own| own.attempt);
    let groups = group(fresh.map(|attempt| (who(attempt), attempt)));
    groups
        .into_iter()
        .filter_map(|((user, endpoint), attempts)| {
            let last = attempts.last()?;
            let rows = || attempts.iter().filter_map(|attempt| attempt.last()).flat_map(Round::rows);
            let (started, ended) = (last.started(), last.ended());
            let took = (ended != Millis::NEVER && started != Millis::NEVER)
                .then(|| format!(" in {} ms", ended.0.saturating_sub(started.0)));
            let finding = Finding::new(&RULE, Confidence::Proved, "Signed in")
                .about(user, endpoint)
                .times(attempts.len())
                .because(format!(
                    "Registered after {}{}{}{}: {}.",
                    counted(last.challenges(), "challenge"),
                    took.unwrap_or_default(),
                    last.package().map(|package| format!(", package {package}")).unwrap_or_default(),
                    target(last).map(|server| format!(", server {server}")).unwrap_or_default(),
                    how_often(case.index, attempts.len(), rows()),
                ))
                .proved_by(rows());
            Some(finding)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, diagnose, fires, rules};

    #[test]
    fn a_200_after_the_handshake_is_a_sign_in() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        assert!(rules(&[&anna]).contains(&"signed-in normal anna@contoso.com x1".to_owned()));
        let found = diagnose(&[&anna]).findings;
        let own = found.iter().find(|finding| finding.rule == "signed-in").expect("signed in");
        assert_eq!(
            own.explanation,
            "Registered after 2 challenges in 500 ms, package NTLM, server fe01.contoso.com: once, at 09:00:00."
        );
    }

    #[test]
    fn a_200_to_a_sign_out_is_none() {
        let mut anna = Client::new("anna@contoso.com");
        anna.sign_out();
        assert!(!fires("signed-in", &[&anna]));
    }

    #[test]
    fn a_refresh_is_none() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.wait(3_600);
        anna.refresh("NTLM");
        assert!(rules(&[&anna]).contains(&"signed-in normal anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn an_answer_whose_request_the_log_does_not_show_may_be_to_anything() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.forget();
        anna.answer("200 OK", &anna.signature("NTLM"));
        assert_eq!(rules(&[&anna]), Vec::<String>::new());
    }
}
