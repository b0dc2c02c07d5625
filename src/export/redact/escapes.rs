//! Text without the escapes of URLs, JSON and XML, which remembers where each letter stood: names are found in what is
//! meant, and replaced in what is written.

use std::ops::Range;

/// A text with its escapes undone.
#[derive(Debug)]
pub struct Plain {
    pub text: String,
    /// Where each byte of the text, and its end, stands in what was written.
    places: Vec<(usize, usize)>,
}

impl Plain {
    /// `None` where nothing is escaped.
    #[must_use]
    pub fn of(written: &str) -> Option<Self> {
        let may_be = memchr::memchr3(b'%', b'&', b'\\', written.as_bytes()).is_some();
        let mut letters: Vec<Letter> = if may_be { letters(written) } else { return None };
        let mut changed = false;
        // What is escaped twice, as `%2540`, is no more than that in practice.
        for _ in 0..3 {
            let Some(next) = undo(&letters) else { break };
            (letters, changed) = (next, true);
        }
        changed.then(|| {
            let mut plain = Self { text: String::with_capacity(letters.len()), places: Vec::new() };
            for letter in letters {
                plain.text.push(letter.own);
                plain.places.resize(plain.text.len(), (letter.start, letter.end));
            }
            plain
        })
    }

    /// What a part of the text was written as.
    #[must_use]
    pub fn written(&self, range: &Range<usize>) -> Option<Range<usize>> {
        let (start, _) = self.places.get(range.start)?;
        let (_, end) = self.places.get(range.end.checked_sub(1)?)?;
        Some(*start..*end)
    }
}

#[derive(Clone, Copy)]
struct Letter {
    own: char,
    start: usize,
    end: usize,
}

fn letters(text: &str) -> Vec<Letter> {
    text.char_indices().map(|(start, own)| Letter { own, start, end: start + own.len_utf8() }).collect()
}

/// One layer of escapes less; `None` where there is none.
fn undo(all: &[Letter]) -> Option<Vec<Letter>> {
    let mut own: Vec<Letter> = Vec::with_capacity(all.len());
    let mut changed = false;
    let mut at = 0;
    while let (Some(&letter), Some(rest)) = (all.get(at), all.get(at..)) {
        let length = match letter.own {
            '%' => percent(rest, &mut own),
            '\\' => backslash(rest, &mut own),
            '&' => entity(rest, &mut own),
            _ => None,
        };
        changed |= length.is_some();
        if length.is_none() {
            own.push(letter);
        }
        at += length.unwrap_or(1);
    }
    changed.then_some(own)
}

fn digits(letters: &[Letter], radix: u32) -> Option<u32> {
    let all =
        letters.iter().try_fold(0u32, |sum, letter| sum.checked_mul(radix)?.checked_add(letter.own.to_digit(radix)?));
    all.filter(|_| !letters.is_empty())
}

/// Lines stay lines, so no end of one comes out of an escape.
fn push(own: &mut Vec<Letter>, code: u32, of: &[Letter]) -> Option<()> {
    let letter = char::from_u32(code).map(|letter| if letter.is_control() { ' ' } else { letter })?;
    own.push(Letter { own: letter, start: of.first()?.start, end: of.last()?.end });
    Some(())
}

/// `%c3%bc`: bytes of UTF-8, or of Latin 1 where they are none.
fn percent(rest: &[Letter], own: &mut Vec<Letter>) -> Option<usize> {
    let mut bytes: Vec<u8> = Vec::new();
    for three in rest.chunks_exact(3) {
        let byte = three.split_first().filter(|(first, _)| first.own == '%').and_then(|(_, hex)| digits(hex, 16));
        let Some(byte) = byte else { break };
        bytes.push(byte as u8);
    }
    let mut at = 0;
    let text =
        str::from_utf8(&bytes).map_or_else(|_| bytes.iter().map(|&byte| char::from(byte)).collect(), str::to_owned);
    let is_utf8 = text.len() == bytes.len();
    for letter in text.chars() {
        let count = if is_utf8 { letter.len_utf8() } else { 1 };
        push(own, letter.into(), rest.get(at..at + count * 3)?)?;
        at += count * 3;
    }
    (at > 0).then_some(at)
}

/// `\u0040`, `\"` and `\/`.
fn backslash(rest: &[Letter], own: &mut Vec<Letter>) -> Option<usize> {
    match rest.get(1)?.own {
        'u' => {
            let whole = rest.get(..6)?;
            push(own, digits(whole.get(2..)?, 16)?, whole)?;
            Some(6)
        }
        sign @ ('"' | '/') => {
            push(own, sign.into(), rest.get(..2)?)?;
            Some(2)
        }
        _ => None,
    }
}

/// `&lt;`, `&#64;` and `&#x40;`.
fn entity(rest: &[Letter], own: &mut Vec<Letter>) -> Option<usize> {
    let end = rest.iter().take(10).position(|letter| letter.own == ';')?;
    let (name, whole) = (rest.get(1..end)?, rest.get(..=end)?);
    let word: String = name.iter().map(|letter| letter.own).collect();
    let code = match word.as_str() {
        "lt" => '<'.into(),
        "gt" => '>'.into(),
        "amp" => '&'.into(),
        "quot" => '"'.into(),
        "apos" => '\''.into(),
        _ => match word.strip_prefix('#')?.strip_prefix(['x', 'X']) {
            Some(_) => digits(name.get(2..)?, 16)?,
            None => digits(name.get(1..)?, 10)?,
        },
    };
    push(own, code, whole)?;
    Some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone_and_found_again() {
        for (written, wanted) in [
            ("sip%253aanna%2540contoso.com", "sip:anna@contoso.com"),
            ("anna\\u0040contoso.com", "anna@contoso.com"),
            ("{\\\"a\\\":1}", "{\"a\":1}"),
            ("&lt;a&gt;J&#252;rgen &#x40; &amp;lt;", "<a>Jürgen @ <"),
            ("j%c3%bcrgen j%fcrgen", "jürgen jürgen"),
            ("100 % \\\\SRV & Co; %0d%0a", "100 % \\\\SRV & Co;   "),
        ] {
            let plain = Plain::of(written).expect("something is escaped");
            assert_eq!(plain.text, wanted, "{written}");
        }
        assert!(Plain::of("C:\\Users 100 % & more").is_none());
        let plain = Plain::of("x %61nn%2561 y").expect("something is escaped");
        assert_eq!(plain.text, "x anna y");
        assert_eq!(plain.written(&(2..6)), Some(2..12));
    }
}
