//! The state of a running window: what is opened, selected and asked for. No widgets.
//!
//! The window reads this state and pushes [`Action`]s; [`App::apply`] is the one place that carries them
//! out. Long work runs on threads of its own; its results are immutable and are swapped in by [`App::receive`].

mod around;
mod chosen;
pub mod command;
mod detail;
mod explained;
mod files;
mod findings;
mod jobs;
mod offers;
mod own;
mod people;
mod receive;
mod saving;
mod steps;
mod view;
mod why;

pub use self::around::{Around, Ask};
pub use self::chosen::Chosen;
pub use self::command::{Action, Actions, Command};
pub use self::detail::{Detail, DetailLine, LineKind};
pub use self::explained::{Code, Explained, Param};
pub use self::findings::{Card, Diagnosing, Findings, times_words};
pub use self::offers::{Offer, Offers, addresses_like};
pub use self::own::{FOLDER_NAME, own_tables_folder, use_own_tables};
pub use self::people::Person;
pub use self::saving::{Save, Saving};
pub use self::steps::{Step, Steps};
pub use self::view::{CodeFacet, Timeline, TimelineBucket, View, outcome};

use self::files::FilesNow;
use self::jobs::{Jobs, LadderRequest, LadderRows};
use self::view::ViewRequest;
use crate::format::{Format, clock::Offset};
use crate::index::{Index, Pasted, Position, Progress, RowId, Skipped};
use crate::ladder::Ladder;
use crate::query::term::TextPattern;
use crate::query::{self, Query, QueryError, Scope, edit};
use crate::source::State;
use crate::trace::Outcome;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

/// What the ladder shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LadderOf {
    /// All messages with the Call-ID of the selected one.
    #[default]
    Dialog,
    /// All messages that the query selects.
    Filtered,
    /// What proves the finding that is looked at.
    Finding,
}

/// What is known of the opening of files.
#[derive(Debug, Default)]
pub struct Opening {
    /// Set while files are looked at and indexed.
    pub progress: Option<Arc<Progress>>,
    /// Inputs that could not be used, one sentence each.
    pub errors: Vec<String>,
    /// Files of folders that were passed over.
    pub skipped: Vec<Skipped>,
    /// Logs of the same clients that lie beside those that were opened: a client fills several in turn.
    pub siblings: Vec<PathBuf>,
}

/// The state of the window.
pub struct App {
    pub opening: Opening,
    /// A system dialog is open, or should be.
    pub waits_for_dialog: bool,
    /// What is shown now: an index with the rows selected of it.
    pub view: Arc<View>,
    pub query_text: String,
    pub query_error: Option<QueryError>,
    pub scope: Scope,
    /// All records are shown because there were no messages; nobody asked for them.
    is_widened: bool,
    pub selected: Option<RowId>,
    pub detail: Option<Arc<Detail>>,
    pub ladder: Arc<Ladder>,
    pub ladder_of: LadderOf,
    /// The ladder on the screen is that of one dialog.
    ladder_is_dialog: bool,
    /// What the diagnosis found; `None` where there was none yet.
    pub findings: Option<Arc<Findings>>,
    pub diagnosing: Diagnosing,
    /// What is being saved, or was.
    pub saving: Saving,
    /// The finding that is looked at.
    pub chosen: Option<Chosen>,
    /// Records of the snapshot that a diagnosis was asked of last, and when the files were opened.
    diagnosed: u32,
    opened: Instant,
    /// Density of what the view shows, with refused tokens as the failures they are.
    pub timeline: Timeline,
    /// Counts up when the selection should be brought into sight.
    pub reveal: u64,
    /// The count when the selection last went far: then what stands around it matters too.
    jumped: u64,
    /// What became of the files since they were read, by number.
    files_now: FilesNow,
    paths: Vec<PathBuf>,
    /// Texts from the clipboard, which are opened after the paths.
    pasted: Vec<Pasted>,
    clocks: Vec<(String, Offset)>,
    index: Arc<Index>,
    query: Query,
    /// What the last view was asked for, of the files that are open: the query, the same at any time, the scope.
    asked: Option<(Query, Query, Scope)>,
    jobs: Jobs,
}

impl App {
    /// `around` wakes it when there is something to receive.
    #[must_use]
    pub fn new(around: Around) -> Self {
        Self {
            opening: Opening::default(),
            waits_for_dialog: false,
            view: Arc::default(),
            query_text: String::new(),
            query_error: None,
            scope: Scope::Messages,
            is_widened: false,
            selected: None,
            detail: None,
            ladder: Arc::default(),
            ladder_of: LadderOf::Dialog,
            ladder_is_dialog: false,
            findings: None,
            diagnosing: Diagnosing::Works,
            saving: Saving::Nothing,
            chosen: None,
            diagnosed: 0,
            opened: Instant::now(),
            timeline: Timeline::default(),
            reveal: 0,
            jumped: 0,
            files_now: FilesNow::default(),
            paths: Vec::new(),
            pasted: Vec::new(),
            clocks: Vec::new(),
            index: Arc::default(),
            query: Query::All,
            asked: None,
            jobs: Jobs::new(around),
        }
    }

    /// Opens files and folders instead of what is open.
    pub fn open(&mut self, paths: Vec<PathBuf>, clocks: Vec<(String, Offset)>) {
        self.close();
        self.clocks = clocks;
        self.add(paths);
    }

    /// Opens files and folders beside what is open.
    pub fn add(&mut self, paths: Vec<PathBuf>) {
        if paths.is_empty() {
            return;
        }
        for path in paths {
            if !self.paths.contains(&path) {
                self.paths.push(path);
            }
        }
        self.read_all();
    }

    /// Opens text from the clipboard beside what is open, if it is a trace.
    pub fn add_text(&mut self, text: &str) {
        let name = match self.pasted.len() {
            0 => "pasted text".to_owned(),
            before => format!("pasted text {}", before + 1),
        };
        let pasted = Pasted { name, text: text.into() };
        match pasted.open() {
            Ok(file) if file.format.is_some() => {
                self.pasted.push(pasted);
                self.read_all();
            }
            // What is open is not read again for nothing.
            Ok(file) => self.say(format!("{}: there are no messages in it; copy some and paste again", file.name())),
            Err(why) => self.say(why),
        }
    }

    /// Says something above the timeline, once.
    pub fn say(&mut self, sentence: String) {
        if !self.opening.errors.contains(&sentence) {
            self.opening.errors.push(sentence);
        }
    }

    fn read_all(&mut self) {
        self.stop_indexing();
        self.files_now = FilesNow::default();
        let progress = Arc::new(Progress::default());
        self.opening = Opening { progress: Some(Arc::clone(&progress)), ..Opening::default() };
        self.forget_findings();
        self.opened = Instant::now();
        self.select(None);
        self.jobs.open(self.paths.clone(), self.pasted.clone(), self.clocks.clone(), progress);
    }

    fn close(&mut self) {
        self.stop_indexing();
        self.paths.clear();
        self.pasted.clear();
        self.clocks.clear();
        self.opening = Opening::default();
        self.fit_scope(true);
        self.files_now = FilesNow::default();
        self.index = Arc::default();
        self.view = Arc::default();
        self.ladder = Arc::default();
        self.forget_findings();
        self.select(None);
        self.set_query(String::new());
    }

    fn forget_findings(&mut self) {
        (self.findings, self.diagnosed, self.diagnosing) = (None, 0, Diagnosing::Works);
        self.leave_finding();
    }

    fn stop_indexing(&mut self) {
        if let Some(progress) = self.opening.progress.take() {
            progress.cancel();
        }
        self.asked = None;
        self.jobs.forget();
    }

    /// True where nothing is open and nothing is being opened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.pasted.is_empty()
    }

    /// True while the index still grows; counts are "so far" then.
    #[must_use]
    pub fn is_indexing(&self) -> bool {
        self.opening.progress.is_some()
    }

    /// How far the search behind the rows on the screen is, from 0 to 1; `None` where they are all there.
    #[must_use]
    pub fn search_progress(&self) -> Option<f32> {
        self.jobs.searched().filter(|_| self.view.is_partial)
    }

    /// True where all times on the screen are UTC.
    #[must_use]
    pub fn all_clocks_known(&self) -> bool {
        let index = &self.view.index;
        (0..)
            .zip(index.files())
            .all(|(file, opened)| !opened.format.is_some_and(Format::has_times) || index.clock(file).is_known())
    }

    /// What became of a file since it was read.
    #[must_use]
    pub fn file_state(&self, number: usize) -> State {
        self.files_now.of(number)
    }

    /// True where a file has grown since it was opened.
    #[must_use]
    pub fn follows(&self) -> bool {
        self.files_now.any_grown()
    }

    /// True while anything is being read, selected or laid out in the background.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        let saves = matches!(self.saving, Saving::Running(_));
        self.is_indexing() || self.waits_for_dialog || saves || self.jobs.is_busy()
    }

    /// Names of the opened files or folders, for the title.
    #[must_use]
    pub fn title(&self) -> String {
        if self.view.index.is_empty() {
            return "Uccello".to_owned();
        }
        let names: Vec<_> = self
            .paths
            .iter()
            .filter_map(|path| path.file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .chain(self.pasted.iter().map(|pasted| pasted.name.clone()))
            .collect();
        let rows = crate::export::with_separators(self.view.rows.len());
        let all = crate::export::with_separators(self.view.in_scope);
        let unit = if self.scope == Scope::Messages { "messages" } else { "records" };
        format!("{} – {rows} of {all} {unit} – Uccello", names.join(", "))
    }

    /// Carries out what the user did.
    pub fn apply(&mut self, action: Action) {
        match action {
            Action::Open(paths) => self.open(paths, Vec::new()),
            Action::Add(paths) => self.add(paths),
            Action::AddText(text) => self.add_text(&text),
            Action::SetQuery(text) => self.set_query(text),
            Action::SetTerm(field, value) => {
                self.set_query(edit::replace_term(&self.query_text, field, value.as_deref()));
            }
            Action::Select(row) => self.select(row),
            Action::SelectAndReveal(row) => {
                self.select(Some(row));
                self.reveal(false);
            }
            Action::Scope(scope) => {
                (self.scope, self.is_widened) = (scope, false);
                self.ask_view();
            }
            Action::SelectFinding(number) => self.choose(number),
            Action::LadderOf(what) => {
                self.ladder_of = what;
                self.ask_ladder();
            }
            Action::DismissSiblings => self.opening.siblings.clear(),
            Action::DismissErrors => {
                self.opening.errors.clear();
                self.opening.skipped.clear();
            }
            Action::DismissSaved => self.saving = Saving::Nothing,
            Action::Run(command) => self.run(command),
        }
    }

    fn run(&mut self, command: Command) {
        match command {
            Command::OpenFiles => self.ask(Ask::Files { add: false }),
            Command::OpenFolder => self.ask(Ask::Folder),
            Command::AddFiles => self.ask(Ask::Files { add: true }),
            Command::SaveReport => self.ask_place(Save::Report { with_names: false }),
            Command::SaveReportWithNames => self.ask_place(Save::Report { with_names: true }),
            Command::SaveRedactedLogs => self.ask_place(Save::RedactedLogs),
            Command::StopSaving => self.stop_saving(),
            Command::OpenAgain if self.is_empty() => {}
            Command::OpenAgain => self.read_all(),
            Command::Close => self.close(),
            Command::ClearFilter => self.set_query(String::new()),
            Command::StopIndexing => {
                if let Some(progress) = &self.opening.progress {
                    progress.cancel();
                }
            }
            Command::NextMessage => self.step(1),
            Command::PreviousMessage => self.step(-1),
            Command::NextFinding => self.step_finding(1),
            Command::PreviousFinding => self.step_finding(-1),
            Command::NextEvidence => self.step_evidence(true),
            Command::PreviousEvidence => self.step_evidence(false),
            Command::LeaveFinding => self.leave_finding(),
            Command::FilterDialog => {
                if let Some(call_id) = self.detail.as_ref().and_then(|detail| detail.entry.call_id.clone()) {
                    self.apply(Action::SetTerm("callid", Some(call_id)));
                }
            }
            // These only concern the window itself.
            Command::Paste
            | Command::FocusQuery
            | Command::FocusAddress
            | Command::Complete
            | Command::Explain
            | Command::ToggleTheme
            | Command::Help => {}
        }
    }

    /// Asks the user for paths, one question at a time.
    fn ask(&mut self, ask: Ask) {
        if !self.waits_for_dialog {
            self.waits_for_dialog = true;
            self.jobs.ask(ask);
        }
    }

    fn step(&mut self, by: i64) {
        let rows = &self.view.rows;
        let at = self.selected.map(|row| self.view.index.position(row));
        let next = match at {
            Some(at) => rows.before(at).saturating_add_signed(by),
            None => 0,
        };
        if let Some(position) = rows.get(next.min(rows.len().saturating_sub(1))) {
            self.apply(Action::SelectAndReveal(self.view.index.row(position)));
        }
    }

    fn set_query(&mut self, text: String) {
        if text == self.query_text && self.query_error.is_none() {
            return;
        }
        self.query_text = text;
        match query::parse(&self.query_text) {
            Ok(query) => {
                self.query_error = None;
                if query != self.query {
                    self.query = query;
                    self.ask_view();
                }
            }
            // What was selected stays on the screen until the query can be read again.
            Err(error) => self.query_error = Some(error),
        }
    }

    /// Brings the selection into sight.
    fn reveal(&mut self, is_jump: bool) {
        self.reveal += 1;
        if is_jump {
            self.jumped = self.reveal;
        }
    }

    /// The selection went far, and should stand amid its neighbours.
    #[must_use]
    pub fn has_jumped(&self) -> bool {
        self.jumped == self.reveal
    }

    /// What a message is in its exchange; in a sign-in, what it is there: a 401 that refuses a token is a failure.
    #[must_use]
    pub fn outcome(&self, row: RowId) -> Option<Outcome> {
        let step = self.step_of(row).map(|step| step.outcome).filter(|outcome| *outcome == Outcome::Failure);
        step.or_else(|| outcome(&self.view.index, row))
    }

    fn select(&mut self, row: Option<RowId>) {
        if row == self.selected && row.is_some() {
            return;
        }
        self.selected = row;
        self.read_detail();
        let shown = self.ladder_is_dialog && row.is_some_and(|row| self.ladder.arrow_of(row).is_some());
        if self.ladder_of == LadderOf::Dialog && !shown {
            self.ask_ladder();
        }
    }

    /// Reads the selected record, and what it is in its sign-in.
    fn read_detail(&mut self) {
        let step = self.selected.and_then(|row| self.step_of(row)).cloned();
        let detail = self.selected.and_then(|row| Detail::of(&self.view.index, row, step));
        self.detail = detail.map(Arc::new);
    }

    /// Whether a command can be given now; its key is left to others where it cannot.
    #[must_use]
    pub fn can(&self, command: Command) -> bool {
        match command {
            Command::LeaveFinding | Command::NextEvidence | Command::PreviousEvidence => self.chosen.is_some(),
            Command::NextFinding | Command::PreviousFinding => self.findings.is_some(),
            Command::SaveReport | Command::SaveReportWithNames | Command::SaveRedactedLogs => self.can_save(),
            _ => true,
        }
    }

    fn ask_view(&mut self) {
        if self.index.is_empty() && self.view.index.is_empty() && self.opening.progress.is_some() {
            return;
        }
        let without_time = edit::replace_term(&self.query_text, "time", None);
        let any_time = query::parse(&without_time).unwrap_or_else(|_| self.query.clone());
        let asked = Some((self.query.clone(), any_time.clone(), self.scope));
        let goes_on = self.asked == asked;
        self.asked = asked;
        let request =
            ViewRequest { index: Arc::clone(&self.index), query: self.query.clone(), any_time, scope: self.scope };
        self.jobs.view(request, goes_on);
    }

    fn ask_ladder(&self) {
        let of = match (self.ladder_of, self.selected, &self.chosen) {
            (LadderOf::Dialog, Some(row), _) => LadderRows::DialogOf(row),
            (LadderOf::Finding, _, Some(chosen)) => LadderRows::Evidence(chosen.evidence.clone()),
            _ => LadderRows::Selected,
        };
        self.jobs.ladder(LadderRequest { view: Arc::clone(&self.view), of });
    }

    /// The time range the query names, if it names one with dates.
    #[must_use]
    pub fn time_range(&self) -> Option<(i64, i64)> {
        self.query.dates()
    }

    /// The words and regular expressions the query searches for, to be marked where they stand.
    #[must_use]
    pub fn searched(&self) -> Vec<&TextPattern> {
        self.query.texts()
    }

    /// The place of the selected row in the list.
    #[must_use]
    pub fn selected_place(&self) -> Option<u64> {
        let position: Position = self.view.index.position(self.selected?);
        self.view.rows.contains(position).then(|| self.view.rows.before(position))
    }
}
