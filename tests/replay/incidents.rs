//! The incidents among the samples: what the README promises about each is what a diagnosis finds, and no other
//! failure.

use super::{counts, facts, files_below, index_of, samples, snapshot};
use std::fmt::Write as _;
use uccello::diagnosis::{Diagnosis, Finding, Severity};
use uccello::index::Index;
use uccello::trace::Trace;

/// A row of the README's table.
pub struct Incident {
    pub folder: String,
    /// `rule severity user`, and ` <- rule` of what explains it.
    pub finds: Vec<String>,
}

/// The incidents, as the README tells them.
pub fn all() -> Vec<Incident> {
    let readme = std::fs::read_to_string(samples().join("README.md")).expect("the words about the samples");
    let (_, table) = readme.split_once("## Incidents").expect("a table of incidents");
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let incident = |row: &str| {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").collect();
        let folder = quoted(cells.first().expect("a folder")).concat();
        Incident { folder, finds: quoted(cells.last().expect("what is found")) }
    };
    rows.map(incident).collect()
}

#[test]
fn every_incident_is_diagnosed_as_promised() {
    let incidents = all();
    assert!(incidents.len() >= 16, "the incidents were found");
    let mut wrong = String::new();
    for incident in incidents {
        let found: Vec<(String, Severity)> = findings(&incident.folder);
        let found_all: Vec<&String> = found.iter().map(|(line, _)| line).collect();
        for wanted in incident.finds.iter().filter(|wanted| !found_all.contains(wanted)) {
            let _ = writeln!(wrong, "{}: not found: {wanted}", incident.folder);
        }
        for (line, _) in found.iter().filter(|(_, severity)| *severity == Severity::Failure) {
            if !incident.finds.contains(line) {
                let _ = writeln!(wrong, "{}: not promised: {line}", incident.folder);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Who gets only one of the logs may learn less, but nobody for whom all is well is accused.
#[test]
fn one_log_of_an_incident_accuses_nobody_else() {
    for incident in all() {
        let mut files = Vec::new();
        files_below(&samples().join(&incident.folder), &mut files);
        for file in files {
            let diagnosis = Diagnosis::of(&index_of(&[file]));
            for failure in diagnosis.findings.iter().filter(|finding| finding.severity == Severity::Failure) {
                let user = failure.user.as_deref().unwrap_or("-");
                let is_known = |wanted: &String| wanted.contains(&format!(" failure {user}"));
                assert!(incident.finds.iter().any(is_known), "{}: {}", incident.folder, in_short(failure));
            }
        }
    }
}

fn findings(folder: &str) -> Vec<(String, Severity)> {
    let index = index_of(&[samples().join(folder)]);
    let diagnosis = Diagnosis::of(&index);
    diagnosis.findings.iter().map(|finding| (in_short(finding), finding.severity)).collect()
}

fn in_short(finding: &Finding) -> String {
    let user = finding.user.as_deref().unwrap_or("-");
    let cause = finding.caused_by.map(|cause| format!(" <- {cause}")).unwrap_or_default();
    format!("{} {} {user}{cause}", finding.rule, finding.severity.name())
}

#[test]
fn every_incident_is_read_whole() {
    for Incident { folder, .. } in all() {
        let index = index_of(&[samples().join(&folder)]);
        assert_eq!(index.lines_not_understood(), 0, "{folder}");
        assert!((20..=300).contains(&index.len()), "{folder} has {} records", index.len());
        let text = format!("{}attempts\n{}{}", facts(&index), attempts(&index), counts(&index));
        snapshot(&format!("incident_{folder}"), text.trim_end());
    }
}

/// `user device, package after rounds: outcome`
fn attempts(index: &Index) -> String {
    let trace = Trace::read(index);
    let mut text = String::new();
    for attempt in trace.attempts() {
        let (user, device) = (attempt.user.as_deref(), attempt.endpoint.as_deref());
        let _ = writeln!(
            text,
            "       {} {}, {} after {}: {}",
            user.unwrap_or("-"),
            device.unwrap_or("-"),
            attempt.package().unwrap_or("no package"),
            attempt.challenges(),
            attempt.ending.name()
        );
    }
    text
}
