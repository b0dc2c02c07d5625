//! A refused token and its one cause: of all that the evidence would allow, the most specific it proves.

use crate::format::Kind;
use crate::protocol::token::TokenClass;
use crate::trace::{Attempt, ClientNote, Round, ServerNote, SipMessage, Trace};

/// Why a token was refused. In the order of precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    ClockSkew,
    NtlmLevel,
    UserCertificate,
    Password,
    KerberosTarget,
    Credentials,
}

/// The last refusal of an attempt.
#[derive(Debug)]
pub struct Refusal<'a> {
    pub attempt: &'a Attempt,
    pub round: &'a Round,
    pub cause: Cause,
    /// What the server wrote about it.
    pub notes: Vec<&'a ServerNote>,
    /// What the client wrote about it.
    pub client_notes: Vec<&'a ClientNote>,
}

/// `SIP_E_AUTH_UNAUTHORIZED`
pub const UNAUTHORIZED: u32 = 0xC3E9_3EC3;
/// `SIP_E_AUTH_NTLMMISMATCH`
pub const NTLM_MISMATCH: u32 = 0xC3E9_3EE4;
/// `SEC_E_UNSUPPORTED_FUNCTION`, which security packages return where their levels do not match.
pub const UNSUPPORTED_FUNCTION: u32 = 0x8009_0302;
/// `SEC_E_LOGON_DENIED`
pub const LOGON_DENIED: u32 = 0x8009_030C;
/// `RTC_E_CLOCK_SKEW` of the client.
pub const CLIENT_CLOCK_SKEW: u32 = 0x80EE_006C;
/// `ms-diagnostics` 1013: significant time skew.
pub const CODE_TIME_SKEW: u32 = 1013;

impl<'a> Refusal<'a> {
    /// `None` where no token was refused that would let the server judge.
    pub fn of(attempt: &'a Attempt, trace: &'a Trace) -> Option<Self> {
        let round = attempt.failures().last()?;
        let messages = || round.request.iter().chain(&round.answer);
        let mut notes: Vec<&ServerNote> = messages().flat_map(|message| trace.notes_on(message)).collect();
        notes.sort_by_key(|note| note.row);
        notes.dedup_by_key(|note| note.row);
        // What a client says about an attempt stands in its own log, soon after the answer.
        let client_files: Vec<u16> =
            messages().flat_map(|message| &message.hops).filter(|hop| hop.is_client).map(|hop| hop.file).collect();
        let ended = round.answered_at().unwrap_or_else(|| round.time());
        let is_near = |note: &&ClientNote| {
            client_files.contains(&note.file) && (-1_000..=30_000).contains(&note.time.0.saturating_sub(ended.0))
        };
        let client_notes: Vec<&ClientNote> = trace.client_notes.iter().filter(is_near).collect();
        let mut own = Self { attempt, round, cause: Cause::Credentials, notes, client_notes };
        own.cause = own.judge()?;
        Some(own)
    }

    fn judge(&self) -> Option<Cause> {
        let package = self.round.sent().map(|sent| sent.package.as_str()).unwrap_or_default();
        let says = |hresult: u32| self.says(hresult);
        let has_code = |code| self.answer().is_some_and(|answer| answer.has_code(code));
        if has_code(CODE_TIME_SKEW) || says(CLIENT_CLOCK_SKEW) {
            return Some(Cause::ClockSkew);
        }
        if package == "NTLM"
            && (says(NTLM_MISMATCH) || self.notes.iter().any(|note| note.result == Some(UNSUPPORTED_FUNCTION)))
        {
            return Some(Cause::NtlmLevel);
        }
        if package == "TLS-DSK" && self.certificate_is_refused() {
            return Some(Cause::UserCertificate);
        }
        if package == "NTLM" && says(LOGON_DENIED) {
            return Some(Cause::Password);
        }
        if package == "Kerberos" && self.round.sent().and_then(|sent| sent.token) == Some(TokenClass::KerberosRequest) {
            return Some(Cause::KerberosTarget);
        }
        (self.round.has_final_token() || says(UNAUTHORIZED) || has_code(1000) || self.has_security_record())
            .then_some(Cause::Credentials)
    }

    /// Certificate alerts: 42 `bad_certificate` to 46 `certificate_unknown`, and 48 `unknown_ca` (RFC 5246 7.2).
    fn certificate_is_refused(&self) -> bool {
        matches!(self.round.alert(), Some(42..=46 | 48))
    }

    #[must_use]
    pub fn answer(&self) -> Option<&'a SipMessage> {
        self.round.answer.as_ref()
    }

    /// Whether an HRESULT stands in the answer, in a record of the server about it, or in the client's log.
    #[must_use]
    pub fn says(&self, hresult: u32) -> bool {
        let wanted = format!("{hresult:08x}");
        let in_answer =
            self.answer().and_then(SipMessage::hresult).is_some_and(|text| text.to_ascii_lowercase().contains(&wanted));
        in_answer
            || self.notes.iter().any(|note| {
                note.result == Some(hresult)
                    || note.data.iter().any(|(_, value)| value.to_ascii_lowercase().contains(&wanted))
            })
            || self.client_notes.iter().any(|note| note.has_hresult(hresult))
    }

    #[must_use]
    pub fn has_security_record(&self) -> bool {
        self.notes.iter().any(|note| note.kind == Kind::Security)
    }

    /// Rows of the refused request, its answer, and what was written about them.
    pub fn rows(&self) -> impl Iterator<Item = crate::index::RowId> {
        self.round
            .rows()
            .chain(self.notes.iter().map(|note| note.row))
            .chain(self.client_notes.iter().map(|note| note.row))
    }
}
