//! The whole window, used by accessible names: what a person clicks and types, and what then stands on
//! the screen. Pictures of its main views in both themes.

mod findings;
#[path = "../support/mod.rs"]
mod support;

use egui::{Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::{Path, PathBuf};
use uccello::cli::Input;
use uccello::index::Position;
use uccello::query::{Query, Scope};
use uccello::window::Window;

const INCIDENT: &str = "sample-logs/external-sign-in";

/// The window over some files, once they are read.
fn open(theme: Theme, size: [f32; 2], files: &[&Path]) -> Harness<'static, Option<Window>> {
    let mut harness = start(theme, size, files);
    settle(&mut harness);
    harness
}

/// The window over some files, while they are read.
fn start(theme: Theme, size: [f32; 2], files: &[&Path]) -> Harness<'static, Option<Window>> {
    let input = Input { files: files.iter().map(|file| PathBuf::from(*file)).collect(), clock: vec![] };
    support::builder::<Option<Window>>(theme, size).build_ui_state(
        move |ui, window| {
            let all = ui.ctx().content_rect();
            let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(all));
            ui.set_clip_rect(all);
            window.get_or_insert_with(|| Window::for_context(ui.ctx(), Some(input.clone()))).panels(&mut ui);
        },
        None,
    )
}

fn window<'h>(harness: &'h Harness<'_, Option<Window>>) -> &'h Window {
    harness.state().as_ref().expect("the window was made in the first frame")
}

/// Lets other threads finish and their results come onto the screen.
#[expect(clippy::disallowed_methods, reason = "other threads wake a window, and this harness has none")]
fn settle(harness: &mut Harness<'_, Option<Window>>) {
    let mut quiet = 0;
    for _ in 0..2_000 {
        harness.step();
        std::thread::sleep(std::time::Duration::from_millis(5));
        quiet = if window(harness).app().is_busy() { 0 } else { quiet + 1 };
        if quiet > 4 {
            return;
        }
    }
    panic!("the window did not come to rest");
}

/// Waits until something is on the screen that another thread finds out.
#[expect(clippy::disallowed_methods, reason = "other threads wake a window, and this harness has none")]
fn wait_for(harness: &mut Harness<'_, Option<Window>>, label: &str) {
    for _ in 0..1_000 {
        harness.step();
        if harness.query_all_by_label_contains(label).next().is_some() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("'{label}' did not come");
}

/// Folds what stands above a section of the left side, which may have pushed it out of sight.
fn only_section(harness: &mut Harness<'_, Option<Window>>, wanted: &str) {
    for name in ["Findings ", "People ", "Codes ", "Servers "] {
        if name.trim() == wanted {
            return;
        }
        let heading = harness
            .query_all_by_role(egui::accesskit::Role::Button)
            .find(|node| node.accesskit_node().label().is_some_and(|label| label.starts_with(name)));
        if let Some(heading) = heading {
            heading.click();
            settle(harness);
        }
    }
}

fn incident(theme: Theme) -> Harness<'static, Option<Window>> {
    open(theme, [1280.0, 800.0], &[Path::new(INCIDENT)])
}

fn shown(harness: &Harness<'_, Option<Window>>) -> u64 {
    window(harness).app().view.rows.len()
}

fn type_into(harness: &mut Harness<'_, Option<Window>>, shortcut: Key, text: &str) {
    harness.key_press_modifiers(Modifiers::COMMAND, shortcut);
    harness.step();
    harness.event(egui::Event::Text(text.to_owned()));
    settle(harness);
}

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
fn an_address_in_the_box_narrows_the_list_and_writes_the_query() {
    let mut harness = incident(Theme::Dark);
    let all = shown(&harness);
    type_into(&mut harness, Key::U, "anna@contoso.com");
    assert!(shown(&harness) < all && shown(&harness) > 0);
    assert_eq!(window(&harness).app().query_text, "uri:anna@contoso.com");
    for position in window(&harness).app().view.rows.iter() {
        let index = &window(&harness).app().view.index;
        let entry = index.entry(index.row(position)).expect("a selected row is there");
        assert!(entry.uris.contains(&"anna@contoso.com".to_owned()), "{entry:?}");
    }
    harness.key_press(Key::Escape);
    settle(&mut harness);
    harness.key_press(Key::Escape);
    settle(&mut harness);
    assert_eq!(shown(&harness), all, "Escape leaves the box, then clears the filter");
}

#[test]
fn the_box_suggests_addresses_of_the_log_with_their_counts() {
    let mut harness = incident(Theme::Dark);
    type_into(&mut harness, Key::U, "ann");
    harness.get_by_label_contains("anna@contoso.com   142").click();
    settle(&mut harness);
    assert_eq!(window(&harness).app().query_text, "uri:anna@contoso.com");
}

#[test]
fn a_register_shows_its_ladder_and_its_headers() {
    let mut harness = incident(Theme::Dark);
    type_into(&mut harness, Key::F, "uri:anna@contoso.com method:REGISTER file:*anna*");
    harness.get_all_by_label_contains("REGISTER contoso.com, request").next().expect("a REGISTER").click();
    settle(&mut harness);
    let app = window(&harness).app();
    let entry = &app.detail.as_ref().expect("the detail of the selected message").entry;
    assert_eq!(entry.method.as_deref(), Some("REGISTER"));
    // The dialog goes from the client over the Edge to the Front End and back, again and again.
    harness.get_by_label_contains("198.51.100.23 to EDGE01: REGISTER, CSeq 1 (request)");
    harness.get_by_label_contains("EDGE01 to 198.51.100.23: 401 Unauthorized, CSeq 1 (challenge)");
    harness.get_by_label_contains("Call-ID: ");
    let lanes: Vec<_> = app.ladder.lanes.iter().map(|host| host.name.as_str()).collect();
    assert_eq!(lanes, ["198.51.100.23", "EDGE01", "FE01"]);
}

#[test]
fn an_arrow_selects_its_message_in_the_list() {
    let mut harness = incident(Theme::Dark);
    type_into(&mut harness, Key::U, "anna@contoso.com");
    harness.get_all_by_label_contains("REGISTER contoso.com, request").next().expect("a REGISTER").click();
    settle(&mut harness);
    harness.get_by_label_contains("EDGE01 to 198.51.100.23: 401 Unauthorized, CSeq 1 (challenge)").click();
    settle(&mut harness);
    let app = window(&harness).app();
    assert_eq!(app.detail.as_ref().and_then(|detail| detail.entry.status), Some(401));
    let time = app.view.index.time(app.selected.expect("a selected row")).clock_time();
    harness.get_by_label_contains(&format!("{time} anna@contoso.com 401 Unauthorized (REGISTER), challenge"));
}

#[test]
fn a_code_of_the_side_list_filters_by_it_and_again_gives_it_up() {
    let mut harness = incident(Theme::Dark);
    let all = shown(&harness);
    only_section(&mut harness, "Codes");
    harness.get_by_label_contains("Code 28032, The web ticket is invalid.").click();
    settle(&mut harness);
    assert_eq!(window(&harness).app().query_text, "diag:28032");
    assert_eq!(shown(&harness), 43);
    harness.get_all_by_label_contains("401 Unauthorized, code 28032, failure").next().expect("a refusal").click();
    settle(&mut harness);
    harness.get_by_label("The web ticket is invalid.");
    harness.get_by_label_contains("Code 28032").click();
    settle(&mut harness);
    assert_eq!(shown(&harness), all);
}

#[test]
fn a_time_range_keeps_only_its_messages() {
    let mut harness = incident(Theme::Dark);
    type_into(&mut harness, Key::F, "time:13:21..13:22");
    let app = window(&harness).app();
    assert!(!app.view.rows.is_empty());
    for position in app.view.rows.iter() {
        let time = app.view.index.time(app.view.index.row(position)).clock_time();
        assert!(("13:21:00.000"..="13:22:59.999").contains(&time.as_str()), "{time}");
    }
}

#[test]
fn a_query_that_cannot_be_read_is_said_and_the_list_stays() {
    let mut harness = incident(Theme::Dark);
    let all = shown(&harness);
    type_into(&mut harness, Key::F, "status:4x1");
    harness.get_by_label_contains("a status is a number");
    assert_eq!(shown(&harness), all);
}

#[test]
fn keys_walk_the_list() {
    let mut harness = incident(Theme::Dark);
    harness.get_all_by_label_contains("REGISTER contoso.com").next().expect("a row").click();
    settle(&mut harness);
    let place = |harness: &Harness<'_, Option<Window>>| window(harness).app().selected_place();
    let first = place(&harness).expect("a selected row");
    harness.key_press(Key::ArrowDown);
    settle(&mut harness);
    assert_eq!(place(&harness), Some(first + 1));
    harness.key_press(Key::End);
    settle(&mut harness);
    assert_eq!(place(&harness), Some(shown(&harness) - 1));
    harness.key_press(Key::Home);
    settle(&mut harness);
    assert_eq!(place(&harness), Some(0));
}

#[test]
fn all_records_can_be_shown() {
    let mut harness = incident(Theme::Dark);
    let messages = shown(&harness);
    harness.get_by_label("All records").click();
    settle(&mut harness);
    assert!(shown(&harness) > messages);
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

fn paste(harness: &mut Harness<'_, Option<Window>>, text: &str) {
    harness.event(egui::Event::Paste(text.to_owned()));
    settle(harness);
}

#[test]
fn text_from_the_clipboard_opens_beside_what_is_open() {
    let text = std::fs::read_to_string("sample-logs/pasted-register-401.txt").expect("the sample is there");
    let mut harness = open(Theme::Dark, [1280.0, 800.0], &[]);
    paste(&mut harness, &text);
    assert_eq!(shown(&harness), 4);
    harness.get_by_label_contains("File pasted text, pasted SIP text");
    assert!(harness.query_by_label_contains("Timeline").is_none(), "there are no times in it");
    harness.get_by_label_contains("401 Unauthorized (REGISTER), code 1000, failure").click();
    settle(&mut harness);
    harness.get_by_label_contains("Server to Client: 401 Unauthorized, CSeq 2, code 1000 (failure)");
    harness.get_by_label("Final handshake failed");
    // What was joined to the start line stands on lines of its own.
    harness.get_by_label_contains("CSeq: 2 REGISTER");
    let report = std::fs::read_to_string("sample-logs/sign-in-report.txt").expect("the sample is there");
    paste(&mut harness, &report);
    let names = |harness: &Harness<'_, Option<Window>>| {
        let index = &window(harness).app().view.index;
        index.files().iter().map(|file| file.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&harness), ["pasted text", "pasted text 2"]);
    assert_eq!(window(&harness).app().view.index.len(), 6);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::W);
    settle(&mut harness);
    harness.get_by_label("Open a trace");
}

#[test]
fn text_pasted_into_a_box_stays_there() {
    let mut harness = incident(Theme::Dark);
    let before = window(&harness).app().view.index.files().len();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    harness.step();
    paste(&mut harness, "status:401");
    assert_eq!(window(&harness).app().query_text, "status:401");
    assert_eq!(window(&harness).app().view.index.files().len(), before);
}

#[test]
fn pasted_text_that_is_no_trace_is_said_and_what_is_open_stays() {
    let mut harness = incident(Theme::Dark);
    let all = shown(&harness);
    paste(&mut harness, "Hello, I see SIP/2.0 401 Unauthorized all day.");
    harness.get_by_label_contains("pasted text: no line of it looks like a trace");
    assert_eq!(shown(&harness), all);
    harness.get_by_label("Dismiss").click();
    settle(&mut harness);
    paste(&mut harness, " \n");
    harness.get_by_label_contains("pasted text: there are no messages in it");
}

#[test]
fn the_start_screen_and_the_menu_ask_for_the_clipboard() {
    let mut harness = open(Theme::Light, [1000.0, 700.0], &[]);
    harness.get_by_label("Paste SIP text").click();
    let asks = |harness: &Harness<'_, Option<Window>>| {
        let mut commands = harness.output().viewport_output.values().flat_map(|viewport| &viewport.commands);
        commands.any(|command| *command == egui::ViewportCommand::RequestPaste)
    };
    let asked = |harness: &mut Harness<'_, Option<Window>>| {
        (0..5).any(|_| {
            harness.step();
            asks(harness)
        })
    };
    assert!(asked(&mut harness));
    // The same from the menu, where the text comes while the menu closes.
    let mut harness = incident(Theme::Light);
    let before = shown(&harness);
    harness.get_by_label("Open…").click();
    settle(&mut harness);
    harness.get_by_label_contains("Paste SIP text").click();
    assert!(asked(&mut harness));
    paste(&mut harness, "SIP/2.0 200 OK\nCSeq: 1 REGISTER\n\n");
    assert_eq!(shown(&harness), before + 1);
}

#[test]
fn the_start_screen_says_how_to_open_a_trace() {
    let harness = open(Theme::Light, [1000.0, 700.0], &[]);
    harness.get_by_label("Open a trace");
    harness.get_by_label("Open folder…");
    harness.get_by_label_contains(r"16.0\Lync\Tracing");
}

/// One press of a key, and what follows from it.
fn press(harness: &mut Harness<'_, Option<Window>>, key: Key) {
    harness.key_press(key);
    settle(harness);
}

fn query_text<'h>(harness: &'h Harness<'_, Option<Window>>) -> &'h str {
    &window(harness).app().query_text
}

#[test]
fn a_field_and_its_value_are_completed_from_the_log() {
    let mut harness = incident(Theme::Dark);
    let all = shown(&harness);
    type_into(&mut harness, Key::F, "st");
    harness.get_by_label_contains("status:   with this status");
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::Tab);
    assert_eq!(query_text(&harness), "status:");
    assert!(harness.query_by_label_contains("a value was expected").is_none(), "the values stand where it would");
    let view = &window(&harness).app().view;
    let status = |position| view.index.entry(view.index.row(position)).and_then(|entry| entry.status);
    let refused = view.rows.iter().filter(|&position| status(position) == Some(401)).count();
    harness.get_by_label(&format!("401   {refused}   Unauthorized")).click();
    settle(&mut harness);
    assert_eq!(query_text(&harness), "status:401");
    assert_eq!(shown(&harness), refused as u64);
    assert!(shown(&harness) < all);
    assert!(harness.query_by_label_contains("401   ").is_none(), "nothing is left to be completed");
    // The box has the keyboard still, and the cursor stands behind the value.
    harness.event(egui::Event::Text(" -met".to_owned()));
    settle(&mut harness);
    for key in [Key::ArrowDown, Key::Enter, Key::ArrowDown, Key::Enter] {
        press(&mut harness, key);
    }
    let taken = query_text(&harness).strip_prefix("status:401 -method:").expect("the field after the minus");
    assert!(!taken.is_empty());
    assert!(shown(&harness) < refused as u64);
}

#[test]
fn values_are_completed_in_the_middle_of_a_query() {
    let mut harness = incident(Theme::Dark);
    type_into(&mut harness, Key::F, "(machine:f) method:REGISTER");
    for _ in 0.." method:REGISTER)".len() {
        harness.key_press(Key::ArrowLeft);
        harness.step();
    }
    harness.event(egui::Event::Text("e".to_owned()));
    settle(&mut harness);
    press(&mut harness, Key::ArrowDown);
    press(&mut harness, Key::Enter);
    assert_eq!(query_text(&harness), "(machine:FE01) method:REGISTER");
}

#[test]
fn escape_closes_the_offers_then_leaves_the_box_then_clears_the_filter() {
    let mut harness = incident(Theme::Dark);
    let all = shown(&harness);
    type_into(&mut harness, Key::F, "diag:28");
    harness.get_by_label_contains("28032   ");
    press(&mut harness, Key::Escape);
    assert!(harness.query_by_label_contains("28032   ").is_none());
    harness.event(egui::Event::Text("0".to_owned()));
    settle(&mut harness);
    assert_eq!(query_text(&harness), "diag:280", "the box kept the keyboard");
    harness.get_by_label_contains("28032   ");
    press(&mut harness, Key::Escape);
    press(&mut harness, Key::Escape);
    assert_eq!(query_text(&harness), "diag:280");
    press(&mut harness, Key::Escape);
    assert_eq!(query_text(&harness), "");
    assert_eq!(shown(&harness), all);
}

#[test]
fn enter_with_nothing_chosen_leaves_the_query_as_it_is() {
    let mut harness = incident(Theme::Dark);
    type_into(&mut harness, Key::F, "t");
    harness.get_by_label_contains("text:   ");
    press(&mut harness, Key::Enter);
    assert_eq!(query_text(&harness), "t");
    assert!(harness.query_by_label_contains("text:   ").is_none());
    harness.event(egui::Event::Text("x".to_owned()));
    settle(&mut harness);
    assert_eq!(query_text(&harness), "t", "Enter leaves the box");
}

#[test]
fn ctrl_space_offers_everything_that_can_be_asked_for() {
    let mut harness = incident(Theme::Dark);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Space);
    settle(&mut harness);
    harness.get_by_label("Completions");
    for field in uccello::query::FIELDS {
        harness.get_by_label(&format!("{}:   {}", field.name, field.selects));
    }
    press(&mut harness, Key::Escape);
    harness.event(egui::Event::Text("kind:".to_owned()));
    settle(&mut harness);
    harness.get_by_label_contains("connection   0   only with All records");
    let rows: Vec<_> = harness.get_all_by_role(egui::accesskit::Role::ListBoxOption).collect();
    assert!(rows.len() > 3);
}

/// A search that takes its time: of every line it looks at all that follows.
const SLOW: &str = "/(a|o|u)[^#]{0,60}(x|y)[^#]{0,60}##|REGISTER sip/";

#[test]
fn a_long_search_shows_its_hits_and_how_far_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("long.txt");
    let once = std::fs::read("sample-logs/external-sign-in/fe01-cls.txt").expect("a sample");
    std::fs::write(&path, once.repeat((12 << 20) / once.len())).expect("a long trace");
    let mut harness = open(Theme::Dark, [1280.0, 800.0], &[&path]);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    harness.step();
    harness.event(egui::Event::Text(SLOW.to_owned()));
    let mut told: Vec<Vec<u32>> = Vec::new();
    let mut says_how_far = false;
    while told.is_empty() || window(&harness).app().is_busy() {
        harness.step();
        let view = &window(&harness).app().view;
        if view.is_partial {
            told.push(view.rows.iter().map(|at| at.0).collect());
            says_how_far |= harness.query_by_label_contains("searching ").is_some();
        }
    }
    settle(&mut harness);
    let view = &window(&harness).app().view;
    assert!(!view.is_partial);
    assert!(
        told.iter().any(|rows| !rows.is_empty() && (rows.len() as u64) < view.rows.len()),
        "hits came before the end"
    );
    assert!(told.iter().flatten().all(|&row| view.rows.contains(Position(row))), "no hit was taken back");
    assert!(says_how_far);
    assert!(harness.query_by_label_contains("searching ").is_none());

    // The next query does not wait for the end of this one.
    harness.get_by_label("Clear").click();
    settle(&mut harness);
    let all = shown(&harness);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
    harness.step();
    harness.event(egui::Event::Text(SLOW.to_owned()));
    while !window(&harness).app().view.is_partial {
        harness.step();
    }
    harness.get_by_label("Clear").click();
    while window(&harness).app().is_busy() || window(&harness).app().view.is_partial {
        harness.step();
        let view = &window(&harness).app().view;
        assert!(view.is_partial || view.query == Query::All, "nobody waits for the rest of it");
    }
    assert_eq!(shown(&harness), all);
}

#[test]
fn pictures_of_what_the_query_offers() {
    let mut results = egui_kittest::SnapshotResults::new();
    for (theme, name) in support::THEMES {
        for (query, what) in [("status:401 -t", "names"), ("uri:anna diag:", "codes"), ("peer:", "peers")] {
            let mut harness = open(theme, [1280.0, 520.0], &[Path::new(INCIDENT)]);
            type_into(&mut harness, Key::F, query);
            press(&mut harness, Key::ArrowDown);
            // Past the blinking of the cursor, which would be in some pictures only.
            picture(&mut results, harness, &format!("completion_{what}_{name}"));
        }
    }
}

#[test]
fn pictures_of_the_main_views() {
    let mut results = egui_kittest::SnapshotResults::new();
    for (theme, name) in support::THEMES {
        let start = open(theme, [1280.0, 800.0], &[]);
        picture(&mut results, start, &format!("window_start_{name}"));

        let mut ladder = incident(theme);
        type_into(&mut ladder, Key::U, "anna@contoso.com");
        ladder.key_press(Key::Escape);
        settle(&mut ladder);
        ladder.get_all_by_label_contains("401 Unauthorized (REGISTER), challenge").next().expect("a challenge").click();
        settle(&mut ladder);
        picture(&mut results, ladder, &format!("window_ladder_{name}"));

        let mut code = incident(theme);
        only_section(&mut code, "Codes");
        code.get_by_label_contains("Code 28032").click();
        settle(&mut code);
        code.get_all_by_label_contains("code 28032, failure").next().expect("a refusal").click();
        settle(&mut code);
        picture(&mut results, code, &format!("window_code_{name}"));

        let mut nothing = incident(theme);
        type_into(&mut nothing, Key::F, "uri:nobody@contoso.com");
        picture(&mut results, nothing, &format!("window_nothing_{name}"));
    }
}

fn picture(results: &mut egui_kittest::SnapshotResults, mut harness: Harness<'_, Option<Window>>, name: &str) {
    // The pointer rests where it hovers nothing.
    harness.hover_at(egui::pos2(1.0, 1.0));
    settle(&mut harness);
    harness.snapshot(name);
    results.extend_harness(&mut harness);
}
