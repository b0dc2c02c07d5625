//! Redacted traces read as the originals did.

use super::{Pair, pairs, written};
use proptest::prelude::*;
use uccello::diagnosis::Diagnosis;
use uccello::index::{Entry, Index, RowId};
use uccello::protocol::HeaderName;
use uccello::protocol::auth::{Auth, AuthRole};

#[test]
fn records_and_findings_stay() {
    for pair in pairs() {
        assert_same(&pair);
    }
}

pub fn assert_same(pair: &Pair) {
    let name = &pair.name;
    for (number, (text, file)) in pair.texts.iter().zip(pair.before.files()).enumerate() {
        let lines = |bytes: &[u8]| memchr_count(bytes);
        assert_eq!(lines(text.as_bytes()), lines(file.source.all()), "{name}: lines of file {number}");
        assert_eq!(file.format, pair.after.files()[number].format, "{name}: format of file {number}");
        let counts = |index: &Index| {
            let own = || index.blocks().iter().filter(|block| usize::from(block.file) == number);
            let records: usize = own().map(|block| block.len()).sum();
            let messages: u32 = own().map(|block| block.messages).sum();
            let strange: u32 = own().map(|block| block.lines_not_understood).sum();
            (records, messages, strange)
        };
        assert_eq!(counts(&pair.after), counts(&pair.before), "{name}: records, messages, lines of file {number}");
        assert_eq!(
            format!("{:?}", pair.after.file_clock(number).map(|clock| clock.clock)),
            format!("{:?}", pair.before.file_clock(number).map(|clock| clock.clock)),
            "{name}: clock of file {number}"
        );
    }
    let quoted = regex::Regex::new(r#""(?:[^"\\]|\\.)*""#).expect("a pattern");
    for (before, after) in pair.before.rows().zip(pair.after.rows()) {
        let tokens = |index, row| quoted.replace_all(&tokens(index, row), "name").into_owned();
        assert_eq!(tokens(&pair.after, after), tokens(&pair.before, before), "{name}: tokens");
        let (before, after) =
            (pair.before.entry(before).expect("a record"), pair.after.entry(after).expect("a record"));
        assert_eq!(facts(&after), facts(&before), "{name}: record {}", before.n);
        let words = |address: &Option<String>| address.as_deref().map(|address| pair.redactor.text(address));
        assert_eq!((&after.from, &after.to), (&words(&before.from), &words(&before.to)), "{name}: record {}", before.n);
    }
    assert_eq!(findings(&pair.after, str::to_owned), findings(&pair.before, |user| pair.redactor.text(user)), "{name}");
}

/// What can be read of the tokens of a message.
fn tokens(index: &Index, row: RowId) -> String {
    let read = index.with_record(row, |record| {
        let headers = record.message.iter().flat_map(uccello::protocol::Message::headers);
        let headers = headers.filter(|header| header.name == HeaderName::Authentication);
        headers
            .flat_map(|header| Auth::read(AuthRole::of(header.written), header.value))
            .map(|auth| auth.token())
            .collect::<Vec<_>>()
    });
    format!("{read:?}")
}

fn memchr_count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte == b'\n').count()
}

/// What no stand-in may change.
fn facts(entry: &Entry) -> String {
    let codes: Vec<_> = entry
        .diagnostics
        .iter()
        .map(|own| (own.header.clone(), own.code, own.sub, own.reason.as_ref().map(String::len).is_some()))
        .collect();
    let uris = entry.uris.len();
    // A body that is cut lacks as many bytes as before; how many there are depends on names.
    let notes: Vec<&str> =
        entry.notes.iter().map(|note| if note.starts_with("the body has") { "short" } else { note }).collect();
    format!(
        "{:?} {} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {codes:?} {uris} {notes:?} {:?} {:?}",
        entry.time,
        entry.kind,
        entry.level,
        entry.component,
        entry.process,
        entry.thread,
        entry.direction,
        entry.method,
        entry.status,
        entry.reason,
        entry.cseq,
        entry.correlation,
        entry.machine.is_some(),
    )
}

fn findings(index: &Index, user: impl Fn(&str) -> String) -> Vec<String> {
    let diagnosis = Diagnosis::of(index);
    let mut all: Vec<String> = diagnosis
        .findings
        .iter()
        .map(|own| {
            let evidence: Vec<u64> = own.evidence.iter().map(|&row| index.position(row).number()).collect();
            let user = own.user.as_deref().map(&user);
            format!(
                "{} {:?} {:?} {user:?} {} {evidence:?} {:?}",
                own.rule, own.severity, own.confidence, own.count, own.caused_by
            )
        })
        .collect();
    all.extend(diagnosis.trace.attempts().map(|attempt| {
        let (own, package) = (attempt.user.as_deref().map(&user), attempt.package());
        format!("{own:?} {:?} {package:?} {} {:?}", attempt.ending, attempt.challenges(), attempt.endpoint.is_some())
    }));
    all.extend(diagnosis.trace.web.iter().map(|web| {
        let tickets = (web.has_ticket, web.ticket.is_some(), web.issues_ticket);
        format!(
            "{:?} {:?} {:?} {tickets:?} {:?}",
            web.service,
            web.status,
            web.user.as_deref().map(&user),
            web.rows.len()
        )
    }));
    // Files are opened in the order of their names, and those change.
    all.sort();
    all
}

/// A name is the same person in every file.
#[test]
fn one_person_has_one_stand_in_in_all_files() {
    let all = pairs().into_iter().next().expect("all samples");
    let anna = all.redactor.text("anna@contoso.com");
    assert!(anna.starts_with("user") && anna.ends_with(".example"), "{anna}");
    let holding = all.texts.iter().filter(|text| text.contains(&format!("sip:{anna}"))).count();
    assert!(holding >= 3, "{anna} stands in {holding} files");
    let before = all
        .before
        .files()
        .iter()
        .filter(|file| uccello::protocol::lines::to_text(file.source.all()).contains("sip:anna@contoso.com"));
    assert_eq!(holding, before.count());
}

/// What is redacted twice reads the same, and the same files give the same bytes.
#[test]
fn redaction_is_settled() {
    for pair in pairs().into_iter().take(4) {
        let again = Pair::of_files(
            &pair.name,
            pair.texts
                .iter()
                .zip(pair.after.files())
                .map(|(text, file)| {
                    let source = uccello::source::Source::from_bytes(file.name(), text.clone().into_bytes());
                    uccello::index::TraceFile::new(source).expect("a trace")
                })
                .collect(),
        );
        assert_same(&again);
        let mut bytes = Vec::new();
        uccello::export::Redactor::learn(&pair.before).write(&pair.before, 0, &mut bytes).expect("memory");
        assert_eq!(bytes, pair.texts[0].as_bytes());
    }
}

/// Bodies grow and shrink with the names in them; what follows stays where it was.
#[test]
fn two_messages_in_one_frame_stay_two() {
    let stamp = "11/20/2024|14:21:21.071 2A10:C74 INFO  ::";
    let ends = "10.0.0.1:443 (From Local Address: 10.0.0.2:50112) 120 bytes";
    let message = |cseq: u32| {
        let body = "v=0\r\no=- 0 0 IN IP4 10.0.0.2\r\nm=message 5060 sip sip:a@b.com\r\n";
        format!(
            "INVITE sip:x@y.com SIP/2.0\nFrom: <sip:a@b.com>;tag=1\nCall-ID: aa@10.0.0.2\nCSeq: {cseq} INVITE\nContent-Type: application/sdp\n\
             Content-Length: {}\n\n{body}",
            body.len()
        )
    };
    let other = "11/20/2024|14:21:21.072 2A10:D00 TRACE :: a@b.com is busy\n";
    let text = format!(
        "{stamp} Sending Packet - {ends}:\n{stamp} {}{}\n{stamp} End of Sending Packet - {ends}\n",
        message(1).replacen("CSeq", &format!("{other}CSeq"), 1),
        message(2)
    );
    let pair = written(&[("x-UccApi-0.UccApilog", &text)]);
    assert_eq!(pair.before.messages(), 2);
    assert_same(&pair);
}

/// Somebody may be called like a header, a version or a month: the address goes, the format stays.
#[test]
fn names_that_are_words_of_the_format_change_nothing() {
    let folder = super::samples().join("wrong-password");
    let mut files: Vec<(String, String)> = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the sample") {
        let path = entry.expect("an entry").path();
        let text = std::fs::read(&path).expect("a file");
        files.push((
            path.file_name().expect("a name").to_string_lossy().into_owned(),
            uccello::protocol::lines::to_text(&text),
        ));
    }
    let names = "2.0 15.0.4420 tls-dsk gssapi-data ms-diagnostics www-authenticate call-id content-length user-agent nov \
        wed grant ms-user-logon-data sip-call-id result-code begin_record $$begin_record end_record start-line \
        message-body tl_info tf_protocol requesturl logtype trace-correlation-id max-forwards register authenticate";
    let also = "\nmachine-id: certificate epid=authenticate callid: Unauthorized deviceid=2274355168 tel:2274355168";
    for user in names.split_whitespace() {
        let mut changed = files.clone();
        let (_, server) = changed.iter_mut().find(|(name, _)| name.contains("cls")).expect("a server's trace");
        let at = server.find('\n').expect("lines");
        server.insert_str(at, &format!(" mail to {user}@contoso.com{also}"));
        let all: Vec<(&str, &str)> = changed.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let pair = written(&all);
        assert!(!pair.texts.concat().contains(&format!("{user}@contoso")), "{user}");
        assert_same(&pair);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// However a trace is damaged, redacting it neither makes nor loses a record or a message.
    #[test]
    fn damage_changes_no_counts(
        sample in 0usize..4,
        hits in prop::collection::vec((0usize..1 << 20, prop::sample::select(b"\n\r\"<>;=%@\\: A[]&7'".to_vec())), 0..200),
        cut in 0usize..1 << 20,
    ) {
        let path = ["wrong-password/fe01-edge01-cls.txt", "external-sign-in/ben-UccApi-0.UccApilog", "ocs2007r2-edge.txt",
            "healthy-ntlm/greta-UccApi-0.UccApilog"][sample];
        let mut bytes = std::fs::read(super::samples().join(path)).expect("a sample");
        // Only signs of ASCII are hit: a half letter would be another one in UTF-8.
        for (at, sign) in hits {
            let at = at % bytes.len();
            if bytes[at].is_ascii() {
                bytes[at] = sign;
            }
        }
        let cut = cut % bytes.len();
        bytes.rotate_left(cut);
        let file = uccello::index::TraceFile::new(uccello::source::Source::from_bytes("trace.txt", bytes));
        prop_assume!(file.is_ok());
        let pair = Pair::of_files("damaged", file.into_iter().collect());
        prop_assert_eq!(pair.after.len(), pair.before.len());
        prop_assert_eq!(pair.after.messages(), pair.before.messages());
    }
}
