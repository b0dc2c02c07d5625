//! The server refused the credentials, and nothing tells more.

use super::Rule;
use crate::diagnosis::case::{Who, code_of, group};
use crate::diagnosis::command;
use crate::diagnosis::numbers::{CLIENT_401, HANDSHAKE_FAILED};
use crate::diagnosis::refusal::{Cause, finding, finding_severity};
use crate::diagnosis::words::how_often;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::format::Millis;
use crate::trace::ClientNote;

/// The token that ends a handshake was refused ([MS-SIPAE] 3.3.5.1; ms-diagnostics 1000).
pub const RULE: Rule = Rule { slug: "credentials-refused", severity: Severity::Failure, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let groups = case.refused_for(Cause::Credentials);
    let refused = groups
        .into_iter()
        .map(|((user, endpoint), refusals)| {
            let name = user.unwrap_or("the user");
            let package = refusals.last().map(|own| own.package()).filter(|package| !package.is_empty());
            let how_often = how_often(case.index, refusals.len(), refusals.iter().flat_map(|own| own.round.rows()));
            let is_error = refusals.last().is_some_and(|own| own.kerberos_error.is_some());
            let answer = if is_error { "an error" } else { "a fresh challenge" };
            let is_final = refusals.iter().any(|own| own.confidence != Confidence::Hint);
            let token = if is_final { "the last token of" } else { "a token in the middle of" };
            let so = if is_final {
                "the credentials were refused"
            } else {
                "the sign-in ends there, before the server could judge the credentials, and the log does not say why"
            };
            let result = refusals.iter().rev().find_map(|own| own.result_in_words());
            let result = result.map(|result| format!(" The server says {result}.")).unwrap_or_default();
            finding(&RULE, &refusals, format!("The server refused the credentials of {name}"))
                .about(user, endpoint)
                .because(format!(
                    "Authentication failed {how_often}. The client sent {token} its {} handshake, and the server answered \
                     with {answer} instead of going on: {so}.{result}",
                    package.unwrap_or("(unknown package)"),
                ))
                .check("Look at Result-Code in the security record of the front end at that time.")
                .check("On the domain controller: Security log, events 4625 and 4776. Is the account locked or disabled, has the password expired?")
                .check(format!("Get-CsUser -Identity {} | Format-List SipAddress, UserPrincipalName, Enabled", command::sip(user)))
        });
    refused.chain(client_says(case)).collect()
}

/// What explains a verdict stands this near it, milliseconds.
const NEAR_MS: i64 = 5 * 60_000;

/// Verdicts of clients that say 401, where nothing in the log shows of what.
fn client_says(case: &Case<'_>) -> Vec<Finding> {
    let is_near = |time: Millis, note: &ClientNote| time.0.abs_diff(note.time.0) <= NEAR_MS as u64;
    let fetches = || case.certificate_fetches.iter().flat_map(|fetch| &fetch.notes);
    let is_told = |note: &ClientNote| {
        let attempt = case.timeline.attempt_of(note);
        attempt.is_some_and(|attempt| is_near(attempt.ended(), note) || !case.timeline.holds_sign_ins(note.file))
            || fetches().any(|own| own.file == note.file && is_near(own.time, note))
            || case.owner_of(note).is_none()
                && case.trace.web.iter().any(|own| own.is_failure() && is_near(own.time, note))
    };
    let is_verdict = |note: &&ClientNote| {
        let is_401 = note.verdict.is_some() && note.has_hresult(CLIENT_401);
        is_401 && note.action.is_none() && code_of(note).is_none_or(|code| code == HANDSHAKE_FAILED)
    };
    let alone = case.trace.client_notes.iter().filter(is_verdict).filter(|note| !is_told(note));
    let groups = group(alone.map(|note| (case.who_wrote(note), note)));
    let finding = |((user, endpoint), notes): (Who<'_>, Vec<&ClientNote>)| {
        let recovers = notes.last().is_some_and(|last| case.timeline.next_accepted_after(last).is_some());
        let is_named = notes.iter().any(|note| code_of(note).is_some());
        let name = user.unwrap_or("the user");
        Finding::new(
            &RULE,
            if is_named { Confidence::Likely } else { Confidence::Hint },
            format!("The sign-in of {name} was refused with 401"),
        )
        .about(user, endpoint)
        .severity(finding_severity(recovers))
        .times(notes.len())
        .proved_by(notes.iter().map(|note| note.row))
        .because(format!(
            "The client says {} that its sign-in was refused, and this log does not hold the REGISTER it is about. It \
             may be the password, the user certificate or a web service: the cause is not in this log.",
            how_often(case.index, notes.len(), notes.iter().map(|note| note.row))
        ))
        .check("Take a log of the client with SIP messages in it, or a trace of the Front End of the same minutes.")
        .check("On the domain controller: Security log, events 4625 and 4776 at that time.")
    };
    groups.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{
        Client, KERBEROS, Log, NTLM_1, NTLM_3, Server, TLS_FINISHED, TLS_HELLO, diagnose, fires, rules,
    };

    #[test]
    fn a_refused_type_3_message_is_a_failure() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused();
        assert!(rules(&[&anna]).contains(&"credentials-refused failure anna@contoso.com x1".to_owned()));
    }

    const VERDICT: &str = "VerifyOnEnableEvent result return (ONENABLE_FAIL_AUTH) status=0x80ef0191";

    fn told(logs: &[&dyn Log]) -> Vec<String> {
        rules(logs).into_iter().filter(|rule| !rule.contains(" normal ")).collect()
    }

    #[test]
    fn a_first_token_that_is_refused_is_a_hint() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.challenge();
        anna.register(&anna.authorization("NTLM", NTLM_1));
        anna.challenge();
        let mut fe01 = Server::copies("FEPOOL01", "FE01", &anna);
        assert_eq!(told(&[&fe01]), ["credentials-refused warning anna@contoso.com x1"], "it may go on");
        fe01.wait(60);
        fe01.web_line("later");
        assert_eq!(told(&[&fe01]), ["credentials-refused failure anna@contoso.com x1"]);
        let found = diagnose(&[&fe01]).findings;
        assert_eq!(found[0].confidence.name(), "hint");
        assert!(found[0].explanation.contains("in the middle of"), "{}", found[0].explanation);
        anna.new_call();
        anna.ntlm_sign_in();
        let fe01 = Server::copies("FEPOOL01", "FE01", &anna);
        assert_eq!(told(&[&fe01]), ["credentials-refused warning anna@contoso.com x1"]);
    }

    #[test]
    fn a_verdict_of_401_alone_tells_no_cause() {
        let mut anna = Client::new("anna@contoso.com");
        anna.says("Sign-in requested for sip:anna@contoso.com, automatic configuration, hr = 0x0");
        anna.says(VERDICT);
        assert_eq!(told(&[&anna]), ["credentials-refused failure anna@contoso.com x1"]);
        assert_eq!(diagnose(&[&anna]).findings[0].confidence.name(), "hint");
        let mut ben = Client::new("ben@contoso.com");
        ben.says("1.3.1 GetAndPublishCert: FAIL (hr = 0x80ef0191)");
        ben.says(VERDICT);
        assert_eq!(told(&[&ben]), ["certificate-fetch-failed failure - x1"]);
    }

    #[test]
    fn a_servers_trace_explains_the_verdict() {
        for name in ["", " for sip:anna@contoso.com"] {
            let mut anna = Client::new("anna@contoso.com");
            anna.ntlm_refused();
            let fe01 = Server::copies("FEPOOL01", "FE01", &anna);
            anna.forget();
            anna.says(&format!("{VERDICT}{name}"));
            let with_code = "VerifyOnEnableEvent result return ONENABLE_FAILED status=0x80ef0191, diag code=0x3e8";
            anna.says(&format!("{with_code}{name}"));
            let own = told(&[&fe01, &anna]);
            let wanted = "credentials-refused failure anna@contoso.com x1".to_owned();
            if name.is_empty() {
                // Nothing tells the time zone of such a log, nor whose it is.
                assert!(own.contains(&wanted), "{own:?}");
            } else {
                assert_eq!(own, [wanted]);
            }
        }
    }

    #[test]
    fn what_a_client_says_is_about_the_sign_in_under_way() {
        let mut ben = Client::new("ben@contoso.com");
        ben.ntlm_refused();
        let mut anna = Client::new("anna@contoso.com");
        anna.now_ms = ben.now_ms + 5_000;
        anna.ntlm_refused();
        anna.says("SignIn failed, InitializeSecurityContext returned 0x8009030C");
        let mut both = Server::new("", "");
        both.lines_of(&(ben.text() + &anna.text()));
        let own: Vec<String> = told(&[&both]).into_iter().filter(|rule| rule.contains(" failure ")).collect();
        assert_eq!(
            own,
            ["credentials-refused failure ben@contoso.com x1", "wrong-password failure anna@contoso.com x1"]
        );
    }

    #[test]
    fn what_a_client_says_of_its_mail_is_no_reason() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused();
        let bare = told(&[&anna]);
        anna.says("Exchange EWS request to mail.contoso.com failed with 0x8009030c");
        anna.says("Exchange EWS request failed 0x80ee006c");
        assert_eq!(told(&[&anna]), bare);
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
