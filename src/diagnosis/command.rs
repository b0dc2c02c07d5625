//! Values of a trace in commands to copy. What stands in a trace was written by anybody, so a value goes into a command
//! only where it is what it should be, of characters that no shell takes for anything else; else a word that says
//! what belongs there.

use super::hosts::domain_of;

/// In place of an address.
const USER: &str = "USER@DOMAIN";

fn is_word(value: &str, others: &str) -> bool {
    let is_safe = |c: char| c.is_alphanumeric() || others.contains(c);
    !value.is_empty() && !value.starts_with('-') && value.len() <= 255 && value.chars().all(is_safe)
}

/// A host or an address of one, or the word in its place.
#[must_use]
pub fn host<'v>(value: Option<&'v str>, otherwise: &'v str) -> &'v str {
    value.filter(|value| is_word(value, ".-_:[]")).unwrap_or(otherwise)
}

/// The domain of a user.
#[must_use]
pub fn domain_of_user(user: Option<&str>) -> &str {
    host(user.map(domain_of), "DOMAIN")
}

/// `anna@contoso.com`
#[must_use]
pub fn address(user: Option<&str>) -> &str {
    user.filter(|user| is_word(user, ".-_+=~@")).unwrap_or(USER)
}

/// `'sip:anna@contoso.com'`
#[must_use]
pub fn sip(user: Option<&str>) -> String {
    format!("'sip:{}'", address(user))
}

/// `'anna'`, a name of Windows.
#[must_use]
pub fn account(name: Option<&str>) -> String {
    format!("'{}'", name.filter(|name| is_word(name, ".-_@")).unwrap_or("ACCOUNT"))
}

/// A Call-ID in quotes.
#[must_use]
pub fn call_id(value: &str) -> String {
    format!("'{}'", Some(value).filter(|value| is_word(value, ".-_@:+=%~!*/")).unwrap_or("CALL-ID"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::scene::{Client, Log, Server, diagnose};

    #[test]
    fn a_value_is_what_it_should_be() {
        for safe in ["fe01.contoso.com", "198.51.100.7", "[2001:db8::10]", "fe-01"] {
            assert_eq!(host(Some(safe), "HOST"), safe);
        }
        for other in ["", "fe01 | calc", "fe01; calc", "fe01`n", "$(calc)", "-Confirm", "fe01\"", "<pool>"] {
            assert_eq!(host(Some(other), "HOST"), "HOST");
        }
        assert_eq!(sip(Some("anna+1@contoso.com")), "'sip:anna+1@contoso.com'");
        for other in ["anna$(calc)@contoso.com", "anna'; calc; '@contoso.com", "anna\u{2019}@contoso.com"] {
            assert_eq!(sip(Some(other)), "'sip:USER@DOMAIN'");
        }
        assert_eq!((sip(None).as_str(), call_id("a b").as_str()), ("'sip:USER@DOMAIN'", "'CALL-ID'"));
    }

    /// What a shell would run, wherever a trace put it.
    #[test]
    fn no_check_holds_what_a_shell_would_run() {
        let checks = |logs: &[&dyn Log]| {
            let found = diagnose(logs).findings;
            found.into_iter().flat_map(|own| own.checks).collect::<Vec<String>>()
        };
        let answers = [
            ("404 Not Found", "ms-diagnostics: 4005;reason=\"x\";source=\"fe01; calc\""),
            ("403 Forbidden", "ms-diagnostics: 4003;reason=\"x\""),
            ("403 Forbidden", "ms-diagnostics: 4004;reason=\"x\""),
            ("503 Service Unavailable", "ms-diagnostics: 5000;reason=\"x\";source=\"fe01; calc\""),
            ("502 Bad Gateway", "ms-diagnostics: 9;reason=\"x\";source=\"fe01; calc\""),
            ("504 Server time-out", "ms-diagnostics: 1014;reason=\"x\";fqdn=\"fe01 | calc\""),
            ("504 Server time-out", "ms-diagnostics: 1038;reason=\"x\";peer=\"fe01 | calc\""),
            ("301 Moved", "Contact: <sip:fe02|calc:5061>"),
        ];
        for user in ["anna$(calc)@contoso.com", "anna@contoso.com|calc", "anna'calc'@contoso.com"] {
            for (status, headers) in answers {
                let mut anna = Client::new(user);
                anna.server = "fe01&calc".to_owned();
                anna.ntlm_handshake();
                anna.answer(status, headers);
                anna.new_call();
                anna.ntlm_refused();
                anna.new_call();
                anna.register("");
                anna.wait(60);
                anna.says("VerifyOnEnableEvent result return ONENABLE_FAILED status=0x80ee0066");
                let server = Server::copies("FEPOOL01", "FE01", &anna);
                for check in checks(&[&anna]).into_iter().chain(checks(&[&server])) {
                    assert!(!check.contains("calc"), "{user}, {status}: {check}");
                }
            }
        }
        let mut edge = Server::new("EDGEPOOL", "EDGE01");
        for (at, code) in [1008, 1009, 1010, 1012, 1034].into_iter().enumerate() {
            let parties = ("anna$(calc)@contoso.com", "ben@fabrikam.com|calc");
            let says = format!("ms-diagnostics: {code};domain=\"fabrikam.com|calc\";tls-target=\"sip|calc\"");
            edge.exchange(parties, &format!("c{at}|calc"), "INVITE", "504 Server time-out", &says);
        }
        for check in checks(&[&edge]).iter().filter(|check| !check.starts_with("Ask ")) {
            assert!(!check.contains("calc"), "{check}");
        }
    }
}
