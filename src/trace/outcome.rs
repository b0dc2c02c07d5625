//! What a message is in its exchange. A 401 is a state, not an error.

use crate::protocol::{Message, diagnostics};

/// What a message says about the exchange it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    Request,
    /// 1xx: still at work.
    Provisional,
    Success,
    /// 3xx: ask elsewhere.
    Redirect,
    /// 401 or 407 that asks for credentials, a normal step of every sign-in.
    Challenge,
    /// Refused or failed: 4xx to 6xx, and a 401 that names a reason.
    Failure,
}

impl Outcome {
    /// A word for people, which also says to a screen reader what the colour says.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Provisional => "in progress",
            Self::Success => "success",
            Self::Redirect => "redirect",
            Self::Challenge => "challenge",
            Self::Failure => "failure",
        }
    }

    /// By status and diagnostic codes. `None` as status is a request.
    ///
    /// A 401 with a code is a refusal, except 28020 ("no valid security token"), which is how web
    /// services ask for a token.
    #[must_use]
    pub fn of(status: Option<u16>, mut codes: impl Iterator<Item = u32>) -> Self {
        const NO_TOKEN_YET: u32 = 28_020;
        match status {
            None => Self::Request,
            Some(100..=199) => Self::Provisional,
            Some(200..=299) => Self::Success,
            Some(300..=399) => Self::Redirect,
            Some(401 | 407) if codes.all(|code| code == NO_TOKEN_YET) => Self::Challenge,
            Some(_) => Self::Failure,
        }
    }

    /// Of one message, by its own headers.
    #[must_use]
    pub fn of_message(message: &Message<'_>) -> Self {
        let codes = message
            .headers()
            .filter(|header| header.name == crate::protocol::HeaderName::Diagnostics)
            .filter_map(|header| diagnostics::code(header.value));
        Self::of(message.start.status(), codes)
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn a_401_is_a_challenge_unless_it_names_a_reason() {
        let of = |status, codes: &[u32]| Outcome::of(status, codes.iter().copied());
        assert_eq!(of(None, &[]), Outcome::Request);
        assert_eq!(of(Some(401), &[]), Outcome::Challenge);
        assert_eq!(of(Some(401), &[28_020]), Outcome::Challenge);
        assert_eq!(of(Some(401), &[28_032]), Outcome::Failure);
        assert_eq!(of(Some(407), &[]), Outcome::Challenge);
        assert_eq!(of(Some(180), &[]), Outcome::Provisional);
        assert_eq!(of(Some(403), &[]), Outcome::Failure);
        assert_eq!(of(Some(301), &[]), Outcome::Redirect);
    }
}
