//! What a front end does with a REGISTER when it does not just take it: refuses the credentials, turns the user away,
//! or takes word of a registration that exists.

use crate::clock::Time;
use crate::sign_in::{self, Attempt, CENTRAL, Proof};
use crate::sip::Message;
use crate::stage::{Endpoint, Stage};

/// Why credentials are refused.
pub struct Refusal<'a> {
    /// Number and reason of `ms-diagnostics`; empty where the server gives none.
    pub reason: &'a str,
    /// What follows it: `HRESULT="..."`, or nothing.
    pub more: &'a str,
    /// Of the security record: `0x8009030c SEC_E_LOGON_DENIED`.
    pub result: &'a str,
    pub data: &'a str,
}

/// `ms-diagnostics` of refused credentials that says no more than that.
pub const HANDSHAKE_FAILED: &str = "1000;reason=\"Final handshake failed\"";
pub const UNAUTHORIZED: &str = "HRESULT=\"0xC3E93EC3(SIP_E_AUTH_UNAUTHORIZED)\"";

/// The last REGISTER of a handshake is answered by a challenge as if nothing had been before.
pub fn refuse(stage: &mut Stage, who: &mut Endpoint, proof: Proof, refusal: &Refusal<'_>) -> Time {
    let server = who.front_end;
    let came = stage.send(proof.at, who, proof.request);
    let text = "Failed to validate user credentials";
    sign_in::note_security(stage, &came, who, "TL_ERROR", text, refusal.result, refusal.data);
    let mut answer = sign_in::challenge(stage, &came, server);
    if !refusal.reason.is_empty() {
        answer.add("ms-diagnostics", &diagnostics(refusal.reason, server.fqdn, refusal.more));
    }
    let delay = stage.ids.millis(12, 19);
    stage.deliver(came.at + delay, who, answer).at
}

/// `1000;reason="...";source="fe01.contoso.com";HRESULT="..."`
pub fn diagnostics(reason: &str, source: &str, more: &str) -> String {
    let more = if more.is_empty() { String::new() } else { format!(";{more}") };
    format!("{reason};source=\"{source}\"{more}")
}

/// A final answer that is no 200.
pub struct No<'a> {
    pub status: u16,
    pub reason: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
}

impl No<'_> {
    fn answer(&self, stage: &mut Stage, request: &Message) -> Message {
        let tag = stage.ids.server_tag();
        let mut answer = Message::answer(request, self.status, self.reason, &tag);
        for (name, value) in self.headers {
            answer.add(name, value);
        }
        answer.with("Server", stage.product.server_agent())
    }
}

/// The credentials are good, and still the user may not sign in. The answer is signed.
pub fn reject(stage: &mut Stage, who: &mut Endpoint, proof: Proof, no: &No<'_>) -> Time {
    let Proof { at, request, session } = proof;
    let came = stage.send(at, who, request);
    let data = format!("user=\"{}\"", who.user);
    sign_in::note_security(stage, &came, who, "TL_INFO", "The user was authenticated", "", &data);
    let answer = no.answer(stage, &came.message);
    who.session = Some(session);
    let at = stage.deliver(came.at + 9, who, answer).at;
    who.session = None;
    at
}

/// A REGISTER without credentials gets a final answer at once.
pub fn turn_away(stage: &mut Stage, now: Time, who: &mut Endpoint, attempt: &mut Attempt, no: &No<'_>) -> Time {
    let request = attempt.register(who);
    let came = stage.send(now, who, request);
    let answer = no.answer(stage, &came.message);
    stage.deliver(came.at + 4, who, answer).at
}

/// A client that is signed in says so again.
pub fn refresh(stage: &mut Stage, now: Time, who: &mut Endpoint, attempt: &mut Attempt) -> Time {
    let request = attempt.register(who);
    let came = stage.send(now, who, request);
    let presence = CENTRAL.replace("added", "refreshed");
    let answer = sign_in::registered(stage, &came, who, 7200, &presence);
    stage.deliver(came.at + 5, who, answer).at
}

/// A client signs out.
pub fn sign_out(stage: &mut Stage, now: Time, who: &mut Endpoint, attempt: &mut Attempt) -> Time {
    let request = attempt.register(who).with("Expires", "0");
    let came = stage.send(now, who, request);
    let answer = sign_in::registered(stage, &came, who, 0, "");
    let at = stage.deliver(came.at + 5, who, answer).at;
    who.session = None;
    at
}
