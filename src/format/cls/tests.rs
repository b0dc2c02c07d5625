//! Server traces, whole and damaged.

use super::super::{Direction, Kind, Record};
use super::*;
use crate::protocol::lines::to_text;

const PREFIX: &str = r"TL_INFO(TF_PROTOCOL) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:21:21.118.0000A2B3 (SIPStack,A::operator()(x):B.cpp(265)) [2387462001] $$begin_record";

fn records(text: &str) -> Vec<(String, Kind, String, u32)> {
    let mut found = Vec::new();
    let mut end = 0;
    read(text.as_bytes(), &mut |range: std::ops::Range<usize>, record: &Record<'_>, _: &[Header<'_>]| {
        assert_eq!(range.start, end, "records follow each other without a gap");
        end = range.end;
        let again = reread(&text.as_bytes()[range.clone()], record.kind);
        assert_eq!(
            (again.kind, again.time.or(record.time), again.oddities),
            (record.kind, record.time, record.oddities)
        );
        let first = text[range].trim().lines().next().unwrap_or_default().to_owned();
        let start_line = record.message.map(|message| message.start_line()).unwrap_or_default();
        found.push((first, record.kind, start_line, record.lines_not_understood));
    });
    assert_eq!(end, text.len());
    found
}

#[test]
fn a_protocol_record() {
    let text = format!(
        "{PREFIX}\r\nDirection: incoming;source=\"internal edge\"\r\nPeer: edge01.contoso.com:51413\r\nStart-Line: REGISTER sip:contoso.com SIP/2.0\r\nFROM: <sip:anna@contoso.com>;tag=1\r\nMessage-Body: –\r\n$$end_record\r\n\r\n"
    );
    read(text.as_bytes(), &mut |_: std::ops::Range<usize>, record: &Record<'_>, _: &[Header<'_>]| {
        assert_eq!(record.kind, Kind::Message);
        assert_eq!(
            (record.level, record.component, record.pool, record.machine),
            (&b"INFO"[..], &b"SIPStack"[..], &b"FEPOOL01"[..], &b"FE01"[..])
        );
        assert_eq!(
            (record.process, record.thread, record.correlation),
            (&b"1E6C"[..], &b"0B40"[..], &b"2387462001"[..])
        );
        assert_eq!((record.direction, record.peer), (Direction::In, &b"edge01.contoso.com:51413"[..]));
        let message = record.message.expect("a message");
        assert_eq!(message.uris(), ["anna@contoso.com"]);
        assert!(message.body.is_empty());
        assert!(record.oddities.is_empty());
    });
}

#[test]
fn bodies_start_on_their_line_and_may_look_like_anything() {
    let text = format!(
        "{PREFIX}\nStart-Line: MESSAGE sip:a@b SIP/2.0\nVia: x\nMessage-Body: TL_INFO(\nTL_INFO(no header\n  $$end_record no\n\nlast\n$$end_record\n"
    );
    read(text.as_bytes(), &mut |_: std::ops::Range<usize>, record: &Record<'_>, _: &[Header<'_>]| {
        assert_eq!(
            record.message.map(|message| to_text(message.body)).as_deref(),
            Some("TL_INFO(\nTL_INFO(no header\n  $$end_record no\n\nlast")
        );
    });
    assert_eq!(records(&text).len(), 1);
}

#[test]
fn damage_is_kept_and_counted() {
    let open = format!("{PREFIX}\nStart-Line: SIP/2.0 200 OK\nVia: x\n");
    let text = format!(
        "transcript started\n{open}{open}$$end_record\nstray\nSeverity: error\nText: lost its header\n$$end_record\nUnknown( 12): GUID=1 (No Format Information found).\n"
    );
    let found = records(&text);
    let kinds: Vec<_> = found.iter().map(|(_, kind, _, lost)| (*kind, *lost)).collect();
    assert_eq!(
        kinds,
        [
            (Kind::Unknown, 1),
            (Kind::Message, 0),
            (Kind::Message, 0),
            (Kind::Unknown, 1),
            (Kind::Diagnostic, 1),
            (Kind::Unknown, 1)
        ]
    );
    assert_eq!(understood(&text), crate::protocol::lines::count_not_blank(text.as_bytes()) - 4);
}

#[test]
fn blank_lines_belong_to_the_record_before_them() {
    let whole = format!("{PREFIX}\r\nStart-Line: SIP/2.0 200 OK\r\n$$end_record\r\n\r\n \r\n");
    let lost = "Severity: error\r\n$$end_record\r\n\r\n";
    for parts in [
        [whole.as_str(), "an event\r\n\r\n", &whole],
        [&whole, lost, "an event\r\n"],
        ["\r\nan event\r\n\r\n", lost, "an event\r\n"],
    ] {
        let mut found = Vec::new();
        let text = parts.concat();
        read(text.as_bytes(), &mut |range: std::ops::Range<usize>, _: &Record<'_>, _: &[Header<'_>]| {
            found.push(text[range].to_owned());
        });
        assert_eq!(found, parts);
    }
}

#[test]
fn fields_after_a_plain_line_are_a_record_of_their_own() {
    let plain = PREFIX
        .replace("TF_PROTOCOL", "TF_COMPONENT")
        .replace(" $$begin_record", "( 00000000028FDD70 ) Result 0xC3E93C5E(SIPPROXY_E_ROUTING)");
    let found = records(&format!("{plain}\nLogType: security\nText: x\nSIP-Call-ID: 7\n$$end_record\n{plain}\n"));
    assert_eq!(found.iter().map(|record| record.1).collect::<Vec<_>>(), [Kind::Trace, Kind::Security, Kind::Trace]);
}

proptest::proptest! {
    /// Whatever lines are missing, doubled or out of place, the records tile the text, read the same
    /// on their own, and every header line starts one.
    #[test]
    fn damaged_traces_tile(
        lines in proptest::collection::vec(proptest::sample::select(LINES.as_slice()), 0..24),
        crlf in proptest::bool::ANY,
    ) {
        let end = if crlf { "\r\n" } else { "\n" };
        let lines: Vec<&str> = std::iter::once(PREFIX).chain(lines).collect();
        let text: String = lines.iter().flat_map(|line| [*line, end]).collect();
        let headers = lines.iter().filter(|line| HeaderLine::parse(line.as_bytes()).is_some()).count();
        let starts = records(&text).into_iter().filter(|record| HeaderLine::parse(record.0.as_bytes()).is_some());
        proptest::prop_assert_eq!(starts.count(), headers);
    }
}

const LINES: [&str; 18] = [
    PREFIX,
    PREFIX,
    r"TL_INFO(TF_DIAG) [FEPOOL01\FE01]1E6C.0B40::11/20/2024-13:21:21.118.0000A2B3 (SIPStack,A(1)) [2387462001] $$begin_record",
    r"TL_INFO(TF_COMPONENT) [FEPOOL01\FE01]1E6C.0B40::13/20/2024-13:21:21.118.0000A2B3 (Web,A(1)) [7] HTTP/1.1 200 OK",
    "TL_INFO(TF_PROTOCOL) no header",
    "Direction: incoming",
    "Start-Line: SIP/2.0 200 OK",
    "LogType: security",
    "Severity: error",
    "From: <sip:a@b>",
    " folded",
    "",
    "Message-Body: \u{2013}",
    "Message-Body: v=0",
    "$$end_record",
    "$$end_record ",
    " $$end_record",
    "Unknown( 12): GUID=1 (No Format Information found).",
];

#[test]
fn http_of_web_components() {
    let plain = |text: &str| PREFIX.replace("TF_PROTOCOL", "TF_COMPONENT").replace("$$begin_record", text);
    let text = [
        plain("RequestUrl=https://fepool01.contoso.com:4443/WebTicket/WebTicketService.svc/cert,RequestVerb=POST"),
        plain("HTTP/1.1 401 Unauthorized\nX-Ms-diagnostics: 28032;reason=\"The web ticket is invalid.\""),
        plain("nothing to see"),
        plain("\n>>>>>>>>>>>>Outgoing SipMessage c=[<SipTlsConnection_2E>], 192.0.2.20:5070->192.0.2.21:49234\nSIP/2.0 200 OK\nFROM: <sip:a@b>\n\n------------EndOfOutgoing SipMessage"),
    ]
    .join("\n");
    let lines: Vec<_> = records(&text).into_iter().map(|record| record.2).collect();
    assert_eq!(
        lines,
        [
            "POST https://fepool01.contoso.com:4443/WebTicket/WebTicketService.svc/cert",
            "HTTP/1.1 401 Unauthorized",
            "",
            "SIP/2.0 200 OK"
        ]
    );
}

/// Number of lines of text that hold something.
fn understood(text: &str) -> u32 {
    let mut not = 0;
    read(text.as_bytes(), &mut |_: std::ops::Range<usize>, record: &Record<'_>, _: &[Header<'_>]| {
        not += record.lines_not_understood;
    });
    crate::protocol::lines::count_not_blank(text.as_bytes()) - not
}
