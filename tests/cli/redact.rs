//! `redact`: the same traces with stand-ins, in a folder of their own.

use super::{ANNA, BEN, Folder, PASTED, SAMPLES, STORY, field, objects, read, uccello};

#[test]
fn traces_are_written_into_a_folder_that_is_made_for_them() {
    let folder = Folder::new();
    let out = format!("{}/a/b", folder.path());
    let printed = uccello(&["redact", STORY, "-o", &out]).printed();
    let written: Vec<&str> = printed.lines().collect();
    assert_eq!(written.len(), 3, "{printed}");
    assert!(written.iter().all(|path| path.starts_with(&out)), "{printed}");
    let logs: Vec<&&str> = written.iter().filter(|path| path.ends_with("-UccApi-0.UccApilog")).collect();
    assert_eq!(logs.len(), 2, "a reader still sees what is a client's log: {printed}");
    assert!(!printed.to_lowercase().contains("anna"), "{printed}");
    let (before, after) = (objects(&[STORY, "--all"]), objects(&[&out, "--all"]));
    assert_eq!(before.len(), after.len());
    // Files of one time may change places with their names.
    let sorted = |objects: &[serde_json::Value]| {
        let mut all: Vec<_> =
            objects.iter().map(|own| ["time", "status", "method", "cseq"].map(|name| field(own, name))).collect();
        all.sort();
        all
    };
    assert_eq!(sorted(&before), sorted(&after));
    let text = after.iter().map(ToString::to_string).collect::<String>().to_lowercase();
    assert!(!text.contains("contoso") && !text.contains("anna"));
}

#[test]
fn the_same_logs_give_the_same_bytes() {
    let folder = Folder::new();
    let run = |name: &str| {
        let out = format!("{}/{name}", folder.path());
        let printed = uccello(&["redact", BEN, PASTED, "-o", &out]).printed();
        printed.lines().map(|path| std::fs::read(path).expect("a written file")).collect::<Vec<_>>()
    };
    assert_eq!(run("one"), run("two"));
}

#[test]
fn logs_are_never_written_over_and_never_written_beside() {
    let folder = Folder::new();
    let log = folder.file("anna-UccApi-0.UccApilog", read(ANNA));
    let before = std::fs::read(&log).expect("the log");
    let inside = format!("{}/redacted", folder.path());
    for (arguments, word) in [
        (["redact", &log, "-o", &folder.path()], "the folder holds"),
        (["redact", &folder.path(), "-o", &folder.path()], "the folder holds"),
        (["redact", &folder.path(), "-o", &inside], "the folder lies in"),
        (["redact", &log, "-o", &log], "this is a file"),
    ] {
        let refusal = uccello(&arguments).refusal();
        assert!(refusal.contains(word) && refusal.contains("with -o"), "{refusal}");
    }
    assert_eq!(std::fs::read(&log).expect("the log"), before);
    assert_eq!(std::fs::read_dir(folder.0.path()).expect("the folder").count(), 1);
}

#[test]
fn what_is_there_already_stays() {
    let folder = Folder::new();
    let out = folder.path();
    uccello(&["redact", BEN, "-o", &out]).printed();
    let refusal = uccello(&["redact", BEN, "-o", &out]).refusal();
    assert!(refusal.contains("such a file already"), "{refusal}");
}

#[test]
fn a_place_is_needed_and_must_be_writable() {
    let run = uccello(&["redact", BEN]);
    assert_eq!(run.code, Some(2));
    let folder = Folder::new();
    let file = folder.file("x", "");
    let refusal = uccello(&["redact", BEN, "-o", &format!("{file}/y")]).refusal();
    assert!(refusal.contains("cannot be written"), "{refusal}");
    let missing = uccello(&["redact", "no such.log", "-o", &format!("{}/y", folder.path())]).refusal();
    assert!(missing.contains("no such.log"), "{missing}");
}

#[test]
fn what_can_be_read_is_redacted_and_the_rest_is_named() {
    let folder = Folder::new();
    let diary = folder.file("diary.txt", "Dear diary");
    let out = format!("{}/out", folder.path());
    let run = uccello(&["redact", BEN, &diary, "-o", &out]);
    assert_eq!((run.code, run.out.lines().count()), (Some(2), 1), "{}", run.err);
    assert!(run.err.contains("diary.txt"));
    // Files of several folders keep apart.
    let all = uccello(&["redact", SAMPLES, "-o", &format!("{}/all", folder.path())]).printed();
    assert!(all.lines().any(|path| path.contains("/folder2/")), "{all}");
}
