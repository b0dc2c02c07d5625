//! What the rules look at: the trace, and what several rules need to know of it.

use super::refusal::{Cause, Refusal};
use super::timeline::Timeline;
use crate::index::Index;
use crate::trace::{Attempt, ClientNote, Ending, Trace, WebExchange};
use rustc_hash::FxHashMap;

/// One trace being judged.
pub struct Case<'a> {
    pub index: &'a Index,
    pub trace: &'a Trace,
    /// Attempts that end in a refused token, each with the one cause that its evidence proves.
    pub refusals: Vec<Refusal<'a>>,
    pub timeline: Timeline<'a>,
}

/// A user and a device.
pub type Who<'a> = (Option<&'a str>, Option<&'a str>);

impl<'a> Case<'a> {
    #[must_use]
    pub fn new(index: &'a Index, trace: &'a Trace) -> Self {
        let refused = trace.attempts().filter(|attempt| attempt.ending == Ending::Refused);
        let refusals = refused.filter_map(|attempt| Refusal::of(attempt, trace)).collect();
        Self { index, trace, refusals, timeline: Timeline::of(trace) }
    }

    /// The refusals of one cause, by user and device.
    pub(super) fn refused_for(&self, cause: Cause) -> Vec<(Who<'a>, Vec<&Refusal<'a>>)> {
        let own = self.refusals.iter().filter(|refusal| refusal.cause == cause);
        group(own.map(|refusal| (who(refusal.attempt), refusal)))
    }

    /// Whether the same device of the same user signed in after an attempt.
    #[must_use]
    pub fn recovers(&self, attempt: &Attempt) -> bool {
        self.trace.attempts().any(|later| {
            later.ending == Ending::SignedIn && who(later) == who(attempt) && later.started() > attempt.started()
        })
    }

    /// Web requests about a user, in the order of time.
    #[must_use]
    pub fn web_of(&self, user: &str) -> Vec<&'a WebExchange> {
        let mut own: Vec<&WebExchange> =
            self.trace.web.iter().filter(|exchange| exchange.user.as_deref() == Some(user)).collect();
        own.sort_by_key(|exchange| exchange.time);
        own
    }

    /// Users that web requests are about.
    #[must_use]
    pub fn web_users(&self) -> Vec<&'a str> {
        let mut users: Vec<&str> = self.trace.web.iter().filter_map(|exchange| exchange.user.as_deref()).collect();
        users.sort_unstable();
        users.dedup();
        users
    }

    /// The user that a line of a client is about.
    #[must_use]
    pub fn owner_of(&self, note: &ClientNote) -> Option<&'a str> {
        self.trace.owner(note.file)
    }

    /// Lines of clients that name an HRESULT, by the user they are about.
    #[must_use]
    pub fn notes_with(&self, hresults: &[u32]) -> Vec<(Who<'a>, Vec<&'a ClientNote>)> {
        let notes = self.trace.client_notes.iter();
        let own = notes.filter(|note| hresults.iter().any(|&hresult| note.has_hresult(hresult)));
        group(own.map(|note| ((self.owner_of(note), None), note)))
    }
}

/// The user and device of an attempt.
#[must_use]
pub fn who(attempt: &Attempt) -> Who<'_> {
    (attempt.user.as_deref(), attempt.endpoint.as_deref())
}

/// Puts together what is about the same user and device, in the order of its first.
pub fn group<'a, T>(items: impl Iterator<Item = (Who<'a>, T)>) -> Vec<(Who<'a>, Vec<T>)> {
    let mut groups: Vec<(Who<'a>, Vec<T>)> = Vec::new();
    let mut known: FxHashMap<Who<'a>, usize> = FxHashMap::default();
    for (who, item) in items {
        let place = *known.entry(who).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, group)) => group.push(item),
            None => groups.push((who, vec![item])),
        }
    }
    groups
}
