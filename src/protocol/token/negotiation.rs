//! The wrapping of GSS-API (RFC 2743 3.1) and SPNEGO (RFC 4178), in which two sides agree on a mechanism.

use super::der::{self, Element, Elements, application, context};
use super::kerberos::Kerberos;
use super::{Token, decode_nested};
use crate::protocol::facts::{Fact, Facts};

/// The first bytes: a GSS-API token, and the two messages of SPNEGO without that wrapping.
pub(super) const WRAPPED: u8 = application(0);
pub(super) const OFFER: u8 = context(0);
pub(super) const ANSWER: u8 = context(1);

const SPNEGO: &str = "1.3.6.1.5.5.2";

/// One message of SPNEGO, with the token that it carries for the mechanism.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Negotiation {
    /// The mechanisms that the first side offers, best first.
    pub offered: Vec<Mechanism>,
    pub state: Option<NegotiationState>,
    /// The mechanism that the other side chose.
    pub chosen: Option<Mechanism>,
    pub inner: Option<Box<Token>>,
    pub is_cut: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mechanism {
    Kerberos,
    /// Kerberos under a number that Windows 2000 got wrong and all later ones still offer ([MS-SPNG] 3.1.5.2).
    KerberosOfWindows2000,
    KerberosUserToUser,
    Ntlm,
    NegoEx,
    Spnego,
    Other(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NegotiationState {
    Accepted,
    Incomplete,
    Rejected,
    RequestsMic,
}

impl Mechanism {
    fn of(id: String) -> Self {
        match id.as_str() {
            "1.2.840.113554.1.2.2" => Self::Kerberos,
            "1.2.840.48018.1.2.2" => Self::KerberosOfWindows2000,
            "1.2.840.113554.1.2.2.3" => Self::KerberosUserToUser,
            "1.3.6.1.4.1.311.2.2.10" => Self::Ntlm,
            "1.3.6.1.4.1.311.2.2.30" => Self::NegoEx,
            SPNEGO => Self::Spnego,
            _ => Self::Other(id),
        }
    }

    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Kerberos => "Kerberos",
            Self::KerberosOfWindows2000 => "Kerberos (Windows 2000)",
            Self::KerberosUserToUser => "Kerberos user-to-user",
            Self::Ntlm => "NTLM",
            Self::NegoEx => "NegoEx",
            Self::Spnego => "SPNEGO",
            Self::Other(id) => id,
        }
    }
}

/// Reads a token that starts with [`WRAPPED`], [`OFFER`] or [`ANSWER`]. `None` where nothing in it is known.
pub(super) fn read(bytes: &[u8], levels: u8) -> Option<Token> {
    let outer = der::first(bytes)?;
    let mut token = match outer.tag {
        WRAPPED => unwrapped(&outer, levels),
        OFFER => offer(&outer, levels).map(Token::Negotiation),
        ANSWER => answer(&outer, levels).map(Token::Negotiation),
        _ => None,
    }?;
    if outer.is_cut {
        token.mark_cut();
    }
    Some(token)
}

fn unwrapped(outer: &Element<'_>, levels: u8) -> Option<Token> {
    let mut parts = outer.elements();
    let mechanism = Mechanism::of(parts.next()?.object_id()?);
    match mechanism {
        Mechanism::Spnego => {
            let message = parts.next()?;
            (message.tag == OFFER).then(|| offer(&message, levels)).flatten().map(Token::Negotiation)
        }
        // Two bytes say which message it is (RFC 4121 4.1), which its own first byte says too.
        Mechanism::Kerberos | Mechanism::KerberosOfWindows2000 | Mechanism::KerberosUserToUser => {
            Kerberos::read(parts.rest().get(2..)?).map(Token::Kerberos)
        }
        _ => Some(decode_nested(parts.rest(), levels)),
    }
}

/// RFC 4178 4.2.1.
fn offer(message: &Element<'_>, levels: u8) -> Option<Negotiation> {
    let body = message.inner(der::SEQUENCE)?;
    let mechanisms = body.field(0).map_or(Elements::new(&[]), |list| list.elements());
    let offered = mechanisms.take(16).filter_map(|id| id.object_id()).map(Mechanism::of).collect();
    Some(Negotiation { offered, inner: carried(&body, levels), ..Negotiation::default() })
}

/// RFC 4178 4.2.2.
fn answer(message: &Element<'_>, levels: u8) -> Option<Negotiation> {
    let body = message.inner(der::SEQUENCE)?;
    let state = body.field(0).and_then(|state| state.number()).and_then(|number| match number {
        0 => Some(NegotiationState::Accepted),
        1 => Some(NegotiationState::Incomplete),
        2 => Some(NegotiationState::Rejected),
        3 => Some(NegotiationState::RequestsMic),
        _ => None,
    });
    let chosen = body.field(1).and_then(|id| id.object_id()).map(Mechanism::of);
    Some(Negotiation { state, chosen, inner: carried(&body, levels), ..Negotiation::default() })
}

fn carried(body: &Element<'_>, levels: u8) -> Option<Box<Token>> {
    let carried = body.field(2).filter(|field| field.tag == der::OCTET_STRING && !field.content.is_empty())?;
    Some(Box::new(decode_nested(carried.content, levels)))
}

impl Negotiation {
    #[must_use]
    pub fn title(&self) -> String {
        let carries = self.inner.as_ref().map(|inner| inner.title());
        match (self.state, carries) {
            (Some(NegotiationState::Rejected), _) => "Negotiation rejected".to_owned(),
            (_, Some(title)) => title,
            (Some(NegotiationState::Accepted), None) => "Negotiation accepted".to_owned(),
            (_, None) => "Negotiation".to_owned(),
        }
    }

    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Facts::default();
        facts.add("Offered mechanisms", self.offered.iter().map(Mechanism::name).collect::<Vec<_>>().join(", "));
        let state = self.state.map(|state| match state {
            NegotiationState::Accepted => "accepted",
            NegotiationState::Incomplete => "goes on",
            NegotiationState::Rejected => "rejected",
            NegotiationState::RequestsMic => "goes on, with a check of the offer",
        });
        facts.add_some("Negotiation", state);
        facts.add_some("Chosen mechanism", self.chosen.as_ref().map(Mechanism::name));
        if let Some(inner) = &self.inner {
            facts.extend(inner.facts_of_content());
        }
        facts.done()
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode_text;
    use super::super::made::{clock, ids::Ids, tokens};
    use super::*;

    fn read(base64: &str) -> Negotiation {
        match decode_text(base64.as_bytes()) {
            Token::Negotiation(negotiation) => negotiation,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_offer_with_a_ticket() {
        let offer = read(&tokens::spnego_offer("CONTOSO.COM", "fe01.contoso.com", &mut Ids::for_story("test")));
        let names: Vec<_> = offer.offered.iter().map(Mechanism::name).collect();
        assert_eq!(names, ["Kerberos (Windows 2000)", "Kerberos", "NTLM"]);
        assert_eq!(offer.title(), "Kerberos ticket (AP-REQ)");
        assert!(offer.facts().contains(&("Service", "sip/fe01.contoso.com".to_owned())));
    }

    #[test]
    fn an_answer_with_a_challenge_and_a_rejection() {
        let mut ids = Ids::for_story("test");
        let at = clock::at(13, 21, 21, 0);
        let challenge = tokens::ntlm_challenge_bytes(at, "CONTOSO", "contoso.com", "fe01.contoso.com", &mut ids);
        let text = tokens::spnego_answer(1, &challenge);
        let answer = read(&text);
        assert_eq!((answer.state, &answer.chosen), (Some(NegotiationState::Incomplete), &Some(Mechanism::Ntlm)));
        let token = decode_text(text.as_bytes());
        assert_eq!(token.ntlm().and_then(|ntlm| ntlm.target.time), Some(at.0));
        assert_eq!(read(&tokens::spnego_answer(2, &[])).title(), "Negotiation rejected");
    }
}
