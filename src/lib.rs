//! Uccello reads Skype for Business and Lync traces.
pub mod app;
pub mod cli;
pub mod export;
pub mod format;
pub mod index;
pub mod ladder;
pub mod protocol;
pub mod query;
pub mod source;
pub mod trace;
pub mod window;
