//! What a window needs from around it: who wakes it, who asks for paths, who diagnoses. Tests give others.

use super::findings::Findings;
use super::saving::Save;
use crate::index::Index;
use std::path::PathBuf;
use std::sync::Arc;

/// Wakes the window from any thread.
pub type Wake = Arc<dyn Fn() + Send + Sync>;
/// Asks the user for paths, and waits for the answer; none where the user gives none.
pub type Choose = Arc<dyn Fn(Ask) -> Vec<PathBuf> + Send + Sync>;
/// Finds out what fails.
pub type Diagnose = Arc<dyn Fn(Arc<Index>) -> Findings + Send + Sync>;

/// What the user is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Files {
        /// To be opened beside what is open.
        add: bool,
    },
    Folder,
    /// The place for something to save.
    PlaceFor(Save),
}

/// See the module.
#[derive(Clone)]
pub struct Around {
    pub wake: Wake,
    pub choose: Choose,
    pub diagnose: Diagnose,
}

impl Around {
    /// With the dialogs of the system.
    #[must_use]
    pub fn new(wake: Wake) -> Self {
        Self { wake, choose: Arc::new(ask_system), diagnose: Arc::new(Findings::of) }
    }
}

fn ask_system(ask: Ask) -> Vec<PathBuf> {
    let dialog = rfd::FileDialog::new();
    match ask {
        Ask::Files { .. } => {
            let dialog = dialog
                .set_title("Open traces")
                .add_filter("Traces", &["UccApilog", "uccapilog", "uccplog", "bak", "txt", "log"])
                .add_filter("All files", &["*"]);
            dialog.pick_files().unwrap_or_default()
        }
        Ask::Folder => dialog.set_title("Open a folder of traces").pick_folder().into_iter().collect(),
        Ask::PlaceFor(Save::Report { .. }) => {
            let dialog = dialog
                .set_title("Save a report")
                .set_file_name("uccello-report.html")
                .add_filter("Page (HTML)", &["html", "htm"])
                .add_filter("Markdown", &["md", "markdown"]);
            dialog.save_file().into_iter().collect()
        }
        Ask::PlaceFor(Save::RedactedLogs) => {
            dialog.set_title("Save redacted logs in an empty folder").pick_folder().into_iter().collect()
        }
    }
}
