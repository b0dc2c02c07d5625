//! One message, pure and alone: SIP, and the HTTP that a sign-in needs.
//!
//! Everything here borrows from the bytes of one message and copies nothing until somebody asks for
//! text. It knows nothing of files, records or other messages, and it never refuses: what cannot be
//! read is absent, the bytes stay where they are.

#![deny(clippy::indexing_slicing)]

pub mod address;
pub mod auth;
pub mod body;
pub mod diagnostics;
pub mod facts;
pub mod header;
pub mod lines;
pub mod message;
mod params;
pub mod scan;
pub mod start_line;
pub mod token;
mod web_call;

pub use self::auth::{Auth, AuthRole};
pub use self::body::Body;
pub use self::header::{Header, HeaderName, Headers};
pub use self::message::{BodyLeft, Message, Packages, Protocol};
pub use self::start_line::StartLine;
pub use self::web_call::WebCall;
