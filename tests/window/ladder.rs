//! The ladder: who stands where, what stands on an arrow, and what is drawn while nothing is selected.

use super::{incident, open, press, settle, window};
use egui::{Key, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use std::path::Path;
use uccello::window::Window;

fn arrows(harness: &Harness<'_, Option<Window>>) -> Vec<String> {
    let ladder = &window(harness).app().ladder;
    ladder.arrows.iter().map(|arrow| ladder.words(arrow)).collect()
}

fn lanes(harness: &Harness<'_, Option<Window>>) -> Vec<String> {
    let ladder = &window(harness).app().ladder;
    (0..ladder.lanes.len()).map(|lane| ladder.called(lane)).map(|(name, role)| format!("{name}, {role}")).collect()
}

#[test]
fn a_failed_call_is_drawn_with_its_request_in_the_order_of_the_way() {
    let mut harness = open(Theme::Dark, [1280.0, 800.0], &[Path::new("sample-logs/federation-certificate")]);
    press(&mut harness, Key::F7);
    assert_eq!(lanes(&harness), ["203.0.113.81, client", "FE01, server", "EDGE01, Edge"]);
    let wanted = [
        "203.0.113.81 to FE01: INVITE, CSeq 1 (request)",
        "FE01 to EDGE01: INVITE, CSeq 1 (request)",
        "EDGE01 to FE01: 504 Server time-out, CSeq 1, code 1010 (failure)",
        "FE01 to 203.0.113.81: 504 Server time-out, CSeq 1, code 1010 (failure)",
    ];
    assert_eq!(arrows(&harness).get(..4), Some(&wanted.map(str::to_owned)[..]));
}

#[test]
fn clients_are_called_by_their_users_and_what_the_list_hides_is_said() {
    let mut harness = incident(Theme::Dark);
    press(&mut harness, Key::F7);
    let found = lanes(&harness);
    assert!(found.contains(&"anna's client, client log".to_owned()), "{found:?}");
    assert!(found.contains(&"anna's client, web client".to_owned()), "{found:?}");
    let refusal = arrows(&harness).into_iter().find(|arrow| arrow.contains("code 28032")).expect("a refusal");
    assert!(refusal.contains("/root/user"), "an answer says what was asked for: {refusal}");
    let hidden = harness.query_all_by_label_contains(" (request), not in the list").count();
    assert!(hidden > 0, "calls of a client log are no messages");
    harness.get_by_label_contains(" dashed, not in the list").click();
    settle(&mut harness);
    assert!(harness.query_by_label_contains("not in the list").is_none());
}

#[test]
fn an_overview_that_no_pane_holds_asks_what_to_look_at() {
    let mut harness = incident(Theme::Dark);
    harness.get_by_label_contains("Select a finding to see what went between the hosts");
    harness.get_by_label_contains("Draw all ").click();
    settle(&mut harness);
    assert!(harness.query_by_label_contains("Select a finding to see what went").is_none());
    assert!(harness.query_all_by_label_contains("REGISTER, CSeq 1 (request)").next().is_some());
    harness.get_by_label("This dialog").click();
    settle(&mut harness);
    harness.get_by_label("Show the first finding").click();
    settle(&mut harness);
    assert!(window(&harness).app().card().is_some());
}
