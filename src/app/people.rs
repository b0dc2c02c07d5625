//! People of a log, and how their sign-ins and calls went.

use super::findings::Card;
use crate::diagnosis::Severity;
use crate::export::counted;
use crate::format::Millis;
use crate::index::Index;
use crate::protocol::HeaderName;
use crate::protocol::message::cseq;
use crate::trace::{Ending, Trace};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;

/// A user and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub user: String,
    pub attempts: usize,
    pub sign_ins: usize,
    /// Attempts that failed; of somebody who cannot sign in, all that led nowhere.
    pub failed: usize,
    pub failed_calls: usize,
    /// How the last attempt ended; `None` where there was none.
    pub last: Option<Ending>,
    /// A failure was found that is about them, and the last attempt led nowhere.
    pub cannot_sign_in: bool,
    /// `6 attempts, 5 failed`; `1 attempt, 0 failed · 2 failed calls`
    pub counts: String,
}

impl Person {
    fn new(user: &str) -> Self {
        Self {
            user: user.to_owned(),
            attempts: 0,
            sign_ins: 0,
            failed: 0,
            failed_calls: 0,
            last: None,
            cannot_sign_in: false,
            counts: String::new(),
        }
    }

    /// Takes in what was found about them, and says it.
    fn judge(&mut self, index: &Index, cards: &[&Card]) {
        let about = cards.iter().copied().filter(|card| card.severity == Severity::Failure);
        let (calls, others): (Vec<&Card>, Vec<&Card>) = about.partition(|card| is_about_calls(index, card));
        self.failed_calls = calls.iter().map(|card| card.count).sum();
        let is_in = matches!(self.last, Some(Ending::SignedIn | Ending::SignedOut));
        self.cannot_sign_in = !is_in && (!others.is_empty() || self.last.is_some_and(is_failure));
        if self.cannot_sign_in {
            self.failed = self.attempts - self.sign_ins;
        }
        self.counts = match self.attempts {
            0 => "web requests only".to_owned(),
            attempts => format!("{}, {} failed", counted(attempts as u64, "attempt"), self.failed),
        };
        if self.failed_calls > 0 {
            self.counts = format!("{} · {}", self.counts, counted(self.failed_calls as u64, "failed call"));
        }
    }

    fn rank(&self) -> u8 {
        match self.last {
            _ if self.cannot_sign_in => 0,
            Some(Ending::SignedIn | Ending::SignedOut) => 2,
            Some(_) => 1,
            None => 3,
        }
    }
}

/// Users with how it went; who fails now comes first.
pub fn people(index: &Index, trace: &Trace, cards: &[Card]) -> Vec<Person> {
    let mut known: FxHashMap<&str, (Person, Millis)> = FxHashMap::default();
    let new = |user: &str| (Person::new(user), Millis(i64::MIN));
    for user in trace.web.iter().filter_map(|exchange| exchange.user.as_deref()) {
        known.entry(user).or_insert_with(|| new(user));
    }
    for attempt in trace.attempts() {
        let Some(user) = attempt.user.as_deref() else { continue };
        let (person, when) = known.entry(user).or_insert_with(|| new(user));
        if attempt.ending != Ending::SignedOut {
            person.attempts += 1;
        }
        person.sign_ins += usize::from(attempt.ending == Ending::SignedIn);
        person.failed += usize::from(is_failure(attempt.ending));
        if attempt.started() >= *when {
            (person.last, *when) = (Some(attempt.ending), attempt.started());
        }
    }
    // Of a log of thousands of people each looks only at what is about them.
    let mut people: Vec<Person> = known.into_values().map(|(person, _)| person).collect();
    let mut about: FxHashMap<&str, Vec<&Card>> = FxHashMap::default();
    for card in cards {
        about.entry(&card.user).or_default().push(card);
    }
    for person in &mut people {
        let own = about.get(person.user.as_str()).map(Vec::as_slice).unwrap_or_default();
        person.judge(index, own);
    }
    people.sort_by_cached_key(|person| {
        (person.rank(), Reverse(person.failed + person.failed_calls), Reverse(person.attempts), person.user.clone())
    });
    people
}

fn is_failure(ending: Ending) -> bool {
    matches!(ending, Ending::Refused | Ending::Rejected | Ending::Unavailable | Ending::Unanswered)
}

/// Records of a finding that are looked at to see what it is about.
const FEW: usize = 12;

/// True where calls prove it.
fn is_about_calls(index: &Index, card: &Card) -> bool {
    card.evidence.iter().take(FEW).any(|&row| {
        let found = index.with_record(row, |record| {
            let message = record.message.as_ref()?;
            let cseq = message.header(HeaderName::CSeq).and_then(|header| cseq(header.value));
            cseq.map(|(_, method)| method == b"INVITE")
        });
        found.flatten() == Some(true)
    })
}
