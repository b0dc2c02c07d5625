//! Header names, looked for where a paste lost the breaks between headers.
//!
//! Any word may stand before a colon in prose and in header values, so only names that SIP, HTTP and this family
//! of products really use are taken for headers.

use memchr::memchr;

/// The longest name that is looked at, in bytes; a typographic hyphen has three.
const LONGEST: usize = 64;

/// Names that are no words of a language, known in any case.
#[rustfmt::skip]
const COMPOUND: &[&str] = &[
    // RFC 3261 and its extensions.
    "Accept-Encoding", "Accept-Language", "Accept-Contact", "Alert-Info", "Allow-Events", "Authentication-Info",
    "Call-ID", "Call-Info", "Content-Disposition", "Content-Encoding", "Content-ID", "Content-Language",
    "Content-Length", "Content-Type", "CSeq", "Error-Info", "Flow-Timer", "Geolocation-Routing", "History-Info",
    "In-Reply-To", "Max-Forwards", "MIME-Version", "Min-Expires", "Min-SE", "Proxy-Authenticate",
    "Proxy-Authentication-Info", "Proxy-Authorization", "Proxy-Require", "RAck", "Record-Route", "Refer-To",
    "Referred-By", "Reject-Contact", "Reply-To", "Request-Disposition", "Retry-After", "Session-Expires",
    "SIP-ETag", "SIP-If-Match", "Subscription-State", "Target-Dialog", "User-Agent", "WWW-Authenticate",
    // Products of this family; all others of theirs start with `ms-`, `X-` or `P-`.
    "Presence-State", "Supports-Subscriptions", "Conversation-ID",
    // HTTP.
    "Accept-Charset", "Accept-Ranges", "Cache-Control", "Client-Request-ID", "Content-Location", "Content-Range",
    "If-Match", "If-Modified-Since", "If-None-Match", "Keep-Alive", "Last-Modified", "Proxy-Connection",
    "Set-Cookie", "Strict-Transport-Security", "Transfer-Encoding",
];

/// Names of one word. In the middle of a line they are known as they are usually written, in capitals, and before a
/// value that says what they are.
const SINGLE: &[&str] = &[
    "Accept",
    "Allow",
    "Authorization",
    "Connection",
    "Contact",
    "Cookie",
    "Date",
    "Diversion",
    "Endpoints",
    "ETag",
    "Event",
    "Expires",
    "From",
    "Geolocation",
    "Host",
    "Join",
    "Location",
    "Organization",
    "Origin",
    "Path",
    "Pragma",
    "Priority",
    "Reason",
    "Referer",
    "Replaces",
    "Require",
    "Route",
    "RSeq",
    "Server",
    "Subject",
    "Supported",
    "Timestamp",
    "To",
    "Unsupported",
    "Upgrade",
    "Vary",
    "Via",
    "Warning",
];

/// What the names that makers invent start with.
const INVENTED: [&str; 3] = ["ms-", "x-", "p-"];

/// The compact forms (RFC 3261 7.3.3 and its extensions).
const COMPACT: &[u8] = b"abcdefijklmorstuvxy";

/// True where a line starts with a header that is known.
pub fn starts_header(line: &[u8]) -> bool {
    let Some(name) = name_of(line) else { return false };
    match name.as_slice() {
        [letter] => COMPACT.contains(letter),
        name => is_compound(name) || SINGLE.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes())),
    }
}

/// True where a header may start in the middle of a line. `only_compound`: what stands before is free text, in
/// which a single word and a colon mean nothing.
pub fn may_start_header(text: &[u8], only_compound: bool) -> bool {
    let Some(name) = name_of(text) else { return false };
    let is_usual = |known: &&str| {
        let is_name = name.eq_ignore_ascii_case(known.as_bytes());
        is_name && (name == known.as_bytes() || !name.iter().any(u8::is_ascii_lowercase) || has_sip_value(text))
    };
    is_compound(&name) || (!only_compound && SINGLE.iter().any(is_usual))
}

fn is_compound(name: &[u8]) -> bool {
    let is_invented = |start: &&str| {
        name.split_at_checked(start.len())
            .is_some_and(|(head, rest)| head.eq_ignore_ascii_case(start.as_bytes()) && !rest.is_empty())
    };
    COMPOUND.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes())) || INVENTED.iter().any(is_invented)
}

/// True where an address, a display name or a version follows the name.
fn has_sip_value(field: &[u8]) -> bool {
    let value = memchr(b':', field).and_then(|colon| field.get(colon + 1..)).unwrap_or_default().trim_ascii_start();
    [&b"<"[..], b"\"", b"sip:", b"sips:", b"tel:", b"SIP/2.0/"].iter().any(|start| value.starts_with(start))
}

/// The name a text starts with, up to its colon, typographic hyphens made plain.
fn name_of(text: &[u8]) -> Option<Vec<u8>> {
    let start = text.get(..LONGEST).unwrap_or(text);
    let colon = start.iter().position(|&byte| !is_name(byte))?;
    let name = start.get(..colon).filter(|_| start.get(colon) == Some(&b':'))?;
    let mut plain = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((&byte, after)) = rest.split_first() {
        let after_hyphen = hyphen(rest);
        plain.push(if after_hyphen.is_some() { b'-' } else { byte });
        rest = after_hyphen.unwrap_or(after);
    }
    (!plain.is_empty() && plain.is_ascii()).then_some(plain)
}

/// What follows a hyphen of U+2010 to U+2015 that a text starts with.
pub fn hyphen(text: &[u8]) -> Option<&[u8]> {
    match text {
        [0xE2, 0x80, 0x90..=0x95, rest @ ..] => Some(rest),
        _ => None,
    }
}

/// Letters, digits and hyphens; all bytes of typographic hyphens are let through.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_at_the_start_and_in_the_middle_of_a_line() {
        let cases = [
            ("Via: SIP/2.0/TLS 192.0.2.10", true, true),
            ("CALL-ID: 1", true, true),
            ("Call\u{2011}ID: 1", true, true),
            ("ms-keep-alive: UAC;hop-hop=yes", true, true),
            ("X-MS-Diagnostics:1", true, true),
            ("VIA: x", true, true),
            ("via: x", true, false),
            ("to: x", true, false),
            ("TO: x", true, true),
            ("to: <sip:a@contoso.com>", true, true),
            ("cseq: 1 INVITE", true, true),
            ("f: sip:a@contoso.com", true, false),
            ("sip:anna@contoso.com", false, false),
            ("PS: it worked yesterday", false, false),
            ("ms-: x", false, false),
            ("Date", false, false),
            (": x", false, false),
            ("", false, false),
        ];
        for (text, starts, may_start) in cases {
            assert_eq!(starts_header(text.as_bytes()), starts, "{text}");
            assert_eq!(may_start_header(text.as_bytes(), false), may_start, "{text}");
        }
        assert!(!may_start_header(b"To: x", true));
        assert!(may_start_header(b"User-Agent: x", true));
    }
}
