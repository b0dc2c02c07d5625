//! The finding that is looked at: what happened and why, how sure that is, what to check, and its evidence.

use super::{button, hint, steps};
use crate::app::{Action, Actions, App, Card, Command};
use crate::export::{counted, with_separators};
use crate::window::side::look;
use crate::window::theme;
use egui::{Align, Layout, RichText, Ui, WidgetInfo};

/// What stands below the sentences: which record is selected, and the way to the others.
const FOOT_PT: f32 = 42.0;
/// The line that says how many steps follow below.
const MORE_PT: f32 = 20.0;
const LEAST_PT: f32 = 72.0;

/// The finding, at most as high as there is room.
pub fn finding_ui(ui: &mut Ui, app: &App, card: &Card, room_pt: f32, actions: &mut Actions) {
    let tokens = theme::of(ui);
    let (tone, glyph) = look(card.severity);
    let colors = tokens.tone(tone);
    let start = ui.cursor().top();
    let frame =
        egui::Frame::new().fill(tokens.header).inner_margin(egui::Margin { left: 14, right: 12, top: 8, bottom: 8 });
    let shown = frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.horizontal(|ui| {
            ui.label(RichText::new("Finding").font(theme::small_strong_font()).color(tokens.text_weak));
            let word = RichText::new(format!("{glyph} {}", card.severity.name())).font(theme::small_strong_font());
            egui::Frame::new()
                .fill(colors.soft)
                .corner_radius(4)
                .inner_margin(egui::Margin::symmetric(6, 2))
                .show(ui, |ui| ui.label(word.color(colors.text)));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                let hint = hint(ui, Command::LeaveFinding);
                let close = ui.add(button("Close")).on_hover_text(hint);
                close.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, "Leave the finding"));
                if close.clicked() {
                    actions.push(Action::Run(Command::LeaveFinding));
                }
            });
        });
        let strong = RichText::new(&card.title).font(theme::strong_font()).color(tokens.text_strong);
        ui.add(egui::Label::new(strong).wrap().selectable(true));
        ui.label(RichText::new(card.sureness).font(theme::small_font()).color(tokens.text));
        let most = room_pt - (ui.cursor().top() - start) - FOOT_PT;
        sentences_ui(ui, card, most);
        ui.add_space(2.0);
        evidence_ui(ui, app, actions);
    });
    let rect = shown.response.rect;
    let bar = rect.with_max_x(rect.left() + theme::SELECTION_BAR_PT);
    ui.painter().rect_filled(bar, 0, colors.text);
    ui.painter().hline(rect.x_range(), rect.bottom() + 0.5, (1.0, tokens.hairline_strong));
}

/// What happened and what to check. What stands above and below is always in sight; only this scrolls, and says how
/// many steps are out of sight.
fn sentences_ui(ui: &mut Ui, card: &Card, most_pt: f32) {
    let tokens = theme::of(ui);
    let id = ui.make_persistent_id(("below", card.rule, &card.user));
    let (was_cut, turn): (bool, Option<f32>) = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let most_pt = (most_pt - if was_cut { MORE_PT } else { 0.0 }).max(LEAST_PT);
    let usual = std::mem::replace(&mut ui.spacing_mut().scroll, egui::style::ScrollStyle::solid());
    let mut area = egui::ScrollArea::vertical().id_salt(("finding", &card.spoken)).max_height(most_pt);
    if let Some(turn) = turn {
        area = area.vertical_scroll_offset(turn);
    }
    let output = area.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        let top = ui.cursor().top();
        let sentence = |ui: &mut Ui, text: &str| {
            ui.add(egui::Label::new(RichText::new(text).color(tokens.text)).wrap().selectable(true));
        };
        // Who has ten seconds reads what failed, why, and what to check.
        sentence(ui, if card.why.is_empty() { &card.explanation } else { &card.why });
        let ends = steps::steps_ui(ui, &card.checks);
        if !card.why.is_empty() && card.why != card.explanation {
            more_ui(ui, card, |ui| sentence(ui, &card.explanation));
        }
        (top, ends)
    });
    ui.spacing_mut().scroll = usual;
    let offset_pt = output.inner_rect.top() - output.inner.0;
    let below_pt = output.content_size.y - output.inner_rect.height() - offset_pt;
    let is_cut = below_pt > 6.0;
    let mut turn = None;
    if was_cut {
        let bottom = output.inner_rect.bottom();
        let steps = output.inner.1.iter().filter(|end| **end > bottom + 3.0).count();
        let words = match steps {
            0 if is_cut => "▼ More below".to_owned(),
            0 => "End".to_owned(),
            steps => format!("▼ {} below", counted(steps as u64, "more step")),
        };
        ui.scope(|ui| {
            ui.set_height(MORE_PT - ui.spacing().item_spacing.y);
            let text = RichText::new(words).font(theme::small_strong_font());
            if is_cut {
                if ui.link(text).on_hover_text("Scrolls down").clicked() {
                    turn = Some(offset_pt + output.inner_rect.height() * 0.8);
                }
            } else {
                ui.label(text.color(tokens.text_weak));
            }
        });
    }
    // A part that was cut keeps its line while it is scrolled.
    let is_cut = output.content_size.y > output.inner_rect.height() + 6.0;
    if is_cut != was_cut || turn.is_some() {
        ui.ctx().request_repaint();
    }
    ui.data_mut(|data| data.insert_temp(id, (is_cut, turn)));
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

/// Which of the records that prove it is selected, and the way to the others.
fn evidence_ui(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let Some((at, count)) = app.evidence_place() else { return };
    let tokens = theme::of(ui);
    ui.horizontal(|ui| {
        let all = with_separators(count as u64);
        let text = match at {
            Some(at) => format!("Key record ({} of {all})", with_separators(at as u64)),
            None if count == 1 => "1 key record".to_owned(),
            None => format!("{all} key records"),
        };
        let label = ui.label(RichText::new(text).font(theme::small_font()).color(tokens.text_weak));
        label.on_hover_text("Records of the log that prove this finding");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            for (name, spoken, command, can) in [
                ("Next", "Next evidence", Command::NextEvidence, at.is_none_or(|at| at < count)),
                ("Previous", "Previous evidence", Command::PreviousEvidence, at.is_none_or(|at| at > 1)),
            ] {
                let hint = hint(ui, command);
                let button = ui.add_enabled(can, button(name)).on_hover_text(hint);
                button.widget_info(|| WidgetInfo::labeled(egui::Role::Button, can, spoken));
                if button.clicked() {
                    actions.push(Action::Run(command));
                }
            }
        });
    });
}
