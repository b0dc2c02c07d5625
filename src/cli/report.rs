//! `report`: the diagnosis as a document.

use super::{Answer, Ready};
use crate::diagnosis::Diagnosis;
use crate::export::{self, Redactor, ReportFormat};
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
    let named = out.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase);
    let format = format.unwrap_or(match named.as_deref() {
        Some("md" | "markdown") => ReportFormat::Markdown,
        _ => ReportFormat::Html,
    });
    let redactor = is_redacted.then(|| Redactor::learn(ready.index));
    let text = export::report(ready.index, diagnosis, query, redactor.as_ref(), format);
    write_out(ready, out, &text)
}

/// Writes an answer to a file, but never over a log that was read.
pub fn write_out(ready: &Ready<'_>, out: &Path, text: &str) -> Answer {
    if let Ok(real) = out.canonicalize() {
        let is_log = |path: &Path| path.canonicalize().is_ok_and(|path| path == real);
        let mut read = ready.index.files().iter().filter_map(|file| file.source.path());
        if read.any(is_log) || ready.inputs.iter().any(|path| is_log(path)) {
            return Err(format!("{}: this is one of the logs; choose another place with -o", out.display()));
        }
    }
    std::fs::write(out, text)
        .map_err(|reason| format!("{}: cannot be written ({reason}); choose another place with -o", out.display()))
}
