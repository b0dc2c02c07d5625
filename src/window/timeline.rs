//! The strip over the list: how many messages when, how many of them challenges and failures.
//!
//! Paints counts it is given and says which range was dragged out. Does not count, and knows no clock:
//! how a time reads is the caller's word.

use super::theme::{self, TIMELINE_HEIGHT_PT, Tokens};
use crate::app::TimelineBucket as Bucket;
use egui::{Align2, Color32, CursorIcon, Pos2, Rangef, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// Height of the line of times below the bars.
const LABELS_PT: f32 = 18.0;
/// Blank above the highest bar.
const HEADROOM_PT: f32 = 5.0;
const SIDE_PT: f32 = 8.0;
/// Bars are at least this wide with the gap after them; finer buckets are added up.
const LEAST_BAR_PT: f32 = 4.0;
/// The least a count of one is high, so that a single failure in a million is seen.
const LEAST_FAILURE_PT: f32 = 6.0;
const LEAST_CHALLENGE_PT: f32 = 3.0;
const LEAST_OTHER_PT: f32 = 2.0;
/// The least between the middles of two labels.
const LABEL_EVERY_PT: f32 = 130.0;

/// What the strip shows. Times are milliseconds.
#[derive(Clone, Copy)]
pub struct TimelineView<'a> {
    /// First and last time.
    pub span: (i64, i64),
    /// Equal slices of the span, in order.
    pub buckets: &'a [Bucket],
    /// The range the query keeps to.
    pub selected: Option<(i64, i64)>,
    /// The time of the selected message.
    pub cursor: Option<i64>,
    /// How a time reads.
    pub label: &'a dyn Fn(i64) -> String,
}

/// What the user did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimelineAction {
    /// A range was dragged out, from earlier to later.
    Selected(i64, i64),
    /// The range is to be given up.
    Cleared,
}

/// Shows the strip over the whole width.
pub fn timeline_ui(ui: &mut Ui, view: &TimelineView<'_>) -> Option<TimelineAction> {
    let tokens = theme::of(ui);
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), TIMELINE_HEIGHT_PT), Sense::CLICK | Sense::DRAG);
    let scale = Scale::new(rect, view.span);
    response.widget_info(|| WidgetInfo::labeled(Role::Group, true, accessible_name(view)));
    if ui.is_rect_visible(rect) {
        let painter = ui.painter_at(rect);
        painter.rect_filled(rect, 0.0, tokens.window);
        let base = scale.bars.bottom();
        painter.hline(rect.x_range(), base + 0.5, (1.0, tokens.hairline));
        paint_bars(&painter, &scale, view.buckets, tokens);
        if let Some(range) = view.selected {
            paint_range(&painter, &scale, range, tokens);
        }
        paint_labels(&painter, &scale, view, tokens);
        if let Some(at) = view.cursor.filter(|at| (view.span.0..=view.span.1).contains(at)) {
            let x = scale.x(at).round() + 0.5;
            // Above the bar it points at, and below it; never over it.
            let bar = bar_top(&scale, view.buckets, x);
            painter.vline(x, Rangef::new(rect.top(), bar - 1.0), (1.0, tokens.timeline.cursor));
            painter.vline(x, Rangef::new(base, base + 4.0), (1.0, tokens.timeline.cursor));
            let head = [pos2(x - 4.0, rect.top()), pos2(x + 4.0, rect.top()), pos2(x, rect.top() + 5.0)];
            painter.add(egui::Shape::convex_polygon(head.to_vec(), tokens.timeline.cursor, egui::Stroke::NONE));
        }
    }
    act(ui, &response, &scale, view, tokens)
}

fn accessible_name(view: &TimelineView<'_>) -> String {
    let sum = |count: fn(&Bucket) -> u32| view.buckets.iter().map(|bucket| u64::from(count(bucket))).sum();
    let [total, challenges, failures]: [u64; 3] =
        [sum(|bucket| bucket.total), sum(|bucket| bucket.challenges), sum(|bucket| bucket.failures)];
    let (from, to) = view.span;
    format!("Timeline, {} to {}: {}", (view.label)(from), (view.label)(to), counts(total, challenges, failures))
}

/// Counts in words.
fn counts(total: u64, challenges: u64, failures: u64) -> String {
    let mut text = plural(total, "message");
    for (count, word) in [(challenges, "challenge"), (failures, "failure")] {
        if count > 0 {
            text.push_str(", ");
            text.push_str(&plural(count, word));
        }
    }
    text
}

fn plural(count: u64, word: &str) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + word.len() + 8);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text.push(' ');
    text.push_str(word);
    if count != 1 {
        text.push('s');
    }
    text
}

/// Times to places and back.
#[derive(Clone, Copy, Debug)]
struct Scale {
    bars: Rect,
    labels: Rect,
    span: (i64, i64),
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "places on the screen; milliseconds of a log are below 2^53"
)]
impl Scale {
    fn new(rect: Rect, (from, to): (i64, i64)) -> Self {
        let inside = rect.shrink2(vec2(SIDE_PT, 0.0));
        let base = inside.bottom() - LABELS_PT;
        Self {
            bars: Rect::from_min_max(inside.min, pos2(inside.right(), base)),
            labels: Rect::from_min_max(pos2(inside.left(), base), inside.max),
            span: (from, to.max(from.saturating_add(1))),
        }
    }

    fn length_ms(&self) -> f64 {
        self.span.1.saturating_sub(self.span.0) as f64
    }

    fn x(&self, at_ms: i64) -> f32 {
        let part = at_ms.saturating_sub(self.span.0) as f64 / self.length_ms();
        self.bars.left() + (part.clamp(0.0, 1.0) * f64::from(self.bars.width())) as f32
    }

    fn time(&self, x: f32) -> i64 {
        let part = f64::from(x - self.bars.left()) / f64::from(self.bars.width().max(1.0));
        self.span.0.saturating_add((part.clamp(0.0, 1.0) * self.length_ms()).round() as i64)
    }

    /// A round number of milliseconds, no less than `LABEL_EVERY_PT` wide.
    fn tick_ms(&self) -> i64 {
        const SECOND: i64 = 1_000;
        const MINUTE: i64 = 60 * SECOND;
        const HOUR: i64 = 60 * MINUTE;
        const DAY: i64 = 24 * HOUR;
        const STEPS: [i64; 29] = [
            1,
            2,
            5,
            10,
            20,
            50,
            100,
            200,
            500,
            SECOND,
            2 * SECOND,
            5 * SECOND,
            10 * SECOND,
            15 * SECOND,
            30 * SECOND,
            MINUTE,
            2 * MINUTE,
            5 * MINUTE,
            10 * MINUTE,
            15 * MINUTE,
            30 * MINUTE,
            HOUR,
            2 * HOUR,
            3 * HOUR,
            6 * HOUR,
            12 * HOUR,
            DAY,
            2 * DAY,
            7 * DAY,
        ];
        let least = self.length_ms() * f64::from(LABEL_EVERY_PT / self.bars.width().max(1.0));
        let step = STEPS.into_iter().find(|&step| step as f64 >= least);
        step.unwrap_or_else(|| (least / (7 * DAY) as f64).ceil() as i64 * 7 * DAY)
    }
}

/// Added up counts of one bar, and where it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Bar {
    left: f32,
    right: f32,
    total: u64,
    challenges: u64,
    failures: u64,
}

/// Bars of whole points, no narrower than [`LEAST_BAR_PT`]: neighbours are added up where there are too many.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places on the screen"
)]
fn bars(area: Rect, buckets: &[Bucket]) -> Vec<Bar> {
    let most = ((area.width() / LEAST_BAR_PT) as usize).max(1);
    let count = buckets.len().min(most);
    let edge = |number: usize| (area.left() + area.width() * number as f32 / count as f32).round();
    let mut bars: Vec<Bar> =
        (0..count).map(|number| Bar { left: edge(number), right: edge(number + 1), ..Bar::default() }).collect();
    for (number, bucket) in buckets.iter().enumerate() {
        if let Some(bar) = bars.get_mut(number * count / buckets.len()) {
            bar.total += u64::from(bucket.total);
            bar.challenges += u64::from(bucket.challenges);
            bar.failures += u64::from(bucket.failures);
        }
    }
    bars
}

/// Heights of failures, of these with challenges, and of all, each from the base.
///
/// By square root, since a quiet minute must be seen beside a busy one.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "heights on the screen")]
fn heights_pt(bar: &Bar, most: u64, room_pt: f32) -> [f32; 3] {
    let height = |count: u64| ((count as f64 / most.max(1) as f64).sqrt() as f32 * room_pt).round();
    let least = |count: u64, least_pt: f32| if count > 0 { least_pt } else { 0.0 };
    let failures = height(bar.failures).max(least(bar.failures, LEAST_FAILURE_PT));
    let warned = height(bar.failures + bar.challenges).max(failures + least(bar.challenges, LEAST_CHALLENGE_PT));
    let rest = bar.total.saturating_sub(bar.failures + bar.challenges);
    [failures, warned, height(bar.total).max(warned + least(rest, LEAST_OTHER_PT))]
}

fn paint_bars(painter: &egui::Painter, scale: &Scale, buckets: &[Bucket], tokens: &Tokens) {
    let bars = bars(scale.bars, buckets);
    let most = bars.iter().map(|bar| bar.total).max().unwrap_or(0);
    let base = scale.bars.bottom();
    let colors = [tokens.timeline.failure, tokens.timeline.challenge, tokens.timeline.all];
    for bar in bars.iter().filter(|bar| bar.total > 0) {
        let gap = if bar.right - bar.left > 12.0 { 2.0 } else { 1.0 };
        let mut from = 0.0;
        for (height, color) in heights_pt(bar, most, scale.bars.height() - HEADROOM_PT).into_iter().zip(colors) {
            if height > from {
                let rect = Rect::from_min_max(pos2(bar.left, base - height), pos2(bar.right - gap, base - from));
                painter.rect_filled(rect, 0.0, color);
                from = height;
            }
        }
    }
}

/// Where the highest of the bars at a place begins.
fn bar_top(scale: &Scale, buckets: &[Bucket], x: f32) -> f32 {
    let bars = bars(scale.bars, buckets);
    let most = bars.iter().map(|bar| bar.total).max().unwrap_or(0);
    let near = bars.iter().filter(|bar| bar.total > 0 && (bar.left - 1.0..=bar.right).contains(&x));
    let room = scale.bars.height() - HEADROOM_PT;
    let height = near.map(|bar| heights_pt(bar, most, room)[2]).fold(0.0, f32::max);
    scale.bars.bottom() - height
}

fn paint_range(painter: &egui::Painter, scale: &Scale, (from, to): (i64, i64), tokens: &Tokens) {
    let (left, right) = (scale.x(from).round(), scale.x(to).round().max(scale.x(from).round() + 2.0));
    let strip = painter.clip_rect().with_max_y(scale.bars.bottom());
    painter.rect_filled(strip.with_max_x(left), 0.0, tokens.timeline.outside);
    painter.rect_filled(strip.with_min_x(right), 0.0, tokens.timeline.outside);
    for x in [left, right - 1.0] {
        painter.rect_filled(Rect::from_min_size(pos2(x, strip.top()), vec2(1.0, strip.height())), 0.0, tokens.accent);
    }
    let cap = Rect::from_min_max(pos2(left, strip.top()), pos2(right, strip.top() + 2.0));
    painter.rect_filled(cap, 0.0, tokens.timeline.range);
}

/// Both ends always; round times between them where there is room.
fn paint_labels(painter: &egui::Painter, scale: &Scale, view: &TimelineView<'_>, tokens: &Tokens) {
    let y = scale.labels.center().y + 1.0;
    let put = |x: f32, align: Align2, at_ms: i64, color: Color32| {
        painter.text(pos2(x, y), align, (view.label)(at_ms), theme::small_font(), color).x_range()
    };
    let (from, to) = view.span;
    let first = put(scale.labels.left(), Align2::LEFT_CENTER, from, tokens.text_weak);
    let last = put(scale.labels.right(), Align2::RIGHT_CENTER, to, tokens.text_weak);
    let half = first.span().max(last.span()) / 2.0 + SIDE_PT * 1.5;
    let free = Rangef::new(first.max + half, last.min - half);
    let step = scale.tick_ms();
    let mut at = from.div_euclid(step).saturating_add(1).saturating_mul(step);
    while at < to {
        let x = scale.x(at).round();
        if free.contains(x) {
            painter.vline(
                x + 0.5,
                Rangef::new(scale.labels.top(), scale.labels.top() + 3.0),
                (1.0, tokens.hairline_strong),
            );
            put(x, Align2::CENTER_CENTER, at, tokens.text_weak);
        }
        at = at.saturating_add(step);
    }
}

fn act(
    ui: &Ui,
    response: &Response,
    scale: &Scale,
    view: &TimelineView<'_>,
    tokens: &Tokens,
) -> Option<TimelineAction> {
    if response.hovered() {
        ui.set_cursor_icon(CursorIcon::Text);
    }
    let start = response.id.with("start");
    let pointer = response.interact_pointer_pos();
    if response.drag_started()
        && let Some(at) = ui.input(|input| input.pointer.press_origin()).or(pointer)
    {
        ui.data_mut(|data| data.insert_temp(start, at));
    }
    let origin: Option<Pos2> = ui.data(|data| data.get_temp(start));
    if let (Some(origin), Some(pointer)) = (origin, pointer) {
        let (one, other) = (scale.time(origin.x), scale.time(pointer.x));
        let range = (one.min(other), one.max(other));
        if response.dragged() {
            paint_range(&ui.painter_at(response.rect), scale, range, tokens);
            let text = format!("{} to {}", (view.label)(range.0), (view.label)(range.1));
            response.clone().on_hover_text_at_pointer(text);
        }
        if response.drag_stopped() {
            ui.data_mut(|data| data.remove::<Pos2>(start));
            return (range.0 < range.1).then_some(TimelineAction::Selected(range.0, range.1));
        }
    }
    if response.double_clicked() {
        return Some(TimelineAction::Cleared);
    }
    if let Some(at) = response.hover_pos().filter(|_| !response.dragged()) {
        hover(ui, response, at, scale, view, tokens);
    }
    None
}

/// The bar under the pointer, with its time and its counts.
fn hover(ui: &Ui, response: &Response, at: Pos2, scale: &Scale, view: &TimelineView<'_>, tokens: &Tokens) {
    let bars = bars(scale.bars, view.buckets);
    let Some(bar) = bars.iter().find(|bar| (bar.left..bar.right).contains(&at.x)) else { return };
    let strip = Rect::from_x_y_ranges(Rangef::new(bar.left, bar.right), scale.bars.y_range());
    let edge = egui::Stroke::new(1.0, tokens.hairline_strong);
    ui.painter().rect_stroke(strip, 0.0, edge, egui::StrokeKind::Outside);
    response.clone().on_hover_ui_at_pointer(|ui| {
        let (from, to) = ((view.label)(scale.time(bar.left)), (view.label)(scale.time(bar.right)));
        ui.label(egui::RichText::new(format!("{from} to {to}")).font(theme::strong_font()));
        ui.label(counts(bar.total, bar.challenges, bar.failures));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(from: i64, to: i64) -> Scale {
        Scale::new(Rect::from_min_size(pos2(0.0, 0.0), vec2(1_000.0 + 2.0 * SIDE_PT, 56.0)), (from, to))
    }

    #[test]
    fn times_and_places() {
        let scale = scale(5_000, 15_000);
        for (at, x) in [(5_000, 8.0), (10_000, 508.0), (15_000, 1_008.0)] {
            assert!((scale.x(at) - x).abs() < 0.01);
            assert_eq!(scale.time(x), at);
        }
        assert_eq!((scale.time(-50.0), scale.time(9_999.0)), (5_000, 15_000), "never beyond the span");
        assert_eq!(super::tests::scale(7, 7).time(508.0), 8, "a span of nothing is no division by nothing");
    }

    #[test]
    fn ticks_are_round_and_far_enough_apart() {
        let hour = 3_600_000;
        for (length, wanted) in
            [(5, 1), (10_000, 2_000), (hour, 600_000), (24 * hour, 6 * hour), (400 * 24 * hour, 56 * 24 * hour)]
        {
            assert_eq!(scale(0, length).tick_ms(), wanted, "{length}");
        }
        assert!(scale(i64::MIN, i64::MAX).tick_ms() > 0);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "whole points, which are exact")]
    fn one_failure_among_a_million_is_seen() {
        let bar = Bar { total: 1_000_000, failures: 1, challenges: 1, ..Bar::default() };
        assert_eq!(heights_pt(&bar, 1_000_000, 40.0), [6.0, 9.0, 40.0]);
        let none = Bar::default();
        assert_eq!(heights_pt(&none, 0, 40.0), [0.0; 3]);
    }

    #[test]
    fn too_many_buckets_are_added_up_and_none_is_lost() {
        let buckets = vec![Bucket { total: 2, challenges: 1, failures: 1 }; 10_007];
        let bars = bars(scale(0, 1).bars, &buckets);
        assert_eq!(bars.len(), 250);
        assert_eq!(bars.iter().map(|bar| bar.total).sum::<u64>(), 20_014);
        assert!(bars.windows(2).all(|pair| pair[0].right.to_bits() == pair[1].left.to_bits()));
    }

    #[test]
    fn counts_in_words() {
        assert_eq!(counts(1_204_118, 1, 0), "1,204,118 messages, 1 challenge");
        assert_eq!(counts(1, 0, 2), "1 message, 2 failures");
    }
}
