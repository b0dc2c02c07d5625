//! The partner's servers are not found in DNS.

use super::Rule;
use crate::diagnosis::codes::{causes_in_words, code_in_words};
use crate::diagnosis::command;
use crate::diagnosis::federation::Federated;
use crate::diagnosis::hosts::domain_of;
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// 504 with 1008 (no SRV record) or 1009 (SRV record points outside the domain) to a request for another domain, or
/// the diagnostic record that stands beside it.
pub const RULE: Rule = Rule { slug: "federation-dns", severity: Severity::Failure, find };

const NO_RECORD: u32 = 1008;
const WRONG_RECORD: u32 = 1009;
/// A name on the way, which may be that of a server of one's own.
const NO_HOST: u32 = 1014;
/// `SIPPROXY_E_EPROUTING_MSG_ALLOWED_DOMAIN_NO_SRV_MATCH`
const NO_SRV_MATCH: u32 = 0xC3E9_3D6F;

/// Domains this is known of.
pub fn domains(case: &Case<'_>) -> Vec<String> {
    failures(case).into_iter().map(|failure| failure.domain).collect()
}

fn failures<'a>(case: &Case<'a>) -> Vec<Federated<'a>> {
    Federated::all(case, &[NO_RECORD, WRONG_RECORD], &[NO_HOST], Some(NO_SRV_MATCH))
}

fn find(case: &Case<'_>) -> Vec<Finding> {
    let is_of_host = |failure: &Federated<'_>| {
        failure.notes.is_empty()
            && failure.code(&[NO_RECORD, WRONG_RECORD]).is_none()
            && failure.code(&[NO_HOST]).is_some()
    };
    let finding = |failure: &Federated<'_>| if is_of_host(failure) { no_host(failure) } else { no_record(failure) };
    failures(case).iter().map(|failure| finding(failure).when(case.index)).collect()
}

/// What the domain is to the one who asks. Whether it is a partner's is known only where our own domains are.
fn title(failure: &Federated<'_>, code: u32) -> String {
    let domain = failure.name();
    let what = if failure.knows_own { "partner" } else { "domain" };
    match (failure.comes_in, failure.is_own, code) {
        (true, ..) => {
            format!("{} does not find our domain {domain} in DNS", failure.user.map_or("A partner", domain_of))
        }
        (_, true, _) => format!("The Edge does not find our own domain {domain}: it asks the wrong DNS server"),
        (.., NO_RECORD) => format!("The {what} {domain} is not found in DNS"),
        _ => format!("The DNS record of the {what} {domain} names a server outside the domain"),
    }
}

fn no_record(failure: &Federated<'_>) -> Finding {
    let (domain, named) = (failure.name(), failure.in_command());
    let code = failure.code(&[NO_RECORD, WRONG_RECORD]).unwrap_or(WRONG_RECORD);
    let who = failure.user.unwrap_or("somebody");
    let points_to = failure.says(&["fqdn1", "fqdn"]).filter(|_| code == WRONG_RECORD);
    let points_to = points_to.map(|host| format!(" The record names {host}.")).unwrap_or_default();
    let own = match (failure.comes_in, failure.is_own) {
        (true, _) => {
            " The request comes from a partner, and the domain that it does not find is our own: what the partner's \
             Edge is told by public DNS counts."
        }
        (_, true) => {
            " The domain is our own, so the Edge should never have to look for it: either it asks a DNS server that \
             does not know it, or the domain is missing in the topology."
        }
        _ => "",
    };
    let of_edge = !failure.comes_in;
    failure
        .finding(&RULE, Confidence::Proved, title(failure, code))
        .because(format!(
            "{} from {who} to {domain} failed.{own} {}{points_to}{}{}",
            failure.methods(),
            code_in_words(code),
            causes_in_words(code),
            failure.afterwards()
        ))
        .check_all(of_edge.then(|| format!("On the Edge: nslookup -type=srv _sipfederationtls._tcp.{named}")))
        .check(format!("From outside: nslookup -type=srv _sipfederationtls._tcp.{named} 8.8.8.8"))
        .check_all(
            of_edge.then_some("On the Edge: Get-DnsClientServerAddress, the outer card must ask a public DNS server"),
        )
        .check_all((failure.is_own && of_edge).then(|| format!("Get-CsSipDomain: is {named} in it?")))
        .check_all((!failure.is_own).then(|| {
            format!(
                "Where the partner cannot mend the record: New-CsAllowedDomain -Domain {named} -ProxyFqdn THEIR-EDGE"
            )
        }))
}

/// A name without an address: that of the partner's server, or of a server of our own on the way.
fn no_host(failure: &Federated<'_>) -> Finding {
    let domain = failure.name();
    let host = failure.says(&["fqdn", "tls-target", "peerserver", "peer"]);
    let asked = host.map(|host| format!(" It was asked for {host}.")).unwrap_or_default();
    failure
        .finding(&RULE, Confidence::Likely, format!("A server on the way to {domain} is not found in DNS"))
        .severity(Severity::Warning)
        .because(format!(
            "{} from {} to {domain} failed with 504.{asked} {}{} It may be the partner's server, or one of our own.{}",
            failure.methods(),
            failure.user.unwrap_or("somebody"),
            code_in_words(NO_HOST),
            causes_in_words(NO_HOST),
            failure.afterwards()
        ))
        .check(format!("On the server that gave the answer: nslookup {}", command::host(host, "NEXT-HOP")))
        .check("Compare with the topology: Get-CsTopology, and the hosts file of the Edge")
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, Log, Server, diagnose, rules};

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
    fn a_partner_that_does_not_find_us_is_no_partner_we_do_not_find() {
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        let own = NO_RECORD.replace("fabrikam", "contoso").replace("sip.contoso", "sip.fabrikam");
        edge.exchange(("ben@fabrikam.com", "anna@contoso.com"), "c1", "INVITE", "504 Server time-out", &own);
        let title = |edge: &Server, logs: &[&dyn Log]| {
            let mut all: Vec<&dyn Log> = vec![edge];
            all.extend(logs);
            let found = diagnose(&all).findings;
            found.into_iter().find(|own| own.rule == "federation-dns").expect("a finding").title
        };
        assert_eq!(title(&edge, &[]), "The domain contoso.com is not found in DNS");
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        assert_eq!(title(&edge, &[&anna]), "fabrikam.com does not find our domain contoso.com in DNS");
    }

    #[test]
    fn who_gets_through_later_had_a_warning() {
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        edge.exchange(ANNA_TO_BEN, "c0", "INVITE", "200 OK", "");
        edge.exchange(ANNA_TO_BEN, "c1", "INVITE", "504 Server time-out", NO_RECORD);
        edge.exchange(("carl@contoso.com", "ben@fabrikam.com"), "c2", "INVITE", "200 OK", "");
        assert_eq!(rules(&[&edge]), ["federation-dns failure anna@contoso.com x1"]);
        edge.exchange(ANNA_TO_BEN, "c3", "SUBSCRIBE", "200 OK", "");
        assert_eq!(rules(&[&edge]), ["federation-dns warning anna@contoso.com x1"]);
        assert!(diagnose(&[&edge]).findings[0].explanation.contains("Later anna@contoso.com reached fabrikam.com."));
    }

    #[test]
    fn a_host_that_is_not_found_on_the_way_to_another_domain() {
        let says = "ms-diagnostics: 1014;reason=\"Unable to resolve DNS A record\";source=\"sip.contoso.com\"";
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        edge.exchange(ANNA_TO_BEN, "c1", "INVITE", "504 Server time-out", says);
        edge.exchange(("anna@contoso.com", "carl@contoso.com"), "c2", "INVITE", "504 Server time-out", says);
        assert_eq!(rules(&[&edge]), ["federation-dns warning anna@contoso.com x1"]);
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
