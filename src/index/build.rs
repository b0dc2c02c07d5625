//! Builds the index on all cores, and publishes it while it grows.

use super::block::{Block, Builder};
use super::{Index, TraceFile};
use crate::format::{Format, Record};
use crate::protocol::Header;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// Stretches grow, so that the first rows come at once and the rest comes fast, in bytes.
const STRETCHES: [usize; 3] = [256 << 10, 2 << 20, 16 << 20];
/// Bytes of an average record, to guess how many rows a stretch has.
const AVERAGE_RECORD: usize = 512;
/// Rows that can be numbered in all files together.
const MOST_ROWS: u32 = u32::MAX;
/// Longest row in bytes; the columns count them in 32 bits.
const LONGEST_ROW: u64 = u32::MAX as u64;
/// How often a growing index is published at most.
const PUBLISH_EVERY: Duration = Duration::from_millis(120);

/// How far a build is, and the way to stop it. Shared between threads.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    total: AtomicU64,
    cancelled: AtomicBool,
}

impl Progress {
    /// Bytes indexed, and bytes in all.
    #[must_use]
    pub fn bytes(&self) -> (u64, u64) {
        (self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// Stops the build after the stretches that are being read.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// Indexes all files. `publish` gets a snapshot as soon as the first rows are there and a few times a
/// second after that; the answer is the whole index, or what there was of it when it was cancelled.
pub fn build(files: &[Arc<TraceFile>], progress: &Progress, mut publish: impl FnMut(Arc<Index>)) -> Arc<Index> {
    progress.total.store(files.iter().map(|file| file.source.len()).sum(), Ordering::Relaxed);
    let splitter = Mutex::new(Splitter::new(files));
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    let (sender, finished) = mpsc::channel();
    let mut collected = Collected::default();
    std::thread::scope(|scope| {
        for _ in 0..cores {
            let (sender, splitter) = (sender.clone(), &splitter);
            scope.spawn(move || {
                while !progress.is_cancelled() {
                    let Some(task) = splitter.lock().unwrap_or_else(PoisonError::into_inner).next() else { return };
                    let blocks = read_stretch(files, &task);
                    progress.done.fetch_add(task.range.len() as u64, Ordering::Relaxed);
                    if sender.send((task.number, blocks)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        collected = collect(files, &finished, MOST_ROWS, progress, &mut publish);
    });
    let index = Index::new(files.to_vec(), collected.blocks);
    if collected.is_full {
        return Arc::new(index.with_limit_reached());
    }
    // What is not whole may yet get its best evidence.
    Arc::new(if progress.is_cancelled() { index } else { index.with_paired_clocks() })
}

/// What was read, in its order.
#[derive(Default)]
struct Collected {
    blocks: Vec<Arc<Block>>,
    /// There were more rows than can be numbered; what came after them is missing.
    is_full: bool,
}

/// Puts finished stretches back into their order and publishes what is complete.
fn collect(
    files: &[Arc<TraceFile>],
    finished: &mpsc::Receiver<(u64, Vec<Block>)>,
    most_rows: u32,
    progress: &Progress,
    publish: &mut impl FnMut(Arc<Index>),
) -> Collected {
    let mut blocks: Vec<Arc<Block>> = Vec::new();
    let mut room = most_rows as usize;
    let mut waiting = BTreeMap::new();
    let mut expected = 0;
    let mut last: Option<(Instant, Duration)> = None;
    for (number, stretch) in finished {
        waiting.insert(number, stretch);
        while let Some(stretch) = waiting.remove(&expected) {
            for block in stretch {
                let Some(left) = room.checked_sub(block.len()) else {
                    progress.cancel();
                    return Collected { blocks, is_full: true };
                };
                room = left;
                blocks.push(Arc::new(block));
            }
            expected += 1;
        }
        // Ordering many files costs time; publishing must stay a small part of the work.
        let due = last.is_none_or(|(at, cost)| at.elapsed() > PUBLISH_EVERY.max(cost * 8));
        if due && !blocks.is_empty() {
            let start = Instant::now();
            publish(Arc::new(Index::new(files.to_vec(), blocks.clone())));
            last = Some((Instant::now(), start.elapsed()));
        }
    }
    Collected { blocks, is_full: false }
}

/// A stretch of a file to index.
struct Task {
    number: u64,
    file: usize,
    format: Format,
    range: Range<usize>,
}

/// Cuts files into stretches at places where reading may start.
struct Splitter<'a> {
    files: &'a [Arc<TraceFile>],
    file: usize,
    at: usize,
    number: u64,
}

/// Reads one file again from an offset where a stretch starts.
pub(super) fn read_from(files: &[Arc<TraceFile>], file: usize, at: usize) -> Vec<Arc<Block>> {
    let mut splitter = Splitter { files, file, at, number: STRETCHES.len() as u64 };
    let mut blocks = Vec::new();
    while let Some(task) = splitter.next().filter(|task| task.file == file) {
        blocks.extend(read_stretch(files, &task).into_iter().map(Arc::new));
    }
    blocks
}

impl<'a> Splitter<'a> {
    fn new(files: &'a [Arc<TraceFile>]) -> Self {
        Self { files, file: 0, at: 0, number: 0 }
    }

    fn next(&mut self) -> Option<Task> {
        loop {
            let file = self.files.get(self.file)?;
            let bytes = file.source.all();
            let Some(format) = file.format.filter(|_| self.at < bytes.len()) else {
                (self.file, self.at) = (self.file + 1, 0);
                continue;
            };
            let size =
                usize::try_from(self.number).ok().and_then(|number| STRETCHES.get(number)).unwrap_or(&STRETCHES[2]);
            let wanted = self.at.saturating_add(*size);
            let end = if wanted >= bytes.len() { bytes.len() } else { format.safe_start(bytes, wanted) };
            let task = Task { number: self.number, file: self.file, format, range: self.at..end };
            self.at = end;
            self.number += 1;
            return Some(task);
        }
    }
}

/// Reads one stretch into as many blocks as it needs.
fn read_stretch(files: &[Arc<TraceFile>], task: &Task) -> Vec<Block> {
    let Some(bytes) = files.get(task.file).and_then(|file| file.source.all().get(task.range.clone())) else {
        return vec![];
    };
    let file = u16::try_from(task.file).unwrap_or(u16::MAX);
    if let Some(file) = files.get(task.file) {
        file.source.prepare(task.range.clone());
    }
    let base = task.range.start as u64;
    let rows = bytes.len() / AVERAGE_RECORD + 16;
    let mut blocks = Vec::new();
    let mut builder = Builder::new(file, base, rows, task.format);
    task.format.read(bytes, &mut |range: Range<usize>, record: &Record<'_>, headers: &[Header<'_>]| {
        let range = base + range.start as u64..base + range.end as u64;
        if builder.len() > 0 && builder.is_full(range.end) {
            let next = Builder::new(file, range.start, rows, task.format).after(&builder);
            let full = std::mem::replace(&mut builder, next);
            blocks.push(full.finish());
        }
        let mut rest = range.end.min(range.start.saturating_add(LONGEST_ROW))..range.end;
        builder.push(range.start..rest.start, record, headers);
        while !rest.is_empty() {
            // The rest of a record that is too long for one row stands in rows of its own, so that no byte is lost.
            let next = Builder::new(file, rest.start, 1, task.format).after(&builder);
            blocks.push(std::mem::replace(&mut builder, next).finish());
            let end = rest.end.min(rest.start.saturating_add(LONGEST_ROW));
            builder.push(rest.start..end, &Record::unknown(&[]), &[]);
            rest.start = end;
        }
    });
    if builder.len() > 0 {
        blocks.push(builder.finish());
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    #[test]
    fn more_rows_than_can_be_numbered_are_said() {
        let log = "11/20/2024|14:21:21.071 2A10:C74 INFO  :: one\r\n".repeat(100);
        let file = Arc::new(TraceFile::new(Source::from_bytes("a", log.into_bytes())).expect("a client log"));
        let (sender, finished) = mpsc::channel();
        for number in 0..3 {
            let task = Task { number, file: 0, format: Format::Uccapi, range: 0..file.source.all().len() };
            sender.send((number, read_stretch(&[Arc::clone(&file)], &task))).expect("the receiver is there");
        }
        drop(sender);
        let progress = Progress::default();
        let collected = collect(&[file], &finished, 250, &progress, &mut |_| {});
        assert!(collected.is_full && progress.is_cancelled());
        assert_eq!(collected.blocks.iter().map(|block| block.len()).sum::<usize>(), 200);
    }
}
