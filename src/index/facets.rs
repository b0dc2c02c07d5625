//! What the log holds, counted: the values of its columns, for completions, suggestions and side lists.
//!
//! Counting goes over whole columns and belongs on a thread of its own; what a frame reads is a copy that
//! does not change.

use super::{Block, Index, RowId, Texts};
use crate::format::{Direction, Kind};
use crate::protocol::Packages;
use crate::protocol::lines::to_text;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Weak};

/// Most values that are kept of one column; what a log holds beyond that is not offered.
const MOST_VALUES: usize = 200_000;

/// A column whose values are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Uri,
    From,
    To,
    Method,
    Component,
    Machine,
    Level,
    Kind,
    File,
    Peer,
    Package,
    Direction,
    Status,
    Code,
}

impl Column {
    const COUNT: usize = Self::Code as usize + 1;
}

/// In how many records a value stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Records that hold a message.
    pub messages: u32,
    /// All records, those among them.
    pub records: u32,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.records += other.records;
    }
}

/// One value of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub text: Arc<str>,
    pub count: Count,
    /// The first record that has it.
    pub first: RowId,
}

/// The values of all columns, each in the order in which they were met.
#[derive(Clone, Debug, Default)]
pub struct Values([Vec<Value>; Column::COUNT]);

impl Values {
    #[must_use]
    pub fn of(&self, column: Column) -> &[Value] {
        self.0.get(column as usize).map_or(&[], Vec::as_slice)
    }
}

/// A diagnostic code with the number of records it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeCount {
    pub code: u32,
    pub count: u32,
    /// The first record that has it.
    pub first: RowId,
}

/// Counts over an index. Grows with it: only blocks that are new are counted.
#[derive(Debug, Default)]
pub struct Facets {
    /// Counted so far; kept weakly, to notice where another index takes the place of this one.
    blocks: Vec<Weak<Block>>,
    values: Values,
    /// Where a value stands among those of its column, by its text in lower case: queries do not mind case.
    numbers: [FxHashMap<Arc<str>, u32>; Column::COUNT],
}

impl Facets {
    /// Counts what was not counted yet; `false` where there was nothing new.
    pub fn update(&mut self, index: &Index) -> bool {
        let blocks = index.blocks();
        let same = self.blocks.iter().zip(blocks).all(|(counted, block)| counted.as_ptr() == Arc::as_ptr(block));
        if !same || self.blocks.len() > blocks.len() {
            *self = Self::default();
        }
        let counted = self.blocks.len();
        for (block, first) in blocks.iter().zip(index.first_rows()).skip(counted) {
            self.add(index, block, *first);
            self.blocks.push(Arc::downgrade(block));
        }
        self.blocks.len() > counted
    }

    /// The values of all columns as they are now.
    #[must_use]
    pub fn values(&self) -> Values {
        self.values.clone()
    }

    fn add(&mut self, index: &Index, block: &Block, first_row: u32) {
        let rows = BlockRows { first_row, is_message: is_message(block) };
        self.add_addresses(block, &rows);
        for (column, ids_by_row, texts) in [
            (Column::From, &block.from, &block.addresses),
            (Column::To, &block.to, &block.addresses),
            (Column::Method, &block.method, &block.names),
            (Column::Component, &block.component, &block.names),
            (Column::Machine, &block.machine, &block.names),
            (Column::Level, &block.level, &block.names),
            (Column::Peer, &block.peer, &block.peers),
        ] {
            let met = rows.met(texts.len(), ids(ids_by_row));
            for (id, met) in (1..).zip(met.iter().skip(1)) {
                self.count(column, *met, || text_of(texts, id));
            }
        }
        let traits = |row| block.traits(row);
        for (kind, met) in Kind::ALL.iter().zip(rows.met(Kind::ALL.len(), |row| traits(row).kind() as usize)) {
            self.count(Column::Kind, met, || kind.name().to_owned());
        }
        let met = rows.met(3, |row| traits(row).direction() as usize);
        for (direction, name) in [(Direction::None, "none"), (Direction::In, "in"), (Direction::Out, "out")] {
            self.count(Column::Direction, met.get(direction as usize).copied().unwrap_or_default(), || name.to_owned());
        }
        let sets = rows.met(usize::from(u8::MAX) + 1, |row| traits(row).packages().bits().into());
        for (name, package) in Packages::NAMES {
            let mut sum = Met::default();
            let with = (0..=u8::MAX).zip(&sets).filter(|(set, _)| Packages::from_bits_retain(*set).contains(package));
            with.for_each(|(_, met)| sum.add(*met));
            self.count(Column::Package, sum, || name.to_owned());
        }
        let name = index.files().get(usize::from(block.file)).map_or("", |file| file.name());
        self.count(Column::File, rows.met(1, |_| 0).first().copied().unwrap_or_default(), || name.to_owned());
        let most = block.status.iter().copied().max().unwrap_or(0);
        let status = |row: usize| block.status.get(row).copied().unwrap_or(0).into();
        for (status, met) in rows.met(usize::from(most) + 1, status).into_iter().enumerate().skip(1) {
            self.count(Column::Status, met, || status.to_string());
        }
        let sets = rows.met(block.code_sets.len(), ids(&block.codes));
        for (set, met) in (0..).zip(sets) {
            for code in block.code_sets.get(set) {
                self.count(Column::Code, met, || code.to_string());
            }
        }
    }

    /// Addresses stand in sets: the sets are counted, then their members.
    fn add_addresses(&mut self, block: &Block, rows: &BlockRows) {
        let mut per_address = vec![Met::default(); block.addresses.len()];
        for (set, met) in (0..).zip(rows.met(block.uri_sets.len(), ids(&block.uris))) {
            for &address in block.uri_sets.get(set) {
                if let Some(sum) = per_address.get_mut(address as usize) {
                    sum.add(met);
                }
            }
        }
        for (id, met) in (1..).zip(per_address.into_iter().skip(1)) {
            self.count(Column::Uri, met, || text_of(&block.addresses, id));
        }
    }

    fn count(&mut self, column: Column, met: Met, text: impl FnOnce() -> String) {
        if met.count.records == 0 {
            return;
        }
        let (Some(values), Some(numbers)) =
            (self.values.0.get_mut(column as usize), self.numbers.get_mut(column as usize))
        else {
            return;
        };
        let text = text();
        let has_case = text.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii());
        let lower = has_case.then(|| text.to_lowercase());
        let known = numbers.get(lower.as_ref().unwrap_or(&text).as_str());
        if let Some(value) = known.and_then(|&number| values.get_mut(number as usize)) {
            value.count.add(met.count);
        } else if values.len() < MOST_VALUES && !text.is_empty() {
            let text: Arc<str> = text.into();
            numbers.insert(lower.map_or_else(|| Arc::clone(&text), Arc::from), values.len() as u32);
            values.push(Value { text, count: met.count, first: RowId(met.first) });
        }
    }

    /// All codes, most frequent first.
    #[must_use]
    pub fn codes(&self) -> Vec<CodeCount> {
        let values = self.values.of(Column::Code).iter();
        let mut codes: Vec<_> = values
            .filter_map(|Value { text, count, first }| {
                Some(CodeCount { code: text.parse().ok()?, count: count.records, first: *first })
            })
            .collect();
        codes.sort_unstable_by_key(|code| (std::cmp::Reverse(code.count), code.code));
        codes
    }
}

/// How often something was met in a block, and the first row of the index that has it.
#[derive(Clone, Copy, Debug, Default)]
struct Met {
    count: Count,
    first: u32,
}

impl Met {
    fn add(&mut self, other: Self) {
        if other.count.records > 0 {
            self.first = if self.count.records == 0 { other.first } else { self.first.min(other.first) };
            self.count.add(other.count);
        }
    }
}

struct BlockRows {
    first_row: u32,
    is_message: Vec<bool>,
}

impl BlockRows {
    /// How often each number up to `numbers` stands in a column.
    #[inline]
    fn met(&self, numbers: usize, number: impl Fn(usize) -> usize) -> Vec<Met> {
        let mut all = vec![Met::default(); numbers];
        for ((row, &is_message), at) in self.is_message.iter().enumerate().zip(self.first_row..) {
            if let Some(met) = all.get_mut(number(row)) {
                if met.count.records == 0 {
                    met.first = at;
                }
                met.count.records += 1;
                met.count.messages += u32::from(is_message);
            }
        }
        all
    }
}

fn is_message(block: &Block) -> Vec<bool> {
    (0..block.len()).map(|row| block.traits(row).kind() == Kind::Message).collect()
}

fn ids(column: &[u16]) -> impl Fn(usize) -> usize {
    move |row| column.get(row).copied().unwrap_or(0).into()
}

/// Words are kept as they are shown.
fn text_of(texts: &Texts, id: u16) -> String {
    to_text(texts.get(id))
}
