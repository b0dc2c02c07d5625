//! Patterns for one value: the whole of it, or with `*` for any stretch; and the same for addresses.
//!
//! Matching takes bytes as they lie in the log, allocates nothing and never minds the case. Letters beyond
//! ASCII lose their case too where pattern and value are valid UTF-8.

use std::fmt;

/// A whole value, letter case aside, in which `*` stands for any stretch (also none).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// Lower case.
    text: String,
    ascii: bool,
    wild: bool,
}

const STAR: u32 = '*' as u32;

impl Pattern {
    /// Any text is a pattern.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text: String = text.chars().map(fold).collect();
        Self { ascii: text.is_ascii(), wild: text.contains('*'), text }
    }

    /// The pattern in lower case, as it may be written in a query.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether this holds a `*`.
    #[must_use]
    pub fn is_wild(&self) -> bool {
        self.wild
    }

    /// Whether the whole value fits.
    #[must_use]
    pub fn matches(&self, value: &[u8]) -> bool {
        if !self.ascii
            && let Ok(value) = std::str::from_utf8(value)
        {
            return self.matches_chars(value);
        }
        if self.wild {
            glob(self.text.bytes().map(u32::from), value.iter().map(|b| u32::from(b.to_ascii_lowercase())))
        } else {
            self.text.as_bytes().eq_ignore_ascii_case(value)
        }
    }

    /// [`Self::matches`] for a value known to be valid text.
    #[must_use]
    pub fn matches_str(&self, value: &str) -> bool {
        if self.ascii { self.matches(value.as_bytes()) } else { self.matches_chars(value) }
    }

    fn matches_chars(&self, value: &str) -> bool {
        glob(self.text.chars().map(u32::from), value.chars().map(|c| u32::from(fold(c))))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// One letter without its case; the few whose lower case is several letters stay as they are.
fn fold(c: char) -> char {
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// Matches from the left and goes back to the last star only, which is enough, and at worst takes the product
/// of both lengths.
fn glob(mut pattern: impl Iterator<Item = u32> + Clone, mut value: impl Iterator<Item = u32> + Clone) -> bool {
    let mut last_star = None;
    loop {
        let mut pattern_rest = pattern.clone();
        let wanted = pattern_rest.next();
        if wanted == Some(STAR) {
            pattern = pattern_rest;
            last_star = Some((pattern.clone(), value.clone()));
            continue;
        }
        let mut value_rest = value.clone();
        match (wanted, value_rest.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b => {
                pattern = pattern_rest;
                value = value_rest;
            }
            _ => {
                let Some((after_star, taken_to)) = last_star.as_mut() else {
                    return false;
                };
                if taken_to.next().is_none() {
                    return false;
                }
                pattern = after_star.clone();
                value = taken_to.clone();
            }
        }
    }
}

/// An address: whole (`anna@contoso.com`), the start of its user part or number (`anna`, `+1425`), or with `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressPattern {
    whole: Pattern,
    /// `anna*`, where the value names no host and holds no star.
    user_prefix: Option<Pattern>,
}

impl AddressPattern {
    /// `None` where nothing is left once the scheme (`sip:`, `sips:`, `tel:`) is dropped.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let address = without_scheme(text.trim());
        if address.is_empty() {
            return None;
        }
        let whole = if address.starts_with('@') { Pattern::new(&format!("*{address}")) } else { Pattern::new(address) };
        let start_of_user = !whole.is_wild() && !address.contains('@');
        Some(Self { user_prefix: start_of_user.then(|| Pattern::new(&format!("{address}*"))), whole })
    }

    /// Whether an address in canonical form (`user@host`, a number, or a bare domain) fits.
    #[must_use]
    pub fn matches(&self, address: &[u8]) -> bool {
        self.whole.matches(address)
            || self
                .user_prefix
                .as_ref()
                .is_some_and(|prefix| user_part(address).is_some_and(|user| prefix.matches(user)))
    }
}

impl fmt::Display for AddressPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.whole.fmt(f)
    }
}

fn without_scheme(address: &str) -> &str {
    ["sip:", "sips:", "tel:"]
        .into_iter()
        .find_map(|scheme| {
            let (head, rest) = address.split_at_checked(scheme.len())?;
            head.eq_ignore_ascii_case(scheme).then_some(rest)
        })
        .unwrap_or(address)
}

/// What stands before the `@`, or the whole of a telephone number; a bare domain or IP address has none.
fn user_part(address: &[u8]) -> Option<&[u8]> {
    if let Some(at) = address.iter().position(|&byte| byte == b'@') {
        return address.get(..at);
    }
    let number =
        address.starts_with(b"+") || address.iter().all(|byte| byte.is_ascii_digit() || b"-()*#".contains(byte));
    number.then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_values() {
        let cases: &[(&str, &[u8], bool)] = &[
            ("REGISTER", b"register", true),
            ("REGISTER", b"REGISTER ", false),
            ("reg*", b"REGISTER", true),
            ("*ter", b"REGISTER", true),
            ("*gis*", b"REGISTER", true),
            ("r*g*s*r", b"REGISTER", true),
            ("r*x*r", b"REGISTER", false),
            ("*", b"", true),
            ("*", b"anything", true),
            ("**", b"", true),
            ("a*", b"", false),
            ("a*b", b"ab", true),
            ("a*b", b"abab", true),
            ("a*b", b"aba", false),
            ("ab*ab", b"ab", false),
            ("f*", b"f\xff\xfe", true),
            ("*\u{fc}ller", "M\u{dc}LLER".as_bytes(), true),
            ("m\u{dc}ller", "M\u{fc}LLER".as_bytes(), true),
            ("m\u{fc}ller", b"m\xfcller", false),
            ("*ller", b"m\xfcller", true),
            ("\u{130}", "\u{130}".as_bytes(), true),
        ];
        for (pattern, value, fits) in cases {
            let parsed = Pattern::new(pattern);
            assert_eq!(parsed.matches(value), *fits, "{pattern} on {value:?}");
            if let Ok(value) = std::str::from_utf8(value) {
                assert_eq!(parsed.matches_str(value), *fits, "{pattern} on {value}");
            }
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_exponential_time() {
        let pattern = Pattern::new(&"*a".repeat(200));
        assert!(!pattern.matches("a".repeat(199).as_bytes()));
        assert!(!pattern.matches(&[b"a".repeat(2_000).as_slice(), b"b"].concat()));
    }

    #[test]
    fn addresses() {
        let cases = [
            ("anna@contoso.com", "anna@contoso.com", true),
            ("Anna@Contoso.com", "anna@contoso.com", true),
            ("anna@contoso.com", "ANNA@CONTOSO.COM", true),
            ("anna@contoso.com", "anna@contoso.com.au", false),
            ("anna@conto", "anna@contoso.com", false),
            ("anna@contoso.com", "joanna@contoso.com", false),
            ("sip:anna@contoso.com", "anna@contoso.com", true),
            ("SIPS:anna", "anna@contoso.com", true),
            ("anna", "anna@contoso.com", true),
            ("anna", "anna.smith@x", true),
            ("anna", "joanna@contoso.com", false),
            ("anna", "bob@anna.com", false),
            ("+1425", "+14255550177", true),
            ("+1425", "+14255550177@contoso.com", true),
            ("tel:+1425", "+14255550177", true),
            ("1425", "+14255550177", false),
            ("142", "1425", true),
            ("*@fabrikam.com", "li@fabrikam.com", true),
            ("*@fabrikam.com", "li@contoso.com", false),
            ("@fabrikam.com", "li@fabrikam.com", true),
            ("@fabrikam.com", "fabrikam.com", false),
            ("*smith*", "anna.smith@x", true),
            ("*smith", "anna.smith@x", false),
            ("contoso.com", "contoso.com", true),
            ("contoso", "contoso.com", false),
            ("10.0", "10.0.0.7", false),
            ("10.0.0.7", "10.0.0.7", true),
        ];
        for (pattern, address, fits) in cases {
            let parsed = AddressPattern::new(pattern).expect(pattern);
            assert_eq!(parsed.matches(address.as_bytes()), fits, "{pattern} on {address}");
        }
        assert_eq!(AddressPattern::new("sip:"), None);
        assert_eq!(AddressPattern::new(" "), None);
    }
}
