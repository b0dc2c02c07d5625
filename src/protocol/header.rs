//! Header fields: `Name: value`, in any case, folded, compact, repeated (RFC 3261 7.3.1).

use super::lines::{LineWalk, Lines, to_text};

/// One header field as it stands in the message.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    pub name: HeaderName,
    /// The name as written.
    pub written: &'a [u8],
    /// The value as written, outer blanks removed. Where the header is folded the line ends are in it.
    pub value: &'a [u8],
}

impl<'a> Header<'a> {
    /// False where no name that [`Self::of_column`] reads starts with this byte.
    #[must_use]
    #[inline]
    pub fn may_be_of_column(initial: u8) -> bool {
        const NONE: u32 = letters(b"eghjklnoqsuvyz");
        let letter = (initial | 0x20).wrapping_sub(b'a');
        letter >= 26 || NONE & (1 << letter) == 0
    }

    /// Reads a field if it gives something to the columns of an index, most others without reading their
    /// names: From, To, Call-ID, CSeq, Contact, P-Asserted-Identity, Referred-By, Date, authentication
    /// and diagnostics.
    #[must_use]
    #[inline]
    pub fn of_column(field: &'a [u8]) -> Option<Self> {
        match glance(field) {
            Glance::Nothing => return None,
            Glance::Maybe(name, written) => {
                if let Some(value) = value_after(field, written) {
                    let written = field.get(..written.len())?;
                    return Some(Self { name, written, value });
                }
            }
            Glance::Unsure => {}
        }
        let (written, value) = split_field(field)?;
        let name = HeaderName::of(written);
        name.gives_column().then_some(Self { name, written, value })
    }

    /// The value as one line of text.
    #[must_use]
    pub fn text(&self) -> String {
        let text = to_text(self.value);
        if text.contains('\n') { text.lines().map(str::trim).collect::<Vec<_>>().join(" ") } else { text }
    }
}

/// The headers this program reads itself; all others are `Other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderName {
    Authentication,
    CallId,
    Contact,
    ContentLength,
    ContentType,
    CSeq,
    Date,
    /// `ms-diagnostics` and its variants ([MS-OCER] 2.2.1.2, [MS-OCAUTHWS] 3.2.4.1).
    Diagnostics,
    From,
    PAssertedIdentity,
    ReferredBy,
    Server,
    To,
    UserAgent,
    Via,
    Other,
}

impl HeaderName {
    fn gives_column(self) -> bool {
        !matches!(
            self,
            Self::ContentLength | Self::ContentType | Self::Server | Self::UserAgent | Self::Via | Self::Other
        )
    }

    /// Knows a name in any case, the compact forms, and names whose hyphens a blog or a mail program
    /// turned into U+2010 to U+2015.
    #[must_use]
    pub fn of(written: &[u8]) -> Self {
        let known = names_of(written.len()).iter().find(|(name, _)| written.eq_ignore_ascii_case(name.as_bytes()));
        match known {
            Some((_, known)) => *known,
            None if written.is_ascii() => Self::Other,
            None => with_ascii_hyphens(written).map_or(Self::Other, |name| Self::of(name.as_bytes())),
        }
    }
}

/// Every name that is known, with the compact forms, by its length.
fn names_of(length: usize) -> &'static [(&'static str, HeaderName)] {
    match length {
        1 => &[
            ("i", HeaderName::CallId),
            ("m", HeaderName::Contact),
            ("l", HeaderName::ContentLength),
            ("c", HeaderName::ContentType),
            ("f", HeaderName::From),
            ("b", HeaderName::ReferredBy),
            ("t", HeaderName::To),
            ("v", HeaderName::Via),
        ],
        2 => &[("To", HeaderName::To)],
        3 => &[("Via", HeaderName::Via)],
        4 => &[("CSeq", HeaderName::CSeq), ("Date", HeaderName::Date), ("From", HeaderName::From)],
        6 => &[("Server", HeaderName::Server)],
        7 => &[("Call-ID", HeaderName::CallId), ("Contact", HeaderName::Contact)],
        10 => &[("User-Agent", HeaderName::UserAgent)],
        11 => &[("Referred-By", HeaderName::ReferredBy)],
        12 => &[("Content-Type", HeaderName::ContentType)],
        13 => &[("Authorization", HeaderName::Authentication)],
        14 => &[("Content-Length", HeaderName::ContentLength), ("ms-diagnostics", HeaderName::Diagnostics)],
        16 => &[("X-MS-Diagnostics", HeaderName::Diagnostics), ("WWW-Authenticate", HeaderName::Authentication)],
        18 => &[("Proxy-Authenticate", HeaderName::Authentication)],
        19 => &[
            ("Authentication-Info", HeaderName::Authentication),
            ("P-Asserted-Identity", HeaderName::PAssertedIdentity),
            ("Proxy-Authorization", HeaderName::Authentication),
        ],
        21 => &[("ms-client-diagnostics", HeaderName::Diagnostics), ("ms-diagnostics-public", HeaderName::Diagnostics)],
        25 => &[("Proxy-Authentication-Info", HeaderName::Authentication)],
        _ => &[],
    }
}

/// A set of small letters, one bit each.
const fn letters(mut list: &[u8]) -> u32 {
    let mut set = 0;
    while let [first, rest @ ..] = list {
        set |= 1 << (*first - b'a');
        list = rest;
    }
    set
}

/// What the first four bytes of a line say about its header name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Glance {
    /// This name, if the line goes on like it.
    Maybe(HeaderName, &'static str),
    /// None of the names that columns are made of.
    Nothing,
    /// Anything: a blank, a byte that is not ASCII, a compact form.
    Unsure,
}

/// Looks at four bytes at once, which decides nearly every line without reading its name.
#[inline]
fn glance(line: &[u8]) -> Glance {
    const fn key(text: [u8; 4]) -> u32 {
        u32::from_le_bytes(text) | 0x2020_2020
    }
    const FROM: u32 = key(*b"from");
    const CALL: u32 = key(*b"call");
    const CSEQ: u32 = key(*b"cseq");
    const CONT: u32 = key(*b"cont");
    const PASS: u32 = key(*b"p-as");
    const REFE: u32 = key(*b"refe");
    const DATE: u32 = key(*b"date");
    const WWW: u32 = key(*b"www-");
    let Some(&start) = line.first_chunk::<4>() else { return Glance::Unsure };
    match key(start) {
        FROM => Glance::Maybe(HeaderName::From, "From"),
        CALL => Glance::Maybe(HeaderName::CallId, "Call-ID"),
        CSEQ => Glance::Maybe(HeaderName::CSeq, "CSeq"),
        // Contact stands among Content-Type and Content-Length.
        CONT if matches!(line.get(4), Some(b'e' | b'E')) => Glance::Nothing,
        CONT => Glance::Maybe(HeaderName::Contact, "Contact"),
        PASS => Glance::Maybe(HeaderName::PAssertedIdentity, "P-Asserted-Identity"),
        REFE => Glance::Maybe(HeaderName::ReferredBy, "Referred-By"),
        DATE => Glance::Maybe(HeaderName::Date, "Date"),
        WWW => Glance::Maybe(HeaderName::Authentication, "WWW-Authenticate"),
        _ if key(start) & 0x00FF_FFFF == key(*b"to:\0") & 0x00FF_FFFF => Glance::Maybe(HeaderName::To, "To"),
        _ => match start {
            // Authorization, Proxy-..., ms-..., X-MS-...: rare enough to be read whole.
            [b'a' | b'A', b'u' | b'U', ..] | [b'p' | b'P', b'r' | b'R', ..] | [b't' | b'T', b'o' | b'O', ..] => {
                Glance::Unsure
            }
            // ms-diagnostics, ms-client-diagnostics and X-MS-Diagnostics among many that start like them.
            [b'm' | b'M', b's' | b'S', b'-', b'd' | b'D' | b'c' | b'C'] => Glance::Unsure,
            // X-MS-Diagnostics, whose second hyphen may be a typographic one.
            [b'x' | b'X', b'-', b'm' | b'M', b's' | b'S']
                if line.get(4) != Some(&b'-') || matches!(line.get(5), Some(b'd' | b'D')) =>
            {
                Glance::Unsure
            }
            [b'm' | b'M' | b'x' | b'X', ..]
                if start.is_ascii() && (start[1].is_ascii_alphabetic() || start[1] == b'-') =>
            {
                Glance::Nothing
            }
            // A blank, a compact form, a name of one letter and a hyphen.
            [first, second, ..]
                if !first.is_ascii_alphabetic() || !(second.is_ascii_alphabetic() || second == b'-') =>
            {
                Glance::Unsure
            }
            _ if start.is_ascii() => Glance::Nothing,
            _ => Glance::Unsure,
        },
    }
}

/// The name with typographic hyphens made plain, or `None` where there is nothing to change.
fn with_ascii_hyphens(written: &[u8]) -> Option<String> {
    let name = str::from_utf8(written).ok()?;
    let plain: String = name.chars().map(|c| if ('\u{2010}'..='\u{2015}').contains(&c) { '-' } else { c }).collect();
    plain.is_ascii().then_some(plain)
}

/// Iterates over the header fields of a message head. Lines that are no header are passed over.
#[derive(Clone)]
pub struct Headers<'a> {
    lines: LineWalk<'a>,
}

impl<'a> Headers<'a> {
    #[must_use]
    pub fn new(head: &'a [u8]) -> Self {
        Self { lines: LineWalk::new(head, 0) }
    }

    /// Only those that [`Header::of_column`] reads.
    pub fn of_columns(mut self) -> impl Iterator<Item = Header<'a>> {
        std::iter::from_fn(move || self.lines.next_folded()).filter_map(Header::of_column)
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    fn next(&mut self) -> Option<Header<'a>> {
        loop {
            if let Some((written, value)) = split_field(self.lines.next_folded()?) {
                return Some(Header { name: HeaderName::of(written), written, value });
            }
        }
    }
}

/// The value of a header with this name, where the colon follows the name at once.
#[inline]
fn value_after<'a>(field: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (written, rest) = field.split_at_checked(name.len())?;
    let value = rest.strip_prefix(b":")?;
    written.eq_ignore_ascii_case(name.as_bytes()).then(|| trim(value))
}

/// A value without the blanks around it, which nearly always are one before it and a line end after it.
#[must_use]
#[inline]
pub fn trim(value: &[u8]) -> &[u8] {
    let value = value.strip_prefix(b" ").unwrap_or(value);
    let value = value.strip_suffix(b"\n").unwrap_or(value);
    let value = value.strip_suffix(b"\r").unwrap_or(value);
    match value {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => value,
        _ => value.trim_ascii(),
    }
}

/// Splits `Name: value`; the name is a word of at most 64 bytes without blanks in it.
#[must_use]
#[inline]
pub fn split_field(field: &[u8]) -> Option<(&[u8], &[u8])> {
    let start = field.get(..65).unwrap_or(field);
    let mut colon = start.iter().position(|&byte| byte == b':' || byte == b' ')?;
    if start.get(colon) == Some(&b' ') {
        // Blanks may stand around the name, which is rare, and not in it.
        colon = start.iter().position(|&byte| byte == b':')?;
        if start.get(..colon)?.trim_ascii().contains(&b' ') {
            return None;
        }
    }
    let name = start.get(..colon)?.trim_ascii();
    (!name.is_empty()).then_some((name, trim(field.get(colon + 1..)?)))
}

/// Offset in `text` of the body of a message that ends its head with an empty line, and the head's end.
#[must_use]
pub fn head_end(text: &[u8]) -> (usize, usize) {
    for line in Lines::new(text) {
        if line.text.is_empty() {
            return (line.start, line.next);
        }
    }
    (text.len(), text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_in_every_dress() {
        let head = "FROM: <sip:a@x>;tag=1\r\nt : sip:b@x\r\nSubject: one\r\n two\r\n\tthree\r\nCall\u{2011}ID: 7\n\
                    no header here\nvia:x\nX-Ms-Diagnostics:28032;reason=\"a:b\"\n";
        let found: Vec<_> = Headers::new(head.as_bytes()).map(|header| (header.name, header.text())).collect();
        assert_eq!(
            found,
            [
                (HeaderName::From, "<sip:a@x>;tag=1".to_owned()),
                (HeaderName::To, "sip:b@x".to_owned()),
                (HeaderName::Other, "one two three".to_owned()),
                (HeaderName::CallId, "7".to_owned()),
                (HeaderName::Via, "x".to_owned()),
                (HeaderName::Diagnostics, "28032;reason=\"a:b\"".to_owned()),
            ]
        );
    }
}
