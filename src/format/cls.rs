//! Server traces as text: OCSLogger (2007 to 2010) and the Centralized Logging Service (2013 and later).
//!
//! A record starts with a header line
//! `TL_LEVEL(FLAG) [origin]process.thread::date-time.sequence (component,scope) [correlation] text`
//! and runs to the next one. Typed records put their fields between `$$begin_record` and
//! `$$end_record`; web components write HTTP as plain text. Component names, scopes and file names
//! differ from build to build and are never matched on.

mod header;
mod typed;
mod web;

use self::header::HeaderLine;
use self::typed::typed;
use self::web::find_message;
use super::{Kind, Oddities, Record, Sink, skip_blank_start};
use crate::protocol::Header;
use crate::protocol::lines::{Lines, is_blank, line_end, split_line};
use memchr::memchr;
use memchr::memmem::{self, Finder};
use std::ops::Range;
use std::sync::LazyLock;

const BEGIN: &[u8] = b"$$begin_record";
const END: &[u8] = b"$$end_record";

/// A searcher made once: making one costs more than searching a record with it.
static END_LINE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(END));

/// The origin of a header line, for detection; `None` where the line is no header.
pub fn source_of(line: &[u8]) -> Option<&[u8]> {
    HeaderLine::parse(line).map(|header| header.source)
}

/// Any header at the start of a line starts a record, whatever stands before it. A header without a
/// time is no place to start: its record stands at the time of the one before it.
pub fn safe_start(bytes: &[u8], from: usize) -> usize {
    let scanner = Scanner::new(bytes);
    let mut at = from;
    while let Some((start, header)) = scanner.next_header(at) {
        if header.time.is_some() {
            return start;
        }
        at = start + 1;
    }
    bytes.len()
}

/// Finds header lines.
struct Scanner<'a> {
    bytes: &'a [u8],
    finder: memmem::Finder<'static>,
}

impl<'a> Scanner<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, finder: memmem::Finder::new(b"\nTL_") }
    }

    /// The first header line that starts at or after the line start `from`, where usually only blank
    /// lines stand before it.
    #[inline]
    fn header_after_blanks(&self, from: usize) -> Option<(usize, HeaderLine<'a>)> {
        let rest = self.bytes.get(from..)?;
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        match rest.get(blank..).and_then(HeaderLine::parse) {
            Some(header) if blank == 0 || rest.get(blank - 1) == Some(&b'\n') => Some((from + blank, header)),
            _ => self.next_header(from),
        }
    }

    /// The first header line that starts at or after `from`.
    #[inline]
    fn next_header(&self, from: usize) -> Option<(usize, HeaderLine<'a>)> {
        if from == 0 {
            let start = skip_blank_start(self.bytes);
            if let Some(header) = self.bytes.get(start..).and_then(HeaderLine::parse) {
                return Some((start, header));
            }
        }
        let mut at = from.saturating_sub(1);
        loop {
            at += self.finder.find(self.bytes.get(at..)?)? + 1;
            if let Some(header) = HeaderLine::parse(self.bytes.get(at..)?) {
                return Some((at, header));
            }
        }
    }
}

/// Cuts a stretch into records.
pub fn read(stretch: &[u8], sink: &mut impl Sink) {
    let scanner = Scanner::new(stretch);
    let next = scanner.next_header(0);
    let mut cutter = Cutter { stretch, scanner, sink, headers: Vec::new() };
    let first_header = next.as_ref().map_or(stretch.len(), |(at, _)| *at);
    if !is_blank(stretch.get(skip_blank_start(stretch)..first_header).unwrap_or_default()) {
        cutter.headerless(0, first_header);
    }
    // Blank lines before the first header belong to the first record.
    let start = if first_header == skip_blank_start(stretch) { 0 } else { first_header };
    cutter.records(start, next);
}

/// Cuts what stands between two header lines, which usually is one record.
struct Cutter<'a, 's, S> {
    stretch: &'a [u8],
    scanner: Scanner<'a>,
    sink: &'s mut S,
    /// Those of the record that is being read.
    headers: Vec<Header<'a>>,
}

impl<'a, S: Sink> Cutter<'a, '_, S> {
    fn give(&mut self, range: Range<usize>, record: &Record<'a>) {
        self.sink.record(range, record, &self.headers);
        self.headers.clear();
    }

    fn bytes(&self, from: usize, to: usize) -> &'a [u8] {
        self.stretch.get(from..to).unwrap_or_default()
    }

    /// Where the first line that is not blank starts: blank lines after a record belong to it.
    fn after_blanks(&self, from: usize, end: usize) -> usize {
        let rest = self.bytes(from, end);
        if is_blank(rest) {
            return end;
        }
        Lines::new(rest).find(|line| !is_blank(line.text)).map_or(end, |line| from + line.start)
    }

    /// All records from a header on; the bytes of the first one start at `start`.
    fn records(&mut self, mut start: usize, mut next: Option<(usize, HeaderLine<'a>)>) {
        while let Some((at, header)) = next {
            let bytes = self.bytes(at, self.stretch.len());
            let mut record = header.record(Kind::Trace, &[]);
            let extent = complete(&mut record, bytes, &header, Some(&mut self.headers));
            let own_end = at + extent.end;
            next = match extent.next {
                Next::Header(next, header) => Some((at + next, header)),
                Next::Nothing => None,
                Next::Unknown => self.scanner.header_after_blanks(own_end),
            };
            let end = next.as_ref().map_or(self.stretch.len(), |(at, _)| *at);
            let record_end = self.after_blanks(own_end, end);
            record.text = self.bytes(at + header.text_at, record_end);
            self.give(start..record_end, &record);
            if record_end < end {
                self.headerless(record_end, end);
            }
            start = end;
        }
    }

    /// Lines that follow no header: typed records that lost theirs, or lines we do not know.
    fn headerless(&mut self, from: usize, end: usize) {
        let mut at = from;
        while at < end {
            let bytes = self.bytes(at, end);
            let typed = starts_fields(bytes.get(skip_blank_start(bytes)..).unwrap_or_default());
            let own = if typed { end_line(bytes).map(|(_, next)| next) } else { next_field_line(bytes) };
            let next = self.after_blanks(at + own.unwrap_or(bytes.len()), end);
            let bytes = self.bytes(at, next);
            let record = if typed { without_header(bytes, Some(&mut self.headers)) } else { Record::unknown(bytes) };
            self.give(at..next, &record);
            at = next;
        }
    }
}

/// Start of the first line that is `$$end_record`, and of the line after it.
fn end_line(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut at = 0;
    loop {
        let found = at + END_LINE.find(bytes.get(at..)?)?;
        at = found + END.len();
        if found > 0 && bytes.get(found - 1) != Some(&b'\n') {
            continue;
        }
        let rest = bytes.get(at..)?;
        let line_end = memchr(b'\n', rest).unwrap_or(rest.len());
        if is_blank(rest.get(..line_end)?) {
            return Some((found, (at + line_end + 1).min(bytes.len())));
        }
    }
}

/// How far the record of a header reaches.
struct Extent<'a> {
    /// Where its own lines end.
    end: usize,
    next: Next<'a>,
}

/// What is known of the header that follows a record.
enum Next<'a> {
    Header(usize, HeaderLine<'a>),
    /// None follows.
    Nothing,
    /// Nobody looked further than the end of the record.
    Unknown,
}

/// What ends the fields of a typed record.
enum Stop<'a> {
    /// `$$end_record`: where the line after it starts.
    End(usize),
    Header(HeaderLine<'a>),
}

/// Looks whether the line that starts at `at` ends a typed record. Its first byte tells nearly always.
#[inline]
fn stop_at(bytes: &[u8], at: usize) -> Option<Stop<'_>> {
    match bytes.get(at)? {
        b'$' => {
            let after = at + END.len();
            let rest = bytes.get(at..after).filter(|line| *line == END).and_then(|_| bytes.get(after..))?;
            let end = line_end(rest).unwrap_or(rest.len());
            is_blank(rest.get(..end)?).then(|| Stop::End((after + end + 1).min(bytes.len())))
        }
        b'T' => HeaderLine::parse(bytes.get(at..)?).map(Stop::Header),
        _ => None,
    }
}

/// Start of the line after the one that holds `at`.
#[inline]
fn next_line(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).and_then(line_end).map_or(bytes.len(), |end| at + end + 1)
}

/// Lines after the first of a plain record, up to the next header.
struct PlainLines<'a> {
    /// Where the record ends before the next header: at fields that lost their header, or at lines that
    /// could not be decoded.
    cut: Option<usize>,
    /// Where the first `$$end_record` stands.
    orphan_end: Option<usize>,
    next: Option<(usize, HeaderLine<'a>)>,
}

impl<'a> PlainLines<'a> {
    fn read(bytes: &'a [u8], from: usize, has_fields: bool) -> Self {
        let mut lines = Self { cut: None, orphan_end: None, next: None };
        let mut at = from;
        while let Some(&first) = bytes.get(at) {
            match first {
                b'T' | b'$' => match stop_at(bytes, at) {
                    Some(Stop::Header(header)) => {
                        lines.next = Some((at, header));
                        break;
                    }
                    Some(Stop::End(_)) => {
                        lines.orphan_end.get_or_insert(at);
                    }
                    None => {}
                },
                b'U' | b'L' | b'S' if lines.cut.is_none() => {
                    let line = bytes.get(at..).unwrap_or_default();
                    if line.starts_with(b"Unknown(") || !has_fields && starts_fields(line) {
                        lines.cut = Some(at);
                    }
                }
                _ => {}
            }
            at = next_line(bytes, at);
        }
        lines
    }
}

/// Start of the first line after the first that begins a typed record's fields.
fn next_field_line(bytes: &[u8]) -> Option<usize> {
    Lines::new(bytes).skip(1).find(|line| starts_fields(line.text)).map(|line| line.start)
}

fn starts_fields(text: &[u8]) -> bool {
    text.starts_with(b"LogType:") || text.starts_with(b"Severity:")
}

/// Reads one record again from its own bytes.
pub fn reread(bytes: &[u8], kind: Kind) -> Record<'_> {
    let start = skip_blank_start(bytes);
    let own = bytes.get(start..).unwrap_or_default();
    // A header that does not start a line starts no record, so look at the kind first.
    if kind == Kind::Unknown {
        return Record::unknown(bytes);
    }
    match HeaderLine::parse(own) {
        Some(header) => {
            let mut record = header.record(Kind::Trace, &[]);
            complete(&mut record, own, &header, None);
            record
        }
        None => without_header(own, None),
    }
}

/// Completes the record whose header stands at the start of `bytes`, in one walk from its first line to its
/// last, and says how far it reaches. `headers`, where given, gets those of a message that columns are made of.
#[inline]
fn complete<'a>(
    record: &mut Record<'a>,
    bytes: &'a [u8],
    header: &HeaderLine<'a>,
    headers: Option<&mut Vec<Header<'a>>>,
) -> Extent<'a> {
    let first_end = next_line(bytes, header.text_at);
    if header.begins_record {
        record.text = bytes.get(header.text_at..).unwrap_or_default();
        record.kind = header.kind_of_flag();
        let (end, stop) = typed(record, bytes, first_end, headers);
        let extent = match stop {
            Some(Stop::End(after)) => Extent { end: after, next: Next::Unknown },
            Some(Stop::Header(next)) => Extent { end, next: Next::Header(end, next) },
            None => Extent { end, next: Next::Nothing },
        };
        if !matches!(stop, Some(Stop::End(_))) {
            record.oddities |= Oddities::NO_END;
        }
        return extent;
    }
    let has_fields = header.kind_of_flag() != Kind::Trace;
    let lines = PlainLines::read(bytes, first_end, has_fields);
    let next = lines.next.map_or(Next::Nothing, |(at, header)| Next::Header(at, header));
    let end = match (lines.cut, &next) {
        (Some(cut), _) => cut,
        (None, Next::Header(at, _)) => *at,
        _ => bytes.len(),
    };
    record.text = bytes.get(header.text_at..end).unwrap_or_default();
    let (first, rest) = split_line(record.text);
    if has_fields && starts_fields(rest) {
        record.kind = header.kind_of_flag();
        typed(record, rest, 0, headers);
    } else {
        find_message(record, first, rest);
        if let (Some(headers), Some(message)) = (headers, &record.message) {
            headers.extend(message.headers().of_columns());
        }
    }
    if lines.orphan_end.is_some_and(|at| at < end) {
        count_orphan_ends(record, rest);
    }
    Extent { end, next }
}

fn without_header<'a>(bytes: &'a [u8], headers: Option<&mut Vec<Header<'a>>>) -> Record<'a> {
    let mut record = Record::of_kind(Kind::Diagnostic, bytes);
    typed(&mut record, bytes, 0, headers);
    record.oddities |= Oddities::NO_HEADER;
    count_orphan_ends(&mut record, bytes);
    record
}

/// An end without its begin is counted as a line that was not understood.
fn count_orphan_ends(record: &mut Record<'_>, text: &[u8]) {
    let ends = Lines::new(text).filter(|line| line.text.trim_ascii() == END).count();
    if ends > 0 && record.kind != Kind::Unknown {
        record.lines_not_understood = u32::try_from(ends).unwrap_or(u32::MAX);
        record.oddities |= Oddities::NOT_UNDERSTOOD;
    }
}

#[cfg(test)]
mod tests;
