//! A sign-in that succeeded.

use super::Rule;
use crate::diagnosis::case::{group, who};
use crate::diagnosis::{Case, Finding, Severity, Confidence};
use crate::trace::Ending;

/// 200 to a REGISTER that does not sign out ([MS-SIPREGE] 3.1).
pub const RULE: Rule = Rule { slug: "signed-in", severity: Severity::Normal, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let signed_in = case.trace.attempts().filter(|attempt| attempt.ending == Ending::SignedIn && !attempt.renews());
    let groups = group(signed_in.map(|attempt| (who(attempt), attempt)));
    groups
        .into_iter()
        .filter_map(|((user, endpoint), attempts)| {
            let last = attempts.last()?;
            let server = last.rounds.iter().rev().find_map(|round| round.sent()?.target_host());
            let took_ms = last.ended().0 - last.started().0;
            let finding = Finding::new(&RULE, Confidence::Proved, "Signed in")
                .about(user, endpoint)
                .times(attempts.len())
                .proved_by(attempts.iter().filter_map(|attempt| attempt.last()).flat_map(|round| round.rows()))
                .because(format!(
                    "Registered after {} {} in {took_ms} ms{}{}.",
                    last.challenges(),
                    if last.challenges() == 1 { "challenge" } else { "challenges" },
                    last.package().map(|package| format!(" with {package}")).unwrap_or_default(),
                    server.map(|server| format!(", by {server}")).unwrap_or_default(),
                ));
            Some(finding)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, rules};

    #[test]
    fn a_200_after_the_handshake_is_a_sign_in() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        assert!(rules(&[&anna]).contains(&"signed-in normal anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_200_to_a_sign_out_is_none() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("Authorization: NTLM qop=\"auth\", opaque=\"A1\", response=\"01\"\nExpires: 0");
        anna.answer("200 OK", "");
        assert!(!rules(&[&anna]).iter().any(|rule| rule.starts_with("signed-in")));
    }
}
