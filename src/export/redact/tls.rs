//! TLS records inside tokens (RFC 5246 6.2.1), rebuilt: types, versions, alerts and the times of certificates stay;
//! randoms, keys and signatures become zeros.

use super::der;
use super::token::Rename;

const CHANGE_CIPHER_SPEC: u8 = 0x14;
const ALERT: u8 = 0x15;
const HANDSHAKE: u8 = 0x16;
/// Longest content of one record (RFC 5246 6.2.1).
const LONGEST: usize = 1 << 14;

/// Rebuilds a run of records. A last one that is cut keeps its head.
pub fn rebuild(bytes: &[u8], rename: &mut Rename<'_>) -> Vec<u8> {
    let mut own = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    let mut is_encrypted = false;
    while let [kind, major, minor, high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let Some((content, next)) = after.split_at_checked(length) else {
            own.extend([*kind, *major, *minor, *high, *low]);
            own.resize(own.len() + after.len(), 0);
            return own;
        };
        rest = next;
        let head = [*kind, *major, *minor];
        match *kind {
            HANDSHAKE if !is_encrypted => {
                // A message may go on in the next records.
                let mut messages = content.to_vec();
                while let [HANDSHAKE, _, _, high, low, after @ ..] = rest {
                    let length = usize::from(u16::from_be_bytes([*high, *low]));
                    let Some((content, next)) = after.split_at_checked(length) else { break };
                    messages.extend_from_slice(content);
                    rest = next;
                }
                let rebuilt = handshake(&messages, rename).unwrap_or_else(|| vec![0; messages.len()]);
                for piece in rebuilt.chunks(LONGEST) {
                    push_record(&mut own, head, piece);
                }
            }
            CHANGE_CIPHER_SPEC => {
                is_encrypted = true;
                push_record(&mut own, head, content);
            }
            ALERT if content.len() == 2 => push_record(&mut own, head, content),
            _ => push_record(&mut own, head, &vec![0; content.len()]),
        }
    }
    own.resize(own.len() + rest.len(), 0);
    own
}

fn push_record(own: &mut Vec<u8>, head: [u8; 3], content: &[u8]) {
    own.extend(head);
    own.extend(u16::try_from(content.len()).unwrap_or(0).to_be_bytes());
    own.extend_from_slice(content);
}

/// Handshake messages (RFC 5246 7.4); `None` where they are no whole messages.
fn handshake(bytes: &[u8], rename: &mut Rename<'_>) -> Option<Vec<u8>> {
    let mut own = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let (&kind, after) = rest.split_first()?;
        let (content, next) = counted(after)?;
        let content = match kind {
            1 => client_hello(content),
            2 => server_hello(content),
            11 => certificates(content, rename),
            _ => None,
        }
        .unwrap_or_else(|| vec![0; content.len()]);
        own.push(kind);
        push_three(&mut own, content.len());
        own.extend(content);
        rest = next;
    }
    Some(own)
}

/// Content after a length of three bytes, and what follows it.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, after) = bytes.split_first_chunk::<3>()?;
    let [a, b, c] = *length;
    after.split_at_checked(u32::from_be_bytes([0, a, b, c]) as usize)
}

fn push_three(own: &mut Vec<u8>, length: usize) {
    let [_, a, b, c] = (length as u32).to_be_bytes();
    own.extend([a, b, c]);
}

/// Version, random and session; then what is left of the message.
fn hello(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut own = bytes.get(..2)?.to_vec();
    own.resize(34, 0);
    let session = *bytes.get(34)?;
    own.push(session);
    own.resize(own.len() + usize::from(session), 0);
    Some((own, bytes.get(35 + usize::from(session)..)?))
}

fn client_hello(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut own, rest) = hello(bytes)?;
    let ciphers = 2 + usize::from(u16::from_be_bytes(*rest.first_chunk()?));
    let compressions = 1 + usize::from(*rest.get(ciphers)?);
    own.extend_from_slice(rest.get(..ciphers + compressions)?);
    // Extensions hold the name of the server, and tickets.
    own.extend(extensions(rest.get(ciphers + compressions..)?));
    Some(own)
}

fn server_hello(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut own, rest) = hello(bytes)?;
    own.extend_from_slice(rest.get(..3)?);
    own.extend(extensions(rest.get(3..)?));
    Some(own)
}

/// Types and lengths stay.
fn extensions(bytes: &[u8]) -> Vec<u8> {
    let mut own = bytes.get(..2).unwrap_or(bytes).to_vec();
    let mut rest = bytes.get(2..).unwrap_or_default();
    while let [a, b, high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        own.extend([*a, *b, *high, *low]);
        own.resize(own.len() + length, 0);
        rest = after.get(length..).unwrap_or_default();
    }
    own.resize(bytes.len(), 0);
    own
}

fn certificates(bytes: &[u8], rename: &mut Rename<'_>) -> Option<Vec<u8>> {
    let (mut rest, after) = counted(bytes)?;
    let mut all = Vec::new();
    while !rest.is_empty() {
        let (certificate, next) = counted(rest)?;
        let own = der::rebuild(certificate, rename).unwrap_or_else(|| vec![0; certificate.len()]);
        push_three(&mut all, own.len());
        all.extend(own);
        rest = next;
    }
    let mut own = Vec::with_capacity(all.len() + 3);
    push_three(&mut own, all.len());
    own.extend(all);
    own.resize(own.len() + after.len(), 0);
    Some(own)
}

#[cfg(test)]
mod tests {
    use super::super::{base64, token::NameKind};
    use super::*;

    #[test]
    fn certificates_keep_their_times_and_lose_their_names() {
        let log = include_str!("../../../sample-logs/external-sign-in/ben-UccApi-0.UccApilog");
        let mut names = Vec::new();
        for token in log.split("gssapi-data=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            let (bytes, _) = base64::decode(token);
            let rebuilt = rebuild(&bytes, &mut |kind, name| {
                assert_eq!(kind, NameKind::InStructure);
                names.push(name.to_owned());
                "somebody else with a longer name".to_owned()
            });
            assert_eq!(rebuild(&rebuilt, &mut |_, name| name.to_owned()), rebuilt, "what was rebuilt can be read");
            let has = |bytes: &[u8], part: &[u8]| bytes.windows(part.len()).any(|own| own == part);
            assert!(!has(&rebuilt, b"contoso"));
            for time in [&b"250316071240Z"[..], b"260504000000Z"] {
                assert_eq!(has(&rebuilt, time), has(&bytes, time));
            }
        }
        assert_eq!(names, ["Contoso Issuing CA", "fe01.contoso.com", "Communications Server", "ben@contoso.com"]);
    }

    #[test]
    fn damaged_records_do_no_harm() {
        for bytes in [
            &b"\x16\x03"[..],
            b"\x16\x03\x03\x00\xFFab",
            b"\x16\x03\x03\x00\x04\x0B\x00\x00\xFF\x15\x03\x03\x00\x02\x02\x2D",
        ] {
            assert_eq!(rebuild(bytes, &mut |_, name| name.to_owned()).len(), bytes.len());
        }
    }
}
