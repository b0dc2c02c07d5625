//! The user may not sign in from outside.

use super::Rule;
use crate::diagnosis::codes::{causes_in_words, checks_of, code_in_words};
use crate::diagnosis::command;
use crate::diagnosis::rejection::Ground;
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// REGISTER is answered by 403 with code 4003 ([MS-OCER] 7.5).
pub const RULE: Rule = Rule { slug: "remote-access-denied", severity: Severity::Failure, find };

const CODE: u32 = 4003;

fn find(case: &Case<'_>) -> Vec<Finding> {
    case.rejected_for(Ground::NotFromOutside)
        .map(|rejection| {
            let title = format!("{} is not allowed to sign in from outside", rejection.user.unwrap_or("The user"));
            rejection
                .finding(&RULE, Confidence::Proved, title)
                .because(format!(
                    "The credentials are good, the policy is not. {}{} Inside the network or over VPN the same sign-in \
                     works.{}",
                    code_in_words(CODE),
                    causes_in_words(CODE),
                    rejection.afterwards()
                ))
                .check(format!(
                    "Get-CsUser -Identity {} | Format-List ExternalAccessPolicy, RegistrarPool",
                    command::sip(rejection.user)
                ))
                .check("Get-CsExternalAccessPolicy | Format-Table Identity, EnableOutsideAccess")
                .check("Get-CsAccessEdgeConfiguration | Format-List AllowOutsideUsers")
                .check_all(checks_of(CODE).into_iter().skip(1).take(1))
        })
        .map(|finding| finding.when(case.index))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, rules};

    const DENIED: &str = "ms-diagnostics-public: 4003;reason=\"From URI not enabled for remote access\"";

    #[test]
    fn a_403_with_4003_is_a_matter_of_policy() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_handshake();
        anna.answer("403 Forbidden", DENIED);
        let found = rules(&[&anna]);
        assert!(found.contains(&"remote-access-denied failure anna@contoso.com x1".to_owned()), "{found:?}");
        assert_eq!(found.iter().filter(|rule| rule.contains(" failure ")).count(), 1);
    }

    #[test]
    fn the_clients_verdict_names_the_code_in_hexadecimal() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.challenge();
        anna.says("VerifyOnEnableEvent result return ONENABLE_FAILED status=0x80ef0193 diag code=0xfa3");
        assert!(rules(&[&anna]).contains(&"remote-access-denied failure anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_call_that_policy_refuses_is_no_sign_in() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.new_call();
        anna.request("INVITE", "sip:ben@contoso.com", "ben@contoso.com", "");
        anna.answer("403 Forbidden", DENIED);
        assert!(!rules(&[&anna]).iter().any(|rule| rule.starts_with("remote-access-denied")));
    }

    #[test]
    fn another_403_is_not_explained_by_this() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_handshake();
        anna.answer("403 Forbidden", "");
        assert!(!rules(&[&anna]).iter().any(|rule| rule.starts_with("remote-access-denied")));
    }
}
