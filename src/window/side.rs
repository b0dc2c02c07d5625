//! The left side: diagnostic codes and files of the log. A click filters.

use super::theme;
use crate::app::{Action, Actions, App, CodeFacet};
use crate::export::with_separators;
use crate::query::edit;
use crate::source::State;
use crate::trace::Outcome;
use egui::{Align2, Sense, Ui, WidgetInfo, vec2};

/// Codes on top, files below.
pub fn side_ui(ui: &mut Ui, app: &App, actions: &mut Actions) {
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        codes_ui(ui, app, actions);
        ui.add_space(14.0);
        files_ui(ui, app, actions);
    });
}

fn heading(ui: &mut Ui, text: &str, count: usize) {
    let tokens = theme::of(ui);
    ui.horizontal(|ui| {
        ui.label(egui::RichText::new(text).font(theme::strong_font()).color(tokens.text_strong));
        ui.label(egui::RichText::new(with_separators(count as u64)).font(theme::small_font()).color(tokens.text_weak));
    });
    ui.add_space(4.0);
}

fn codes_ui(ui: &mut Ui, app: &App, actions: &mut Actions) {
    heading(ui, "Codes in this log", app.view.codes.len());
    let chosen = edit::term_value(&app.query_text, "diag");
    for code in app.view.codes.iter() {
        let is_chosen = chosen.as_deref() == Some(code.code.to_string().as_str());
        if code_row(ui, code, is_chosen) {
            actions.push(Action::SetTerm("diag", (!is_chosen).then(|| code.code.to_string())));
        }
    }
    if app.view.codes.is_empty() {
        let text = if app.is_indexing() { "None so far" } else { "None in this log" };
        ui.label(egui::RichText::new(text).color(theme::of(ui).text_weak));
    }
}

/// One code: its number, what the log says it means, and how often it stands there.
fn code_row(ui: &mut Ui, code: &CodeFacet, is_chosen: bool) -> bool {
    let tokens = theme::of(ui);
    let reason = code.reason.as_deref().unwrap_or("no reason given");
    let count = with_separators(code.count.into());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 38.0), Sense::click());
    let name = format!("Code {}, {reason}, {count} records", code.code);
    response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, is_chosen, &name));
    row_ground(ui, rect, &response, is_chosen);
    let painter = ui.painter_at(rect);
    let inner = rect.shrink2(vec2(8.0, 3.0));
    let tone = super::tone(code.outcome.filter(|outcome| *outcome == Outcome::Failure));
    painter.text(inner.left_top(), Align2::LEFT_TOP, code.code, theme::strong_font(), tokens.tone(tone).text);
    painter.text(inner.right_top(), Align2::RIGHT_TOP, count, theme::small_font(), tokens.text_weak);
    let line = egui::Rect::from_min_max(
        egui::pos2(rect.left(), inner.bottom() - 15.0),
        egui::pos2(rect.right(), inner.bottom()),
    );
    super::rows::paint_cell(
        ui,
        line,
        reason,
        if is_chosen { tokens.selection_text_weak } else { tokens.text_weak },
        theme::small_font(),
    );
    response.on_hover_text(format!("{reason}\nClick to see only the messages with this code")).clicked()
}

fn row_ground(ui: &Ui, rect: egui::Rect, response: &egui::Response, is_chosen: bool) {
    let tokens = theme::of(ui);
    let ground = if is_chosen { Some(tokens.selection) } else { response.hovered().then_some(tokens.hover) };
    if let Some(ground) = ground {
        ui.painter().rect_filled(rect, theme::CORNER_RADIUS_PT, ground);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(
            rect,
            theme::CORNER_RADIUS_PT,
            egui::Stroke::new(1.0, tokens.accent),
            egui::StrokeKind::Inside,
        );
    }
}

fn files_ui(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let index = &app.view.index;
    heading(ui, "Files", index.files().len());
    let chosen = edit::term_value(&app.query_text, "file");
    for (number, file) in index.files().iter().enumerate() {
        let is_chosen = chosen.as_deref() == Some(file.name());
        let short = file.name().rsplit(['/', '\\']).next().unwrap_or_default();
        let clock = index.file_clock(number).cloned().unwrap_or_default();
        let format = file.format.map_or("no records", |format| format.title());
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 38.0), Sense::click());
        let (state, is_lost) = match app.file_state(number) {
            State::Same => ("", false),
            State::Grown => ("following, ", false),
            State::Cut => ("cut, ", true),
            State::Replaced => ("replaced, ", true),
            State::Gone => ("deleted, ", true),
        };
        let name = format!("File {short}, {state}{format}, clock {}", clock.clock);
        response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, is_chosen, &name));
        row_ground(ui, rect, &response, is_chosen);
        let tokens = theme::of(ui);
        let inner = rect.shrink2(vec2(8.0, 3.0));
        let [top, bottom] = [inner.top() + 8.0, inner.bottom() - 8.0]
            .map(|y| egui::Rect::from_center_size(egui::pos2(rect.center().x, y), vec2(rect.width(), 16.0)));
        super::rows::paint_cell(ui, top, short, tokens.text, theme::body_font());
        let is_timed = file.format.is_none_or(crate::format::Format::has_times);
        let clock_text = if is_timed { clock_words(clock.clock) } else { "no times".to_owned() };
        let weak = if is_chosen { tokens.selection_text_weak } else { tokens.text_weak };
        super::rows::paint_cell(
            ui,
            bottom,
            &format!("{state}{format}, {clock_text}"),
            if is_lost { tokens.tone(theme::Tone::Failure).text } else { weak },
            theme::small_font(),
        );
        let warnings: Vec<&str> = file.warnings.iter().chain(&clock.warnings).map(String::as_str).collect();
        let warnings = warnings.join("\n");
        let hover = format!("{}\n{}\nClock {}: {}\n{warnings}", file.name(), file.reason, clock.clock, clock.source);
        if response.on_hover_text(hover.trim_end()).clicked() {
            actions.push(Action::SetTerm("file", (!is_chosen).then(|| file.name().to_owned())));
        }
    }
}

fn clock_words(clock: crate::format::Clock) -> String {
    match clock {
        crate::format::Clock::Utc => "UTC".to_owned(),
        crate::format::Clock::Offset(offset) => format!("UTC{offset}"),
        crate::format::Clock::Unknown => "clock unknown".to_owned(),
    }
}
