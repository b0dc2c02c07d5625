//! The reusable pieces of the window, by their accessible names and as pictures in both themes.

mod support;

use egui::{Event, Key, Modifiers, MouseWheelUnit, Theme, TouchPhase, vec2};
use egui_kittest::{Harness, SnapshotResults, kittest::NodeT as _, kittest::Queryable as _};
use support::{THEMES, harness};
use uccello::window::rows::{Column, Columns, Mark, Rows, RowsState, paint_cell, paint_cell_end};
use uccello::window::theme::{self, Tone};

const MANY: u64 = 50_000_000;

#[derive(Default)]
struct Listed {
    list: RowsState,
    count: u64,
    activated: Option<u64>,
}

fn list(count: u64) -> Harness<'static, Listed> {
    harness(Theme::Dark, [400.0, 220.0], Listed { count, ..Listed::default() }, |ui, state| {
        let out = Rows::new("Messages", state.count).show(ui, &mut state.list, |ui, row, rect, look| {
            let name = format!("Row {row}");
            paint_cell(ui, rect, &name, look.text(theme::of(ui)), theme::body_font());
            name
        });
        state.activated = state.activated.or(out.activated);
    })
}

fn turn_wheel(harness: &mut Harness<'_, Listed>, by_pt: f32) {
    harness.hover_at(egui::pos2(100.0, 100.0));
    harness.event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        delta: vec2(0.0, by_pt),
        phase: TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    });
    harness.run_ok();
}

#[test]
fn keys_move_through_fifty_million_rows() {
    let mut h = list(MANY);
    h.get_by_label("Row 3").click();
    h.run();
    assert_eq!(h.state().list.selected, Some(3));
    h.key_press(Key::ArrowDown);
    h.run();
    assert_eq!(h.state().list.selected, Some(4));
    h.key_press(Key::End);
    h.run();
    assert_eq!(h.state().list.selected, Some(MANY - 1));
    let last = h.get_by_label("Row 49999999").rect();
    let before = h.get_by_label("Row 49999998").rect();
    assert!((last.top() - before.top() - theme::ROW_HEIGHT_PT).abs() < f32::EPSILON);
    assert!((last.bottom() - 220.0).abs() < 0.1, "the last row touches the bottom");
    h.key_press(Key::PageUp);
    h.run();
    assert_eq!(h.state().list.selected, Some(MANY - 1 - 9));
    h.key_press(Key::Enter);
    h.run();
    assert_eq!(h.state().activated, Some(MANY - 1 - 9));
    h.key_press(Key::Home);
    h.run();
    h.get_by_label("Row 0");
}

#[test]
fn the_wheel_scrolls_and_leaves_the_selection() {
    let mut h = list(MANY);
    h.get_by_label("Row 1").click();
    h.run();
    turn_wheel(&mut h, -230.0);
    assert_eq!(h.state().list.position.row, 10);
    assert_eq!(h.state().list.selected, Some(1));
    h.get_by_label("Row 10");
    assert!(h.query_by_label("Row 1").is_none());
}

#[test]
fn a_double_click_activates() {
    let mut h = list(100);
    h.get_by_label("Row 2").click();
    h.get_by_label("Row 2").click();
    h.run();
    assert_eq!(h.state().activated, Some(2));
}

#[test]
fn the_other_button_opens_the_menu_of_its_row() {
    let mut h = harness(Theme::Dark, [400.0, 220.0], RowsState::default(), |ui, state| {
        let out = Rows::new("Messages", 100).show(ui, state, |_, row, _, _| format!("Row {row}"));
        if let Some((row, response)) = out.menu {
            response.context_menu(|ui| {
                let _ = ui.button(format!("Copy row {row}"));
            });
        }
    });
    h.get_by_label("Row 4").click_secondary();
    h.run();
    h.run();
    h.get_by_label("Copy row 4");
    assert_eq!(h.state().selected, Some(4));
}

#[test]
fn the_scroll_bar_pages_and_drags() {
    let mut h = list(1_000);
    h.get_by_label("Row 1");
    let bar = h.get_by_label("Scroll bar").rect();
    h.drag_at(bar.center_bottom() - vec2(0.0, 4.0));
    h.step();
    h.drop_at(bar.center_bottom() - vec2(0.0, 4.0));
    h.run();
    assert_eq!(h.state().list.position.row, 9, "one page, with one row kept in view");
    let thumb = bar.center_top() + vec2(0.0, 12.0);
    h.drag_at(thumb);
    h.step();
    h.hover_at(bar.center_bottom() + vec2(40.0, 90.0));
    h.step();
    h.drop_at(bar.center_bottom() + vec2(40.0, 90.0));
    h.run();
    h.get_by_label("Row 999");
}

#[test]
fn follows_the_end_only_when_it_stands_there() {
    let mut h = list(1_000);
    h.state_mut().list.follow_end = true;
    h.run();
    h.state_mut().count = 2_000;
    h.run();
    h.get_by_label("Row 0");
    h.state_mut().list.reveal(1_999);
    h.run();
    h.state_mut().count = 3_000;
    h.run();
    h.get_by_label("Row 2999");
}

#[test]
fn a_jump_brings_its_row_to_the_middle() {
    let mut h = list(MANY);
    h.state_mut().list.reveal_in_middle(25_000_000);
    h.run();
    let row = h.get_by_label("Row 25000000").rect();
    assert!((row.center().y - 110.0).abs() < 1.0);
}

#[test]
fn rows_know_their_place() {
    let h = list(MANY);
    let row = h.get_by_label("Row 2");
    let node = row.accesskit_node();
    assert_eq!((node.position_in_set(), node.size_of_set()), (Some(2), Some(50_000_000)));
    assert_eq!(h.get_by_label("Messages").accesskit_node().role(), egui::Role::ListBox);
}

/// A sign-in with a challenge and a refusal.
const SIGN_IN: [(&str, &str, &str, &str, Tone, &str); 12] = [
    (
        "14:00:03.120",
        "0",
        "kim.akers@contoso.com",
        "contoso.com",
        Tone::Request,
        "SUBSCRIBE  vnd-microsoft-roaming-self",
    ),
    ("14:00:03.171", "51", "edge01.contoso.com", "kim.akers", Tone::Provisional, "100 Trying"),
    ("14:00:03.204", "33", "kim.akers@contoso.com", "contoso.com", Tone::Request, "REGISTER sip:contoso.com"),
    (
        "14:00:03.266",
        "62",
        "edge01.contoso.com",
        "kim.akers",
        Tone::Challenge,
        "401 Unauthorized  TLS-DSK, NTLM, Kerberos",
    ),
    ("14:00:03.301", "35", "kim.akers@contoso.com", "contoso.com", Tone::Request, "REGISTER sip:contoso.com  TLS-DSK"),
    ("14:00:03.377", "76", "edge01.contoso.com", "kim.akers", Tone::Success, "200 OK"),
    (
        "14:00:04.002",
        "625",
        "kim.akers@contoso.com",
        "pat.coleman@fabrikam.com",
        Tone::Request,
        "INVITE sip:pat.coleman@fabrikam.com;gruu;opaque=app:conf:focus:id:7D8K2",
    ),
    ("14:00:04.118", "116", "fe02.contoso.com", "kim.akers", Tone::Provisional, "183 Session Progress"),
    (
        "14:00:05.530",
        "1,412",
        "fe02.contoso.com",
        "kim.akers",
        Tone::Failure,
        "504 Server time-out  1007 Temporarily cannot route",
    ),
    ("14:00:05.533", "3", "kim.akers@contoso.com", "pat.coleman@fabrikam.com", Tone::Request, "ACK"),
    ("14:00:05.540", "7", "", "", Tone::Neutral, "Connection closed by peer 10.0.0.21:5061"),
    ("14:00:06.001", "461", "kim.akers@contoso.com", "contoso.com", Tone::Request, "REGISTER sip:contoso.com"),
];

fn message_columns() -> Columns {
    Columns::new(vec![
        Column::new("Time", 108.0),
        Column::new("Delta, ms", 76.0).at_end(),
        Column::new("From", 150.0),
        Column::new("To", 150.0),
        Column::new("Message", 300.0),
    ])
}

#[test]
fn picture_of_a_list() {
    let mut pictures = SnapshotResults::new();
    for (theme, name) in THEMES {
        let mut state = (RowsState::default(), message_columns());
        state.0.select(8);
        let mut h = harness(theme, [900.0, 330.0], state, |ui, (state, columns)| {
            let tokens = theme::of(ui);
            let marks = [
                Mark { fraction: 0.2, color: tokens.timeline.challenge },
                Mark { fraction: 0.62, color: tokens.timeline.failure },
                Mark { fraction: 0.7, color: tokens.timeline.failure },
            ];
            columns.header_ui(ui);
            let rows = Rows::new("Messages", 93_118).marks(&marks);
            rows.show(ui, state, |ui, row, rect, look| {
                let (time, delta, from, to, tone, text) = SIGN_IN[row as usize % SIGN_IN.len()];
                let mut cells = columns.cells(rect);
                let mut cell = || cells.next().expect("five columns");
                paint_cell(ui, cell(), time, look.text_weak(tokens), theme::mono_font());
                paint_cell_end(ui, cell(), delta, look.text_weak(tokens), theme::mono_font());
                paint_cell(ui, cell(), from, look.text(tokens), theme::body_font());
                paint_cell(ui, cell(), to, look.text(tokens), theme::body_font());
                let message = cell();
                let (glyph, rest) = message.split_left_right_at_x(message.left() + 22.0);
                paint_cell(ui, glyph, tone.glyph(), tokens.tone(tone).text, theme::body_font());
                paint_cell(ui, rest.translate(vec2(0.0, 0.0)), text, tokens.tone(tone).text, theme::body_font());
                format!("{time} {} {text}", tone.word())
            });
        });
        h.get_by_label("Messages").focus();
        h.run();
        h.hover_at(egui::pos2(300.0, 80.0));
        h.run();
        h.snapshot(format!("list_{name}"));
        pictures.extend_harness(&mut h);
    }
}
