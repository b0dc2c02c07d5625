//! Messages in the plain text of a record: HTTP of web components, SIP of UCMA applications.

use super::super::{Direction, Kind, Record};
use crate::protocol::lines::Lines;
use crate::protocol::message::FirstLine;
use crate::protocol::start_line::strip_prefix_ignore_case;
use crate::protocol::{Message, StartLine, header};
use memchr::memmem::{self, Finder};
use std::sync::LazyLock;

/// Searchers made once: making one costs more than searching a record with it.
static REQUEST_URL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"RequestU"));
static UCMA_END: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"-EndOf"));

/// Finds a message in the plain text of a record: HTTP of web components, SIP of UCMA applications.
pub(super) fn find_message<'a>(record: &mut Record<'a>, first: &'a [u8], rest: &'a [u8]) {
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
