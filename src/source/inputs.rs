//! From what was typed or dropped to the files it means.

use super::OpenError;
use std::collections::BTreeMap;
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

/// What the names of one client's logs have in common: a client writes `Lync-UccApi-0.UccApilog` until it is full,
/// then `-1`, `-2` and `-0` again, so that the number says nothing of the age. `None` for other names.
#[must_use]
pub fn rotation_set(name: &str) -> Option<String> {
    let name = name.to_lowercase();
    let bare = name.strip_suffix(".bak").unwrap_or(&name);
    let (stem, extension) = bare.rsplit_once('.')?;
    let (set, number) = stem.rsplit_once('-')?;
    let is_log = matches!(extension, "uccapilog" | "uccplog");
    let is_number = !number.is_empty() && number.len() < 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_log && is_number).then(|| set.to_owned())
}

/// The other logs of the same clients that lie beside the files that were named. Those that are opened already are
/// left out, however their paths are written.
#[must_use]
pub fn siblings<'a>(named: &'a [PathBuf], opened: impl Iterator<Item = &'a Path>) -> Vec<PathBuf> {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    // Found from two files, one is written as it is beside the first of them.
    let mut found: BTreeMap<PathBuf, PathBuf> =
        named.iter().rev().flat_map(|path| beside(path)).map(|path| (real(&path), path)).collect();
    for known in named.iter().map(PathBuf::as_path).chain(opened) {
        found.remove(&real(known));
    }
    found.into_values().collect()
}

fn beside(path: &Path) -> Vec<PathBuf> {
    let set_of = |path: &Path| path.file_name().and_then(|name| rotation_set(&name.to_string_lossy()));
    let (Some(set), Some(folder)) = (set_of(path), path.parent()) else { return vec![] };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    // Written as the path itself is.
    let others = entries.map(|entry| path.with_file_name(entry.file_name()));
    others.filter(|other| set_of(other).as_ref() == Some(&set) && other.is_file()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logs_of_one_client() {
        for (a, b, same) in [
            ("x/Lync-UccApi-0.UccApilog", "x/Lync-UccApi-2.UccApilog", true),
            ("x/Lync-UccApi-0.UccApilog", "x/Lync-UccApi-1.UccApilog.bak", true),
            ("x/Lync-UccApi-0.UccApilog", "y/Lync-UccApi-1.UccApilog", false),
            ("Communicator-uccapi-0.uccapilog", "Lync-UccApi-0.UccApilog", false),
        ] {
            assert_eq!(rotation_set(a) == rotation_set(b), same, "{a} {b}");
        }
        assert_eq!(rotation_set("trace-1.txt"), None);
        assert_eq!(rotation_set("UccApi.UccApilog"), None);
    }

    #[test]
    fn what_lies_beside_is_offered_where_it_is_not_opened() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let inner = folder.path().join("logs");
        std::fs::create_dir(&inner).expect("a folder");
        let [first, second, third] = [0, 1, 2].map(|number| inner.join(format!("Lync-UccApi-{number}.UccApilog")));
        for path in [&first, &second, &third, &inner.join("Other-UccApi-0.UccApilog")] {
            std::fs::write(path, "x").expect("a file");
        }
        let none = std::iter::empty;
        assert_eq!(siblings(std::slice::from_ref(&first), none()), [second.clone(), third.clone()]);
        assert_eq!(siblings(&[first.clone(), second.clone()], none()), std::slice::from_ref(&third));
        let other_way = inner.join("../logs/Lync-UccApi-1.UccApilog");
        assert_eq!(siblings(&[first.clone(), other_way], none()), std::slice::from_ref(&third));
        // All of the folder were opened with it.
        let opened = [&first, &second, &third].map(PathBuf::as_path);
        assert_eq!(siblings(&[inner, first.clone()], opened.into_iter()), [""; 0].map(PathBuf::from));
    }
}
