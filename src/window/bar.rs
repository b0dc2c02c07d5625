//! The top of the window: what to open, the SIP URI box, the time range, and the query they all write.

use super::completion::{Completion, CompletionState};
use super::query_bar::{self, QueryBarState};
use super::theme;
use super::timeline::{self, TimelineAction, TimelineView};
use crate::app::{Action, Actions, App, Command, Offer, View, addresses_like};
use crate::format::Millis;
use crate::index::{Column, Values};
use crate::query::{Scope, edit, term::TimeRange};
use egui::{Align, Button, Id, Layout, RichText, TextEdit, Ui};
use std::sync::Arc;

/// What is typed into the boxes while they have the keyboard.
#[derive(Debug, Default)]
pub struct BarState {
    pub query: QueryBarState,
    address: String,
    from: String,
    to: String,
    completion: CompletionState,
    suggestions: Suggestions,
}

/// Addresses to choose from, and what they were looked up for.
#[derive(Debug, Default)]
struct Suggestions {
    typed: String,
    values: Arc<Values>,
    offers: Vec<Offer>,
}

/// The SIP URI box.
pub fn address_id() -> Id {
    Id::unique("sip uri")
}

/// The two rows of the bar.
pub fn bar_ui(ui: &mut Ui, state: &mut BarState, app: &App, actions: &mut Actions) {
    ui.horizontal(|ui| {
        menus(ui, app, actions);
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
    query_bar::query_bar_ui(ui, &mut state.query, app, actions);
}

/// Words that stand in an empty box, weaker than what is typed into it.
pub(super) fn hint_text(ui: &Ui, text: &str) -> RichText {
    RichText::new(text.to_owned()).italics().color(theme::of(ui).text_weak)
}

pub(super) fn hint(ui: &Ui, command: Command) -> String {
    let Some(entry) = command.entry() else { return String::new() };
    let key = entry.key.map(|key| format!(" ({})", ui.ctx().format_shortcut(&key))).unwrap_or_default();
    format!("{}{key}", entry.help)
}

/// What opens and closes, and what is saved.
fn menus(ui: &mut Ui, app: &App, actions: &mut Actions) {
    if app.waits_for_dialog {
        ui.add_enabled(false, Button::new("Waiting for the file dialog…"));
        return;
    }
    let opens = [
        Command::OpenFiles,
        Command::OpenFolder,
        Command::AddFiles,
        Command::OpenAgain,
        Command::Paste,
        Command::Close,
    ];
    menu(ui, "Open…", &opens, actions, |command| {
        !app.is_empty() || matches!(command, Command::OpenFiles | Command::OpenFolder | Command::Paste)
    });
    let saves = [Command::SaveReport, Command::SaveReportWithNames, Command::SaveRedactedLogs];
    menu(ui, "Save…", &saves, actions, |command| app.can(command));
}

fn menu(ui: &mut Ui, name: &str, commands: &[Command], actions: &mut Actions, can: impl Fn(Command) -> bool) {
    ui.menu_button(name, |ui| {
        for entry in commands.iter().filter_map(|command| command.entry()) {
            let key = entry.key.map(|key| ui.ctx().format_shortcut(&key)).unwrap_or_default();
            let button = Button::new(entry.name).shortcut_text(key);
            if ui.add_enabled(can(entry.command), button).on_hover_text(entry.help).clicked() {
                actions.push(Action::Run(entry.command));
                ui.close();
            }
        }
    });
}

const THEME_BUTTON_PT: f32 = 108.0;

fn theme_button(ui: &mut Ui, actions: &mut Actions) {
    let preference = ui.ctx().options(|options| options.theme_preference);
    let name = match preference {
        egui::ThemePreference::System => "Theme: system",
        egui::ThemePreference::Light => "Theme: light",
        egui::ThemePreference::Dark => "Theme: dark",
    };
    // As wide as its longest name, so that nothing beside it moves.
    let button = Button::new(name).min_size(egui::vec2(THEME_BUTTON_PT, 0.0));
    if ui.add(button).on_hover_text(hint(ui, Command::ToggleTheme)).clicked() {
        actions.push(Action::Run(Command::ToggleTheme));
    }
}

/// The box for one user, with the addresses of the log as suggestions.
fn address_box(ui: &mut Ui, state: &mut BarState, app: &App, actions: &mut Actions) {
    let has_focus = ui.memory(|memory| memory.has_focus(address_id()));
    if !has_focus {
        let value = edit::term_value(&app.query_text, "uri").unwrap_or_default();
        state.address = if value.contains('@') { value.trim_end_matches('*').to_owned() } else { value };
    }
    let label = ui.label(RichText::new("SIP URI").color(theme::of(ui).text_weak));
    let mut taken = if has_focus {
        let offers = state.suggestions.of(&app.view, &state.address);
        state.completion.keys(ui, offers.len(), false).and_then(|at| offers.get(at)).cloned()
    } else {
        None
    };
    let response = ui
        .add(
            TextEdit::singleline(&mut state.address)
                .id(address_id())
                .desired_width(210.0)
                .hint_text(hint_text(ui, "user or address")),
        )
        .labelled_by(label.id);
    if response.changed() {
        actions.push(Action::SetTerm("uri", address_value(&state.address, app)));
    }
    if response.changed() || response.gained_focus() {
        state.completion.open();
    }
    let look =
        Completion { box_id: address_id(), name: "Addresses of this log", width_pt: 320.0, font: theme::body_font() };
    let offers = if state.completion.is_open { state.suggestions.of(&app.view, &state.address) } else { &[] };
    taken = look.show(&mut state.completion, &response, offers).and_then(|at| offers.get(at)).cloned().or(taken);
    if let Some(Offer { value, .. }) = taken {
        state.address.clone_from(&value);
        state.completion.close();
        response.surrender_focus();
        actions.push(Action::SetTerm("uri", Some(value)));
    }
}

impl Suggestions {
    /// Looked up again only where the text or the log has changed: there may be very many addresses.
    fn of(&mut self, view: &View, typed: &str) -> &[Offer] {
        if self.typed != typed || !Arc::ptr_eq(&self.values, &view.values) {
            let (typed, values) = (typed.to_owned(), Arc::clone(&view.values));
            *self = Self { offers: addresses_like(view, &typed), typed, values };
        }
        &self.offers
    }
}

/// What the box writes into the query: an address that is not whole yet stands for all that go on like it.
fn address_value(typed: &str, app: &App) -> Option<String> {
    let typed = typed.trim();
    let is_whole = || app.view.values.of(Column::Uri).iter().any(|address| address.text.eq_ignore_ascii_case(typed));
    let goes_on = typed.contains('@') && !typed.contains('*') && !is_whole();
    (!typed.is_empty()).then(|| if goes_on { format!("{typed}*") } else { typed.to_owned() })
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

/// The strip of all messages over time.
pub fn timeline_ui(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let shown = &app.timeline;
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
