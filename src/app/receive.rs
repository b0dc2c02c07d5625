//! What other threads have finished comes into the state of the window.

use super::chosen::row_in;
use super::jobs::Done;
use super::view::View;
use super::{App, Ask, Diagnosing, LadderOf, Saving};
use crate::index::Followed;
use crate::query::Scope;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long a log is read before anything is said about a part of it.
const PATIENCE: Duration = Duration::from_secs(1);

impl App {
    /// Takes in what other threads have finished.
    pub fn receive(&mut self) {
        while let Some(done) = self.jobs.next() {
            match done {
                Done::Chosen { ask, paths } => {
                    self.waits_for_dialog = false;
                    self.take_paths(ask, paths);
                }
                Done::Saved(saved) => self.saving = saved.map_or_else(Saving::Failed, Saving::Saved),
                Done::Opened { errors, skipped, siblings } => {
                    self.opening.siblings = siblings;
                    // What was said already stays: a table of the user that cannot be read is no matter of these files.
                    self.opening.errors.extend(errors);
                    self.opening.skipped = skipped;
                }
                Done::Index { index, is_whole } => {
                    self.opening.errors.extend(index.limit_reached());
                    if is_whole && !index.is_empty() {
                        self.fit_scope(index.messages() > 0);
                    }
                    self.index = index;
                    self.ask_diagnosis(is_whole);
                    if is_whole && self.opening.progress.take().is_some_and(|progress| progress.is_cancelled()) {
                        let said = "Indexing was stopped: only what was read until then is shown";
                        self.opening.errors.push(said.to_owned());
                    }
                    self.ask_view();
                }
                Done::Followed(followed) => self.follow(followed),
                Done::View(view) => self.show(view),
                Done::Diagnosis(findings) => self.take_findings(*findings),
                Done::BrokeOff(sentence) => self.say(sentence.to_owned()),
                Done::NoDiagnosis => self.diagnosing = Diagnosing::BrokeOff,
                Done::Ladder { ladder, is_dialog } => {
                    self.ladder = ladder;
                    self.ladder_is_dialog = is_dialog;
                }
            }
        }
    }

    /// Does what the user was asked for paths for.
    fn take_paths(&mut self, ask: Ask, paths: Vec<PathBuf>) {
        match (ask, paths.as_slice()) {
            (_, []) => {}
            (Ask::Files { add: true }, _) => self.add(paths),
            (Ask::Files { add: false } | Ask::Folder, _) => self.open(paths, Vec::new()),
            (Ask::PlaceFor(save), [place, ..]) => self.save(save, place),
        }
    }

    /// A log without messages is opened for its other records.
    pub(super) fn fit_scope(&mut self, has_messages: bool) {
        if has_messages && std::mem::take(&mut self.is_widened) {
            self.scope = Scope::Messages;
        } else if !has_messages && self.scope == Scope::Messages {
            (self.scope, self.is_widened) = (Scope::AllRecords, true);
        }
    }

    /// Takes in what became of the files. Rows of files that stand after a grown one have other numbers now, so what
    /// is selected is looked for by its place in its file.
    fn follow(&mut self, followed: Followed) {
        let name = |number: usize| self.index.files().get(number).map(|file| file.name());
        let lost = self.files_now.update(&followed.states, name);
        for sentence in lost {
            self.say(sentence);
        }
        if let Some(index) = followed.index {
            self.index = index;
            self.jobs.diagnose(Arc::clone(&self.index), true);
            self.ask_view();
        }
    }

    /// A snapshot of a log that is still read is diagnosed only now and then: all of them together cost no more than
    /// the last.
    fn ask_diagnosis(&mut self, is_whole: bool) {
        let has_doubled = self.index.len() / 2 >= self.diagnosed && !self.index.is_empty();
        let is_time = has_doubled && self.opened.elapsed() > PATIENCE && !self.jobs.is_diagnosing();
        if is_whole || is_time {
            self.diagnosed = self.index.len();
            self.jobs.diagnose(Arc::clone(&self.index), false);
        }
    }

    fn show(&mut self, view: Arc<View>) {
        let first = self.view.index.is_empty() && !view.index.is_empty();
        let is_other = view.query != self.view.query || view.scope != self.view.scope;
        let has_grown = !Arc::ptr_eq(&view.index, &self.view.index);
        let was_listed = self.selected_place().is_some();
        if has_grown && !self.is_indexing() {
            self.selected = self.selected.and_then(|row| row_in(&self.view.index, &view.index, row));
        }
        self.view = view;
        self.fit_evidence();
        self.judge_timeline();
        if first && self.selected.is_none() {
            self.ask_ladder();
        }
        // A search that goes on may still find it.
        let is_gone = self.selected.is_some()
            && self.selected_place().is_none()
            && !self.view.is_partial
            && (&self.view.query, self.view.scope) == (&self.query, self.scope);
        if is_gone && self.query_error.is_none() {
            // The selected message is filtered out: nothing is selected rather than something unseen.
            self.select(None);
        }
        if has_grown {
            // Numbers and times of the selected record may have changed with what was read meanwhile.
            self.read_detail();
        }
        if has_grown || self.ladder_of == LadderOf::Filtered || self.detail.is_none() {
            self.ask_ladder();
        }
        if is_other || (!was_listed && self.selected_place().is_some()) {
            // What is selected stays in sight in whatever list it now stands in; without a selection a
            // new list starts at its top.
            self.reveal(false);
        }
    }
}
