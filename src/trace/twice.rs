//! Records that the files hold twice: the same search saved again, or appended to the first one.

use crate::format::Millis;
use crate::index::{Index, RowId};
use rustc_hash::FxHashMap;

/// The records taken so far, by their bytes with all prefixes: time, sequence, thread.
pub(super) struct Twice<'a> {
    index: &'a Index,
    first: FxHashMap<&'a [u8], RowId>,
}

impl<'a> Twice<'a> {
    pub fn new(index: &'a Index) -> Self {
        Self { index, first: FxHashMap::default() }
    }

    /// The row that holds the same record already. Without a time the same words may have been written again.
    pub fn of(&mut self, row: RowId) -> Option<RowId> {
        if self.index.time(row) == Millis::NEVER {
            return None;
        }
        let first = *self.first.entry(self.index.raw(row).trim_ascii()).or_insert(row);
        (first != row).then_some(first)
    }
}
