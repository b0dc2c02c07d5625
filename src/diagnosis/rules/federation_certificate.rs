//! The certificate of a partner's server is not trusted.

use super::Rule;
use crate::diagnosis::codes::{causes_in_words, code_in_words};
use crate::diagnosis::command;
use crate::diagnosis::federation::Federated;
use crate::diagnosis::knowledge::Knowledge;
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// 504 with 1010 to a request for another domain, or the diagnostic record that stands beside it.
pub const RULE: Rule = Rule { slug: "federation-certificate", severity: Severity::Failure, find };

const CODE: u32 = 1010;
/// TLS that did not come about with a server, and with a partner's server.
const NO_TLS: u32 = 1039;
const NO_TLS_WITH_PARTNER: u32 = 1047;
/// `SIPPROXY_E_ROUTING_MSG_CERT_MISMATCH`
const CERT_MISMATCH: u32 = 0xC3E9_3D67;

/// Domains this is known of.
pub fn domains(case: &Case<'_>) -> Vec<String> {
    failures(case).into_iter().map(|failure| failure.domain).collect()
}

fn failures<'a>(case: &Case<'a>) -> Vec<Federated<'a>> {
    Federated::all(case, &[CODE], &[NO_TLS, NO_TLS_WITH_PARTNER], Some(CERT_MISMATCH))
}

fn find(case: &Case<'_>) -> Vec<Finding> {
    failures(case)
        .iter()
        .map(|failure| {
            let domain = failure.name();
            if let Some(code) = failure.code(&[NO_TLS, NO_TLS_WITH_PARTNER])
                && failure.notes.is_empty()
                && failure.code(&[CODE]).is_none()
            {
                return no_tls(failure, code);
            }
            let peer = failure.says(&["peerserver", "certname"]).unwrap_or("the server");
            let wanted = failure.says(&["tls-target", "expected-fqdn"]);
            let host = wanted.unwrap_or(peer);
            let target = command::host(wanted.or(failure.says(&["peerserver", "certname"])), "SERVER");
            let mut sources = failure.answers.iter().rev().flat_map(|answer| &answer.diagnostics);
            let told_by = command::host(sources.find_map(|own| own.source.as_deref()), "the Edge");
            // The number tells name, trust and expiry apart; the words of the reason do not.
            let hresult = failure.says(&["hresult"]).and_then(|text| Knowledge::current().hresult_of_text(text));
            let shown = failure.says(&["certname"]).filter(|name| Some(*name) != wanted);
            let reason = match (&hresult, shown) {
                (_, Some(name)) => format!("it is for {name}, and not for {host}"),
                (Some(entry), None) => lower_first(entry.meaning.trim_end_matches('.')),
                (None, None) if !failure.notes.is_empty() => format!("it is not for {host}"),
                (None, None) => "the log does not say whether for its name, its issuer or its end".to_owned(),
            };
            let asked = wanted.filter(|name| *name != peer).map(|name| format!(" The name asked for was {name}."));
            let number = hresult.as_ref().map(|entry| format!(" HRESULT 0x{:08X} {}.", entry.number, entry.name));
            let causes =
                if hresult.is_none() && failure.notes.is_empty() { causes_in_words(CODE) } else { String::new() };
            failure
                .finding(
                    &RULE,
                    Confidence::Proved,
                    format!("The certificate of {peer} is not trusted on the way to {domain}"),
                )
                .because(format!(
                    "{} from {} to {domain} failed, because the certificate of {peer} is not trusted: {reason}.{}{} {}\
                     {causes}{}",
                    failure.methods(),
                    failure.user.unwrap_or("somebody"),
                    asked.unwrap_or_default(),
                    number.unwrap_or_default(),
                    code_in_words(CODE),
                    failure.afterwards()
                ))
                .check(format!(
                    "From {told_by}, the server that gave the answer: openssl s_client -connect {target}:5061 -showcerts"
                ))
                .check(format!("Is {target} among the names of that certificate, is it in date, and who issued it?"))
                .check(
                    "On the Edge: Get-ChildItem Cert:\\LocalMachine\\Root | Format-List Subject, NotAfter, and look \
                     whether the root of that issuer is among them",
                )
                .check("On the Edge: System event log, source Schannel, events 36882 to 36888 at that time")
        })
        .map(|finding| finding.when(case.index))
        .collect()
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// TLS failed, by the certificate or because the two sides have no version or cipher in common. Where no partner is
/// named it may be a server of our own.
fn no_tls(failure: &Federated<'_>, code: u32) -> Finding {
    let domain = failure.name();
    let host = failure.says(&["tls-target", "peerserver", "fqdn", "peer"]);
    let finding = failure.finding(
        &RULE,
        Confidence::Likely,
        format!("TLS with a server on the way to {domain} does not come about"),
    );
    let finding = if code == NO_TLS { finding.severity(Severity::Warning) } else { finding };
    finding
        .because(format!(
            "{} from {} to {domain} failed with 504.{} {}{}{}",
            failure.methods(),
            failure.user.unwrap_or("somebody"),
            host.map(|host| format!(" It was asked for {host}.")).unwrap_or_default(),
            code_in_words(code),
            causes_in_words(code),
            failure.afterwards()
        ))
        .check(format!(
            "On the server that gave the answer: Test-NetConnection {} -Port 5061, and look at the certificate it shows",
            command::host(host, "NEXT-HOP")
        ))
        .check("On the Edge: System event log, source Schannel, events 36871 to 36888 at that time; which TLS versions and ciphers are allowed on both sides?")
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Server, diagnose, rules};

    const ANNA_TO_BEN: (&str, &str) = ("anna@contoso.com", "ben@fabrikam.com");
    const NOT_TRUSTED: &str = "ms-diagnostics: 1010;reason=\"Certificate trust with another server could not be \
                               established\";ErrorType=\"The peer certificate does not contain a matching \
                               FQDN\";tls-target=\"sip.fabrikam.com\";\
                               PeerServer=\"edge.fabrikam.com\";\
                               HRESULT=\"0x80090322(SEC_E_WRONG_PRINCIPAL)\";source=\"sip.contoso.com\"";

    #[test]
    fn tls_that_does_not_come_about() {
        for (code, severity) in [(1047, "failure"), (1039, "warning")] {
            let says = format!("ms-diagnostics: {code};reason=\"Failed to complete TLS negotiation\"");
            let mut edge = Server::new("EDGEPOOL", "EDGE01");
            edge.exchange(ANNA_TO_BEN, "c1", "INVITE", "504 Server time-out", &says);
            edge.exchange(("anna@contoso.com", "carl@contoso.com"), "c2", "INVITE", "504 Server time-out", &says);
            assert_eq!(rules(&[&edge]), [format!("federation-certificate {severity} anna@contoso.com x1")]);
        }
    }

    #[test]
    fn a_wrong_name_in_the_certificate() {
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        edge.exchange(ANNA_TO_BEN, "c1", "INVITE", "504 Server time-out", NOT_TRUSTED);
        assert_eq!(rules(&[&edge]), ["federation-certificate failure anna@contoso.com x1"]);
        let found = diagnose(&[&edge]).findings;
        assert!(found[0].title.contains("edge.fabrikam.com"));
        assert!(
            found[0].explanation.contains("SEC_E_WRONG_PRINCIPAL") && found[0].explanation.contains("sip.fabrikam.com")
        );
    }

    #[test]
    fn the_number_tells_expiry_from_a_wrong_name() {
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        let expired = NOT_TRUSTED.replace("0x80090322(SEC_E_WRONG_PRINCIPAL)", "0x80090328(SEC_E_CERT_EXPIRED)");
        edge.exchange(ANNA_TO_BEN, "c1", "INVITE", "504 Server time-out", &expired);
        assert!(diagnose(&[&edge]).findings[0].explanation.contains("has expired"));
    }

    #[test]
    fn the_record_of_the_server_alone() {
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        edge.typed(
            "ERROR",
            "DIAG",
            "Severity: error\nText: Message was not sent because the certificate does not match Result-Code: \
             0xc3e93d67 SIPPROXY_E_ROUTING_MSG_CERT_MISMATCH\nData: \
             expected-fqdn=\"sip.fabrikam.com\";certName=\"edge.fabrikam.com\"",
        );
        assert_eq!(rules(&[&edge]), ["federation-certificate failure - x1"]);
    }

    #[test]
    fn a_504_for_another_reason_is_another_matter() {
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        edge.exchange(
            ANNA_TO_BEN,
            "c1",
            "INVITE",
            "504 Server time-out",
            "ms-diagnostics: 1008;reason=\"Unable to resolve DNS SRV record\"",
        );
        assert!(!rules(&[&edge]).iter().any(|rule| rule.starts_with("federation-certificate")));
    }
}
