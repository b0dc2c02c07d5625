//! Puts stand-ins in the place of what they stand for, in one text.

use super::escapes::Plain;
use super::fields::{self, Field, Form};
use super::learn::Found;
use super::names::Names;
use super::numbers::is_escaped;
use super::secrets::{self, SecretKind};
use super::token::{self, NameKind};
use super::{base64, hosts, structure, words};
use aho_corasick::AhoCorasick;
use regex::{Captures, Regex};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

/// Finds all names at once, and knows what stands for each.
#[derive(Debug)]
pub struct Replacer {
    pub names: Names,
    automaton: Option<AhoCorasick>,
    literals: Vec<Literal>,
}

#[derive(Debug)]
struct Literal {
    stand_in: String,
    place: Place,
}

/// Where a literal counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Word,
    /// Also inside a longer word.
    Anywhere,
    /// Not in a longer run of numbers and dots.
    Address,
}

patterns! {
    CALL_ID = r#"(?i)((?:^|[\s"])(?:SIP-)?call[-‐-―]?id["]?\s*[:=]\s*"?|^[>\s]*i\s*:\s*)([^\s",;<>@]+)"#;
    DEVICE = r#"(?i)(\bepid\s*=\s*"?|\bopaque=(?:user:epid|app:conf:[\w-]+:id):|\burn:uuid:|\b(?:device-?id|machine-?id|hardware-?id|instance-?guid|object-?guid|mac(?:-?address)?)\s*[=:]\s*"?)([\w:-]+)"#;
    NUMBER = r"[0-9A-Za-z]{8,}(?:-[0-9A-Za-z]+)*";
    EXTENSION = r"(?i)(;ext=)([0-9]{2,8})";
    ADDRESS = r"(?i)((?:^|[^\p{L}\p{N}._+'~%-]|%[0-9a-f]{2}))([\p{L}\p{N}._+'~-]+)(?:@|%40)";
    NUMBER_IN_ADDRESS = r"(?i)(\b(?:sips?|tel)(?::|%3a))(\+?[0-9][0-9().-]*)";
    HARDWARE = r"\b((?:[0-9A-Fa-f]{2}[:-]){5})([0-9A-Fa-f]{2})\b";
    HEXADECIMAL = r"\b(?:[0-9A-Fa-f]{2}){6,}\b";
    // With what stands before a token: tokens are rebuilt already, and stand-ins in them may look like names.
    BASE64 = r#"(?i)(gssapi[-‐-―]data\s*=\s*["“”„]?|\b(?:Negotiate|NTLM|Kerberos|TLS-DSK)\s+)?([0-9A-Za-z+/]{12,}={0,2})"#;
}

impl Replacer {
    pub fn new(found: &Found, names: Names) -> Self {
        let mut patterns: Vec<String> = Vec::new();
        let mut literals = Vec::new();
        let mut add = |pattern: &str, stand_in: &str, place: Place| {
            for written in in_any_case(pattern) {
                patterns.push(written);
                literals.push(Literal { stand_in: stand_in.to_owned(), place });
            }
        };
        for (domain, stand_in) in sorted(&names.domains) {
            add(domain, stand_in, Place::Word);
        }
        for (label, stand_in) in sorted(&names.labels) {
            let is_company = stand_in.starts_with("domain") && label.len() > 5 && !words::is_part_of_common(label);
            if is_company {
                add(label, stand_in, Place::Anywhere);
            } else if stand_in != label && stands_alone(label) {
                add(label, stand_in, Place::Word);
            }
        }
        // A label too short to be found alone is found with its domain.
        for host in &found.hosts.list {
            let domain = hosts::registrable(host);
            let above = host.strip_suffix(domain).unwrap_or_default().trim_end_matches('.');
            if above.split('.').any(|label| names.labels.contains_key(label) && !stands_alone(label)) {
                let label = |label: &str| names.labels.get(label).cloned().unwrap_or_else(|| label.to_owned());
                let above = above.split('.').map(label).collect::<Vec<_>>().join(".");
                let domain = names.domains.get(domain).map_or(domain, String::as_str);
                add(host, &format!("{above}.{domain}"), Place::Word);
            }
        }
        for (user, stand_in) in sorted(&names.users) {
            if stands_alone(user) && !names.labels.contains_key(user) {
                add(user, stand_in, Place::Word);
            }
        }
        for (person, stand_in) in sorted(&names.people).into_iter().chain(sorted(&names.parts)) {
            add(person, stand_in, Place::Word);
        }
        for (phone, stand_in) in sorted(&names.phones) {
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            if phone.starts_with('+') || digits(phone).len() > 6 {
                add(phone, stand_in, Place::Word);
            }
            if digits(phone).len() < phone.len() && digits(phone).len() > 6 {
                add(phone.trim_start_matches('+'), stand_in.trim_start_matches('+'), Place::Word);
                add(&digits(phone), &digits(stand_in), Place::Word);
            }
        }
        for (address, stand_in) in sorted(&names.addresses) {
            add(address, stand_in, Place::Address);
            for sign in ["-", "_"].iter().filter(|_| !address.contains(':')) {
                add(&address.replace('.', sign), &stand_in.replace('.', sign), Place::Address);
            }
        }
        let automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(&patterns).ok();
        Self { names, automaton, literals }
    }

    /// A text of any number of lines. As many come out as go in.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let text = secrets::replace(text, &mut |kind, value| self.secret(kind, value));
        let mut own = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let (prefix, rest) = line.split_at_checked(structure::prefix_end(line)).unwrap_or(("", line));
            own += &self.prefix(prefix);
            own += &self.plain(rest);
        }
        own
    }

    fn secret(&self, kind: SecretKind, value: &str) -> String {
        let found = |map: &rustc_hash::FxHashMap<String, String>, none: &str| {
            if self.names.is_made(value) {
                value.to_owned()
            } else {
                map.get(value).map_or(none, String::as_str).to_owned()
            }
        };
        // What is folded already is no secret.
        if value.starts_with('[') && value.ends_with(" characters]") {
            return value.to_owned();
        }
        match kind {
            SecretKind::Token => token::rebuild(value, &mut |kind, name| self.rename(kind, name)),
            SecretKind::Signature => value.chars().map(|c| if c.is_alphanumeric() { '0' } else { c }).collect(),
            SecretKind::Association => found(&self.names.associations, "0"),
            SecretKind::Ticket => found(&self.names.tickets, "stand-in-for-ticket-000000"),
            _ => format!("[{} of {} characters]", kind.word(), value.chars().count()),
        }
    }

    /// A name in a token.
    fn rename(&self, kind: NameKind, name: &str) -> String {
        let lower = name.to_lowercase();
        let (users, labels) = (self.names.users.get(&lower), self.names.labels.get(&lower));
        let found = match kind {
            NameKind::User => users.or(labels),
            NameKind::Domain | NameKind::Machine => labels.or(users),
            NameKind::Dns | NameKind::InStructure => None,
        };
        match found {
            Some(stand_in) => in_case_of(name, stand_in),
            None => self.plain(name),
        }
    }

    /// The prefix of a record: machine and pool are the only names in it.
    fn prefix(&self, prefix: &str) -> String {
        let Some((before, rest)) = prefix.split_once('[').filter(|_| prefix.contains("TL_")) else {
            return prefix.to_owned();
        };
        let (origin, after) = rest.split_once(']').unwrap_or((rest, ""));
        let origin = origin.split('\\').map(|name| self.machine(name)).collect::<Vec<_>>().join("\\");
        format!("{before}[{origin}]{after}")
    }

    /// A name of a machine or a pool that stands alone.
    fn machine(&self, name: &str) -> String {
        match self.names.labels.get(&name.to_lowercase()) {
            Some(stand_in) => in_case_of(name, stand_in),
            None => self.plain(name),
        }
    }

    /// Text without secrets and prefix.
    fn plain(&self, text: &str) -> String {
        let text = self.ids(text);
        let text = self.short_names(&text);
        let text = self.literals(&text).unwrap_or_else(|| text.into_owned());
        self.hidden(text)
    }

    /// Devices and dialogs.
    fn ids<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        if text.contains(['=', ':']) {
            let device = |id: &str| self.names.devices.get(&id.to_lowercase()).map(|own| in_case_of(id, own));
            text = second_group(&CALL_ID, text, |id| self.names.call_ids.get(id).cloned());
            text = second_group(&DEVICE, text, device);
            text = replace_all(&HARDWARE, text, |found| device(found.get(0)?.as_str()));
        }
        let lookup = |id: &str| {
            let device = || self.names.devices.get(&id.to_lowercase()).map(|own| in_case_of(id, own));
            self.names.call_ids.get(id).cloned().or_else(device)
        };
        replace_all(&NUMBER, text, |found| {
            let token = found.get(0)?.as_str();
            let is_made = self.names.is_made(token);
            if is_made
                || words::is_of_formats(token)
                || token.bytes().all(|byte| byte.is_ascii_digit()) && token.len() < 12
            {
                return None;
            }
            lookup(token).or_else(|| {
                let parts: Vec<Option<String>> =
                    token.split('-').map(|part| lookup(part).filter(|_| part.len() > 7)).collect();
                if parts.iter().all(Option::is_none) {
                    return None;
                }
                let written = token.split('-').zip(parts).map(|(part, own)| own.unwrap_or_else(|| part.to_owned()));
                Some(written.collect::<Vec<_>>().join("-"))
            })
        })
    }

    /// Users whose names are common words or too short to be found alone: in addresses and fields of accounts only.
    fn short_names<'a>(&self, text: &Cow<'a, str>) -> Cow<'a, str> {
        let user = |name: &str| {
            let lower = name.to_lowercase();
            self.names.users.get(&lower).filter(|own| !stands_alone(&lower) && **own != lower).cloned()
        };
        let mut text = text.clone();
        if text.contains('@') || text.contains("%40") {
            text = second_group(&ADDRESS, text, user);
        }
        text = self.short_fields(text, user);
        if text.contains(':') {
            text = second_group(&NUMBER_IN_ADDRESS, text, |number| self.names.phones.get(number).cloned());
        }
        if text.contains(";ext=") {
            text = second_group(&EXTENSION, text, |number| self.names.phones.get(number).cloned());
        }
        text
    }

    /// Such users and short numbers in the fields that are theirs.
    fn short_fields<'a>(&self, text: Cow<'a, str>, user: impl Fn(&str) -> Option<String>) -> Cow<'a, str> {
        let mut own = String::new();
        let mut at = 0;
        for value in fields::assigned(&text) {
            let written = text.get(value.range.clone()).unwrap_or_default();
            let name = written.rsplit('\\').next().unwrap_or(written);
            let stand_in = match (value.field, value.form) {
                (Field::User, Form::Quoted) => user(name),
                (Field::Phone, _) => self.names.phones.get(name).cloned(),
                _ => None,
            };
            if let Some(stand_in) = stand_in.filter(|_| value.range.start >= at) {
                own += text.get(at..value.range.end - name.len()).unwrap_or_default();
                own += &stand_in;
                at = value.range.end;
            }
        }
        if at == 0 {
            return text;
        }
        own += text.get(at..).unwrap_or_default();
        Cow::Owned(own)
    }

    /// Every name that stands where it counts; of two that begin at one place the longer one. `None` where there are
    /// none.
    pub fn literals(&self, text: &str) -> Option<String> {
        let mut hits = self.hits(text);
        // Names that are escaped are found in what is meant.
        if let Some(meant) = Plain::of(text) {
            let found = self.hits(&meant.text).into_iter();
            hits.extend(found.filter_map(|(range, literal)| Some((meant.written(&range)?, literal))));
        }
        if hits.is_empty() {
            return None;
        }
        hits.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let protected = structure::protected(text);
        let mut own = String::with_capacity(text.len() + 64);
        let mut at = 0;
        for (range, literal) in hits {
            if range.start < at || structure::touches(&protected, &range) {
                continue;
            }
            own += text.get(at..range.start).unwrap_or_default();
            let written = text.get(range.clone()).unwrap_or_default();
            let stand_in = in_case_of(written, &literal.stand_in);
            own += &if written.contains('%') { stand_in.replace(' ', "%20") } else { stand_in };
            at = range.end;
        }
        own += text.get(at..).unwrap_or_default();
        Some(own)
    }

    fn hits(&self, text: &str) -> Vec<(Range<usize>, &Literal)> {
        let automaton = self.automaton.iter();
        let hits = automaton.flat_map(|automaton| automaton.find_overlapping_iter(text));
        let hits = hits.filter_map(|hit| Some((hit.range(), self.literals.get(hit.pattern().as_usize())?)));
        hits.filter(|(range, literal)| stands_free(text, range.start, range.end, literal.place)).collect()
    }

    /// Names that are written in numbers: in base64 or hexadecimal.
    fn hidden(&self, text: String) -> String {
        let holds = |bytes: &[u8]| {
            let automaton = self.automaton.as_ref()?;
            automaton.find_overlapping_iter(bytes).find(|hit| hit.len() > 3).map(|_| ())
        };
        let text = replace_all(&HEXADECIMAL, Cow::Owned(text), |found| {
            let digits = found.get(0)?.as_str();
            let values: Vec<u8> = digits.chars().filter_map(|c| c.to_digit(16)).map(|digit| digit as u8).collect();
            let bytes: Vec<u8> = values.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect();
            holds(&bytes).map(|()| "0".repeat(digits.len()))
        });
        replace_all(&BASE64, text, |found| {
            let digits = found.get(2).filter(|_| found.get(1).is_none())?.as_str();
            let (bytes, _) = base64::decode(digits);
            // UTF-16 reads as text once its zeros are left out.
            let narrow: Vec<u8> = bytes.iter().copied().filter(|&byte| byte != 0).collect();
            (holds(&bytes).is_some() || holds(&narrow).is_some()).then(|| "A".repeat(digits.len()))
        })
        .into_owned()
    }
}

/// A name as it is, and where it has letters that are not of ASCII, in the ways that people write it.
fn in_any_case(name: &str) -> Vec<String> {
    let mut all = vec![name.to_owned()];
    if !name.is_ascii() {
        let mut starts = true;
        let capitals = name.chars().flat_map(|c| {
            let is_first = std::mem::replace(&mut starts, !c.is_alphanumeric());
            if is_first { c.to_uppercase().collect::<Vec<_>>() } else { vec![c] }
        });
        let capitals = capitals.collect();
        all.extend([capitals, name.to_uppercase()]);
        all.dedup();
    }
    all
}

/// In an order that does not change from run to run.
fn sorted(map: &rustc_hash::FxHashMap<String, String>) -> Vec<(&String, &String)> {
    let mut all: Vec<_> = map.iter().collect();
    all.sort_unstable();
    all
}

/// True for a name that means the same wherever it stands.
fn stands_alone(name: &str) -> bool {
    name.chars().count() > 2 && !words::is_common(name)
}

/// As many capitals as there were: `FE01` becomes `HOST1`.
fn in_case_of(written: &str, stand_in: &str) -> String {
    let has = |is: fn(char) -> bool| written.chars().any(is);
    if has(char::is_uppercase) && !has(char::is_lowercase) { stand_in.to_uppercase() } else { stand_in.to_owned() }
}

/// No letter and no number goes on before or after a name.
fn stands_free(text: &str, start: usize, end: usize, place: Place) -> bool {
    let (Some(before), Some(after)) = (text.get(..start), text.get(end..)) else { return false };
    let (last, next) = (before.chars().next_back(), after.chars().next());
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    match place {
        Place::Anywhere => true,
        Place::Word => (!is_word(last) || is_escaped(before)) && !is_word(next),
        Place::Address => {
            let number_after = after.get(1..2).is_some_and(|byte| byte.bytes().all(|byte| byte.is_ascii_digit()));
            // `IP192.0.2.1`; but `v4.0.0.1` is a version.
            let is_label = last.is_some_and(|c| c.is_ascii_alphabetic() && !c.eq_ignore_ascii_case(&'v'));
            (!is_word(last) && last != Some('.') || is_escaped(before) || is_label)
                && !is_word(next)
                && !(next == Some('.') && number_after)
        }
    }
}

/// Replaces the second group of a pattern where something stands for it.
fn second_group<'a>(
    pattern: &'static LazyLock<Option<Regex>>,
    text: Cow<'a, str>,
    with: impl Fn(&str) -> Option<String>,
) -> Cow<'a, str> {
    replace_all(pattern, text, |found| {
        let (whole, own) = (found.get(0)?, found.get(2)?);
        let stand_in = with(own.as_str())?;
        let (before, after) = (own.start() - whole.start(), own.end() - whole.start());
        let (whole, before) = (whole.as_str(), whole.as_str().get(..before)?);
        Some(format!("{before}{stand_in}{}", whole.get(after..)?))
    })
}

fn replace_all<'a>(
    pattern: &'static LazyLock<Option<Regex>>,
    text: Cow<'a, str>,
    with: impl Fn(&Captures<'_>) -> Option<String>,
) -> Cow<'a, str> {
    let mut own = String::new();
    let mut at = 0;
    // Most lines hold none, and looking costs less than reading.
    let Some(pattern) = pattern.as_ref().filter(|pattern| pattern.is_match(&text)) else { return text };
    for found in pattern.captures_iter(&text) {
        let (Some(whole), Some(new)) = (found.get(0), with(&found)) else { continue };
        own += text.get(at..whole.start()).unwrap_or_default();
        own += &new;
        at = whole.end();
    }
    if at == 0 {
        return text;
    }
    own += text.get(at..).unwrap_or_default();
    Cow::Owned(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replacer(text: &str) -> Replacer {
        let mut found = Found::default();
        found.learn(text);
        found.settle();
        let names = Names::of(&found);
        Replacer::new(&found, names)
    }

    #[test]
    fn one_name_has_one_stand_in_everywhere() {
        let log = "From: \"Anna Smith\"<sip:anna@contoso.com>;tag=1;epid=0fbb2a5a8c\n\
            Peer: fe01.contoso.com:5061\nCall-ID: 55407222c8a022cb4ddc35876163c41d\n";
        let own = replacer(log);
        let cases = [
            (
                "\"Anna Smith\"<sip:Anna@Contoso.com:5061>;epid=0FBB2A5A8C",
                "\"User 1\"<sip:user1@domain1.example:5061>;epid=0000000001",
            ),
            ("sipuri=sip%3aanna%40contoso.com&x", "sipuri=sip%3auser1%40domain1.example&x"),
            ("CONTOSO\\anna on FE01 (Smith, Anna)", "DOMAIN1\\user1 on HOST1 (User 1)"),
            ("ContosoPool savannah annas fe01s", "domain1Pool savannah annas fe01s"),
            ("_sip._tls.contoso.com and x.contoso.community", "_sip._tls.domain1.example and x.domain1.community"),
            ("SIP-Call-ID: 55407222c8a022cb4ddc35876163c41d", "SIP-Call-ID: 00000000000000000000000000000001"),
            ("x %61nna y", "x user1 y"),
        ];
        for (text, wanted) in cases {
            assert_eq!(own.text(text), wanted);
        }
    }

    #[test]
    fn common_words_and_short_names_change_only_where_they_are_names() {
        let own = replacer("To: <sip:info@a1.contoso.com>\nTo: <sip:me@contoso.com>\nuser=\"call\"\n");
        assert_eq!(
            own.text("INFO info: call me@contoso.com, info@a1.contoso.com"),
            "INFO info: call user2@domain1.example, user1@host1.domain1.example"
        );
        assert_eq!(own.text("user=\"call\" A1"), "user=\"user3\" A1");
    }

    #[test]
    fn the_prefix_of_a_record_stays() {
        let own = replacer("[x\\FE01] Peer: fe01.contoso.com\nContact: <sip:c74@contoso.com>\n");
        for (text, wanted) in [
            (
                "11/20/2024|14:21:21.071 FE01:C74 INFO  :: c74 fe01",
                "11/20/2024|14:21:21.071 FE01:C74 INFO  :: user1 host1",
            ),
            (
                "TL_INFO(TF_PROTOCOL) [POOL\\FE01]1E6C.FE01::11/20/2024-13:21:21.118.0000A2B3 (SIPStack,A::fe01:c.cpp(265)) [2] fe01",
                "TL_INFO(TF_PROTOCOL) [POOL\\HOST1]1E6C.FE01::11/20/2024-13:21:21.118.0000A2B3 (SIPStack,A::fe01:c.cpp(265)) [2] host1",
            ),
        ] {
            assert_eq!(own.text(text), wanted);
        }
    }

    #[test]
    fn schemas_stay_and_hidden_names_do_not() {
        let own = replacer("From: <sip:rtcfan@contoso.com>");
        let schema = "xmlns=\"http://schemas.microsoft.com/rtcfan/x\"";
        assert_eq!(own.text(schema), schema);
        let hidden = base64::encode(b"\x01\x02 who: rtcfan@contoso.com \x03");
        assert_eq!(
            own.text(&hidden),
            "A".repeat(hidden.trim_end_matches('=').len())
                + &"A".repeat(hidden.len() - hidden.trim_end_matches('=').len())
        );
    }
}
