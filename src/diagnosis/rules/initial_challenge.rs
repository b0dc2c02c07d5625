//! The first 401 of every sign-in.

use super::Rule;
use crate::diagnosis::case::{group, who};
use crate::diagnosis::words::{how_often, list};
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::State;

/// The server lists its authentication packages, and the client goes on with one of them.
pub const RULE: Rule = Rule { slug: "initial-challenge", severity: Severity::Normal, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let challenged = case.trace.attempts().flat_map(|attempt| {
        let pairs = attempt.rounds.iter().zip(attempt.rounds.iter().skip(1));
        let answered = pairs.filter(|(round, next)| {
            round.state == State::Challenged && round.sent().is_none() && next.sent().is_some()
        });
        answered.map(move |(round, _)| (who(attempt), round))
    });
    let groups = group(challenged);
    groups
        .into_iter()
        .map(|((user, endpoint), rounds)| {
            let offered = list(rounds.iter().flat_map(|round| round.offered()).map(|own| &*own.package));
            Finding::new(&RULE, Confidence::Proved, "The first 401 is normal: the server lists its packages")
                .about(user, endpoint)
                .times(rounds.len())
                .proved_by(rounds.iter().flat_map(|round| round.rows()))
                .because(format!(
                    "Every sign-in starts with a REGISTER without credentials. The server answers 401 and \
                     offers {offered}: {}.",
                    how_often(case.index, rounds.len(), rounds.iter().flat_map(|round| round.rows()))
                ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, KERBEROS, rules};

    #[test]
    fn the_first_401_is_explained_once_it_is_answered() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        assert!(rules(&[&anna]).contains(&"initial-challenge normal anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn the_challenge_of_another_server_is_no_first_one() {
        let mut henry = Client::new("henry@contoso.com");
        henry.register(&henry.authorization("Kerberos", KERBEROS));
        henry.server = "fe02.contoso.com".to_owned();
        henry.challenge();
        henry.register(&henry.authorization("Kerberos", KERBEROS));
        henry.answer("200 OK", &henry.signature("Kerberos"));
        assert!(!rules(&[&henry]).iter().any(|rule| rule.starts_with("initial-challenge")));
    }

    #[test]
    fn an_unanswered_401_is_not_called_normal() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.challenge();
        assert_eq!(rules(&[&anna]), Vec::<String>::new());
    }
}
