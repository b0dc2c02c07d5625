//! Changes to the text of a query, for controls that write the query instead of keeping a state of their own.
//!
//! Works on the text, so that whatever else a person typed stays as it was typed, and on texts that are no
//! query (yet). Only terms that hold for the whole query are touched: on the top level, not negated, and not
//! part of an `or`. What a value means is not checked.

use super::parse::token::{self, Form, Kind, Token, Value};
use super::parse::{Field, parse};
use std::ops::Range;

/// Sets `field:` to a value: replaces its first term, or appends one, or (for `None` or an empty value)
/// removes it.
///
/// A query that is an `or` is put in parentheses before a term is appended. A value for `text` in slashes is
/// written as a regular expression; any other value is quoted where it needs to be.
#[must_use]
pub fn replace_term(query: &str, field: &str, value: Option<&str>) -> String {
    let value = value.filter(|value| !value.trim().is_empty());
    let term = value.map(|value| write(field, value));
    let tokens = token::tokens(query).unwrap_or_default();
    if let Some((index, _)) = find(&tokens, field) {
        return match (term, tokens.get(index)) {
            (Some(term), Some(found)) => splice(query, found.span.clone(), &term),
            _ => remove(query, &tokens, index),
        };
    }
    let trimmed = query.trim();
    match (term, parse(query)) {
        (None, Err(_)) => without_last_term(query, field).to_owned(),
        (None, Ok(_)) => query.to_owned(),
        (Some(term), _) if trimmed.is_empty() => term,
        // The control may write many values while the query stays broken: they replace each other.
        (Some(term), Err(_)) => {
            let query = without_last_term(query, field).trim_end();
            if query.is_empty() { term } else { format!("{query} {term}") }
        }
        (Some(term), Ok(_)) if has_or(&tokens) => format!("({trimmed}) {term}"),
        (Some(term), Ok(_)) => format!("{} {term}", query.trim_end()),
    }
}

/// The value of the `field:` term that [`replace_term`] would replace, without its quotes; a regular
/// expression with its slashes.
#[must_use]
pub fn term_value(query: &str, field: &str) -> Option<String> {
    let tokens = token::tokens(query).ok()?;
    let (_, value) = find(&tokens, field)?;
    let value = value?;
    Some(match value.form {
        Form::Regex => format!("/{}/", value.text),
        Form::Bare | Form::Quoted => value.text.clone(),
    })
}

fn write(field: &str, value: &str) -> String {
    let regex = format!("{field}:{value}");
    let is_regex = matches!(
        token::tokens(&regex).as_deref(),
        Ok([Token { kind: Kind::Field { value: Some(Value { form: Form::Regex, .. }), .. }, .. }])
    );
    if is_regex { regex } else { token::write_field(field, value) }
}

/// Every token with the number of parentheses it stands in.
fn with_depth<'t, 'q>(tokens: &'t [Token<'q>]) -> impl Iterator<Item = (usize, &'t Token<'q>)> {
    tokens.iter().scan(0_usize, |depth, token| {
        if token.kind == Kind::Close {
            *depth = depth.saturating_sub(1);
        }
        let here = *depth;
        if token.kind == Kind::Open {
            *depth += 1;
        }
        Some((here, token))
    })
}

fn has_or(tokens: &[Token<'_>]) -> bool {
    with_depth(tokens).any(|(depth, token)| depth == 0 && token.kind == Kind::Or)
}

fn find<'t>(tokens: &'t [Token<'_>], field: &str) -> Option<(usize, Option<&'t Value>)> {
    if has_or(tokens) {
        return None;
    }
    let mut negated = false;
    for (index, (depth, token)) in with_depth(tokens).enumerate() {
        if let Kind::Field { name, value } = &token.kind
            && depth == 0
            && !negated
            && same_field(name, field)
        {
            return Some((index, value.as_ref()));
        }
        negated = matches!(token.kind, Kind::Not | Kind::Minus);
    }
    None
}

fn same_field(name: &str, field: &str) -> bool {
    match Field::named(field) {
        Some(field) => field.is_named(name),
        None => name.eq_ignore_ascii_case(field),
    }
}

fn splice(query: &str, span: Range<usize>, term: &str) -> String {
    let before = query.get(..span.start).unwrap_or_default();
    let after = query.get(span.end..).unwrap_or_default();
    format!("{before}{term}{after}")
}

/// Takes a token out, together with the `and` that tied it to its neighbour.
fn remove(query: &str, tokens: &[Token<'_>], index: usize) -> String {
    let and = |at: Option<usize>| {
        at.and_then(|at| tokens.get(at)).filter(|token| token.kind == Kind::And).map(|token| token.span.clone())
    };
    let Some(span) = tokens.get(index).map(|token| token.span.clone()) else {
        return query.to_owned();
    };
    let span = match (and(index.checked_sub(1)), and(index.checked_add(1))) {
        (Some(and), _) => and.start..span.end,
        (None, Some(and)) => span.start..and.end,
        (None, None) => span,
    };
    let before = query.get(..span.start).unwrap_or_default();
    let after = query.get(span.end..).unwrap_or_default();
    match (before.trim_end(), after.trim_start()) {
        ("", after) => after.to_owned(),
        (before, "") => before.to_owned(),
        (before, after) => format!("{before} {after}"),
    }
}

/// A text that is no query, without the bare `field:` term at its very end.
fn without_last_term<'q>(query: &'q str, field: &str) -> &'q str {
    let trimmed = query.trim_end();
    let start =
        trimmed.char_indices().rev().find(|(_, c)| c.is_whitespace()).map_or(0, |(index, c)| index + c.len_utf8());
    match trimmed.get(start..).and_then(|last| last.split_once(':')) {
        Some((name, _)) if same_field(name, field) => trimmed.get(..start).unwrap_or_default().trim_end(),
        _ => query,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacing() {
        let cases: &[(&str, &str, Option<&str>, &str)] = &[
            ("", "status", Some("401"), "status:401"),
            ("  ", "status", Some("401"), "status:401"),
            ("uri:anna", "status", Some("401"), "uri:anna status:401"),
            ("uri:anna ", "status", Some("401"), "uri:anna status:401"),
            ("STATUS:4xx  uri:anna", "status", Some("401"), "status:401  uri:anna"),
            ("a status:4xx status:5xx", "status", Some("401"), "a status:401 status:5xx"),
            ("machine:\"fe 01\" x", "machine", Some("fe 02"), "machine:\"fe 02\" x"),
            ("x", "machine", Some("a \"b\\"), "x machine:\"a \\\"b\\\\\""),
            ("dir:in", "direction", Some("out"), "direction:out"),
            ("direction:in", "dir", None, ""),
            ("-status:401", "status", Some("401"), "-status:401 status:401"),
            ("not status:401", "status", None, "not status:401"),
            ("a or b", "status", Some("401"), "(a or b) status:401"),
            ("status:4xx or b", "status", Some("401"), "(status:4xx or b) status:401"),
            ("status:4xx or b", "status", None, "status:4xx or b"),
            ("(a or b)", "status", Some("401"), "(a or b) status:401"),
            ("(status:4xx or b) c", "status", Some("401"), "(status:4xx or b) c status:401"),
            ("(a or b) status:4xx", "status", Some("401"), "(a or b) status:401"),
            ("a  status:401  b", "status", None, "a b"),
            ("status:401  b  c", "status", None, "b  c"),
            ("b status:401 ", "status", None, "b"),
            ("a and status:401 and b", "status", None, "a and b"),
            ("status:401 AND b", "status", None, "b"),
            ("a and status:401", "status", None, "a"),
            ("a", "status", None, "a"),
            ("a", "status", Some(" "), "a"),
            ("text:/a b/ c", "text", Some("/x y/"), "text:/x y/ c"),
            ("text:/a b/ c", "text", Some("/x"), "text:\"/x\" c"),
            ("", "uri", Some("/x/"), "uri:\"/x/\""),
            ("", "time", Some("14:00..14:10"), "time:14:00..14:10"),
            // Texts that are no query.
            ("status:4x1 a", "status", Some("401"), "status:401 a"),
            ("status: a", "status", Some("401"), "status:401 a"),
            ("a or", "status", Some("401"), "a or status:401"),
            ("\"open", "status", Some("401"), "\"open status:401"),
            ("\"open status:4xx", "status", Some("401"), "\"open status:401"),
            ("\"open status:4xx", "status", None, "\"open"),
            ("(a status:4xx", "status", Some("401"), "(a status:401"),
            (") a", "status", None, ") a"),
        ];
        for (query, field, value, expected) in cases {
            assert_eq!(replace_term(query, field, *value), *expected, "{query} with {field}:{value:?}");
        }
    }

    #[test]
    fn reading_back() {
        let cases = [
            ("status:401 a", "status", Some("401")),
            ("a DIR:In", "direction", Some("In")),
            ("machine:\"fe \\\"01\\\"\"", "machine", Some("fe \"01\"")),
            ("text:/a b/", "text", Some("/a b/")),
            ("-status:401", "status", None),
            ("status:401 or a", "status", None),
            ("(status:401)", "status", None),
            ("status:", "status", None),
            ("\"open status:401", "status", None),
            ("", "status", None),
        ];
        for (query, field, value) in cases {
            assert_eq!(term_value(query, field).as_deref(), value, "{query}");
        }
    }

    #[test]
    fn any_value_comes_back() {
        for value in [
            "a",
            "a b",
            "\"",
            "\\",
            "a\\",
            "(",
            ")",
            "(a)",
            "a(b)c",
            "-a",
            "/a",
            "a/",
            "or",
            "x:y",
            "C:\\x y\\",
            "\u{a0}",
            "\u{e9}",
            "a\"b",
            "\"a\"",
            "14:00..",
            ">=400",
            ":",
            "::a",
        ] {
            for before in ["", "a", "a or b", "uri:x (b or c)", "machine:\"y z\" -a"] {
                let query = replace_term(before, "machine", Some(value));
                let expected = (!value.trim().is_empty()).then_some(value);
                assert_eq!(term_value(&query, "machine").as_deref(), expected, "{query}");
                let again = replace_term(&query, "machine", Some(value));
                assert_eq!(again, query);
                assert!(parse(&query).is_ok(), "{query}");
            }
        }
    }
}
