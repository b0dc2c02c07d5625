//! What a text search looks for: words, or a regular expression.
//!
//! Both are one compiled expression over bytes, so that a search needs a single path; words are kept beside
//! it for a search that can do better with a literal. Decoding a log's text is not done here.

use regex::bytes::{Regex, RegexBuilder};
use std::fmt;
use std::ops::Range;

/// Bound on one compiled expression, in bytes.
const COMPILED_LIMIT: usize = 8 << 20;
/// Bound on the memory a search may use beside it, in bytes and per thread.
const CACHE_LIMIT: usize = 8 << 20;
const NESTING_LIMIT: u32 = 100;
/// Longest source, in bytes; compiling takes its time long before it comes to [`COMPILED_LIMIT`].
const LONGEST: usize = 32 << 10;

/// Words or a regular expression to look for in a record's text, letter case aside.
#[derive(Debug, Clone)]
pub struct TextPattern {
    source: String,
    words: bool,
    regex: Regex,
}

/// Why an expression cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRegex {
    /// The reason, in one line.
    pub reason: String,
    /// Where in the expression, in characters, when known.
    pub at: Option<Range<usize>>,
}

impl TextPattern {
    /// A search for these words as they stand.
    ///
    /// # Errors
    /// Only for a text too long to be compiled.
    pub fn words(words: &str) -> Result<Self, BadRegex> {
        fits(words)?;
        // With Unicode a k or s has three forms instead of two (the Kelvin sign, the long s), which leaves the
        // search a worse literal to skip ahead with.
        let regex = compile(&regex::escape(words), !words.is_ascii()).map_err(|error| BadRegex::new(&error, words))?;
        Ok(Self { source: words.to_owned(), words: true, regex })
    }

    /// A search for a regular expression, as it stands between the slashes of a query.
    ///
    /// `^` and `$` match at line ends, of either kind.
    ///
    /// # Errors
    /// The expression is not valid or too large.
    pub fn regex(source: &str) -> Result<Self, BadRegex> {
        fits(source)?;
        let regex = compile(source, true)
            .or_else(|error| match error {
                // Unicode classes are large: `\w{500}` fits only as ASCII, which is what logs are made of.
                regex::Error::CompiledTooBig(_) => compile(source, false).map_err(|_also_too_big| error),
                _ => Err(error),
            })
            .map_err(|error| BadRegex::new(&error, source))?;
        Ok(Self { source: source.to_owned(), words: false, regex })
    }

    /// What was written: the words, or the expression between its slashes.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The words, when this is a plain search.
    #[must_use]
    pub fn literal(&self) -> Option<&str> {
        self.words.then_some(self.source.as_str())
    }

    /// The compiled expression, of words too.
    #[must_use]
    pub fn compiled(&self) -> &Regex {
        &self.regex
    }

    /// Whether it occurs in this text.
    #[must_use]
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.regex.is_match(text)
    }
}

impl PartialEq for TextPattern {
    fn eq(&self, other: &Self) -> bool {
        self.words == other.words && self.source == other.source
    }
}

impl Eq for TextPattern {}

impl fmt::Display for TextPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

fn fits(source: &str) -> Result<(), BadRegex> {
    if source.len() <= LONGEST {
        return Ok(());
    }
    Err(BadRegex { reason: format!("it is longer than {LONGEST} bytes"), at: None })
}

fn compile(source: &str, unicode: bool) -> Result<Regex, regex::Error> {
    RegexBuilder::new(source)
        .case_insensitive(true)
        .multi_line(true)
        .crlf(true)
        .unicode(unicode)
        .size_limit(COMPILED_LIMIT)
        .dfa_size_limit(CACHE_LIMIT)
        .nest_limit(NESTING_LIMIT)
        .build()
}

impl BadRegex {
    /// The regex crate explains itself on several lines: the expression, carets below it, and the reason.
    fn new(error: &regex::Error, source: &str) -> Self {
        let regex::Error::Syntax(text) = error else {
            return Self { reason: "it is too large".to_owned(), at: None };
        };
        let reason =
            text.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or("it cannot be understood");
        Self { reason: reason.to_owned(), at: carets(text).filter(|_| !source.contains('\n')) }
    }
}

fn carets(text: &str) -> Option<Range<usize>> {
    const INDENT: usize = 4;
    let line = text.lines().skip(2).find(|line| line.contains('^') && line.chars().all(|c| matches!(c, ' ' | '^')))?;
    let start = line.find('^')?;
    let length = line.chars().skip(start).take_while(|&c| c == '^').count();
    let start = start.checked_sub(INDENT)?;
    Some(start..start + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_expressions() {
        let cases: &[(TextPattern, &[u8], bool)] = &[
            (TextPattern::words("web ticket").expect("words"), b"the Web Ticket is", true),
            (TextPattern::words("a.c").expect("words"), b"abc A.C \xff", true),
            (TextPattern::words("a.c").expect("words"), b"abc", false),
            (TextPattern::words("stra\u{df}e").expect("words"), "STRA\u{1e9e}E".as_bytes(), true),
            (TextPattern::regex(r#"gssapi-data="[^"]+""#).expect("regex"), b"GSSAPI-DATA=\"x\"", true),
            (TextPattern::regex("^via:.*tls$").expect("regex"), b"a\r\nVia: SIP/2.0/TLS\r\n\xff", true),
            (TextPattern::regex(r"a\/b").expect("regex"), b"a/b", true),
            (TextPattern::regex(r"\w{2000}").expect("falls back to ASCII"), b"x", false),
        ];
        for (pattern, text, found) in cases {
            assert_eq!(pattern.is_match(text), *found, "{pattern}");
        }
    }

    #[test]
    fn reasons_are_one_line_with_a_place() {
        let cases = [
            ("a(b", "unclosed group", Some(1..2)),
            ("\u{e9}*+(?P<x", "unclosed capture group name", Some(7..7 + 1)),
            ("[z-a]", "invalid character class range", Some(1..4)),
            ("a\n(", "unclosed group", None),
            (r"(\w{1000}){1000}", "it is too large", None),
        ];
        for (source, reason, at) in cases {
            let error = TextPattern::regex(source).expect_err(source);
            assert!(error.reason.contains(reason), "{source}: {}", error.reason);
            assert!(!error.reason.contains('\n'), "{source}");
            if !source.contains("?P") {
                assert_eq!(error.at, at, "{source}");
            }
        }
    }
}
