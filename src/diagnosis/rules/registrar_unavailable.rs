//! The Front End takes no sign-ins.

use super::Rule;
use crate::diagnosis::phrases::{causes_in_words, checks_of, code_in_words};
use crate::diagnosis::rejection::{Rejection, verdict_status};
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// REGISTER is answered by 503, or with code 5000 ([MS-OCER] 7.6).
pub const RULE: Rule = Rule { slug: "registrar-unavailable", severity: Severity::Failure, find };

const CODE: u32 = 5000;

fn find(case: &Case<'_>) -> Vec<Finding> {
    let found = Rejection::all(
        case,
        |answer| answer.status == Some(503) || answer.status >= Some(500) && answer.has_code(CODE),
        |note| note.code == Some(CODE) || note.code.is_none() && verdict_status(note) == Some(503),
    );
    found
        .iter()
        .map(|rejection| {
            let mut servers: Vec<&str> = rejection.answers().filter_map(server).collect();
            servers.sort_unstable();
            servers.dedup();
            let status = rejection.answers().filter_map(|answer| answer.status).last().unwrap_or(503);
            let by = if servers.is_empty() { String::new() } else { format!(" It came from {}.", servers.join(", ")) };
            let why = if rejection.code(&[CODE]).is_some() {
                format!("{}{}", code_in_words(CODE), causes_in_words(CODE))
            } else {
                "The server is starting, draining, overloaded, or an application it needs is not running.".to_owned()
            };
            rejection
                .finding(&RULE, Confidence::Proved, format!("The server took no sign-in of {}", rejection.name()))
                .because(format!(
                    "The sign-in ended with {status}: the server was there and refused to work. {why}{by}{}",
                    rejection.afterwards()
                ))
                .check_all(servers.first().map(|server| format!("Get-CsWindowsService -ComputerName {server}")))
                .check_all(checks_of(CODE))
        })
        .map(|finding| finding.when(case.index))
        .collect()
}

/// The server that gave an answer, as its diagnostics name it.
fn server(answer: &crate::trace::SipMessage) -> Option<&str> {
    answer.diagnostics.iter().find_map(|diagnostic| diagnostic.source.as_deref())
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
