//! Authentication headers: `WWW-Authenticate`, `Authorization`, `Authentication-Info` and their `Proxy-` forms
//! ([MS-SIPAE] 2.2, RFC 2617; HTTP in RFC 9110 11).
//!
//! `Authentication-Info` starts with a scheme word here, as servers of this kind write it. What would let somebody
//! sign in (signatures, tickets, passwords) can be asked for by name, and is in no fact.

use super::facts::{Fact, Facts};
use super::lines::text;
use super::message::Packages;
use super::params::{Param, Params};
use super::token::{self, Token};
use std::borrow::Cow;

/// What one scheme says in one header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auth<'a> {
    pub role: AuthRole,
    /// The scheme word as written; empty where there is none.
    pub scheme: Cow<'a, str>,
    /// Names as written, values without quotes, in their order.
    pub params: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// A token that stands behind the scheme word without a name, as in HTTP: `Negotiate oYG2...`.
    token: Option<Cow<'a, str>>,
}

/// Who says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthRole {
    /// The server, in a 401 or 407: what it accepts, and its half of a handshake.
    Challenge,
    /// The client: who it is.
    Credentials,
    /// The server, in a success: its signature.
    Info,
}

impl AuthRole {
    /// The role of a header, by its name.
    #[must_use]
    pub fn of(written: &[u8]) -> Self {
        // The hyphens in a name may be any; its last word tells.
        let ends = |end: &[u8]| {
            let tail = written.len().checked_sub(end.len()).and_then(|at| written.get(at..));
            tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end))
        };
        if ends(b"authorization") {
            Self::Credentials
        } else if ends(b"info") {
            Self::Info
        } else {
            Self::Challenge
        }
    }
}

impl<'a> Auth<'a> {
    /// Reads a header value: nearly always one scheme; several where a log joined challenges on one line.
    #[must_use]
    pub fn read(role: AuthRole, value: &'a [u8]) -> Vec<Self> {
        match text(value) {
            Cow::Borrowed(text) => Self::read_text(role, text),
            Cow::Owned(text) => Auth::read_text(role, &text).into_iter().map(Auth::into_owned).collect(),
        }
    }

    fn read_text(role: AuthRole, text: &'a str) -> Vec<Self> {
        let mut rest = text.trim();
        let mut found = Vec::new();
        let end = rest.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end).unwrap_or_default();
        if !word.is_empty() && !word.contains('=') {
            let (token, after) = bare_token(after);
            found.push(Self::new(role, word, token));
            rest = after;
        }
        for Param { name, value } in Params::new(rest, b",;") {
            let mut words = name.split_whitespace();
            let last = words.next_back().unwrap_or_default();
            // A second scheme stands before the first of its parameters, before its token, or alone.
            let first = words.next().unwrap_or(if value.is_none() { last } else { "" });
            if !first.is_empty() && !Packages::of_scheme(first.as_bytes()).is_empty() {
                let token = (value.is_none() && first != last).then_some(last);
                found.push(Self::new(role, first, token));
            }
            let Some(value) = value else { continue };
            if found.is_empty() {
                found.push(Self::new(role, "", None));
            }
            if let Some(auth) = found.last_mut() {
                auth.params.push((Cow::Borrowed(last), value));
            }
        }
        found
    }

    fn new(role: AuthRole, scheme: &'a str, token: Option<&'a str>) -> Self {
        Self { role, scheme: Cow::Borrowed(scheme), params: Vec::new(), token: token.map(Cow::Borrowed) }
    }

    fn into_owned(self) -> Auth<'static> {
        let own = |text: Cow<'a, str>| Cow::Owned(text.into_owned());
        Auth {
            role: self.role,
            scheme: own(self.scheme),
            params: self.params.into_iter().map(|(name, value)| (own(name), own(value))).collect(),
            token: self.token.map(own),
        }
    }

    /// The value of a parameter, by its name in any case. Empty is not absent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// The package of the scheme word; none where it is not known.
    #[must_use]
    pub fn package(&self) -> Packages {
        Packages::of_scheme(self.scheme.as_bytes())
    }

    /// The package as it is usually written, or the scheme word where it is not known.
    #[must_use]
    pub fn package_name(&self) -> &str {
        self.package().name().unwrap_or(&self.scheme)
    }

    #[must_use]
    pub fn realm(&self) -> Option<&str> {
        self.get("realm")
    }

    /// The server, `fe01.contoso.com`, or with Kerberos its service, `sip/fe01.contoso.com`.
    #[must_use]
    pub fn target_name(&self) -> Option<&str> {
        self.get("targetname")
    }

    #[must_use]
    pub fn version(&self) -> Option<u32> {
        self.get("version")?.parse().ok()
    }

    /// Names the security association at the server.
    #[must_use]
    pub fn opaque(&self) -> Option<&str> {
        self.get("opaque")
    }

    /// Where clients get a certificate for TLS-DSK.
    #[must_use]
    pub fn sts_uri(&self) -> Option<&str> {
        self.get("sts-uri")
    }

    /// The text of the token: `gssapi-data`, or what stands behind the scheme word. Empty is not absent.
    #[must_use]
    pub fn token_text(&self) -> Option<&str> {
        self.get("gssapi-data").or(self.token.as_deref())
    }

    /// The token decoded; `None` where there is none, and for packages whose tokens are secrets.
    #[must_use]
    pub fn token(&self) -> Option<Token> {
        let readable = Packages::NTLM | Packages::KERBEROS | Packages::TLS_DSK | Packages::NEGOTIATE;
        let text = self.token_text().filter(|_| readable.contains(self.package()) && !self.package().is_empty())?;
        Some(token::decode_text(text.as_bytes()))
    }

    /// Whether the message is signed by the client (`response`) or the server (`rspauth`).
    #[must_use]
    pub fn is_signed(&self) -> bool {
        ["response", "rspauth"].iter().any(|name| self.get(name).is_some_and(|value| !value.is_empty()))
    }

    /// The number of a signed message: `cnum` of the client, `snum` of the server.
    #[must_use]
    pub fn message_number(&self) -> Option<u32> {
        self.get("cnum").or_else(|| self.get("snum"))?.parse().ok()
    }

    /// What it says, for people, with what its token says.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Facts::default();
        facts.add("Package", self.package_name());
        facts.add_some("Realm", self.realm());
        facts.add_some("Target name", self.target_name());
        facts.add_some("Version", self.get("version"));
        facts.add_some("Association", self.opaque());
        facts.add_some("Certificate service", self.sts_uri());
        facts.add_some("Token service", self.get("href"));
        facts.add_some("Grant types", self.get("grant_type"));
        if self.is_signed() {
            let number = self.message_number().map_or(String::new(), |number| format!(", message {number}"));
            facts.add("Signed", format!("yes{number}"));
        }
        if let Some(token) = self.token() {
            facts.extend(token.facts());
        }
        facts.done()
    }
}

/// A token at the start of what follows a scheme word (`token68` of RFC 9110 11.2), and the rest.
fn bare_token(text: &str) -> (Option<&str>, &str) {
    let text = text.trim_start();
    let end = text.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).unwrap_or_default();
    let digits = word.trim_end_matches('=');
    let padding = word.len() - digits.len();
    let is_token = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
    // `realm=` with its value cut away is no token; those are longer.
    let is_whole = padding == 0 || digits.len() > 16;
    if !digits.is_empty()
        && padding <= 2
        && is_whole
        && digits.chars().all(is_token)
        && !rest.trim_start().starts_with('=')
    {
        (Some(word), rest)
    } else {
        (None, text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Message;

    fn read(value: &str) -> Vec<Auth<'_>> {
        Auth::read(AuthRole::Challenge, value.as_bytes())
    }

    fn one(value: &str) -> Auth<'_> {
        let mut all = read(value);
        assert_eq!(all.len(), 1, "{all:?}");
        all.remove(0)
    }

    #[test]
    fn a_token_that_is_empty_is_not_absent() {
        let with = one("NTLM qop=\"auth\", realm=\"SIP Communications Service\", gssapi-data=\"\", version=4");
        assert_eq!((with.get("gssapi-data"), with.token()), (Some(""), Some(Token::Empty)));
        let without = one("ntlm realm=\"SIP Communications Service\", targetname=\"fe01.contoso.com\", version=4");
        assert_eq!((without.get("gssapi-data"), without.token()), (None, None));
        assert_eq!((without.package(), without.package_name()), (Packages::NTLM, "NTLM"));
        assert_eq!((without.target_name(), without.version()), (Some("fe01.contoso.com"), Some(4)));
    }

    #[test]
    fn every_dress_of_a_challenge() {
        let wanted = [("realm", "SIP Communications Service"), ("targetname", "sip/fe01"), ("version", "4")];
        for value in [
            "Kerberos realm=\"SIP Communications Service\", targetname=\"sip/fe01\", version=4",
            "Kerberos\trealm = \"SIP Communications Service\" ,targetname= \"sip/fe01\",version =4 ",
            "Kerberos realm=\"SIP Communications Service\",\r\n\tTargetname=\"sip/fe01\";\r\n version=4",
            "Kerberos realm=“SIP Communications Service”, targetname=“sip/fe01” version=4",
        ] {
            let auth = one(value);
            let params: Vec<_> = wanted.iter().filter_map(|(name, _)| Some((*name, auth.get(name)?))).collect();
            assert_eq!((&*auth.scheme, params.as_slice(), auth.params.len()), ("Kerberos", &wanted[..], 3), "{value}");
        }
    }

    #[test]
    fn challenges_joined_on_one_line() {
        let all = read("NTLM realm=\"a, Kerberos b\", version=4, Kerberos realm=\"b\" TLS-DSK sts-uri=\"https://c/\"");
        let found: Vec<_> = all.iter().map(|auth| (auth.package_name(), auth.params.len())).collect();
        assert_eq!(found, [("NTLM", 2), ("Kerberos", 1), ("TLS-DSK", 1)]);
        assert_eq!(all[2].sts_uri(), Some("https://c/"));
        let offers: Vec<_> = read("Negotiate, NTLM,Basic realm=\"x\"").iter().map(Auth::package).collect();
        assert_eq!(offers, [Packages::NEGOTIATE, Packages::NTLM, Packages::BASIC]);
    }

    #[test]
    fn tokens_of_http_stand_behind_the_scheme() {
        let auth = one("NTLM TlRMTVNTUAADAAAA");
        assert_eq!(auth.token_text(), Some("TlRMTVNTUAADAAAA"));
        assert!(auth.token().is_some_and(|token| token.ntlm().is_some()));
        assert_eq!(one("Negotiate oYG2MIGzoAMKAQGiAA==").token_text(), Some("oYG2MIGzoAMKAQGiAA=="));
        let joined = read("Negotiate, NTLM TlRMTVNTUAACAAAA");
        assert_eq!(joined[1].token_text(), Some("TlRMTVNTUAACAAAA"));
        let secret = one("Basic YW5uYTpzZWNyZXQtcGFzc3dvcmQ=");
        assert_eq!((secret.token_text().is_some(), secret.token()), (true, None));
        assert_eq!(secret.facts(), [("Package", "Basic".to_owned())]);
    }

    #[test]
    fn nothing_and_half_of_something() {
        assert_eq!(read(""), []);
        assert_eq!(one("NTLM").params, []);
        assert_eq!(one("NTLM realm=").get("realm"), Some(""));
        assert_eq!(one("NTLM realm=\"SIP Comm").get("realm"), Some("SIP Comm"));
        let info = one("nextnonce=\"abc\", qop=auth");
        assert_eq!((&*info.scheme, info.get("qop")), ("", Some("auth")));
    }

    #[test]
    fn a_message_tells_who_says_what_and_keeps_its_secrets() {
        let message = "SIP/2.0 200 OK\r\n\
            Proxy-Authentication-Info: TLS-DSK qop=\"auth\", opaque=\"A1B2C3D4\", srand=\"11C0FFEE\", snum=\"3\", \
            rspauth=\"00deadbeef00\", targetname=\"fe01.contoso.com\", realm=\"SIP Communications Service\", version=4\r\n\
            WWW-Authenticate: NTLM realm=\"x\"\r\nAuthorization: NTLM response=\"01000000secret\", cnum=\"7\"\r\n\r\n";
        let message = Message::parse(message.as_bytes()).expect("a message");
        let auths = message.auths();
        let roles: Vec<_> = auths.iter().map(|auth| auth.role).collect();
        assert_eq!(roles, [AuthRole::Info, AuthRole::Challenge, AuthRole::Credentials]);
        assert_eq!((auths[0].is_signed(), auths[0].message_number()), (true, Some(3)));
        let facts: Vec<_> = auths.iter().flat_map(Auth::facts).collect();
        assert!(facts.contains(&("Signed", "yes, message 3".to_owned())), "{facts:?}");
        for secret in ["deadbeef", "01000000", "C0FFEE"] {
            assert!(!facts.iter().any(|(_, value)| value.contains(secret)), "{secret} in {facts:?}");
        }
    }
}
