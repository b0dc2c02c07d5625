//! The reusable pieces of the window, by their accessible names and as pictures in both themes.

mod support;

use egui::{Event, Key, Modifiers, MouseWheelUnit, Theme, TouchPhase, vec2};
use egui_kittest::{Harness, SnapshotResults, kittest::NodeT as _, kittest::Queryable as _};
use support::{THEMES, harness};
use uccello::app::{LineKind, TimelineBucket as Bucket};
use uccello::window::highlight::{line_background, line_job, mark_hits};
use uccello::window::rows::{Column, Columns, Mark, Rows, RowsState, paint_cell, paint_cell_end};
use uccello::window::theme::{self, Tone};
use uccello::window::timeline::{TimelineAction, TimelineView, timeline_ui};

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
    let first = h.get_by_label("Row 11").rect();
    assert!(first.top() >= 0.0 && h.query_by_label("Row 10").is_none(), "no row is cut at the top: {first:?}");
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
    assert!((row.center().y - 110.0).abs() <= theme::ROW_HEIGHT_PT / 2.0 + 1.0, "as near as whole rows allow");
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

fn sign_in_list(ui: &mut egui::Ui, state: &mut RowsState, columns: &mut Columns, count: u64, marks: &[Mark]) {
    let tokens = theme::of(ui);
    columns.header_ui(ui);
    Rows::new("Messages", count).marks(marks).show(ui, state, |ui, row, rect, look| {
        let (time, delta, from, to, tone, text) = SIGN_IN[row as usize % SIGN_IN.len()];
        let mut cells = columns.cells(rect);
        let mut cell = || cells.next().expect("five columns");
        paint_cell(ui, cell(), time, look.text_weak(tokens), theme::mono_font());
        paint_cell_end(ui, cell(), delta, look.text_weak(tokens), theme::mono_font());
        paint_cell(ui, cell(), from, look.text(tokens), theme::body_font());
        paint_cell(ui, cell(), to, look.text(tokens), theme::body_font());
        let message = cell();
        let (glyph, rest) = message.split_left_right_at_x(message.left() + 22.0);
        paint_cell(ui, glyph, tone.glyph(), tokens.tone(tone).text, theme::strong_font());
        paint_cell(ui, rest, text, tokens.tone(tone).text, theme::body_font());
        let tone = format!("{tone:?}").to_lowercase();
        format!("{time} {tone} {text}")
    });
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
            sign_in_list(ui, state, columns, 93_118, &marks);
        });
        h.get_by_label("Messages").focus();
        h.run();
        h.hover_at(egui::pos2(300.0, 80.0));
        h.run();
        h.snapshot(format!("list_{name}"));
        pictures.extend_harness(&mut h);
    }
}

#[test]
fn the_border_of_a_column_can_be_dragged() {
    let state = (RowsState::default(), message_columns());
    let mut h = harness(Theme::Dark, [900.0, 330.0], state, |ui, (state, columns)| {
        sign_in_list(ui, state, columns, 100, &[]);
    });
    let border = h.get_by_label("Width of From").rect().center();
    h.drag_at(border);
    h.step();
    h.hover_at(border + vec2(60.0, 0.0));
    h.step();
    h.drop_at(border + vec2(60.0, 0.0));
    h.run();
    assert_eq!(h.state().1.widths_pt(), [108.0, 76.0, 210.0, 150.0, 300.0]);
}

/// Two hours of a busy morning, with few failures.
fn morning() -> Vec<Bucket> {
    let wave = |at: u32, of: u32| (f64::from(at * of % 97) / 97.0 * 60.0) as u32;
    (0..480)
        .map(|at| {
            let busy = if (180..260).contains(&at) { 900 } else { 40 };
            let total = if at % 53 == 0 { 0 } else { busy + wave(at, 31) * 4 };
            let challenges = if (180..230).contains(&at) || at % 17 == 3 { wave(at, 7) } else { 0 };
            let failures = if [90, 212, 213, 214, 215, 377].contains(&at) { 1 + wave(at, 3) } else { 0 };
            Bucket { total: total + challenges + failures, challenges, failures }
        })
        .collect()
}

const MORNING: (i64, i64) = (8 * 3_600_000 + 12_345, 10 * 3_600_000 + 1_234);

fn clock(at_ms: i64) -> String {
    let seconds = at_ms / 1_000;
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// The pointer must rest for a while before a tooltip shows.
const TOOLTIP_STEPS: usize = 30;

#[derive(Default)]
struct Strip {
    buckets: Vec<Bucket>,
    selected: Option<(i64, i64)>,
    cursor: Option<i64>,
    action: Option<TimelineAction>,
}

fn strip(theme: Theme, strip: Strip) -> Harness<'static, Strip> {
    harness(theme, [900.0, 140.0], strip, |ui, strip| {
        let view = TimelineView {
            span: MORNING,
            buckets: &strip.buckets,
            selected: strip.selected,
            cursor: strip.cursor,
            label: &clock,
        };
        if let Some(action) = timeline_ui(ui, &view) {
            strip.action = Some(action);
        }
    })
}

#[test]
fn a_range_is_dragged_out_of_the_timeline_and_given_up() {
    let mut h = strip(Theme::Dark, Strip { buckets: morning(), ..Strip::default() });
    h.get_by_label_contains("Timeline, 08:00:12 to 10:00:01");
    // Backwards, and past the edge of the strip.
    h.drag_at(egui::pos2(450.0, 20.0));
    h.run();
    h.hover_at(egui::pos2(200.0, 30.0));
    h.run();
    h.drop_at(egui::pos2(-20.0, 90.0));
    h.run();
    let Some(TimelineAction::Selected(from, to)) = h.state().action else { panic!("{:?}", h.state().action) };
    assert_eq!((clock(from), clock(to)), ("08:00:12".to_owned(), "09:00:06".to_owned()));
    h.get_by_label_contains("Timeline").click();
    h.get_by_label_contains("Timeline").click();
    h.run();
    assert_eq!(h.state().action, Some(TimelineAction::Cleared));
}

#[test]
fn the_timeline_says_what_is_under_the_pointer() {
    let mut h = strip(Theme::Dark, Strip { buckets: morning(), ..Strip::default() });
    h.hover_at(egui::pos2(8.0 + 884.0 * 213.5 / 480.0, 20.0));
    h.run_steps(TOOLTIP_STEPS);
    h.get_by_label("08:53:20 to 08:53:52");
}

#[test]
fn picture_of_the_timeline() {
    let mut pictures = SnapshotResults::new();
    for (theme, name) in THEMES {
        let whole = Strip { buckets: morning(), cursor: Some(MORNING.0 + 5_216_000), ..Strip::default() };
        let mut h = strip(theme, whole);
        h.hover_at(egui::pos2(8.0 + 884.0 * 213.5 / 480.0, 20.0));
        h.run_steps(TOOLTIP_STEPS);
        h.snapshot(format!("timeline_{name}"));
        pictures.extend_harness(&mut h);
        let range = Strip {
            buckets: morning(),
            selected: Some((MORNING.0 + 2_600_000, MORNING.0 + 4_000_000)),
            ..Strip::default()
        };
        let mut h = strip(theme, range);
        h.run();
        h.snapshot(format!("timeline_range_{name}"));
        pictures.extend_harness(&mut h);
    }
}

const REFUSAL: [(LineKind, &str); 26] = [
    (
        LineKind::Trace,
        "TL_INFO(TF_PROTOCOL) [0]1A2C.0F40::11/22/2026-14:00:05.530.0001f3a2 (SIPStack,SIPAdminLog::WriteFlowInfo)",
    ),
    (LineKind::StartLine, "SIP/2.0 504 Server time-out"),
    (LineKind::Header, "Via: SIP/2.0/TLS 10.0.0.21:49812;received=192.0.2.44;ms-received-port=49812"),
    (LineKind::Header, "From: \"Kim Akers\"<sip:kim.akers@contoso.com>;tag=7f3b20;epid=a1b2c3d4e5"),
    (LineKind::Header, "To: <sip:pat.coleman@fabrikam.com>;tag=6B1F2A"),
    (LineKind::Header, "Call-ID: 9f8e7d6c5b4a39281706f5e4d3c2b1a0"),
    (LineKind::Header, "CSeq: 1 INVITE"),
    (LineKind::Header, "Max-Forwards: 70"),
    (
        LineKind::Header,
        "Proxy-Authentication-Info: TLS-DSK qop=\"auth\", opaque=\"5A0C\", srand=\"1F9D\", snum=\"4\", realm=\"SIP Communications Service\", targetname=\"fe02.contoso.com\", version=4",
    ),
    (
        LineKind::Diagnostics,
        "ms-diagnostics: 1007;reason=\"Temporarily cannot route\";source=\"edge01.contoso.com\";ErrorType=\"Connect Attempt Failure\";WinsockFailureCode=\"10060\"",
    ),
    (LineKind::Header, "Server: RTC/6.0"),
    (LineKind::Header, "Content-Type: application/sdp"),
    (LineKind::Header, "Content-Length: 1203"),
    (LineKind::Body, ""),
    (LineKind::Body, "v=0"),
    (LineKind::Body, "o=- 0 0 IN IP4 10.0.0.21"),
    (LineKind::Body, "m=audio 50012 RTP/SAVP 117 104 114 9 112 111 0 8"),
    (LineKind::Body, "a=candidate:1 1 UDP 2130706431 10.0.0.21 50012 typ host"),
    (LineKind::Body, ""),
    (LineKind::StartLine, "INVITE sip:pat.coleman@fabrikam.com SIP/2.0"),
    (
        LineKind::Header,
        "Contact: <sip:kim.akers@contoso.com;opaque=user:epid:Q2x;gruu>;+sip.instance=\"<urn:uuid:3f1c>\"",
    ),
    (LineKind::StartLine, "SIP/2.0 401 Unauthorized"),
    (LineKind::StartLine, "SIP/2.0 200 OK"),
    (LineKind::Body, "<presence entity=\"sip:kim.akers@contoso.com\">"),
    (LineKind::Body, "  <note xml:lang=\"en\">Back at two</note>"),
    (LineKind::Body, "</presence>"),
];

#[test]
fn picture_of_a_highlighted_message() {
    let mut pictures = SnapshotResults::new();
    for (theme, name) in THEMES {
        let mut h = harness(theme, [900.0, 546.0], RowsState::default(), |ui, state| {
            let tokens = theme::of(ui);
            let rows = Rows::new("Message text", REFUSAL.len() as u64).height_pt(21.0).striped(false);
            rows.show(ui, state, |ui, row, rect, _| {
                let (kind, line) = REFUSAL[row as usize];
                if let Some(ground) = line_background(kind, tokens) {
                    ui.painter().rect_filled(rect, 0.0, ground);
                }
                let mut job = line_job(line, kind, tokens);
                if let Some(at) = line.find("contoso.com") {
                    mark_hits(&mut job, std::slice::from_ref(&(at..at + 7)), tokens);
                }
                let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
                let at = rect.left_center() + vec2(theme::CELL_PADDING_PT, -galley.size().y / 2.0);
                ui.painter().galley(at, galley, tokens.text);
                line.to_owned()
            });
        });
        h.run();
        h.snapshot(format!("message_{name}"));
        pictures.extend_harness(&mut h);
    }
}
