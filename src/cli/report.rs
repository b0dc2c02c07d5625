//! `report`: the diagnosis as a document.

use super::{Answer, Ready};
use crate::diagnosis::Diagnosis;
use crate::export::{self, Redactor, ReportFormat, save_text};
use std::path::Path;

/// Writes the report of a diagnosis.
pub fn write(
    ready: &Ready<'_>,
    diagnosis: &Diagnosis,
    query: &str,
    is_redacted: bool,
    format: Option<ReportFormat>,
    out: &Path,
) -> Answer {
    let format = format.unwrap_or_else(|| ReportFormat::of_name(out));
    let redactor = is_redacted.then(|| Redactor::learn(ready.index));
    let text = export::report(ready.index, diagnosis, query, redactor.as_ref(), format);
    write_out(ready, out, &text)
}

/// Writes an answer to a file, but never over a log that was read.
pub fn write_out(ready: &Ready<'_>, out: &Path, text: &str) -> Answer {
    save_text(ready.index, ready.inputs, out, text).map_err(|why| super::with_o(&why))
}
