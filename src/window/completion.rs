//! The rows that open below a text box while someone types: a list to choose from by key or pointer.
//!
//! Serves every box that offers something. What is offered, and what taking a row does, is the caller's.

use super::theme;
use crate::app::Offer;
use crate::export::with_separators;
use egui::{EventFilter, FontId, Id, Key, Modifiers, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

const ROW_HEIGHT_PT: f32 = 22.0;
const GAP_PT: f32 = 14.0;
const GAP_BELOW_BOX_PT: f32 = 4.0;
const NARROWEST_PT: f32 = 320.0;

/// Whether the rows are open, and which is chosen.
#[derive(Debug, Default)]
pub struct CompletionState {
    pub is_open: bool,
    chosen: Option<usize>,
    is_begun: bool,
    is_hovered: bool,
}

/// Looks of one box's rows.
pub struct Completion {
    /// The text box they belong to.
    pub box_id: Id,
    /// How the list is called.
    pub name: &'static str,
    /// Narrower where values and counts alone need less.
    pub width_pt: f32,
    pub font: FontId,
}

/// Where the value ends, and where the count; words fill the rest. Each is as wide as it needs to be.
#[derive(Clone, Copy, Debug, Default)]
struct Columns {
    value_end: f32,
    count_end: f32,
    width: f32,
}

impl CompletionState {
    pub fn open(&mut self) {
        *self = Self { is_open: true, is_hovered: self.is_hovered, ..Self::default() };
    }

    pub fn close(&mut self) {
        *self = Self::default();
    }

    /// Keys for the rows, taken before the box sees them: which row is taken, if one is. Only while the box has
    /// the keyboard and offers are there to be chosen from. `is_begun`: the offers go on with what is typed, so that
    /// Tab takes the first of them.
    pub fn keys(&mut self, ui: &Ui, offers: usize, is_begun: bool) -> Option<usize> {
        if !self.is_open || offers == 0 {
            return None;
        }
        let last = offers - 1;
        self.is_begun = is_begun;
        self.chosen = self.chosen.map(|at| at.min(last));
        ui.input_mut(|input| {
            let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
            if pressed(Key::ArrowDown) {
                self.chosen = Some(self.chosen.map_or(0, |at| at + 1).min(last));
            }
            if pressed(Key::ArrowUp) {
                self.chosen = self.chosen.and_then(|at| at.checked_sub(1));
            }
            if pressed(Key::Escape) {
                self.close();
                return None;
            }
            // With nothing chosen, and nothing begun, these keys do what they do in any box.
            let by_tab = self.chosen.or(is_begun.then_some(0)).filter(|_| pressed(Key::Tab));
            by_tab.or_else(|| self.chosen.filter(|_| pressed(Key::Enter)))
        })
    }
}

impl Completion {
    /// Shows the rows below their box; which row was clicked, if one was.
    pub fn show(&self, state: &mut CompletionState, response: &Response, offers: &[Offer]) -> Option<usize> {
        // A press of the button takes the keyboard from the box before its release makes a click.
        if !response.has_focus() && !state.is_hovered {
            state.close();
        }
        let is_open = state.is_open && !offers.is_empty();
        // These keys are for the rows then, and must not take the keyboard from the box.
        let filter = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            tab: is_open && (state.chosen.is_some() || state.is_begun),
            escape: is_open,
        };
        response.ctx.memory_mut(|memory| memory.set_focus_lock_filter(self.box_id, filter));
        let mut clicked = None;
        let columns = if is_open { self.columns(&response.ctx, offers) } else { Columns::default() };
        // A popup that is too high would be moved up, over its own box.
        let margins = GAP_BELOW_BOX_PT + response.ctx.global_style().spacing.menu_margin.sum().y + theme::GRID_PT * 2.0;
        let below = response.ctx.content_rect().bottom() - response.rect.bottom() - margins;
        let popup = egui::Popup::from_response(response)
            .id(self.box_id.with("completion"))
            .open(is_open)
            .width(columns.width)
            .gap(GAP_BELOW_BOX_PT)
            .close_behavior(egui::PopupCloseBehavior::IgnoreClicks)
            .show(|ui| {
                let list = self.box_id.with("completion list");
                // Without a least height the rows would scroll in the space that fewer rows took before them.
                let most = below.max(ROW_HEIGHT_PT);
                let wanted = (ROW_HEIGHT_PT * offers.len() as f32).min(most);
                let scroll = egui::ScrollArea::vertical().max_height(most).min_scrolled_height(wanted);
                scroll.show(ui, |ui| {
                    ui.set_width(columns.width);
                    ui.spacing_mut().item_spacing.y = 0.0;
                    clicked = self.rows(ui, list, state, offers, &columns);
                });
                ui.ctx().accesskit_node_builder(self.box_id, |node| {
                    if let Some(chosen) = state.chosen {
                        node.set_active_descendant(list.with(chosen).accesskit_id());
                    }
                });
            });
        state.is_hovered = popup.is_some_and(|popup| popup.response.contains_pointer());
        clicked
    }

    fn rows(
        &self,
        ui: &mut Ui,
        list: Id,
        state: &CompletionState,
        offers: &[Offer],
        columns: &Columns,
    ) -> Option<usize> {
        let all = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), ROW_HEIGHT_PT * offers.len() as f32));
        let group = ui.interact(all, list, Sense::empty());
        group.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, self.name));
        let mut clicked = None;
        for (at, offer) in offers.iter().enumerate() {
            let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW_HEIGHT_PT));
            let row = ui.interact(rect, list.with(at), Sense::CLICK);
            let is_chosen = state.chosen == Some(at);
            row.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_chosen, spoken(offer)));
            ui.ctx().accesskit_node_builder(row.id, |node| {
                node.set_position_in_set(at);
                node.set_size_of_set(offers.len());
            });
            if is_chosen {
                row.scroll_to_me(None);
            }
            self.paint(ui, &row, is_chosen, offer, columns);
            if row.clicked() {
                clicked = Some(at);
            }
        }
        clicked
    }

    fn columns(&self, ctx: &egui::Context, offers: &[Offer]) -> Columns {
        let measure = |text: String, font: &FontId| {
            let color = egui::Color32::PLACEHOLDER;
            let galley = ctx.fonts_mut(|fonts| fonts.layout_no_wrap(text, font.clone(), color));
            galley.size().x + theme::CELL_PADDING_PT * 2.0
        };
        let counts = offers.iter().filter_map(|offer| offer.count);
        let count = counts.map(|count| measure(with_separators(count), &theme::small_font())).fold(0.0, f32::max);
        let values = offers.iter().map(|offer| measure(offer.value.clone(), &self.font));
        let value = values.fold(0.0, f32::max);
        if offers.iter().all(|offer| offer.about.is_empty()) {
            let width = (value + GAP_PT + count).max(NARROWEST_PT).min(self.width_pt);
            return Columns { value_end: width - count, count_end: width, width };
        }
        let words = offers.iter().map(|offer| measure(offer.about.clone(), &theme::small_font())).fold(0.0, f32::max);
        // Words give way to values only where both are long.
        let room = self.width_pt - GAP_PT - count - words;
        let value_end = value.min(room.max(self.width_pt * 0.6));
        Columns { value_end, count_end: value_end + GAP_PT + count, width: self.width_pt }
    }

    fn paint(&self, ui: &Ui, row: &Response, is_chosen: bool, offer: &Offer, columns: &Columns) {
        let tokens = theme::of(ui);
        let (text, weak) = if is_chosen {
            (tokens.selection_text, tokens.selection_text_weak)
        } else {
            (tokens.text, tokens.text_weak)
        };
        let ground = if is_chosen { Some(tokens.selection) } else { row.hovered().then_some(tokens.hover) };
        if let Some(ground) = ground {
            ui.painter().rect_filled(row.rect, theme::CORNER_RADIUS_PT, ground);
        }
        let cell = |from: f32, to: f32| {
            let Rect { min, max } = row.rect;
            Rect::from_min_max(pos2(min.x + from, min.y), pos2(min.x + to, max.y))
        };
        let Columns { value_end, count_end, width } = *columns;
        super::rows::paint_cell(ui, cell(0.0, value_end), &offer.value, text, self.font.clone());
        if let Some(count) = offer.count {
            let cell = cell(value_end, count_end);
            super::rows::paint_cell_end(ui, cell, &with_separators(count), weak, theme::small_font());
        }
        if !offer.about.is_empty() {
            super::rows::paint_cell(ui, cell(count_end, width), &offer.about, weak, theme::small_font());
        }
    }
}

/// `401   147   Unauthorized`
fn spoken(offer: &Offer) -> String {
    let count = offer.count.map(with_separators);
    let parts = [Some(offer.value.clone()), count, Some(offer.about.clone())];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("   ")
}
