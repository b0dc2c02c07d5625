//! How the bytes of a file stand for text, and UTF-16 made into UTF-8.

use super::temporary;
use std::ops::Range;

/// How the text of a file is encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    #[default]
    Utf8,
    Utf8Bom,
    Utf16Le,
    Utf16Be,
    /// Not UTF-8 and no wide characters: read line by line, see [`crate::protocol::lines::to_text`].
    Windows1252,
}

/// How much is looked at to tell UTF-8 from Windows-1252, in bytes.
const LOOK: usize = 1 << 20;

impl Encoding {
    /// Looks at the start of a file: a byte order mark, NULs between ASCII letters, or bytes that are no UTF-8
    /// where nothing beyond ASCII is.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0xEF, 0xBB, 0xBF, ..] => return Self::Utf8Bom,
            [0xFF, 0xFE, ..] => return Self::Utf16Le,
            [0xFE, 0xFF, ..] => return Self::Utf16Be,
            _ => {}
        }
        let start = bytes.get(..64).unwrap_or_default();
        let (pairs, _) = start.as_chunks::<2>();
        let is_text = |byte: u8| matches!(byte, b'\t' | b'\r' | b'\n' | b' '..=b'~');
        if !pairs.is_empty() && pairs.iter().all(|&[low, high]| is_text(low) && high == 0) {
            return Self::Utf16Le;
        }
        if !pairs.is_empty() && pairs.iter().all(|&[high, low]| is_text(low) && high == 0) {
            return Self::Utf16Be;
        }
        let look = bytes.get(..LOOK).unwrap_or(bytes);
        if str::from_utf8(look).is_ok() {
            return Self::Utf8;
        }
        let (mut wide, mut damaged) = (false, false);
        for chunk in look.utf8_chunks() {
            wide |= !chunk.valid().is_ascii();
            // The look may end inside a character.
            damaged |= !chunk.invalid().is_empty() && chunk.invalid().as_ptr_range().end != look.as_ptr_range().end;
        }
        if damaged && !wide { Self::Windows1252 } else { Self::Utf8 }
    }

    /// The name used towards scripts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf8Bom => "utf-8-bom",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }

    fn decoder(self) -> Option<encoding_rs::Decoder> {
        match self {
            Self::Utf16Le => Some(encoding_rs::UTF_16LE.new_decoder_without_bom_handling()),
            Self::Utf16Be => Some(encoding_rs::UTF_16BE.new_decoder_without_bom_handling()),
            Self::Utf8 | Self::Utf8Bom | Self::Windows1252 => None,
        }
    }
}

/// Bytes of UTF-8 between two notes of [`Original`].
const STEP: usize = 4096;

/// Where the text of a file stood before it was made into UTF-8.
///
/// A character of up to three bytes was two bytes, one of four was four, and a broken one became U+FFFD, which has
/// three. So every offset can be counted; a note every few kilobytes keeps the counting short.
#[derive(Debug, Default)]
pub struct Original {
    /// Bytes of the byte order mark.
    mark: u64,
    /// Units of two bytes before each step.
    units: Vec<u64>,
    /// Length of the file.
    length: u64,
}

impl Original {
    /// The range of the file that a range of the text was made from. The first range takes the byte order mark
    /// along and the last one the odd byte of a file that was cut inside a unit.
    pub fn range(&self, text: &[u8], range: &Range<u64>) -> Range<u64> {
        let start = if range.start == 0 { 0 } else { self.offset(text, range.start) };
        start..self.offset(text, range.end)
    }

    fn offset(&self, text: &[u8], at: u64) -> u64 {
        let at = usize::try_from(at).unwrap_or(usize::MAX).min(text.len());
        if at == text.len() {
            return self.length;
        }
        let step = at / STEP;
        let before = self.units.get(step).copied().unwrap_or(0);
        let units = before + units(text.get(step * STEP..at).unwrap_or_default());
        (self.mark + units * 2).min(self.length)
    }
}

/// Units of UTF-16 that bytes of UTF-8 stand for, where a character counts with its first byte.
fn units(text: &[u8]) -> u64 {
    let firsts = text.iter().filter(|&&byte| !(0x80..0xC0).contains(&byte)).count();
    let wide = text.iter().filter(|&&byte| byte >= 0xF0).count();
    (firsts + wide) as u64
}

/// UTF-16 as UTF-8 in a temporary file. `None` where the encoding needs no such thing.
pub fn to_utf8(bytes: &[u8], encoding: Encoding) -> std::io::Result<Option<(temporary::Text, Original)>> {
    let Some(mut decoder) = encoding.decoder() else { return Ok(None) };
    let mark = if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") { 2 } else { 0 };
    let mut original = Original { mark: mark as u64, units: vec![0], length: bytes.len() as u64 };
    let mut writer = temporary::Writer::new()?;
    let mut buffer = vec![0; 1 << 16];
    // What was written after the last note.
    let mut since_step = 0;
    let mut counted = 0;
    let mut rest = bytes.get(mark..).unwrap_or_default();
    loop {
        let piece = rest.get(..1 << 16).unwrap_or(rest);
        let is_last = piece.len() == rest.len();
        let (result, read, written, _) = decoder.decode_to_utf8(piece, &mut buffer, is_last);
        let mut text = buffer.get(..written).unwrap_or_default();
        writer.write(text)?;
        while let Some((before, after)) = text.split_at_checked(STEP - since_step) {
            counted += units(before);
            original.units.push(counted);
            (text, since_step) = (after, 0);
        }
        counted += units(text);
        since_step += text.len();
        rest = rest.get(read..).unwrap_or_default();
        if is_last && result == encoding_rs::CoderResult::InputEmpty {
            break;
        }
    }
    Ok(Some((writer.finish()?, original)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, mark: bool) -> Vec<u8> {
        let mark = mark.then_some(0xFEFF);
        mark.into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn the_encoding_of_a_file() {
        let ascii = "11/20/2024|14:21:21.071 2A10:C74 INFO  :: long enough to be sure\r\n";
        assert_eq!(Encoding::of(ascii.as_bytes()), Encoding::Utf8);
        assert_eq!(Encoding::of("\u{FEFF}x".as_bytes()), Encoding::Utf8Bom);
        assert_eq!(Encoding::of(&utf16("x", true)), Encoding::Utf16Le);
        assert_eq!(Encoding::of(&utf16(ascii, false)), Encoding::Utf16Le);
        assert_eq!(Encoding::of(b"\xFE\xFF\0x"), Encoding::Utf16Be);
        assert_eq!(Encoding::of(b"Andr\xE9 Lindqvist\r\n"), Encoding::Windows1252);
        assert_eq!(Encoding::of("André".as_bytes()), Encoding::Utf8);
        assert_eq!(Encoding::of("André\n\u{E9}".as_bytes()), Encoding::Utf8);
        assert_eq!(Encoding::of(b"Andr\xC3\xA9 and a broken \xE9 line"), Encoding::Utf8);
        assert_eq!(Encoding::of(b""), Encoding::Utf8);
    }

    #[test]
    fn every_character_knows_where_it_stood() {
        let text = "aé€😀\r\n".repeat(3_000);
        for (mark, cut) in [(true, 0), (false, 0), (true, 1)] {
            let mut bytes = utf16(&text, mark);
            bytes.extend(std::iter::repeat_n(b'x', cut));
            let (made, original) = to_utf8(&bytes, Encoding::Utf16Le).expect("a temporary file").expect("UTF-16");
            let made = made.bytes();
            assert!(made.starts_with(text.as_bytes()));
            let start = if mark { 2 } else { 0 };
            for (at, _) in text.char_indices().step_by(7) {
                let wanted = start + text[..at].encode_utf16().count() as u64 * 2;
                assert_eq!(original.offset(made, at as u64), wanted);
            }
            let whole = original.range(made, &(0..made.len() as u64));
            assert_eq!(whole, 0..bytes.len() as u64);
        }
    }

    #[test]
    fn half_characters_are_replaced_and_counted() {
        let bytes = [0xFF, 0xFE, b'a', 0, 0x00, 0xD8, b'b', 0];
        let (made, original) = to_utf8(&bytes, Encoding::Utf16Le).expect("a temporary file").expect("UTF-16");
        assert_eq!(made.bytes(), "a\u{FFFD}b".as_bytes());
        assert_eq!(original.range(made.bytes(), &(4..5)), 6..8);
    }
}
