//! Everything the detail pane shows of the selected record, as plain data.

use super::explained::Explained;
use super::steps::Step;
use super::view;
use crate::index::{Entry, Index, RowId};
use crate::protocol::HeaderName;
use crate::protocol::header::split_field;
use crate::protocol::lines::to_text;
use crate::trace::Outcome;

/// Most bytes of a record that are shown at once.
const MAX_SHOWN: usize = 1 << 20;

/// The selected record, ready to be shown.
#[derive(Clone, Debug)]
pub struct Detail {
    pub row: RowId,
    pub entry: Entry,
    pub outcome: Option<Outcome>,
    pub lines: Vec<DetailLine>,
    pub explained: Explained,
    /// Bytes that are not shown because the record is very long.
    pub not_shown: usize,
}

/// One line of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetailLine {
    pub text: String,
    pub kind: LineKind,
}

/// What a line of a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Prefix and fields that the log puts around a message.
    Trace,
    StartLine,
    Header,
    /// A diagnostics header.
    Diagnostics,
    Body,
}

impl Detail {
    /// Reads a row; `None` where there is no such row.
    #[must_use]
    pub fn of(index: &Index, row: RowId, step: Option<Step>) -> Option<Self> {
        let entry = index.entry(row)?;
        let raw = index.readable(row);
        let shown = raw.get(..MAX_SHOWN).unwrap_or(&raw);
        let text = to_text(shown);
        let lines = classify(text.trim_start_matches('\u{FEFF}').trim_end(), &entry);
        let explained = Explained { step, ..Explained::of(index, row, &entry) };
        let not_shown = raw.len() - shown.len();
        Some(Self { row, outcome: view::outcome(index, row), entry, lines, explained, not_shown })
    }
}

/// Tells the parts of a record apart: the log's own lines, start line, headers, body.
fn classify(text: &str, entry: &Entry) -> Vec<DetailLine> {
    let mut lines = Vec::new();
    let mut in_head = false;
    let mut in_body = false;
    let start_line = entry.start_line.as_deref();
    for line in text.lines() {
        let is_start = start_line.is_some_and(|start| line.ends_with(start) || line.contains("RequestVerb="));
        let kind = if in_body {
            if is_trace_line(line) { LineKind::Trace } else { LineKind::Body }
        } else if in_head {
            head_kind(line)
        } else if is_start {
            in_head = true;
            LineKind::StartLine
        } else {
            LineKind::Trace
        };
        if in_head && (line.is_empty() || line.starts_with("Message-Body:")) {
            in_body = true;
        }
        // The prefix of the log and the start line of the message may share a line; each gets its own here.
        let shared = (kind == LineKind::StartLine).then(|| start_in(line, start_line.unwrap_or_default())).flatten();
        let text = match shared {
            Some((prefix, start)) => {
                lines.push(DetailLine { text: prefix.to_owned(), kind: LineKind::Trace });
                start
            }
            None => line,
        };
        lines.push(DetailLine { text: text.to_owned(), kind });
    }
    lines
}

/// Splits a line where the start line of a message begins in it, if something of the log stands before.
fn start_in<'a>(line: &'a str, start_line: &str) -> Option<(&'a str, &'a str)> {
    let at = line.rfind(start_line).or_else(|| line.find("RequestU"))?;
    let (prefix, start) = line.split_at_checked(at)?;
    // A field such as `Start-Line:` belongs to the line it names.
    (prefix.len() > 24).then_some((prefix.trim_end(), start))
}

fn head_kind(line: &str) -> LineKind {
    if is_trace_line(line) {
        return LineKind::Trace;
    }
    match split_field(line.as_bytes()) {
        Some((name, _)) if HeaderName::of(name) == HeaderName::Diagnostics => LineKind::Diagnostics,
        _ => LineKind::Header,
    }
}

/// Lines the log adds inside a message: end lines, and entries of other threads.
fn is_trace_line(line: &str) -> bool {
    line == "$$end_record"
        || line.starts_with("------------EndOf")
        || (line.get(10..11) == Some("|") && line.contains(" :: "))
}
