//! What to check next: numbered steps, each a sentence with the command that belongs to it in a box of its own.

use super::button;
use crate::diagnosis::{Check, is_cmdlet};
use crate::window::theme;
use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Layout, RichText, Ui, WidgetInfo};

/// Where the number of a step ends and its words begin.
const NUMBER_PT: f32 = 16.0;

/// All steps under a heading. Says where each of them ends.
pub fn steps_ui(ui: &mut Ui, checks: &[Check]) -> Vec<f32> {
    if checks.is_empty() {
        return Vec::new();
    }
    let tokens = theme::of(ui);
    ui.add_space(4.0);
    ui.label(RichText::new("Check next").font(theme::small_strong_font()).color(tokens.text_weak));
    let end = |(number, check): (usize, &Check)| step_ui(ui, number + 1, check);
    checks.iter().enumerate().map(end).collect()
}

fn step_ui(ui: &mut Ui, number: usize, check: &Check) -> f32 {
    let tokens = theme::of(ui);
    let shown = ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.scope(|ui| {
            ui.set_width(NUMBER_PT);
            ui.label(RichText::new(format!("{number}.")).color(tokens.text_weak));
        });
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 3.0;
            match &check.command {
                Some(command) if check.text.is_empty() => {
                    box_ui(ui, |ui| with_copy(ui, command, command_label(ui, command)));
                }
                Some(command) => {
                    with_copy(ui, command, sentence_label(&check.text, tokens));
                    box_ui(ui, |ui| {
                        ui.add(command_label(ui, command));
                    });
                }
                None => {
                    ui.add(sentence_label(&check.text, tokens));
                }
            }
        });
    });
    ui.add_space(1.0);
    shown.response.rect.bottom()
}

/// The ground of a command.
fn box_ui(ui: &mut Ui, inside: impl FnOnce(&mut Ui)) {
    let tokens = theme::of(ui);
    let frame = egui::Frame::new()
        .fill(tokens.field)
        .stroke(egui::Stroke::new(1.0, tokens.hairline))
        .corner_radius(4)
        .inner_margin(egui::Margin::symmetric(7, 4));
    frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        inside(ui);
    });
}

fn command_label(ui: &Ui, command: &str) -> egui::Label {
    let text = RichText::new(command).font(theme::mono_small_font()).color(theme::of(ui).text);
    egui::Label::new(text).wrap().selectable(true)
}

/// A text with the button that copies the command at its right.
fn with_copy(ui: &mut Ui, command: &str, text: egui::Label) {
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        let copy = ui.add(button("Copy"));
        copy.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, format!("Copy check, {command}")));
        if copy.clicked() {
            ui.copy_text(command.to_owned());
        }
        ui.with_layout(Layout::left_to_right(Align::Min), |ui| ui.add(text));
    });
}

fn sentence_label(text: &str, tokens: &theme::Tokens) -> egui::Label {
    egui::Label::new(sentence_job(text, tokens)).wrap().selectable(true)
}

/// A sentence; commands that are named in it stand in the letters of commands.
fn sentence_job(text: &str, tokens: &theme::Tokens) -> LayoutJob {
    let mut job = LayoutJob::default();
    for word in text.split_inclusive(' ') {
        let name = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        let font = if is_cmdlet(name) { theme::mono_small_font() } else { theme::body_font() };
        job.append(word, 0.0, TextFormat::simple(font, tokens.text));
    }
    job
}
