//! Logs that are still being written: what was added is read, and nothing else again.

use super::build::read_from;
use super::{Index, TraceFile};
use crate::source::State;
use std::sync::Arc;

/// What became of the files of an index.
#[derive(Debug)]
pub struct Followed {
    /// The index with what was added; `None` where nothing was.
    pub index: Option<Arc<Index>>,
    /// The state of each file, by its number.
    pub states: Vec<State>,
}

/// Looks at all files, and reads what was added to them. Only the last stretch of a file that has grown is read
/// again, since its last record may not have been whole.
#[must_use]
pub fn follow(index: &Index) -> Followed {
    let states: Vec<State> = index.files().iter().map(|file| file.source.state()).collect();
    let mut files = index.files().to_vec();
    let mut grown = Vec::new();
    for (number, state) in states.iter().enumerate() {
        let Some(file) = files.get_mut(number).filter(|_| *state == State::Grown) else { continue };
        // A file that cannot be opened just now will be looked at again.
        if let Some(now) = again(file) {
            *file = Arc::new(now);
            grown.push(number);
        }
    }
    if grown.is_empty() {
        return Followed { index: None, states };
    }
    let mut blocks = Vec::with_capacity(index.blocks().len() + grown.len());
    for number in 0..files.len() {
        let of_file = index.blocks().iter().filter(|block| usize::from(block.file) == number);
        let mut own: Vec<_> = of_file.cloned().collect();
        if grown.contains(&number) {
            let last = own.iter().rposition(|block| block.starts_stretch()).unwrap_or(0);
            let at = own.get(last).map_or(0, |block| block.span().start);
            own.truncate(last);
            own.extend(read_from(&files, number, usize::try_from(at).unwrap_or(0)));
        }
        blocks.append(&mut own);
    }
    Followed { index: Some(Arc::new(Index::new(files, blocks).with_paired_clocks())), states }
}

fn again(file: &TraceFile) -> Option<TraceFile> {
    let now = TraceFile::new(file.source.reopened().ok()??).ok()?;
    // What it was taken for it stays, unless nothing was known of it yet.
    let format = file.format.or(now.format);
    Some(TraceFile { format, set_clock: file.set_clock, ..now })
}
