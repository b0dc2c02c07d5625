//! `redact`: the same traces with stand-ins, in a folder of their own.

use super::{Answer, Input, Ready, print};
use crate::export::Redactor;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// Says whether a folder may take redacted traces, before anything is read.
pub fn check_place(input: &Input, folder: &Path) -> Answer {
    let place = real_path(folder);
    if folder.exists() && !folder.is_dir() {
        return Err(format!("{}: this is a file; name a folder with -o", folder.display()));
    }
    for file in &input.files {
        let Ok(file_path) = file.canonicalize() else { continue };
        if file_path.starts_with(&place) {
            return Err(format!(
                "{}: the folder holds {}, which is to be redacted; choose another folder with -o",
                folder.display(),
                file.display()
            ));
        }
        if file_path.is_dir() && place.starts_with(&file_path) {
            return Err(format!(
                "{}: the folder lies in {}, where the logs are; choose a folder elsewhere with -o",
                folder.display(),
                file.display()
            ));
        }
    }
    Ok(())
}

/// A path without links and dots, also where its end does not exist yet.
fn real_path(path: &Path) -> PathBuf {
    let mut ends = Vec::new();
    let mut start = path;
    loop {
        let here = if start.as_os_str().is_empty() { Path::new(".") } else { start };
        if let Ok(real) = here.canonicalize() {
            return ends.iter().rev().fold(real, |real, end| real.join(end));
        }
        match (start.parent(), start.file_name()) {
            (Some(parent), Some(end)) => {
                ends.push(end);
                start = parent;
            }
            _ => return path.to_owned(),
        }
    }
}

/// Writes every file of the index into the folder and prints the paths of what was written.
pub fn write(ready: &Ready<'_>, folder: &Path) -> Answer {
    let redactor = Redactor::learn(ready.index);
    let paths: Vec<PathBuf> =
        (0..ready.index.files().len()).map(|file| folder.join(redactor.file_name(file))).collect();
    if let Some(there) = paths.iter().find(|path| path.exists()) {
        return Err(format!("{}: there is such a file already; choose an empty folder with -o", there.display()));
    }
    let mut written = Vec::new();
    for (file, path) in (0..).zip(&paths) {
        let failed =
            |reason| format!("{}: cannot be written ({reason}); choose another folder with -o", path.display());
        std::fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(failed)?;
        // Never over anything, also where it came to be a moment ago.
        let mut out = BufWriter::with_capacity(1 << 16, std::fs::File::create_new(path).map_err(failed)?);
        redactor.write(ready.index, file, &mut out).and_then(|()| out.flush()).map_err(failed)?;
        written.push(path.display().to_string());
    }
    print(|out| written.iter().try_for_each(|path| writeln!(out, "{path}")))
}
