//! When devices were accepted, which sign-in a client's line is about, and which failures count.

use super::case::{Case, Who, who};
use crate::format::Millis;
use crate::index::Index;
use crate::trace::{ANSWER_TIMEOUT_MS, Attempt, ClientNote, Ending, Round, SipMessage, State, Trace};
use rustc_hash::FxHashMap;

/// Sign-ins by device and by file.
pub struct Timeline<'a> {
    index: &'a Index,
    trace: &'a Trace,
    /// When each device was accepted, at a sign-in or when it kept one alive; in the order of time.
    accepted: FxHashMap<Who<'a>, Vec<Millis>>,
    /// What the log of a client holds, by number of the file.
    clients: FxHashMap<u16, Client<'a>>,
    /// Sign-ins that did not end well, of server traces; in the order of time.
    of_servers: Vec<&'a Attempt>,
}

/// What the log of one client holds; all in the order of time.
#[derive(Default)]
struct Client<'a> {
    attempts: Vec<&'a Attempt>,
    accepted: Vec<Millis>,
    /// REGISTERs that were refused, or that nobody answered.
    failed: Vec<Millis>,
    signed_out: Vec<Millis>,
}

/// What a client is when it writes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has not signed in yet, has signed out, or the next REGISTER fails.
    Out,
    In,
    /// It was signed in, and the REGISTERs that would keep it so are missing.
    Lapsed,
}

/// A client signs in again at least this often, milliseconds.
const REGISTERED_MS: i64 = 2 * 3_600_000;
/// A line about a sign-in that only servers wrote down stands this near it, milliseconds.
const BEFORE_MS: i64 = 5_000;
const AFTER_MS: i64 = 5 * 60_000;
/// Offsets of time zones are multiples of this, milliseconds; within what is left two clocks can be compared.
const ZONE_MS: i64 = 15 * 60_000;
const IN_ZONE_MS: i64 = 60_000;

impl<'a> Timeline<'a> {
    #[must_use]
    pub fn of(index: &'a Index, trace: &'a Trace) -> Self {
        let has_ended_badly = |attempt: &&Attempt| {
            attempt.is_seen_by_server() && !matches!(attempt.ending, Ending::SignedIn | Ending::SignedOut)
        };
        let mut of_servers: Vec<&Attempt> = trace.attempts().filter(has_ended_badly).collect();
        of_servers.sort_by_key(|attempt| attempt.started());
        Self { index, trace, accepted: accepted(trace), clients: clients(trace), of_servers }
    }

    /// When a device was accepted for the first time after some moment.
    #[must_use]
    pub fn next_accepted(&self, who: Who<'_>, after: Millis) -> Option<Millis> {
        next(self.accepted.get(&who)?, after)
    }

    /// The same of whatever device wrote a line.
    #[must_use]
    pub fn next_accepted_after(&self, note: &'a ClientNote) -> Option<Millis> {
        let own = self.clients.get(&note.file).and_then(|client| next(&client.accepted, note.time));
        own.or_else(|| self.next_accepted(self.who_wrote(note), note.time))
    }

    /// The sign-in that was under way when a client wrote something: the last that began before, else the first one.
    #[must_use]
    pub fn attempt_at(&self, file: u16, time: Millis) -> Option<&'a Attempt> {
        let attempts = &self.clients.get(&file)?.attempts;
        let before = attempts.partition_point(|attempt| attempt.started() <= time);
        attempts.get(before.saturating_sub(1)).copied()
    }

    /// Whether the log of a client holds the sign-ins that its lines are about.
    #[must_use]
    pub fn holds_sign_ins(&self, file: u16) -> bool {
        self.clients.get(&file).is_some_and(|client| !client.attempts.is_empty())
    }

    /// The sign-in that a line is about; where the log of the client holds none, the only one in the traces of servers
    /// that went wrong at that time.
    #[must_use]
    pub fn attempt_of(&self, note: &ClientNote) -> Option<&'a Attempt> {
        if self.holds_sign_ins(note.file) {
            return self.attempt_at(note.file, note.time);
        }
        let user = note.user.as_deref().or_else(|| self.trace.owner_of(note));
        let is_known = self.index.clock(note.file).is_known();
        let is_own = |attempt: &&&Attempt| {
            user.is_none_or(|user| attempt.user.as_deref() == Some(user)) && self.is_near(attempt, note, is_known)
        };
        if user.is_none() && !is_known {
            return None;
        }
        let near: Vec<&Attempt> = self.of_servers.iter().filter(is_own).copied().collect();
        let last = near.last()?;
        near.iter().all(|attempt| attempt.user == last.user).then_some(*last)
    }

    fn is_near(&self, attempt: &Attempt, note: &ClientNote, is_clock_known: bool) -> bool {
        let since_start = note.time.0.saturating_sub(attempt.started().0);
        let since_end = note.time.0.saturating_sub(attempt.ended().0);
        let hops = attempt.rounds.iter().flat_map(Round::messages).flat_map(|message| &message.hops);
        if is_clock_known && hops.into_iter().all(|hop| self.index.clock(hop.file).is_known()) {
            return since_start >= -BEFORE_MS && since_end <= AFTER_MS;
        }
        let in_zone = since_end.rem_euclid(ZONE_MS);
        in_zone <= IN_ZONE_MS || in_zone >= ZONE_MS - BEFORE_MS
    }

    /// The user and device that a line of a client is about.
    #[must_use]
    pub fn who_wrote(&self, note: &'a ClientNote) -> Who<'a> {
        match self.attempt_of(note) {
            Some(attempt) => who(attempt),
            None => (self.trace.owner_of(note).or(note.user.as_deref()), None),
        }
    }

    /// What a client is when it writes something, by the REGISTERs before and after it.
    #[must_use]
    pub fn standing(&self, note: &ClientNote) -> Standing {
        let Some(client) = self.clients.get(&note.file) else { return Standing::Out };
        let at = client.accepted.partition_point(|&time| time <= note.time);
        let Some(&last) = at.checked_sub(1).and_then(|before| client.accepted.get(before)) else {
            return Standing::Out;
        };
        let next = client.accepted.get(at).copied();
        let between = |times: &[Millis], end: Millis| times.iter().any(|&time| time > last && time <= end);
        if between(&client.signed_out, note.time) || between(&client.failed, next.unwrap_or(Millis(i64::MAX - 1))) {
            return Standing::Out;
        }
        let ends = self.trace.coverage.end_of(note.file).filter(|end| *end != Millis::NEVER);
        let is_missing = ends.is_some_and(|end| end.0.saturating_sub(last.0) > REGISTERED_MS);
        if next.is_none() && is_missing { Standing::Lapsed } else { Standing::In }
    }
}

impl<'a> Case<'a> {
    /// The user and device that a line of a client is about.
    #[must_use]
    pub fn who_wrote(&self, note: &'a ClientNote) -> Who<'a> {
        self.timeline.who_wrote(note)
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

fn next(times: &[Millis], after: Millis) -> Option<Millis> {
    times.get(times.partition_point(|&time| time <= after)).copied()
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

/// Client logs that hold rounds.
fn files_of<'r>(rounds: impl IntoIterator<Item = &'r Round>) -> Vec<u16> {
    let hops = rounds.into_iter().flat_map(Round::messages).flat_map(|message| &message.hops);
    let mut files: Vec<u16> = hops.filter(|hop| hop.is_client).map(|hop| hop.file).collect();
    files.sort_unstable();
    files.dedup();
    files
}

fn clients(trace: &Trace) -> FxHashMap<u16, Client<'_>> {
    let mut clients: FxHashMap<u16, Client<'_>> = FxHashMap::default();
    if !trace.coverage.has_client_log() {
        return clients;
    }
    let is_over = |round: &Round| trace.log_goes_on(round).is_some_and(|ms| ms >= ANSWER_TIMEOUT_MS);
    for attempt in trace.attempts() {
        let is_sign_out = attempt.last().is_some_and(Round::is_sign_out);
        for file in files_of(&attempt.rounds) {
            let client = clients.entry(file).or_default();
            client.attempts.push(attempt);
            match attempt.ending {
                Ending::SignedIn => client.accepted.push(attempt.started()),
                _ if is_sign_out => client.signed_out.push(attempt.started()),
                Ending::Refused | Ending::Rejected | Ending::Unavailable => client.failed.push(attempt.started()),
                Ending::Challenged | Ending::Unanswered if attempt.last().is_some_and(is_over) => {
                    client.failed.push(attempt.started());
                }
                _ => {}
            }
        }
    }
    for round in trace.registrations.iter().flat_map(|registration| &registration.refreshes) {
        for file in files_of([round]) {
            let client = clients.entry(file).or_default();
            if round.state == State::Established {
                client.accepted.push(round.time());
            } else if is_over(round) {
                client.failed.push(round.time());
            }
        }
    }
    #[expect(clippy::iter_over_hash_type, reason = "each list is put in order by itself")]
    for client in clients.values_mut() {
        client.attempts.sort_by_key(|attempt| attempt.started());
        for times in [&mut client.accepted, &mut client.failed, &mut client.signed_out] {
            times.sort_unstable();
        }
    }
    clients
}
