//! Devices that get a challenge and do not answer it, up to the end of the log.

use super::case::{ClientNotes, Device, Who, tells_of_web_trouble};
use super::numbers::CLIENT_NO_PACKAGE;
use super::overruled::Overruled;
use crate::format::Millis;
use crate::trace::{Attempt, ClientNote, Round, State, Trace};
use rustc_hash::{FxHashMap, FxHashSet};

/// A device whose last REGISTERs carry no credentials, though they are asked for.
#[derive(Debug)]
pub struct Silence<'a> {
    pub who: Who<'a>,
    pub attempts: Vec<&'a Attempt>,
    /// Requests without credentials with the challenges they got.
    pub rounds: Vec<&'a Round>,
    /// How long the log goes on after the last of them, in milliseconds.
    pub waited_ms: Option<i64>,
    /// Packages that the device uses anywhere in the log.
    pub uses: FxHashSet<&'a str>,
    /// The client says that it has no package the server offers.
    pub says_no_package: Vec<&'a ClientNote>,
    /// Requests to web services about the user can be seen, or the client speaks of them.
    pub is_busy_with_web: bool,
}

/// Silence of a device that is long enough to say that it goes no further, in milliseconds.
pub const SILENT_MS: i64 = 30_000;

impl<'a> Silence<'a> {
    pub fn all(trace: &'a Trace, notes: &ClientNotes<'a>, devices: &[Device<'a>], overruled: &Overruled) -> Vec<Self> {
        let mut all = Vec::new();
        for device in devices {
            // The client's verdict on the last of them says why.
            if device.attempts.last().is_some_and(|last| overruled.holds(last)) {
                continue;
            }
            let mut attempts: Vec<&Attempt> =
                device.attempts.iter().rev().copied().take_while(|attempt| is_silent(attempt)).collect();
            attempts.reverse();
            let rounds = attempts.iter().flat_map(|attempt| &attempt.rounds);
            let rounds: Vec<&Round> = rounds.filter(|round| round.state == State::Challenged).collect();
            let Some(last) = rounds.last() else { continue };
            let ended = last.answered_at().unwrap_or(Millis::NEVER);
            let mut files: Vec<u16> = last
                .answer()
                .into_iter()
                .flat_map(|answer| &answer.hops)
                .filter(|hop| hop.is_client)
                .map(|hop| hop.file)
                .collect();
            files.dedup();
            let after = files.iter().flat_map(|&file| notes.between(file, ended, -1_000, 60_000));
            all.push(Self {
                who: device.who,
                waited_ms: trace.log_goes_on(last),
                uses: FxHashSet::default(),
                says_no_package: after.filter(|note| note.has_hresult(CLIENT_NO_PACKAGE)).collect(),
                is_busy_with_web: false,
                attempts,
                rounds,
            });
        }
        look_around(trace, &mut all);
        all
    }

    /// Challenges that were certainly left unanswered: all but the last, and that too where the log goes on.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        let is_last_one = self.waited_ms.is_some_and(|waited_ms| waited_ms >= SILENT_MS);
        self.rounds.len() - usize::from(!is_last_one)
    }

    /// The packages that the last challenge offers.
    #[must_use]
    pub fn offered(&self) -> Vec<&'a str> {
        let last = self.rounds.last().map(|round| round.offered()).unwrap_or_default();
        let mut names: Vec<&str> = last.iter().map(|own| &*own.package).collect();
        names.dedup();
        names
    }

    /// None of the packages that are offered is one the client has: the client says so, or uses others, or no client
    /// has any of them. And the log goes on for long enough.
    #[must_use]
    pub fn lacks_package(&self) -> bool {
        const OF_CLIENTS: [&str; 3] = ["NTLM", "Kerberos", "TLS-DSK"];
        let offered = self.offered();
        let uses_others = !self.uses.is_empty() && !offered.iter().any(|package| self.uses.contains(package));
        let is_strange = !offered.iter().any(|package| OF_CLIENTS.contains(package));
        self.waited_ms.is_some_and(|waited_ms| waited_ms >= SILENT_MS)
            && !offered.is_empty()
            && (!self.says_no_package.is_empty() || uses_others || is_strange)
    }
}

/// What those who are silent do besides: the packages they use elsewhere in the log, and their web services.
fn look_around<'a>(trace: &'a Trace, all: &mut [Silence<'a>]) {
    let device_of = |(user, endpoint): Who<'a>| endpoint.or(user).unwrap_or_default();
    let mut used: FxHashMap<&str, FxHashSet<&str>> =
        all.iter().map(|own| (device_of(own.who), FxHashSet::default())).collect();
    for registration in &trace.registrations {
        let who = (registration.user.as_deref(), registration.endpoint.as_deref());
        let Some(used) = used.get_mut(device_of(who)) else { continue };
        let rounds = registration.attempts.iter().flat_map(|attempt| &attempt.rounds);
        used.extend(rounds.chain(&registration.refreshes).filter_map(Round::sent).map(|sent| &*sent.package));
    }
    let silent: FxHashSet<&str> = all.iter().filter_map(|own| own.who.0).collect();
    let asking = trace.web.iter().filter_map(|exchange| exchange.user.as_deref());
    let troubled = trace.client_notes.iter().filter(|note| tells_of_web_trouble(note));
    let busy: FxHashSet<&str> =
        asking.chain(troubled.filter_map(|note| trace.owner_of(note))).filter(|user| silent.contains(user)).collect();
    for own in all {
        own.uses = used.get(device_of(own.who)).cloned().unwrap_or_default();
        own.is_busy_with_web = own.who.0.is_some_and(|user| busy.contains(user));
    }
}

/// The device asked without credentials and got nothing but challenges.
fn is_silent(attempt: &Attempt) -> bool {
    let is_asking = |round: &Round| {
        let is_whole = round.request().is_some_and(|request| !request.is_cut);
        let is_open = matches!(round.state, State::Challenged | State::Open);
        is_whole && is_open && round.sent().is_none() && !round.is_sign_out()
    };
    attempt.rounds.iter().all(is_asking) && attempt.rounds.iter().any(|round| round.state == State::Challenged)
}
