//! Bare messages and sign-in reports that were pasted into a file.

use super::{BEN, Folder, PASTED, REPORT, field, number, objects, uccello};
use serde_json::Value;

#[test]
fn messages_without_a_log_around_them() {
    let all = objects(&[PASTED, "--all"]);
    let kinds: Vec<_> = all.iter().map(|object| field(object, "kind")).collect();
    assert_eq!(kinds, ["message", "message", "unknown", "message", "message"]);
    for object in &all {
        assert_eq!(field(object, "format"), "text");
        for absent in ["time", "direction", "level", "peer", "local", "machine"] {
            assert_eq!(object[absent], Value::Null, "{absent} of {object}");
        }
    }
    let refused = &objects(&[PASTED, "--where", "diag:1000"])[0];
    assert_eq!(field(refused, "start_line"), "SIP/2.0 401 Unauthorized", "the headers joined to it are cut off");
    assert_eq!((number(refused, "cseq"), field(refused, "from").as_str()), (2, "jonas@contoso.com"));
    assert_eq!(refused["diagnostics"][0]["reason"], "Final handshake failed");
    assert_eq!(refused["diagnostics"][0]["header"], "ms-diagnostics");
    assert!(refused["notes"][0].as_str().is_some_and(|note| note.contains("pasting")), "{refused}");
    for (query, wanted) in [
        ("uri:jonas", 4),
        ("package:ntlm", 3),
        ("method:REGISTER status:401", 2),
        ("/^ms-diagnostics: 1000;reason=\"/", 1),
        ("\"Call-ID: \"", 4),
        ("time:00:00..23:59", 0),
        ("time:2024-11-20..", 0),
    ] {
        assert_eq!(objects(&[PASTED, "--where", query]).len(), wanted, "{query}");
    }
}

#[test]
fn a_report_alone_is_one_record_with_its_code() {
    let all = objects(&[REPORT, "--all"]);
    assert_eq!(all.len(), 1);
    assert_eq!(field(&all[0], "kind"), "sign-in-report");
    assert_eq!(all[0]["diagnostics"][0]["code"], 4004);
    assert_eq!(objects(&[REPORT, "--all", "--where", "diag:4004 80ef0191"]).len(), 1);
}

#[test]
fn records_without_times_stand_after_all_others_and_spoil_no_span() {
    let info = |paths: &[&str]| -> Value {
        let run = uccello(&[&["info", "--format", "json"], paths].concat());
        serde_json::from_str(&run.printed()).expect("one JSON document")
    };
    let alone = info(&[PASTED]);
    let file = &alone["files"][0];
    assert_eq!((field(file, "format").as_str(), field(file, "clock").as_str()), ("text", "unknown"));
    assert_eq!((&file["first"], &file["last"]), (&Value::Null, &Value::Null));
    for paths in [[PASTED, BEN], [BEN, PASTED]] {
        let all = objects(&[paths[0], paths[1], "--all"]);
        let (last, timed) = (&all[all.len() - 5..], &all[..all.len() - 5]);
        assert!(last.iter().all(|object| field(object, "file") == PASTED), "{last:?}");
        assert!(timed.iter().all(|object| field(object, "file") == BEN));
    }
}

#[test]
fn the_ladder_of_a_paste_goes_from_client_to_server_and_names_no_time() {
    let text = uccello(&["ladder", PASTED]).printed();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0].split_whitespace().collect::<Vec<_>>(), ["Client", "Server"]);
    assert!(lines[2].trim_start().starts_with('|') && lines[2].contains("REGISTER (CSeq 1)") && lines[2].contains('>'));
    assert!(lines[5].contains('<') && lines[5].contains("401 Unauthorized (CSeq 2, code 1000)"), "{text}");
    let folder = Folder::new();
    let notify = "NOTIFY sip:a@contoso.com SIP/2.0\nCSeq: 1 NOTIFY\n\nSIP/2.0 200 OK\nCSeq: 1 NOTIFY\n\n";
    let web = "GET /root?sipuri=a@contoso.com HTTP/1.1\nHost: x\n\nHTTP/1.1 401 Unauthorized\nServer: x\n\n";
    let path = folder.file("ticket.txt", format!("{notify}{web}SIP/2.0 999\nVia: x\n"));
    let text = uccello(&["ladder", &path]).printed();
    let arrows: Vec<&str> = text.lines().skip(2).collect();
    assert_eq!(arrows.len(), 5, "{text}");
    assert!(arrows[0].contains('<') && arrows[1].contains('>'), "a server asks for what it notifies: {text}");
}

#[test]
fn a_letter_that_names_a_status_is_no_trace() {
    let folder = Folder::new();
    let path = folder.file("letter.txt", "Hello,\nI see\nSIP/2.0 401 Unauthorized\nall day.\nGreetings: Ben\n");
    let refusal = uccello(&["messages", &path]).refusal();
    assert!(refusal.contains("no line of it looks like a trace"), "{refusal}");
}
