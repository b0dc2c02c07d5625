//! Telephone numbers, IP addresses and names of devices, told from versions, times and other numbers.

use super::{each, words};
use regex::Regex;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;
use std::sync::LazyLock;

patterns! {
    PHONE = r"(?i)(\btel(?::|%3a)\+?[0-9][0-9().-]{2,18}[0-9]|\+[1-9][0-9]{5,15}\b|\+[1-9][0-9]{0,3}[ (.-]{1,2}[0-9][0-9 ().-]{6,16}[0-9])";
    NATIONAL = r"(?:^|[^\w.+/:=-])(\([0-9]{3}\) ?[0-9]{3}[ -][0-9]{4}|[0-9]{3}[.-][0-9]{3}[.-][0-9]{4}|0[1-9][0-9]{1,4}[ /-][0-9]{5,9})(?:$|[^\w:=/-])";
    IN_ADDRESS = r"(?i)\b(?:sips?|tel):(\+?[0-9][0-9().-]*)((?:;[^>@\s]*)?(?:@[^>\s]*)?)";
    EXTENSION = r"(?i);ext=([0-9]{2,8})";
    IPV4 = r"(?:%[0-9A-Fa-f]{2})?([0-9]{1,3}(?:\.[0-9]{1,3}){3})";
    HYPHENED = r"(?i)\bip[-_]([0-9]{1,3}(?:[-_][0-9]{1,3}){3})";
    IN_FILE = r"(?:^|[^0-9])([0-9]{1,3}(?:[-_.][0-9]{1,3}){3})(?:$|[^0-9])";
    IPV6 = r"\[?[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,8}";
    EPID = r#"(?i)\bepid\s*=\s*"?([0-9a-z-]{2,64})"#;
    GRUU = r"(?i)\bopaque=(?:user:epid|app:conf:[\w-]+:id):([\w-]{4,64})";
    UUID = r"(?i)\burn:uuid:([0-9a-f]{8}-[0-9a-f-]{27})";
    DEVICE = r#"(?i)\b(?:device-?id|machine-?id|hardware-?id|instance-?guid|object-?guid|mac(?:-?address)?)\s*[=:]\s*"?([0-9a-f][\w:-]{5,63})"#;
    HARDWARE = r"\b((?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2})\b";
    ACCOUNT_ID = r"\bS-1-5-21-([0-9]+(?:-[0-9]+){2,4})\b";
    AGENT = r"(?i)^[>\s]*(?:User-Agent|Server)\s*:(.*)";
    COMMENT = r"\(([A-Z][A-Z0-9-]{3,14})\)";
    SERIAL = r"[_-]([0-9A-Fa-f]{12})\b";
}

/// True for digits with what stands between those of a telephone number.
pub fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (3..=18).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || "+ ()./-".contains(c))
}

pub fn learn_phones(line: &str, found: &mut dyn FnMut(&str)) {
    if line.bytes().filter(u8::is_ascii_digit).nth(2).is_none() {
        return;
    }
    for phone in PHONE.iter().flat_map(|pattern| pattern.find_iter(line)) {
        let before = line.get(..phone.start()).and_then(|before| before.chars().next_back());
        let number = phone.as_str();
        let number = match number.split_once([':', 'a', 'A']).filter(|_| number.starts_with(['t', 'T'])) {
            Some((_, number)) => number,
            None => number,
        };
        if before.is_none_or(|c| !c.is_alphanumeric() && c != '+' && c != '/') {
            found(number);
        }
    }
    each(&NATIONAL, line).filter_map(|phone| phone.get(1)).for_each(|number| found(number.as_str()));
    each(&EXTENSION, line).filter_map(|phone| phone.get(1)).for_each(|number| found(number.as_str()));
    for phone in each(&IN_ADDRESS, if line.contains("phone") { line } else { "" }) {
        let (Some(number), Some(rest)) = (phone.get(1), phone.get(2)) else { continue };
        let rest = rest.as_str().to_ascii_lowercase();
        if is_phone(number.as_str()) && (rest.contains("phone-context=") || rest.contains("user=phone")) {
            found(number.as_str());
        }
    }
}

pub fn learn_addresses(line: &str, found: &mut dyn FnMut(&str)) {
    for address in each(&IPV4, line).filter_map(|found| found.get(1)) {
        let before = line.get(..address.start()).unwrap_or_default();
        let after = line.get(address.end()..).unwrap_or_default();
        if is_ipv4(address.as_str(), before, after) {
            found(address.as_str());
        }
    }
    for address in each(&HYPHENED, line).filter_map(|found| found.get(1)) {
        let dotted = address.as_str().replace(['-', '_'], ".");
        if is_ipv4(&dotted, "", "") {
            found(&dotted);
        }
    }
    for address in IPV6.iter().flat_map(|pattern| pattern.find_iter(line)) {
        let before = line.get(..address.start()).and_then(|before| before.chars().next_back());
        if before.is_none_or(|c| !c.is_alphanumeric() && !":.]\\".contains(c))
            && let Some(address) = ipv6(address.as_str())
        {
            found(&address.to_lowercase());
        }
    }
}

/// Addresses in the name of a file, where any sign may stand for the dots.
pub fn addresses_of_file(name: &str) -> Vec<(Range<usize>, String)> {
    let found = each(&IN_FILE, name).filter_map(|found| found.get(1));
    let found = found.map(|found| (found.range(), found.as_str().replace(['-', '_'], ".")));
    found.filter(|(_, address)| address.parse::<Ipv4Addr>().is_ok()).collect()
}

/// Devices, accounts by their numbers, and conferences.
pub fn learn_devices(line: &str, found: &mut dyn FnMut(&str)) {
    for pattern in [&EPID, &GRUU, &UUID, &DEVICE, &HARDWARE, &ACCOUNT_ID] {
        each(pattern, line).filter_map(|own| own.get(1)).for_each(|id| found(id.as_str()));
    }
    let agent = each(&AGENT, line).next().and_then(|own| own.get(1)).map_or("", |agent| agent.as_str());
    for serial in each(&SERIAL, agent).filter_map(|own| own.get(1)) {
        if serial.as_str().bytes().any(|byte| byte.is_ascii_digit()) {
            found(serial.as_str());
        }
    }
}

/// Machines that the name of a program mentions: `Phone/1.0 (BERLINPC)`.
pub fn machines_of_agent(line: &str) -> Vec<&str> {
    let agent = each(&AGENT, line).next().and_then(|own| own.get(1)).map_or("", |agent| agent.as_str());
    let words = each(&COMMENT, agent).filter_map(|own| own.get(1)).map(|word| word.as_str());
    words.filter(|word| !words::is_common(word)).collect()
}

/// True for an address that tells where a machine is, and is no version and no object identifier.
fn is_ipv4(text: &str, before: &str, after: &str) -> bool {
    let Ok(address) = text.parse::<Ipv4Addr>() else { return false };
    let mut last = before.chars().rev();
    let (one, two) = (last.next(), last.next());
    let ends_with = |words: &[&str], text: &str| {
        let word = text.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        words.iter().any(|own| own.eq_ignore_ascii_case(word))
    };
    // `tcp/192.0.2.1` is no version of a product, and `IP192.0.2.1` no name.
    let is_transport = before.strip_suffix('/').is_some_and(|before| {
        ends_with(&["tcp", "udp", "tls", "mtls", "sip", "sips", "ip", "ipv4", "host", "peer"], before)
    });
    let has_port = after.strip_prefix(':').is_some_and(|port| port.starts_with(|c: char| c.is_ascii_digit()));
    let is_version = one == Some('/') && two.is_some_and(char::is_alphanumeric) && !is_transport && !has_port
        || ["ersion=", "ersion ", "ersion: ", "ersion=\""].iter().any(|word| before.ends_with(word));
    let goes_on =
        after.starts_with('.') && after.get(1..2).is_some_and(|next| next.bytes().all(|byte| byte.is_ascii_digit()));
    let is_part = one.is_some_and(|c| c.is_alphanumeric() || c == '.' || c == '_')
        && !is_escaped(before)
        && !ends_with(&["ip", "ipv4"], before)
        || after.starts_with(|c: char| c.is_alphanumeric())
        || goes_on;
    // `1.2.1.1 Get-NewWebTicket: PASS` is a step of a sign-in report.
    let step = after.strip_prefix(' ').and_then(|after| after.split_once(": "));
    let is_step = step.is_some_and(|(name, result)| {
        !name.contains(' ') && (result.starts_with("PASS") || result.starts_with("FAIL"))
    });
    let says_nothing = address.is_loopback() || address.is_unspecified() || address.octets().first() == Some(&255);
    !is_version && !is_part && !is_step && !says_nothing
}

/// True where a text ends in `%3a`, `\u003a` or the like, which ends a word.
#[must_use]
pub fn is_escaped(before: &str) -> bool {
    let bytes = before.as_bytes();
    let is_json = bytes.last_chunk::<6>().is_some_and(|[slash, u, digits @ ..]| {
        (*slash, *u) == (b'\\', b'u') && digits.iter().all(u8::is_ascii_hexdigit)
    });
    is_json
        || bytes
            .last_chunk::<3>()
            .is_some_and(|[percent, high, low]| *percent == b'%' && high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// The address in a run of hexadecimal groups; without brackets a port may follow it, which cannot be told apart.
fn ipv6(text: &str) -> Option<String> {
    let text = text.trim_start_matches('[');
    let text = if text.ends_with(':') && !text.ends_with("::") { text.trim_end_matches(':') } else { text };
    // Eight groups are a whole address, and a ninth is a port.
    let text = match text.rsplit_once(':') {
        Some((address, port))
            if text.parse::<Ipv6Addr>().is_err() && port.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            address
        }
        _ => text,
    };
    let address: Ipv6Addr = text.parse().ok()?;
    let first = address.segments().first().copied().unwrap_or(0);
    // Global, unique local and link-local addresses; a name such as `Add::Bed` is none of them.
    let tells = (0x2000..0x4000).contains(&first) || first & 0xFE00 == 0xFC00 || first & 0xFFC0 == 0xFE80;
    (tells && text.split(':').filter(|group| !group.is_empty()).count() > 1).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_versions_and_times() {
        for (text, wanted) in [
            ("Via: SIP/2.0/TLS 192.0.2.1:5061", &["192.0.2.1"][..]),
            ("https://10.1.2.3/x and 10.1.2.4.", &["10.1.2.3", "10.1.2.4"]),
            ("UCCAPI/4.0.7.1 Version=1.2.3.4 1.3.6.1.5.5 127.0.0.1 16.0.4600.1000", &[]),
            ("1.2.1.1 Get-NewWebTicket: PASS", &[]),
            ("x%4010.0.0.1%3a5061", &["10.0.0.1"]),
            ("tcp/10.0.0.1:5061 IP10.0.0.2 ip-10-0-0-3 v10.0.0.4", &["10.0.0.1", "10.0.0.2", "10.0.0.3"]),
            ("2001:db8:1:2:3:4:5:6:5061", &["2001:db8:1:2:3:4:5:6"]),
            ("[2001:db8::10]:443 and fe80::1%4", &["2001:db8::10", "fe80::1"]),
            ("2B1C.3FA0::11/20/2024-13:40:06 A::B Add::Bed 14:21:21 ::1", &[]),
        ] {
            let mut found = Vec::new();
            learn_addresses(text, &mut |address| found.push(address.to_owned()));
            assert_eq!(found, wanted, "{text}");
        }
    }
}
