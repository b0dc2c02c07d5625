//! The rules, one a file. Adding one means adding a file and naming it here.

use super::{Case, Finding, Severity};

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
    signed_in,
    credentials_refused,
    // Web services.
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
const CAUSES: &[(&str, &[&str])] = &[];

/// Ties consequences to their causes, which are about the same user.
pub(super) fn settle(findings: &mut [Finding]) {
    for (consequence, causes) in CAUSES {
        for at in 0..findings.len() {
            let Some(user) = findings.get(at).filter(|own| own.rule == *consequence).map(|own| own.user.clone()) else {
                continue;
            };
            let cause = causes.iter().find(|cause| {
                findings
                    .iter()
                    .any(|other| other.rule == **cause && other.user == user && other.severity == Severity::Failure)
            });
            if let Some(own) = findings.get_mut(at) {
                own.caused_by = own.caused_by.or(cause.copied());
            }
        }
    }
}
