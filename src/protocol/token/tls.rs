//! TLS records, as TLS-DSK carries them in SIP (RFC 5246 6.2 and 7.4): who shows which certificate, what was agreed,
//! and what went wrong.
//!
//! A token holds one flight of a handshake. What follows a `ChangeCipherSpec` is encrypted and only named.

mod names;

use self::names::{alert_name, cipher_name, version_name};
use super::certificate::Certificate;
use super::reader::Reader;
use crate::protocol::facts::{Fact, Facts, count};

/// What one side says in a flight, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    pub parts: Vec<TlsPart>,
    pub is_cut: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsPart {
    ClientHello(ClientHello),
    ServerHello(ServerHello),
    Certificates(Vec<Certificate>),
    /// A message of a handshake that says nothing but that it is there.
    Handshake(HandshakeKind),
    ChangeCipherSpec,
    /// `Finished`, nearly always.
    EncryptedHandshake,
    Alert(Alert),
    EncryptedAlert,
    Data {
        bytes: usize,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandshakeKind {
    HelloRequest,
    NewSessionTicket,
    ServerKeyExchange,
    CertificateRequest,
    ServerHelloDone,
    CertificateVerify,
    ClientKeyExchange,
    Finished,
    CertificateStatus,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientHello {
    /// The highest version it offers, as on the wire: 0x0303 is TLS 1.2.
    pub version: u16,
    pub server_name: Option<String>,
    pub ciphers: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerHello {
    pub version: u16,
    pub cipher: Option<u16>,
}

/// RFC 5246 7.2, RFC 8446 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alert {
    pub is_fatal: bool,
    pub number: u8,
}

/// More than any flight has; what is damaged may claim any number.
const MOST_RECORDS: usize = 256;
const MOST_PARTS: usize = 256;
const MOST_CERTIFICATES: usize = 16;
const MOST_EXTENSIONS: usize = 64;

const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const DATA: u8 = 23;

const SERVER_NAME: u16 = 0;
const SUPPORTED_VERSIONS: u16 = 43;

impl Tls {
    /// Reads a flight as far as it goes. `None` where the bytes do not start with a record.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut flight = Flight::default();
        let mut bytes = Reader::new(bytes);
        for _ in 0..MOST_RECORDS {
            if bytes.is_empty() {
                break;
            }
            let mut record = bytes;
            let kind = record.byte().filter(|kind| (CHANGE_CIPHER_SPEC..=DATA).contains(kind));
            let major = record.byte();
            let minor = record.byte();
            let (Some(kind), Some(3), Some(0..=4)) = (kind, major, minor) else {
                flight.tls.is_cut = true;
                break;
            };
            let (fragment, is_cut) = record.piece_up_to(2).unwrap_or((&[], true));
            flight.record(kind, fragment);
            flight.tls.is_cut |= is_cut;
            bytes = record;
        }
        flight.end_handshake();
        (!flight.tls.parts.is_empty()).then_some(flight.tls)
    }

    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        let found = self.parts.iter().find_map(|part| match part {
            TlsPart::Certificates(certificates) => Some(certificates.as_slice()),
            _ => None,
        });
        found.unwrap_or_default()
    }

    #[must_use]
    pub fn alert(&self) -> Option<Alert> {
        self.parts.iter().find_map(|part| match part {
            TlsPart::Alert(alert) => Some(*alert),
            _ => None,
        })
    }

    /// `TLS server hello, certificate, certificate request`.
    #[must_use]
    pub fn title(&self) -> String {
        let words: Vec<_> = self.parts.iter().take(6).map(TlsPart::title).collect();
        let more = if self.parts.len() > words.len() { ", …" } else { "" };
        format!("TLS {}{more}", words.join(", "))
    }

    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Facts::default();
        for part in &self.parts {
            match part {
                TlsPart::ClientHello(hello) => {
                    facts.add_some("Highest version", version_name(hello.version));
                    facts.add_some("Server name", hello.server_name.as_ref());
                    if hello.ciphers > 0 {
                        facts.add("Offers", count(hello.ciphers, "cipher suite", "cipher suites"));
                    }
                }
                TlsPart::ServerHello(hello) => {
                    facts.add_some("Version", version_name(hello.version));
                    facts.add_some("Cipher suite", hello.cipher.map(cipher_name));
                }
                TlsPart::Certificates(certificates) if certificates.is_empty() => {
                    facts.add("Certificate", "none is shown");
                }
                TlsPart::Certificates(certificates) => {
                    certificates.iter().take(1).for_each(|own| facts.extend(own.facts()));
                    let issuers: Vec<_> = certificates.iter().skip(1).map(Certificate::name).collect();
                    facts.add("Chain", issuers.join(", "));
                }
                TlsPart::Alert(alert) => facts.add("Alert", alert.text()),
                TlsPart::EncryptedAlert => facts.add("Alert", "encrypted"),
                TlsPart::Data { bytes } => facts.add("Encrypted data", count(*bytes, "byte", "bytes")),
                TlsPart::Handshake(_) | TlsPart::ChangeCipherSpec | TlsPart::EncryptedHandshake => {}
            }
        }
        facts.done()
    }
}

impl Alert {
    /// The name as IANA has it: `certificate_expired`.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        alert_name(self.number)
    }

    fn text(self) -> String {
        let level = if self.is_fatal { "fatal" } else { "warning" };
        format!("{} {} ({level})", self.number, self.name().unwrap_or("unknown"))
    }
}

impl TlsPart {
    fn title(&self) -> String {
        match self {
            Self::ClientHello(_) => "client hello".to_owned(),
            Self::ServerHello(_) => "server hello".to_owned(),
            Self::Certificates(_) => "certificate".to_owned(),
            Self::Handshake(kind) => kind.title().to_owned(),
            Self::ChangeCipherSpec => "change of cipher".to_owned(),
            Self::EncryptedHandshake => "finished (encrypted)".to_owned(),
            Self::Alert(alert) => format!("alert {}", alert.name().unwrap_or("of unknown number")),
            Self::EncryptedAlert => "alert (encrypted)".to_owned(),
            Self::Data { .. } => "data (encrypted)".to_owned(),
        }
    }
}

impl HandshakeKind {
    fn title(self) -> &'static str {
        match self {
            Self::HelloRequest => "hello request",
            Self::NewSessionTicket => "session ticket",
            Self::ServerKeyExchange => "server key exchange",
            Self::CertificateRequest => "certificate request",
            Self::ServerHelloDone => "server hello done",
            Self::CertificateVerify => "certificate proof",
            Self::ClientKeyExchange => "client key exchange",
            Self::Finished => "finished",
            Self::CertificateStatus => "certificate status",
        }
    }
}

/// A flight while it is read. A message of a handshake may run over several records, so their fragments are put
/// together first.
#[derive(Default)]
struct Flight {
    tls: Tls,
    handshake: Vec<u8>,
    is_encrypted: bool,
}

impl Flight {
    fn record(&mut self, kind: u8, fragment: &[u8]) {
        if kind == HANDSHAKE && !self.is_encrypted {
            self.handshake.extend_from_slice(fragment);
            return;
        }
        self.end_handshake();
        let part = match kind {
            CHANGE_CIPHER_SPEC => {
                self.is_encrypted = true;
                TlsPart::ChangeCipherSpec
            }
            HANDSHAKE => TlsPart::EncryptedHandshake,
            ALERT => match fragment {
                &[level, number] if !self.is_encrypted => TlsPart::Alert(Alert { is_fatal: level == 2, number }),
                _ => TlsPart::EncryptedAlert,
            },
            _ => TlsPart::Data { bytes: fragment.len() },
        };
        self.tls.parts.push(part);
    }

    /// Reads the messages that were put together.
    fn end_handshake(&mut self) {
        let handshake = std::mem::take(&mut self.handshake);
        let mut bytes = Reader::new(&handshake);
        while self.tls.parts.len() < MOST_PARTS
            && let Some(kind) = bytes.byte()
        {
            let Some((body, is_cut)) = bytes.piece_up_to(3) else {
                self.tls.is_cut = true;
                return;
            };
            let Some(part) = part(kind, body) else {
                // No message starts like this: the record was encrypted by a session from before.
                self.tls.parts.push(TlsPart::EncryptedHandshake);
                return;
            };
            self.tls.parts.push(part);
            self.tls.is_cut |= is_cut;
        }
    }
}

/// One message of a handshake (RFC 5246 7.4, RFC 8446 4).
fn part(kind: u8, body: &[u8]) -> Option<TlsPart> {
    let kind = match kind {
        1 => return Some(TlsPart::ClientHello(as_far_as_it_goes(body, ClientHello::fill))),
        2 => return Some(TlsPart::ServerHello(as_far_as_it_goes(body, ServerHello::fill))),
        11 => return Some(TlsPart::Certificates(certificates(body))),
        0 => HandshakeKind::HelloRequest,
        4 => HandshakeKind::NewSessionTicket,
        12 => HandshakeKind::ServerKeyExchange,
        13 => HandshakeKind::CertificateRequest,
        14 => HandshakeKind::ServerHelloDone,
        15 => HandshakeKind::CertificateVerify,
        16 => HandshakeKind::ClientKeyExchange,
        20 => HandshakeKind::Finished,
        22 => HandshakeKind::CertificateStatus,
        _ => return None,
    };
    Some(TlsPart::Handshake(kind))
}

/// A hello that may be cut anywhere.
fn as_far_as_it_goes<H: Default>(body: &[u8], fill: fn(&mut H, &mut Reader<'_>) -> Option<()>) -> H {
    let mut hello = H::default();
    fill(&mut hello, &mut Reader::new(body));
    hello
}

/// What both hellos begin with: a version, a random number, and a session, of which only the version is kept.
fn begin(version: &mut u16, body: &mut Reader<'_>) -> Option<()> {
    *version = body.u16()?;
    body.take(32)?;
    body.piece(1).map(|_session| ())
}

impl ClientHello {
    fn fill(&mut self, body: &mut Reader<'_>) -> Option<()> {
        begin(&mut self.version, body)?;
        self.ciphers = body.piece(2)?.len() / 2;
        let _compression = body.piece(1)?;
        for (kind, value) in extensions(body) {
            let mut value = Reader::new(value);
            match kind {
                // RFC 6066 3: a list of names, of which only the first kind is a host.
                SERVER_NAME => {
                    let mut names = Reader::new(value.piece(2).unwrap_or_default());
                    if names.byte() == Some(0) {
                        self.server_name = names.piece(2).map(crate::protocol::lines::to_text);
                    }
                }
                SUPPORTED_VERSIONS => {
                    let (versions, _) = value.piece(1).unwrap_or_default().as_chunks::<2>();
                    // Others are made up, so that servers learn to pass over what they do not know (RFC 8701).
                    let known = versions.iter().copied().map(u16::from_be_bytes).filter(|version| version >> 8 == 3);
                    self.version = known.chain([self.version]).max().unwrap_or_default();
                }
                _ => {}
            }
        }
        Some(())
    }
}

impl ServerHello {
    fn fill(&mut self, body: &mut Reader<'_>) -> Option<()> {
        begin(&mut self.version, body)?;
        self.cipher = Some(body.u16()?);
        let _compression = body.byte()?;
        let chosen = extensions(body).into_iter().find(|(kind, _)| *kind == SUPPORTED_VERSIONS);
        if let Some(version) = chosen.and_then(|(_, value)| Reader::new(value).u16()) {
            self.version = version;
        }
        Some(())
    }
}

fn extensions<'a>(body: &mut Reader<'a>) -> Vec<(u16, &'a [u8])> {
    let Some((list, _)) = body.piece_up_to(2) else { return Vec::new() };
    let mut list = Reader::new(list);
    let mut next = || Some((list.u16()?, list.piece(2)?));
    std::iter::from_fn(&mut next).take(MOST_EXTENSIONS).collect()
}

/// The certificates of RFC 5246 7.4.2; those of TLS 1.3 are encrypted.
fn certificates(body: &[u8]) -> Vec<Certificate> {
    let Some((list, _)) = Reader::new(body).piece_up_to(3) else { return Vec::new() };
    let mut list = Reader::new(list);
    let mut next = || list.piece_up_to(3).map(|(certificate, _)| certificate);
    std::iter::from_fn(&mut next).take(MOST_CERTIFICATES).filter_map(Certificate::read).collect()
}

#[cfg(test)]
mod tests {
    use super::super::made::der::Certificate as Made;
    use super::super::made::{clock, ids::Ids, tokens};
    use super::super::{Token, decode, decode_text};
    use super::*;

    fn read(base64: &str) -> Tls {
        match decode_text(base64.as_bytes()) {
            Token::Tls(tls) => tls,
            other => panic!("{other:?}"),
        }
    }

    fn made<'a>(subject: &'a str, issuer: &'a str) -> Made<'a> {
        Made {
            subject,
            issuer,
            not_before: clock::at(0, 0, 0, 0) - 86_400_000,
            not_after: clock::at(0, 0, 0, 0) + 86_400_000,
            alt_names: &[],
        }
    }

    #[test]
    fn the_four_flights_of_tls_dsk() {
        let mut ids = Ids::for_story("test");
        let hello = read(&tokens::tls_client_hello(&mut ids));
        assert_eq!(hello.parts, [TlsPart::ClientHello(ClientHello { version: 0x0303, server_name: None, ciphers: 8 })]);

        let server = read(&tokens::tls_server_hello(&made("fe01.contoso.com", "Contoso Issuing CA"), &mut ids));
        assert_eq!(server.title(), "TLS server hello, certificate, certificate request, server hello done");
        assert_eq!(server.certificates().len(), 1);
        let facts = server.facts();
        for wanted in [
            ("Version", "TLS 1.2"),
            ("Cipher suite", "TLS_RSA_WITH_AES_256_GCM_SHA384"),
            ("Subject", "CN=fe01.contoso.com"),
            ("Valid until", "2024-11-21 00:00:00 UTC"),
        ] {
            assert!(facts.iter().any(|(label, value)| (*label, value.as_str()) == wanted), "{wanted:?} in {facts:?}");
        }

        let client = read(&tokens::tls_client_finished(&made("anna@contoso.com", "Communications Server"), &mut ids));
        assert_eq!(
            client.title(),
            "TLS certificate, client key exchange, certificate proof, change of cipher, finished (encrypted)"
        );
        assert_eq!(client.certificates()[0].name(), "anna@contoso.com");

        let finished = read(&tokens::tls_server_finished(&mut ids));
        assert_eq!(finished.parts, [TlsPart::ChangeCipherSpec, TlsPart::EncryptedHandshake]);
        assert!(![hello, server, client, finished].iter().any(|tls| tls.is_cut));
    }

    #[test]
    fn alerts_have_names() {
        let alert = read(&tokens::tls_alert(2, 45));
        assert_eq!(alert.facts(), [("Alert", "45 certificate_expired (fatal)".to_owned())]);
        assert_eq!(alert.alert(), Some(Alert { is_fatal: true, number: 45 }));
        assert_eq!(read(&tokens::tls_alert(1, 200)).title(), "TLS alert of unknown number");
    }

    fn record(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind, 3, 3], &(body.len() as u16).to_be_bytes()[..], body].concat()
    }

    #[test]
    fn a_message_over_two_records_and_what_is_encrypted() {
        // ServerHello in TLS 1.3, whose version stands in an extension.
        let hello = [&[2, 0, 0, 46, 3, 3][..], &[7; 32], &[0, 0x13, 0x02, 0, 0, 6, 0, 43, 0, 2, 3, 4]].concat();
        let (first, second) = hello.split_at(20);
        let token = [
            record(HANDSHAKE, first),
            record(HANDSHAKE, second),
            record(CHANGE_CIPHER_SPEC, &[1]),
            record(HANDSHAKE, &[1; 40]),
            record(ALERT, &[2, 40]),
            record(DATA, &[0; 9]),
        ]
        .concat();
        let Token::Tls(tls) = decode(&token) else { panic!("{token:?}") };
        assert_eq!(
            tls.parts,
            [
                TlsPart::ServerHello(ServerHello { version: 0x0304, cipher: Some(0x1302) }),
                TlsPart::ChangeCipherSpec,
                TlsPart::EncryptedHandshake,
                TlsPart::EncryptedAlert,
                TlsPart::Data { bytes: 9 },
            ]
        );
        assert!(!tls.is_cut);
        let Token::Tls(cut) = decode(&token[..30]) else { panic!("{token:?}") };
        assert!(cut.is_cut && matches!(cut.parts[..], [TlsPart::ServerHello(_)]));
    }

    #[test]
    fn the_server_that_a_client_asks_for() {
        let name = b"sip.contoso.com";
        let length = name.len() as u8;
        let extension = [&[0, 0, 0, length + 5, 0, length + 3, 0, 0, length][..], name].concat();
        let versions = [0, 43, 0, 7, 6, 0x7a, 0x7a, 3, 4, 3, 3];
        let extensions = [extension.as_slice(), &versions].concat();
        let body =
            [&[3, 3][..], &[7; 32], &[0, 0, 4, 0x13, 0x01, 0xc0, 0x30, 1, 0, 0, extensions.len() as u8], &extensions]
                .concat();
        let wanted = ClientHello { version: 0x0304, server_name: Some("sip.contoso.com".to_owned()), ciphers: 2 };
        assert_eq!(as_far_as_it_goes(&body, ClientHello::fill), wanted);
    }

    #[test]
    fn bytes_that_are_no_record() {
        assert_eq!(Tls::read(&[22, 2, 0, 0, 0]), None);
        assert_eq!(Tls::read(&[24, 3, 3, 0, 0]), None);
        assert_eq!(Tls::read(b""), None);
        let encrypted = Tls::read(&record(HANDSHAKE, &[200, 1, 2, 3])).expect("a record");
        assert_eq!(encrypted.parts, [TlsPart::EncryptedHandshake]);
    }
}
