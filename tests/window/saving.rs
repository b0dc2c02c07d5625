//! Saving a report and redacted logs, as a person does it: from the menu or by key, to a place that is asked for.

use super::{INCIDENT, picture, settle, shown, start_with, support, window};
use egui::{Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use uccello::app::{Around, Ask, Save, Saving};
use uccello::window::Window;

type Shown = Harness<'static, Option<Window>>;

const SIZE: [f32; 2] = [1280.0, 800.0];

/// What was asked for, in order.
type Asked = Arc<Mutex<Vec<Ask>>>;

/// The window over some files, whose user answers every question with these paths.
fn answering(files: &[&Path], answer: &[&Path]) -> (Shown, Asked) {
    let asked = Asked::default();
    let (told, answer) = (Arc::clone(&asked), answer.iter().map(|path| path.to_path_buf()).collect::<Vec<PathBuf>>());
    let mut harness = start_with(Theme::Dark, SIZE, files, move |around| {
        let (told, answer) = (Arc::clone(&told), answer.clone());
        let choose = Arc::new(move |ask| {
            told.lock().expect("nobody panicked").push(ask);
            answer.clone()
        });
        Around { choose, ..around }
    });
    settle(&mut harness);
    (harness, asked)
}

fn asked(asked: &Asked) -> Vec<Ask> {
    asked.lock().expect("nobody panicked").clone()
}

/// Chooses an entry of the menu for saving.
fn choose_entry(harness: &mut Shown, entry: &str) {
    harness.get_by_label("Save…").click();
    settle(harness);
    harness.get_all_by_label_contains(entry).next().expect("an entry of the menu").click();
    settle(harness);
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).expect("what was saved")
}

#[test]
fn a_report_is_saved_where_the_user_says_and_names_nobody() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path().join("report.html");
    let (mut harness, questions) = answering(&[Path::new(INCIDENT)], &[&place]);
    choose_entry(&mut harness, "Save report…");
    assert_eq!(asked(&questions), [Ask::PlaceFor(Save::Report { with_names: false })]);
    harness.get_by_label_contains(&format!("Saved the report as {}", place.display()));
    let page = read(&place);
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("2 failures"));
    assert!(!page.contains("contoso") && !page.contains("anna@"));
    harness.get_by_label("Dismiss what was saved").click();
    settle(&mut harness);
    assert!(harness.query_by_label_contains("Saved the report").is_none());
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);
}

#[test]
fn pictures_of_saving() {
    let mut results = egui_kittest::SnapshotResults::new();
    for (theme, name) in support::THEMES {
        let place = Path::new("/no such folder/report.html");
        let choose = move |around| Around { choose: Arc::new(move |_| vec![place.to_path_buf()]), ..around };
        let mut harness = start_with(theme, [1000.0, 640.0], &[Path::new(INCIDENT)], choose);
        settle(&mut harness);
        choose_entry(&mut harness, "Save report…");
        picture(&mut results, harness, &format!("saving_{name}"));
    }
}

#[test]
fn real_names_are_an_entry_of_their_own_and_markdown_goes_by_the_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path().join("report.md");
    let (mut harness, questions) = answering(&[Path::new(INCIDENT)], &[&place]);
    choose_entry(&mut harness, "Save report with real names…");
    assert_eq!(asked(&questions), [Ask::PlaceFor(Save::Report { with_names: true })]);
    let text = read(&place);
    assert!(text.starts_with("# Uccello report") && text.contains("anna@contoso.com"), "{text}");
}

#[test]
fn keys_save_too() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path().join("report.md");
    let (mut harness, questions) = answering(&[Path::new(INCIDENT)], &[&place]);
    for modifiers in [Modifiers::NONE, Modifiers::ALT, Modifiers::SHIFT] {
        harness.key_press_modifiers(Modifiers::COMMAND | modifiers, Key::S);
        settle(&mut harness);
    }
    let wanted = [Save::Report { with_names: false }, Save::Report { with_names: true }, Save::RedactedLogs];
    assert_eq!(asked(&questions), wanted.map(Ask::PlaceFor));
    harness.get_by_label_contains("report.md: this is a file; name a folder");
    harness.key_press(Key::F1);
    settle(&mut harness);
    for name in ["Save report…", "Save report with real names…", "Save redacted logs…"] {
        harness.get_all_by_label(name).next().expect("a row of the help");
    }
}

#[test]
fn redacted_logs_go_into_a_folder_and_never_beside_the_logs() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path().join("for the vendor");
    let (mut harness, _) = answering(&[Path::new(INCIDENT)], &[&place]);
    choose_entry(&mut harness, "Save redacted logs…");
    harness.get_by_label_contains(&format!("Saved 3 redacted logs in {}", place.display()));
    let names: Vec<String> = std::fs::read_dir(&place)
        .expect("the folder")
        .map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names.len(), 3);
    assert!(names.iter().all(|name| !name.contains("anna") && !name.contains("ben")), "{names:?}");
    // A second time nothing is written over.
    choose_entry(&mut harness, "Save redacted logs…");
    harness.get_by_label_contains("there is such a file already; choose an empty folder");
    // The folder of the logs is no place for them.
    let (mut harness, _) = answering(&[Path::new(INCIDENT)], &[Path::new(INCIDENT)]);
    choose_entry(&mut harness, "Save redacted logs…");
    harness.get_by_label_contains("the folder holds");
    assert_eq!(std::fs::read_dir(INCIDENT).expect("the samples").count(), 3);
}

#[test]
fn a_report_is_never_written_over_a_log() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("anna.UccApilog");
    std::fs::copy("sample-logs/external-sign-in/anna-UccApi-0.UccApilog", &log).expect("a copy of a sample");
    let before = std::fs::read(&log).expect("the log");
    let (mut harness, _) = answering(&[&log], &[&log]);
    choose_entry(&mut harness, "Save report…");
    harness.get_by_label_contains("this is one of the logs; choose another place");
    assert_eq!(std::fs::read(&log).expect("the log"), before);
}

#[test]
fn a_question_that_is_put_away_saves_nothing() {
    let (mut harness, questions) = answering(&[Path::new(INCIDENT)], &[]);
    choose_entry(&mut harness, "Save report…");
    assert_eq!(asked(&questions).len(), 1);
    assert!(matches!(window(&harness).app().saving, Saving::Nothing));
}

#[test]
fn without_a_trace_there_is_nothing_to_save() {
    let (mut harness, questions) = answering(&[], &[]);
    harness.get_by_label("Save…").click();
    settle(&mut harness);
    let entry = harness.get_by_label_contains("Save report…");
    assert!(entry.accesskit_node().is_disabled());
    harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    settle(&mut harness);
    assert!(asked(&questions).is_empty());
}

#[test]
fn saving_shows_how_far_it_is_and_stops_without_leaving_anything() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("long.txt");
    let once = std::fs::read("sample-logs/external-sign-in/fe01-cls.txt").expect("a sample");
    std::fs::write(&log, once.repeat((24 << 20) / once.len())).expect("a long trace");
    let place = folder.path().join("out");
    let (mut harness, _) = answering(&[&log], &[&place]);
    harness.get_by_label("Save…").click();
    settle(&mut harness);
    harness.get_all_by_label_contains("Save redacted logs…").next().expect("an entry").click();
    while !matches!(window(&harness).app().saving, Saving::Running(_)) {
        harness.step();
    }
    let all = shown(&harness);
    harness.step();
    harness.get_by_label_contains("saving ");
    harness.get_by_label("Stop saving").click();
    settle(&mut harness);
    harness.get_by_label_contains("Saving was stopped");
    assert!(std::fs::read_dir(&place).map_or(0, Iterator::count) == 0);
    assert_eq!(shown(&harness), all);
}

#[test]
fn files_are_opened_from_the_dialog() {
    let (mut harness, questions) = answering(&[], &[Path::new(INCIDENT)]);
    harness.get_by_label("Open folder…").click();
    settle(&mut harness);
    assert_eq!(asked(&questions), [Ask::Folder]);
    assert_eq!(window(&harness).app().view.index.files().len(), 3);
}
