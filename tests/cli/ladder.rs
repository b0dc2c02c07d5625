//! `ladder`: who sent what to whom, as text.

use super::{ANNA, BEN, Folder, SERVER, STORY, field, objects, uccello};

fn ladder(arguments: &[&str]) -> String {
    uccello(&[&["ladder"], arguments].concat()).printed()
}

#[test]
fn every_message_is_an_arrow_in_the_order_of_time() {
    let text = ladder(&[ANNA]);
    let arrows: Vec<&str> = text.lines().skip(2).collect();
    let messages = objects(&[ANNA]);
    assert_eq!(arrows.len(), messages.len());
    for (arrow, message) in arrows.iter().zip(&messages) {
        let time = &field(message, "time")[11..23];
        assert!(arrow.starts_with(time), "{arrow} is not of {time}");
        let label = if message["status"].is_null() { field(message, "method") } else { field(message, "status") };
        assert!(arrow.contains(&label), "{arrow} lacks {label}");
    }
}

#[test]
fn arrows_point_from_the_sender_to_the_receiver() {
    let text = ladder(&[ANNA, "--where", "method:REGISTER"]);
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().expect("names").split_whitespace().collect();
    let roles: Vec<&str> = lines.next().expect("roles").split_whitespace().collect();
    assert_eq!(names, ["198.51.100.23", "192.0.2.10"]);
    assert_eq!(roles, ["client", "server"], "the far end of a client log is no client");
    let is_right = |line: &str| line.contains('>') && !line.contains('<');
    for line in lines {
        assert_eq!(is_right(line), line.contains("REGISTER"), "requests go right, answers left: {line}");
    }
}

#[test]
fn one_message_written_down_by_both_ends_is_one_arrow() {
    let call_id = field(&objects(&[ANNA])[0], "call_id");
    let query = format!("callid:{call_id} cseq:1 -status:401");
    let both = ladder(&[ANNA, SERVER, "--where", &query]);
    let copies = objects(&[ANNA, SERVER, "--where", &query]).len();
    let arrows = both.lines().skip(2).count();
    assert!(copies > arrows && arrows > 0, "{copies} copies, {arrows} arrows\n{both}");
}

#[test]
fn a_query_narrows_the_ladder() {
    let text = ladder(&[STORY, "--where", "uri:ben status:200 method:REGISTER"]);
    let arrows: Vec<&str> = text.lines().skip(2).collect();
    assert!(!arrows.is_empty() && arrows.iter().all(|arrow| arrow.contains("200 OK")), "{text}");
}

#[test]
fn web_service_calls_of_a_client_are_drawn_where_they_are_asked_for() {
    let text = ladder(&[ANNA, "--where", "kind:web-request"]);
    let arrows: Vec<&str> = text.lines().skip(2).collect();
    let blocks = objects(&[ANNA, "--all", "--where", "kind:web-request"]).len();
    assert_eq!(arrows.len(), blocks, "{text}");
    let (calls, answers): (Vec<&str>, Vec<&str>) = arrows.iter().partition(|arrow| arrow.contains('>'));
    assert!(
        !answers.is_empty() && answers.iter().all(|arrow| arrow.contains("0x") || arrow.contains("done")),
        "{text}"
    );
    assert!(calls.iter().all(|arrow| arrow.contains('/')), "a call is named by its path: {text}");
    assert!(!ladder(&[ANNA]).contains("0x80ef0191"));
}

#[test]
fn a_ladder_can_be_written_to_a_file() {
    let folder = Folder::new();
    let path = folder.file("ladder.txt", "what stood here before");
    assert_eq!(ladder(&[BEN, "-o", &path]), "");
    assert_eq!(std::fs::read_to_string(&path).expect("the ladder"), ladder(&[BEN]));
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let folder = Folder::new();
    let path = format!("{}/no such folder/ladder.txt", folder.path());
    let refusal = uccello(&["ladder", BEN, "-o", &path]).refusal();
    assert!(refusal.contains(&path) && refusal.contains("cannot be written"), "{refusal}");
}

#[test]
fn a_ladder_as_a_picture_needs_nothing_beside_itself() {
    let svg = ladder(&[BEN, "--format", "svg", "--where", "method:REGISTER"]);
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") && svg.ends_with("</svg>\n"));
    for word in [
        "198.51.100.77",
        "REGISTER (CSeq 1)",
        "? 401 Unauthorized",
        "✓ 200 OK",
        "13:22:03.929",
        "prefers-color-scheme:dark",
    ] {
        assert!(svg.contains(word), "{word} is missing: {svg}");
    }
    let arrows = ladder(&[BEN, "--where", "method:REGISTER"]).lines().count() - 2;
    assert_eq!(svg.matches("<g>").count(), arrows);
    assert!(!svg.contains("href") && !svg.contains("url("), "nothing is fetched");
}

#[test]
fn a_ladder_for_mermaid_has_an_arrow_a_line() {
    let text = ladder(&[BEN, "--format", "mermaid", "--where", "method:REGISTER"]);
    assert!(text.starts_with("sequenceDiagram\n    participant h0 as 198.51.100.77<br/>client\n"), "{text}");
    assert!(text.contains("    h0->>h1: 13:22:03.871 REGISTER (CSeq 2)\n"), "{text}");
    assert!(text.contains("    h1-->>h0: "), "{text}");
}

#[test]
fn a_ladder_of_nothing_is_still_a_picture() {
    assert!(ladder(&[BEN, "--format", "svg", "--where", "status:606"]).ends_with("</svg>\n"));
    assert_eq!(ladder(&[BEN, "--format", "mermaid", "--where", "status:606"]), "sequenceDiagram\n");
}

#[test]
fn a_refused_token_is_no_challenge() {
    let log = "sample-logs/wrong-password";
    let query = "method:REGISTER status:401 cseq:3";
    let text = ladder(&[log, "--where", query]);
    assert!(text.lines().any(|line| line.contains("✗ 401 Unauthorized")), "{text}");
    let svg = ladder(&[log, "--where", query, "--format", "svg"]);
    assert!(svg.contains("✗ 401"), "{svg}");
    let diagram = ladder(&[log, "--where", query, "--format", "mermaid"]);
    assert!(diagram.contains("--x"), "{diagram}");
    // The challenges before it are none.
    let challenges = ladder(&[log, "--where", "method:REGISTER status:401 cseq:1"]);
    assert!(challenges.contains("401") && !challenges.contains('✗'), "{challenges}");
}
