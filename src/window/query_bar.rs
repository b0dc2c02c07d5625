//! The query as one line of text, with what can be completed in it and what is wrong with it below.

use super::bar::{hint, hint_text};
use super::completion::{Completion, CompletionState};
use super::theme::{self, Tone};
use crate::app::{Action, Actions, App, Command, Offers};
use crate::index::Values;
use crate::query::{Scope, complete};
use egui::text::{CCursor, CCursorRange};
use egui::{Id, RichText, TextEdit, Ui};
use std::ops::Range;
use std::sync::Arc;

/// What the box offers, and where.
#[derive(Debug, Default)]
pub struct QueryBarState {
    pub completion: CompletionState,
    known: Option<Known>,
}

/// Offers with what they were looked up for.
#[derive(Debug)]
struct Known {
    query: String,
    cursor: usize,
    values: Arc<Values>,
    scope: Scope,
    offers: Option<Offers>,
}

/// The query bar, so that a key can bring the cursor there.
pub fn query_id() -> Id {
    Id::unique("query")
}

impl QueryBarState {
    /// Looked up again only where the text, the cursor or the log has changed: there may be very many values.
    fn offers(&mut self, app: &App, query: &str, cursor: usize) -> Option<&Offers> {
        let view = &app.view;
        let same = |known: &Known| {
            known.query == query
                && known.cursor == cursor
                && known.scope == view.scope
                && Arc::ptr_eq(&known.values, &view.values)
        };
        if !self.known.as_ref().is_some_and(same) {
            let offers = Offers::at(view, query, cursor);
            let (query, values) = (query.to_owned(), Arc::clone(&view.values));
            self.known = Some(Known { query, cursor, values, scope: view.scope, offers });
        }
        self.known.as_ref()?.offers.as_ref()
    }

    /// What cannot be read, in characters. A term that is offered the rest of is not wrong yet.
    fn wrong(&self, app: &App) -> Range<usize> {
        let Some(error) = &app.query_error else { return 0..0 };
        let known = self.known.as_ref().filter(|known| self.completion.is_open && known.query == app.query_text);
        let typed = known.and_then(|known| Some(known.offers.as_ref()?.place.range.clone()));
        let at = app.query_text.char_indices().nth(error.column).map_or(app.query_text.len(), |(at, _)| at);
        match typed {
            Some(typed) if typed.contains(&at) => 0..0,
            _ => error.column..error.column + error.length,
        }
    }

    /// Puts an offer into the query, and the cursor behind it.
    fn take(&mut self, ui: &Ui, app: &App, text: &mut String, at: usize, actions: &mut Actions) {
        let Some(offers) = self.offers(app, text, cursor(ui, text)) else { return };
        let Some(offer) = offers.offers.get(at) else { return };
        let names_field = matches!(offers.place.typing, complete::Typing::Name { .. });
        let (taken, cursor) = complete::take(text, &offers.place, &offer.value);
        set_cursor(ui, &taken, cursor);
        *text = taken;
        // The values of a field follow its name; a value is the end of what was asked for.
        if names_field {
            self.completion.open();
        } else {
            self.completion.close();
        }
        actions.push(Action::SetQuery(text.clone()));
    }
}

/// Where the cursor stands in the box, in bytes.
fn cursor(ui: &Ui, text: &str) -> usize {
    let range = TextEdit::load_state(ui.ctx(), query_id()).and_then(|state| state.cursor.char_range());
    let chars = range.map_or(usize::MAX, |range| range.primary.index.0);
    text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at)
}

fn set_cursor(ui: &Ui, text: &str, byte: usize) {
    let mut state = TextEdit::load_state(ui.ctx(), query_id()).unwrap_or_default();
    let chars = text.get(..byte).unwrap_or(text).chars().count();
    state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(chars))));
    TextEdit::store_state(ui.ctx(), query_id(), state);
}

/// The box with its rows or its error.
pub fn query_bar_ui(ui: &mut Ui, state: &mut QueryBarState, app: &App, actions: &mut Actions) {
    let tokens = theme::of(ui);
    ui.horizontal(|ui| {
        let label = ui.label(RichText::new("Query").color(tokens.text_weak));
        let has_query = !app.query_text.is_empty();
        let clear_width = if has_query { 64.0 } else { 0.0 };
        let mut text = app.query_text.clone();
        if ui.memory(|memory| memory.has_focus(query_id())) && state.completion.is_open {
            let offers = state.offers(app, &text, cursor(ui, &text));
            let count = offers.map_or(0, |offers| offers.offers.len());
            let is_begun = offers.is_some_and(|offers| !offers.place.range.is_empty());
            if let Some(at) = state.completion.keys(ui, count, is_begun) {
                state.take(ui, app, &mut text, at, actions);
            }
        }
        let wrong = state.wrong(app);
        let mut layouter = |ui: &Ui, text: &dyn egui::TextBuffer, _width: f32| {
            ui.fonts_mut(|fonts| fonts.layout_job(query_job(text.as_str(), wrong.clone(), tokens)))
        };
        let edit = TextEdit::singleline(&mut text)
            .id(query_id())
            .font(theme::mono_font())
            .desired_width(ui.available_width() - clear_width)
            .layouter(&mut layouter)
            .hint_text(hint_text(ui, "Everything is shown. Type words, or fields such as status:401 or diag:28032"));
        let response = ui.add(edit).labelled_by(label.id);
        if response.changed() {
            state.completion.open();
            actions.push(Action::SetQuery(text.clone()));
        }
        if !complete_ui(ui, state, app, &response, &mut text, actions) {
            query_error(&response, app, tokens);
        }
        if has_query && ui.button("Clear").on_hover_text(hint(ui, Command::ClearFilter)).clicked() {
            actions.push(Action::Run(Command::ClearFilter));
        }
    });
}

/// The rows below the box; false where there are none.
fn complete_ui(
    ui: &Ui,
    state: &mut QueryBarState,
    app: &App,
    response: &egui::Response,
    text: &mut String,
    actions: &mut Actions,
) -> bool {
    let look = Completion {
        box_id: query_id(),
        name: "Completions",
        width_pt: response.rect.width().min(640.0),
        font: theme::mono_font(),
    };
    let mut completion = std::mem::take(&mut state.completion);
    let is_open = completion.is_open;
    let offers = if is_open { state.offers(app, text, cursor(ui, text)) } else { None };
    let rows = offers.map_or(&[][..], |offers| &offers.offers);
    let clicked = look.show(&mut completion, response, rows);
    let is_shown = completion.is_open && !rows.is_empty();
    state.completion = completion;
    if let Some(at) = clicked {
        state.take(ui, app, text, at, actions);
        response.request_focus();
    }
    is_shown
}

/// What is wrong with the query, below it and over the timeline, so that nothing moves while one types.
fn query_error(response: &egui::Response, app: &App, tokens: &theme::Tokens) {
    let Some(error) = &app.query_error else { return };
    let text = format!(
        "{}  {}. The list shows the last query that could be read.",
        Tone::Failure.glyph(),
        error.message.trim_end_matches('.')
    );
    egui::Popup::from_response(response)
        .id(Id::unique("query error"))
        .open(true)
        .gap(4.0)
        .close_behavior(egui::PopupCloseBehavior::IgnoreClicks)
        .show(|ui| {
            ui.set_max_width(640.0);
            ui.label(RichText::new(text).color(tokens.tone(Tone::Failure).text));
        });
}

/// The query's text, the part that cannot be read underlined.
fn query_job(text: &str, range: Range<usize>, tokens: &theme::Tokens) -> egui::text::LayoutJob {
    let plain = egui::TextFormat::simple(theme::mono_font(), tokens.text);
    let wrong = egui::TextFormat {
        color: tokens.tone(Tone::Failure).text,
        underline: egui::Stroke::new(1.5, tokens.tone(Tone::Failure).text),
        ..plain.clone()
    };
    let mut job = egui::text::LayoutJob::default();
    for (at, c) in text.chars().enumerate() {
        job.append(&c.to_string(), 0.0, if range.contains(&at) { wrong.clone() } else { plain.clone() });
    }
    job.wrap.max_rows = 1;
    job
}
