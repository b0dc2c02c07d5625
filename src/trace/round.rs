//! Rounds of a handshake: a REGISTER with its final answer, and what the pair is.
//!
//! The states are those of an expert reading the trace: how often a server answered 401 says nothing, the last pair
//! of request and answer says nearly all. The first 401s of a sign-in are normal.

use super::credentials::Credentials;
use super::sip::SipMessage;
use crate::format::Millis;
use crate::index::RowId;
use crate::protocol::AuthRole;
use crate::protocol::token::TokenClass;

/// What one pair of request and answer is in a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The server asks for credentials, which the request did not carry yet. Always normal.
    Challenged,
    /// The server continues the handshake of the package in use.
    Continued,
    /// Accepted.
    Established,
    /// A token was refused: the server starts over, or sent a TLS alert.
    Failed,
    /// A signed request was answered by a fresh challenge: the server does not know the association (any more).
    Restarted,
    /// Another final answer, which wins over every 401.
    Answered,
    /// No final answer in the log.
    Open,
}

/// `ms-diagnostics` 1000: the last message of a handshake was rejected ([MS-OCER] 7.1).
pub const HANDSHAKE_FAILED: u32 = 1000;
/// `ms-diagnostics` 1013: significant time skew.
pub const TIME_SKEW: u32 = 1013;

/// A REGISTER with its final answer.
#[derive(Clone, Debug)]
pub struct Round {
    request: Option<Box<SipMessage>>,
    answer: Option<Box<SipMessage>>,
    // What is asked of every round, so that messages need not be looked at.
    time: Millis,
    answered_at: Option<Millis>,
    status: Option<u16>,
    pub state: State,
}

impl Round {
    pub(super) fn new(request: Option<SipMessage>, answer: Option<SipMessage>) -> Self {
        Self {
            time: request.as_ref().or(answer.as_ref()).map_or(Millis::NEVER, SipMessage::time),
            answered_at: answer.as_ref().map(SipMessage::time),
            status: answer.as_ref().and_then(|answer| answer.status),
            request: request.map(Box::new),
            answer: answer.map(Box::new),
            state: State::Open,
        }
    }

    /// `None` where the log begins after it.
    #[must_use]
    pub fn request(&self) -> Option<&SipMessage> {
        self.request.as_deref()
    }

    #[must_use]
    pub fn answer(&self) -> Option<&SipMessage> {
        self.answer.as_deref()
    }

    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    #[must_use]
    pub fn is_challenge(&self) -> bool {
        matches!(self.status(), Some(401 | 407))
    }

    /// The credentials that the client sent.
    #[must_use]
    pub fn sent(&self) -> Option<&Credentials> {
        self.request()?.credentials.iter().find(|own| own.role == AuthRole::Credentials)
    }

    /// The packages that the server offers in a 401.
    #[must_use]
    pub fn offered(&self) -> Vec<&Credentials> {
        let all = self.answer().into_iter().flat_map(|answer| &answer.credentials);
        all.filter(|own| own.role == AuthRole::Challenge).collect()
    }

    /// What the server offers for the package that the client used.
    #[must_use]
    pub fn challenge_in_use(&self) -> Option<&Credentials> {
        let package = &self.sent()?.package;
        self.offered().into_iter().find(|own| own.package == *package)
    }

    /// The client sent what ends its part of a handshake: all that is left is the server's judgement.
    #[must_use]
    pub fn has_final_token(&self) -> bool {
        match self.sent().and_then(|sent| sent.token) {
            Some(TokenClass::Ntlm(kind)) => kind == 3,
            Some(TokenClass::KerberosRequest) => true,
            Some(TokenClass::Tls { is_finished, .. }) => is_finished,
            _ => false,
        }
    }

    /// The number of a TLS alert in the server's token.
    #[must_use]
    pub fn alert(&self) -> Option<u8> {
        self.challenge_in_use().and_then(|challenge| match challenge.token {
            Some(TokenClass::Tls { alert, .. }) => alert,
            _ => None,
        })
    }

    /// Request and answer.
    pub fn messages(&self) -> impl Iterator<Item = &SipMessage> {
        self.request().into_iter().chain(self.answer())
    }

    /// Rows of request and answer, all copies.
    pub fn rows(&self) -> impl Iterator<Item = RowId> {
        self.messages().flat_map(SipMessage::rows)
    }

    /// When the request was sent; of an answer alone, when that came.
    #[must_use]
    pub fn time(&self) -> Millis {
        self.time
    }

    #[must_use]
    pub fn answered_at(&self) -> Option<Millis> {
        self.answered_at
    }

    /// The request asks for the end of the registration.
    #[must_use]
    pub fn is_sign_out(&self) -> bool {
        self.request().and_then(|request| request.expires) == Some(0)
    }

    /// `before` is the state of the round before in the same attempt.
    pub(super) fn judge(&mut self, before: Option<State>) {
        self.state = match self.status() {
            None => State::Open,
            Some(200..=299) => State::Established,
            Some(401 | 407) => self.judge_challenge(before),
            Some(_) => State::Answered,
        };
    }

    fn judge_challenge(&self, before: Option<State>) -> State {
        let says = |code| self.answer().is_some_and(|answer| answer.has_code(code));
        if says(TIME_SKEW) {
            return State::Failed;
        }
        let Some(sent) = self.sent() else {
            let goes_on = self.request.is_none() && self.offered().iter().any(|own| own.has_token());
            return if goes_on { State::Continued } else { State::Challenged };
        };
        let challenge = self.challenge_in_use();
        if challenge.is_some_and(Credentials::has_token) {
            return if self.alert().is_some() { State::Failed } else { State::Continued };
        }
        if says(HANDSHAKE_FAILED) {
            return State::Failed;
        }
        // A challenge whose offers are lost, or that is cut in or before what it offers for the package, may have
        // gone on with the handshake.
        let is_cut = self.answer().is_some_and(|answer| answer.is_cut);
        let is_last = || self.offered().last().is_some_and(|last| last.package == sent.package);
        if self.offered().is_empty() || is_cut && (challenge.is_none() || is_last()) {
            return State::Challenged;
        }
        // A server must ask again where the request names another one ([MS-SIPAE] 3.3.5.1).
        let is_other_server =
            challenge.and_then(|challenge| Some(challenge.target_host()? != sent.target_host()?)).unwrap_or(false);
        match (sent.has_token(), sent.is_signed) {
            (true, _) if is_other_server => State::Challenged,
            (true, _) => State::Failed,
            (false, true) if before == Some(State::Continued) && !is_other_server => State::Failed,
            (false, true) => State::Restarted,
            (false, false) => State::Challenged,
        }
    }
}
