//! Clocks: client logs in local time beside server traces in UTC, clocks that are set while a log is written, and
//! logs of one client that share a clock.

use super::{ANNA, Folder, SERVER, field, objects, uccello};
use serde_json::Value;
use std::fmt::Write as _;

const ENDS: &str = "192.0.2.10:443 (To Local Address: 198.51.100.23:50112) 1034 bytes";

/// A response of a client log: its time as written, and the Date of the server.
fn response(log: &mut String, written: &str, date: Option<&str>, cseq: u32) {
    let prefix = format!("11/03/2024|{written}.000 2A10:C74 INFO  ::");
    let date = date.map_or_else(String::new, |date| format!("Date: Sun, 03 Nov 2024 {date} GMT\r\n"));
    let _ = write!(
        log,
        "{prefix} Data Received -{ENDS}:\r\n{prefix} SIP/2.0 200 OK\r\n{date}From: <sip:anna@contoso.com>;tag=1\r\n\
         Call-ID: one\r\nCSeq: {cseq} REGISTER\r\nContent-Length: 0\r\n\r\n{prefix} End of Data Received -{ENDS}\r\n"
    );
}

/// The same response in a server trace.
fn on_server(trace: &mut String, utc: &str, cseq: u32) {
    let _ = write!(
        trace,
        "TL_INFO(TF_PROTOCOL) [FEPOOL01\\FE01]1E6C.0B40::11/03/2024-{utc}.0000A2B3 (SIPStack,A::B:c.cpp(1)) [{cseq}] \
         $$begin_record\r\nDirection: outgoing\r\nPeer: edge01.contoso.com:51413\r\nMessage-Type: response\r\n\
         Start-Line: SIP/2.0 200 OK\r\nFrom: <sip:anna@contoso.com>;tag=1\r\nCall-ID: one\r\nCSeq: {cseq} REGISTER\r\n\
         Content-Length: 0\r\nMessage-Body: -\r\n$$end_record\r\n\r\n"
    );
}

fn info(arguments: &[&str]) -> Vec<Value> {
    let arguments: Vec<&str> = ["info", "--format", "json"].iter().chain(arguments).copied().collect();
    let info: Value = serde_json::from_str(&uccello(&arguments).printed()).expect("info is JSON");
    info["files"].as_array().expect("files").clone()
}

fn times(path: &str) -> Vec<String> {
    objects(&[path]).iter().map(|object| field(object, "time")).collect()
}

fn warnings(file: &Value) -> String {
    file["warnings"].to_string()
}

#[test]
fn the_hour_that_comes_twice_in_autumn() {
    let folder = Folder::new();
    let mut log = String::new();
    // From UTC-4 to UTC-5 at two in the morning, which is six in UTC.
    for (cseq, (written, date)) in (1..).zip([
        ("01:40:00", "05:40:00"),
        ("01:55:00", "05:55:00"),
        ("01:05:00", "06:05:00"),
        ("01:30:01", "06:30:00"),
    ]) {
        response(&mut log, written, Some(date), cseq);
    }
    let path = folder.file("a.UccApilog", &log);
    let file = &info(&[&path])[0];
    assert_eq!(field(file, "clock"), "-04:00");
    assert!(warnings(file).contains("from -04:00 to -05:00 at 2024-11-03T01:05:00"), "{}", warnings(file));
    assert_eq!(
        times(&path),
        [
            "2024-11-03T05:40:00.000Z",
            "2024-11-03T05:55:00.000Z",
            "2024-11-03T06:05:00.000Z",
            "2024-11-03T06:30:01.000Z"
        ]
    );
    assert_eq!((field(file, "first"), field(file, "last")), (times(&path)[0].clone(), times(&path)[3].clone()));
    let late = objects(&[&path, "--where", "time:06:00.."]);
    assert_eq!(late.len(), 2, "queries go by the resolved times");
}

#[test]
fn one_server_with_a_wrong_date_moves_nothing() {
    let folder = Folder::new();
    let mut log = String::new();
    for (cseq, (written, date)) in (1..).zip([
        ("14:00:00", "13:00:00"),
        ("14:01:00", "09:01:00"),
        ("14:02:00", "13:02:00"),
        ("14:03:00", "13:03:00"),
    ]) {
        response(&mut log, written, Some(date), cseq);
    }
    let path = folder.file("a.UccApilog", &log);
    let file = &info(&[&path])[0];
    assert_eq!((field(file, "clock").as_str(), warnings(file).as_str()), ("+01:00", "[]"));
    assert_eq!(times(&path)[1], "2024-11-03T13:01:00.000Z");
}

#[test]
fn one_wrong_date_after_a_silence_as_long_as_its_error_moves_nothing() {
    let folder = Folder::new();
    let mut log = String::new();
    for (cseq, (written, date)) in (1..).zip([
        ("14:00:00", "13:00:00"),
        ("14:01:00", "13:01:00"),
        // Written times jump by the hour that this server is behind.
        ("15:01:00", "13:01:00"),
        ("15:02:00", "14:02:00"),
        ("15:03:00", "14:03:00"),
    ]) {
        response(&mut log, written, Some(date), cseq);
    }
    let path = folder.file("a.UccApilog", &log);
    let file = &info(&[&path])[0];
    assert_eq!(field(file, "clock"), "+01:00");
    assert_eq!(warnings(file), "[]");
    assert!(field(file, "clock_source").contains("4 responses"), "{file}");
}

#[test]
fn a_clock_that_was_put_right_inside_the_hour_is_worth_a_warning() {
    let folder = Folder::new();
    let mut log = String::new();
    response(&mut log, "14:00:00", Some("13:00:00"), 1);
    response(&mut log, "14:01:00", Some("13:06:00"), 2);
    let path = folder.file("a.UccApilog", &log);
    let file = &info(&[&path])[0];
    assert_eq!(field(file, "clock"), "+01:00");
    assert!(warnings(file).contains("drifts or was set"), "{}", warnings(file));
}

#[test]
fn messages_that_stand_in_a_server_trace_too_tell_the_clock() {
    let folder = Folder::new();
    let (mut without, mut with, mut trace) = (String::new(), String::new(), String::new());
    for cseq in 1..4 {
        response(&mut without, &format!("14:00:0{cseq}"), None, cseq);
        response(&mut with, &format!("14:00:0{cseq}"), Some(&format!("13:00:0{cseq}")), cseq);
        on_server(&mut trace, &format!("12:59:5{cseq}.750"), cseq);
    }
    let server = folder.file("fe01.txt", &trace);
    let path = folder.file("without.UccApilog", &without);
    assert_eq!(field(&info(&[&path])[0], "clock"), "unknown");
    let file = &info(&[&path, &server])[0];
    assert_eq!(field(file, "clock"), "+01:00");
    assert!(field(file, "clock_source").contains("3 messages that stand in a server trace too, +9.25 s"), "{file}");
    let path = folder.file("with.UccApilog", &with);
    let file = &info(&[&path, &server])[0];
    let source = field(file, "clock_source");
    assert!(source.contains("Date headers of 3 responses") && source.contains("3 messages"), "{source}");
    assert_eq!(field(&info(&[ANNA, SERVER])[0], "clock"), "+01:00");
}

#[test]
fn logs_of_one_client_share_its_clock() {
    let folder = Folder::new();
    let (mut old, mut new) = (String::new(), String::new());
    response(&mut old, "14:00:00", Some("13:00:00"), 1);
    response(&mut new, "14:30:00", None, 2);
    folder.file("Lync-UccApi-1.UccApilog", &old);
    folder.file("Lync-UccApi-0.UccApilog", &new);
    folder.file("Lync-UccApi-2.UccApilog", &new);
    folder.file("Other-UccApi-0.UccApilog", &new);
    let files = info(&[&folder.path()]);
    let clocks: Vec<_> = files.iter().map(|file| field(file, "clock")).collect();
    assert_eq!(clocks, ["+01:00", "+01:00", "+01:00", "unknown"]);
    for without in [&files[0], &files[2]] {
        // The log that knows it, not another one that took it from there.
        assert!(field(without, "clock_source").contains("Lync-UccApi-1.UccApilog"), "{without}");
    }
}
