//! The fields of the query language: the one table of their names, words and values.
//!
//! Turns the value of a field into a valid [`Term`]. Where a value stands in the query, and what to do with
//! the term, is not decided here.

use super::token::{Form, Value};
use crate::query::term::{
    AddressPattern, BadRegex, BadValue, DiagnosticTerm, DirectionTerm, NumberRange, Pattern, Term, TextPattern,
    TimeRange,
};

/// A field as people meet it: for the parser, the help and the completion alike.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    /// A shorter name that means the same.
    pub alias: Option<&'static str>,
    pub example: &'static str,
    /// What a term of this field selects, to follow the word "records".
    pub selects: &'static str,
    read: fn(&Value) -> Result<Term, BadValue>,
}

/// All fields, in the order in which help shows them.
pub const FIELDS: &[Field] = &[
    Field::new(
        "uri",
        "uri:anna@contoso.com",
        "with this address anywhere: whole, the start of the user part, or with *",
        |value| address(value).map(Term::Uri),
    ),
    Field::new("from", "from:anna", "from this address: whole, the start of the user part, or with *", |value| {
        address(value).map(Term::From)
    }),
    Field::new("to", "to:*@fabrikam.com", "to this address: whole, the start of the user part, or with *", |value| {
        address(value).map(Term::To)
    }),
    Field::new("callid", "callid:6f1c*", "with this Call-ID", |value| pattern(value).map(Term::CallId)),
    Field::new("method", "method:REGISTER", "with this method, responses to it too", |value| {
        pattern(value).map(Term::Method)
    }),
    Field::new("cseq", "cseq:2", "with this CSeq number", |value| pattern(value).map(Term::Cseq)),
    Field::new("component", "component:SIPStack", "of this component", |value| pattern(value).map(Term::Component)),
    Field::new("machine", "machine:\"fe 01\"", "logged by this machine", |value| pattern(value).map(Term::Machine)),
    Field::new("level", "level:error", "of this level", |value| level(value).map(Term::Level)),
    Field::new("kind", "kind:message", "of this kind", |value| pattern(value).map(Term::Kind)),
    Field::new("file", "file:*edge*", "in this file", |value| Ok(Term::File(Pattern::new(&value.text)))),
    Field::new("peer", "peer:10.0.0.7:*", "exchanged with this machine", |value| pattern(value).map(Term::Peer)),
    Field::new("package", "package:ntlm", "whose authentication headers name this package", |value| {
        pattern(value).map(Term::Package)
    }),
    Field {
        alias: Some("dir"),
        ..Field::new("direction", "dir:in", "received, sent, or neither (in, out, none)", |value| {
            direction(value).map(Term::Direction)
        })
    },
    Field::new("status", "status:4xx", "with this status, class, range or comparison", |value| {
        status(value).map(Term::Status)
    }),
    Field::new("diag", "diag:1000..1013", "with this diagnostic code, a code in this range, or any code", |value| {
        diagnostic(value).map(Term::Diagnostic)
    }),
    Field::new("time", "time:14:00..14:10", "in this range of time, ends included", |value| {
        TimeRange::parse(&value.text).map(Term::Time)
    }),
    Field::new(
        "text",
        "text:webticket",
        "whose text holds these words, or matches this /regular expression/",
        |value| text(value).map(Term::Text),
    ),
];

/// Words that people use for fields.
const OTHER_WORDS: [(&str, &str); 14] = [
    ("sip", "uri"),
    ("sips", "uri"),
    ("tel", "uri"),
    ("user", "uri"),
    ("person", "uri"),
    ("address", "uri"),
    ("code", "diag"),
    ("error", "diag"),
    ("call", "callid"),
    ("server", "machine"),
    ("host", "machine"),
    ("ip", "peer"),
    ("verb", "method"),
    ("body", "text"),
];

impl Field {
    const fn new(
        name: &'static str,
        example: &'static str,
        selects: &'static str,
        read: fn(&Value) -> Result<Term, BadValue>,
    ) -> Self {
        Self { name, alias: None, example, selects, read }
    }

    /// The field with this name or alias, letter case aside.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        FIELDS.iter().find(|field| field.is_named(name))
    }

    pub(in crate::query) fn is_named(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(self.name) || self.alias.is_some_and(|alias| name.eq_ignore_ascii_case(alias))
    }

    pub(super) fn read(&self, value: &Value) -> Result<Term, BadValue> {
        (self.read)(value)
    }

    /// The field someone may have meant by a name that is none.
    pub(super) fn nearest(name: &str) -> Option<&'static Self> {
        const SHORTEST_START: usize = 3;
        let name = name.to_ascii_lowercase();
        if let Some((_, own)) = OTHER_WORDS.iter().find(|(other, _)| *other == name) {
            return Self::named(own);
        }
        let names = || {
            FIELDS
                .iter()
                .flat_map(|field| [Some(field.name), field.alias].map(|known| (known, field)))
                .filter_map(|(known, field)| known.map(|known| (known, field)))
        };
        let start = names().find(|(known, _)| {
            (name.len() >= SHORTEST_START && known.starts_with(&name))
                || (known.len() >= SHORTEST_START && name.starts_with(known))
        });
        let typo = || {
            names()
                .map(|(known, field)| (edits(&name, known), known, field))
                .filter(|(edits, known, _)| *edits <= known.len().min(name.len()) / 3)
                .min_by_key(|(edits, _, _)| *edits)
                .map(|(_, _, field)| field)
        };
        start.map(|(_, field)| field).or_else(typo)
    }
}

/// How many letters to add, drop, change or swap with their neighbour to get from one name to the other.
fn edits(from: &str, to: &str) -> usize {
    const LONGEST: usize = 20;
    if from.len() > LONGEST {
        return from.len();
    }
    let width = to.len() + 1;
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..width).collect();
    let mut from_before = None;
    for (row, a) in from.bytes().enumerate() {
        let mut line = vec![row + 1];
        let mut to_before = None;
        for (column, b) in to.bytes().enumerate() {
            let at = |line: &[usize], column: usize| line.get(column).copied().unwrap_or(LONGEST);
            let mut best =
                (at(&last, column) + usize::from(a != b)).min(at(&last, column + 1) + 1).min(at(&line, column) + 1);
            if from_before == Some(b) && to_before == Some(a) {
                best = best.min(at(&before_last, column.saturating_sub(1)) + 1);
            }
            line.push(best);
            to_before = Some(b);
        }
        before_last = std::mem::replace(&mut last, line);
        from_before = Some(a);
    }
    last.last().copied().unwrap_or(LONGEST)
}

fn pattern(value: &Value) -> Result<Pattern, BadValue> {
    no_regex(value)?;
    Ok(Pattern::new(&value.text))
}

fn level(value: &Value) -> Result<Pattern, BadValue> {
    let pattern = pattern(value)?;
    Ok(match pattern.as_str().strip_prefix("tl_") {
        Some(level) if !level.is_empty() => Pattern::new(level),
        _ => pattern,
    })
}

fn address(value: &Value) -> Result<AddressPattern, BadValue> {
    no_regex(value)?;
    AddressPattern::new(&value.text).ok_or_else(|| {
        BadValue::whole("an address", "an address was expected, such as anna@contoso.com, anna or *@contoso.com")
    })
}

fn no_regex(value: &Value) -> Result<(), BadValue> {
    if value.form == Form::Bare && value.text.starts_with('/') {
        return Err(BadValue::whole(
            "a value, with * for any stretch",
            "a value with * for any stretch was expected here; only a text search takes a regular expression: text:/.../ or /.../",
        ));
    }
    Ok(())
}

fn direction(value: &Value) -> Result<DirectionTerm, BadValue> {
    [("in", DirectionTerm::In), ("out", DirectionTerm::Out), ("none", DirectionTerm::None)]
        .into_iter()
        .find_map(|(name, term)| value.text.trim().eq_ignore_ascii_case(name).then_some(term))
        .ok_or_else(|| {
            let meant =
                near_direction(value.text.trim()).map(|near| format!(", was {near} meant?")).unwrap_or_default();
            BadValue::whole("in, out or none", format!("a direction is one of in, out and none{meant}"))
        })
}

/// The direction someone may have meant: a longer or shorter form of its name, a slip, or the word people say.
fn near_direction(text: &str) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    let known = [("in", "received"), ("out", "sent"), ("none", "neither")];
    let is_near = |name: &str| name.starts_with(&text) || text.starts_with(name) || edits(&text, name) <= 1;
    known.into_iter().find(|(name, said)| is_near(name) || is_near(said)).map(|(name, _)| name)
}

fn status(value: &Value) -> Result<NumberRange, BadValue> {
    let text = value.text.trim();
    class(text).or_else(|| numbers(text)).ok_or_else(|| {
        BadValue::whole(
            "a status",
            format!(
                "a status is a number (401), a class (4xx), a range (400..499) or a comparison (>=400){}",
                near_numbers("status", text, |text| class(text).is_some() || numbers(text).is_some())
            ),
        )
    })
}

fn diagnostic(value: &Value) -> Result<DiagnosticTerm, BadValue> {
    let text = value.text.trim();
    if text.eq_ignore_ascii_case("any") {
        return Ok(DiagnosticTerm::Any);
    }
    numbers(text).map(DiagnosticTerm::Range).ok_or_else(|| {
        BadValue::whole(
            "a diagnostic code",
            format!(
                "a diagnostic code is a number (28032), a range (1000..1013), a comparison (>=1000) or the word any{}",
                match text {
                    "*" | "all" => ", was any meant?".to_owned(),
                    _ => near_numbers("diag", text, |text| numbers(text).is_some()),
                }
            ),
        )
    })
}

/// What someone may have meant by numbers that cannot be read, as the end of a sentence: a range turned round or
/// written with a dash, a comparison with its signs turned round, a class with stars, several numbers at once.
fn near_numbers(field: &str, text: &str, is_value: impl Fn(&str) -> bool) -> String {
    const LONGEST: usize = 40;
    if text.len() > LONGEST {
        return String::new();
    }
    let several: Vec<&str> = text.split([',', ';', '|', '/']).map(str::trim).collect();
    if let [first, second, ..] = several.as_slice()
        && several.iter().all(|text| is_value(text))
    {
        return format!(" (for one of several, write ({field}:{first} or {field}:{second}))");
    }
    let dots = text.replace("...", "..").replace('-', "..");
    let turned = dots.split_once("..").map(|(from, to)| format!("{}..{}", to.trim(), from.trim()));
    let signs = text.trim_start_matches("==").replacen("=>", ">=", 1).replacen("=<", "<=", 1);
    let plain = signs.trim_start_matches('=').to_owned();
    let first = text.trim_end_matches(['*', 'x', 'X']);
    let class = if first.starts_with('0') { String::new() } else { format!("{first:x<3}") };
    let meant = [dots, turned.unwrap_or_default(), signs, plain, class].into_iter().find(|text| is_value(text));
    meant.map(|meant| format!(", was {field}:{meant} meant?")).unwrap_or_default()
}

/// `4xx`, and `40x` likewise.
fn class(text: &str) -> Option<NumberRange> {
    let head = text.trim_end_matches(['x', 'X']);
    let unit = match (head.len(), text.len()) {
        (1, 3) => 100,
        (2, 3) => 10,
        _ => return None,
    };
    let from = number(head)? * unit;
    Some(NumberRange { from, to: from + unit - 1 })
}

/// `401`, `400..499`, `400..`, `..499`, `>=400`, `>400`, `<=399`, `<400`; `None` too for what holds no number.
fn numbers(text: &str) -> Option<NumberRange> {
    let (from, to) = if let Some(bound) = text.strip_prefix(">=") {
        (number(bound)?, u32::MAX)
    } else if let Some(bound) = text.strip_prefix("<=") {
        (0, number(bound)?)
    } else if let Some(bound) = text.strip_prefix('>') {
        (number(bound)?.checked_add(1)?, u32::MAX)
    } else if let Some(bound) = text.strip_prefix('<') {
        (0, number(bound)?.checked_sub(1)?)
    } else if let Some((from, to)) = text.split_once("..") {
        match (from.trim(), to.trim()) {
            ("", "") => return None,
            (from, "") => (number(from)?, u32::MAX),
            ("", to) => (0, number(to)?),
            (from, to) => (number(from)?, number(to)?),
        }
    } else {
        let only = number(text)?;
        (only, only)
    };
    (from <= to).then_some(NumberRange { from, to })
}

/// Decimal, or hexadecimal after `0x`, as the client writes its codes.
fn number(text: &str) -> Option<u32> {
    let text = text.trim();
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = hex.map_or((text, 10), |digits| (digits, 16));
    // `from_str_radix` would take a plus sign as well.
    let plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then(|| u32::from_str_radix(digits, radix).ok()).flatten()
}

/// Words or a regular expression.
pub(super) fn text(value: &Value) -> Result<TextPattern, BadValue> {
    let bad = |BadRegex { reason, .. }: &BadRegex| format!("a shorter text to search for was expected: {reason}");
    if value.form != Form::Regex {
        return TextPattern::words(&value.text).map_err(|error| BadValue::whole("a shorter text", bad(&error)));
    }
    TextPattern::regex(&value.text).map_err(|error| BadValue {
        message: format!(
            "a valid regular expression was expected: {} (to search for it as text, quote it)",
            error.reason
        ),
        expected: "a regular expression",
        part: error.at.map(|at| {
            let byte = |chars: usize| value.text.char_indices().nth(chars).map_or(value.text.len(), |(index, _)| index);
            byte(at.start)..byte(at.end)
        }),
    })
}
