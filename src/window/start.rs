//! What the window shows when there is no trace in it, and when something could not be opened.

use super::theme::{self, Tone};
use crate::app::{Action, Actions, App, Command, Opening};
use egui::{Align, Align2, Id, Key, Layout, RichText, TextEdit, Ui};
use std::path::PathBuf;

/// The start screen: how to open a trace, and where traces are found.
pub fn start_ui(ui: &mut Ui, app: &App, actions: &mut Actions) {
    let tokens = theme::of(ui);
    let top = (ui.available_height() * 0.22).min(180.0);
    ui.vertical_centered(|ui| {
        ui.add_space(top);
        let (title, hint) = if app.is_empty() {
            ("Open a trace", "Drop client logs, server traces or a folder of them here, or paste SIP text")
        } else {
            ("There are no records in what was opened", "Open something else, or drop it here")
        };
        ui.label(RichText::new(title).heading().color(tokens.text_strong));
        ui.add_space(4.0);
        ui.label(RichText::new(hint).color(tokens.text_weak));
        ui.add_space(10.0);
        ui.scope(|ui| {
            // As wide as the three buttons, so that they stand in the middle.
            ui.set_max_width(316.0);
            ui.horizontal(|ui| {
                for command in [Command::OpenFiles, Command::OpenFolder, Command::Paste] {
                    let Some(entry) = command.entry() else { continue };
                    if ui
                        .add_enabled(!app.waits_for_dialog, egui::Button::new(entry.name))
                        .on_hover_text(entry.help)
                        .clicked()
                    {
                        actions.push(Action::Run(command));
                    }
                }
            });
        });
        ui.add_space(10.0);
        path_box(ui, actions);
        ui.add_space(28.0);
        ui.scope(|ui| {
            ui.set_max_width(620.0);
            ui.with_layout(Layout::top_down(Align::Min), places);
        });
    });
}

/// A path can always be typed, also where the system has no file dialog.
fn path_box(ui: &mut Ui, actions: &mut Actions) {
    let id = Id::unique("path");
    let mut path: String = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let response = ui.add(
        TextEdit::singleline(&mut path)
            .id(id.with("edit"))
            .desired_width(420.0)
            .hint_text("or type a path and press Enter"),
    );
    response.widget_info(|| egui::WidgetInfo::text_edit(true, "", &path, "Path of a trace"));
    if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) && !path.trim().is_empty() {
        actions.push(Action::Open(vec![PathBuf::from(path.trim())]));
    }
    ui.data_mut(|data| data.insert_temp(id, path));
}

/// Where logs are found.
const PLACES: [(&str, &str); 5] = [
    ("Skype for Business 2016, 2019, 365", r"%LOCALAPPDATA%\Microsoft\Office\16.0\Lync\Tracing"),
    ("Lync 2013, Skype for Business 2015", r"%LOCALAPPDATA%\Microsoft\Office\15.0\Lync\Tracing"),
    ("Lync 2010, Communicator", r"%USERPROFILE%\Tracing"),
    ("Servers from 2013 on", "Search-CsClsLogging … -OutputFilePath trace.txt"),
    ("Servers up to 2010", "OCSLogger, then View Log Files, saved as text"),
];

fn places(ui: &mut Ui) {
    let tokens = theme::of(ui);
    ui.label(RichText::new("Where traces are found").font(theme::strong_font()).color(tokens.text));
    ui.add_space(4.0);
    ui.spacing_mut().interact_size.y = 18.0;
    egui::Grid::new("places").num_columns(2).spacing([24.0, 6.0]).show(ui, |ui| {
        for (what, place) in PLACES {
            ui.label(RichText::new(what).color(tokens.text_weak));
            ui.add(egui::Label::new(RichText::new(place).font(theme::mono_font()).color(tokens.text)).selectable(true));
            ui.end_row();
        }
    });
}

/// What could not be opened, one sentence each.
pub fn errors_ui(ui: &mut Ui, opening: &Opening, actions: &mut Actions) {
    let tokens = theme::of(ui);
    ui.horizontal_top(|ui| {
        ui.vertical(|ui| {
            ui.set_max_width(ui.available_width() - 90.0);
            for error in &opening.errors {
                let text = format!("{}  {error}", Tone::Failure.glyph());
                ui.label(RichText::new(text).color(tokens.tone(Tone::Failure).text));
            }
            for skipped in opening.skipped.iter().take(3) {
                ui.label(RichText::new(format!("Passed over: {}", skipped.why)).color(tokens.text));
            }
            if let Some(more) = opening.skipped.len().checked_sub(3).filter(|&more| more > 0) {
                ui.label(RichText::new(format!("and {more} more files that are no traces")).color(tokens.text));
            }
        });
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            if ui.button("Dismiss").clicked() {
                actions.push(Action::DismissErrors);
            }
        });
    });
}

/// Offers the other logs of a client: it fills several in turn, and their numbers say nothing of their age.
pub fn siblings_ui(ui: &mut Ui, siblings: &[PathBuf], actions: &mut Actions) {
    let names: Vec<_> =
        siblings.iter().filter_map(|path| path.file_name()).map(|name| name.to_string_lossy().into_owned()).collect();
    let text = match names.as_slice() {
        [only] => format!("{only} lies beside it: another log of the same client"),
        several => format!("{} lie beside it: logs of the same client", several.join(", ")),
    };
    ui.horizontal(|ui| {
        ui.label(RichText::new(text).color(theme::of(ui).text));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui.button("Not now").clicked() {
                actions.push(Action::DismissSiblings);
            }
            let words = if siblings.len() == 1 { "Open it too" } else { "Open them too" };
            if ui.button(words).clicked() {
                actions.push(Action::Add(siblings.to_vec()));
            }
        });
    });
}

/// Says what a drop will do while files are held over the window.
pub fn drop_overlay(ctx: &egui::Context, is_empty: bool) {
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let painter = ctx.layer_painter(egui::LayerId::new(egui::Order::Foreground, Id::unique("drop")));
    let tokens = theme::tokens(ctx.global_style().visuals.dark_mode);
    let rect = ctx.content_rect();
    painter.rect_filled(rect, 0, tokens.selection.gamma_multiply(0.92));
    let text = if is_empty { "Drop to open" } else { "Drop to add to what is open, with Shift to open instead" };
    painter.text(
        rect.center(),
        Align2::CENTER_CENTER,
        text,
        egui::TextStyle::Heading.resolve(&ctx.global_style()),
        tokens.selection_text,
    );
}
