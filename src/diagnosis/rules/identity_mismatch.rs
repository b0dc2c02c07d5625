//! The credentials are good, but they are somebody else's.

use super::Rule;
use crate::diagnosis::codes::{causes_in_words, checks_of, code_in_words};
use crate::diagnosis::command;
use crate::diagnosis::rejection::Ground;
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// REGISTER is answered by 403 with code 4004 ([MS-OCER] 7.5).
pub const RULE: Rule = Rule { slug: "identity-mismatch", severity: Severity::Failure, find };

const CODE: u32 = 4004;

fn find(case: &Case<'_>) -> Vec<Finding> {
    case.rejected_for(Ground::OtherAccount)
        .map(|rejection| {
            let title = format!(
                "The credentials belong to another account than {}",
                rejection.user.unwrap_or("the sign-in address")
            );
            rejection
                .finding(&RULE, Confidence::Proved, title)
                .because(format!(
                    "The server accepted the password, ticket or certificate, but not for this sign-in address. {}{}{}",
                    code_in_words(CODE),
                    causes_in_words(CODE),
                    rejection.afterwards()
                ))
                .check(format!(
                    "Get-CsUser -Identity {} | Format-List SipAddress, UserPrincipalName, SamAccountName, Sid, \
                     OriginatorSid",
                    command::sip(rejection.user)
                ))
                .check("On the client: cmdkey /list, and remove the entries of another account")
                .check(
                    "With a linked mailbox or a resource forest: compare msRTCSIP-OriginatorSid with the SID of the \
                     account that signs in",
                )
                .check_all(checks_of(CODE).into_iter().take(1))
        })
        .map(|finding| finding.when(case.index))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, rules};

    const OTHER: &str =
        "ms-diagnostics-public: 4004;reason=\"Credentials provided are not authorized to act as specified from URI\"";

    #[test]
    fn good_credentials_of_somebody_else() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_handshake();
        anna.answer("403 Forbidden", OTHER);
        anna.says("VerifyOnEnableEvent result return ONENABLE_FAILED status=0x80ef0193 diag code=0xfa4");
        let found = rules(&[&anna]);
        assert!(found.contains(&"identity-mismatch failure anna@contoso.com x1".to_owned()), "{found:?}");
        assert_eq!(found.iter().filter(|rule| rule.contains(" failure ")).count(), 1);
    }

    #[test]
    fn every_try_counts() {
        let mut anna = Client::new("anna@contoso.com");
        for _ in 0..3 {
            anna.ntlm_handshake();
            anna.answer("403 Forbidden", OTHER);
            anna.wait(30);
            anna.new_call();
        }
        assert!(rules(&[&anna]).contains(&"identity-mismatch failure anna@contoso.com x3".to_owned()));
    }

    #[test]
    fn a_verdict_of_another_code_is_another_rule() {
        let mut anna = Client::new("anna@contoso.com");
        anna.says("VerifyOnEnableEvent result return ONENABLE_FAILED status=0x80ef0193 diag code=0xfa3");
        assert_eq!(rules(&[&anna]), ["remote-access-denied failure - x1"]);
    }
}
