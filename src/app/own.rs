//! The folder of the user's own things, and the knowledge tables in it.

use crate::diagnosis::knowledge;
use std::path::PathBuf;

/// The name of the folder in which the window keeps its settings.
pub const FOLDER_NAME: &str = "uccello";

/// Where tables of the user are looked for: beside the window's settings.
#[must_use]
pub fn own_tables_folder() -> Option<PathBuf> {
    Some(eframe::storage_dir(FOLDER_NAME)?.join("knowledge"))
}

/// Puts the user's tables to use, before anything is explained. One sentence for each that cannot be read.
#[must_use]
pub fn use_own_tables() -> Vec<String> {
    let Some(folder) = own_tables_folder() else { return Vec::new() };
    let (tables, said) = knowledge::read_own(&folder);
    knowledge::use_tables(tables);
    said
}
