//! `diagnose`: the answer for scripts, its exit codes, and the same for people.

use super::{ANNA, STORY, objects, uccello};
use serde_json::Value;

const GRETA: &str = "sample-logs/healthy-ntlm/greta-UccApi-0.UccApilog";
const FINDING: [&str; 13] = [
    "rule",
    "severity",
    "confidence",
    "title",
    "user",
    "endpoint",
    "first",
    "last",
    "count",
    "evidence",
    "caused_by",
    "explanation",
    "checks",
];
const ATTEMPT: [&str; 9] = ["user", "endpoint", "call_id", "package", "rounds", "outcome", "first", "last", "evidence"];

/// The answer for scripts, and the exit code.
fn diagnose(arguments: &[&str]) -> (Value, Option<i32>) {
    let run = uccello(&[&["diagnose"], arguments, &["--format", "json"]].concat());
    (serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}{}", run.out, run.err)), run.code)
}

fn list(value: &Value, name: &str) -> Vec<Value> {
    value[name].as_array().unwrap_or_else(|| panic!("{name} is a list: {value}")).clone()
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[test]
fn a_healthy_sign_in_is_explained_and_nothing_fails() {
    let (answer, code) = diagnose(&[GRETA]);
    assert_eq!(code, Some(0));
    for finding in list(&answer, "findings") {
        assert_eq!(keys(&finding), FINDING);
        assert!(["normal", "advice"].contains(&finding["severity"].as_str().unwrap_or_default()), "{finding}");
        assert_eq!(finding["user"], "greta@contoso.com");
    }
    let attempts = list(&answer, "attempts");
    assert_eq!(keys(&attempts[0]), ATTEMPT);
    let first = &attempts[0];
    assert_eq!(
        (&first["outcome"], &first["package"], &first["rounds"]),
        (&"signed-in".into(), &"NTLM".into(), &2.into())
    );
}

#[test]
fn evidence_names_records_as_messages_prints_them() {
    let (answer, _) = diagnose(&[GRETA]);
    let messages = objects(&[GRETA]);
    let challenge = list(&answer, "findings").into_iter().find(|finding| finding["rule"] == "initial-challenge");
    let challenge = challenge.expect("the first 401 is explained");
    let evidence = list(&challenge, "evidence");
    let proof: Vec<_> = messages.iter().filter(|message| evidence.contains(&message["n"])).collect();
    let statuses: Vec<&Value> = proof.iter().map(|message| &message["status"]).collect();
    assert_eq!(statuses, [&Value::Null, &Value::from(401)]);
    assert_eq!((&challenge["first"], &challenge["last"]), (&proof[0]["time"], &proof[1]["time"]));
}

#[test]
fn a_failure_gives_exit_code_1_and_its_reason() {
    let (answer, code) = diagnose(&[STORY]);
    assert_eq!(code, Some(1));
    let findings = list(&answer, "findings");
    let failures: Vec<_> = findings
        .iter()
        .filter(|finding| finding["severity"] == "failure")
        .map(|finding| (finding["rule"].as_str(), finding["user"].as_str(), finding["caused_by"].as_str()))
        .collect();
    let anna = Some("anna@contoso.com");
    assert_eq!(
        failures,
        [
            (Some("web-ticket-rejected-by-issuer"), anna, None),
            (Some("certificate-fetch-failed"), anna, Some("web-ticket-rejected-by-issuer")),
        ]
    );
    let words = format!("{} {}", findings[0]["title"], findings[0]["explanation"]);
    assert!(words.contains("fepool01.contoso.com") && words.contains("4443"), "{words}");
}

#[test]
fn a_query_keeps_what_its_records_prove() {
    let (answer, code) = diagnose(&[STORY, "--where", "uri:ben"]);
    assert_eq!(code, Some(0), "nothing fails for him");
    let users = |name| list(&answer, name).into_iter().map(|item| item["user"].clone()).collect::<Vec<_>>();
    assert!(users("findings").iter().chain(&users("attempts")).all(|user| user == "ben@contoso.com"), "{answer}");
    assert!(!users("attempts").is_empty());
}

#[test]
fn coverage_says_what_the_files_hold() {
    let (answer, _) = diagnose(&[STORY]);
    let files = list(&answer["coverage"], "files");
    let server = files.iter().find(|file| file["format"] == "cls").expect("a server trace");
    assert_eq!(server["machines"], serde_json::json!(["EDGE01", "FE01", "FE02"]));
    assert_eq!(answer["coverage"]["has_server_trace"], true);
    let (answer, _) = diagnose(&[ANNA]);
    assert_eq!(answer["coverage"]["has_server_trace"], false);
}

#[test]
fn people_read_the_verdict_first_and_can_copy_the_checks() {
    let run = uccello(&["diagnose", STORY]);
    assert_eq!(run.code, Some(1));
    assert!(run.out.starts_with("2 failures"), "{}", run.out);
    assert!(
        run.out.contains("\nFAILURE  ") && run.out.contains("\n  > On every front end: Get-CsCertificate"),
        "{}",
        run.out
    );
    assert!(run.out.lines().filter(|line| !line.contains("  > ")).all(|line| line.chars().count() <= 100), "lines fit");
}

#[test]
fn an_input_that_cannot_be_read_wins_over_what_was_found() {
    let run = uccello(&["diagnose", STORY, "no-such-file.txt"]);
    assert_eq!(run.code, Some(2));
    assert!(run.out.contains("FAILURE") && run.err.contains("no-such-file.txt"), "{}{}", run.out, run.err);
}
