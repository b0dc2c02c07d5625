//! The sign-in did not get through to the registrar.

use super::Rule;
use crate::diagnosis::phrases::{causes_in_words, checks_of, code_in_words, domain_of};
use crate::diagnosis::rejection::{Rejection, verdict_status};
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// REGISTER is answered by 504: Edge or Director could not reach the next hop, or the domain is not one of ours.
pub const RULE: Rule = Rule { slug: "next-hop-unreachable", severity: Severity::Failure, find };

const DNS: [u32; 2] = [1008, 1014];
const TLS: [u32; 3] = [1010, 1039, 1047];
const TCP: [u32; 2] = [1038, 1046];

fn find(case: &Case<'_>) -> Vec<Finding> {
    let found = Rejection::all(case, |answer| answer.status == Some(504), |note| verdict_status(note) == Some(504));
    found
        .iter()
        .map(|rejection| {
            let codes = [&DNS[..], &TLS, &TCP].concat();
            let code = rejection.code(&codes).or_else(|| {
                let any = rejection.answers().flat_map(|answer| &answer.diagnostics).map(|diagnostic| diagnostic.code);
                any.last()
            });
            let what = match code {
                Some(code) if DNS.contains(&code) => "its name was not found in DNS",
                Some(code) if TLS.contains(&code) => "TLS with it failed, most likely because of a certificate",
                Some(code) if TCP.contains(&code) => "no connection to it",
                Some(_) => "see the code",
                None => "the log does not say why",
            };
            let domain = rejection.user.map_or("DOMAIN", domain_of);
            let why = match code {
                Some(code) => format!("{}{}", code_in_words(code), causes_in_words(code)),
                None => format!(
                    "An Edge tells clients outside nothing of what lies behind it, so the reason stands only in its \
                     own trace: DNS, connection or certificate between Edge and Front End, or {domain} is no domain of \
                     ours."
                ),
            };
            let named = named_hop(rejection);
            let hop = named.as_deref().unwrap_or("NEXT-HOP");
            let notes: Vec<_> = rejection.answers().flat_map(|answer| case.trace.notes_on(answer)).collect();
            let finding = rejection
                .finding(
                    &RULE,
                    Confidence::Proved,
                    format!("The sign-in of {} did not reach the registrar", rejection.name()),
                )
                .proved_by(notes.iter().map(|note| note.row))
                .because(format!(
                    "The sign-in ended with 504: the next server behind the one that answered could not be reached: \
                     {what}. {why}{}",
                    rejection.afterwards()
                ));
            let finding = match code {
                Some(code) if DNS.contains(&code) => {
                    finding.check(format!("On the server that answered: nslookup {hop}"))
                }
                _ => finding.check(format!("On the server that answered: Test-NetConnection {hop} -Port 5061")),
            };
            let finding = finding.check_all(code.map(checks_of).unwrap_or_default());
            let finding = if code.is_none() {
                finding
                    .check(
                        "Trace the Edge: Start-CsClsLogging -Scenario AlwaysOn -Pools EDGEPOOL, and search for the \
                         same Call-ID",
                    )
                    .check(
                        "On the Edge: hosts file and DNS for the Front End pool, and the certificate chain of the \
                         internal side",
                    )
            } else {
                finding
            };
            finding.check(format!("Get-CsSipDomain: is {domain} in it?"))
        })
        .map(|finding| finding.when(case.index))
        .collect()
}

/// The server that could not be reached, where a code names it.
fn named_hop(rejection: &Rejection<'_>) -> Option<String> {
    const NAMES: [&str; 4] = ["tls-target", "peerserver", "fqdn", "peer"];
    let params = rejection.answers().flat_map(|answer| &answer.diagnostics).map(|diagnostic| &diagnostic.params);
    params.filter_map(|params| NAMES.iter().find_map(|&name| params.get(name))).last().cloned()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{CLIENT, Client, Server, diagnose, rules};

    #[test]
    fn a_504_outside_says_nothing_more() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.answer("504 Server time-out", "");
        assert_eq!(rules(&[&anna]), ["next-hop-unreachable failure anna@contoso.com x1"]);
        let found = diagnose(&[&anna]);
        assert!(found.findings[0].explanation.contains("only in its own trace"));
    }

    #[test]
    fn the_code_tells_what_is_wrong_with_the_next_hop() {
        let cases = [
            ("1014;reason=\"Unable to resolve DNS A record\"", "DNS", "nslookup"),
            (
                "1039;reason=\"Failed to complete TLS negotiation\";tls-target=\"fe01.contoso.com\"",
                "certificate",
                "fe01.contoso.com",
            ),
            (
                "1038;reason=\"Failed to connect to a peer server\";winsock-code=\"10060\"",
                "no connection",
                "-Port 5061",
            ),
        ];
        for (diagnostics, words, check) in cases {
            let mut anna = Client::new("anna@contoso.com");
            anna.register("");
            anna.answer("504 Server time-out", &format!("ms-diagnostics: {diagnostics};source=\"edge01.contoso.com\""));
            let found = diagnose(&[&anna]);
            assert!(found.findings[0].explanation.contains(words), "{:?}", found.findings[0]);
            assert!(found.findings[0].checks[0].contains(check), "{:?}", found.findings[0].checks);
        }
    }

    #[test]
    fn a_device_that_signs_in_later_is_a_warning() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.answer("504 Server time-out", "");
        anna.wait(60);
        anna.new_call();
        anna.ntlm_sign_in();
        assert!(rules(&[&anna]).contains(&"next-hop-unreachable warning anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_failed_name_on_the_way_of_a_sign_in_is_not_federation() {
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        let headers = "FROM: <sip:anna@contoso.com>;tag=1;epid=0f\nTO: <sip:anna@contoso.com>\nCALL-ID: r1\nCSEQ: 1 \
                       REGISTER";
        edge.sip("incoming", CLIENT, "REGISTER sip:contoso.com SIP/2.0", headers);
        edge.typed(
            "ERROR",
            "DIAG",
            "Severity: error\nText: no match\nResult-Code: 0xc3e93d6f \
             SIPPROXY_E_EPROUTING_MSG_ALLOWED_DOMAIN_NO_SRV_MATCH\nSIP-Call-ID: r1\nSIP-CSeq: 1 REGISTER\nData: \
             domain=\"contoso.com\"",
        );
        edge.sip(
            "outgoing",
            CLIENT,
            "SIP/2.0 504 Server time-out",
            &format!("{headers}\nms-diagnostics: 1008;reason=\"Unable to resolve DNS SRV record\""),
        );
        assert_eq!(rules(&[&edge]), ["next-hop-unreachable failure anna@contoso.com x1"]);
    }

    #[test]
    fn monitors_never_count() {
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        edge.exchange(("edge01.contoso.com", "fe01.contoso.com"), "o1", "OPTIONS", "504 Server time-out", "");
        assert_eq!(rules(&[&edge]), Vec::<String>::new());
    }
}
