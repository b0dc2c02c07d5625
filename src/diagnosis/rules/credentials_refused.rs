//! The server refused the credentials, and nothing tells more.

use super::Rule;
use crate::diagnosis::refusal::{Cause, finding};
use crate::diagnosis::words::how_often;
use crate::diagnosis::{Case, Finding, Severity};

/// The token that ends a handshake was refused ([MS-SIPAE] 3.3.5.1; ms-diagnostics 1000).
pub const RULE: Rule = Rule { slug: "credentials-refused", severity: Severity::Failure, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let groups = case.refused_for(Cause::Credentials);
    groups
        .into_iter()
        .map(|((user, endpoint), refusals)| {
            let name = user.unwrap_or("the user");
            let package = refusals.last().map(|own| own.package()).filter(|package| !package.is_empty());
            let how_often = how_often(case.index, refusals.len(), refusals.iter().flat_map(|own| own.round.rows()));
            let is_error = refusals.last().is_some_and(|own| own.kerberos_error.is_some());
            let answer = if is_error { "an error" } else { "a fresh challenge" };
            let result = refusals.iter().rev().find_map(|own| own.result_in_words());
            let result = result.map(|result| format!(" The server says {result}.")).unwrap_or_default();
            finding(&RULE, &refusals, format!("The server refused the credentials of {name}"))
                .about(user, endpoint)
                .because(format!(
                    "Authentication failed {how_often}. The client sent the last token of its {} handshake, and the \
                     server answered with {answer} instead of going on: the credentials were refused.{result}",
                    package.unwrap_or("(unknown package)"),
                ))
                .check("Look at Result-Code in the security record of the front end at that time.")
                .check("On the domain controller: Security log, events 4625 and 4776. Is the account locked or disabled, has the password expired?")
                .check(format!("Get-CsUser -Identity \"sip:{}\" | Format-List SipAddress, UserPrincipalName, Enabled", user.unwrap_or("USER")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, KERBEROS, NTLM_3, TLS_FINISHED, TLS_HELLO, fires, rules};

    #[test]
    fn a_refused_type_3_message_is_a_failure() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused();
        assert!(rules(&[&anna]).contains(&"credentials-refused failure anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn refused_last_flights_of_tls_dsk_are_failures() {
        let mut ben = Client::new("ben@contoso.com");
        ben.tls_dsk_handshake();
        ben.challenge();
        let mut carla = Client::new("carla@contoso.com");
        carla.tls_dsk_handshake();
        carla.answer("401 Unauthorized", &carla.goes_on("TLS-DSK", TLS_FINISHED));
        carla.register(&carla.signed("TLS-DSK"));
        carla.challenge();
        let found = rules(&[&ben, &carla]);
        assert!(found.contains(&"credentials-refused failure ben@contoso.com x1".to_owned()), "{found:?}");
        assert!(found.contains(&"credentials-refused failure carla@contoso.com x1".to_owned()), "{found:?}");
    }

    #[test]
    fn several_refusals_in_one_call_are_counted() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused();
        anna.wait(600);
        anna.ntlm_refused();
        assert!(rules(&[&anna]).contains(&"credentials-refused failure anna@contoso.com x2".to_owned()));
    }

    #[test]
    fn a_masked_token_after_the_challenge_is_the_last_one() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused_with("****");
        assert!(fires("credentials-refused", &[&anna]));
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
    fn a_good_morning_does_not_hide_a_refusal_at_noon() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.wait(3 * 3_600);
        anna.new_call();
        anna.ntlm_refused();
        assert!(rules(&[&anna]).contains(&"credentials-refused failure anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_handshake_that_goes_on_is_no_refusal() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        assert!(!fires("credentials-refused", &[&anna]));
    }

    #[test]
    fn a_fallback_to_another_package_is_no_refusal() {
        let mut ben = Client::new("ben@contoso.com");
        ben.tls_dsk_handshake();
        ben.challenge();
        ben.ntlm_from_challenge();
        assert!(!fires("credentials-refused", &[&ben]));
    }

    #[test]
    fn a_token_for_another_server_must_be_challenged() {
        let mut henry = Client::new("henry@contoso.com");
        henry.register("");
        henry.challenge();
        henry.register(&henry.authorization("Kerberos", KERBEROS));
        henry.server = "fe02.contoso.com".to_owned();
        henry.challenge();
        henry.register(&henry.authorization("NTLM", NTLM_3));
        henry.server = "fe03.contoso.com".to_owned();
        henry.challenge();
        assert!(!rules(&[&henry]).iter().any(|rule| rule.contains("failure")));
    }

    #[test]
    fn an_answer_without_any_offer_proves_nothing() {
        let mut ben = Client::new("ben@contoso.com");
        ben.register("");
        ben.challenge();
        ben.register(&ben.authorization("TLS-DSK", TLS_HELLO));
        ben.answer("401 Unauthorized", "");
        assert!(!rules(&[&ben]).iter().any(|rule| rule.contains("failure")));
    }
}
