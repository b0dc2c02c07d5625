//! What is as it should be: calls and presence that nothing may call a failure.

use super::scene::{Client, Server, rules};

const ANNA_TO_BEN: (&str, &str) = ("anna@contoso.com", "ben@contoso.com");

/// Findings that are more than an explanation.
fn alarms(server: &Server) -> Vec<String> {
    let is_alarm = |rule: &String| rule.contains(" failure ") || rule.contains(" warning ");
    rules(&[server]).into_iter().filter(is_alarm).collect()
}

fn call(answers: &[(&str, &str)]) -> Server {
    let mut server = Server::new("FEPOOL01", "FE01");
    server.request(ANNA_TO_BEN, "c1", (1, "INVITE"), "");
    for (status, headers) in answers {
        server.response(ANNA_TO_BEN, "c1", (1, "INVITE"), status, headers);
    }
    server
}

#[test]
fn a_call_that_is_taken() {
    let server = call(&[("100 Trying", ""), ("180 Ringing", ""), ("183 Session Progress", ""), ("200 OK", "")]);
    assert_eq!(rules(&[&server]), Vec::<String>::new());
}

#[test]
fn progress_is_no_error() {
    let proxied = "ms-diagnostics: 13004;reason=\"Request was proxied to one or more registered endpoints\"";
    let next = "ms-diagnostics: 12006;reason=\"Trying next hop\"";
    let server = call(&[
        ("101 Progress Report", proxied),
        ("183 Session Progress", next),
        ("180 Ringing", proxied),
        ("200 OK", proxied),
    ]);
    assert_eq!(rules(&[&server]), Vec::<String>::new());
    for status in ["486 Busy Here", "487 Request Terminated", "603 Decline", "408 Request Timeout"] {
        for code in [proxied, next] {
            assert_eq!(alarms(&call(&[(status, code)])), Vec::<String>::new(), "{status}");
        }
    }
}

#[test]
fn a_call_that_is_not_taken() {
    for status in
        ["487 Request Terminated", "486 Busy Here", "600 Busy Everywhere", "603 Decline", "480 Temporarily Unavailable"]
    {
        assert_eq!(alarms(&call(&[("180 Ringing", ""), (status, "")])), Vec::<String>::new(), "{status}");
    }
}

#[test]
fn a_number_that_does_not_exist_is_no_sign_in() {
    assert_eq!(
        alarms(&call(&[("404 Not Found", "ms-diagnostics: 1003;reason=\"User does not exist\"")])),
        Vec::<String>::new()
    );
}

#[test]
fn a_bye_that_crosses_another() {
    let mut server = Server::new("FEPOOL01", "FE01");
    server.exchange(ANNA_TO_BEN, "c1", "BYE", "481 Call Leg/Transaction Does Not Exist", "");
    assert_eq!(rules(&[&server]), Vec::<String>::new());
}

#[test]
fn a_subscription_that_is_asked_for_again() {
    let mut server = Server::new("FEPOOL01", "FE01");
    let again = "ms-diagnostics-public: 2016;reason=\"New subscription is required\"";
    server.exchange(ANNA_TO_BEN, "s1", "SUBSCRIBE", "481 Subscription Does Not Exist", again);
    assert_eq!(rules(&[&server]), Vec::<String>::new());
}

#[test]
fn a_contact_that_is_gone() {
    let mut server = Server::new("FEPOOL01", "FE01");
    let gone = "ms-diagnostics: 4005;reason=\"Destination URI either not enabled for SIP or does not exist\"";
    server.exchange(ANNA_TO_BEN, "s1", "SUBSCRIBE", "404 Not Found", gone);
    assert_eq!(rules(&[&server]), Vec::<String>::new());
}

#[test]
fn participants_without_a_name_and_probes() {
    let mut server = Server::new("FEPOOL01", "FE01");
    let silent = "ms-diagnostics: 1008;reason=\"Unable to resolve DNS SRV record\"";
    server.exchange(("anonymous@anonymous.invalid", "ben@contoso.com"), "c1", "INVITE", "504 Server time-out", silent);
    server.exchange(("edge01.contoso.com", "fe01.contoso.com"), "o1", "OPTIONS", "504 Server time-out", silent);
    assert_eq!(rules(&[&server]), Vec::<String>::new());
}

#[test]
fn sign_ins_of_nobody() {
    let mut anonymous = Client::new("anonymous@anonymous.invalid");
    anonymous.register("");
    anonymous.answer("404 Not Found", "ms-diagnostics: 4005;reason=\"Destination URI does not exist\"");
    anonymous.wait(60);
    anonymous.new_call();
    anonymous.register("");
    anonymous.answer("504 Server time-out", "");
    assert_eq!(rules(&[&anonymous]), Vec::<String>::new());
}

#[test]
fn a_day_of_a_client() {
    let mut anna = Client::new("anna@contoso.com");
    anna.tls_dsk_sign_in();
    for hour in 0..8 {
        anna.wait(3_600);
        anna.register(&anna.signed("TLS-DSK"));
        anna.answer("200 OK", "Expires: 7200\npresence-state: register-action=\"refreshed\"");
        anna.request("MESSAGE", "sip:ben@contoso.com", "ben@contoso.com", "");
        anna.answer(if hour == 3 { "480 Temporarily Unavailable" } else { "200 OK" }, "");
    }
    anna.register(&format!("{}\nExpires: 0", anna.signed("TLS-DSK")));
    anna.answer("200 OK", "");
    let found = rules(&[&anna]);
    assert!(!found.iter().any(|rule| rule.contains(" failure ") || rule.contains(" warning ")), "{found:?}");
}
