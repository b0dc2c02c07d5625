//! The lines of a client log that have a prefix: entries, and the lines that begin and end a frame.

use super::super::{Direction, Kind, Millis, Oddities, Record, clock};
use crate::protocol::lines::split_line;
use crate::protocol::scan::{hex_digit, skip_blanks, upper, word};
use memchr::{memchr, memmem};

/// The prefix of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prefix<'a> {
    pub(super) time: Option<Millis>,
    pub(super) process: &'a [u8],
    pub(super) thread: &'a [u8],
    pub(super) level: &'a [u8],
    /// Where the text starts in the line.
    pub(super) text_at: usize,
}

impl<'a> Prefix<'a> {
    /// Reads a prefix at the start of `line`.
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        if line.get(10) != Some(&b'|') {
            return None;
        }
        let time = match Millis::parse(line)? {
            clock::Parsed::At(time) => Some(time),
            clock::Parsed::NoDate => None,
        };
        let (process, rest) = word(skip_blanks(line.get(23..)?), hex_digit)?;
        let (thread, rest) = word(rest.strip_prefix(b":")?, hex_digit)?;
        let (level, rest) = word(skip_blanks(rest), upper)?;
        let rest = skip_blanks(rest).strip_prefix(b"::")?;
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        Some(Self { time, process, thread, level, text_at: line.len() - rest.len() })
    }

    pub(super) fn same_thread(&self, other: &Prefix<'_>) -> bool {
        self.process == other.process && self.thread == other.thread
    }

    pub(super) fn record(&self, kind: Kind, text: &'a [u8]) -> Record<'a> {
        let Self { time, process, thread, level, .. } = *self;
        let oddities = if time.is_none() { Oddities::BAD_TIME } else { Oddities::empty() };
        Record { time, level, process, thread, oddities, ..Record::of_kind(kind, text) }
    }
}

/// True where a line is an entry of a client log.
pub fn is_prefixed(line: &[u8]) -> bool {
    Prefix::parse(line).is_some()
}

/// What a begin line says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) direction: Direction,
    pub(super) peer: &'a [u8],
    pub(super) local: &'a [u8],
}

impl<'a> Frame<'a> {
    /// `Sending Packet - PEER (From Local Address: LOCAL) 812 bytes:`. The hyphen and the parenthesis
    /// are demanded, because phones write something similar into logs of their own.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        let (direction, rest) = match (text.strip_prefix(b"Sending Packet"), text.strip_prefix(b"Data Received")) {
            (Some(rest), _) => (Direction::Out, rest),
            (_, Some(rest)) => (Direction::In, rest),
            _ => return None,
        };
        let rest = skip_blanks(rest).strip_prefix(b"-")?;
        let open = memchr(b'(', rest)?;
        let peer = rest.get(..open)?.trim_ascii();
        let rest = rest.get(open + 1..)?;
        let address = memmem::find(rest, b"Local Address:")? + b"Local Address:".len();
        let close = memchr(b')', rest)?;
        Some(Self { direction, peer, local: rest.get(address..close)?.trim_ascii() })
    }
}

pub(super) fn is_end_line(text: &[u8]) -> bool {
    text.strip_prefix(b"End of ")
        .is_some_and(|rest| rest.starts_with(b"Sending Packet") || rest.starts_with(b"Data Received"))
}

/// A line with a prefix.
pub(super) struct Entry<'a> {
    pub(super) at: usize,
    pub(super) prefix: Prefix<'a>,
    /// The text on the prefixed line itself.
    pub(super) text: &'a [u8],
    /// Offset after the line end.
    pub(super) next: usize,
}

/// Finds prefixed lines by their bar, which is rare in messages.
pub(super) struct Scanner<'a> {
    pub(super) bytes: &'a [u8],
}

impl<'a> Scanner<'a> {
    pub(super) fn next_entry(&self, from: usize) -> Option<Entry<'a>> {
        let mut at = from;
        loop {
            let bar = at + memchr(b'|', self.bytes.get(at..)?)?;
            at = bar + 1;
            let Some(start) = bar.checked_sub(10).filter(|&start| start >= from) else { continue };
            let starts_line = start == 0
                || self.bytes.get(start - 1) == Some(&b'\n')
                || self.bytes.get(..start).is_some_and(|before| before == b"\xEF\xBB\xBF");
            if !starts_line {
                continue;
            }
            let (line, _) = split_line(self.bytes.get(start..)?);
            if let Some(prefix) = Prefix::parse(line) {
                let text = line.get(prefix.text_at..)?;
                let next = memchr(b'\n', self.bytes.get(start + line.len()..)?);
                let next = next.map_or(self.bytes.len(), |end| start + line.len() + end + 1);
                return Some(Entry { at: start, prefix, text, next });
            }
        }
    }
}
