//! The certificate of a partner's server is not trusted.

use super::Rule;
use crate::diagnosis::codes::{causes_in_words, code_in_words};
use crate::diagnosis::federation::Federated;
use crate::diagnosis::knowledge::Knowledge;
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// 504 with 1010 to a request for another domain, or the diagnostic record that stands beside it.
pub const RULE: Rule = Rule { slug: "federation-certificate", severity: Severity::Failure, find };

const CODE: u32 = 1010;
/// `SIPPROXY_E_ROUTING_MSG_CERT_MISMATCH`
const CERT_MISMATCH: u32 = 0xC3E9_3D67;

/// Domains this is known of.
pub fn domains(case: &Case<'_>) -> Vec<String> {
    failures(case).into_iter().map(|failure| failure.domain).collect()
}

fn failures<'a>(case: &Case<'a>) -> Vec<Federated<'a>> {
    Federated::all(case, &[CODE], Some(CERT_MISMATCH))
}

fn find(case: &Case<'_>) -> Vec<Finding> {
    failures(case)
        .iter()
        .map(|failure| {
            let domain = failure.name();
            let peer = failure.says(&["peerserver", "certname"]).unwrap_or("the server");
            let wanted = failure.says(&["tls-target", "expected-fqdn"]);
            let host = wanted.unwrap_or(peer);
            let mut sources = failure.answers.iter().rev().flat_map(|answer| &answer.diagnostics);
            let told_by = sources.find_map(|own| own.source.as_deref()).unwrap_or("the Edge");
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
                     {causes}",
                    failure.methods(),
                    failure.user.unwrap_or("somebody"),
                    asked.unwrap_or_default(),
                    number.unwrap_or_default(),
                    code_in_words(CODE)
                ))
                .check(format!("On {told_by}, the server that gave the answer: {}", show_certificate(host)))
                .check(format!("Is {host} among the names of that certificate, is it in date, and who issued it?"))
                .check(
                    "On the Edge: Get-ChildItem Cert:\\LocalMachine\\Root | Format-List Subject, NotAfter, and look \
                     whether the root of that issuer is among them",
                )
                .check("On the Edge: System event log, source Schannel, events 36882 to 36888 at that time")
        })
        .map(|finding| finding.when(case.index))
        .collect()
}

/// A command that shows the certificate of a host, trusted or not.
fn show_certificate(host: &str) -> String {
    format!(
        "$tcp = [Net.Sockets.TcpClient]::new('{host}', 5061); $tls = [Net.Security.SslStream]::new($tcp.GetStream(), \
         $false, {{ $true }}); $tls.AuthenticateAsClient('{host}'); \
         [Security.Cryptography.X509Certificates.X509Certificate2]$tls.RemoteCertificate | Format-List Subject, \
         DnsNameList, Issuer, NotAfter"
    )
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
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
