//! What an authentication header says about a handshake ([MS-SIPAE] 2.2.1 and 2.2.2).

use crate::protocol::token::{self, TokenClass};
use crate::protocol::{Auth, AuthRole};
use std::borrow::Cow;

/// One authentication header, without its secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    pub role: AuthRole,
    /// `NTLM`, `Kerberos`, `TLS-DSK`, or the scheme as written.
    pub package: Cow<'static, str>,
    /// The server that the handshake is with; of Kerberos, its service name.
    pub targetname: Option<String>,
    /// Where a user certificate is to be had.
    pub sts_uri: Option<String>,
    /// What `gssapi-data` holds; `None` where there is no such parameter.
    pub token: Option<TokenClass>,
    /// Signed by an association that exists already.
    pub is_signed: bool,
}

impl Credentials {
    /// Reads a header; several challenges may have been joined on one line.
    #[must_use]
    pub fn of_header(written: &[u8], value: &[u8]) -> Vec<Self> {
        let role = AuthRole::of(written);
        Auth::read(role, value).iter().map(Self::of_auth).collect()
    }

    fn of_auth(auth: &Auth<'_>) -> Self {
        let text = |value: Option<&str>| value.filter(|value| !value.is_empty()).map(str::to_owned);
        Self {
            role: auth.role,
            package: auth.package().name().map_or_else(|| Cow::Owned(auth.scheme.to_string()), Cow::Borrowed),
            targetname: text(auth.target_name()),
            sts_uri: text(auth.sts_uri()),
            token: auth.token_text().map(|token| token::class(token.as_bytes())),
            is_signed: auth.is_signed(),
        }
    }

    /// There is a token with something in it.
    #[must_use]
    pub fn has_token(&self) -> bool {
        self.token.is_some_and(|token| token != TokenClass::Empty)
    }

    /// The host of the target name, without the `sip/` of Kerberos, in lower case.
    #[must_use]
    pub fn target_host(&self) -> Option<String> {
        let name = self.targetname.as_deref()?.to_ascii_lowercase();
        Some(name.strip_prefix("sip/").map(str::to_owned).unwrap_or(name))
    }
}
