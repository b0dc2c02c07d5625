//! The second 401 of a sign-in with NTLM.

use super::Rule;
use crate::diagnosis::case::{group, who};
use crate::diagnosis::words::how_often;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::protocol::token::TokenClass;
use crate::trace::State;

/// The server sends its NTLM challenge, a message of type 2, inside a 401 ([MS-SIPAE] 4.1).
pub const RULE: Rule = Rule { slug: "ntlm-handshake", severity: Severity::Normal, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let challenged = case.trace.attempts().flat_map(|attempt| {
        let rounds = attempt.rounds.iter().filter(|round| {
            let mut offered = round.offered().into_iter();
            round.state == State::Continued
                && offered.any(|own| own.package == "NTLM" && own.token == Some(TokenClass::Ntlm(2)))
        });
        rounds.map(move |round| (who(attempt), round))
    });
    let groups = group(challenged);
    groups
        .into_iter()
        .map(|((user, endpoint), rounds)| {
            let rows = || rounds.iter().flat_map(|round| round.rows());
            Finding::new(
                &RULE,
                Confidence::Proved,
                "The second 401 of NTLM is normal: it carries the server's challenge",
            )
            .about(user, endpoint)
            .times(rounds.len())
            .because(format!(
                "The client chose NTLM, and the server sent its NTLM challenge (type 2) inside a 401: {}. The \
                     client answers it with type 3 in the next REGISTER; only what comes then is a verdict.",
                how_often(case.index, rounds.len(), rows())
            ))
            .proved_by(rows())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, NTLM_2, fires, rules};

    #[test]
    fn the_challenge_of_the_server_is_explained() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        assert!(rules(&[&anna]).contains(&"ntlm-handshake normal anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn the_log_may_begin_with_the_challenge_and_end_there() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register(&anna.authorization("NTLM", ""));
        anna.answer("401 Unauthorized", &anna.goes_on("NTLM", NTLM_2));
        assert_eq!(rules(&[&anna]), ["ntlm-handshake normal anna@contoso.com x1"]);
    }

    #[test]
    fn other_packages_and_a_fresh_challenge_have_none() {
        let mut ben = Client::new("ben@contoso.com");
        ben.tls_dsk_sign_in();
        let mut carla = Client::new("carla@contoso.com");
        carla.register(&carla.authorization("NTLM", ""));
        carla.challenge();
        assert!(!fires("ntlm-handshake", &[&ben, &carla]));
    }
}
