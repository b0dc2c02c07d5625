//! NTLM messages ([MS-NLMP] 2.2.1), rebuilt with other names. Flags, version, times and the lengths of responses stay:
//! they tell which version of NTLM was used and how far clocks are apart.

use super::token::{NameKind, Rename};
use crate::protocol::token;

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
/// Negotiate flag: strings are UTF-16.
const UNICODE: u32 = 1;
/// Longest field that is believed, in bytes.
const LONGEST: usize = 64 << 10;

/// Rebuilds a message whose signature was seen.
pub fn rebuild(bytes: &[u8], rename: &mut Rename<'_>) -> Vec<u8> {
    match bytes.get(8) {
        Some(1) => negotiate(bytes),
        Some(2) => challenge(bytes, rename),
        Some(3) => authenticate(bytes, rename),
        _ => {
            let mut own = bytes.get(..12).unwrap_or(bytes).to_vec();
            own.resize(bytes.len(), 0);
            own
        }
    }
}

/// Head and payload of a message that is being written.
struct Message {
    head: Vec<u8>,
    payload: Vec<u8>,
}

impl Message {
    fn new(kind: u8, length: usize) -> Self {
        let mut head = SIGNATURE.to_vec();
        head.extend([kind, 0, 0, 0]);
        head.resize(length, 0);
        Self { head, payload: Vec::new() }
    }

    /// Takes over bytes of the head as they are.
    fn keep(&mut self, bytes: &[u8], at: usize, length: usize) {
        if let (Some(own), Some(from)) = (self.head.get_mut(at..at + length), bytes.get(at..at + length)) {
            own.copy_from_slice(from);
        }
    }

    /// Writes a field: length twice, and offset.
    fn put(&mut self, at: usize, content: &[u8]) {
        let offset = (self.head.len() + self.payload.len()) as u32;
        let length = u16::try_from(content.len()).unwrap_or(0).to_le_bytes();
        if let Some(field) = self.head.get_mut(at..at + 8) {
            field.copy_from_slice(&[length, length, [0; 2], [0; 2]].concat());
            if let Some(own) = field.get_mut(4..) {
                own.copy_from_slice(&offset.to_le_bytes());
            }
        }
        if length != [0, 0] {
            self.payload.extend_from_slice(content);
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.head.append(&mut self.payload);
        self.head
    }
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes)
}

fn short(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..at + 2).and_then(|two| two.try_into().ok()).map_or(0, |two| usize::from(u16::from_le_bytes(two)))
}

fn field(bytes: &[u8], at: usize) -> &[u8] {
    let (length, offset) = (short(bytes, at), number(bytes, at + 4) as usize);
    if length > LONGEST {
        return &[];
    }
    offset.checked_add(length).and_then(|end| bytes.get(offset..end)).unwrap_or_default()
}

fn name(bytes: &[u8], is_unicode: bool, kind: NameKind, rename: &mut Rename<'_>) -> Vec<u8> {
    if bytes.is_empty() {
        return Vec::new();
    }
    if !is_unicode {
        return rename(kind, &String::from_utf8_lossy(bytes)).into_bytes();
    }
    let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    rename(kind, &String::from_utf16_lossy(&units)).encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The names of a negotiate message are dropped: nobody needs them.
fn negotiate(bytes: &[u8]) -> Vec<u8> {
    let mut own = Message::new(1, bytes.len().clamp(12, 40));
    own.keep(bytes, 12, 4);
    own.keep(bytes, 32, 8);
    if own.head.len() >= 32 {
        own.put(16, &[]);
        own.put(24, &[]);
    }
    own.finish()
}

fn challenge(bytes: &[u8], rename: &mut Rename<'_>) -> Vec<u8> {
    if bytes.len() < 32 {
        return cut(bytes);
    }
    let length = (number(bytes, 16) as usize).clamp(32, 56).min(bytes.len());
    let is_unicode = number(bytes, 20) & UNICODE != 0;
    let mut own = Message::new(2, length);
    own.keep(bytes, 20, 4);
    own.keep(bytes, 48, 8);
    own.put(12, &name(field(bytes, 12), is_unicode, NameKind::Domain, rename));
    if length >= 48 {
        own.put(40, &pairs(field(bytes, 40), rename));
    }
    own.finish()
}

fn authenticate(bytes: &[u8], rename: &mut Rename<'_>) -> Vec<u8> {
    if bytes.len() < 64 {
        return cut(bytes);
    }
    let offsets = [12, 20, 28, 36, 44].map(|at| (short(bytes, at), number(bytes, at + 4) as usize));
    let payload = offsets.iter().filter(|(length, _)| *length > 0).map(|(_, offset)| *offset).min().unwrap_or(64);
    let length = payload.clamp(64, 88).min(bytes.len());
    let is_unicode = number(bytes, 60) & UNICODE != 0;
    let mut own = Message::new(3, length);
    own.keep(bytes, 60, 4);
    own.keep(bytes, 64, 8);
    own.put(28, &name(field(bytes, 28), is_unicode, NameKind::Domain, rename));
    own.put(36, &name(field(bytes, 36), is_unicode, NameKind::User, rename));
    own.put(44, &name(field(bytes, 44), is_unicode, NameKind::Machine, rename));
    own.put(12, &vec![0; field(bytes, 12).len()]);
    own.put(20, &response(field(bytes, 20), rename));
    own.put(52, &vec![0; field(bytes, 52).len()]);
    own.finish()
}

/// 24 bytes are version 1; longer ones are a proof of 16 bytes and a blob with time and names (2.2.2.7 and 2.2.2.8).
fn response(bytes: &[u8], rename: &mut Rename<'_>) -> Vec<u8> {
    let Some(names) = bytes.get(44..) else { return vec![0; bytes.len()] };
    let mut own = vec![0; 16];
    // Versions, reserved bytes and the time; then zeros for the challenge of the client.
    own.extend_from_slice(bytes.get(16..32).unwrap_or_default());
    own.resize(44, 0);
    own.extend(pairs(names, rename));
    own
}

/// Attribute and value pairs (2.2.2.1).
fn pairs(bytes: &[u8], rename: &mut Rename<'_>) -> Vec<u8> {
    let mut own = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((head, after)) = rest.split_at_checked(4) {
        let (id, length) = (short(head, 0), short(head, 2));
        let Some((value, next)) = after.split_at_checked(length) else { break };
        let value = match id {
            1 => name(value, true, NameKind::Machine, rename),
            2 => name(value, true, NameKind::Domain, rename),
            3 | 4 | 5 | 9 => name(value, true, NameKind::Dns, rename),
            // Flags and the time of the server.
            6 | 7 => value.to_vec(),
            // Channel bindings: that there are some.
            10 if value.iter().any(|&byte| byte != 0) => vec![1; value.len()],
            _ => vec![0; value.len()],
        };
        own.extend_from_slice(&(id as u16).to_le_bytes());
        own.extend_from_slice(&u16::try_from(value.len()).unwrap_or(0).to_le_bytes());
        own.extend(value);
        rest = next;
        if id == 0 {
            break;
        }
    }
    own.resize(own.len() + rest.len(), 0);
    own
}

/// A message that the log prints, a dot for each byte that is not printable: the names in it, and nothing else.
pub fn rebuild_printed(text: &str, rename: &mut Rename<'_>) -> String {
    let token::Token::Ntlm(ntlm) = token::decode_text(text.as_bytes()) else { return "NTLMSSP.".to_owned() };
    let mut utf16 = |kind: NameKind, written: &Option<String>| -> Vec<u8> {
        let written = written.as_deref().map(|written| rename(kind, written)).unwrap_or_default();
        written.encode_utf16().flat_map(u16::to_le_bytes).collect()
    };
    let bytes = match ntlm.kind {
        token::ntlm::NtlmKind::Authenticate => {
            let mut own = Message::new(3, 88);
            own.put(28, &utf16(NameKind::Domain, &ntlm.domain));
            own.put(36, &utf16(NameKind::User, &ntlm.user));
            own.put(44, &utf16(NameKind::Machine, &ntlm.workstation));
            // The end of the last name.
            own.put(12, &[0; 24]);
            own.finish()
        }
        token::ntlm::NtlmKind::Challenge => {
            let mut own = Message::new(2, 56);
            own.put(12, &utf16(NameKind::Domain, &ntlm.target_name));
            own.finish()
        }
        _ => Message::new(1, 32).finish(),
    };
    bytes.iter().map(|byte| if matches!(byte, b'!' | b'#'..=b'~') { char::from(*byte) } else { '.' }).collect()
}

/// What is left of a message that is too short: its signature and type.
fn cut(bytes: &[u8]) -> Vec<u8> {
    let mut own = bytes.get(..12).unwrap_or(bytes).to_vec();
    own.resize(bytes.len(), 0);
    own
}

#[cfg(test)]
mod tests {
    use super::super::base64;
    use super::*;

    #[test]
    fn printed_messages_keep_their_form() {
        let mut message = Message::new(3, 72);
        for (at, name) in [(28, "CONTOSO"), (36, "a.berg"), (44, "PC-17")] {
            message.put(at, &name.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
        }
        message.put(12, &[0; 24]);
        let printed: String = message
            .finish()
            .iter()
            .map(|byte| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' })
            .collect();
        let rebuilt = rebuild_printed(&printed, &mut |kind, name| {
            match kind {
                NameKind::Domain => assert_eq!(name, "CONTOSO"),
                NameKind::User => assert_eq!(name, "a.berg"),
                NameKind::Machine => assert_eq!(name, "PC-17"),
                _ => panic!("{kind:?}"),
            }
            "user12".to_owned()
        });
        let token::Token::Ntlm(ntlm) = token::decode_text(rebuilt.as_bytes()) else { panic!("{rebuilt}") };
        assert_eq!(ntlm.account().as_deref(), Some("user12\\user12"), "{rebuilt}");
        assert_eq!(ntlm.workstation.as_deref(), Some("user12"), "{rebuilt}");
        assert!(!rebuilt.contains("b.e.r.g"), "{rebuilt}");
    }

    #[test]
    fn names_of_a_challenge_change_and_its_time_stays() {
        let log = include_str!("../../../sample-logs/healthy-ntlm/greta-UccApi-0.UccApilog");
        for (after, kind) in [("opaque=\"DB060AC8\", gssapi-data=\"", 2), ("\", gssapi-data=\"TlRMTVNTUAAD", 3)] {
            let at = log.find(after).expect("a token") + after.len() - if kind == 3 { 12 } else { 0 };
            let token = log[at..].split('"').next().expect("its end");
            let (bytes, _) = base64::decode(token);
            let mut names = Vec::new();
            let rebuilt = rebuild(&bytes, &mut |kind, name| {
                names.push((kind, name.to_owned()));
                "q".to_owned()
            });
            assert!(names.contains(&(NameKind::Domain, "CONTOSO".to_owned())), "{names:?}");
            assert!(names.contains(&(NameKind::Dns, "fe01.contoso.com".to_owned())), "{names:?}");
            assert_eq!(names.contains(&(NameKind::User, "greta".to_owned())), kind == 3);
            let again = rebuild(&rebuilt, &mut |_, name| name.to_owned());
            assert_eq!(again, rebuilt, "what was rebuilt can be read");
            let time = [7, 0, 8, 0];
            let find = |bytes: &[u8]| {
                let at = bytes.windows(4).position(|four| four == time).expect("a time");
                bytes[at..at + 12].to_vec()
            };
            assert_eq!(find(&rebuilt), find(&bytes));
            assert!(!rebuilt.windows(6).any(|six| six == b"C\0O\0N\0"));
        }
    }
}
