//! Rows: compact columns over the records of all opened files, readable while they grow.
//!
//! An [`Index`] is an immutable snapshot of [`Block`]s. A record keeps its [`RowId`] for as long as the
//! files are open; its [`Position`] is where it stands in the order of the window, by time, then file,
//! then offset. Nothing here knows what is selected or shown.

mod block;
mod build;
mod clocks;
mod entry;
mod facets;
mod follow;
mod open;
mod parallel;
mod texts;

pub use self::block::{Block, NO_CSEQ, Traits};
pub use self::build::{Progress, build};
pub use self::clocks::FileClock;
pub use self::entry::Entry;
pub use self::facets::{CodeCount, Column, Count, Facets, Value, Values};
pub use self::follow::{Followed, follow};
pub use self::open::{Opened, Pasted, Skipped, TraceFile, open};
pub use self::parallel::{Origin, both, each};
pub use self::texts::{Sets, Texts};

use crate::format::{Clock, Kind, Millis, Oddities, Record};
use crate::protocol::lines::split_line;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// A record, by the order in which it was read. Stable while its file is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub u32);

/// A place in the order of the window, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(pub u32);

impl Position {
    /// The number people and scripts see, from 1.
    #[must_use]
    pub fn number(self) -> u64 {
        u64::from(self.0) + 1
    }
}

/// All records read so far.
#[derive(Debug, Default)]
pub struct Index {
    files: Vec<Arc<TraceFile>>,
    clocks: Vec<FileClock>,
    blocks: Vec<Arc<Block>>,
    /// First row of each block.
    firsts: Vec<u32>,
    rows: u32,
    order: Order,
    /// There are more records than can be numbered.
    is_full: bool,
}

/// The order of the window.
#[derive(Debug, Default)]
enum Order {
    /// The order in which records were read is already that of time.
    #[default]
    AsRead,
    /// Rows by position, and positions by row.
    ByTime { rows: Vec<u32>, positions: Vec<u32> },
}

impl Index {
    /// Puts blocks together. `blocks` stand by file, and by offset in each.
    #[must_use]
    pub fn new(files: Vec<Arc<TraceFile>>, blocks: Vec<Arc<Block>>) -> Self {
        let mut firsts = Vec::with_capacity(blocks.len());
        let mut rows = 0u32;
        for block in &blocks {
            firsts.push(rows);
            rows += u32::try_from(block.len()).unwrap_or(0);
        }
        let mut index = Self { files, blocks, firsts, rows, ..Self::default() };
        index.set_clocks(clocks::of_files(&index, &HashMap::new()));
        index
    }

    /// The same once all records are there: messages that stand in client and server traces confirm the clocks.
    #[must_use]
    pub fn with_paired_clocks(mut self) -> Self {
        let pairs = clocks::pairs(&self);
        if !pairs.is_empty() {
            self.set_clocks(clocks::of_files(&self, &pairs));
        }
        self
    }

    pub(crate) fn with_limit_reached(self) -> Self {
        Self { is_full: true, ..self }
    }

    /// A sentence for people where the files hold more records than can be numbered.
    #[must_use]
    pub fn limit_reached(&self) -> Option<String> {
        let rows = self.rows;
        let said =
            || format!("there are more than {rows} records; what stands after them is not read: open fewer files");
        self.is_full.then(said)
    }

    fn set_clocks(&mut self, clocks: Vec<FileClock>) {
        let same = |(a, b): (&FileClock, &FileClock)| a.tells_the_same(b);
        let keeps_order = self.clocks.len() == clocks.len() && self.clocks.iter().zip(&clocks).all(same);
        self.clocks = clocks;
        if !keeps_order {
            self.order = self.by_time();
        }
    }

    /// The order by time, then file, then offset: rows stand by file and offset already, and the sort
    /// keeps the order of equal times.
    fn by_time(&self) -> Order {
        let mut latest = i64::MIN;
        let in_order = self.blocks.iter().all(|block| {
            let (first, last) = (self.resolved(block, 0).0, self.resolved(block, block.len().saturating_sub(1)).0);
            // Where a clock steps, the order as written says nothing.
            let is_steady = self.file_clock(usize::from(block.file)).is_none_or(FileClock::is_steady);
            let follows = is_steady && block.is_sorted() && first >= latest;
            latest = last;
            follows
        });
        if in_order {
            return Order::AsRead;
        }
        let mut keyed = Vec::with_capacity(self.rows as usize);
        for (first, block) in self.firsts.iter().zip(&self.blocks) {
            keyed.extend((0..block.len()).zip(*first..).map(|(at, row)| (self.resolved(block, at).0, row)));
        }
        keyed.sort_by_key(|(time, _)| *time);
        let rows: Vec<u32> = keyed.into_iter().map(|(_, row)| row).collect();
        let mut positions = vec![0; rows.len()];
        for (position, &row) in (0..).zip(&rows) {
            if let Some(place) = positions.get_mut(row as usize) {
                *place = position;
            }
        }
        Order::ByTime { rows, positions }
    }

    fn resolved(&self, block: &Block, at: usize) -> Millis {
        self.clock_at(block, at).resolve(block.time(at))
    }

    /// Number of records.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.rows
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Number of records that hold a message.
    #[must_use]
    pub fn messages(&self) -> u64 {
        self.blocks.iter().map(|block| u64::from(block.messages)).sum()
    }

    #[must_use]
    pub fn lines_not_understood(&self) -> u64 {
        self.blocks.iter().map(|block| u64::from(block.lines_not_understood)).sum()
    }

    #[must_use]
    pub fn files(&self) -> &[Arc<TraceFile>] {
        &self.files
    }

    #[must_use]
    pub fn file_clock(&self, file: usize) -> Option<&FileClock> {
        self.clocks.get(file)
    }

    /// The clocks of all files, in the order of the files.
    #[must_use]
    pub fn file_clocks(&self) -> &[FileClock] {
        &self.clocks
    }

    /// The clock a file starts with.
    #[must_use]
    pub fn clock(&self, file: u16) -> Clock {
        self.clocks.get(usize::from(file)).map(|known| known.clock).unwrap_or_default()
    }

    /// The clock that a row was written by.
    #[must_use]
    #[inline]
    pub fn clock_at(&self, block: &Block, at: usize) -> Clock {
        match self.clocks.get(usize::from(block.file)) {
            None => Clock::Unknown,
            Some(known) if known.is_steady() => known.clock,
            Some(known) => known.at(block.bytes_of(at).start),
        }
    }

    /// A row's time as its file has it.
    #[must_use]
    pub fn written(&self, row: RowId) -> Option<Millis> {
        self.locate(row).map(|(block, at)| block.time(at))
    }

    #[must_use]
    pub fn blocks(&self) -> &[Arc<Block>] {
        &self.blocks
    }

    /// The first row of each block.
    #[must_use]
    pub fn first_rows(&self) -> &[u32] {
        &self.firsts
    }

    /// The block of a row, and the row's place in it.
    #[must_use]
    pub fn locate(&self, row: RowId) -> Option<(&Arc<Block>, usize)> {
        let number = self.firsts.partition_point(|&first| first <= row.0).checked_sub(1)?;
        let block = self.blocks.get(number)?;
        let at = (row.0 - self.firsts.get(number)?) as usize;
        (at < block.len()).then_some((block, at))
    }

    /// The file a row stands in.
    #[must_use]
    pub fn file_of(&self, row: RowId) -> Option<&Arc<TraceFile>> {
        self.files.get(usize::from(self.locate(row)?.0.file))
    }

    #[must_use]
    pub fn row(&self, position: Position) -> RowId {
        match &self.order {
            Order::AsRead => RowId(position.0),
            Order::ByTime { rows, .. } => RowId(rows.get(position.0 as usize).copied().unwrap_or(position.0)),
        }
    }

    #[must_use]
    pub fn position(&self, row: RowId) -> Position {
        match &self.order {
            Order::AsRead => Position(row.0),
            Order::ByTime { positions, .. } => Position(positions.get(row.0 as usize).copied().unwrap_or(row.0)),
        }
    }

    /// The row that starts at or before an offset of a file: where a row of an earlier snapshot stands now.
    #[must_use]
    pub fn find(&self, file: u16, offset: u64) -> Option<RowId> {
        let blocks = self.firsts.iter().zip(&self.blocks).filter(|(_, block)| block.file == file);
        let (first, at) = blocks.rev().find_map(|(first, block)| Some((*first, block.row_at(offset)?)))?;
        Some(RowId(first + u32::try_from(at).ok()?))
    }

    /// A row's time in UTC where its clock is known, else as written; [`Millis::NEVER`] where its file has no
    /// times.
    #[must_use]
    pub fn time(&self, row: RowId) -> Millis {
        self.locate(row).map(|(block, at)| self.resolved(block, at)).unwrap_or_default()
    }

    /// A row's time as scripts see it, RFC 3339; `None` where its record has none.
    #[must_use]
    pub fn time_text(&self, row: RowId) -> Option<String> {
        let (block, at) = self.locate(row)?;
        block.traits(at).has_time().then(|| self.clock_at(block, at).rfc3339(block.time(at)))
    }

    /// Earliest and latest time of all records; `None` where there are none.
    #[must_use]
    pub fn time_span(&self) -> Option<(Millis, Millis)> {
        // Rows without times stand last.
        let untimed = self.blocks.iter().filter(|block| !block.has_times()).map(|block| block.len() as u32).sum();
        let last = self.rows.checked_sub(untimed)?.checked_sub(1)?;
        Some((self.time(self.row(Position(0))), self.time(self.row(Position(last)))))
    }

    /// The record of a row, read again from its file.
    pub fn with_record<R>(&self, row: RowId, read: impl FnOnce(&Record<'_>) -> R) -> Option<R> {
        let (block, at) = self.locate(row)?;
        let file = self.files.get(usize::from(block.file))?;
        let format = file.format?;
        let traits = block.traits(at);
        let bytes = format.own_lines(file.source.bytes(block.bytes_of(at)), traits.oddities());
        let record = format.reread(&bytes, traits.kind(), traits.oddities());
        if !traits.oddities().contains(Oddities::SAME_FRAME) {
            return Some(read(&record));
        }
        let (block, at) = self.first_of_frame(row)?;
        // Only the line that begins the frame is needed.
        let (begin, _) = split_line(file.source.bytes(block.bytes_of(at)));
        let first = format.reread(begin, block.traits(at).kind(), Oddities::empty());
        Some(read(&record.in_frame_of(&first)))
    }

    /// The row that opens the frame of a further message. Lines of other threads may stand between the messages
    /// of a frame, and blocks may end there.
    fn first_of_frame(&self, row: RowId) -> Option<(&Arc<Block>, usize)> {
        let number = self.firsts.partition_point(|&first| first <= row.0);
        let mut end = (row.0 - self.firsts.get(number.checked_sub(1)?)?) as usize;
        for block in self.blocks.get(..number)?.iter().rev() {
            let opens = |at: &usize| {
                let traits = block.traits(*at);
                traits.kind() == Kind::Message && !traits.oddities().contains(Oddities::SAME_FRAME)
            };
            if let Some(at) = (0..end.min(block.len())).rev().find(opens) {
                return Some((block, at));
            }
            end = usize::MAX;
        }
        None
    }

    /// The bytes of a row in its file, lines of other threads included.
    #[must_use]
    pub fn raw(&self, row: RowId) -> &[u8] {
        let Some((block, at)) = self.locate(row) else { return &[] };
        self.files.get(usize::from(block.file)).map_or(&[], |file| file.source.bytes(block.bytes_of(at)))
    }

    /// What there is to read of a row: its bytes in the file, and of a damaged paste its own lines.
    #[must_use]
    pub fn readable(&self, row: RowId) -> Cow<'_, [u8]> {
        let raw = self.raw(row);
        let traits = self.locate(row).map(|(block, at)| block.traits(at)).unwrap_or_default();
        let format = self.file_of(row).and_then(|file| file.format);
        match format {
            Some(format) if traits.oddities().contains(Oddities::REPAIRED) => format.own_lines(raw, traits.oddities()),
            _ => Cow::Borrowed(raw),
        }
    }

    /// Rows in the order of the window.
    pub fn rows(&self) -> impl Iterator<Item = RowId> {
        (0..self.rows).map(|position| self.row(Position(position)))
    }

    /// Bytes of memory used by columns, by words, and by the order.
    #[must_use]
    pub fn memory(&self) -> (usize, usize, usize) {
        let (columns, words) = self
            .blocks
            .iter()
            .map(|block| block.memory())
            .fold((0, 0), |(columns, words), (more, others)| (columns + more, words + others));
        let order = match &self.order {
            Order::AsRead => 0,
            Order::ByTime { rows, positions } => (rows.capacity() + positions.capacity()) * 4,
        };
        (columns, words, order)
    }
}
