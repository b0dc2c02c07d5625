//! What a client writes when it does not get through to a server at all.

use super::case::{Who, group};
use super::client_words::{is_of_other, is_of_sign_in};
use super::knowledge::{HresultEntry, Knowledge, with_source};
use super::timeline::Standing;
use super::{Case, Confidence, Severity};
use crate::trace::ClientNote;

/// Lines of one client about one kind of trouble.
#[derive(Debug)]
pub struct Trouble<'a> {
    pub who: Who<'a>,
    /// In the order of time.
    pub notes: Vec<&'a ClientNote>,
    pub severity: Severity,
    /// It was signed in all the time: the trouble may be that of another connection.
    pub is_signed_in: bool,
}

/// A client tries several names and addresses one after the other; that one fails is normal when another works within
/// this time.
const AT_ONCE_MS: i64 = 60_000;
/// Lines this close together speak of one try.
const ONE_TRY_MS: i64 = 5_000;

impl<'a> Trouble<'a> {
    /// Lines about mail or media are none. Of a client that is signed in only those count that name the sign-in.
    pub fn of_notes(case: &Case<'a>, notes: impl Iterator<Item = &'a ClientNote>) -> Vec<Self> {
        let counts = |note: &&ClientNote| {
            is_of_sign_in(note) || !is_of_other(note) && case.timeline.standing(note) == Standing::Out
        };
        let groups = group(notes.filter(counts).map(|note| (case.who_wrote(note), note)));
        groups.into_iter().map(|(who, notes)| Self::of(case, who, notes)).collect()
    }

    fn of(case: &Case<'a>, who: Who<'a>, mut notes: Vec<&'a ClientNote>) -> Self {
        notes.sort_by_key(|note| note.time);
        let mut severity = Severity::Normal;
        let mut is_signed_in = true;
        for note in &notes {
            let after = case.timeline.next_accepted_after(note);
            let is_in = case.timeline.standing(note) == Standing::In;
            let own = match after {
                Some(after) if after.0.saturating_sub(note.time.0) <= AT_ONCE_MS => Severity::Normal,
                Some(_) => Severity::Warning,
                None if is_in => Severity::Warning,
                None => Severity::Failure,
            };
            severity = severity.min(own);
            is_signed_in &= is_in;
        }
        Self { who, notes, severity, is_signed_in }
    }

    /// What the client says of a sign-in is so; what it says meanwhile may be about anything.
    pub fn confidence(&self) -> Confidence {
        if self.is_signed_in { Confidence::Hint } else { Confidence::Proved }
    }

    /// A sentence about what became of it, where nothing else is to be said.
    pub fn afterwards(&self) -> &'static str {
        match self.severity {
            Severity::Warning if self.is_signed_in => {
                " The client is signed in meanwhile, and no REGISTER fails in this log: it may be about another \
                 connection."
            }
            Severity::Warning => " Later the same client signed in.",
            _ => "",
        }
    }

    /// Lines of one try count once.
    pub fn tries(&self) -> usize {
        let mut before: Option<&ClientNote> = None;
        let mut tries = 0;
        for note in &self.notes {
            let goes_on = before.is_some_and(|before| {
                before.file == note.file && note.time.0.saturating_sub(before.time.0) <= ONE_TRY_MS
            });
            tries += usize::from(!goes_on);
            before = Some(note);
        }
        tries
    }

    /// Those of some error numbers that its lines name.
    pub fn named(&self, hresults: &[u32]) -> Vec<u32> {
        let is_named = |hresult: &u32| self.notes.iter().any(|note| note.has_hresult(*hresult));
        hresults.iter().copied().filter(is_named).collect()
    }
}

/// What error numbers mean, one sentence each.
pub fn meanings(hresults: &[u32]) -> String {
    let known = hresults.iter().filter_map(|&hresult| Knowledge::current().hresult(hresult));
    let meaning = |entry: &HresultEntry| with_source(&entry.meaning, entry.is_own);
    known.map(|entry| format!(" 0x{:08X} {}: {}", entry.number, entry.name, meaning(&entry))).collect()
}

/// What to check about error numbers, each step once.
pub fn checks(hresults: &[u32]) -> Vec<String> {
    let known = hresults.iter().filter_map(|&hresult| Knowledge::current().hresult(hresult));
    let mut checks: Vec<String> = Vec::new();
    for check in known.flat_map(|entry| entry.checks) {
        if !checks.contains(&check) {
            checks.push(check);
        }
    }
    checks
}
