//! A refused token and its one cause: of all that the evidence would allow, the most specific it proves.

use super::case::{ClientNotes, Device};
use super::knowledge::Knowledge;
use super::{Confidence, Finding, Rule, Severity};
use crate::format::{Kind, Millis};
use crate::index::{Index, RowId};
use crate::protocol::token::{Ntlm, Token, TokenClass};
use crate::protocol::{Auth, AuthRole, Message};
use crate::trace::{ANSWER_TIMEOUT_MS, Attempt, ClientNote, Ending, Round, ServerNote, SipMessage, State, Trace};

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

impl Cause {
    /// The slug of the rule that tells of it.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::ClockSkew => "clock-skew",
            Self::NtlmLevel => "ntlm-level-mismatch",
            Self::UserCertificate => "user-certificate-refused",
            Self::Password => "wrong-password",
            Self::KerberosTarget => "kerberos-target",
            Self::Credentials => "credentials-refused",
        }
    }
}

/// What became of the sign-in after a token was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing mended it.
    Stands,
    /// The same attempt went on with another package, which was accepted.
    FellBack,
    /// The same device signed in later.
    Recovered,
    /// The log ends while the client tries another package.
    Undecided,
}

/// One refused token.
#[derive(Debug)]
pub struct Refusal<'a> {
    pub attempt: &'a Attempt,
    pub round: &'a Round,
    pub cause: Cause,
    pub confidence: Confidence,
    pub fate: Fate,
    /// What the server wrote about it.
    pub notes: Vec<&'a ServerNote>,
    /// What the client wrote about it.
    pub client_notes: Vec<&'a ClientNote>,
    /// When the client's certificate ends, where its handshake shows one.
    pub certificate_ends: Option<Millis>,
    /// The client's clock minus the server's, as far as the log shows it.
    pub skew_ms: Option<i64>,
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
/// `RTC_E_AUTH_FAILED` of the client, which says no more than that.
pub const CLIENT_AUTH_FAILED: u32 = 0x80EE_0011;
/// SIP status 401 as the client writes it.
pub const CLIENT_SIP_401: u32 = 0x80EF_0191;
/// `ms-diagnostics` 1013: significant time skew.
pub const CODE_TIME_SKEW: u32 = 1013;
/// `ms-diagnostics` 1000: the last message of a handshake was rejected.
pub const CODE_HANDSHAKE_FAILED: u32 = 1000;
/// A certificate that is expired, unknown, of an untrusted issuer, or revoked: `SEC_E_CERT_EXPIRED`,
/// `SEC_E_CERT_UNKNOWN`, `SEC_E_UNTRUSTED_ROOT`, `CERT_E_EXPIRED`, `CERT_E_UNTRUSTEDROOT`, `CERT_E_REVOKED`.
const BAD_CERTIFICATE: [u32; 6] = [0x8009_0328, 0x8009_0327, 0x8009_0325, 0x800B_0101, 0x800B_0109, 0x800B_010C];

/// What is needed to judge a refusal beside the attempt itself.
pub struct Bench<'b, 'a> {
    pub index: &'a Index,
    pub trace: &'a Trace,
    pub client_notes: &'b ClientNotes<'a>,
    /// The device of the attempt.
    pub device: &'b Device<'a>,
    /// When the user's client got certificates.
    pub certified: &'b [Millis],
}

impl<'a> Refusal<'a> {
    /// All refusals of an attempt that would let the server judge, and what they prove.
    pub fn of(attempt: &'a Attempt, bench: &Bench<'_, 'a>) -> Vec<Self> {
        let failed = || attempt.rounds.iter().enumerate().filter(|(_, round)| round.state == State::Failed);
        let Some((last, _)) = failed().next_back() else { return vec![] };
        failed().filter_map(|(at, round)| Self::of_round(attempt, at, round, at == last, bench)).collect()
    }

    fn of_round(
        attempt: &'a Attempt,
        at: usize,
        round: &'a Round,
        is_last: bool,
        bench: &Bench<'_, 'a>,
    ) -> Option<Self> {
        let messages = || round.request.iter().chain(&round.answer);
        let mut notes: Vec<&ServerNote> = messages().flat_map(|message| bench.trace.notes_on(message)).collect();
        notes.sort_by_key(|note| note.row);
        notes.dedup_by_key(|note| note.row);
        // What a client says about an attempt stands in its own log, soon after the answer.
        let mut files: Vec<u16> =
            messages().flat_map(|message| &message.hops).filter(|hop| hop.is_client).map(|hop| hop.file).collect();
        files.sort_unstable();
        files.dedup();
        let ended = round.answered_at().unwrap_or_else(|| round.time());
        let client_notes = files.iter().flat_map(|&file| bench.client_notes.between(file, ended, -1_000, 30_000));
        let mut own = Self {
            attempt,
            round,
            cause: Cause::Credentials,
            confidence: Confidence::Proved,
            fate: fate(attempt, at, is_last, bench),
            notes,
            client_notes: client_notes.collect(),
            certificate_ends: None,
            skew_ms: skew_ms(bench.index, round),
        };
        if own.package() == "TLS-DSK" {
            let before = attempt.rounds.get(..=at).unwrap_or_default().iter().rev();
            let mut of_handshake = before.take_while(|round| round.sent().is_some()).take(MOST_FLIGHTS);
            own.certificate_ends = of_handshake.find_map(|round| sent_certificate_end(bench.index, round));
        }
        (own.cause, own.confidence) = own.judge(attempt.rounds.get(..at).and_then(<[Round]>::last), bench)?;
        Some(own)
    }

    fn judge(&self, before: Option<&Round>, bench: &Bench<'_, 'a>) -> Option<(Cause, Confidence)> {
        use Confidence::{Hint, Likely, Proved};
        let package = self.package();
        let has_code = |code| self.answer().is_some_and(|answer| answer.has_code(code));
        if has_code(CODE_TIME_SKEW) || self.says(CLIENT_CLOCK_SKEW) {
            return Some((Cause::ClockSkew, Proved));
        }
        if package == "NTLM"
            && (self.says(NTLM_MISMATCH) || self.says(UNSUPPORTED_FUNCTION) || self.names("NTLMMISMATCH"))
        {
            return Some((Cause::NtlmLevel, Proved));
        }
        if package == "TLS-DSK" {
            if self.certificate_is_refused() {
                return Some((Cause::UserCertificate, Proved));
            }
            if self.is_mended_by_certificate(bench) {
                return Some((Cause::UserCertificate, Likely));
            }
        }
        if package == "NTLM" && self.says(LOGON_DENIED) {
            return Some((Cause::Password, Likely));
        }
        // More than a server allows: 5 minutes for Kerberos, 15 for NTLM ([MS-SIP] 3.1.4.1); two seconds for the
        // way and for dates that count whole seconds.
        let allowed_ms = match package {
            "Kerberos" => Some(302_000),
            "NTLM" => Some(902_000),
            _ => None,
        };
        if allowed_ms.zip(self.skew_ms).is_some_and(|(allowed, skew)| skew.abs() > allowed) {
            return Some((Cause::ClockSkew, Likely));
        }
        let token = self.round.sent().and_then(|sent| sent.token).unwrap_or(TokenClass::Empty);
        if package == "Kerberos" && token != TokenClass::Empty && !self.says(LOGON_DENIED) {
            return Some((Cause::KerberosTarget, if self.is_explained() { Likely } else { Hint }));
        }
        // A masked token that follows the server's part of the handshake, and the signed request that ends TLS-DSK.
        let goes_on = before.is_some_and(|before| before.state == State::Continued);
        let is_final = self.round.has_final_token()
            || package == "Kerberos"
            || goes_on && matches!(token, TokenClass::Other | TokenClass::Empty);
        (is_final || self.is_explained() || self.round.alert().is_some()).then_some((Cause::Credentials, Proved))
    }

    /// A certificate alert: 42 `bad_certificate` to 46 `certificate_unknown`, and 48 `unknown_ca` (RFC 5246 7.2); an
    /// error number of the server that says so; or a certificate that had ended when the server answered.
    fn certificate_is_refused(&self) -> bool {
        let had_ended = || Some(self.certificate_ends? < self.answer()?.date?);
        matches!(self.round.alert(), Some(42..=46 | 48))
            || self.notes.iter().any(|note| note.result.is_some_and(|result| BAD_CERTIFICATE.contains(&result)))
            || had_ended().unwrap_or(false)
    }

    /// The client then got a new certificate, and TLS-DSK worked with it.
    fn is_mended_by_certificate(&self, bench: &Bench<'_, 'a>) -> bool {
        let refused = self.round.time();
        let after = |times: &[Millis]| times.get(times.partition_point(|&time| time <= refused)).copied();
        after(bench.certified).zip(after(&bench.device.tls_dsk_sign_ins)).is_some_and(|(given, used)| given <= used)
    }

    /// The package of the refused token.
    #[must_use]
    pub fn package(&self) -> &'a str {
        self.round.sent().map(|sent| sent.package.as_str()).unwrap_or_default()
    }

    #[must_use]
    pub fn answer(&self) -> Option<&'a SipMessage> {
        self.round.answer.as_ref()
    }

    /// Whether an HRESULT stands in the answer, in a record of the server about it, or in the client's log.
    #[must_use]
    pub fn says(&self, hresult: u32) -> bool {
        let wanted = format!("{hresult:08x}");
        let in_answer = || {
            let all = self.answer().into_iter().flat_map(|answer| &answer.diagnostics);
            all.filter_map(|own| own.params.get("hresult")).any(|text| text.to_ascii_lowercase().contains(&wanted))
        };
        in_answer()
            || self.notes.iter().any(|note| {
                note.result == Some(hresult)
                    || note.data.iter().any(|(_, value)| value.to_ascii_lowercase().contains(&wanted))
            })
            || self.client_notes.iter().any(|note| note.has_hresult(hresult))
    }

    /// Whether the server gives an error by its name.
    fn names(&self, error: &str) -> bool {
        let all = self.answer().into_iter().flat_map(|answer| &answer.diagnostics);
        all.flat_map(|own| own.params.values()).any(|text| text.contains(error))
            || self.notes.iter().any(|note| note.result_name.as_ref().is_some_and(|name| name.contains(error)))
    }

    /// The server says that it refused the handshake.
    fn is_explained(&self) -> bool {
        self.says(UNAUTHORIZED)
            || self.answer().is_some_and(|answer| answer.has_code(CODE_HANDSHAKE_FAILED))
            || self.has_security_record()
    }

    #[must_use]
    pub fn has_security_record(&self) -> bool {
        self.notes.iter().any(|note| note.kind == Kind::Security)
    }

    /// What the server says of it, where it says anything: `0xC3E93EC3 SIP_E_AUTH_UNAUTHORIZED`, or a code.
    #[must_use]
    pub fn result_in_words(&self) -> Option<String> {
        let named = |result: u32, name: Option<&str>| {
            let known = || Knowledge::current().hresult(result).map(|own| own.name);
            format!("0x{result:08X} {}", name.map(str::to_owned).or_else(known).unwrap_or_default())
                .trim_end()
                .to_owned()
        };
        let of_notes = || self.notes.iter().find_map(|note| Some(named(note.result?, note.result_name.as_deref())));
        let diagnostics = || self.answer().into_iter().flat_map(|answer| &answer.diagnostics);
        let of_answer = || diagnostics().find_map(|own| own.params.get("hresult").cloned());
        let of_code = || {
            diagnostics().next().map(|own| {
                let reason = own.reason.as_deref().map(|reason| format!(" \"{reason}\"")).unwrap_or_default();
                format!("ms-diagnostics {}{reason}", own.code)
            })
        };
        of_notes().or_else(of_answer).or_else(of_code)
    }

    /// The server that the token was for.
    #[must_use]
    pub fn server(&self) -> Option<String> {
        let offered = || self.round.offered().iter().find_map(|own| own.target_host());
        self.round.sent().and_then(crate::trace::Credentials::target_host).or_else(offered)
    }

    /// Rows of the refused request, its answer, and what was written about them.
    pub fn rows(&self) -> impl Iterator<Item = RowId> {
        self.round
            .rows()
            .chain(self.notes.iter().map(|note| note.row))
            .chain(self.client_notes.iter().map(|note| note.row))
    }

    /// Whom an NTLM token names.
    #[must_use]
    pub fn identity(&self, index: &Index) -> Option<Ntlm> {
        sent_token(index, self.round)?.ntlm().filter(|ntlm| ntlm.user.is_some()).cloned()
    }
}

/// A finding of a rule about refusals of one device: its severity, how sure it is, how often, and the proof.
pub fn finding(rule: &Rule, refusals: &[&Refusal<'_>], title: impl Into<String>) -> Finding {
    let confidence = refusals.iter().map(|own| own.confidence).min().unwrap_or(Confidence::Likely);
    let stands = refusals.iter().any(|own| own.fate == Fate::Stands);
    Finding::new(rule, confidence, title)
        .severity(finding_severity(!stands))
        .times(refusals.len())
        .proved_by(refusals.iter().flat_map(|own| own.rows()))
}

/// What was mended later, or may be where the log ends, is no failure.
pub fn finding_severity(is_mended: bool) -> Severity {
    if is_mended { Severity::Warning } else { Severity::Failure }
}

/// Rounds of a TLS-DSK handshake that may hold the client's certificate.
const MOST_FLIGHTS: usize = 8;

fn fate(attempt: &Attempt, at: usize, is_last: bool, bench: &Bench<'_, '_>) -> Fate {
    let Some(round) = attempt.rounds.get(at) else { return Fate::Stands };
    let package = round.sent().map(|sent| sent.package.as_str());
    if attempt.ending == Ending::SignedIn {
        return if attempt.package() == package { Fate::Recovered } else { Fate::FellBack };
    }
    if bench.device.signs_in_after(attempt.started()) {
        return Fate::Recovered;
    }
    // An attempt counts as refused, too, where its log ends before the next answer.
    let is_open = matches!(attempt.ending, Ending::Challenged | Ending::Unanswered | Ending::Refused);
    if is_open && is_last && attempt.package() != package {
        let ends = attempt.last().and_then(|last| bench.trace.log_goes_on(last));
        if ends.is_none_or(|waited_ms| waited_ms < ANSWER_TIMEOUT_MS) {
            return Fate::Undecided;
        }
    }
    Fate::Stands
}

/// The client's clock minus the server's, by the Date of the server's answer; where that has none, by the copy of the
/// request that a server wrote down. What an offset in real use explains is no error of a clock, and the clocks of
/// files have it taken away already.
fn skew_ms(index: &Index, round: &Round) -> Option<i64> {
    let is_known = |row: RowId| {
        let located = index.locate(row);
        located.is_some_and(|(block, at)| index.clock_at(block, at).is_known())
    };
    let by_date = || {
        let answer = round.answer.as_ref()?;
        let hop = answer.hops.iter().find(|hop| hop.is_client && is_known(hop.row))?;
        difference(hop.time, answer.date?)
    };
    let by_copy = || {
        let hops = &round.request.as_ref()?.hops;
        let client = hops.iter().find(|hop| hop.is_client && is_known(hop.row))?;
        let server = hops.iter().find(|hop| !hop.is_client && is_known(hop.row))?;
        difference(client.time, server.time)
    };
    by_date().or_else(by_copy)
}

fn difference(a: Millis, b: Millis) -> Option<i64> {
    (a != Millis::NEVER && b != Millis::NEVER).then(|| a.0.saturating_sub(b.0))
}

/// The token that a request carries, read from the log again: messages do not keep it.
pub(super) fn sent_token(index: &Index, round: &Round) -> Option<Token> {
    let mut rows = round.request.as_ref()?.rows();
    let of_message = |message: &Message<'_>| {
        let sent = message.auths().into_iter().filter(|auth| auth.role == AuthRole::Credentials);
        sent.filter_map(|auth| Auth::token(&auth)).find(|token| *token != Token::Empty)
    };
    rows.find_map(|row| index.with_record(row, |record| of_message(record.message.as_ref()?))?)
}

/// When the certificate ends that the client shows in a round.
pub(super) fn sent_certificate_end(index: &Index, round: &Round) -> Option<Millis> {
    sent_token(index, round)?.tls()?.certificates().first()?.not_after.map(Millis)
}
