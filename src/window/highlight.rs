//! stub
use super::theme::{self, Tokens};
use crate::app::LineKind;
use egui::text::LayoutJob;
pub fn line_job(line: &str, _kind: LineKind, tokens: &Tokens) -> LayoutJob {
    LayoutJob::single_section(line.to_owned(), egui::TextFormat::simple(theme::mono_font(), tokens.text))
}
