//! A list of up to `u32::MAX` rows of equal height, and its columns.
//!
//! The position is a row and the part of it that is scrolled out, never points from the top: `f32`
//! points break near a million rows. Rows are painted by the caller, one closure call for each row in
//! view. Knows nothing of messages; sorting, filtering and the choice of columns are the caller's.

mod columns;
mod position;
mod scroll_bar;

pub use self::columns::{Column, Columns, paint_cell, paint_cell_end};
pub use self::position::Position;
pub use self::scroll_bar::Mark;

use self::position::View;
use super::theme::{self, ROW_HEIGHT_PT, SCROLL_BAR_WIDTH_PT, SELECTION_BAR_PT, Tokens};
use egui::{Color32, EventFilter, Key, Modifiers, Rect, Response, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use std::ops::Range;

/// Where a list stands. Plain data of the caller; survives anything but a change of what is listed.
#[derive(Clone, Debug, Default)]
pub struct RowsState {
    /// The first row in view.
    pub position: Position,
    pub selected: Option<u64>,
    /// Stays at the end while rows are added, as long as it stands there.
    pub follow_end: bool,
    wanted: Option<Wanted>,
    at_end: bool,
    /// Where the pointer holds the thumb of the scroll bar, from the thumb's top.
    grip_pt: Option<f32>,
    menu_row: Option<u64>,
}

/// What to bring into view once the height of the view is known.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    Nearest(u64),
    Middle(u64),
}

impl RowsState {
    /// Selects a row and scrolls just enough to show it.
    pub fn select(&mut self, row: u64) {
        self.selected = Some(row);
        self.reveal(row);
    }

    /// Scrolls just enough to show `row` in the next frame.
    pub fn reveal(&mut self, row: u64) {
        self.wanted = Some(Wanted::Nearest(row));
    }

    /// Where `row` is out of view, brings it to the middle: for jumps, where its neighbours matter.
    pub fn reveal_in_middle(&mut self, row: u64) {
        self.wanted = Some(Wanted::Middle(row));
    }
}

/// How a row is to be painted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowState {
    pub selected: bool,
    pub hovered: bool,
    /// The list has the keyboard.
    pub focused: bool,
}

impl RowState {
    /// The colour of usual text on this row.
    #[must_use]
    pub fn text(self, tokens: &Tokens) -> Color32 {
        if self.selected { tokens.selection_text } else { tokens.text }
    }

    /// The colour of text of less weight on this row.
    #[must_use]
    pub fn text_weak(self, tokens: &Tokens) -> Color32 {
        if self.selected { tokens.selection_text_weak } else { tokens.text_weak }
    }
}

/// What happened to the list in this frame.
#[derive(Debug)]
pub struct RowsOutput {
    pub clicked: Option<u64>,
    /// Double-clicked, or Enter.
    pub activated: Option<u64>,
    /// The selection moved, by pointer or key.
    pub selection_changed: bool,
    pub hovered: Option<u64>,
    /// The row that was clicked with the other button, for `response.context_menu(…)`: given in every
    /// frame while that row is in view, so that its menu stays open.
    pub menu: Option<(u64, Response)>,
    /// The rows in view.
    pub visible: Range<u64>,
    /// The list itself; has the keyboard focus.
    pub response: Response,
}

/// A list to show: what it is called, how many rows it has, how it looks.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    label: &'a str,
    count: u64,
    height_pt: f32,
    striped: bool,
    marks: &'a [Mark],
}

impl<'a> Rows<'a> {
    /// `label` is the accessible name, and names the list apart from others in the same `Ui`.
    #[must_use]
    pub fn new(label: &'a str, count: u64) -> Self {
        Self { label, count, height_pt: ROW_HEIGHT_PT, striped: true, marks: &[] }
    }

    #[must_use]
    pub fn height_pt(self, height_pt: f32) -> Self {
        Self { height_pt, ..self }
    }

    #[must_use]
    pub fn striped(self, striped: bool) -> Self {
        Self { striped, ..self }
    }

    /// Marks on the scroll bar.
    #[must_use]
    pub fn marks(self, marks: &'a [Mark]) -> Self {
        Self { marks, ..self }
    }

    /// Fills what is left of `ui`. `paint` draws one row into its rectangle and returns its accessible name.
    pub fn show(
        self,
        ui: &mut Ui,
        state: &mut RowsState,
        mut paint: impl FnMut(&mut Ui, u64, Rect, RowState) -> String,
    ) -> RowsOutput {
        let tokens = theme::of(ui);
        let id = ui.make_persistent_id(self.label);
        let outer = ui.available_rect_before_wrap();
        let area = outer.with_max_x((outer.max.x - SCROLL_BAR_WIDTH_PT).max(outer.min.x));
        let view = View { rows: self.count, row_height_pt: self.height_pt, height_pt: area.height() };
        ui.painter().rect_filled(outer, 0.0, tokens.panel);

        let list = ui.interact(area, id, Sense::click());
        let mut out = RowsOutput {
            clicked: None,
            activated: None,
            selection_changed: false,
            hovered: None,
            menu: None,
            visible: 0..0,
            response: list.clone(),
        };
        if list.clicked() {
            list.request_focus();
        }
        settle(state, &view);
        if list.has_focus() {
            keys(ui, &list, state, &view, &mut out);
        }
        wheel(ui, outer, &mut state.position, &view);
        state.position.clamp(&view);

        let focused = list.has_focus();
        let mut inner =
            ui.new_child(UiBuilder::new().scope_id(id.with("rows")).max_rect(area).accessibility_parent(id));
        inner.set_clip_rect(area.intersect(inner.clip_rect()));
        // A row that is cut at the top cannot be read: the first in view is whole.
        let first = state.position.row + u64::from(state.position.hidden_pt > 0.5);
        // Every y is counted from the top of the view, so it stays small and exact.
        let mut top = area.top();
        let mut row = first;
        while row < self.count && top < area.bottom() {
            let rect = Rect::from_min_size(pos2(area.left(), top), vec2(area.width(), self.height_pt));
            self.row(&mut inner, id, row, rect, focused, state, &mut out, &mut paint);
            top += self.height_pt;
            row += 1;
        }
        out.visible = first..row;
        if out.clicked.is_some() {
            list.request_focus();
        }

        list.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, self.label));
        let active = state.selected.filter(|row| out.visible.contains(row)).map(|row| row_id(id, row));
        ui.ctx().accesskit_node_builder(id, |node| {
            node.set_size_of_set(usize::try_from(self.count).unwrap_or(usize::MAX));
            if let Some(active) = active {
                node.set_active_descendant(active.accesskit_id());
            }
        });

        let bar = outer.with_min_x(area.max.x);
        scroll_bar::show(ui, id.with("bar"), bar, &mut state.position, &mut state.grip_pt, &view, self.marks);
        state.at_end = state.position.is_at_end(&view);
        ui.advance_cursor_after_rect(outer);
        out
    }

    #[expect(clippy::too_many_arguments, reason = "the body of one loop, apart for its length")]
    fn row(
        &self,
        ui: &mut Ui,
        list: egui::Id,
        row: u64,
        rect: Rect,
        focused: bool,
        state: &mut RowsState,
        out: &mut RowsOutput,
        paint: &mut impl FnMut(&mut Ui, u64, Rect, RowState) -> String,
    ) {
        let tokens = theme::of(ui);
        // Named by row, not by place, so that hover and menus stay with their row. Not focusable: the
        // tabulator key stops at the list, not at each row.
        let response = ui.interact(rect, row_id(list, row), Sense::CLICK);
        if (response.clicked() || response.secondary_clicked()) && state.selected != Some(row) {
            state.selected = Some(row);
            out.selection_changed = true;
        }
        let selected = state.selected == Some(row);
        let look = RowState { selected, hovered: response.hovered(), focused };
        let ground = match look {
            RowState { selected: true, focused: true, .. } => Some(tokens.selection),
            RowState { selected: true, .. } => Some(tokens.selection_resting),
            RowState { hovered: true, .. } => Some(tokens.hover),
            _ => (self.striped && row % 2 == 1).then_some(tokens.stripe),
        };
        if let Some(ground) = ground {
            ui.painter().rect_filled(rect, 0.0, ground);
        }
        let mut name = paint(ui, row, rect, look);
        if name.trim().is_empty() {
            "Empty line".clone_into(&mut name); // a screen reader must have something to say
        }
        if selected {
            let bar = Rect::from_min_size(rect.min, vec2(SELECTION_BAR_PT, rect.height()));
            ui.painter().rect_filled(bar, 0.0, if focused { tokens.accent } else { tokens.hairline_strong });
        }
        response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, selected, &name));
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_position_in_set(usize::try_from(row).unwrap_or(usize::MAX));
            node.set_size_of_set(usize::try_from(self.count).unwrap_or(usize::MAX));
        });
        if response.hovered() {
            out.hovered = Some(row);
        }
        if response.clicked() {
            out.clicked = Some(row);
        }
        if response.double_clicked() {
            out.activated = Some(row);
        }
        if response.secondary_clicked() {
            state.menu_row = Some(row);
        }
        if state.menu_row == Some(row) {
            out.menu = Some((row, response));
        }
    }
}

fn row_id(list: egui::Id, row: u64) -> egui::Id {
    list.with(row)
}

/// Carries out what was asked for since the last frame, and follows the end.
fn settle(state: &mut RowsState, view: &View) {
    if state.follow_end && state.at_end && state.wanted.is_none() {
        state.position = Position::end(view);
    }
    match state.wanted.take() {
        Some(Wanted::Nearest(row)) => state.position.reveal(row, view),
        Some(Wanted::Middle(row)) => state.position.reveal_in_middle(row, view),
        None => {}
    }
    if state.selected.is_some_and(|row| row >= view.rows) {
        state.selected = None;
    }
}

/// The keys of a list. Only called where it has the focus, so that text fields keep theirs.
fn keys(ui: &Ui, list: &Response, state: &mut RowsState, view: &View, out: &mut RowsOutput) {
    // Without this lock the arrows would move egui's focus to another widget.
    let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(list.id, filter));
    let Some(end) = view.rows.checked_sub(1) else { return };
    let page = view.whole_rows().saturating_sub(1).max(1);
    let at = state.selected;
    let from = at.unwrap_or(state.position.row);
    let to = ui.input_mut(|input| {
        // On a slow machine a frame may bring several presses of a key, and none may be lost.
        let mut hits = |key| {
            let plain = input.count_and_consume_key(Modifiers::NONE, key);
            (plain + input.count_and_consume_key(Modifiers::COMMAND, key)) as u64
        };
        let (down, up) = (hits(Key::ArrowDown), hits(Key::ArrowUp));
        let (page_down, page_up) = (hits(Key::PageDown), hits(Key::PageUp));
        let (home, end_key) = (hits(Key::Home), hits(Key::End));
        if home > 0 {
            Some(0)
        } else if end_key > 0 {
            Some(end)
        } else if down + up + page_down + page_up > 0 {
            // The first press of Down in a list without a selection selects the row it stands at.
            let forward = down.saturating_sub(u64::from(at.is_none())) + page_down * page;
            Some(from.saturating_add(forward).saturating_sub(up + page_up * page))
        } else {
            None
        }
    });
    if let Some(to) = to.map(|row| row.min(end)) {
        out.selection_changed = state.selected != Some(to);
        state.selected = Some(to);
        state.position.reveal(to, view);
    }
    if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter)) {
        out.activated = state.selected;
    }
}

/// Takes the wheel's turn where the pointer is over the list, so that no parent scrolls too.
fn wheel(ui: &Ui, area: Rect, position: &mut Position, view: &View) {
    if ui.rect_contains_pointer(area) {
        let turned_pt = ui.input_mut(|input| std::mem::take(&mut input.smooth_scroll_delta.y));
        if turned_pt != 0.0 {
            position.scroll(-turned_pt, view);
        }
    }
}
