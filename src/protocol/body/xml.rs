//! XML as logs hold it: cut anywhere, with any prefixes, behind a chunk size.
//!
//! It is walked, not checked: what is open at the end stays open, and a wrong end tag closes what it can.

use crate::protocol::scan;

/// Something met on the way, at the path of local names that leads to it.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// A start tag; its own name is the last of the path.
    Start(Attributes<'a>),
    /// Text, without the blanks around it, entities undone.
    Text(String),
}

/// The attributes of a start tag, as written.
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'a> {
    text: &'a str,
}

/// Deeper elements are passed over; no body of a sign-in goes half as deep.
const DEEPEST: usize = 64;
/// A tag that does not end within this many bytes ends at its first `>`.
const LONGEST_TAG: usize = 16 * 1024;

/// Calls `visit` for every start tag and every text, in their order.
pub fn walk<'a>(text: &'a str, mut visit: impl FnMut(&[&'a str], Event<'a>)) {
    let mut path: Vec<&str> = Vec::new();
    let mut too_deep = 0_usize;
    let mut rest = text.find('<').and_then(|start| text.get(start..)).unwrap_or_default();
    while !rest.is_empty() {
        let (piece, after) = next_piece(rest);
        rest = after;
        match piece {
            Piece::Text(text) if too_deep == 0 && !path.is_empty() => {
                let text = text.trim();
                if !text.is_empty() {
                    visit(&path, Event::Text(unescape(text)));
                }
            }
            Piece::Cdata(text) if too_deep == 0 && !path.is_empty() => visit(&path, Event::Text(text.to_owned())),
            Piece::Start { name, attributes, is_empty } => {
                if path.len() == DEEPEST {
                    too_deep += usize::from(!is_empty);
                    continue;
                }
                path.push(name);
                visit(&path, Event::Start(Attributes { text: attributes }));
                if is_empty {
                    path.pop();
                }
            }
            Piece::End(_) if too_deep > 0 => too_deep -= 1,
            Piece::End(name) => {
                if let Some(open) = path.iter().rposition(|open| *open == name) {
                    path.truncate(open);
                }
            }
            Piece::Text(_) | Piece::Cdata(_) | Piece::Nothing => {}
        }
    }
}

/// The local name of the first element.
pub fn root(text: &str) -> Option<&str> {
    let mut rest = text.get(text.find('<')?..)?;
    while !rest.is_empty() {
        let (piece, after) = next_piece(rest);
        rest = after;
        match piece {
            Piece::Start { name, .. } => return Some(name),
            Piece::End(_) => return None,
            _ => {}
        }
    }
    None
}

enum Piece<'a> {
    Start { name: &'a str, attributes: &'a str, is_empty: bool },
    End(&'a str),
    Text(&'a str),
    Cdata(&'a str),
    Nothing,
}

/// The first piece of a text that is not empty, and what follows it.
fn next_piece(text: &str) -> (Piece<'_>, &str) {
    let until = |end: &str, text| str::split_once(text, end).unwrap_or((text, ""));
    if let Some(cdata) = text.strip_prefix("<![CDATA[") {
        let (inside, rest) = until("]]>", cdata);
        return (Piece::Cdata(inside), rest);
    }
    if let Some(comment) = text.strip_prefix("<!--") {
        return (Piece::Nothing, until("-->", comment).1);
    }
    let Some(tag) = text.strip_prefix('<') else {
        let end = text.find('<').unwrap_or(text.len());
        let (inside, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        return (Piece::Text(inside), rest);
    };
    let (tag, rest) = tag.split_at_checked(end_of_tag(tag)).unwrap_or((tag, ""));
    let (rest, is_whole) = rest.strip_prefix('>').map_or((rest, false), |rest| (rest, true));
    if tag.starts_with(['?', '!']) {
        return (Piece::Nothing, rest);
    }
    if let Some(name) = tag.strip_prefix('/') {
        return (Piece::End(local_name(name.trim())), rest);
    }
    // Where a tag is cut, a slash at its end belongs to a value.
    let empty = tag.strip_suffix('/').filter(|_| is_whole);
    let (tag, is_empty) = (empty.unwrap_or(tag), empty.is_some());
    let end = tag.find(|c: char| c.is_whitespace()).unwrap_or(tag.len());
    let (name, attributes) = tag.split_at_checked(end).unwrap_or((tag, ""));
    (Piece::Start { name: local_name(name), attributes, is_empty }, rest)
}

/// Where the tag ends: at a `>` outside of quotes, or where the text does.
fn end_of_tag(tag: &str) -> usize {
    let mut quote = None;
    let mut first = None;
    for (at, byte) in tag.bytes().enumerate().take(LONGEST_TAG) {
        match (byte, quote) {
            (b'>', None) => return at,
            (b'>', Some(_)) => first = first.or(Some(at)),
            (b'"' | b'\'', None) => quote = Some(byte),
            (closing, Some(open)) if closing == open => quote = None,
            _ => {}
        }
    }
    // A quote that never closes.
    first.or_else(|| scan::find(tag.as_bytes(), |bytes| scan::equal(bytes, b'>'))).unwrap_or(tag.len())
}

fn local_name(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

impl Attributes<'_> {
    /// The value of an attribute by its local name, entities undone; what is left of it where it is cut.
    pub fn get(&self, wanted: &str) -> Option<String> {
        let mut rest = self.text;
        loop {
            let (name, after) = rest.split_once('=')?;
            let value = after.trim_start();
            let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let inside = value.get(1..)?;
            let (value, after) = inside.split_once(quote).unwrap_or((inside, ""));
            if local_name(name.trim()) == wanted {
                return Some(unescape(value.trim()));
            }
            rest = after;
        }
    }
}

/// Undoes the five entities of XML and characters by number.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        // The longest is `&#x10FFFF;`.
        let end = after.bytes().take(10).position(|byte| byte == b';');
        let entity = end.and_then(|end| Some((character(after.get(..end)?)?, after.get(end + 1..)?)));
        if let Some((c, after)) = entity {
            plain.push(c);
            rest = after;
        } else {
            plain.push('&');
            rest = after;
        }
    }
    plain.push_str(rest);
    plain
}

fn character(entity: &str) -> Option<char> {
    let number = match entity {
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "amp" => return Some('&'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => entity.strip_prefix('#')?,
    };
    let number = match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => number.parse(),
    };
    char::from_u32(number.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Vec<String> {
        let mut events = Vec::new();
        walk(text, |path, event| {
            events.push(match event {
                Event::Start(attributes) => format!("{} {:?}", path.join("/"), attributes.get("a")),
                Event::Text(text) => format!("{} = {text}", path.join("/")),
            });
        });
        events
    }

    #[test]
    fn prefixes_entities_comments_and_chunk_sizes() {
        let text = "2ac\r\n<?xml version=\"1.0\"?><!-- <no/> --><s:x xmlns:s=\"u\" s:a='1 &gt; &#x41;'>\n <y a=\"/>\"/> \
                    one &amp; two<![CDATA[<raw>]]></s:x>";
        assert_eq!(events(text), ["x Some(\"1 > A\")", "x/y Some(\"/>\")", "x = one & two", "x = <raw>"]);
        assert_eq!(root(text), Some("x"));
        assert_eq!((root("no tags"), root("<!-- x"), root("")), (None, None, None));
    }

    #[test]
    fn what_is_cut_or_wrong_is_read_as_far_as_it_goes() {
        assert_eq!(events("<x><y>te"), ["x None", "x/y None", "x/y = te"]);
        assert_eq!(events("<x><y a=\"1"), ["x None", "x/y Some(\"1\")"]);
        assert_eq!(events("<x><y>1</x><z>2</z>"), ["x None", "x/y None", "x/y = 1", "z None", "z = 2"]);
        assert_eq!(events("<x></no>1</x>"), ["x None", "x = 1"]);
        assert_eq!(events("<x a=\"1><y>2</y>"), ["x Some(\"1\")", "x/y None", "x/y = 2"]);
        assert_eq!(events("<x>& &bad; &#xD800; &#1</x>"), ["x None", "x = & &bad; &#xD800; &#1"]);
    }

    #[test]
    fn depth_has_an_end() {
        let deep = "<a>".repeat(1000) + "1" + &"</a>".repeat(1000) + "<b/>";
        let events = events(&deep);
        assert_eq!((events.len(), events.last().map(String::as_str)), (DEEPEST + 1, Some("b None")));
    }
}
