//! Puts right what a ticket, a blog or a mail program did to a message: blanks and `>` before its lines, lost
//! breaks between headers, empty lines between all lines, typographic quotes and hyphens.
//!
//! Lines that are fine are not touched, and a message without damage is not copied. Of a body only what was put
//! before its lines is taken away.

use super::super::skip_blank_start;
use super::names::{hyphen, may_start_header, starts_header};
use crate::protocol::StartLine;
use crate::protocol::lines::{Line, Lines, is_blank};
use memchr::{memchr, memchr2, memmem};
use std::borrow::Cow;

/// The start line that stands at the start of a line, under whatever the paste put before it and without the
/// headers that were joined to it.
pub fn start_line(line: &[u8]) -> Option<StartLine<'_>> {
    let text = undressed(line).0;
    let first = text.first()?;
    if !first.is_ascii_alphabetic() && *first != b':' {
        return None;
    }
    // The version ends a request, so headers after it hide the start line.
    let is_whole = StartLine::parse(text).is_some();
    if !is_whole && memmem::find(text, b"SIP/2.0").is_none() {
        return None;
    }
    StartLine::parse(first_piece(text))
}

/// True where headers were joined to a start line.
pub fn has_joined_header(line: &[u8]) -> bool {
    let text = undressed(line).0;
    first_piece(text).len() < text.len()
}

/// A line without everything a paste puts before lines, and the number of `>` among that.
pub fn undressed(line: &[u8]) -> (&[u8], usize) {
    let mut rest = skip_indent(line, usize::MAX).0;
    let mut quotes = 0;
    while let Some(after) = rest.strip_prefix(b">") {
        quotes += 1;
        rest = skip_indent(after, usize::MAX).0;
    }
    (rest, quotes)
}

/// A line without up to `most` blanks at its start, and how many those were. Web pages write them as U+00A0.
fn skip_indent(line: &[u8], most: usize) -> (&[u8], usize) {
    let (mut rest, mut count) = (line, 0);
    while count < most
        && let [b' ' | b'\t', after @ ..] | [0xC2, 0xA0, after @ ..] = rest
    {
        rest = after;
        count += 1;
    }
    (rest, count)
}

/// How a paste changed the lines of one message.
#[derive(Clone, Copy, Debug)]
pub struct Dress {
    /// Number of `>` before each line.
    quotes: usize,
    /// Number of blanks before each header. The first header continues nothing, so blanks before it mean nothing.
    indent: usize,
    /// Empty lines stand between the headers.
    is_double_spaced: bool,
}

impl Dress {
    /// `rest` are the lines after the start line.
    pub fn of(start: &[u8], mut rest: Lines<'_>) -> Self {
        let mut dress = Self { quotes: undressed(start).1, indent: 0, is_double_spaced: false };
        let mut header = rest.next();
        let is_apart = header.is_some_and(|line| is_blank(dress.strip(line.text)));
        if is_apart {
            header = rest.next();
        }
        let (header, indent) = skip_indent(header.map_or(&[], |line| dress.strip(line.text)), usize::MAX);
        if starts_header(header) {
            dress.indent = if is_apart { 0 } else { indent };
            dress.is_double_spaced = is_apart;
        }
        dress
    }

    /// A line without what the paste put before it.
    pub fn strip<'a>(&self, line: &'a [u8]) -> &'a [u8] {
        let mut rest = line;
        for _ in 0..self.quotes {
            let Some(after) = skip_indent(rest, usize::MAX).0.strip_prefix(b">") else { break };
            rest = after.strip_prefix(b" ").unwrap_or(after);
        }
        skip_indent(rest, self.indent).0
    }

    /// True where a line of the head is the empty one that ends it.
    pub fn ends_head(&self, line: &[u8], next: Option<Line<'_>>) -> bool {
        let goes_on = || self.is_double_spaced && next.is_some_and(|next| starts_header(undressed(next.text).0));
        is_blank(self.strip(line)) && !goes_on()
    }

    fn changes_bodies(&self) -> bool {
        self.quotes > 0 || self.indent > 0
    }
}

/// The lines of a message as they stood before they were pasted. Borrowed where nothing is damaged.
pub fn own_lines(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut clean = Clean { bytes, changed: None, line: Vec::new() };
    let start = skip_blank_start(bytes);
    let before = bytes.get(..start).unwrap_or_default();
    let start = start - before.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let mut lines = Lines::new(bytes.get(start..).unwrap_or_default());
    let Some(first) = lines.next() else { return Cow::Borrowed(bytes) };
    let dress = Dress::of(first.text, lines.clone());
    let in_bytes = |line: Line<'_>| start + line.start..start + line.next;
    put_pieces(undressed(first.text).0, true, line_end(bytes.get(in_bytes(first))), &mut clean.line);
    clean.end_line(in_bytes(first));
    let mut in_head = true;
    while let Some(line) = lines.next() {
        let end = line_end(bytes.get(in_bytes(line)));
        let text = dress.strip(line.text);
        if !in_head {
            clean.line.extend_from_slice(text);
            clean.line.extend_from_slice(end);
        } else if !is_blank(text) {
            // A fold is no header: one that is still indented lost its break in another way.
            let unfolded = skip_indent(text, usize::MAX).0;
            let text = if starts_header(unfolded) { unfolded } else { text };
            put_pieces(text, false, end, &mut clean.line);
        } else if dress.ends_head(line.text, lines.clone().next()) {
            in_head = false;
            clean.line.extend_from_slice(end);
        }
        clean.end_line(in_bytes(line));
        if !in_head && !dress.changes_bodies() {
            clean.rest(start + line.next);
            break;
        }
    }
    clean.changed.map_or(Cow::Borrowed(bytes), Cow::Owned)
}

/// A copy that begins with the first line that is changed.
struct Clean<'a> {
    bytes: &'a [u8],
    changed: Option<Vec<u8>>,
    /// What becomes of the line that is being read.
    line: Vec<u8>,
}

impl Clean<'_> {
    fn end_line(&mut self, raw: std::ops::Range<usize>) {
        let start = raw.start;
        let is_same = self.bytes.get(raw) == Some(self.line.as_slice());
        if self.changed.is_some() || !is_same {
            let before = self.bytes.get(..start).unwrap_or_default();
            self.changed.get_or_insert_with(|| before.to_vec()).extend_from_slice(&self.line);
        }
        self.line.clear();
    }

    /// Everything from an offset on is fine.
    fn rest(&mut self, from: usize) {
        if let Some(changed) = &mut self.changed {
            changed.extend_from_slice(self.bytes.get(from..).unwrap_or_default());
        }
    }
}

/// The line end of a raw line; empty at the end of the text.
fn line_end(raw: Option<&[u8]>) -> &[u8] {
    match raw {
        Some([.., b'\r', b'\n']) => b"\r\n",
        Some([.., b'\n']) => b"\n",
        // What `Lines` takes away at the end of a text.
        Some([.., b'\r']) => b"\r",
        _ => b"",
    }
}

/// Writes a line of a head, each header on a line of its own.
fn put_pieces(text: &[u8], is_start: bool, end: &[u8], out: &mut Vec<u8>) {
    let new_break: &[u8] = if end == b"\r\n" { end } else { b"\n" };
    // Prose among headers is left as it is.
    let may_be_joined = is_start || matches!(text, [b' ' | b'\t', ..]) || starts_header(text);
    let (mut rest, mut keeps_blanks) = (text, is_start);
    while may_be_joined && let Some(at) = next_header(rest) {
        let (piece, after) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        put_plain(piece.trim_ascii_end(), keeps_blanks, out);
        out.extend_from_slice(new_break);
        rest = after;
        keeps_blanks = false;
    }
    put_plain(rest, keeps_blanks, out);
    out.extend_from_slice(end);
}

/// What stands before the first header that was joined to a line.
fn first_piece(text: &[u8]) -> &[u8] {
    next_header(text).and_then(|at| text.get(..at)).unwrap_or(text).trim_ascii_end()
}

/// Where the next header starts in a line: after a blank, outside quotes and angle brackets.
fn next_header(text: &[u8]) -> Option<usize> {
    let is_free_text = text.get(..8).is_some_and(|name| name.eq_ignore_ascii_case(b"Subject:"));
    let (mut is_quoted, mut in_uri) = (false, false);
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let mut length = 1;
        match rest {
            [b'\\', ..] if is_quoted => length = 2,
            [b'"', ..] => is_quoted = !is_quoted,
            // Quotes that open, and those that close.
            [0xE2, 0x80, 0x9C | 0x9E | 0x9F, ..] => (is_quoted, length) = (true, 3),
            [0xE2, 0x80, 0x9D, ..] => (is_quoted, length) = (false, 3),
            _ if is_quoted => {}
            [b'<', ..] => in_uri = true,
            [b'>', ..] => in_uri = false,
            [b' ' | b'\t', after @ ..] if !in_uri && at > 0 && may_start_header(after, is_free_text) => {
                return Some(at + 1);
            }
            [0xC2, 0xA0, after @ ..] if !in_uri && at > 0 && may_start_header(after, is_free_text) => {
                return Some(at + 2);
            }
            _ => {}
        }
        at += length;
    }
    None
}

/// Writes text with the characters that SIP knows. Typographic quotes mean quotes only where there are no others;
/// dashes are hyphens only in names. `keeps_blanks`: a start line is told by its blanks.
fn put_plain(text: &[u8], keeps_blanks: bool, out: &mut Vec<u8>) {
    if memchr2(0xE2, 0xC2, text).is_none() {
        out.extend_from_slice(text);
        return;
    }
    let keeps_quotes = memchr(b'"', text).is_some();
    let name_end = if starts_header(text) { memchr(b':', text).unwrap_or(0) } else { 0 };
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let in_name = text.len() - rest.len() < name_end;
        let (plain, after) = match rest {
            [0xE2, 0x80, 0x90 | 0x91, after @ ..] => (b'-', after),
            _ if in_name && let Some(after) = hyphen(rest) => (b'-', after),
            [0xE2, 0x80, 0x9C..=0x9F, after @ ..] if !keeps_quotes => (b'"', after),
            [0xC2, 0xA0, after @ ..] if !keeps_blanks => (b' ', after),
            _ => (byte, after),
        };
        out.push(plain);
        rest = after;
    }
}
