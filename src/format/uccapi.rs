//! Client logs: `*.UccApilog`, as written by the UCC API of Lync and Skype for Business.
//!
//! Every entry starts with `MM/DD/YYYY|hh:mm:ss.mmm process:thread LEVEL  :: text`. A SIP message stands
//! in a frame: a begin line (`Sending Packet`, `Data Received`), the start line with a prefix of its own,
//! the rest without prefix, and an end line. Other threads may write between. Turns bytes into records;
//! knows nothing of SIP beyond where a message starts and ends.

mod prefix;

pub use self::prefix::is_prefixed;

use self::prefix::{Frame, Prefix, Scanner, is_end_line};
use super::{Kind, Oddities, Record, Sink, skip_blank_start};
use crate::protocol::lines::{Lines, is_blank, split_line};
use crate::protocol::{Message, StartLine};
use memchr::{memmem, memrchr};
use std::borrow::Cow;
use std::ops::Range;

/// A begin line always ends what stands before it. One without a time is no place to start: its
/// record stands at the time of the one before it.
pub fn safe_start(bytes: &[u8], from: usize) -> usize {
    let scanner = Scanner { bytes };
    let mut at = from;
    while let Some(entry) = scanner.next_entry(at) {
        if entry.prefix.time.is_some() && Frame::parse(entry.text).is_some() {
            return entry.at;
        }
        at = entry.next;
    }
    bytes.len()
}

/// A frame that is being read.
struct Open<'a> {
    prefix: Prefix<'a>,
    /// The start line was seen.
    in_message: bool,
    /// The end line was seen.
    ended: bool,
    /// Lines of other threads inside.
    enclosed: Vec<Range<usize>>,
}

/// Cuts a stretch into records.
pub fn read(stretch: &[u8], sink: &mut impl Sink) {
    let scanner = Scanner { bytes: stretch };
    let mut cutter = Cutter { stretch, sink };
    let mut entry = scanner.next_entry(0);
    // The first lines may be the end of a message that another file holds.
    let first = entry.as_ref().map_or(stretch.len(), |entry| entry.at);
    let mut start = 0;
    if first > skip_blank_start(stretch) {
        cutter.plain(0..first);
        start = first;
    }
    let mut open: Option<Open<'_>> = None;
    while let Some(this) = entry {
        entry = scanner.next_entry(this.next);
        let begins = Frame::parse(this.text).is_some();
        match open.as_mut() {
            Some(frame) if !begins && !frame.ended && this.prefix.same_thread(&frame.prefix) => {
                if is_end_line(this.text) {
                    frame.ended = true;
                    continue;
                }
                // The start line of a message, or the first of a keep-alive's empty lines.
                if !frame.in_message && (this.text.is_empty() || StartLine::parse(this.text).is_some()) {
                    frame.in_message = true;
                    continue;
                }
            }
            Some(frame) if !begins && !frame.ended => {
                frame.enclosed.push(this.at..this.next);
                continue;
            }
            _ => {}
        }
        // Before the first entry nothing is open; blanks and a byte order mark there belong to it.
        if this.at > first {
            match open.take() {
                Some(frame) => cutter.frame(start, this.at, &frame),
                None => cutter.plain(start..this.at),
            }
            start = this.at;
        }
        if begins {
            open = Some(Open { prefix: this.prefix, in_message: false, ended: false, enclosed: Vec::new() });
        }
    }
    match open {
        Some(frame) => cutter.frame(start, stretch.len(), &frame),
        None if first < stretch.len() => cutter.plain(start..stretch.len()),
        None => {}
    }
}

struct Cutter<'a, 's, S> {
    stretch: &'a [u8],
    sink: &'s mut S,
}

impl<S: Sink> Cutter<'_, '_, S> {
    fn give(&mut self, range: Range<usize>, record: &Record<'_>) {
        let headers: Vec<_> = record.message.iter().flat_map(|message| message.headers().of_columns()).collect();
        self.sink.record(range, record, &headers);
    }

    /// One entry with its continuation lines, or lines before the first entry.
    fn plain(&mut self, range: Range<usize>) {
        let bytes = self.stretch.get(range.clone()).unwrap_or_default();
        self.give(range, &reread(bytes, Oddities::empty()));
    }

    /// A whole frame: its messages, and the lines of other threads that stand in it.
    fn frame(&mut self, start: usize, end: usize, frame: &Open<'_>) {
        let bytes = self.stretch.get(start..end).unwrap_or_default();
        let in_frame = |line: &Range<usize>| line.start - start..line.end - start;
        let own = match frame.enclosed.as_slice() {
            [] => Cow::Borrowed(bytes),
            lines => Cow::Owned(without(bytes, lines.iter().map(in_frame))),
        };
        let further = further_messages(&own);
        let mut enclosed = frame.enclosed.iter().peekable();
        // Lines of other threads stand in the file and not in `own`: both are walked together.
        let (mut own_at, mut at, mut before) = (0, start, 0);
        let mut first: Option<Record<'_>> = None;
        for number in 0..=further.len() {
            let own_end = further.get(number).copied().unwrap_or(own.len());
            let is_last = number == further.len();
            let mut lines = Vec::new();
            while let Some(line) = enclosed.next_if(|line| is_last || line.start <= start + own_end + before) {
                before += line.len();
                lines.push(line.clone());
            }
            let next = if is_last { end } else { start + own_end + before };
            let mut known = Oddities::empty();
            known.set(Oddities::SAME_FRAME, first.is_some());
            known.set(Oddities::MORE_FOLLOW, !is_last);
            known.set(Oddities::NO_END, is_last && !frame.ended);
            known.set(Oddities::ENCLOSES, !lines.is_empty());
            let record = reread(own.get(own_at..own_end).unwrap_or_default(), known);
            let record = first.map_or(record, |first| record.in_frame_of(&first));
            self.give(at..next, &record);
            for line in lines {
                self.plain(line);
            }
            first.get_or_insert(record);
            (own_at, at) = (own_end, next);
        }
    }
}

/// Messages of one frame that are told apart. Clients put two into one now and then; more than this is no
/// frame of a client. To read one of them again the first has to be looked for through all rows between.
const MOST_MESSAGES: usize = 1_000;

/// Where the second and further messages of a frame start in its own lines.
fn further_messages(own: &[u8]) -> Vec<usize> {
    let (_, rest) = split_line(own.get(skip_blank_start(own)..).unwrap_or_default());
    let text = payload(rest);
    let mut starts = Vec::new();
    let Some(mut at) = offset_in(own, text) else { return starts };
    let end = at + text.len();
    while starts.len() < MOST_MESSAGES
        && let Some(length) = own.get(at..end).and_then(length_before_another)
    {
        at += length;
        starts.push(at);
    }
    starts
}

/// Length of the message at the start of a text where another one follows it.
fn length_before_another(text: &[u8]) -> Option<usize> {
    let message = Message::parse(text)?;
    let body_at = offset_in(text, message.body)?;
    let mut left = message.body_left().unwrap_or_default();
    for line in Lines::new(message.body) {
        if left.is_none() && StartLine::parse(line.text).is_some_and(|start| start.is_sip()) {
            return Some(body_at + line.start);
        }
        left = left.after(line.text);
    }
    None
}

/// Offset of a part in the whole it was taken from.
fn offset_in(whole: &[u8], part: &[u8]) -> Option<usize> {
    (part.as_ptr() as usize).checked_sub(whole.as_ptr() as usize).filter(|&at| at <= whole.len())
}

/// The bytes of a frame's message without the lines of other threads.
pub fn own_lines(bytes: &[u8], known: Oddities) -> Vec<u8> {
    let scanner = Scanner { bytes };
    let has_end = !known.intersects(Oddities::MORE_FOLLOW | Oddities::NO_END);
    let mut begin = None;
    let mut others = Vec::new();
    let mut at = 0;
    while let Some(entry) = scanner.next_entry(at) {
        at = entry.next;
        // A further message of a frame has no line of its own with a prefix but the end line of the frame, after
        // which nothing can stand in it.
        let is_own = if known.contains(Oddities::SAME_FRAME) {
            has_end && is_end_line(entry.text) && scanner.next_entry(at).is_none()
        } else {
            begin.get_or_insert(entry.prefix).same_thread(&entry.prefix)
        };
        if !is_own {
            others.push(entry.at..entry.next);
        }
    }
    without(bytes, others.into_iter())
}

fn without(bytes: &[u8], lines: impl Iterator<Item = Range<usize>>) -> Vec<u8> {
    let mut own = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for line in lines {
        own.extend_from_slice(bytes.get(at..line.start).unwrap_or_default());
        at = line.end;
    }
    own.extend_from_slice(bytes.get(at..).unwrap_or_default());
    own
}

/// Reads one record from its own lines.
pub fn reread(bytes: &[u8], known: Oddities) -> Record<'_> {
    let own = bytes.get(skip_blank_start(bytes)..).unwrap_or_default();
    if known.contains(Oddities::SAME_FRAME) {
        let text = payload(own);
        return Record { message: Message::parse(text), oddities: known, ..Record::of_kind(Kind::Message, own) };
    }
    let (line, _) = split_line(own);
    let Some(prefix) = Prefix::parse(line) else { return Record::unknown(bytes) };
    let text = own.get(prefix.text_at..).unwrap_or_default();
    let (first, rest) = split_line(text);
    if let Some(frame) = Frame::parse(first) {
        return framed(&prefix, frame, text, rest, known);
    }
    let mut record = prefix.record(kind_of(first, text), text);
    if is_end_line(first) {
        record = Record { kind: Kind::Unknown, lines_not_understood: 1, ..record };
        record.oddities |= Oddities::NOT_UNDERSTOOD;
    }
    record
}

fn framed<'a>(prefix: &Prefix<'a>, frame: Frame<'a>, text: &'a [u8], rest: &'a [u8], known: Oddities) -> Record<'a> {
    let payload = payload(rest);
    let message = Message::parse(payload);
    let is_empty = is_blank(payload);
    let kind = match message {
        Some(_) => Kind::Message,
        None if is_empty && !rest.is_empty() => Kind::KeepAlive,
        None => Kind::Trace,
    };
    let mut record = prefix.record(kind, text);
    if kind == Kind::Trace {
        record.oddities |= Oddities::NO_MESSAGE;
    }
    record.oddities |= known;
    Record { direction: frame.direction, peer: frame.peer, local: frame.local, message, ..record }
}

/// What stands in a frame: without the prefix of the start line, and up to the end line.
fn payload(rest: &[u8]) -> &[u8] {
    let start = match Prefix::parse(split_line(rest).0) {
        Some(prefix) if !is_end_line(rest.get(prefix.text_at..).unwrap_or_default()) => prefix.text_at,
        _ => 0,
    };
    let text = rest.get(start..).unwrap_or_default();
    let mut end = text.len();
    // The end line stands last; look for it from the back.
    if let Some(at) = memmem::rfind(text, b":: End of ") {
        let line = text.get(..at).and_then(|before| memrchr(b'\n', before)).map_or(0, |line| line + 1);
        if text.get(line..).is_some_and(|line| is_prefixed(split_line(line).0)) {
            end = line;
        }
    }
    let text = text.get(..end).unwrap_or(text);
    // The log puts a line end of its own after the message.
    text.strip_suffix(b"\n").map_or(text, |text| text.strip_suffix(b"\r").unwrap_or(text))
}

/// What an entry without a frame is, by its first line and all its lines. The tree of a sign-in report may
/// follow a line that announces it.
fn kind_of(first: &[u8], text: &[u8]) -> Kind {
    if first.starts_with(b"Executing wws method") {
        Kind::WebRequest
    } else if first.starts_with(b"VerifyOnEnableEvent result return")
        || Lines::new(text).any(|line| is_report_line(line.text))
    {
        Kind::SignInReport
    } else {
        Kind::Trace
    }
}

/// A step of a sign-in report: `1.3.1 GetAndPublishCert: FAIL (hr = 0x80ef0191)`.
pub fn is_report_line(text: &[u8]) -> bool {
    let number = text.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
    let Some(rest) = text.get(number..).filter(|_| number > 0).and_then(|rest| rest.strip_prefix(b" ")) else {
        return false;
    };
    let step = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')).count();
    let result = rest.get(step..).filter(|_| step > 0).and_then(|rest| rest.strip_prefix(b": "));
    result.is_some_and(|result| result.starts_with(b"PASS") || result.starts_with(b"FAIL"))
}

#[cfg(test)]
mod tests;
