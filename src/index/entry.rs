//! Everything that is known of one record, as text: what scripts get and the detail pane shows.

use super::{Index, RowId};
use crate::format::{Oddities, Record};
use crate::protocol::diagnostics::Diagnostic;
use crate::protocol::lines::to_text;
use crate::protocol::message::cseq;
use crate::protocol::{HeaderName, Message, Protocol, address, diagnostics};
use serde::Serialize;

/// One record with the fields and names that scripts rely on. Absent values are `None`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Entry {
    /// Number in the order of the window, from 1.
    pub n: u64,
    pub file: String,
    /// Bytes in the file as it lies on the disk.
    pub offset: u64,
    pub length: u64,
    /// RFC 3339; with `Z` where the clock is known.
    pub time: Option<String>,
    pub format: &'static str,
    pub kind: &'static str,
    pub level: Option<String>,
    pub component: Option<String>,
    pub pool: Option<String>,
    pub machine: Option<String>,
    pub process: Option<String>,
    pub thread: Option<String>,
    pub correlation: Option<String>,
    pub direction: Option<&'static str>,
    pub local: Option<String>,
    pub peer: Option<String>,
    pub protocol: Option<&'static str>,
    pub start_line: Option<String>,
    pub method: Option<String>,
    pub status: Option<u16>,
    pub reason: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub call_id: Option<String>,
    pub cseq: Option<u32>,
    pub uris: Vec<String>,
    pub diagnostics: Vec<Diagnostic>,
    pub notes: Vec<String>,
}

impl Index {
    /// Reads a row whole; `None` where there is no such row.
    #[must_use]
    pub fn entry(&self, row: RowId) -> Option<Entry> {
        let (block, at) = self.locate(row)?;
        let file = self.files().get(usize::from(block.file))?;
        let bytes = file.source.original(block.bytes_of(at));
        let traits = block.traits(at);
        let mut entry = Entry {
            n: self.position(row).number(),
            file: file.name().to_owned(),
            offset: bytes.start,
            length: bytes.end - bytes.start,
            time: self.time_text(row),
            format: file.format?.name(),
            kind: traits.kind().name(),
            ..Entry::default()
        };
        self.with_record(row, |record| entry.fill(record))?;
        Some(entry)
    }
}

impl Entry {
    fn fill(&mut self, record: &Record<'_>) {
        self.level = text(record.level);
        self.component = text(record.component);
        self.pool = text(record.pool);
        self.machine = text(record.machine);
        self.process = text(record.process);
        self.thread = text(record.thread);
        self.correlation = text(record.correlation);
        self.direction = record.direction.name();
        self.local = text(record.local);
        self.peer = text(record.peer);
        self.notes = record.oddities.notes().into_iter().map(str::to_owned).collect();
        if let Some(message) = &record.message {
            self.fill_message(message, record.oddities);
        } else {
            self.call_id = text(record.about.0);
            self.cseq = cseq(record.about.1).map(|(number, _)| number);
            diagnostics::in_text(record.text, |loose| self.diagnostics.push(loose.to_diagnostic()));
        }
    }

    fn fill_message(&mut self, message: &Message<'_>, oddities: Oddities) {
        self.protocol = Some(match message.protocol() {
            Protocol::Sip => "sip",
            Protocol::Http => "http",
        });
        self.start_line = Some(message.start_line()).filter(|line| !line.is_empty());
        self.status = message.start.status();
        self.reason = message.start.reason();
        // Of headers that stand twice the first that can be read counts, as in the columns.
        let all = |name| message.headers().filter(move |header| header.name == name);
        let cseq = all(HeaderName::CSeq).find_map(|header| cseq(header.value));
        self.method = message
            .start
            .method()
            .filter(|method| !method.is_empty())
            .or_else(|| cseq.map(|(_, method)| method))
            .and_then(text);
        self.cseq = cseq.map(|(number, _)| number);
        self.call_id = all(HeaderName::CallId).map(|header| header.text()).find(|id| !id.is_empty());
        let address = |name| all(name).find_map(|header| address::first(header.value)).map(|found| found.canonical());
        self.from = address(HeaderName::From);
        self.to = address(HeaderName::To);
        self.uris = message.uris();
        self.diagnostics = message.diagnostics();
        self.notes.extend(length_note(message, oddities));
    }
}

/// A note where the body is shorter than the message says: the log was cut there.
fn length_note(message: &Message<'_>, oddities: Oddities) -> Option<String> {
    let said = message.content_length()?;
    // A log that was saved again with LF has one byte less a line.
    let lines = memchr::memchr_iter(b'\n', message.body).count() as u64;
    let there = message.body.len() as u64;
    let is_short = message.protocol() == Protocol::Sip
        && there + lines + 2 < said
        && !oddities.intersects(Oddities::ENCLOSES | Oddities::REPAIRED);
    is_short.then(|| format!("the body has {there} of {said} bytes"))
}

fn text(bytes: &[u8]) -> Option<String> {
    (!bytes.is_empty()).then(|| to_text(bytes))
}
