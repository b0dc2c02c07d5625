//! Text from the clipboard.

use super::{incident, open, paste, settle, shown, window};
use egui::{Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use uccello::window::Window;

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
