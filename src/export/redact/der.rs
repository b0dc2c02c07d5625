//! DER (X.690): the structure of certificates and Kerberos tokens, rebuilt with other names in it.
//!
//! Times, object identifiers and small numbers stay, since they say why something failed. Names are asked for anew;
//! everything else (keys, signatures, ciphers, serial numbers) becomes zeros.

use super::token::{NameKind, Rename};

/// Structures inside structures that are followed.
const DEEPEST: usize = 32;

/// Rebuilds a run of elements. `None` where the bytes are no whole elements.
pub fn rebuild(bytes: &[u8], rename: &mut Rename<'_>) -> Option<Vec<u8>> {
    elements(bytes, 0, rename)
}

/// Object identifier of the alternative names of a certificate (RFC 5280 4.2.1.6).
const ALTERNATIVE_NAMES: &[u8] = &[0x55, 0x1D, 0x11];

fn elements(bytes: &[u8], depth: usize, rename: &mut Rename<'_>) -> Option<Vec<u8>> {
    if depth > DEEPEST {
        return None;
    }
    let mut own = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    let mut holds_names = false;
    while !rest.is_empty() {
        let (tag, content, after) = element(rest)?;
        holds_names |= tag == 0x06 && content == ALTERNATIVE_NAMES;
        let content = match tag {
            0x04 if holds_names => alternative_names(content, depth, rename).unwrap_or_else(|| vec![0; content.len()]),
            _ => content_of(tag, content, depth, rename),
        };
        own.push(tag);
        push_length(&mut own, content.len());
        own.extend(content);
        rest = after;
    }
    Some(own)
}

/// A sequence of names, each with a tag that says what it is.
fn alternative_names(bytes: &[u8], depth: usize, rename: &mut Rename<'_>) -> Option<Vec<u8>> {
    let (tag, mut rest, _) = element(bytes)?;
    let mut names = Vec::new();
    while !rest.is_empty() {
        let (tag, content, after) = element(rest)?;
        let content = match tag {
            // Mail, host, address of the web.
            0x81 | 0x82 | 0x86 => rename(NameKind::InStructure, &String::from_utf8_lossy(content)).into_bytes(),
            _ => content_of(tag, content, depth + 1, rename),
        };
        names.push(tag);
        push_length(&mut names, content.len());
        names.extend(content);
        rest = after;
    }
    let mut own = vec![tag];
    push_length(&mut own, names.len());
    own.extend(names);
    Some(own)
}

/// Tag, content, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    if tag & 0x1F == 0x1F {
        return None;
    }
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            (digits.iter().fold(0usize, |sum, &digit| sum << 8 | usize::from(digit)), rest)
        }
        _ => return None,
    };
    let (content, after) = rest.split_at_checked(length)?;
    Some((tag, content, after))
}

fn content_of(tag: u8, content: &[u8], depth: usize, rename: &mut Rename<'_>) -> Vec<u8> {
    let zeros = || vec![0; content.len()];
    if tag & 0x20 != 0 {
        return elements(content, depth + 1, rename).unwrap_or_else(zeros);
    }
    match tag {
        // BOOLEAN, NULL, OBJECT IDENTIFIER, ENUMERATED, UTCTime, GeneralizedTime
        0x01 | 0x05 | 0x06 | 0x0A | 0x17 | 0x18 => content.to_vec(),
        // Small INTEGERs and BIT STRINGs are versions, error codes and flags; long ones are keys.
        0x02 if content.len() <= 4 => content.to_vec(),
        0x03 if content.len() <= 5 => content.to_vec(),
        // UTF8String, PrintableString, T61String, IA5String, VisibleString, GeneralString
        0x0C | 0x13 | 0x14 | 0x16 | 0x1A | 0x1B => {
            rename(NameKind::InStructure, &String::from_utf8_lossy(content)).into_bytes()
        }
        // BMPString
        0x1E => {
            let units: Vec<u16> = content.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            let name = rename(NameKind::InStructure, &String::from_utf16_lossy(&units));
            name.encode_utf16().flat_map(u16::to_be_bytes).collect()
        }
        // An OCTET STRING may hold a token of its own (RFC 4178 4.2.1).
        0x04 if depth < DEEPEST => super::token::of_octets(content, rename).unwrap_or_else(zeros),
        _ => zeros(),
    }
}

fn push_length(bytes: &mut Vec<u8>, length: usize) {
    let digits = length.to_be_bytes();
    let first = digits.iter().position(|&digit| digit != 0).unwrap_or(digits.len() - 1);
    let digits = digits.get(first..).unwrap_or_default();
    if length > 0x7F {
        bytes.push(0x80 | digits.len() as u8);
    }
    bytes.extend_from_slice(digits);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_change_and_times_stay() {
        let bytes = b"\x30\x16\x0C\x05Annie\x17\x0D250316071240Z";
        let rebuilt = rebuild(bytes, &mut |_, name| name.repeat(40)).expect("whole elements");
        assert!(rebuilt.starts_with(b"\x30\x81\xDA\x0C\x81\xC8AnnieAnnie"));
        assert!(rebuilt.ends_with(b"\x17\x0D250316071240Z"));
    }

    #[test]
    fn alternative_names_change() {
        let bytes = b"\x30\x10\x06\x03\x55\x1D\x11\x04\x09\x30\x07\x82\x01a\x87\x02\x0A\x01";
        let rebuilt = rebuild(bytes, &mut |_, name| name.repeat(2)).expect("whole elements");
        assert_eq!(rebuilt, b"\x30\x11\x06\x03\x55\x1D\x11\x04\x0A\x30\x08\x82\x02aa\x87\x02\0\0");
    }

    #[test]
    fn keys_become_zeros_and_halves_are_refused() {
        assert_eq!(
            rebuild(b"\x02\x05abcde\x02\x01\x25", &mut |_, name| name.to_owned()).as_deref(),
            Some(&b"\x02\x05\0\0\0\0\0\x02\x01\x25"[..])
        );
        assert_eq!(rebuild(b"\x30\x09\x0C\x05Ann", &mut |_, name| name.to_owned()), None);
    }
}
