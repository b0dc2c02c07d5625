//! From paths to files whose format is known.

use crate::format::{Clock, Detected, Encoding, Format, clock::Offset, detect};
use crate::source::{Input, Source, expand};
use std::path::PathBuf;

/// A file of the index: its bytes and what was found out about them.
#[derive(Debug)]
pub struct TraceFile {
    pub source: Source,
    /// `None` where the file is readable but holds no records.
    pub format: Option<Format>,
    pub encoding: Encoding,
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
        let (format, encoding, reason, warnings) = match detect(source.all(), source.name()) {
            Detected::Trace { format, encoding, reason } => (Some(format), encoding, reason, vec![]),
            Detected::Blank(encoding) => {
                let what = if source.is_empty() { "the file is empty" } else { "the file holds nothing but blanks" };
                (None, encoding, what.to_owned(), vec![what.to_owned()])
            }
            Detected::Refused(why) => return Err(format!("{}: {why}", source.name())),
        };
        Ok(Self { source, format, encoding, reason, set_clock: None, warnings })
    }

    /// The clock as far as it is known without reading the records.
    #[must_use]
    pub fn clock_at_once(&self) -> Clock {
        match (self.set_clock, self.format) {
            (Some(offset), _) => Clock::Offset(offset),
            (None, Some(Format::Cls)) => Clock::Utc,
            (None, _) => Clock::Unknown,
        }
    }
}

/// What came of opening some paths.
#[derive(Debug, Default)]
pub struct Opened {
    pub files: Vec<TraceFile>,
    /// Inputs that could not be used: one sentence each.
    pub errors: Vec<String>,
    /// Files of folders that were passed over: name and sentence.
    pub skipped: Vec<Skipped>,
}

/// A file of a folder that is no trace.
#[derive(Clone, Debug)]
pub struct Skipped {
    pub name: String,
    pub bytes: u64,
    pub why: String,
}

/// Opens files and folders. What can be read is read; the rest is named in the answer.
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
        let before = opened.files.len();
        for input in &inputs {
            opened.add(input);
        }
        let from_folder = inputs.iter().any(|input| input.from_folder);
        if from_folder && opened.files.len() == before {
            let name = path.display();
            opened.errors.push(format!(
                "{name}: this folder holds no traces; give the folder the *.UccApilog or CLS text files are in"
            ));
        }
    }
    opened.set_clocks(clocks);
    opened
}

impl Opened {
    fn add(&mut self, input: &Input) {
        let opened = Source::open(&input.path, &input.name).map_err(|error| (0, error.to_string()));
        let file = opened.and_then(|source| {
            let bytes = source.len();
            TraceFile::new(source).map_err(|why| (bytes, why))
        });
        match file {
            Ok(file) => self.files.push(file),
            Err((bytes, why)) if input.from_folder => {
                self.skipped.push(Skipped { name: input.name.clone(), bytes, why });
            }
            Err((_, why)) => self.errors.push(why),
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
