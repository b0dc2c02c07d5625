//! Text that does not lie on the disk as we need it: unpacked, re-encoded, or copied to leave its writer free. It is
//! in a temporary file that has no name and goes with the program, however it ends.

use super::map::Map;
use std::fs::File;
use std::io::{BufWriter, Write as _};

/// Says where temporary files go.
pub const VARIABLE: &str = if cfg!(windows) { "TMP" } else { "TMPDIR" };

/// Writes a text from its start to its end.
pub struct Writer {
    file: BufWriter<File>,
}

/// The text that was written, mapped.
#[derive(Debug)]
pub struct Text(Option<Map>);

impl Writer {
    pub fn new() -> std::io::Result<Self> {
        let file = tempfile::tempfile().map_err(|reason| no_room(&reason))?;
        Ok(Self { file: BufWriter::with_capacity(1 << 18, file) })
    }

    pub fn write(&mut self, text: &[u8]) -> std::io::Result<()> {
        self.file.write_all(text).map_err(|reason| no_room(&reason))
    }

    pub fn finish(self) -> std::io::Result<Text> {
        let file = self.file.into_inner().map_err(|error| no_room(error.error()))?;
        Ok(Text(Map::of(&file)?))
    }
}

impl Text {
    pub fn bytes(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], Map::bytes)
    }

    pub fn map(&self) -> Option<&Map> {
        self.0.as_ref()
    }
}

/// Says which of the two disks is meant.
fn no_room(reason: &std::io::Error) -> std::io::Error {
    let folder = std::env::temp_dir();
    std::io::Error::new(reason.kind(), format!("no temporary file can be written in {}: {reason}", folder.display()))
}
