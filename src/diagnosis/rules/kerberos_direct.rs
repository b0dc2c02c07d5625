//! A sign-in with Kerberos.

use super::Rule;
use crate::diagnosis::case::{group, who};
use crate::diagnosis::words::how_often;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::{Ending, State};

/// One challenge, a ticket, and 200 ([MS-SIPAE] 4.2).
pub const RULE: Rule = Rule { slug: "kerberos-direct", severity: Severity::Normal, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let direct = case.trace.attempts().filter(|attempt| {
        let brings_ticket = attempt.last().and_then(|last| last.sent());
        attempt.ending == Ending::SignedIn
            && brings_ticket.is_some_and(|sent| sent.package == "Kerberos" && sent.has_token())
            && !attempt.rounds.iter().any(|round| round.state == State::Failed)
    });
    let groups = group(direct.map(|attempt| (who(attempt), attempt)));
    groups
        .into_iter()
        .map(|((user, endpoint), attempts)| {
            let rows = || attempts.iter().flat_map(|attempt| attempt.rows());
            Finding::new(&RULE, Confidence::Proved, "Kerberos sign-in with one challenge")
                .about(user, endpoint)
                .times(attempts.len())
                .because(format!(
                    "After the first 401 the client sent a Kerberos ticket and was accepted at once: {}. Kerberos \
                     works inside the network only; that it is not used from outside is normal.",
                    how_often(case.index, attempts.len(), rows())
                ))
                .proved_by(rows())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, KERBEROS, fires, rules};

    #[test]
    fn a_ticket_that_is_accepted_at_once() {
        let mut henry = Client::new("henry@contoso.com");
        henry.kerberos_sign_in();
        assert!(rules(&[&henry]).contains(&"kerberos-direct normal henry@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_refused_ticket_and_another_package_are_not_direct() {
        let mut henry = Client::new("henry@contoso.com");
        henry.register("");
        henry.challenge();
        henry.register(&henry.authorization("Kerberos", KERBEROS));
        henry.challenge();
        let mut greta = Client::new("greta@contoso.com");
        greta.ntlm_sign_in();
        assert!(!fires("kerberos-direct", &[&henry, &greta]));
    }
}
