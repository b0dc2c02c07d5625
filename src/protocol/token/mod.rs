//! Authentication tokens: what a sign-in sends in `gssapi-data`, or after a scheme word in HTTP.
//!
//! A token is recognised by its content, not by the package that a header names. What can be read without any key is
//! read: names, times, services, versions, certificates, errors. What would be secret (responses, keys, signatures,
//! tickets) is passed over and kept nowhere. A token that is cut or damaged gives what it has.

pub mod certificate;
mod class;
mod der;
pub mod kerberos;
pub mod negotiation;
pub mod ntlm;
mod printed;
mod reader;
mod text;
pub mod tls;

pub use self::certificate::Certificate;
pub use self::class::{TokenClass, class};
pub use self::kerberos::Kerberos;
pub use self::negotiation::Negotiation;
pub use self::ntlm::Ntlm;
pub use self::tls::Tls;

use self::text::Written;
use super::facts::{Fact, Facts, count};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// Nothing: what a client sends with NTLM to ask for a challenge.
    Empty,
    Ntlm(Ntlm),
    Negotiation(Negotiation),
    Kerberos(Kerberos),
    Tls(Tls),
    Unknown {
        bytes: usize,
    },
}

/// Tokens may carry tokens; real ones go two levels deep.
const LEVELS: u8 = 4;

/// Reads the bytes of a token.
#[must_use]
pub fn decode(bytes: &[u8]) -> Token {
    decode_nested(bytes, LEVELS)
}

/// Reads the value of `gssapi-data`, or a token after a scheme word: base64 in either alphabet, hexadecimal, or an
/// NTLM message printed as text.
#[must_use]
pub fn decode_text(value: &[u8]) -> Token {
    let (written, is_cut) = text::read(value);
    let mut token = match written {
        Written::Bytes(bytes) => decode(&bytes),
        Written::Printed(text) => Token::Ntlm(printed::read(&text)),
    };
    if is_cut {
        token.mark_cut();
    }
    match token {
        // Text that is neither base64 nor anything else, such as a mask.
        Token::Empty if is_cut => Token::Unknown { bytes: value.trim_ascii().len() },
        token => token,
    }
}

fn decode_nested(bytes: &[u8], levels: u8) -> Token {
    let token = match bytes {
        [] => Some(Token::Empty),
        _ if bytes.starts_with(ntlm::SIGNATURE) => Ntlm::read(bytes).map(Token::Ntlm),
        [kerberos::AP_REQ | kerberos::AP_REP | kerberos::KRB_ERROR, ..] => Kerberos::read(bytes).map(Token::Kerberos),
        [negotiation::WRAPPED | negotiation::OFFER | negotiation::ANSWER, ..] if levels > 0 => {
            negotiation::read(bytes, levels - 1)
        }
        _ => Tls::read(bytes).map(Token::Tls),
    };
    token.unwrap_or(Token::Unknown { bytes: bytes.len() })
}

impl Token {
    /// The NTLM message, also where it is carried by a negotiation.
    #[must_use]
    pub fn ntlm(&self) -> Option<&Ntlm> {
        match self {
            Self::Ntlm(ntlm) => Some(ntlm),
            _ => self.carried()?.ntlm(),
        }
    }

    /// The Kerberos message, also where it is carried by a negotiation.
    #[must_use]
    pub fn kerberos(&self) -> Option<&Kerberos> {
        match self {
            Self::Kerberos(kerberos) => Some(kerberos),
            _ => self.carried()?.kerberos(),
        }
    }

    #[must_use]
    pub fn tls(&self) -> Option<&Tls> {
        match self {
            Self::Tls(tls) => Some(tls),
            _ => None,
        }
    }

    fn carried(&self) -> Option<&Self> {
        match self {
            Self::Negotiation(negotiation) => negotiation.inner.as_deref(),
            _ => None,
        }
    }

    /// Whether it ends before all that it announces.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        match self {
            Self::Empty | Self::Unknown { .. } => false,
            Self::Ntlm(ntlm) => ntlm.is_cut,
            Self::Negotiation(negotiation) => negotiation.is_cut,
            Self::Kerberos(kerberos) => kerberos.is_cut(),
            Self::Tls(tls) => tls.is_cut,
        }
    }

    fn mark_cut(&mut self) {
        match self {
            Self::Empty | Self::Unknown { .. } => {}
            Self::Ntlm(ntlm) => ntlm.is_cut = true,
            Self::Negotiation(negotiation) => negotiation.is_cut = true,
            Self::Kerberos(
                Kerberos::Request(kerberos::Ticket { is_cut, .. })
                | Kerberos::Reply { is_cut }
                | Kerberos::Error(kerberos::KerberosError { is_cut, .. }),
            ) => *is_cut = true,
            Self::Tls(tls) => tls.is_cut = true,
        }
    }

    /// What it is, in a few words: `NTLM challenge (type 2)`.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Empty => "Empty token".to_owned(),
            Self::Ntlm(ntlm) => ntlm.title().to_owned(),
            Self::Negotiation(negotiation) => negotiation.title(),
            Self::Kerberos(kerberos) => kerberos.title(),
            Self::Tls(tls) => tls.title(),
            Self::Unknown { bytes } => format!("Unknown token of {}", count(*bytes, "byte", "bytes")),
        }
    }

    /// What it says, for people. Nothing in it is secret.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Facts::default();
        facts.add("Token", self.title());
        facts.extend(self.facts_of_content());
        if self.is_cut() {
            facts.add("Note", "the token is cut; what it has is shown");
        }
        facts.done()
    }

    fn facts_of_content(&self) -> Vec<Fact> {
        match self {
            Self::Empty | Self::Unknown { .. } => Vec::new(),
            Self::Ntlm(ntlm) => ntlm.facts(),
            Self::Negotiation(negotiation) => negotiation.facts(),
            Self::Kerberos(kerberos) => kerberos.facts(),
            Self::Tls(tls) => tls.facts(),
        }
    }
}

/// The tokens of the sample logs, to read back.
#[cfg(test)]
#[path = "../../../examples/make_sample_logs"]
#[allow(dead_code, reason = "the tests here need some of it, the stories the rest")]
mod made {
    pub mod clock;
    pub mod der;
    pub mod ids;
    pub mod tokens;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_token_is_measured() {
        assert_eq!(decode_text(b""), Token::Empty);
        assert_eq!(decode_text(b"\"\""), Token::Empty);
        assert_eq!(decode(b"hello"), Token::Unknown { bytes: 5 });
        assert_eq!(decode(&[0x60, 0]).title(), "Unknown token of 2 bytes");
        assert_eq!(decode_text(b"*masked*"), Token::Unknown { bytes: 8 });
    }

    #[test]
    fn tokens_in_tokens_end_somewhere() {
        let mut token = vec![0xa1];
        for _ in 0..200 {
            let inner = made::der::tlv(made::der::OCTET_STRING, &token);
            let body = made::der::tlv(made::der::SEQUENCE, &made::der::tlv(made::der::context(2), &inner));
            token = made::der::tlv(made::der::context(1), &body);
        }
        assert!(matches!(decode(&token), Token::Negotiation(_)));
    }
}
