//! From the text of a query to a [`Query`], or to an error that a person can act on.
//!
//! ```text
//! or    = and { "or" and }
//! and   = not { ["and"] not }
//! not   = { "not" | "-" } ( "(" or ")" | field ":" value | text )
//! text  = word | "words" | /regular expression/
//! ```
//! Pure: looks at no record and no clock. Any input ends in a query or an error, in time that grows with its
//! length; depth and number of terms are bounded.

mod field;
#[cfg(test)]
mod tests;
pub(super) mod token;

pub use field::{FIELDS, Field};

use super::term::{BadValue, Query, Term};
use std::ops::Range;
use token::{Fault, Form, Kind, Token, Value};

/// Parentheses and nots inside each other.
const DEEPEST: usize = 64;
const MOST_TERMS: usize = 2_000;
/// How much of the query's own text a message repeats, in characters.
const LONGEST_ECHO: usize = 40;

/// What is wrong with a query, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {}: {message}", column + 1)]
pub struct QueryError {
    /// One sentence that says what was expected; stands well alone, as in a tooltip.
    pub message: String,
    /// What could stand there, in a few words: `a status`, `a closing quote`.
    pub expected: &'static str,
    /// Where the fault starts, in characters from 0.
    pub column: usize,
    /// How long it is, in characters; at least 1, and past the end where something is missing there.
    pub length: usize,
}

impl QueryError {
    /// The query and, on the line below, carets under the fault with the message behind them.
    #[must_use]
    pub fn render(&self, query: &str) -> String {
        let query: String = query.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let Self { message, column, length, .. } = self;
        format!("{query}\n{:column$}{:^<length$} {message}", "", "")
    }

    fn new(fault: Fault, query: &str) -> Self {
        let Fault { message, expected, span } = fault;
        let chars = |range: Range<usize>| query.get(range).map_or(0, |text| text.chars().count());
        Self { message, expected, column: chars(0..span.start), length: chars(span).max(1) }
    }
}

/// Reads a query.
///
/// # Errors
/// The text is not a query; the error names the place and what was expected there.
pub fn parse(query: &str) -> Result<Query, QueryError> {
    let read = || {
        let tokens = token::tokens(query)?;
        if tokens.is_empty() {
            return Ok(Query::All);
        }
        Parser { query, tokens: &tokens, at: 0, depth: 0, terms: 0 }.whole()
    };
    read().map_err(|fault| QueryError::new(fault, query))
}

struct Parser<'q> {
    query: &'q str,
    tokens: &'q [Token<'q>],
    at: usize,
    depth: usize,
    terms: usize,
}

impl<'q> Parser<'q> {
    fn peek(&self) -> Option<&'q Token<'q>> {
        self.tokens.get(self.at)
    }

    fn whole(mut self) -> Result<Query, Fault> {
        let query = self.or()?;
        match self.peek() {
            None => Ok(query),
            // `or` stops only at the end and at a closing parenthesis.
            Some(token) => Err(Fault::new(
                token.span.clone(),
                "a term",
                "this parenthesis closes nothing: an opening one was expected before it (to search for it as text, quote it)",
            )),
        }
    }

    fn or(&mut self) -> Result<Query, Fault> {
        let mut branches = Vec::new();
        loop {
            match self.and()? {
                Query::Or(more) => branches.extend(more),
                one => branches.push(one),
            }
            match self.peek() {
                Some(Token { kind: Kind::Or, .. }) => self.at += 1,
                _ => return Ok(one_or(branches, Query::Or)),
            }
        }
    }

    fn and(&mut self) -> Result<Query, Fault> {
        let mut parts = Vec::new();
        loop {
            match self.not()? {
                Query::And(more) => parts.extend(more),
                one => parts.push(one),
            }
            match self.peek().map(|token| &token.kind) {
                None | Some(Kind::Or | Kind::Close) => return Ok(one_or(parts, Query::And)),
                Some(Kind::And) => self.at += 1,
                Some(_) => {}
            }
        }
    }

    fn not(&mut self) -> Result<Query, Fault> {
        let mut nots = 0;
        while let Some(token) = self.peek() {
            match token.kind {
                Kind::Not => {}
                Kind::Minus => self.minus_is_attached(token)?,
                _ => break,
            }
            nots += 1;
            self.at += 1;
            self.enter(token)?;
        }
        let inner = self.primary()?;
        self.depth -= nots;
        Ok((0..nots).fold(inner, |query, _| Query::Not(Box::new(query))))
    }

    fn minus_is_attached(&self, minus: &Token<'_>) -> Result<(), Fault> {
        match self.tokens.get(self.at + 1) {
            Some(next) if next.span.start == minus.span.end => Ok(()),
            _ => Err(Fault::new(
                minus.span.clone(),
                "a term right after the minus sign",
                "a term was expected right after the minus sign, with no blank between (to search for the sign itself, quote it)",
            )),
        }
    }

    fn enter(&mut self, token: &Token<'_>) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Fault::new(
                token.span.clone(),
                "fewer levels",
                format!("at most {DEEPEST} parentheses and nots inside each other were expected"),
            ));
        }
        Ok(())
    }

    fn primary(&mut self) -> Result<Query, Fault> {
        let Some(token) = self.peek() else {
            return Err(self.no_term());
        };
        match &token.kind {
            Kind::Open => {
                self.at += 1;
                self.enter(token)?;
                let inner = self.or()?;
                self.depth -= 1;
                if self.peek().is_none() {
                    return Err(Fault::new(
                        token.span.clone(),
                        "a closing parenthesis",
                        "this parenthesis is not closed: a ) was expected before the end (to search for it as text, quote it)",
                    ));
                }
                self.at += 1;
                Ok(inner)
            }
            Kind::Text(value) => {
                self.count_term(token)?;
                text(value).map(Query::Term)
            }
            Kind::Field { name, value } => {
                self.count_term(token)?;
                self.field(name, value.as_ref(), &token.span).map(Query::Term)
            }
            Kind::Close | Kind::And | Kind::Or | Kind::Minus | Kind::Not => Err(self.no_term()),
        }
    }

    fn count_term(&mut self, token: &Token<'_>) -> Result<(), Fault> {
        self.at += 1;
        self.terms += 1;
        if self.terms > MOST_TERMS {
            return Err(Fault::new(
                token.span.clone(),
                "fewer terms",
                format!("at most {MOST_TERMS} terms were expected in one query"),
            ));
        }
        Ok(())
    }

    /// What to say where a term is missing, which depends on what stands around the gap.
    fn no_term(&self) -> Fault {
        let here = self.peek();
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        let span = here.map_or_else(
            || {
                let end = self.query.trim_end().len();
                end..end
            },
            |token| token.span.clone(),
        );
        let message = match (before.map(|token| &token.kind), here.map(|token| &token.kind)) {
            (Some(Kind::Open), Some(Kind::Close)) => {
                "a term was expected between the parentheses (to search for them as text, quote them)"
            }
            (_, Some(Kind::Or)) => "a term was expected before this or (to search for the word itself, quote it)",
            (_, Some(Kind::And)) => "a term was expected before this and (to search for the word itself, quote it)",
            (Some(Kind::Or), _) => "a term was expected after the or (to search for the word itself, quote it)",
            (Some(Kind::And), _) => "a term was expected after the and (to search for the word itself, quote it)",
            (Some(Kind::Not), _) => "a term was expected after the not (to search for the word itself, quote it)",
            (Some(Kind::Open), None) => "a term and a closing parenthesis were expected after this parenthesis",
            _ => "a term was expected here, such as uri:anna, status:4xx, a word or \"quoted words\"",
        };
        Fault::new(span, "a term", message)
    }

    fn field(&self, name: &str, value: Option<&Value>, span: &Range<usize>) -> Result<Term, Fault> {
        let name_span = span.start..span.start + name.len();
        let Some(field) = Field::named(name) else {
            let written = self.query.get(span.clone()).unwrap_or_default();
            return Err(unknown_field(name, value, written, name_span));
        };
        let Some(value) = value.filter(|value| !value.text.trim().is_empty()) else {
            let group = self.query.get(span.end..).is_some_and(|rest| rest.starts_with('('));
            let name = field.name;
            let message = if group {
                format!(
                    "one value was expected right after {name}: (for one of several, write ({name}:a or {name}:b); a value that starts with a parenthesis is quoted)"
                )
            } else {
                format!("a value was expected right after {name}: with no blank between, such as {}", field.example)
            };
            let at = value.map_or(name_span.start..span.end, |value| value.span.clone());
            return Err(Fault::new(at, "a value", message));
        };
        field.read(value).map_err(|bad| at_value(bad, value))
    }
}

fn one_or(mut parts: Vec<Query>, several: impl Fn(Vec<Query>) -> Query) -> Query {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            parts.push(last);
            several(parts)
        }
        (None, _) => Query::All,
    }
}

fn text(value: &Value) -> Result<Term, Fault> {
    if value.text.is_empty() {
        let message = match value.form {
            Form::Regex => "a regular expression was expected between the slashes",
            _ => "words to search for were expected between the quotes",
        };
        return Err(Fault::new(value.span.clone(), "words", message));
    }
    field::text(value).map(Term::Text).map_err(|bad| at_value(bad, value))
}

/// The place of a bad part in the query; escapes move the parts of a quoted value, which is then shown whole.
fn at_value(bad: BadValue, value: &Value) -> Fault {
    let BadValue { message, expected, part } = bad;
    let offset = usize::from(value.form != Form::Bare);
    let unmoved = value.text.len() + 2 * offset == value.span.len();
    let span = match part {
        Some(part) if unmoved && !part.is_empty() => {
            let start = value.span.start + offset;
            start + part.start..start + part.end
        }
        _ => value.span.clone(),
    };
    Fault::new(span, expected, message)
}

fn unknown_field(name: &str, value: Option<&Value>, written: &str, span: Range<usize>) -> Fault {
    let shown = shorten(written);
    let quoted = token::write_text(&shown);
    let as_text = format!("to search for it as text, quote it: {quoted}");
    let name = shorten(name);
    let message = if let Some(near) = Field::nearest(&name) {
        let near = match value {
            Some(value) if shown == written => token::write_field(near.name, &value.text),
            _ => format!("{}:", near.name),
        };
        format!("there is no field {name}, was {near} meant? ({as_text})")
    } else {
        let known: Vec<_> = FIELDS.iter().map(|field| field.name).collect();
        format!("there is no field {name}: one of {} was expected ({as_text})", known.join(", "))
    };
    Fault::new(span, "a field", message)
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST_ECHO) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
