//! Sign-ins that ended in a final status, which says more than every 401 before it, and what the client made of them.

use super::case::{group, who};
use super::{Case, Confidence, Finding, Rule, Severity};
use crate::trace::{Attempt, ClientNote, Round, SipMessage, State};
use rustc_hash::FxHashSet;

/// What ended the sign-ins of one user and device in one way.
#[derive(Debug)]
pub struct Rejection<'a> {
    pub user: Option<&'a str>,
    pub endpoint: Option<&'a str>,
    pub attempts: Vec<&'a Attempt>,
    /// Verdicts of the client on them, or alone where the log holds no REGISTER.
    pub notes: Vec<&'a ClientNote>,
    /// Sign-ins, and verdicts on sign-ins that the log does not hold.
    pub count: usize,
    /// The device signed in after all of them.
    pub recovers: bool,
}

enum Proof<'a> {
    Attempt(&'a Attempt),
    Note(&'a ClientNote),
}

/// Verdicts this close together are one verdict, written in pieces.
const ONE_VERDICT_MS: i64 = 2_000;

impl<'a> Rejection<'a> {
    /// By user and device, in the order of the first.
    pub fn all(
        case: &Case<'a>,
        is_answer: impl Fn(&SipMessage) -> bool,
        is_verdict: impl Fn(&ClientNote) -> bool,
    ) -> Vec<Self> {
        let attempts = case.trace.attempts().filter(|attempt| final_answer(attempt).is_some_and(&is_answer));
        let attempts = attempts.map(|attempt| (who(attempt), Proof::Attempt(attempt)));
        let notes = case.trace.client_notes.iter().filter(|note| is_verdict(note));
        let notes = notes.map(|note| (case.who_wrote(note), Proof::Note(note)));
        let groups = group(attempts.chain(notes));
        groups.into_iter().map(|(who, proofs)| Self::of(case, who, proofs)).collect()
    }

    fn of(case: &Case<'a>, (user, endpoint): (Option<&'a str>, Option<&'a str>), proofs: Vec<Proof<'a>>) -> Self {
        let mut own = Self { user, endpoint, attempts: Vec::new(), notes: Vec::new(), count: 0, recovers: false };
        for proof in proofs {
            match proof {
                Proof::Attempt(attempt) => own.attempts.push(attempt),
                Proof::Note(note) => own.notes.push(note),
            }
        }
        own.attempts.sort_by_key(|attempt| attempt.started());
        own.notes.sort_by_key(|note| note.time);
        let known: FxHashSet<*const Attempt> =
            own.attempts.iter().map(|&attempt| std::ptr::from_ref(attempt)).collect();
        let mut alone: Vec<&ClientNote> = Vec::new();
        for note in &own.notes {
            let attempt = case.timeline.attempt_at(note.file, note.time);
            let is_known = attempt.is_some_and(|attempt| known.contains(&std::ptr::from_ref(attempt)));
            let is_piece = |before: &&ClientNote| {
                before.file == note.file && note.time.0.saturating_sub(before.time.0) <= ONE_VERDICT_MS
            };
            if !is_known && !alone.last().is_some_and(is_piece) {
                alone.push(note);
            }
        }
        own.count = own.attempts.len() + alone.len();
        let last = own.attempts.iter().map(|attempt| attempt.started());
        let last = last.chain(own.notes.iter().map(|note| note.time)).max();
        own.recovers = last.is_some_and(|last| case.timeline.next_accepted((user, endpoint), last).is_some());
        own
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

    /// The user, in a command to copy.
    pub fn address(&self) -> &'a str {
        self.user.unwrap_or("USER@DOMAIN")
    }

    /// Final answers, oldest first.
    pub fn answers(&self) -> impl Iterator<Item = &'a SipMessage> {
        self.attempts.iter().filter_map(|attempt| final_answer(attempt))
    }

    /// The last of some codes that an answer or a verdict names.
    pub fn code(&self, codes: &[u32]) -> Option<u32> {
        let answers: Vec<&SipMessage> = self.answers().collect();
        let of_answers = answers.iter().rev().find_map(|answer| {
            answer.diagnostics.iter().map(|diagnostic| diagnostic.code).find(|code| codes.contains(code))
        });
        of_answers.or_else(|| self.notes.iter().rev().find_map(|note| note.code.filter(|code| codes.contains(code))))
    }

    /// Whether one of them shows that the server had accepted the credentials already.
    pub fn is_after_handshake(&self) -> bool {
        self.attempts.iter().any(|attempt| attempt.challenges() > 0)
    }

    /// A sentence where the device got in later, else nothing.
    pub fn afterwards(&self) -> &'static str {
        if self.recovers { " Later the same device signed in." } else { "" }
    }
}

/// The answer that ended an attempt, other than a 401 or a 407.
#[must_use]
pub fn final_answer(attempt: &Attempt) -> Option<&SipMessage> {
    let last = attempt.last()?;
    matches!(last.state, State::Answered | State::Established).then_some(last.answer()).flatten()
}

/// The SIP status in a client's verdict on a sign-in; `None` in all its other lines, where the same number may
/// speak of a call or a web page.
#[must_use]
pub fn verdict_status(note: &ClientNote) -> Option<u16> {
    note.verdict.as_ref()?;
    note.hresults.iter().find(|&&hresult| hresult & 0xFFFF_0000 == 0x80EF_0000).map(|hresult| (hresult & 0xFFFF) as u16)
}
