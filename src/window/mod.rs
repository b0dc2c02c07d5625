//! The face with pixels: panels over the state of [`crate::app`]. The only room besides `app` that names
//! egui.
//!
//! A panel is a function of plain data that pushes actions; it opens no file, takes no lock and starts no
//! thread.

mod bar;
mod completion;
mod detail;
mod help;
pub mod highlight;
mod ladder;
mod launch;
mod list;
mod query_bar;
pub mod rows;
mod side;
mod start;
mod status;
pub mod theme;
pub mod timeline;

pub use self::launch::run;

use crate::app::{Action, Actions, App, Around, Command, LadderOf, command::COMMANDS, use_own_tables};
use crate::cli::Input;
use crate::trace::Outcome;
use std::sync::Arc;
use std::time::Instant;

/// The window with what only it knows: where lists stand, what is typed but not yet a query.
pub struct Window {
    app: App,
    bar: bar::BarState,
    list: list::ListPanel,
    ladder: ladder::LadderPanel,
    side: side::SidePanel,
    detail: detail::DetailPanel,
    shown_reveal: u64,
    help_is_open: bool,
    /// A text box had the keyboard in the last frame. Escape takes the keyboard from it before a frame
    /// begins, so the frame itself cannot tell what Escape was meant for.
    was_typing: bool,
    title: String,
    /// When the first frame was painted, and how many rows the first view with any had.
    first_frame: Option<Instant>,
    shown_rows: u64,
}

impl Window {
    /// Sets up fonts and themes and opens what was named on the command line.
    #[must_use]
    pub fn new(context: &eframe::CreationContext<'_>, input: Option<Input>) -> Self {
        theme::install(&context.egui_ctx);
        let said = use_own_tables();
        let mut window = Self::for_context(&context.egui_ctx, input);
        for sentence in said {
            window.app.say(sentence);
        }
        window
    }

    /// The same without a window around it, for tests.
    #[must_use]
    pub fn for_context(context: &egui::Context, input: Option<Input>) -> Self {
        let wake = context.clone();
        Self::with(Around::new(Arc::new(move || wake.request_repaint())), input)
    }

    /// The same with something else around it than the system.
    #[must_use]
    pub fn with(around: Around, input: Option<Input>) -> Self {
        let mut app = App::new(around);
        if let Some(Input { files, clock }) = input {
            app.open(files, clock);
        }
        Self {
            app,
            bar: bar::BarState::default(),
            list: list::ListPanel::default(),
            ladder: ladder::LadderPanel::default(),
            side: side::SidePanel::default(),
            detail: detail::DetailPanel::default(),
            shown_reveal: 0,
            help_is_open: false,
            was_typing: false,
            title: String::new(),
            first_frame: None,
            shown_rows: 0,
        }
    }

    /// The state behind the panels.
    #[must_use]
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Keys of the command table, and files dropped on the window.
    fn inputs(&self, ctx: &egui::Context, actions: &mut Actions) {
        let types = self.was_typing;
        // A menu may be closing that the paste was chosen in.
        let is_in_box = ctx.text_edit_focused();
        ctx.input_mut(|input| {
            // A key with more modifiers is asked first, or Ctrl+O would take Ctrl+Shift+O.
            let mut keyed: Vec<_> = COMMANDS.iter().filter_map(|entry| Some((entry.command, entry.key?))).collect();
            keyed.sort_by_key(|(_, key)| !(key.modifiers.shift || key.modifiers.alt));
            keyed.retain(|(command, _)| *command != Command::Paste && self.app.can(*command));
            for (command, key) in keyed {
                let is_function = matches!(key.logical_key, egui::Key::F1 | egui::Key::F7 | egui::Key::F8);
                let is_plain = key.modifiers.is_none() && !is_function;
                if !(types && is_plain) && input.consume_shortcut(&key) {
                    actions.push(Action::Run(command));
                }
            }
            // The system turns the key for pasting into the text itself, also for what the command asks for.
            for event in input.raw.events.iter().filter(|_| !is_in_box) {
                if let egui::Event::Paste(text) = event {
                    actions.push(Action::AddText(text.clone()));
                }
            }
            let dropped: Vec<_> = input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect();
            if !dropped.is_empty() {
                let add = !self.app.is_empty() && !input.modifiers.shift;
                actions.push(if add { Action::Add(dropped) } else { Action::Open(dropped) });
            }
        });
    }

    /// Carries out what only concerns the window; everything else is the app's.
    fn apply(&mut self, ctx: &egui::Context, actions: Actions) {
        for action in actions {
            match action {
                Action::Run(Command::FocusQuery) => {
                    ctx.memory_mut(|memory| memory.request_focus(query_bar::query_id()));
                }
                Action::Run(Command::Complete) => {
                    ctx.memory_mut(|memory| memory.request_focus(query_bar::query_id()));
                    self.bar.query.completion.open();
                }
                Action::Run(Command::FocusAddress) => ctx.memory_mut(|memory| memory.request_focus(bar::address_id())),
                Action::Run(Command::Paste) => ctx.send_viewport_cmd(egui::ViewportCommand::RequestPaste),
                Action::Run(Command::ToggleTheme) => toggle_theme(ctx),
                Action::Run(Command::Help) => self.help_is_open = !self.help_is_open,
                Action::Run(Command::Explain) => self.detail.toggle(),
                Action::Run(Command::ClearFilter | Command::LeaveFinding) if self.help_is_open => {
                    self.help_is_open = false;
                }
                action => self.app.apply(action),
            }
        }
    }

    /// All panels.
    pub fn panels(&mut self, ui: &mut egui::Ui) {
        let ctx = ui.ctx().clone();
        self.app.receive();
        self.log_first_rows();
        let mut actions = Actions::new();
        self.inputs(&ctx, &mut actions);
        let app = &self.app;
        let tokens = theme::of(ui);
        let bar_frame = egui::Frame::new().fill(tokens.window).inner_margin(egui::Margin::symmetric(10, 6));

        egui::Panel::top("bar").frame(bar_frame).show(ui, |ui| bar::bar_ui(ui, &mut self.bar, app, &mut actions));
        egui::Panel::bottom("status").frame(bar_frame.inner_margin(egui::Margin::symmetric(10, 4))).show(ui, |ui| {
            status::status_ui(ui, app, &mut actions);
        });
        if !app.opening.errors.is_empty() || !app.opening.skipped.is_empty() {
            // What was only passed over is no failure.
            let is_failure = !app.opening.errors.is_empty();
            let frame = bar_frame.fill(if is_failure { tokens.tone(theme::Tone::Failure).soft } else { tokens.header });
            egui::Panel::top("errors").frame(frame).show(ui, |ui| start::errors_ui(ui, &app.opening, &mut actions));
        }
        if let Some(frame) = status::saved_ground(app, tokens).map(|fill| bar_frame.fill(fill)) {
            egui::Panel::top("saved").frame(frame).show(ui, |ui| status::saved_ui(ui, app, &mut actions));
        }
        if !app.opening.siblings.is_empty() {
            let frame = bar_frame.fill(tokens.header);
            egui::Panel::top("siblings").frame(frame).show(ui, |ui| {
                start::siblings_ui(ui, &app.opening.siblings, &mut actions);
            });
        }
        if app.is_empty() || (app.view.index.is_empty() && !app.is_indexing()) {
            egui::CentralPanel::default().frame(egui::Frame::new().fill(tokens.panel)).show(ui, |ui| {
                start::start_ui(ui, app, &mut actions);
            });
        } else {
            self.trace_panels(ui, &mut actions);
        }
        start::drop_overlay(&ctx, self.app.is_empty());
        help::help_ui(&ctx, &mut self.help_is_open);
        self.apply(&ctx, actions);
        // Escape closes a menu before it clears the filter; messages about the query are no menus.
        let menu_is_open = egui::Popup::is_any_open(&ctx);
        self.was_typing = ctx.text_edit_focused() || menu_is_open;
        let title = self.app.title();
        if title != self.title {
            ctx.send_viewport_cmd(egui::ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }

    /// Says once how long the first rows took, for those who ask with `RUST_LOG=uccello=info`.
    fn log_first_rows(&mut self) {
        match self.first_frame {
            None => self.first_frame = Some(Instant::now()),
            Some(start) if self.shown_rows == 0 && !self.app.view.rows.is_empty() => {
                self.shown_rows = self.app.view.rows.len();
                log::info!("{} rows {} ms after the first frame", self.shown_rows, start.elapsed().as_millis());
            }
            Some(_) => {}
        }
    }

    /// The panels of an opened trace.
    fn trace_panels(&mut self, ui: &mut egui::Ui, actions: &mut Actions) {
        let app = &self.app;
        let tokens = theme::of(ui);
        let plain = egui::Frame::new().fill(tokens.panel);
        let width = ui.available_width();
        if app.view.index.is_empty() || app.view.index.time_span().is_some() {
            egui::Panel::top("timeline").frame(plain).show(ui, |ui| bar::timeline_ui(ui, app, actions));
        }
        egui::Panel::left("side")
            .frame(plain.inner_margin(egui::Margin::same(8)))
            .default_size((width * 0.2).max(220.0))
            .size_range(170.0..=560.0)
            .show(ui, |ui| side::side_ui(ui, &mut self.side, app, actions));
        egui::Panel::right("detail")
            .frame(plain)
            .default_size((width * 0.285).max(300.0))
            .size_range(240.0..=1200.0)
            .show(ui, |ui| {
                detail::detail_ui(ui, &mut self.detail, app, actions);
            });
        let revealed = std::mem::replace(&mut self.shown_reveal, app.reveal) != app.reveal;
        egui::Panel::bottom("ladder")
            .frame(plain)
            .resizable(true)
            .default_size((ui.available_height() * 0.48).max(160.0))
            .size_range(80.0..=2000.0)
            .show(ui, |ui| ladder::ladder_ui(ui, &mut self.ladder, app, actions));
        egui::CentralPanel::default().frame(plain).show(ui, |ui| {
            list::list_ui(ui, &mut self.list, app, revealed, actions);
        });
    }
}

impl eframe::App for Window {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.panels(ui);
    }
}

fn toggle_theme(ctx: &egui::Context) {
    use egui::ThemePreference::{Dark, Light, System};
    let next = match ctx.options(|options| options.theme_preference) {
        System => Light,
        Light => Dark,
        Dark => System,
    };
    ctx.set_theme(next);
}

/// The tone of an outcome: what colour and sign it has in the list, the ladder and the detail.
fn tone(outcome: Option<Outcome>) -> theme::Tone {
    match outcome {
        None => theme::Tone::Neutral,
        Some(Outcome::Request) => theme::Tone::Request,
        Some(Outcome::Provisional | Outcome::Redirect) => theme::Tone::Provisional,
        Some(Outcome::Success) => theme::Tone::Success,
        Some(Outcome::Challenge) => theme::Tone::Challenge,
        Some(Outcome::Failure) => theme::Tone::Failure,
    }
}

/// Words for what the ladder shows.
fn ladder_of_words(of: LadderOf) -> &'static str {
    match of {
        LadderOf::Dialog => "This dialog",
        LadderOf::Filtered => "All filtered",
        LadderOf::Finding => "This finding",
    }
}
