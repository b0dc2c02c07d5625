//! Stand-ins: what stands instead of each name, the same everywhere.

use super::learn::Found;
use super::ordered::Ordered;
use super::{hosts, words};
use rustc_hash::{FxHashMap, FxHashSet};
use std::net::{Ipv4Addr, Ipv6Addr};

type Map = FxHashMap<String, String>;

/// All stand-ins of a trace. Keys are in lower case.
#[derive(Debug, Default)]
pub struct Names {
    pub users: Map,
    /// Labels of hosts, machines and pools; a common word stands for itself.
    pub labels: Map,
    /// What is registered of a host's name.
    pub domains: Map,
    pub people: Map,
    /// First and last names and the like, of the people.
    pub parts: Map,
    /// As written.
    pub phones: Map,
    pub addresses: Map,
    pub devices: Map,
    /// As written.
    pub call_ids: Map,
    pub tickets: Map,
    pub associations: Map,
    pub file_words: Map,
    /// Every stand-in for a secret, which is none itself.
    made: FxHashSet<String>,
    /// Everything that was found: no stand-in may look like it.
    taken: FxHashSet<String>,
    /// Numbers given to devices, dialogs and associations.
    used: FxHashSet<String>,
}

impl Names {
    pub fn of(found: &Found) -> Self {
        let mut names = Self { taken: taken(found), ..Self::default() };
        names.name_domains(found);
        names.name_labels(found);
        names.name_users(found);
        names.name_people(found);
        let mut number = 0;
        names.name_parts(found, &mut number);
        names.name_phones(found);
        names.name_addresses(found);
        names.devices = names.number_all(&found.devices);
        names.call_ids = names.number_all(&found.call_ids);
        names.associations = names.number_all(&found.associations);
        for (number, ticket) in (1..).zip(&found.tickets.list) {
            let stand_in = format!("stand-in-for-ticket-{number:06}");
            names.made.insert(stand_in.clone());
            names.tickets.insert(ticket.clone(), stand_in);
        }
        names.made.extend(names.associations.values().cloned());
        for word in &found.file_words.list {
            let is_named = [&names.users, &names.labels, &names.parts].iter().any(|map| map.contains_key(word));
            if !is_named {
                let stand_in = names.next("name", "", &mut number);
                names.file_words.insert(word.clone(), stand_in);
            }
        }
        names
    }

    /// True for what stands instead of a secret already.
    #[must_use]
    pub fn is_made(&self, text: &str) -> bool {
        self.made.contains(text)
    }

    /// The next name that looks like nothing that was found.
    fn next(&self, before: &str, after: &str, number: &mut u32) -> String {
        loop {
            *number += 1;
            let name = format!("{before}{number}");
            if !self.taken.contains(&name) {
                return format!("{name}{after}");
            }
        }
    }

    /// `contoso.com` and `CONTOSO` are one domain: the first label stands for it too.
    fn name_domains(&mut self, found: &Found) {
        let mut number = 0;
        let mut given: FxHashSet<String> = FxHashSet::default();
        for host in &found.hosts.list {
            let domain = hosts::registrable(host);
            if self.domains.contains_key(domain) {
                continue;
            }
            let label = domain.split('.').next().unwrap_or(domain);
            let bare = match self.labels.get(label) {
                Some(bare) if bare.starts_with("domain") => bare.clone(),
                _ => self.next("domain", "", &mut number),
            };
            // The same name under another end is another domain of the same company.
            let mut stand_in = format!("{bare}.example");
            if !given.insert(stand_in.clone()) {
                stand_in = self.next("domain", ".example", &mut number);
                given.insert(stand_in.clone());
            }
            if !words::is_common(label) && label.chars().count() > 2 {
                self.labels.entry(label.to_owned()).or_insert(bare);
            }
            self.domains.insert(domain.to_owned(), stand_in);
        }
    }

    fn name_labels(&mut self, found: &Found) {
        let (mut hosts, mut edges) = (0, 0);
        let of_hosts = found.hosts.list.iter().flat_map(|host| {
            let above = host.strip_suffix(hosts::registrable(host)).unwrap_or_default();
            above.split('.').filter(|label| !label.is_empty())
        });
        for label in of_hosts.chain(found.machines.list.iter().map(String::as_str)) {
            if self.labels.contains_key(label) || label.starts_with('_') {
                continue;
            }
            // Who reads the trace, and this program, tell an Edge by its name.
            let stand_in = if words::is_common(label) {
                label.to_owned()
            } else if label.contains("edge") {
                self.next("edge", "", &mut edges)
            } else {
                self.next("host", "", &mut hosts)
            };
            self.labels.insert(label.to_owned(), stand_in);
        }
    }

    fn name_users(&mut self, found: &Found) {
        let mut number = 0;
        for user in &found.users.list {
            let stand_in = match self.labels.get(user) {
                // A machine or a domain by that name was found as well: one word, one stand-in.
                Some(label) if label != user => label.clone(),
                _ => self.next("user", "", &mut number),
            };
            self.users.insert(user.clone(), stand_in);
        }
    }

    fn name_people(&mut self, found: &Found) {
        let mut number = 0;
        for (name, user) in &found.people {
            let lower = name.to_lowercase();
            if self.users.contains_key(&lower) || self.labels.contains_key(&lower) {
                continue;
            }
            let of_user =
                user.as_ref().and_then(|user| self.users.get(user)).and_then(|user| user.strip_prefix("user"));
            let stand_in = match of_user {
                Some(user) => format!("User {user}"),
                None => self.next("Name ", "", &mut number),
            };
            self.people.insert(lower, stand_in);
        }
    }

    /// `Welcome Anna` after `Anna Smith`: every word of a name that is no common one. What is longer is no name.
    fn name_parts(&mut self, found: &Found, number: &mut u32) {
        for (name, _) in &found.people {
            let words: Vec<String> = name
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(str::to_lowercase)
                .collect();
            for word in
                words.iter().filter(|word| words.len() < 7 && word.chars().count() > 2 && !words::is_common(word))
            {
                let is_named =
                    [&self.users, &self.labels, &self.people, &self.parts].iter().any(|map| map.contains_key(word));
                if !is_named {
                    let stand_in = self.next("name", "", number);
                    self.parts.insert(word.clone(), stand_in);
                }
            }
        }
    }

    /// Digits stand where digits stood: `+1 (425) 555-0177` and `+14255550177` are one number.
    fn name_phones(&mut self, found: &Found) {
        let mut known: Map = Map::default();
        let mut used: FxHashSet<String> = FxHashSet::default();
        for phone in &found.phones.list {
            let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
            let stand_in = known.entry(digits.clone()).or_insert_with(|| {
                let start = if digits.len() > 6 { "1555" } else { "" };
                let width = digits.len() - start.len();
                let free = (1u64..).map(|number| format!("{start}{number:0width$}"));
                let free = free.filter(|own| !self.taken.contains(own) && !used.contains(own));
                free.take(1_000_000).next().unwrap_or_default()
            });
            used.insert(stand_in.clone());
            let mut own = stand_in.chars();
            let mut written: String =
                phone.chars().map(|c| if c.is_ascii_digit() { own.next().unwrap_or('0') } else { c }).collect();
            written.extend(own);
            self.phones.insert(phone.clone(), written);
        }
    }

    /// Addresses for documentation (RFC 5737, RFC 3849) as far as they reach, then those for measurements (RFC 2544)
    /// and the reserved ones.
    fn name_addresses(&mut self, found: &Found) {
        let ranges: [(u32, u32); 5] = [
            (0xC000_0201, 254),
            (0xC633_6401, 254),
            (0xCB00_7101, 254),
            (0xC612_0001, 0x1_FFFE),
            (0xF000_0001, 0x0EFF_FFFF),
        ];
        let mut free = ranges.into_iter().flat_map(|(first, count)| first..first + count).map(Ipv4Addr::from);
        let mut free = free.by_ref().filter(|address| !self.taken.contains(&address.to_string()));
        let (mut number, mut known) = (0u128, FxHashMap::default());
        let taken: FxHashSet<Ipv6Addr> = found.addresses.list.iter().filter_map(|text| text.parse().ok()).collect();
        let mut addresses = Map::default();
        for text in &found.addresses.list {
            let stand_in = match text.parse::<Ipv6Addr>() {
                Err(_) => free.next().unwrap_or(Ipv4Addr::new(192, 0, 2, 255)).to_string(),
                Ok(address) => {
                    let own = known.entry(address).or_insert_with(|| {
                        loop {
                            number += 1;
                            let own = Ipv6Addr::from(0x2001_0DB8 << 96 | number);
                            if !taken.contains(&own) {
                                return own;
                            }
                        }
                    });
                    // A port may follow a whole address without brackets: all groups stay.
                    let groups = own.segments().map(|group| format!("{group:x}"));
                    if text.contains("::") { own.to_string() } else { groups.join(":") }
                }
            };
            addresses.insert(text.clone(), stand_in);
        }
        self.addresses = addresses;
    }

    /// Numbers in hexadecimal, as long as what they stand for, with hyphens and colons where these were.
    fn number_all(&mut self, all: &Ordered) -> Map {
        let mut map = Map::default();
        let mut number = 0u64;
        for id in &all.list {
            // The host of a Call-ID is replaced as any other host.
            let local = id.split('@').next().unwrap_or(id);
            let width = local.chars().filter(|c| c.is_alphanumeric()).count();
            let stand_in = loop {
                number += 1;
                let digits = format!("{number:0width$x}");
                let mut own = digits.chars();
                let mut written: String = match digits.len() {
                    length if length > width => String::new(),
                    _ => {
                        local.chars().map(|c| if c.is_alphanumeric() { own.next().unwrap_or('0') } else { c }).collect()
                    }
                };
                written.extend(own);
                if !self.taken.contains(&written) && self.used.insert(written.clone()) {
                    break written;
                }
            };
            map.insert(local.to_owned(), stand_in);
        }
        map
    }
}

/// Everything that was found, in lower case, hosts by their labels too.
fn taken(found: &Found) -> FxHashSet<String> {
    let lists = [
        &found.users,
        &found.machines,
        &found.addresses,
        &found.devices,
        &found.call_ids,
        &found.associations,
        &found.tickets,
        &found.file_words,
    ];
    let mut taken: FxHashSet<String> =
        lists.iter().flat_map(|list| &list.list).map(|word| word.to_lowercase()).collect();
    taken.extend(found.hosts.list.iter().flat_map(|host| host.split('.')).map(str::to_owned));
    taken.extend(found.people.iter().map(|(name, _)| name.to_lowercase()));
    let parts = found.people.iter().flat_map(|(name, _)| name.split(|c: char| !c.is_alphanumeric()));
    taken.extend(parts.map(str::to_lowercase));
    taken.extend(found.phones.list.iter().map(|phone| phone.chars().filter(char::is_ascii_digit).collect::<String>()));
    taken
}
