//! A security association that the server does not know, since it is another server.

use super::Rule;
use crate::diagnosis::case::{group, who};
use crate::diagnosis::sign_in::Kind;
use crate::diagnosis::words::{duration, how_often};
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// A server must ask again where realm and target name of a request do not match its own ([MS-SIPAE] 3.3.5.1).
pub const RULE: Rule = Rule { slug: "association-lost", severity: Severity::Warning, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let moved = case.sign_ins.iter().filter(|own| matches!(own.kind, Kind::Moved { .. }));
    let groups = group(moved.map(|own| (who(own.attempt), own)));
    groups
        .into_iter()
        .map(|((user, endpoint), moves)| {
            let rows = || moves.iter().flat_map(|own| own.attempt.rows());
            let (from, to, age_ms) = match moves.last().map(|own| &own.kind) {
                Some(Kind::Moved { from, to, age_ms }) => (from.as_deref(), to.as_deref(), *age_ms),
                _ => (None, None, None),
            };
            let (from, to) = (from.unwrap_or("one server"), to.unwrap_or("another"));
            let age = age_ms.map(|age_ms| format!(", {} after it was made", duration(age_ms))).unwrap_or_default();
            Finding::new(
                &RULE,
                Confidence::Likely,
                format!("{} was moved to another server and signed in again", user.unwrap_or("A user")),
            )
            .about(user, endpoint)
            .times(moves.len())
            .because(format!(
                "The association was with {from}, and {to} answered{age}: the server restarted or failed over, or \
                 load balancing moved the client. It signed in again and was accepted: {}.",
                how_often(case.index, moves.len(), rows())
            ))
            .check(format!("Look at the Lync Server event log of {from} at that time."))
            .check("Get-CsPoolFabricState -PoolFqdn <pool>")
            .check("Is the connection persistent at the load balancer, or is DNS load balancing in use?")
            .proved_by(rows())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, fires, rules};

    #[test]
    fn another_server_asks_for_credentials_before_the_association_ends() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.wait(1_800);
        anna.register(&anna.signed("NTLM"));
        anna.server = "fe02.contoso.com".to_owned();
        anna.challenge();
        anna.ntlm_from_challenge();
        let found = rules(&[&anna]);
        assert!(found.contains(&"association-lost warning anna@contoso.com x1".to_owned()), "{found:?}");
        assert!(!found.iter().any(|rule| rule.contains("failure")), "{found:?}");
    }

    #[test]
    fn the_same_server_after_eight_hours_or_before_moves_nobody() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.wait(8 * 3_600 - 300);
        anna.ntlm_again();
        anna.wait(600);
        anna.ntlm_again();
        assert!(!fires("association-lost", &[&anna]));
    }

    #[test]
    fn a_sign_in_on_another_server_is_no_loss() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.sign_out();
        anna.new_call();
        anna.server = "fe02.contoso.com".to_owned();
        anna.ntlm_sign_in();
        assert!(!fires("association-lost", &[&anna]));
    }
}
