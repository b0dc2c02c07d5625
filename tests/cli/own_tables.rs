//! Tables of the user: their words are in what the program says, with where they are from.

#![cfg(target_os = "linux")]

use super::{Folder, Run, STORY, uccello_of};
use uccello::diagnosis::knowledge::read_own;

/// The data of a user with some tables.
fn user(tables: &[(&str, &str)]) -> Folder {
    let data = Folder::new();
    let own = data.0.path().join("uccello/knowledge");
    std::fs::create_dir_all(&own).expect("a folder");
    for (name, text) in tables {
        std::fs::write(own.join(name), text).expect("a table");
    }
    data
}

fn run(data: &Folder, arguments: &[&str]) -> Run {
    uccello_of(data.0.path(), arguments)
}

/// The same on one line, without the breaks of the terminal.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

const DOWN: &str = "sample-logs/registrar-down";

#[test]
fn words_of_the_user_are_in_diagnosis_and_report_with_their_source() {
    let data = user(&[(
        "ours.tsv",
        "code\tmeaning\tchecks\n5000\tOur night job was still running.\tAsk the night desk, extension 4711\n",
    )]);
    let told = run(&data, &["diagnose", DOWN]);
    assert_eq!((told.code, told.err.as_str()), (Some(1), ""));
    let text = flat(&told.out);
    assert!(text.contains("Our night job was still running (your own table)."), "{text}");
    assert!(text.contains("> Ask the night desk, extension 4711"), "{text}");
    let out = format!("{}/report.md", data.path());
    run(&data, &["report", DOWN, "--no-redact", "-o", &out]).printed();
    let report = std::fs::read_to_string(out).expect("the report");
    assert!(report.contains("Our night job was still running."), "{report}");
    assert!(report.contains("(Known from your own table)"), "{report}");
    let without = run(&user(&[]), &["diagnose", DOWN]);
    assert!(without.out.contains("5000") && !without.out.contains("night job"));
}

#[test]
fn a_finding_that_names_a_code_tells_what_the_user_knows_of_it() {
    let data = user(&[(
        "ours.tsv",
        "code\tmeaning\tchecks\n28032\tThe certificate outside is due again\tCall the web team\n",
    )]);
    let text = flat(&run(&data, &["diagnose", STORY]).out);
    assert!(text.contains("Code 28032: The certificate outside is due again (your own table)"), "{text}");
    let checks = text.split_once("> ").map_or("", |(_, checks)| checks);
    assert!(checks.starts_with("Call the web team > On every front end"), "{text}");
}

#[test]
fn a_bad_table_is_named_with_its_line_and_stops_nothing() {
    let data = user(&[
        ("bad.tsv", "code\tmeaning\n28032\tOurs.\nfour\tNo number.\n"),
        ("good.tsv", "code\tmeaning\n28032\tThe certificate is due again.\n"),
    ]);
    let told = run(&data, &["diagnose", STORY]);
    assert_eq!(told.code, Some(1), "{}", told.err);
    assert_eq!(told.err.lines().count(), 1, "{}", told.err);
    for words in
        ["knowledge/bad.tsv: line 3: expected a number such as 28032 under code", "until the line is put right"]
    {
        assert!(told.err.contains(words), "{}", told.err);
    }
    assert!(told.out.starts_with("2 failures"));
    // Where nothing is explained nothing is said of it.
    assert_eq!(run(&data, &["info", STORY]).err, "");
}

#[test]
fn tables_of_a_folder_are_read_in_order_and_bad_ones_are_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("a table");
    write("a.tsv", b"code\tmeaning\n61007\tOur robot had no free agent.\n28032\tOurs.\n");
    // As a spreadsheet saves Unicode text.
    let later: Vec<u8> =
        "\u{FEFF}code\tmeaning\r\n28032\tOurs, and newer.\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    write("b.TXT", &later);
    write("c.tsv", b"code\tmeaning\n\n403\tForbidden.\nabc\tNo number.\n");
    write("d.xlsx", b"PK");
    write("notes.md", b"Not a table.");
    let (knowledge, said) = read_own(folder.path());
    let own = knowledge.explain_code(61007, None);
    assert_eq!((own.meaning.as_str(), own.is_own()), ("Our robot had no free agent.", true));
    assert_eq!(knowledge.explain_code(28032, None).meaning, "Ours, and newer.");
    assert!(!knowledge.explain_code(4003, None).is_own());
    assert!(knowledge.code(403).is_none(), "nothing of a bad table is used");
    let said = said.join("\n").replace(&*folder.path().to_string_lossy(), "F");
    assert_eq!(
        said,
        "F/c.tsv: line 4: expected a number such as 28032 under code, found \"abc\"; nothing of this table is used \
         until the line is put right\n\
         F/d.xlsx: this is no table that can be read; save it as tab-delimited text, as *.tsv or *.txt"
    );
}
