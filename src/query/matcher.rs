//! Evaluates a query over the blocks of an index.
//!
//! Field terms read columns only. Text terms search bytes, and only those of rows that every field
//! term beside them has left.

use super::term::{AddressPattern, DiagnosticTerm, DirectionTerm, Pattern, Query, Term, TextPattern};
use crate::format::{Direction, Kind, Oddities};
use crate::index::{Block, FileClock, Index, NO_CSEQ, Position, Texts};
use crate::protocol::Packages;
use crate::protocol::lines::to_text;
use crate::source::Encoding;
use rayon::prelude::*;
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// Which records a query is asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    #[default]
    Messages,
    AllRecords,
}

/// The rows a query selects, as places in the order of the window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowSet(RoaringBitmap);

impl RowSet {
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The place of the `nth` selected row, from 0.
    #[must_use]
    pub fn get(&self, nth: u64) -> Option<Position> {
        self.0.select(u32::try_from(nth).ok()?).map(Position)
    }

    /// How many selected rows stand before a place.
    #[must_use]
    pub fn before(&self, position: Position) -> u64 {
        position.0.checked_sub(1).map_or(0, |last| self.0.rank(last))
    }

    #[must_use]
    pub fn contains(&self, position: Position) -> bool {
        self.0.contains(position.0)
    }

    pub fn iter(&self) -> impl Iterator<Item = Position> {
        self.0.iter().map(Position)
    }
}

/// How far a search through the bytes of a log is. Shared between threads.
#[derive(Debug, Default)]
pub struct Searched {
    done: AtomicU64,
    total: AtomicU64,
}

impl Searched {
    /// The part that is done, from 0 to 1; `None` where no bytes are being searched.
    #[must_use]
    pub fn part(&self) -> Option<f32> {
        let total = self.total.load(Ordering::Relaxed);
        (total > 0).then(|| (self.done.load(Ordering::Relaxed) as f64 / total as f64).min(1.0) as f32)
    }

    fn set(&self, done: u64, total: u64) {
        self.done.store(done, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }
}

/// Who waits for an answer, and hears of it while it is being found.
pub struct Watch<'a> {
    /// Set when nobody waits any more.
    pub cancelled: &'a AtomicBool,
    pub searched: &'a Searched,
    /// How long to be silent between two answers so far.
    pub every: Duration,
    /// Told the rows of what was searched so far: the first part of the files, without a gap.
    pub so_far: &'a mut dyn FnMut(RowSet),
}

/// A query with what it selected of the blocks seen so far.
#[derive(Debug)]
pub struct Matcher {
    query: Query,
    scope: Scope,
    /// What is selected of each block, from the first on. Blocks are held weakly, to notice where another index
    /// takes the place of the one that was searched.
    masks: Vec<(Weak<Block>, Mask)>,
    /// The same of blocks that stand elsewhere since a file before them has grown, by their address,
    /// which nobody else gets while the block is held.
    moved: FxHashMap<usize, (Weak<Block>, Mask)>,
    clocks: Vec<FileClock>,
}

impl Matcher {
    #[must_use]
    pub fn new(query: Query, scope: Scope) -> Self {
        Self { query, scope, masks: Vec::new(), moved: FxHashMap::default(), clocks: Vec::new() }
    }

    /// Selects rows of an index; blocks of an earlier snapshot of the same index are not searched again.
    /// `None` where it was cancelled.
    pub fn select(&mut self, index: &Index, cancelled: &AtomicBool) -> Option<RowSet> {
        let (searched, every) = (Searched::default(), Duration::MAX);
        self.follow(index, &mut Watch { cancelled, searched: &searched, every, so_far: &mut |_| {} })
    }

    /// [`Self::select`] that tells how far it is. What was searched before it was cancelled is kept.
    pub fn follow(&mut self, index: &Index, watch: &mut Watch<'_>) -> Option<RowSet> {
        self.forget_what_changed(index);
        let blocks = index.blocks();
        let reads = searches_bytes(&self.query);
        let bytes = |block: &Arc<Block>| block.span().end - block.span().start;
        if reads {
            let known = blocks.iter().take(self.masks.len()).map(bytes).sum();
            watch.searched.set(known, blocks.iter().map(bytes).sum());
        }
        // Cores wait for each other at the end of a stretch, so stretches are as long as the silence allows.
        let mut stretch = if reads && watch.every != Duration::MAX { 1 } else { usize::MAX };
        let mut told = Instant::now();
        while self.masks.len() < blocks.len() {
            let start = Instant::now();
            let (cancelled, searched) = (watch.cancelled, watch.searched);
            let search = |block: &Arc<Block>| {
                let moved = self.moved.get(&(Arc::as_ptr(block) as usize)).map(|(_, mask)| mask.clone());
                let mask = moved.unwrap_or_else(|| self.mask_of(index, block, cancelled));
                searched.done.fetch_add(bytes(block), Ordering::Relaxed);
                (!cancelled.load(Ordering::Relaxed)).then(|| (Arc::downgrade(block), mask))
            };
            let rest = blocks.get(self.masks.len()..).unwrap_or_default();
            let new: Vec<_> = rest.par_iter().take(stretch).map(search).collect();
            // Up to the first that was given up: masks stand in the order of their blocks. Those behind a gap would be
            // found to stand for other blocks, and be searched again, see `forget_what_changed`.
            self.masks.extend(new.into_iter().map_while(|mask| mask));
            if watch.cancelled.load(Ordering::Relaxed) {
                watch.searched.set(0, 0);
                return None;
            }
            if start.elapsed().saturating_mul(8) <= watch.every {
                stretch = stretch.saturating_mul(4);
            } else if start.elapsed() > watch.every {
                stretch = (stretch / 2).max(1);
            }
            if told.elapsed() >= watch.every && self.masks.len() < blocks.len() {
                (watch.so_far)(self.rows(index));
                told = Instant::now();
            }
        }
        self.moved.clear();
        watch.searched.set(0, 0);
        Some(self.rows(index))
    }

    fn forget_what_changed(&mut self, index: &Index) {
        let blocks = index.blocks();
        let same = self.masks.iter().zip(blocks).all(|((known, _), block)| known.as_ptr() == Arc::as_ptr(block));
        let clocks = index.file_clocks();
        let same_times = clocks.len() == self.clocks.len()
            && clocks.iter().zip(&self.clocks).all(|(now, before)| now.tells_the_same(before));
        if !same_times {
            // A clock that became known moves the times of its file.
            self.masks.clear();
            self.moved.clear();
            self.clocks = clocks.to_vec();
        } else if !same || self.masks.len() > blocks.len() {
            let known = self.masks.drain(..).map(|(block, mask)| (block.as_ptr() as usize, (block, mask)));
            self.moved = known.collect();
        }
    }

    fn mask_of(&self, index: &Index, block: &Arc<Block>, cancelled: &AtomicBool) -> Mask {
        let all = match self.scope {
            Scope::AllRecords => Mask::full(block.len()),
            Scope::Messages => Mask::of(block.len(), |row| block.traits(row).kind() == Kind::Message),
        };
        Evaluation { index, block, cancelled }.query(&self.query, &all)
    }

    fn rows(&self, index: &Index) -> RowSet {
        let rows = index
            .first_rows()
            .iter()
            .zip(&self.masks)
            .flat_map(|(first, (_, mask))| mask.ones().map(move |row| first + row));
        let mut positions: Vec<u32> = rows.map(|row| index.position(crate::index::RowId(row)).0).collect();
        if !positions.is_sorted() {
            positions.sort_unstable();
        }
        RowSet(RoaringBitmap::from_sorted_iter(positions).unwrap_or_default())
    }
}

/// One bit a row of a block.
#[derive(Clone, Debug)]
struct Mask {
    words: Vec<u64>,
}

impl Mask {
    fn empty(rows: usize) -> Self {
        Self { words: vec![0; rows.div_ceil(64)] }
    }

    fn full(rows: usize) -> Self {
        Self::of(rows, |_| true)
    }

    #[inline]
    fn of(rows: usize, is: impl Fn(usize) -> bool) -> Self {
        let word = |start: usize| {
            (start..(start + 64).min(rows)).fold(0, |word, row| word | u64::from(is(row)) << (row - start))
        };
        Self { words: (0..rows).step_by(64).map(word).collect() }
    }

    fn set(&mut self, row: usize) {
        if let Some(word) = self.words.get_mut(row / 64) {
            *word |= 1 << (row % 64);
        }
    }

    fn contains(&self, row: usize) -> bool {
        self.words.get(row / 64).is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    fn with(mut self, other: &Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word = combine(*word, *other);
        }
        self
    }

    fn ones(&self) -> impl Iterator<Item = u32> {
        (0..).step_by(64).zip(&self.words).flat_map(|(start, &word)| {
            let mut word = word;
            std::iter::from_fn(move || {
                let bit = (word != 0).then(|| word.trailing_zeros())?;
                word &= word - 1;
                Some(start + bit)
            })
        })
    }
}

struct Evaluation<'a> {
    index: &'a Index,
    block: &'a Block,
    /// Set when nobody waits for the answer any more; what is given then is thrown away.
    cancelled: &'a AtomicBool,
}

impl Evaluation<'_> {
    /// The rows among `candidates` that a query selects.
    fn query(&self, query: &Query, candidates: &Mask) -> Mask {
        match query {
            Query::All => candidates.clone(),
            Query::Not(part) => {
                let selected = self.query(part, candidates);
                candidates.clone().with(&selected, |all, selected| all & !selected)
            }
            Query::Or(parts) => parts.iter().fold(Mask::empty(self.block.len()), |sum, part| {
                let selected = self.query(part, candidates);
                sum.with(&selected, |sum, selected| sum | selected)
            }),
            Query::And(parts) => {
                let (text, fields): (Vec<_>, Vec<_>) = parts.iter().partition(|part| searches_bytes(part));
                fields.into_iter().chain(text).fold(candidates.clone(), |left, part| self.query(part, &left))
            }
            Query::Term(Term::Text(pattern)) => self.text(pattern, candidates),
            Query::Term(term) => self.field(term).with(candidates, |selected, all| selected & all),
        }
    }

    fn field(&self, term: &Term) -> Mask {
        let block = self.block;
        match term {
            Term::Uri(pattern) => {
                let wanted = matching(&block.addresses, |address| pattern.matches(address));
                let sets = block
                    .uri_sets
                    .iter()
                    .filter(|(_, set)| set.iter().any(|&id| wanted.get(id as usize) == Some(&true)));
                self.ids(&block.uris, &flags(block.uri_sets.len(), sets.map(|(id, _)| id)))
            }
            Term::From(pattern) => self.address(&block.from, pattern),
            Term::To(pattern) => self.address(&block.to, pattern),
            Term::CallId(pattern) => self.words(&block.call_id, &block.call_ids, pattern),
            Term::Peer(pattern) => self.words(&block.peer, &block.peers, pattern),
            Term::Method(pattern) => self.words(&block.method, &block.names, pattern),
            Term::Component(pattern) => self.words(&block.component, &block.names, pattern),
            Term::Machine(pattern) => self.words(&block.machine, &block.names, pattern),
            Term::Level(pattern) => self.words(&block.level, &block.names, pattern),
            Term::Cseq(pattern) => {
                let is = |cseq: u32| cseq != NO_CSEQ && pattern.matches_str(&cseq.to_string());
                self.rows(|row| block.cseq.get(row).is_some_and(|&cseq| is(cseq)))
            }
            Term::Kind(pattern) => self.rows(|row| pattern.matches_str(block.traits(row).kind().name())),
            Term::File(pattern) => {
                let name = self.index.files().get(usize::from(block.file)).map_or("", |file| file.name());
                if pattern.matches_str(name) { Mask::full(block.len()) } else { Mask::empty(block.len()) }
            }
            Term::Package(pattern) => {
                let named = Packages::NAMES.iter().filter(|(name, _)| pattern.matches_str(name));
                let wanted = named.fold(Packages::empty(), |all, (_, package)| all | *package);
                self.rows(|row| block.traits(row).packages().intersects(wanted))
            }
            Term::Direction(direction) => {
                let wanted = match direction {
                    DirectionTerm::In => Direction::In,
                    DirectionTerm::Out => Direction::Out,
                    DirectionTerm::None => Direction::None,
                };
                self.rows(|row| block.traits(row).direction() == wanted)
            }
            Term::Status(range) => self
                .rows(|row| block.status.get(row).is_some_and(|&status| status != 0 && range.contains(status.into()))),
            Term::Diagnostic(DiagnosticTerm::Any) => self.rows(|row| block.codes.get(row).is_some_and(|&set| set != 0)),
            Term::Diagnostic(diagnostic) => {
                let sets = block.code_sets.iter().filter(|(_, set)| set.iter().any(|&code| diagnostic.matches(code)));
                self.ids(&block.codes, &flags(block.code_sets.len(), sets.map(|(id, _)| id)))
            }
            Term::Time(range) => {
                let resolved = |row| self.index.clock_at(block, row).resolve(block.time(row));
                self.rows(|row| block.has_times() && range.contains(resolved(row).0))
            }
            Term::Text(_) => Mask::empty(block.len()),
        }
    }

    fn rows(&self, is: impl Fn(usize) -> bool) -> Mask {
        Mask::of(self.block.len(), is)
    }

    /// Rows whose id in a column is wanted.
    #[inline]
    fn ids(&self, column: &[u16], wanted: &[bool]) -> Mask {
        self.rows(|row| column.get(row).and_then(|&id| wanted.get(usize::from(id))) == Some(&true))
    }

    fn words(&self, column: &[u16], texts: &Texts, pattern: &Pattern) -> Mask {
        self.ids(column, &matching(texts, |word| pattern.matches(word)))
    }

    fn address(&self, column: &[u16], pattern: &AddressPattern) -> Mask {
        self.ids(column, &matching(&self.block.addresses, |address| pattern.matches(address)))
    }

    /// Rows whose text matches. Words are searched in the whole stretch at once where most rows are candidates;
    /// a match that reaches over the end of a record is tried again on that record alone.
    fn text(&self, pattern: &TextPattern, candidates: &Mask) -> Mask {
        let block = self.block;
        let rows = block.len();
        let mut found = Mask::empty(rows);
        let Some(file) = self.index.files().get(usize::from(block.file)) else { return found };
        let Some(format) = file.format else { return found };
        // Some records are not searched as they stand in the file, but in their own lines.
        let has_own_lines =
            (0..rows).any(|row| block.traits(row).oddities().intersects(Oddities::ENCLOSES | Oddities::REPAIRED));
        // The letters of such a file are no UTF-8, and an expression may ask for any of them.
        let decodes = file.source.encoding() == Encoding::Windows1252 && !pattern.literal().is_some_and(str::is_ascii);
        let alone = |row: usize| {
            let own = format.own_lines(file.source.bytes(block.bytes_of(row)), block.traits(row).oddities());
            if decodes { pattern.is_match(to_text(&own).as_bytes()) } else { pattern.is_match(&own) }
        };
        // An expression may reach over many records before it fails, and means the record by its ends.
        if has_own_lines || decodes || pattern.literal().is_none() || candidates.count() < rows / 8 {
            for row in candidates.ones().map(|row| row as usize) {
                if self.cancelled.load(Ordering::Relaxed) {
                    break;
                }
                if alone(row) {
                    found.set(row);
                }
            }
            return found;
        }
        let span = block.span();
        let bytes = file.source.bytes(span.clone());
        let mut at = 0;
        while let Some(hit) = pattern.compiled().find_at(bytes, at) {
            let Some(row) = block.row_at(span.start + hit.start() as u64) else { break };
            let in_span = |offset: u64| usize::try_from(offset - span.start).unwrap_or(bytes.len());
            let end = in_span(block.bytes_of(row).end);
            if hit.start() >= end {
                // Lines of a frame that began in the block before; the next row is a line of another thread.
                if row + 1 == rows {
                    break;
                }
                at = in_span(block.bytes_of(row + 1).start);
                continue;
            }
            if candidates.contains(row) && (hit.end() <= end || alone(row)) {
                found.set(row);
            }
            at = end;
            if at >= bytes.len() {
                break;
            }
        }
        found
    }
}

/// True for queries that read the bytes of records, which field terms do not.
pub(crate) fn searches_bytes(query: &Query) -> bool {
    match query {
        Query::All => false,
        Query::Not(part) => searches_bytes(part),
        Query::And(parts) | Query::Or(parts) => parts.iter().any(searches_bytes),
        Query::Term(term) => matches!(term, Term::Text(_)),
    }
}

/// For each word number, whether the word matches.
fn matching(texts: &Texts, is: impl Fn(&[u8]) -> bool) -> Vec<bool> {
    flags(texts.len(), texts.iter().filter(|(_, word)| is(word)).map(|(id, _)| id))
}

fn flags(length: usize, set: impl Iterator<Item = u16>) -> Vec<bool> {
    let mut flags = vec![false; length];
    for id in set {
        if let Some(flag) = flags.get_mut(usize::from(id)) {
            *flag = true;
        }
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Format;
    use crate::index::{Progress, TraceFile, build};
    use crate::source::Source;

    fn logs(words: &[&str]) -> Arc<Index> {
        let file = |word: &&str| TraceFile {
            source: Source::from_bytes(word, format!("11/20/2024|14:00:00.000 1:2 INFO  :: {word}\n").into_bytes()),
            format: Some(Format::Uccapi),
            reason: String::new(),
            set_clock: None,
            warnings: vec![],
        };
        let files: Vec<_> = words.iter().map(file).map(Arc::new).collect();
        build(&files, &Progress::default(), |_| {})
    }

    /// However a search ends, what is kept of it never counts for another block than the one it was found in.
    #[test]
    fn a_gap_in_what_was_searched_is_searched_when_it_goes_on() {
        let index = logs(&["hit one", "none", "hit two", "none", "hit three"]);
        // An expression is tried record by record, and given up between two of them.
        let query = crate::query::parse("/h.t/").expect("a query");
        let go_on =
            |matcher: &mut Matcher| matcher.select(&index, &AtomicBool::new(false)).expect("nobody cancelled it");
        for gap in 0..index.blocks().len() {
            let mut matcher = Matcher::new(query.clone(), Scope::AllRecords);
            let whole = go_on(&mut matcher);
            assert_eq!(whole.iter().map(Position::number).collect::<Vec<_>>(), [1, 3, 5]);
            matcher.masks.remove(gap);
            assert_eq!(go_on(&mut matcher), whole, "without block {gap}");
        }
        // Nobody waited from the start: nothing of it is kept for an answer.
        let mut matcher = Matcher::new(query, Scope::AllRecords);
        assert_eq!(matcher.select(&index, &AtomicBool::new(true)), None);
        assert_eq!(go_on(&mut matcher).len(), 3);
    }
}
