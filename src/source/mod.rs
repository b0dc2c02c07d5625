//! Where a trace comes from: files, and folders of files.
//!
//! Gives immutable bytes and nothing else. This is the only room that touches files; nothing is ever
//! written here. What the bytes mean is the business of [`crate::format`].

mod inputs;
mod map;

pub use self::inputs::{Input, expand};

use std::ops::Range;
use std::path::{Path, PathBuf};

/// One trace as an unchanging run of bytes.
#[derive(Debug)]
pub struct Source {
    name: String,
    path: Option<PathBuf>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Mapped(map::Map),
    Memory(Vec<u8>),
}

/// Why a trace could not be opened: one sentence each, with what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{0}: there is no such file or folder; check the path")]
    Missing(String),
    #[error("{0}: reading is not permitted; ask for read access or copy the file to a place of your own")]
    Permission(String),
    #[error("{0}: this is a device or a pipe, not a file; copy its content into a file first")]
    NotAFile(String),
    #[error("{0}: this folder holds no files; give the folder the logs are in")]
    EmptyFolder(String),
    #[error("{name}: cannot be read ({reason}); copy the file to a local disk and open the copy")]
    Other { name: String, reason: std::io::Error },
}

impl OpenError {
    fn from_io(name: &str, reason: std::io::Error) -> Self {
        match reason.kind() {
            std::io::ErrorKind::NotFound => Self::Missing(name.to_owned()),
            std::io::ErrorKind::PermissionDenied => Self::Permission(name.to_owned()),
            _ => Self::Other { name: name.to_owned(), reason },
        }
    }
}

impl Source {
    /// Maps a file. `name` is how the file is called towards people and scripts.
    ///
    /// # Errors
    /// Where it is missing, not permitted, or no regular file.
    pub fn open(path: &Path, name: &str) -> Result<Self, OpenError> {
        let failed = |reason| OpenError::from_io(name, reason);
        // A pipe would block in `open`, so look before opening.
        if !std::fs::metadata(path).map_err(failed)?.is_file() {
            return Err(OpenError::NotAFile(name.to_owned()));
        }
        let file = std::fs::File::open(path).map_err(failed)?;
        let content = map::Map::of(&file).map_err(failed)?.map_or_else(|| Content::Memory(Vec::new()), Content::Mapped);
        Ok(Self { name: name.to_owned(), path: Some(path.to_owned()), content })
    }

    /// A trace that is not on the disk, such as text that was pasted.
    #[must_use]
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Self {
        Self { name: name.to_owned(), path: None, content: Content::Memory(bytes) }
    }

    /// The name as given: `folder/file`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    #[must_use]
    pub fn len(&self) -> u64 {
        self.all().len() as u64
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all().is_empty()
    }

    /// All bytes. Bytes that a cut took away after opening read as zeros, see [`Self::is_cut`].
    #[must_use]
    pub fn all(&self) -> &[u8] {
        match &self.content {
            Content::Mapped(map) => map.bytes(),
            Content::Memory(bytes) => bytes,
        }
    }

    /// The bytes of a range; where the range reaches past the end, what there is of it.
    #[must_use]
    pub fn bytes(&self, range: Range<u64>) -> &[u8] {
        let all = self.all();
        let bound = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX).min(all.len());
        all.get(bound(range.start)..bound(range.end)).unwrap_or_default()
    }

    /// Says that a range will be read now, from its start to its end.
    pub fn prepare(&self, range: Range<usize>) {
        if let Content::Mapped(map) = &self.content {
            map.prepare(range);
        }
    }

    /// True where the file on the disk has become shorter than it was when it was opened.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        let shorter = |path: &PathBuf| std::fs::metadata(path).is_ok_and(|now| now.len() < self.len());
        matches!(&self.content, Content::Mapped(map) if map.is_cut()) || self.path.as_ref().is_some_and(shorter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_cut_while_it_is_open_reads_as_zeros_and_says_so() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("cut.UccApilog");
        std::fs::write(&path, vec![b'x'; 1 << 20]).expect("a written file");
        let source = Source::open(&path, "cut.UccApilog").expect("an open file");
        assert!(!source.is_cut());
        std::fs::File::options().write(true).open(&path).and_then(|file| file.set_len(10)).expect("a cut file");
        assert!(source.is_cut());
        assert_eq!(source.bytes(0..3), b"xxx");
        let sum: u64 = source.bytes(500_000..600_000).iter().map(|&byte| u64::from(byte)).sum();
        assert_eq!(sum, 0);
        assert_eq!(source.len(), 1 << 20);
    }

    #[test]
    fn ranges_past_the_end_give_what_there_is() {
        let source = Source::from_bytes("pasted", b"abc".to_vec());
        assert_eq!(source.bytes(1..9), b"bc");
        assert_eq!(source.bytes(7..9), b"");
    }
}
