//! Paper: what leaves the program as text for people and scripts. Decides how a thing looks, never
//! what it is.

mod ladder;
mod messages;

pub use self::ladder::ladder_text;
pub use self::messages::{Format, messages, summary_line};
