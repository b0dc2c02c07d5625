//! Client logs: `*.UccApilog`, as written by the UCC API of Lync and Skype for Business.
//!
//! Every entry starts with `MM/DD/YYYY|hh:mm:ss.mmm process:thread LEVEL  :: text`. A SIP message stands
//! in a frame: a begin line (`Sending Packet`, `Data Received`), the start line with a prefix of its own,
//! the rest without prefix, and an end line. Other threads may write between. Turns bytes into records;
//! knows nothing of SIP beyond where a message starts and ends.

use super::{Direction, Kind, Millis, Oddities, Record, Sink, clock, skip_blank_start};
use crate::protocol::lines::{Lines, is_blank, split_line};
use crate::protocol::scan::{hex_digit, skip_blanks, upper, word};
use crate::protocol::{Message, StartLine};
use memchr::{memchr, memmem, memrchr};
use std::borrow::Cow;
use std::ops::Range;

/// The prefix of an entry.
#[derive(Clone, Copy, Debug)]
struct Prefix<'a> {
    time: Option<Millis>,
    process: &'a [u8],
    thread: &'a [u8],
    level: &'a [u8],
    /// Where the text starts in the line.
    text_at: usize,
}

impl<'a> Prefix<'a> {
    /// Reads a prefix at the start of `line`.
    fn parse(line: &'a [u8]) -> Option<Self> {
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

    fn same_thread(&self, other: &Prefix<'_>) -> bool {
        self.process == other.process && self.thread == other.thread
    }

    fn record(&self, kind: Kind, text: &'a [u8]) -> Record<'a> {
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
struct Frame<'a> {
    direction: Direction,
    peer: &'a [u8],
    local: &'a [u8],
}

impl<'a> Frame<'a> {
    /// `Sending Packet - PEER (From Local Address: LOCAL) 812 bytes:`. The hyphen and the parenthesis
    /// are demanded, because phones write something similar into logs of their own.
    fn parse(text: &'a [u8]) -> Option<Self> {
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

fn is_end_line(text: &[u8]) -> bool {
    text.strip_prefix(b"End of ")
        .is_some_and(|rest| rest.starts_with(b"Sending Packet") || rest.starts_with(b"Data Received"))
}

/// A line with a prefix.
struct Entry<'a> {
    at: usize,
    prefix: Prefix<'a>,
    /// The text on the prefixed line itself.
    text: &'a [u8],
    /// Offset after the line end.
    next: usize,
}

/// Finds prefixed lines by their bar, which is rare in messages.
struct Scanner<'a> {
    bytes: &'a [u8],
}

impl<'a> Scanner<'a> {
    fn next_entry(&self, from: usize) -> Option<Entry<'a>> {
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
    let mut missing = message.content_length().unwrap_or(0);
    // Content-Length counts CRLF; a log that was saved again may have LF, so count lines as on the wire.
    for line in Lines::new(message.body) {
        if missing == 0 && StartLine::parse(line.text).is_some_and(|start| start.is_sip()) {
            return Some(body_at + line.start);
        }
        missing = missing.saturating_sub(line.text.len() as u64 + 2);
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
mod tests {
    use super::*;
    use crate::protocol::Header;

    const AT: &str = "11/20/2024|14:21:21.071 2A10:C74 INFO  :: ";
    const OTHER: &str = "11/20/2024|14:21:21.072 2A10:D00 TRACE :: ";
    const ENDS: &str = "192.0.2.10:443 (From Local Address: 198.51.100.23:50112) 120 bytes";

    fn begin() -> String {
        format!("{AT}Sending Packet - {ENDS}:\r\n")
    }
    fn end() -> String {
        format!("{AT}End of Sending Packet - {ENDS}\r\n")
    }
    fn register(cseq: u32) -> String {
        format!(
            "REGISTER sip:contoso.com SIP/2.0\r\nFrom: <sip:anna@contoso.com>;tag=1\r\nCSeq: {cseq} REGISTER\r\nContent-Length: 0\r\n\r\n"
        )
    }

    /// First word of the text, kind, CSeq, notes of every record, and that they tile the text.
    fn records(text: &str) -> Vec<(Kind, String, Oddities)> {
        let mut found = Vec::new();
        let mut end = 0;
        read(text.as_bytes(), &mut |range: Range<usize>, record: &Record<'_>, _: &[Header<'_>]| {
            assert!(range.start <= end, "no byte between records is lost: {range:?}");
            end = end.max(range.end);
            let own = super::super::Format::Uccapi.own_lines(&text.as_bytes()[range], record.oddities).into_owned();
            let again = reread(&own, record.oddities);
            assert_eq!(again.kind, record.kind);
            let cseq = |record: &Record<'_>| {
                record
                    .message
                    .and_then(|m| m.header(crate::protocol::HeaderName::CSeq))
                    .map(|h| h.text())
                    .unwrap_or_default()
            };
            assert_eq!(cseq(&again), cseq(record));
            found.push((record.kind, cseq(record), record.oddities));
        });
        assert_eq!(end, text.len());
        found
    }

    #[test]
    fn a_frame_is_one_message_with_its_addresses() {
        let text = format!("{}{AT}{}{}", begin(), register(1), end());
        read(text.as_bytes(), &mut |range: Range<usize>, record: &Record<'_>, _: &[Header<'_>]| {
            assert_eq!(range, 0..text.len());
            assert_eq!(
                (record.direction, record.peer, record.local),
                (Direction::Out, &b"192.0.2.10:443"[..], &b"198.51.100.23:50112"[..])
            );
            assert_eq!((record.level, record.process, record.thread), (&b"INFO"[..], &b"2A10"[..], &b"C74"[..]));
            let message = record.message.expect("a message");
            assert_eq!(message.start_line(), "REGISTER sip:contoso.com SIP/2.0");
            assert!(message.body.is_empty());
            assert!(record.oddities.is_empty());
        });
    }

    #[test]
    fn another_thread_inside_a_frame() {
        let message = register(1).replacen("\r\nCSeq", &format!("\r\n{OTHER}busy\r\nCSeq"), 1);
        let text = format!("{}{AT}{message}{}{AT}after\r\n", begin(), end());
        let found = records(&text);
        assert_eq!(found[0], (Kind::Message, "1 REGISTER".to_owned(), Oddities::ENCLOSES));
        assert_eq!(found[1].0, Kind::Trace);
        assert_eq!(found.len(), 3);
    }

    #[test]
    fn frames_without_their_end() {
        let cut = format!("{}{AT}{}", begin(), register(1));
        let found = records(&format!("{cut}{cut}{AT}something else\r\n{}", end()));
        let kinds: Vec<_> = found.iter().map(|(kind, _, odd)| (*kind, *odd)).collect();
        assert_eq!(
            kinds,
            [
                (Kind::Message, Oddities::NO_END),
                (Kind::Message, Oddities::NO_END),
                (Kind::Trace, Oddities::empty()),
                (Kind::Unknown, Oddities::NOT_UNDERSTOOD)
            ]
        );
    }

    #[test]
    fn two_messages_in_one_frame() {
        let text = format!("{}{AT}{}{}{}", begin(), register(1), register(2), end());
        let found = records(&text);
        assert_eq!(found.iter().map(|(_, cseq, _)| cseq.as_str()).collect::<Vec<_>>(), ["1 REGISTER", "2 REGISTER"]);
        assert_eq!(found[1].2, Oddities::SAME_FRAME);
    }

    #[test]
    fn two_messages_and_lines_of_another_thread_in_one_frame() {
        let other = |text: &str| format!("{OTHER}{text}\r\n");
        let inside = |cseq: u32, text: &str| register(cseq).replacen("CSeq", &format!("{}CSeq", other(text)), 1);
        for (first, between, second) in [
            ("a", "", "b"),
            ("", "c", ""),
            ("a", "c", "b"),
            ("", "", "b"),
            ("End of Sending Packet", "", "b"),
            ("", "", "End of Data Received"),
        ] {
            let message = |cseq, text: &str| if text.is_empty() { register(cseq) } else { inside(cseq, text) };
            let between = if between.is_empty() { String::new() } else { other(between) };
            let text = format!("{}{AT}{}{between}{}{}", begin(), message(1, first), message(2, second), end());
            let found = records(&text);
            let messages: Vec<_> = found.iter().filter(|(kind, ..)| *kind == Kind::Message).collect();
            assert_eq!(
                messages.iter().map(|(_, cseq, _)| cseq.as_str()).collect::<Vec<_>>(),
                ["1 REGISTER", "2 REGISTER"]
            );
            assert!(!messages[0].2.contains(Oddities::SAME_FRAME) && messages[1].2.contains(Oddities::SAME_FRAME));
            assert_eq!(messages[1].2.contains(Oddities::ENCLOSES), !second.is_empty(), "{text}");
        }
    }

    #[test]
    fn an_end_line_of_another_thread_ends_no_message() {
        let foreign = format!("{OTHER}End of Data Received -{ENDS}\r\n");
        let second = register(2).replacen("CSeq", &format!("{foreign}CSeq"), 1);
        for rest in [format!("{}{}", register(3), end()), end(), String::new()] {
            let text = format!("{}{AT}{}{second}{rest}", begin(), register(1));
            let found = records(&text);
            assert_eq!(found[1].1, "2 REGISTER", "{text}");
        }
    }

    #[test]
    fn blank_lines_at_the_start_hide_no_message() {
        for blank in ["\r\n", "\u{FEFF}\r\n", "\u{FEFF}"] {
            let text = format!("{blank}{}{AT}{}{}{}", begin(), register(1), register(2), end());
            assert_eq!(records(&text).len(), 2, "{text}");
        }
    }

    #[test]
    fn a_further_message_is_that_of_its_frame() {
        let text = format!("{}{AT}{}{OTHER}x\r\n{}{}", begin(), register(1), register(2), end());
        let mut found = Vec::new();
        read(text.as_bytes(), &mut |_: Range<usize>, record: &Record<'_>, _: &[Header<'_>]| {
            if record.message.is_some() {
                found.push((record.time, record.direction, record.peer.to_vec(), record.thread.to_vec()));
            }
        });
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], found[1]);
        assert_eq!((found[1].1, found[1].3.as_slice()), (Direction::Out, &b"C74"[..]));
    }

    #[test]
    fn a_fragment_in_a_body_is_no_message_of_its_own() {
        let notify = "NOTIFY sip:a@b SIP/2.0\r\nCSeq: 1 NOTIFY\r\nContent-Length: 16\r\n\r\nSIP/2.0 200 OK\r\n";
        assert_eq!(records(&format!("{}{AT}{notify}\r\n{}", begin(), end())).len(), 1);
    }

    #[test]
    fn a_byte_order_mark_belongs_to_the_first_entry() {
        let kinds: Vec<_> =
            records(&format!("\u{FEFF}{AT}one\r\n{AT}two\r\n")).into_iter().map(|(kind, ..)| kind).collect();
        assert_eq!(kinds, [Kind::Trace, Kind::Trace]);
    }

    #[test]
    fn other_entries() {
        let begin = format!("{AT}Data Received -{ENDS}:\r\n{AT}");
        let end = format!("{AT}End of Data Received -{ENDS}\r\n");
        let web = format!("{AT}Executing wws method with windows auth, asyncContext=0A\r\n context\r\n.\r\n");
        let step = format!("{AT}1.3.1 GetAndPublishCert: FAIL (hr = 0x80ef0191)\r\n");
        let tree = format!("{AT}Sign-in report\r\n1 Login: PASS\r\n{AT}plain\r\n");
        let text = format!("\u{FEFF}tail of a message\r\n{begin}\r\n\r\n{end}{web}{step}{tree}");
        let kinds: Vec<_> = records(&text).into_iter().map(|(kind, ..)| kind).collect();
        let report = Kind::SignInReport;
        assert_eq!(kinds, [Kind::Unknown, Kind::KeepAlive, Kind::WebRequest, report, report, Kind::Trace]);
    }
}
