//! Server traces as text: OCSLogger (2007 to 2010) and the Centralized Logging Service (2013 and later).
//!
//! A record starts with a header line
//! `TL_LEVEL(FLAG) [origin]process.thread::date-time.sequence (component,scope) [correlation] text`
//! and runs to the next one. Typed records put their fields between `$$begin_record` and
//! `$$end_record`; web components write HTTP as plain text. Component names, scopes and file names
//! differ from build to build and are never matched on.

use super::{Direction, Kind, Millis, Oddities, Record, Sink, clock, skip_blank_start};
use crate::protocol::lines::{Lines, is_blank, line_end, split_line};
use crate::protocol::message::FirstLine;
use crate::protocol::start_line::strip_prefix_ignore_case;
use crate::protocol::{Message, StartLine, header};
use memchr::memchr;
use memchr::memmem::{self, Finder};
use std::sync::LazyLock;

const BEGIN: &[u8] = b"$$begin_record";
const END: &[u8] = b"$$end_record";
const BODY: &[u8] = b"Message-Body:";
/// How far the start and the end of a body are searched at once, in bytes; longer bodies are read line by line, so that
/// records without an end cost no more than they are long.
const NEAR: usize = 8 << 10;

/// Searchers made once: making one costs more than searching a record with it.
static END_LINE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(END));
static REQUEST_URL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"RequestU"));
static BODY_LINE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\nMessage-Body:"));
static END_OF_BODY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\n$$end_record"));
static HEADER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\nTL_"));
static UCMA_END: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"-EndOf"));

/// The header line of a record.
#[derive(Clone, Copy, Debug)]
struct Header<'a> {
    level: &'a [u8],
    flag: &'a [u8],
    /// `POOL\MACHINE`, or the number of a processor.
    source: &'a [u8],
    process: &'a [u8],
    thread: &'a [u8],
    time: Option<Millis>,
    component: &'a [u8],
    correlation: &'a [u8],
    /// Where the text after the header starts, and whether a typed record begins there.
    text_at: usize,
    begins_record: bool,
}

impl<'a> Header<'a> {
    /// Reads a header at the start of `text`; `None` where there is none.
    fn parse(text: &'a [u8]) -> Option<Self> {
        let rest = text.strip_prefix(b"TL_")?;
        let (level, rest) = run(rest, UPPER)?;
        let rest = rest.strip_prefix(b"(")?;
        let (flag, rest) = run(rest, UPPER | DIGIT | UNDERSCORE)?;
        let rest = skip_blanks(rest.strip_prefix(b")")?).strip_prefix(b"[")?;
        let source_end = up_to(rest, 256).iter().position(|byte| matches!(byte, b']' | b'\n'))?;
        let (source, rest) = rest.split_at_checked(source_end)?;
        let rest = skip_blanks(rest.strip_prefix(b"]")?);
        let (process, rest) = run(rest, HEX)?;
        let (thread, rest) = run(rest.strip_prefix(b".")?, HEX)?;
        let rest = rest.strip_prefix(b"::")?;
        let time = match Millis::parse(rest)? {
            clock::Parsed::At(time) => Some(time),
            clock::Parsed::NoDate => None,
        };
        let (_, rest) = run(rest.get(23..)?.strip_prefix(b".")?, HEX)?;
        let rest = skip_blanks(rest).strip_prefix(b"(")?;
        let component_end = up_to(rest, 256).iter().position(|byte| matches!(byte, b',' | b'(' | b')' | b'\n'))?;
        let (component, rest) = rest.split_at_checked(component_end)?;
        if component.is_empty() || !rest.starts_with(b",") {
            return None;
        }
        // The scope holds parentheses of its own: `A::operator()(file.cpp(125))`.
        let line_end = line_end(rest).unwrap_or(rest.len());
        let line = rest.get(..line_end)?;
        let (correlation, after, begins_record) = if let Some((correlation, after)) = end_of_typed(line) {
            (correlation, after, true)
        } else {
            let after = after_closing(line).unwrap_or_default();
            let (correlation, after) = bracketed(after, b'[', b']', DIGIT).unwrap_or((&[], after));
            let (_, after) = bracketed(after, b'(', b')', HEX | BLANK).unwrap_or((&[], after));
            (correlation, after, after.trim_ascii_end().ends_with(BEGIN))
        };
        let text_at = text.len() - rest.len() + line_end - after.len();
        Some(Self { level, flag, source, process, thread, time, component, correlation, text_at, begins_record })
    }

    /// The parts of the origin: pool and machine.
    fn origin(&self) -> (&'a [u8], &'a [u8]) {
        match self.source.iter().rposition(|&byte| byte == b'\\') {
            Some(at) => (self.source.get(..at).unwrap_or_default(), self.source.get(at + 1..).unwrap_or_default()),
            None if self.source.iter().all(u8::is_ascii_digit) => (&[], &[]),
            None => (&[], self.source),
        }
    }

    fn record(&self, kind: Kind, text: &'a [u8]) -> Record<'a> {
        let (pool, machine) = self.origin();
        let (level, component) = (self.level, self.component);
        let (process, thread, correlation) = (self.process, self.thread, self.correlation);
        let oddities = if self.time.is_none() { Oddities::BAD_TIME } else { Oddities::empty() };
        Record {
            time: self.time,
            level,
            component,
            pool,
            machine,
            process,
            thread,
            correlation,
            oddities,
            ..Record::of_kind(kind, text)
        }
    }

    /// The kind that the flag names, for a record with fields.
    fn kind_of_flag(&self) -> Kind {
        match self.flag {
            b"TF_DIAG" => Kind::Diagnostic,
            b"TF_CONNECTION" => Kind::Connection,
            b"TF_SECURITY" => Kind::Security,
            _ => Kind::Trace,
        }
    }
}

/// Classes of bytes in header lines; a byte may be of several.
const UPPER: u8 = 1;
const DIGIT: u8 = 1 << 1;
const HEX: u8 = 1 << 2;
const BLANK: u8 = 1 << 3;
const UNDERSCORE: u8 = 1 << 4;

/// The classes of every ASCII byte, others have none: one look instead of several comparisons for each byte of a header line.
#[expect(clippy::indexing_slicing, reason = "runs in the compiler, which checks it")]
static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0u8;
    while byte < 128 {
        classes[byte as usize] = (byte.is_ascii_uppercase() as u8 * UPPER)
            | (byte.is_ascii_digit() as u8 * DIGIT)
            | (byte.is_ascii_hexdigit() as u8 * HEX)
            | ((byte == b' ') as u8 * BLANK)
            | ((byte == b'_') as u8 * UNDERSCORE);
        byte += 1;
    }
    classes
};

/// At least one byte of some classes.
#[inline]
fn run(text: &[u8], classes: u8) -> Option<(&[u8], &[u8])> {
    let is_other = |byte: &u8| CLASSES.get(usize::from(*byte)).is_none_or(|of| of & classes == 0);
    let end = up_to(text, 64).iter().position(is_other).filter(|&end| end > 0)?;
    text.split_at_checked(end)
}

/// The first bytes of a text, at most so many.
fn up_to(text: &[u8], length: usize) -> &[u8] {
    text.get(..length).unwrap_or(text)
}

fn skip_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    text.get(blanks..).unwrap_or_default()
}

/// The end of most header lines, read backwards: `) [123] $$begin_record`. Gives the correlation and
/// where `$$begin_record` starts, without reading through the scope.
#[inline]
fn end_of_typed(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let begin_at = line.len().checked_sub(BEGIN.len())?;
    let (before, begin) = line.split_at_checked(begin_at).filter(|(_, begin)| *begin == BEGIN)?;
    let before = before.strip_suffix(b"] ")?;
    let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (before, correlation) = before.split_at_checked(before.len() - digits)?;
    (!correlation.is_empty() && before.ends_with(b") [")).then_some((correlation, begin))
}

/// What follows the parenthesis that closes an open one.
fn after_closing(line: &[u8]) -> Option<&[u8]> {
    let mut depth = 1;
    let mut at = 0;
    loop {
        at += memchr::memchr2(b'(', b')', line.get(at..)?)?;
        depth += if line.get(at) == Some(&b'(') { 1 } else { -1 };
        at += 1;
        if depth == 0 {
            return line.get(at..);
        }
    }
}

/// `[123] rest` -> (`123`, `rest`).
fn bracketed(text: &[u8], open: u8, close: u8, class: u8) -> Option<(&[u8], &[u8])> {
    let rest = skip_blanks(text);
    let rest = rest.strip_prefix(&[open])?;
    let (inside, rest) = run(rest, class)?;
    (inside.len() < 32 && rest.first() == Some(&close))
        .then(|| (inside.trim_ascii(), skip_blanks(rest.get(1..).unwrap_or_default())))
}

/// The origin of a header line, for detection; `None` where the line is no header.
pub fn source_of(line: &[u8]) -> Option<&[u8]> {
    Header::parse(line).map(|header| header.source)
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
    fn header_after_blanks(&self, from: usize) -> Option<(usize, Header<'a>)> {
        let rest = self.bytes.get(from..)?;
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        match rest.get(blank..).and_then(Header::parse) {
            Some(header) if blank == 0 || rest.get(blank - 1) == Some(&b'\n') => Some((from + blank, header)),
            _ => self.next_header(from),
        }
    }

    /// The first header line that starts at or after `from`.
    #[inline]
    fn next_header(&self, from: usize) -> Option<(usize, Header<'a>)> {
        if from == 0 {
            let start = skip_blank_start(self.bytes);
            if let Some(header) = self.bytes.get(start..).and_then(Header::parse) {
                return Some((start, header));
            }
        }
        let mut at = from.saturating_sub(1);
        loop {
            at += self.finder.find(self.bytes.get(at..)?)? + 1;
            if let Some(header) = Header::parse(self.bytes.get(at..)?) {
                return Some((at, header));
            }
        }
    }
}

/// Cuts a stretch into records.
pub fn read(stretch: &[u8], sink: &mut impl Sink) {
    let scanner = Scanner::new(stretch);
    let next = scanner.next_header(0);
    let mut cutter = Cutter { stretch, scanner, sink };
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
}

impl<'a, S: Sink> Cutter<'a, '_, S> {
    fn bytes(&self, from: usize, to: usize) -> &'a [u8] {
        self.stretch.get(from..to).unwrap_or_default()
    }

    /// All records from a header on; the bytes of the first one start at `start`.
    fn records(&mut self, mut start: usize, mut next: Option<(usize, Header<'a>)>) {
        while let Some((at, header)) = next {
            let bytes = self.bytes(at, self.stretch.len());
            let (mut record, extent) = with_header(bytes, &header);
            let own_end = at + extent.end;
            next = match extent.next {
                Next::Header(next, header) => Some((at + next, header)),
                Next::Nothing => None,
                Next::Unknown => self.scanner.header_after_blanks(own_end),
            };
            let end = next.as_ref().map_or(self.stretch.len(), |(at, _)| *at);
            // Blank lines after a record belong to it.
            let is_whole = is_blank(self.bytes(own_end, end));
            let record_end = if is_whole { end } else { own_end };
            record.text = self.bytes(at + header.text_at, record_end);
            self.sink.record(start..record_end, &record);
            if !is_whole {
                self.headerless(own_end, end);
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
            let mut next = at + own.unwrap_or(bytes.len());
            if is_blank(self.bytes(next, end)) {
                next = end;
            }
            let bytes = self.bytes(at, next);
            let record = if typed { without_header(bytes) } else { Record::unknown(bytes) };
            self.sink.record(at..next, &record);
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
        let rest = bytes.get(at..)?;
        let line_end = memchr(b'\n', rest).unwrap_or(rest.len());
        let starts_line = found == 0 || bytes.get(found - 1) == Some(&b'\n');
        if starts_line && is_blank(rest.get(..line_end)?) {
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
    Header(usize, Header<'a>),
    /// None follows.
    Nothing,
    /// Nobody looked further than the end of the record.
    Unknown,
}

/// What ends the fields of a typed record.
enum Stop<'a> {
    /// `$$end_record`: where the line after it starts.
    End(usize),
    Header(Header<'a>),
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
        b'T' => Header::parse(bytes.get(at..)?).map(Stop::Header),
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
    next: Option<(usize, Header<'a>)>,
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
    match Header::parse(own) {
        Some(header) => with_header(own, &header).0,
        None => without_header(own),
    }
}

/// Reads the record that a header at the start of `bytes` begins, once from its first line to its last.
#[inline]
fn with_header<'a>(bytes: &'a [u8], header: &Header<'a>) -> (Record<'a>, Extent<'a>) {
    let first_end = next_line(bytes, header.text_at);
    if header.begins_record {
        let text = bytes.get(header.text_at..).unwrap_or_default();
        let mut record = header.record(header.kind_of_flag(), text);
        let (end, stop) = typed(&mut record, bytes, first_end);
        let extent = match stop {
            Some(Stop::End(after)) => Extent { end: after, next: Next::Unknown },
            Some(Stop::Header(next)) => Extent { end, next: Next::Header(end, next) },
            None => Extent { end, next: Next::Nothing },
        };
        if !matches!(stop, Some(Stop::End(_))) {
            record.oddities |= Oddities::NO_END;
        }
        return (record, extent);
    }
    let has_fields = header.kind_of_flag() != Kind::Trace;
    let lines = PlainLines::read(bytes, first_end, has_fields);
    let next = lines.next.map_or(Next::Nothing, |(at, header)| Next::Header(at, header));
    let end = match (lines.cut, &next) {
        (Some(cut), _) => cut,
        (None, Next::Header(at, _)) => *at,
        _ => bytes.len(),
    };
    let text = bytes.get(header.text_at..end).unwrap_or_default();
    let mut record = header.record(Kind::Trace, text);
    let (first, rest) = split_line(text);
    if has_fields && starts_fields(rest) {
        record.kind = header.kind_of_flag();
        typed(&mut record, rest, 0);
    } else {
        find_message(&mut record, first, rest);
    }
    if lines.orphan_end.is_some_and(|at| at < end) {
        count_orphan_ends(&mut record, rest);
    }
    (record, Extent { end, next })
}

fn without_header(bytes: &[u8]) -> Record<'_> {
    let mut record = Record::of_kind(Kind::Diagnostic, bytes);
    typed(&mut record, bytes, 0);
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

/// Reads the fields of a typed record from `from` on: a set in any order, up to `Start-Line:` of a
/// message. Gives where the fields end too, and by what.
#[inline]
fn typed<'a>(record: &mut Record<'a>, bytes: &'a [u8], from: usize) -> (usize, Option<Stop<'a>>) {
    let mut at = from;
    while at < bytes.len() {
        let stop = stop_at(bytes, at);
        if stop.is_some() {
            return (at, stop);
        }
        let next = next_line(bytes, at);
        // Blanks may stand before a name.
        let may_matter = bytes.get(at).is_some_and(|byte| !byte.is_ascii_alphabetic() || b"DPLS".contains(byte));
        if !may_matter {
            at = next;
            continue;
        }
        let field = header::split_field(bytes.get(at..next).unwrap_or_default());
        at = next;
        let Some((name, value)) = field else { continue };
        match name {
            b"Direction" => record.direction = direction(value),
            b"Peer" | b"Peer-IP" => record.peer = value,
            b"Local-IP" => record.local = value,
            b"SIP-Call-ID" => record.about.0 = value,
            b"SIP-CSeq" => record.about.1 = value,
            b"LogType" => record.kind = kind_of_log_type(value).unwrap_or(record.kind),
            b"Start-Line" => {
                let (message, end, stop) = sip(value, bytes, at);
                record.kind = Kind::Message;
                record.message = Some(message);
                return (end, stop);
            }
            _ => {}
        }
    }
    (bytes.len(), None)
}

/// The message of a protocol record, from the line after its first on: headers up to `Message-Body:`,
/// whose line the body starts on. Gives where the record ends too, and by what.
#[inline]
fn sip<'a>(first: &'a [u8], bytes: &'a [u8], from: usize) -> (Message<'a>, usize, Option<Stop<'a>>) {
    let mut body_line = near_body_line(bytes, from);
    let mut at = body_line.unwrap_or(from);
    let mut stop = None;
    if let Some(end) = body_line.and_then(|line| body_end(bytes, line)) {
        at = end;
    }
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'$' | b'T' => {
                stop = stop_at(bytes, at);
                if stop.is_some() {
                    break;
                }
            }
            b'M' if body_line.is_none() && bytes.get(at..).is_some_and(|line| line.starts_with(BODY)) => {
                body_line = Some(at);
            }
            _ => {}
        }
        at = next_line(bytes, at);
    }
    let (head, body) = if let Some(line) = body_line {
        (from..line, line + BODY.len()..at)
    } else {
        let (head, body) = header::head_end(bytes.get(from..at).unwrap_or_default());
        (from..from + head, from + body..at)
    };
    let body = bytes.get(body).unwrap_or_default();
    let body = body.strip_prefix(b" ").unwrap_or(body);
    let body = body.strip_suffix(b"\n").map_or(body, |body| body.strip_suffix(b"\r").unwrap_or(body));
    // An empty body is written as a hyphen or a dash, in whatever encoding the copy has.
    let is_empty = matches!(body.trim_ascii(), b"" | b"-" | b"\xE2\x80\x93" | b"\x96");
    let message = Message {
        start: StartLine::parse(first).unwrap_or(StartLine::Unreadable),
        first_line: FirstLine::Written(first),
        head: bytes.get(head).unwrap_or_default(),
        body: if is_empty { &[] } else { body },
    };
    (message, at, stop)
}

/// The `Message-Body:` line of a short head, found without looking at each of its lines. `None` where it
/// is not near, or something that may end the record stands before it.
#[inline]
fn near_body_line(bytes: &[u8], from: usize) -> Option<usize> {
    let near = up_to(bytes.get(from..)?, NEAR);
    let line = BODY_LINE.find(near)? + 1;
    let head = near.get(..line)?;
    (memchr(b'$', head).is_none() && !head.starts_with(b"TL_") && HEADER.find(head).is_none()).then_some(from + line)
}

/// Where the `$$end_record` line of a short body stands, found without looking at each of its lines.
/// `None` where it is not near, or a header stands before it.
#[inline]
fn body_end(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    let near = up_to(rest, NEAR);
    let end = END_OF_BODY.find(near)?;
    (HEADER.find(near.get(..end)?).is_none() && stop_at(bytes, from + end + 1).is_some()).then_some(from + end + 1)
}

fn direction(value: &[u8]) -> Direction {
    if strip_prefix_ignore_case(value, b"incoming").is_some() {
        Direction::In
    } else if strip_prefix_ignore_case(value, b"outgoing").is_some() {
        Direction::Out
    } else {
        Direction::None
    }
}

fn kind_of_log_type(value: &[u8]) -> Option<Kind> {
    match value.to_ascii_lowercase().as_slice() {
        b"diagnostic" => Some(Kind::Diagnostic),
        b"security" => Some(Kind::Security),
        b"connection" => Some(Kind::Connection),
        _ => None,
    }
}

/// Finds a message in the plain text of a record: HTTP of web components, SIP of UCMA applications.
fn find_message<'a>(record: &mut Record<'a>, first: &'a [u8], rest: &'a [u8]) {
    if let Some(request) = web_request(first, rest) {
        record.kind = Kind::Message;
        record.direction = Direction::In;
        record.message = Some(request);
        return;
    }
    let whole = record.text;
    for line in Lines::new(whole) {
        if let Some(hop) = ucma_hop(line.text) {
            (record.direction, record.local, record.peer) = hop;
            continue;
        }
        if let Some(start) = StartLine::parse(line.text) {
            let rest = whole.get(line.next..).unwrap_or_default();
            let rest = rest.get(..ucma_end(rest)).unwrap_or(rest);
            let (head, body) = header::head_end(rest);
            let (head, body) = (rest.get(..head).unwrap_or_default(), rest.get(body..).unwrap_or_default());
            record.kind = Kind::Message;
            if record.direction == Direction::None {
                record.direction = match start {
                    StartLine::HttpRequest { .. } => Direction::In,
                    StartLine::HttpResponse { .. } => Direction::Out,
                    _ => Direction::None,
                };
            }
            record.message = Some(Message { start, first_line: FirstLine::Written(line.text), head, body });
            return;
        }
    }
}

/// `RequestUrl=URL,RequestVerb=VERB`, joined by a comma or a bar.
fn web_request<'a>(first: &'a [u8], rest: &'a [u8]) -> Option<Message<'a>> {
    let at = REQUEST_URL.find(first)?;
    let after = first.get(at + b"RequestU".len()..)?;
    let after = strip_prefix_ignore_case(after, b"rl=").or_else(|| strip_prefix_ignore_case(after, b"ri="))?;
    let verb_at = memmem::find(after, b"RequestVerb=")?;
    let url = after.get(..verb_at)?;
    let url = url.trim_ascii_end();
    let url = url.strip_suffix(b",").or_else(|| url.strip_suffix(b"|")).unwrap_or(url).trim_ascii_end();
    let verb = after.get(verb_at + b"RequestVerb=".len()..)?;
    let verb = verb.get(..verb.iter().take_while(|byte| byte.is_ascii_alphabetic()).count())?;
    let (head, body) = header::head_end(rest);
    Some(Message {
        start: StartLine::HttpRequest { method: verb, target: url },
        first_line: FirstLine::VerbAndUrl { verb, url },
        head: rest.get(..head)?,
        body: rest.get(body..)?,
    })
}

/// `>>>>Outgoing SipMessage c=[<connection>], local->remote`
fn ucma_hop(line: &[u8]) -> Option<(Direction, &[u8], &[u8])> {
    let marks = line.iter().take_while(|byte| matches!(byte, b'<' | b'>')).count();
    let rest = line.get(marks..).filter(|_| marks >= 4)?.trim_ascii_start();
    let (direction, rest) = match (rest.strip_prefix(b"Outgoing "), rest.strip_prefix(b"Incoming ")) {
        (Some(rest), _) => (Direction::Out, rest),
        (_, Some(rest)) => (Direction::In, rest),
        _ => return None,
    };
    let rest = rest.strip_prefix(b"SipMessage")?;
    let ends = rest.get(memmem::find(rest, b"],")? + 2..)?.trim_ascii();
    let (arrow_at, _) =
        [&b"->"[..], b"<-"].iter().filter_map(|arrow| memmem::find(ends, arrow).map(|at| (at, arrow))).min()?;
    Some((direction, ends.get(..arrow_at)?.trim_ascii(), ends.get(arrow_at + 2..)?.trim_ascii()))
}

/// Offset of the line `----EndOfOutgoing SipMessage`, or the end.
fn ucma_end(text: &[u8]) -> usize {
    let is_end = |at: &usize| {
        let rest = text.get(at + b"-EndOf".len()..).unwrap_or_default();
        rest.starts_with(b"Outgoing SipMessage") || rest.starts_with(b"Incoming SipMessage")
    };
    let found = UCMA_END.find_iter(text).find(is_end);
    let Some(at) = found else { return text.len() };
    text.get(..at).and_then(|before| memchr::memrchr(b'\n', before)).map_or(0, |line| line + 1)
}

/// Number of lines of text that hold something, for tests and notes.
#[cfg(test)]
fn understood(text: &str) -> u32 {
    let mut not = 0;
    read(text.as_bytes(), &mut |_: std::ops::Range<usize>, record: &Record<'_>| not += record.lines_not_understood);
    crate::protocol::lines::count_not_blank(text.as_bytes()) - not
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::lines::to_text;

    const PREFIX: &str = r"TL_INFO(TF_PROTOCOL) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:21:21.118.0000A2B3 (SIPStack,A::operator()(x):B.cpp(265)) [2387462001] $$begin_record";

    fn records(text: &str) -> Vec<(String, Kind, String, u32)> {
        let mut found = Vec::new();
        let mut end = 0;
        read(text.as_bytes(), &mut |range: std::ops::Range<usize>, record: &Record<'_>| {
            assert_eq!(range.start, end, "records follow each other without a gap");
            end = range.end;
            let again = reread(&text.as_bytes()[range.clone()], record.kind);
            assert_eq!(
                (again.kind, again.time.or(record.time), again.oddities),
                (record.kind, record.time, record.oddities)
            );
            let first = text[range].trim().lines().next().unwrap_or_default().to_owned();
            let start_line = record.message.map(|message| message.start_line()).unwrap_or_default();
            found.push((first, record.kind, start_line, record.lines_not_understood));
        });
        assert_eq!(end, text.len());
        found
    }

    #[test]
    fn a_protocol_record() {
        let text = format!(
            "{PREFIX}\r\nDirection: incoming;source=\"internal edge\"\r\nPeer: edge01.contoso.com:51413\r\nStart-Line: REGISTER sip:contoso.com SIP/2.0\r\nFROM: <sip:anna@contoso.com>;tag=1\r\nMessage-Body: –\r\n$$end_record\r\n\r\n"
        );
        read(text.as_bytes(), &mut |_: std::ops::Range<usize>, record: &Record<'_>| {
            assert_eq!(record.kind, Kind::Message);
            assert_eq!(
                (record.level, record.component, record.pool, record.machine),
                (&b"INFO"[..], &b"SIPStack"[..], &b"FEPOOL01"[..], &b"FE01"[..])
            );
            assert_eq!(
                (record.process, record.thread, record.correlation),
                (&b"1E6C"[..], &b"0B40"[..], &b"2387462001"[..])
            );
            assert_eq!((record.direction, record.peer), (Direction::In, &b"edge01.contoso.com:51413"[..]));
            let message = record.message.expect("a message");
            assert_eq!(message.uris(), ["anna@contoso.com"]);
            assert!(message.body.is_empty());
            assert!(record.oddities.is_empty());
        });
    }

    #[test]
    fn bodies_start_on_their_line_and_may_look_like_anything() {
        let text = format!(
            "{PREFIX}\nStart-Line: MESSAGE sip:a@b SIP/2.0\nVia: x\nMessage-Body: TL_INFO(\nTL_INFO(no header\n  $$end_record no\n\nlast\n$$end_record\n"
        );
        read(text.as_bytes(), &mut |_: std::ops::Range<usize>, record: &Record<'_>| {
            assert_eq!(
                record.message.map(|message| to_text(message.body)).as_deref(),
                Some("TL_INFO(\nTL_INFO(no header\n  $$end_record no\n\nlast")
            );
        });
        assert_eq!(records(&text).len(), 1);
    }

    #[test]
    fn damage_is_kept_and_counted() {
        let open = format!("{PREFIX}\nStart-Line: SIP/2.0 200 OK\nVia: x\n");
        let text = format!(
            "transcript started\n{open}{open}$$end_record\nstray\nSeverity: error\nText: lost its header\n$$end_record\nUnknown( 12): GUID=1 (No Format Information found).\n"
        );
        let found = records(&text);
        let kinds: Vec<_> = found.iter().map(|(_, kind, _, lost)| (*kind, *lost)).collect();
        assert_eq!(
            kinds,
            [
                (Kind::Unknown, 1),
                (Kind::Message, 0),
                (Kind::Message, 0),
                (Kind::Unknown, 1),
                (Kind::Diagnostic, 1),
                (Kind::Unknown, 1)
            ]
        );
        assert_eq!(understood(&text), crate::protocol::lines::count_not_blank(text.as_bytes()) - 4);
    }

    #[test]
    fn fields_after_a_plain_line_are_a_record_of_their_own() {
        let plain = PREFIX
            .replace("TF_PROTOCOL", "TF_COMPONENT")
            .replace(" $$begin_record", "( 00000000028FDD70 ) Result 0xC3E93C5E(SIPPROXY_E_ROUTING)");
        let found = records(&format!("{plain}\nLogType: security\nText: x\nSIP-Call-ID: 7\n$$end_record\n{plain}\n"));
        assert_eq!(found.iter().map(|record| record.1).collect::<Vec<_>>(), [Kind::Trace, Kind::Security, Kind::Trace]);
    }

    proptest::proptest! {
        /// Whatever lines are missing, doubled or out of place, the records tile the text, read the same
        /// on their own, and every header line starts one.
        #[test]
        fn damaged_traces_tile(
            lines in proptest::collection::vec(proptest::sample::select(LINES.as_slice()), 0..24),
            crlf in proptest::bool::ANY,
        ) {
            let end = if crlf { "\r\n" } else { "\n" };
            let lines: Vec<&str> = std::iter::once(PREFIX).chain(lines).collect();
            let text: String = lines.iter().flat_map(|line| [*line, end]).collect();
            let headers = lines.iter().filter(|line| Header::parse(line.as_bytes()).is_some()).count();
            let starts = records(&text).into_iter().filter(|record| Header::parse(record.0.as_bytes()).is_some());
            proptest::prop_assert_eq!(starts.count(), headers);
        }
    }

    const LINES: [&str; 18] = [
        PREFIX,
        PREFIX,
        r"TL_INFO(TF_DIAG) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:21:21.118.0000A2B3 (SIPStack,A(1)) [2387462001] $$begin_record",
        r"TL_INFO(TF_COMPONENT) [FEPOOL01\FE01]1E6C.0B40::13/20/2024-13:21:21.118.0000A2B3 (Web,A(1)) [7] HTTP/1.1 200 OK",
        "TL_INFO(TF_PROTOCOL) no header",
        "Direction: incoming",
        "Start-Line: SIP/2.0 200 OK",
        "LogType: security",
        "Severity: error",
        "From: <sip:a@b>",
        " folded",
        "",
        "Message-Body: \u{2013}",
        "Message-Body: v=0",
        "$$end_record",
        "$$end_record ",
        " $$end_record",
        "Unknown( 12): GUID=1 (No Format Information found).",
    ];

    #[test]
    fn http_of_web_components() {
        let plain = |text: &str| PREFIX.replace("TF_PROTOCOL", "TF_COMPONENT").replace("$$begin_record", text);
        let text = [
            plain("RequestUrl=https://fepool01.contoso.com:4443/WebTicket/WebTicketService.svc/cert,RequestVerb=POST"),
            plain("HTTP/1.1 401 Unauthorized\nX-Ms-diagnostics: 28032;reason=\"The web ticket is invalid.\""),
            plain("nothing to see"),
            plain("\n>>>>>>>>>>>>Outgoing SipMessage c=[<SipTlsConnection_2E>], 192.0.2.20:5070->192.0.2.21:49234\nSIP/2.0 200 OK\nFROM: <sip:a@b>\n\n------------EndOfOutgoing SipMessage"),
        ]
        .join("\n");
        let lines: Vec<_> = records(&text).into_iter().map(|record| record.2).collect();
        assert_eq!(
            lines,
            [
                "POST https://fepool01.contoso.com:4443/WebTicket/WebTicketService.svc/cert",
                "HTTP/1.1 401 Unauthorized",
                "",
                "SIP/2.0 200 OK"
            ]
        );
    }
}
