//! Which records tell the story: those of the sign-in that the worst finding is about.

use crate::diagnosis::{Diagnosis, Finding, Severity};
use crate::format::Kind;
use crate::index::{Index, Position, RowId};
use crate::ladder::Ladder;
use crate::trace::{Ending, dialog_of};

/// Arrows that a page holds.
const MOST_ARROWS: usize = 60;
/// Records of a finding whose dialogs are looked up.
const MOST_EVIDENCE: usize = 100;

/// Title and rows, in the order of the window. `None` where nothing happened.
pub fn rows(index: &Index, diagnosis: &Diagnosis) -> Option<(String, Vec<RowId>)> {
    let holds_message = |finding: &&Finding| finding.evidence.iter().any(|&row| is_drawn(index, row));
    let of = |severity: Severity| diagnosis.findings.iter().filter(move |finding| finding.severity == severity);
    let finding = of(Severity::Failure).chain(of(Severity::Warning)).find(holds_message);
    let mut positions: Vec<Position> = Vec::new();
    let title = if let Some(finding) = finding {
        let dialogs = finding.evidence.iter().take(MOST_EVIDENCE).flat_map(|&row| dialog_of(index, row));
        positions.extend(dialogs.map(|row| index.position(row)));
        let own = diagnosis.trace.attempts().filter(|attempt| attempt.user.is_some() && attempt.user == finding.user);
        positions.extend(own.flat_map(crate::trace::Attempt::rows).map(|row| index.position(row)));
        match &finding.user {
            Some(user) => format!("What {user} and the servers said to each other"),
            None => finding.title.clone(),
        }
    } else {
        let attempts: Vec<_> = diagnosis.trace.attempts().collect();
        let attempt = attempts.iter().rev().find(|attempt| attempt.ending == Ending::SignedIn).or(attempts.last())?;
        positions.extend(attempt.rows().into_iter().map(|row| index.position(row)));
        let user = attempt.user.as_deref().unwrap_or("somebody");
        format!("A sign-in of {user}: {}", attempt.ending.name())
    };
    positions.sort_unstable();
    positions.dedup();
    let rows: Vec<RowId> =
        positions.into_iter().map(|position| index.row(position)).filter(|&row| is_drawn(index, row)).collect();
    (!rows.is_empty()).then_some((title, rows))
}

fn is_drawn(index: &Index, row: RowId) -> bool {
    let kind = index.locate(row).map(|(block, at)| block.traits(at).kind());
    matches!(kind, Some(Kind::Message | Kind::WebRequest))
}

/// The ladder of the first of these rows, as many as a page holds; the rest is counted.
pub fn ladder(index: &Index, rows: &[RowId]) -> Ladder {
    let all = Ladder::of(index, rows);
    let Some(last) = all.arrows.get(MOST_ARROWS).map(|arrow| arrow.row) else { return all };
    let end = rows.iter().position(|&row| row == last).unwrap_or(rows.len());
    let mut first = Ladder::of(index, rows.get(..end).unwrap_or(rows));
    first.not_shown += all.not_shown + all.arrows.len().saturating_sub(first.arrows.len());
    first
}

/// The records that decide: of each finding the refusal that says most, and what was written about it; worst findings
/// first, in the order of the window.
pub fn decisive(index: &Index, findings: &[&Finding], most: usize) -> Vec<RowId> {
    let mut rows: Vec<RowId> = Vec::new();
    for finding in findings {
        let last = |is: &dyn Fn(&Seen) -> bool| {
            finding.evidence.iter().rev().copied().find(|&row| Seen::of(index, row).is_some_and(|seen| is(&seen)))
        };
        // Of the copies of an answer, only that of the server that gave it may name the reason.
        let refusal = last(&|seen| seen.is_refusal && seen.has_codes).or_else(|| last(&|seen| seen.is_refusal));
        let note = last(&|seen| matches!(seen.kind, Kind::Security | Kind::Diagnostic | Kind::SignInReport))
            .or_else(|| last(&|seen| seen.kind == Kind::WebRequest))
            .or_else(|| last(&|seen| seen.kind == Kind::Message && Some(seen.row) != refusal))
            .or_else(|| last(&|seen| Some(seen.row) != refusal).filter(|_| refusal.is_none()));
        for row in refusal.into_iter().chain(note) {
            if rows.len() < most && !rows.contains(&row) {
                rows.push(row);
            }
        }
    }
    rows.sort_unstable_by_key(|&row| index.position(row));
    rows
}

/// What the columns say of a row.
struct Seen {
    row: RowId,
    kind: Kind,
    is_refusal: bool,
    has_codes: bool,
}

impl Seen {
    fn of(index: &Index, row: RowId) -> Option<Self> {
        let (block, at) = index.locate(row)?;
        let is_refusal = block.status_of(at).is_some_and(|status| status >= 300);
        Some(Self { row, kind: block.traits(at).kind(), is_refusal, has_codes: !block.codes_of(at).is_empty() })
    }
}
