//! Client logs, whole and damaged.

use super::super::Direction;
use super::*;
use crate::protocol::Header;

const AT: &str = "11/20/2024|14:21:21.071 2A10:C74 INFO  :: ";
const OTHER: &str = "11/20/2024|14:21:21.072 2A10:D00 TRACE :: ";
const ENDS: &str = "192.0.2.10:443 (From Local Address: 198.51.100.23:50112) 120 bytes";

fn begin() -> String {
    format!("{AT}Sending Packet - {ENDS}:\r\n")
}
fn end() -> String {
    format!("{AT}End of Sending Packet - {ENDS}\r\n")
}
fn register(cseq: u32) -> String {
    format!(
        "REGISTER sip:contoso.com SIP/2.0\r\nFrom: <sip:anna@contoso.com>;tag=1\r\nCSeq: {cseq} REGISTER\r\nContent-Length: 0\r\n\r\n"
    )
}

/// First word of the text, kind, CSeq, notes of every record, and that they tile the text.
fn records(text: &str) -> Vec<(Kind, String, Oddities)> {
    let mut found = Vec::new();
    let mut end = 0;
    read(text.as_bytes(), &mut |range: Range<usize>, record: &Record<'_>, _: &[Header<'_>]| {
        assert!(range.start <= end, "no byte between records is lost: {range:?}");
        end = end.max(range.end);
        let own = super::super::Format::Uccapi.own_lines(&text.as_bytes()[range], record.oddities).into_owned();
        let again = reread(&own, record.oddities);
        assert_eq!(again.kind, record.kind);
        let cseq = |record: &Record<'_>| {
            record
                .message
                .and_then(|m| m.header(crate::protocol::HeaderName::CSeq))
                .map(|h| h.text())
                .unwrap_or_default()
        };
        assert_eq!(cseq(&again), cseq(record));
        found.push((record.kind, cseq(record), record.oddities));
    });
    assert_eq!(end, text.len());
    found
}

#[test]
fn a_frame_is_one_message_with_its_addresses() {
    let text = format!("{}{AT}{}{}", begin(), register(1), end());
    read(text.as_bytes(), &mut |range: Range<usize>, record: &Record<'_>, _: &[Header<'_>]| {
        assert_eq!(range, 0..text.len());
        assert_eq!(
            (record.direction, record.peer, record.local),
            (Direction::Out, &b"192.0.2.10:443"[..], &b"198.51.100.23:50112"[..])
        );
        assert_eq!((record.level, record.process, record.thread), (&b"INFO"[..], &b"2A10"[..], &b"C74"[..]));
        let message = record.message.expect("a message");
        assert_eq!(message.start_line(), "REGISTER sip:contoso.com SIP/2.0");
        assert!(message.body.is_empty());
        assert!(record.oddities.is_empty());
    });
}

#[test]
fn another_thread_inside_a_frame() {
    let message = register(1).replacen("\r\nCSeq", &format!("\r\n{OTHER}busy\r\nCSeq"), 1);
    let text = format!("{}{AT}{message}{}{AT}after\r\n", begin(), end());
    let found = records(&text);
    assert_eq!(found[0], (Kind::Message, "1 REGISTER".to_owned(), Oddities::ENCLOSES));
    assert_eq!(found[1].0, Kind::Trace);
    assert_eq!(found.len(), 3);
}

#[test]
fn frames_without_their_end() {
    let cut = format!("{}{AT}{}", begin(), register(1));
    let found = records(&format!("{cut}{cut}{AT}something else\r\n{}", end()));
    let kinds: Vec<_> = found.iter().map(|(kind, _, odd)| (*kind, *odd)).collect();
    assert_eq!(
        kinds,
        [
            (Kind::Message, Oddities::NO_END),
            (Kind::Message, Oddities::NO_END),
            (Kind::Trace, Oddities::empty()),
            (Kind::Unknown, Oddities::NOT_UNDERSTOOD)
        ]
    );
}

#[test]
fn two_messages_in_one_frame() {
    let text = format!("{}{AT}{}{}{}", begin(), register(1), register(2), end());
    let found = records(&text);
    assert_eq!(found.iter().map(|(_, cseq, _)| cseq.as_str()).collect::<Vec<_>>(), ["1 REGISTER", "2 REGISTER"]);
    assert_eq!(found[1].2, Oddities::SAME_FRAME);
}

#[test]
fn two_messages_and_lines_of_another_thread_in_one_frame() {
    let other = |text: &str| format!("{OTHER}{text}\r\n");
    let inside = |cseq: u32, text: &str| register(cseq).replacen("CSeq", &format!("{}CSeq", other(text)), 1);
    for (first, between, second) in [
        ("a", "", "b"),
        ("", "c", ""),
        ("a", "c", "b"),
        ("", "", "b"),
        ("End of Sending Packet", "", "b"),
        ("", "", "End of Data Received"),
    ] {
        let message = |cseq, text: &str| if text.is_empty() { register(cseq) } else { inside(cseq, text) };
        let between = if between.is_empty() { String::new() } else { other(between) };
        let text = format!("{}{AT}{}{between}{}{}", begin(), message(1, first), message(2, second), end());
        let found = records(&text);
        let messages: Vec<_> = found.iter().filter(|(kind, ..)| *kind == Kind::Message).collect();
        assert_eq!(messages.iter().map(|(_, cseq, _)| cseq.as_str()).collect::<Vec<_>>(), ["1 REGISTER", "2 REGISTER"]);
        assert!(!messages[0].2.contains(Oddities::SAME_FRAME) && messages[1].2.contains(Oddities::SAME_FRAME));
        assert_eq!(messages[1].2.contains(Oddities::ENCLOSES), !second.is_empty(), "{text}");
    }
}

#[test]
fn an_end_line_of_another_thread_ends_no_message() {
    let foreign = format!("{OTHER}End of Data Received -{ENDS}\r\n");
    let second = register(2).replacen("CSeq", &format!("{foreign}CSeq"), 1);
    for rest in [format!("{}{}", register(3), end()), end(), String::new()] {
        let text = format!("{}{AT}{}{second}{rest}", begin(), register(1));
        let found = records(&text);
        assert_eq!(found[1].1, "2 REGISTER", "{text}");
    }
}

#[test]
fn blank_lines_at_the_start_hide_no_message() {
    for blank in ["\r\n", "\u{FEFF}\r\n", "\u{FEFF}"] {
        let text = format!("{blank}{}{AT}{}{}{}", begin(), register(1), register(2), end());
        assert_eq!(records(&text).len(), 2, "{text}");
    }
}

#[test]
fn a_further_message_is_that_of_its_frame() {
    let text = format!("{}{AT}{}{OTHER}x\r\n{}{}", begin(), register(1), register(2), end());
    let mut found = Vec::new();
    read(text.as_bytes(), &mut |_: Range<usize>, record: &Record<'_>, _: &[Header<'_>]| {
        if record.message.is_some() {
            found.push((record.time, record.direction, record.peer.to_vec(), record.thread.to_vec()));
        }
    });
    assert_eq!(found.len(), 2);
    assert_eq!(found[0], found[1]);
    assert_eq!((found[1].1, found[1].3.as_slice()), (Direction::Out, &b"C74"[..]));
}

#[test]
fn a_fragment_in_a_body_is_no_message_of_its_own() {
    let notify = "NOTIFY sip:a@b SIP/2.0\r\nCSeq: 1 NOTIFY\r\nContent-Length: 16\r\n\r\nSIP/2.0 200 OK\r\n";
    assert_eq!(records(&format!("{}{AT}{notify}\r\n{}", begin(), end())).len(), 1);
}

#[test]
fn a_byte_order_mark_belongs_to_the_first_entry() {
    let kinds: Vec<_> =
        records(&format!("\u{FEFF}{AT}one\r\n{AT}two\r\n")).into_iter().map(|(kind, ..)| kind).collect();
    assert_eq!(kinds, [Kind::Trace, Kind::Trace]);
}

#[test]
fn other_entries() {
    let begin = format!("{AT}Data Received -{ENDS}:\r\n{AT}");
    let end = format!("{AT}End of Data Received -{ENDS}\r\n");
    let web = format!("{AT}Executing wws method with windows auth, asyncContext=0A\r\n context\r\n.\r\n");
    let step = format!("{AT}1.3.1 GetAndPublishCert: FAIL (hr = 0x80ef0191)\r\n");
    let tree = format!("{AT}Sign-in report\r\n1 Login: PASS\r\n{AT}plain\r\n");
    let text = format!("\u{FEFF}tail of a message\r\n{begin}\r\n\r\n{end}{web}{step}{tree}");
    let kinds: Vec<_> = records(&text).into_iter().map(|(kind, ..)| kind).collect();
    let report = Kind::SignInReport;
    assert_eq!(kinds, [Kind::Unknown, Kind::KeepAlive, Kind::WebRequest, report, report, Kind::Trace]);
}
