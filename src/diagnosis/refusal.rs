//! A refused token and its one cause: of all that the evidence would allow, the most specific it proves.

use super::case::{ClientNotes, Device};
use super::client_words::may_be_of_sign_in;
use super::knowledge::Knowledge;
use super::numbers::{
    CLIENT_CLOCK_SKEW, HANDSHAKE_FAILED, LOGON_DENIED, NTLM_MISMATCH, SERVER_UNAUTHORIZED, TIME_SKEW,
    UNSUPPORTED_FUNCTION,
};
use super::rejection::Ground;
use super::timeline::Timeline;
use super::tokens::{kerberos_error, sent_certificate_end, sent_token};
use super::{Confidence, Finding, Rule, Severity};
use crate::format::{Kind, Millis};
use crate::index::{Index, RowId};
use crate::protocol::token::kerberos::KerberosError;
use crate::protocol::token::{Ntlm, TokenClass};
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
    /// The sign-in ended in a final status, which wins over every 401.
    Overruled(Ground),
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
    /// What the server says of a Kerberos ticket it does not take.
    pub kerberos_error: Option<KerberosError>,
    /// The client's clock minus the server's, as far as the log shows it.
    pub skew_ms: Option<i64>,
}

/// A certificate that is expired, unknown, of an untrusted issuer, or revoked: `SEC_E_CERT_EXPIRED`,
/// `SEC_E_CERT_UNKNOWN`, `SEC_E_UNTRUSTED_ROOT`, `CERT_E_EXPIRED`, `CERT_E_UNTRUSTEDROOT`, `CERT_E_REVOKED`.
const BAD_CERTIFICATE: [u32; 6] = [0x8009_0328, 0x8009_0327, 0x8009_0325, 0x800B_0101, 0x800B_0109, 0x800B_010C];

/// What a client says of an attempt stands this soon after the answer, milliseconds.
const SOON_MS: i64 = 30_000;
/// Its reason may come later, up to the next attempt, milliseconds.
const LATER_MS: i64 = 5 * 60_000;
const TOLD_LATER: [u32; 2] = [CLIENT_CLOCK_SKEW, LOGON_DENIED];

/// Errors of Kerberos (RFC 4120 7.5.9): the clocks, a service that the domain does not know, a ticket that the server
/// cannot read.
pub const KRB_SKEW: i64 = 37;
pub const KRB_NO_SUCH_SERVICE: i64 = 7;
pub const KRB_MODIFIED: i64 = 41;
/// Those about the client's own account: unknown, revoked, key expired, pre-authentication failed.
const KRB_OF_CLIENT: [i64; 4] = [6, 18, 23, 24];

/// What is needed to judge a refusal beside the attempt itself.
pub struct Bench<'b, 'a> {
    pub index: &'a Index,
    pub trace: &'a Trace,
    pub client_notes: &'b ClientNotes<'a>,
    pub timeline: &'b Timeline<'a>,
    /// The device of the attempt.
    pub device: &'b Device<'a>,
    /// When the user's client got certificates.
    pub certified: &'b [Millis],
}

impl Bench<'_, '_> {
    /// Whether a line of a client is about an attempt: written while it was under way or before the next one.
    fn is_about(&self, note: &ClientNote, attempt: &Attempt) -> bool {
        let under_way = self.timeline.attempt_at(note.file, note.time);
        may_be_of_sign_in(note)
            && under_way.is_some_and(|own| own.first_row() == attempt.first_row())
            && note.user.as_deref().is_none_or(|user| attempt.user.as_deref() == Some(user))
    }

    fn is_seen_by_server(&self, attempt: &Attempt) -> bool {
        attempt.is_seen_by_server() || self.trace.notes_on_call(&attempt.call_id).next().is_some()
    }
}

impl<'a> Refusal<'a> {
    /// All refusals of an attempt that would let the server judge, and what they prove.
    pub fn of(attempt: &'a Attempt, bench: &Bench<'_, 'a>) -> Vec<Self> {
        let is_failed = |(at, round): &(usize, &Round)| {
            let next = || attempt.rounds.get(at + 1).map(|next| next.state);
            let refuses_ticket = || kerberos_error(bench.index, round).is_some() && next() != Some(State::Failed);
            round.state == State::Failed || round.state == State::Continued && refuses_ticket()
        };
        let failed: Vec<(usize, &Round)> = attempt.rounds.iter().enumerate().filter(is_failed).collect();
        let Some((last, _)) = failed.last().copied() else { return vec![] };
        failed.into_iter().filter_map(|(at, round)| Self::of_round(attempt, at, round, at == last, bench)).collect()
    }

    fn of_round(
        attempt: &'a Attempt,
        at: usize,
        round: &'a Round,
        is_last: bool,
        bench: &Bench<'_, 'a>,
    ) -> Option<Self> {
        let messages = || round.messages();
        let mut notes: Vec<&ServerNote> = messages().flat_map(|message| bench.trace.notes_on(message)).collect();
        notes.sort_by_key(|note| note.row);
        notes.dedup_by_key(|note| note.row);
        // What a client says about an attempt stands in its own log, soon after the answer.
        let mut files: Vec<u16> =
            messages().flat_map(|message| &message.hops).filter(|hop| hop.is_client).map(|hop| hop.file).collect();
        files.sort_unstable();
        files.dedup();
        let ended = round.answered_at().unwrap_or_else(|| round.time());
        let soon = files.iter().flat_map(|&file| bench.client_notes.between(file, ended, -1_000, SOON_MS));
        let later = files.iter().flat_map(|&file| bench.client_notes.between(file, ended, SOON_MS + 1, LATER_MS));
        let later = later.filter(|note| TOLD_LATER.iter().any(|&hresult| note.has_hresult(hresult)));
        let mut own = Self {
            attempt,
            round,
            cause: Cause::Credentials,
            confidence: Confidence::Proved,
            fate: fate(attempt, at, is_last, bench),
            notes,
            client_notes: soon.chain(later).filter(|note| bench.is_about(note, attempt)).collect(),
            certificate_ends: None,
            kerberos_error: kerberos_error(bench.index, round),
            skew_ms: skew_ms(bench.index, round),
        };
        let before = at.checked_sub(1).and_then(|before| attempt.rounds.get(before));
        if own.package() == "Kerberos" && own.kerberos_error.is_none() {
            own.kerberos_error = before.and_then(|before| kerberos_error(bench.index, before));
        }
        let clocks = own.kerberos_error.as_ref().and_then(|error| error.client_time.zip(error.server_time));
        own.skew_ms = clocks.map(|(client, server)| client.saturating_sub(server)).or(own.skew_ms);
        if own.package() == "TLS-DSK" {
            let before = attempt.rounds.get(..=at).unwrap_or_default().iter().rev();
            let mut of_handshake = before.take_while(|round| round.sent().is_some()).take(MOST_FLIGHTS);
            own.certificate_ends = of_handshake.find_map(|round| sent_certificate_end(bench.index, round));
        }
        let cause = own.judge(before, bench);
        if cause.is_none() && own.fate == Fate::Stands && is_cut_short(attempt, bench) {
            own.fate = Fate::Undecided;
        }
        (own.cause, own.confidence) = cause.or_else(|| own.breaks_off(is_last, bench))?;
        Some(own)
    }

    /// Refused before its last token, at the end of the attempt: that proves no cause, but sign-in ends there. A client's
    /// log alone asks for the server's.
    fn breaks_off(&self, is_last: bool, bench: &Bench<'_, 'a>) -> Option<(Cause, Confidence)> {
        let ends_here = is_last && self.attempt.ending == Ending::Refused;
        (ends_here && bench.is_seen_by_server(self.attempt)).then_some((Cause::Credentials, Confidence::Hint))
    }

    fn judge(&self, before: Option<&Round>, bench: &Bench<'_, 'a>) -> Option<(Cause, Confidence)> {
        use Confidence::{Hint, Likely, Proved};
        let package = self.package();
        let has_code = |code| self.answer().is_some_and(|answer| answer.has_code(code));
        let kerberos_error = self.kerberos_error.as_ref().and_then(|error| error.code);
        if has_code(TIME_SKEW) || self.says(CLIENT_CLOCK_SKEW) || kerberos_error == Some(KRB_SKEW) {
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
        match kerberos_error {
            Some(KRB_NO_SUCH_SERVICE | KRB_MODIFIED) => return Some((Cause::KerberosTarget, Proved)),
            Some(code) if KRB_OF_CLIENT.contains(&code) => return Some((Cause::Credentials, Proved)),
            _ => {}
        }
        // More than a server allows: 5 minutes for Kerberos, 15 for NTLM ([MS-SIP] 3.1.4.1); two seconds for the
        // way and for dates that count whole seconds.
        let allowed_ms = match package {
            "Kerberos" => Some(302_000),
            "NTLM" => Some(902_000),
            _ => None,
        };
        if allowed_ms.zip(self.skew_ms).is_some_and(|(allowed, skew)| skew.unsigned_abs() > allowed) {
            return Some((Cause::ClockSkew, Likely));
        }
        let token = self.round.sent().and_then(|sent| sent.token).unwrap_or(TokenClass::Empty);
        if package == "Kerberos" && token != TokenClass::Empty && !self.says(LOGON_DENIED) {
            return Some((
                Cause::KerberosTarget,
                if kerberos_error.is_some() || self.is_explained() { Likely } else { Hint },
            ));
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

    /// Whether it is told of at all: what another package made good, or a final status explains, is told of there.
    #[must_use]
    pub fn is_told(&self) -> bool {
        !matches!(self.fate, Fate::FellBack | Fate::Overruled(_))
    }

    /// The slug of the rule that tells why.
    #[must_use]
    pub fn rule(&self) -> &'static str {
        match self.fate {
            Fate::Overruled(ground) => ground.rule(),
            _ => self.cause.rule(),
        }
    }

    /// The package of the refused token.
    #[must_use]
    pub fn package(&self) -> &'a str {
        self.round.sent().map(|sent| &*sent.package).unwrap_or_default()
    }

    #[must_use]
    pub fn answer(&self) -> Option<&'a SipMessage> {
        self.round.answer()
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
        self.says(SERVER_UNAUTHORIZED)
            || self.answer().is_some_and(|answer| answer.has_code(HANDSHAKE_FAILED))
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
        let of_ticket = || self.kerberos_error.as_ref().map(|error| format!("Kerberos error {}", in_words(error)));
        let diagnostics = || self.answer().into_iter().flat_map(|answer| &answer.diagnostics);
        let of_answer = || diagnostics().find_map(|own| own.params.get("hresult").cloned());
        let of_code = || {
            diagnostics().next().map(|own| {
                let reason = own.reason.as_deref().map(|reason| format!(" \"{reason}\"")).unwrap_or_default();
                format!("ms-diagnostics {}{reason}", own.code)
            })
        };
        of_notes().or_else(of_ticket).or_else(of_answer).or_else(of_code)
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

/// `41 KRB_AP_ERR_MODIFIED`
pub fn in_words(error: &KerberosError) -> String {
    let number = error.code.map(|code| format!("{code} ")).unwrap_or_default();
    format!("{number}{}", error.name())
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
    let package = round.sent().map(|sent| &*sent.package);
    if attempt.ending == Ending::SignedIn {
        return if attempt.package() == package { Fate::Recovered } else { Fate::FellBack };
    }
    if bench.device.signs_in_after(attempt.started()) {
        return Fate::Recovered;
    }
    // An attempt counts as refused, too, where its log ends before the next answer.
    let is_open = matches!(attempt.ending, Ending::Challenged | Ending::Unanswered | Ending::Refused);
    // After an error of Kerberos the client may ask for another ticket, with its clock set right.
    let may_go_on = attempt.package() != package || round.state == State::Continued;
    if is_open && is_last && may_go_on && is_cut_short(attempt, bench) {
        return Fate::Undecided;
    }
    Fate::Stands
}

/// The log ends before the client could go on.
fn is_cut_short(attempt: &Attempt, bench: &Bench<'_, '_>) -> bool {
    let ends = attempt.last().and_then(|last| bench.trace.log_goes_on(last));
    ends.is_none_or(|waited_ms| waited_ms < ANSWER_TIMEOUT_MS)
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
        let answer = round.answer()?;
        let hop = answer.hops.iter().find(|hop| hop.is_client && is_known(hop.row))?;
        difference(hop.time, answer.date?)
    };
    let by_copy = || {
        let hops = &round.request()?.hops;
        let client = hops.iter().find(|hop| hop.is_client && is_known(hop.row))?;
        let server = hops.iter().find(|hop| !hop.is_client && is_known(hop.row))?;
        difference(client.time, server.time)
    };
    by_date().or_else(by_copy)
}

fn difference(a: Millis, b: Millis) -> Option<i64> {
    (a != Millis::NEVER && b != Millis::NEVER).then(|| a.0.saturating_sub(b.0))
}
