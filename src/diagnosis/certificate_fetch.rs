//! Clients without a usable user certificate, which have to fetch one before they can sign in with TLS-DSK.
//!
//! In the trace this is a gap: a challenge that offers TLS-DSK, then no REGISTER, while web services are asked.

use super::case::{Device, Who, code_of};
use super::numbers::CLIENT_401;
use super::timeline::Timeline;
use super::web_services::WebServices;
use crate::format::Millis;
use crate::index::RowId;
use crate::trace::{Attempt, ClientNote, Ending, Round, State, Trace, WebExchange, WebService};
use rustc_hash::FxHashMap;

/// A challenge after which the client asked web services instead of answering.
#[derive(Debug)]
pub struct Gap<'a> {
    pub round: &'a Round,
    /// Requests for a ticket or a certificate, in the order of time; never empty.
    pub requests: Vec<&'a WebExchange>,
}

/// All gaps of one device.
#[derive(Debug)]
pub struct CertificateFetch<'a> {
    pub who: Who<'a>,
    /// In the order of time; empty where only the client says so.
    pub gaps: Vec<Gap<'a>>,
    /// What the client says of its failure.
    pub notes: Vec<&'a ClientNote>,
    /// How often it tried to sign in, and ended without a certificate.
    pub attempts: usize,
    /// It showed a user certificate afterwards.
    pub is_fetched: bool,
    /// It signed in afterwards, in whatever way.
    pub signs_in: bool,
}

impl CertificateFetch<'_> {
    /// The log proves that no certificate came.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        if self.is_fetched || self.ends_well() {
            return false;
        }
        let fails = |gap: &Gap<'_>| gap.requests.iter().any(|request| is_refusal(request));
        // A client that is challenged once more has given up waiting for the last request.
        !self.notes.is_empty() || !self.signs_in && (self.gaps.iter().any(fails) || self.gaps.len() >= 2)
    }

    /// A certificate was given out last, and the log ends before it is shown.
    fn ends_well(&self) -> bool {
        let requests = self.gaps.last().map(|gap| gap.requests.as_slice()).unwrap_or_default();
        let last = requests.iter().rfind(|request| request.service == WebService::CertificateProvisioning);
        last.is_some_and(|last| last.is_success() && self.notes.iter().all(|note| note.time < last.time))
    }

    /// Requests for a ticket or a certificate that failed.
    #[must_use]
    pub fn failures(&self) -> Vec<&WebExchange> {
        let requests = self.gaps.iter().flat_map(|gap| &gap.requests);
        requests.filter(|request| is_refusal(request)).copied().collect()
    }

    /// Challenges, requests and notes.
    pub fn rows(&self) -> impl Iterator<Item = RowId> {
        let of_gap = |gap: &Gap<'_>| {
            let requests = gap.requests.iter().flat_map(|request| request.rows.iter().copied());
            gap.round.rows().chain(requests).collect::<Vec<_>>()
        };
        self.gaps.iter().flat_map(of_gap).chain(self.notes.iter().map(|note| note.row))
    }
}

/// The rounds of a Windows handshake are none.
fn is_refusal(request: &WebExchange) -> bool {
    request.is_failure() && !request.is_windows_round()
}

/// Nobody waits longer for a certificate, milliseconds.
const LONGEST_MS: i64 = 5 * 60_000;
/// What a client says of an attempt stands this near its end, milliseconds.
const NEAR_MS: i64 = 30_000;

/// What everybody's clients did about their user certificates.
pub(super) fn all<'a>(
    trace: &'a Trace,
    devices: &[Device<'a>],
    web: &WebServices<'a>,
    timeline: &Timeline<'a>,
) -> Vec<CertificateFetch<'a>> {
    let mut of_user: FxHashMap<&str, Vec<&'a Attempt>> = FxHashMap::default();
    for attempt in trace.attempts() {
        of_user.entry(attempt.user.as_deref().unwrap_or_default()).or_default().push(attempt);
    }
    let mut notes = notes(trace, web, timeline);
    let mut found: Vec<CertificateFetch<'a>> =
        devices.iter().filter_map(|device| of_device(web, device.who, &device.attempts, &mut notes)).collect();
    // What clients say that were not challenged in the log.
    found.extend(notes.into_iter().filter(|(_, notes)| !notes.is_empty()).map(|(user, notes)| {
        let user = user.filter(|user| !user.is_empty());
        let attempts = of_user.get(user.unwrap_or_default()).map(Vec::as_slice).unwrap_or_default();
        let last = notes.iter().map(|note| note.time).max().unwrap_or(Millis::NEVER);
        CertificateFetch {
            who: (user, None),
            gaps: Vec::new(),
            attempts: sign_ins(&notes),
            notes,
            is_fetched: user.is_some() && attempts.iter().any(|attempt| shows_certificate(attempt, last)),
            signs_in: user.is_some() && attempts.iter().any(|attempt| signs_in(attempt, last)),
        }
    }));
    found
}

/// Rounds of a device with the attempt of each.
fn of_device<'a>(
    web: &WebServices<'a>,
    who: Who<'a>,
    attempts: &[&'a Attempt],
    notes: &mut Vec<(Option<&'a str>, Vec<&'a ClientNote>)>,
) -> Option<CertificateFetch<'a>> {
    let user = who.0?;
    if web.of_user(user).is_empty() && !notes.iter().any(|(own, _)| *own == Some(user)) {
        return None;
    }
    let rounds: Vec<(usize, &Round)> = attempts
        .iter()
        .enumerate()
        .flat_map(|(at, attempt)| attempt.rounds.iter().map(move |round| (at, round)))
        .collect();
    let mut gaps: Vec<Gap<'a>> = Vec::new();
    let mut last_attempt = None;
    let mut count = 0;
    let starts: Vec<Millis> = rounds.iter().map(|(_, round)| round.time()).collect();
    for (at, (attempt, round)) in rounds.iter().enumerate() {
        let Some(challenged) = round.answered_at().filter(|_| offers_certificate(round)) else { continue };
        let next = starts.get(at + 1).copied().unwrap_or(Millis::NEVER);
        let end = Millis(next.0.min(challenged.0.saturating_add(LONGEST_MS)));
        let asks = |request: &&WebExchange| is_for_certificate(request);
        let requests: Vec<&WebExchange> = web.between(user, challenged, end).iter().copied().filter(asks).collect();
        if requests.is_empty() {
            continue;
        }
        count += usize::from(last_attempt != Some(*attempt));
        last_attempt = Some(*attempt);
        gaps.push(Gap { round, requests });
    }
    let last = gaps.last()?.round.time();
    // Said by the client that wrote the challenge down, or by none that is known.
    let own = notes.iter_mut().find(|(own, _)| *own == Some(user));
    let own = own.map(|(_, notes)| std::mem::take(notes)).unwrap_or_default();
    let attempts_after = || attempts.iter().copied();
    let is_fetched = attempts_after().any(|attempt| shows_certificate(attempt, last));
    let signs_in = attempts_after().any(|attempt| signs_in(attempt, last));
    Some(CertificateFetch { who, gaps, attempts: count.max(sign_ins(&own)), notes: own, is_fetched, signs_in })
}

/// A first challenge that offers TLS-DSK and says where a certificate is to be had.
fn offers_certificate(round: &Round) -> bool {
    round.state == State::Challenged
        && round.sent().is_none()
        && round.offered().iter().any(|own| own.package == "TLS-DSK" && own.sts_uri.is_some())
}

fn shows_certificate(attempt: &Attempt, after: Millis) -> bool {
    let tokens = attempt.rounds.iter().filter(|round| round.time() > after).filter_map(Round::sent);
    tokens.into_iter().any(|sent| sent.package == "TLS-DSK" && (sent.has_token() || sent.is_signed))
}

fn signs_in(attempt: &Attempt, after: Millis) -> bool {
    attempt.ending == Ending::SignedIn && attempt.ended() > after
}

fn fails_to_publish(note: &ClientNote) -> bool {
    note.failed_steps.iter().any(|(step, _)| step == "GetAndPublishCert")
}

/// A report and a verdict speak of the same attempt.
fn sign_ins(notes: &[&ClientNote]) -> usize {
    let reports = notes.iter().filter(|note| fails_to_publish(note)).count();
    let verdicts = notes.iter().filter(|note| note.verdict.is_some() || note.action.is_some()).count();
    reports.max(verdicts).max(1)
}

/// What clients say of certificates that they did not get, by user.
fn notes<'a>(
    trace: &'a Trace,
    web: &WebServices<'a>,
    timeline: &Timeline<'a>,
) -> Vec<(Option<&'a str>, Vec<&'a ClientNote>)> {
    let mut found: Vec<(Option<&'a str>, Vec<&'a ClientNote>)> = Vec::new();
    let mut places: FxHashMap<Option<&str>, usize> = FxHashMap::default();
    for note in &trace.client_notes {
        let needs_certificate = note.action.as_deref().is_some_and(|action| action.contains("NEED NEW CERT"));
        if !fails_to_publish(note) && !needs_certificate && !is_for_want_of_one(note, web, timeline) {
            continue;
        }
        let (owner, _) = timeline.who_wrote(note);
        let place = *places.entry(owner).or_insert(found.len());
        match found.get_mut(place) {
            Some((_, notes)) => notes.push(note),
            None => found.push((owner, vec![note])),
        }
    }
    found
}

/// A verdict of 401 where the server offered TLS-DSK in vain, or where web services refused the user; without either
/// it may mean anything.
fn is_for_want_of_one<'a>(note: &'a ClientNote, web: &WebServices<'a>, timeline: &Timeline<'a>) -> bool {
    if !is_bare_401(note) {
        return false;
    }
    let attempt = timeline.attempt_of(note).filter(|attempt| {
        let near_ms = note.time.0.saturating_sub(attempt.ended().0);
        (-1_000..=NEAR_MS).contains(&near_ms) || !timeline.holds_sign_ins(note.file)
    });
    if let Some(attempt) = attempt {
        return matches!(attempt.ending, Ending::Challenged | Ending::Unanswered)
            && attempt.rounds.iter().any(offers_certificate);
    }
    let before = Millis(note.time.0.saturating_sub(LONGEST_MS));
    let requests = timeline.who_wrote(note).0.map(|user| web.between(user, before, note.time));
    requests.unwrap_or_default().iter().any(|request| is_for_certificate(request) && is_refusal(request))
}

/// A verdict that says 401 and nothing else.
#[must_use]
pub fn is_bare_401(note: &ClientNote) -> bool {
    note.verdict.is_some() && code_of(note).is_none() && note.has_hresult(CLIENT_401)
}

fn is_for_certificate(request: &WebExchange) -> bool {
    matches!(request.service, WebService::WebTicket | WebService::CertificateProvisioning)
}
