//! A ladder as a picture, for documents: SVG 1.1 that needs nothing beside itself and reads in light and dark.

use super::label;
use crate::export::counted;
use crate::export::html::escape;
use crate::ladder::{Arrow, Ladder};
use crate::trace::Outcome;
use std::fmt::Write as _;

/// Sizes in pixels.
const TIME_WIDTH: f32 = 96.0;
const MARGIN: f32 = 16.0;
const HEAD: f32 = 56.0;
const ROW: f32 = 30.0;
/// A wide letter of the labels, so that none is cut.
const LETTER: f32 = 7.0;

/// Names are prefixed, since the picture may stand in a page that has a style of its own.
const STYLE: &str = "\
.uc-ladder{background:#fff;color:#1f2328;font:12px system-ui,'Segoe UI',sans-serif}\
.uc-ladder text{fill:#1f2328}.uc-ladder .uc-dim{fill:#59636e}.uc-ladder .uc-name{font-weight:600;font-size:13px}\
.uc-ladder .uc-lane{stroke:#d1d9e0;stroke-width:1}\
.uc-ladder .uc-arrow{stroke-width:1.6;fill:none}.uc-ladder .uc-head{stroke:none}\
.uc-request{stroke:#0969da;fill:#0969da}.uc-progress{stroke:#59636e;fill:#59636e}.uc-success{stroke:#1a7f37;fill:#1a7f37}\
.uc-redirect{stroke:#8250df;fill:#8250df}.uc-challenge{stroke:#9a6700;fill:#9a6700}.uc-failure{stroke:#cf222e;fill:#cf222e}\
@media (prefers-color-scheme:dark){.uc-ladder{background:#0d1117;color:#e6edf3}.uc-ladder text{fill:#e6edf3}\
.uc-ladder .uc-dim{fill:#9198a1}.uc-ladder .uc-lane{stroke:#3d444d}\
.uc-request{stroke:#4493f8;fill:#4493f8}.uc-progress{stroke:#9198a1;fill:#9198a1}.uc-success{stroke:#3fb950;fill:#3fb950}\
.uc-redirect{stroke:#ab7df8;fill:#ab7df8}.uc-challenge{stroke:#d29922;fill:#d29922}.uc-failure{stroke:#f85149;fill:#f85149}}\
@media print{.uc-ladder{background:#fff;color:#000}.uc-ladder text{fill:#000}.uc-ladder .uc-dim{fill:#444}}";

/// Draws a ladder: lanes from left to right, one row an arrow.
#[must_use]
pub fn ladder_svg(ladder: &Ladder) -> String {
    let lanes = lane_places(ladder);
    let width =
        lanes.last().copied().unwrap_or(TIME_WIDTH) + half_name(ladder, ladder.lanes.len().saturating_sub(1)) + MARGIN;
    let notes = notes(ladder);
    let bottom = HEAD + ROW * ladder.arrows.len() as f32 + ROW / 2.0;
    let height = bottom + 20.0 * notes.len() as f32 + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"uc-ladder\" role=\"img\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         width=\"{width:.0}\" height=\"{height:.0}\"><title>{}</title><style>{STYLE}</style>\n",
        escape(&in_words(ladder))
    );
    for (host, x) in ladder.lanes.iter().zip(&lanes) {
        let _ = writeln!(
            svg,
            "<text class=\"uc-name\" x=\"{x:.1}\" y=\"20\" text-anchor=\"middle\">{}</text>\
             <text class=\"uc-dim\" x=\"{x:.1}\" y=\"36\" text-anchor=\"middle\">{}</text>\
             <line class=\"uc-lane\" x1=\"{x:.1}\" y1=\"44\" x2=\"{x:.1}\" y2=\"{bottom:.1}\"/>",
            escape(&host.name),
            host.role.word()
        );
    }
    for (number, arrow) in ladder.arrows.iter().enumerate() {
        svg += &arrow_svg(ladder, arrow, &lanes, HEAD + ROW * (number as f32 + 0.75));
    }
    for (number, note) in notes.iter().enumerate() {
        let y = bottom + 20.0 * (number as f32 + 1.0);
        let _ = writeln!(svg, "<text class=\"uc-dim\" x=\"{MARGIN}\" y=\"{y:.1}\">{}</text>", escape(note));
    }
    svg + "</svg>\n"
}

fn arrow_svg(ladder: &Ladder, arrow: &Arrow, lanes: &[f32], y: f32) -> String {
    let at = |lane: usize| lanes.get(lane).copied().unwrap_or(TIME_WIDTH);
    let (from, to) = (at(arrow.from), at(arrow.to));
    let (class, sign) = look(arrow.outcome);
    let text = escape(&format!("{sign}{}", label(arrow)));
    let mut svg = format!(
        "<g><title>{}</title><text class=\"uc-dim\" x=\"{MARGIN}\" y=\"{:.1}\">{}</text>",
        escape(&format!("{} {}", arrow.time.clock_time(), ladder.words(arrow))),
        y + 4.0,
        arrow.time.clock_time()
    );
    if arrow.from == arrow.to {
        let _ = write!(
            svg,
            "<path class=\"uc-arrow {class}\" d=\"M{from:.1} {:.1}h24v10h-18\"/>\
             <path class=\"uc-head {class}\" d=\"M{:.1} {:.1}l8 -4v8z\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{text}</text>",
            y - 6.0,
            from + 1.0,
            y + 4.0,
            from + 30.0,
            y + 3.0
        );
    } else {
        let back = if to > from { -8.0 } else { 8.0 };
        let _ = write!(
            svg,
            "<path class=\"uc-arrow {class}\" d=\"M{from:.1} {y:.1}H{:.1}\"{}/>\
             <path class=\"uc-head {class}\" d=\"M{to:.1} {y:.1}l{back} -4v8z\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{text}</text>",
            to + back,
            if arrow.outcome == Outcome::Request { "" } else { " stroke-dasharray=\"6 3\"" },
            f32::midpoint(from, to),
            y - 5.0
        );
    }
    svg + "</g>\n"
}

/// Class of the style, and a sign that says the same without colour.
fn look(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Request => ("uc-request", ""),
        Outcome::Provisional => ("uc-progress", "… "),
        Outcome::Success => ("uc-success", "✓ "),
        Outcome::Redirect => ("uc-redirect", "↪ "),
        Outcome::Challenge => ("uc-challenge", "? "),
        Outcome::Failure => ("uc-failure", "✗ "),
    }
}

/// Where lanes stand: room for names, and for the labels of arrows between them.
fn lane_places(ladder: &Ladder) -> Vec<f32> {
    let count = ladder.lanes.len().saturating_sub(1);
    let mut gaps: Vec<f32> =
        (0..count).map(|lane| half_name(ladder, lane) + half_name(ladder, lane + 1) + 3.0 * MARGIN).collect();
    for arrow in &ladder.arrows {
        let (left, right) = (arrow.from.min(arrow.to), arrow.from.max(arrow.to));
        let wanted = (label(arrow).chars().count() as f32 + 6.0) * LETTER;
        let span = (right - left).max(1);
        // Of an arrow to itself the label stands on the right.
        for gap in gaps.iter_mut().skip(left).take(span) {
            *gap = gap.max(wanted / span as f32);
        }
    }
    let mut places = Vec::with_capacity(ladder.lanes.len());
    let mut x = MARGIN + TIME_WIDTH + half_name(ladder, 0);
    for lane in 0..ladder.lanes.len() {
        places.push(x);
        x += gaps.get(lane).copied().unwrap_or(0.0);
    }
    places
}

fn half_name(ladder: &Ladder, lane: usize) -> f32 {
    let host = ladder.lanes.get(lane);
    let letters = host.map_or(0, |host| host.name.chars().count().max(host.role.word().len()));
    let last_to_itself =
        ladder.arrows.iter().filter(|arrow| arrow.from == lane && arrow.to == lane && lane + 1 == ladder.lanes.len());
    let beside = last_to_itself
        .map(|arrow| label(arrow).chars().count())
        .max()
        .map_or(0.0, |letters| 40.0 + letters as f32 * LETTER);
    (letters as f32 * (LETTER + 0.5) / 2.0).max(beside)
}

fn in_words(ladder: &Ladder) -> String {
    let names = ladder.lanes.iter().map(|host| host.name.as_str()).collect::<Vec<_>>().join(", ");
    format!("{} between {names}", counted(ladder.arrows.len() as u64, "message"))
}

/// What the picture leaves out.
pub(super) fn notes(ladder: &Ladder) -> Vec<String> {
    let mut notes = Vec::new();
    if ladder.not_shown > 0 {
        notes.push(format!("{} not shown; narrow the query", more_messages(ladder.not_shown, "more message")));
    }
    if ladder.without_direction > 0 {
        let count = more_messages(ladder.without_direction, "message");
        notes.push(format!("{count} not shown: the log does not say which way they went"));
    }
    notes
}

fn more_messages(number: usize, one: &str) -> String {
    let verb = if number == 1 { "is" } else { "are" };
    format!("{} {verb}", counted(number as u64, one))
}
