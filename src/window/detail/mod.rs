//! The finding that is looked at, and the selected message: what it is, what it means, and its text with headers
//! highlighted.

mod explained;
mod finding;
mod steps;

use super::bar::hint;
use super::theme::{self, Tone};
use super::{highlight, tone};
use crate::app::{Action, Actions, App, Command, Detail, LineKind};
use crate::diagnosis::knowledge::{Knowledge, Place, with_source};
use crate::export::with_separators;
use crate::protocol::header::split_field;
use crate::protocol::lines::to_text;
use crate::query::Scope;
use egui::{Align, Layout, RichText, Ui};

/// What the pane shows of the selected message.
pub struct DetailPanel {
    explains: bool,
    /// The finding that was looked at, by number.
    finding: Option<usize>,
    /// The message was asked for although the finding leaves it little room.
    opens_message: bool,
    /// There was no room for more of the message than what it is.
    is_folded: bool,
    /// How high that was.
    head_pt: f32,
}

impl Default for DetailPanel {
    fn default() -> Self {
        Self { explains: false, finding: None, opens_message: false, is_folded: false, head_pt: 150.0 }
    }
}

impl DetailPanel {
    /// Changes between text and meaning.
    pub fn toggle(&mut self) {
        self.show(!self.explains);
    }

    /// Shows the meaning, or the text.
    fn show(&mut self, explains: bool) {
        (self.explains, self.opens_message) = (explains, true);
    }
}

/// A pane this high has room for the facts of a message over its text.
const ROOMY_PT: f32 = 440.0;
/// What the text of a message has at least: with more the pane would grow over the status line.
const LEAST_TEXT_PT: f32 = 20.0;
/// A few lines of text below a finding say nothing: with less room there are none.
const WORTH_PT: f32 = 120.0;
/// How much of the pane a finding takes at most where the message was asked for.
const SHARED_PART: f32 = 0.5;

/// The pane, or what to do to fill it.
pub fn detail_ui(ui: &mut Ui, panel: &mut DetailPanel, app: &App, actions: &mut Actions) {
    // A panel shrinks to what is in it; this one keeps its width while it is empty.
    ui.set_min_width(ui.available_width());
    let finding = app.chosen.as_ref().map(|chosen| chosen.number);
    if panel.finding != finding {
        (panel.finding, panel.opens_message) = (finding, false);
    }
    let card = app.card();
    if let Some(card) = card {
        let all = ui.available_height();
        let room = match (app.detail.is_some(), panel.opens_message) {
            (false, _) => all,
            (true, true) => all * SHARED_PART,
            (true, false) => all - panel.head_pt,
        };
        finding::finding_ui(ui, app, card, room, actions);
    }
    let Some(detail) = &app.detail else {
        ui.vertical_centered(|ui| {
            ui.add_space(40.0);
            let has_cards = app.findings.as_ref().is_some_and(|findings| findings.urgent > 0);
            let text =
                if has_cards { "Select a finding, or a message to read it" } else { "Select a message to read it" };
            ui.label(RichText::new(text).color(theme::of(ui).text_weak));
        });
        return;
    };
    let message = egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 8)).show(ui, |ui| {
        let is_roomy = ui.available_height() > ROOMY_PT;
        head(ui, app, detail);
        if is_roomy && !panel.explains {
            facts(ui, detail, 0.0, actions);
        }
        // A finding says itself what its codes mean here.
        let is_brief = card.is_some();
        let is_step_only = panel.explains && !panel.is_folded;
        let summary = explained::Summary { is_step_only, is_brief, has_link: is_brief && !panel.is_folded };
        if explained::summary_ui(ui, &detail.explained, summary, actions) {
            panel.show(true);
        }
        notes(ui, detail);
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            for (explains, name) in [(false, "Text"), (true, "Explained")] {
                let tab = ui.selectable_label(panel.explains == explains && !panel.is_folded, name);
                if tab.on_hover_text(hint(ui, Command::Explain)).clicked() {
                    panel.show(explains);
                }
            }
        });
    });
    let tokens = theme::of(ui);
    ui.painter().hline(ui.max_rect().x_range(), ui.cursor().top() - 2.0, egui::Stroke::new(1.0, tokens.hairline));
    let is_folded = card.is_some() && !panel.opens_message && ui.available_height() < WORTH_PT;
    let head_pt = message.response.rect.height();
    if is_folded != panel.is_folded || is_folded && (head_pt - panel.head_pt).abs() > 0.5 {
        ui.ctx().request_repaint();
    }
    panel.is_folded = is_folded;
    if is_folded {
        panel.head_pt = head_pt;
        return;
    }
    if !panel.explains {
        text(ui, app, detail);
        return;
    }
    let area = egui::ScrollArea::vertical().id_salt(("explained", detail.row.0)).min_scrolled_height(LEAST_TEXT_PT);
    area.auto_shrink(false).show(ui, |ui| {
        egui::Frame::new().inner_margin(egui::Margin::symmetric(12, 8)).show(ui, |ui| {
            explained::explained_ui(ui, &detail.explained, card.is_some(), actions);
            explained::title(ui, "Message");
            facts(ui, detail, explained::NAME_WIDTH_PT, actions);
        });
    });
}

/// Buttons of this pane are of one height.
fn button(text: &str) -> egui::Button<'_> {
    egui::Button::new(RichText::new(text).font(theme::small_font())).small().min_size(egui::vec2(0.0, 22.0))
}

fn head(ui: &mut Ui, app: &App, detail: &Detail) {
    let tokens = theme::of(ui);
    let entry = &detail.entry;
    ui.horizontal(|ui| {
        let place = match app.selected_place() {
            Some(place) => {
                let unit = if app.scope == Scope::Messages { "Message" } else { "Record" };
                format!("{unit} {} of {}", with_separators(place + 1), with_separators(app.view.rows.len()))
            }
            None => format!("Record {}, not in the list", with_separators(entry.n)),
        };
        ui.label(RichText::new(place).font(theme::small_strong_font()).color(tokens.text_weak));
        let outcome = app.outcome(detail.row);
        let tone = tone(outcome);
        let word = outcome.map_or(entry.kind, |outcome| outcome.word());
        let badge = RichText::new(format!("{} {word}", tone.glyph()))
            .font(theme::small_strong_font())
            .color(tokens.tone(tone).text);
        egui::Frame::new()
            .fill(tokens.tone(tone).soft)
            .corner_radius(4)
            .inner_margin(egui::Margin::symmetric(6, 2))
            .show(ui, |ui| ui.label(badge));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add(button("Copy")).on_hover_text("Copies the message as it stands in the log").clicked() {
                ui.copy_text(to_text(app.view.index.raw(detail.row)));
            }
        });
    });
    let title = entry.start_line.as_deref().unwrap_or(entry.kind);
    ui.add(
        egui::Label::new(RichText::new(title).font(theme::strong_font()).color(tokens.text_strong))
            .wrap()
            .selectable(true),
    );
}

/// Who, where and when. A click on an address or a dialog filters by it.
fn facts(ui: &mut Ui, detail: &Detail, name_width_pt: f32, actions: &mut Actions) {
    let entry = &detail.entry;
    ui.add_space(4.0);
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 17.0;
        // A long Call-ID must not make the pane wider.
        ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Truncate);
        egui::Grid::new("facts").num_columns(2).spacing([14.0, 3.0]).min_col_width(name_width_pt).show(ui, |ui| {
            fact(ui, "Time", entry.time.as_deref().unwrap_or("not written"), None, actions);
            if let Some(from) = &entry.from {
                fact(ui, "From", from, Some(Action::SetTerm("uri", Some(from.clone()))), actions);
            }
            if let Some(to) = entry.to.as_ref().filter(|to| Some(*to) != entry.from.as_ref()) {
                fact(ui, "To", to, Some(Action::SetTerm("uri", Some(to.clone()))), actions);
            }
            if let Some(call_id) = &entry.call_id {
                fact(ui, "Call-ID", call_id, Some(Action::SetTerm("callid", Some(call_id.clone()))), actions);
            }
            if let Some(way) = way(detail) {
                fact(ui, "Direction", &way, None, actions);
            }
            let place = format!(
                "{} at byte {}",
                entry.file.rsplit(['/', '\\']).next().unwrap_or_default(),
                with_separators(entry.offset)
            );
            fact(ui, "File", &place, None, actions);
        });
    });
}

/// `in at FE01 (SIPStack) from edge01.contoso.com:51413`
fn way(detail: &Detail) -> Option<String> {
    let entry = &detail.entry;
    let own = match (&entry.machine, &entry.local) {
        (Some(machine), _) => format!("at {machine}"),
        (None, Some(local)) => format!("at {local}"),
        (None, None) => String::new(),
    };
    let peer = entry.peer.as_ref().map(|peer| match entry.direction {
        Some("out") => format!("to {peer}"),
        Some("in") => format!("from {peer}"),
        _ => format!("with {peer}"),
    });
    let parts: Vec<String> = entry
        .direction
        .map(str::to_owned)
        .into_iter()
        .chain(Some(own))
        .chain(peer)
        .filter(|part| !part.is_empty())
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn fact(ui: &mut Ui, name: &str, value: &str, filter: Option<Action>, actions: &mut Actions) {
    let tokens = theme::of(ui);
    // Only values are cut where the pane is narrow.
    ui.add(egui::Label::new(RichText::new(name).font(theme::small_font()).color(tokens.text_weak)).extend());
    match filter {
        Some(action) => {
            if ui.add(egui::Link::new(RichText::new(value))).on_hover_text("Click to see only these messages").clicked()
            {
                actions.push(action);
            }
        }
        None => {
            ui.add(egui::Label::new(RichText::new(value).color(tokens.text)).selectable(true).truncate());
        }
    }
    ui.end_row();
}

/// What was damaged or odd about the record.
fn notes(ui: &mut Ui, detail: &Detail) {
    let color = theme::of(ui).tone(Tone::Challenge).text;
    for note in &detail.entry.notes {
        ui.label(RichText::new(format!("Note: {note}")).font(theme::small_font()).color(color));
    }
    if detail.not_shown > 0 {
        let text =
            format!("Note: {} more bytes are not shown; Copy takes them all", with_separators(detail.not_shown as u64));
        ui.label(RichText::new(text).font(theme::small_font()).color(color));
    }
}

/// The text of the record; only the lines in view are laid out.
fn text(ui: &mut Ui, app: &App, detail: &Detail) {
    let tokens = theme::of(ui);
    let searched = app.searched();
    let height = ui.fonts_mut(|fonts| fonts.row_height(&theme::mono_font())) + 2.0;
    ui.spacing_mut().item_spacing.y = 0.0;
    ui.spacing_mut().interact_size.y = height;
    // A bar that is always there says that lines go on.
    ui.spacing_mut().scroll = egui::style::ScrollStyle::solid();
    let area = egui::ScrollArea::both()
        .id_salt(detail.row.0)
        .auto_shrink(false)
        .min_scrolled_height(LEAST_TEXT_PT)
        .scroll_bar_visibility(egui::scroll_area::ScrollBarVisibility::AlwaysVisible);
    area.show_rows(ui, height, detail.lines.len(), |ui, range| {
        for line in detail.lines.get(range).unwrap_or_default() {
            if let Some(ground) = highlight::line_background(line.kind, tokens) {
                let row = egui::Rect::from_x_y_ranges(
                    ui.clip_rect().x_range(),
                    ui.cursor().top()..=ui.cursor().top() + height,
                );
                ui.painter().rect_filled(row, 0, ground);
            }
            let mut job = highlight::line_job(&line.text, line.kind, tokens);
            let hits: Vec<_> = searched
                .iter()
                .flat_map(|pattern| pattern.compiled().find_iter(line.text.as_bytes()))
                .map(|hit| hit.range())
                .collect();
            if !hits.is_empty() {
                highlight::mark_hits(&mut job, &hits, tokens);
            }
            ui.horizontal(|ui| {
                ui.set_min_height(height);
                ui.add_space(12.0);
                let label = ui.add(egui::Label::new(job).selectable(true).extend());
                // Looked up only for the line under the pointer.
                if label.hovered()
                    && let Some(gloss) = gloss(&line.text, line.kind)
                {
                    label.on_hover_text(gloss);
                }
            });
        }
    });
}

/// What is known of the header of a line, or of the field that the log puts around a message.
fn gloss(line: &str, kind: LineKind) -> Option<String> {
    let place = match kind {
        LineKind::Header | LineKind::Diagnostics => Place::Header,
        LineKind::Trace => Place::Record,
        LineKind::StartLine | LineKind::Body => return None,
    };
    let (name, _) = split_field(line.as_bytes())?;
    let known = Knowledge::current().name_in(place, &to_text(name))?;
    (!known.gloss.is_empty()).then(|| with_source(&known.gloss, known.is_own))
}
