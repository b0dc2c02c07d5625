//! Numbers that several rules know, each once and under one name.

pub use crate::trace::{HANDSHAKE_FAILED, TIME_SKEW};

/// `SIP_E_AUTH_UNAUTHORIZED` of a server, which says no more than that.
pub const SERVER_UNAUTHORIZED: u32 = 0xC3E9_3EC3;
/// `SIP_E_AUTH_NTLMMISMATCH` of a server.
pub const NTLM_MISMATCH: u32 = 0xC3E9_3EE4;
/// `SEC_E_UNSUPPORTED_FUNCTION`, which security packages return where their levels do not match.
pub const UNSUPPORTED_FUNCTION: u32 = 0x8009_0302;
/// `SEC_E_LOGON_DENIED`
pub const LOGON_DENIED: u32 = 0x8009_030C;
/// `RTC_E_CLOCK_SKEW` of a client.
pub const CLIENT_CLOCK_SKEW: u32 = 0x80EE_006C;
/// `RTC_E_AUTH_FAILED` of a client, which says no more than that.
pub const CLIENT_AUTH_FAILED: u32 = 0x80EE_0011;
/// `RTC_E_AUTH_NOT_SUPPORTED` of a client: it has none of the packages that the server offers.
pub const CLIENT_NO_PACKAGE: u32 = 0x80EE_0010;
/// The status 401 as a client writes it.
pub const CLIENT_401: u32 = 0x80EF_0191;
