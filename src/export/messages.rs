//! Messages as lines: text for people, NDJSON and CSV for scripts.

use crate::index::{Entry, Index, RowId};
use crate::trace::in_words;
use serde_json::Value;
use std::io::{self, Write};

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Text,
    Ndjson,
    Csv,
}

/// Writes rows, one line each.
///
/// # Errors
/// Where `out` cannot be written to.
pub fn messages(
    out: &mut impl Write,
    index: &Index,
    rows: impl Iterator<Item = RowId>,
    format: Format,
) -> io::Result<()> {
    let mut rows = rows;
    if format == Format::Text {
        return rows.try_for_each(|row| match index.entry(row) {
            Some(entry) => {
                let words = index.with_record(row, |record| record.message.is_none().then(|| in_words(record)));
                writeln!(out, "{}", summary_line(&entry, words.flatten()))
            }
            None => Ok(()),
        });
    }
    let mut entries = rows.filter_map(|row| index.entry(row));
    match format {
        Format::Text => Ok(()),
        Format::Ndjson => entries.try_for_each(|entry| {
            serde_json::to_writer(&mut *out, &entry)?;
            out.write_all(b"\n")
        }),
        Format::Csv => {
            let mut csv = csv::Writer::from_writer(out);
            // The columns are named where nothing is selected, too.
            csv.write_record(cells(&Entry::default())?.0).map_err(io_error)?;
            for entry in entries {
                csv.write_record(cells(&entry)?.1).map_err(io_error)?;
            }
            csv.flush()
        }
    }
}

/// The error as the writer gave it: by its kind a reader that went away is known.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// One record as a line for people; `words` say what stands in it where that is no message.
fn summary_line(entry: &Entry, words: Option<String>) -> String {
    let direction = match entry.direction {
        Some("in") => "<-",
        Some("out") => "->",
        _ => "  ",
    };
    let who = match (&entry.from, &entry.to) {
        (Some(from), Some(to)) if from != to => format!("{from} > {to}"),
        (Some(one), _) | (None, Some(one)) => one.clone(),
        (None, None) => entry.uris.first().cloned().unwrap_or_default(),
    };
    let what = entry.start_line.clone().or(words).unwrap_or_else(|| entry.kind.to_owned());
    let codes: Vec<String> = entry
        .diagnostics
        .iter()
        .map(|diagnostic| {
            format!("{} {}", diagnostic.code, diagnostic.reason.as_deref().unwrap_or_default()).trim_end().to_owned()
        })
        .collect();
    let codes = if codes.is_empty() { String::new() } else { format!("  [{}]", codes.join("; ")) };
    let time = entry.time.as_deref().unwrap_or("-");
    let place = entry.machine.as_deref().or(entry.peer.as_deref()).unwrap_or_default();
    format!("{:>7}  {time:<24}  {direction}  {place:<22}  {who:<28}  {what}{codes}", entry.n).trim_end().to_owned()
}

/// One record as the cells of a table, in the order of the fields; lists are joined by `; `.
fn cells(entry: &Entry) -> io::Result<(Vec<String>, Vec<String>)> {
    let Value::Object(fields) = serde_json::to_value(entry)? else { return Ok((vec![], vec![])) };
    Ok(fields.into_iter().map(|(name, value)| (name, cell(value))).unzip())
}

fn cell(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        Value::Array(items) => items.into_iter().map(cell).collect::<Vec<_>>().join("; "),
        // A diagnostic: its header, code and reason.
        Value::Object(mut fields) => {
            let parts = ["header", "code", "reason"].map(|name| fields.remove(name).map(cell).unwrap_or_default());
            parts.join(" ").trim_end().to_owned()
        }
        other => other.to_string(),
    }
}
