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
    let mut blocks = Vec::new();
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
        blocks = collect(files, &finished, &mut publish);
    });
    let index = Index::new(files.to_vec(), blocks);
    // What is not whole may yet get its best evidence.
    Arc::new(if progress.is_cancelled() { index } else { index.with_paired_clocks() })
}

/// Puts finished stretches back into their order and publishes what is complete.
fn collect(
    files: &[Arc<TraceFile>],
    finished: &mpsc::Receiver<(u64, Vec<Block>)>,
    publish: &mut impl FnMut(Arc<Index>),
) -> Vec<Arc<Block>> {
    let mut blocks: Vec<Arc<Block>> = Vec::new();
    let mut waiting = BTreeMap::new();
    let mut expected = 0;
    let mut last: Option<(Instant, Duration)> = None;
    for (number, stretch) in finished {
        waiting.insert(number, stretch);
        while let Some(stretch) = waiting.remove(&expected) {
            blocks.extend(stretch.into_iter().map(Arc::new));
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
    blocks
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
        builder.push(range, record, headers);
    });
    if builder.len() > 0 {
        blocks.push(builder.finish());
    }
    blocks
}
