//! What the query offers while it is typed.

use super::{INCIDENT, incident, open, picture, press, query_text, settle, shown, support, type_into, window};
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;
use std::path::Path;

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
