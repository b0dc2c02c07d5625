//! Which rows: the query language of the filter controls and of `--where`.
//!
//! A text is parsed once into a valid [`term::Query`]; a [`Matcher`] evaluates that over the columns of
//! an index and follows the index while it grows. Every control of the window writes the text, through
//! [`edit`] and [`complete`], so what is on the screen can always be copied as one line.

pub mod complete;
pub mod edit;
mod matcher;
mod parse;
pub mod term;

pub(crate) use self::matcher::searches_bytes;
pub use self::matcher::{Matcher, RowSet, Scope, Searched, Watch};
pub use self::parse::{FIELDS, Field, QueryError, parse};
pub use self::term::Query;
