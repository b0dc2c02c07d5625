//! What the selected message means: in a line or two over its text, and at length on a page of its own.

use super::steps::steps_ui;
use crate::app::{Action, Actions, Code, Explained};
use crate::diagnosis::Check;
use crate::diagnosis::knowledge::{CodeKind, with_source};
use crate::window::theme::{self, Tone};
use crate::window::tone;
use egui::{Color32, RichText, Ui};

/// Lines of a list before it is asked for all.
const FEW_LINES: usize = 8;
/// Where values start.
pub const NAME_WIDTH_PT: f32 = 112.0;

/// How short the meaning is.
#[derive(Clone, Copy)]
pub struct Summary {
    /// Over the page that says it at length.
    pub is_step_only: bool,
    /// Below a finding, which says what its codes mean here: only their names.
    pub is_brief: bool,
    /// With a way to all that is known of them.
    pub has_link: bool,
}

/// The meaning in short, over the text of the message. True where all of it is asked for.
pub fn summary_ui(ui: &mut Ui, explained: &Explained, how: Summary, actions: &mut Actions) -> bool {
    let tokens = theme::of(ui);
    ui.add_space(4.0);
    if let Some(step) = &explained.step {
        let tone = tone(Some(step.outcome));
        let text = RichText::new(format!("{}  {}", tone.glyph(), step.text)).font(theme::strong_font());
        ui.add(egui::Label::new(text.color(tokens.tone(tone).text)).wrap().selectable(true));
    }
    if how.is_step_only {
        return false;
    }
    let mut asks_for_all = false;
    for code in &explained.codes {
        code_frame(ui, code, |ui, color| {
            code_head(ui, code, color, actions);
            if !how.is_brief {
                meaning(ui, code);
            } else if how.has_link && code.meaning.is_known {
                let text = RichText::new(format!("About code {} in general", code.number)).font(theme::small_font());
                asks_for_all |= ui.link(text).clicked();
            }
        });
    }
    if let (None, true, Some((title, gloss))) = (&explained.step, explained.codes.is_empty(), &explained.status) {
        sentence(ui, &format!("{title}: {gloss}"), tokens.text_weak);
    }
    asks_for_all
}

/// All of it. Below a finding, which says what to check, the steps for codes in general are folded.
pub fn explained_ui(ui: &mut Ui, explained: &Explained, folds_checks: bool, actions: &mut Actions) {
    let tokens = theme::of(ui);
    if explained.is_empty() {
        ui.label(RichText::new("Nothing in this message needs explaining").color(tokens.text_weak));
        ui.add_space(6.0);
    }
    if let Some((name, gloss)) = &explained.status {
        title(ui, name);
        sentence(ui, gloss, tokens.text);
    }
    for (number, code) in explained.codes.iter().enumerate() {
        code_frame(ui, code, |ui, color| {
            code_head(ui, code, color, actions);
            meaning(ui, code);
            known_ui(ui, number, code, folds_checks);
        });
    }
    for (number, (name, facts)) in explained.decoded.iter().enumerate() {
        title(ui, name);
        folded(ui, ("decoded", number), facts, |ui, (name, value)| fact(ui, name, value, ""));
    }
}

/// The title of a part.
pub fn title(ui: &mut Ui, text: &str) {
    ui.add_space(6.0);
    ui.label(RichText::new(text).font(theme::strong_font()).color(theme::of(ui).text_strong));
}

/// A code of a failure stands out; one that only tells how far something came does not.
fn code_frame(ui: &mut Ui, code: &Code, inside: impl FnOnce(&mut Ui, Color32)) {
    let tokens = theme::of(ui);
    let (ground, color) = match code.meaning.kind {
        CodeKind::Failure => (tokens.syntax.diagnostics_background, tokens.syntax.diagnostics),
        _ => (tokens.header, tokens.tone(Tone::Provisional).text),
    };
    ui.add_space(4.0);
    egui::Frame::new().fill(ground).corner_radius(5).inner_margin(egui::Margin::symmetric(10, 7)).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        inside(ui, color);
    });
}

fn code_head(ui: &mut Ui, code: &Code, color: Color32, actions: &mut Actions) {
    let tokens = theme::of(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().interact_size.y = 16.0;
        let glyph = if code.meaning.kind == CodeKind::Failure { Tone::Failure } else { Tone::Provisional }.glyph();
        let number = RichText::new(format!("{glyph} {}", code.number)).font(theme::strong_font()).color(color);
        if ui.add(egui::Link::new(number)).on_hover_text("Click to see only messages with this code").clicked() {
            actions.push(Action::SetTerm("diag", Some(code.code.to_string())));
        }
        let reason = code.reason.as_deref().unwrap_or("The log gives no reason");
        let reason = RichText::new(reason).font(theme::strong_font()).color(tokens.text_strong);
        ui.add(egui::Label::new(reason).wrap().selectable(true));
    });
}

/// What the code means, unless its reason says as much.
fn meaning(ui: &mut Ui, code: &Code) {
    if code.meaning.is_known {
        sentence(ui, &code.meaning.meaning, theme::of(ui).text);
    }
}

/// What is known of a code beyond its meaning, and what stands beside it.
fn known_ui(ui: &mut Ui, number: usize, code: &Code, folds_checks: bool) {
    let tokens = theme::of(ui);
    if !code.meaning.causes.is_empty() {
        ui.add_space(4.0);
        ui.label(RichText::new("Likely causes").font(theme::small_strong_font()).color(tokens.text_weak));
        folded(ui, ("causes", number), &code.meaning.causes, |ui, cause| {
            sentence(ui, &format!("• {cause}"), tokens.text);
        });
    }
    general_checks_ui(ui, ("checks", number), &Check::of_texts(&code.meaning.checks), folds_checks);
    for error in &code.errors {
        ui.add_space(4.0);
        let name = if error.name.is_empty() { "Error" } else { &error.name };
        let text = format!("{name} (0x{:08X})", error.number);
        ui.label(RichText::new(text).font(theme::small_strong_font()).color(tokens.text_strong));
        if !error.meaning.is_empty() {
            sentence(ui, &with_source(&error.meaning, error.is_own), tokens.text);
        }
        general_checks_ui(ui, ("checks", number, error.number), &Check::of_texts(&error.checks), folds_checks);
    }
    ui.add_space(4.0);
    folded(ui, ("params", number), &code.params, |ui, param| fact(ui, &param.name, &param.value, &param.gloss));
    let source = code.meaning.source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
    let sure = format!("{}{source}", code.meaning.sureness.in_words());
    ui.label(RichText::new(sure).font(theme::small_font()).color(tokens.text_weak));
}

/// What to check where a code stands, whatever the case.
fn general_checks_ui(ui: &mut Ui, name: impl std::hash::Hash + std::fmt::Debug, checks: &[Check], is_folded: bool) {
    let id = ui.make_persistent_id(name);
    let is_open = !is_folded || ui.data(|data| data.get_temp(id)).unwrap_or(false);
    if is_open {
        steps_ui(ui, checks);
    } else if !checks.is_empty() {
        ui.add_space(4.0);
        let words = format!("General checks for this code ({})", checks.len());
        if ui.link(RichText::new(words).font(theme::small_font())).clicked() {
            ui.data_mut(|data| data.insert_temp(id, true));
        }
    }
}

fn sentence(ui: &mut Ui, text: &str, color: Color32) {
    ui.add(egui::Label::new(RichText::new(text).color(color)).wrap().selectable(true));
}

fn fact(ui: &mut Ui, name: &str, value: &str, gloss: &str) {
    let tokens = theme::of(ui);
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = 14.0;
        let name = RichText::new(name).font(theme::small_font()).color(tokens.text_weak);
        let label = ui.scope(|ui| {
            ui.set_width(NAME_WIDTH_PT);
            ui.add(egui::Label::new(name).truncate())
        });
        if !gloss.is_empty() {
            label.inner.on_hover_text(gloss);
        }
        let value = RichText::new(value).font(theme::small_font()).color(tokens.text);
        ui.add(egui::Label::new(value).wrap().selectable(true));
    });
}

/// The first lines of a list, and a link to the others.
fn folded<T>(ui: &mut Ui, name: impl std::hash::Hash + std::fmt::Debug, all: &[T], mut line: impl FnMut(&mut Ui, &T)) {
    let id = ui.make_persistent_id(name);
    let is_open = all.len() <= FEW_LINES + 1 || ui.data(|data| data.get_temp(id)).unwrap_or(false);
    let shown = if is_open { all } else { all.get(..FEW_LINES).unwrap_or(all) };
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for item in shown {
            line(ui, item);
        }
    });
    if !is_open {
        let more = all.len() - shown.len();
        if ui.link(RichText::new(format!("Show {more} more")).font(theme::small_font())).clicked() {
            ui.data_mut(|data| data.insert_temp(id, true));
        }
    }
}
