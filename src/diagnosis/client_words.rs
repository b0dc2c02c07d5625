//! What a line of a client is about. The same error numbers stand in lines about mail, media and files, which say
//! nothing of a sign-in.

use crate::trace::ClientNote;
use regex::Regex;
use std::sync::LazyLock;

static OWN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\bsign(?:ed|ing)?[- ]?in|\blog[io]n|\bregist|\b_?sips?(?:\b|_|[a-z]*\.)|sip(?:stack|transport|client)|authenticat|securitycontext|credential|web ?ticket|autodiscover|bootstrap",
    )
    .ok()
});
static OTHER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:ews|exchange|mapi|outlook|_?turn|_?stun|ice|media|audio|video|rtp|rdp|file transfer|peer-to-peer|ldap|address ?book|abs|photo|telemetry|conferenc\w*|meetings?|invite|subscribe|notify|whiteboard|sharing)\b|mras",
    )
    .ok()
});

fn says(words: Option<&Regex>, note: &ClientNote) -> bool {
    words.is_some_and(|words| words.is_match(&note.text))
}

/// A verdict, a step of a report, or a line that names the sign-in or SIP.
#[must_use]
pub fn is_of_sign_in(note: &ClientNote) -> bool {
    note.verdict.is_some()
        || note.code.is_some()
        || note.action.is_some()
        || !note.failed_steps.is_empty()
        || says(OWN.as_ref(), note) && !is_of_other(note)
}

/// A line about something else than a sign-in.
#[must_use]
pub fn is_of_other(note: &ClientNote) -> bool {
    let is_own = note.verdict.is_some() || !note.failed_steps.is_empty() || note.action.is_some();
    !is_own && says(OTHER.as_ref(), note)
}

/// A line that may say why a sign-in was refused: it names it, or an error number that only SIP has.
#[must_use]
pub fn may_be_of_sign_in(note: &ClientNote) -> bool {
    let is_of_sip = |hresult: &u32| matches!(hresult & 0xFFFF_0000, 0x80EE_0000 | 0x80EF_0000);
    is_of_sign_in(note) || note.hresults.iter().any(is_of_sip) && !is_of_other(note)
}
