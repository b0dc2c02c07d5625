//! A ladder as text: for terminals, tickets and mails. As a picture it stands in [`svg`], as a diagram that others
//! draw in [`mermaid`].

pub(super) mod mermaid;
pub(super) mod svg;

use crate::ladder::{Arrow, Ladder};
use crate::trace::Outcome;
use std::fmt::Write as _;

/// Columns before the first lane: the time.
const TIME_WIDTH: usize = 14;

/// Draws a ladder with one line an arrow. Labels are never cut: lanes stand as far apart as they need.
#[must_use]
pub fn ladder_text(ladder: &Ladder) -> String {
    let gaps = gaps(ladder);
    let mut lane_at = vec![TIME_WIDTH + half_name(ladder, 0)];
    for gap in &gaps {
        lane_at.push(lane_at.last().copied().unwrap_or(0) + gap);
    }
    let mut text = String::new();
    for part in [|host: &crate::trace::Host| host.name.clone(), |host: &crate::trace::Host| host.role.word().to_owned()]
    {
        let names = ladder
            .lanes
            .iter()
            .zip(&lane_at)
            .map(|(host, at)| (at.saturating_sub(part(host).chars().count() / 2), part(host)));
        let _ = writeln!(text, "{}", line_of(names));
    }
    for arrow in &ladder.arrows {
        let _ = writeln!(text, "{}", arrow_line(arrow, &lane_at));
    }
    if ladder.not_shown > 0 {
        let _ = writeln!(text, "{} more messages are not shown; narrow the query", ladder.not_shown);
    }
    if ladder.without_direction > 0 {
        let _ = writeln!(
            text,
            "{} messages are not shown: the log does not say which way they went",
            ladder.without_direction
        );
    }
    text
}

/// Columns from each lane to the next: room for the names, and for the labels of arrows between them.
fn gaps(ladder: &Ladder) -> Vec<usize> {
    let count = ladder.lanes.len().saturating_sub(1);
    let mut gaps: Vec<usize> =
        (0..count).map(|lane| half_name(ladder, lane) + half_name(ladder, lane + 1) + 3).collect();
    for arrow in &ladder.arrows {
        let (left, right) = (arrow.from.min(arrow.to), arrow.from.max(arrow.to));
        let span = right - left;
        let wanted = marked(arrow).chars().count() + 6;
        for gap in gaps.iter_mut().skip(left).take(span) {
            *gap = (*gap).max(wanted.div_ceil(span));
        }
    }
    gaps
}

fn half_name(ladder: &Ladder, lane: usize) -> usize {
    ladder.lanes.get(lane).map_or(0, |host| host.name.chars().count().max(host.role.word().len()).div_ceil(2))
}

/// What stands on an arrow.
pub(super) fn label(arrow: &Arrow) -> String {
    if arrow.detail.is_empty() { arrow.label.clone() } else { format!("{} ({})", arrow.label, arrow.detail) }
}

/// The same with a mark where something failed, so that it is not taken for a challenge.
fn marked(arrow: &Arrow) -> String {
    let mark = if arrow.outcome == Outcome::Failure { "✗ " } else { "" };
    format!("{mark}{}", label(arrow))
}

/// Puts texts at columns; one that would run into the one before it follows after a blank.
fn line_of(parts: impl Iterator<Item = (usize, String)>) -> String {
    let mut line = String::new();
    for (at, part) in parts {
        let length = line.chars().count();
        line.extend(std::iter::repeat_n(' ', at.saturating_sub(length).max(usize::from(length > 0))));
        line.push_str(&part);
    }
    line
}

fn arrow_line(arrow: &Arrow, lane_at: &[usize]) -> String {
    let width = lane_at.last().copied().unwrap_or(0) + 1;
    let mut cells: Vec<char> = vec![' '; width];
    for &at in lane_at {
        if let Some(cell) = cells.get_mut(at) {
            *cell = '|';
        }
    }
    let at = |lane: usize| lane_at.get(lane).copied().unwrap_or(0);
    let (left, right) = (at(arrow.from.min(arrow.to)), at(arrow.from.max(arrow.to)));
    let label = marked(arrow);
    if left == right {
        let mut line: String = cells.into_iter().collect();
        let _ = write!(line, "  {} to itself: {label}", arrow.time.clock_time());
        return line;
    }
    for cell in cells.iter_mut().take(right).skip(left + 1) {
        *cell = '-';
    }
    let head = if arrow.from < arrow.to { right - 1 } else { left + 1 };
    if let Some(cell) = cells.get_mut(head) {
        *cell = if arrow.from < arrow.to { '>' } else { '<' };
    }
    let text = format!(" {label} ");
    let start = left + 1 + (right - left - 1).saturating_sub(text.chars().count()) / 2;
    for (cell, c) in cells.iter_mut().skip(start.max(left + 2)).zip(text.chars()) {
        *cell = c;
    }
    for (cell, c) in cells.iter_mut().zip(arrow.time.clock_time().chars()) {
        *cell = c;
    }
    cells.into_iter().collect::<String>().trim_end().to_owned()
}
