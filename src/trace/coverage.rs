//! What the files hold and what they do not, so that nobody takes silence for proof.

use crate::format::{Format, Millis, Oddities};
use crate::index::{Index, RowId};

/// A stretch of a file without any record: the rows before and after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    pub before: RowId,
    pub after: RowId,
}

/// What one file holds.
#[derive(Clone, Debug, Default)]
pub struct FileCoverage {
    pub file: String,
    pub format: Option<Format>,
    pub records: u64,
    /// The rows with the earliest and the latest time, and these times in UTC where the clock is known.
    pub first: Option<(Millis, RowId)>,
    pub last: Option<(Millis, RowId)>,
    /// Sorted.
    pub machines: Vec<String>,
    /// Sorted.
    pub components: Vec<String>,
    pub gaps: Vec<Gap>,
    /// Records whose end or begin is missing.
    pub cut: u64,
    pub lines_not_understood: u64,
}

/// What all files hold together.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    pub files: Vec<FileCoverage>,
}

/// Silence that is worth a word: no server and no client that is signed in is silent as long.
const GAP_MS: i64 = 15 * 60_000;

impl Coverage {
    pub(super) fn of(index: &Index) -> Self {
        let mut files: Vec<FileCoverage> = index
            .files()
            .iter()
            .map(|file| FileCoverage { file: file.name().to_owned(), format: file.format, ..FileCoverage::default() })
            .collect();
        let mut before: Vec<Option<(Millis, RowId)>> = vec![None; files.len()];
        for (block, first_row) in index.blocks().iter().zip(index.first_rows()) {
            let number = usize::from(block.file);
            let (Some(file), Some(before)) = (files.get_mut(number), before.get_mut(number)) else { continue };
            file.records += block.len() as u64;
            file.lines_not_understood += u64::from(block.lines_not_understood);
            let mut named = vec![(false, false); block.names.len()];
            for (row, at) in (*first_row..).map(RowId).zip(0..block.len()) {
                let traits = block.traits(at);
                file.cut += u64::from(traits.oddities().intersects(Oddities::NO_END | Oddities::NO_HEADER));
                let mark = |id: Option<&u16>| usize::from(id.copied().unwrap_or(0));
                if let Some(named) = named.get_mut(mark(block.machine.get(at))) {
                    named.0 = true;
                }
                if let Some(named) = named.get_mut(mark(block.component.get(at))) {
                    named.1 = true;
                }
                if !traits.has_time() {
                    continue;
                }
                let time = index.clock_at(block, at).resolve(block.time(at));
                if let Some((_, before)) = before.filter(|(earlier, _)| time.0 - earlier.0 > GAP_MS) {
                    file.gaps.push(Gap { before, after: row });
                }
                let own = (time, row);
                *before = Some(own);
                file.first = Some(file.first.map_or(own, |first| first.min(own)));
                file.last = Some(file.last.map_or(own, |last| last.max(own)));
            }
            for (id, name) in block.names.iter() {
                let (is_machine, is_component) = named.get(usize::from(id)).copied().unwrap_or_default();
                let text = || crate::protocol::lines::to_text(name);
                if is_machine {
                    insert(&mut file.machines, text());
                }
                if is_component {
                    insert(&mut file.components, text());
                }
            }
        }
        Self { files }
    }

    #[must_use]
    pub fn has_server_trace(&self) -> bool {
        self.files.iter().any(|file| matches!(file.format, Some(Format::Cls | Format::OcsLogger)) && file.records > 0)
    }

    #[must_use]
    pub fn has_client_log(&self) -> bool {
        self.files.iter().any(|file| matches!(file.format, Some(Format::Uccapi | Format::Text)) && file.records > 0)
    }

    /// When the last record of a file was written.
    #[must_use]
    pub fn end_of(&self, file: u16) -> Option<Millis> {
        self.files.get(usize::from(file))?.last.map(|(time, _)| time)
    }
}

fn insert(sorted: &mut Vec<String>, name: String) {
    if let Err(at) = sorted.binary_search(&name) {
        sorted.insert(at, name);
    }
}
