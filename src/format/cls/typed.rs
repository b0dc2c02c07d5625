//! Records with fields between `$$begin_record` and `$$end_record`: protocol, diagnostic, connection and
//! security records.

use super::super::{Direction, Kind, Record};
use super::header::up_to;
use super::{Stop, next_line, stop_at};
use crate::protocol::lines::LineEnds;
use crate::protocol::message::FirstLine;
use crate::protocol::start_line::strip_prefix_ignore_case;
use crate::protocol::{Message, StartLine, header};
use memchr::memchr;
use memchr::memmem::Finder;
use std::sync::LazyLock;

const BODY: &[u8] = b"Message-Body:";
/// How far the start and the end of a body are searched at once, in bytes; longer bodies are read line by
/// line, so that records without an end cost no more than they are long.
const NEAR: usize = 8 << 10;

/// Searchers made once: making one costs more than searching a record with it.
static BODY_LINE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\nMessage-Body:"));
static END_OF_BODY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\n$$end_record"));
static HEADER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\nTL_"));

/// Reads the fields of a typed record from `from` on: a set in any order, up to `Start-Line:` of a
/// message. Gives where the fields end too, and by what.
#[inline]
pub(super) fn typed<'a>(record: &mut Record<'a>, bytes: &'a [u8], from: usize) -> (usize, Option<Stop<'a>>) {
    let mut at = from;
    let mut ends = LineEnds::new(bytes.get(from..).unwrap_or_default());
    while let Some(&initial) = bytes.get(at) {
        if matches!(initial, b'$' | b'T') {
            let stop = stop_at(bytes, at);
            if stop.is_some() {
                return (at, stop);
            }
        }
        let line = at;
        at = ends.next().map_or(bytes.len(), |end| from + end + 1);
        // Most lines are none of ours, and their first byte says so. Blanks may stand before a name.
        if initial.is_ascii_alphabetic() && !matches!(initial, b'D' | b'P' | b'L' | b'S') {
            continue;
        }
        let field = bytes.get(line..at).unwrap_or_default();
        // Three fields stand in every protocol record, always written the same.
        let known = match initial {
            b'P' => field.strip_prefix(b"Peer:").map(|value| (&b"Peer"[..], value)),
            b'S' => field.strip_prefix(b"Start-Line:").map(|value| (&b"Start-Line"[..], value)),
            b'D' => field.strip_prefix(b"Direction:").map(|value| (&b"Direction"[..], value)),
            _ => None,
        };
        let known = known.map(|(name, value)| (name, value.trim_ascii())).or_else(|| header::split_field(field));
        let Some((name, value)) = known else { continue };
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
    // Neither `$` nor `_` is usual in headers, and one byte is found faster than a word.
    let has_header = || head.starts_with(b"TL_") || HEADER.find(head).is_some();
    (memchr(b'$', head).is_none() && (memchr(b'_', head).is_none() || !has_header())).then_some(from + line)
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
