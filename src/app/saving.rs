//! Saving what is open: a report, or the logs with stand-ins. One at a time, on a thread of its own.

use super::App;
use super::around::Ask;
use crate::diagnosis::Diagnosis;
use crate::export::{self, Redactor, ReportFormat, Stopped, Work, counted};
use crate::index::Index;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What can be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Save {
    /// A page or Markdown, by the ending of the name that is chosen.
    Report {
        /// Without stand-ins.
        with_names: bool,
    },
    RedactedLogs,
}

/// How far the saving is.
#[derive(Clone, Debug, Default)]
pub enum Saving {
    #[default]
    Nothing,
    Running(Arc<Work>),
    /// One sentence: what was saved, and where.
    Saved(String),
    /// One sentence: why not, and what to do.
    Failed(String),
}

/// What is saved, and where.
pub(super) struct Order {
    pub save: Save,
    pub place: PathBuf,
    pub index: Arc<Index>,
    /// What was named when it was opened.
    pub inputs: Vec<PathBuf>,
    pub work: Arc<Work>,
}

impl Order {
    /// Saves it, and says so in a sentence.
    ///
    /// # Errors
    /// One sentence: what was wrong, and what to do.
    pub fn carry_out(&self) -> Result<String, String> {
        match self.save {
            Save::Report { with_names } => {
                let text = self.report(with_names).map_err(|Stopped| "Saving was stopped".to_owned())?;
                export::save_text(&self.index, &self.inputs, &self.place, &text)?;
                Ok(format!("Saved the report as {}", self.place.display()))
            }
            Save::RedactedLogs => {
                export::check_folder(&self.inputs, &self.place)?;
                let written = export::save_redacted(&self.index, &self.place, &self.work)?;
                Ok(format!("Saved {} in {}", counted(written.len() as u64, "redacted log"), self.place.display()))
            }
        }
    }

    /// Names are learned twice as long as is diagnosed, by rule of thumb.
    fn report(&self, with_names: bool) -> Result<String, Stopped> {
        let bytes: u64 = self.index.files().iter().map(|file| file.source.len()).sum();
        self.work.expect(if with_names { bytes / 2 } else { bytes + bytes / 2 });
        let diagnosis = Diagnosis::of(&self.index);
        self.work.step(bytes / 2)?;
        let redactor = if with_names { None } else { Some(Redactor::learn_with(&self.index, &self.work)?) };
        let format = ReportFormat::of_name(&self.place);
        let text = export::report(&self.index, &diagnosis, "", redactor.as_ref(), format);
        self.work.step(0)?;
        Ok(text)
    }
}

impl App {
    /// Whether something can be saved now: all of what is open, and nothing else at the time.
    pub(super) fn can_save(&self) -> bool {
        !self.index.is_empty() && !self.is_indexing() && !matches!(self.saving, Saving::Running(_))
    }

    /// Asks where to save.
    pub(super) fn ask_place(&mut self, save: Save) {
        if self.can_save() {
            self.ask(Ask::PlaceFor(save));
        }
    }

    pub(super) fn save(&mut self, save: Save, place: &Path) {
        if !self.can_save() {
            return;
        }
        let work = Arc::new(Work::default());
        self.saving = Saving::Running(Arc::clone(&work));
        let (index, inputs) = (Arc::clone(&self.index), self.paths.clone());
        self.jobs.save(Order { save, place: place.to_owned(), index, inputs, work });
    }

    pub(super) fn stop_saving(&self) {
        if let Saving::Running(work) = &self.saving {
            work.cancel();
        }
    }
}
