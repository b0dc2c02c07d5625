//! The partner's servers are not found in DNS.

use super::Rule;
use crate::diagnosis::codes::{causes_in_words, code_in_words};
use crate::diagnosis::federation::Federated;
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// 504 with 1008 (no SRV record) or 1009 (SRV record points outside the domain) to a request for another domain, or
/// the diagnostic record that stands beside it.
pub const RULE: Rule = Rule { slug: "federation-dns", severity: Severity::Failure, find };

const NO_RECORD: u32 = 1008;
const WRONG_RECORD: u32 = 1009;
/// `SIPPROXY_E_EPROUTING_MSG_ALLOWED_DOMAIN_NO_SRV_MATCH`
const NO_SRV_MATCH: u32 = 0xC3E9_3D6F;

/// Domains this is known of.
pub fn domains(case: &Case<'_>) -> Vec<String> {
    failures(case).into_iter().map(|failure| failure.domain).collect()
}

fn failures<'a>(case: &Case<'a>) -> Vec<Federated<'a>> {
    Federated::all(case, &[NO_RECORD, WRONG_RECORD], Some(NO_SRV_MATCH))
}

fn find(case: &Case<'_>) -> Vec<Finding> {
    failures(case)
        .iter()
        .map(|failure| {
            let domain = failure.name();
            let code = failure.code(&[NO_RECORD, WRONG_RECORD]).unwrap_or(WRONG_RECORD);
            let who = failure.user.unwrap_or("somebody");
            let points_to = failure.says(&["fqdn1", "fqdn"]).filter(|_| code == WRONG_RECORD);
            let points_to = points_to.map(|host| format!(" The record names {host}.")).unwrap_or_default();
            let title = if failure.is_own {
                format!("The Edge does not find our own domain {domain}: it asks the wrong DNS server")
            } else if code == NO_RECORD {
                format!("The partner {domain} is not found in DNS")
            } else {
                format!("The DNS record of the partner {domain} names a server outside the domain")
            };
            let own = if failure.is_own {
                " The domain is our own, so the Edge should never have to look for it: either it asks a DNS server \
                 that does not know it, or the domain is missing in the topology."
            } else {
                ""
            };
            failure
                .finding(&RULE, Confidence::Proved, title)
                .because(format!(
                    "{} from {who} to {domain} failed.{own} {}{points_to}{}",
                    failure.methods(),
                    code_in_words(code),
                    causes_in_words(code)
                ))
                .check(format!("On the Edge: nslookup -type=srv _sipfederationtls._tcp.{domain}"))
                .check(format!("From outside: nslookup -type=srv _sipfederationtls._tcp.{domain} 8.8.8.8"))
                .check("On the Edge: Get-DnsClientServerAddress, the outer card must ask a public DNS server")
                .check_all(failure.is_own.then(|| format!("Get-CsSipDomain: is {domain} in it?")))
                .check_all((!failure.is_own).then(|| {
                    format!(
                        "Where the partner cannot mend the record: New-CsAllowedDomain -Domain {domain} -ProxyFqdn \
                         THEIR-EDGE"
                    )
                }))
        })
        .map(|finding| finding.when(case.index))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, Server, diagnose, rules};

    const ANNA_TO_BEN: (&str, &str) = ("anna@contoso.com", "ben@fabrikam.com");
    const NO_RECORD: &str = "ms-diagnostics: 1008;reason=\"Unable to resolve DNS SRV \
                             record\";domain=\"fabrikam.com\";\
                             dns-srv-result=\"NegativeResult\";source=\"sip.contoso.com\"";

    fn record(call_id: &str) -> String {
        let about =
            if call_id.is_empty() { String::new() } else { format!("SIP-Call-ID: {call_id}\nSIP-CSeq: 1 INVITE\n") };
        format!(
            "Severity: error\nText: The domain of the message resolved by DNS SRV but none of the results \
             match\nResult-Code: 0xc3e93d6f SIPPROXY_E_EPROUTING_MSG_ALLOWED_DOMAIN_NO_SRV_MATCH\n{about}Data: \
             domain=\"fabrikam.com\";fqdn1=\"sip.hoster.example\""
        )
    }

    #[test]
    fn a_partner_without_a_record() {
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        edge.exchange(ANNA_TO_BEN, "c1", "INVITE", "504 Server time-out", NO_RECORD);
        edge.exchange(ANNA_TO_BEN, "c2", "SUBSCRIBE", "504 Server time-out", NO_RECORD);
        assert_eq!(rules(&[&edge]), ["federation-dns failure anna@contoso.com x2"]);
    }

    #[test]
    fn one_finding_for_each_domain() {
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        edge.exchange(ANNA_TO_BEN, "c1", "INVITE", "504 Server time-out", NO_RECORD);
        let other = NO_RECORD.replace("fabrikam", "northwind");
        edge.exchange(("anna@contoso.com", "carl@northwind.com"), "c2", "INVITE", "504 Server time-out", &other);
        assert_eq!(rules(&[&edge]), ["federation-dns failure anna@contoso.com x1"; 2]);
    }

    #[test]
    fn the_record_of_the_server_belongs_to_the_call() {
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        edge.request(ANNA_TO_BEN, "c1", (1, "INVITE"), "");
        edge.typed("ERROR", "DIAG", &record("c1"));
        edge.response(
            ANNA_TO_BEN,
            "c1",
            (1, "INVITE"),
            "504 Server time-out",
            "ms-diagnostics: 1009;reason=\"No match for domain in DNS SRV results\";domain=\"fabrikam.com\"",
        );
        let found = diagnose(&[&edge]).findings;
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].count, found[0].evidence.len()), (1, 2));
        assert!(found[0].explanation.contains("sip.hoster.example"));
    }

    #[test]
    fn the_record_names_who_asked_also_without_an_answer() {
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        edge.request(ANNA_TO_BEN, "c1", (1, "INVITE"), "");
        edge.typed("ERROR", "DIAG", &record("c1"));
        assert_eq!(rules(&[&edge]), ["federation-dns failure anna@contoso.com x1"]);
    }

    #[test]
    fn the_record_alone_is_enough() {
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        edge.typed("WARN", "DIAG", &record(""));
        assert_eq!(rules(&[&edge]), ["federation-dns failure - x1"]);
    }

    #[test]
    fn our_own_domain_is_a_matter_of_the_edge() {
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        let own = NO_RECORD.replace("fabrikam", "contoso");
        edge.exchange(("anna@contoso.com", "carl@contoso.com"), "c1", "INVITE", "504 Server time-out", &own);
        let found = diagnose(&[&edge]).findings;
        assert!(found[0].title.contains("wrong DNS server"), "{}", found[0].title);
    }

    #[test]
    fn an_answer_that_is_no_server_failure_is_none_of_it() {
        let mut anna = Client::new("anna@contoso.com");
        anna.request("INVITE", "sip:ben@fabrikam.com", "ben@fabrikam.com", "");
        anna.answer("486 Busy Here", "");
        assert_eq!(rules(&[&anna]), Vec::<String>::new());
    }

    #[test]
    fn probes_do_not_count() {
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        edge.exchange(("edge01.contoso.com", "sip.fabrikam.com"), "o1", "OPTIONS", "504 Server time-out", NO_RECORD);
        assert_eq!(rules(&[&edge]), Vec::<String>::new());
    }
}
