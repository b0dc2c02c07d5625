//! People, codes, servers and files of the log: what each holds, and how often. A click filters by it.

use super::{FEW_ROWS, quiet_row, row_ground, rows_ui};
use crate::app::{Action, Actions, App, CodeFacet, Person};
use crate::diagnosis::knowledge::{CodeKind, Knowledge, with_source};
use crate::export::{counted, with_separators};
use crate::index::{Column, Value};
use crate::query::{Scope, edit};
use crate::source::State;
use crate::trace::{Ending, Outcome};
use crate::window::rows::{paint_cell, paint_cell_end};
use crate::window::theme::{self, Tone};
use egui::{Align2, Color32, FontId, Rect, Response, Ui, WidgetInfo, pos2, vec2};

const TWO_LINES_PT: f32 = 38.0;
const ONE_LINE_PT: f32 = 24.0;

/// How many rows of a list are shown, with a row for the rest below.
fn shown(ui: &mut Ui, count: usize, whole: &mut bool, rows: impl FnOnce(&mut Ui, usize)) {
    rows(ui, if *whole { count } else { count.min(FEW_ROWS) });
    if count > FEW_ROWS {
        let text = if *whole { "Show fewer".to_owned() } else { format!("Show all {}", with_separators(count as u64)) };
        if quiet_row(ui, &text, *whole) {
            *whole = !*whole;
        }
    }
}

/// The two lines of a row.
fn lines(rect: Rect) -> [Rect; 2] {
    [rect.top() + 11.0, rect.bottom() - 11.0]
        .map(|y| Rect::from_center_size(pos2(rect.center().x, y), vec2(rect.width(), 16.0)))
}

/// A text with something short behind it at the end of the line.
fn line_with_end(ui: &Ui, line: Rect, text: (&str, Color32, FontId), end: (&str, Color32)) {
    let font = theme::small_font();
    let measure = |text: &str| {
        let color = Color32::PLACEHOLDER;
        ui.fonts_mut(|fonts| fonts.layout_no_wrap(text.to_owned(), font.clone(), color)).size().x
    };
    let width = if end.0.is_empty() { 0.0 } else { measure(end.0) + theme::CELL_PADDING_PT };
    paint_cell(ui, line.with_max_x(line.right() - width), text.0, text.1, text.2);
    let cell = line.with_min_x(line.right() - width - theme::CELL_PADDING_PT);
    paint_cell_end(ui, cell, end.0, end.1, font);
}

fn weak(ui: &Ui, is_chosen: bool) -> Color32 {
    let tokens = theme::of(ui);
    if is_chosen { tokens.selection_text_weak } else { tokens.text_weak }
}

/// What the last attempt to sign in came to.
fn ending_words(person: &Person) -> (Tone, &'static str) {
    match person.last {
        Some(Ending::Challenged | Ending::Redirected) | None if person.cannot_sign_in => {
            (Tone::Failure, "cannot sign in")
        }
        None => (Tone::Neutral, "no sign-in"),
        Some(Ending::SignedIn) => (Tone::Success, "signed in"),
        Some(Ending::SignedOut) => (Tone::Neutral, "signed out"),
        Some(Ending::Refused) => (Tone::Failure, "refused"),
        Some(Ending::Rejected) => (Tone::Failure, "rejected"),
        Some(Ending::Unavailable) => (Tone::Failure, "unavailable"),
        Some(Ending::Unanswered) => (Tone::Failure, "unanswered"),
        Some(Ending::Challenged) => (Tone::Challenge, "not signed in"),
        Some(Ending::Redirected) => (Tone::Provisional, "redirected"),
    }
}

pub fn people_ui(ui: &mut Ui, app: &App, whole: &mut bool, actions: &mut Actions) {
    let Some(findings) = &app.findings else { return };
    let chosen = edit::term_value(&app.query_text, "uri");
    shown(ui, findings.people.len(), whole, |ui, count| {
        rows_ui(ui, "people", count, TWO_LINES_PT, |ui, at, rect, response| {
            let Some(person) = findings.people.get(at) else { return };
            let is_chosen = chosen.as_deref() == Some(person.user.as_str());
            if person_row(ui, person, rect, response, is_chosen) {
                actions.push(Action::SetTerm("uri", (!is_chosen).then(|| person.user.clone())));
            }
        });
    });
}

fn person_row(ui: &Ui, person: &Person, rect: Rect, response: Response, is_chosen: bool) -> bool {
    let tokens = theme::of(ui);
    let (tone, word) = ending_words(person);
    response.widget_info(|| {
        let name = format!("Person {}, last {word}, {}", person.user, person.counts);
        WidgetInfo::selected(egui::Role::Button, true, is_chosen, name)
    });
    row_ground(ui, rect, &response, is_chosen);
    let [top, bottom] = lines(rect);
    let text = if is_chosen { tokens.selection_text } else { tokens.text };
    let end = format!("{} {word}", tone.glyph());
    line_with_end(ui, top, (&person.user, text, theme::body_font()), (&end, tokens.tone(tone).text));
    let fails = person.cannot_sign_in || person.failed_calls > 0;
    let color = if fails { tokens.tone(Tone::Failure).text } else { weak(ui, is_chosen) };
    paint_cell(ui, bottom, &person.counts, color, theme::small_font());
    let says = match tone {
        Tone::Failure => "the last sign-in failed",
        Tone::Challenge => "the server asked who it is, and the log shows no end of the sign-in",
        Tone::Success => "the last sign-in went well",
        Tone::Provisional => "the sign-in goes on at another server",
        Tone::Neutral | Tone::Request => "the log shows no sign-in that is open",
    };
    response.on_hover_text(format!("{end}: {says}. Click to see only this person")).clicked()
}

pub fn codes_ui(ui: &mut Ui, app: &App, whole: &mut bool, actions: &mut Actions) {
    let codes = &app.view.codes;
    let chosen = edit::term_value(&app.query_text, "diag");
    shown(ui, codes.len(), whole, |ui, count| {
        rows_ui(ui, "codes", count, TWO_LINES_PT, |ui, at, rect, response| {
            let Some(code) = codes.get(at) else { return };
            let is_chosen = chosen.as_deref() == Some(code.code.to_string().as_str());
            if code_row(ui, code, rect, response, is_chosen) {
                actions.push(Action::SetTerm("diag", (!is_chosen).then(|| code.code.to_string())));
            }
        });
    });
    if codes.is_empty() {
        let text = if app.is_indexing() { "None so far" } else { "None in this log" };
        ui.horizontal(|ui| {
            ui.add_space(theme::CELL_PADDING_PT);
            ui.label(egui::RichText::new(text).color(theme::of(ui).text_weak));
        });
    }
}

/// One code: its number, what it means, and how often it stands there.
fn code_row(ui: &Ui, code: &CodeFacet, rect: Rect, response: Response, is_chosen: bool) -> bool {
    let tokens = theme::of(ui);
    let reason = code.reason.as_deref().unwrap_or("no reason given");
    let count = with_separators(code.count.into());
    response.widget_info(|| {
        let name = format!("Code {}, {reason}, {count} records", code.code);
        WidgetInfo::selected(egui::Role::Button, true, is_chosen, name)
    });
    row_ground(ui, rect, &response, is_chosen);
    let inner = rect.shrink2(vec2(theme::CELL_PADDING_PT, 3.0));
    let tone = crate::window::tone(code.outcome.filter(|outcome| *outcome == Outcome::Failure));
    let painter = ui.painter_at(rect);
    painter.text(inner.left_top(), Align2::LEFT_TOP, code.code, theme::strong_font(), tokens.tone(tone).text);
    painter.text(inner.right_top(), Align2::RIGHT_TOP, count, theme::small_font(), weak(ui, is_chosen));
    let [_, bottom] = lines(rect);
    paint_cell(ui, bottom, reason, weak(ui, is_chosen), theme::small_font());
    // What the tables say is looked up only while somebody asks for it.
    let response = response.on_hover_ui(|ui| {
        let known = Knowledge::current().explain_code(code.code, code.reason.as_deref());
        ui.label(egui::RichText::new(reason).font(theme::strong_font()));
        ui.label(with_source(&known.meaning, known.is_own()));
        if known.kind != CodeKind::Failure {
            ui.label("No failure by itself");
        }
        let words = format!("{}. Click to see only the messages with this code", known.sureness.in_words());
        ui.label(egui::RichText::new(words).font(theme::small_font()).color(theme::of(ui).text_weak));
    });
    response.clicked()
}

pub fn servers_ui(ui: &mut Ui, app: &App, whole: &mut bool, actions: &mut Actions) {
    let servers = app.view.values.of(Column::Machine);
    let chosen = edit::term_value(&app.query_text, "machine");
    shown(ui, servers.len(), whole, |ui, count| {
        rows_ui(ui, "servers", count, ONE_LINE_PT, |ui, at, rect, response| {
            let Some(server) = servers.get(at) else { return };
            let is_chosen = chosen.as_deref() == Some(&*server.text);
            if server_row(ui, server, app.scope, rect, response, is_chosen) {
                actions.push(Action::SetTerm("machine", (!is_chosen).then(|| server.text.to_string())));
            }
        });
    });
}

fn server_row(ui: &Ui, server: &Value, scope: Scope, rect: Rect, response: Response, is_chosen: bool) -> bool {
    let tokens = theme::of(ui);
    let count = match scope {
        Scope::Messages => counted(server.count.messages.into(), "message"),
        Scope::AllRecords => counted(server.count.records.into(), "record"),
    };
    response.widget_info(|| {
        WidgetInfo::selected(egui::Role::Button, true, is_chosen, format!("Server {}, {count}", server.text))
    });
    row_ground(ui, rect, &response, is_chosen);
    let text = if is_chosen { tokens.selection_text } else { tokens.text };
    line_with_end(ui, rect, (&server.text, text, theme::body_font()), (&count, weak(ui, is_chosen)));
    response.on_hover_text("Click to see only what this server wrote").clicked()
}

pub fn files_ui(ui: &mut Ui, app: &App, whole: &mut bool, actions: &mut Actions) {
    let files = app.view.index.files();
    shown(ui, files.len(), whole, |ui, count| {
        rows_ui(ui, "files", count, TWO_LINES_PT, |ui, at, rect, response| {
            file_row(ui, app, at, rect, response, actions);
        });
    });
}

fn file_row(ui: &Ui, app: &App, number: usize, rect: Rect, response: Response, actions: &mut Actions) {
    let Some(file) = app.view.index.files().get(number) else { return };
    let is_chosen = edit::term_value(&app.query_text, "file").as_deref() == Some(file.name());
    let short = file.name().rsplit(['/', '\\']).next().unwrap_or_default();
    let clock = app.view.index.file_clock(number).cloned().unwrap_or_default();
    let format = file.format.map_or("no records", |format| format.title());
    let (state, is_lost) = match app.file_state(number) {
        State::Same => ("", false),
        State::Grown => ("following, ", false),
        State::Cut => ("cut, ", true),
        State::Replaced => ("replaced, ", true),
        State::Gone => ("deleted, ", true),
    };
    let name = format!("File {short}, {state}{format}, clock {}", clock.clock);
    response.widget_info(|| WidgetInfo::selected(egui::Role::Button, true, is_chosen, &name));
    row_ground(ui, rect, &response, is_chosen);
    let tokens = theme::of(ui);
    let [top, bottom] = lines(rect);
    let text = if is_chosen { tokens.selection_text } else { tokens.text };
    paint_cell(ui, top, short, text, theme::body_font());
    let is_timed = file.format.is_none_or(crate::format::Format::has_times);
    let clock_text = if is_timed { clock_words(clock.clock) } else { "no times".to_owned() };
    let color = if is_lost { tokens.tone(Tone::Failure).text } else { weak(ui, is_chosen) };
    paint_cell(ui, bottom, &format!("{state}{format}, {clock_text}"), color, theme::small_font());
    let response = response.on_hover_ui(|ui| {
        let warnings: Vec<&str> = file.warnings.iter().chain(&clock.warnings).map(String::as_str).collect();
        let warnings = warnings.join("\n");
        let text = format!("{}\n{}\nClock {}: {}\n{warnings}", file.name(), file.reason, clock.clock, clock.source);
        ui.label(text.trim_end());
    });
    if response.clicked() {
        actions.push(Action::SetTerm("file", (!is_chosen).then(|| file.name().to_owned())));
    }
}

fn clock_words(clock: crate::format::Clock) -> String {
    match clock {
        crate::format::Clock::Utc => "UTC".to_owned(),
        crate::format::Clock::Offset(offset) => format!("UTC{offset}"),
        crate::format::Clock::Unknown => "clock unknown".to_owned(),
    }
}
