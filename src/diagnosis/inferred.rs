//! Findings about users whom the web requests that prove them do not name.

use super::{Confidence, Finding, Severity};
use crate::index::RowId;
use crate::trace::Trace;
use rustc_hash::FxHashMap;

/// Says so, and lowers how sure the findings are.
pub(super) fn lower(trace: &Trace, findings: &mut [Finding]) {
    if !trace.web.iter().any(|exchange| exchange.is_user_inferred) {
        return;
    }
    // The rounds of a Windows handshake decide nothing.
    let decisive = trace.web.iter().filter(|exchange| exchange.is_failure() && !exchange.is_windows_round());
    let is_inferred: FxHashMap<RowId, bool> =
        decisive.flat_map(|exchange| exchange.rows.iter().map(|&row| (row, exchange.is_user_inferred))).collect();
    for finding in findings.iter_mut().filter(|own| own.severity != Severity::Normal) {
        let Some(user) = &finding.user else { continue };
        let rows = finding.evidence.iter().filter_map(|row| is_inferred.get(row));
        let (inferred, named): (Vec<bool>, Vec<bool>) = rows.partition(|&&is_inferred| is_inferred);
        if inferred.is_empty() {
            continue;
        }
        let (which, least) =
            if named.is_empty() { ("These", Confidence::Hint) } else { ("Some of these", Confidence::Likely) };
        // What the user's own client says stands for itself.
        if finding.rule != "certificate-fetch-failed" {
            finding.confidence = finding.confidence.max(least);
        }
        finding.explanation += &format!(
            " {which} requests do not name their user: {user} is the only one who can be seen to ask at that time."
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::Confidence;
    use crate::diagnosis::scene::{INVALID_TICKET, Server, diagnose};

    #[test]
    fn requests_without_a_name_are_a_hint() {
        let found = |entity: &str| {
            let mut fe01 = Server::new("FEPOOL01", "FE01");
            fe01.gives_ticket("anna@contoso.com", "AA01");
            let url = "https://fepool01.contoso.com:4443/CertProv/CertProvisioningService.svc";
            for _ in 0..3 {
                fe01.web("POST", url, entity, "401 Unauthorized", INVALID_TICKET, "");
            }
            let found = diagnose(&[&fe01]).findings;
            found.into_iter().find(|own| own.rule == "web-ticket-rejected-by-issuer").expect("refused tickets")
        };
        let (named, inferred) = (found("<Get Entity=\"anna@contoso.com\">"), found(""));
        assert_eq!((named.user, named.confidence), (inferred.user.clone(), Confidence::Proved));
        assert_eq!((inferred.user.as_deref(), inferred.confidence), (Some("anna@contoso.com"), Confidence::Hint));
        assert!(inferred.explanation.contains("do not name their user"), "{}", inferred.explanation);
        assert!(!named.explanation.contains("do not name their user"), "{}", named.explanation);
    }
}
