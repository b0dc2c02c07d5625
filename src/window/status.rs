//! The bottom of the window: how much there is, how much of it is shown, and what is being done.

use super::theme::{self, Tone};
use crate::app::{Action, Actions, App, Command, Saving};
use crate::export::{counted, with_separators};
use crate::query::Scope;
use egui::{Align, Layout, RichText, Ui};

/// One line of facts.
pub fn status_ui(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let tokens = theme::of(ui);
    let weak = |text: String| RichText::new(text).font(theme::small_font()).color(tokens.text_weak);
    let index = &app.view.index;
    ui.horizontal(|ui| {
        if index.is_empty() {
            ui.label(weak(if app.is_indexing() { "Reading…".to_owned() } else { "No trace is open".to_owned() }));
        } else {
            let unit = if app.scope == Scope::Messages { "messages" } else { "records" };
            let so_far = if app.is_indexing() || app.view.is_partial { " so far" } else { "" };
            let counts = format!(
                "{} of {} {unit}{so_far}",
                with_separators(app.view.rows.len()),
                with_separators(app.view.in_scope)
            );
            ui.label(RichText::new(counts).font(theme::small_strong_font()).color(tokens.text));
            ui.separator();
            ui.label(weak(files(app)));
            ui.separator();
            let lost = index.lines_not_understood();
            let text = format!("{} not understood", counted(lost, "line"));
            let color = if lost > 0 { tokens.tone(Tone::Challenge).text } else { tokens.text_weak };
            let label = ui.label(RichText::new(text).font(theme::small_font()).color(color));
            if lost > 0 {
                label.on_hover_text(
                    "They are kept as records of their own: turn on All records and filter by kind:unknown",
                );
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if let Some(progress) = &app.opening.progress {
                if ui.small_button("Stop").on_hover_text("Keeps what is indexed so far").clicked() {
                    actions.push(Action::Run(Command::StopIndexing));
                }
                let (done, total) = progress.bytes();
                progress_bar(ui, "indexing", if total == 0 { 0.0 } else { done as f32 / total as f32 });
            }
            if let Saving::Running(work) = &app.saving {
                let stop = ui.small_button("Stop").on_hover_text("Leaves nothing behind");
                stop.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Stop saving"));
                if stop.clicked() {
                    actions.push(Action::Run(Command::StopSaving));
                }
                progress_bar(ui, if work.is_cancelled() { "stopping" } else { "saving" }, work.part());
            }
            if let Some(part) = app.search_progress() {
                progress_bar(ui, "searching", part);
            } else if let Some((first, last)) = index.time_span().filter(|_| !app.is_indexing()) {
                let zone = if app.all_clocks_known() { " UTC" } else { "" };
                let format = "%Y-%m-%d %H:%M:%S";
                ui.label(weak(format!("{} to {}{zone}", first.format(format), last.format(format))));
            }
        });
    });
}

/// What stands behind a sentence about what was saved; `None` where there is nothing to say.
pub fn saved_ground(app: &App, tokens: &theme::Tokens) -> Option<egui::Color32> {
    match &app.saving {
        Saving::Saved(_) => Some(tokens.tone(Tone::Success).soft),
        Saving::Failed(_) => Some(tokens.tone(Tone::Failure).soft),
        Saving::Nothing | Saving::Running(_) => None,
    }
}

/// What was saved and where, or why not.
pub fn saved_ui(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let (tone, sentence) = match &app.saving {
        Saving::Saved(sentence) => (Tone::Success, sentence),
        Saving::Failed(sentence) => (Tone::Failure, sentence),
        Saving::Nothing | Saving::Running(_) => return,
    };
    let color = theme::of(ui).tone(tone).text;
    ui.horizontal_top(|ui| {
        ui.scope(|ui| {
            ui.set_max_width(ui.available_width() - 90.0);
            let text = RichText::new(format!("{}  {sentence}", tone.glyph())).color(color);
            ui.add(egui::Label::new(text).wrap().selectable(true));
        });
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            let button = ui.button("Dismiss");
            button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, "Dismiss what was saved"));
            if button.clicked() {
                actions.push(Action::DismissSaved);
            }
        });
    });
}

fn progress_bar(ui: &mut Ui, what: &str, part: f32) {
    let text = format!("{what} {:.0} %", part * 100.0);
    let text = RichText::new(text).font(theme::small_font()).color(theme::of(ui).text_weak);
    ui.add(egui::ProgressBar::new(part).desired_width(140.0).text(text));
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(100));
}

/// `3 files: 2 client logs, 1 server trace (CLS)`
fn files(app: &App) -> String {
    let files = app.view.index.files();
    if let [only] = files {
        return only.format.map_or("no records", |format| format.title()).to_owned();
    }
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for title in files.iter().filter_map(|file| Some(file.format?.title())) {
        match kinds.iter_mut().find(|(kind, _)| *kind == title) {
            Some((_, count)) => *count += 1,
            None => kinds.push((title, 1)),
        }
    }
    let kinds: Vec<String> = kinds.into_iter().map(|(kind, count)| format!("{count} × {kind}")).collect();
    format!("{} files: {}", files.len(), kinds.join(", "))
}
