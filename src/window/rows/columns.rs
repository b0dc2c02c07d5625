//! Columns of a list: titles that stay in view, borders to drag, cells to paint in.

use crate::window::theme::{self, CELL_PADDING_PT, HEADER_HEIGHT_PT, SCROLL_BAR_WIDTH_PT};
use egui::text::{LayoutJob, TextFormat};
use egui::{Align, Color32, CursorIcon, FontId, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// The grip of a border, half on either side.
const GRIP_PT: f32 = 7.0;
/// No cell shows more, however wide: longer text is cut before it is laid out.
const LONGEST_CELL_CHARS: usize = 400;

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub title: &'static str,
    pub width_pt: f32,
    pub min_width_pt: f32,
    /// Where the title stands; cells choose by [`paint_cell`] or [`paint_cell_end`].
    pub align: Align,
    usual_width_pt: f32,
}

impl Column {
    #[must_use]
    pub fn new(title: &'static str, width_pt: f32) -> Self {
        Self { title, width_pt, min_width_pt: width_pt.min(40.0), align: Align::Min, usual_width_pt: width_pt }
    }

    #[must_use]
    pub fn min_width_pt(self, min_width_pt: f32) -> Self {
        Self { min_width_pt, ..self }
    }

    /// For numbers: title at the end of the column.
    #[must_use]
    pub fn at_end(self) -> Self {
        Self { align: Align::Max, ..self }
    }
}

/// The columns of one list, left to right. The last takes what the others leave.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    columns: Vec<Column>,
}

impl Columns {
    #[must_use]
    pub fn new(columns: Vec<Column>) -> Self {
        Self { columns }
    }

    /// Gives a column another title.
    pub fn set_title(&mut self, column: usize, title: &'static str) {
        if let Some(column) = self.columns.get_mut(column) {
            column.title = title;
        }
    }

    /// Widths as they stand, to be kept in the settings.
    #[must_use]
    pub fn widths_pt(&self) -> Vec<f32> {
        self.columns.iter().map(|column| column.width_pt).collect()
    }

    /// Takes kept widths; those of other columns than these are passed over.
    pub fn set_widths_pt(&mut self, widths_pt: &[f32]) {
        if widths_pt.len() == self.columns.len() {
            for (column, width_pt) in self.columns.iter_mut().zip(widths_pt) {
                column.width_pt = width_pt.max(column.min_width_pt);
            }
        }
    }

    /// The cell of each column in a row that fills `row`. Where there is little room all but the last give of theirs, so
    /// that the last stays in sight.
    pub fn cells(&self, row: Rect) -> impl Iterator<Item = Rect> + use<'_> {
        let mut left = row.left();
        let kept = self.kept_part(row.width());
        self.columns.iter().enumerate().map(move |(number, column)| {
            let last = number + 1 == self.columns.len();
            let width = column.min_width_pt + (column.width_pt - column.min_width_pt) * kept;
            let right = if last { row.right().max(left + column.min_width_pt) } else { left + width };
            let cell = Rect::from_min_max(pos2(left, row.top()), pos2(right, row.bottom()));
            left = right;
            cell
        })
    }

    /// How much the columns before the last keep of what they have beyond their least width.
    fn kept_part(&self, width_pt: f32) -> f32 {
        let Some((last, others)) = self.columns.split_last() else { return 1.0 };
        let floor_pt: f32 = others.iter().map(|column| column.min_width_pt).sum();
        let beyond: f32 = others.iter().map(|column| column.width_pt - column.min_width_pt).sum();
        if beyond <= 0.0 { 1.0 } else { ((width_pt - last.min_width_pt - floor_pt) / beyond).clamp(0.0, 1.0) }
    }

    /// The row of titles. Comes just above the list, which starts at its lower edge.
    pub fn header_ui(&mut self, ui: &mut Ui) {
        let tokens = theme::of(ui);
        let outer = ui.available_rect_before_wrap();
        let outer = outer.with_max_y(outer.top() + HEADER_HEIGHT_PT);
        let row = outer.with_max_x((outer.right() - SCROLL_BAR_WIDTH_PT).max(outer.left()));
        let painter = ui.painter_at(outer);
        painter.rect_filled(outer, 0.0, tokens.header);
        painter.hline(outer.x_range(), outer.bottom() - 0.5, (1.0, tokens.hairline));

        let id = ui.make_persistent_id("columns");
        let cells: Vec<Rect> = self.cells(row).collect();
        for (number, (column, cell)) in self.columns.iter_mut().zip(&cells).enumerate() {
            let title = ui.interact(*cell, id.with(("title", number)), Sense::HOVER);
            title.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, column.title));
            let inside = cell.with_max_x(cell.right().min(row.right()));
            let look = Look { color: tokens.text_weak, font: theme::small_strong_font(), align: column.align };
            paint(ui, inside, column.title, look);
            if number + 1 == cells.len() {
                continue;
            }
            let grip = Rect::from_center_size(cell.right_center(), vec2(GRIP_PT, cell.height()));
            let border = ui.interact(grip, id.with(("border", number)), Sense::CLICK | Sense::DRAG);
            border.widget_info(|| WidgetInfo::labeled(Role::Splitter, true, format!("Width of {}", column.title)));
            let held = border.dragged() || border.hovered();
            if held {
                ui.set_cursor_icon(CursorIcon::ResizeColumn);
            }
            if let Some(pointer) = border.interact_pointer_pos().filter(|_| border.dragged()) {
                column.width_pt = (pointer.x - cell.left()).max(column.min_width_pt).round();
            }
            if border.double_clicked() {
                column.width_pt = column.usual_width_pt;
            }
            let color = if held { tokens.accent } else { tokens.hairline_strong };
            let line = if held { outer.y_range() } else { outer.y_range().shrink(6.0) };
            painter.vline(cell.right() - 0.5, line, (1.0, color));
        }
        ui.advance_cursor_after_rect(outer);
        ui.add_space(-ui.spacing().item_spacing.y);
    }
}

/// One line of text at the start of a cell. What does not fit ends in an ellipsis.
pub fn paint_cell(ui: &Ui, cell: Rect, text: &str, color: Color32, font: FontId) {
    paint(ui, cell, text, Look { color, font, align: Align::Min });
}

/// One line of text at the end of a cell, for numbers that stand under each other.
pub fn paint_cell_end(ui: &Ui, cell: Rect, text: &str, color: Color32, font: FontId) {
    paint(ui, cell, text, Look { color, font, align: Align::Max });
}

struct Look {
    color: Color32,
    font: FontId,
    align: Align,
}

fn paint(ui: &Ui, cell: Rect, text: &str, look: Look) {
    let inside = cell.shrink2(vec2(CELL_PADDING_PT, 0.0));
    if text.is_empty() || inside.width() < 4.0 || !ui.is_rect_visible(cell) {
        return;
    }
    // No glyph but blanks and dots is narrower than a fifth of the font's size.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
    let most = ((inside.width() / look.font.size * 5.0) as usize + 1).min(LONGEST_CELL_CHARS);
    let mut job = LayoutJob::single_section(
        one_line(text, most),
        TextFormat { font_id: look.font, color: look.color, ..TextFormat::default() },
    );
    job.wrap.max_width = inside.width();
    job.wrap.max_rows = 1;
    job.wrap.break_anywhere = true;
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let left = if look.align == Align::Max { inside.right() - galley.size().x } else { inside.left() };
    let top = cell.center().y - galley.size().y / 2.0;
    ui.painter().galley(pos2(left, top), galley, look.color);
}

/// At most `most` characters of `text`, line ends and tabulators as blanks.
fn one_line(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Columns {
        Columns::new(vec![Column::new("Time", 100.0), Column::new("From", 80.0), Column::new("Message", 200.0)])
    }

    #[test]
    fn cells_tile_the_row_and_the_last_takes_the_rest() {
        let row = Rect::from_min_size(pos2(10.0, 5.0), vec2(500.0, 22.0));
        let cells: Vec<Rect> = columns().cells(row).collect();
        assert_eq!(cells.iter().map(|cell| cell.left() as i32).collect::<Vec<_>>(), [10, 110, 190]);
        assert_eq!(cells.last().map(|cell| cell.right() as i32), Some(510));
        let narrow = columns().cells(row.with_max_x(100.0)).last().map(|cell| cell.width() as i32);
        assert_eq!(narrow, Some(40), "the last keeps its least width");
        let lefts: Vec<i32> = columns().cells(row.with_max_x(10.0 + 170.0)).map(|cell| cell.left() as i32).collect();
        assert_eq!(lefts, [10, 80, 140], "the others give of theirs, each by what it has");
    }

    #[test]
    fn kept_widths_are_taken_only_where_they_fit() {
        let mut columns = columns();
        columns.set_widths_pt(&[50.0]);
        assert_eq!(columns.widths_pt(), [100.0, 80.0, 200.0]);
        columns.set_widths_pt(&[50.0, 1.0, 2.0]);
        assert_eq!(columns.widths_pt(), [50.0, 40.0, 40.0]);
    }

    #[test]
    fn a_cell_is_one_line() {
        assert_eq!(one_line("a\r\nb\tc", 4), "a  b");
    }
}
