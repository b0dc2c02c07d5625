//! A query once it is understood: the only form in which the rest of the program meets one.
//!
//! Every value here is valid: numbers are ranges, times are milliseconds, expressions are compiled. Nothing
//! here reads query text (that is [`super::parse()`]) or looks at records (that is the evaluation's job).

mod pattern;
mod text;
mod time;

pub use pattern::{AddressPattern, Pattern};
pub use text::{BadRegex, TextPattern};
pub use time::TimeRange;

use super::parse::token::{write_field, write_text};
use std::fmt;
use std::ops::Range;

/// What to select. [`Query::All`] (an empty text) selects everything.
///
/// Displayed, it is a canonical text that parses back to the same meaning.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Query {
    #[default]
    All,
    /// Two or more; never directly inside another `And` when parsed.
    And(Vec<Self>),
    /// Two or more; never directly inside another `Or` when parsed.
    Or(Vec<Self>),
    Not(Box<Self>),
    Term(Term),
}

/// One condition on a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    Uri(AddressPattern),
    From(AddressPattern),
    To(AddressPattern),
    CallId(Pattern),
    Method(Pattern),
    Cseq(Pattern),
    Component(Pattern),
    Machine(Pattern),
    /// Without the `TL_` of the log.
    Level(Pattern),
    Kind(Pattern),
    File(Pattern),
    Peer(Pattern),
    Package(Pattern),
    Direction(DirectionTerm),
    Status(NumberRange),
    Diagnostic(DiagnosticTerm),
    Time(TimeRange),
    Text(TextPattern),
}

/// Which way a message went, or that the record says nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectionTerm {
    In,
    Out,
    None,
}

/// The diagnostic codes asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiagnosticTerm {
    /// Has any code at all.
    Any,
    Range(NumberRange),
}

/// Numbers from one to another, both included; `u32::MAX` is also the open end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberRange {
    pub from: u32,
    pub to: u32,
}

impl Query {
    /// The time range it names with dates, in milliseconds, ends included.
    #[must_use]
    pub fn dates(&self) -> Option<(i64, i64)> {
        match self {
            Self::Term(Term::Time(TimeRange::Absolute { from, to })) => Some((*from, *to)),
            Self::And(parts) => parts.iter().find_map(Self::dates),
            _ => None,
        }
    }

    /// The words and regular expressions it searches for. What must not stand there is not among them.
    #[must_use]
    pub fn texts(&self) -> Vec<&TextPattern> {
        match self {
            Self::Term(Term::Text(pattern)) => vec![pattern],
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::texts).collect(),
            Self::All | Self::Not(_) | Self::Term(_) => vec![],
        }
    }

    /// True where it asks for records of some kind by name, who then need not be messages.
    #[must_use]
    pub fn names_kind(&self) -> bool {
        match self {
            Self::Term(term) => matches!(term, Term::Kind(_)),
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::names_kind),
            Self::All | Self::Not(_) => false,
        }
    }
}

/// Why the value of a field cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::query) struct BadValue {
    pub message: String,
    pub expected: &'static str,
    /// The bytes of the value at fault, where it is not all of it.
    pub part: Option<Range<usize>>,
}

impl BadValue {
    pub fn whole(expected: &'static str, message: impl Into<String>) -> Self {
        Self { message: message.into(), expected, part: None }
    }
}

impl NumberRange {
    #[must_use]
    pub fn contains(self, number: u32) -> bool {
        self.from <= number && number <= self.to
    }
}

impl DiagnosticTerm {
    /// Whether a record with this code is asked for.
    #[must_use]
    pub fn matches(self, code: u32) -> bool {
        match self {
            Self::Any => true,
            Self::Range(range) => range.contains(code),
        }
    }
}

impl fmt::Display for NumberRange {
    /// The value of a `status:` or `diag:` term.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to } = self;
        match (*from, *to) {
            (from, to) if from == to => write!(f, "{from}"),
            (from, u32::MAX) => write!(f, ">={from}"),
            (0, to) => write!(f, "<={to}"),
            (from, to) => write!(f, "{from}..{to}"),
        }
    }
}

impl fmt::Display for DirectionTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::In => "in",
            Self::Out => "out",
            Self::None => "none",
        })
    }
}

impl fmt::Display for DiagnosticTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Range(range) => range.fmt(f),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (field, value): (&str, &dyn fmt::Display) = match self {
            Self::Text(text) => {
                return match text.literal() {
                    Some(words) => f.write_str(&write_text(words)),
                    None => write!(f, "/{text}/"),
                };
            }
            Self::Uri(value) => ("uri", value),
            Self::From(value) => ("from", value),
            Self::To(value) => ("to", value),
            Self::CallId(value) => ("callid", value),
            Self::Method(value) => ("method", value),
            Self::Cseq(value) => ("cseq", value),
            Self::Component(value) => ("component", value),
            Self::Machine(value) => ("machine", value),
            Self::Level(value) => ("level", value),
            Self::Kind(value) => ("kind", value),
            Self::File(value) => ("file", value),
            Self::Peer(value) => ("peer", value),
            Self::Package(value) => ("package", value),
            Self::Direction(value) => ("direction", value),
            Self::Status(value) => ("status", value),
            Self::Diagnostic(value) => ("diag", value),
            Self::Time(value) => ("time", value),
        };
        f.write_str(&write_field(field, &value.to_string()))
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => Ok(()),
            Self::Term(term) => term.fmt(f),
            Self::Not(inner) => match inner.as_ref() {
                inner @ (Self::And(_) | Self::Or(_)) => write!(f, "-({inner})"),
                inner => write!(f, "-{inner}"),
            },
            Self::And(parts) => join(f, parts, " ", |part| matches!(part, Self::Or(_) | Self::And(_))),
            Self::Or(parts) => join(f, parts, " or ", |part| matches!(part, Self::Or(_))),
        }
    }
}

fn join(
    f: &mut fmt::Formatter<'_>,
    parts: &[Query],
    between: &str,
    in_parentheses: impl Fn(&Query) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(between)?;
        }
        if in_parentheses(part) {
            write!(f, "({part})")?;
        } else {
            write!(f, "{part}")?;
        }
    }
    Ok(())
}
