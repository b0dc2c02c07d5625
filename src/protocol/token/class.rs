//! What a token is, told without reading it whole: enough to follow a handshake.

/// The step of a handshake that a token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenClass {
    /// `gssapi-data=""`, which starts a handshake.
    Empty,
    /// The message type: 1 negotiate, 2 challenge, 3 authenticate ([MS-NLMP] 2.2.1).
    Ntlm(u8),
    /// A ticket for the server, in whatever wrapping (RFC 4121 4.1).
    KerberosRequest,
    /// The server's answer to a ticket.
    KerberosReply,
    Tls {
        /// The sender has switched to the keys agreed on, which ends its part of the handshake.
        is_finished: bool,
        /// Number of the first alert that can be read (RFC 5246 7.2).
        alert: Option<u8>,
    },
    /// Anything else, or masked in the trace.
    Other,
}

/// Tells what the value of `gssapi-data` is.
#[must_use]
pub fn class(value: &str) -> TokenClass {
    let value = value.trim();
    if value.is_empty() {
        return TokenClass::Empty;
    }
    let start = decode(value, 12);
    match start.as_slice() {
        [b'N', b'T', b'L', b'M', b'S', b'S', b'P', 0, kind, ..] => TokenClass::Ntlm(*kind),
        [0x60 | 0x6E, ..] => TokenClass::KerberosRequest,
        [0xA1 | 0x6F | 0x7E, ..] => TokenClass::KerberosReply,
        [0x14..=0x17, 3, 0..=4, ..] => of_tls(&decode(value, usize::MAX)),
        _ => TokenClass::Other,
    }
}

/// Walks TLS records: type, version, length (RFC 5246 6.2.1).
fn of_tls(records: &[u8]) -> TokenClass {
    let (mut is_finished, mut alert) = (false, None);
    let mut rest = records;
    while let [kind, _, _, high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let (content, next) = after.split_at_checked(length).unwrap_or((after, &[]));
        match (kind, content) {
            (0x14, _) => is_finished = true,
            // Two bytes: an alert that is not encrypted.
            (0x15, [_, number]) => alert = alert.or(Some(*number)),
            _ => {}
        }
        rest = next;
    }
    TokenClass::Tls { is_finished, alert }
}

/// Decodes base64 up to so many bytes; what is no base64 ends it.
fn decode(text: &str, most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xFF) as u8);
            if bytes.len() >= most {
                break;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_by_their_first_bytes() {
        let cases = [
            ("", TokenClass::Empty),
            ("TlRMTVNTUAACAAAA", TokenClass::Ntlm(2)),
            ("YIIFqwYGKwYBBQUC", TokenClass::KerberosRequest),
            ("FAMBAAEB", TokenClass::Tls { is_finished: true, alert: None }),
            // An alert, fatal, certificate_expired.
            ("FQMDAAICLQ==", TokenClass::Tls { is_finished: false, alert: Some(45) }),
            ("****", TokenClass::Other),
        ];
        for (value, wanted) in cases {
            assert_eq!(class(value), wanted, "{value}");
        }
    }
}
