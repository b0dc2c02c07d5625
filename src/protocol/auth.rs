//! Authentication headers: a scheme and its parameters ([MS-SIPAE] 2.2.1, RFC 3261 20.7).
//!
//! Unlike elsewhere in SIP, `Authentication-Info` starts with a scheme too.

use std::borrow::Cow;

/// One challenge, answer or signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auth<'a> {
    /// As written.
    pub scheme: &'a str,
    /// In the order of the header; names as written, values without quotes.
    params: Vec<(&'a str, Cow<'a, str>)>,
}

impl<'a> Auth<'a> {
    /// Reads a header value, in which several challenges may have been joined by commas.
    #[must_use]
    pub fn parse_all(value: &'a str) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for piece in pieces(value) {
            let (name, rest) = piece.split_at_checked(name_end(piece)).unwrap_or((piece, ""));
            let rest = rest.trim_start();
            if let Some(value) = rest.strip_prefix('=') {
                if let Some(auth) = all.last_mut() {
                    auth.params.push((name, unquoted(value.trim())));
                }
                continue;
            }
            if name.is_empty() {
                continue;
            }
            let mut auth = Self { scheme: name, params: Vec::new() };
            if let Some((name, value)) =
                rest.split_once('=').filter(|(name, _)| name_end(name.trim()) == name.trim().len())
            {
                auth.params.push((name.trim(), unquoted(value.trim())));
            }
            all.push(auth);
        }
        all
    }

    /// The value of a parameter, whose name is given in lower case; empty where it is written as `name=""`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_ref())
    }

    /// The scheme as its specification writes it, for those that are known.
    #[must_use]
    pub fn package(&self) -> &str {
        let known = super::Packages::NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(self.scheme));
        known.map_or(self.scheme, |(name, _)| name)
    }
}

/// Cuts at commas that stand outside quotes.
fn pieces(value: &str) -> impl Iterator<Item = &str> {
    let mut is_quoted = false;
    value
        .split(move |c: char| {
            is_quoted ^= c == '"';
            !is_quoted && matches!(c, ',' | '\n')
        })
        .map(str::trim)
}

/// Where the word that a piece starts with ends.
fn name_end(piece: &str) -> usize {
    piece.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(piece.len())
}

fn unquoted(value: &str) -> Cow<'_, str> {
    let Some(inside) = value.strip_prefix('"') else { return Cow::Borrowed(value) };
    let inside = inside.strip_suffix('"').unwrap_or(inside);
    if inside.contains('\\') {
        Cow::Owned(inside.replace("\\\"", "\"").replace("\\\\", "\\"))
    } else {
        Cow::Borrowed(inside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_on_one_line_and_empty_tokens() {
        let value = r#"NTLM realm="SIP Communications Service", targetname="fe01.contoso.com", version=4, TLS-DSK realm="a, b=c", sts-uri="https://webext.contoso.com:443/CertProv", gssapi-data="""#;
        let all = Auth::parse_all(value);
        let schemes: Vec<_> = all.iter().map(Auth::package).collect();
        assert_eq!(schemes, ["NTLM", "TLS-DSK"]);
        let [ntlm, dsk] = all.as_slice() else { panic!("two challenges") };
        assert_eq!(ntlm.get("targetname"), Some("fe01.contoso.com"));
        assert_eq!(ntlm.get("version"), Some("4"));
        assert_eq!(ntlm.get("gssapi-data"), None);
        assert_eq!(dsk.get("realm"), Some("a, b=c"));
        assert_eq!(dsk.get("gssapi-data"), Some(""));
    }

    #[test]
    fn a_scheme_alone_and_a_cut_value() {
        assert_eq!(Auth::parse_all("Negotiate").len(), 1);
        let cut = Auth::parse_all(r#"kerberos qop="auth", gssapi-data="YIIF"#);
        assert_eq!(cut.first().map(|auth| (auth.package(), auth.get("gssapi-data"))), Some(("Kerberos", Some("YIIF"))));
    }
}
