//! A search that takes its time.

use super::{open, settle, shown, window};
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;
use uccello::index::Position;
use uccello::query::Query;

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
