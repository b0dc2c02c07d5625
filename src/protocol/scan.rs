//! Bytes of a class, looked for sixteen at a time.

use wide::u8x16;

/// Offset of the first byte of a class; `None` where the text has none. `class` marks the bytes of its class,
/// as [`equal`] and [`within`] do.
#[must_use]
#[inline]
pub fn find(text: &[u8], class: impl Fn(u8x16) -> u8x16) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        let marked = class(sixteen(rest)).to_bitmask();
        if marked != 0 {
            // What stands after a short text is not part of it.
            return Some(at + marked.trailing_zeros() as usize).filter(|&at| at < text.len());
        }
        at += 16;
    }
}

/// Length of the run of bytes of a class that a text starts with.
#[must_use]
#[inline]
pub fn run(text: &[u8], class: impl Fn(u8x16) -> u8x16) -> usize {
    find(text, |bytes| !class(bytes)).unwrap_or(text.len())
}

/// Splits a text after its first run of bytes of a class. `None` where that is empty, and where it does not end
/// within 64 bytes: longer words stand in no prefix.
#[must_use]
#[inline]
pub fn word(text: &[u8], class: impl Fn(u8x16) -> u8x16) -> Option<(&[u8], &[u8])> {
    let short = text.get(..64).unwrap_or(text);
    let end = run(short, class);
    (end > 0 && end < short.len()).then(|| text.split_at_checked(end))?
}

/// A text without the blanks and tabs it starts with.
#[must_use]
#[inline]
pub fn skip_blanks(text: &[u8]) -> &[u8] {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    text.get(blanks..).unwrap_or_default()
}

#[must_use]
#[inline]
pub fn upper(bytes: u8x16) -> u8x16 {
    within(bytes, b'A', b'Z')
}

#[must_use]
#[inline]
pub fn digit(bytes: u8x16) -> u8x16 {
    within(bytes, b'0', b'9')
}

#[must_use]
#[inline]
pub fn hex_digit(bytes: u8x16) -> u8x16 {
    // A bit makes letters small; what it makes of other bytes is no letter.
    digit(bytes) | within(bytes | u8x16::splat(0x20), b'a', b'f')
}

/// The first sixteen bytes of a text; zeros after a short one.
#[must_use]
#[inline]
pub fn sixteen(text: &[u8]) -> u8x16 {
    u8x16::new(text.first_chunk().copied().unwrap_or_else(|| padded(text)))
}

/// The bytes of a class among the first 64 of a text, one bit each; zeros stand after a short text.
#[must_use]
#[inline]
pub fn sixty_four(text: &[u8], class: impl Fn(u8x16) -> u8x16) -> u64 {
    let marks = |bytes: &[u8; 64]| {
        let (quarters, _) = bytes.as_chunks::<16>();
        let of_quarter = |quarter: &[u8; 16]| u64::from(class(u8x16::new(*quarter)).to_bitmask());
        quarters.iter().rev().fold(0, |all, quarter| (all << 16) | of_quarter(quarter))
    };
    text.first_chunk().map_or_else(|| marks(&padded(text)), marks)
}

fn padded<const N: usize>(text: &[u8]) -> [u8; N] {
    let mut padded = [0; N];
    padded.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
    padded
}

/// Marks the bytes that are this one.
#[must_use]
#[inline]
pub fn equal(bytes: u8x16, wanted: u8) -> u8x16 {
    bytes.simd_eq(u8x16::splat(wanted))
}

/// Marks the bytes from `low` to `high`, both included.
#[must_use]
#[inline]
pub fn within(bytes: u8x16, low: u8, high: u8) -> u8x16 {
    let above = bytes - u8x16::splat(low);
    above.min(u8x16::splat(high - low)).simd_eq(above)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_byte_by_byte_search_finds() {
        for length in 0..50 {
            let mut text = vec![b'a'; length];
            assert_eq!(find(&text, |bytes| equal(bytes, b'-')), None);
            assert_eq!(find(&text, |bytes| equal(bytes, 0)), None, "nothing stands after the text");
            assert_eq!(run(&text, |bytes| within(bytes, b'a', b'z')), length);
            text.extend_from_slice(b"-{");
            assert_eq!(find(&text, |bytes| equal(bytes, b'-')), Some(length));
            assert_eq!(run(&text, |bytes| within(bytes, b'a', b'z')), length);
        }
    }
}
