//! The clocks of files: what each was written by, piece by piece where a clock was set while it ran, and how that
//! is known.
//!
//! A server trace of the Centralized Logging Service is in UTC. A client writes its local time and does not say
//! which; its distance from UTC comes from the Date headers of the responses it got, and from messages that stand
//! in a server trace too.

use super::{Block, Index, RowId, TraceFile};
use crate::format::{Clock, Format, Kind, Millis, clock::Offset};
use chrono::TimeDelta;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Errors of a clock that differ by more than this inside one file are worth a warning, in milliseconds. Date
/// headers count seconds, and a response may be on its way for some.
const DRIFT_MS: i64 = 120_000;
/// Where written times leap less from one record to the next, no clock was set: offsets in real use differ by a
/// quarter of an hour at least, and [`Leaps::explain`] allows for a quarter of that.
const LEAST_LEAP_MS: i64 = 675_000;
/// Leaps that are looked at for one change of the offset, those before it. A log that leaps more often says nothing.
const MOST_LEAPS: usize = 64;
/// Messages of one client log that are looked for in server traces; the median of so many is sure enough.
const MOST_PAIRS: usize = 500;

/// A file's clock and how it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileClock {
    /// The clock the file starts with.
    pub clock: Clock,
    /// Where the clock is known from, for people.
    pub source: String,
    /// What is odd about it: one sentence each.
    pub warnings: Vec<String>,
    steps: Vec<Step>,
}

/// The clock was set: records from here on are written by another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    /// Offset in the file.
    from: u64,
    clock: Clock,
}

impl FileClock {
    fn new(clock: Clock, source: &str) -> Self {
        Self { clock, source: source.to_owned(), ..Self::default() }
    }

    /// The clock of the record that starts at an offset of the file.
    #[must_use]
    pub fn at(&self, offset: u64) -> Clock {
        let past = self.steps.partition_point(|step| step.from <= offset);
        past.checked_sub(1).and_then(|last| self.steps.get(last)).map_or(self.clock, |step| step.clock)
    }

    /// True where both give every record the same time, however that is known.
    #[must_use]
    pub fn tells_the_same(&self, other: &Self) -> bool {
        (self.clock, &self.steps) == (other.clock, &other.steps)
    }

    /// True where one clock holds for the whole file.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        self.steps.is_empty()
    }
}

/// Time by the clock of the file minus UTC, at one row.
#[derive(Clone, Copy, Debug)]
pub struct Observation {
    pub row: RowId,
    pub delta_ms: i64,
    /// From a message that stands in a server trace too, not from a Date header.
    pub is_pair: bool,
}

/// The clocks of all files. `pairs` are what [`pairs`] found, by file; empty while the index grows.
pub fn of_files(index: &Index, pairs: &HashMap<usize, Vec<Observation>>) -> Vec<FileClock> {
    let files = index.files();
    let mut clocks: Vec<FileClock> = files
        .iter()
        .enumerate()
        .map(|(number, file)| of_file(index, file, number, pairs.get(&number).map_or(&[], Vec::as_slice)))
        .collect();
    // The files of one client share one clock, and not each of them has evidence of its own.
    let own = clocks.clone();
    for (clock, file) in clocks.iter_mut().zip(files).filter(|(clock, _)| !clock.clock.is_known()) {
        let Some(set) = file.rotation_set() else { continue };
        let mut siblings = files
            .iter()
            .zip(&own)
            .filter(|(other, known)| known.clock.is_known() && other.rotation_set().as_deref() == Some(set.as_str()));
        if let Some((sibling, known)) = siblings.next() {
            let short = sibling.name().rsplit(['/', '\\']).next().unwrap_or_default();
            *clock = FileClock::new(known.clock, &format!("that of {short}, a log of the same client"));
        }
    }
    clocks
}

fn of_file(index: &Index, file: &TraceFile, number: usize, pairs: &[Observation]) -> FileClock {
    if let Some(offset) = file.set_clock {
        return FileClock::new(Clock::Offset(offset), "set by hand");
    }
    match file.format {
        Some(Format::Cls) => return FileClock::new(Clock::Utc, "this format is written in UTC"),
        Some(Format::Uccapi) => {}
        Some(Format::Text) => return FileClock::new(Clock::Unknown, "there are no times in it"),
        _ => return FileClock::new(Clock::Unknown, "the local time of the server, whose zone is not known"),
    }
    let mut seen: Vec<Observation> = blocks_of(index, number)
        .flat_map(|(first, block)| {
            let of_row = move |&(row, delta_ms)| Observation { row: RowId(first + row), delta_ms, is_pair: false };
            block.date_deltas.iter().map(of_row)
        })
        .collect();
    seen.extend_from_slice(pairs);
    seen.sort_by_key(|seen| seen.row);
    let pieces = pieces(index, &seen);
    let Some(first) = pieces.first() else {
        return FileClock::new(Clock::Unknown, "local time; no Date header to work the offset out from");
    };
    let mut known = FileClock::new(Clock::Offset(first.offset), &first.source());
    for (before, piece) in pieces.iter().zip(pieces.iter().skip(1)) {
        let Some((row, written)) = boundary(index, before, piece) else { continue };
        let Some((block, at)) = index.locate(row) else { continue };
        known.steps.push(Step { from: block.bytes_of(at).start, clock: Clock::Offset(piece.offset) });
        known.warnings.push(format!(
            "the clock changes from {} to {} at {} as written",
            before.offset,
            piece.offset,
            written.iso()
        ));
    }
    known.warnings.extend(pieces.iter().filter_map(Piece::drift));
    known
}

/// Observations in a row that speak for the same offset.
#[derive(Debug)]
struct Piece {
    offset: Offset,
    seen: Vec<Observation>,
}

/// Groups observations by the offset in real use that is nearest. One that stands alone among others is the word of
/// a server with a wrong clock, unless the written times jump with it.
fn pieces(index: &Index, seen: &[Observation]) -> Vec<Piece> {
    let mut runs: Vec<Piece> = Vec::new();
    for &observation in seen {
        let Some(offset) = Offset::nearest(TimeDelta::milliseconds(observation.delta_ms)) else { continue };
        match runs.last_mut() {
            Some(run) if run.offset == offset => run.seen.push(observation),
            _ => runs.push(Piece { offset, seen: vec![observation] }),
        }
    }
    let leaps = Leaps::between(index, &runs);
    let mut pieces: Vec<Piece> = Vec::new();
    for run in runs {
        let is_alone = |before: &mut Piece| before.seen.len() == 1 && before.offset != run.offset;
        // What was taken for a piece may be one of the alone ones, too.
        pieces.pop_if(|before| is_alone(before) && run.seen.len() > 1 && !leaps.explain(before, &run));
        let is_sure = |before: &Piece| run.seen.len() > 1 || leaps.explain(before, &run);
        match pieces.last_mut() {
            Some(before) if before.offset == run.offset => before.seen.extend(run.seen),
            Some(before) if !is_sure(before) => {}
            _ => pieces.push(run),
        }
    }
    pieces
}

/// Between two pieces, the row whose written time is farthest from following the one before it: where the clock
/// was set. Gives the time it was set to.
fn boundary(index: &Index, before: &Piece, after: &Piece) -> Option<(RowId, Millis)> {
    let wanted = i64::from(after.offset.0 - before.offset.0) * 60_000;
    let (last, next) = (before.seen.last()?.row, after.seen.first()?.row);
    let steps = (last.0..next.0).filter_map(|row| {
        let (earlier, later) = (index.written(RowId(row))?, index.written(RowId(row + 1))?);
        Some((RowId(row + 1), later, (later.0 - earlier.0 - wanted).abs()))
    });
    steps.min_by_key(|(_, _, error)| *error).map(|(row, written, _)| (row, written))
}

/// Where the written times leap: the row before each leap, and how far it goes, in milliseconds.
struct Leaps(Vec<(u32, i64)>);

impl Leaps {
    /// Those between the first and the last observation; none where all speak for one offset.
    fn between(index: &Index, runs: &[Piece]) -> Self {
        let [first, .., last] = runs else { return Self(vec![]) };
        let (Some(first), Some(last)) = (first.seen.first(), last.seen.last()) else { return Self(vec![]) };
        let leap = |row: u32| Some((row, index.written(RowId(row + 1))?.0 - index.written(RowId(row))?.0));
        let rows = first.row.0..last.row.0;
        Self(rows.filter_map(leap).filter(|(_, leap)| leap.abs() >= LEAST_LEAP_MS).collect())
    }

    /// True where the written times between two pieces leap by about what their offsets differ.
    fn explain(&self, before: &Piece, after: &Piece) -> bool {
        let wanted = i64::from(after.offset.0 - before.offset.0) * 60_000;
        let (Some(last), Some(next)) = (before.seen.last(), after.seen.first()) else { return false };
        let earlier = self.0.partition_point(|(row, _)| *row < next.row.0);
        let nearest = self.0.iter().take(earlier).rev().take(MOST_LEAPS);
        nearest.take_while(|(row, _)| *row >= last.row.0).any(|(_, leap)| (leap - wanted).abs() < wanted.abs() / 4)
    }
}

impl Piece {
    /// What is left when the offset is taken away: the error of the clock, in milliseconds. Pairs are more exact
    /// than Date headers, which count seconds.
    fn errors(&self, is_pair: bool) -> Vec<i64> {
        let offset = i64::from(self.offset.0) * 60_000;
        let seen = self.seen.iter().filter(|seen| seen.is_pair == is_pair);
        let mut errors: Vec<i64> = seen.map(|seen| seen.delta_ms - offset).collect();
        errors.sort_unstable();
        errors
    }

    fn source(&self) -> String {
        let (dates, pairs) = (self.errors(false), self.errors(true));
        let median = |errors: &[i64]| errors.get(errors.len() / 2).map_or(0.0, |&error| error as f64 / 1_000.0);
        let of_dates = || {
            let headers = if dates.len() == 1 { "header of 1 response" } else { "headers of" };
            let responses = if dates.len() == 1 { String::new() } else { format!(" {} responses", dates.len()) };
            format!("worked out from the Date {headers}{responses}, {:+.1} s", median(&dates))
        };
        let messages = if pairs.len() == 1 { "1 message that stands" } else { "messages that stand" };
        let count = if pairs.len() == 1 { String::new() } else { format!("{} ", pairs.len()) };
        match (dates.is_empty(), pairs.is_empty()) {
            (_, true) => of_dates(),
            (true, false) => {
                format!("worked out from {count}{messages} in a server trace too, {:+.2} s", median(&pairs))
            }
            (false, false) => {
                let confirm = if pairs.len() == 1 { "confirms" } else { "confirm" };
                let error = median(&pairs);
                format!("{}; {count}{messages} in a server trace too {confirm} it, {error:+.2} s", of_dates())
            }
        }
    }

    fn drift(&self) -> Option<String> {
        let errors = self.errors(false);
        let spread = errors.last()? - errors.first()?;
        (spread > DRIFT_MS).then(|| {
            let (least, most) = (*errors.first().unwrap_or(&0) / 1_000, *errors.last().unwrap_or(&0) / 1_000);
            format!(
                "the clock is between {least:+} s and {most:+} s off: it drifts or was set while the log was written"
            )
        })
    }
}

fn blocks_of(index: &Index, file: usize) -> impl Iterator<Item = (u32, &Arc<Block>)> {
    let blocks = index.first_rows().iter().copied().zip(index.blocks());
    blocks.filter(move |(_, block)| usize::from(block.file) == file)
}

/// What a row says of itself in the columns: enough to look for its copies.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Sketch {
    call_id: Vec<u8>,
    cseq: u32,
    method: Vec<u8>,
    status: u16,
}

fn sketch(block: &Block, at: usize) -> Option<Sketch> {
    let is_message = block.traits(at).kind() == Kind::Message;
    let call_id = block.call_ids.get(*block.call_id.get(at)?);
    (is_message && !call_id.is_empty()).then(|| Sketch {
        call_id: call_id.to_vec(),
        cseq: block.cseq.get(at).copied().unwrap_or_default(),
        method: block.names.get(block.method.get(at).copied().unwrap_or_default()).to_vec(),
        status: block.status_of(at).unwrap_or_default(),
    })
}

/// Messages of client logs that stand in a trace whose clock is known, by the number of the client's file.
pub fn pairs(index: &Index) -> HashMap<usize, Vec<Observation>> {
    let mut found: HashMap<usize, Vec<Observation>> = HashMap::new();
    let format = |number: usize| index.files().get(number).and_then(|file| file.format);
    let mut wanted: HashMap<Sketch, RowId> = HashMap::new();
    for number in (0..index.files().len()).filter(|&number| format(number) == Some(Format::Uccapi)) {
        let rows = blocks_of(index, number).flat_map(|(first, block)| {
            (first..).zip(0..block.len()).filter_map(move |(row, at)| Some((sketch(block, at)?, RowId(row))))
        });
        for (sketch, row) in rows {
            wanted.entry(sketch).or_insert(row);
        }
    }
    if wanted.is_empty() {
        return found;
    }
    let call_ids: HashSet<Vec<u8>> = wanted.keys().map(|sketch| sketch.call_id.clone()).collect();
    for number in (0..index.files().len()).filter(|&number| format(number) == Some(Format::Cls)) {
        for (first, block) in blocks_of(index, number) {
            let ids: HashSet<u16> =
                block.call_ids.iter().filter(|(_, text)| call_ids.contains(*text)).map(|(id, _)| id).collect();
            let rows = (0..block.len()).filter(|&at| block.call_id.get(at).is_some_and(|id| ids.contains(id)));
            for at in rows {
                let row = RowId(first + u32::try_from(at).unwrap_or(u32::MAX));
                let Some(client) = sketch(block, at).and_then(|sketch| wanted.get(&sketch)) else { continue };
                let Some(file) = index.locate(*client).map(|(block, _)| usize::from(block.file)) else { continue };
                let pairs = found.entry(file).or_default();
                let is_known = || pairs.iter().any(|pair| pair.row == *client);
                if pairs.len() >= MOST_PAIRS || is_known() || copy_key(index, *client) != copy_key(index, row) {
                    continue;
                }
                if let (Some(local), Some(utc)) = (index.written(*client), index.written(row)) {
                    pairs.push(Observation { row: *client, delta_ms: local.0 - utc.0, is_pair: true });
                }
            }
        }
    }
    found
}

fn copy_key(index: &Index, row: RowId) -> Option<String> {
    index.with_record(row, |record| record.message.and_then(|message| message.copy_key()))?
}
