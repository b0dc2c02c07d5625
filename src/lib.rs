//! Uccello reads the traces of Skype for Business and Lync: client logs (`*.UccApilog`) and server
//! traces (CLS and OCSLogger text). It shows who said what to whom, so that a sign-in that fails can be
//! followed with the eyes.
//!
//! # The map
//!
//! A byte becomes a pixel in this order, and nothing on the left knows anything on its right:
//!
//! ```text
//! source -> format -> index -> query -> trace -> diagnosis, ladder -> export, app -> cli, window
//! bytes     records   rows     which    many     why        who to    paper   state  faces
//!                                       messages            whom
//! ```
//!
//! [`protocol`] stands alone: it reads one SIP or HTTP message and may be used by all. Only [`source`]
//! touches files, only `index::build` and `app::jobs` touch threads, only [`window`] and [`app`] name
//! egui; everything else is a function from plain data to plain data. `tests/layers.rs` holds this
//! picture true.
//!
//! # The words
//!
//! A *record* is one entry of a trace with all its continuation lines; a *message* is a record that holds
//! a SIP or HTTP message. A record keeps its [`index::RowId`] while its file is open; its
//! [`index::Position`] is where it stands in the order of the window: time, then file, then offset.

pub mod source;

pub mod format;

pub mod protocol;

pub mod index;

pub mod query;

pub mod trace;

pub mod diagnosis;

pub mod ladder;

pub mod export;

pub mod app;

pub mod cli;

pub mod window;
