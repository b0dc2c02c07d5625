//! Uccello reads Skype for Business and Lync traces.
pub mod format;
pub mod protocol;
pub mod source;
