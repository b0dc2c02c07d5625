//! The sign-in did not get through to the registrar.

use super::Rule;
use crate::diagnosis::codes::{causes_in_words, checks_of, code_in_words, reason_of};
use crate::diagnosis::command;
use crate::diagnosis::rejection::{Ground, HOP_DNS, HOP_TCP, HOP_TLS, Rejection};
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::{ServerNote, SipMessage};

/// REGISTER is answered by 504: Edge or Director could not reach the next hop, or the domain is not one of ours.
pub const RULE: Rule = Rule { slug: "next-hop-unreachable", severity: Severity::Failure, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let found = case.rejected_for(Ground::NextHop);
    found.map(|rejection| finding(case, rejection).when(case.index)).collect()
}

fn finding(case: &Case<'_>, rejection: &Rejection<'_>) -> Finding {
    let codes = [&HOP_DNS[..], &HOP_TLS, &HOP_TCP].concat();
    let code = rejection.code(&codes).or_else(|| rejection.code_where(|_| true));
    let is_dns = code.is_some_and(|code| HOP_DNS.contains(&code));
    let notes: Vec<(&SipMessage, &ServerNote)> =
        rejection.answers().flat_map(|answer| case.trace.notes_on(answer).map(move |note| (answer, note))).collect();
    let result = notes.iter().rev().find_map(|(_, note)| note.result_name.as_deref());
    let what = match code {
        Some(_) if is_dns => "its name was not found in DNS",
        Some(code) if HOP_TLS.contains(&code) => "TLS with it failed, most likely because of a certificate",
        Some(code) if HOP_TCP.contains(&code) => "no connection to it",
        Some(_) => "see the code",
        None if result.is_some() => "see the record of the server",
        None => "the log does not say why",
    };
    let domain = command::domain_of_user(rejection.user);
    let why = match code {
        Some(code) => in_words(code),
        None if result.is_some() => String::new(),
        None => format!(
            "An Edge tells clients outside nothing of what lies behind it, so the reason stands only in its own trace: \
             DNS, connection or certificate between Edge and Front End, or {domain} is no domain of ours."
        ),
    };
    let named = named_hop(rejection).or_else(|| noted_hop(&notes));
    let hop = command::host(named.as_deref(), "NEXT-HOP");
    let to = named.as_deref().map(|hop| format!(" It was asked for {hop}.")).unwrap_or_default();
    let said = result.map(|name| format!(" The server notes {name}.")).unwrap_or_default();
    let status = rejection.status().filter(|status| *status > 401).unwrap_or(504);
    let finding = rejection
        .finding(&RULE, Confidence::Proved, format!("The sign-in of {} did not reach the registrar", rejection.name()))
        .proved_by(notes.iter().map(|(_, note)| note.row))
        .because(
            format!(
                "The sign-in ended with {status}: the next server behind the one that answered could not be reached: \
                 {what}.{to}{said} {why}{}",
                rejection.afterwards()
            )
            .trim_end(),
        );
    let finding = if is_dns {
        finding.check(format!("On the server that answered: nslookup {hop}"))
    } else {
        finding.check(format!("On the server that answered: Test-NetConnection {hop} -Port 5061"))
    };
    let finding = finding.check_all(code.map(own_code).map(checks_of).unwrap_or_default());
    let finding = if code.is_none() {
        finding
            .check(
                "Trace the Edge: Start-CsClsLogging -Scenario AlwaysOn -Pools EDGEPOOL, and search for the same Call-ID",
            )
            .check(
                "On the Edge: hosts file and DNS for the Front End pool, and the certificate chain of the internal side",
            )
    } else {
        finding
    };
    finding.check(format!("Get-CsSipDomain: is {domain} in it?"))
}

/// Codes about a partner's server, and those that say the same of a server of our own.
fn own_code(code: u32) -> u32 {
    match code {
        1046 => 1038,
        1047 => 1039,
        _ => code,
    }
}

/// A sign-in never leaves for a partner, whatever the words of the code say.
fn in_words(code: u32) -> String {
    let own = own_code(code);
    if own == code {
        return format!("{}{}", code_in_words(code), causes_in_words(code));
    }
    format!(
        "Code {code}{}, where the peer is a server of our own: a sign-in goes to no partner.{}",
        reason_of(code).map(|reason| format!(" (\"{reason}\")")).unwrap_or_default(),
        causes_in_words(own)
    )
}

/// The server that could not be reached, where a code names it.
fn named_hop(rejection: &Rejection<'_>) -> Option<String> {
    let params = rejection.answers().flat_map(|answer| &answer.diagnostics).map(|diagnostic| &diagnostic.params);
    params.filter_map(|params| NAMES.iter().find_map(|&name| params.get(name))).last().cloned()
}

/// What names a server in a code, and in the data of a record.
const NAMES: [&str; 4] = ["tls-target", "peerserver", "fqdn", "peer"];

/// The server that could not be reached, as the server that answered notes it. The end of the connection that the
/// request came from is none.
fn noted_hop(notes: &[(&SipMessage, &ServerNote)]) -> Option<String> {
    let of_note = |(answer, note): &(&SipMessage, &ServerNote)| {
        let peer = || {
            let peer = note.peer.as_deref().filter(|_| note.result.is_some())?;
            (!answer.hops.iter().any(|hop| hop.peer == peer)).then_some(peer)
        };
        let named = NAMES.iter().find_map(|name| note.datum(name)).or_else(peer)?;
        let host =
            named.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(named, |(host, _)| host);
        (!host.is_empty()).then(|| host.to_owned())
    };
    notes.iter().rev().find_map(of_note)
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

    #[test]
    fn the_record_of_the_edge_names_the_next_hop() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        let call_id = anna.call_id();
        anna.answer("504 Server time-out", "ms-diagnostics-public: 1046;reason=\"Failed to connect\"");
        let with_record = |peer: &str, data: &str| {
            let mut edge = Server::copies("EDGEPOOL", "EDGE01", &anna);
            edge.typed(
                "ERROR",
                "DIAG",
                &format!(
                    "Severity: error\nText: Message was not sent because the connection was closed\nResult-Code: \
                     0x8007274c WSAETIMEDOUT\nSIP-Start-Line: REGISTER sip:contoso.com SIP/2.0\nSIP-Call-ID: \
                     {call_id}\nSIP-CSeq: 1 REGISTER\nPeer: {peer}{data}"
                ),
            );
            diagnose(&[&anna, &edge]).findings
        };
        for data in ["", "\nData: fqdn=\"fe01.contoso.com\";port=\"5061\""] {
            let found = with_record("fe01.contoso.com:5061", data);
            let own = found.iter().find(|own| own.rule == "next-hop-unreachable").expect("a finding");
            assert_eq!(own.checks[0], "On the server that answered: Test-NetConnection fe01.contoso.com -Port 5061");
            assert!(
                own.explanation.contains("fe01.contoso.com") && own.explanation.contains("WSAETIMEDOUT"),
                "{own:?}"
            );
        }
        let found = with_record(CLIENT, "");
        let own = found.iter().find(|own| own.rule == "next-hop-unreachable").expect("a finding");
        assert!(own.checks[0].contains("NEXT-HOP"), "the client's end is no next hop: {:?}", own.checks);
    }

    #[test]
    fn the_next_hop_of_a_sign_in_is_no_partner() {
        for code in [1046, 1047] {
            let mut anna = Client::new("anna@contoso.com");
            anna.register("");
            anna.answer("504 Server time-out", &format!("ms-diagnostics-public: {code};reason=\"Failed\""));
            let found = diagnose(&[&anna]).findings;
            let all = format!("{} {}", found[0].explanation, found[0].checks.join(" "));
            assert!(!all.contains("partner's Edge") && all.contains("server of our own"), "{all}");
        }
    }
}
