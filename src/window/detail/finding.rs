//! The finding that is looked at: what happened and why, how sure that is, what to check, and its evidence.

use super::hint;
use crate::app::{Action, Actions, App, Card, Check, Command};
use crate::export::with_separators;
use crate::window::side::look;
use crate::window::theme;
use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Layout, RichText, Ui, WidgetInfo};

/// How much of the pane it takes at most; the message below stays in sight.
const MOST_PART: f32 = 0.54;

pub fn finding_ui(ui: &mut Ui, app: &App, card: &Card, actions: &mut Actions) {
    let tokens = theme::of(ui);
    let (tone, glyph) = look(card.severity);
    let colors = tokens.tone(tone);
    let part = if app.detail.is_some() { MOST_PART } else { 0.9 };
    let most = ui.available_height() * part;
    let frame =
        egui::Frame::new().fill(tokens.header).inner_margin(egui::Margin { left: 14, right: 12, top: 8, bottom: 8 });
    let shown = frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.horizontal(|ui| {
            let word = RichText::new(format!("{glyph} {}", card.severity.name())).font(theme::small_strong_font());
            egui::Frame::new()
                .fill(colors.soft)
                .corner_radius(4)
                .inner_margin(egui::Margin::symmetric(6, 2))
                .show(ui, |ui| ui.label(word.color(colors.text)));
            ui.label(RichText::new(card.sureness).font(theme::small_font()).color(tokens.text_weak));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let hint = hint(ui, Command::LeaveFinding);
                let close = ui.small_button("Close").on_hover_text(hint);
                close.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, "Leave the finding"));
                if close.clicked() {
                    actions.push(Action::Run(Command::LeaveFinding));
                }
            });
        });
        let strong = RichText::new(&card.title).font(theme::strong_font()).color(tokens.text_strong);
        ui.add(egui::Label::new(strong).wrap().selectable(true));
        // What stands above and below is always in sight; only the sentences scroll, with a bar that says so.
        let most = (most - 96.0).max(72.0);
        let bar = egui::style::ScrollStyle {
            foreground_color: true,
            dormant_handle_opacity: 0.4,
            ..egui::style::ScrollStyle::thin()
        };
        let usual = std::mem::replace(&mut ui.spacing_mut().scroll, bar);
        egui::ScrollArea::vertical().id_salt(("finding", &card.spoken)).max_height(most).show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            let sentence = |ui: &mut Ui, text: &str| {
                ui.add(egui::Label::new(RichText::new(text).color(tokens.text)).wrap().selectable(true));
            };
            // Who has ten seconds reads what failed, why, and what to check.
            sentence(ui, if card.why.is_empty() { &card.explanation } else { &card.why });
            checks_ui(ui, &card.checks);
            if !card.why.is_empty() && card.why != card.explanation {
                more_ui(ui, card, |ui| sentence(ui, &card.explanation));
            }
        });
        ui.spacing_mut().scroll = usual;
        ui.add_space(2.0);
        evidence_ui(ui, app, actions);
    });
    let rect = shown.response.rect;
    let bar = rect.with_max_x(rect.left() + theme::SELECTION_BAR_PT);
    ui.painter().rect_filled(bar, 0, colors.text);
    ui.painter().hline(rect.x_range(), rect.bottom() + 0.5, (1.0, tokens.hairline_strong));
}

/// The whole explanation, folded until it is asked for.
fn more_ui(ui: &mut Ui, card: &Card, inside: impl FnOnce(&mut Ui)) {
    let id = ui.make_persistent_id(("more", card.rule, &card.user));
    let mut is_open: bool = ui.data(|data| data.get_temp(id)).unwrap_or(false);
    ui.add_space(4.0);
    let words = if is_open { "Less" } else { "More" };
    let link = ui.link(RichText::new(words).font(theme::small_strong_font()));
    let name = format!("{words} about the finding");
    link.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &name));
    ui.ctx().accesskit_node_builder(link.id, |node| node.set_expanded(is_open));
    if link.on_hover_text("The whole explanation").clicked() {
        is_open = !is_open;
        ui.data_mut(|data| data.insert_temp(id, is_open));
    }
    if is_open {
        inside(ui);
    }
}

/// What to check, each with a button that copies it.
pub fn checks_ui(ui: &mut Ui, checks: &[Check]) {
    if checks.is_empty() {
        return;
    }
    let tokens = theme::of(ui);
    ui.add_space(4.0);
    ui.label(RichText::new("Check next").font(theme::small_strong_font()).color(tokens.text_weak));
    for check in checks {
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            let copy = ui.small_button("Copy");
            copy.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, format!("Copy check, {}", check.text)));
            if copy.clicked() {
                ui.copy_text(check.text.clone());
            }
            ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.x = 6.0;
                ui.label(RichText::new("•").color(tokens.text_weak));
                ui.add(egui::Label::new(check_job(check, tokens)).wrap().selectable(true));
            });
        });
    }
}

/// A sentence, or a command with what is said about it.
fn check_job(check: &Check, tokens: &theme::Tokens) -> LayoutJob {
    let mut job = LayoutJob::default();
    if !check.lead.is_empty() {
        job.append(&format!("{} ", check.lead), 0.0, TextFormat::simple(theme::body_font(), tokens.text));
    }
    let font = if check.is_command { theme::mono_font() } else { theme::body_font() };
    job.append(&check.text, 0.0, TextFormat::simple(font, tokens.text));
    job
}

/// Which evidence is selected, and the way to the others.
fn evidence_ui(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let Some((at, count)) = app.evidence_place() else { return };
    let tokens = theme::of(ui);
    ui.horizontal(|ui| {
        let all = with_separators(count as u64);
        let text = match at {
            Some(at) => format!("Evidence {} of {all}", with_separators(at as u64)),
            None if count == 1 => "1 record proves it".to_owned(),
            None => format!("{all} records prove it"),
        };
        ui.label(RichText::new(text).font(theme::small_font()).color(tokens.text_weak));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            for (name, spoken, command, can) in [
                ("Next", "Next evidence", Command::NextEvidence, at.is_none_or(|at| at < count)),
                ("Previous", "Previous evidence", Command::PreviousEvidence, at.is_none_or(|at| at > 1)),
            ] {
                let hint = hint(ui, command);
                let button = ui.add_enabled(can, egui::Button::new(name).small()).on_hover_text(hint);
                button.widget_info(|| WidgetInfo::labeled(egui::Role::Button, can, spoken));
                if button.clicked() {
                    actions.push(Action::Run(command));
                }
            }
        });
    });
}
