//! The first half of reading a query: its text in pieces, each with the place it was found at.
//!
//! Knows blanks, quotes, slashes, parentheses, keywords and what a `field:` looks like. Does not know which
//! fields there are or what a value means, so the editing of a query's text ([`super::super::edit`]) can
//! stand on it even while the query makes no sense yet.

use std::ops::Range;

/// What was wrong with a stretch of the query, in bytes of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub message: String,
    pub expected: &'static str,
    pub span: Range<usize>,
}

impl Fault {
    pub fn new(span: Range<usize>, expected: &'static str, message: impl Into<String>) -> Self {
        Self { message: message.into(), expected, span }
    }
}

/// One piece of a query and the bytes it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'q> {
    pub kind: Kind<'q>,
    pub span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind<'q> {
    Open,
    Close,
    /// The `-` before a term.
    Minus,
    And,
    Or,
    Not,
    /// A word, quoted words or a regular expression that stands alone.
    Text(Value),
    /// `name:value`; no value where a blank, a parenthesis or the end follows the colon.
    Field {
        name: &'q str,
        value: Option<Value>,
    },
}

/// A value as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    pub form: Form,
    /// Without the quotes or slashes around it; the escapes of a quoted value are undone.
    pub text: String,
    /// With the quotes or slashes around it.
    pub span: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Bare,
    Quoted,
    Regex,
}

/// The field whose value may be a regular expression.
pub const TEXT_FIELD: &str = "text";

/// Parentheses inside each other within a word; without a bound, looking for the closing one of each would
/// take the square of the query's length.
const DEEPEST_IN_WORD: usize = 16;

/// Cuts a query into tokens.
///
/// # Errors
/// A quote or a regular expression that does not end, or is not followed by a blank.
pub fn tokens(query: &str) -> Result<Vec<Token<'_>>, Fault> {
    match read_all(query) {
        (tokens, None) => Ok(tokens),
        (_, Some((_, fault))) => Err(fault),
    }
}

/// The tokens up to the first that cannot be read, and where that one starts.
pub fn tokens_until_fault(query: &str) -> (Vec<Token<'_>>, Option<usize>) {
    let (tokens, fault) = read_all(query);
    (tokens, fault.map(|(at, _)| at))
}

fn read_all(query: &str) -> (Vec<Token<'_>>, Option<(usize, Fault)>) {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        let rest = tail(query, at);
        let Some(first) = rest.chars().next() else {
            return (tokens, None);
        };
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let token = match token(query, at, first) {
            Ok(token) => token,
            Err(fault) => return (tokens, Some((at, fault))),
        };
        // Every token takes at least one byte; were that ever untrue, stop here rather than hang.
        at = token.span.end.max(at + 1);
        tokens.push(token);
    }
}

fn token(query: &str, at: usize, first: char) -> Result<Token<'_>, Fault> {
    let sign = |kind| Token { kind, span: at..at + first.len_utf8() };
    let text = |value: Value| Token { span: value.span.clone(), kind: Kind::Text(value) };
    match first {
        '(' => return Ok(sign(Kind::Open)),
        ')' => return Ok(sign(Kind::Close)),
        '-' => return Ok(sign(Kind::Minus)),
        '"' => return quoted(query, at).map(text),
        '/' => return regex(query, at).map(text),
        _ => {}
    }
    if let Some(name) = field_name(tail(query, at)) {
        let start = at + name.len() + 1;
        let value = field_value(query, start, name)?;
        let end = value.as_ref().map_or(start, |value| value.span.end);
        return Ok(Token { kind: Kind::Field { name, value }, span: at..end });
    }
    let value = bare(query, at, true);
    if let Some(keyword) = keyword(&value.text) {
        return Ok(Token { kind: keyword, span: value.span });
    }
    Ok(text(value))
}

fn tail(query: &str, at: usize) -> &str {
    query.get(at..).unwrap_or_default()
}

fn keyword(word: &str) -> Option<Kind<'static>> {
    [("and", Kind::And), ("or", Kind::Or), ("not", Kind::Not)]
        .into_iter()
        .find_map(|(name, kind)| word.eq_ignore_ascii_case(name).then_some(kind))
}

/// The letters before a single colon: `file:C:\x` is the field `file`, `std::io` and `call-id:` are words.
fn field_name(rest: &str) -> Option<&str> {
    let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (name, after) = rest.split_at_checked(letters)?;
    let value = after.strip_prefix(':')?;
    (!name.is_empty() && !value.starts_with(':')).then_some(name)
}

fn field_value(query: &str, at: usize, name: &str) -> Result<Option<Value>, Fault> {
    match tail(query, at).chars().next() {
        None | Some('(' | ')') => Ok(None),
        Some(blank) if blank.is_whitespace() => Ok(None),
        Some('"') => quoted(query, at).map(Some),
        Some('/') if name.eq_ignore_ascii_case(TEXT_FIELD) => regex(query, at).map(Some),
        Some(_) => Ok(Some(bare(query, at, false))),
    }
}

/// A word up to the next blank or parenthesis. A pair of parentheses that opens and closes inside the word
/// belongs to it (`TL_INFO(TF_PROTOCOL)`, `trace(1).log`), except right after a keyword (`not(a)`).
fn bare(query: &str, at: usize, keywords: bool) -> Value {
    let rest = tail(query, at);
    let mut end = rest.len();
    let mut open = 0_usize;
    let mut opened_at = 0;
    for (index, c) in rest.char_indices() {
        match c {
            '(' if open == 0 => {
                if keywords && keyword(rest.get(..index).unwrap_or_default()).is_some() {
                    end = index;
                    break;
                }
                open = 1;
                opened_at = index;
            }
            '(' if open == DEEPEST_IN_WORD => break,
            '(' => open += 1,
            ')' if open > 0 => open -= 1,
            ')' => {
                end = index;
                break;
            }
            blank if blank.is_whitespace() => {
                end = index;
                break;
            }
            _ => {}
        }
    }
    if open > 0 {
        end = opened_at;
    }
    Value { form: Form::Bare, text: rest.get(..end).unwrap_or_default().to_owned(), span: at..at + end }
}

/// Words between quotes; `\"` is a quote and `\\` a backslash, any other backslash stands for itself.
fn quoted(query: &str, at: usize) -> Result<Value, Fault> {
    let mut text = String::new();
    let mut chars = tail(query, at).char_indices().skip(1).peekable();
    while let Some((index, c)) = chars.next() {
        match c {
            '"' => {
                return closed(query, at..at + index + 1, '"').map(|span| Value { form: Form::Quoted, text, span });
            }
            '\\' => match chars.next_if(|(_, next)| matches!(next, '"' | '\\')) {
                Some((_, escaped)) => text.push(escaped),
                None => text.push('\\'),
            },
            other => text.push(other),
        }
    }
    Err(Fault::new(
        at..at + 1,
        "a closing quote",
        "this quote is not closed: a closing \" was expected before the end (write \\\" for a quote inside)",
    ))
}

/// A regular expression between slashes; its text is kept as written, `\/` included.
fn regex(query: &str, at: usize) -> Result<Value, Fault> {
    let rest = tail(query, at);
    let mut chars = rest.char_indices().skip(1);
    while let Some((index, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '/' => {
                return closed(query, at..at + index + 1, '/').map(|span| Value {
                    form: Form::Regex,
                    text: rest.get(1..index).unwrap_or_default().to_owned(),
                    span,
                });
            }
            _ => {}
        }
    }
    Err(Fault::new(
        at..at + 1,
        "a closing slash",
        "a regular expression runs from / to /: a closing / was expected (to search for a word that starts with a slash, quote it)",
    ))
}

/// Checks that what follows a closing quote or slash is apart from it.
fn closed(query: &str, span: Range<usize>, sign: char) -> Result<Range<usize>, Fault> {
    match tail(query, span.end).chars().next() {
        Some(c) if !c.is_whitespace() && !matches!(c, '(' | ')') => Err(Fault::new(
            span.end..span.end + c.len_utf8(),
            "a blank",
            match sign {
                '/' => {
                    "a blank was expected after the closing slash (write \\/ for a slash inside the regular expression, or quote it all to search for it as text)"
                }
                _ => "a blank was expected after the closing quote (write \\\" for a quote inside)",
            },
        )),
        _ => Ok(span),
    }
}

/// Words as a term that stands alone: bare where they read the same that way, else quoted.
pub fn write_text(words: &str) -> String {
    match tokens(words).as_deref() {
        Ok([Token { kind: Kind::Text(Value { form: Form::Bare, text, .. }), .. }]) if text == words => words.to_owned(),
        _ => quote(words),
    }
}

/// `field:value`, the value quoted where it would not read the same bare.
pub fn write_field(field: &str, value: &str) -> String {
    let bare = format!("{field}:{value}");
    let reads_the_same = match tokens(&bare).as_deref() {
        Ok([Token { kind: Kind::Field { value: Some(Value { form: Form::Bare, text, .. }), .. }, .. }]) => {
            text == value && !value.starts_with('/')
        }
        _ => false,
    };
    if reads_the_same { bare } else { format!("{field}:{}", quote(value)) }
}

fn quote(words: &str) -> String {
    format!("\"{}\"", words.replace('\\', "\\\\").replace('"', "\\\""))
}
