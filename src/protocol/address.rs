//! Addresses-of-record: what is left of `"Anna" <sip:Anna@contoso.com:5061;transport=tls>;tag=1`.
//!
//! The one form used everywhere in this program is `anna@contoso.com` or `+14255550177`: lower case,
//! no scheme, no port, no parameters; a bare domain where there is no user part.

use super::lines::to_text;
use super::scan::{self, equal, within};
use super::start_line::strip_prefix_ignore_case;
use wide::u8x16;

/// An address as written, without scheme, port and parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address<'a> {
    /// `Anna@contoso.com`, in the case of the log.
    pub written: &'a [u8],
    /// Whether it names somebody: it has a user part or is a telephone number.
    pub is_person: bool,
    /// It is written in the form of this program already.
    pub is_canonical: bool,
}

impl Address<'_> {
    /// The address-of-record in the form of this program.
    #[must_use]
    pub fn canonical(&self) -> String {
        if self.is_canonical {
            return to_text(self.written);
        }
        let lower = |text: &[u8]| to_text(text).to_lowercase();
        match self.written.iter().rposition(|&byte| byte == b'@').and_then(|at| self.written.split_at_checked(at)) {
            Some((user, host)) => lower(&unescaped(without_password(user))) + &lower(host),
            None if self.is_person => lower(self.written).replace(VISUAL_SEPARATORS, ""),
            None => lower(self.written),
        }
    }
}

/// What people put into telephone numbers for the eye (RFC 3966 5.1.1).
const VISUAL_SEPARATORS: [char; 4] = ['-', '.', '(', ')'];

/// `anna:secret` -> `anna`
fn without_password(user: &[u8]) -> &[u8] {
    user.split(|&byte| byte == b':').next().unwrap_or(user)
}

/// The user part of an address, with what need not be escaped unescaped (RFC 3261 19.1.4).
fn unescaped(user: &[u8]) -> Vec<u8> {
    percent_decode(user, |byte| byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte))
}

/// The first address of a header value such as From or To. A value without a scheme is taken as an
/// address when it looks like one.
#[must_use]
#[inline]
pub fn first(value: &[u8]) -> Option<Address<'_>> {
    // Nearly all values are written like this.
    if let Some(address) = value.strip_prefix(b"<sip:").or_else(|| value.strip_prefix(b"sip:")).and_then(without_scheme)
    {
        return Some(address);
    }
    next(value, 0).map(|(address, _)| address).or_else(|| {
        let value = value.iter().rposition(|&byte| byte == b'<').and_then(|at| value.get(at + 1..)).unwrap_or(value);
        let address = without_scheme(strip_scheme(value.trim_ascii()))?;
        address.written.contains(&b'@').then_some(address)
    })
}

/// Calls `found` with every `sip:`, `sips:` and `tel:` address in a value; quoted display names are
/// passed over.
pub fn each<'a>(value: &'a [u8], mut found: impl FnMut(Address<'a>)) {
    let mut at = 0;
    while let Some((address, end)) = next(value, at) {
        found(address);
        at = end;
    }
}

/// The first address with a scheme at or after `from`, and where it ends.
#[inline]
fn next(value: &[u8], from: usize) -> Option<(Address<'_>, usize)> {
    let mut at = from;
    loop {
        let rest = value.get(at..)?;
        let hit = scan::find(rest, |bytes| equal(bytes, b':') | equal(bytes, b'"'))?;
        if rest.get(hit) == Some(&b'"') {
            at += hit + 1;
            at += end_of_quotes(value.get(at..).unwrap_or_default());
            continue;
        }
        let colon = at + hit;
        at = colon + 1;
        let before = value.get(..colon)?;
        if !ends_with_scheme(before) {
            continue;
        }
        if let Some(address) = value.get(at..).and_then(without_scheme) {
            return Some((address, at + address.written.len()));
        }
    }
}

/// Reads an address at the start of `text`, which has no scheme before it.
fn without_scheme(text: &[u8]) -> Option<Address<'_>> {
    let (mut end, mut at_sign, mut colon, mut first_colon) = (text.len(), None, None, None);
    let mut is_plain = true;
    for start in (0..text.len()).step_by(16) {
        let bytes = scan::sixteen(text.get(start..)?);
        let ends = ends_address(bytes).to_bitmask();
        let before_end = !ends & ends.wrapping_sub(1);
        let last = |marked: u8x16| (marked.to_bitmask() & before_end).checked_ilog2().map(|bit| start + bit as usize);
        at_sign = last(equal(bytes, b'@')).or(at_sign);
        let colons = equal(bytes, b':').to_bitmask() & before_end;
        colon = colons.checked_ilog2().map(|bit| start + bit as usize).or(colon);
        first_colon = first_colon.or((colons != 0).then(|| start + colons.trailing_zeros() as usize));
        is_plain &= changes_in_canonical_form(bytes).to_bitmask() & before_end == 0;
        if ends != 0 {
            end = start + ends.trailing_zeros() as usize;
            break;
        }
    }
    let host_start = at_sign.map_or(0, |at| at + 1);
    let mut written = text.get(..end)?;
    if colon.is_some_and(|colon| colon >= host_start) {
        let host_length = without_port(written.get(host_start..)?).len();
        written = written.get(..host_start + host_length)?;
    }
    let &first = written.first()?;
    let Some(at_sign) = at_sign else {
        let is_number = match first {
            b'+' => true,
            b'(' => written.iter().all(|byte| byte.is_ascii_digit() || b"-.()".contains(byte)),
            _ => first.is_ascii_digit() && written.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-'),
        };
        let is_separated = || written.iter().any(|byte| b"-.()".contains(byte));
        return Some(Address {
            written,
            is_person: is_number,
            is_canonical: is_plain && !(is_number && is_separated()),
        });
    };
    let has_password = first_colon.is_some_and(|colon| colon < at_sign);
    Some(Address { written, is_person: at_sign > 0, is_canonical: is_plain && !has_password })
}

/// Marks the bytes that stand otherwise in canonical form: capitals, escapes, and what is not ASCII.
#[inline]
fn changes_in_canonical_form(bytes: u8x16) -> u8x16 {
    within(bytes, b'A', b'Z') | within(bytes, 0x80, 0xFF) | equal(bytes, b'%')
}

/// Marks the bytes that cannot stand in an address: blanks, control characters, and `"&,;<>?`.
#[inline]
fn ends_address(bytes: u8x16) -> u8x16 {
    let control_blank_quote = within(bytes, 0, b'"') & !equal(bytes, b'!');
    let bracket = within(bytes, b';', b'?') & !equal(bytes, b'=');
    control_blank_quote | bracket | equal(bytes, b'&') | equal(bytes, b',')
}

/// `host:port` -> `host`; IPv6 addresses keep their colons.
#[must_use]
pub fn without_port(host: &[u8]) -> &[u8] {
    let Some(colon) = host.iter().rposition(|&byte| byte == b':') else { return host };
    let (name, port) = host.split_at_checked(colon).unwrap_or((host, b""));
    let digits = port.get(1..).unwrap_or_default();
    let is_port = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    // A second colon means a bare IPv6 address, unless brackets close it before the port.
    if is_port && (name.ends_with(b"]") || !name.contains(&b':')) { name } else { host }
}

/// Host and port of a URL, as written: `fe01.contoso.com` and `4443`, `[2001:db8::10]` and nothing. Of a path alone the
/// host is empty.
#[must_use]
pub fn authority(url: &str) -> (&str, Option<u16>) {
    let authority =
        url.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?', '#']).next().unwrap_or_default());
    host_and_port(authority)
}

/// `fe01.contoso.com:4443` -> `fe01.contoso.com` and `4443`; an IPv6 address keeps its colons and its brackets.
#[must_use]
pub fn host_and_port(text: &str) -> (&str, Option<u16>) {
    let host = without_port(text.as_bytes()).len();
    let (host, port) = text.split_at_checked(host).unwrap_or((text, ""));
    (host, port.strip_prefix(':').and_then(|port| port.parse().ok()))
}

/// The `sipuri=` parameter of a web request's URL, percent-decoded: `anna@contoso.com`.
#[must_use]
pub fn sip_uri_parameter(url: &[u8]) -> Option<String> {
    let (_, query) = url.split_at_checked(url.iter().position(|&byte| byte == b'?')? + 1)?;
    for pair in query.split(|&byte| byte == b'&') {
        if let Some(value) = strip_prefix_ignore_case(pair, b"sipuri=") {
            let value = percent_decode(value, |_| true);
            let address = without_scheme(strip_scheme(&value))?;
            return address.is_person.then(|| address.canonical());
        }
    }
    None
}

/// What follows `sip:`, `sips:` or `tel:`, or the whole value.
fn strip_scheme(value: &[u8]) -> &[u8] {
    let schemes = [&b"sips:"[..], b"sip:", b"tel:"];
    schemes.iter().find_map(|scheme| strip_prefix_ignore_case(value, scheme)).unwrap_or(value)
}

fn percent_decode(text: &[u8], is_decoded: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let hex = (first == b'%').then(|| after.get(..2)).flatten();
        let byte = hex.and_then(|hex| str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let byte = byte.filter(|&byte| is_decoded(byte));
        decoded.push(byte.unwrap_or(first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    decoded
}

/// Bytes up to and including the closing quote; all of them where it never closes.
fn end_of_quotes(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = text.get(at..)
        && let Some(hit) = scan::find(rest, |bytes| equal(bytes, b'"') | equal(bytes, b'\\'))
    {
        if rest.get(hit) == Some(&b'"') {
            return at + hit + 1;
        }
        // The byte after a backslash closes nothing.
        at += hit + 2;
    }
    text.len()
}

fn ends_with_scheme(text: &[u8]) -> bool {
    let word = text.iter().rposition(|byte| !byte.is_ascii_alphanumeric()).map_or(0, |before| before + 1);
    let word = text.get(word..).unwrap_or_default();
    [&b"sip"[..], b"sips", b"tel"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_record_of_every_shape() {
        let cases = [
            ("\"Anna, sip:x@y\"<sip:Anna@Contoso.com:5061;transport=tls>;tag=1", Some(("anna@contoso.com", true))),
            ("sip:a@b", Some(("a@b", true))),
            ("<sip:contoso.com>", Some(("contoso.com", false))),
            ("<sip:198.51.100.23:50112;transport=tls>", Some(("198.51.100.23", false))),
            ("<tel:+14255550177;phone-context=contoso.com>", Some(("+14255550177", true))),
            ("<sips:+14255550177@contoso.com;user=phone>", Some(("+14255550177@contoso.com", true))),
            ("<tel:+1-425-555-0177>", Some(("+14255550177", true))),
            ("<tel:+1.(425).555.0177;ext=4>", Some(("+14255550177", true))),
            ("<tel:(425)555-0177>", Some(("4255550177", true))),
            ("<tel:425-555-0177>", Some(("4255550177", true))),
            ("<sip:fe-01.contoso.com>", Some(("fe-01.contoso.com", false))),
            ("sips:anna:secret@contoso.com:5061", Some(("anna@contoso.com", true))),
            ("<sip:ann%61@contoso.com>", Some(("anna@contoso.com", true))),
            ("<sip:Anna%2eS%6Dith@contoso.com>", Some(("anna.smith@contoso.com", true))),
            ("<sip:anna%40fabrikam.com@contoso.com>", Some(("anna%40fabrikam.com@contoso.com", true))),
            ("<sip:anna@[2001:db8::1]:5061>", Some(("anna@[2001:db8::1]", true))),
            ("sip:[2001:db8::1]:5061", Some(("[2001:db8::1]", false))),
            ("Anna <anna@contoso.com>;tag=4", Some(("anna@contoso.com", true))),
            ("\"no end", None),
            ("\"Anna <sip:anna@contoso.com>;tag=1", Some(("anna@contoso.com", true))),
            // A control character stands in no address; it ends one, as a blank does.
            ("<sip:a@contoso.com\u{1}b>", Some(("a@contoso.com", true))),
            ("", None),
        ];
        for (value, wanted) in cases {
            let found = first(value.as_bytes()).map(|address| (address.canonical(), address.is_person));
            assert_eq!(found, wanted.map(|(address, person)| (address.to_owned(), person)), "{value}");
        }
    }

    #[test]
    fn what_is_called_canonical_is() {
        for value in ["sip:anna@contoso.com", "tel:+14255550177", "sip:198.51.100.23:50112", "sip:[2001:db8::1]:5061"] {
            let found = first(value.as_bytes()).expect("an address");
            assert!(found.is_canonical && found.canonical().as_bytes() == found.written, "{value}");
        }
        for value in
            ["sip:Anna@contoso.com", "tel:+1-425", "sip:a:b@contoso.com", "sip:%61@contoso.com", "sip:\u{e4}@b"]
        {
            assert!(!first(value.as_bytes()).expect("an address").is_canonical, "{value}");
        }
    }

    #[test]
    fn hosts_and_ports() {
        for (url, wanted) in [
            ("https://fe01.contoso.com:4443/a/b", ("fe01.contoso.com", Some(4443))),
            ("https://fe01.contoso.com?x=1", ("fe01.contoso.com", None)),
            ("https://[2001:db8::10]:4443/a", ("[2001:db8::10]", Some(4443))),
            ("https://[2001:db8::10]", ("[2001:db8::10]", None)),
            ("/a/b", ("", None)),
        ] {
            assert_eq!(authority(url), wanted, "{url}");
        }
        assert_eq!(host_and_port("webext.contoso.com:443"), ("webext.contoso.com", Some(443)));
    }

    #[test]
    fn two_identities_in_one_header() {
        let mut found = Vec::new();
        each(b"\"B\" <sip:ben@contoso.com>,<tel:+1425>", |address| found.push(address.canonical()));
        assert_eq!(found, ["ben@contoso.com", "+1425"]);
    }

    #[test]
    fn the_user_of_a_web_request() {
        let url = b"https://webext.contoso.com:4443/Autodiscover/root/user?originalDomain=contoso.com&sipuri=sip%3aAnna%40contoso.com";
        assert_eq!(sip_uri_parameter(url).as_deref(), Some("anna@contoso.com"));
        assert_eq!(sip_uri_parameter(b"/root?sipuri=contoso.com&x=1"), None);
        assert_eq!(sip_uri_parameter(b"/root?sipuri=%4"), None);
    }
}
