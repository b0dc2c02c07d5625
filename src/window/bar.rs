//! The top of the window: what to open, the SIP URI box, the time range, and the query they all write.

use super::theme::{self, Tone};
use super::timeline::{self, TimelineAction, TimelineView};
use crate::app::{Action, Actions, App, Command};
use crate::export::with_separators;
use crate::format::Millis;
use crate::query::{Scope, edit, term::TimeRange};
use egui::{Align, Button, Id, Key, Layout, Modifiers, RichText, TextEdit, Ui};

/// Most suggestions shown at once.
const MAX_SUGGESTIONS: usize = 10;

/// What is typed into the boxes while they have the keyboard.
#[derive(Debug, Default)]
pub struct BarState {
    address: String,
    from: String,
    to: String,
    /// The suggestion the arrow keys stand on.
    suggestion: Option<usize>,
    suggestions_are_hovered: bool,
}

/// The query bar, so that a key can bring the cursor there.
pub fn query_id() -> Id {
    Id::unique("query")
}

/// The SIP URI box.
pub fn address_id() -> Id {
    Id::unique("sip uri")
}

/// The two rows of the bar.
pub fn bar_ui(ui: &mut Ui, state: &mut BarState, app: &App, actions: &mut Actions) {
    ui.horizontal(|ui| {
        open_menu(ui, app, actions);
        ui.separator();
        address_box(ui, state, app, actions);
        ui.separator();
        time_boxes(ui, state, app, actions);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.add(Button::new("?")).on_hover_text(hint(ui, Command::Help)).clicked() {
                actions.push(Action::Run(Command::Help));
            }
            theme_button(ui, actions);
            let mut all = app.scope == Scope::AllRecords;
            if ui.checkbox(&mut all, "All records").on_hover_text("Also show records that hold no message").changed() {
                actions.push(Action::Scope(if all { Scope::AllRecords } else { Scope::Messages }));
            }
        });
    });
    ui.add_space(2.0);
    query_bar(ui, app, actions);
}

/// Words that stand in an empty box, weaker than what is typed into it.
fn hint_text(ui: &Ui, text: &str) -> RichText {
    RichText::new(text.to_owned()).italics().color(theme::of(ui).text_weak)
}

fn hint(ui: &Ui, command: Command) -> String {
    let Some(entry) = command.entry() else { return String::new() };
    let key = entry.key.map(|key| format!(" ({})", ui.ctx().format_shortcut(&key))).unwrap_or_default();
    format!("{}{key}", entry.help)
}

fn open_menu(ui: &mut Ui, app: &App, actions: &mut Actions) {
    if app.waits_for_dialog {
        ui.add_enabled(false, Button::new("Waiting for the file dialog…"));
        return;
    }
    ui.menu_button("Open…", |ui| {
        for command in [Command::OpenFiles, Command::OpenFolder, Command::AddFiles, Command::Paste, Command::Close] {
            let Some(entry) = command.entry() else { continue };
            let enabled =
                !app.is_empty() || matches!(command, Command::OpenFiles | Command::OpenFolder | Command::Paste);
            let key = entry.key.map(|key| ui.ctx().format_shortcut(&key)).unwrap_or_default();
            if ui.add_enabled(enabled, Button::new(entry.name).shortcut_text(key)).on_hover_text(entry.help).clicked() {
                actions.push(Action::Run(command));
                ui.close();
            }
        }
    });
}

fn theme_button(ui: &mut Ui, actions: &mut Actions) {
    let preference = ui.ctx().options(|options| options.theme_preference);
    let name = match preference {
        egui::ThemePreference::System => "Theme: system",
        egui::ThemePreference::Light => "Theme: light",
        egui::ThemePreference::Dark => "Theme: dark",
    };
    if ui.button(name).on_hover_text(hint(ui, Command::ToggleTheme)).clicked() {
        actions.push(Action::Run(Command::ToggleTheme));
    }
}

/// The box for one user, with the addresses of the log as suggestions.
fn address_box(ui: &mut Ui, state: &mut BarState, app: &App, actions: &mut Actions) {
    let has_focus = ui.memory(|memory| memory.has_focus(address_id()));
    if !has_focus {
        let value = edit::term_value(&app.query_text, "uri").unwrap_or_default();
        state.address = if value.contains('@') { value.trim_end_matches('*').to_owned() } else { value };
        state.suggestion = if state.suggestions_are_hovered { state.suggestion } else { None };
    }
    let label = ui.label(RichText::new("SIP URI").color(theme::of(ui).text_weak));
    let suggestions = suggestions(app, &state.address);
    if has_focus {
        move_suggestion(ui, state, suggestions.len());
    }
    let chosen_by_key =
        has_focus && ui.input_mut(|input| state.suggestion.is_some() && input.consume_key(Modifiers::NONE, Key::Enter));
    let response = ui
        .add(
            TextEdit::singleline(&mut state.address)
                .id(address_id())
                .desired_width(210.0)
                .hint_text(hint_text(ui, "user or address")),
        )
        .labelled_by(label.id);
    let mut chosen = chosen_by_key
        .then(|| state.suggestion.and_then(|at| suggestions.get(at)))
        .flatten()
        .map(|(name, _)| name.clone());
    if response.changed() {
        state.suggestion = None;
        actions.push(Action::SetTerm("uri", address_value(&state.address, app)));
    }
    let is_exact = suggestions.len() == 1 && suggestions.first().is_some_and(|(name, _)| *name == state.address);
    let is_open = (response.has_focus() || state.suggestions_are_hovered) && !suggestions.is_empty() && !is_exact;
    let popup = egui::Popup::from_response(&response)
        .id(Id::unique("addresses"))
        .open(is_open)
        .width(320.0)
        .gap(4.0)
        .close_behavior(egui::PopupCloseBehavior::IgnoreClicks)
        .show(|ui| {
            ui.set_min_width(320.0);
            for (at, (name, count)) in suggestions.iter().enumerate() {
                if suggestion(ui, name, *count, state.suggestion == Some(at)) {
                    chosen = Some(name.clone());
                }
            }
        });
    state.suggestions_are_hovered = popup.is_some_and(|popup| popup.response.contains_pointer());
    if let Some(name) = chosen {
        state.address.clone_from(&name);
        state.suggestion = None;
        state.suggestions_are_hovered = false;
        response.surrender_focus();
        actions.push(Action::SetTerm("uri", Some(name)));
    }
}

/// What the box writes into the query: an address that is not whole yet stands for all that go on like it.
fn address_value(typed: &str, app: &App) -> Option<String> {
    let typed = typed.trim();
    let is_whole = |address: &&(String, u32)| address.0.eq_ignore_ascii_case(typed);
    let goes_on =
        typed.contains('@') && !typed.contains('*') && !app.view.addresses.iter().any(|address| is_whole(&address));
    (!typed.is_empty()).then(|| if goes_on { format!("{typed}*") } else { typed.to_owned() })
}

/// One suggestion: the address, and in how many records it stands.
fn suggestion(ui: &mut Ui, name: &str, count: u32, is_chosen: bool) -> bool {
    let text = format!("{name}   {}", with_separators(count.into()));
    let response =
        ui.add_sized([ui.available_width(), 22.0], Button::selectable(is_chosen, "").frame_when_inactive(false));
    let tokens = theme::of(ui);
    let rect = response.rect.shrink2(egui::vec2(6.0, 0.0));
    ui.painter().text(rect.left_center(), egui::Align2::LEFT_CENTER, name, theme::body_font(), tokens.text);
    let count = with_separators(count.into());
    ui.painter().text(rect.right_center(), egui::Align2::RIGHT_CENTER, count, theme::small_font(), tokens.text_weak);
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, is_chosen, &text));
    response.clicked()
}

fn suggestions(app: &App, typed: &str) -> Vec<(String, u32)> {
    let typed = typed.trim().to_lowercase();
    app.view.addresses.iter().filter(|(name, _)| name.contains(&typed)).take(MAX_SUGGESTIONS).cloned().collect()
}

fn move_suggestion(ui: &Ui, state: &mut BarState, count: usize) {
    let (down, up) = ui.input_mut(|input| {
        (input.consume_key(Modifiers::NONE, Key::ArrowDown), input.consume_key(Modifiers::NONE, Key::ArrowUp))
    });
    if down {
        state.suggestion = Some(state.suggestion.map_or(0, |at| at + 1).min(count.saturating_sub(1)));
    }
    if up {
        state.suggestion = state.suggestion.and_then(|at| at.checked_sub(1));
    }
}

/// Two boxes that write `time:FROM..TO`.
fn time_boxes(ui: &mut Ui, state: &mut BarState, app: &App, actions: &mut Actions) {
    let (from_id, to_id) = (Id::unique("time from"), Id::unique("time to"));
    if !ui.memory(|memory| memory.has_focus(from_id) || memory.has_focus(to_id)) {
        let value = edit::term_value(&app.query_text, "time").unwrap_or_default();
        let (from, to) = value.split_once("..").unwrap_or((&value, &value));
        (state.from, state.to) = (from.to_owned(), to.to_owned());
    }
    let weak = theme::of(ui).text_weak;
    let label = ui.label(RichText::new("Time").color(weak));
    let mut changed = false;
    for (id, text, name) in [(from_id, &mut state.from, "from"), (to_id, &mut state.to, "to")] {
        let response = ui.add(TextEdit::singleline(text).id(id).desired_width(128.0).hint_text(hint_text(ui, name)));
        changed |= response.changed();
        response.labelled_by(label.id).on_hover_text("A time such as 14:00, 14:05:30 or 2024-11-20T14:00");
    }
    if changed {
        let (from, to) = (state.from.trim(), state.to.trim());
        let value = (!from.is_empty() || !to.is_empty()).then(|| format!("{from}..{to}"));
        actions.push(Action::SetTerm("time", value));
    }
}

/// The query as one line of text, with its error below.
fn query_bar(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let tokens = theme::of(ui);
    ui.horizontal(|ui| {
        let label = ui.label(RichText::new("Query").color(tokens.text_weak));
        let has_query = !app.query_text.is_empty();
        let clear_width = if has_query { 64.0 } else { 0.0 };
        let mut text = app.query_text.clone();
        let mut layouter = |ui: &Ui, text: &dyn egui::TextBuffer, _width: f32| {
            ui.fonts_mut(|fonts| fonts.layout_job(query_job(text.as_str(), app, tokens)))
        };
        let edit = TextEdit::singleline(&mut text)
            .id(query_id())
            .font(theme::mono_font())
            .desired_width(ui.available_width() - clear_width)
            .layouter(&mut layouter)
            .hint_text(hint_text(ui, "Everything is shown. Type words, or fields such as status:401 or diag:28032"));
        let response = ui.add(edit).labelled_by(label.id);
        if response.changed() {
            actions.push(Action::SetQuery(text));
        }
        query_error(&response, app, tokens);
        if has_query && ui.button("Clear").on_hover_text(hint(ui, Command::ClearFilter)).clicked() {
            actions.push(Action::Run(Command::ClearFilter));
        }
    });
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
fn query_job(text: &str, app: &App, tokens: &theme::Tokens) -> egui::text::LayoutJob {
    let plain = egui::TextFormat::simple(theme::mono_font(), tokens.text);
    let wrong = egui::TextFormat {
        color: tokens.tone(Tone::Failure).text,
        underline: egui::Stroke::new(1.5, tokens.tone(Tone::Failure).text),
        ..plain.clone()
    };
    let mut job = egui::text::LayoutJob::default();
    let range = app.query_error.as_ref().map_or(0..0, |error| error.column..error.column + error.length);
    for (at, c) in text.chars().enumerate() {
        job.append(&c.to_string(), 0.0, if range.contains(&at) { wrong.clone() } else { plain.clone() });
    }
    job.wrap.max_rows = 1;
    job
}

/// The strip of all messages over time.
pub fn timeline_ui(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let shown = &app.view.timeline;
    let spans_days = shown.span.1 - shown.span.0 > 86_400_000;
    let label = |ms: i64| Millis(ms).format(if spans_days { "%m-%d %H:%M" } else { "%H:%M:%S" });
    let view = TimelineView {
        span: shown.span,
        buckets: &shown.buckets,
        selected: app.time_range(),
        cursor: app.selected.map(|row| app.view.index.time(row).0),
        label: &label,
    };
    match timeline::timeline_ui(ui, &view) {
        Some(TimelineAction::Selected(from, to)) => {
            actions.push(Action::SetTerm("time", Some(TimeRange::Absolute { from, to }.to_string())));
        }
        Some(TimelineAction::Cleared) => actions.push(Action::SetTerm("time", None)),
        None => {}
    }
}
