//! The Front End takes no sign-ins, or not this one.

use super::Rule;
use crate::diagnosis::codes::{causes_in_words, checks_of, code_in_words};
use crate::diagnosis::command;
use crate::diagnosis::knowledge::Knowledge;
use crate::diagnosis::rejection::{Ground, Rejection};
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::protocol::Protocol;

/// REGISTER is answered by 503, or with code 5000 ([MS-OCER] 7.6). And by any other final status that no other rule
/// explains: then the registrar took no sign-in either, and what the log does not say is not made up.
pub const RULE: Rule = Rule { slug: "registrar-unavailable", severity: Severity::Failure, find };

const CODE: u32 = 5000;

fn find(case: &Case<'_>) -> Vec<Finding> {
    let unavailable = case.rejected_for(Ground::Unavailable).map(unavailable);
    let unnamed = case.rejected_for(Ground::Unnamed).map(unnamed);
    unavailable.chain(unnamed).map(|finding| finding.when(case.index)).collect()
}

fn unavailable(rejection: &Rejection<'_>) -> Finding {
    let servers = servers(rejection);
    let status = rejection.status().unwrap_or(503);
    let why = if rejection.code(&[CODE]).is_some() {
        format!("{}{}", code_in_words(CODE), causes_in_words(CODE))
    } else {
        "The server is starting, draining, overloaded, or an application it needs is not running.".to_owned()
    };
    rejection
        .finding(&RULE, Confidence::Proved, format!("The server took no sign-in of {}", rejection.name()))
        .because(format!(
            "The sign-in ended with {status}: the server was there and refused to work. {why}{}{}",
            it_came_from(&servers),
            rejection.afterwards()
        ))
        .check_all(
            servers.first().map(|server| {
                format!("Get-CsWindowsService -ComputerName {}", command::host(Some(server), "FRONT-END"))
            }),
        )
        .check_all(checks_of(CODE))
}

/// A final status that neither a code nor the status itself explains.
fn unnamed(rejection: &Rejection<'_>) -> Finding {
    let servers = servers(rejection);
    let status = rejection.status().unwrap_or(500);
    let is_server = (500..600).contains(&status);
    let title = Knowledge::current().status(Protocol::Sip, status).map(|entry| format!(" ({})", entry.title));
    let code = rejection.code_where(|_| true);
    let may_be = match status {
        _ if is_server => {
            "The server failed or refuses to work: it is starting, draining, or a part of it or the server behind it \
             does not answer as it should."
        }
        403 => {
            "The server knows who asks and says no. Most often that is remote access (4003), an account that is not \
             the one of the address (4004), or the client version filter (17002, 17003); nothing here tells which."
        }
        _ => "The server does not take the request as it is; nothing here tells why.",
    };
    let why = match code {
        Some(code) => format!("{}{}", code_in_words(code), causes_in_words(code)),
        None => format!("No code stands beside it; an Edge takes codes out of answers to clients outside. {may_be}"),
    };
    let handshake = if rejection.is_after_handshake() {
        " The 401 answers before it belong to the handshake: this is not about the password."
    } else {
        ""
    };
    let warning = rejection.answers().filter_map(|answer| answer.warning.as_deref()).last();
    let finding = rejection
        .finding(
            &RULE,
            if is_server { Confidence::Likely } else { Confidence::Hint },
            format!("The server took no sign-in of {}: {status}", rejection.name()),
        )
        .because(format!(
            "The sign-in ended with {status}{}.{handshake} {why}{}{}{}",
            title.unwrap_or_default(),
            warning.map(|warning| format!(" The server warns: {warning}.")).unwrap_or_default(),
            it_came_from(&servers),
            rejection.afterwards()
        ))
        .check_all(code.map(checks_of).unwrap_or_default())
        .check("Look for the same Call-ID in the trace of Front End and Edge: the code in ms-diagnostics, and the record beside it");
    if is_server {
        let server = command::host(servers.first().copied(), "FRONT-END");
        finding
            .check(format!("Get-CsWindowsService -ComputerName {server}"))
            .check("Read the LS Server events of the Front End at that time")
    } else {
        finding.check(format!(
            "Get-CsUser -Identity {} | Format-List Enabled, RegistrarPool, ExternalAccessPolicy, \
             ClientVersionPolicy",
            command::sip(rejection.user)
        ))
    }
}

/// The servers that gave the answers, as their diagnostics name them.
fn servers<'a>(rejection: &Rejection<'a>) -> Vec<&'a str> {
    let of_answer =
        rejection.answers().filter_map(|answer| answer.diagnostics.iter().find_map(|own| own.source.as_deref()));
    let mut servers: Vec<&str> = of_answer.collect();
    servers.sort_unstable();
    servers.dedup();
    servers
}

fn it_came_from(servers: &[&str]) -> String {
    if servers.is_empty() { String::new() } else { format!(" It came from {}.", servers.join(", ")) }
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, rules};

    const STARTING: &str = "Retry-After: 30\nms-diagnostics: 5000;reason=\"One or more critical applications are not \
                            running\";source=\"fe01.contoso.com\"";

    #[test]
    fn a_503_is_a_failure() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.answer("503 Service Unavailable", STARTING);
        assert_eq!(rules(&[&anna]), ["registrar-unavailable failure anna@contoso.com x1"]);
    }

    #[test]
    fn a_device_that_signs_in_later_is_a_warning() {
        let mut anna = Client::new("anna@contoso.com");
        for _ in 0..2 {
            anna.register("");
            anna.answer("503 Service Unavailable", STARTING);
            anna.wait(30);
            anna.new_call();
        }
        anna.ntlm_sign_in();
        assert!(rules(&[&anna]).contains(&"registrar-unavailable warning anna@contoso.com x2".to_owned()));
    }

    #[test]
    fn a_refresh_that_works_again_is_a_recovery_too() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.wait(3_600);
        anna.register(&anna.signed("NTLM"));
        anna.answer("503 Service Unavailable", "");
        anna.wait(60);
        anna.register(&anna.signed("NTLM"));
        anna.answer("200 OK", "Expires: 7200");
        assert!(rules(&[&anna]).contains(&"registrar-unavailable warning anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_503_to_a_call_is_not_the_registrar() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.new_call();
        anna.request("INVITE", "sip:+14255550177@contoso.com", "+14255550177@contoso.com", "");
        anna.answer("503 Service Unavailable", "");
        assert!(!rules(&[&anna]).iter().any(|rule| rule.starts_with("registrar-unavailable")));
    }

    #[test]
    fn a_monitor_does_not_count() {
        let mut probe = Client::new("probe@contoso.com");
        probe.epid = String::new();
        probe.agent = "RTCC/6.0.0.0 Monitor".to_owned();
        probe.register("");
        probe.answer("503 Service Unavailable", "");
        assert_eq!(rules(&[&probe]), Vec::<String>::new());
    }
}
