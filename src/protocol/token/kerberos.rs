//! Kerberos messages (RFC 4120) as a sign-in carries them: for which service a ticket is, or what was wrong with it.
//!
//! What a ticket says of its owner is encrypted, and stays so.

use super::der::{self, Element, application};
use crate::protocol::facts::{Fact, Facts, utc};

/// The first bytes of the messages: `[APPLICATION 14]`, `[APPLICATION 15]` and `[APPLICATION 30]`.
pub(super) const AP_REQ: u8 = application(14);
pub(super) const AP_REP: u8 = application(15);
pub(super) const KRB_ERROR: u8 = application(30);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kerberos {
    /// The client shows a ticket.
    Request(Ticket),
    /// The server proves that it could read the ticket.
    Reply {
        is_cut: bool,
    },
    Error(KerberosError),
}

/// The readable part of a ticket (RFC 4120 5.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ticket {
    pub realm: Option<String>,
    /// `sip/fe01.contoso.com`.
    pub service: Option<String>,
    /// The encryption of the ticket, by number, and the version of the service's key.
    pub encryption: Option<i64>,
    pub key_version: Option<i64>,
    /// The client wants a reply.
    pub is_mutual: bool,
    pub is_cut: bool,
}

/// RFC 4120 5.9.1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KerberosError {
    pub code: Option<i64>,
    /// The clock of the server, and of the client where it is told, in milliseconds since 1970.
    pub server_time: Option<i64>,
    pub client_time: Option<i64>,
    pub realm: Option<String>,
    pub service: Option<String>,
    pub text: Option<String>,
    pub is_cut: bool,
}

impl Kerberos {
    /// Reads a message without its GSS-API wrapping. `None` where it is none.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let message = der::first(bytes)?;
        let is_cut = message.is_cut;
        let body = message.inner(der::SEQUENCE);
        match message.tag {
            AP_REQ => {
                let ticket = body.map(|body| Ticket::read(&body)).unwrap_or_default();
                Some(Self::Request(Ticket { is_cut, ..ticket }))
            }
            AP_REP => Some(Self::Reply { is_cut }),
            KRB_ERROR => {
                let error = body.map(|body| KerberosError::read(&body)).unwrap_or_default();
                Some(Self::Error(KerberosError { is_cut, ..error }))
            }
            _ => None,
        }
    }

    #[must_use]
    pub fn is_cut(&self) -> bool {
        match self {
            Self::Request(Ticket { is_cut, .. })
            | Self::Reply { is_cut }
            | Self::Error(KerberosError { is_cut, .. }) => *is_cut,
        }
    }

    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Request(_) => "Kerberos ticket (AP-REQ)".to_owned(),
            Self::Reply { .. } => "Kerberos reply (AP-REP)".to_owned(),
            Self::Error(error) => format!("Kerberos error {}", error.name()),
        }
    }

    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Facts::default();
        match self {
            Self::Request(ticket) => {
                facts.add_some("Service", ticket.service.as_ref());
                facts.add_some("Realm", ticket.realm.as_ref());
                let encryption = ticket.encryption.map(|number| match encryption_name(number) {
                    Some(name) => format!("{name} ({number})"),
                    None => number.to_string(),
                });
                facts.add_some("Ticket encryption", encryption);
                facts.add_some("Key version", ticket.key_version.map(|version| version.to_string()));
                if ticket.is_mutual {
                    facts.add("Mutual authentication", "wanted");
                }
            }
            Self::Reply { .. } => facts.add("Mutual authentication", "the server could read the ticket"),
            Self::Error(error) => {
                let code = error.code.map(|code| match error_name(code) {
                    Some(name) => format!("{code} {name}"),
                    None => code.to_string(),
                });
                facts.add_some("Error", code);
                facts.add_some("Error text", error.text.as_ref());
                facts.add_some("Service", error.service.as_ref());
                facts.add_some("Realm", error.realm.as_ref());
                facts.add_some("Server time", error.server_time.map(utc));
                facts.add_some("Client time", error.client_time.map(utc));
            }
        }
        facts.done()
    }
}

impl Ticket {
    fn read(request: &Element<'_>) -> Self {
        // Bit 2 of the options (RFC 4120 5.5.1), behind the number of unused bits.
        let options = request.field(2).filter(|options| options.tag == der::BIT_STRING);
        let is_mutual = options.and_then(|options| options.content.get(1)).is_some_and(|bits| bits & 0x20 != 0);
        let ticket = request.field(3).filter(|ticket| ticket.tag == application(1));
        let Some(ticket) = ticket.and_then(|ticket| ticket.inner(der::SEQUENCE)) else {
            return Self { is_mutual, ..Self::default() };
        };
        let encrypted = ticket.field(3);
        let number = |n| encrypted?.field(n)?.number();
        Self {
            realm: ticket.field(1).map(|realm| realm.text()),
            service: ticket.field(2).and_then(|name| principal(&name)),
            encryption: number(0),
            key_version: number(1),
            is_mutual,
            is_cut: false,
        }
    }
}

impl KerberosError {
    fn read(error: &Element<'_>) -> Self {
        Self {
            client_time: error.field(2).and_then(|time| time.moment()),
            server_time: error.field(4).and_then(|time| time.moment()),
            code: error.field(6).and_then(|code| code.number()),
            realm: error.field(9).map(|realm| realm.text()),
            service: error.field(10).and_then(|name| principal(&name)),
            text: error.field(11).map(|text| text.text()),
            is_cut: false,
        }
    }

    /// `KRB_AP_ERR_SKEW`, or the number where it has no name.
    #[must_use]
    pub fn name(&self) -> String {
        match self.code {
            Some(code) => error_name(code).map_or_else(|| code.to_string(), str::to_owned),
            None => "without a number".to_owned(),
        }
    }
}

/// A name of several parts (RFC 4120 5.2.2), as `sip/fe01.contoso.com`.
fn principal(name: &Element<'_>) -> Option<String> {
    let parts: Vec<_> = name.field(1)?.elements().take(8).map(|part| part.text()).collect();
    Some(parts.join("/"))
}

/// RFC 3961 8, RFC 4757, RFC 8009.
fn encryption_name(number: i64) -> Option<&'static str> {
    Some(match number {
        1 => "des-cbc-crc",
        3 => "des-cbc-md5",
        16 => "des3-cbc-sha1-kd",
        17 => "aes128-cts-hmac-sha1-96",
        18 => "aes256-cts-hmac-sha1-96",
        19 => "aes128-cts-hmac-sha256-128",
        20 => "aes256-cts-hmac-sha384-192",
        23 => "rc4-hmac",
        24 => "rc4-hmac-exp",
        _ => return None,
    })
}

/// RFC 4120 7.5.9, with those of RFC 4556 3.1.3 and RFC 6806.
#[must_use]
pub fn error_name(code: i64) -> Option<&'static str> {
    Some(match code {
        0 => "KDC_ERR_NONE",
        1 => "KDC_ERR_NAME_EXP",
        2 => "KDC_ERR_SERVICE_EXP",
        3 => "KDC_ERR_BAD_PVNO",
        4 => "KDC_ERR_C_OLD_MAST_KVNO",
        5 => "KDC_ERR_S_OLD_MAST_KVNO",
        6 => "KDC_ERR_C_PRINCIPAL_UNKNOWN",
        7 => "KDC_ERR_S_PRINCIPAL_UNKNOWN",
        8 => "KDC_ERR_PRINCIPAL_NOT_UNIQUE",
        9 => "KDC_ERR_NULL_KEY",
        10 => "KDC_ERR_CANNOT_POSTDATE",
        11 => "KDC_ERR_NEVER_VALID",
        12 => "KDC_ERR_POLICY",
        13 => "KDC_ERR_BADOPTION",
        14 => "KDC_ERR_ETYPE_NOSUPP",
        15 => "KDC_ERR_SUMTYPE_NOSUPP",
        16 => "KDC_ERR_PADATA_TYPE_NOSUPP",
        17 => "KDC_ERR_TRTYPE_NOSUPP",
        18 => "KDC_ERR_CLIENT_REVOKED",
        19 => "KDC_ERR_SERVICE_REVOKED",
        20 => "KDC_ERR_TGT_REVOKED",
        21 => "KDC_ERR_CLIENT_NOTYET",
        22 => "KDC_ERR_SERVICE_NOTYET",
        23 => "KDC_ERR_KEY_EXPIRED",
        24 => "KDC_ERR_PREAUTH_FAILED",
        25 => "KDC_ERR_PREAUTH_REQUIRED",
        26 => "KDC_ERR_SERVER_NOMATCH",
        27 => "KDC_ERR_MUST_USE_USER2USER",
        28 => "KDC_ERR_PATH_NOT_ACCEPTED",
        29 => "KDC_ERR_SVC_UNAVAILABLE",
        31 => "KRB_AP_ERR_BAD_INTEGRITY",
        32 => "KRB_AP_ERR_TKT_EXPIRED",
        33 => "KRB_AP_ERR_TKT_NYV",
        34 => "KRB_AP_ERR_REPEAT",
        35 => "KRB_AP_ERR_NOT_US",
        36 => "KRB_AP_ERR_BADMATCH",
        37 => "KRB_AP_ERR_SKEW",
        38 => "KRB_AP_ERR_BADADDR",
        39 => "KRB_AP_ERR_BADVERSION",
        40 => "KRB_AP_ERR_MSG_TYPE",
        41 => "KRB_AP_ERR_MODIFIED",
        42 => "KRB_AP_ERR_BADORDER",
        44 => "KRB_AP_ERR_BADKEYVER",
        45 => "KRB_AP_ERR_NOKEY",
        46 => "KRB_AP_ERR_MUT_FAIL",
        47 => "KRB_AP_ERR_BADDIRECTION",
        48 => "KRB_AP_ERR_METHOD",
        49 => "KRB_AP_ERR_BADSEQ",
        50 => "KRB_AP_ERR_INAPP_CKSUM",
        51 => "KRB_AP_PATH_NOT_ACCEPTED",
        52 => "KRB_ERR_RESPONSE_TOO_BIG",
        60 => "KRB_ERR_GENERIC",
        61 => "KRB_ERR_FIELD_TOOLONG",
        62 => "KDC_ERR_CLIENT_NOT_TRUSTED",
        64 => "KDC_ERR_INVALID_SIG",
        65 => "KDC_ERR_DH_KEY_PARAMETERS_NOT_ACCEPTED",
        66 => "KDC_ERR_CERTIFICATE_MISMATCH",
        67 => "KRB_AP_ERR_NO_TGT",
        68 => "KDC_ERR_WRONG_REALM",
        69 => "KRB_AP_ERR_USER_TO_USER_REQUIRED",
        70 => "KDC_ERR_CANT_VERIFY_CERTIFICATE",
        71 => "KDC_ERR_INVALID_CERTIFICATE",
        72 => "KDC_ERR_REVOKED_CERTIFICATE",
        73 => "KDC_ERR_REVOCATION_STATUS_UNKNOWN",
        74 => "KDC_ERR_REVOCATION_STATUS_UNAVAILABLE",
        75 => "KDC_ERR_CLIENT_NAME_MISMATCH",
        76 => "KDC_ERR_KDC_NAME_MISMATCH",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::decode_text;
    use super::super::made::{clock, ids::Ids, tokens};
    use super::*;

    fn read(base64: &str) -> Kerberos {
        decode_text(base64.as_bytes()).kerberos().cloned().expect("a Kerberos message")
    }

    #[test]
    fn a_ticket_names_its_service() {
        let token = tokens::kerberos_request("CONTOSO.COM", "fe01.contoso.com", &mut Ids::for_story("test"));
        let Kerberos::Request(ticket) = read(&token) else { panic!("{token}") };
        let wanted = Ticket {
            realm: Some("CONTOSO.COM".to_owned()),
            service: Some("sip/fe01.contoso.com".to_owned()),
            encryption: Some(18),
            key_version: Some(3),
            is_mutual: true,
            is_cut: false,
        };
        assert_eq!(ticket, wanted);
        assert!(
            Kerberos::Request(ticket).facts().contains(&("Ticket encryption", "aes256-cts-hmac-sha1-96 (18)".into()))
        );
    }

    #[test]
    fn a_ticket_that_is_cut_in_its_ciphertext() {
        let token = tokens::kerberos_request("CONTOSO.COM", "fe01.contoso.com", &mut Ids::for_story("test"));
        let Kerberos::Request(ticket) = read(&token[..400]) else { panic!("{token}") };
        assert!(ticket.is_cut);
        assert_eq!(ticket.service.as_deref(), Some("sip/fe01.contoso.com"));
    }

    #[test]
    fn an_error_tells_its_number_and_both_clocks() {
        let at = clock::at(13, 21, 21, 0);
        let token = tokens::kerberos_error(37, at, "CONTOSO.COM", "fe01.contoso.com");
        let Kerberos::Error(error) = read(&token) else { panic!("{token}") };
        assert_eq!((error.code, error.name().as_str()), (Some(37), "KRB_AP_ERR_SKEW"));
        assert_eq!((error.server_time, error.service.as_deref()), (Some(at.0), Some("sip/fe01.contoso.com")));
        let facts = Kerberos::Error(error).facts();
        assert_eq!(facts[0], ("Error", "37 KRB_AP_ERR_SKEW".to_owned()));
        assert!(facts.contains(&("Server time", "2024-11-20 13:21:21 UTC".to_owned())), "{facts:?}");
    }
}
