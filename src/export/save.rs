//! Paper put down: reports and redacted traces are written where the user says, and never over or into the logs.
//!
//! Sentences of this module end with what to do instead, so that a face can add how.

use super::Redactor;
use crate::index::Index;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How far a long work is, and the way to stop it. Shared between threads.
#[derive(Debug, Default)]
pub struct Work {
    done: AtomicU64,
    total: AtomicU64,
    cancelled: AtomicBool,
}

/// The work was stopped before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped;

impl Work {
    /// There is so much more to be done, in bytes.
    pub fn expect(&self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
    }

    /// So much is done.
    ///
    /// # Errors
    /// Where the work is to stop.
    pub fn step(&self, bytes: u64) -> Result<(), Stopped> {
        self.done.fetch_add(bytes, Ordering::Relaxed);
        if self.is_cancelled() { Err(Stopped) } else { Ok(()) }
    }

    /// From 0 to 1.
    #[must_use]
    pub fn part(&self) -> f32 {
        let total = self.total.load(Ordering::Relaxed).max(1);
        self.done.load(Ordering::Relaxed) as f32 / total as f32
    }

    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// Writes an answer to a file, but never over a log that was read. `inputs` are the paths that were named.
///
/// # Errors
/// One sentence: what was wrong with which path, and what to do.
pub fn save_text(index: &Index, inputs: &[PathBuf], out: &Path, text: &str) -> Result<(), String> {
    if let Ok(real) = out.canonicalize() {
        let is_log = |path: &Path| path.canonicalize().is_ok_and(|path| path == real);
        let mut read = index.files().iter().filter_map(|file| file.source.path());
        if read.any(is_log) || inputs.iter().any(|path| is_log(path)) {
            return Err(format!("{}: this is one of the logs; choose another place", out.display()));
        }
    }
    std::fs::write(out, text)
        .map_err(|reason| format!("{}: cannot be written ({reason}); choose another place", out.display()))
}

/// Says whether a folder may take redacted traces of what was named.
///
/// # Errors
/// One sentence, why it may not and what to do.
pub fn check_folder(inputs: &[PathBuf], folder: &Path) -> Result<(), String> {
    let place = real_path(folder);
    if folder.exists() && !folder.is_dir() {
        return Err(format!("{}: this is a file; name a folder", folder.display()));
    }
    for file in inputs {
        let Ok(file_path) = file.canonicalize() else { continue };
        if file_path.starts_with(&place) {
            return Err(format!(
                "{}: the folder holds {}, which is to be redacted; choose another folder",
                folder.display(),
                file.display()
            ));
        }
        if file_path.is_dir() && place.starts_with(&file_path) {
            return Err(format!(
                "{}: the folder lies in {}, where the logs are; choose a folder elsewhere",
                folder.display(),
                file.display()
            ));
        }
    }
    Ok(())
}

/// A path without links and dots, also where its end does not exist yet.
fn real_path(path: &Path) -> PathBuf {
    let mut ends = Vec::new();
    let mut start = path;
    loop {
        let here = if start.as_os_str().is_empty() { Path::new(".") } else { start };
        if let Ok(real) = here.canonicalize() {
            return ends.iter().rev().fold(real, |real, end| real.join(end));
        }
        match (start.parent(), start.file_name()) {
            (Some(parent), Some(end)) => {
                ends.push(end);
                start = parent;
            }
            _ => return path.to_owned(),
        }
    }
}

/// Writes every file of the index into a folder and gives the paths of what was written. Where it cannot be written to
/// the end, what was written is taken away again: half a set of logs would be taken for all of it.
///
/// # Errors
/// One sentence: what was wrong with which path, and what to do.
pub fn save_redacted(index: &Index, folder: &Path, work: &Work) -> Result<Vec<PathBuf>, String> {
    let bytes: u64 = index.files().iter().map(|file| file.source.len()).sum();
    work.expect(2 * bytes);
    let stopped = |Stopped| "Saving was stopped; nothing was left behind".to_owned();
    let redactor = Redactor::learn_with(index, work).map_err(stopped)?;
    let paths: Vec<PathBuf> = (0..index.files().len()).map(|file| folder.join(redactor.file_name(file))).collect();
    if let Some(there) = paths.iter().find(|path| path.exists()) {
        return Err(format!("{}: there is such a file already; choose an empty folder", there.display()));
    }
    let mut made: Vec<&PathBuf> = Vec::new();
    for (file, path) in (0..).zip(&paths) {
        if let Err(reason) = write_one(index, &redactor, file, folder, path, work, || made.push(path)) {
            for path in made {
                let _ = std::fs::remove_file(path);
            }
            if work.is_cancelled() {
                return Err(stopped(Stopped));
            }
            return Err(format!("{}: cannot be written ({reason}); choose another folder", path.display()));
        }
    }
    Ok(paths)
}

fn write_one(
    index: &Index,
    redactor: &Redactor,
    file: u16,
    folder: &Path,
    path: &Path,
    work: &Work,
    made: impl FnOnce(),
) -> std::io::Result<()> {
    std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
    // Never over anything, also where it came to be a moment ago.
    let mut out = BufWriter::with_capacity(1 << 16, std::fs::File::create_new(path)?);
    made();
    redactor.write_with(index, file, &mut out, work)?;
    out.flush()
}
