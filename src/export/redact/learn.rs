//! Finds everything in a trace that tells who and where. Decides nothing about what stands instead of it.
//!
//! Names are found by where they stand: in an address, a header, a field of a log, a token. What is found once counts
//! everywhere. Everything is kept in the order in which it was met, so that the same files give the same stand-ins.

use super::secrets::{self, SecretKind};
use super::token::{self, NameKind};
use super::{hosts, words};
use regex::Regex;
use rustc_hash::FxHashSet;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

/// Words in the order in which they were met, each once.
#[derive(Debug, Default)]
pub struct Ordered {
    pub list: Vec<String>,
    known: FxHashSet<String>,
}

impl Ordered {
    pub fn insert(&mut self, word: &str) {
        if !word.is_empty() && !self.known.contains(word) {
            self.known.insert(word.to_owned());
            self.list.push(word.to_owned());
        }
    }

    pub fn holds(&self, word: &str) -> bool {
        self.known.contains(word)
    }
}

/// What was found. Names are in lower case where case does not matter.
#[derive(Debug, Default)]
pub struct Found {
    /// The part of an address before the `@`, and account names.
    pub users: Ordered,
    /// Hosts and domains with dots.
    pub hosts: Ordered,
    /// Machines, pools and `NetBIOS` domains: names without dots.
    pub machines: Ordered,
    /// Names of people, as written, with the user of the address beside it.
    pub people: Vec<(String, Option<String>)>,
    known_people: FxHashSet<String>,
    /// Telephone numbers as written.
    pub phones: Ordered,
    /// IP addresses as written.
    pub addresses: Ordered,
    /// Devices: epid, instance, hardware.
    pub devices: Ordered,
    pub call_ids: Ordered,
    pub tickets: Ordered,
    pub associations: Ordered,
    /// Words of file names that are no words of ours.
    pub file_words: Ordered,
    /// Names with dots that are hosts if their domain is known.
    maybe_hosts: Ordered,
    /// `DOMAIN\user` that count if the domain is known.
    maybe_accounts: Ordered,
}

macro_rules! patterns {
    ($($name:ident = $pattern:expr;)*) => { $(static $name: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let regex = Regex::new($pattern);
        debug_assert!(regex.is_ok(), "{regex:?}");
        regex.ok()
    });)* };
}

patterns! {
    ADDRESS = r"(?i)(?:%[0-9a-f]{2})?([\p{L}\p{N}._+'~-]+)(?:@|%40)(\[[0-9a-f:.]+\]|[\p{L}\p{N}](?:[\p{L}\p{N}._-]*[\p{L}\p{N}])?)";
    URI_HOST = r"(?i)(?:\bsips?:|[a-z]://|%2f%2f|\bsips?%3a|\bSIP/2\.0/(?:TLS|TCP|UDP)\s+)([\p{L}\p{N}_](?:[\p{L}\p{N}._-]*[\p{L}\p{N}])?)(@|%40)?";
    FIELD_HOST = r#"(?i)(?:^|[\s,;|(>&?])(?:source|target-?name|(?:original)?domain|[\w-]*fqdn|[\w-]*host(?:name)?|tls-target|peer-?server|peer|server|certname|proxy|pool|machine|computer|destination|next-?hop|workstation)\s*=\s*["“”]?\s*(?:(?:sip|http|host)/)?([\p{L}\p{N}_](?:[\p{L}\p{N}._-]*[\p{L}\p{N}])?)"#;
    LINE_HOST = r"(?i)^[>\s]*(?:Peer|Host|Peer-IP|Local-IP|X-Forwarded-Host|X-Forwarded-Server|[\w-]*Fqdn)\s*:\s*([\p{L}\p{N}_](?:[\p{L}\p{N}._-]*[\p{L}\p{N}])?)";
    DOTTED = r"[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?(?:\.[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?)+";
    QUOTED_NAME = r#"(?:^|[:,\s=])["“]((?:[^"\\“”]|\\.)+)["”]\s*<(?:sips?|tel):([^@>;\s]*)"#;
    PLAIN_NAME = r#"(?i)^[>\s]*(?:from|to|f|t|contact|m|p-asserted-identity|p-preferred-identity|referred-by|remote-party-id|reply-to)\s*:\s*([^"“<>\s][^"“<>]*?)\s*<(?:sips?|tel):([^@>;\s]*)"#;
    XML_NAME = r"(?i)<(?:[\w-]+:)?(?:display-?name|display-text|full-?name|first-?name|last-?name|given-?name|surname|fileAs)\b[^>]*>([^<]+)<()";
    ATTRIBUTE_NAME = r#"(?i)\b(?:display-?name|file-?as|first-?name|last-?name|full-?name)\s*=\s*["']([^"']+)["']()"#;
    LISTED_NAME = r#"(?i)<(?:[\w-]+:)?(?:contact|member|person|delegate|delegator|group)\b[^>]*?\bname="([^"]+)"()"#;
    COMMON_NAME = r#"\b(?:CN|O|OU)\s*=\s*([^,"/<>;\r\n=]+)"#;
    MACHINE = r"\b(?:DESKTOP|LAPTOP|NOTEBOOK|CLIENT|PC|NB|WS|VM|SRV)-?[0-9][0-9A-Z]{1,12}\b|\b(?:DESKTOP|LAPTOP|NOTEBOOK|WIN)-[0-9A-Z]{2,12}\b";
    PHONE = r"(?i)(\btel(?::|%3a)\+?[0-9][0-9().-]{2,18}[0-9]|\+[1-9][0-9]{5,15}\b|\+[1-9][0-9]{0,3}[ (.-]{1,2}[0-9][0-9 ().-]{6,16}[0-9])";
    EXTENSION = r"(?i);ext=([0-9]{2,8})";
    IPV4 = r"(?:%[0-9A-Fa-f]{2})?([0-9]{1,3}(?:\.[0-9]{1,3}){3})";
    IPV6 = r"\[?[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,8}";
    EPID = r#"(?i)\bepid\s*=\s*"?([0-9a-z-]{2,64})"#;
    GRUU = r"(?i)\bopaque=(?:user:epid|app:conf:[\w-]+:id):([\w-]{4,64})";
    UUID = r"(?i)\burn:uuid:([0-9a-f]{8}-[0-9a-f-]{27})";
    DEVICE = r#"(?i)\b(?:device-?id|machine-?id|hardware-?id|instance-?guid|mac(?:-?address)?)\s*[=:]\s*"?([0-9a-f][\w:-]{5,63})"#;
    CALL_ID = r#"(?i)(?:(?:^|[\s"])(?:SIP-)?call[-‐-―]?id["]?\s*[:=]\s*"?|^[>\s]*i\s*:\s*)([^\s",;<>]+)"#;
    ACCOUNT = r"([\p{L}][\p{L}\p{N}.-]{1,30})\\{1,2}([\p{L}\p{N}][\p{L}\p{N}._$-]*)";
    USER_FIELD = r#"(?i)\b(?:user|user-?name|user id|userid|upn|samaccountname|account-?name|logon|login|identity|owner|trustee)\s*[=:]\s*["']([^"'=]+)["']"#;
    USER_PATH = r#"(?i)[\\/](?:users|documents and settings|home)[\\/]{1,2}([^\\/:*?"<>|\s]{2,40})[\\/]"#;
}

/// What a pattern finds in a line. Most lines hold nothing, and looking costs less than reading.
fn each<'a>(
    pattern: &'static LazyLock<Option<Regex>>,
    line: &'a str,
) -> impl Iterator<Item = regex::Captures<'a>> + use<'a> {
    let pattern = pattern.as_ref().filter(|pattern| pattern.is_match(line));
    pattern.into_iter().flat_map(move |pattern| pattern.captures_iter(line))
}

impl Found {
    /// Learns from the text of a record, or from any other text.
    pub fn learn(&mut self, text: &str) {
        let plain = secrets::replace(text, &mut |kind, value| {
            self.learn_secret(kind, value);
            "[]".to_owned()
        });
        for line in plain.lines() {
            self.learn_line(line);
        }
    }

    fn learn_secret(&mut self, kind: SecretKind, value: &str) {
        match kind {
            SecretKind::Token => {
                token::rebuild(value, &mut |kind, name| {
                    self.learn_name(kind, name);
                    name.to_owned()
                });
            }
            SecretKind::Ticket => self.tickets.insert(value),
            SecretKind::Association => self.associations.insert(value),
            _ => {}
        }
    }

    /// A name in a token.
    fn learn_name(&mut self, kind: NameKind, name: &str) {
        let name = name.trim_matches(['\0', ' ']);
        match kind {
            NameKind::User | NameKind::InStructure if name.contains('@') => self.learn_line(name),
            NameKind::User => self.user(name),
            NameKind::Domain | NameKind::Machine if !name.contains('.') => self.machine(name),
            NameKind::Domain | NameKind::Machine | NameKind::Dns => self.host(name.rsplit('/').next().unwrap_or(name)),
            NameKind::InStructure if hosts::ends_like_host(name) => self.host(name),
            NameKind::InStructure => self.person(name, None),
        }
    }

    fn learn_line(&mut self, line: &str) {
        let all = |pattern: &'static LazyLock<Option<Regex>>| each(pattern, line);
        if line.contains('=') || line.contains(':') {
            all(&CALL_ID).filter_map(|found| found.get(1)).for_each(|id| self.call_ids.insert(id.as_str()));
            all(&EPID).filter_map(|found| found.get(1)).for_each(|id| self.devices.insert(&id.as_str().to_lowercase()));
            for pattern in [&GRUU, &UUID, &DEVICE] {
                all(pattern)
                    .filter_map(|found| found.get(1))
                    .for_each(|id| self.devices.insert(&id.as_str().to_lowercase()));
            }
            self.learn_hosts(line);
        }
        if line.contains('@') || line.contains("%40") {
            let is_call_id = CALL_ID.as_ref().is_some_and(|pattern| pattern.is_match(line));
            for found in all(&ADDRESS) {
                let (Some(user), Some(host)) = (found.get(1), found.get(2)) else { continue };
                self.host(host.as_str());
                if !is_call_id {
                    self.user_of(user.as_str(), host.as_str());
                }
            }
        }
        if line.contains('<') || line.contains("ame") || line.contains("CN=") {
            for pattern in [&QUOTED_NAME, &PLAIN_NAME, &XML_NAME, &ATTRIBUTE_NAME, &LISTED_NAME] {
                for found in all(pattern) {
                    let user = found.get(2).map(|user| user.as_str().to_lowercase()).filter(|user| !user.is_empty());
                    self.person(found.get(1).map_or("", |name| name.as_str()), user);
                }
            }
            for name in all(&COMMON_NAME).filter_map(|found| found.get(1)) {
                match name.as_str().trim() {
                    name if name.contains('@') => {}
                    name if name.contains('.') && !name.contains(' ') => self.host(name),
                    name => self.person(name, None),
                }
            }
        }
        if line.contains('+') || line.contains("tel") {
            self.learn_phones(line);
        }
        self.learn_addresses(line);
        if line.contains('\\') || line.contains('=') || line.contains(':') {
            self.learn_accounts(line);
        }
    }

    fn learn_hosts(&mut self, line: &str) {
        let all = |pattern: &'static LazyLock<Option<Regex>>| each(pattern, line);
        for found in all(&URI_HOST).filter(|found| found.get(2).is_none()) {
            found.get(1).iter().for_each(|host| self.host(host.as_str()));
        }
        for host in all(&FIELD_HOST).chain(all(&LINE_HOST)).filter_map(|found| found.get(1)) {
            // Fields of these names hold other words too; names of machines have a number.
            let host = host.as_str();
            let is_name =
                host.bytes().any(|byte| byte.is_ascii_digit()) && host.bytes().any(|byte| byte.is_ascii_alphabetic());
            if host.contains('.') && !host.contains('_') || host.len() <= 15 && is_name && !host.starts_with("0x") {
                self.host(host);
            }
        }
        for found in DOTTED.iter().flat_map(|pattern| pattern.find_iter(line)) {
            // After `%40` the name starts behind the digits.
            let is_escape = line.get(..found.start()).is_some_and(|before| before.ends_with('%'));
            let name = found.as_str().get(if is_escape { 2 } else { 0 }..).unwrap_or_default();
            if hosts::ends_like_host(name) {
                self.host(name);
            } else if name.len() <= 253 {
                self.maybe_hosts.insert(&name.to_lowercase());
            }
        }
        for name in MACHINE.iter().flat_map(|pattern| pattern.find_iter(line)) {
            self.machine(name.as_str());
        }
    }

    fn learn_phones(&mut self, line: &str) {
        for found in PHONE.iter().flat_map(|pattern| pattern.find_iter(line)) {
            let before = line.get(..found.start()).and_then(|before| before.chars().next_back());
            let number = found.as_str();
            let number = match number.split_once([':', 'a', 'A']).filter(|_| number.starts_with(['t', 'T'])) {
                Some((_, number)) => number,
                None => number,
            };
            if before.is_none_or(|c| !c.is_alphanumeric() && c != '+' && c != '/') {
                self.phones.insert(number);
            }
        }
        for found in each(&EXTENSION, line) {
            found.get(1).iter().for_each(|number| self.phones.insert(number.as_str()));
        }
    }

    fn learn_addresses(&mut self, line: &str) {
        for found in each(&IPV4, line).filter_map(|found| found.get(1)) {
            let before = line.get(..found.start()).unwrap_or_default();
            let after = line.get(found.end()..).unwrap_or_default();
            if is_ipv4(found.as_str(), before, after) {
                self.addresses.insert(found.as_str());
            }
        }
        for found in IPV6.iter().flat_map(|pattern| pattern.find_iter(line)) {
            let before = line.get(..found.start()).and_then(|before| before.chars().next_back());
            if before.is_none_or(|c| !c.is_alphanumeric() && !":.]\\".contains(c))
                && let Some(address) = ipv6(found.as_str())
            {
                self.addresses.insert(&address.to_lowercase());
            }
        }
    }

    fn learn_accounts(&mut self, line: &str) {
        for found in each(&ACCOUNT, line) {
            let (Some(domain), Some(user)) = (found.get(1), found.get(2)) else { continue };
            let before = line.get(..domain.start()).and_then(|before| before.chars().next_back());
            let is_path = line.get(user.end()..).is_some_and(|after| after.starts_with('\\'));
            if !is_path && before.is_none_or(|c| !c.is_alphanumeric() && !"\\[:".contains(c)) {
                self.maybe_accounts.insert(&format!("{}\\{}", domain.as_str(), user.as_str()));
            }
        }
        for value in each(&USER_FIELD, line).filter_map(|found| found.get(1)) {
            match value.as_str().trim().rsplit_once('\\') {
                Some((domain, user)) => {
                    self.machine(domain.trim_matches('\\'));
                    self.user(user);
                }
                None if !value.as_str().contains(['@', ' ', ':']) => self.user(value.as_str().trim()),
                None => {}
            }
        }
        for user in each(&USER_PATH, line).filter_map(|found| found.get(1)) {
            self.user(user.as_str());
        }
    }

    /// What could not be told before everything was read.
    pub fn settle(&mut self) {
        let registered: FxHashSet<String> =
            self.hosts.list.iter().map(|host| hosts::registrable(host).to_owned()).collect();
        for name in std::mem::take(&mut self.maybe_hosts).list {
            let own = registered.contains(hosts::registrable(&name));
            // `fe01.contoso.com.` and `_sip._tls.contoso.com` end in what is known.
            if own {
                self.host(&name);
            }
        }
        let labels: FxHashSet<String> =
            registered.iter().filter_map(|host| host.split('.').next()).map(str::to_owned).collect();
        for account in std::mem::take(&mut self.maybe_accounts).list {
            let Some((domain, user)) = account.split_once('\\') else { continue };
            let lower = domain.to_lowercase();
            let is_known = labels.contains(&lower) || self.machines.holds(&lower);
            let is_netbios = domain.len() <= 15 && !domain.chars().any(char::is_lowercase) && !words::is_common(domain);
            let is_machine = self.machines.holds(&user.to_lowercase());
            if !is_machine && (is_known || is_netbios && !words::is_common(user)) {
                self.machine(domain);
                self.user(user);
            }
        }
    }

    fn user_of(&mut self, user: &str, host: &str) {
        let user = user.trim_matches(['\'', '.', '-', '~']);
        let is_host = user.contains('.')
            && (user.to_lowercase().ends_with(&format!(".{}", host.to_lowercase())) || hosts::ends_like_host(user));
        let digits = user.trim_start_matches('+');
        if is_host {
            self.host(user);
        } else if !digits.is_empty()
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && (user.len() > digits.len() || digits.len() > 6)
        {
            self.phones.insert(user);
        } else if !hosts::is_public(&host.to_lowercase()) || !user.eq_ignore_ascii_case("anonymous") {
            self.user(user);
        }
    }

    pub fn user(&mut self, user: &str) {
        self.users.insert(&user.to_lowercase());
    }

    pub fn machine(&mut self, name: &str) {
        if name.chars().any(char::is_alphabetic) {
            self.machines.insert(&name.to_lowercase());
        }
    }

    /// A host with or without dots, or an address.
    pub fn host(&mut self, host: &str) {
        let host = host.trim_matches('.').to_lowercase();
        let end = host.rsplit('.').next().unwrap_or_default();
        if host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok() {
            // Addresses are found where they stand.
        } else if !host.contains('.') {
            if host.len() > 1 && !words::is_common(&host) {
                self.machine(&host);
            }
        } else if end.len() > 1 && end.chars().all(char::is_alphabetic) && !hosts::is_public(hosts::registrable(&host))
        {
            self.hosts.insert(&host);
        }
    }

    fn person(&mut self, name: &str, user: Option<String>) {
        let name = name.trim();
        let is_address = name.contains('@') || name.contains("sip:") || hosts::ends_like_host(name);
        if name.chars().count() < 2 || name.starts_with('[') || is_address || words::are_common(name) {
            return;
        }
        if self.known_people.insert(name.to_lowercase()) {
            self.people.push((name.to_owned(), user.clone()));
        }
        // `Smith, Anna` and `Anna Smith` are the same person.
        let turned = match name.split_once(", ") {
            Some((last, first)) => format!("{first} {last}"),
            None => match name.rsplit_once(' ') {
                Some((first, last)) if !first.contains(' ') => format!("{last}, {first}"),
                _ => return,
            },
        };
        if self.known_people.insert(turned.to_lowercase()) {
            self.people.push((turned, user));
        }
    }

    /// Words of the name of a file that nothing else explains.
    pub fn file_name(&mut self, name: &str) {
        for word in name.split(|c: char| !c.is_alphanumeric()) {
            if !words::is_common(word) {
                self.file_words.insert(&word.to_lowercase());
            }
        }
    }
}

/// True for an address that tells where a machine is, and is no version and no object identifier.
fn is_ipv4(text: &str, before: &str, after: &str) -> bool {
    let Ok(address) = text.parse::<Ipv4Addr>() else { return false };
    let mut last = before.chars().rev();
    let (one, two) = (last.next(), last.next());
    let is_version = one == Some('/') && two.is_some_and(char::is_alphanumeric)
        || ["ersion=", "ersion ", "ersion: ", "ersion=\""].iter().any(|word| before.ends_with(word));
    let goes_on =
        after.starts_with('.') && after.get(1..2).is_some_and(|next| next.bytes().all(|byte| byte.is_ascii_digit()));
    let is_part = one.is_some_and(|c| c.is_alphanumeric() || c == '.' || c == '_') && !is_escaped(before)
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

/// True where a text ends in `%3a` or the like, which ends a word.
#[must_use]
pub fn is_escaped(before: &str) -> bool {
    let end = before.as_bytes().last_chunk::<3>();
    end.is_some_and(|[percent, high, low]| *percent == b'%' && high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

/// The address in a run of hexadecimal groups; without brackets a port may follow it, which cannot be told apart.
fn ipv6(text: &str) -> Option<String> {
    let text = text.trim_start_matches('[');
    let text = if text.ends_with(':') && !text.ends_with("::") { text.trim_end_matches(':') } else { text };
    let address: Ipv6Addr = text.parse().ok()?;
    let first = address.segments().first().copied().unwrap_or(0);
    // Global, unique local and link-local addresses; a name such as `Add::Bed` is none of them.
    let tells = (0x2000..0x4000).contains(&first) || first & 0xFE00 == 0xFC00 || first & 0xFFC0 == 0xFE80;
    (tells && text.split(':').filter(|group| !group.is_empty()).count() > 1).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Found {
        let mut found = Found::default();
        found.learn(text);
        found.settle();
        found
    }

    #[test]
    fn people_are_found_where_they_stand() {
        for (text, wanted) in [
            ("From: \"Anna Smith\"<sip:Anna.Smith@contoso.com;gruu>;tag=1;epid=0f", "anna.smith"),
            ("url https://x.contoso.com/root?sipuri=sip%3aanna%40contoso.com", "anna"),
            ("sipuri=sip:anna@contoso.com", "anna"),
            ("Data: user=\"CORP\\anna\"", "anna"),
            ("refused CONTOSO\\anna at work", "anna"),
            ("C:\\Users\\anna\\AppData\\Local", "anna"),
        ] {
            assert_eq!(found(text).users.list, [wanted], "{text}");
        }
        for text in [
            "reason=\"a \\\"the boss\\\"\"",
            "TL_INFO(TF_PROTOCOL) [FEPOOL01\\FE01]1E6C",
            "sip:fe01.contoso.com@contoso.com;gruu",
            "Call-ID: 88aa@192.0.2.1",
            "HKLM\\Software\\x",
        ] {
            assert_eq!(found(text).users.list, [""; 0], "{text}");
        }
        let names = found("From: \"Smith, Anna\" <sip:a@b.com>").people;
        assert_eq!(names.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["Smith, Anna", "Anna Smith"]);
    }

    #[test]
    fn addresses_are_told_from_versions_and_times() {
        for (text, wanted) in [
            ("Via: SIP/2.0/TLS 192.0.2.1:5061", &["192.0.2.1"][..]),
            ("https://10.1.2.3/x and 10.1.2.4.", &["10.1.2.3", "10.1.2.4"]),
            ("UCCAPI/4.0.7.1 Version=1.2.3.4 1.3.6.1.5.5 127.0.0.1 16.0.4600.1000", &[]),
            ("1.2.1.1 Get-NewWebTicket: PASS", &[]),
            ("x%4010.0.0.1%3a5061", &["10.0.0.1"]),
            ("[2001:db8::10]:443 and fe80::1%4", &["2001:db8::10", "fe80::1"]),
            ("2B1C.3FA0::11/20/2024-13:40:06 A::B Add::Bed 14:21:21 ::1", &[]),
        ] {
            assert_eq!(found(text).addresses.list, wanted, "{text}");
        }
    }

    #[test]
    fn hosts_and_numbers() {
        let found = found(
            "Peer: edge01.contoso.com:5061; server=RTC/6.0; http://schemas.microsoft.com/x System.Net.Sockets tel:+14255550177;ext=77",
        );
        assert_eq!(found.hosts.list, ["edge01.contoso.com"]);
        assert_eq!(found.phones.list, ["+14255550177", "77"]);
        assert_eq!(found.machines.list, [""; 0]);
    }
}
