//! What is being typed into a query, so that the rest of it can be offered.
//!
//! Looks at the text and at the place of the cursor only. Which values a log holds is not known here, and an
//! offer that is taken is written as every other control writes it.

use super::parse::token::{self, Form, Kind, Token, Value};
use super::parse::{FIELDS, Field};
use std::ops::Range;

/// What stands at the cursor, and what an offer takes the place of.
#[derive(Clone, Debug)]
pub struct Place {
    pub typing: Typing,
    /// Bytes of the query.
    pub range: Range<usize>,
}

/// What is being typed.
#[derive(Clone, Debug)]
pub enum Typing {
    /// A new term: nothing yet, or the letters of what may become the name of a field.
    Name {
        typed: String,
        /// A term stands before it, so that `or` has something to join.
        follows_term: bool,
    },
    /// The value of a field.
    Value {
        field: &'static Field,
        /// The field as it was written, which may be its shorter name.
        name: String,
        /// The value up to the cursor, without quotes.
        typed: String,
    },
}

/// What is being typed at a cursor, given in bytes; `None` where nothing can be offered: inside words to
/// search for, right after a value that is closed, and behind a part that cannot be read.
#[must_use]
pub fn place(query: &str, cursor: usize) -> Option<Place> {
    let cursor = query.floor_char_boundary(cursor);
    let (tokens, unread) = token::tokens_until_fault(query);
    if let Some(start) = unread.filter(|&start| start < cursor) {
        // What is not closed yet runs up to the cursor; behind it may stand other terms.
        return in_field(query, start, cursor, cursor);
    }
    let before = tokens.iter().take_while(|token| token.span.start < cursor).last();
    let Some(token) = before.filter(|token| cursor <= token.span.end) else {
        return new_term(query, cursor, before);
    };
    match &token.kind {
        Kind::Open | Kind::Minus => new_term(query, cursor, before),
        Kind::Field { .. } => in_field(query, token.span.start, token.span.end, cursor),
        Kind::Text(Value { form: Form::Bare, .. }) => {
            let range = token.span.start..cursor;
            let typed = query.get(range.clone())?.to_owned();
            let follows_term =
                tokens.iter().take_while(|other| other.span.start < range.start).last().is_some_and(ends_term);
            Some(Place { typing: Typing::Name { typed, follows_term }, range })
        }
        Kind::Close | Kind::And | Kind::Or | Kind::Not | Kind::Text(_) => None,
    }
}

fn new_term(query: &str, cursor: usize, before: Option<&Token<'_>>) -> Option<Place> {
    let next = query.get(cursor..)?.chars().next();
    // Right before a word, an offer would run into it.
    if next.is_some_and(|next| !next.is_whitespace() && next != ')') {
        return None;
    }
    let follows_term = before.is_some_and(ends_term);
    Some(Place { typing: Typing::Name { typed: String::new(), follows_term }, range: cursor..cursor })
}

fn ends_term(token: &Token<'_>) -> bool {
    matches!(token.kind, Kind::Close | Kind::Text(_) | Kind::Field { .. })
}

/// The cursor stands in `field:value`, which runs from `start` to `end`.
fn in_field(query: &str, start: usize, end: usize, cursor: usize) -> Option<Place> {
    let written = query.get(start..end)?;
    let name = written.get(..written.find(':')?)?;
    let colon = start + name.len();
    if cursor <= colon {
        let typed = query.get(start..cursor)?.to_owned();
        return Some(Place { typing: Typing::Name { typed, follows_term: false }, range: start..colon + 1 });
    }
    let field = Field::named(name)?;
    let typed = value_so_far(query.get(start..cursor)?, name)?;
    Some(Place { typing: Typing::Value { field, name: name.to_owned(), typed }, range: start..end })
}

/// The value at the end of `field:value`, which may lack its closing quote.
fn value_so_far(term: &str, name: &str) -> Option<String> {
    let value = |term: &str| match token::tokens(term).ok()?.into_iter().next()?.kind {
        Kind::Field { value, .. } => Some(value),
        _ => None,
    };
    let typed = term.get(name.len() + 1..)?;
    if !typed.starts_with('"') {
        return match value(term)? {
            Some(Value { form: Form::Bare, text, .. }) => (text == typed).then_some(text),
            None => typed.is_empty().then(String::new),
            Some(_) => None,
        };
    }
    if typed.len() > 1 && value(term).is_some() {
        // The cursor stands behind the closing quote.
        return None;
    }
    // A backslash at the very end would take the quote for itself.
    let closed = value(&format!("{term}\"")).or_else(|| value(&format!("{term}\\\"")))?;
    closed.map(|value| value.text)
}

/// Names of fields and the words between terms that go on like what was typed, each with what it does.
#[must_use]
pub fn names(typed: &str, follows_term: bool) -> Vec<(String, &'static str)> {
    let goes_on = |name: &str| name.get(..typed.len()).is_some_and(|start| start.eq_ignore_ascii_case(typed));
    let fields = FIELDS
        .iter()
        .filter(|field| goes_on(field.name) || (!typed.is_empty() && field.alias.is_some_and(goes_on)))
        .map(|field| (format!("{}:", field.name), field.selects));
    let words = [(OR, "either the terms before it or those after it", follows_term), (NOT, "what must not hold", true)]
        .into_iter()
        .filter(|(word, _, fits)| *fits && goes_on(word))
        .map(|(word, about, _)| (word.to_owned(), about));
    fields.chain(words).collect()
}

const OR: &str = "or";
const NOT: &str = "not";

/// The query with an offer taken, and where the cursor stands then, in bytes.
#[must_use]
pub fn take(query: &str, place: &Place, offer: &str) -> (String, usize) {
    let written = match &place.typing {
        Typing::Value { name, .. } => token::write_field(name, offer),
        Typing::Name { .. } if [OR, NOT].contains(&offer) => format!("{offer} "),
        Typing::Name { .. } => offer.to_owned(),
    };
    let before = query.get(..place.range.start).unwrap_or(query);
    let after = query.get(place.range.end..).unwrap_or_default();
    (format!("{before}{written}{after}"), before.len() + written.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The query with `|` at the cursor: what is typed there, with what would be replaced in brackets.
    fn typing(marked: &str) -> String {
        let cursor = marked.find('|').expect("a mark at the cursor");
        let query = marked.replacen('|', "", 1);
        match place(&query, cursor) {
            None => "nothing".to_owned(),
            Some(Place { typing: Typing::Name { typed, follows_term }, range }) => {
                let or = if follows_term { " after a term" } else { "" };
                format!("name {typed:?} for [{}]{or}", &query[range])
            }
            Some(Place { typing: Typing::Value { field, typed, .. }, range }) => {
                format!("{} {typed:?} for [{}]", field.name, &query[range])
            }
        }
    }

    #[test]
    fn what_is_being_typed() {
        let cases = [
            ("|", "name \"\" for []"),
            ("  |", "name \"\" for []"),
            ("s|", "name \"s\" for [s]"),
            ("st|uff", "name \"st\" for [st]"),
            ("-st|", "name \"st\" for [st]"),
            ("-|", "name \"\" for []"),
            ("(|", "name \"\" for []"),
            ("(|)", "name \"\" for []"),
            ("(st|)", "name \"st\" for [st]"),
            ("not |", "name \"\" for []"),
            ("a |", "name \"\" for [] after a term"),
            ("a s|", "name \"s\" for [s] after a term"),
            ("(a) s| b", "name \"s\" for [s] after a term"),
            ("a or s|", "name \"s\" for [s]"),
            ("a | b", "name \"\" for [] after a term"),
            ("a |b", "nothing"),
            ("or|", "nothing"),
            ("(a)|", "nothing"),
            ("status:|", "status \"\" for [status:]"),
            ("status:4|", "status \"4\" for [status:4]"),
            ("status:4|01 a", "status \"4\" for [status:401]"),
            ("status:|401", "status \"\" for [status:401]"),
            ("sta|tus:401", "name \"sta\" for [status:]"),
            ("|status:401", "nothing"),
            ("-status:4|", "status \"4\" for [status:4]"),
            ("(a or DIR:i|)", "direction \"i\" for [DIR:i]"),
            ("a (b status:4| c", "status \"4\" for [status:4]"),
            ("stats:4|", "nothing"),
            ("machine:\"|", "machine \"\" for [machine:\"]"),
            ("machine:\"fe 0|", "machine \"fe 0\" for [machine:\"fe 0]"),
            ("machine:\"fe 0|1\" a", "machine \"fe 0\" for [machine:\"fe 01\"]"),
            ("machine:\"|fe 01\" a", "machine \"\" for [machine:\"fe 01\"]"),
            ("machine:\"fe 01\"|", "nothing"),
            ("machine:\"fe 0| status:401", "machine \"fe 0\" for [machine:\"fe 0]"),
            ("machine:\"fe 0| uri:\"x y\"", "machine \"fe 0\" for [machine:\"fe 0]"),
            ("machine:\"a\\|", "machine \"a\\\\\" for [machine:\"a\\]"),
            ("machine:\"a\\\"b|", "machine \"a\\\"b\" for [machine:\"a\\\"b]"),
            ("status:4| \"open", "status \"4\" for [status:4]"),
            ("file:trace(1|).log", "nothing"),
            ("file:trace(1).l|", "file \"trace(1).l\" for [file:trace(1).l]"),
            ("\"web ti|", "nothing"),
            ("\"web\"| ", "nothing"),
            ("\"web\"x status:4|", "nothing"),
            ("/st|", "nothing"),
            ("text:/st|", "nothing"),
            ("text:/a/|", "nothing"),
            ("C:\\st|", "nothing"),
        ];
        for (marked, wanted) in cases {
            assert_eq!(typing(marked), wanted, "{marked}");
        }
    }

    #[test]
    fn names_that_go_on_like_what_was_typed() {
        let named = |typed: &str, follows| names(typed, follows).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(named("st", true), ["status:"]);
        assert_eq!(named("T", false), ["to:", "time:", "text:"]);
        assert_eq!(named("dir", false), ["direction:"]);
        assert_eq!(named("o", true), ["or"]);
        assert_eq!(named("o", false), [""; 0]);
        assert_eq!(named("n", false), ["not"]);
        assert_eq!(named("x", true), [""; 0]);
        assert_eq!(named("\u{e9}", true), [""; 0]);
        assert_eq!(named("", true).len(), FIELDS.len() + 2);
    }

    #[test]
    fn taking_an_offer() {
        let cases = [
            ("st|", "status:", "status:|"),
            ("-(st| a)", "status:", "-(status:| a)"),
            ("sta|ts:401", "status:", "status:|401"),
            ("a o|", "or", "a or |"),
            ("status:4|", "401", "status:401|"),
            ("status:4|xx b", "401", "status:401| b"),
            ("dir:|", "in", "dir:in|"),
            ("machine:f|", "fe 01", "machine:\"fe 01\"|"),
            ("(machine:f|)", "fe 01", "(machine:\"fe 01\"|)"),
            ("machine:\"fe 0| b", "fe 01", "machine:\"fe 01\"| b"),
            ("machine:\"fe 0|\" b", "fe01", "machine:fe01| b"),
            ("a -machine:f|", "say \"x\"", "a -machine:\"say \\\"x\\\"\"|"),
        ];
        for (marked, offer, wanted) in cases {
            let cursor = marked.find('|').expect("a mark at the cursor");
            let query = marked.replacen('|', "", 1);
            let place = place(&query, cursor).expect(marked);
            let (mut taken, cursor) = take(&query, &place, offer);
            taken.insert(cursor, '|');
            assert_eq!(taken, wanted, "{marked}");
        }
    }
}
