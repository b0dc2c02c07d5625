//! Rows: compact columns over the records of all opened files, readable while they grow.
//!
//! An [`Index`] is an immutable snapshot of [`Block`]s. A record keeps its [`RowId`] for as long as the
//! files are open; its [`Position`] is where it stands in the order of the window, by time, then file,
//! then offset. Nothing here knows what is selected or shown.

mod block;
mod build;
mod entry;
mod facets;
mod open;
mod texts;

pub use self::block::{Block, NO_CSEQ, Traits};
pub use self::build::{Progress, build};
pub use self::entry::Entry;
pub use self::facets::{CodeCount, Column, Count, Facets, Value, Values};
pub use self::open::{Opened, Skipped, TraceFile, open};
pub use self::texts::{Sets, Texts};

use crate::format::{Clock, Format, Kind, Millis, Oddities, Record, clock::Offset};
use crate::protocol::lines::split_line;
use chrono::TimeDelta;
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

/// A file's clock and how it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileClock {
    pub clock: Clock,
    /// Where the clock is known from, for people.
    pub source: String,
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
        let clocks = files.iter().enumerate().map(|(number, file)| file_clock(file, number, &blocks)).collect();
        let mut index = Self { files, clocks, blocks, firsts, rows, order: Order::AsRead };
        index.order = index.by_time();
        index
    }

    /// The order by time, then file, then offset: rows stand by file and offset already, and the sort
    /// keeps the order of equal times.
    fn by_time(&self) -> Order {
        let mut latest = i64::MIN;
        let in_order = self.blocks.iter().all(|block| {
            let (first, last) = (self.resolved(block, 0).0, self.resolved(block, block.len().saturating_sub(1)).0);
            let follows = block.is_sorted() && first >= latest;
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
        self.clock(block.file).resolve(block.time(at))
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

    /// The clock of a file by its number.
    #[must_use]
    pub fn clock(&self, file: u16) -> Clock {
        self.clocks.get(usize::from(file)).map(|known| known.clock).unwrap_or_default()
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

    /// A row's time in UTC where its clock is known, else as written.
    #[must_use]
    pub fn time(&self, row: RowId) -> Millis {
        self.locate(row).map(|(block, at)| self.resolved(block, at)).unwrap_or_default()
    }

    /// Earliest and latest time of all records; `None` where there are none.
    #[must_use]
    pub fn time_span(&self) -> Option<(Millis, Millis)> {
        let last = self.rows.checked_sub(1)?;
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

/// Works out a file's clock: set by hand, known from its format, or the median distance between the
/// times of responses and the Date headers in them.
fn file_clock(file: &TraceFile, number: usize, blocks: &[Arc<Block>]) -> FileClock {
    if let Some(offset) = file.set_clock {
        return FileClock { clock: Clock::Offset(offset), source: "set by hand".to_owned() };
    }
    let known = file.clock_at_once();
    if known.is_known() {
        return FileClock { clock: known, source: "this format is written in UTC".to_owned() };
    }
    if file.format != Some(Format::Uccapi) {
        return FileClock {
            clock: Clock::Unknown,
            source: "the local time of the server, whose zone is not known".to_owned(),
        };
    }
    let mut deltas: Vec<i64> = blocks
        .iter()
        .filter(|block| usize::from(block.file) == number)
        .flat_map(|block| block.date_deltas.iter().copied())
        .collect();
    deltas.sort_unstable();
    let measured = deltas.get(deltas.len() / 2).copied().map(TimeDelta::milliseconds);
    match measured.and_then(|measured| Some((measured, Offset::nearest(measured)?))) {
        Some((measured, offset)) => {
            let error = (measured - TimeDelta::minutes(i64::from(offset.0))).num_milliseconds() as f64 / 1_000.0;
            let responses = if deltas.len() == 1 {
                "header of 1 response".to_owned()
            } else {
                format!("headers of {} responses", deltas.len())
            };
            let source = format!("worked out from the Date {responses}, {error:+.1} s");
            FileClock { clock: Clock::Offset(offset), source }
        }
        None => FileClock {
            clock: Clock::Unknown,
            source: "local time; no Date header to work the offset out from".to_owned(),
        },
    }
}
