//! When devices were accepted, which sign-in a client's line is about, and which failures count.

use super::case::{Case, Who, who};
use crate::format::Millis;
use crate::trace::{Attempt, ClientNote, Ending, Round, SipMessage, State, Trace};
use rustc_hash::FxHashMap;

/// Sign-ins by device and by file.
pub struct Timeline<'a> {
    /// When each device was accepted, at a sign-in or when it kept one alive; in the order of time.
    accepted: FxHashMap<Who<'a>, Vec<Millis>>,
    /// Attempts that the log of a client holds, by number of the file, in the order of time.
    attempts_in: FxHashMap<u16, Vec<&'a Attempt>>,
}

impl<'a> Timeline<'a> {
    #[must_use]
    pub fn of(trace: &'a Trace) -> Self {
        Self { accepted: accepted(trace), attempts_in: attempts_in(trace) }
    }

    /// When a device was accepted for the first time after some moment.
    #[must_use]
    pub fn next_accepted(&self, who: Who<'_>, after: Millis) -> Option<Millis> {
        let times = self.accepted.get(&who)?;
        times.get(times.partition_point(|&time| time <= after)).copied()
    }

    /// The sign-in that was under way when a client wrote something: the last that began before, else the first one.
    #[must_use]
    pub fn attempt_at(&self, file: u16, time: Millis) -> Option<&'a Attempt> {
        let attempts = self.attempts_in.get(&file)?;
        let before = attempts.partition_point(|attempt| attempt.started() <= time);
        attempts.get(before.saturating_sub(1)).copied()
    }

    /// The user and device that a line of a client is about.
    #[must_use]
    pub fn who_wrote(&self, trace: &'a Trace, note: &'a ClientNote) -> Who<'a> {
        match self.attempt_at(note.file, note.time) {
            Some(attempt) => who(attempt),
            None => (trace.owner_of(note).or(note.user.as_deref()), None),
        }
    }
}

impl<'a> Case<'a> {
    /// The user and device that a line of a client is about.
    #[must_use]
    pub fn who_wrote(&self, note: &'a ClientNote) -> Who<'a> {
        self.timeline.who_wrote(self.trace, note)
    }

    /// Final failures of requests other than REGISTER. Probes and anonymous participants do not count.
    pub fn failed(&self) -> impl Iterator<Item = &'a SipMessage> {
        self.trace.failed.iter().filter(|message| !is_probe(message))
    }

    /// Call-IDs of failures that [`Self::failed`] leaves out, and of sign-ins.
    pub fn not_counted(&self) -> impl Iterator<Item = &'a str> {
        let probes = self.trace.failed.iter().filter(|message| is_probe(message));
        let probes = probes.map(|message| message.call_id.as_str());
        probes.chain(self.trace.registrations.iter().map(|registration| registration.call_id.as_str()))
    }
}

fn is_probe(message: &SipMessage) -> bool {
    message.method == "OPTIONS" || message.from.as_deref() == Some("anonymous@anonymous.invalid")
}

fn accepted(trace: &Trace) -> FxHashMap<Who<'_>, Vec<Millis>> {
    let mut accepted: FxHashMap<Who<'_>, Vec<Millis>> = FxHashMap::default();
    for attempt in trace.attempts().filter(|attempt| attempt.ending == Ending::SignedIn) {
        accepted.entry(who(attempt)).or_default().push(attempt.started());
    }
    for registration in &trace.registrations {
        let who = (registration.user.as_deref(), registration.endpoint.as_deref());
        let kept = registration.refreshes.iter().filter(|round| round.state == State::Established);
        let times = kept.map(crate::trace::Round::time);
        accepted.entry(who).or_default().extend(times);
    }
    #[expect(clippy::iter_over_hash_type, reason = "each list is put in order by itself")]
    for times in accepted.values_mut() {
        times.sort_unstable();
    }
    accepted
}

fn attempts_in(trace: &Trace) -> FxHashMap<u16, Vec<&Attempt>> {
    let mut attempts_in: FxHashMap<u16, Vec<&Attempt>> = FxHashMap::default();
    if !trace.coverage.has_client_log() {
        return attempts_in;
    }
    for attempt in trace.attempts() {
        let messages = attempt.rounds.iter().flat_map(Round::messages);
        let mut files: Vec<u16> =
            messages.flat_map(|message| &message.hops).filter(|hop| hop.is_client).map(|hop| hop.file).collect();
        files.sort_unstable();
        files.dedup();
        for file in files {
            attempts_in.entry(file).or_default().push(attempt);
        }
    }
    #[expect(clippy::iter_over_hash_type, reason = "each list is put in order by itself")]
    for attempts in attempts_in.values_mut() {
        attempts.sort_by_key(|attempt| attempt.started());
    }
    attempts_in
}
