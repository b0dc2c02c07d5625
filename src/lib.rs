//! Uccello reads Skype for Business and Lync traces.
pub mod format;
pub mod index;
pub mod protocol;
pub mod query;
pub mod source;
pub mod window;
