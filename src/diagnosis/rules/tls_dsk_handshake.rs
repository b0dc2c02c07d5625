//! The 401s in the middle of a sign-in with TLS-DSK.

use super::Rule;
use crate::diagnosis::case::{group, who};
use crate::diagnosis::words::{counted, how_often};
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::protocol::token::TokenClass;
use crate::trace::{Round, State};

/// TLS records travel inside REGISTERs and their 401s. How many rounds that takes is not fixed: what a packet holds
/// may be split.
pub const RULE: Rule = Rule { slug: "tls-dsk-handshake", severity: Severity::Normal, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let handshakes = case.trace.attempts().filter_map(|attempt| {
        let rounds: Vec<&Round> = attempt.rounds.iter().filter(|round| goes_on(round)).collect();
        (!rounds.is_empty()).then(|| (who(attempt), rounds))
    });
    let groups = group(handshakes);
    groups
        .into_iter()
        .map(|((user, endpoint), handshakes)| {
            let rows = || handshakes.iter().flatten().flat_map(|round| round.rows());
            let rounds = handshakes.iter().map(Vec::len).max().unwrap_or_default();
            Finding::new(
                &RULE,
                Confidence::Proved,
                "The further 401s of TLS-DSK are normal: they carry its TLS records",
            )
            .about(user, endpoint)
            .times(handshakes.len())
            .because(format!(
                "The client signs in with its user certificate. The TLS handshake is spread over REGISTERs and \
                     their 401s, up to {} that {} it on here, {}.",
                counted(rounds, "401"),
                if rounds == 1 { "carries" } else { "carry" },
                how_often(case.index, handshakes.len(), rows())
            ))
            .proved_by(rows())
        })
        .collect()
}

fn goes_on(round: &Round) -> bool {
    let carries_tls = |token| matches!(token, Some(TokenClass::Tls { .. } | TokenClass::Other));
    round.state == State::Continued
        && round.offered().iter().any(|own| own.package == "TLS-DSK" && carries_tls(own.token))
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, TLS_EXPIRED, TLS_HELLO, fires, rules};

    #[test]
    fn a_handshake_with_one_round_more_is_as_normal() {
        let mut ben = Client::new("ben@contoso.com");
        ben.tls_dsk_sign_in();
        let mut carla = Client::new("carla@contoso.com");
        carla.tls_dsk_sign_in_in_more_rounds();
        let found = rules(&[&ben, &carla]);
        assert!(found.contains(&"tls-dsk-handshake normal ben@contoso.com x1".to_owned()), "{found:?}");
        assert!(found.contains(&"tls-dsk-handshake normal carla@contoso.com x1".to_owned()), "{found:?}");
    }

    #[test]
    fn an_alert_is_no_normal_round() {
        let mut ben = Client::new("ben@contoso.com");
        ben.register(&ben.authorization("TLS-DSK", TLS_HELLO));
        ben.answer("401 Unauthorized", &ben.goes_on("TLS-DSK", TLS_EXPIRED));
        assert!(!fires("tls-dsk-handshake", &[&ben]));
    }

    #[test]
    fn ntlm_has_no_tls_records() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        assert!(!fires("tls-dsk-handshake", &[&anna]));
    }
}
