//! Signed in, but the presence service is away.

use super::Rule;
use crate::diagnosis::case::group;
use crate::diagnosis::command;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::{Round, SipMessage, State};

/// 200 to REGISTER with `user-services-state=unavailable` or `is-connected-to-primary="no"` ([MS-SIPREGE] 3.1).
pub const RULE: Rule = Rule { slug: "limited-functionality", severity: Severity::Warning, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let rounds = case.trace.registrations.iter().flat_map(|registration| {
        let who = (registration.user.as_deref(), registration.endpoint.as_deref());
        let attempts = registration.attempts.iter().filter(|attempt| !attempt.is_monitor());
        let rounds = attempts.flat_map(|attempt| &attempt.rounds).chain(&registration.refreshes);
        rounds.map(move |round| (who, round))
    });
    let accepted = rounds.filter(|(_, round)| round.state == State::Established && !round.is_sign_out());
    let groups = group(accepted);
    groups
        .into_iter()
        .filter_map(|((user, endpoint), mut rounds)| {
            rounds.sort_by_key(|round| round.time());
            let is_limited = |round: &&Round| round.answer().is_some_and(|answer| answer.is_limited);
            let limited: Vec<_> = rounds.iter().copied().filter(is_limited).collect();
            if limited.is_empty() {
                return None;
            }
            let is_over = rounds.last().is_some_and(|last| !is_limited(last));
            let name = user.unwrap_or("The user");
            let finding = Finding::new(
                &RULE,
                Confidence::Proved,
                format!("{name} is signed in with limited functionality"),
            )
            .about(user, endpoint)
            .times(limited.len())
            .proved_by(limited.iter().filter_map(|round| round.answer()).flat_map(SipMessage::rows))
            .because(format!(
                "The registrar accepted the user and said that the presence services of the home pool are away: a \
                 backup registrar serves the user. Calls work; presence, contacts and conferences do not.{}",
                if is_over { " The last answer in the log says so no longer." } else { "" }
            ))
            .check(format!("Get-CsUserPoolInfo -Identity {}", command::sip(user)))
            .check("Get-CsPoolFabricState -PoolFqdn POOL -Type Routing")
            .check("On the servers of the home pool: Get-CsWindowsService, and is the SQL back end reachable?")
            .check("Was the pool failed over? Get-CsPoolBackupRelationship -PoolFqdn POOL");
            Some(finding)
        })
        .map(|finding| finding.when(case.index))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, rules};

    fn sign_in(anna: &mut Client, state: &str) {
        anna.ntlm_handshake();
        let signature = anna.signature("NTLM");
        anna.answer("200 OK", &format!("{signature}\npresence-state: register-action=\"added\"; {state}"));
    }

    #[test]
    fn a_backup_registrar_is_a_warning() {
        for state in ["user-services-state=unavailable", "is-connected-to-primary=\"no\""] {
            let mut anna = Client::new("anna@contoso.com");
            sign_in(&mut anna, state);
            let found = rules(&[&anna]);
            assert!(found.contains(&"limited-functionality warning anna@contoso.com x1".to_owned()), "{found:?}");
        }
    }

    #[test]
    fn a_refresh_may_tell_it_too() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.wait(3_600);
        anna.register(&anna.signed("NTLM"));
        anna.answer("200 OK", "Expires: 7200\npresence-state: user-services-state=unavailable");
        assert!(rules(&[&anna]).contains(&"limited-functionality warning anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_full_service_is_not() {
        let mut anna = Client::new("anna@contoso.com");
        sign_in(&mut anna, "user-services-state=available; is-connected-to-primary=\"yes\"");
        assert!(!rules(&[&anna]).iter().any(|rule| rule.starts_with("limited-functionality")));
    }
}
