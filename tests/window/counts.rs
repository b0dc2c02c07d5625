//! What is counted: people with their sign-ins and calls, failures over time.

use super::{incident, open, window};
use egui::Theme;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::Path;

#[test]
fn who_cannot_sign_in_is_said_in_red_words_and_calls_that_fail_are_counted() {
    let harness = incident(Theme::Dark);
    let anna = harness.get_by_label_contains("Person anna@contoso.com, ");
    let anna = anna.accesskit_node().label().unwrap_or_default();
    assert_eq!(anna, "Person anna@contoso.com, last cannot sign in, 5 attempts, 5 failed");
    let harness = open(Theme::Dark, [1280.0, 800.0], &[Path::new("sample-logs/federation-certificate")]);
    harness.get_by_label("Person clara@contoso.com, last signed in, 1 attempt, 0 failed · 2 failed calls");
}

#[test]
fn refused_tokens_are_failures_of_the_timeline_too() {
    let harness = open(Theme::Dark, [1280.0, 800.0], &[Path::new("sample-logs/wrong-password")]);
    let app = window(&harness).app();
    let of_view: u32 = app.view.timeline.buckets.iter().map(|bucket| bucket.failures).sum();
    let shown: u32 = app.timeline.buckets.iter().map(|bucket| bucket.failures).sum();
    let rows = app.view.rows.iter().map(|at| app.outcome(app.view.index.row(at)));
    assert_eq!(shown as usize, rows.filter(|outcome| *outcome == Some(uccello::trace::Outcome::Failure)).count());
    assert!(shown > of_view);
}
