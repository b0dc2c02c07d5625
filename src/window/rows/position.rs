//! Arithmetic of a list's position: whole rows in `u64`, the part of a row in points. No `Ui` in sight.

/// The first row in view, and how much of it is scrolled out.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Position {
    pub row: u64,
    /// Points of `row` above the view, `0.0..row_height_pt`.
    pub hidden_pt: f32,
}

/// What is listed, and how much of it can be seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub rows: u64,
    pub row_height_pt: f32,
    pub height_pt: f32,
}

impl View {
    /// Rows that fit without being cut, at least one.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
    pub fn whole_rows(&self) -> u64 {
        ((self.height_pt / self.row_height_pt) as u64).max(1)
    }

    /// Rows above the view when it stands at the end; 0 where all rows fit.
    #[expect(clippy::cast_precision_loss, reason = "row numbers are below 2^53")]
    pub fn hidden_rows(&self) -> f64 {
        (self.rows as f64 - f64::from(self.height_pt) / f64::from(self.row_height_pt)).max(0.0)
    }
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "row numbers are below 2^53, and parts of a row are small"
)]
impl Position {
    /// A place between rows, counted in rows from the top.
    fn from_rows(rows: f64, view: &View) -> Self {
        let whole = rows.floor().max(0.0);
        Self { row: whole as u64, hidden_pt: ((rows - whole).max(0.0) * f64::from(view.row_height_pt)) as f32 }
    }

    /// The last place: the last row touches the bottom.
    pub(super) fn end(view: &View) -> Self {
        Self::from_rows(view.hidden_rows(), view)
    }

    pub(super) fn is_at_end(self, view: &View) -> bool {
        let end = Self::end(view);
        (self.row, self.hidden_pt + 0.5) >= (end.row, end.hidden_pt)
    }

    /// Moves down by points, or up where they are negative.
    pub(super) fn scroll(&mut self, by_pt: f32, view: &View) {
        let height = f64::from(view.row_height_pt);
        let moved_pt = f64::from(self.hidden_pt) + f64::from(by_pt);
        let rows = (moved_pt / height).floor();
        *self = match self.row.checked_add_signed(rows as i64) {
            Some(row) => Self { row, hidden_pt: (moved_pt - rows * height) as f32 },
            None => Self::default(),
        };
        self.clamp(view);
    }

    /// Steps back to the last place where it is past it.
    pub(super) fn clamp(&mut self, view: &View) {
        let end = Self::end(view);
        if (self.row, self.hidden_pt) > (end.row, end.hidden_pt) {
            *self = end;
        }
    }

    /// Moves just enough to show all of `row`.
    pub(super) fn reveal(&mut self, row: u64, view: &View) {
        if row < self.row || (row == self.row && self.hidden_pt > 0.0) {
            *self = Self { row, hidden_pt: 0.0 };
        } else {
            // The lowest place at which `row` still touches the bottom.
            let fit = f64::from(view.height_pt) / f64::from(view.row_height_pt);
            let lowest = Self::from_rows((row as f64 + 1.0 - fit).max(0.0), view);
            if (self.row, self.hidden_pt) < (lowest.row, lowest.hidden_pt) {
                *self = if fit < 1.0 { Self { row, hidden_pt: 0.0 } } else { lowest };
            }
        }
        self.clamp(view);
    }

    /// Where `row` is not wholly in view, puts it in the middle.
    pub(super) fn reveal_in_middle(&mut self, row: u64, view: &View) {
        let mut nearest = *self;
        nearest.reveal(row, view);
        if nearest != *self {
            let half = f64::from(view.height_pt) / f64::from(view.row_height_pt) / 2.0;
            *self = Self::from_rows((row as f64 + 0.5 - half).max(0.0), view);
            self.clamp(view);
        }
    }

    /// How far down the list it stands, from 0 at the start to 1 at the end.
    pub(super) fn fraction(self, view: &View) -> f64 {
        let hidden = view.hidden_rows();
        let at = self.row as f64 + f64::from(self.hidden_pt) / f64::from(view.row_height_pt);
        if hidden > 0.0 { (at / hidden).min(1.0) } else { 0.0 }
    }

    /// The opposite of [`Self::fraction`].
    pub(super) fn at_fraction(fraction: f64, view: &View) -> Self {
        Self::from_rows(fraction.clamp(0.0, 1.0) * view.hidden_rows(), view)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: View = View { rows: 50_000_000, row_height_pt: 22.0, height_pt: 220.0 };

    fn at(row: u64, hidden_pt: f32) -> Position {
        Position { row, hidden_pt }
    }

    #[test]
    fn a_point_at_the_far_end_is_a_point() {
        let mut position = at(49_000_000, 0.0);
        for step in 1..=44_u8 {
            position.scroll(1.0, &MANY);
            assert_eq!(position, at(49_000_000 + u64::from(step / 22), f32::from(step % 22)));
        }
        for _ in 0..44 {
            position.scroll(-1.0, &MANY);
        }
        assert_eq!(position, at(49_000_000, 0.0));
    }

    #[test]
    fn scrolling_stops_at_both_ends() {
        let cases = [
            (at(0, 5.0), -20.0, at(0, 0.0)),
            (at(3, 0.0), -1e9, at(0, 0.0)),
            (at(49_999_989, 0.0), 500.0, at(49_999_990, 0.0)),
            (at(0, 0.0), 1e12, at(49_999_990, 0.0)),
        ];
        for (mut position, by_pt, wanted) in cases {
            position.scroll(by_pt, &MANY);
            assert_eq!(position, wanted, "{by_pt}");
        }
    }

    #[test]
    fn reveal_moves_no_more_than_needed() {
        let cut = View { height_pt: 230.0, ..MANY };
        let cases = [
            ("in view", at(100, 0.0), 105, MANY, at(100, 0.0)),
            ("above", at(100, 0.0), 99, MANY, at(99, 0.0)),
            ("cut at the top", at(100, 4.0), 100, MANY, at(100, 0.0)),
            ("just below", at(100, 0.0), 110, MANY, at(101, 0.0)),
            ("cut at the bottom", at(100, 4.0), 110, MANY, at(101, 0.0)),
            ("a part of a row fits", at(100, 0.0), 110, cut, at(100, 12.0)),
            ("last", at(0, 0.0), 49_999_999, MANY, at(49_999_990, 0.0)),
            ("past the end", at(0, 0.0), u64::from(u32::MAX), MANY, at(49_999_990, 0.0)),
        ];
        for (case, mut position, row, view, wanted) in cases {
            position.reveal(row, &view);
            assert_eq!(position.row, wanted.row, "{case}");
            assert!((position.hidden_pt - wanted.hidden_pt).abs() < 0.01, "{case}: {position:?}");
        }
    }

    #[test]
    fn a_jump_lands_in_the_middle_and_only_where_needed() {
        let mut position = at(0, 0.0);
        position.reveal_in_middle(1_000, &MANY);
        assert_eq!(position, at(995, 11.0));
        position.reveal_in_middle(997, &MANY);
        assert_eq!(position, at(995, 11.0));
    }

    #[test]
    fn few_rows_stand_at_the_top() {
        let few = View { rows: 3, ..MANY };
        let mut position = at(2, 7.0);
        position.clamp(&few);
        assert_eq!(position, at(0, 0.0));
        assert_eq!(position.fraction(&few).to_bits(), 0.0_f64.to_bits());
        assert!(position.is_at_end(&few));
    }

    #[test]
    fn fraction_and_back() {
        for row in [0, 1, 25_000_000, 49_999_990] {
            let there = at(row, 0.0).fraction(&MANY);
            let back = Position::at_fraction(there, &MANY);
            let apart = back.row.abs_diff(row) * 22;
            assert!(apart <= 22 && (back.hidden_pt < 0.01 || back.hidden_pt > 21.99 || apart == 0), "{row} {back:?}");
        }
    }
}
