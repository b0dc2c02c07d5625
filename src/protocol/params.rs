//! Parameters of a header: `name="value"` pairs, in any quotes, with blanks anywhere, cut or not.

use std::borrow::Cow;

/// Quotes that blogs, mail and word processors make of `"`.
const QUOTES: &[char] =
    &['"', '\u{201C}', '\u{201D}', '\u{201E}', '\u{201F}', '\u{00AB}', '\u{00BB}', '\u{2033}', '\u{FF02}'];

/// Iterates over parameters, in their order.
#[derive(Clone, Debug)]
pub struct Params<'a> {
    rest: &'a str,
    /// In ASCII.
    separators: &'static [u8],
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param<'a> {
    /// As written. Blanks in it mean that something else stood before the name.
    pub name: &'a str,
    /// Without its quotes and the blanks around it; `None` where no equals sign follows the name.
    pub value: Option<Cow<'a, str>>,
}

impl<'a> Params<'a> {
    #[must_use]
    pub fn new(text: &'a str, separators: &'static [u8]) -> Self {
        Self { rest: text, separators }
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = Param<'a>;

    fn next(&mut self) -> Option<Param<'a>> {
        let is_separator = |byte: u8| self.separators.contains(&byte);
        let text = self.rest.trim_start_matches(|c: char| {
            c.is_whitespace() || u8::try_from(c).is_ok_and(|byte| byte.is_ascii() && is_separator(byte))
        });
        if text.is_empty() {
            return None;
        }
        let end = text.bytes().position(|byte| byte == b'=' || is_separator(byte)).unwrap_or(text.len());
        let (name, after) = text.split_at_checked(end)?;
        let Some(after) = after.strip_prefix('=') else {
            self.rest = after;
            return Some(Param { name: name.trim(), value: None });
        };
        let after = after.trim_start();
        let (value, rest) =
            if let Some(open) = after.chars().next().filter(|&c| c == '"' || !c.is_ascii() && QUOTES.contains(&c)) {
                let inside = after.get(open.len_utf8()..).unwrap_or_default();
                if inside.starts_with("NTLMSSP") { printed(inside, self.separators) } else { quoted(inside, open) }
            } else {
                let end = after.bytes().position(is_separator).unwrap_or(after.len());
                let (value, rest) = after.split_at_checked(end)?;
                (Cow::Borrowed(value.trim()), rest)
            };
        self.rest = rest;
        Some(Param { name: name.trim(), value: Some(value) })
    }
}

/// Reads to the closing quote, undoing `\"`. ASCII quotes close ASCII quotes, typographic ones each other.
/// Without a closing quote everything left is the value: the log was cut there.
fn quoted(text: &str, open: char) -> (Cow<'_, str>, &str) {
    // Nearly all values are in ASCII quotes and hold no backslash.
    if open == '"'
        && let Some(end) = memchr::memchr2(b'"', b'\\', text.as_bytes())
        && let (Some(value), Some(rest)) = (text.get(..end), text.get(end..).and_then(|rest| rest.strip_prefix('"')))
    {
        return (Cow::Borrowed(value.trim()), rest);
    }
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, next @ ('"' | '\\'))) => value.push(next),
                Some((_, next)) => value.extend(['\\', next]),
                None => value.push('\\'),
            },
            _ if QUOTES.contains(&c) && (c == '"') == (open == '"') => {
                return (Cow::Owned(value.trim().to_owned()), text.get(at + c.len_utf8()..).unwrap_or_default());
            }
            _ => value.push(c),
        }
    }
    (Cow::Owned(value.trim().to_owned()), "")
}

/// Reads a token that is printed as text, with any quotes and backslashes of its own. It ends at a quote that a
/// separator or the end of the line follows.
fn printed<'a>(text: &'a str, separators: &[u8]) -> (Cow<'a, str>, &'a str) {
    for (at, quote) in text.match_indices('"') {
        let rest = text.get(at + quote.len()..).unwrap_or_default();
        let next = rest.trim_start_matches([' ', '\t']);
        if next.is_empty()
            || next.starts_with(['\r', '\n'])
            || next.bytes().next().is_some_and(|byte| separators.contains(&byte))
        {
            return (Cow::Borrowed(text.get(..at).unwrap_or_default()), rest);
        }
    }
    (Cow::Borrowed(text), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(&str, Option<Cow<'_, str>>)> {
        Params::new(text, b",;").map(|param| (param.name, param.value)).collect()
    }

    #[test]
    fn every_dress_of_a_parameter() {
        let some = |text: &'static str| Some(Cow::Borrowed(text));
        assert_eq!(
            read("a=\"1, 2; 3\" , b = x y;c=\"\",flag;; d=”curly”,e=\"say \\\"so\\\"\" f=\"no comma\", g=\"cut"),
            [
                ("a", some("1, 2; 3")),
                ("b", some("x y")),
                ("c", some("")),
                ("flag", None),
                ("d", some("curly")),
                ("e", some("say \"so\"")),
                ("f", some("no comma")),
                ("g", some("cut")),
            ]
        );
        assert_eq!(read(" ;, "), []);
    }

    #[test]
    fn a_printed_token_may_hold_quotes() {
        let some = |text: &'static str| Some(Cow::Borrowed(text));
        assert_eq!(
            read("gssapi-data=\"NTLMSSP..\"..\\\"..\\\\a\", version=4"),
            [("gssapi-data", some("NTLMSSP..\"..\\\"..\\\\a")), ("version", some("4"))]
        );
    }
}
