//! Header fields: `Name: value`, in any case, folded, compact, repeated (RFC 3261 7.3.1).

use super::lines::{Lines, to_text};
use memchr::memchr;

/// One header field as it stands in the message.
#[derive(Clone, Copy, Debug)]
pub struct Header<'a> {
    pub name: HeaderName,
    /// The name as written.
    pub written: &'a [u8],
    /// The value as written, outer blanks removed. Where the header is folded the line ends are in it.
    pub value: &'a [u8],
}

impl Header<'_> {
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
    /// Knows a name in any case, the compact forms, and names whose hyphens a blog or a mail program
    /// turned into U+2010 to U+2015.
    #[must_use]
    #[inline]
    pub fn of(written: &[u8]) -> Self {
        let Some(&initial) = written.first() else { return Self::Other };
        let known = Self::with_initial(initial).iter().find(|(name, _)| written.eq_ignore_ascii_case(name.as_bytes()));
        match known {
            Some((_, known)) => *known,
            None if written.is_ascii() => Self::Other,
            None => with_ascii_hyphens(written).map_or(Self::Other, |name| Self::of(name.as_bytes())),
        }
    }

    /// The known name that a line starts with, and its length, where the colon follows at once. Nearly all
    /// headers are written so, and then no colon needs to be searched.
    #[inline]
    fn at_start_of(line: &[u8]) -> Option<(Self, usize)> {
        let known = Self::with_initial(*line.first()?).iter().find(|(name, _)| {
            line.get(name.len()) == Some(&b':')
                && line.get(..name.len()).is_some_and(|written| written.eq_ignore_ascii_case(name.as_bytes()))
        });
        known.map(|(name, known)| (*known, name.len()))
    }

    /// The names that start with a letter, in any case of it.
    #[inline]
    fn with_initial(initial: u8) -> &'static [(&'static str, Self)] {
        match initial.to_ascii_lowercase() {
            b'a' => &[("Authorization", Self::Authentication), ("Authentication-Info", Self::Authentication)],
            b'c' => &[
                ("CSeq", Self::CSeq),
                ("Call-ID", Self::CallId),
                ("Contact", Self::Contact),
                ("Content-Type", Self::ContentType),
                ("Content-Length", Self::ContentLength),
                ("c", Self::ContentType),
            ],
            b'd' => &[("Date", Self::Date)],
            b'f' => &[("From", Self::From), ("f", Self::From)],
            b'i' => &[("i", Self::CallId)],
            b'l' => &[("l", Self::ContentLength)],
            b'm' => &[
                ("ms-diagnostics", Self::Diagnostics),
                ("ms-diagnostics-public", Self::Diagnostics),
                ("ms-client-diagnostics", Self::Diagnostics),
                ("m", Self::Contact),
            ],
            b'p' => &[
                ("Proxy-Authenticate", Self::Authentication),
                ("Proxy-Authorization", Self::Authentication),
                ("Proxy-Authentication-Info", Self::Authentication),
                ("P-Asserted-Identity", Self::PAssertedIdentity),
            ],
            b'r' => &[("Referred-By", Self::ReferredBy)],
            b's' => &[("Server", Self::Server)],
            b't' => &[("To", Self::To), ("t", Self::To)],
            b'u' => &[("User-Agent", Self::UserAgent)],
            b'v' => &[("Via", Self::Via), ("v", Self::Via)],
            b'w' => &[("WWW-Authenticate", Self::Authentication)],
            b'x' => &[("X-MS-Diagnostics", Self::Diagnostics)],
            _ => &[],
        }
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
    head: &'a [u8],
    at: usize,
    initials: &'static Initials,
}

impl<'a> Headers<'a> {
    #[must_use]
    pub fn new(head: &'a [u8]) -> Self {
        const ALL: Initials = Initials([true; 256]);
        Self { head, at: 0, initials: &ALL }
    }

    /// Passes over headers whose first byte is not among `initials`, without looking at the rest of them.
    #[must_use]
    pub fn starting_with(self, initials: &'static Initials) -> Self {
        Self { initials, ..self }
    }
}

/// First bytes of header names.
#[derive(Debug)]
pub struct Initials([bool; 256]);

impl Initials {
    /// Some letters in both cases, and all that is no letter: blanks may stand before a name.
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "runs in the compiler, which checks it")]
    pub const fn of_letters(letters: &[u8]) -> Self {
        let mut among = [true; 256];
        let mut letter = b'a';
        while letter <= b'z' {
            among[letter as usize] = false;
            among[letter.to_ascii_uppercase() as usize] = false;
            letter += 1;
        }
        let mut at = 0;
        while at < letters.len() {
            among[letters[at].to_ascii_lowercase() as usize] = true;
            among[letters[at].to_ascii_uppercase() as usize] = true;
            at += 1;
        }
        Self(among)
    }

    #[inline]
    fn contain(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte)).copied().unwrap_or(true)
    }
}

impl<'a> Iterator for Headers<'a> {
    type Item = Header<'a>;

    #[inline]
    fn next(&mut self) -> Option<Header<'a>> {
        loop {
            let rest = self.head.get(self.at..)?;
            let initial = *rest.first()?;
            let mut end = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            while let Some(b' ' | b'\t') = rest.get(end) {
                let more = rest.get(end..).unwrap_or_default();
                end += memchr(b'\n', more).map_or(more.len(), |end| end + 1);
            }
            self.at += end;
            if !self.initials.contain(initial) {
                continue;
            }
            let field = rest.get(..end)?;
            if let Some((name, length)) = HeaderName::at_start_of(field) {
                let (written, value) = field.split_at_checked(length)?;
                return Some(Header { name, written, value: value.get(1..)?.trim_ascii() });
            }
            if let Some((written, value)) = split_field(field) {
                return Some(Header { name: HeaderName::of(written), written, value });
            }
        }
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
    (!name.is_empty()).then_some((name, field.get(colon + 1..)?.trim_ascii()))
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
