//! The tokens of the three sign-in packages, base64-encoded as `gssapi-data` carries them.
//!
//! Their outside is real (NTLMSSP, Kerberos AP-REQ, TLS records), so that a decoder finds names and dates;
//! what would be secret inside them is made up.

use super::clock::Time;
use super::der::{self, Certificate, application, context, group, tlv};
use super::ids::{Ids, base64};

/// Unicode, target, sign, datagram, NTLM, always sign, extended session security, target info, version,
/// 128 bit, key exchange, 56 bit ([MS-NLMP] 2.2.2.5).
const NTLM_FLAGS: u32 = 0xe289_8255;
/// Windows 10, NTLM revision 15.
const NTLM_VERSION: [u8; 8] = [10, 0, 0x61, 0x4a, 0, 0, 0, 15];

/// The client's offer (type 1): no names, only what it can do.
pub fn ntlm_negotiate() -> String {
    let mut out = b"NTLMSSP\0\x01\0\0\0".to_vec();
    out.extend((NTLM_FLAGS & !0x0080_0000).to_le_bytes());
    out.extend([0; 16]);
    out.extend(NTLM_VERSION);
    base64(&out)
}

/// The server's challenge (type 2), with its names and its clock.
pub fn ntlm_challenge(at: Time, domain: &str, dns_domain: &str, server: &str, ids: &mut Ids) -> String {
    base64(&ntlm_challenge_bytes(at, domain, dns_domain, server, ids))
}

pub fn ntlm_challenge_bytes(at: Time, domain: &str, dns_domain: &str, server: &str, ids: &mut Ids) -> Vec<u8> {
    let info = target_info(at, domain, dns_domain, server);
    let name = utf16(domain);
    let payload = 56;
    let mut out = b"NTLMSSP\0\x02\0\0\0".to_vec();
    out.extend(field(name.len(), payload));
    out.extend(NTLM_FLAGS.to_le_bytes());
    out.extend(ids.bytes(8));
    out.extend([0; 8]);
    out.extend(field(info.len(), payload + name.len()));
    out.extend(NTLM_VERSION);
    out.extend(name);
    out.extend(info);
    out
}

/// Who answers an NTLM challenge.
pub struct NtlmUser<'a> {
    pub domain: &'a str,
    pub user: &'a str,
    pub workstation: &'a str,
}

/// The client's answer (type 3, `NTLMv2`), with user and workstation.
pub fn ntlm_answer(at: Time, who: &NtlmUser<'_>, server: &str, ids: &mut Ids) -> String {
    let lm = vec![0; 24];
    let mut nt = ids.bytes(16);
    nt.extend([1, 1, 0, 0, 0, 0, 0, 0]);
    nt.extend(at.filetime().to_le_bytes());
    nt.extend(ids.bytes(8));
    nt.extend([0; 4]);
    nt.extend(target_info(at, who.domain, "contoso.com", server));
    nt.extend([0; 4]);
    let key = ids.bytes(16);
    ntlm_answer_of(NTLM_FLAGS, who, lm, nt, key, ids)
}

/// Flags of a device that knows neither 128 bit nor extended session security.
const OLD_NTLM_FLAGS: u32 = NTLM_FLAGS & !0x2008_0000;

/// The answer of an old device (type 3, `NTLMv1`).
pub fn old_ntlm_answer(who: &NtlmUser<'_>, ids: &mut Ids) -> String {
    let (lm, nt, key) = (ids.bytes(24), ids.bytes(24), ids.bytes(16));
    ntlm_answer_of(OLD_NTLM_FLAGS, who, lm, nt, key, ids)
}

fn ntlm_answer_of(flags: u32, who: &NtlmUser<'_>, lm: Vec<u8>, nt: Vec<u8>, key: Vec<u8>, ids: &mut Ids) -> String {
    let names = [utf16(who.domain), utf16(who.user), utf16(who.workstation)];
    let mut offset = 88;
    let mut place = |length: usize| {
        let here = field(length, offset);
        offset += length;
        here
    };
    let [domain, user, workstation] = &names;
    let domain_field = place(domain.len());
    let user_field = place(user.len());
    let workstation_field = place(workstation.len());
    let lm_field = place(lm.len());
    let nt_field = place(nt.len());
    let key_field = place(key.len());

    let mut out = b"NTLMSSP\0\x03\0\0\0".to_vec();
    for part in [lm_field, nt_field, domain_field, user_field, workstation_field, key_field] {
        out.extend(part);
    }
    out.extend(flags.to_le_bytes());
    out.extend(NTLM_VERSION);
    out.extend(ids.bytes(16));
    for part in names {
        out.extend(part);
    }
    out.extend(lm);
    out.extend(nt);
    out.extend(key);
    base64(&out)
}

fn target_info(at: Time, domain: &str, dns_domain: &str, server: &str) -> Vec<u8> {
    let host = server.split('.').next().unwrap_or(server);
    let pairs = [
        (2_u16, utf16(domain)),
        (1, utf16(&host.to_ascii_uppercase())),
        (4, utf16(dns_domain)),
        (3, utf16(server)),
        (5, utf16(dns_domain)),
        (7, at.filetime().to_le_bytes().to_vec()),
        (0, Vec::new()),
    ];
    let mut out = Vec::new();
    for (kind, value) in pairs {
        out.extend(kind.to_le_bytes());
        out.extend((value.len() as u16).to_le_bytes());
        out.extend(value);
    }
    out
}

/// Length, room and offset of a payload field.
fn field(length: usize, offset: usize) -> Vec<u8> {
    let length = (length as u16).to_le_bytes();
    let mut out = [length, length].concat();
    out.extend((offset as u32).to_le_bytes());
    out
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

const KRB5: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02];
/// Kerberos as Windows 2000 numbered it, which Windows offers first to this day.
const KRB5_OF_WINDOWS_2000: &[u8] = &[0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02];
const NTLM: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a];
const SPNEGO: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x02];

/// A Kerberos AP-REQ in its GSS-API wrapping, for the service `sip/<server>` (RFC 4120 5.5.1, RFC 4121).
pub fn kerberos_request(realm: &str, server: &str, ids: &mut Ids) -> String {
    base64(&kerberos_request_bytes(realm, server, ids))
}

fn kerberos_request_bytes(realm: &str, server: &str, ids: &mut Ids) -> Vec<u8> {
    let encrypted = |ids: &mut Ids, size: usize| {
        let cipher = tlv(der::OCTET_STRING, &ids.bytes(size));
        // Encryption type 18 is AES-256, key version 3.
        let parts = [at(0, number(18)), at(1, number(3)), at(2, cipher)];
        group(der::SEQUENCE, &parts)
    };
    let ticket_parts = [at(0, number(5)), at(1, text(realm)), at(2, sip_service(server)), at(3, encrypted(ids, 1050))];
    let ticket = tlv(application(1), &group(der::SEQUENCE, &ticket_parts));
    let options = tlv(der::BIT_STRING, &[0, 0x20, 0, 0, 0]);
    let request_parts =
        [at(0, number(5)), at(1, number(14)), at(2, options), at(3, ticket), at(4, encrypted(ids, 330))];
    let request = tlv(application(14), &group(der::SEQUENCE, &request_parts));
    group(application(0), &[tlv(der::OBJECT_ID, KRB5), vec![1, 0], request])
}

/// The server's refusal of a ticket (RFC 4120 5.9.1): 37 is a clock that is off, 41 a ticket for another key.
pub fn kerberos_error(code: u8, now: Time, realm: &str, server: &str) -> String {
    let parts = [
        at(0, number(5)),
        at(1, number(30)),
        at(4, tlv(der::GENERALIZED_TIME, format!("20{}", now.asn1()).as_bytes())),
        at(5, number(0)),
        at(6, number(code)),
        at(9, text(realm)),
        at(10, sip_service(server)),
    ];
    let error = tlv(application(30), &group(der::SEQUENCE, &parts));
    base64(&group(application(0), &[tlv(der::OBJECT_ID, KRB5), vec![3, 0], error]))
}

/// A SPNEGO offer of Kerberos and NTLM that carries a ticket (RFC 4178 4.2.1).
pub fn spnego_offer(realm: &str, server: &str, ids: &mut Ids) -> String {
    let mechanisms = [KRB5_OF_WINDOWS_2000, KRB5, NTLM].map(|id| tlv(der::OBJECT_ID, id));
    let ticket = tlv(der::OCTET_STRING, &kerberos_request_bytes(realm, server, ids));
    let offer = group(der::SEQUENCE, &[at(0, group(der::SEQUENCE, &mechanisms)), at(2, ticket)]);
    base64(&group(application(0), &[tlv(der::OBJECT_ID, SPNEGO), at(0, offer)]))
}

/// A SPNEGO answer that chooses NTLM and carries a token of it, or none (RFC 4178 4.2.2). 1 goes on, 2 rejects.
pub fn spnego_answer(state: u8, token: &[u8]) -> String {
    let mut parts = vec![at(0, tlv(der::ENUMERATED, &[state])), at(1, tlv(der::OBJECT_ID, NTLM))];
    if !token.is_empty() {
        parts.push(at(2, tlv(der::OCTET_STRING, token)));
    }
    base64(&at(1, group(der::SEQUENCE, &parts)))
}

fn number(n: u8) -> Vec<u8> {
    tlv(der::INTEGER, &[n])
}

fn text(s: &str) -> Vec<u8> {
    tlv(der::GENERAL_STRING, s.as_bytes())
}

/// The field `[n]` of a sequence.
fn at(n: u8, content: impl AsRef<[u8]>) -> Vec<u8> {
    tlv(context(n), content.as_ref())
}

/// The name `sip/<server>` (RFC 4120 5.2.2).
fn sip_service(server: &str) -> Vec<u8> {
    let names = group(der::SEQUENCE, &[text("sip"), text(server)]);
    group(der::SEQUENCE, &[at(0, number(2)), at(1, names)])
}

/// The first token of TLS-DSK: a TLS 1.2 `ClientHello`.
pub fn tls_client_hello(ids: &mut Ids) -> String {
    let mut hello = vec![3, 3];
    hello.extend(ids.bytes(32));
    hello.push(0);
    let ciphers: [u8; 16] =
        [0xc0, 0x30, 0xc0, 0x2f, 0xc0, 0x28, 0xc0, 0x27, 0x00, 0x9d, 0x00, 0x9c, 0x00, 0x3d, 0x00, 0x2f];
    hello.extend([0, ciphers.len() as u8]);
    hello.extend(ciphers);
    hello.extend([1, 0]);
    // Signature algorithms, extended master secret, renegotiation info.
    let extensions = [
        0x00, 0x0d, 0x00, 0x06, 0x00, 0x04, 0x04, 0x01, 0x02, 0x01, 0x00, 0x17, 0x00, 0x00, 0xff, 0x01, 0x00, 0x01,
        0x00,
    ];
    hello.extend([0, extensions.len() as u8]);
    hello.extend(extensions);
    base64(&tls_record(22, &handshake(1, &hello)))
}

/// The server's answer: `ServerHello`, its certificate, the request for the client's, `ServerHelloDone`.
pub fn tls_server_hello(certificate: &Certificate<'_>, ids: &mut Ids) -> String {
    let mut hello = vec![3, 3];
    hello.extend(ids.bytes(32));
    hello.push(32);
    hello.extend(ids.bytes(32));
    hello.extend([0x00, 0x9d, 0]);
    let mut flight = handshake(2, &hello);
    flight.extend(certificate_message(certificate, ids));
    flight.extend(handshake(13, &[1, 1, 0, 4, 4, 1, 2, 1, 0, 0]));
    flight.extend(handshake(14, &[]));
    base64(&tls_record(22, &flight))
}

/// The client's certificate, key exchange, proof, and Finished.
pub fn tls_client_finished(certificate: &Certificate<'_>, ids: &mut Ids) -> String {
    let mut flight = certificate_message(certificate, ids);
    let signed = |ids: &mut Ids, head: &[u8]| [head, &[1, 0], &ids.bytes(256)].concat();
    flight.extend(handshake(16, &signed(ids, &[])));
    flight.extend(handshake(15, &signed(ids, &[4, 1])));
    let mut out = tls_record(22, &flight);
    out.extend(change_cipher_and_finished(ids));
    base64(&out)
}

/// The server's `ChangeCipherSpec` and Finished.
pub fn tls_server_finished(ids: &mut Ids) -> String {
    base64(&change_cipher_and_finished(ids))
}

/// An alert: 1 warns and 2 is fatal; 42 is a bad certificate, 45 an expired one, 48 one of an unknown authority.
pub fn tls_alert(level: u8, number: u8) -> String {
    base64(&tls_record(21, &[level, number]))
}

fn change_cipher_and_finished(ids: &mut Ids) -> Vec<u8> {
    let mut out = tls_record(20, &[1]);
    out.extend(tls_record(22, &ids.bytes(40)));
    out
}

fn certificate_message(certificate: &Certificate<'_>, ids: &mut Ids) -> Vec<u8> {
    let der = der::certificate(certificate, ids);
    let mut one = length24(der.len());
    one.extend(der);
    let mut list = length24(one.len());
    list.extend(one);
    handshake(11, &list)
}

fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![kind];
    out.extend(length24(body.len()));
    out.extend_from_slice(body);
    out
}

fn length24(length: usize) -> Vec<u8> {
    vec![(length >> 16) as u8, (length >> 8) as u8, length as u8]
}

fn tls_record(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut out = vec![kind, 3, 3];
    out.extend((body.len() as u16).to_be_bytes());
    out.extend_from_slice(body);
    out
}
