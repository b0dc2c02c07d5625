//! Pieces of sentences that several rules use.

use super::knowledge::{Knowledge, with_source};

/// `Code 4003 ("From URI not enabled for remote access"): The user is not allowed to sign in from outside.`
#[must_use]
pub fn code_in_words(code: u32) -> String {
    let known = Knowledge::current().explain_code(code, None);
    let meaning = with_source(&known.meaning, known.is_own());
    match known.reason {
        Some(reason) => format!("Code {code} (\"{}\"): {meaning}", reason.trim_end_matches('.')),
        None => format!("Code {code}: {meaning}"),
    }
}

/// ` Most likely first: ...`, the causes of a code; nothing where none is known.
#[must_use]
pub fn causes_in_words(code: u32) -> String {
    let causes = Knowledge::current().explain_code(code, None).causes;
    if causes.is_empty() { String::new() } else { format!(" Most likely first: {}.", causes.join("; ")) }
}

/// What to check about a code.
#[must_use]
pub fn checks_of(code: u32) -> Vec<String> {
    Knowledge::current().explain_code(code, None).checks
}

/// `once`, `twice`, `5 times`.
#[must_use]
pub fn often(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        _ => format!("{count} times"),
    }
}

/// `a`, `a and b`, `a, b and 3 more`.
#[must_use]
pub fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [one, two] => format!("{one} and {two}"),
        [one, two, three] => format!("{one}, {two} and {three}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
    }
}

/// `anna@contoso.com` -> `contoso.com`; a bare domain is its own.
#[must_use]
pub fn domain_of(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(_, domain)| domain)
}

/// The host of the first SIP address in a Contact header, in lower case.
#[must_use]
pub fn contact_host(contact: &str) -> Option<String> {
    let lower = contact.to_ascii_lowercase();
    let address = lower.split_once("sip:").or_else(|| lower.split_once("sips:"))?.1;
    let address = address.split([';', '>', '?', ',', ' ']).next().unwrap_or(address);
    let host = domain_of(address);
    // An IPv6 address keeps its colons.
    let host = match host.split_once(']') {
        Some((address, _)) => format!("{address}]"),
        None => host.split(':').next().unwrap_or(host).to_owned(),
    };
    Some(host).filter(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_contacts() {
        let of = |contact| contact_host(contact).unwrap_or_default();
        assert_eq!(of("<sip:FE02.contoso.com:5061;transport=tls>"), "fe02.contoso.com");
        assert_eq!(of("sip:fe02.contoso.com"), "fe02.contoso.com");
        assert_eq!(of("<sip:[2001:db8::1]:5061>;q=0.7"), "[2001:db8::1]");
        assert_eq!(of("*"), "");
    }

    #[test]
    fn codes_are_explained_by_the_tables() {
        assert_eq!(
            code_in_words(4003),
            "Code 4003 (\"From URI not enabled for remote access\"): The user is not allowed to sign in from outside."
        );
        assert_eq!(list(&["a", "b", "c", "d"]), "a, b and 2 more");
    }
}
