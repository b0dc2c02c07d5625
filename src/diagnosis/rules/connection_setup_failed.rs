//! The client fails before the first SIP message.

use super::Rule;
use crate::diagnosis::command;
use crate::diagnosis::connecting::{Trouble, checks, meanings};
use crate::diagnosis::{Case, Finding, Severity};
use crate::trace::ClientNote;

/// The client says that a name is not in DNS, or that the server's certificate is not valid or not of its domain.
pub const RULE: Rule = Rule { slug: "connection-setup-failed", severity: Severity::Failure, find };

const DNS: u32 = 0x80EE_0066;
const BAD_CERTIFICATE: u32 = 0x80EE_0065;
const OTHER_DOMAIN: u32 = 0x80EE_0042;
const ALL: [u32; 3] = [DNS, BAD_CERTIFICATE, OTHER_DOMAIN];

fn find(case: &Case<'_>) -> Vec<Finding> {
    let is_about_it = |note: &&ClientNote| ALL.iter().any(|&hresult| note.has_hresult(hresult));
    let troubles = Trouble::of_notes(case, case.trace.client_notes.iter().filter(is_about_it));
    troubles
        .iter()
        .map(|trouble| {
            let (user, endpoint) = trouble.who;
            let hresults = trouble.named(&ALL);
            let domain = command::domain_of_user(user);
            let name = user.unwrap_or("The client");
            let title = if hresults == [DNS] {
                format!("{name} does not find the server in DNS")
            } else if hresults.contains(&DNS) {
                format!("{name} does not find the server, or does not trust its certificate")
            } else {
                format!("{name} does not trust the certificate of the server")
            };
            let afterwards = match trouble.severity {
                Severity::Normal => {
                    " The client signed in right afterwards: it asks for several names, and not all need to exist."
                }
                _ => trouble.afterwards(),
            };
            let explanation = format!("{}{afterwards}", meanings(&hresults));
            let mut finding = Finding::new(&RULE, trouble.confidence(), title)
                .about(user, endpoint)
                .severity(trouble.severity)
                .times(trouble.tries())
                .proved_by(trouble.notes.iter().map(|note| note.row))
                .because(explanation.trim_start());
            if hresults.contains(&DNS) {
                finding = finding
                    .check(format!(
                        "nslookup lyncdiscover.{domain}, and inside: nslookup lyncdiscoverinternal.{domain}"
                    ))
                    .check(format!(
                        "nslookup -type=srv _sip._tls.{domain}, and inside: nslookup -type=srv \
                         _sipinternaltls._tcp.{domain}"
                    ))
                    .check(format!("nslookup sip.{domain}, and sipinternal.{domain} or sipexternal.{domain}"));
            }
            finding.check_all(checks(&hresults))
        })
        .map(|finding| finding.when(case.index))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, diagnose, rules};

    #[test]
    fn a_name_that_is_not_in_dns() {
        let mut anna = Client::new("anna@contoso.com");
        anna.says("Sign-in of sip:anna@contoso.com failed, hr = 0x80ee0066");
        assert_eq!(rules(&[&anna]), ["connection-setup-failed failure anna@contoso.com x1"]);
    }

    #[test]
    fn a_certificate_that_is_not_accepted() {
        for hresult in ["0x80ee0065", "0x80ee0042"] {
            let mut anna = Client::new("anna@contoso.com");
            anna.says(&format!("connection failed, hr = {hresult}"));
            assert_eq!(rules(&[&anna]), ["connection-setup-failed failure - x1"]);
            assert!(diagnose(&[&anna]).findings[0].title.contains("certificate"));
        }
    }

    #[test]
    fn lines_of_one_try_count_once() {
        let mut anna = Client::new("anna@contoso.com");
        for _ in 0..2 {
            for _ in 0..3 {
                anna.says("DNS query failed, hr = 0x80ee0066");
            }
            anna.wait(60);
        }
        assert_eq!(rules(&[&anna]), ["connection-setup-failed failure - x2"]);
    }

    #[test]
    fn one_name_of_several_may_be_missing() {
        let mut anna = Client::new("anna@contoso.com");
        anna.says("query for _sipinternaltls._tcp.contoso.com failed, hr = 0x80ee0066");
        anna.ntlm_sign_in();
        let found = rules(&[&anna]);
        assert!(found.contains(&"connection-setup-failed normal anna@contoso.com x1".to_owned()), "{found:?}");
    }

    #[test]
    fn other_error_numbers_are_other_matters() {
        let mut anna = Client::new("anna@contoso.com");
        anna.says("audio device, hr = 0x80ee0021");
        assert_eq!(rules(&[&anna]), Vec::<String>::new());
    }
}
