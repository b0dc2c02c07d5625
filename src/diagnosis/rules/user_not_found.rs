//! The registrar does not know the user who signs in.

use super::Rule;
use crate::diagnosis::codes::{causes_in_words, checks_of, code_in_words};
use crate::diagnosis::command;
use crate::diagnosis::rejection::Ground;
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// REGISTER is answered by 404 ([MS-OCER] 7.2 and 7.5: 1003, 4005, 4006).
pub const RULE: Rule = Rule { slug: "user-not-found", severity: Severity::Failure, find };

const CODES: [u32; 3] = [4005, 4006, 1003];

fn find(case: &Case<'_>) -> Vec<Finding> {
    case.rejected_for(Ground::NoUser)
        .map(|rejection| {
            let code = rejection.code(&CODES);
            let is_proved = code.is_some() || rejection.answers().next().is_some();
            let confidence = if is_proved { Confidence::Proved } else { Confidence::Likely };
            let why = match code {
                Some(code) => format!("{}{}", code_in_words(code), causes_in_words(code)),
                None => {
                    "The address is not enabled for Skype for Business, is mistyped, or has not been replicated to \
                     this pool yet. Where the client signs in from outside, the Edge removes the code that would tell \
                     which."
                        .to_owned()
                }
            };
            let handshake = if rejection.is_after_handshake() {
                " The 401 answers before it belong to the handshake: this is not about the password."
            } else {
                ""
            };
            let ended = rejection.status().filter(|status| *status != 401);
            let ended = ended.map(|status| format!("The sign-in ended with {status}. ")).unwrap_or_default();
            let finding = rejection
                .finding(&RULE, confidence, title(rejection.user))
                .because(format!("{ended}{why}{handshake}{}", rejection.afterwards()))
                .check(format!(
                    "Get-CsUser -Filter {{SipAddress -eq {}}} | Format-List SipAddress, Enabled, \
                     RegistrarPool, HostingProvider",
                    command::sip(rejection.user)
                ))
                .check("Compare the sign-in address as typed with SipAddress, letter by letter");
            finding.check_all(checks_of(code.unwrap_or(4005)).into_iter().skip(1))
        })
        .map(|finding| finding.when(case.index))
        .collect()
}

fn title(user: Option<&str>) -> String {
    user.map_or_else(
        || "The server does not know the user".to_owned(),
        |user| format!("The server knows no user {user}"),
    )
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, rules};

    const NOT_ENABLED: &str = "ms-diagnostics: 4005;reason=\"Destination URI either not enabled for SIP or does not \
                               exist\";source=\"fe01.contoso.com\"";

    #[test]
    fn a_404_wins_over_the_401s_before_it() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_handshake();
        anna.answer("404 Not Found", NOT_ENABLED);
        let found = rules(&[&anna]);
        assert!(found.contains(&"user-not-found failure anna@contoso.com x1".to_owned()), "{found:?}");
        assert_eq!(
            found.iter().filter(|rule| rule.contains(" failure ")).count(),
            1,
            "not a password problem: {found:?}"
        );
    }

    #[test]
    fn the_verdict_of_the_client_is_the_same_sign_in() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.answer("404 Not Found", "");
        anna.says("VerifyOnEnableEvent result return ONENABLE_FAILED\r\n status=0x80ef0194\r\n diag code=0xfa5");
        assert!(rules(&[&anna]).contains(&"user-not-found failure anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_verdict_alone_is_enough() {
        let mut anna = Client::new("anna@contoso.com");
        anna.says("VerifyOnEnableEvent result return ONENABLE_FAILED status=0x80ef0194 diag code=0xfa5");
        assert_eq!(rules(&[&anna]), ["user-not-found failure - x1"]);
    }

    #[test]
    fn a_user_who_is_replicated_later_is_a_warning() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_handshake();
        anna.answer("404 Not Found", NOT_ENABLED);
        anna.wait(600);
        anna.new_call();
        anna.ntlm_sign_in();
        assert!(rules(&[&anna]).contains(&"user-not-found warning anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_mistyped_callee_is_no_sign_in() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.new_call();
        anna.request("INVITE", "sip:bem@contoso.com", "bem@contoso.com", "");
        anna.answer("404 Not Found", NOT_ENABLED);
        anna.says("call to sip:bem@contoso.com ended, hr = 0x80ef0194");
        assert!(!rules(&[&anna]).iter().any(|rule| rule.starts_with("user-not-found")));
    }
}
