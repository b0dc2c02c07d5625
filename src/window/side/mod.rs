//! The left side: what was found, and what the log holds: people, codes, servers, files. A click filters.

mod cards;
mod heights;
mod lists;

pub use self::cards::look;

use self::cards::CardsState;
use super::theme;
use crate::app::{Actions, App};
use crate::export::with_separators;
use crate::index::Column;
use egui::{Align2, Color32, Rect, Response, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

/// What is folded and opened.
#[derive(Default)]
pub struct SidePanel {
    cards: CardsState,
    /// Sections that are folded, by their number.
    folded: [bool; 5],
    /// Lists of which all rows are shown, by the number of their section.
    whole: [bool; 5],
}

/// Rows of a list that are shown before it is asked for all.
const FEW_ROWS: usize = 8;

/// All sections, the findings first.
pub fn side_ui(ui: &mut Ui, panel: &mut SidePanel, app: &App, actions: &mut Actions) {
    let values = |column| app.view.values.of(column).len();
    let people = app.findings.as_ref().map_or(0, |findings| findings.people.len());
    let sections: [(&str, usize); 5] = [
        ("Findings", app.findings.as_ref().map_or(0, |findings| findings.urgent)),
        ("People", people),
        ("Codes", app.view.codes.len()),
        ("Servers", values(Column::Machine)),
        ("Files", app.view.index.files().len()),
    ];
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        for (number, (name, count)) in sections.into_iter().enumerate() {
            // A section without anything in it is left out, except those that say so.
            if count == 0 && matches!(name, "People" | "Servers") {
                continue;
            }
            let (Some(folded), Some(whole)) = (panel.folded.get_mut(number), panel.whole.get_mut(number)) else {
                continue;
            };
            let is_so_far = number < 2 && app.findings_are_so_far() || app.is_indexing();
            heading(ui, name, count, is_so_far, folded);
            if *folded {
                continue;
            }
            match number {
                0 => cards::findings_ui(ui, &mut panel.cards, app, actions),
                1 => lists::people_ui(ui, app, whole, actions),
                2 => lists::codes_ui(ui, app, whole, actions),
                3 => lists::servers_ui(ui, app, whole, actions),
                _ => lists::files_ui(ui, app, whole, actions),
            }
            ui.add_space(10.0);
        }
    });
}

const HEADING_HEIGHT_PT: f32 = 28.0;

/// The title of a section with its count. Folds and opens it.
fn heading(ui: &mut Ui, name: &str, count: usize, is_so_far: bool, folded: &mut bool) {
    let tokens = theme::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEADING_HEIGHT_PT), Sense::click());
    // A section that is empty says so below.
    let count = if count == 0 { String::new() } else { with_separators(count as u64) };
    let so_far = if is_so_far { " so far" } else { "" };
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, format!("{name} {count}{so_far}")));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_expanded(!*folded));
    follow_focus(&response);
    row_ground(ui, rect, &response, false);
    let color = if response.hovered() { tokens.text_strong } else { tokens.text_weak };
    triangle(ui, pos2(rect.left() + 10.0, rect.center().y), !*folded, color);
    let at = pos2(rect.left() + 20.0, rect.center().y);
    let painter = ui.painter();
    let title = painter.text(at, Align2::LEFT_CENTER, name, theme::strong_font(), tokens.text_strong);
    let at = pos2(title.right() + 8.0, rect.center().y);
    painter.text(at, Align2::LEFT_CENTER, format!("{count}{so_far}").trim(), theme::small_font(), tokens.text_weak);
    if response.clicked() {
        *folded = !*folded;
    }
}

/// A small triangle: down where what follows is open, else to the right.
fn triangle(ui: &Ui, middle: egui::Pos2, is_open: bool, color: Color32) {
    let corners = if is_open {
        [vec2(-4.0, -2.0), vec2(4.0, -2.0), vec2(0.0, 3.0)]
    } else {
        [vec2(-2.0, -4.0), vec2(3.0, 0.0), vec2(-2.0, 4.0)]
    };
    ui.painter().add(Shape::convex_polygon(corners.map(|corner| middle + corner).to_vec(), color, Stroke::NONE));
}

/// What stands behind a row that is chosen, hovered, or has the keyboard.
fn row_ground(ui: &Ui, rect: Rect, response: &Response, is_chosen: bool) {
    let tokens = theme::of(ui);
    let ground = if is_chosen { Some(tokens.selection) } else { response.hovered().then_some(tokens.hover) };
    if let Some(ground) = ground {
        ui.painter().rect_filled(rect, theme::CORNER_RADIUS_PT, ground);
    }
    if response.has_focus() {
        focus_ring(ui, rect);
    }
}

fn focus_ring(ui: &Ui, rect: Rect) {
    let stroke = Stroke::new(1.0, theme::of(ui).accent);
    ui.painter().rect_stroke(rect, theme::CORNER_RADIUS_PT, stroke, egui::StrokeKind::Inside);
}

/// What gets the keyboard comes into sight.
fn follow_focus(response: &Response) {
    if response.gained_focus() {
        response.scroll_to_me(None);
    }
}

/// A quiet row that opens or folds something.
fn quiet_row(ui: &mut Ui, text: &str, is_open: bool) -> bool {
    let tokens = theme::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, text));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_expanded(is_open));
    follow_focus(&response);
    row_ground(ui, rect, &response, false);
    triangle(ui, pos2(rect.left() + 14.0, rect.center().y), is_open, tokens.text_weak);
    let cell = rect.with_min_x(rect.left() + 18.0);
    super::rows::paint_cell(ui, cell, text, tokens.text_weak, theme::small_font());
    response.clicked()
}

/// Rows of one height. Only those in view are made, and one to either side for the keyboard to go on to.
fn rows_ui(ui: &mut Ui, name: &str, count: usize, height_pt: f32, mut row: impl FnMut(&mut Ui, usize, Rect, Response)) {
    let (id, all) = ui.allocate_space(vec2(ui.available_width(), height_pt * count as f32));
    let id = id.with(name);
    let clip = ui.clip_rect();
    let first = ((clip.top() - all.top()) / height_pt).floor().max(1.0) as usize - 1;
    let last = ((clip.bottom() - all.top()) / height_pt).ceil().max(0.0) as usize + 1;
    for at in first..last.min(count) {
        let top = all.top() + at as f32 * height_pt;
        let rect = Rect::from_min_max(pos2(all.left(), top), pos2(all.right(), top + height_pt));
        let response = ui.interact(rect, id.with(at), Sense::click());
        follow_focus(&response);
        row(ui, at, rect, response);
    }
}
