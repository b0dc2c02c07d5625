//! Work on all cores, nearly always many rows read again.

use super::{Block, Index, RowId};
use crate::format::{Format, Record};
use rayon::prelude::*;

/// Makes something of each item, on all cores, in their order.
#[must_use]
pub fn each<I: Send, T: Send>(items: Vec<I>, make: impl Fn(I) -> Vec<T> + Sync + Send) -> Vec<T> {
    items.into_par_iter().flat_map_iter(make).collect()
}

/// Two things at once.
pub fn both<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    rayon::join(one, other)
}

/// Where a record stands that is read again.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    pub row: RowId,
    /// Number of the file in the index.
    pub file: u16,
    pub format: Format,
}

impl Index {
    /// Reads rows again and keeps what `read` makes of them, in their order.
    #[must_use]
    pub fn read_each<T: Send>(&self, rows: &[RowId], read: impl Fn(Origin, &Record<'_>) -> Option<T> + Sync) -> Vec<T> {
        rows.par_iter().filter_map(|&row| self.read_one(row, &read)).collect()
    }

    /// Reads one row again; `None` where there is none, or nothing was made of it.
    pub fn read_one<T>(&self, row: RowId, read: impl FnOnce(Origin, &Record<'_>) -> Option<T>) -> Option<T> {
        let file = self.locate(row)?.0.file;
        let format = self.files().get(usize::from(file))?.format?;
        self.with_record(row, |record| read(Origin { row, file, format }, record)).flatten()
    }

    /// Makes something of groups of rows, in their order.
    #[must_use]
    pub fn read_groups<T: Send>(&self, groups: &[Vec<RowId>], read: impl Fn(&[RowId]) -> Vec<T> + Sync) -> Vec<T> {
        groups.par_iter().flat_map_iter(|group| read(group)).collect()
    }

    /// Asks every block, in their order; `read` gets the number of its first row too.
    #[must_use]
    pub fn read_blocks<T: Send>(&self, read: impl Fn(&Block, u32) -> T + Sync) -> Vec<T> {
        let blocks: Vec<(&Block, u32)> =
            self.blocks().iter().map(|block| &**block).zip(self.first_rows().iter().copied()).collect();
        blocks.par_iter().map(|(block, first)| read(block, *first)).collect()
    }
}
