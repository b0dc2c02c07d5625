//! `info`: what was opened, file by file.

use super::{Ready, TextOrJson};
use crate::export::counted;
use crate::format::{Clock, Millis};
use crate::index::{Block, Index, TraceFile};
use serde::Serialize;
use std::io::{self, Write};

#[derive(Serialize)]
struct Info {
    files: Vec<FileInfo>,
}

#[derive(Serialize)]
struct FileInfo {
    file: String,
    format: Option<&'static str>,
    encoding: Option<&'static str>,
    bytes: u64,
    records: u64,
    messages: u64,
    lines_not_understood: u64,
    first: Option<String>,
    last: Option<String>,
    clock: Option<String>,
    clock_source: Option<String>,
    warnings: Vec<String>,
}

/// Writes what is known of every file, files that were passed over included.
pub fn write(out: &mut impl Write, ready: &Ready<'_>, format: TextOrJson) -> io::Result<()> {
    let mut files: Vec<FileInfo> =
        (0..).zip(ready.index.files()).map(|(number, file)| of(ready.index, number, file)).collect();
    files.extend(ready.skipped.iter().map(|skipped| FileInfo {
        file: skipped.name.clone(),
        format: None,
        encoding: None,
        bytes: skipped.bytes,
        records: 0,
        messages: 0,
        lines_not_understood: 0,
        first: None,
        last: None,
        clock: None,
        clock_source: None,
        warnings: vec![format!("passed over: {}", skipped.why)],
    }));
    match format {
        TextOrJson::Json => {
            serde_json::to_writer_pretty(&mut *out, &Info { files })?;
            writeln!(out)
        }
        TextOrJson::Text => files.iter().try_for_each(|file| write_text(out, file)),
    }
}

fn of(index: &Index, number: u16, file: &TraceFile) -> FileInfo {
    let blocks = || index.blocks().iter().filter(move |block| block.file == number);
    let times = || {
        let resolved = |block: &Block, row| index.clock_at(block, row).resolve(block.time(row));
        blocks().flat_map(move |block| {
            (0..block.len()).filter(|&row| block.traits(row).has_time()).map(move |row| resolved(block, row))
        })
    };
    let clock = index.file_clock(usize::from(number)).cloned().unwrap_or_default();
    // These are times in UTC already, where it is known.
    let shown = if clock.clock.is_known() { Clock::Utc } else { Clock::Unknown };
    let at = |time: Option<Millis>| time.map(|time| shown.rfc3339(time));
    FileInfo {
        file: file.name().to_owned(),
        format: file.format.map(crate::format::Format::name),
        encoding: Some(file.source.encoding().name()),
        bytes: file.source.disk_len(),
        records: blocks().map(|block| block.len() as u64).sum(),
        messages: blocks().map(|block| u64::from(block.messages)).sum(),
        lines_not_understood: blocks().map(|block| u64::from(block.lines_not_understood)).sum(),
        first: at(times().min()),
        last: at(times().max()),
        clock: Some(clock.clock.to_string()),
        clock_source: Some(clock.source.clone()),
        warnings: file.warnings.iter().chain(&clock.warnings).cloned().collect(),
    }
}

fn write_text(out: &mut impl Write, file: &FileInfo) -> io::Result<()> {
    writeln!(out, "{}", file.file)?;
    if let Some(format) = file.format {
        writeln!(out, "  {format}, {}, {} bytes", file.encoding.unwrap_or_default(), file.bytes)?;
        writeln!(
            out,
            "  {}, {}, {} not understood",
            counted(file.records, "record"),
            counted(file.messages, "message"),
            counted(file.lines_not_understood, "line")
        )?;
        if let (Some(first), Some(last)) = (&file.first, &file.last) {
            writeln!(out, "  {first} to {last}")?;
        }
        writeln!(
            out,
            "  clock {}: {}",
            file.clock.as_deref().unwrap_or_default(),
            file.clock_source.as_deref().unwrap_or_default()
        )?;
    }
    file.warnings.iter().try_for_each(|warning| writeln!(out, "  {warning}"))
}
