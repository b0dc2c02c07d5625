//! Files: what is opened, what cannot be, and what becomes of files while they are open.

use super::{incident, only_section, open, paste, settle, shown, type_into, wait_for, window};
use egui::{Key, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::path::Path;
use uccello::query::Scope;
use uccello::window::Window;

#[test]
fn the_folder_opens_as_one_timeline_of_three_files() {
    let mut harness = incident(Theme::Dark);
    assert_eq!(window(&harness).app().view.index.files().len(), 3);
    assert!(shown(&harness) > 600);
    harness.get_by_label_contains("lines not understood");
    only_section(&mut harness, "Files");
    harness.get_by_label_contains("File anna-UccApi-0.UccApilog, client log, clock +01:00");
    harness.get_by_label_contains("File fe01-cls.txt, server trace (CLS), clock utc");
}

#[test]
fn what_cannot_be_opened_is_named_with_the_reason_and_the_window_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cases: [(&str, Option<&[u8]>, &str); 4] = [
        ("photo.txt", Some(b"\xFF\xD8\xFF\xE0 JFIF and more"), "this is a JPEG picture"),
        ("one.txt", Some(b"x"), "no line of it looks like a trace"),
        ("missing.UccApilog", None, "there is no such file or folder"),
        ("empty.UccApilog", Some(b""), "There are no records in what was opened"),
    ];
    for (name, content, wanted) in cases {
        let path = folder.path().join(name);
        if let Some(content) = content {
            std::fs::write(&path, content).expect("a written file");
        }
        let mut harness = open(Theme::Dark, [1000.0, 700.0], &[&path]);
        harness.get_by_label_contains(wanted);
        if !wanted.starts_with("There are") {
            harness.get_by_label_contains(name);
            harness.get_by_label("Dismiss").click();
            settle(&mut harness);
            assert!(harness.query_by_label_contains(wanted).is_none());
        }
        harness.get_by_label("Open files…");
    }
}

#[test]
fn a_file_cut_while_it_is_open_leaves_the_window_usable() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("cut.txt");
    std::fs::copy("sample-logs/external-sign-in/fe01-cls.txt", &path).expect("a copy of a sample");
    let mut harness = open(Theme::Dark, [1280.0, 800.0], &[&path]);
    std::fs::File::options().write(true).open(&path).and_then(|file| file.set_len(100)).expect("a cut file");
    harness.get_all_by_label_contains("REGISTER contoso.com").next().expect("a row").click();
    settle(&mut harness);
    harness.key_press(Key::End);
    settle(&mut harness);
    assert!(shown(&harness) > 600, "every row is still there to be seen");
    wait_for(&mut harness, "cut.txt was cut while it was open");
    harness.get_by_label_contains("File cut.txt, cut, server trace (CLS), clock utc");
    std::fs::remove_file(&path).expect("a file to delete");
    wait_for(&mut harness, "cut.txt was deleted or moved");
    assert!(shown(&harness) > 600, "every row is still there to be seen");
}

#[test]
fn a_log_without_messages_shows_its_records() {
    let mut harness = open(Theme::Dark, [1280.0, 800.0], &[Path::new("sample-logs/sign-in-report.txt")]);
    settle(&mut harness);
    assert!(shown(&harness) > 0);
    harness.get_by_label_contains("1 Login: FAIL");
    // A log with messages shows those again; nobody asked for all records of it.
    let text = std::fs::read_to_string("sample-logs/pasted-register-401.txt").expect("the sample is there");
    paste(&mut harness, &text);
    assert_eq!(window(&harness).app().scope, Scope::Messages);
    assert_eq!(shown(&harness), 4);
    harness.get_by_label("All records").click();
    settle(&mut harness);
    paste(&mut harness, &text);
    assert_eq!(window(&harness).app().scope, Scope::AllRecords, "now somebody did");
}

#[test]
fn the_other_logs_of_a_client_are_offered() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let copy = |from: &str, to: &str| {
        let path = folder.path().join(to);
        std::fs::copy(format!("sample-logs/external-sign-in/{from}"), &path).expect("a copy of a sample");
        path
    };
    let first = copy("anna-UccApi-0.UccApilog", "Lync-UccApi-0.UccApilog");
    copy("ben-UccApi-0.UccApilog", "Lync-UccApi-1.UccApilog");
    copy("ben-UccApi-0.UccApilog", "Other-UccApi-1.UccApilog");
    let mut harness = open(Theme::Dark, [1280.0, 800.0], &[&first]);
    assert_eq!(window(&harness).app().view.index.files().len(), 1, "nothing is opened that was not named");
    harness.get_by_label_contains("Lync-UccApi-1.UccApilog lies beside it");
    harness.get_by_label("Open it too").click();
    settle(&mut harness);
    assert_eq!(window(&harness).app().view.index.files().len(), 2);
    assert!(harness.query_by_label_contains("lies beside it").is_none());
}

#[test]
fn a_log_that_is_written_is_followed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("anna-UccApi-0.UccApilog");
    let log = std::fs::read("sample-logs/external-sign-in/anna-UccApi-0.UccApilog").expect("a sample");
    let half = log.len() / 2;
    std::fs::write(&path, &log[..half]).expect("a log");
    let second = folder.path().join("ben.UccApilog");
    std::fs::copy("sample-logs/external-sign-in/ben-UccApi-0.UccApilog", &second).expect("another log");
    let mut harness = open(Theme::Dark, [1280.0, 800.0], &[&path, &second]);
    let before = shown(&harness);
    // Ben's log stands behind the one that grows: its rows move, and the selected one stays the same message.
    type_into(&mut harness, Key::U, "ben@contoso.com");
    harness.get_all_by_label_contains("REGISTER contoso.com").next().expect("a row of Ben's").click();
    settle(&mut harness);
    let selected = |harness: &Harness<'_, Option<Window>>| {
        let detail = window(harness).app().detail.clone().expect("a selected message");
        (detail.entry.file.clone(), detail.entry.offset)
    };
    let was = selected(&harness);
    harness.key_press(Key::Escape);
    settle(&mut harness);
    let mut file = std::fs::File::options().append(true).open(&path).expect("the log");
    std::io::Write::write_all(&mut file, &log[half..]).expect("more");
    wait_for(&mut harness, "File anna-UccApi-0.UccApilog, following, client log, clock +01:00");
    settle(&mut harness);
    assert!(shown(&harness) > before, "what was added is listed");
    assert_eq!(selected(&harness), was);
}

#[test]
fn the_start_screen_says_how_to_open_a_trace() {
    let harness = open(Theme::Light, [1000.0, 700.0], &[]);
    harness.get_by_label("Open a trace");
    harness.get_by_label("Open folder…");
    harness.get_by_label_contains(r"16.0\Lync\Tracing");
}
