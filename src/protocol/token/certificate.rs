//! X.509 certificates (RFC 5280 4.1): whose, by whom, and until when. Keys and signatures are passed over.

use super::der::{self, Element, context};
use crate::protocol::facts::{Fact, Facts, utc};
use crate::protocol::lines::to_text;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    pub subject: DistinguishedName,
    pub issuer: DistinguishedName,
    /// In hexadecimal, as certificate stores show it.
    pub serial: Option<String>,
    /// Milliseconds since 1970.
    pub not_before: Option<i64>,
    pub not_after: Option<i64>,
    pub alternative_names: Vec<AlternativeName>,
    /// It ends before its length says.
    pub is_cut: bool,
}

/// A name of several attributes (RFC 4514).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DistinguishedName {
    pub common_name: Option<String>,
    /// All of it, as `CN=fe01.contoso.com, O=Contoso`.
    pub text: String,
}

/// A name in the extension `subjectAltName` (RFC 5280 4.2.1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlternativeName {
    Dns(String),
    Uri(String),
    Email(String),
}

/// No certificate needs more of each.
const MOST_ATTRIBUTES: usize = 32;
const MOST_EXTENSIONS: usize = 64;
const MOST_NAMES: usize = 1000;

const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];

impl Certificate {
    /// Reads a certificate as far as it goes. `None` where the bytes do not start like one.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let outer = der::first(bytes).filter(|outer| outer.tag == der::SEQUENCE)?;
        let body = outer.inner(der::SEQUENCE)?;
        let mut certificate = Self { is_cut: outer.is_cut, ..Self::default() };
        let mut parts = body.elements().peekable();
        parts.next_if(|version| version.tag == context(0));
        certificate.serial = parts.next().filter(|serial| serial.tag == der::INTEGER).map(|serial| hex(serial.content));
        let mut named = parts.skip(1).filter(|part| part.tag == der::SEQUENCE);
        certificate.issuer = named.next().map(|name| DistinguishedName::read(&name)).unwrap_or_default();
        if let Some(validity) = named.next() {
            let mut moments = validity.elements().map(|moment| moment.moment());
            certificate.not_before = moments.next().flatten();
            certificate.not_after = moments.next().flatten();
        }
        certificate.subject = named.next().map(|name| DistinguishedName::read(&name)).unwrap_or_default();
        certificate.alternative_names = alternative_names(&body);
        Some(certificate)
    }

    /// The name that a person knows it by: the subject's common name, or its whole name, or the first other name.
    #[must_use]
    pub fn name(&self) -> &str {
        let first = self.alternative_names.first().map(AlternativeName::text);
        let whole = Some(self.subject.text.as_str()).filter(|text| !text.is_empty());
        self.subject.common_name.as_deref().or(whole).or(first).unwrap_or_default()
    }

    /// Whether a host or an address is among its names; `*.contoso.com` stands for one label (RFC 6125 6.4.3).
    #[must_use]
    pub fn is_for(&self, host: &str) -> bool {
        let others = self.alternative_names.iter().map(AlternativeName::text);
        self.subject.common_name.as_deref().into_iter().chain(others).any(|name| {
            let rest_of_host = host.split_once('.').map(|(_, rest)| rest);
            let any_label = name.strip_prefix("*.").zip(rest_of_host);
            name.eq_ignore_ascii_case(host) || any_label.is_some_and(|(name, host)| name.eq_ignore_ascii_case(host))
        })
    }

    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Facts::default();
        facts.add("Subject", &self.subject.text);
        facts.add("Issuer", &self.issuer.text);
        facts.add_some("Valid from", self.not_before.map(utc));
        facts.add_some("Valid until", self.not_after.map(utc));
        let others: Vec<_> = self.alternative_names.iter().map(AlternativeName::text).collect();
        facts.add("Other names", others.join(", "));
        facts.add_some("Serial number", self.serial.as_ref());
        facts.done()
    }
}

impl AlternativeName {
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Dns(text) | Self::Uri(text) | Self::Email(text) => text,
        }
    }
}

impl DistinguishedName {
    /// The attributes stand from the widest to the closest; people read them the other way round (RFC 4514 2.1).
    fn read(name: &Element<'_>) -> Self {
        let attributes: Vec<_> = name
            .elements()
            .take(MOST_ATTRIBUTES)
            .filter(|set| set.tag == der::SET)
            .flat_map(|set| set.elements().take(MOST_ATTRIBUTES))
            .filter_map(|attribute| {
                let mut parts = attribute.elements();
                Some((parts.next()?.object_id()?, parts.next()?.text()))
            })
            .take(MOST_ATTRIBUTES)
            .collect();
        let common_name = attributes.iter().rev().find(|(id, _)| id == "2.5.4.3").map(|(_, value)| value.clone());
        let text: Vec<_> = attributes
            .iter()
            .rev()
            .map(|(id, value)| format!("{}={}", attribute_name(id), value.replace(',', "\\,")))
            .collect();
        Self { common_name, text: text.join(", ") }
    }
}

/// RFC 4514 3, and those that Windows adds.
fn attribute_name(id: &str) -> &str {
    match id {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "SERIALNUMBER",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "T",
        "2.5.4.42" => "G",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "E",
        other => other,
    }
}

fn alternative_names(body: &Element<'_>) -> Vec<AlternativeName> {
    let extensions = body.find(context(3)).and_then(|wrapped| wrapped.inner(der::SEQUENCE));
    let is_names =
        |extension: &Element<'_>| extension.inner(der::OBJECT_ID).map(|id| id.content) == Some(SUBJECT_ALT_NAME);
    let names = extensions
        .and_then(|list| list.elements().take(MOST_EXTENSIONS).find(is_names))
        .and_then(|extension| extension.find(der::OCTET_STRING))
        .and_then(|value| value.inner(der::SEQUENCE));
    let read = |name: Element<'_>| match name.tag {
        0x81 => Some(AlternativeName::Email(to_text(name.content))),
        0x82 => Some(AlternativeName::Dns(to_text(name.content))),
        0x86 => Some(AlternativeName::Uri(to_text(name.content))),
        _ => None,
    };
    names.map(|names| names.elements().take(MOST_NAMES).filter_map(read).collect()).unwrap_or_default()
}

/// Serial numbers are positive; a zero that only says so is left out. They take at most 20 bytes (RFC 5280 4.1.2.2).
fn hex(number: &[u8]) -> String {
    let digits = number.strip_prefix(&[0]).unwrap_or(number);
    digits.iter().take(32).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::made::{clock, der as made, ids::Ids};
    use super::*;

    fn certificate(alt_names: &[&str]) -> Vec<u8> {
        let made = made::Certificate {
            subject: "fe01.contoso.com",
            issuer: "Contoso Issuing CA",
            not_before: clock::at(0, 0, 0, 0) - 86_400_000,
            not_after: clock::at(13, 21, 21, 0),
            alt_names,
        };
        made::certificate(&made, &mut Ids::for_story("test"))
    }

    #[test]
    fn names_and_dates() {
        let bytes = certificate(&["fepool01.contoso.com", "sip:anna@contoso.com", "*.lync.contoso.com"]);
        let read = Certificate::read(&bytes).expect("a certificate");
        assert_eq!(read.subject.common_name.as_deref(), Some("fe01.contoso.com"));
        assert_eq!(read.issuer.text, "CN=Contoso Issuing CA");
        assert_eq!(read.not_after, Some(clock::at(13, 21, 21, 0).0));
        assert_eq!(read.alternative_names[1], AlternativeName::Uri("sip:anna@contoso.com".to_owned()));
        assert_eq!(read.serial.as_ref().map(String::len), Some(32));
        assert!(!read.is_cut);
        assert!(read.facts().contains(&("Valid until", "2024-11-20 13:21:21 UTC".to_owned())));
        for (host, is_for) in [
            ("FE01.contoso.com", true),
            ("fepool01.contoso.com", true),
            ("web.lync.contoso.com", true),
            ("a.b.lync.contoso.com", false),
            ("fe02.contoso.com", false),
        ] {
            assert_eq!(read.is_for(host), is_for, "{host}");
        }
    }

    #[test]
    fn a_certificate_that_is_cut_in_its_key() {
        let bytes = certificate(&["fepool01.contoso.com"]);
        let read = Certificate::read(&bytes[..250]).expect("a certificate");
        assert!(read.is_cut && read.alternative_names.is_empty());
        assert_eq!(read.name(), "fe01.contoso.com");
    }

    #[test]
    fn a_name_of_several_attributes() {
        let element = |tag: u8, content: &[u8]| made::tlv(tag, content);
        let attribute = |id: &[u8], value: &[u8]| {
            let pair = [element(der::OBJECT_ID, id), element(0x13, value)].concat();
            element(der::SET, &element(der::SEQUENCE, &pair))
        };
        let bytes = element(
            der::SEQUENCE,
            &[attribute(&[0x55, 4, 10], b"Contoso, Ltd"), attribute(&[0x55, 4, 3], b"fe01.contoso.com")].concat(),
        );
        let name = DistinguishedName::read(&der::first(&bytes).expect("a name"));
        assert_eq!(name.text, "CN=fe01.contoso.com, O=Contoso\\, Ltd");
    }
}
