//! Finds everything in a trace that tells who and where. Decides nothing about what stands instead of it.
//!
//! Names are found by where they stand: in an address, a header, a field of a log, a token. What is found once counts
//! everywhere. Everything is kept in the order in which it was met, so that the same files give the same stand-ins.

use super::escapes::Plain;
use super::fields::{self, Field, Form};
use super::ordered::Ordered;
use super::secrets::{self, SecretKind};
use super::token::{self, NameKind};
use super::{each, hosts, numbers, words};
use regex::Regex;
use rustc_hash::FxHashSet;
use std::net::Ipv4Addr;
use std::sync::LazyLock;

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

patterns! {
    ADDRESS = r"(?i)(?:%[0-9a-f]{2})?([\p{L}\p{N}._+'~-]+)(?:@|%40)(\[[0-9a-f:.]+\]|[\p{L}\p{N}](?:[\p{L}\p{N}._-]*[\p{L}\p{N}])?)";
    URI_HOST = r"(?i)(?:\bsips?:|[a-z]://|%2f%2f|\bsips?%3a|\bSIP/2\.0/(?:TLS|TCP|UDP)\s+)([\p{L}\p{N}_](?:[\p{L}\p{N}._-]*[\p{L}\p{N}])?)(@|%40)?";
    DOTTED = r"[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?(?:\.[\p{L}\p{N}_](?:[\p{L}\p{N}_-]*[\p{L}\p{N}])?)+";
    QUOTED_NAME = r#"(?:^|[:,;>\s=])["“]((?:[^"\\“”\r\n]|\\.)+)["”]\s*<(?:sips?|tel|mailto):([^@>;\s]*)"#;
    PLAIN_NAME = r#"(?m)(?:^[>\s]*[\w-]+[ \t]*:|,)\s*([^"“<>\s,:;=][^"“<>:;=\r\n]*?)\s*<(?:sips?|tel|mailto|SIP):([^@>;\s]*)"#;
    LISTED_NAME = r#"(?i)<(?:[\w-]+:)?(?:contact|member|person|delegate|delegator|group|user)\b[^>]*?\bname=["']([^"']+)["']()"#;
    DISTINGUISHED = r#"(?i)\b(?:CN|OU|O|L|ST|S|C|DC|E|STREET)\s*=\s*[^,;"'<>\r\n=/]+(?:[,;/]\s*(?:CN|OU|O|L|ST|S|C|DC|E|STREET)\s*=\s*[^,;"'<>\r\n=/]+)*"#;
    MACHINE = r"\b(?:DESKTOP|LAPTOP|NOTEBOOK|CLIENT|PC|NB|WS|VM|SRV)-?[0-9][0-9A-Z]{1,12}\b|\b(?:DESKTOP|LAPTOP|NOTEBOOK|WIN)-[0-9A-Z]{2,12}\b";
    CALL_ID = r#"(?i)(?:(?:^|[\s"])(?:SIP-)?call[-‐-―]?id["]?\s*[:=]\s*"?|^[>\s]*i\s*:\s*)([^\s",;<>]+)"#;
    ACCOUNT = r"([\p{L}][\p{L}\p{N}.-]{1,30})\\{1,2}([\p{L}\p{N}][\p{L}\p{N}._$-]*)";
    SHARE = r#"(?:^|[\s"'=(,;])\\{2,4}([\p{L}\p{N}][\p{L}\p{N}._-]*)\\{1,2}([^\\\s"'<>|,;]+)"#;
    USER_PATH = r#"(?i)(?:[\\/](?:users|documents and settings|home)[\\/]{1,2}([^\\/:*?"<>|]{2,40})[\\/]|\\(?:users|documents and settings)\\{1,2}([^\\/:*?"'<>|,;)\s]{2,40}))"#;
    SESSION_OWNER = r"^[>\s]*o=(\S+) \S+ \S+ IN IP[46]";
    MEETING = r#"(?i)://(?:meet\.[^/\s"]+|[^/\s"]+/meet)/(?:([^/\s"?<>]+)/)?([^/\s"?<>]+)/([0-9A-Z]{5,12})\b"#;
    // Signs of JSON that are escaped must not become a part of a name.
    JSON_SIGN = r"\\u00(?:2[0-9A-Fa-f]|3[A-Fa-f]|40|5[B-Eb-e]|7[B-Eb-e])";
}

impl Found {
    /// Takes in what was found in what stands behind all that was found here.
    pub fn add(&mut self, later: Self) {
        let Self {
            users,
            hosts,
            machines,
            people,
            known_people: _,
            phones,
            addresses,
            devices,
            call_ids,
            tickets,
            associations,
            file_words,
            maybe_hosts,
            maybe_accounts,
        } = later;
        for (own, later) in [
            (&mut self.users, users),
            (&mut self.hosts, hosts),
            (&mut self.machines, machines),
            (&mut self.phones, phones),
            (&mut self.addresses, addresses),
            (&mut self.devices, devices),
            (&mut self.call_ids, call_ids),
            (&mut self.tickets, tickets),
            (&mut self.associations, associations),
            (&mut self.file_words, file_words),
            (&mut self.maybe_hosts, maybe_hosts),
            (&mut self.maybe_accounts, maybe_accounts),
        ] {
            later.list.iter().for_each(|word| own.insert(word));
        }
        for (name, user) in people {
            if self.known_people.insert(name.to_lowercase()) {
                self.people.push((name, user));
            }
        }
    }

    /// Learns from the text of a record, or from any other text: as it is written, and as it is meant.
    pub fn learn(&mut self, text: &str) {
        let plain = secrets::replace(text, &mut |kind, value| {
            self.learn_secret(kind, value);
            "[]".to_owned()
        });
        self.learn_names(&plain);
        let Some(meant) = Plain::of(&plain) else {
            plain.lines().for_each(|line| self.learn_line(line));
            return;
        };
        self.learn_names(&meant.text);
        for (line, meant) in plain.lines().zip(meant.text.lines()) {
            match JSON_SIGN.as_ref().filter(|_| line.contains("\\u00")) {
                Some(pattern) => self.learn_line(&pattern.replace_all(line, " ")),
                None => self.learn_line(line),
            }
            if meant != line {
                self.learn_line(meant);
            }
        }
    }

    /// Names that may reach over several lines.
    fn learn_names(&mut self, text: &str) {
        if !text.contains('<') {
            return;
        }
        for found in each(&QUOTED_NAME, text).chain(each(&PLAIN_NAME, text)).chain(each(&LISTED_NAME, text)) {
            let user = found.get(2).map(|user| user.as_str().to_lowercase()).filter(|user| !user.is_empty());
            self.person(found.get(1).map_or("", |name| name.as_str()), user);
        }
        let mut from = 0;
        while let Some((field, _, tag)) = text.get(from..).and_then(fields::next_element) {
            let content = text.get(from + tag.end..).unwrap_or_default();
            let content = content.get(..content.find('<').unwrap_or(0)).unwrap_or_default();
            self.learn_field(field, Form::Element, content.trim());
            from += tag.end;
        }
    }

    /// What stands in a field.
    fn learn_field(&mut self, field: Field, form: Form, text: &str) {
        match field {
            Field::Person if form == Form::Bare => {
                let meant = Plain::of(text).map_or_else(|| text.to_owned(), |plain| plain.text);
                self.person(&meant.replace('+', " "), None);
            }
            Field::Person => self.person(text, None),
            Field::Title if text.contains(' ') => self.person(text, None),
            Field::User => self.learn_user(form, text),
            Field::Host | Field::Machine => self.learn_host(field, text),
            Field::Phone if numbers::is_phone(text) => self.phones.insert(text),
            Field::Title | Field::Phone | Field::Secret(_) => {}
        }
    }

    fn learn_user(&mut self, form: Form, text: &str) {
        let is_word = form == Form::Quoted || form == Form::Element || !words::is_common(text);
        match text.rsplit_once('\\') {
            _ if !is_word || text.contains(['@', ' ', ':', '=']) => {}
            Some((domain, user)) => {
                self.machine(domain.trim_matches('\\'));
                self.user(user);
            }
            None => self.user(text),
        }
    }

    fn learn_host(&mut self, field: Field, text: &str) {
        let text = text.trim_start_matches('\\');
        let text = ["sip/", "http/", "host/", "SIP/", "HTTP/", "HOST/"]
            .iter()
            .fold(text, |text, start| text.strip_prefix(start).unwrap_or(text));
        let end = text.find(|c: char| !c.is_alphanumeric() && !"._-".contains(c)).unwrap_or(text.len());
        let host = text.get(..end).unwrap_or_default();
        // `RTCC/6.0` is a product.
        let rest = text.get(end..).unwrap_or_default();
        let is_product = rest.strip_prefix('/').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let goes_on = is_product || !rest.is_empty() && !rest.starts_with([':', '/', ';']);
        let has = |is: fn(char) -> bool| host.chars().any(is);
        let (has_number, has_letter) = (has(|c| c.is_ascii_digit()), has(char::is_alphabetic));
        let is_name = match field {
            // Words of the log stand in these fields too.
            Field::Machine => has_letter && !goes_on,
            _ => has_letter && (has_number || host.len() > 2 && !has(char::is_lowercase) && !goes_on),
        };
        if host.contains('.') && !host.contains('_') || host.len() <= 15 && is_name && !host.starts_with("0x") {
            self.host(host);
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
        if line.contains(['=', ':']) {
            self.learn_ids(line);
            self.learn_hosts(line);
            for value in fields::assigned(line) {
                self.learn_field(value.field, value.form, line.get(value.range).unwrap_or_default());
            }
        } else if line.contains('.') {
            self.learn_hosts(line);
        }
        if line.contains('@') || line.contains("%40") {
            let ids: Vec<_> = each(&CALL_ID, line).filter_map(|found| found.get(1)).map(|id| id.range()).collect();
            for found in each(&ADDRESS, line) {
                let (Some(user), Some(host)) = (found.get(1), found.get(2)) else { continue };
                self.host(host.as_str());
                if !ids.iter().any(|id| id.contains(&user.start())) {
                    self.user_of(user.as_str(), host.as_str());
                }
            }
        }
        if line.contains('=') {
            self.learn_distinguished(line);
        }
        numbers::learn_phones(line, &mut |number| self.phones.insert(number));
        numbers::learn_addresses(line, &mut |address| self.addresses.insert(address));
        if line.contains(['\\', '/']) {
            self.learn_accounts(line);
        }
    }

    fn learn_ids(&mut self, line: &str) {
        each(&CALL_ID, line).filter_map(|found| found.get(1)).for_each(|id| self.call_ids.insert(id.as_str()));
        numbers::learn_devices(line, &mut |device| self.devices.insert(&device.to_lowercase()));
        for machine in numbers::machines_of_agent(line) {
            self.machine(machine);
        }
        for owner in each(&SESSION_OWNER, line).filter_map(|found| found.get(1)) {
            self.learn_user(Form::Bare, owner.as_str());
        }
        for found in each(&MEETING, line) {
            [1, 2].iter().filter_map(|&at| found.get(at)).for_each(|user| self.learn_user(Form::Bare, user.as_str()));
            found.get(3).iter().for_each(|id| self.devices.insert(&id.as_str().to_lowercase()));
        }
    }

    /// Names of a directory (RFC 4514): `CN=Anna Smith,OU=Sales,DC=contoso,DC=com`.
    fn learn_distinguished(&mut self, line: &str) {
        for found in each(&DISTINGUISHED, line).filter_map(|found| found.get(0)) {
            let parts = found.as_str().split([',', ';', '/']).filter_map(|part| part.split_once('='));
            let parts: Vec<(String, &str)> =
                parts.map(|(name, value)| (name.trim().to_ascii_uppercase(), value.trim())).collect();
            let is_name = |(name, _): &(String, &str)| ["CN", "OU", "DC"].contains(&name.as_str());
            if !parts.iter().any(is_name) && parts.len() < 2 && !found.as_str().starts_with('O') {
                continue;
            }
            let domain: Vec<&str> = parts.iter().filter(|(name, _)| name == "DC").map(|(_, value)| *value).collect();
            if domain.len() > 1 {
                self.host(&domain.join("."));
            }
            for (name, value) in parts {
                match name.as_str() {
                    "C" | "DC" => {}
                    _ if value.contains('@') => {}
                    _ if value.contains('.') && !value.contains(' ') => self.host(value),
                    _ => self.person(value, None),
                }
            }
        }
    }

    fn learn_hosts(&mut self, line: &str) {
        for found in each(&URI_HOST, line).filter(|found| found.get(2).is_none()) {
            found.get(1).iter().for_each(|host| self.host(host.as_str()));
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

    fn learn_accounts(&mut self, line: &str) {
        let is_only = line.matches('\\').count() == 1 + usize::from(line.starts_with("TL_"));
        for found in each(&ACCOUNT, line) {
            let (Some(domain), Some(user)) = (found.get(1), found.get(2)) else { continue };
            let before = line.get(..domain.start()).and_then(|before| before.chars().next_back());
            let is_path = line.get(user.end()..).is_some_and(|after| after.starts_with('\\'));
            let after = line.get(user.end()..).and_then(|after| after.chars().next());
            let is_apart = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || "\"'(),;=".contains(c));
            let is_name = |name: &str| !name.contains('.') && !words::is_common(name);
            // Names in small letters look like paths and escapes: they stand alone in their line.
            if is_apart(before) && is_apart(after) && is_only && is_name(domain.as_str()) && is_name(user.as_str()) {
                self.machine(domain.as_str());
                self.user(user.as_str());
            } else if !is_path && before.is_none_or(|c| !c.is_alphanumeric() && !"\\[:".contains(c)) {
                self.maybe_accounts.insert(&format!("{}\\{}", domain.as_str(), user.as_str()));
            }
        }
        for found in each(&SHARE, line) {
            let (Some(host), Some(share)) = (found.get(1), found.get(2)) else { continue };
            self.host(host.as_str());
            self.host(share.as_str().trim_end_matches('$'));
        }
        for found in each(&USER_PATH, line) {
            match found.get(1).or(found.get(2)).map_or("", |user| user.as_str()).trim() {
                user if user.contains(' ') => self.person(user, None),
                user => self.user(user),
            }
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
        let name = name.trim_matches(|c: char| c.is_whitespace() || c == '\'' || c == '"');
        if numbers::is_phone(name) {
            self.phones.insert(name);
        }
        let is_address = name.contains('@') || name.contains("sip:") || hosts::ends_like_host(name);
        // What is longer is no name of anybody.
        if !(2..150).contains(&name.chars().count()) || name.starts_with('[') || is_address || words::are_common(name) {
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
        self.learn_line(name);
        numbers::learn_phones(&name.replace('_', " "), &mut |number| self.phones.insert(number));
        for (_, address) in numbers::addresses_of_file(name) {
            self.addresses.insert(&address);
        }
        for word in name.split(|c: char| !c.is_alphanumeric()) {
            // A long number is one of a telephone, if it is no date: `20241120142121`.
            let is_number = word.len() > 6
                && !word.starts_with("19")
                && !word.starts_with("20")
                && word.bytes().all(|byte| byte.is_ascii_digit());
            if is_number || !words::is_common(word) {
                self.file_words.insert(&word.to_lowercase());
            }
        }
    }
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
    fn hosts_and_numbers() {
        let found = found(
            "Peer: edge01.contoso.com:5061; server=RTC/6.0; http://schemas.microsoft.com/x System.Net.Sockets tel:+14255550177;ext=77",
        );
        assert_eq!(found.hosts.list, ["edge01.contoso.com"]);
        assert_eq!(found.phones.list, ["+14255550177", "77"]);
        assert_eq!(found.machines.list, [""; 0]);
    }
}
