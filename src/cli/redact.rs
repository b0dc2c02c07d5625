//! `redact`: the same traces with stand-ins, in a folder of their own.

use super::{Answer, Ready, print};
use crate::export::{Work, save_redacted};
use std::io::Write as _;
use std::path::Path;

/// Writes every file of the index into the folder and prints the paths of what was written.
pub fn write(ready: &Ready<'_>, folder: &Path) -> Answer {
    let written = save_redacted(ready.index, folder, &Work::default()).map_err(|why| super::with_o(&why))?;
    print(|out| written.iter().try_for_each(|path| writeln!(out, "{}", path.display())))
}
