//! Records with fields between `$$begin_record` and `$$end_record`: protocol, diagnostic, connection and
//! security records.

use super::super::{Direction, Kind, Record};
use super::header::up_to;
use super::{Stop, stop_at};
use crate::protocol::header;
use crate::protocol::lines::LineWalk;
use crate::protocol::message::FirstLine;
use crate::protocol::start_line::strip_prefix_ignore_case;
use crate::protocol::{Header, Message, StartLine};
use memchr::memmem::Finder;
use std::sync::LazyLock;

const BODY: &[u8] = b"Message-Body:";
/// How far the end of a body is searched at once, in bytes; longer bodies are read line by line, so that
/// records without an end cost no more than they are long.
const NEAR: usize = 8 << 10;

/// Searchers made once: making one costs more than searching a record with it.
static END_OF_BODY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\n$$end_record"));
static HEADER_LINE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\nTL_"));

/// Reads the fields of a typed record from `from` on: a set in any order, up to `Start-Line:` of a
/// message, whose headers that columns are made of go to `headers`, if given. Gives where the fields end too, and
/// by what.
#[inline]
pub(super) fn typed<'a>(
    record: &mut Record<'a>,
    bytes: &'a [u8],
    from: usize,
    headers: Option<&mut Vec<Header<'a>>>,
) -> (usize, Option<Stop<'a>>) {
    let mut lines = LineWalk::new(bytes, from);
    while let Some(&initial) = bytes.get(lines.at()) {
        if matches!(initial, b'$' | b'T') {
            let stop = stop_at(bytes, lines.at());
            if stop.is_some() {
                return (lines.at(), stop);
            }
        }
        let Some(field) = lines.next_line() else { break };
        // Most lines are none of ours, and their first byte says so. Blanks may stand before a name.
        if initial.is_ascii_alphabetic() && !matches!(initial, b'D' | b'P' | b'L' | b'S') {
            continue;
        }
        // Three fields stand in every protocol record, always written the same.
        let known = match initial {
            b'P' => field.strip_prefix(b"Peer:").map(|value| (&b"Peer"[..], value)),
            b'S' => field.strip_prefix(b"Start-Line:").map(|value| (&b"Start-Line"[..], value)),
            b'D' => field.strip_prefix(b"Direction:").map(|value| (&b"Direction"[..], value)),
            _ => None,
        };
        let known = known.map(|(name, value)| (name, header::trim(value))).or_else(|| header::split_field(field));
        let Some((name, value)) = known else { continue };
        match name {
            b"Direction" => record.direction = direction(value),
            b"Peer" | b"Peer-IP" => record.peer = value,
            b"Local-IP" => record.local = value,
            b"SIP-Call-ID" => record.about.0 = value,
            b"SIP-CSeq" => record.about.1 = value,
            b"LogType" => record.kind = kind_of_log_type(value).unwrap_or(record.kind),
            b"Start-Line" => {
                let (message, end, stop) = sip(value, bytes, lines, headers);
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
fn sip<'a>(
    first: &'a [u8],
    bytes: &'a [u8],
    mut lines: LineWalk<'a>,
    mut headers: Option<&mut Vec<Header<'a>>>,
) -> (Message<'a>, usize, Option<Stop<'a>>) {
    let from = lines.at();
    let mut stop = None;
    let mut body_line = None;
    // Headers before the first empty line, after which the body starts where nothing announces it.
    let mut before_empty = None;
    while let Some(&initial) = bytes.get(lines.at()) {
        match initial {
            b'$' | b'T' => {
                stop = stop_at(bytes, lines.at());
                if stop.is_some() {
                    break;
                }
            }
            b'M' if bytes.get(lines.at()..).is_some_and(|line| line.starts_with(BODY)) => {
                body_line = Some(lines.at());
                break;
            }
            b'\r' | b'\n' if before_empty.is_none() && starts_with_line_end(bytes, lines.at()) => {
                before_empty = Some(headers.as_ref().map_or(0, |headers| headers.len()));
            }
            _ => {}
        }
        let field = lines.next_folded();
        if let Some(headers) = headers.as_deref_mut()
            && Header::may_be_of_column(initial)
            && let Some(header) = field.and_then(Header::of_column)
        {
            headers.push(header);
        }
    }
    let (head, body, end) = if let Some(line) = body_line {
        lines.next_line();
        // Most bodies are empty, and most others end near.
        if !matches!(bytes.get(lines.at()), Some(b'$'))
            && let Some(end) = near_end(bytes, line)
        {
            lines = LineWalk::new(bytes, end);
        }
        while let Some(initial) = bytes.get(lines.at()) {
            if matches!(initial, b'$' | b'T') {
                stop = stop_at(bytes, lines.at());
                if stop.is_some() {
                    break;
                }
            }
            lines.next_line();
        }
        (from..line, line + BODY.len()..lines.at(), lines.at())
    } else {
        let end = lines.at();
        let (head, body) = header::head_end(bytes.get(from..end).unwrap_or_default());
        if let (Some(headers), Some(before)) = (headers, before_empty) {
            headers.truncate(before);
        }
        (from..from + head, from + body..end, end)
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
    (message, end, stop)
}

/// Where the `$$end_record` line of a short body stands, found without looking at each of its lines.
/// `None` where it is not near, or a header line stands before it.
#[inline]
fn near_end(bytes: &[u8], from: usize) -> Option<usize> {
    let near = up_to(bytes.get(from..)?, NEAR);
    let end = END_OF_BODY.find(near)?;
    HEADER_LINE.find(near.get(..end)?).is_none().then_some(from + end + 1)
}

fn starts_with_line_end(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at..), Some([b'\n', ..] | [b'\r', b'\n', ..]))
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
