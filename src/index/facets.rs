//! What the log holds, counted: addresses and diagnostic codes, for suggestions and side lists.

use super::{Block, Index, RowId};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Words with the number of records each stands in, most frequent first.
pub type Names = Vec<(String, u32)>;

/// A diagnostic code with the number of records it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeCount {
    pub code: u32,
    pub count: u32,
    /// The first record that has it.
    pub first: RowId,
}

/// Counts over an index. Grows with it: only blocks that are new are counted.
#[derive(Clone, Debug, Default)]
pub struct Facets {
    counted: Vec<Arc<Block>>,
    addresses: FxHashMap<String, u32>,
    codes: FxHashMap<u32, CodeCount>,
}

impl Facets {
    /// Counts what was not counted yet; `false` where there was nothing new.
    pub fn update(&mut self, index: &Index) -> bool {
        let blocks = index.blocks();
        let goes_on = self.counted.iter().zip(blocks).all(|(a, b)| Arc::ptr_eq(a, b));
        if !goes_on || blocks.len() < self.counted.len() {
            // A file that is being written has grown: its last block is another one now.
            *self = Self::default();
        }
        let known = self.counted.len();
        for (block, first) in blocks.iter().zip(index.first_rows()).skip(known) {
            self.add(block, *first);
            self.counted.push(Arc::clone(block));
        }
        blocks.len() > known
    }

    fn add(&mut self, block: &Arc<Block>, first_row: u32) {
        let mut per_address = vec![0u32; block.addresses.len()];
        for (set, count) in (0..).zip(counts(&block.uris, block.uri_sets.len())) {
            for &address in block.uri_sets.get(set) {
                if let Some(sum) = per_address.get_mut(address as usize) {
                    *sum += count;
                }
            }
        }
        for (id, address) in block.addresses.iter() {
            let count = per_address.get(usize::from(id)).copied().unwrap_or(0);
            if count > 0 {
                *self.addresses.entry(String::from_utf8_lossy(address).into_owned()).or_default() += count;
            }
        }
        for (set, count) in (0..).zip(counts(&block.codes, block.code_sets.len())) {
            for &code in block.code_sets.get(set) {
                let row = || block.codes.iter().position(|&other| other == set).unwrap_or(0);
                let new = || CodeCount { code, count: 0, first: RowId(first_row + u32::try_from(row()).unwrap_or(0)) };
                self.codes.entry(code).or_insert_with(new).count += count;
            }
        }
    }

    /// All addresses, most frequent first.
    #[must_use]
    pub fn addresses(&self) -> Names {
        let mut names: Names = self.addresses.iter().map(|(name, &count)| (name.clone(), count)).collect();
        names.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        names
    }

    /// All codes, most frequent first.
    #[must_use]
    pub fn codes(&self) -> Vec<CodeCount> {
        let mut codes: Vec<_> = self.codes.values().copied().collect();
        codes.sort_unstable_by_key(|code| (std::cmp::Reverse(code.count), code.code));
        codes
    }
}

/// How often each id stands in a column.
fn counts(column: &[u16], ids: usize) -> Vec<u32> {
    let mut counts = vec![0u32; ids];
    for &id in column {
        if let Some(count) = counts.get_mut(usize::from(id)) {
            *count += 1;
        }
    }
    counts
}
