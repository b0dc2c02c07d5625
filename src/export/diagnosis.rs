//! The diagnosis as text for people and as JSON for scripts.

use super::{counted, with_separators};
use crate::diagnosis::{Diagnosis, Finding, Severity};
use crate::format::Format;
use crate::index::{self, Index, RowId};
use crate::trace::{Attempt, FileCoverage};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Columns of the terminal that text fills.
const WIDTH: usize = 100;
/// Numbers of records that are named before the rest is only counted.
const MOST_EVIDENCE: usize = 12;

/// The answer for scripts. Fields are added, never renamed.
#[must_use]
pub fn diagnosis_json(index: &Index, diagnosis: &Diagnosis) -> Value {
    let findings: Vec<Value> = diagnosis.findings.iter().map(|finding| finding_json(index, finding)).collect();
    let attempts: Vec<Value> = diagnosis.trace.attempts().map(|attempt| attempt_json(index, attempt)).collect();
    let coverage = &diagnosis.trace.coverage;
    let files: Vec<Value> = coverage.files.iter().map(|file| file_json(index, file)).collect();
    json!({
        "findings": findings,
        "attempts": attempts,
        "coverage": { "files": files, "has_server_trace": coverage.has_server_trace() },
    })
}

fn finding_json(index: &Index, finding: &Finding) -> Value {
    let (first, last) = span_text(index, &finding.evidence);
    json!({
        "rule": finding.rule,
        "severity": finding.severity.name(),
        "confidence": finding.confidence.name(),
        "title": finding.title,
        "user": finding.user,
        "endpoint": finding.endpoint,
        "first": first,
        "last": last,
        "count": finding.count,
        "evidence": numbers(index, &finding.evidence),
        "caused_by": finding.caused_by,
        "explanation": finding.explanation,
        "checks": finding.checks,
    })
}

fn attempt_json(index: &Index, attempt: &Attempt) -> Value {
    let mut rows = attempt.rows();
    rows.sort_unstable_by_key(|&row| index.position(row));
    rows.dedup();
    let (first, last) = span_text(index, &rows);
    json!({
        "user": attempt.user,
        "endpoint": attempt.endpoint,
        "call_id": attempt.call_id,
        "package": attempt.package(),
        "rounds": attempt.challenges(),
        "outcome": attempt.ending.name(),
        "first": first,
        "last": last,
        "evidence": numbers(index, &rows),
    })
}

fn file_json(index: &Index, file: &FileCoverage) -> Value {
    let gaps: Vec<Value> = file
        .gaps
        .iter()
        .map(|gap| json!({ "from": index.time_text(gap.before), "to": index.time_text(gap.after) }))
        .collect();
    json!({
        "file": file.file,
        "format": file.format.map(Format::name),
        "records": file.records,
        "first": file.first.and_then(|(_, row)| index.time_text(row)),
        "last": file.last.and_then(|(_, row)| index.time_text(row)),
        "machines": file.machines,
        "components": file.components,
        "gaps": gaps,
        "cut_records": file.cut,
        "lines_not_understood": file.lines_not_understood,
    })
}

/// Numbers of rows as `messages` prints them.
pub(super) fn numbers(index: &Index, rows: &[RowId]) -> Vec<u64> {
    rows.iter().map(|&row| index.position(row).number()).collect()
}

/// Times of the first and the last row that have one.
pub(super) fn span_text(index: &Index, rows: &[RowId]) -> (Option<String>, Option<String>) {
    let time = |row: &RowId| index.time_text(*row);
    (rows.iter().find_map(time), rows.iter().rev().find_map(time))
}

/// The answer for people: the verdict first, then each finding with its proof, then what the files hold.
#[must_use]
pub fn diagnosis_text(index: &Index, diagnosis: &Diagnosis) -> String {
    let mut text = verdict(diagnosis);
    text.push('\n');
    let of = |severity: Severity| diagnosis.findings.iter().filter(move |finding| finding.severity == severity);
    for severity in [Severity::Failure, Severity::Warning, Severity::Advice] {
        text.extend(index::each(of(severity).collect(), |finding| vec![format!("\n{}", finding_text(index, finding))]));
    }
    let normal: Vec<&Finding> = of(Severity::Normal).collect();
    if !normal.is_empty() {
        text += "\nNormal, nothing to chase\n";
        // In the order in which they are met first.
        let mut told: Vec<(&str, Vec<&Finding>)> = Vec::new();
        for finding in normal {
            match told.iter_mut().find(|(rule, _)| *rule == finding.rule) {
                Some((_, own)) => own.push(finding),
                None => told.push((finding.rule, vec![finding])),
            }
        }
        for (_, own) in told {
            text += &wrapped(&normal_text(&own), "  - ", "    ");
        }
    }
    text += "\nWhat the files hold\n";
    for file in &diagnosis.trace.coverage.files {
        text += &wrapped(&file_text(index, file), "  - ", "    ");
    }
    text
}

/// One line: how bad it is.
#[must_use]
pub fn verdict(diagnosis: &Diagnosis) -> String {
    let of =
        |severity: Severity| diagnosis.findings.iter().filter(|finding| finding.severity == severity).count() as u64;
    let (failures, warnings) = (of(Severity::Failure), of(Severity::Warning));
    match (failures, warnings) {
        (0, 0) if diagnosis.trace.attempts().next().is_none() => {
            "No sign-in in these files, and nothing that fails".to_owned()
        }
        (0, 0) => "Nothing fails".to_owned(),
        (0, warnings) => format!("Nothing fails, {}", counted(warnings, "warning")),
        (failures, 0) => counted(failures, "failure"),
        (failures, warnings) => format!("{}, {}", counted(failures, "failure"), counted(warnings, "warning")),
    }
}

/// What is normal about some people, said once.
fn normal_text(findings: &[&Finding]) -> String {
    let title = findings.first().map(|finding| finding.title.clone()).unwrap_or_default();
    if let [only] = findings {
        return format!("{title}. {}", only.explanation);
    }
    let mut users: Vec<&str> = findings.iter().filter_map(|finding| finding.user.as_deref()).collect();
    users.sort_unstable();
    users.dedup();
    let named = users.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    match users.len().saturating_sub(3) {
        0 => format!("{title} ({named})"),
        more => format!("{title} ({named} and {} more)", with_separators(more as u64)),
    }
}

fn finding_text(index: &Index, finding: &Finding) -> String {
    let mut text = wrapped(&finding.title, &format!("{}  ", finding.severity.name().to_uppercase()), "  ");
    let mut facts: Vec<String> = Vec::new();
    facts.extend(finding.user.clone());
    facts.extend(finding.endpoint.as_ref().map(|endpoint| format!("device {endpoint}")));
    if finding.count > 1 {
        facts.push(format!("{} times", with_separators(finding.count as u64)));
    }
    if let (Some(first), Some(last)) = span_text(index, &finding.evidence) {
        facts.push(if first == last { first } else { format!("{first} to {last}") });
    }
    facts.push(finding.confidence.name().to_owned());
    text += &wrapped(&facts.join(" · "), "  ", "  ");
    if let Some(cause) = finding.caused_by {
        text += &format!("  caused by {cause}\n");
    }
    text += &wrapped(&finding.explanation, "  ", "  ");
    for check in &finding.checks {
        // Commands are there to be copied: their lines are not broken.
        let _ = writeln!(text, "  > {check}");
    }
    let numbers = numbers(index, &finding.evidence);
    let named: Vec<String> = numbers.iter().take(MOST_EVIDENCE).map(u64::to_string).collect();
    let more = match numbers.len().saturating_sub(MOST_EVIDENCE) {
        0 => String::new(),
        more => format!(" and {} more", with_separators(more as u64)),
    };
    text += &wrapped(&format!("{}: see records {}{more}", finding.rule, named.join(", ")), "  ", "  ");
    text
}

fn file_text(index: &Index, file: &FileCoverage) -> String {
    format!("{}: {}", file.file, file_facts(index, file).join("; "))
}

/// What is known of a file, in short pieces.
pub(super) fn file_facts(index: &Index, file: &FileCoverage) -> Vec<String> {
    let mut facts = vec![counted(file.records, "record")];
    let time = |end: Option<(crate::format::Millis, RowId)>| end.and_then(|(_, row)| index.time_text(row));
    if let (Some(first), Some(last)) = (time(file.first), time(file.last)) {
        facts.push(format!("{first} to {last}"));
    }
    if !file.machines.is_empty() {
        facts.push(format!("written by {}", file.machines.join(", ")));
    }
    if !file.components.is_empty() {
        facts.push(format!("components {}", file.components.join(", ")));
    }
    for gap in &file.gaps {
        if let (Some(from), Some(to)) = (index.time_text(gap.before), index.time_text(gap.after)) {
            facts.push(format!("nothing between {from} and {to}"));
        }
    }
    if file.cut > 0 {
        facts.push(format!("{} cut", counted(file.cut, "record")));
    }
    if file.lines_not_understood > 0 {
        facts.push(format!("{} not understood", counted(file.lines_not_understood, "line")));
    }
    facts
}

fn wrapped(text: &str, first: &str, rest: &str) -> String {
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let mut text = textwrap::fill(text, options);
    text.push('\n');
    text
}
