//! The whole window, used by accessible names: what a person clicks and types, and what then stands on
//! the screen. Pictures of its main views in both themes.
//!
//! Here is what all of these tests need; the tests stand beside it, by what a person is doing.

mod completing;
mod counts;
mod findings;
mod ladder;
mod opening;
mod pasting;
mod pictures;
mod reading;
mod saving;
mod searching;
#[path = "../support/mod.rs"]
mod support;

use egui::{Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uccello::app::Around;
use uccello::cli::Input;
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
    start_with(theme, size, files, |around| around)
}

/// The same with something else around the window than the system.
fn start_with(
    theme: Theme,
    size: [f32; 2],
    files: &[&Path],
    change: impl Fn(Around) -> Around + 'static,
) -> Harness<'static, Option<Window>> {
    let input = Input { files: files.iter().map(|file| PathBuf::from(*file)).collect(), clock: vec![] };
    support::builder::<Option<Window>>(theme, size).build_ui_state(
        move |ui, window| {
            let all = ui.ctx().content_rect();
            let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(all));
            ui.set_clip_rect(all);
            let ctx = ui.ctx().clone();
            let around = || change(Around::new(Arc::new(move || ctx.request_repaint())));
            let window = window.get_or_insert_with(|| Window::with(around(), Some(input.clone())));
            window.panels(&mut ui);
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

/// One press of a key, and what follows from it.
fn press(harness: &mut Harness<'_, Option<Window>>, key: Key) {
    harness.key_press(key);
    settle(harness);
}

fn query_text<'h>(harness: &'h Harness<'_, Option<Window>>) -> &'h str {
    &window(harness).app().query_text
}

fn paste(harness: &mut Harness<'_, Option<Window>>, text: &str) {
    harness.event(egui::Event::Paste(text.to_owned()));
    settle(harness);
}

fn picture(results: &mut egui_kittest::SnapshotResults, mut harness: Harness<'_, Option<Window>>, name: &str) {
    // The pointer rests where it hovers nothing.
    harness.hover_at(egui::pos2(1.0, 1.0));
    settle(&mut harness);
    harness.snapshot(name);
    results.extend_harness(&mut harness);
}
