//! DER, as far as tickets and certificates need it (X.690 8.1 and 10): tags of one byte, definite lengths.

use super::reader::Reader;
use crate::protocol::lines::to_text;
use chrono::NaiveDate;
use encoding_rs::UTF_16BE;

pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const OBJECT_ID: u8 = 0x06;
pub const ENUMERATED: u8 = 0x0a;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;
const BMP_STRING: u8 = 0x1e;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// A constructed, context-specific tag: `[n]`.
pub const fn context(n: u8) -> u8 {
    0xa0 | n
}

/// A constructed application tag: `[APPLICATION n]`.
pub const fn application(n: u8) -> u8 {
    0x60 | n
}

/// One element: its tag and what stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    /// Its length promises more than there is; the content is what is left.
    pub is_cut: bool,
}

/// Elements that stand one after the other. Ends at the first bytes that are none.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    bytes: Reader<'a>,
}

/// The element that some bytes start with.
pub fn first(bytes: &[u8]) -> Option<Element<'_>> {
    Elements::new(bytes).next()
}

impl<'a> Elements<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: Reader::new(bytes) }
    }

    /// What was not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.rest()
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let mut bytes = self.bytes;
        let tag = bytes.byte().filter(|tag| tag & 0x1f != 0x1f)?;
        let length = match bytes.byte()? {
            short @ 0..=0x7f => usize::from(short),
            // 0x80 is the indefinite length of BER.
            long @ 0x81..=0x84 => bytes.number(usize::from(long & 0x7f))?,
            _ => return None,
        };
        let (content, is_cut) = bytes.take_up_to(length);
        self.bytes = bytes;
        Some(Element { tag, content, is_cut })
    }
}

impl<'a> Element<'a> {
    pub fn elements(&self) -> Elements<'a> {
        Elements::new(self.content)
    }

    /// The first element inside, where it has this tag.
    pub fn inner(&self, tag: u8) -> Option<Self> {
        first(self.content).filter(|inner| inner.tag == tag)
    }

    /// The first element inside that has this tag.
    pub fn find(&self, tag: u8) -> Option<Self> {
        self.elements().find(|inner| inner.tag == tag)
    }

    /// What stands in the field `[n]` of a sequence.
    pub fn field(&self, n: u8) -> Option<Self> {
        first(self.find(context(n))?.content)
    }

    /// A small number, as `INTEGER` and `ENUMERATED` hold it.
    pub fn number(&self) -> Option<i64> {
        let (INTEGER | ENUMERATED) = self.tag else { return None };
        let sign = self.content.first()?;
        let start = if sign & 0x80 == 0 { 0 } else { -1 };
        (self.content.len() <= 8).then(|| self.content.iter().fold(start, |n: i64, byte| (n << 8) | i64::from(*byte)))
    }

    /// A text of any of the string types.
    pub fn text(&self) -> String {
        if self.tag == BMP_STRING {
            return UTF_16BE.decode_without_bom_handling(self.content).0.into_owned();
        }
        to_text(self.content)
    }

    /// `1.2.840.113554.1.2.2`; `None` where this is no object identifier.
    pub fn object_id(&self) -> Option<String> {
        (self.tag == OBJECT_ID && !self.content.is_empty()).then(|| object_id(self.content))
    }

    /// A moment in milliseconds since 1970 (X.680 46 and 47; RFC 5280 4.1.2.5 for the century).
    pub fn moment(&self) -> Option<i64> {
        let text = str::from_utf8(self.content).ok()?.strip_suffix('Z')?;
        let digits = match self.tag {
            UTC_TIME => {
                let century = if text.get(..2)?.parse::<u8>().ok()? < 50 { "20" } else { "19" };
                format!("{century}{text}")
            }
            GENERALIZED_TIME => text.split('.').next()?.to_owned(),
            _ => return None,
        };
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let part = |from: usize, to: usize| digits.get(from..to)?.parse::<u32>().ok();
        let date = NaiveDate::from_ymd_opt(i32::try_from(part(0, 4)?).ok()?, part(4, 6)?, part(6, 8)?)?;
        let second = if digits.len() == 12 { 0 } else { part(12, 14)? };
        Some(date.and_hms_opt(part(8, 10)?, part(10, 12)?, second)?.and_utc().timestamp_millis())
    }
}

/// The numbers of an object identifier, each in groups of seven bits (X.690 8.19).
fn object_id(content: &[u8]) -> String {
    let mut numbers: Vec<u64> = Vec::new();
    let mut number = 0_u64;
    for byte in content.iter().take(64) {
        number = number.wrapping_shl(7) | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            if numbers.is_empty() {
                let root = (number / 40).min(2);
                numbers.push(root);
                number -= root * 40;
            }
            numbers.push(number);
            number = 0;
        }
    }
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_short_long_and_wrong() {
        let element = |bytes: &'static [u8]| first(bytes).map(|found| (found.content.len(), found.is_cut));
        assert_eq!(element(&[0x30, 1, 7]), Some((1, false)));
        assert_eq!(element(&[0x30, 0x81, 2, 7, 8, 9]), Some((2, false)));
        assert_eq!(element(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 1]), Some((1, true)));
        assert_eq!(element(&[0x30, 0x80, 0, 0]), None, "indefinite");
        assert_eq!(element(&[0x3f, 0x81, 1, 0]), None, "a tag of several bytes");
        assert_eq!(element(&[0x30]), None);
    }

    #[test]
    fn values() {
        let element = |tag: u8, content: &'static [u8]| Element { tag, content, is_cut: false };
        assert_eq!(element(INTEGER, &[0x01, 0x00]).number(), Some(256));
        assert_eq!(element(INTEGER, &[0xff]).number(), Some(-1));
        assert_eq!(element(INTEGER, &[]).number(), None);
        assert_eq!(element(BMP_STRING, &[0, b'F', 0, b'E']).text(), "FE");
        let krb5 = element(OBJECT_ID, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02]);
        assert_eq!(krb5.object_id().as_deref(), Some("1.2.840.113554.1.2.2"));
        assert_eq!(element(OBJECT_ID, &[0xff; 80]).object_id().as_deref(), Some(""));
    }

    #[test]
    fn moments_of_both_kinds() {
        let moment = |tag: u8, text: &'static str| Element { tag, content: text.as_bytes(), is_cut: false }.moment();
        assert_eq!(moment(UTC_TIME, "241120132121Z"), Some(1_732_108_881_000));
        assert_eq!(moment(UTC_TIME, "500101000000Z"), Some(-631_152_000_000));
        assert_eq!(moment(UTC_TIME, "2411201321Z"), Some(1_732_108_860_000));
        assert_eq!(moment(GENERALIZED_TIME, "20241120132121.5Z"), Some(1_732_108_881_000));
        for wrong in ["241320132121Z", "2411Z", "Z", "24112013212", "+41120132121Z", "24112013212éZ"] {
            assert_eq!(moment(UTC_TIME, wrong), None, "{wrong}");
        }
    }
}
