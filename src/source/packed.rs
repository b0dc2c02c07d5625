//! Archives: zip with many members, gzip with one. What is inside is unpacked into temporary files; no name in an
//! archive is ever used as a path.

use super::temporary::{Text, Writer};
use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek as _, SeekFrom};

/// Kinds of archives that are opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Zip,
    Gzip,
}

/// How many bytes tell the kind.
pub const LOOK: u64 = 4;

impl Kind {
    /// By the first bytes.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            // A zip without members has nothing but its end.
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            [0x1F, 0x8B, 8, ..] => Some(Self::Gzip),
            _ => None,
        }
    }
}

/// Traces shrink to a tenth, repeated ones to a hundredth; what grows more than this was made to fill disks.
const MOST_GROWTH: u64 = 200;
/// What any archive may unpack to, in bytes, however small it is.
const ALWAYS_ALLOWED: u64 = 64 << 20;
/// Files that are looked at in one zip.
const MOST_MEMBERS: usize = 10_000;

/// Why something packed cannot be read: the end of a sentence, with what to do.
#[derive(Debug, thiserror::Error)]
pub enum PackedError {
    #[error("the archive is damaged ({0}); fetch it again, or unpack what can be saved and open that")]
    Damaged(String),
    #[error("it unpacks to more than {MOST_GROWTH} times its size; unpack it yourself and open the traces in it")]
    Bomb,
    #[error("it holds more than {MOST_MEMBERS} files; unpack it and open the traces in it")]
    TooMany,
    #[error("it is encrypted or packed in a way that is not known here; unpack it and open the traces in it")]
    Unsupported,
    #[error("{0}")]
    Io(std::io::Error),
}

/// One file of a zip.
pub struct Member {
    /// As the archive has it, with `/`; empty where it cannot be read.
    pub name: String,
    pub text: Result<Text, PackedError>,
}

/// Bytes that may still be unpacked from one archive, whatever its members claim.
struct Budget(u64);

impl Budget {
    fn of(file: &File) -> std::io::Result<Self> {
        Ok(Self(file.metadata()?.len().saturating_mul(MOST_GROWTH).max(ALWAYS_ALLOWED)))
    }

    /// Unpacks one text to its end.
    fn unpack(&mut self, packed: &mut impl Read) -> Result<Text, PackedError> {
        let mut writer = Writer::new().map_err(PackedError::Io)?;
        let mut buffer = vec![0; 1 << 17];
        loop {
            let read = match packed.read(&mut buffer) {
                Ok(0) => return writer.finish().map_err(PackedError::Io),
                Ok(read) => read,
                Err(reason) if reason.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(reason) => return Err(PackedError::Damaged(reason.to_string())),
            };
            self.0 = self.0.checked_sub(read as u64).ok_or(PackedError::Bomb)?;
            writer.write(buffer.get(..read).unwrap_or_default()).map_err(PackedError::Io)?;
        }
    }
}

/// The text in a gzip file, which may be put together of several.
pub fn gzip(mut file: File) -> Result<Text, PackedError> {
    file.seek(SeekFrom::Start(0)).map_err(PackedError::Io)?;
    let mut budget = Budget::of(&file).map_err(PackedError::Io)?;
    budget.unpack(&mut flate2::read::MultiGzDecoder::new(std::io::BufReader::new(file)))
}

/// All files in a zip, by name.
pub fn zip(file: File) -> Result<Vec<Member>, PackedError> {
    let mut budget = Budget::of(&file).map_err(PackedError::Io)?;
    let mut archive = zip::ZipArchive::new(std::io::BufReader::new(file)).map_err(|error| unreadable(&error))?;
    if archive.len() > MOST_MEMBERS {
        return Err(PackedError::TooMany);
    }
    let mut members = Vec::new();
    for number in 0..archive.len() {
        let name = archive.name_for_index(number).and_then(Result::ok).map_or_else(String::new, Cow::into_owned);
        let text = match archive.by_index(number) {
            Ok(member) if member.is_dir() => continue,
            Ok(mut member) => budget.unpack(&mut member),
            Err(error) => Err(unreadable(&error)),
        };
        // Neither is a matter of this member alone.
        if let Err(reason @ (PackedError::Bomb | PackedError::Io(_))) = text {
            return Err(reason);
        }
        members.push(Member { name: name.replace('\\', "/"), text });
    }
    members.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(members)
}

fn unreadable(error: &zip::result::ZipError) -> PackedError {
    match error {
        zip::result::ZipError::UnsupportedArchive(_) => PackedError::Unsupported,
        other => PackedError::Damaged(other.to_string()),
    }
}
