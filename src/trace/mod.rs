//! Many messages: which belong together, between whom they went, and how each one ended.
//!
//! Works on rows of an index and gives plain data. Why something failed is not decided here.

mod dialog;
mod hosts;
mod outcome;
mod words;

pub use self::dialog::dialog_of;
pub use self::hosts::{Host, HostId, Hosts, Role};
pub use self::outcome::Outcome;
pub use self::words::{in_words, short_target};
