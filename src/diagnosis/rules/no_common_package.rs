//! The client has none of the authentication packages that the server offers.

use super::Rule;
use crate::diagnosis::words::{how_often, list};
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// A challenge that offers nothing the client uses, and then no REGISTER any more. The client may say so itself:
/// `RTC_E_AUTH_NOT_SUPPORTED` (0x80EE0010).
pub const RULE: Rule = Rule { slug: "no-common-package", severity: Severity::Failure, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let lacking = case.silences.iter().filter(|silence| silence.lacks_package());
    lacking
        .filter_map(|silence| {
            let (user, endpoint) = silence.who;
            let last = silence.rounds.last()?;
            let notes = || silence.says_no_package.iter().map(|note| note.row);
            let offered = list(silence.offered());
            let mut packages: Vec<&str> = silence.uses.iter().copied().collect();
            packages.sort_unstable();
            let says = if silence.says_no_package.is_empty() {
                if packages.is_empty() { String::new() } else { format!(" At other times it uses {}.", list(packages)) }
            } else {
                " It says itself that it supports none of them (0x80EE0010).".to_owned()
            };
            let finding = Finding::new(
                &RULE,
                Confidence::Likely,
                format!("The server offers {offered}, and the client of {} accepted none", user.unwrap_or("the user")),
            )
            .about(user, endpoint)
            .because(format!(
                "The server asked for credentials ({}), and the client did not go on, though the log does.{says}",
                how_often(case.index, 1, last.rows())
            ))
            .check("Get-CsProxyConfiguration | Format-List Identity, UseKerberosForClientToProxyAuth, UseNtlmForClientToProxyAuth, UseCertificateForClientToProxyAuth")
            .check("reg query HKLM\\SYSTEM\\CurrentControlSet\\Control\\Lsa /v LmCompatibilityLevel")
            .check("Is the client too old for what the server offers?")
            .proved_by(last.rows().chain(notes()));
            Some(finding)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, fires, rules};

    const ONLY_KERBEROS: &str = "WWW-Authenticate: Kerberos realm=\"SIP Communications Service\", targetname=\"sip/fe01.contoso.com\", version=4";

    fn asked(says: bool, seconds: i64) -> Client {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.answer("401 Unauthorized", ONLY_KERBEROS);
        if says {
            anna.says("CUccEndpoint::Enable failed, hr = 0x80ee0010");
        }
        anna.wait(seconds);
        anna.says("idle");
        anna
    }

    #[test]
    fn the_client_says_that_it_supports_none() {
        let found = rules(&[&asked(true, 40)]);
        assert_eq!(found, ["no-common-package failure anna@contoso.com x1"]);
    }

    #[test]
    fn a_client_that_uses_another_package() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.wait(600);
        anna.new_call();
        anna.register("");
        anna.answer("401 Unauthorized", ONLY_KERBEROS);
        anna.wait(40);
        anna.says("idle");
        assert!(fires("no-common-package", &[&anna]));
    }

    #[test]
    fn a_log_that_ends_soon_or_a_client_that_says_nothing_proves_nothing() {
        assert!(!fires("no-common-package", &[&asked(true, 20)]));
        assert!(!fires("no-common-package", &[&asked(false, 40)]));
    }

    #[test]
    fn a_client_that_goes_on_has_a_package() {
        let mut anna = asked(true, 40);
        anna.ntlm_sign_in();
        assert!(!fires("no-common-package", &[&anna]));
    }
}
