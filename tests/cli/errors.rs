//! What cannot be used is said in one sentence, on standard error, with exit code 2.

use super::{ANNA, Folder, field, objects, read, uccello};

const VERBS: [&str; 3] = ["messages", "ladder", "info"];

#[test]
fn inputs_that_are_no_traces_are_refused_by_name_with_what_to_do() {
    let folder = Folder::new();
    let mut etl = vec![0u8; 8192];
    etl[..4].copy_from_slice(&0x0001_0000u32.to_le_bytes());
    let cases = [
        (folder.file("screen.jpg", b"\xFF\xD8\xFF\xE0\0\x10JFIF"), "JPEG"),
        (folder.file("screen.txt", b"\xFF\xD8\xFF\xE0\0\x10JFIF"), "JPEG"),
        (folder.file("trace.etl", &etl), "ETL"),
        (folder.file("trace.txt", &etl), "ETL"),
        (folder.file("one.txt", b"x"), "no line of it looks like a trace"),
        (
            folder.file("u_ex241120.log", "#Software: Microsoft Internet Information Services 10.0\n#Fields: date\n"),
            "IIS",
        ),
        (folder.file("events.evtx", b"ElfFile\0\0\0\0\0\0\0\0\0\0\0"), "EVTX"),
        (folder.file("logs.7z", b"7z\xBC\xAF\x27\x1C\0\x04"), "7z"),
        (format!("{}/nothing here", folder.path()), "there is no such file or folder"),
    ];
    for verb in VERBS {
        for (path, words) in &cases {
            let refusal = uccello(&[verb, path]).refusal();
            assert!(refusal.contains(path.as_str()) && refusal.contains(words), "{verb} {path}: {refusal}");
            assert!(refusal.contains("; "), "what to do instead is missing: {refusal}");
        }
    }
}

#[test]
fn a_folder_without_traces_is_an_error() {
    let folder = Folder::new();
    let refusal = uccello(&["messages", &folder.path()]).refusal();
    assert!(refusal.contains(&folder.path()) && refusal.contains("no files"), "{refusal}");
    folder.file("readme.txt", "nothing to see");
    let run = uccello(&["messages", &folder.path()]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert!(run.err.contains("readme.txt") && run.err.contains("this folder holds no traces"), "{}", run.err);
}

#[test]
fn of_several_inputs_the_good_ones_are_read_and_the_bad_one_is_named() {
    let missing = "sample-logs/carl-UccApi-0.UccApilog";
    let run = uccello(&["messages", ANNA, missing, "--format", "ndjson"]);
    assert_eq!(run.code, Some(2));
    assert_eq!(run.out.lines().count(), objects(&[ANNA]).len());
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
    assert!(run.err.contains(missing), "{}", run.err);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_named() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let path = folder.file("locked.UccApilog", read(ANNA));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o0)).expect("a locked file");
    if std::fs::read(&path).is_ok() {
        // The administrator may read everything.
        assert_eq!(uccello(&["messages", &path]).code, Some(0));
        return;
    }
    let refusal = uccello(&["messages", &path]).refusal();
    assert!(refusal.contains(&path) && refusal.contains("not permitted"), "{refusal}");
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_and_does_not_block() {
    let refusal = uccello(&["messages", "/dev/null"]).refusal();
    assert!(refusal.contains("/dev/null") && refusal.contains("not a file"), "{refusal}");
}

#[test]
fn a_query_that_cannot_be_read_points_at_its_column() {
    for (query, caret_under, word) in [
        ("method:REGISTER statsu:401", "statsu", "status:401"),
        ("(uri:anna", "(", "not closed"),
        ("uri:anna status:abc", "abc", "a status is"),
        ("uri:anna /ab(c/", "(", "regular expression"),
        ("time:25:00", "25:00", "there is no such time of day"),
        ("dir:sideways", "sideways", "in, out and none"),
    ] {
        for verb in ["messages", "ladder"] {
            let run = uccello(&[verb, ANNA, "--where", query]);
            assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{query}");
            let mut lines = run.err.lines().skip_while(|line| *line != query).skip(1);
            let caret_line = lines.next().unwrap_or_else(|| panic!("no caret line in {}", run.err));
            assert_eq!(caret_line.find('^'), query.find(caret_under), "{}", run.err);
            assert!(caret_line.contains(word), "{query}: {caret_line}");
        }
    }
}

#[test]
fn a_clock_for_no_opened_file_is_an_error() {
    let run = uccello(&["messages", ANNA, "--clock", "carl.UccApilog=+02:00", "--format", "ndjson"]);
    assert_eq!(run.code, Some(2));
    assert!(run.err.contains("carl.UccApilog") && run.err.lines().count() == 1, "{}", run.err);
    assert_eq!(run.out.lines().count(), objects(&[ANNA]).len(), "the rest is answered");
}

#[test]
fn a_command_line_that_cannot_be_used_says_why() {
    let cases: [(&[&str], &str); 5] = [
        (&["messages", ANNA, "--clock", "anna=1h"], "+01:00"),
        (&["messages", ANNA, "--clock", "+01:00"], "FILE=+01:00"),
        (&["messages", ANNA, "--format", "xml"], "ndjson"),
        (&["messages", ANNA, "--were", "status:401"], "--where"),
        (&["messages"], "no files were given"),
    ];
    for (arguments, word) in cases {
        let run = uccello(arguments);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(run.err.contains(word), "{arguments:?}: {}", run.err);
    }
}

#[test]
fn a_trace_is_known_by_its_content_and_not_by_its_name() {
    let folder = Folder::new();
    let path = folder.file("holiday.jpg", read(ANNA));
    let objects = objects(&[&path]);
    assert!(!objects.is_empty() && objects.iter().all(|object| field(object, "format") == "uccapi"));
}

#[cfg(unix)]
#[test]
fn links_that_lead_in_circles_and_devices_end_in_a_sentence() {
    let folder = Folder::new();
    let path = folder.file("a.UccApilog", "11/20/2024|14:21:21.071 2A10:C74 INFO  :: one\r\n");
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.0.path().join(name)).expect("a link");
    link(".", "circle");
    link("itself", "itself");
    let run = uccello(&["info", "--format", "json", &folder.path()]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert_eq!(run.out.matches("a.UccApilog").count(), 1, "the folder is walked once: {}", run.out);
    let itself = format!("{}/itself", folder.path());
    assert!(uccello(&["info", &itself]).refusal().contains("cannot be read"));
    assert!(uccello(&["info", "/dev/zero"]).refusal().contains("a device or a pipe"));
    // What is named twice is opened twice only where both names are given.
    assert_eq!(objects(&[&path, "--all"]).len(), 1);
}

#[test]
fn a_file_of_nothing_but_nuls_holds_no_records() {
    let folder = Folder::new();
    let path = folder.file("nuls.txt", vec![0; 10_000]);
    let run = uccello(&["messages", &path]);
    assert!(matches!(run.code, Some(0 | 2)) && run.out.is_empty(), "{}", run.out);
    assert!(run.err.contains("nuls.txt") && run.err.lines().count() == 1, "{}", run.err);
}
