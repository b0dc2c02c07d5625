//! How a token stands in a log: base64, hexadecimal, or bytes printed as text.

/// Bytes of a token, as its text gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    Bytes(Vec<u8>),
    /// Printed one character a byte, with a dot for each byte that is not printable: what the security records of
    /// older servers show of an NTLM token. Each character stands where its byte stood.
    Printed(Vec<u8>),
}

/// Reads the value of `gssapi-data`, or a token after a scheme word. The second is true where the text stops being
/// one before it ends.
pub fn read(value: &[u8]) -> (Written, bool) {
    let value = value.trim_ascii();
    let value = value.strip_prefix(b"\"").unwrap_or(value);
    let value = value.strip_suffix(b"\"").unwrap_or(value);
    if let Some(rest) = value.strip_prefix(b"NTLMSSP") {
        let written = if rest.first() == Some(&0) { Written::Bytes } else { Written::Printed };
        return (written(value.to_vec()), false);
    }
    // No token of any package is hexadecimal in base64, so what looks like hexadecimal is.
    if let Some(bytes) = hexadecimal(value) {
        return (Written::Bytes(bytes), false);
    }
    let (bytes, is_cut) = base64(value);
    (Written::Bytes(bytes), is_cut)
}

fn hexadecimal(value: &[u8]) -> Option<Vec<u8>> {
    let value = value.strip_prefix(b"0x").unwrap_or(value);
    let digits: Option<Vec<u8>> = value
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| char::from(*byte).to_digit(16).map(|digit| digit as u8))
        .collect();
    let (pairs, rest) = digits.as_ref()?.as_chunks::<2>();
    (pairs.len() > 1 && rest.is_empty()).then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

const NO_DIGIT: u8 = 0xff;

/// What each character of base64 stands for, in either alphabet.
#[expect(clippy::indexing_slicing, reason = "done while this is compiled")]
const SIX_BITS: [u8; 256] = {
    let mut table = [NO_DIGIT; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            upper @ b'A'..=b'Z' => upper - b'A',
            lower @ b'a'..=b'z' => lower - b'a' + 26,
            digit @ b'0'..=b'9' => digit - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => NO_DIGIT,
        };
        byte += 1;
    }
    table
};

/// Base64 in either alphabet (RFC 4648 4 and 5), with or without padding, broken over lines or not. Ends at the first
/// other character; true where that is not padding, or where the last group is cut.
fn base64(value: &[u8]) -> (Vec<u8>, bool) {
    let mut bytes = Vec::with_capacity(value.len() / 4 * 3 + 3);
    let (mut group, mut bits) = (0_u32, 0_u32);
    let mut is_foreign = false;
    for &byte in value {
        let six = SIX_BITS.get(usize::from(byte)).copied().unwrap_or(NO_DIGIT);
        if six == NO_DIGIT {
            if byte.is_ascii_whitespace() {
                continue;
            }
            is_foreign = byte != b'=';
            break;
        }
        group = (group << 6 | u32::from(six)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((group >> bits) as u8);
        }
    }
    // One character left over holds six bits of a byte whose rest is missing.
    (bytes, is_foreign || bits == 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_the_same_bytes() {
        let bytes = b"NTLMSSP\0\xfb\xff\xfe";
        for text in [
            "TlRMTVNTUAD7//4=",
            "TlRMTVNTUAD7//4",
            "TlRMTVNTUAD7__4",
            "TlRM\r\n TVNT UAD7//4= ",
            "\"TlRMTVNTUAD7//4=\"",
            "4e544c4d53535000fbfffe",
            "0x4E 54 4C 4D 53 53 50 00 FB FF FE",
        ] {
            assert_eq!(read(text.as_bytes()), (Written::Bytes(bytes.to_vec()), false), "{text}");
        }
        assert_eq!(read(bytes), (Written::Bytes(bytes.to_vec()), false));
        assert_eq!(read(b"NTLMSSP....x"), (Written::Printed(b"NTLMSSP....x".to_vec()), false));
        assert_eq!(read(b""), (Written::Bytes(vec![]), false));
    }

    #[test]
    fn a_text_that_is_cut_gives_what_it_has() {
        assert_eq!(read(b"TlRMT"), (Written::Bytes(b"NTL".to_vec()), true));
        assert_eq!(read(b"TlRM..."), (Written::Bytes(b"NTL".to_vec()), true));
        assert_eq!(read("TlRM\u{2026}".as_bytes()), (Written::Bytes(b"NTL".to_vec()), true));
    }
}
