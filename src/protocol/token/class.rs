//! What a token is, told without reading it whole: enough to follow a handshake.

use super::ntlm::NtlmKind;
use super::text::{self, Written};
use super::{kerberos, negotiation, printed};

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
        /// Number of the first alert that can be read and refuses something (RFC 5246 7.2).
        alert: Option<u8>,
    },
    /// Anything else, or masked in the trace.
    Other,
}

/// Tells what the value of `gssapi-data` is.
#[must_use]
pub fn class(value: &[u8]) -> TokenClass {
    // The start tells of all but TLS, whose records say in turn what they are.
    let start = value.get(..START).unwrap_or(value);
    match of_bytes(value, start) {
        TokenClass::Tls { .. } if start.len() < value.len() => of_bytes(value, value),
        class => class,
    }
}

/// Characters that tell what a token is: 12 bytes in base64, and blanks or a quote before them.
const START: usize = 24;

/// Tells by as much of the value as `read` is.
fn of_bytes(value: &[u8], read: &[u8]) -> TokenClass {
    let bytes = match text::read(read).0 {
        Written::Bytes(bytes) => bytes,
        Written::Printed(_) => {
            let Written::Printed(text) = text::read(value).0 else { return TokenClass::Other };
            return TokenClass::Ntlm(match printed::read(&text).kind {
                NtlmKind::Negotiate => 1,
                NtlmKind::Challenge => 2,
                NtlmKind::Authenticate => 3,
                NtlmKind::Unknown => 0,
            });
        }
    };
    match bytes.as_slice() {
        [] if value.trim_ascii().is_empty() => TokenClass::Empty,
        [b'N', b'T', b'L', b'M', b'S', b'S', b'P', 0, kind, ..] => TokenClass::Ntlm(*kind),
        [negotiation::WRAPPED | kerberos::AP_REQ, ..] => TokenClass::KerberosRequest,
        [negotiation::ANSWER | kerberos::AP_REP | kerberos::KRB_ERROR, ..] => TokenClass::KerberosReply,
        [0x14..=0x17, 3, 0..=4, ..] => of_tls(&bytes),
        _ => TokenClass::Other,
    }
}

/// The alert that ends a connection in peace.
const CLOSE_NOTIFY: u8 = 0;

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
            (0x15, [_, number]) if *number != CLOSE_NOTIFY => alert = alert.or(Some(*number)),
            _ => {}
        }
        rest = next;
    }
    TokenClass::Tls { is_finished, alert }
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
            assert_eq!(class(value.as_bytes()), wanted, "{value}");
        }
    }
}
