//! One authentication package failed, another one got the user in.

use super::Rule;
use crate::diagnosis::case::{group, who};
use crate::diagnosis::command;
use crate::diagnosis::refusal::Fate;
use crate::diagnosis::words::{how_often, list};
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::index::RowId;
use crate::trace::{Attempt, Ending, Round, State};
use rustc_hash::FxHashMap;

/// A package whose handshake is refused or given up, and another one in the same Call-ID that ends in 200.
pub const RULE: Rule = Rule { slug: "package-fallback", severity: Severity::Warning, find };

struct Fallback<'a> {
    attempt: &'a Attempt,
    /// Rounds of packages that did not get through.
    lost: Vec<&'a Round>,
}

fn find(case: &Case<'_>) -> Vec<Finding> {
    let mut reasons: FxHashMap<&str, Vec<RowId>> = FxHashMap::default();
    for refusal in case.refusals.iter().filter(|refusal| refusal.fate == Fate::FellBack) {
        reasons.entry(&refusal.attempt.call_id).or_default().extend(refusal.rows());
    }
    let fallbacks = case.trace.attempts().filter_map(fallback);
    let groups = group(fallbacks.map(|own| (who(own.attempt), own)));
    groups
        .into_iter()
        .map(|((user, endpoint), fallbacks)| {
            let rows = || {
                let written = fallbacks.iter().filter_map(|own| reasons.get(own.attempt.call_id.as_str())).flatten().copied();
                let last = fallbacks.iter().filter_map(|own| own.attempt.last());
                fallbacks.iter().flat_map(|own| &own.lost).copied().chain(last).flat_map(Round::rows).chain(written)
            };
            let lost = || fallbacks.iter().flat_map(|own| &own.lost);
            let failed: Vec<&str> = lost().filter_map(|round| Some(&*round.sent()?.package)).collect();
            let is_refused = lost().any(|round| round.state == State::Failed);
            let used = fallbacks.last().and_then(|own| own.attempt.package()).unwrap_or("another package");
            let names = list(failed.iter().copied());
            let mut finding = Finding::new(
                &RULE,
                Confidence::Proved,
                format!("{names} failed, {used} succeeded: {} is signed in", user.unwrap_or("the user")),
            )
            .about(user, endpoint)
            .times(fallbacks.len())
            .because(format!(
                "The client tried {names} first and {}, went on with {used} and was accepted: {}. The user is signed \
                 in, but {names} should be repaired, or the next sign-in depends on {used} again.",
                if is_refused { "was refused" } else { "gave it up" },
                how_often(case.index, fallbacks.len(), fallbacks.iter().flat_map(|own| own.attempt.rows()))
            ));
            if failed.contains(&"TLS-DSK") {
                finding = finding
                    .check("certmgr.msc on the client: Personal, certificates issued by \"Communications Server\". Is it expired? Delete it and sign in again.")
                    .check(format!("Get-CsClientCertificate -Identity {}", command::sip(user)));
            }
            if failed.contains(&"Kerberos") {
                let server = lost().rev().find_map(|round| round.sent().filter(|sent| sent.package == "Kerberos")?.target_host());
                let server = command::host(server.as_deref(), "FRONT-END");
                finding = finding.check(format!("setspn -Q sip/{server}")).check(format!("klist get sip/{server}"));
            }
            if failed.contains(&"NTLM") {
                finding = finding.check("Look for event 4625 in the Security log of the domain controller at that time.");
            }
            finding.proved_by(rows())
        })
        .collect()
}

fn fallback(attempt: &Attempt) -> Option<Fallback<'_>> {
    if attempt.ending != Ending::SignedIn {
        return None;
    }
    let used = attempt.package()?;
    // A request that is only signed shows an association of before, not a package that is tried now. Another server
    // must ask again, which is no fault of the package.
    let is_lost = |round: &&Round| {
        let tried = round.sent().is_some_and(|sent| sent.package != used && sent.token.is_some());
        tried && matches!(round.state, State::Failed | State::Continued)
    };
    let lost: Vec<&Round> = attempt.rounds.iter().filter(is_lost).collect();
    (!lost.is_empty()).then_some(Fallback { attempt, lost })
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, KERBEROS, TLS_HELLO, fires, rules};

    fn loud(found: &[String]) -> Vec<&String> {
        found.iter().filter(|rule| !rule.contains(" normal ")).collect()
    }

    #[test]
    fn a_refused_certificate_and_ntlm_that_works() {
        let mut ben = Client::new("ben@contoso.com");
        ben.tls_dsk_handshake();
        ben.challenge();
        ben.ntlm_from_challenge();
        assert_eq!(loud(&rules(&[&ben])), ["package-fallback warning ben@contoso.com x1"]);
    }

    #[test]
    fn a_refused_ticket_and_ntlm_that_works() {
        let mut henry = Client::new("henry@contoso.com");
        henry.register("");
        henry.challenge();
        henry.register(&henry.authorization("Kerberos", KERBEROS));
        henry.challenge();
        henry.ntlm_from_challenge();
        assert_eq!(loud(&rules(&[&henry])), ["package-fallback warning henry@contoso.com x1"]);
    }

    #[test]
    fn a_package_that_the_client_gives_up() {
        let mut ben = Client::new("ben@contoso.com");
        ben.register("");
        ben.challenge();
        ben.register(&ben.authorization("TLS-DSK", TLS_HELLO));
        ben.answer("401 Unauthorized", &ben.goes_on("TLS-DSK", TLS_HELLO));
        ben.ntlm_sign_in();
        assert_eq!(loud(&rules(&[&ben])), ["package-fallback warning ben@contoso.com x1"]);
    }

    #[test]
    fn one_package_all_the_way_is_none() {
        let mut ben = Client::new("ben@contoso.com");
        ben.tls_dsk_sign_in();
        ben.wait(30_000);
        ben.register(&ben.signed("TLS-DSK"));
        ben.challenge();
        ben.ntlm_from_challenge();
        assert!(!fires("package-fallback", &[&ben]));
    }

    #[test]
    fn a_second_package_that_is_refused_too_is_a_failure() {
        let mut henry = Client::new("henry@contoso.com");
        henry.register("");
        henry.challenge();
        henry.register(&henry.authorization("Kerberos", KERBEROS));
        henry.challenge();
        henry.ntlm_refused();
        let found = rules(&[&henry]);
        assert!(!fires("package-fallback", &[&henry]), "{found:?}");
        assert!(found.contains(&"kerberos-target failure henry@contoso.com x1".to_owned()), "{found:?}");
        assert!(found.contains(&"credentials-refused failure henry@contoso.com x1".to_owned()), "{found:?}");
    }
}
