//! From what was typed or dropped to the files it means.

use super::OpenError;
use std::path::{Path, PathBuf};

/// A file to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    pub path: PathBuf,
    /// The name as given; for a file of a folder, `folder/name`.
    pub name: String,
    /// Came from a folder: where it is no trace it is passed over with a warning, not an error.
    pub from_folder: bool,
}

/// Lists the files that `path` means: itself, or everything below it where it is a folder, by name.
/// Links to folders are not followed, so no loop is walked twice.
///
/// # Errors
/// Where the path is missing or not permitted, or a folder holds no files at all.
pub fn expand(path: &Path) -> Result<Vec<Input>, OpenError> {
    let name = path.to_string_lossy().into_owned();
    let metadata = std::fs::metadata(path).map_err(|reason| OpenError::from_io(&name, reason))?;
    if !metadata.is_dir() {
        return Ok(vec![Input { path: path.to_owned(), name, from_folder: false }]);
    }
    let mut found = Vec::new();
    walk(path, name.trim_end_matches(['/', '\\']), &mut found).map_err(|reason| OpenError::from_io(&name, reason))?;
    if found.is_empty() {
        return Err(OpenError::EmptyFolder(name));
    }
    Ok(found)
}

fn walk(folder: &Path, name: &str, found: &mut Vec<Input>) -> std::io::Result<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            // A folder below that may not be read hides its own files only.
            if let Err(reason) = walk(&entry.path(), &name, found) {
                log::warn!("{name}: {reason}");
            }
        } else if !entry.path().is_dir() {
            found.push(Input { path: entry.path(), name, from_folder: true });
        }
    }
    Ok(())
}
