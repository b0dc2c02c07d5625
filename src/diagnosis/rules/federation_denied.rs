//! Policy forbids it, ours or the partner's.

use super::Rule;
use super::{federation_certificate, federation_dns};
use crate::diagnosis::codes::{causes_in_words, checks_of, code_in_words};
use crate::diagnosis::command;
use crate::diagnosis::federation::{Federated, Groups};
use crate::diagnosis::hosts::domain_of;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::SipMessage;
use rustc_hash::FxHashSet;

/// A request is refused with 1002, 1012 or 1027; or with 1034 and nothing else, which only says that the reason is
/// known to the partner.
pub const RULE: Rule = Rule { slug: "federation-denied", severity: Severity::Failure, find };

const POLICY: [u32; 3] = [1002, 1012, 1027];
const PEER_IS_SILENT: u32 = 1034;

fn find(case: &Case<'_>) -> Vec<Finding> {
    let own = &case.own_domains;
    let is_policy = |answer: &SipMessage| POLICY.iter().any(|&code| answer.has_code(code));
    let partner = |answer: &SipMessage| {
        let (from, to) = (answer.from.as_deref().map(domain_of), answer.to.as_deref().map(domain_of));
        let comes_in = to.is_some_and(|to| own.contains(to)) && from.is_some_and(|from| !own.contains(from));
        if comes_in { from } else { to }.unwrap_or_default().to_owned()
    };
    // What is known to go wrong with a domain explains every answer without a reason from there.
    let mut explained: FxHashSet<String> = FxHashSet::default();
    for known in [federation_dns::domains(case), federation_certificate::domains(case)] {
        explained.extend(known);
    }
    let mut refused: FxHashSet<(Option<&str>, String)> = FxHashSet::default();
    for answer in case.failed().filter(|answer| is_policy(answer)) {
        refused.insert((answer.from.as_deref(), partner(answer)));
    }
    let mut all = Groups::default();
    for answer in case.failed() {
        let domain = partner(answer);
        let is_known = || explained.contains(&domain) || refused.contains(&(answer.from.as_deref(), domain.clone()));
        if is_policy(answer) || is_silent(answer) && !is_known() {
            all.add(case, answer.from.as_deref(), &domain, Some(answer), &[]);
        }
    }
    all.groups.iter().map(|failure| finding(failure).when(case.index)).collect()
}

/// The partner refused without a reason. That somebody is busy, declines or hangs up is no refusal by policy.
fn is_silent(answer: &SipMessage) -> bool {
    answer.has_code(PEER_IS_SILENT)
        && answer.diagnostics.iter().all(|diagnostic| diagnostic.code == PEER_IS_SILENT)
        && !matches!(answer.status, Some(481 | 486 | 487 | 600 | 603))
}

/// Somebody on the other side may just be away or gone.
fn may_be_normal(answer: &SipMessage) -> bool {
    matches!(answer.status, Some(404 | 408 | 410 | 480 | 604))
}

fn finding(failure: &Federated<'_>) -> Finding {
    let domain = failure.name();
    let named = failure.in_command();
    let who = failure.user.unwrap_or("somebody");
    let Some(code) = failure.code(&POLICY) else { return silent(failure) };
    failure
        .finding(&RULE, Confidence::Likely, format!("{who} and {domain} are not allowed to talk to each other"))
        .because(format!(
            "{} from {who} to {domain} was refused by policy. {}{}{}",
            failure.methods(),
            code_in_words(code),
            causes_in_words(code),
            failure.afterwards()
        ))
        .check(format!("Get-CsUser -Identity {} | Format-List ExternalAccessPolicy", command::sip(failure.user)))
        .check("Get-CsExternalAccessPolicy | Format-Table Identity, EnableFederationAccess")
        .check("Get-CsAccessEdgeConfiguration | Format-List AllowFederatedUsers, EnablePartnerDiscovery")
        .check(format!("Get-CsAllowedDomain -Identity {named}; Get-CsBlockedDomain -Identity {named}"))
        .check_all(checks_of(code).into_iter().skip(2))
}

/// What 1034 allows to say: not why, only who knows.
fn silent(failure: &Federated<'_>) -> Finding {
    let domain = failure.name();
    let named = failure.in_command();
    let is_normal = failure.answers.iter().all(|answer| may_be_normal(answer));
    let call_id = failure.answers.last().map_or("CALL-ID", |answer| answer.call_id.as_str());
    let statuses: Vec<&str> = failure.answers.iter().map(|answer| answer.start_line.as_str()).collect();
    let away = if is_normal { " It may well be that the user there is signed out or does not exist." } else { "" };
    failure
        .finding(&RULE, Confidence::Likely, format!("{domain} refused, and only {domain} knows why"))
        .severity(if is_normal || failure.is_reached_later() { Severity::Warning } else { Severity::Failure })
        .because(format!(
            "{} from {} was answered \"{}\" by the partner's Edge. {} The reason stands only in the trace of the \
             partner.{away}{}",
            failure.methods(),
            failure.user.unwrap_or("somebody"),
            statuses.last().copied().unwrap_or_default().trim_start_matches("SIP/2.0 "),
            code_in_words(PEER_IS_SILENT),
            failure.afterwards()
        ))
        .check(format!("Ask {domain} for the Edge trace of this Call-ID: {call_id}"))
        .check(format!("Get-CsAllowedDomain -Identity {named}; Get-CsBlockedDomain -Identity {named}"))
        .check("Get-CsExternalAccessPolicy | Format-Table Identity, EnableFederationAccess")
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Server, diagnose, rules};

    const ANNA_TO_BEN: (&str, &str) = ("anna@contoso.com", "ben@fabrikam.com");
    const SILENT: &str = "ms-diagnostics: 1034;reason=\"Previous hop federated peer did not report diagnostic \
                          information\";Domain=\"fabrikam.com\";\
                          PeerServer=\"sip.fabrikam.com\";source=\"sip.contoso.com\"";

    #[test]
    fn a_policy_of_ours() {
        for code in [1002, 1012, 1027] {
            let mut edge = Server::new("EDGEPOOL", "EDGE01");
            edge.exchange(
                ANNA_TO_BEN,
                "c1",
                "INVITE",
                "403 Forbidden",
                &format!("ms-diagnostics: {code};reason=\"no\""),
            );
            assert_eq!(rules(&[&edge]), ["federation-denied failure anna@contoso.com x1"]);
        }
    }

    #[test]
    fn a_silent_partner_is_not_the_cause() {
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        edge.exchange(ANNA_TO_BEN, "c1", "INVITE", "504 Server time-out", SILENT);
        let found = diagnose(&[&edge]).findings;
        assert_eq!(found.len(), 1);
        assert!(found[0].explanation.contains("never the cause") && found[0].checks[0].ends_with("c1"));
    }

    #[test]
    fn a_silent_partner_loses_against_every_other_reason() {
        for other in ["1008;reason=\"Unable to resolve DNS SRV record\"", "1010;reason=\"Certificate trust\""] {
            let mut edge = Server::new("EDGEPOOL", "EDGE01");
            edge.exchange(ANNA_TO_BEN, "c1", "INVITE", "504 Server time-out", &format!("ms-diagnostics: {other}"));
            edge.exchange(ANNA_TO_BEN, "c2", "INVITE", "504 Server time-out", SILENT);
            let found = rules(&[&edge]);
            assert!(!found.iter().any(|rule| rule.starts_with("federation-denied")), "{found:?}");
        }
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        edge.exchange(
            ANNA_TO_BEN,
            "c1",
            "INVITE",
            "503 Service Unavailable",
            &format!("{SILENT}\nms-diagnostics: 10003;reason=\"Proxy returned a SIP failure code\""),
        );
        assert_eq!(rules(&[&edge]), Vec::<String>::new(), "the far side says why");
    }

    #[test]
    fn a_partners_user_who_is_away_is_no_failure() {
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        edge.exchange(ANNA_TO_BEN, "c1", "INVITE", "480 Temporarily Unavailable", SILENT);
        assert_eq!(rules(&[&edge]), ["federation-denied warning anna@contoso.com x1"]);
    }

    #[test]
    fn a_partners_user_who_declines_is_nothing() {
        for status in ["486 Busy Here", "487 Request Terminated", "603 Decline"] {
            let mut edge = Server::new("EDGEPOOL", "EDGE01");
            edge.exchange(ANNA_TO_BEN, "c1", "INVITE", status, SILENT);
            assert_eq!(rules(&[&edge]), Vec::<String>::new());
        }
    }
}
