//! Base64 as tokens are written (RFC 4648 4), forgiving: blanks and a missing padding are no error, and what is cut
//! gives what it has.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes of a text in either alphabet, and what follows them that is no base64.
#[must_use]
pub fn decode(text: &str) -> (Vec<u8>, &str) {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0u32, 0);
    for (at, byte) in text.bytes().enumerate() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b' ' | b'\t' => continue,
            _ => return (bytes, text.get(at..).unwrap_or_default().trim_start_matches('=')),
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xFF) as u8);
        }
    }
    (bytes, "")
}

#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let digit = |value: u32| char::from(DIGITS.get((value & 63) as usize).copied().unwrap_or(b'A'));
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        text.extend([digit(bits >> 18), digit(bits >> 12)]);
        text.push(if three.len() > 1 { digit(bits >> 6) } else { '=' });
        text.push(if three.len() > 2 { digit(bits) } else { '=' });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (bytes, text) in [(&b""[..], ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"foo", "Zm9v"), (b"\xFB\xFF", "+/8=")]
        {
            assert_eq!(encode(bytes), text);
            assert_eq!(decode(text), (bytes.to_vec(), ""));
        }
        assert_eq!(decode("Zm8"), (b"fo".to_vec(), ""));
        assert_eq!(decode("Zm9v...x"), (b"foo".to_vec(), "...x"));
    }
}
