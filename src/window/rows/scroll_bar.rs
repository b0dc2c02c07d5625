//! The scroll bar of a list: thumb, pages, marks.
//!
//! egui's own scroll bars think in `f32` points, which is too coarse for long lists. At 50 million rows a
//! point of the bar is some 80,000 rows, so with Shift held the thumb moves the list row by row.

use super::position::{Position, View};
use crate::window::theme;
use egui::{Color32, Id, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

const SHORTEST_THUMB_PT: f32 = 28.0;
const MARK_HEIGHT_PT: f32 = 2.0;

/// A mark on the scroll bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// How far down the list, from 0 to 1.
    pub fraction: f32,
    pub color: Color32,
}

#[expect(clippy::cast_possible_truncation, reason = "places on the screen")]
pub(super) fn show(
    ui: &Ui,
    id: Id,
    bar: Rect,
    position: &mut Position,
    grip_pt: &mut Option<f32>,
    view: &View,
    marks: &[Mark],
) {
    let tokens = theme::of(ui);
    ui.painter().rect_filled(bar, 0.0, tokens.panel);
    ui.painter().vline(bar.left() + 0.5, bar.y_range(), (1.0, tokens.hairline));
    for mark in marks {
        let y = bar.top() + mark.fraction.clamp(0.0, 1.0) * (bar.height() - MARK_HEIGHT_PT);
        let rect = Rect::from_min_size(pos2(bar.left() + 2.0, y.round()), vec2(bar.width() - 3.0, MARK_HEIGHT_PT));
        ui.painter().rect_filled(rect, 0.0, mark.color);
    }
    let hidden = view.hidden_rows();
    if hidden <= 0.0 {
        *grip_pt = None;
        return;
    }
    let seen = f64::from(view.height_pt) / f64::from(view.row_height_pt);
    let length = (seen / (seen + hidden) * f64::from(bar.height())).max(f64::from(SHORTEST_THUMB_PT)) as f32;
    let track_pt = f64::from(bar.height() - length).max(1.0);
    let thumb_top = |position: Position| bar.top() + (position.fraction(view) * track_pt) as f32;

    let response = ui.interact(bar, id, Sense::CLICK | Sense::DRAG);
    response.widget_info(|| WidgetInfo::labeled(Role::ScrollBar, true, "Scroll bar"));
    if let Some(pointer) = response.interact_pointer_pos().filter(|_| response.is_pointer_button_down_on()) {
        let top = thumb_top(*position);
        let pressed = ui.input(|input| input.pointer.primary_pressed());
        if pressed {
            *grip_pt = (top..=top + length).contains(&pointer.y).then_some(pointer.y - top);
            if grip_pt.is_none() {
                let page_pt = (view.height_pt - view.row_height_pt).max(view.row_height_pt);
                position.scroll(if pointer.y < top { -page_pt } else { page_pt }, view);
            }
        } else if let Some(grip_pt) = grip_pt {
            if ui.input(|input| input.modifiers.shift) {
                position.scroll(response.drag_delta().y * view.row_height_pt, view);
                *grip_pt = pointer.y - thumb_top(*position);
            } else if response.drag_delta().y != 0.0 {
                *position = Position::at_fraction(f64::from(pointer.y - *grip_pt - bar.top()) / track_pt, view);
            }
        }
    } else {
        *grip_pt = None;
    }

    let color = if grip_pt.is_some() {
        tokens.thumb_pressed
    } else if response.hovered() {
        tokens.thumb_hover
    } else {
        tokens.thumb
    };
    let thumb = Rect::from_min_size(pos2(bar.left() + 3.0, thumb_top(*position)), vec2(bar.width() - 5.0, length));
    ui.painter().rect_filled(thumb.shrink2(vec2(0.0, 2.0)), thumb.width() / 2.0, color);
}
