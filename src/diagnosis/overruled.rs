//! Refused tokens of sign-ins that ended in a final status, by an answer or by the client's verdict: it wins over every
//! 401 before it.

use super::refusal::{Cause, Fate, Refusal};
use super::rejection::{Ground, Rejection};
use crate::format::Millis;
use crate::index::RowId;
use crate::trace::{Attempt, Ending};
use rustc_hash::FxHashMap;

/// Attempts that ended in a final status, by their first rows.
pub struct Overruled(FxHashMap<RowId, Ground>);

/// Tries of a client that stand this near each other end in one verdict, milliseconds.
const ONE_VERDICT_MS: i64 = 5 * 60_000;

impl Overruled {
    #[must_use]
    pub fn by(rejections: &[Rejection<'_>]) -> Self {
        let of_rejection = |own: &Rejection<'_>| {
            own.attempts.iter().filter_map(|attempt| Some((attempt.first_row()?, own.ground))).collect::<Vec<_>>()
        };
        Self(rejections.iter().flat_map(of_rejection).collect())
    }

    #[must_use]
    pub fn holds(&self, attempt: &Attempt) -> bool {
        self.ground_of(attempt).is_some()
    }

    fn ground_of(&self, attempt: &Attempt) -> Option<Ground> {
        self.0.get(&attempt.first_row()?).copied()
    }

    /// Settles the refusals of one device, which stand in the order of time. The verdict on the last of several tries
    /// speaks of those before it too, where nothing else explains them.
    pub fn settle(&self, refusals: &mut [Refusal<'_>]) {
        let mut after: Option<(Ground, Millis, Fate)> = None;
        for own in refusals.iter_mut().rev() {
            let is_next = |(_, time, fate): &(Ground, Millis, Fate)| {
                // Where one got in meanwhile, their fates differ.
                let is_near = time.0.saturating_sub(own.attempt.ended().0) <= ONE_VERDICT_MS;
                is_near && own.cause == Cause::Credentials && own.fate == *fate
            };
            let of_next = after.filter(is_next).map(|(ground, ..)| ground);
            let Some(ground) = self.ground_of(own.attempt).or(of_next) else {
                after = None;
                continue;
            };
            // Who got a final answer had good credentials then, which says nothing of those before.
            let is_verdict = own.attempt.ending == Ending::Refused;
            after = is_verdict.then(|| (ground, own.attempt.started(), own.fate));
            own.fate = Fate::Overruled(ground);
        }
    }
}
