//! Findings as cards, worst first; what is normal stands folded under one row.

use super::heights::{Guess, Heights};
use super::{focus_ring, quiet_row};
use crate::app::{Action, Actions, App, Card, Diagnosing, Findings, times_words};
use crate::diagnosis::Severity;
use crate::export::with_separators;
use crate::window::theme::{self, Tone};
use egui::text::LayoutJob;
use egui::{
    Align2, Color32, EventFilter, FontId, Galley, Id, Key, Modifiers, Rect, RichText, Role, Sense, Ui, WidgetInfo,
    pos2, vec2,
};
use std::ops::Range;
use std::sync::Arc;

/// Cards that are shown before all are asked for.
const FEW_CARDS: usize = 12;
pub(super) const GAP_PT: f32 = 4.0;
pub(super) const PADDING_PT: f32 = 8.0;
/// How far a consequence stands under its cause.
const INDENT_PT: f32 = 14.0;

/// Where the cards stand, and which of them are shown.
#[derive(Default)]
pub struct CardsState {
    heights: Heights,
    of: Option<Arc<Findings>>,
    is_whole: bool,
    shows_calm: bool,
    /// The card that was brought into sight.
    seen: Option<usize>,
}

/// Sign and tone of a severity.
#[must_use]
pub fn look(severity: Severity) -> (Tone, &'static str) {
    match severity {
        Severity::Failure => (Tone::Failure, Tone::Failure.glyph()),
        Severity::Warning => (Tone::Challenge, "▲"),
        Severity::Advice => (Tone::Request, Tone::Request.glyph()),
        Severity::Normal => (Tone::Success, Tone::Success.glyph()),
    }
}

pub fn findings_ui(ui: &mut Ui, state: &mut CardsState, app: &App, actions: &mut Actions) {
    if app.diagnosing == Diagnosing::BrokeOff {
        nothing(
            ui,
            Tone::Failure,
            "Diagnosing stopped",
            "A mistake in this program ended the diagnosis; the list and the ladder are still complete.",
        );
    }
    let Some(findings) = &app.findings else {
        if app.diagnosing == Diagnosing::BrokeOff {
            return;
        }
        nothing(ui, Tone::Neutral, "Looking for what fails…", "Nothing found so far");
        return;
    };
    state.fit(ui, findings);
    let chosen = app.chosen.as_ref().map(|chosen| chosen.number);
    // What is looked at is never folded away.
    state.is_whole |= chosen.is_some_and(|number| (FEW_CARDS..findings.urgent).contains(&number));
    let is_new = std::mem::replace(&mut state.seen, chosen) != chosen;
    state.shows_calm |= is_new && chosen.is_some_and(|number| number >= findings.urgent);

    if findings.urgent == 0 {
        let so_far = if app.findings_are_so_far() { " so far" } else { "" };
        let (title, tone) = if findings.has_sign_in {
            (format!("Nothing fails{so_far}"), Tone::Success)
        } else {
            (format!("No sign-in in this log{so_far}"), Tone::Neutral)
        };
        let more = if findings.has_sign_in { "" } else { "Nothing fails in what is there. " };
        nothing(ui, tone, &title, &format!("{more}{}", findings.looked_at));
    }
    let few = if state.is_whole { findings.urgent } else { findings.urgent.min(FEW_CARDS) };
    cards_ui(ui, state, findings, 0..few, chosen, is_new, actions);
    if few < findings.urgent && quiet_row(ui, &format!("Show all {}", with_separators(findings.urgent as u64)), false) {
        state.is_whole = true;
    }
    let calm = findings.urgent..findings.cards.len();
    if calm.is_empty() {
        return;
    }
    if quiet_row(ui, &findings.calm, state.shows_calm) {
        state.shows_calm = !state.shows_calm;
    }
    if state.shows_calm {
        cards_ui(ui, state, findings, calm, chosen, is_new, actions);
    }
}

/// What stands in place of cards where there are none.
fn nothing(ui: &mut Ui, tone: Tone, title: &str, text: &str) {
    let tokens = theme::of(ui);
    let colors = tokens.tone(tone);
    egui::Frame::new().fill(colors.soft).corner_radius(6).inner_margin(egui::Margin::symmetric(10, 9)).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.label(RichText::new(tone.glyph()).font(theme::strong_font()).color(colors.text));
            ui.label(RichText::new(title).font(theme::strong_font()).color(tokens.text_strong));
        });
        ui.add_space(3.0);
        ui.add(egui::Label::new(RichText::new(text).font(theme::small_font()).color(tokens.text)).wrap());
    });
    ui.add_space(GAP_PT);
}

impl CardsState {
    /// Starts anew where there are other cards, or another width.
    fn fit(&mut self, ui: &Ui, findings: &Arc<Findings>) {
        let width_pt = ui.available_width();
        let same = self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, findings));
        if same && (width_pt - self.heights.width_pt).abs() < 0.5 {
            return;
        }
        let guess = Guess::of(ui);
        self.heights = Heights::new(width_pt, findings.cards.iter().map(|card| guess.height_pt(card, width_pt)));
        self.of = Some(Arc::clone(findings));
    }
}

/// Cards under each other, as one list: one stop for the tabulator key, arrows walk in it. Only those in sight are laid
/// out; how high the others are is a guess until they come.
fn cards_ui(
    ui: &mut Ui,
    state: &mut CardsState,
    findings: &Findings,
    range: Range<usize>,
    chosen: Option<usize>,
    reveal: bool,
    actions: &mut Actions,
) {
    if range.is_empty() {
        return;
    }
    let heights = &mut state.heights;
    let first_top_pt = heights.top_pt(range.start);
    let all_pt = heights.top_pt(range.end) - first_top_pt;
    let (_, all) = ui.allocate_space(vec2(ui.available_width(), all_pt));
    let is_calm = range.start >= findings.urgent;
    let id = Id::unique(if is_calm { "calm findings" } else { "findings" });
    let list = ui.interact(all, id, Sense::focusable_noninteractive());
    let name = if is_calm { "Explained findings" } else { "Findings" };
    list.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, name));
    let inside = chosen.filter(|number| range.contains(number));
    if list.has_focus() {
        if let Some(next) = walk(ui, id, &range, inside) {
            actions.push(Action::SelectFinding(next));
        }
        if inside.is_none() {
            focus_ring(ui, all);
        }
    }
    if let Some(number) = inside.filter(|_| reveal) {
        let top = all.top() + heights.top_pt(number) - first_top_pt;
        let rect = Rect::from_min_size(pos2(all.left(), top), vec2(all.width(), heights.height_pt(number)));
        ui.scroll_to_rect(rect.expand(GAP_PT), None);
    }
    let clip = ui.clip_rect();
    let first = heights.at_pt(first_top_pt + clip.top() - all.top()).clamp(range.start, range.end);
    let mut top = all.top() + heights.top_pt(first) - first_top_pt;
    for number in first..range.end {
        let Some(card) = findings.cards.get(number).filter(|_| top < clip.bottom()) else { break };
        let is_chosen = chosen == Some(number);
        let laid = Laid::of(ui, card, all.width(), inks(ui, is_chosen));
        let rect = Rect::from_min_size(pos2(all.left(), top), vec2(all.width(), laid.height_pt));
        heights.set(number, laid.height_pt);
        top += laid.height_pt + GAP_PT;
        let response = ui.interact(rect, id.with(number), Sense::CLICK);
        response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_chosen, &card.spoken));
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_position_in_set(number - range.start);
            node.set_size_of_set(range.len());
        });
        card_ui(ui, card, laid, rect, response.hovered(), is_chosen, list.has_focus());
        if response.clicked() {
            list.request_focus();
            actions.push(Action::SelectFinding(number));
        }
    }
    if heights.settle() {
        // What was guessed wrong moves what stands below.
        ui.ctx().request_repaint();
    }
}

/// The card that a key asks for.
fn walk(ui: &Ui, id: Id, range: &Range<usize>, chosen: Option<usize>) -> Option<usize> {
    // Without this lock the arrows would move egui's focus to another widget.
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    let last = range.end.checked_sub(1)?;
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let next = match chosen {
        Some(at) if pressed(Key::ArrowDown) => at + 1,
        Some(at) if pressed(Key::ArrowUp) => at.saturating_sub(1),
        Some(at) if pressed(Key::Enter) => at,
        None if [Key::ArrowDown, Key::ArrowUp, Key::Enter].into_iter().any(pressed) => range.start,
        _ if pressed(Key::Home) => range.start,
        _ if pressed(Key::End) => last,
        _ => return None,
    };
    Some(next.clamp(range.start, last))
}

/// Colours of the texts of a card.
#[derive(Clone, Copy)]
struct Inks {
    title: Color32,
    text: Color32,
    weak: Color32,
}

/// The texts of a card, laid out. The fonts keep them as long as they are asked for in every frame.
struct Laid {
    title: Arc<Galley>,
    user: Option<Arc<Galley>>,
    times: Option<Arc<Galley>>,
    height_pt: f32,
}

pub(super) const BADGE_PT: f32 = 18.0;
pub(super) const LINE_GAP_PT: f32 = 2.0;

impl Laid {
    fn of(ui: &Ui, card: &Card, width_pt: f32, inks: Inks) -> Self {
        let room = room_pt(card, width_pt);
        let lay = |text: &str, font: FontId, color: Color32| {
            let job = LayoutJob::simple(text.to_owned(), font, color, room);
            ui.fonts_mut(|fonts| fonts.layout_job(job))
        };
        let some = |text: &str, color: Color32| (!text.is_empty()).then(|| lay(text, theme::small_font(), color));
        let title = lay(&card.title, theme::strong_font(), inks.title);
        let (user, times) = (some(&card.user, inks.text), some(&card.times, inks.weak));
        let lines = [Some(&title), user.as_ref(), times.as_ref()];
        let lines_pt: f32 = lines.into_iter().flatten().map(|galley| galley.size().y + LINE_GAP_PT).sum();
        Self { title, user, times, height_pt: (PADDING_PT * 2.0 + BADGE_PT + lines_pt).ceil() }
    }
}

/// The width of the texts of a card.
pub(super) fn room_pt(card: &Card, width_pt: f32) -> f32 {
    (width_pt - indent_pt(card) - PADDING_PT * 2.0 - theme::SELECTION_BAR_PT).max(60.0)
}

fn indent_pt(card: &Card) -> f32 {
    INDENT_PT * card.depth.min(3) as f32
}

fn inks(ui: &Ui, is_chosen: bool) -> Inks {
    let tokens = theme::of(ui);
    if is_chosen {
        Inks { title: tokens.selection_text, text: tokens.selection_text, weak: tokens.selection_text_weak }
    } else {
        Inks { title: tokens.text_strong, text: tokens.text, weak: tokens.text_weak }
    }
}

fn card_ui(ui: &Ui, card: &Card, laid: Laid, rect: Rect, is_hovered: bool, is_chosen: bool, has_focus: bool) {
    let tokens = theme::of(ui);
    let (tone, glyph) = look(card.severity);
    let colors = tokens.tone(tone);
    let inks = inks(ui, is_chosen);
    let indent = indent_pt(card);
    let painter = ui.painter();
    if indent > 0.0 {
        // A line from the cause above to what follows from it.
        let (x, y) = (rect.left() + indent - INDENT_PT * 0.6, rect.top() + PADDING_PT + BADGE_PT / 2.0);
        let stroke = (1.0, tokens.hairline_strong);
        painter.vline(x, rect.top() - GAP_PT..=y, stroke);
        painter.hline(x..=rect.left() + indent, y, stroke);
    }
    let body = rect.with_min_x(rect.left() + indent);
    let ground = match (is_chosen, is_hovered) {
        (true, _) => tokens.selection,
        (false, true) => tokens.hover,
        (false, false) => tokens.header,
    };
    painter.rect_filled(body, theme::CORNER_RADIUS_PT, ground);
    let bar = body.with_max_x(body.left() + theme::SELECTION_BAR_PT);
    let corners = egui::CornerRadius { nw: theme::CORNER_RADIUS_PT, sw: theme::CORNER_RADIUS_PT, ne: 0, se: 0 };
    painter.rect_filled(bar, corners, colors.text);
    if is_chosen && has_focus {
        focus_ring(ui, body);
    }
    let left = body.left() + theme::SELECTION_BAR_PT + PADDING_PT;
    let right = body.right() - PADDING_PT;
    let mut top = body.top() + PADDING_PT;
    let middle = top + BADGE_PT / 2.0 - 2.0;
    let word = format!("{glyph} {}", card.severity.name());
    painter.text(pos2(left, middle), Align2::LEFT_CENTER, word, theme::small_strong_font(), colors.text);
    if card.count > 1 {
        let times = times_words(card.severity, card.count);
        painter.text(pos2(right, middle), Align2::RIGHT_CENTER, times, theme::small_font(), inks.weak);
    }
    top += BADGE_PT;
    for galley in [Some(laid.title), laid.user, laid.times].into_iter().flatten() {
        let height = galley.size().y + LINE_GAP_PT;
        painter.galley(pos2(left, top), galley, inks.text);
        top += height;
    }
}
