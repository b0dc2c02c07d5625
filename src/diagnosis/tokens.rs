//! Tokens of a handshake, read from the log again: messages keep only what kind they are.

use crate::format::Millis;
use crate::index::Index;
use crate::protocol::token::kerberos::KerberosError;
use crate::protocol::token::{Kerberos, Token};
use crate::protocol::{Auth, AuthRole, Message};
use crate::trace::{Round, SipMessage};

/// The token that a request carries.
pub fn sent_token(index: &Index, round: &Round) -> Option<Token> {
    token_of(index, round.request()?, |auth| auth.role == AuthRole::Credentials)
}

/// When the certificate ends that the client shows in a round.
pub fn sent_certificate_end(index: &Index, round: &Round) -> Option<Millis> {
    sent_token(index, round)?.tls()?.certificates().first()?.not_after.map(Millis)
}

/// The error that a server answers a Kerberos ticket with (RFC 4120 5.9.1).
pub fn kerberos_error(index: &Index, round: &Round) -> Option<KerberosError> {
    const PACKAGE: &str = "Kerberos";
    let challenge = round.challenge_in_use().filter(|own| own.package == PACKAGE)?;
    if !challenge.has_token() {
        return None;
    }
    let is_own = |auth: &Auth| auth.role == AuthRole::Challenge && auth.package_name() == PACKAGE;
    match token_of(index, round.answer()?, is_own)?.kerberos()? {
        Kerberos::Error(error) => Some(error.clone()),
        _ => None,
    }
}

fn token_of(index: &Index, message: &SipMessage, is_wanted: impl Fn(&Auth) -> bool) -> Option<Token> {
    let of_message = |message: &Message<'_>| {
        let wanted = message.auths().into_iter().filter(|auth| is_wanted(auth));
        wanted.filter_map(|auth| Auth::token(&auth)).find(|token| *token != Token::Empty)
    };
    message.rows().find_map(|row| index.with_record(row, |record| of_message(record.message.as_ref()?))?)
}
