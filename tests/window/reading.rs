//! Filtering and reading a trace: addresses, queries, codes, times, the list and the ladder.

use super::{incident, only_section, settle, shown, type_into, window};
use egui::{Key, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use uccello::window::Window;

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
