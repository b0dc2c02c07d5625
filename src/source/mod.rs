//! Where a trace comes from: files, folders, archives, text in UTF-16.
//!
//! Gives immutable bytes and nothing else. This is the only room that touches files; nothing is ever written next
//! to them, and what must be unpacked or re-encoded lies in temporary files without a name. What the bytes mean
//! is the business of [`crate::format`].

mod digest;
mod encoding;
mod inputs;
mod live;
mod map;
mod packed;
mod temporary;

pub use self::encoding::Encoding;
pub use self::inputs::{Input, expand, rotation_set, siblings};
pub use self::live::State;
pub use self::packed::PackedError;

use self::encoding::Original;
use std::io::Read as _;
use std::ops::Range;
use std::path::Path;
use std::time::SystemTime;

/// One trace as an unchanging run of bytes.
#[derive(Debug)]
pub struct Source {
    name: String,
    /// The file on the disk, unless it was packed or never was a file.
    opened: Option<live::Opened>,
    content: Content,
    encoding: Encoding,
    /// Where the text stood before it was made into UTF-8, if it was.
    original: Option<Original>,
}

#[derive(Debug)]
enum Content {
    Mapped(map::Map),
    Temporary(temporary::Text),
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
    #[error("{name}: {reason}")]
    Packed { name: String, reason: PackedError },
    #[error("{name}: cannot be read ({reason}); copy the file to a local disk and open the copy")]
    Other { name: String, reason: std::io::Error },
    #[error("{name}: {reason}; make room there or set {variable} to a folder that has some", variable = temporary::VARIABLE)]
    Temporary { name: String, reason: std::io::Error },
}

/// What one path holds: itself, or the files of an archive.
#[derive(Debug)]
pub struct Found {
    pub sources: Vec<Result<Source, OpenError>>,
    pub is_archive: bool,
}

impl OpenError {
    /// What could not be opened: the file, folder or archive as given, or `archive.zip/member`.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Missing(name)
            | Self::Permission(name)
            | Self::NotAFile(name)
            | Self::EmptyFolder(name)
            | Self::Packed { name, .. }
            | Self::Other { name, .. }
            | Self::Temporary { name, .. } => name,
        }
    }

    fn from_io(name: &str, reason: std::io::Error) -> Self {
        match reason.kind() {
            std::io::ErrorKind::NotFound => Self::Missing(name.to_owned()),
            std::io::ErrorKind::PermissionDenied => Self::Permission(name.to_owned()),
            _ => Self::Other { name: name.to_owned(), reason },
        }
    }

    /// True where it is not the file's fault that it could not be read.
    #[must_use]
    pub fn is_want_of_room(&self) -> bool {
        matches!(self, Self::Temporary { .. })
    }

    fn of_packed(name: &str, reason: PackedError) -> Self {
        match reason {
            PackedError::Io(reason) => Self::Temporary { name: name.to_owned(), reason },
            reason => Self::Packed { name: name.to_owned(), reason },
        }
    }
}

/// Opens a file, or all files in it where it is an archive. `name` is how it is called towards people and scripts.
///
/// # Errors
/// Where it is missing, not permitted, no regular file, or an archive that cannot be read at all.
pub fn open(path: &Path, name: &str) -> Result<Found, OpenError> {
    // Windows lets nobody cut or replace a mapped file, so a client could not start its log over.
    open_with(path, name, cfg!(windows))
}

/// Where `spares_writers` is set, a log that may still be written is not mapped but copied.
fn open_with(path: &Path, name: &str, spares_writers: bool) -> Result<Found, OpenError> {
    let failed = |reason| OpenError::from_io(name, reason);
    // A pipe would block in `open`, so look before opening.
    let metadata = std::fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(OpenError::NotAFile(name.to_owned()));
    }
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    let mut start = Vec::new();
    (&file).take(packed::LOOK).read_to_end(&mut start).map_err(failed)?;
    let packed_error = |reason| OpenError::of_packed(name, reason);
    let (sources, is_archive) = match packed::Kind::of(&start) {
        None => {
            let copies = spares_writers && live::may_be_written(path, metadata.modified().ok(), SystemTime::now());
            let content = if copies {
                Content::Temporary(live::copy(&mut file, name)?)
            } else {
                map::Map::of(&file).map_err(failed)?.map_or_else(|| Content::Memory(Vec::new()), Content::Mapped)
            };
            let opened = live::Opened::new(path, &metadata, content.bytes());
            (vec![Source::new(name, Some(opened), content)], false)
        }
        Some(packed::Kind::Gzip) => {
            let text = packed::gzip(file).map_err(packed_error)?;
            (vec![Source::new(name, None, Content::Temporary(text))], false)
        }
        Some(packed::Kind::Zip) => {
            let members = packed::zip(file).map_err(packed_error)?;
            let sources = members.into_iter().map(|member| {
                let name = format!("{name}/{}", member.name);
                let text = member.text.map_err(|reason| OpenError::of_packed(&name, reason))?;
                Source::new(&name, None, Content::Temporary(text))
            });
            (sources.collect(), true)
        }
    };
    Ok(Found { sources, is_archive })
}

impl Source {
    /// Takes the bytes as they are, or makes them into UTF-8 first.
    fn new(name: &str, opened: Option<live::Opened>, content: Content) -> Result<Self, OpenError> {
        let encoding = Encoding::of(content.bytes());
        let failed = |reason| OpenError::Temporary { name: name.to_owned(), reason };
        let (content, original) = match encoding::to_utf8(content.bytes(), encoding).map_err(failed)? {
            Some((text, original)) => (Content::Temporary(text), Some(original)),
            None => (content, None),
        };
        Ok(Self { name: name.to_owned(), opened, content, encoding, original })
    }

    /// A trace that is not on the disk, such as text that was pasted.
    #[must_use]
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Self {
        let encoding = Encoding::of(&bytes);
        Self { name: name.to_owned(), opened: None, content: Content::Memory(bytes), encoding, original: None }
    }

    /// How the file is encoded. Whatever it is, [`Self::all`] is not UTF-16.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The range of the file as it lies on the disk, or of the file that was packed, that bytes of this source
    /// were made from.
    #[must_use]
    pub fn original(&self, range: Range<u64>) -> Range<u64> {
        self.original.as_ref().map_or(range.clone(), |original| original.range(self.all(), &range))
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

    /// Bytes of the file as it lies on the disk, or of the file that was packed.
    #[must_use]
    pub fn disk_len(&self) -> u64 {
        self.original(0..self.len()).end
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all().is_empty()
    }

    /// All bytes. Bytes that a cut took away after opening read as zeros, see [`Self::is_cut`].
    #[must_use]
    pub fn all(&self) -> &[u8] {
        self.content.bytes()
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
        if let Some(map) = self.content.map() {
            map.prepare(range);
        }
    }

    /// Where the file lies on the disk, unless it was packed or never was a file.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.opened.as_ref().map(live::Opened::path)
    }

    /// True where the file on the disk has become shorter than it was when it was opened.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.content.map().is_some_and(map::Map::is_cut) || self.state() == State::Cut
    }
}

impl Content {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map.bytes(),
            Self::Temporary(text) => text.bytes(),
            Self::Memory(bytes) => bytes,
        }
    }

    fn map(&self) -> Option<&map::Map> {
        match self {
            Self::Mapped(map) => Some(map),
            Self::Temporary(text) => text.map(),
            Self::Memory(_) => None,
        }
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
        let source = open(&path, "cut.UccApilog").expect("an open file").sources.remove(0).expect("a source");
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
