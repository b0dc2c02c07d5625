//! The header line that every record of a server trace starts with.

use super::super::{Kind, Millis, Oddities, Record, clock};
use super::BEGIN;
use crate::protocol::lines::line_end;
use crate::protocol::scan::{digit, equal, find, hex_digit, skip_blanks, upper, within, word};
use wide::u8x16;

/// The header line of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeaderLine<'a> {
    pub(super) level: &'a [u8],
    pub(super) flag: &'a [u8],
    /// `POOL\MACHINE`, or the number of a processor.
    pub(super) source: &'a [u8],
    pub(super) process: &'a [u8],
    pub(super) thread: &'a [u8],
    pub(super) time: Option<Millis>,
    pub(super) component: &'a [u8],
    pub(super) correlation: &'a [u8],
    /// Where the text after the header starts, and whether a typed record begins there.
    pub(super) text_at: usize,
    pub(super) begins_record: bool,
}

impl<'a> HeaderLine<'a> {
    /// Reads a header at the start of `text`; `None` where there is none.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        let rest = text.strip_prefix(b"TL_")?;
        let (level, rest) = word(rest, upper)?;
        let rest = rest.strip_prefix(b"(")?;
        let (flag, rest) = word(rest, |bytes| upper(bytes) | digit(bytes) | equal(bytes, b'_'))?;
        let rest = skip_blanks(rest.strip_prefix(b")")?).strip_prefix(b"[")?;
        let source_end = find(up_to(rest, 256), |bytes| equal(bytes, b']') | equal(bytes, b'\n'))?;
        let (source, rest) = rest.split_at_checked(source_end)?;
        let rest = skip_blanks(rest.strip_prefix(b"]")?);
        let (process, rest) = word(rest, hex_digit)?;
        let (thread, rest) = word(rest.strip_prefix(b".")?, hex_digit)?;
        let rest = rest.strip_prefix(b"::")?;
        let time = match Millis::parse(rest)? {
            clock::Parsed::At(time) => Some(time),
            clock::Parsed::NoDate => None,
        };
        let (_, rest) = word(rest.get(23..)?.strip_prefix(b".")?, hex_digit)?;
        let rest = skip_blanks(rest).strip_prefix(b"(")?;
        let ends_component = |bytes| within(bytes, b'(', b')') | equal(bytes, b',') | equal(bytes, b'\n');
        let (component, rest) = rest.split_at_checked(find(up_to(rest, 256), ends_component)?)?;
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
            let (correlation, after) = bracketed(after, b'[', b']', digit).unwrap_or((&[], after));
            let (_, after) =
                bracketed(after, b'(', b')', |bytes| hex_digit(bytes) | equal(bytes, b' ')).unwrap_or((&[], after));
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

    pub(super) fn record(&self, kind: Kind, text: &'a [u8]) -> Record<'a> {
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
    pub(super) fn kind_of_flag(&self) -> Kind {
        match self.flag {
            b"TF_DIAG" => Kind::Diagnostic,
            b"TF_CONNECTION" => Kind::Connection,
            b"TF_SECURITY" => Kind::Security,
            _ => Kind::Trace,
        }
    }
}

/// The first bytes of a text, at most so many.
pub(super) fn up_to(text: &[u8], length: usize) -> &[u8] {
    text.get(..length).unwrap_or(text)
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
fn bracketed(text: &[u8], open: u8, close: u8, class: impl Fn(u8x16) -> u8x16) -> Option<(&[u8], &[u8])> {
    let rest = skip_blanks(text);
    let rest = rest.strip_prefix(&[open])?;
    let (inside, rest) = word(rest, class)?;
    (inside.len() < 32 && rest.first() == Some(&close))
        .then(|| (inside.trim_ascii(), skip_blanks(rest.get(1..).unwrap_or_default())))
}
