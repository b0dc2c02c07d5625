//! Authentication tokens: NTLM, Kerberos and TLS inside SIP headers.

mod class;

pub use self::class::{TokenClass, class};
