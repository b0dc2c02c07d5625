//! The message list: one row a message, failures stand out.

use super::rows::{Column, Columns, Mark, RowState, Rows, RowsState, paint_cell, paint_cell_end};
use super::side::look;
use super::{theme, tone};
use crate::app::{Action, Actions, App, Command};
use crate::format::{Direction, Millis};
use crate::index::{Index, RowId};
use crate::protocol::lines::to_text;
use crate::protocol::message::cseq;
use crate::protocol::{HeaderName, Message};
use crate::query::edit;
use crate::trace::{Outcome, in_words, short_target};
use egui::{Rect, RichText, Ui};

/// Width of the bar at the left of rows that prove a finding.
const EVIDENCE_BAR_PT: f32 = 4.0;

/// Where the list stands.
pub struct ListPanel {
    rows: RowsState,
    columns: Columns,
}

impl Default for ListPanel {
    fn default() -> Self {
        let columns = vec![
            Column::new("Time", 106.0).min_width_pt(106.0),
            Column::new("Since", 70.0).min_width_pt(68.0).at_end(),
            Column::new("From → to", 138.0).min_width_pt(70.0),
            // An address such as 198.51.100.123 fits.
            Column::new("Seen at", 98.0).min_width_pt(50.0),
            Column::new("Code", 58.0).min_width_pt(58.0),
            // Says most, and stays in sight where there is little room.
            Column::new("Message", 200.0).min_width_pt(130.0),
        ];
        Self { rows: RowsState::default(), columns: Columns::new(columns) }
    }
}

/// What one row shows, read from the file when it comes into view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListRow {
    pub time: String,
    /// Since the row before it in the list: `+0.092`.
    pub since: String,
    pub who: String,
    pub direction: Direction,
    pub what: String,
    pub codes: String,
    pub place: String,
    pub outcome: Option<Outcome>,
}

impl ListRow {
    /// Reads a row; `before` is the row above it.
    #[must_use]
    pub fn of(index: &Index, row: RowId, before: Option<RowId>) -> Option<Self> {
        let (block, at) = index.locate(row)?;
        let address = |id: Option<&u16>| to_text(block.address(id.copied().unwrap_or(0)));
        let (from, to) = (address(block.from_column().get(at)), address(block.to_column().get(at)));
        let codes: Vec<String> = block.codes_of(at).iter().map(u32::to_string).collect();
        let file_name = index.file_of(row).map_or("", |file| file.name());
        let file_name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
        let (what, place, user) = index.with_record(row, |record| {
            let what = match &record.message {
                Some(message) => what_of(message),
                None => in_words(record),
            };
            let own = crate::protocol::address::without_port(record.local);
            let place = if record.machine.is_empty() { own } else { record.machine };
            let place = if place.is_empty() { file_name.as_bytes() } else { place };
            let user = record.message.and_then(|message| message.request_uri_person()).unwrap_or_default();
            (what, to_text(place), user)
        })?;
        let who = match (from.is_empty(), from == to || to.is_empty()) {
            (true, _) => user,
            (false, true) => from,
            (false, false) => format!("{from} → {to}"),
        };
        let time = index.time(row);
        let since =
            before.map(|before| index.time(before)).filter(|_| time != Millis::NEVER).map(|before| time.0 - before.0);
        Some(Self {
            time: time.clock_time(),
            since: since.map(since_text).unwrap_or_default(),
            who,
            direction: block.traits(at).direction(),
            what,
            codes: codes.join(" "),
            place,
            outcome: crate::app::outcome(index, row),
        })
    }

    /// The row in words, for screen readers and tests.
    #[must_use]
    pub fn words(&self) -> String {
        let codes = if self.codes.is_empty() { String::new() } else { format!(", code {}", self.codes) };
        let outcome = self.outcome.map(|outcome| format!(", {}", outcome.word())).unwrap_or_default();
        format!("{} {} {}{codes}{outcome}", self.time, self.who, self.what)
    }
}

/// A message in few words: without the version that every one of them has, and a response with the
/// method it answers.
fn what_of(message: &Message<'_>) -> String {
    match (message.start.method(), message.start.target(), message.start.status()) {
        (Some(method), Some(target), _) => format!("{} {}", to_text(method), short_target(&to_text(target))),
        (_, _, Some(status)) => {
            let reason = message.start.reason().unwrap_or_default();
            let method = message
                .header(HeaderName::CSeq)
                .and_then(|header| cseq(header.value))
                .map(|(_, method)| to_text(method));
            let method = method.map(|method| format!(" ({method})")).unwrap_or_default();
            format!("{status} {reason}{method}")
        }
        _ => message.start_line(),
    }
}

/// `+0.092`, `+12:03`
fn since_text(ms: i64) -> String {
    match ms {
        0 => "0".to_owned(),
        -59_999..=59_999 => format!("{:+.3}", ms as f64 / 1_000.0),
        _ => format!("{}{}:{:02}", if ms < 0 { '-' } else { '+' }, ms.abs() / 60_000, ms.abs() / 1_000 % 60),
    }
}

/// The list with its column titles, or why it is empty.
pub fn list_ui(ui: &mut Ui, panel: &mut ListPanel, app: &App, reveal: bool, actions: &mut Actions) {
    let view = &app.view;
    if view.rows.is_empty() {
        nothing_found(ui, app, actions);
        return;
    }
    let place = app.selected_place();
    if panel.rows.selected != place {
        panel.rows.selected = place;
    }
    if reveal {
        match place.filter(|_| app.has_jumped()) {
            Some(place) => panel.rows.reveal_in_middle(place),
            None => panel.rows.reveal(place.unwrap_or(0)),
        }
    }
    let title = if app.all_clocks_known() { "Time (UTC)" } else { "Time" };
    panel.columns.set_title(0, title);
    panel.columns.header_ui(ui);
    let columns = &panel.columns;
    let row_at = |nth: u64| view.rows.get(nth).map(|at| view.index.row(at));
    panel.rows.follow_end = app.follows();
    // What proves the finding that is looked at is marked, on the rows and on the scroll bar.
    let mark = app.card().map(|card| theme::of(ui).tone(look(card.severity).0).text);
    let evidence = app.chosen.as_ref().zip(mark);
    let marks: Vec<Mark> = evidence
        .map_or(Vec::new(), |(chosen, color)| chosen.places.iter().map(|&fraction| Mark { fraction, color }).collect());
    let rows = Rows::new("Messages", view.rows.len()).marks(&marks);
    let output = rows.show(ui, &mut panel.rows, |ui, nth, rect, state| {
        let before = nth.checked_sub(1).and_then(row_at);
        let Some(id) = row_at(nth) else { return String::new() };
        let Some(mut row) = ListRow::of(&view.index, id, before) else { return String::new() };
        row.outcome = app.outcome(id);
        paint_row(ui, &row, columns, rect, state);
        match evidence.filter(|(chosen, _)| chosen.is_proved_by(id)) {
            Some((_, color)) => {
                // Beside the bar of the selected row, which stands at the very edge.
                let left = rect.left() + if state.selected { theme::SELECTION_BAR_PT } else { 0.0 };
                let bar = Rect::from_min_size(egui::pos2(left, rect.top()), egui::vec2(EVIDENCE_BAR_PT, rect.height()));
                ui.painter().rect_filled(bar, 0, color);
                format!("{}, evidence", row.words())
            }
            None => row.words(),
        }
    });
    if output.selection_changed {
        actions.push(Action::Select(panel.rows.selected.and_then(row_at)));
    }
    if output.activated.is_some() {
        actions.push(Action::Run(Command::FilterDialog));
    }
    if let Some((nth, response)) = output.menu {
        response.context_menu(|ui| row_menu(ui, app, row_at(nth), actions));
    }
}

fn paint_row(ui: &Ui, row: &ListRow, columns: &Columns, rect: Rect, state: RowState) {
    let tokens = theme::of(ui);
    let tone = tone(row.outcome);
    let color = if tone == theme::Tone::Neutral { state.text_weak(tokens) } else { tokens.tone(tone).text };
    let mut cells = columns.cells(rect);
    let mut next = || cells.next().unwrap_or(Rect::NOTHING);
    paint_cell(ui, next(), &row.time, state.text(tokens), theme::mono_font());
    paint_cell_end(ui, next(), &row.since, state.text_weak(tokens), theme::mono_font());
    let who = next();
    paint_cell(ui, who, &fitting(ui, &row.who, who.width()), state.text(tokens), theme::body_font());
    paint_cell(ui, next(), &row.place, state.text_weak(tokens), theme::small_font());
    paint_cell(ui, next(), &row.codes, tokens.tone(theme::Tone::Failure).text, theme::body_font());
    let what = next();
    // A sign says what the colour says; a request's sign is its direction.
    let glyph = match (tone, row.direction) {
        (theme::Tone::Request, Direction::In) => "←",
        (tone, _) => tone.glyph(),
    };
    let sign = Rect::from_min_size(what.min, egui::vec2(26.0, what.height()));
    paint_cell(ui, sign, glyph, color, theme::body_font());
    paint_cell(ui, what.with_min_x(what.min.x + 16.0), &row.what, color, theme::body_font());
}

/// Both ends of a message, however little room there is: with what tells them apart, then by their names alone.
fn fitting(ui: &Ui, who: &str, width_pt: f32) -> String {
    let room = width_pt - 2.0 * theme::CELL_PADDING_PT;
    let fits = |text: &str| {
        let color = egui::Color32::PLACEHOLDER;
        ui.fonts_mut(|fonts| fonts.layout_no_wrap(text.to_owned(), theme::body_font(), color)).size().x <= room
    };
    let all = shorter(who);
    let shortest = all.last().cloned().unwrap_or_default();
    all.into_iter().find(|text| fits(text)).unwrap_or(shortest)
}

/// `clara@contoso.com → frank@fabrikam.com`, `clara → frank@fabrikam.com`, `clara → frank`
fn shorter(who: &str) -> Vec<String> {
    let mut all = vec![who.to_owned()];
    let name = |address: &str| address.split_once('@').map_or(address, |(name, _)| name).to_owned();
    let domain = |address: &str| address.split_once('@').map(|(_, domain)| domain.to_owned());
    if let Some((from, to)) = who.split_once(" → ") {
        if domain(from) != domain(to) {
            all.push(format!("{} → {to}", name(from)));
        }
        all.push(format!("{} → {}", name(from), name(to)));
    }
    all
}

fn row_menu(ui: &mut Ui, app: &App, row: Option<RowId>, actions: &mut Actions) {
    let Some(entry) = row.and_then(|row| app.view.index.entry(row)) else { return };
    let mut item = |ui: &mut Ui, text: String, action: Action| {
        if ui.button(text).clicked() {
            actions.push(action);
            ui.close();
        }
    };
    if let Some(call_id) = &entry.call_id {
        item(ui, "Only this dialog".to_owned(), Action::SetTerm("callid", Some(call_id.clone())));
    }
    for user in entry.uris.iter().take(4) {
        item(ui, format!("Only {user}"), Action::SetTerm("uri", Some(user.clone())));
    }
    for diagnostic in &entry.diagnostics {
        item(ui, format!("Only code {}", diagnostic.code), Action::SetTerm("diag", Some(diagnostic.code.to_string())));
    }
    if let Some(method) = &entry.method {
        item(ui, format!("Only {method}"), Action::SetTerm("method", Some(method.clone())));
    }
    if ui.button("Copy message").clicked() {
        if let Some(row) = row {
            ui.copy_text(to_text(app.view.index.raw(row)));
        }
        ui.close();
    }
}

/// What to do where the query selects nothing.
fn nothing_found(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let tokens = theme::of(ui);
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.3).min(90.0));
        if app.is_indexing() {
            ui.label(RichText::new("Nothing found so far, still reading…").color(tokens.text_weak));
            return;
        }
        let unit = if app.scope == crate::query::Scope::Messages { "messages" } else { "records" };
        let text = match &app.query_error {
            Some(_) => "The query cannot be read yet".to_owned(),
            None => format!("The query selects no {unit}"),
        };
        ui.label(RichText::new(text).font(theme::strong_font()).color(tokens.text));
        ui.add_space(2.0);
        ui.label(RichText::new(&app.query_text).font(theme::mono_font()).color(tokens.text_weak));
        ui.add_space(8.0);
        // Often one term too many was chosen; each can be given up on its own.
        for field in ["uri", "diag", "time", "callid", "method", "status", "file"] {
            let Some(value) = edit::term_value(&app.query_text, field) else { continue };
            if ui.button(format!("Search without {field}:{value}")).clicked() {
                actions.push(Action::SetTerm(field, None));
            }
        }
        if !app.query_text.is_empty() && ui.button("Clear the filter").clicked() {
            actions.push(Action::Run(Command::ClearFilter));
        }
        if app.scope == crate::query::Scope::Messages && ui.button("Look in all records").clicked() {
            actions.push(Action::Scope(crate::query::Scope::AllRecords));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::shorter;

    #[test]
    fn both_ends_stay_where_there_is_little_room() {
        let last = |who| shorter(who).pop();
        assert_eq!(shorter("clara@contoso.com → frank@fabrikam.com").len(), 3);
        assert_eq!(last("clara@contoso.com → frank@fabrikam.com").as_deref(), Some("clara → frank"));
        assert_eq!(shorter("clara@contoso.com → dora@contoso.com").len(), 2, "one domain tells nothing apart");
        assert_eq!(last("clara@contoso.com").as_deref(), Some("clara@contoso.com"));
    }
}
