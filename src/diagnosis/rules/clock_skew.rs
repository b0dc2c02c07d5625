//! Clocks of client and server that differ by more than a sign-in allows.

use super::Rule;
use crate::diagnosis::case::who;
use crate::diagnosis::command;
use crate::diagnosis::connecting::Trouble;
use crate::diagnosis::numbers::CLIENT_CLOCK_SKEW;
use crate::diagnosis::refusal::{Cause, KRB_SKEW, finding};
use crate::diagnosis::words::{duration, how_often};
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use rustc_hash::FxHashSet;

/// `ms-diagnostics` 1013, or the client says so; or the Date of the refusal is more than 5 minutes (Kerberos) or 15
/// (NTLM) from the time of the log ([MS-SIP] 3.1.4.1). A client's log is in local time, whose zone explains whole and
/// half hours: alone it can show skews of up to a quarter of an hour only.
pub const RULE: Rule = Rule { slug: "clock-skew", severity: Severity::Failure, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let groups = case.refused_for(Cause::ClockSkew);
    let mut found: Vec<Finding> = groups
        .into_iter()
        .map(|((user, endpoint), refusals)| {
            // Copies of the other side stand at the times of its clock.
            let first_rows = refusals.iter().filter_map(|own| own.round.rows().next());
            let how_often = how_often(case.index, refusals.len(), first_rows);
            let is_proved = refusals.iter().any(|own| own.confidence == Confidence::Proved);
            let skew_ms = refusals.iter().rev().find_map(|own| own.skew_ms).filter(|ms| ms.unsigned_abs() > VISIBLE_MS);
            let seen = skew_ms.map_or_else(
                || {
                    "How much cannot be seen in the log: it shows no more than what its time zone does not explain"
                        .to_owned()
                },
                |ms| {
                    let side = if ms > 0 { "ahead of" } else { "behind" };
                    format!("The client's clock is {} {side} the server's, as far as the log shows it", duration(ms))
                },
            );
            let by = skew_ms.map_or("too much".to_owned(), |ms| format!("by {}", duration(ms)));
            let errors = refusals.iter().filter_map(|own| own.kerberos_error.as_ref()?.code);
            let by_kerberos = errors.into_iter().any(|code| code == KRB_SKEW);
            let proof = if by_kerberos {
                "the server says so in Kerberos itself (37 KRB_AP_ERR_SKEW)"
            } else if is_proved {
                "the server or the client says so"
            } else {
                "a ticket or token of that time is refused"
            };
            with_checks(
                finding(&RULE, &refusals, format!("Clocks differ {by}: authentication refused"))
                    .about(user, endpoint)
                    .because(format!(
                        "The server refused {} {how_often}, and {proof}. {seen}. Kerberos allows 5 minutes, NTLM 15.",
                        user.unwrap_or("the user")
                    )),
                refusals.iter().rev().find_map(|own| own.server()).as_deref(),
            )
        })
        .collect();
    found.extend(client_says(case));
    found
}

/// A skew of less is within what messages need and what Date headers round.
const VISIBLE_MS: u64 = 2_000;

/// What clients say beside any refusal that the log holds.
fn client_says(case: &Case<'_>) -> Vec<Finding> {
    let refused: FxHashSet<Option<&str>> =
        case.refusals.iter().filter(|own| own.cause == Cause::ClockSkew).map(|own| who(own.attempt).0).collect();
    let notes = case.trace.client_notes.iter().filter(|note| note.has_hresult(CLIENT_CLOCK_SKEW));
    Trouble::of_notes(case, notes)
        .into_iter()
        .filter(|trouble| !refused.contains(&trouble.who.0))
        .map(|trouble| {
            let ((user, endpoint), notes) = (trouble.who, &trouble.notes);
            let how_often = how_often(case.index, notes.len(), notes.iter().map(|note| note.row));
            let finding = Finding::new(&RULE, trouble.confidence(), "Clocks differ too much: authentication refused")
                .about(user, endpoint)
                .severity(trouble.severity.min(Severity::Warning))
                .times(notes.len())
                .because(format!(
                    "The client of {} says {how_often} that its clock and the server's differ too much (0x80EE006C).{}",
                    user.unwrap_or("the user"),
                    trouble.afterwards()
                ))
                .proved_by(notes.iter().map(|note| note.row));
            with_checks(finding, None)
        })
        .collect()
}

fn with_checks(finding: Finding, server: Option<&str>) -> Finding {
    finding
        .check("w32tm /query /status")
        .check(format!("w32tm /stripchart /computer:{} /samples:5 /dataonly", command::host(server, "FRONT-END")))
        .check("Do the same on the front end against its domain controller. Is the time zone right, not only the wall clock?")
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, KERBEROS, diagnose, fires, rules};

    fn kerberos_refused(client: &mut Client) {
        client.register("");
        client.challenge();
        client.register(&client.authorization("Kerberos", KERBEROS));
        client.challenge();
    }

    #[test]
    fn the_code_proves_it() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_handshake();
        let code = "ms-diagnostics: 1013;reason=\"Significant time skew detected during authentication\"";
        anna.answer("401 Unauthorized", &format!("{}\n{code}", anna.offers()));
        let found = rules(&[&anna]);
        assert!(found.contains(&"clock-skew failure anna@contoso.com x1".to_owned()), "{found:?}");
        assert_eq!(found.iter().filter(|rule| rule.contains("failure")).count(), 1, "{found:?}");
    }

    #[test]
    fn the_code_proves_it_for_a_signed_request_too() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.wait(3_600);
        anna.register(&anna.signed("NTLM"));
        anna.answer("401 Unauthorized", &format!("{}\nms-diagnostics: 1013;reason=\"skew\"", anna.offers()));
        assert!(rules(&[&anna]).contains(&"clock-skew failure anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn the_client_says_it_after_a_refusal_or_alone() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused();
        anna.says("CUccPrincipal::SignIn failed, hr = 0x80ee006c");
        let mut ben = Client::new("ben@contoso.com");
        ben.register("");
        ben.challenge();
        ben.says("CUccPrincipal::SignIn failed, hr = 0x80ee006c");
        let found = rules(&[&anna, &ben]);
        assert!(found.contains(&"clock-skew failure anna@contoso.com x1".to_owned()), "{found:?}");
        assert!(found.contains(&"clock-skew failure ben@contoso.com x1".to_owned()), "{found:?}");
    }

    #[test]
    fn ten_minutes_are_too_many_for_a_ticket() {
        let mut anna = Client::new("anna@contoso.com");
        anna.clock_error_ms = 10 * 60_000;
        kerberos_refused(&mut anna);
        let found = diagnose(&[&anna]).findings;
        let own = found.iter().find(|finding| finding.rule == "clock-skew").expect("a skew");
        assert_eq!(own.title, "Clocks differ by 10 min 0 s: authentication refused");
        assert!(own.explanation.contains("is 10 min 0 s ahead of the server's"), "{}", own.explanation);
        assert!(!found.iter().any(|finding| finding.rule == "kerberos-target"));
    }

    #[test]
    fn ten_minutes_are_not_too_many_for_ntlm_nor_four_for_a_ticket() {
        let mut anna = Client::new("anna@contoso.com");
        anna.clock_error_ms = 10 * 60_000;
        anna.ntlm_refused();
        let mut henry = Client::new("henry@contoso.com");
        henry.clock_error_ms = -4 * 60_000;
        kerberos_refused(&mut henry);
        assert!(!fires("clock-skew", &[&anna]));
        assert!(!fires("clock-skew", &[&henry]));
    }

    #[test]
    fn a_time_zone_is_no_skew_and_a_sign_in_that_works_has_none() {
        let mut anna = Client::new("anna@contoso.com");
        anna.clock_error_ms = 5 * 3_600_000 - 30 * 60_000;
        kerberos_refused(&mut anna);
        let mut henry = Client::new("henry@contoso.com");
        henry.clock_error_ms = 10 * 60_000;
        henry.kerberos_sign_in();
        assert!(!fires("clock-skew", &[&anna]));
        assert!(!fires("clock-skew", &[&henry]));
    }

    #[test]
    fn the_client_says_so_a_minute_later() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused();
        anna.wait(60);
        anna.says("SignIn failed, hr = 0x80ee006c");
        let found = rules(&[&anna]);
        let failures: Vec<_> = found.iter().filter(|rule| rule.contains(" failure ")).collect();
        assert_eq!(failures, ["clock-skew failure anna@contoso.com x1"], "one refusal has one cause");
    }
}
