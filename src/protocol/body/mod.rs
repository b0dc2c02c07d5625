//! Bodies of messages, as far as a sign-in or a call needs them.
//!
//! A body is recognised by its content: logs cut heads, and web components write none. Each reader takes what it
//! knows from a body that may be cut anywhere; tickets, keys and passwords are passed over.

pub mod autodiscover;
pub mod registration;
pub mod sdp;
pub mod soap;
mod xml;

pub use self::autodiscover::Autodiscover;
pub use self::registration::{PresenceState, RegistrationEvent};
pub use self::sdp::Sdp;
pub use self::soap::Soap;

use super::facts::Fact;
use super::lines::to_text;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    Sdp(Sdp),
    Soap(Soap),
    Autodiscover(Autodiscover),
    Registration(RegistrationEvent),
}

impl Body {
    /// `None` where the body is of no kind that is known.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        if body.trim_ascii().is_empty() {
            return None;
        }
        let text = to_text(body);
        RegistrationEvent::read(&text)
            .map(Self::Registration)
            .or_else(|| Autodiscover::read(&text).map(Self::Autodiscover))
            .or_else(|| Soap::read(&text).map(Self::Soap))
            .or_else(|| Sdp::read(&text).map(Self::Sdp))
    }

    /// What it says, for people. Nothing in it is secret.
    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        match self {
            Self::Sdp(sdp) => sdp.facts(),
            Self::Soap(soap) => soap.facts(),
            Self::Autodiscover(answer) => answer.facts(),
            Self::Registration(event) => event.facts(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_known_by_what_they_hold() {
        let kind = |body: &str| Body::read(body.as_bytes());
        assert!(matches!(kind("v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\n"), Some(Body::Sdp(_))));
        assert!(matches!(kind("2ac\r\n<s:Envelope><s:Body/>"), Some(Body::Soap(_))));
        assert!(matches!(kind("<AutodiscoverResponse/>"), Some(Body::Autodiscover(_))));
        assert!(matches!(kind("deregistered;event=rejected"), Some(Body::Registration(_))));
        for other in ["", " \r\n", "hello", "<html><body>401</body></html>", "<presence/>"] {
            assert_eq!(kind(other), None, "{other}");
        }
    }
}
