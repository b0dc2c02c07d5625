//! Lines of a trace: CRLF, LF, or both in one file.

use super::scan;
use memchr::memchr;
use std::borrow::Cow;
use wide::u8x16;

/// Iterates over lines, giving each without its line end together with the offset it starts at.
#[derive(Clone)]
pub struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// One line without its line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Offset of the line's first byte in what was given to [`Lines::new`].
    pub start: usize,
    /// Offset just after the line end.
    pub next: usize,
    pub text: &'a [u8],
}

impl<'a> Lines<'a> {
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    #[inline]
    fn next(&mut self) -> Option<Line<'a>> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let start = self.at;
        let (text, used) = match line_end(rest) {
            Some(end) => (rest.get(..end)?, end + 1),
            None => (rest, rest.len()),
        };
        self.at += used;
        Some(Line { start, next: self.at, text: text.strip_suffix(b"\r").unwrap_or(text) })
    }
}

/// Offset of the first line feed. Lines of messages are short: sixteen bytes at a time find their end sooner
/// than a searcher made for long stretches has begun; that one takes over where a line is long.
#[must_use]
#[inline]
pub fn line_end(text: &[u8]) -> Option<usize> {
    const SHORT: usize = 128;
    let short = text.get(..SHORT).unwrap_or(text);
    scan::find(short, is_line_feed).or_else(|| memchr(b'\n', text.get(short.len()..)?).map(|at| short.len() + at))
}

fn is_line_feed(bytes: u8x16) -> u8x16 {
    scan::equal(bytes, b'\n')
}

/// Offsets of all line feeds, in order. Looks at 64 bytes at once and remembers what it saw, so that walking
/// over many short lines costs little more than their bytes.
#[derive(Clone)]
pub struct LineEnds<'a> {
    bytes: &'a [u8],
    /// Offset after the bytes that were looked at, and the line feeds among the last 64 of them that were
    /// not given yet, one bit each.
    at: usize,
    seen: u64,
}

impl<'a> LineEnds<'a> {
    /// Starts at an offset.
    #[must_use]
    #[inline]
    pub fn new(bytes: &'a [u8], from: usize) -> Self {
        Self { bytes, at: from, seen: 0 }
    }
}

impl Iterator for LineEnds<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.seen == 0 {
            let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
            self.seen = scan::sixty_four(rest, is_line_feed);
            self.at += 64;
        }
        let bit = self.seen.trailing_zeros() as usize;
        self.seen &= self.seen - 1;
        Some(self.at - 64 + bit)
    }
}

/// Walks over lines, each with its line end, as they are or with the lines they are folded over (RFC 3261 7.3.1).
#[derive(Clone)]
pub struct LineWalk<'a> {
    bytes: &'a [u8],
    at: usize,
    ends: LineEnds<'a>,
}

impl<'a> LineWalk<'a> {
    /// Starts at an offset.
    #[must_use]
    #[inline]
    pub fn new(bytes: &'a [u8], from: usize) -> Self {
        Self { bytes, at: from, ends: LineEnds::new(bytes, from) }
    }

    /// Where the next line starts.
    #[must_use]
    #[inline]
    pub fn at(&self) -> usize {
        self.at
    }

    /// The next line alone, whatever follows it.
    #[inline]
    pub fn next_line(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        if start >= self.bytes.len() {
            return None;
        }
        self.at = self.next_end();
        self.bytes.get(start..self.at)
    }

    /// The next line, and those after it that start with a blank.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "where it is called for every line its state must stay in registers")]
    pub fn next_folded(&mut self) -> Option<&'a [u8]> {
        let start = self.at;
        self.next_line()?;
        while let Some(b' ' | b'\t') = self.bytes.get(self.at) {
            self.at = self.next_end();
        }
        self.bytes.get(start..self.at)
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "see above")]
    fn next_end(&mut self) -> usize {
        self.ends.next().map_or(self.bytes.len(), |end| end + 1)
    }
}

/// The first line without its line end, and what follows it.
#[must_use]
pub fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match Lines::new(bytes).next() {
        Some(line) => (line.text, bytes.get(line.next..).unwrap_or_default()),
        None => (bytes, &[]),
    }
}

/// True where a line holds nothing but blanks, NULs and line ends.
#[must_use]
pub fn is_blank(text: &[u8]) -> bool {
    text.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0))
}

/// Number of lines that hold something to read.
#[must_use]
pub fn count_not_blank(text: &[u8]) -> u32 {
    let lines = Lines::new(text).filter(|line| !is_blank(line.text)).count();
    u32::try_from(lines).unwrap_or(u32::MAX)
}

/// Text for people: UTF-8 where it is UTF-8, otherwise line by line as Windows-1252, so that nothing
/// is lost to replacement marks.
#[must_use]
pub fn to_text(bytes: &[u8]) -> String {
    text(bytes).into_owned()
}

/// Like [`to_text`], without a copy of what is UTF-8 already.
#[must_use]
pub fn text(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        match str::from_utf8(line) {
            Ok(line) => text.push_str(line),
            Err(_) => text.push_str(&encoding_rs::WINDOWS_1252.decode_without_bom_handling(line).0),
        }
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_ends_tile_the_text() {
        let text = b"a\r\nb\n\nc\r";
        let lines: Vec<_> = Lines::new(text).collect();
        assert_eq!(lines.iter().map(|line| line.text).collect::<Vec<_>>(), [&b"a"[..], b"b", b"", b"c"]);
        assert_eq!(lines.iter().map(|line| line.start).collect::<Vec<_>>(), [0, 3, 5, 6]);
        assert_eq!(lines.last().map(|line| line.next), Some(text.len()));
    }

    #[test]
    fn the_end_of_lines_of_every_length() {
        for length in 0..200 {
            let mut text = vec![b'\x0B'; length];
            assert_eq!(line_end(&text), None);
            text.extend_from_slice(b"\nmore\n");
            assert_eq!(line_end(&text), Some(length));
            assert_eq!(LineEnds::new(&text, 0).collect::<Vec<_>>(), [length, length + 5]);
        }
    }

    #[test]
    fn a_line_that_is_not_utf8_is_read_as_windows_1252() {
        assert_eq!(to_text(b"Andr\xe9 \x96\n\xc3\xa9"), "André –\né");
    }
}
