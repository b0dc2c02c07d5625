//! Domains and hosts in addresses, as rules compare and print them.

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
}
