//! The diagnosis of damaged and of invented sign-ins: it never panics, every finding has its proof, and no refusal is
//! left untold.

use super::{cases, index_of};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index as At, select};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use uccello::diagnosis::{Diagnosis, RULES};
use uccello::format::Format;
use uccello::index::{Index, Progress, RowId, TraceFile, build};
use uccello::source::Source;
use uccello::trace::{Attempt, Ending};

/// What must hold for whatever a diagnosis says.
fn holds(index: &Index) -> Result<Diagnosis, TestCaseError> {
    let diagnosis = Diagnosis::of(index);
    let slugs: BTreeSet<&str> = RULES.iter().map(|rule| rule.slug).collect();
    for own in &diagnosis.findings {
        prop_assert!(slugs.contains(own.rule) && own.caused_by.is_none_or(|cause| slugs.contains(cause)), "{own:?}");
        prop_assert!(!own.evidence.is_empty() && own.count > 0 && !own.title.is_empty(), "{own:?}");
        let places: Vec<_> = own.evidence.iter().map(|&row| index.position(row)).collect();
        prop_assert!(places.is_sorted_by(|a, b| a < b), "{own:?}");
    }
    Ok(diagnosis)
}

/// The files of one incident: names and contents.
type Incident = Vec<(String, Vec<u8>)>;

/// Every incident among the samples.
fn incidents() -> &'static [Incident] {
    static ALL: OnceLock<Vec<Incident>> = OnceLock::new();
    ALL.get_or_init(|| {
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-logs");
        let below = |folder: &Path| -> Vec<PathBuf> {
            let entries = std::fs::read_dir(folder).expect("the samples");
            let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a sample").path()).collect();
            paths.sort_unstable();
            paths
        };
        let folders = below(&samples).into_iter().filter(|path| path.is_dir());
        let read = |path: PathBuf| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read(&path).expect("a sample"))
        };
        folders.map(|folder| below(&folder).into_iter().map(read).collect()).collect()
    })
}

/// What may happen to a log on its way.
#[derive(Clone, Debug)]
enum Damage {
    /// A stretch of lines is lost, or stands there twice, or elsewhere.
    Lost(At, At),
    Twice(At, At),
    Moved(At, At, At),
    Byte(At, u8),
    /// A run of digits becomes another one.
    Number(At, u64),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<At>;
    prop_oneof![
        (at(), at()).prop_map(|(from, to)| Damage::Lost(from, to)),
        (at(), at()).prop_map(|(from, to)| Damage::Twice(from, to)),
        (at(), at(), at()).prop_map(|(from, to, there)| Damage::Moved(from, to, there)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        (at(), prop_oneof![Just(u64::MAX), 0..700_u64]).prop_map(|(at, number)| Damage::Number(at, number)),
    ]
}

/// At most so many lines go one way together.
const STRETCH: usize = 60;

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
        let stretch = |from: &At, to: &At| {
            let from = from.index(lines.len());
            from..(from + 1 + to.index(STRETCH)).min(lines.len())
        };
        match self {
            Self::Lost(from, to) => drop(lines.drain(stretch(from, to))),
            Self::Twice(from, to) => {
                let range = stretch(from, to);
                let again = lines[range.clone()].to_vec();
                lines.splice(range.end..range.end, again);
            }
            Self::Moved(from, to, there) => {
                let taken: Vec<_> = lines.drain(stretch(from, to)).collect();
                let there = there.index(lines.len() + 1);
                lines.splice(there..there, taken);
            }
            Self::Byte(at, byte) => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
                return;
            }
            Self::Number(at, number) => {
                let start = at.index(bytes.len());
                let Some(first) = bytes[start..].iter().position(u8::is_ascii_digit).map(|at| start + at) else {
                    return;
                };
                let digits = bytes[first..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                bytes.splice(first..first + digits, number.to_string().into_bytes());
                return;
            }
        }
        *bytes = lines.concat();
    }
}

const USERS: [&str; 3] = ["anna@contoso.com;epid=0f01", "anna@contoso.com;epid=0f02", "ben@contoso.com;epid=0f03"];
const ANSWERS: [&str; 20] = [
    "401 Unauthorized",
    "401 Unauthorized",
    "401 Unauthorized",
    "401 Unauthorized",
    "407 Proxy Authentication Required",
    "200 OK",
    "200 OK",
    "301 Redirect",
    "400 Bad Request",
    "403 Forbidden",
    "404 Not Found",
    "408 Request Timeout",
    "423 Interval Too Brief",
    "480 Temporarily Unavailable",
    "488 Not Acceptable Here",
    "500 Server Internal Error",
    "502 Bad Gateway",
    "503 Service Unavailable",
    "504 Server time-out",
    "604 Does Not Exist Anywhere",
];
const TOKENS: [&str; 10] = [
    "",
    "TlRMTVNTUAACAAAAAAAAADgAAAA=",
    "TlRMTVNTUAADAAAAAAAAADgAAAA=",
    "YIIFqwYGKwYBBQUCoIIFnzCCBZs=",
    "7e073005a603020125",
    "7e073005a603020129",
    "7e0b3009a60702050fffffffff",
    "FgMBAAQLAAAAFAMBAAEBFgMBAAQAAAAA",
    "FQMBAAICLQ==",
    "****",
];
const NOTES: [&str; 8] = [
    "VerifyOnEnableEvent result return ONENABLE_FAIL status=0x80ef0193 diag code=0xfa4",
    "VerifyOnEnableEvent result return ONENABLE_FAIL status=0x80ef0194",
    "VerifyOnEnableEvent result return ONENABLE_FAIL status=0x80ef01ff",
    "sign-in failed, hr = 0x80ee006c",
    "sign-in failed, hr = 0x80ee0078, then hr = 0x80ee0010 and 0x80ee000c",
    "1.3.1 GetAndPublishCert: FAIL (hr = 0x80ef0191)",
    "InitializeSecurityContext returned 0x8009030C",
    "idle",
];
const CODES: [u32; 12] = [1000, 1003, 1008, 1013, 1034, 1046, 4003, 4005, 5000, 17_002, 28_032, u32::MAX];
const PACKAGES: [&str; 3] = ["NTLM", "Kerberos", "TLS-DSK"];

/// One message or line of a client, and how long after the one before.
fn step() -> impl Strategy<Value = (u32, String)> {
    let credentials = || {
        (select(&PACKAGES[..]), prop_oneof![3 => select(&TOKENS[..]).prop_map(Some), 1 => Just(None)], 1..3_u8)
            .prop_map(|(package, token, server)| match token {
                Some(token) => {
                    format!("{package} realm=\"x\", targetname=\"fe0{server}.contoso.com\", gssapi-data=\"{token}\"")
                }
                None => format!(
                    "{package} realm=\"x\", targetname=\"fe0{server}.contoso.com\", response=\"01\", crand=\"1\""
                ),
            })
    };
    let dialog = || (select(&USERS[..]), 1..4_u8, 1..5_u32);
    let sent = (dialog(), proptest::option::of(credentials()), any::<bool>()).prop_map(
        |((user, call, cseq), credentials, signs_out)| {
            let credentials = credentials.map(|own| format!("Authorization: {own}\r\n")).unwrap_or_default();
            let expires = if signs_out && cseq == 4 { "Expires: 0\r\n" } else { "" };
            format!(
                ">REGISTER sip:contoso.com SIP/2.0\r\nFrom: <sip:{user}\r\nTo: <sip:{user}\r\nCall-ID: c{call}\r\nCSeq: \
                 {cseq} REGISTER\r\nUser-Agent: UCCAPI/16.0\r\n{credentials}{expires}"
            )
        },
    );
    let answered = (
        dialog(),
        select(&ANSWERS[..]),
        vec(credentials(), 0..3),
        proptest::option::of(select(&CODES[..])),
        select(&["1601", "2024", "9999"][..]),
    )
        .prop_map(|((user, call, cseq), status, offers, code, year)| {
            let role = if status.starts_with('2') { "Authentication-Info" } else { "WWW-Authenticate" };
            let offers: String = offers.into_iter().map(|own| format!("{role}: {own}\r\n")).collect();
            let code = code.map(|code| format!("ms-diagnostics: {code};reason=\"é\";domain=\"\"\r\n")).unwrap_or_default();
            format!(
                "<SIP/2.0 {status}\r\nFrom: <sip:{user}\r\nTo: <sip:{user}\r\nCall-ID: c{call}\r\nCSeq: {cseq} REGISTER\r\nDate: \
                 Wed, 20 Nov {year} 13:21:21 GMT\r\nContact: <sip:fe0{call}.contoso.com:5061>\r\n{offers}{code}"
            )
        });
    let noted = select(&NOTES[..]).prop_map(str::to_owned);
    (prop_oneof![0..5_000_u32, Just(40_000), Just(27_000_000)], prop_oneof![4 => sent, 5 => answered, 1 => noted])
}

fn client_log(steps: &[(u32, String)]) -> Vec<u8> {
    let mut at_ms = 0_u64;
    let mut log = String::new();
    for (pause_ms, step) in steps {
        at_ms += u64::from(*pause_ms);
        let (day, ms) = (1 + at_ms / 86_400_000 % 28, at_ms % 86_400_000);
        let stamp = format!(
            "11/{day:02}/2024|{:02}:{:02}:{:02}.{:03} 2A10:C74 INFO  ::",
            ms / 3_600_000,
            ms / 60_000 % 60,
            ms / 1_000 % 60,
            ms % 1_000
        );
        let about = match step.split_at(1).0 {
            ">" => "Sending Packet - 192.0.2.10:443 (From Local Address: 198.51.100.23:50112) 900 bytes",
            "<" => "Data Received -192.0.2.10:443 (To Local Address: 198.51.100.23:50112) 900 bytes",
            _ => {
                log += &format!("{stamp} {step}\r\n");
                continue;
            }
        };
        let message = step.split_at(1).1.replace(";epid", ">;tag=1;epid");
        log += &format!("{stamp} {about}:\r\n{stamp} {message}Content-Length: 0\r\n\r\n\r\n{stamp} End of {about}\r\n");
    }
    log.into_bytes()
}

/// Whether some row of an attempt stands in the proof of a finding.
fn is_told(diagnosis: &Diagnosis, attempt: &Attempt) -> bool {
    let rows: BTreeSet<RowId> = attempt.rows().into_iter().collect();
    diagnosis.findings.iter().any(|own| own.evidence.iter().any(|row| rows.contains(row)))
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn a_damaged_incident_is_diagnosed_without_a_panic(which in any::<At>(), damages in vec((any::<At>(), damage()), 0..12)) {
        let all = incidents();
        let mut files = all[which.index(all.len())].clone();
        for (file, damage) in damages {
            let count = files.len();
            damage.apply(&mut files[file.index(count)].1);
        }
        let open = |(name, bytes): (String, Vec<u8>)| TraceFile::new(Source::from_bytes(&name, bytes)).ok().map(Arc::new);
        let files: Vec<_> = files.into_iter().filter_map(open).collect();
        holds(&build(&files, &Progress::default(), |_| {}))?;
    }

    #[test]
    fn an_invented_sign_in_is_diagnosed_and_no_final_refusal_is_untold(steps in vec(step(), 0..40)) {
        let index = index_of(vec![super::file("anna.UccApilog", Format::Uccapi, &client_log(&steps))]);
        let diagnosis = holds(&index)?;
        let has_messages = steps.iter().any(|(_, step)| step.starts_with(['>', '<']));
        prop_assert_eq!(has_messages, !diagnosis.trace.registrations.is_empty());
        let ended = diagnosis.trace.attempts().filter(|own| matches!(own.ending, Ending::Rejected | Ending::Unavailable));
        for attempt in ended.filter(|own| !own.last().is_some_and(uccello::trace::Round::is_sign_out)) {
            let status = attempt.last().and_then(uccello::trace::Round::status);
            prop_assert!(status == Some(423) || is_told(&diagnosis, attempt), "{attempt:?}");
        }
    }
}
