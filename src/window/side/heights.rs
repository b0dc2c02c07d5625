//! How high cards of different heights are, and where each of them stands: thousands of them, of which only those in
//! sight are ever laid out. The others are guessed by the length of their texts.

use super::cards::{BADGE_PT, GAP_PT, LINE_GAP_PT, PADDING_PT, room_pt};
use crate::app::Card;
use crate::window::theme;
use egui::Ui;

/// Heights of cards, and the sums of those above.
#[derive(Debug, Default)]
pub struct Heights {
    pub width_pt: f32,
    each_pt: Vec<f32>,
    /// Of each card the top, counted from that of the first, and the end of the last.
    tops_pt: Vec<f32>,
    /// The first card whose height turned out to be another.
    changed: Option<usize>,
}

impl Heights {
    pub fn new(width_pt: f32, heights_pt: impl Iterator<Item = f32>) -> Self {
        let mut own = Self { width_pt, each_pt: heights_pt.collect(), tops_pt: vec![0.0], changed: Some(0) };
        own.tops_pt.resize(own.each_pt.len() + 1, 0.0);
        own.settle();
        own
    }

    /// Where a card starts; of the number after the last, where that ends.
    pub fn top_pt(&self, number: usize) -> f32 {
        self.tops_pt.get(number).or(self.tops_pt.last()).copied().unwrap_or(0.0)
    }

    pub fn height_pt(&self, number: usize) -> f32 {
        self.each_pt.get(number).copied().unwrap_or(0.0)
    }

    /// The card that stands at a place.
    pub fn at_pt(&self, place_pt: f32) -> usize {
        self.tops_pt.partition_point(|top| *top <= place_pt).saturating_sub(1)
    }

    /// Takes in how high a card is. It moves the others only when they are settled.
    pub fn set(&mut self, number: usize, height_pt: f32) {
        if let Some(own) = self.each_pt.get_mut(number)
            && (*own - height_pt).abs() > 0.01
        {
            *own = height_pt;
            self.changed = Some(self.changed.map_or(number, |before| before.min(number)));
        }
    }

    /// Moves what stands below those that changed; whether any did.
    pub fn settle(&mut self) -> bool {
        let Some(first) = self.changed.take() else { return false };
        let mut top = self.top_pt(first);
        for (height, below) in self.each_pt.iter().zip(self.tops_pt.iter_mut().skip(1)).skip(first) {
            top += height + GAP_PT;
            *below = top;
        }
        true
    }
}

/// Guesses how high a card is, without laying it out. All in points.
pub struct Guess {
    title_row: f32,
    small_row: f32,
    letter: f32,
}

/// Letters as common texts have them.
const COMMON: &str = "The server refused the credentials of anna@contoso.com";

impl Guess {
    pub fn of(ui: &Ui) -> Self {
        let font = theme::strong_font();
        let color = egui::Color32::PLACEHOLDER;
        let galley = ui.fonts_mut(|fonts| fonts.layout_no_wrap(COMMON.to_owned(), font.clone(), color));
        Self {
            title_row: galley.size().y,
            small_row: ui.fonts_mut(|fonts| fonts.row_height(&theme::small_font())),
            letter: galley.size().x / COMMON.len() as f32,
        }
    }

    pub fn height_pt(&self, card: &Card, width_pt: f32) -> f32 {
        // Words that do not fit leave the end of their line empty.
        let letters = (room_pt(card, width_pt) / self.letter * 0.92).max(1.0);
        let rows = (card.title.len() as f32 / letters).ceil().max(1.0);
        let small = [!card.user.is_empty(), !card.times.is_empty()];
        let small = small.into_iter().filter(|is_there| *is_there).count() as f32;
        let lines_pt = self.title_row * rows + LINE_GAP_PT + (self.small_row + LINE_GAP_PT) * small;
        (PADDING_PT * 2.0 + BADGE_PT + lines_pt).ceil()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_guessed_wrong_moves_what_stands_below() {
        let mut heights = Heights::new(200.0, [10.0, 20.0, 30.0].into_iter());
        let gap = GAP_PT;
        let tops = |heights: &Heights| [1, 2, 3].map(|number| heights.top_pt(number).round() as usize);
        let with_gaps = |tops: [usize; 3]| [0, 1, 2].map(|at: usize| tops[at] + (at + 1) * gap as usize);
        assert_eq!(tops(&heights), with_gaps([10, 30, 60]));
        assert_eq!([0.0, 9.0, 10.0 + gap, 1_000.0].map(|place| heights.at_pt(place)), [0, 0, 1, 3]);
        heights.set(1, 50.0);
        assert_eq!(tops(&heights), with_gaps([10, 30, 60]), "not before it is settled");
        assert!(heights.settle());
        assert_eq!(tops(&heights), with_gaps([10, 60, 90]));
        assert!(!heights.settle());
    }
}
