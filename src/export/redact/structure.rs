//! What in a line belongs to its format, and never to anybody: a user called `grant` must not change `grant_type`.
//!
//! Told by where it stands, so that a name stays protected even where nobody thought of it.

use super::words;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// A pattern, of which its first group is protected, and whether that must be a name of the formats to be so.
struct Shape {
    pattern: LazyLock<Option<Regex>>,
    must_be_known: bool,
    /// What must be in the line.
    sign: &'static str,
}

macro_rules! shape {
    ($sign:expr, $pattern:expr, $must_be_known:expr) => {
        Shape { pattern: LazyLock::new(|| Regex::new($pattern).ok()), must_be_known: $must_be_known, sign: $sign }
    };
}

static SHAPES: [Shape; 9] = [
    // Names of headers, fields and parameters.
    shape!(":", r"^[>\s]*([A-Za-z][\w‐-―-]*)[ \t]*:", true),
    shape!("=", r#"([A-Za-z][\w‐-―-]*)["']?[ \t]*="#, true),
    shape!("<", r"</?(?:[\w-]+:)?([A-Za-z][\w-]*)", true),
    // Start lines.
    shape!("/", r"^\s*(?:[\w-]*Start-Line\s*:\s*)?([A-Z]+) \S+ (?:SIP|HTTP)/[0-9]", false),
    shape!("/", r"\b((?:SIP|HTTP)/[0-9]\.[0-9])", false),
    // Marks of records, and their numbers.
    shape!("$$", r"(\$\$(?:begin|end)_record)", false),
    shape!(
        "",
        r"(?i)^(\s*\[[0-9]+\]|(?:Trace-Correlation-Id|CSeq|Content-Length|Max-Forwards|Expires|Retry-After)\s*:\s*[0-9]+)",
        false
    ),
    shape!(
        "20",
        r"\b((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), [0-9]{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [0-9]{4})",
        false
    ),
    // Names of schemas.
    shape!(
        ":",
        r#"(?i)\b((?:https?://(?:schemas\.|www\.w3\.org|docs\.oasis-open\.org|tempuri\.org)|urn:schemas-)[^\s"'<>]*)"#,
        false
    ),
];

/// What is protected in a line, in the order of the line.
pub fn protected(line: &str) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    for shape in SHAPES.iter().filter(|shape| line.contains(shape.sign)) {
        for found in
            shape.pattern.iter().flat_map(|pattern| pattern.captures_iter(line)).filter_map(|found| found.get(1))
        {
            if !shape.must_be_known || words::is_of_formats(found.as_str()) {
                all.push(found.range());
            }
        }
    }
    all.sort_unstable_by_key(|range| range.start);
    all
}

/// True where a range has a part in common with a protected one.
pub fn touches(protected: &[Range<usize>], range: &Range<usize>) -> bool {
    // They are short, and few of them overlap: those that start before the end are looked at from the last one back.
    let before = protected.partition_point(|own| own.start < range.end);
    protected.iter().take(before).rev().take(8).any(|own| own.end > range.start)
}

/// Where the prefix of a record ends that starts in this line; 0 where none does.
pub fn prefix_end(line: &str) -> usize {
    let bytes = line.trim_start_matches('\u{FEFF}').as_bytes();
    if bytes.get(10) == Some(&b'|') && bytes.get(2) == Some(&b'/') {
        return line.find(":: ").or_else(|| line.find("::")).map_or(0, |at| at + 2);
    }
    if !bytes.starts_with(b"TL_") {
        return 0;
    }
    let Some(scope) = line.find("::").and_then(|at| line.get(at..)?.find('(').map(|open| at + open)) else { return 0 };
    let mut depth = 0;
    for (at, byte) in line.bytes().enumerate().skip(scope) {
        depth += match byte {
            b'(' => 1,
            b')' => -1,
            _ => 0,
        };
        if depth == 0 {
            return at + 1;
        }
    }
    // A line that is cut inside of its prefix still has the numbers of one.
    scope
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_the_format() {
        for (line, wanted) in [
            ("Call-ID: anna", &["Call-ID"][..]),
            ("anna: anna=\"x\"", &[]),
            ("Start-Line: FETCH sip:a@b.com SIP/2.0", &["Start-Line", "FETCH", "SIP/2.0"]),
            ("Date: Wed, 20 Nov 2024 13:21:21 GMT", &["Date", "Wed, 20 Nov 2024"]),
            ("$$begin_record", &["$$begin_record"]),
            ("a grant_type=x", &["grant_type"]),
        ] {
            let found: Vec<&str> = protected(line).into_iter().filter_map(|range| line.get(range)).collect();
            assert_eq!(found, wanted, "{line}");
        }
    }
}
