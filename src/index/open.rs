//! From paths to files whose format is known.

use crate::format::{Detected, Format, clock::Offset, detect};
use crate::source::{self, Input, OpenError, Source, expand, rotation_set};
use std::path::PathBuf;
use std::sync::Arc;

/// A file of the index: its bytes and what was found out about them.
#[derive(Debug)]
pub struct TraceFile {
    pub source: Source,
    /// `None` where the file is readable but holds no records.
    pub format: Option<Format>,
    /// Why it has this format, for people.
    pub reason: String,
    /// Set by hand, if it was.
    pub set_clock: Option<Offset>,
    pub warnings: Vec<String>,
}

impl TraceFile {
    #[must_use]
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// Looks at a source.
    ///
    /// # Errors
    /// Where it is not a trace: one sentence, what it is and what to do.
    pub fn new(source: Source) -> Result<Self, String> {
        let (format, reason, warnings) = match detect(source.all(), source.name()) {
            Detected::Trace { format, reason } => (Some(format), reason, vec![]),
            Detected::Blank => {
                let what = if source.is_empty() { "the file is empty" } else { "the file holds nothing but blanks" };
                (None, what.to_owned(), vec![what.to_owned()])
            }
            Detected::Refused(why) => return Err(format!("{}: {why}", source.name())),
        };
        Ok(Self { source, format, reason, set_clock: None, warnings })
    }

    /// What the logs of one client have in common, see [`rotation_set`].
    #[must_use]
    pub fn rotation_set(&self) -> Option<String> {
        (self.format == Some(Format::Uccapi)).then(|| rotation_set(self.name()))?
    }
}

/// Text that was pasted, with the name it has among the files. Kept to be opened again beside other files.
#[derive(Clone, Debug)]
pub struct Pasted {
    pub name: String,
    pub text: Arc<str>,
}

impl Pasted {
    /// Looks at the text.
    ///
    /// # Errors
    /// Where it is not a trace: one sentence, what it is and what to do.
    pub fn open(&self) -> Result<TraceFile, String> {
        TraceFile::new(Source::from_bytes(&self.name, self.text.as_bytes().to_vec()))
    }
}

/// What came of opening some paths.
#[derive(Debug, Default)]
pub struct Opened {
    pub files: Vec<TraceFile>,
    /// Inputs that could not be used: one sentence each.
    pub errors: Vec<String>,
    /// Files of folders and archives that were passed over: name and sentence.
    pub skipped: Vec<Skipped>,
}

/// A file of a folder or an archive that is no trace.
#[derive(Clone, Debug)]
pub struct Skipped {
    pub name: String,
    pub bytes: u64,
    pub why: String,
}

/// Opens files, folders and archives. What can be read is read; the rest is named in the answer.
#[must_use]
pub fn open(paths: &[PathBuf], clocks: &[(String, Offset)]) -> Opened {
    let mut opened = Opened::default();
    for path in paths {
        let inputs = match expand(path) {
            Ok(inputs) => inputs,
            Err(error) => {
                opened.errors.push(error.to_string());
                continue;
            }
        };
        let before = (opened.files.len(), opened.errors.len());
        let is_folder = path.is_dir();
        let mut is_archive = false;
        for input in &inputs {
            is_archive |= opened.add(input);
        }
        if (is_folder || is_archive) && (opened.files.len(), opened.errors.len()) == before {
            let (what, name) = (if is_folder { "folder" } else { "archive" }, path.display());
            opened.errors.push(format!(
                "{name}: this {what} holds no traces; give the {what} the *.UccApilog or CLS text files are in"
            ));
        }
    }
    opened.set_clocks(clocks);
    opened
}

impl Opened {
    /// Opens a file, or the files of an archive. True where it is an archive.
    fn add(&mut self, input: &Input) -> bool {
        let found = match source::open(&input.path, &input.name) {
            Ok(found) => found,
            Err(error) => {
                self.fail(&input.name, &error, input.from_folder);
                return false;
            }
        };
        let is_member = input.from_folder || found.is_archive;
        for source in found.sources {
            match source {
                Ok(source) => {
                    let (name, bytes) = (source.name().to_owned(), source.disk_len());
                    match TraceFile::new(source) {
                        Ok(file) => self.files.push(file),
                        Err(why) => self.refuse(&name, bytes, why, is_member),
                    }
                }
                Err(error) => self.fail(error.name(), &error, is_member),
            }
        }
        found.is_archive
    }

    /// Only what is no trace may be passed over: one that there was no room for is missing.
    fn fail(&mut self, name: &str, error: &OpenError, is_member: bool) {
        self.refuse(name, 0, error.to_string(), is_member && !error.is_want_of_room());
    }

    /// What was named must be read; what only lay in a folder or an archive may be passed over.
    fn refuse(&mut self, name: &str, bytes: u64, why: String, is_member: bool) {
        if is_member {
            self.skipped.push(Skipped { name: name.to_owned(), bytes, why });
        } else {
            self.errors.push(why);
        }
    }

    fn set_clocks(&mut self, clocks: &[(String, Offset)]) {
        for (name, offset) in clocks {
            let is_meant =
                |file: &TraceFile| file.name() == name || file.name().rsplit(['/', '\\']).next() == Some(name);
            let mut any = false;
            for file in self.files.iter_mut().filter(|file| is_meant(file)) {
                file.set_clock = Some(*offset);
                any = true;
            }
            if !any {
                self.errors.push(format!(
                    "--clock {name}={offset}: no opened file has this name; give the name as in 'uccello info'"
                ));
            }
        }
    }
}
