//! One SIP or HTTP message, borrowed from the trace.

use super::address::{self, Address};
use super::auth::{Auth, AuthRole};
use super::diagnostics::{self, Diagnostic};
use super::header::{Header, HeaderName, Headers, head_end};
use super::lines::{split_line, to_text};
use super::start_line::StartLine;
use memchr::memchr2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Sip,
    Http,
}

/// A message as three pieces of the trace: first line, head and body.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    pub start: StartLine<'a>,
    pub first_line: FirstLine<'a>,
    /// The header fields, without the empty line that ends them.
    pub head: &'a [u8],
    pub body: &'a [u8],
}

/// How the first line stands in the trace.
#[derive(Clone, Copy, Debug)]
pub enum FirstLine<'a> {
    Written(&'a [u8]),
    /// A web component writes verb and URL as two fields: `RequestUrl=...,RequestVerb=...`.
    VerbAndUrl {
        verb: &'a [u8],
        url: &'a [u8],
    },
}

impl<'a> Message<'a> {
    /// Reads a message that stands as on the wire: start line, head, empty line, body.
    /// `None` where the first line is not a start line.
    #[must_use]
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let (first, rest) = split_line(text);
        let start = StartLine::parse(first)?;
        let (head_end, body_start) = head_end(rest);
        Some(Self {
            start,
            first_line: FirstLine::Written(first),
            head: rest.get(..head_end)?,
            body: rest.get(body_start..)?,
        })
    }

    #[must_use]
    pub fn protocol(&self) -> Protocol {
        match self.start {
            StartLine::HttpRequest { .. } | StartLine::HttpResponse { .. } => Protocol::Http,
            _ => Protocol::Sip,
        }
    }

    #[must_use]
    pub fn is_request(&self) -> bool {
        self.start.method().is_some()
    }

    /// The first line as text, without a leading `: ` of the trace.
    #[must_use]
    pub fn start_line(&self) -> String {
        match self.first_line {
            FirstLine::Written(line) => {
                let line = line.trim_ascii();
                to_text(line.strip_prefix(b":").map_or(line, <[u8]>::trim_ascii_start))
            }
            FirstLine::VerbAndUrl { verb, url } => format!("{} {}", to_text(verb), to_text(url)),
        }
    }

    #[must_use]
    pub fn headers(&self) -> Headers<'a> {
        Headers::new(self.head)
    }

    #[must_use]
    pub fn header(&self, name: HeaderName) -> Option<Header<'a>> {
        self.headers().find(|header| header.name == name)
    }

    /// Every address that names somebody: first line, From, To, Contact, P-Asserted-Identity,
    /// Referred-By, and `sipuri=` of a web request. In canonical form, sorted, each once.
    #[must_use]
    pub fn uris(&self) -> Vec<String> {
        let mut uris: Vec<String> = self.request_uri_person().into_iter().collect();
        let mut add = |address: Address<'_>| {
            if address.is_person {
                uris.push(address.canonical());
            }
        };
        for header in self.headers() {
            match header.name {
                HeaderName::From | HeaderName::To => address::first(header.value).into_iter().for_each(&mut add),
                HeaderName::Contact | HeaderName::PAssertedIdentity | HeaderName::ReferredBy => {
                    address::each(header.value, &mut add);
                }
                _ => {}
            }
        }
        uris.sort_unstable();
        uris.dedup();
        uris
    }

    /// The person a request's first line names: its Request-URI, or `sipuri=` of a web request.
    #[must_use]
    pub fn request_uri_person(&self) -> Option<String> {
        match self.start {
            StartLine::SipRequest { uri, .. } => {
                address::first(uri).filter(|address| address.is_person).map(|address| address.canonical())
            }
            StartLine::HttpRequest { target, .. } => address::sip_uri_parameter(target),
            _ => None,
        }
    }

    /// Every diagnostic code of the message, in the order it stands: headers, then body.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> = self
            .headers()
            .filter(|header| header.name == HeaderName::Diagnostics)
            .filter_map(|header| Diagnostic::parse(&diagnostics::header_name(header.written), header.value))
            .collect();
        diagnostics::in_body(self.body, |loose| found.push(loose.to_diagnostic()));
        found
    }

    /// The authentication packages that the authentication headers name.
    #[must_use]
    pub fn packages(&self) -> Packages {
        self.headers()
            .filter(|header| header.name == HeaderName::Authentication)
            .fold(Packages::empty(), |all, header| all | Packages::of_header(header.value))
    }

    /// What the authentication headers say, in their order.
    #[must_use]
    pub fn auths(&self) -> Vec<Auth<'a>> {
        let headers = self.headers().filter(|header| header.name == HeaderName::Authentication);
        headers.flat_map(|header| Auth::read(AuthRole::of(header.written), header.value)).collect()
    }

    /// What all copies of one message have in common, whichever hop wrote them down: Call-ID, CSeq, first
    /// line and From tag. Direction, Via and time differ from hop to hop.
    #[must_use]
    pub fn copy_key(&self) -> Option<String> {
        let text = |name| self.header(name).map(|header| header.text());
        let call_id = text(HeaderName::CallId)?;
        let number =
            self.header(HeaderName::CSeq).and_then(|header| cseq(header.value)).map_or(0, |(number, _)| number);
        let from = text(HeaderName::From).unwrap_or_default();
        let tag = from.split_once(";tag=").map(|(_, tag)| tag.split(';').next().unwrap_or_default().to_owned());
        let method = text(HeaderName::CSeq).unwrap_or_default();
        Some(format!("{call_id} {number} {method} {} {}", self.start_line(), tag.unwrap_or_default()))
    }

    /// The body length the message claims, in bytes on the wire.
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        let value = self.header(HeaderName::ContentLength)?.value;
        str::from_utf8(value).ok()?.trim().parse().ok()
    }

    /// What is to come of the body before its first line; `None` where the message does not say.
    #[must_use]
    pub fn body_left(&self) -> Option<BodyLeft> {
        self.content_length().map(BodyLeft)
    }
}

/// How many bytes of a body are still to come. Content-Length counts CRLF, while a log that was saved again or pasted
/// may have LF, so every line counts as it did on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BodyLeft(u64);

impl BodyLeft {
    #[must_use]
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// What is left after a line, which is given without its line end.
    #[must_use]
    pub fn after(self, line: &[u8]) -> Self {
        Self(self.0.saturating_sub(line.len() as u64 + 2))
    }
}

/// `1 REGISTER` -> (1, `REGISTER`).
#[must_use]
#[inline]
pub fn cseq(value: &[u8]) -> Option<(u32, &[u8])> {
    let value = value.trim_ascii_start();
    // The highest number stands for none in the columns; sequence numbers end below half of it (RFC 3261 8.1.1.5).
    let number = diagnostics::code(value).filter(|&number| number < u32::MAX)?;
    let after = value.iter().position(|byte| !byte.is_ascii_digit()).and_then(|at| value.get(at..)).unwrap_or_default();
    // One word: where the header is folded, other text may follow.
    let word = after.trim_ascii_start().split(u8::is_ascii_whitespace).next();
    Some((number, word.unwrap_or_default()))
}

bitflags::bitflags! {
    /// Authentication packages, as the scheme word of an authentication header.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Packages: u8 {
        const NTLM = 1;
        const KERBEROS = 1 << 1;
        const TLS_DSK = 1 << 2;
        const DIGEST = 1 << 3;
        const NEGOTIATE = 1 << 4;
        const MS_RTC_OAUTH = 1 << 5;
        const BEARER = 1 << 6;
        const BASIC = 1 << 7;
    }
}

impl Packages {
    /// Scheme words as they stand in headers, each with its bit.
    pub const NAMES: [(&'static str, Self); 8] = [
        ("NTLM", Self::NTLM),
        ("Kerberos", Self::KERBEROS),
        ("TLS-DSK", Self::TLS_DSK),
        ("Digest", Self::DIGEST),
        ("Negotiate", Self::NEGOTIATE),
        ("MsRtcOAuth", Self::MS_RTC_OAUTH),
        ("Bearer", Self::BEARER),
        ("Basic", Self::BASIC),
    ];

    /// The packages one header value names: its first word, and the first word after a comma where
    /// two challenges were joined on one line.
    #[must_use]
    pub fn of_header(value: &[u8]) -> Self {
        let mut packages = Self::empty();
        let mut rest = Some(value);
        while let Some(text) = rest {
            let end = memchr2(b',', b'\n', text).unwrap_or(text.len());
            rest = text.get(end + 1..);
            let piece = text.get(..end).unwrap_or_default().trim_ascii();
            // Most pieces are parameters, and no scheme is followed by an equals sign.
            let end = piece.iter().position(|byte| matches!(byte, b' ' | b'=')).unwrap_or(piece.len());
            if piece.get(end) != Some(&b'=') {
                packages |= Self::of_scheme(piece.get(..end).unwrap_or_default());
            }
        }
        packages
    }

    /// The package of a scheme word; none where the word is not known.
    #[must_use]
    pub fn of_scheme(word: &[u8]) -> Self {
        let known = Self::NAMES.iter().find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
        known.map_or(Self::empty(), |(_, package)| *package)
    }

    /// The name of a package, or of the first of several.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        Self::NAMES.iter().find(|(_, package)| self.contains(*package)).map(|(name, _)| *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTER: &str = "REGISTER sip:contoso.com SIP/2.0\r\n\
        f: \"Anna\"<sip:Anna@contoso.com>;tag=1;epid=0f\r\nTo: sip:anna@contoso.com\r\n\
        P-Asserted-Identity: <sip:anna@contoso.com>,<tel:+14255550177>\r\nReferred-By: <sip:ben@fabrikam.com>\r\n\
        Contact: <sip:198.51.100.23:50112;transport=tls>\r\ni: 9f1c\r\nCSeq: 2 REGISTER\r\nl: 4\r\n\
        Authorization: TLS-DSK qop=\"auth\", realm=\"SIP Communications Service\"\r\n\r\nbody";

    #[test]
    fn a_message_from_the_wire() {
        let message = Message::parse(REGISTER.as_bytes()).expect("starts with a start line");
        assert_eq!(message.start_line(), "REGISTER sip:contoso.com SIP/2.0");
        assert_eq!(message.uris(), ["+14255550177", "anna@contoso.com", "ben@fabrikam.com"]);
        assert_eq!(message.header(HeaderName::CallId).map(|header| header.text()).as_deref(), Some("9f1c"));
        assert_eq!(message.header(HeaderName::CSeq).and_then(|header| cseq(header.value)), Some((2, &b"REGISTER"[..])));
        assert_eq!(message.content_length(), Some(4));
        assert_eq!(message.body, b"body");
        assert_eq!(message.packages(), Packages::TLS_DSK);
    }

    #[test]
    fn a_body_is_as_long_as_on_the_wire_whatever_ends_its_lines() {
        let text = "MESSAGE sip:a@b SIP/2.0\nContent-Length: 10\n\n";
        let left = Message::parse(text.as_bytes()).and_then(|message| message.body_left()).expect("a length");
        assert!(!left.after(b"one").is_none() && left.after(b"one").after(b"two").is_none());
        assert!(left.after(b"cut in the middle of it").is_none());
        assert_eq!(Message::parse(b"SIP/2.0 200 OK\n\n").and_then(|message| message.body_left()), None);
    }

    #[test]
    fn several_codes_in_one_message() {
        let text = "SIP/2.0 504 Server time-out\r\nms-diagnostics: 1034;reason=\"a\"\r\nms-diagnostics: 10003;reason=\"b\"\r\n\
                    ms-diagnostics-public: 10003;reason=\"b\"\r\n\r\n";
        let message = Message::parse(text.as_bytes()).expect("starts with a start line");
        let codes: Vec<_> = message.diagnostics().into_iter().map(|d| (d.header, d.code)).collect();
        assert_eq!(
            codes,
            [
                ("ms-diagnostics".to_owned(), 1034),
                ("ms-diagnostics".to_owned(), 10003),
                ("ms-diagnostics-public".to_owned(), 10003)
            ]
        );
    }

    #[test]
    fn packages_joined_on_one_line() {
        let value = b"NTLM realm=\"x\", Kerberos realm=\"x\", targetname=\"sip/fe01\"";
        assert_eq!(Packages::of_header(value), Packages::NTLM | Packages::KERBEROS);
    }
}
