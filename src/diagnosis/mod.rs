//! Why: rules over a trace that give findings, each with the records that prove it.
//!
//! A finding says what happened, to whom, how often and since when, how sure it is, and what to check next. A wrong
//! alarm is worse than silence: what is normal is said to be normal, and where the log does not reach far enough
//! nothing is claimed. A rule is a file in `rules/` with its words and its cases.

mod case;
mod certificate_fetch;
mod checks;
mod client_words;
mod codes;
mod command;
mod connecting;
mod federation;
mod finding;
#[cfg(test)]
mod healthy;
#[cfg(test)]
mod healthy_calls;
mod hosts;
mod inferred;
pub mod knowledge;
mod numbers;
mod overruled;
mod refusal;
mod rejection;
mod rules;
#[cfg(test)]
#[allow(dead_code, reason = "used by the cases of rules")]
mod scene;
mod sign_in;
mod silence;
mod ticket_refusal;
mod timeline;
mod tokens;
#[cfg(test)]
mod twice;
mod web_services;
mod words;

pub use self::case::Case;
pub use self::checks::{Check, is_cmdlet};
pub use self::finding::{Confidence, Finding, Severity};
pub use self::rules::{RULES, Rule};

use crate::index::{self, Index, RowId};
use crate::query::RowSet;
use crate::trace::Trace;

/// Everything that was found, worst first.
#[derive(Debug, Default)]
pub struct Diagnosis {
    pub findings: Vec<Finding>,
    pub trace: Trace,
}

impl Diagnosis {
    /// Asks every rule about what an index holds so far.
    #[must_use]
    pub fn of(index: &Index) -> Self {
        let trace = Trace::read(index);
        let case = Case::new(index, &trace);
        let mut findings: Vec<Finding> = index::each(RULES.iter().collect(), |rule| (rule.find)(&case));
        inferred::lower(&trace, &mut findings);
        rules::settle(&mut findings);
        codes::add_own_words(&mut findings);
        for finding in &mut findings {
            finding.order_evidence(index);
        }
        findings.retain(|finding| !finding.evidence.is_empty());
        // Worst first; what was caused by something else after it; then who was first.
        findings.sort_by_cached_key(|finding| {
            let first = finding.evidence.first().map(|&row| index.position(row));
            (finding.severity, finding.caused_by.is_some(), first, finding.rule)
        });
        Self { findings, trace }
    }

    /// Keeps what is proved by at least one of the selected records.
    pub fn narrow(&mut self, index: &Index, selected: &RowSet) {
        let is_selected = |row: &RowId| selected.contains(index.position(*row));
        self.findings.retain(|finding| finding.evidence.iter().any(is_selected));
        for registration in &mut self.trace.registrations {
            registration.attempts.retain(|attempt| attempt.rows().iter().any(is_selected));
        }
    }

    /// Whether something is failing.
    #[must_use]
    pub fn has_failure(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Failure)
    }
}
