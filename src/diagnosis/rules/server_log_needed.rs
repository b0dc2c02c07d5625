//! The client's log proves that sign-in fails, but not why.

use super::Rule;
use crate::diagnosis::case::{Device, Who, code_of, tells_of_web_trouble};
use crate::diagnosis::command;
use crate::diagnosis::knowledge::hresult_number;
use crate::diagnosis::numbers::{CLIENT_401, CLIENT_AUTH_FAILED, HANDSHAKE_FAILED, SERVER_UNAUTHORIZED};
use crate::diagnosis::refusal::{Cause, Fate, Refusal};
use crate::diagnosis::rejection::Ground;
use crate::diagnosis::silence::Silence;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::format::Millis;
use crate::protocol::diagnostics::Diagnostic;
use crate::trace::{Attempt, ClientNote, Ending, Round};
use rustc_hash::{FxHashMap, FxHashSet};

/// No server trace of the same Call-ID is there, and no code and no error number names the reason.
pub const RULE: Rule = Rule { slug: "server-log-needed", severity: Severity::Advice, find };

/// A server's log around the attempts, in milliseconds.
const AROUND_MS: i64 = 60_000;
/// Error numbers that say no more than that somebody was refused, which has many causes.
const EMPTY_WORDS: [u32; 3] = [CLIENT_AUTH_FAILED, CLIENT_401, SERVER_UNAUTHORIZED];

fn find(case: &Case<'_>) -> Vec<Finding> {
    let mut open: FxHashMap<Who<'_>, Vec<&Attempt>> = FxHashMap::default();
    let mut explained: FxHashSet<Who<'_>> = FxHashSet::default();
    for refusal in case.refusals.iter().filter(|refusal| refusal.fate == Fate::Stands) {
        let who = crate::diagnosis::case::who(refusal.attempt);
        if names_reason(refusal) || is_seen_by_server(case, refusal.attempt) {
            explained.insert(who);
        } else {
            open.entry(who).or_default().push(refusal.attempt);
        }
    }
    // Refused before the last token of a handshake: that proves no cause at all.
    let judged: FxHashSet<(&str, Millis)> =
        case.refusals.iter().map(|own| (own.attempt.call_id.as_str(), own.attempt.started())).collect();
    for device in &case.devices {
        let bare = device.attempts.iter().filter(|attempt| {
            attempt.ending == Ending::Refused
                && !device.signs_in_after(attempt.started())
                && !case.overruled.holds(attempt)
                && !judged.contains(&(attempt.call_id.as_str(), attempt.started()))
                && !is_seen_by_server(case, attempt)
                && !attempt.failures().filter_map(|round| round.answer()).any(|own| !own.diagnostics.is_empty())
        });
        for attempt in bare {
            open.entry(device.who).or_default().push(attempt);
        }
    }
    // A final status without a code proves none either.
    let unnamed = case.rejected_for(Ground::Unnamed).filter(|own| !own.recovers && own.code_where(|_| true).is_none());
    for rejection in unnamed {
        let unseen = rejection.attempts.iter().filter(|attempt| !is_seen_by_server(case, attempt));
        open.entry((rejection.user, rejection.endpoint)).or_default().extend(unseen);
    }
    let web = WebTrouble::of(case);
    for silence in &case.silences {
        if web.explains(silence.who) || silence.attempts.iter().any(|attempt| is_seen_by_server(case, attempt)) {
            explained.insert(silence.who);
        } else if web.fails(silence) {
            open.entry(silence.who).or_default().extend(&silence.attempts);
        }
    }
    let devices = case.devices.iter().filter(|device| !explained.contains(&device.who));
    let open = devices.filter_map(|device| Some((device, open.remove(&device.who)?)));
    open.filter(|(_, attempts)| !attempts.is_empty())
        .map(|(device, attempts)| advice(case, device, &attempts))
        .collect()
}

/// Whether a server's trace speaks of an attempt.
fn is_seen_by_server(case: &Case<'_>, attempt: &Attempt) -> bool {
    attempt.is_seen_by_server() || case.trace.notes_on_call(&attempt.call_id).next().is_some()
}

fn names_reason(refusal: &Refusal<'_>) -> bool {
    let tells = |own: &Diagnostic| {
        let hresult = own.params.get("hresult").and_then(|text| hresult_number(text));
        own.code != HANDSHAKE_FAILED || hresult.is_some_and(|hresult| !EMPTY_WORDS.contains(&hresult))
    };
    let in_answer = refusal.answer().is_some_and(|answer| answer.diagnostics.iter().any(tells));
    !matches!(refusal.cause, Cause::Credentials | Cause::KerberosTarget)
        || refusal.kerberos_error.is_some()
        || in_answer
        || refusal.client_notes.iter().any(|note| says_why(note))
}

fn says_why(note: &ClientNote) -> bool {
    code_of(note).is_some_and(|code| code != HANDSHAKE_FAILED)
        || note.hresults.iter().any(|hresult| *hresult & 0x8000_0000 != 0 && !EMPTY_WORDS.contains(hresult))
}

/// What clients say of the web services of their sign-in.
struct WebTrouble<'a> {
    failing: FxHashSet<&'a str>,
    explained: FxHashSet<&'a str>,
}

impl<'a> WebTrouble<'a> {
    fn of(case: &Case<'a>) -> Self {
        let mut own = Self { failing: FxHashSet::default(), explained: FxHashSet::default() };
        for exchange in &case.trace.web {
            let Some(user) = exchange.user.as_deref() else { continue };
            if !exchange.is_client || !exchange.diagnostics.is_empty() {
                own.explained.insert(user);
            } else if exchange.is_done && exchange.hresult.is_some_and(|hresult| hresult != 0) {
                own.failing.insert(user);
            }
        }
        for note in &case.trace.client_notes {
            let Some(user) = case.owner_of(note) else { continue };
            if code_of(note).is_some_and(|code| code != HANDSHAKE_FAILED) {
                own.explained.insert(user);
            } else if tells_of_web_trouble(note) {
                own.failing.insert(user);
            }
        }
        own
    }

    fn explains(&self, (user, _): Who<'_>) -> bool {
        user.is_some_and(|user| self.explained.contains(user))
    }

    /// The device fails for want of a certificate, or never answers, and nobody knows why.
    fn fails(&self, silence: &Silence<'_>) -> bool {
        let is_failing = silence.who.0.is_some_and(|user| self.failing.contains(user));
        let least = if is_failing { 1 } else { 2 };
        silence.unanswered() >= least
            && !silence.lacks_package()
            && silence.says_no_package.is_empty()
            && (is_failing || !silence.is_busy_with_web)
    }
}

fn advice(case: &Case<'_>, device: &Device<'_>, attempts: &[&Attempt]) -> Finding {
    let (user, endpoint) = device.who;
    let mut calls: Vec<&str> = attempts.iter().map(|attempt| attempt.call_id.as_str()).collect();
    calls.dedup();
    let last = attempts.last();
    let last_call = last.map(|attempt| attempt.call_id.as_str()).unwrap_or_default();
    let times = || {
        attempts.iter().flat_map(|attempt| [attempt.started(), attempt.ended()]).filter(|time| *time != Millis::NEVER)
    };
    let range = times().min().zip(times().max());
    let range = range.map(|(from, to)| {
        let zone = if is_utc(case, attempts) { "Z" } else { "" };
        let at =
            |time: Millis, by_ms: i64| Millis(time.0.saturating_add(by_ms)).format(&format!("%Y-%m-%dT%H:%M:%S{zone}"));
        format!(" -StartTime ([datetime]'{}') -EndTime ([datetime]'{}')", at(from, -AROUND_MS), at(to, AROUND_MS))
    });
    let uri = user.map(|_| format!(" -Uri '{}'", command::address(user))).unwrap_or_default();
    Finding::new(
        &RULE,
        Confidence::Proved,
        format!("A server trace is needed to see why {} cannot sign in", user.unwrap_or("the user")),
    )
    .about(user, endpoint)
    .times(calls.len())
    .because(
        "The client's log proves that the sign-in fails, but not the reason: no code and no error number names it, and \
         no server trace of the same Call-ID is loaded. Collect the CLS scenario Authentication on front end and Edge, \
         search it for the same Call-ID, and open the result together with this log.",
    )
    .check("Start-CsClsLogging -Scenario Authentication -Pools <pool>,<edge pool>")
    .check(format!(
        "Search-CsClsLogging{}{uri} -CallId {} -MatchAny -OutputFilePath 'C:\\Temp\\signin.txt'",
        range.unwrap_or_default(),
        command::call_id(last_call)
    ))
    .proved_by(attempts.iter().filter_map(|attempt| attempt.last_answered()).flat_map(Round::rows))
}

/// Whether the clocks of all files that hold the attempts are known.
fn is_utc(case: &Case<'_>, attempts: &[&Attempt]) -> bool {
    let messages = attempts.iter().flat_map(|attempt| &attempt.rounds).filter_map(|round| round.request());
    messages.flat_map(|message| &message.hops).all(|hop| case.index.clock(hop.file).is_known())
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, Server, TLS_HELLO, diagnose, fires, rules};

    #[test]
    fn a_bare_refusal_in_a_client_log() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused();
        let found = rules(&[&anna]);
        let own = "server-log-needed advice anna@contoso.com x1 <- credentials-refused";
        assert!(found.contains(&own.to_owned()), "{found:?}");
        let found = diagnose(&[&anna]).findings;
        let own = found.iter().find(|finding| finding.rule == "server-log-needed").expect("advice");
        let search = own.checks.last().expect("a command");
        assert_eq!(
            *search,
            format!(
                "Search-CsClsLogging -StartTime ([datetime]'2024-11-20T08:59:00Z') -EndTime \
                 ([datetime]'2024-11-20T09:01:00Z') -Uri 'anna@contoso.com' -CallId '{}' -MatchAny -OutputFilePath \
                 'C:\\Temp\\signin.txt'",
                anna.call_id()
            )
        );
    }

    #[test]
    fn a_refusal_in_the_middle_of_a_handshake_proves_no_cause() {
        let mut ben = Client::new("ben@contoso.com");
        ben.register("");
        ben.challenge();
        ben.register(&ben.authorization("TLS-DSK", TLS_HELLO));
        ben.challenge();
        assert_eq!(
            rules(&[&ben]),
            ["server-log-needed advice ben@contoso.com x1", "initial-challenge normal ben@contoso.com x1"]
        );
    }

    #[test]
    fn a_loop_and_a_client_that_never_answers() {
        let mut anna = Client::new("anna@contoso.com");
        let mut ben = Client::new("ben@contoso.com");
        for _ in 0..4 {
            anna.ntlm_refused();
            anna.new_call();
            ben.register("");
            ben.challenge();
            ben.new_call();
        }
        let found = rules(&[&anna, &ben]);
        let own = "server-log-needed advice anna@contoso.com x4 <- authentication-loop";
        assert!(found.contains(&own.to_owned()), "{found:?}");
        let own = "server-log-needed advice ben@contoso.com x4 <- challenge-unanswered";
        assert!(found.contains(&own.to_owned()), "{found:?}");
    }

    #[test]
    fn a_certificate_that_cannot_be_fetched() {
        let mut anna = Client::new("anna@contoso.com");
        for _ in 0..2 {
            anna.register("");
            anna.challenge();
            anna.web_call("ticket", "https://webext.contoso.com/CertProv/CertProvisioningService.svc", "80ef0191", "");
            anna.new_call();
        }
        assert!(fires("server-log-needed", &[&anna]));
    }

    #[test]
    fn a_server_trace_of_the_same_call_is_there() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused();
        let fe01 = Server::copies("FEPOOL01", "FE01", &anna);
        assert!(!fires("server-log-needed", &[&anna, &fe01]));
        assert!(!fires("server-log-needed", &[&fe01]));
        let mut records = Server::new("FEPOOL01", "FE01");
        records.security("0xc3e93ec3 SIP_E_AUTH_UNAUTHORIZED", &anna.call_id(), 3);
        assert!(!fires("server-log-needed", &[&anna, &records]));
    }

    #[test]
    fn a_code_or_an_error_number_names_the_reason() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_handshake();
        anna.answer("401 Unauthorized", &format!("{}\nms-diagnostics: 1013;reason=\"skew\"", anna.offers()));
        let mut ben = Client::new("ben@contoso.com");
        ben.ntlm_refused();
        ben.says("SignIn failed, InitializeSecurityContext returned 0x8009030C");
        assert!(!fires("server-log-needed", &[&anna, &ben]));
    }

    #[test]
    fn a_transaction_is_no_action() {
        let silent = |line: &str| {
            let mut anna = Client::new("anna@contoso.com");
            for _ in 0..3 {
                anna.register("");
                anna.challenge();
                anna.says(line);
                anna.wait(40);
                anna.new_call();
            }
            rules(&[&anna])
        };
        let line = "OUTGOING_TRANSACTION::OnTimer [07C6DE03] timer fired, 1 left";
        assert_eq!(silent(line), silent("timer fired"));
        assert_ne!(silent("ACTION: AUTH FAIL - NEED NEW CERT"), silent(line));
        let mut ben = Client::new("ben@contoso.com");
        ben.says(line);
        assert!(crate::trace::Trace::read(&crate::diagnosis::scene::index(&[&ben])).client_notes.is_empty());
    }

    #[test]
    fn a_sign_in_that_works_needs_none() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused();
        anna.new_call();
        anna.ntlm_sign_in();
        assert!(!fires("server-log-needed", &[&anna]));
    }

    #[test]
    fn a_final_status_without_a_code() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_handshake();
        anna.answer("403 Forbidden", "");
        let own = "server-log-needed advice anna@contoso.com x1 <- registrar-unavailable";
        assert!(rules(&[&anna]).contains(&own.to_owned()), "{:?}", rules(&[&anna]));
        let fe01 = Server::copies("FEPOOL01", "FE01", &anna);
        assert!(!fires("server-log-needed", &[&anna, &fe01]));
        let mut ben = Client::new("ben@contoso.com");
        ben.ntlm_handshake();
        ben.answer("403 Forbidden", "ms-diagnostics: 4004;reason=\"not yours\"");
        assert!(!fires("server-log-needed", &[&ben]));
    }

    #[test]
    fn a_plain_refusal_with_its_number_names_no_reason() {
        let refused = |diagnostics: &str| {
            let mut anna = Client::new("anna@contoso.com");
            anna.ntlm_handshake();
            anna.answer("401 Unauthorized", &format!("{}\nms-diagnostics: {diagnostics}", anna.offers()));
            fires("server-log-needed", &[&anna])
        };
        let failed = "1000;reason=\"Final handshake failed\"";
        assert!(refused(failed));
        assert!(refused(&format!("{failed};HRESULT=\"0xC3E93EC3(SIP_E_AUTH_UNAUTHORIZED)\"")));
        assert!(!refused(&format!("{failed};HRESULT=\"0xC3E93EE4(SIP_E_AUTH_NTLMMISMATCH)\"")));
        assert!(!refused(&format!("{failed};HRESULT=\"0x80090302(SEC_E_UNSUPPORTED_FUNCTION)\"")));
        assert!(!refused(&format!("{failed};HRESULT=\"0x80090311(SEC_E_NO_AUTHENTICATING_AUTHORITY)\"")));
    }
}
