//! Tokens of handshakes, rebuilt: of the same class, with stand-ins for the names and zeros for what is secret, so
//! that a redacted trace still shows how far a handshake came, and why it ended.

use super::{base64, der, ntlm, tls};

/// What a name in a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    User,
    /// Of `NetBIOS`, without dots.
    Domain,
    Machine,
    /// A host or a domain with dots, or a service name such as `sip/fe01.contoso.com`.
    Dns,
    /// A string in a certificate or a Kerberos token, which may be any of these, or a person's name.
    InStructure,
}

/// Gives the name that shall stand instead of one.
pub type Rename<'a> = dyn FnMut(NameKind, &str) -> String + 'a;

/// The same token with other names in it, written as it was: in base64, in hexadecimal, or printed. What cannot be
/// read becomes zeros.
pub fn rebuild(value: &str, rename: &mut Rename<'_>) -> String {
    let trimmed = value.trim();
    if trimmed.is_empty() || !trimmed.bytes().any(|byte| byte.is_ascii_alphanumeric()) {
        // Masked in the trace already.
        return value.to_owned();
    }
    if trimmed.starts_with("NTLMSSP") {
        return ntlm::rebuild_printed(trimmed, rename);
    }
    if let Some((mark, bytes)) = hexadecimal(trimmed) {
        let digits: String = of_bytes(&bytes, rename).iter().map(|byte| format!("{byte:02x}")).collect();
        return format!("{mark}{digits}");
    }
    let (bytes, rest) = base64::decode(trimmed);
    // A sign that says that the log cut it stays.
    let cut: String = rest.chars().take_while(|c| !c.is_alphanumeric()).take(3).collect();
    base64::encode(&of_bytes(&bytes, rename)) + &cut
}

/// No token of any package is hexadecimal in base64, so what looks like hexadecimal is.
fn hexadecimal(text: &str) -> Option<(&str, Vec<u8>)> {
    let (mark, digits) = text.split_at_checked(2).filter(|(mark, _)| *mark == "0x").unwrap_or(("", text));
    let digits = digits.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).map(|digit| digit as u8));
    let digits: Vec<u8> = digits.collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    (pairs.len() > 1 && rest.is_empty()).then_some((mark, bytes))
}

fn of_bytes(bytes: &[u8], rename: &mut Rename<'_>) -> Vec<u8> {
    match bytes {
        [b'N', b'T', b'L', b'M', b'S', b'S', b'P', 0, ..] => ntlm::rebuild(bytes, rename),
        [0x14..=0x17, 3, 0..=4, ..] => tls::rebuild(bytes, rename),
        [first @ (0x60 | 0x6E | 0x6F | 0x7E | 0xA1), rest @ ..] => der::rebuild(bytes, rename).unwrap_or_else(|| {
            let mut zeros = vec![0; rest.len() + 1];
            if let Some(start) = zeros.first_mut() {
                *start = *first;
            }
            zeros
        }),
        _ => vec![0; bytes.len()],
    }
}

/// A token in a field of another one; `None` where the field holds none.
pub(super) fn of_octets(bytes: &[u8], rename: &mut Rename<'_>) -> Option<Vec<u8>> {
    match bytes {
        [b'N', b'T', b'L', b'M', b'S', b'S', b'P', 0, ..] => Some(ntlm::rebuild(bytes, rename)),
        [0x60 | 0x6E | 0x6F | 0x7E, ..] => der::rebuild(bytes, rename),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::token;

    #[test]
    fn every_class_stays_what_it_is() {
        for value in [
            "",
            "****",
            "TlRMTVNTUAACAAAA",
            "TlRMTVNTUAABAAAAl4II4gAAAAAAAAAAAAAAAAAAAAA=",
            "YIIFqwYGKwYBBQUC",
            "FAMBAAEB",
            "FAMDAAEBFgMDAAQBAgME",
            "FQMDAAICLQ==",
            "oYG2MIGzoAMKAQE=",
            "Zm9vYmFyIGJheg==",
            "4e544c4d5353500001000000",
            "0x16030300020102",
            "TlRMTVNTUAACAAAA...",
            "NTLMSSP.........",
        ] {
            let rebuilt = rebuild(value, &mut |_, _| "x".to_owned());
            assert_eq!(token::class(rebuilt.as_bytes()), token::class(value.as_bytes()), "{value} became {rebuilt}");
        }
        assert_eq!(rebuild("", &mut |_, _| String::new()), "");
        assert_eq!(rebuild("Zm9vYmFyIGJheg==", &mut |_, _| String::new()), "AAAAAAAAAAAAAA==");
    }
}
