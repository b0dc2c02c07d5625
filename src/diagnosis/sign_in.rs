//! Attempts that ended well, and what they were: a sign-in, the renewal of an association that had come to its end,
//! or one that a server did not know any more.

use super::tokens::sent_certificate_end;
use crate::format::Millis;
use crate::index::Index;
use crate::trace::{Attempt, Credentials, Ending, Registration, Round, State, Trace};

/// One attempt that ended well.
#[derive(Debug)]
pub struct SignIn<'a> {
    pub attempt: &'a Attempt,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Fresh,
    /// The association had come to its end.
    Renewed {
        /// How old it was at least.
        age_ms: Option<i64>,
    },
    /// Another server than the one of the association answered.
    Moved {
        from: Option<String>,
        to: Option<String>,
        age_ms: Option<i64>,
    },
}

/// An association lives for eight hours at most, and a client renews it at least five minutes before its end
/// ([MS-SIPAE] 3.2.2). What it is counted from may be some minutes off, so an hour is left.
const RENEWAL_MS: i64 = 7 * 3_600_000;
/// How long before the end of its certificate a client may renew, and how long after, in milliseconds.
const AROUND_CERTIFICATE_END_MS: (i64, i64) = (-3_600_000, 600_000);

/// The association that a registration has.
struct Association {
    since: Millis,
    certificate_ends: Option<Millis>,
    host: Option<String>,
    server: Option<String>,
}

impl<'a> SignIn<'a> {
    /// All of a trace, those of monitors left out.
    pub fn all(index: &Index, trace: &'a Trace) -> Vec<Self> {
        trace.registrations.iter().flat_map(|registration| Self::of_registration(index, registration)).collect()
    }

    fn of_registration(index: &Index, registration: &'a Registration) -> Vec<Self> {
        let mut found = Vec::new();
        // Where the log begins after the handshake, the association is as old as its first refresh at least.
        let oldest = registration.refreshes.iter().map(Round::time).filter(|&time| time != Millis::NEVER).min();
        let mut association =
            oldest.map(|since| Association { since, certificate_ends: None, host: None, server: None });
        for attempt in &registration.attempts {
            match attempt.ending {
                Ending::SignedIn => {
                    if !attempt.is_monitor() {
                        let kind = kind(attempt, association.as_ref());
                        found.push(Self { attempt, kind });
                    }
                    association = Some(Association {
                        since: attempt.ended(),
                        certificate_ends: certificate_ends(index, attempt),
                        host: target(attempt),
                        server: server(attempt),
                    });
                }
                Ending::SignedOut => association = None,
                _ => {}
            }
        }
        found
    }
}

fn kind(attempt: &Attempt, before: Option<&Association>) -> Kind {
    let started = attempt.started();
    let before = before.filter(|before| before.since != Millis::NEVER && before.since <= started);
    let age_ms = before.map(|before| started.0.saturating_sub(before.since.0));
    let certificate_ends = before.and_then(|before| before.certificate_ends);
    let is_near = certificate_ends.is_some_and(|ends| {
        let (from, to) = AROUND_CERTIFICATE_END_MS;
        (from..=to).contains(&started.0.saturating_sub(ends.0))
    });
    if age_ms.is_some_and(|age| age >= RENEWAL_MS) || is_near && attempt.renews() {
        return Kind::Renewed { age_ms };
    }
    if !attempt.renews() {
        return Kind::Fresh;
    }
    let asked = attempt.rounds.first().and_then(|round| round.sent()?.target_host());
    let asked = asked.or_else(|| before.and_then(|before| before.host.clone()));
    let offered = attempt.rounds.first().and_then(|round| {
        let own = round.challenge_in_use().and_then(Credentials::target_host);
        own.or_else(|| round.offered().iter().find_map(|own| own.target_host()))
    });
    let answers = offered.or_else(|| target(attempt));
    if asked.is_some() && answers.is_some() && asked != answers {
        return Kind::Moved { from: asked, to: answers, age_ms };
    }
    let (old, new) = (before.and_then(|before| before.server.clone()), server(attempt));
    if old.is_some() && new.is_some() && old != new {
        return Kind::Moved { from: old, to: new, age_ms };
    }
    Kind::Fresh
}

/// The server that the client signs its requests for in the end.
pub fn target(attempt: &Attempt) -> Option<String> {
    attempt.rounds.iter().rev().find_map(|round| round.sent()?.target_host())
}

/// The `Server` header of the last answer.
fn server(attempt: &Attempt) -> Option<String> {
    attempt.last()?.answer()?.server.clone()
}

fn certificate_ends(index: &Index, attempt: &Attempt) -> Option<Millis> {
    if attempt.package() != Some("TLS-DSK") {
        return None;
    }
    let mut handshake = attempt.rounds.iter().rev().filter(|round| round.state == State::Continued).take(4);
    handshake.find_map(|round| sent_certificate_end(index, round))
}
