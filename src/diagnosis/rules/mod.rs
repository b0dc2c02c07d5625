//! The rules, one a file. Adding one means adding a file and naming it here.

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

macro_rules! rules {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*
        /// All rules, in the order in which an expert asks them.
        pub const RULES: &[Rule] = &[$($name::RULE),*];
    };
}

rules! {
    // Handshakes.
    initial_challenge,
    ntlm_handshake,
    tls_dsk_handshake,
    kerberos_direct,
    signed_in,
    reauthentication,
    association_lost,
    credentials_refused,
    ntlm_level_mismatch,
    wrong_password,
    clock_skew,
    package_fallback,
    no_common_package,
    user_certificate_refused,
    kerberos_target,
    authentication_loop,
    challenge_unanswered,
    server_log_needed,
    // Web services.
    autodiscover_challenge,
    web_ticket_issued,
    web_ticket_rejected_by_issuer,
    web_ticket_from_other_pool,
    web_ticket_rejected_by_some,
    no_token_sent,
    grant_type_refused,
    claim_mismatch,
    autodiscover_redirect,
    no_home_pool,
    fetching_user_certificate,
    certificate_fetch_failed,
    // Registrar, connections, calls.
    connection_setup_failed,
    no_answer,
    home_pool_redirect,
    user_not_found,
    remote_access_denied,
    identity_mismatch,
    client_version_refused,
    user_disabled,
    endpoint_replaced,
    limited_functionality,
    registrar_unavailable,
    next_hop_unreachable,
    federation_dns,
    federation_certificate,
    federation_denied,
    callee_offline,
    dialogs_lost,
    response_dropped,
}

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
