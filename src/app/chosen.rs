//! The finding that is looked at: its evidence in the view on the screen, and the way through it.

use super::findings::{Card, Findings};
use super::{App, Diagnosing, LadderOf};
use crate::index::{Index, RowId};
use crate::query::Scope;
use crate::trace::Outcome;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// A finding that is looked at.
#[derive(Debug, Default)]
pub struct Chosen {
    /// Its card, by number.
    pub number: usize,
    /// Its evidence in the rows of the view, in the order of the window.
    pub evidence: Vec<RowId>,
    known: FxHashSet<RowId>,
    /// Where the evidence stands in the list, as parts of its length.
    pub places: Vec<f32>,
}

impl Chosen {
    /// Whether a row of the view proves it.
    #[must_use]
    pub fn is_proved_by(&self, row: RowId) -> bool {
        self.known.contains(&row)
    }
}

/// The row of one snapshot in another; `None` where that does not hold it.
pub(super) fn row_in(from: &Index, to: &Index, row: RowId) -> Option<RowId> {
    if std::ptr::eq(from, to) {
        return Some(row);
    }
    let start = |index: &Index, row: RowId| {
        let (block, at) = index.locate(row)?;
        Some((block.file, block.bytes_of(at).start))
    };
    let place = start(from, row)?;
    to.find(place.0, place.1).filter(|&found| start(to, found) == Some(place))
}

/// Marks on the scroll bar beyond which more would not be seen.
const MOST_MARKS: usize = 2_000;

impl App {
    /// The card of the finding that is looked at.
    #[must_use]
    pub fn card(&self) -> Option<&Card> {
        self.findings.as_ref()?.cards.get(self.chosen.as_ref()?.number)
    }

    /// True while what was found may not be all: the log is still read, or was written to since.
    #[must_use]
    pub fn findings_are_so_far(&self) -> bool {
        let is_of_all = self.findings.as_ref().is_some_and(|found| Arc::ptr_eq(&found.index, &self.index));
        self.is_indexing() || !is_of_all && self.diagnosing == Diagnosing::Works
    }

    /// Takes in what was found, and finds again what is looked at.
    pub(super) fn take_findings(&mut self, findings: Findings) {
        let chosen = self.card().and_then(|card| findings.find(card));
        self.diagnosing = Diagnosing::Works;
        self.findings = Some(findings.into());
        match (&mut self.chosen, chosen) {
            (Some(own), Some(number)) => {
                own.number = number;
                self.fit_evidence();
                if self.ladder_of == LadderOf::Finding {
                    self.ask_ladder();
                }
            }
            (Some(_), None) => self.leave_finding(),
            (None, _) => {}
        }
        self.judge_timeline();
        self.read_detail();
    }

    /// Brings the timeline up to date with the view and with what was found.
    pub(super) fn judge_timeline(&mut self) {
        let view = &self.view;
        self.timeline = match &self.findings {
            Some(found) => {
                let rows = found.steps.failures().filter_map(|row| row_in(&found.index, &view.index, row));
                view.timeline.judged(view, rows)
            }
            None => view.timeline.clone(),
        };
    }

    /// Looks at a finding: its evidence is marked, and the message that decides is selected.
    pub(super) fn choose(&mut self, number: usize) {
        if self.findings.as_ref().is_none_or(|findings| number >= findings.cards.len()) {
            return;
        }
        self.chosen = Some(Chosen { number, ..Chosen::default() });
        self.fit_evidence();
        self.ladder_of = LadderOf::Finding;
        if let Some(row) = self.decisive() {
            self.bring(row);
        }
        self.ask_ladder();
    }

    pub(super) fn leave_finding(&mut self) {
        if self.chosen.take().is_some() && self.ladder_of == LadderOf::Finding {
            self.ladder_of = LadderOf::Dialog;
            self.ask_ladder();
        }
    }

    /// The finding after or before the one that is looked at; without one, the first.
    pub(super) fn step_finding(&mut self, by: isize) {
        let Some(last) = self.findings.as_ref().and_then(|findings| findings.cards.len().checked_sub(1)) else {
            return;
        };
        let next = match &self.chosen {
            Some(chosen) => chosen.number.saturating_add_signed(by),
            None => 0,
        };
        self.choose(next.min(last));
    }

    /// Selects the evidence after or before the selected message.
    pub(super) fn step_evidence(&mut self, forward: bool) {
        let Some(chosen) = &self.chosen else { return };
        let index = &self.view.index;
        let at = self.selected.map(|row| index.position(row));
        let is_beyond = |row: &&RowId| {
            at.is_none_or(|at| if forward { index.position(**row) > at } else { index.position(**row) < at })
        };
        let mut rows = chosen.evidence.iter();
        let next = if forward { rows.find(is_beyond) } else { rows.rfind(is_beyond) };
        if let Some(&row) = next {
            self.bring(row);
        }
    }

    /// The number of the selected message among the evidence, from 1, and how many there are.
    #[must_use]
    pub fn evidence_place(&self) -> Option<(Option<usize>, usize)> {
        let chosen = self.chosen.as_ref()?;
        let at = self.selected.and_then(|row| chosen.evidence.iter().position(|&own| own == row));
        Some((at.map(|at| at + 1), chosen.evidence.len()))
    }

    /// Brings the evidence up to date with the view.
    pub(super) fn fit_evidence(&mut self) {
        let (Some(findings), Some(chosen)) = (&self.findings, &mut self.chosen) else { return };
        let Some(card) = findings.cards.get(chosen.number) else { return };
        let (view, rows) = (&self.view, self.view.rows.len().max(1));
        chosen.evidence = card.evidence.iter().filter_map(|&row| row_in(&findings.index, &view.index, row)).collect();
        chosen.known = chosen.evidence.iter().copied().collect();
        let places = chosen.evidence.iter().map(|&row| view.index.position(row)).filter(|at| view.rows.contains(*at));
        chosen.places = places.take(MOST_MARKS).map(|at| view.rows.before(at) as f32 / rows as f32).collect();
    }

    /// What a message is in its sign-in.
    pub(super) fn step_of(&self, row: RowId) -> Option<&super::Step> {
        let findings = self.findings.as_ref()?;
        findings.steps.of_row(row_in(&self.view.index, &findings.index, row)?)
    }

    /// The evidence that says most: the first failure, else the first answer, else the first message.
    fn decisive(&self) -> Option<RowId> {
        let evidence = &self.chosen.as_ref()?.evidence;
        let outcome = |row: RowId| self.outcome(row);
        let first = |is: &dyn Fn(RowId) -> bool| evidence.iter().copied().find(|&row| is(row));
        first(&|row| outcome(row) == Some(Outcome::Failure))
            .or_else(|| first(&|row| outcome(row).is_some_and(|outcome| outcome != Outcome::Request)))
            .or_else(|| first(&|row| outcome(row).is_some()))
            .or_else(|| evidence.first().copied())
    }

    /// Selects a row and brings it into sight, whatever the filter hides.
    fn bring(&mut self, row: RowId) {
        if !self.view.rows.contains(self.view.index.position(row)) {
            if self.scope == Scope::Messages && super::outcome(&self.view.index, row).is_none() {
                (self.scope, self.is_widened) = (Scope::AllRecords, false);
            }
            self.set_query(String::new());
            self.ask_view();
        }
        self.select(Some(row));
        self.reveal(true);
    }
}
