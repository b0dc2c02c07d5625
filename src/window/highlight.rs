//! Colours for the text of one message, line by line.
//!
//! Turns a line and what it is into a `LayoutJob`, which paints the very same text: nothing is
//! reformatted, added or left out, but for what is beyond [`LONGEST_LINE_CHARS`]. Keeps no state and does
//! not split messages into lines; that is done where a message is opened.

use super::theme::{self, Tokens, Tone};
use crate::app::LineKind;
use crate::protocol::{HeaderName, StartLine};
use egui::Color32;
use egui::text::{ByteIndex, LayoutJob, LayoutSection, TextFormat};
use std::ops::Range;

/// Longer lines are cut and end in an ellipsis. A line of a body may have megabytes.
pub const LONGEST_LINE_CHARS: usize = 2_000;

/// What stands behind a line of this kind, where it is anything but the panel: to be filled from edge to edge.
#[must_use]
pub fn line_background(kind: LineKind, tokens: &Tokens) -> Option<Color32> {
    (kind == LineKind::Diagnostics).then_some(tokens.syntax.diagnostics_background)
}

/// One line without its line end, coloured. Wraps nowhere; set `wrap` for that.
#[must_use]
pub fn line_job(line: &str, kind: LineKind, tokens: &Tokens) -> LayoutJob {
    let (line, cut) = shown(line);
    let mut ink = Ink::new(kind, tokens);
    match kind {
        LineKind::StartLine => start_line(&mut ink, line),
        LineKind::Header | LineKind::Diagnostics => header(&mut ink, line, kind),
        LineKind::Body => body(&mut ink, line),
        LineKind::Trace => ink.put(line, tokens.syntax.prefix),
    }
    if cut {
        ink.put("…", tokens.syntax.parameter);
    }
    ink.job
}

/// Lays the colour of search hits behind ranges of bytes of the job's text, which stand in order.
pub fn mark_hits(job: &mut LayoutJob, hits: &[Range<usize>], tokens: &Tokens) {
    let old = std::mem::take(&mut job.sections);
    for section in old {
        let Range { start, end } = section.byte_range.clone();
        let (mut at, end) = (start.0, end.0);
        while at < end {
            let hit = hits.iter().find(|hit| hit.end > at && hit.start < end && !hit.is_empty());
            let (next, marked) = match hit {
                Some(hit) if hit.start > at => (hit.start, false),
                Some(hit) => (hit.end.min(end), true),
                None => (end, false),
            };
            let mut format = section.format.clone();
            if marked {
                format.background = tokens.search_hit;
            }
            let leading_space = if at == start.0 { section.leading_space } else { 0.0 };
            job.sections.push(LayoutSection { leading_space, byte_range: ByteIndex(at)..ByteIndex(next), format });
            at = next;
        }
    }
}

/// What of a line is shown, and whether that is less than all.
fn shown(line: &str) -> (&str, bool) {
    let line = line.trim_end_matches(['\r', '\n']);
    match line.char_indices().nth(LONGEST_LINE_CHARS) {
        Some((end, _)) => (&line[..end], true),
        None => (line, false),
    }
}

/// Collects coloured pieces; equal neighbours become one section.
struct Ink<'a> {
    job: LayoutJob,
    tokens: &'a Tokens,
    background: Color32,
}

impl<'a> Ink<'a> {
    fn new(kind: LineKind, tokens: &'a Tokens) -> Self {
        let background = line_background(kind, tokens).unwrap_or(Color32::TRANSPARENT);
        Self { job: LayoutJob { break_on_newline: false, ..LayoutJob::default() }, tokens, background }
    }

    fn put(&mut self, text: &str, color: Color32) {
        if text.is_empty() {
            return;
        }
        let start = self.job.text.len();
        // Control characters have no face; one that is not ASCII must not shift the bytes either.
        let plain = |c: char| if c.is_ascii_control() && c != '\t' { ' ' } else { c };
        self.job.text.extend(text.chars().map(plain));
        let end = ByteIndex(self.job.text.len());
        match self.job.sections.last_mut() {
            Some(last) if last.format.color == color => last.byte_range.end = end,
            _ => self.job.sections.push(LayoutSection {
                leading_space: 0.0,
                byte_range: ByteIndex(start)..end,
                format: TextFormat {
                    font_id: theme::mono_font(),
                    color,
                    background: self.background,
                    ..TextFormat::default()
                },
            }),
        }
    }
}

/// `REGISTER sip:contoso.com SIP/2.0`, `SIP/2.0 401 Unauthorized`, and HTTP's of both.
fn start_line(ink: &mut Ink<'_>, line: &str) {
    let syntax = &ink.tokens.syntax;
    let parsed = StartLine::parse(line.as_bytes());
    if let Some(status) = parsed.and_then(|start| start.status()) {
        let (version, rest) = line.split_at(line.find(' ').unwrap_or(0));
        ink.put(version, syntax.parameter);
        ink.put(rest, ink.tokens.tone(Tone::of_status(status)).text);
    } else if parsed.is_some_and(|start| start.method().is_some()) {
        let (method, rest) = line.split_at(line.find(' ').unwrap_or(line.len()));
        let (target, version) = rest.split_at(rest.rfind(' ').filter(|&at| at > 0).unwrap_or(rest.len()));
        ink.put(method, ink.tokens.tone(Tone::Request).text);
        ink.put(target, syntax.address);
        ink.put(version, syntax.parameter);
    } else {
        ink.put(line, syntax.start_line);
    }
}

fn header(ink: &mut Ink<'_>, line: &str, kind: LineKind) {
    let syntax = &ink.tokens.syntax;
    let is_name = |name: &str| !name.is_empty() && name.len() <= 64 && !name.trim_end().contains([' ', '\t']);
    let Some((name, text)) = line.split_once(':').filter(|(name, _)| is_name(name)) else {
        return value(ink, line);
    };
    let color = match kind {
        LineKind::Diagnostics => syntax.diagnostics,
        // What the program reads itself is what people look for, too.
        _ if HeaderName::of(name.trim_end().as_bytes()) != HeaderName::Other => syntax.important_name,
        _ => syntax.header_name,
    };
    ink.put(name, color);
    ink.put(":", syntax.parameter);
    if kind == LineKind::Diagnostics { diagnostics_value(ink, text) } else { value(ink, text) }
}

/// `1007;reason="Temporarily cannot route";source="edge01.contoso.com"`: number and words lead.
fn diagnostics_value(ink: &mut Ink<'_>, text: &str) {
    let (number, rest) = text.split_at(text.find([';', ' ', ',']).unwrap_or(text.len()));
    let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if digits {
        ink.put(number, ink.tokens.syntax.diagnostics);
        value(ink, rest);
    } else if let Some(rest) = text.strip_prefix(' ') {
        ink.put(" ", ink.tokens.syntax.parameter);
        diagnostics_value(ink, rest);
    } else {
        value(ink, text);
    }
}

/// The value of a header: quoted strings, addresses, numbers; names of parameters and signs step back.
fn value(ink: &mut Ink<'_>, text: &str) {
    let syntax = &ink.tokens.syntax;
    let mut rest = text;
    // True just after a `;` or `,`, where the name of a parameter stands.
    let mut at_name = false;
    while let Some(first) = rest.chars().next() {
        let (length, color) = match first {
            '"' => (quoted_len(rest), syntax.quoted),
            _ if let Some(length) = address_len(rest) => (length, syntax.address),
            _ if is_word(first) => {
                let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                (length, word_color(ink.tokens, &rest[..length], rest[length..].chars().next(), at_name))
            }
            ' ' | '\t' => (1, syntax.parameter),
            _ if first.is_ascii_punctuation() => (1, syntax.parameter),
            _ => (first.len_utf8(), syntax.value),
        };
        at_name = match first {
            ';' | ',' | '?' => true,
            ' ' | '\t' => at_name,
            _ => false,
        };
        let (piece, after) = rest.split_at(length);
        ink.put(piece, color);
        rest = after;
    }
}

fn word_color(tokens: &Tokens, word: &str, next: Option<char>, at_name: bool) -> Color32 {
    let syntax = &tokens.syntax;
    let numeric = word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if word.contains('@') || (numeric && word.split('.').count() == 4) {
        syntax.address
    } else if next == Some('=') || (at_name && !numeric) {
        syntax.parameter
    } else if numeric && word.bytes().any(|byte| byte.is_ascii_digit()) {
        syntax.number
    } else {
        syntax.value
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '%' | '+' | '!' | '*' | '@' | '/')
}

/// Length of a quoted string with both its quotes, or of what there is of it.
fn quoted_len(text: &str) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|&(_, c)| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// Length of an address with its scheme, without parameters; `None` where none starts here.
fn address_len(text: &str) -> Option<usize> {
    const SCHEMES: [&str; 5] = ["sip:", "sips:", "tel:", "https://", "http://"];
    let starts = |scheme: &&str| text.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    let scheme = SCHEMES.iter().find(|scheme| starts(scheme))?;
    let ends = |c: char| c.is_whitespace() || matches!(c, '>' | '<' | '"' | ';' | ',' | ')' | '\'');
    let length = text.find(ends).unwrap_or(text.len());
    (length > scheme.len()).then_some(length)
}

/// A line of a body: XML and SDP by their signs, all else plain.
fn body(ink: &mut Ink<'_>, line: &str) {
    let syntax = &ink.tokens.syntax;
    let bytes = line.as_bytes();
    if let [b'a'..=b'z', b'=', ..] = bytes {
        ink.put(&line[..1], syntax.important_name);
        ink.put("=", syntax.parameter);
        value(ink, &line[2..]);
    } else if line.contains('<') && line.contains('>') {
        xml(ink, line);
    } else {
        ink.put(line, syntax.body);
    }
}

/// Tags step back, what they hold and the values of attributes stand out. Takes lines cut anywhere.
fn xml(ink: &mut Ink<'_>, line: &str) {
    let syntax = &ink.tokens.syntax;
    let mut rest = line;
    while !rest.is_empty() {
        let (text, tag) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        ink.put(text, syntax.body);
        let (mut tag, after) = tag.split_at(tag.find('>').map_or(tag.len(), |end| end + 1));
        let name = tag.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(tag.len());
        ink.put(&tag[..name], syntax.important_name);
        tag = &tag[name..];
        while let Some(quote) = tag.find('"') {
            ink.put(&tag[..quote], syntax.header_name);
            let length = tag[quote + 1..].find('"').map_or(tag.len() - quote, |end| end + 2);
            ink.put(&tag[quote..quote + length], syntax.quoted);
            tag = &tag[quote + length..];
        }
        ink.put(tag, syntax.important_name);
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces of a line with the role whose colour they have.
    fn pieces(line: &str, kind: LineKind) -> Vec<(String, &'static str)> {
        let tokens = theme::tokens(false);
        let s = &tokens.syntax;
        let roles = [
            (s.important_name, "important"),
            (s.header_name, "name"),
            (s.address, "address"),
            (s.number, "number"),
            (s.quoted, "quoted"),
            (s.parameter, "weak"),
            (s.diagnostics, "diagnostics"),
            (tokens.tone(Tone::Request).text, "request"),
            (tokens.tone(Tone::Challenge).text, "challenge"),
            (s.value, "value"),
        ];
        let job = line_job(line, kind, tokens);
        let role = |color| roles.iter().find(|role| role.0 == color).map_or("other", |role| role.1);
        let text = |section: &LayoutSection| job.text[section.byte_range.start.0..section.byte_range.end.0].to_owned();
        job.sections.iter().map(|section| (text(section), role(section.format.color))).collect()
    }

    #[test]
    fn lines_and_their_parts() {
        type Parts = &'static [(&'static str, &'static str)];
        let cases: [(LineKind, &str, Parts); 9] = [
            (
                LineKind::Header,
                "From: \"Kim \\\"K\\\" Akers\" <sip:kim@contoso.com;user=phone>;tag=7f3",
                &[
                    ("From", "important"),
                    (": ", "weak"),
                    ("\"Kim \\\"K\\\" Akers\"", "quoted"),
                    (" <", "weak"),
                    ("sip:kim@contoso.com", "address"),
                    (";user=", "weak"),
                    ("phone", "value"),
                    (">;tag=", "weak"),
                    ("7f3", "value"),
                ],
            ),
            (LineKind::Header, "Max-Forwards: 70", &[("Max-Forwards", "name"), (": ", "weak"), ("70", "number")]),
            (
                LineKind::Header,
                "Via: SIP/2.0/TLS 10.0.0.21:5061",
                &[
                    ("Via", "important"),
                    (": ", "weak"),
                    ("SIP/2.0/TLS", "value"),
                    (" ", "weak"),
                    ("10.0.0.21", "address"),
                    (":", "weak"),
                    ("5061", "number"),
                ],
            ),
            (LineKind::Header, " folded", &[(" ", "weak"), ("folded", "value")]),
            (
                LineKind::Diagnostics,
                "ms-diagnostics: 1007;reason=\"No route\"",
                &[
                    ("ms-diagnostics", "diagnostics"),
                    (": ", "weak"),
                    ("1007", "diagnostics"),
                    (";reason=", "weak"),
                    ("\"No route\"", "quoted"),
                ],
            ),
            (
                LineKind::StartLine,
                "SIP/2.0 401 Unauthorized",
                &[("SIP/2.0", "weak"), (" 401 Unauthorized", "challenge")],
            ),
            (
                LineKind::StartLine,
                "REGISTER sip:contoso.com SIP/2.0",
                &[("REGISTER", "request"), (" sip:contoso.com", "address"), (" SIP/2.0", "weak")],
            ),
            (
                LineKind::Body,
                "c=IN IP4 10.0.0.1",
                &[
                    ("c", "important"),
                    ("=", "weak"),
                    ("IN", "value"),
                    (" ", "weak"),
                    ("IP4", "value"),
                    (" ", "weak"),
                    ("10.0.0.1", "address"),
                ],
            ),
            (
                LineKind::Body,
                "<a id=\"1\">x</a>",
                &[
                    ("<a", "important"),
                    (" id=", "name"),
                    ("\"1\"", "quoted"),
                    (">", "important"),
                    ("x", "value"),
                    ("</a>", "important"),
                ],
            ),
        ];
        for (kind, line, wanted) in cases {
            let found = pieces(line, kind);
            let found: Vec<_> = found.iter().map(|(text, role)| (text.as_str(), *role)).collect();
            assert_eq!(found, wanted, "{line}");
        }
    }

    #[test]
    fn any_line_keeps_its_text() {
        let lines =
            ["", ":", "From:", "\"", "a: \"open", "sip:", "<x y=\"", "é: ü\u{2011}\"ß", "; ;=,,", "SIP/2.0 ", "GET"];
        let kinds = [LineKind::StartLine, LineKind::Header, LineKind::Diagnostics, LineKind::Body, LineKind::Trace];
        for kind in kinds {
            for line in lines {
                let joined: String = pieces(line, kind).into_iter().map(|piece| piece.0).collect();
                assert_eq!(joined, line, "{kind:?}");
            }
        }
    }

    #[test]
    fn a_long_line_ends_in_an_ellipsis() {
        let job = line_job(&"é".repeat(1_000_000), LineKind::Body, theme::tokens(true));
        assert_eq!(job.text.chars().count(), LONGEST_LINE_CHARS + 1);
        assert!(job.text.ends_with('…'));
    }

    #[test]
    fn hits_are_marked_across_pieces() {
        let tokens = theme::tokens(true);
        let mut job = line_job("Max-Forwards: 70", LineKind::Header, tokens);
        mark_hits(&mut job, &[4..8, 12..15], tokens);
        let marked = job.sections.iter().filter(|section| section.format.background == tokens.search_hit);
        let marked: String =
            marked.map(|section| &job.text[section.byte_range.start.0..section.byte_range.end.0]).collect();
        assert_eq!(marked, "Forw: 7");
        assert_eq!(job.sections.last().map(|section| section.byte_range.end.0), Some(16));
    }
}
