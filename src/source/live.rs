//! What became of a file after it was opened: logs are written to, rotated and deleted while somebody reads them.

use super::temporary::{Text, Writer};
use super::{OpenError, Source};
use std::cmp::Ordering;
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A file compared with what it was when it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Same,
    /// More stands behind what was there.
    Grown,
    /// Shorter than it was.
    Cut,
    /// Another file lies there now, or the same one was written anew.
    Replaced,
    /// No file is there, or it may not be looked at any more.
    Gone,
}

/// What was not written to for so long is finished.
const FINISHED: Duration = Duration::from_hours(24);

/// True where somebody may still write to a file: it has the name of a client's log, or was written to a short while
/// ago, or nobody knows when.
pub fn may_be_written(path: &Path, modified: Option<SystemTime>, now: SystemTime) -> bool {
    let is = |name: &str| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(name));
    // A time in the future is that of another clock.
    let age = modified.and_then(|modified| now.duration_since(modified).ok());
    is("UccApilog") || is("uccplog") || age.is_none_or(|age| age < FINISHED)
}

/// What stands in a file now, read with plain reads.
pub fn copy(file: &mut File, name: &str) -> Result<Text, OpenError> {
    let failed = |reason| OpenError::from_io(name, reason);
    let no_room = |reason| OpenError::Temporary { name: name.to_owned(), reason };
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    // No further than it reaches now, or a fast writer would never let it end.
    let mut rest = (&*file).take(file.metadata().map_err(failed)?.len());
    let mut writer = Writer::new().map_err(no_room)?;
    let mut buffer = vec![0; 1 << 17];
    loop {
        match rest.read(&mut buffer) {
            Ok(0) => return writer.finish().map_err(no_room),
            Ok(read) => writer.write(buffer.get(..read).unwrap_or_default()).map_err(no_room)?,
            Err(reason) if reason.kind() == ErrorKind::Interrupted => {}
            Err(reason) => return Err(failed(reason)),
        }
    }
}

/// Bytes at the end of a file that are remembered: they must still stand there when it has grown.
const REMEMBERED: usize = 4096;

/// What a file was when it was opened.
#[derive(Debug)]
pub struct Opened {
    path: PathBuf,
    /// Bytes on the disk.
    length: u64,
    identity: Identity,
    /// When it was written to last, where the system knows.
    modified: Option<SystemTime>,
    /// The last bytes; a map would show what was written over them.
    end: Vec<u8>,
}

/// Which file it is, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity(u64, u64);

impl Identity {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self(metadata.dev(), metadata.ino())
    }

    #[cfg(not(unix))]
    fn of(metadata: &Metadata) -> Self {
        let created = metadata.created().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        Self(0, created.map_or(0, |time| time.as_micros() as u64))
    }
}

impl Opened {
    /// `bytes` is the file as it lies on the disk, `metadata` that of the same open file.
    pub fn new(path: &Path, metadata: &Metadata, bytes: &[u8]) -> Self {
        Self {
            path: path.to_owned(),
            length: bytes.len() as u64,
            identity: Identity::of(metadata),
            modified: metadata.modified().ok(),
            end: bytes.get(bytes.len().saturating_sub(REMEMBERED)..).unwrap_or_default().to_vec(),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Looks at the file on the disk.
    pub fn state(&self) -> State {
        let Ok(now) = std::fs::metadata(&self.path) else { return State::Gone };
        if self.identity != Identity::of(&now) {
            return State::Replaced;
        }
        let is_untouched = now.modified().ok() == self.modified;
        match now.len().cmp(&self.length) {
            Ordering::Less => State::Cut,
            Ordering::Equal if is_untouched || self.still_ends_the_same() => State::Same,
            Ordering::Greater if self.still_ends_the_same() => State::Grown,
            Ordering::Equal | Ordering::Greater => State::Replaced,
        }
    }

    /// True where what was opened now begins with what was opened then.
    fn goes_on_in(&self, now: &Self) -> bool {
        self.identity == now.identity && self.length <= now.length && self.still_ends_the_same()
    }

    fn still_ends_the_same(&self) -> bool {
        let mut now = vec![0; self.end.len()];
        let read = File::open(&self.path).and_then(|mut file| {
            file.seek(SeekFrom::Start(self.length - self.end.len() as u64))?;
            file.read_exact(&mut now)
        });
        read.is_ok() && now == self.end
    }
}

impl Source {
    /// Looks at the file on the disk. What is not a file of its own stays the same.
    #[must_use]
    pub fn state(&self) -> State {
        self.opened.as_ref().map_or(State::Same, Opened::state)
    }

    /// The same file as it is now, with what was added; `None` for what is not a file of its own, and where what
    /// was read before does not stand in it any more: it may have been cut or replaced since it was looked at.
    ///
    /// # Errors
    /// Where it cannot be opened any more.
    pub fn reopened(&self) -> Result<Option<Self>, OpenError> {
        let Some(opened) = &self.opened else { return Ok(None) };
        let now = super::open(opened.path(), &self.name)?.sources.pop().transpose()?;
        Ok(now.filter(|now| now.opened.as_ref().is_some_and(|now| opened.goes_on_in(now))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn what_becomes_of_a_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.UccApilog");
        let write = |bytes: &[u8]| std::fs::write(&path, bytes).expect("a written file");
        write(b"one two");
        let open = || super::super::open(&path, "a").expect("a file").sources.pop().expect("one").expect("a source");
        let source = open();
        assert_eq!(source.state(), State::Same);
        File::options().append(true).open(&path).and_then(|mut file| file.write_all(b" three")).expect("more");
        assert_eq!(source.state(), State::Grown);
        assert_eq!(source.reopened().expect("a file").expect("a source").all(), b"one two three");
        write(b"one");
        assert_eq!(source.state(), State::Cut);
        assert!(source.reopened().expect("a file").is_none(), "what was read before stands in it no more");
        write(b"another log from its start");
        assert_eq!(source.state(), State::Replaced);
        assert!(source.reopened().expect("a file").is_none(), "another one");
        write(b"two one");
        let later = SystemTime::now() + std::time::Duration::from_mins(1);
        let touch = || File::options().append(true).open(&path).and_then(|file| file.set_modified(later));
        touch().expect("a later time");
        assert_eq!(source.state(), State::Replaced, "as long as before");
        write(b"one two");
        touch().expect("a later time");
        assert_eq!(source.state(), State::Same, "only touched");
        write(b"another log from its start");
        let source = open();
        std::fs::rename(&path, folder.path().join("b")).expect("a rename");
        assert_eq!(source.state(), State::Gone);
        write(b"another log from its start");
        assert_eq!(source.state(), State::Replaced);
    }

    #[test]
    fn a_log_that_was_copied_leaves_its_writer_free_and_is_followed_all_the_same() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.UccApilog");
        std::fs::write(&path, b"one two").expect("a written file");
        let open = |spares_writers| {
            let found = super::super::open_with(&path, "a", spares_writers).expect("a file");
            found.sources.into_iter().next().expect("one").expect("a source")
        };
        let (copied, mapped) = (open(true), open(false));
        assert_eq!((copied.all(), copied.state(), copied.path()), (&b"one two"[..], State::Same, Some(path.as_path())));
        let append = |text: &[u8]| File::options().append(true).open(&path).and_then(|mut file| file.write_all(text));
        append(b" three").expect("more");
        assert_eq!((copied.state(), copied.all()), (State::Grown, &b"one two"[..]));
        assert_eq!(copied.reopened().expect("a file").expect("a source").all(), b"one two three");
        // Started over in place: the copy keeps what it read, the map shows what stands there now.
        File::options().write(true).open(&path).and_then(|mut file| file.write_all(b"ONE")).expect("the start");
        assert_eq!((copied.all(), mapped.all()), (&b"one two"[..], &b"ONE two"[..]));
        drop(mapped);
        std::fs::write(&path, b"new").expect("a written file");
        assert!(copied.is_cut() && copied.all() == b"one two");
        std::fs::write(&path, b"").expect("an empty file");
        assert!(open(true).is_empty());
    }

    #[test]
    fn what_may_still_be_written() {
        let now = SystemTime::now();
        let ago = |hours| now.checked_sub(Duration::from_hours(hours));
        for (path, modified, wanted) in [
            ("Lync-UccApi-0.UccApilog", ago(9_000), true),
            ("communicator-uccapi-0.uccapilog", ago(9_000), true),
            ("communicator.UCCPLOG", ago(9_000), true),
            ("Lync-UccApi-0.UccApilog.bak", ago(9_000), false),
            ("fe01-cls.txt", ago(25), false),
            ("fe01-cls.txt", ago(23), true),
            ("fe01-cls.txt", now.checked_add(Duration::from_hours(2)), true),
            ("fe01-cls.txt", None, true),
        ] {
            assert_eq!(may_be_written(Path::new(path), modified, now), wanted, "{path} {modified:?}");
        }
    }
}
