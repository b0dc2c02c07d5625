//! The rules, one a file. Adding one means adding a file and naming it here, twice: as a module and in its place in the
//! order.

mod association_lost;
mod authentication_loop;
mod autodiscover_challenge;
mod autodiscover_redirect;
mod callee_offline;
mod certificate_fetch_failed;
mod challenge_unanswered;
mod claim_mismatch;
mod client_version_refused;
mod clock_skew;
mod connection_setup_failed;
mod credentials_refused;
mod dialogs_lost;
mod endpoint_replaced;
mod federation_certificate;
mod federation_denied;
mod federation_dns;
mod fetching_user_certificate;
mod grant_type_refused;
mod home_pool_redirect;
mod identity_mismatch;
mod initial_challenge;
mod kerberos_direct;
mod kerberos_target;
mod limited_functionality;
mod next_hop_unreachable;
mod no_answer;
mod no_common_package;
mod no_home_pool;
mod no_token_sent;
mod ntlm_handshake;
mod ntlm_level_mismatch;
mod package_fallback;
mod reauthentication;
mod registrar_unavailable;
mod remote_access_denied;
mod response_dropped;
mod server_log_needed;
mod signed_in;
mod tls_dsk_handshake;
mod user_certificate_refused;
mod user_disabled;
mod user_not_found;
mod web_ticket_from_other_pool;
mod web_ticket_issued;
mod web_ticket_rejected_by_issuer;
mod web_ticket_rejected_by_some;
mod wrong_password;

use super::{Case, Finding, Severity};
use rustc_hash::FxHashSet;

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// The name used towards scripts.
    pub slug: &'static str,
    /// What it is when it fires, unless it says otherwise itself.
    pub severity: Severity,
    pub find: fn(&Case<'_>) -> Vec<Finding>,
}

/// All rules, in the order in which an expert asks them.
pub const RULES: &[Rule] = &[
    // Handshakes.
    initial_challenge::RULE,
    ntlm_handshake::RULE,
    tls_dsk_handshake::RULE,
    kerberos_direct::RULE,
    signed_in::RULE,
    reauthentication::RULE,
    association_lost::RULE,
    credentials_refused::RULE,
    ntlm_level_mismatch::RULE,
    wrong_password::RULE,
    clock_skew::RULE,
    package_fallback::RULE,
    no_common_package::RULE,
    user_certificate_refused::RULE,
    kerberos_target::RULE,
    authentication_loop::RULE,
    challenge_unanswered::RULE,
    server_log_needed::RULE,
    // Web services.
    autodiscover_challenge::RULE,
    web_ticket_issued::RULE,
    web_ticket_rejected_by_issuer::RULE,
    web_ticket_from_other_pool::RULE,
    web_ticket_rejected_by_some::RULE,
    no_token_sent::RULE,
    grant_type_refused::RULE,
    claim_mismatch::RULE,
    autodiscover_redirect::RULE,
    no_home_pool::RULE,
    fetching_user_certificate::RULE,
    certificate_fetch_failed::RULE,
    // Registrar, connections, calls.
    connection_setup_failed::RULE,
    no_answer::RULE,
    home_pool_redirect::RULE,
    user_not_found::RULE,
    remote_access_denied::RULE,
    identity_mismatch::RULE,
    client_version_refused::RULE,
    user_disabled::RULE,
    endpoint_replaced::RULE,
    limited_functionality::RULE,
    registrar_unavailable::RULE,
    next_hop_unreachable::RULE,
    federation_dns::RULE,
    federation_certificate::RULE,
    federation_denied::RULE,
    callee_offline::RULE,
    dialogs_lost::RULE,
    response_dropped::RULE,
];

/// Findings that explain others: the consequence, and its causes in the order of precedence.
const CAUSES: &[(&str, &[&str])] = &[
    (
        "certificate-fetch-failed",
        &[
            "web-ticket-rejected-by-issuer",
            "web-ticket-from-other-pool",
            "web-ticket-rejected-by-some",
            "no-token-sent",
            "grant-type-refused",
            "claim-mismatch",
            "autodiscover-redirect",
            "no-home-pool",
            "identity-mismatch",
            "remote-access-denied",
            "user-not-found",
            "client-version-refused",
        ],
    ),
    (
        "server-log-needed",
        &[
            "authentication-loop",
            "credentials-refused",
            "kerberos-target",
            "certificate-fetch-failed",
            "challenge-unanswered",
            "registrar-unavailable",
        ],
    ),
];

/// Ties consequences to their causes, which are about the same user.
pub(super) fn settle(findings: &mut [Finding]) {
    let failing = findings.iter().filter(|own| own.severity == Severity::Failure);
    let failing: FxHashSet<(&str, Option<String>)> = failing.map(|own| (own.rule, own.user.clone())).collect();
    for own in findings {
        let Some((_, causes)) = CAUSES.iter().find(|(consequence, _)| *consequence == own.rule) else { continue };
        let cause = causes.iter().find(|cause| failing.contains(&(**cause, own.user.clone())));
        own.caused_by = own.caused_by.or(cause.copied());
    }
}
