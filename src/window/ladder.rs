//! The call-flow ladder: lanes and arrows of the selected message's dialog, or of all that is filtered.

mod labels;

use self::labels::Wording;
use super::rows::{RowState, Rows, RowsState};
use super::{ladder_of_words, theme, tone};
use crate::app::{Action, Actions, App, LadderOf, View};
use crate::export::with_separators;
use crate::ladder::{Arrow, Ladder};
use crate::query::Scope;
use egui::{Align, Align2, Layout, Painter, Pos2, Rect, RichText, Stroke, Ui, pos2, vec2};
use std::sync::Arc;

/// Width of the column of times.
const TIME_WIDTH_PT: f32 = 106.0;
/// Least distance between two lanes.
const MIN_LANE_GAP_PT: f32 = 104.0;
/// What a label leaves free at either end of its arrow.
const LABEL_SIDE_PT: f32 = 7.0;
/// Height of the names of the lanes.
const LANES_HEIGHT_PT: f32 = 40.0;
/// Height of one arrow with its label.
const ARROW_HEIGHT_PT: f32 = 32.0;
const ARROW_HEAD_PT: f32 = 6.0;
/// Room for the count of all arrows.
const COUNT_PT: f32 = 80.0;

/// Where the ladder stands.
#[derive(Default)]
pub struct LadderPanel {
    rows: RowsState,
    shown: Option<Arc<Ladder>>,
    hidden: Hidden,
}

/// How many arrows stand for records that the list leaves out, counted once.
#[derive(Default)]
struct Hidden {
    of: Option<(Arc<Ladder>, Arc<View>)>,
    count: usize,
}

impl Hidden {
    fn count(&mut self, app: &App) -> usize {
        let (ladder, view) = (&app.ladder, &app.view);
        let same = |(one, other): &(Arc<Ladder>, Arc<View>)| Arc::ptr_eq(one, ladder) && Arc::ptr_eq(other, view);
        if !self.of.as_ref().is_some_and(same) {
            self.count = ladder.arrows.iter().filter(|arrow| is_hidden(app, arrow)).count();
            self.of = Some((Arc::clone(ladder), Arc::clone(view)));
        }
        self.count
    }
}

/// True for an arrow whose record does not stand in the list.
fn is_hidden(app: &App, arrow: &Arrow) -> bool {
    let view = &app.view;
    !arrow.is_any(|row| view.rows.contains(view.index.position(row)))
}

/// The ladder with its title row.
pub fn ladder_ui(ui: &mut Ui, panel: &mut LadderPanel, app: &App, actions: &mut Actions) {
    let ladder = &app.ladder;
    // A panel shrinks to what is in it; this one keeps its height while it is empty.
    ui.set_min_height(ui.available_height());
    let hidden = panel.hidden.count(app);
    let least = TIME_WIDTH_PT + MIN_LANE_GAP_PT * ladder.lanes.len() as f32;
    // An overview that nobody asked for and that no screen holds is no overview.
    let is_vast = app.selected.is_none() && app.ladder_of == LadderOf::Dialog && least > ui.available_width();
    title(ui, app, is_vast, hidden, actions);
    if is_vast {
        invitation(ui, app, actions);
        return;
    }
    if ladder.arrows.is_empty() {
        ui.vertical_centered(|ui| {
            ui.add_space(24.0);
            let text = if app.ladder_of == LadderOf::Finding {
                "No message between two hosts is among the evidence"
            } else if app.selected.is_some() {
                "This record is no message between two hosts"
            } else {
                "No messages to draw"
            };
            ui.label(RichText::new(text).color(theme::of(ui).text_weak));
        });
        return;
    }
    let selected = app.selected.and_then(|row| ladder.arrow_of(row)).map(|at| at as u64);
    let is_new = panel.shown.as_ref().is_none_or(|shown| !Arc::ptr_eq(shown, ladder));
    if is_new {
        // Where another ladder stood says nothing of this one.
        panel.rows = RowsState::default();
        panel.rows.selected = selected;
        panel.rows.reveal_in_middle(selected.unwrap_or(0));
        panel.shown = Some(Arc::clone(ladder));
    } else if panel.rows.selected != selected {
        panel.rows.selected = selected;
        panel.rows.reveal(selected.unwrap_or(0));
    }
    let height = ui.available_height();
    egui::ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
        let width = ui.available_width().max(least);
        ui.set_min_size(vec2(width, height - if least > ui.available_width() { 10.0 } else { 0.0 }));
        ui.set_max_width(width);
        ui.spacing_mut().item_spacing.y = 0.0;
        let lanes = Lanes::new(ladder, ui.available_rect_before_wrap());
        lane_names(ui, ladder, &lanes);
        let output = Rows::new("Ladder", ladder.arrows.len() as u64).height_pt(ARROW_HEIGHT_PT).striped(false).show(
            ui,
            &mut panel.rows,
            |ui, nth, rect, state| {
                let Some(arrow) = usize::try_from(nth).ok().and_then(|nth| ladder.arrows.get(nth)) else {
                    return String::new();
                };
                let outcome = app.outcome(arrow.row).unwrap_or(arrow.outcome);
                let arrow = Arrow { outcome, ..arrow.clone() };
                let is_hidden = hidden > 0 && is_hidden(app, &arrow);
                paint_arrow(ui, &arrow, &lanes, rect, (state, is_hidden));
                let note = if is_hidden { ", not in the list" } else { "" };
                format!("{}{note}", ladder.words(&arrow))
            },
        );
        let chosen = panel.rows.selected.and_then(|nth| ladder.arrows.get(usize::try_from(nth).ok()?));
        if output.selection_changed
            && let Some(arrow) = chosen
        {
            actions.push(Action::SelectAndReveal(arrow.row));
        }
    });
}

fn title(ui: &mut Ui, app: &App, is_vast: bool, hidden: usize, actions: &mut Actions) {
    let tokens = theme::of(ui);
    let ladder = &app.ladder;
    // Without a selected message there is no dialog to show.
    let shown = match app.ladder_of {
        LadderOf::Dialog if app.selected.is_none() => LadderOf::Filtered,
        of => of,
    };
    egui::Frame::new().inner_margin(egui::Margin::symmetric(10, 5)).show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.label(RichText::new("Ladder").font(theme::strong_font()).color(tokens.text_strong));
            let finding = app.chosen.is_some().then_some(LadderOf::Finding);
            for of in [LadderOf::Dialog, LadderOf::Filtered].into_iter().chain(finding) {
                if ui.selectable_label(shown == of && !is_vast, ladder_of_words(of)).clicked() {
                    actions.push(Action::LadderOf(of));
                }
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if is_vast {
                    return;
                }
                if hidden > 0 {
                    let text = format!("{} dashed, not in the list", with_separators(hidden as u64));
                    let text = RichText::new(text).font(theme::small_font());
                    let link =
                        ui.link(text).on_hover_text("Records that the list leaves out. Click to list all records");
                    if link.clicked() {
                        actions.push(Action::SetQuery(String::new()));
                        actions.push(Action::Scope(Scope::AllRecords));
                    }
                    // Where there is little room the count of all gives way.
                    if ui.available_width() < COUNT_PT {
                        return;
                    }
                }
                let count = ladder.arrows.len();
                let mut notes =
                    vec![format!("{} {}", with_separators(count as u64), if count == 1 { "arrow" } else { "arrows" })];
                if ladder.not_shown > 0 {
                    notes
                        .push(format!("{} more not shown, narrow the query", with_separators(ladder.not_shown as u64)));
                }
                if ladder.without_direction > 0 {
                    notes.push(format!("{} without direction", with_separators(ladder.without_direction as u64)));
                }
                let notes = RichText::new(notes.join(", ")).font(theme::small_font()).color(tokens.text_weak);
                ui.add(egui::Label::new(notes).truncate());
            });
        });
    });
}

/// What to choose, in place of an overview that is wider than the pane.
fn invitation(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let tokens = theme::of(ui);
    let findings = app.findings.as_ref().filter(|findings| findings.urgent > 0);
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.2).min(48.0));
        let text = if findings.is_some() {
            "Select a finding to see what went between the hosts, or a message to see its dialog"
        } else {
            "Select a message to see what went between the hosts"
        };
        ui.label(RichText::new(text).color(tokens.text_weak));
        ui.add_space(8.0);
        if findings.is_some() && ui.button("Show the first finding").clicked() {
            actions.push(Action::SelectFinding(0));
        }
        ui.add_space(4.0);
        let all = format!("Draw all {} messages", with_separators(app.ladder.arrows.len() as u64));
        if ui.link(RichText::new(all).font(theme::small_font())).clicked() {
            actions.push(Action::LadderOf(LadderOf::Filtered));
        }
    });
}

/// Where the lanes stand.
struct Lanes {
    x: Vec<f32>,
}

impl Lanes {
    fn new(ladder: &Ladder, rect: Rect) -> Self {
        let count = ladder.lanes.len().max(1) as f32;
        let left = rect.left() + TIME_WIDTH_PT;
        let gap = (rect.right() - theme::SCROLL_BAR_WIDTH_PT - left) / count;
        // Few lanes on a wide screen stand no farther apart than the eye likes to travel.
        let gap = gap.min(420.0);
        Self { x: (0..ladder.lanes.len()).map(|lane| left + gap * (lane as f32 + 0.5)).collect() }
    }

    /// From one lane to the next.
    fn gap(&self) -> f32 {
        if let [first, second, ..] = self.x.as_slice() { second - first } else { f32::INFINITY }
    }

    fn of(&self, lane: usize) -> f32 {
        self.x.get(lane).copied().unwrap_or(0.0)
    }
}

fn lane_names(ui: &mut Ui, ladder: &Ladder, lanes: &Lanes) {
    let tokens = theme::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), LANES_HEIGHT_PT), egui::Sense::hover());
    ui.painter().rect_filled(rect, 0, tokens.header);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, tokens.hairline));
    let gap = lanes.gap().min(rect.width());
    for (number, &x) in lanes.x.iter().enumerate() {
        let (name, role) = ladder.called(number);
        let lane = Rect::from_x_y_ranges(x - gap / 2.0..=x + gap / 2.0, rect.y_range()).shrink2(vec2(4.0, 0.0));
        let names = [
            (name, theme::strong_font(), tokens.ladder.lane_text, 4.0),
            (role, theme::small_font(), tokens.text_weak, 21.0),
        ];
        for (text, font, color, top) in names {
            let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
            job.wrap = egui::text::TextWrapping::truncate_at_width(lane.width());
            let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
            ui.painter().galley(pos2(x - galley.size().x / 2.0, rect.top() + top), galley, color);
        }
        ui.interact(lane, ui.scope_id().with(("lane", number)), egui::Sense::hover())
            .on_hover_text(format!("{name}, {role}"));
    }
}

fn paint_arrow(ui: &Ui, arrow: &Arrow, lanes: &Lanes, rect: Rect, (state, is_hidden): (RowState, bool)) {
    let tokens = theme::of(ui);
    let painter = ui.painter_at(rect);
    for &x in &lanes.x {
        painter.vline(x, rect.y_range(), Stroke::new(1.0, tokens.ladder.lane_line));
    }
    let time_at = pos2(rect.left() + theme::CELL_PADDING_PT, rect.center().y);
    painter.text(time_at, Align2::LEFT_CENTER, arrow.time.clock_time(), theme::mono_font(), state.text_weak(tokens));
    let tone = tone(Some(arrow.outcome));
    let color = tokens.tone(tone).text;
    let (from, to) = (lanes.of(arrow.from), lanes.of(arrow.to));
    let y = rect.bottom() - 8.0;
    let stroke = Stroke::new(if state.selected || state.hovered { 2.0 } else { 1.25 }, color);
    if arrow.from == arrow.to {
        let corner = pos2(from + 18.0, y);
        painter.line_segment([pos2(from, y - 10.0), pos2(corner.x, y - 10.0)], stroke);
        painter.line_segment([pos2(corner.x, y - 10.0), corner], stroke);
        painter.line_segment([corner, pos2(from + 1.0, y)], stroke);
        head(&painter, pos2(from + 1.0, y), -1.0, color);
    } else {
        let way = (to - from).signum();
        let line = [pos2(from, y), pos2(to - way * ARROW_HEAD_PT, y)];
        if is_hidden {
            painter.extend(egui::Shape::dashed_line(&line, stroke, 5.0, 4.0));
        } else {
            painter.line_segment(line, stroke);
        }
        head(&painter, pos2(to, y), way, color);
    }
    label(ui, &painter, arrow, (from, to), rect, state);
}

fn head(painter: &Painter, tip: Pos2, way: f32, color: egui::Color32) {
    let back = tip.x - way * ARROW_HEAD_PT;
    let points = vec![tip, pos2(back, tip.y - ARROW_HEAD_PT * 0.6), pos2(back, tip.y + ARROW_HEAD_PT * 0.6)];
    painter.add(egui::Shape::convex_polygon(points, color, Stroke::NONE));
}

/// The label stands over the arrow, on a ground of its own so that lanes do not cross it, and between its ends.
fn label(ui: &Ui, painter: &Painter, arrow: &Arrow, (from, to): (f32, f32), rect: Rect, state: RowState) {
    let tokens = theme::of(ui);
    let color = tokens.tone(tone(Some(arrow.outcome))).text;
    let span = (from - to).abs();
    let room = if span > 1.0 { span - LABEL_SIDE_PT * 2.0 } else { 260.0 };
    let lay = |wording: &Wording, is_cut: bool| {
        let mut job = wording.job(arrow, color, state.text_weak(tokens));
        if is_cut {
            job.wrap = egui::text::TextWrapping::truncate_at_width(room);
        }
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    let wordings = labels::wordings(arrow);
    let fitting = wordings.iter().map(|wording| lay(wording, false)).find(|galley| galley.size().x <= room);
    let Some(galley) = fitting.or_else(|| wordings.last().map(|wording| lay(wording, true))) else { return };
    let left = if span > 1.0 { (from + to - galley.size().x) / 2.0 } else { from + 24.0 };
    let at = pos2(left, rect.bottom() - 10.0 - galley.size().y);
    let ground = match (state.selected, state.hovered) {
        (true, _) if state.focused => tokens.selection,
        (true, _) => tokens.selection_resting,
        (false, true) => tokens.hover,
        _ => tokens.panel,
    };
    painter.rect_filled(Rect::from_min_size(at, galley.size()).expand2(vec2(3.0, 0.0)), 0, ground);
    painter.galley(at, galley, color);
}

impl Wording {
    fn job(&self, arrow: &Arrow, color: egui::Color32, weak: egui::Color32) -> egui::text::LayoutJob {
        let mut job = egui::text::LayoutJob::default();
        let main = egui::TextFormat::simple(theme::body_font(), color);
        let tone = tone(Some(arrow.outcome));
        if tone != theme::Tone::Request {
            job.append(&format!("{} ", tone.glyph()), 0.0, main.clone());
        }
        job.append(&self.main, 0.0, main);
        if !self.weak.is_empty() {
            job.append(&self.weak, 8.0, egui::TextFormat::simple(theme::small_font(), weak));
        }
        job
    }
}
