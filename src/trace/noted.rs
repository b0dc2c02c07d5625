//! What clients and servers write down beside the messages: verdicts of a client, security and diagnostic records
//! of a server.

use super::Owners;
use crate::format::{Kind, Millis, Record};
use crate::index::{Index, Origin, RowId};
use crate::protocol::address;
use crate::protocol::lines::{Lines, to_text};
use crate::protocol::message::cseq;
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A line of a client that says how its sign-in goes.
#[derive(Clone, Debug)]
pub struct ClientNote {
    pub row: RowId,
    pub time: Millis,
    pub file: u16,
    /// The SIP address it names, where it names one.
    pub user: Option<String>,
    /// Every `0x80ee....`, `0x80ef....`, `0x8009....` and `hr = 0x...` in it, in order.
    pub hresults: Vec<u32>,
    /// The diagnostic code of a verdict, which stands there in hexadecimal.
    pub code: Option<u32>,
    /// `ONENABLE_...` of a verdict.
    pub verdict: Option<String>,
    /// `AUTH FAIL - NEED NEW CERT`
    pub action: Option<String>,
    /// Steps of a sign-in report that failed, with their HRESULT.
    pub failed_steps: Vec<(String, Option<u32>)>,
    pub text: String,
}

impl ClientNote {
    #[must_use]
    pub fn has_hresult(&self, wanted: u32) -> bool {
        self.hresults.contains(&wanted)
    }
}

static HRESULT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b0x(80e[ef][0-9a-f]{4}|80f[0-9a-f]{5}|8009[0-9a-f]{4})\b|\b(?:hr|status)\s*=\s*0x([0-9a-f]{1,8})\b",
    )
    .ok()
});
static CODE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i)diag code=0x([0-9a-f]{1,8})\b").ok());
static VERDICT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\bONENABLE_\w+").ok());
static ACTION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\bACTION:[ \t]*([^:\s,;][^\r\n,;]*)").ok());
static STEP: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?m)\b([A-Za-z][\w-]*): FAIL\b(?: \(hr = 0x([0-9A-Fa-f]+)\))?").ok());
/// A handle of a call that goes on, which a sign-in report prints as a failure.
const PENDING: u32 = 0x3D_0000;

/// Reads a line of a client log; `None` where it says nothing about a sign-in.
pub(super) fn client_note(index: &Index, origin: Origin, record: &Record<'_>) -> Option<ClientNote> {
    if !matches!(record.kind, Kind::Trace | Kind::SignInReport) || !may_tell(record.text) {
        return None;
    }
    let text = to_text(record.text);
    let hex = |text: &str| u32::from_str_radix(text, 16).ok();
    let first = |regex: &Option<Regex>| {
        let found = regex.as_ref()?.captures(&text)?;
        found.get(1).or(found.get(0)).map(|found| found.as_str().trim().to_owned())
    };
    let all = |regex: &'static Option<Regex>| regex.iter().flat_map(|regex| regex.captures_iter(&text));
    let note = ClientNote {
        row: origin.row,
        time: index.time(origin.row),
        file: origin.file,
        user: named_user(record.text),
        hresults: all(&HRESULT).filter_map(|found| hex(found.get(1).or(found.get(2))?.as_str())).collect(),
        code: first(&CODE).and_then(|code| hex(&code)),
        verdict: first(&VERDICT),
        action: first(&ACTION),
        failed_steps: all(&STEP)
            .filter_map(|found| Some((found.get(1)?.as_str().to_owned(), found.get(2).and_then(|hr| hex(hr.as_str())))))
            .filter(|(_, hresult)| *hresult != Some(PENDING))
            .collect(),
        text,
    };
    let says_something = !note.hresults.is_empty()
        || note.code.is_some()
        || note.verdict.is_some()
        || note.action.is_some()
        || !note.failed_steps.is_empty();
    says_something.then_some(note)
}

/// The first SIP address of a person in a line.
fn named_user(text: &[u8]) -> Option<String> {
    let mut user = None;
    if memchr::memmem::find(text, b"sip:").is_some() {
        address::each(text, |found| {
            if found.is_person && user.is_none() {
                user = Some(found.canonical());
            }
        });
    }
    user
}

/// The user of a client's log that holds no REGISTER: the only one whom its lines name.
pub(super) fn name_owners(notes: &[ClientNote], owners: &mut Owners) {
    let mut named: BTreeMap<u16, Option<&str>> = BTreeMap::new();
    for (file, user) in notes.iter().filter_map(|note| Some((note.file, note.user.as_deref()?))) {
        named.entry(file).and_modify(|only| *only = only.filter(|only| *only == user)).or_insert(Some(user));
    }
    named.retain(|file, _| !owners.knows(*file));
    owners.extend(named.into_iter().filter_map(|(file, user)| Some((file, Millis::NEVER, user?))));
}

/// Looks for what every note has, before anything is decoded.
fn may_tell(text: &[u8]) -> bool {
    const SIGNS: [&[u8]; 6] = [b"0x8", b"0X8", b"hr = ", b"ONENABLE_", b": FAIL", b"diag code"];
    SIGNS.iter().any(|sign| memchr::memmem::find(text, sign).is_some()) || may_tell_action(text)
}

/// `TRANSACTION::OnTimer` is none.
fn may_tell_action(text: &[u8]) -> bool {
    const SIGN: &[u8] = b"ACTION:";
    memchr::memmem::find_iter(text, SIGN).any(|at| {
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let is_word = before.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_');
        is_word && text.get(at + SIGN.len()) != Some(&b':')
    })
}

/// A security or diagnostic record of a server, which may tell of a message by its Call-ID and CSeq.
#[derive(Clone, Debug)]
pub struct ServerNote {
    pub row: RowId,
    pub time: Millis,
    pub kind: Kind,
    pub machine: String,
    pub text: String,
    /// `0xc3e93ec3 SIP_E_AUTH_UNAUTHORIZED`, in numbers and by name.
    pub result: Option<u32>,
    pub result_name: Option<String>,
    pub start_line: Option<String>,
    pub call_id: Option<String>,
    pub cseq: Option<u32>,
    pub peer: Option<String>,
    /// `name="value"` pairs, names in lower case.
    pub data: Vec<(String, String)>,
}

impl ServerNote {
    /// A value of its data, by its name in lower case.
    #[must_use]
    pub fn datum(&self, name: &str) -> Option<&str> {
        self.data.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn of_record(index: &Index, row: RowId, record: &Record<'_>) -> Option<Self> {
        if !matches!(record.kind, Kind::Security | Kind::Diagnostic) {
            return None;
        }
        let mut note = Self {
            row,
            time: index.time(row),
            kind: record.kind,
            machine: to_text(record.machine),
            text: String::new(),
            result: None,
            result_name: None,
            start_line: None,
            call_id: Some(to_text(record.about.0)).filter(|id| !id.is_empty()),
            cseq: cseq(record.about.1).map(|(number, _)| number),
            peer: Some(to_text(record.peer)).filter(|peer| !peer.is_empty()),
            data: Vec::new(),
        };
        for line in Lines::new(record.text) {
            let line = to_text(line.text);
            let Some((name, value)) = line.split_once(':') else { continue };
            match name.trim() {
                "Text" => note.read_text(value.trim()),
                "Result-Code" => note.read_result(value.trim()),
                "SIP-Start-Line" => note.start_line = Some(value.trim().to_owned()),
                "Data" => note.data = pairs(value),
                _ => {}
            }
        }
        Some(note)
    }

    /// In some traces the field break is lost, and the result stands at the end of the text.
    fn read_text(&mut self, text: &str) {
        match text.split_once("Result-Code:") {
            Some((text, result)) => {
                self.text = text.trim().to_owned();
                self.read_result(result.trim());
            }
            None => self.text = text.to_owned(),
        }
    }

    fn read_result(&mut self, value: &str) {
        let (number, name) = value.split_once(' ').unwrap_or((value, ""));
        let hex = number.trim_start_matches("0x").trim_start_matches("0X");
        self.result = u32::from_str_radix(hex, 16).ok();
        self.result_name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    }
}

/// `name="value"; name = " value "`
fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = text.split(';').filter_map(|piece| piece.split_once('='));
    pairs
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"').trim().to_owned()))
        .collect()
}
