//! `info`: what was opened.

use super::{ANNA, EDGE, Folder, Run, SAMPLES, SERVER, field, number, objects, read, uccello};
use serde_json::Value;

fn files(run: &Run) -> Vec<Value> {
    let info: Value = serde_json::from_str(&run.out).expect("one JSON document");
    info["files"].as_array().expect("a list of files").clone()
}

fn info(arguments: &[&str]) -> Run {
    uccello(&[&["info", "--format", "json"], arguments].concat())
}

fn warnings(file: &Value) -> Vec<String> {
    file["warnings"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|text| text.as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn the_facts_of_a_file_agree_with_the_file_and_with_its_messages() {
    let files = files(&info(&[ANNA, SERVER, EDGE]));
    let names: Vec<String> = files.iter().map(|file| field(file, "file")).collect();
    assert_eq!(names, [ANNA, SERVER, EDGE]);
    for file in &files {
        let name = field(file, "file");
        let all = objects(&[&name, "--all"]);
        assert_eq!(number(file, "bytes"), read(&name).len() as u64);
        assert_eq!(number(file, "records"), all.len() as u64);
        assert_eq!(number(file, "messages"), objects(&[&name]).len() as u64);
        assert_eq!(number(file, "lines_not_understood"), 0, "the samples hold nothing we do not understand");
        assert_eq!(Some(field(file, "first")), all.iter().map(|object| field(object, "time")).min());
        assert_eq!(Some(field(file, "last")), all.iter().map(|object| field(object, "time")).max());
        assert_eq!(warnings(file), [""; 0]);
        assert!(!field(file, "clock_source").is_empty());
    }
    let facts = |name: &str| files.iter().map(|file| field(file, name)).collect::<Vec<_>>();
    assert_eq!(facts("format"), ["uccapi", "cls", "ocslogger"]);
    assert_eq!(facts("clock"), ["+01:00", "utc", "unknown"]);
    assert_eq!(facts("encoding"), ["utf-8"; 3]);
}

/// What `sample-logs/README.md` says is broken on purpose is counted; in all other samples every line is understood.
#[test]
fn of_the_samples_every_line_is_understood_but_what_was_broken_on_purpose() {
    let readme = String::from_utf8(read("sample-logs/README.md")).expect("the README is UTF-8");
    let mut broken = 0;
    let run = info(&[SAMPLES]);
    for file in files(&run).iter().filter(|file| field(file, "format") != "null") {
        let name = field(file, "file");
        let path = name.strip_prefix("sample-logs/").expect("a sample").to_owned();
        let folder = path.split('/').next().unwrap_or_default();
        let row_of = |name: &str| readme.lines().find(|row| row.starts_with(&format!("| `{name}` |")));
        let row = row_of(&path).or_else(|| row_of(folder));
        let row = row.unwrap_or_else(|| panic!("{path} has no line in the README"));
        let lost = number(file, "lines_not_understood");
        let words =
            if lost == 1 { "1 line is not understood".to_owned() } else { format!("{lost} lines are not understood") };
        assert_eq!(row.contains("not understood"), lost > 0, "{row}\n{file}");
        assert!(lost == 0 || row.contains(&words), "{words}: {row}");
        broken += usize::from(lost > 0);
    }
    assert_eq!(broken, 3, "the damaged logs and the paste with words around it");
}

#[test]
fn a_byte_order_mark_is_named_and_belongs_to_the_first_record() {
    let path = "sample-logs/healthy-ntlm/greta-UccApi-0.UccApilog";
    assert!(read(path).starts_with(b"\xEF\xBB\xBF"));
    let files = files(&info(&[path]));
    assert_eq!(field(&files[0], "encoding"), "utf-8-bom");
    assert_eq!(number(&objects(&[path, "--all"])[0], "offset"), 0);
}

#[test]
fn a_clock_set_by_hand_is_said_to_be() {
    let files = files(&info(&[ANNA, "--clock", &format!("{ANNA}=-05:30")]));
    assert_eq!(field(&files[0], "clock"), "-05:30");
    assert_eq!(field(&files[0], "clock_source"), "set by hand");
}

#[test]
fn a_client_log_without_a_date_has_an_unknown_clock() {
    let folder = Folder::new();
    let path = folder.file("a.UccApilog", "11/20/2024|14:21:21.071 2A10:C74 INFO  :: Function: x\r\n");
    let files = files(&info(&[&path]));
    assert_eq!(field(&files[0], "clock"), "unknown");
    assert_eq!(field(&files[0], "first"), "2024-11-20T14:21:21.071");
}

#[test]
fn foreign_files_of_a_folder_are_passed_over_with_a_warning() {
    let folder = Folder::new();
    folder.file("anna.UccApilog", read(ANNA));
    let picture = folder.file("screen.jpg", b"\xFF\xD8\xFF\xE0\0\x10JFIF");
    let run = info(&[&folder.path()]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let files = files(&run);
    let foreign = files.iter().find(|file| field(file, "file") == picture).expect("the picture is named");
    assert!(warnings(foreign).iter().any(|warning| warning.contains("JPEG")), "{foreign}");
    assert!(files.iter().any(|file| field(file, "file").ends_with("/anna.UccApilog") && number(file, "messages") > 0));
}

#[test]
fn empty_and_blank_files_are_readable_and_say_so() {
    let folder = Folder::new();
    for (name, bytes, word) in
        [("empty.UccApilog", &b""[..], "empty"), ("blank.txt", b"\xEF\xBB\xBF \r\n\n\t\0\n", "blanks")]
    {
        let path = folder.file(name, bytes);
        let run = info(&[&path]);
        assert_eq!(run.code, Some(0), "{}", run.err);
        let files = files(&run);
        assert_eq!((number(&files[0], "records"), number(&files[0], "lines_not_understood")), (0, 0));
        assert_eq!(number(&files[0], "bytes"), bytes.len() as u64);
        let warnings = warnings(&files[0]);
        assert!(warnings.iter().any(|warning| warning.contains(word)), "{warnings:?}");
        assert_eq!(files[0]["first"], Value::Null);
        let messages = uccello(&["messages", &path, "--all", "--format", "ndjson"]);
        assert!(messages.err.contains(word), "{}", messages.err);
        assert_eq!(messages.printed(), "");
        assert_eq!(uccello(&["ladder", &path]).code, Some(0));
    }
}

#[test]
fn lines_that_fit_no_rule_are_counted() {
    let folder = Folder::new();
    let entry = "11/20/2024|14:21:21.071 2A10:C74 INFO  :: ";
    let end =
        format!("{entry}End of Sending Packet - 192.0.2.10:443 (From Local Address: 198.51.100.23:50112) 9 bytes\r\n");
    let client = folder.file("a.UccApilog", format!("tail of\r\n\r\nanother file\r\n{entry}one\r\n{end}"));
    let header = r"TL_INFO(TF_COMPONENT) [POOL\FE01]1E6C.0B40::11/20/2024-13:21:21.118.0000A2B3 (X,A::B:c.cpp(2)) [7] ";
    let server = folder.file(
        "cls.txt",
        format!("{header}one\n$$end_record\nstray\n{header}two\nUnknown( 12): GUID=1 (No Format Information found).\n"),
    );
    let files = files(&info(&[&client, &server]));
    let counts: Vec<u64> = files.iter().map(|file| number(file, "lines_not_understood")).collect();
    // Two lines before the first entry and an end line; an end without its begin and an undecoded line.
    assert_eq!(counts, [3, 2]);
}

#[test]
fn people_get_the_same_facts() {
    let printed = uccello(&["info", SAMPLES]).printed();
    for fact in ["fe01-cls.txt", "650663 bytes", "607 messages", "clock utc", "clock +01:00", "clock unknown"] {
        assert!(printed.contains(fact), "{fact} is missing in\n{printed}");
    }
}
