//! Where secrets stand in the text of a record: tokens, signatures, tickets, passwords, keys, and words of people.
//!
//! Found by where they stand, never by what they are; what is done with one is the caller's business. Lines stay
//! lines: whatever a secret is replaced by, as many come out as went in.

use super::fields::{self, Field, Form};
use super::words;
use regex::{Captures, Regex};
use std::borrow::Cow;
use std::sync::LazyLock;

/// What a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecretKind {
    /// The token of a handshake, in base64.
    Token,
    /// Signatures and random numbers of one message.
    Signature,
    /// The name of a security association.
    Association,
    /// A web ticket, an access token: who has it is let in.
    Ticket,
    Cookie,
    Password,
    Certificate,
    /// Keys of media streams.
    Key,
    /// What somebody wrote: subjects, notes.
    Words,
}

impl SecretKind {
    /// A word for people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Signature => "signature",
            Self::Association => "association",
            Self::Ticket => "ticket",
            Self::Cookie => "cookie",
            Self::Password => "password",
            Self::Certificate => "certificate data",
            Self::Key => "key",
            Self::Words => "text",
        }
    }
}

/// Gives what shall stand instead of a secret.
pub type Replace<'a> = dyn FnMut(SecretKind, &str) -> String + 'a;

/// A pattern whose group 1 is kept, group 2 is the secret, and the rest is kept.
struct Shape {
    pattern: &'static LazyLock<Option<Regex>>,
    kind: fn(&Captures<'_>) -> SecretKind,
    /// A part of the text that must be there, or the pattern is not tried.
    sign: &'static [u8],
    is_secret: fn(&str) -> bool,
}

patterns! {
    PARAMETER = r#"(?i)((?:^|[\s,;>])(gssapi[-‐-―]data|rspauth|response|crand|srand|c?nonce|opaque)\s*=\s*["“”„])([^"“”„\r\n]*)"#;
    BARE_PARAMETER = r"(?i)((?:^|[\s,;])(gssapi-data|rspauth|crand|srand)=)([0-9A-Za-z+/=]+)";
    SCHEME = r#"(?i)((?:^|[\s:,"'])(Negotiate|NTLM|Kerberos|Bearer|Basic|TLS-DSK)\s+)((?:cwt=)?[0-9A-Za-z+/_.~%-]{4,}={0,2})"#;
    TICKET_HEADER = r"(?i)(^[>\s]*(X-MS-WebTicket)\s*:\s*(?:opaque=)?(?:cwt=)?)([^\r\n]+)";
    CWT = r"(?i)((\b)cwt(?:=|%3d))([0-9A-Za-z+/=%_-]{8,})";
    JWT = r"((\b))(eyJ[0-9A-Za-z_-]{8,}(?:\.[0-9A-Za-z_-]+){1,2})";
    COOKIE = r"(?i)(^[>\s]*((?:Set-|X-[\w-]*)?Cookie2?)\s*:\s*)([^\r\n]+)";
    MEDIA_KEY = r"(?i)((\b)inline:|a=ice-(?:pwd|ufrag):)([0-9A-Za-z+/=]{4,})";
    CANDIDATE = r"(?i)(^a=candidate:()\S+ \d ?)([0-9A-Za-z+/=]{8,})( (?:UDP|TCP))";
    SUBJECT = r"(?i)(^[>\s]*(Subject|s|Organization|Ms-Subject)\s*:\s*)([^\r\n]+)";
    SESSION = r"(^(s|i)=)(.+)";
    RAW_NTLM = r#"((\b))(NTLMSSP[.\x00][^\r\n"]*)"#;
    AUTHORIZATION_LINE = r#"(?i)(?:^|[>\s"])(?:Proxy-)?(?:Authorization|Authenticat\w+|WWW-Authenticate)["']?\s*:"#;
}

const SHAPES: &[Shape] = &[
    Shape { pattern: &TICKET_HEADER, kind: |_| SecretKind::Ticket, sign: b"icket", is_secret: |_| true },
    Shape { pattern: &COOKIE, kind: |_| SecretKind::Cookie, sign: b"ookie", is_secret: |_| true },
    Shape { pattern: &SUBJECT, kind: |_| SecretKind::Words, sign: b":", is_secret: |_| true },
    Shape { pattern: &PARAMETER, kind: parameter_kind, sign: b"=", is_secret: |value| !value.trim().is_empty() },
    Shape { pattern: &BARE_PARAMETER, kind: parameter_kind, sign: b"=", is_secret: |_| true },
    Shape { pattern: &CWT, kind: |_| SecretKind::Ticket, sign: b"wt", is_secret: |_| true },
    Shape { pattern: &JWT, kind: |_| SecretKind::Ticket, sign: b"eyJ", is_secret: |_| true },
    Shape { pattern: &MEDIA_KEY, kind: |_| SecretKind::Key, sign: b":", is_secret: |_| true },
    Shape { pattern: &CANDIDATE, kind: |_| SecretKind::Key, sign: b"candidate:", is_secret: |_| true },
    // Of a description of a session (RFC 4566).
    Shape { pattern: &SESSION, kind: |_| SecretKind::Words, sign: b"=", is_secret: |value| !words::are_common(value) },
    Shape { pattern: &RAW_NTLM, kind: |_| SecretKind::Token, sign: b"NTLMSSP", is_secret: |_| true },
];

fn parameter_kind(found: &Captures<'_>) -> SecretKind {
    match found.get(2).map_or("", |name| name.as_str()).to_ascii_lowercase().as_str() {
        "opaque" => SecretKind::Association,
        name if name.starts_with("gssapi") => SecretKind::Token,
        _ => SecretKind::Signature,
    }
}

/// Replaces every secret in the text of a record.
pub fn replace(text: &str, with: &mut Replace<'_>) -> String {
    let mut own = String::with_capacity(text.len());
    let mut open = Open::Nothing;
    for line in text.split_inclusive('\n') {
        let end = line.trim_end_matches(['\r', '\n']).len();
        let (line, line_end) = line.split_at_checked(end).unwrap_or((line, ""));
        own += &replace_in_line(line, &mut open, with);
        own += line_end;
    }
    own
}

/// What goes on from one line to the next.
enum Open {
    Nothing,
    /// Inside an element; its name in lower case.
    Element(SecretKind, String),
    /// Inside quotes that the line before did not close.
    Quotes,
    /// In a header, which goes on in lines that begin with a blank (RFC 3261 7.3.1).
    Header(SecretKind),
}

fn replace_in_line(line: &str, open: &mut Open, with: &mut Replace<'_>) -> String {
    let mut kept = String::new();
    let mut rest = line;
    match std::mem::replace(open, Open::Nothing) {
        // A line that starts a record of another thread is none of the element.
        Open::Element(kind, name) if starts_entry(line) => *open = Open::Element(kind, name),
        Open::Element(kind, name) => rest = inside(rest, kind, name, &mut kept, open, with),
        Open::Quotes => {
            let digits = line.trim_start();
            let end = digits.find(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c)).unwrap_or(digits.len());
            let closes = digits.get(end..).is_some_and(|after| after.starts_with(['"', '”', '“']));
            if end >= 4 && (closes || end == digits.len()) {
                kept += line.get(..line.len() - digits.len()).unwrap_or_default();
                rest = digits.get(end..).unwrap_or_default();
                if !closes {
                    *open = Open::Quotes;
                }
            }
        }
        Open::Header(kind) if line.starts_with([' ', '\t']) && !line.trim().is_empty() => {
            *open = Open::Header(kind);
            let content = line.trim();
            let start = line.len() - line.trim_start().len();
            return line.get(..start).unwrap_or_default().to_owned() + &with(kind, content);
        }
        Open::Header(_) | Open::Nothing => {}
    }
    // Elements first: what stands in them is secret whatever it looks like.
    let mut plain = rest;
    let mut from = 0;
    while let Some((field, name, tag)) = plain.get(from..).and_then(fields::next_element) {
        let end = from + tag.end;
        let Field::Secret(kind) = field else {
            from = end;
            continue;
        };
        let name = name.to_ascii_lowercase();
        kept += &in_plain(plain.get(..end).unwrap_or_default(), open, with);
        plain = inside(plain.get(end..).unwrap_or_default(), kind, name, &mut kept, open, with);
        from = 0;
    }
    let rest = plain;
    kept + &in_plain(rest, open, with)
}

/// Replaces the content of an element up to its end, and gives what follows it.
fn inside<'a>(
    rest: &'a str,
    kind: SecretKind,
    name: String,
    kept: &mut String,
    open: &mut Open,
    with: &mut Replace<'_>,
) -> &'a str {
    let end = closing_tag(rest, &name);
    let (content, after) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or((rest, ""));
    if end.is_none() {
        *open = Open::Element(kind, name);
    }
    // The ticket of a header is the same with these marks before it.
    let (marks, value) = match content.trim_start().strip_prefix("cwt=") {
        Some(value) if kind == SecretKind::Ticket => ("cwt=", value),
        _ => ("", content),
    };
    *kept += marks;
    if !value.trim().is_empty() {
        *kept += &with(kind, value.trim());
    }
    after
}

/// Where the tag begins that closes an element; its name is in lower case.
fn closing_tag(text: &str, name: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = text.get(at..)?;
        let open = rest.find(['<', '&'])?;
        let tag = rest.get(open..)?;
        if let Some(tag) = tag.strip_prefix("</").or_else(|| tag.strip_prefix("&lt;/")) {
            let end = tag.bytes().take(100).position(|byte| b">& ".contains(&byte)).unwrap_or(tag.len().min(100));
            let local = tag.get(..end).and_then(|tag| tag.rsplit(':').next());
            if local.is_some_and(|local| local.eq_ignore_ascii_case(name)) {
                return Some(at + open);
            }
        }
        at += open + 1;
    }
}

/// Replaces what stands outside of secret elements.
fn in_plain(text: &str, open: &mut Open, with: &mut Replace<'_>) -> String {
    let mut text = Cow::Borrowed(text);
    let is_authorization = AUTHORIZATION_LINE.as_ref().is_some_and(|pattern| pattern.is_match(&text));
    if let Some(pattern) =
        SCHEME.as_ref().filter(|_| is_authorization || has(&text, b"egotiate") || has(&text, b"earer"))
    {
        let kind = |found: &Captures<'_>| match found.get(2).map_or("", |name| name.as_str()) {
            scheme if scheme.eq_ignore_ascii_case("bearer") => SecretKind::Ticket,
            scheme if scheme.eq_ignore_ascii_case("basic") => SecretKind::Password,
            _ => SecretKind::Token,
        };
        text = each(pattern, &text, kind, |value| is_token(value, is_authorization), with);
    }
    for shape in SHAPES {
        if let Some(pattern) = shape.pattern.as_ref().filter(|_| shape.sign.is_empty() || has(&text, shape.sign)) {
            text = each(pattern, &text, shape.kind, shape.is_secret, with);
        }
    }
    text = assigned(text, with);
    for header in [&TICKET_HEADER, &COOKIE, &SUBJECT] {
        if let Some(found) = header.as_ref().and_then(|pattern| pattern.captures(&text)) {
            let name = found.get(2).map_or("", |name| name.as_str()).to_ascii_lowercase();
            *open = Open::Header(match name {
                name if name.ends_with("ticket") => SecretKind::Ticket,
                name if name.contains("cookie") => SecretKind::Cookie,
                _ => SecretKind::Words,
            });
        }
    }
    // A token whose quotes do not close goes on in the next line, if that looks like one.
    let lower = text.to_ascii_lowercase();
    if let Some(at) = lower.rfind("gssapi-data=\"")
        && !lower.get(at + 13..).unwrap_or_default().contains('"')
    {
        *open = Open::Quotes;
    }
    text.into_owned()
}

/// Replaces what stands in fields that hide something.
fn assigned<'a>(text: Cow<'a, str>, with: &mut Replace<'_>) -> Cow<'a, str> {
    let mut own = String::new();
    let mut at = 0;
    for value in fields::assigned(&text) {
        let Field::Secret(kind) = value.field else { continue };
        let secret = text.get(value.range.clone()).unwrap_or_default();
        let is_secret = match (kind, value.form) {
            // Words of the log stand there too: `Password: expired`, `token=none`.
            (SecretKind::Password, Form::Line) | (SecretKind::Ticket, _) => {
                secret.len() > 2 && (!words::are_common(secret) || secret.bytes().all(|byte| byte.is_ascii_digit()))
            }
            (SecretKind::Words, _) => !secret.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("cn=")),
            _ => secret.len() > 2,
        };
        if is_secret {
            own += text.get(at..value.range.start).unwrap_or_default();
            own += &with(kind, secret);
            at = value.range.end;
        }
    }
    if at == 0 {
        return text;
    }
    own += text.get(at..).unwrap_or_default();
    Cow::Owned(own)
}

fn has(text: &str, sign: &[u8]) -> bool {
    memchr::memmem::find(text.as_bytes(), sign).is_some()
}

/// Words may follow the name of a scheme too: `Kerberos authentication`.
fn is_token(value: &str, is_authorization: bool) -> bool {
    let is_parameter =
        value.ends_with('=') && value.trim_end_matches('=').chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let is_mixed = value.bytes().any(|byte| byte.is_ascii_digit() || b"+/=.".contains(&byte));
    !is_parameter && (is_authorization && value.len() > 8 || value.len() >= 16 && is_mixed)
}

fn each<'a>(
    pattern: &Regex,
    text: &Cow<'a, str>,
    kind: impl Fn(&Captures<'_>) -> SecretKind,
    is_secret: impl Fn(&str) -> bool,
    with: &mut Replace<'_>,
) -> Cow<'a, str> {
    // Most lines hold none, and looking costs less than reading.
    if !pattern.is_match(text) {
        return text.clone();
    }
    let mut own = String::new();
    let mut at = 0;
    for found in pattern.captures_iter(text) {
        let Some(value) = found.get(3).filter(|value| value.start() >= at && is_secret(value.as_str())) else {
            continue;
        };
        own += text.get(at..value.start()).unwrap_or_default();
        own += &with(kind(&found), value.as_str());
        at = value.end();
    }
    if at == 0 {
        return text.clone();
    }
    own += text.get(at..).unwrap_or_default();
    Cow::Owned(own)
}

/// The prefix of an entry of a client log.
fn starts_entry(line: &str) -> bool {
    let line = line.as_bytes();
    line.get(10) == Some(&b'|') && line.get(2) == Some(&b'/') && line.first().is_some_and(u8::is_ascii_digit)
}

/// The text with every secret folded to what it is and how long it was.
#[must_use]
pub fn fold(text: &str) -> String {
    replace(text, &mut |kind, value| match kind {
        SecretKind::Association => value.to_owned(),
        _ => format!("[{} of {} characters]", kind.word(), value.chars().count()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_where_they_stand() {
        let cases = [
            (
                r#"Authorization: NTLM qop="auth", opaque="DB06", crand="aded", response="0100", gssapi-data="TlRM", version=4"#,
                r#"Authorization: NTLM qop="auth", opaque="DB06", crand="[signature of 4 characters]", response="[signature of 4 characters]", gssapi-data="[token of 4 characters]", version=4"#,
            ),
            (r#"gssapi-data="", targetname="x""#, r#"gssapi-data="", targetname="x""#),
            (
                "WWW-Authenticate: Negotiate F+p/+d9pfdliMjksfg47uhKB==",
                "WWW-Authenticate: Negotiate [token of 26 characters]",
            ),
            (
                "WWW-Authenticate: NTLM realm=\"SIP\", targetname=\"a\"",
                "WWW-Authenticate: NTLM realm=\"SIP\", targetname=\"a\"",
            ),
            ("the Kerberos authentication failed", "the Kerberos authentication failed"),
            ("X-MS-WebTicket: opaque=cwt=2BEzL2EolG8S", "X-MS-WebTicket: opaque=cwt=[ticket of 12 characters]"),
            ("X-MS-WebTicketURL: https://a/b", "X-MS-WebTicketURL: https://a/b"),
            (
                "<BinarySecurityToken>cwt=abcdefgh</BinarySecurityToken>",
                "<BinarySecurityToken>cwt=[ticket of 8 characters]</BinarySecurityToken>",
            ),
            (
                "<s:a><wsse:Password Type=\"x\">p&amp;w</wsse:Password></s:a>",
                "<s:a><wsse:Password Type=\"x\">[password of 7 characters]</wsse:Password></s:a>",
            ),
            (
                "<saml:Assertion ID=\"1\">\nFirst <b>x</b>\n11/20/2024|14:21:21.071 entry\nlast</saml:Assertion> y",
                "<saml:Assertion ID=\"1\">\n[ticket of 14 characters]\n11/20/2024|14:21:21.071 entry\n[ticket of 4 characters]</saml:Assertion> y",
            ),
            (
                "grant_type=password&username=anna&password=hunter2",
                "grant_type=password&username=anna&password=[password of 7 characters]",
            ),
            ("{\\\"password\\\":\\\"hunter2\\\"}", "{\\\"password\\\":\\\"[password of 7 characters]\\\"}"),
            (
                "password=\"my horse\" pin=99887 token=none",
                "password=\"[password of 8 characters]\" pin=[password of 5 characters] token=none",
            ),
            ("x;ms-route-sig=fdAB;lr", "x;ms-route-sig=[ticket of 4 characters];lr"),
            ("s: plan\n for us\nTo: x", "s: [text of 4 characters]\n [text of 6 characters]\nTo: x"),
            ("<ca:A3>Berlin</ca:A3><a/>", "<ca:A3>[text of 6 characters]</ca:A3><a/>"),
            ("a;ms-body=U2FsYXJ5;b", "a;ms-body=[text of 8 characters];b"),
            ("s=Call of Anna\ns=session\ns=-", "s=[text of 12 characters]\ns=session\ns=-"),
            ("Cookie: a=b; c=d", "Cookie: [cookie of 8 characters]"),
            ("a=crypto:1 AES inline:PS1uQCVeeCFCanVmcjkpPyw|2^31", "a=crypto:1 AES inline:[key of 23 characters]|2^31"),
            (
                "gssapi-data=\"TlRMTVNT\r\n  UAADAAAA\", version=4",
                "gssapi-data=\"[token of 8 characters]\r\n  \", version=4",
            ),
            ("gssapi-data=\"TlRMTVNT\r\nVia: SIP/2.0", "gssapi-data=\"[token of 8 characters]\r\nVia: SIP/2.0"),
            ("{\"access_token\":\"abc.def\",\"x\":1}", "{\"access_token\":\"[ticket of 7 characters]\",\"x\":1}"),
        ];
        for (text, wanted) in cases {
            assert_eq!(fold(text), wanted);
        }
    }
}
