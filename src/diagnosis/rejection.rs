//! Sign-ins that ended in a final status, which says more than every 401 before it, and what the client made of them.
//!
//! Each has one ground: what a code names, else what the status says. So of the rules about final answers exactly one
//! tells of a sign-in, and none is left untold.

use super::case::{Who, code_of, group, who};
use super::timeline::Timeline;
use super::{Confidence, Finding, Rule, Severity};
use crate::format::Millis;
use crate::index::RowId;
use crate::trace::{Attempt, ClientNote, Ending, Round, SipMessage, State, Trace, WebExchange};
use rustc_hash::FxHashMap;

/// Why a sign-in ended in a final status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ground {
    NoUser,
    NotFromOutside,
    OtherAccount,
    ClientVersion,
    Unavailable,
    NextHop,
    /// The server refused, and neither code nor status says why.
    Unnamed,
}

/// Codes of a next hop that could not be reached: its name, TLS with it, the connection to it.
pub const HOP_DNS: [u32; 2] = [1008, 1014];
pub const HOP_TLS: [u32; 3] = [1010, 1039, 1047];
pub const HOP_TCP: [u32; 2] = [1038, 1046];

impl Ground {
    /// The slug of the rule that tells of it.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::NoUser => "user-not-found",
            Self::NotFromOutside => "remote-access-denied",
            Self::OtherAccount => "identity-mismatch",
            Self::ClientVersion => "client-version-refused",
            Self::Unavailable | Self::Unnamed => "registrar-unavailable",
            Self::NextHop => "next-hop-unreachable",
        }
    }

    /// What a code names, whatever the status ([MS-OCER] 7.2, 7.5, 7.6 and 8.16); of codes about the way to a server,
    /// with a status that says the same.
    fn of_code(code: u32, status: Option<u16>) -> Option<Self> {
        let is_hop = || [&HOP_DNS[..], &HOP_TLS, &HOP_TCP].iter().any(|codes| codes.contains(&code));
        match code {
            1003 | 4005 | 4006 => Some(Self::NoUser),
            4003 => Some(Self::NotFromOutside),
            4004 => Some(Self::OtherAccount),
            17_002 | 17_003 => Some(Self::ClientVersion),
            5000 if status.is_none_or(|status| status >= 500) => Some(Self::Unavailable),
            _ if is_hop() && matches!(status, Some(500 | 502 | 504)) => Some(Self::NextHop),
            _ => None,
        }
    }

    /// What a final status says without a code.
    fn of_status(status: u16) -> Option<Self> {
        match status {
            401 | 407 => None,
            404 | 604 => Some(Self::NoUser),
            503 => Some(Self::Unavailable),
            504 => Some(Self::NextHop),
            400..=699 => Some(Self::Unnamed),
            _ => None,
        }
    }
}

/// What ended the sign-ins of one user and device in one way.
#[derive(Debug)]
pub struct Rejection<'a> {
    pub user: Option<&'a str>,
    pub endpoint: Option<&'a str>,
    pub ground: Ground,
    /// In the order of time. Those that end in a challenge are known by a verdict alone.
    pub attempts: Vec<&'a Attempt>,
    /// Verdicts of the client on them, or alone where the log holds no REGISTER; in the order of time.
    pub notes: Vec<&'a ClientNote>,
    /// Sign-ins, and verdicts on sign-ins that the log does not hold.
    pub count: usize,
    /// The device signed in after all of them.
    pub recovers: bool,
}

/// One sign-in with what the client says of it.
struct Told<'a> {
    who: Who<'a>,
    attempt: Option<&'a Attempt>,
    notes: Vec<&'a ClientNote>,
}

/// Verdicts this close together are one verdict, written in pieces.
const ONE_VERDICT_MS: i64 = 2_000;
/// A verdict on a sign-in comes this soon after its last answer.
const SOON_MS: i64 = 5 * 60_000;
/// The client asks again with the interval that the server wants (RFC 3261 10.3), which is no refusal.
const INTERVAL_TOO_BRIEF: u16 = 423;
/// What a client notes where it waited in vain, which the absence of an answer tells.
const REQUEST_TIMEOUT: u16 = 408;

impl<'a> Rejection<'a> {
    /// By user, device and ground, in the order of the first.
    pub fn all(trace: &'a Trace, timeline: &Timeline<'a>) -> Vec<Self> {
        let mut grounds: Vec<(Ground, Vec<(Who<'a>, Told<'a>)>)> = Vec::new();
        for told in told(trace, timeline) {
            let Some(ground) = told.ground(trace) else { continue };
            match grounds.iter_mut().find(|(own, _)| *own == ground) {
                Some((_, all)) => all.push((told.who, told)),
                None => grounds.push((ground, vec![(told.who, told)])),
            }
        }
        let groups = grounds
            .into_iter()
            .flat_map(|(ground, all)| group(all.into_iter()).into_iter().map(move |(who, all)| (who, ground, all)));
        let all = groups.map(|(who, ground, all)| Self::of(timeline, who, ground, all));
        all.filter(|own| !own.is_step()).collect()
    }

    fn of(timeline: &Timeline<'a>, who: Who<'a>, ground: Ground, all: Vec<Told<'a>>) -> Self {
        let count = all.len();
        let mut attempts: Vec<&Attempt> = all.iter().filter_map(|told| told.attempt).collect();
        let mut notes: Vec<&ClientNote> = all.into_iter().flat_map(|told| told.notes).collect();
        attempts.sort_by_key(|attempt| attempt.started());
        notes.sort_by_key(|note| note.time);
        let last = attempts.iter().map(|attempt| attempt.started()).chain(notes.iter().map(|note| note.time)).max();
        let recovers = last.is_some_and(|last| timeline.next_accepted(who, last).is_some());
        Self { user: who.0, endpoint: who.1, ground, attempts, notes, count, recovers }
    }

    /// A step on the way to a sign-in, and no end of one.
    fn is_step(&self) -> bool {
        let mut answers = self.answers();
        self.recovers && self.notes.is_empty() && answers.all(|answer| answer.status == Some(INTERVAL_TOO_BRIEF))
    }

    /// A finding with all that does not depend on the rule.
    pub fn finding(&self, rule: &Rule, confidence: Confidence, title: impl Into<String>) -> Finding {
        let rounds = self.attempts.iter().filter_map(|attempt| attempt.last());
        Finding::new(rule, confidence, title)
            .about(self.user, self.endpoint)
            .severity(if self.recovers { Severity::Warning } else { rule.severity })
            .times(self.count)
            .proved_by(rounds.flat_map(Round::rows).chain(self.notes.iter().map(|note| note.row)))
    }

    /// The user, in a sentence.
    pub fn name(&self) -> &'a str {
        self.user.unwrap_or("the user")
    }

    /// Final answers, oldest first.
    pub fn answers(&self) -> impl Iterator<Item = &'a SipMessage> {
        self.attempts.iter().filter_map(|attempt| final_answer(attempt))
    }

    /// The status of the newest answer, or of the newest verdict.
    pub fn status(&self) -> Option<u16> {
        let of_answers = self.answers().filter_map(|answer| answer.status).last();
        of_answers.or_else(|| self.notes.iter().rev().find_map(|note| verdict_status(note)))
    }

    /// The newest code of those that are wanted, in an answer or a verdict.
    pub fn code_where(&self, is_wanted: impl Fn(u32) -> bool) -> Option<u32> {
        let answers: Vec<&SipMessage> = self.answers().collect();
        let codes =
            |answer: &&'a SipMessage| answer.diagnostics.iter().map(|own| own.code).find(|&code| is_wanted(code));
        let of_answers = answers.iter().rev().find_map(codes);
        of_answers.or_else(|| self.notes.iter().rev().find_map(|note| code_of(note).filter(|&code| is_wanted(code))))
    }

    /// The newest of some codes.
    pub fn code(&self, codes: &[u32]) -> Option<u32> {
        self.code_where(|code| codes.contains(&code))
    }

    /// Whether one of them shows that the server had accepted the credentials already.
    pub fn is_after_handshake(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.challenges() > 0 && final_answer(attempt).is_some())
    }

    /// A sentence where the device got in later, else nothing.
    pub fn afterwards(&self) -> &'static str {
        if self.recovers { " Later the same device signed in." } else { "" }
    }
}

/// All sign-ins, each with the verdicts on it, and verdicts on sign-ins that the log does not hold.
fn told<'a>(trace: &'a Trace, timeline: &Timeline<'a>) -> Vec<Told<'a>> {
    let of_attempt = |attempt| Told { who: who(attempt), attempt: Some(attempt), notes: Vec::new() };
    let mut all: Vec<Told<'a>> = trace.attempts().map(of_attempt).collect();
    let mut notes: Vec<&ClientNote> = trace.client_notes.iter().filter(|note| is_verdict(note)).collect();
    if notes.is_empty() {
        return all;
    }
    let places: FxHashMap<RowId, usize> =
        trace.attempts().enumerate().filter_map(|(at, attempt)| Some((attempt.first_row()?, at))).collect();
    // The verdict that each file told last of a sign-in it does not hold.
    let mut alone: FxHashMap<u16, (usize, Millis)> = FxHashMap::default();
    notes.sort_by_key(|note| note.time);
    for note in notes {
        let attempt = timeline.attempt_of(note);
        let attempt = attempt.filter(|attempt| !timeline.holds_sign_ins(note.file) || is_about(note, attempt));
        let own = attempt.and_then(|attempt| places.get(&attempt.first_row()?).copied());
        let before = alone.get(&note.file).filter(|(_, time)| note.time.0.saturating_sub(time.0) <= ONE_VERDICT_MS);
        let at = own.or(before.map(|(at, _)| *at)).unwrap_or(all.len());
        if own.is_none() {
            alone.insert(note.file, (at, note.time));
        }
        match all.get_mut(at) {
            Some(told) => told.notes.push(note),
            None => all.push(Told { who: timeline.who_wrote(note), attempt: None, notes: vec![note] }),
        }
    }
    all
}

fn is_verdict(note: &ClientNote) -> bool {
    code_of(note).is_some() || verdict_status(note).is_some()
}

fn is_about(note: &ClientNote, attempt: &Attempt) -> bool {
    let (started, ended) = (attempt.started(), attempt.ended());
    !matches!(attempt.ending, Ending::SignedIn | Ending::SignedOut)
        && note.time >= started
        && note.time.0.saturating_sub(ended.0) <= SOON_MS
}

impl Told<'_> {
    fn ground(&self, trace: &Trace) -> Option<Ground> {
        let answer = self.attempt.and_then(final_answer).filter(|answer| answer.status >= Some(400));
        let of_answer = || {
            let answer = answer?;
            answer.diagnostics.iter().find_map(|own| Ground::of_code(own.code, answer.status))
        };
        let mut notes = self.notes.iter();
        let of_verdict = || notes.find_map(|note| Ground::of_code(code_of(note)?, verdict_status(note)));
        let of_status = || match answer {
            Some(answer) if is_version_refused(answer) => Some(Ground::ClientVersion),
            Some(answer) => Ground::of_status(answer.status?),
            // What a client notes of a request that nobody answered is its own.
            None if self.attempt.is_some_and(|attempt| attempt.ending == Ending::Unanswered) => None,
            None => self.notes.iter().find_map(|note| self.of_verdict_status(trace, note)),
        };
        of_answer().or_else(of_verdict).or_else(of_status)
    }

    /// What a verdict says by its status alone. Where the client tells of its web services, the status may be theirs.
    fn of_verdict_status(&self, trace: &Trace, note: &ClientNote) -> Option<Ground> {
        match verdict_status(note)? {
            488 if code_of(note).is_none() => Some(Ground::ClientVersion),
            REQUEST_TIMEOUT => None,
            status => {
                Ground::of_status(status).filter(|&own| own != Ground::Unnamed || !self.is_busy_with_web(trace, note))
            }
        }
    }

    fn is_busy_with_web(&self, trace: &Trace, note: &ClientNote) -> bool {
        let fails = |exchange: &&WebExchange| exchange.is_failure() && exchange.status != Some(401);
        let is_own = |exchange: &WebExchange| exchange.file == note.file || exchange.user.as_deref() == self.who.0;
        trace.web.iter().filter(fails).any(is_own)
            || trace.client_notes.iter().any(|own| own.file == note.file && !own.failed_steps.is_empty())
    }
}

/// 488 with words about it, or an address for an update.
fn is_version_refused(answer: &SipMessage) -> bool {
    let has_address = || answer.contact.as_deref().is_some_and(|contact| contact.contains("http"));
    answer.status == Some(488) && (answer.warning.is_some() || has_address())
}

/// The answer that ended an attempt to sign in, other than a 401 or a 407.
#[must_use]
pub fn final_answer(attempt: &Attempt) -> Option<&SipMessage> {
    let last = attempt.last().filter(|last| !last.is_sign_out())?;
    matches!(last.state, State::Answered | State::Established).then_some(last.answer()).flatten()
}

/// The SIP status in a client's verdict on a sign-in; `None` in all its other lines, where the same number may
/// speak of a call or a web page.
#[must_use]
fn verdict_status(note: &ClientNote) -> Option<u16> {
    note.verdict.as_ref()?;
    note.hresults.iter().find(|&&hresult| hresult & 0xFFFF_0000 == 0x80EF_0000).map(|hresult| (hresult & 0xFFFF) as u16)
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, Server, TLS_FINISHED, TLS_HELLO, diagnose, rules};

    const VERDICT: &str = "VerifyOnEnableEvent result return ONENABLE_FAILED";

    fn failures(client: &Client) -> Vec<String> {
        rules(&[client]).into_iter().filter(|rule| rule.contains(" failure ")).collect()
    }

    #[test]
    fn every_final_refusal_is_told_by_exactly_one_rule() {
        let of = |status: &str, headers: &str| {
            let mut anna = Client::new("anna@contoso.com");
            anna.ntlm_handshake();
            anna.answer(status, headers);
            failures(&anna)
        };
        let told = |rule: &str| vec![format!("{rule} failure anna@contoso.com x1")];
        let unnamed = [
            "400 Bad Request",
            "403 Forbidden",
            "405 Method Not Allowed",
            "408 Request Timeout",
            "423 Interval Too Brief",
            "480 Temporarily Unavailable",
            "482 Loop Detected",
            "488 Not Acceptable Here",
            "500 Server Internal Error",
            "501 Not Implemented",
            "502 Bad Gateway",
            "503 Service Unavailable",
            "513 Message Too Large",
            "603 Decline",
        ];
        for status in unnamed {
            assert_eq!(of(status, ""), told("registrar-unavailable"), "{status}");
            assert_eq!(
                of(status, "ms-diagnostics: 1017;reason=\"Cannot route From and To domains\""),
                told("registrar-unavailable"),
                "{status}"
            );
        }
        assert_eq!(of("604 Does Not Exist Anywhere", ""), told("user-not-found"));
        assert_eq!(of("502 Bad Gateway", "ms-diagnostics: 1039;reason=\"TLS\""), told("next-hop-unreachable"));
        // A code says more than the status.
        assert_eq!(of("404 Not Found", "ms-diagnostics: 4004;reason=\"not yours\""), told("identity-mismatch"));
        assert_eq!(of("504 Server time-out", "ms-diagnostics: 5000;reason=\"down\""), told("registrar-unavailable"));
    }

    #[test]
    fn an_interval_that_is_asked_for_and_a_sign_out_that_fails_are_no_failures() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_handshake();
        anna.answer("423 Interval Too Brief", "Min-Expires: 600");
        anna.ntlm_sign_in();
        let loud = |client: &Client| rules(&[client]).into_iter().filter(|rule| !rule.contains(" normal ")).count();
        assert_eq!(loud(&anna), 0);
        for status in ["504 Server time-out", "404 Not Found", "503 Service Unavailable", "481 Does Not Exist"] {
            let mut ben = Client::new("ben@contoso.com");
            ben.ntlm_sign_in();
            ben.wait(60);
            ben.register(&format!("{}\nExpires: 0", ben.signed("NTLM")));
            ben.answer(status, "");
            ben.wait(60);
            ben.says("later");
            assert_eq!(loud(&ben), 0, "{status}");
        }
    }

    #[test]
    fn a_verdict_wins_over_the_401_before_it() {
        let verdicts = [
            ("status=0x80ef0193 diag code=0xfa3", "remote-access-denied"),
            ("status=0x80ef0193 diag code=0xfa4", "identity-mismatch"),
            ("status=0x80ef0194 diag code=0xfa5", "user-not-found"),
            ("status=0x80ef0194", "user-not-found"),
            ("status=0x80ef0193", "registrar-unavailable"),
        ];
        for (verdict, rule) in verdicts {
            let mut anna = Client::new("anna@contoso.com");
            anna.ntlm_refused();
            anna.says(&format!("{VERDICT} {verdict}"));
            assert_eq!(failures(&anna), [format!("{rule} failure anna@contoso.com x1")], "{verdict}");
            assert!(rules(&[&anna]).iter().all(|rule| !rule.starts_with("credentials-refused")), "{verdict}");
        }
    }

    #[test]
    fn a_verdict_beside_a_servers_trace_is_no_second_finding() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_handshake();
        anna.answer("403 Forbidden", "ms-diagnostics: 4003;reason=\"not from outside\"");
        let fe01 = Server::copies("FEPOOL01", "FE01", &anna);
        anna.forget();
        anna.says(&format!("{VERDICT} of sip:anna@contoso.com status=0x80ef0193 diag code=0xfa3"));
        let found = rules(&[&fe01, &anna]).into_iter().filter(|rule| rule.contains(" failure ")).collect::<Vec<_>>();
        assert_eq!(found, ["remote-access-denied failure anna@contoso.com x1"]);
    }

    #[test]
    fn one_verdict_on_several_tries() {
        let mut anna = Client::new("anna@contoso.com");
        for _ in 0..2 {
            anna.ntlm_refused();
            anna.new_call();
            anna.wait(10);
        }
        anna.ntlm_refused();
        anna.says(&format!("{VERDICT} status=0x80ef0193 diag code=0xfa4"));
        let found = failures(&anna);
        assert_eq!(
            found,
            [
                "identity-mismatch failure anna@contoso.com x1",
                "authentication-loop failure anna@contoso.com x3 <- identity-mismatch"
            ]
        );
    }

    #[test]
    fn a_refusal_of_before_a_sign_in_stands_for_itself() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused();
        anna.new_call();
        anna.ntlm_sign_in();
        anna.sign_out();
        anna.new_call();
        anna.ntlm_refused();
        anna.says(&format!("{VERDICT} status=0x80ef0193 diag code=0xfa4"));
        let found = rules(&[&anna]);
        assert!(found.contains(&"credentials-refused warning anna@contoso.com x1".to_owned()), "{found:?}");
        assert_eq!(failures(&anna), ["identity-mismatch failure anna@contoso.com x1"]);
    }

    #[test]
    fn a_verdict_names_the_code_that_the_answer_lacks() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_handshake();
        anna.answer("403 Forbidden", "");
        anna.says(&format!("{VERDICT} status=0x80ef0193"));
        assert_eq!(failures(&anna), ["registrar-unavailable failure anna@contoso.com x1"]);
        anna.says(&format!("{VERDICT} status=0x80ef0193 diag code=0xfa3"));
        assert_eq!(failures(&anna), ["remote-access-denied failure anna@contoso.com x1"]);
    }

    #[test]
    fn a_package_that_was_refused_on_the_way_to_a_final_answer_is_not_the_cause() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.challenge();
        anna.register(&anna.authorization("TLS-DSK", TLS_HELLO));
        anna.answer("401 Unauthorized", &anna.goes_on("TLS-DSK", TLS_HELLO));
        anna.register(&anna.authorization("TLS-DSK", TLS_FINISHED));
        anna.challenge();
        anna.ntlm_handshake();
        anna.answer("404 Not Found", "");
        assert_eq!(failures(&anna), ["user-not-found failure anna@contoso.com x1"]);
    }

    #[test]
    fn a_verdict_on_challenges_that_nobody_answers() {
        let mut anna = Client::new("anna@contoso.com");
        for _ in 0..3 {
            anna.register("");
            anna.challenge();
            anna.wait(40);
            anna.new_call();
        }
        assert_eq!(failures(&anna), ["challenge-unanswered failure anna@contoso.com x3"]);
        anna.says(&format!("{VERDICT} status=0x80ef0193 diag code=0xfa3"));
        assert_eq!(failures(&anna), ["remote-access-denied failure anna@contoso.com x1"]);
    }

    #[test]
    fn a_status_that_the_client_made_up_where_no_answer_came() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.wait(33);
        anna.says(&format!("{VERDICT} status=0x80ef01f8"));
        assert_eq!(failures(&anna), ["no-answer failure anna@contoso.com x1"]);
    }

    #[test]
    fn a_code_of_zero_is_none() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_handshake();
        anna.answer("403 Forbidden", "");
        anna.says(&format!("{VERDICT} status=0x80ef0193, diag code=0x0"));
        let found = rules(&[&anna]);
        let own = "server-log-needed advice anna@contoso.com x1 <- registrar-unavailable";
        assert!(found.contains(&own.to_owned()), "{found:?}");
        let told = diagnose(&[&anna]).findings;
        assert!(told.iter().all(|own| !own.explanation.contains("Code 0")), "{told:?}");
    }

    #[test]
    fn a_403_of_the_web_services_is_theirs() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.challenge();
        anna.web_call("ticket", "https://webext.contoso.com/WebTicket/WebTicketService.svc", "80ef0193", "");
        anna.says(&format!("{VERDICT} status=0x80ef0193"));
        assert!(!rules(&[&anna]).iter().any(|rule| rule.starts_with("registrar-unavailable")), "{:?}", rules(&[&anna]));
    }
}
