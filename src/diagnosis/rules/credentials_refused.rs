//! The server refused the credentials, and nothing tells more.

use super::Rule;
use crate::diagnosis::refusal::Cause;
use crate::diagnosis::{Case, Finding, Severity, Confidence};

/// The token that ends a handshake was refused ([MS-SIPAE] 3.3.5.1; ms-diagnostics 1000).
pub const RULE: Rule = Rule { slug: "credentials-refused", severity: Severity::Failure, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let groups = case.refused_for(Cause::Credentials);
    groups
        .into_iter()
        .map(|((user, endpoint), refusals)| {
            let package = refusals.last().and_then(|refusal| refusal.attempt.package()).unwrap_or("unknown package");
            let recovers = refusals.iter().all(|refusal| case.recovers(refusal.attempt));
            Finding::new(&RULE, Confidence::Proved, format!("The server refused the credentials of {}", user.unwrap_or("the user")))
                .about(user, endpoint)
                .severity(if recovers { Severity::Warning } else { Severity::Failure })
                .times(refusals.len())
                .proved_by(refusals.iter().flat_map(|refusal| refusal.rows()))
                .because(format!(
                    "The client sent the last token of its {package} handshake, and the server answered with a fresh \
                     challenge instead of going on: the credentials were refused."
                ))
                .check("Look at Result-Code in the security record of the front end at that time.")
                .check("On the domain controller: Security log, events 4625 and 4776; is the account locked or disabled?")
                .check(format!("Get-CsUser -Identity \"sip:{}\" | Format-List SipAddress, UserPrincipalName, Enabled", user.unwrap_or("USER")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, rules};

    #[test]
    fn a_refused_type_3_message_is_a_failure() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused();
        assert!(rules(&[&anna]).contains(&"credentials-refused failure anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_refusal_that_a_later_sign_in_mends_is_a_warning() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused();
        anna.new_call();
        anna.ntlm_sign_in();
        assert!(rules(&[&anna]).contains(&"credentials-refused warning anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_handshake_that_goes_on_is_no_refusal() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        assert!(!rules(&[&anna]).iter().any(|rule| rule.starts_with("credentials-refused")));
    }
}
