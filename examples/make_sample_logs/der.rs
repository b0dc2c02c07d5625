//! DER, the encoding of certificates and Kerberos tickets (X.690), as far as the stories need it.

use super::clock::Time;
use super::ids::Ids;

pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const NULL: u8 = 0x05;
pub const OBJECT_ID: u8 = 0x06;
pub const ENUMERATED: u8 = 0x0a;
pub const UTF8_STRING: u8 = 0x0c;
pub const UTC_TIME: u8 = 0x17;
pub const GENERALIZED_TIME: u8 = 0x18;
pub const GENERAL_STRING: u8 = 0x1b;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

/// A constructed, context-specific tag: `[n]`.
pub const fn context(n: u8) -> u8 {
    0xa0 | n
}

/// A constructed application tag: `[APPLICATION n]`.
pub const fn application(n: u8) -> u8 {
    0x60 | n
}

/// Tag, length, value.
pub fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = value.len();
    let mut out = vec![tag];
    match length {
        0..=0x7f => out.push(length as u8),
        0x80..=0xff => out.extend([0x81, length as u8]),
        _ => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend_from_slice(value);
    out
}

/// One element around several.
pub fn group(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    tlv(tag, &parts.concat())
}

const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
const SHA256_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];

/// The names and dates of a certificate; keys and signature are made up.
pub struct Certificate<'a> {
    pub subject: &'a str,
    pub issuer: &'a str,
    pub not_before: Time,
    pub not_after: Time,
    /// Hosts, and addresses with their scheme: `sip:anna@contoso.com`.
    pub alt_names: &'a [&'a str],
}

/// An X.509 certificate, readable but signed by nobody.
pub fn certificate(c: &Certificate<'_>, ids: &mut Ids) -> Vec<u8> {
    let algorithm = |oid: &[u8]| group(SEQUENCE, &[tlv(OBJECT_ID, oid), tlv(NULL, &[])]);
    let name = |text: &str| {
        let attribute = [tlv(OBJECT_ID, COMMON_NAME), tlv(UTF8_STRING, text.as_bytes())];
        group(SEQUENCE, &[group(SET, &[group(SEQUENCE, &attribute)])])
    };
    let bits = |content: &[u8]| tlv(BIT_STRING, &[&[0], content].concat());
    let positive = |ids: &mut Ids, count| {
        let mut number = ids.bytes(count);
        number.insert(0, 0x4a);
        tlv(INTEGER, &number)
    };
    let modulus = positive(ids, 255);
    let key = group(SEQUENCE, &[modulus, tlv(INTEGER, &[1, 0, 1])]);
    let dates = [tlv(UTC_TIME, c.not_before.asn1().as_bytes()), tlv(UTC_TIME, c.not_after.asn1().as_bytes())];
    let mut body = vec![
        group(context(0), &[tlv(INTEGER, &[2])]),
        positive(ids, 15),
        algorithm(SHA256_RSA),
        name(c.issuer),
        group(SEQUENCE, &dates),
        name(c.subject),
        group(SEQUENCE, &[algorithm(RSA), bits(&key)]),
    ];
    if !c.alt_names.is_empty() {
        let names: Vec<_> =
            c.alt_names.iter().map(|name| tlv(if name.contains(':') { 0x86 } else { 0x82 }, name.as_bytes())).collect();
        let value = tlv(OCTET_STRING, &group(SEQUENCE, &names));
        let extension = group(SEQUENCE, &[tlv(OBJECT_ID, SUBJECT_ALT_NAME), value]);
        body.push(tlv(context(3), &group(SEQUENCE, &[extension])));
    }
    let body = group(SEQUENCE, &body);
    let signature = bits(&ids.bytes(256));
    group(SEQUENCE, &[body, algorithm(SHA256_RSA), signature])
}
