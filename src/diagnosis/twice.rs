//! The same trace read twice says what it says once.

use super::scene::{Client, Log, NTLM_3, Server, diagnose};

/// What another log holds, under a name of its own.
struct Copy<'a> {
    log: &'a dyn Log,
    name: &'a str,
    times: usize,
}

impl Log for Copy<'_> {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn text(&self) -> String {
        self.log.text().repeat(self.times)
    }
}

/// Rule, severity, user and count of everything that is found.
fn found(logs: &[&dyn Log]) -> Vec<(String, String, Option<String>, usize)> {
    let line =
        |own: &super::Finding| (own.rule.to_owned(), own.severity.name().to_owned(), own.user.clone(), own.count);
    let mut found: Vec<_> = diagnose(logs).findings.iter().map(line).collect();
    found.sort();
    found
}

fn assert_same_twice(log: &dyn Log) {
    let once = found(&[log]);
    let again = Copy { log, name: "again-UccApi-0.UccApilog", times: 1 };
    assert_eq!(found(&[log, &again]), once, "loaded twice");
    let appended = Copy { log, name: "both-UccApi-0.UccApilog", times: 2 };
    assert_eq!(found(&[&appended]), once, "appended");
}

#[test]
fn a_server_trace() {
    let mut fe01 = Server::new("FEPOOL01", "FE01");
    let anna = "anna@contoso.com";
    fe01.asks_for_a_ticket(anna);
    fe01.windows_round();
    fe01.gives_ticket(anna, "AA01");
    fe01.refuses_ticket(anna, "AA01");
    fe01.wait(600);
    fe01.gives_ticket(anna, "AA02");
    fe01.accepts_ticket(anna, "AA02");
    fe01.typed(
        "WARN",
        "DIAG",
        "Severity: error\nText: no match\nResult-Code: 0xc3e93d6f \
         SIPPROXY_E_EPROUTING_MSG_ALLOWED_DOMAIN_NO_SRV_MATCH\nData: domain=\"fabrikam.com\"",
    );
    assert_same_twice(&fe01);
}

#[test]
fn a_trace_that_goes_on_where_another_ends() {
    let mut fe01 = Server::new("FEPOOL01", "FE01");
    for ticket in ["AA01", "AA02", "AA03"] {
        fe01.gives_ticket("anna@contoso.com", ticket);
        fe01.refuses_ticket("anna@contoso.com", ticket);
    }
    let whole = fe01.text();
    let once = found(&[&fe01]);
    for (at, _) in whole.match_indices("TL_INFO").skip(1) {
        let mut first = Server::new("FEPOOL01", "FE01");
        first.lines_of(whole.split_at(at).0);
        let rest = Copy { log: &fe01, name: "whole-cls.txt", times: 1 };
        assert_eq!(found(&[&first, &rest]), once, "cut at {at}");
    }
}

#[test]
fn sign_ins() {
    let mut anna = Client::new("anna@contoso.com");
    anna.ntlm_refused();
    anna.says("SignIn failed, InitializeSecurityContext returned 0x8009030C");
    anna.new_call();
    anna.ntlm_sign_in();
    anna.refresh("NTLM");
    assert_same_twice(&anna);
    assert_same_twice(&Server::copies("FEPOOL01", "FE01", &anna));
}

#[test]
fn one_device_however_its_epid_is_written() {
    let mut anna = Client::new("anna@contoso.com");
    anna.epid = "0FBB2A5A8C".to_owned();
    anna.ntlm_refused();
    anna.new_call();
    anna.epid = "0fbb2a5a8c".to_owned();
    anna.ntlm_sign_in();
    let of_refusals: Vec<_> = found(&[&anna]).into_iter().filter(|own| own.1 != "normal").collect();
    let warning = ("credentials-refused".to_owned(), "warning".to_owned(), Some("anna@contoso.com".to_owned()), 1);
    assert_eq!(of_refusals, [warning]);
}

#[test]
fn many_different_requests_of_one_call_id_and_number() {
    let mut fe01 = Server::new("FEPOOL01", "FE01");
    let mut requests = 0;
    for tag in 0..40 {
        for _ in 0..3 {
            let headers = format!(
                "FROM: <sip:anna@contoso.com>;tag={tag:08x};epid=0f\nTO: <sip:anna@contoso.com>\nCALL-ID: c1\nCSEQ: 1 \
                 REGISTER\nAUTHORIZATION: NTLM gssapi-data=\"{NTLM_3}\", targetname=\"fe01.contoso.com\""
            );
            fe01.sip("incoming", super::scene::CLIENT, "REGISTER sip:contoso.com SIP/2.0", &headers);
        }
        requests += 1;
    }
    let trace = diagnose(&[&fe01]).trace;
    assert_eq!(trace.registrations.iter().flat_map(crate::trace::Registration::messages).count(), requests);
}
