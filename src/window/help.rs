//! The help page: keys and the query language, written from the tables the program itself uses.

use super::theme;
use crate::app::{command::COMMANDS, own_tables_folder};
use crate::query::FIELDS;
use egui::{RichText, Ui};

/// Shows the page over the window.
pub fn help_ui(ctx: &egui::Context, is_open: &mut bool) {
    egui::Window::new("Query language and keys")
        .open(is_open)
        .collapsible(false)
        .pivot(egui::Align2::CENTER_CENTER)
        .default_pos(ctx.content_rect().center())
        .default_size([760.0, (ctx.content_rect().height() - 140.0).max(320.0)])
        .show(ctx, |ui| {
            egui::ScrollArea::vertical().show(ui, |ui| {
                keys(ui);
                ui.add_space(12.0);
                fields(ui);
                ui.add_space(12.0);
                own_tables(ui);
            });
        });
}

fn heading(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).font(theme::strong_font()).color(theme::of(ui).text_strong));
    ui.add_space(4.0);
}

fn keys(ui: &mut Ui) {
    heading(ui, "Keys");
    let weak = theme::of(ui).text_weak;
    egui::Grid::new("keys").num_columns(3).spacing([20.0, 4.0]).show(ui, |ui| {
        for entry in COMMANDS {
            ui.label(entry.name);
            ui.monospace(entry.key.map(|key| ui.ctx().format_shortcut(&key)).unwrap_or_default());
            ui.label(RichText::new(entry.help).color(weak));
            ui.end_row();
        }
        for (name, key, help) in [
            ("Move in the list", "Up, Down, PgUp, PgDn, Home, End", "While the list has the keyboard"),
            (
                "Take what is offered",
                "Down, Up, then Enter or Tab",
                "In the query and the SIP URI box; Escape closes the offers first",
            ),
            ("Next panel", "Tab", "Boxes, lists and buttons in turn"),
        ] {
            ui.label(name);
            ui.monospace(key);
            ui.label(RichText::new(help).color(weak));
            ui.end_row();
        }
    });
}

/// Where what the user knows of codes and headers may stand.
fn own_tables(ui: &mut Ui) {
    let Some(folder) = own_tables_folder() else { return };
    heading(ui, "Tables of your own");
    ui.label(
        "What you know of codes, error numbers, headers and statuses stands in this folder, in tab-delimited *.tsv or \
         *.txt files whose first line names the columns, such as code, meaning and checks. It is read at the start.",
    );
    ui.add(egui::Label::new(RichText::new(folder.display().to_string()).monospace()).selectable(true));
}

fn fields(ui: &mut Ui) {
    heading(ui, "Query language");
    ui.label("Terms side by side must all hold; write or between alternatives, not or - before what must not hold, and parentheses around groups.");
    ui.add_space(4.0);
    let weak = theme::of(ui).text_weak;
    egui::Grid::new("fields").num_columns(2).spacing([20.0, 4.0]).show(ui, |ui| {
        for field in FIELDS {
            ui.monospace(field.example);
            ui.label(RichText::new(field.selects).color(weak));
            ui.end_row();
        }
        ui.monospace("\"web ticket\"  /gssapi-data=\"[^\"]+\"/");
        ui.label(RichText::new("text and regular expressions, in the bytes of the record").color(weak));
        ui.end_row();
    });
}
