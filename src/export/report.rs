//! A report of a diagnosis, for a ticket or a colleague: verdict, findings with their proof, the story as a ladder, the
//! messages that decide, codes explained, and what the files hold.
//!
//! What is said is gathered here, with stand-ins unless they are not wanted; [`html`] and [`markdown`] only write it
//! down. Secrets are folded to what they are and how long, whatever is wanted.

mod html;
mod markdown;
mod story;

use super::diagnosis::{file_facts, numbers, span_text, verdict};
use super::redact::{Redactor, fold_secrets};
use super::with_separators;
use crate::diagnosis::knowledge::{Knowledge, OWN_TABLE};
use crate::diagnosis::{Check, Diagnosis, Finding, Severity};
use crate::index::{Index, RowId};
use crate::ladder::Ladder;
use crate::protocol::lines::to_text;
use crate::source::{Encoding, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    Html,
    Markdown,
}

impl ReportFormat {
    /// As the name of a file says it: Markdown where it ends so, else a page.
    #[must_use]
    pub fn of_name(path: &Path) -> Self {
        let ending = path.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("md" | "markdown") => Self::Markdown,
            _ => Self::Html,
        }
    }
}

/// Everything that a report says, ready to be written down. Texts are plain.
struct Report {
    verdict: String,
    /// What was asked for, if it was not everything.
    query: Option<String>,
    is_redacted: bool,
    /// Worst first; what is normal stands in `normal`.
    findings: Vec<Told>,
    normal: Vec<String>,
    story: Option<Story>,
    messages: Vec<Shown>,
    codes: Vec<Explained>,
    files: Vec<FileTold>,
}

struct Told {
    severity: Severity,
    title: String,
    facts: Vec<String>,
    caused_by: Option<&'static str>,
    explanation: String,
    checks: Vec<String>,
    rule: &'static str,
    /// Numbers of the records that prove it.
    evidence: Vec<u64>,
    more_evidence: usize,
}

struct Story {
    title: String,
    ladder: Ladder,
}

/// One record.
struct Shown {
    title: String,
    text: String,
}

/// A code or an error number.
struct Explained {
    name: String,
    meaning: String,
    causes: Vec<String>,
    source: Option<String>,
}

struct FileTold {
    name: String,
    facts: Vec<String>,
    sha256: String,
    /// What was digested, where that is not the file as it lies on the disk.
    digested: &'static str,
}

/// Writes a report. Without a redactor names stay as they are.
#[must_use]
pub fn report(
    index: &Index,
    diagnosis: &Diagnosis,
    query: &str,
    redactor: Option<&Redactor>,
    format: ReportFormat,
) -> String {
    let report = Report::of(index, diagnosis, query, &Words { redactor });
    match format {
        ReportFormat::Html => html::write(&report),
        ReportFormat::Markdown => markdown::write(&report),
    }
}

/// Says things as they may be said.
struct Words<'a> {
    redactor: Option<&'a Redactor>,
}

impl Words<'_> {
    fn say(&self, text: &str) -> String {
        let text = fold_secrets(text);
        self.redactor.map_or_else(|| text.clone(), |redactor| redactor.text(&text))
    }

    fn device(&self, epid: &str) -> String {
        self.redactor.map_or_else(|| epid.to_owned(), |redactor| redactor.device(epid))
    }

    fn file(&self, name: &str, number: usize) -> String {
        self.redactor.map_or_else(|| name.to_owned(), |redactor| redactor.file_name(number).to_owned())
    }
}

/// Numbers of records that are named before the rest is only counted.
const MOST_EVIDENCE: usize = 20;
/// Messages that decide, at most.
const MOST_MESSAGES: usize = 6;
/// Lines shown of one record.
const MOST_LINES: usize = 40;
/// Records whose codes are explained.
const MOST_CODED: usize = 5_000;

impl Report {
    fn of(index: &Index, diagnosis: &Diagnosis, query: &str, words: &Words<'_>) -> Self {
        let (normal, findings): (Vec<&Finding>, Vec<&Finding>) =
            diagnosis.findings.iter().partition(|finding| finding.severity == Severity::Normal);
        let story = story::rows(index, diagnosis).map(|(title, rows)| {
            let mut ladder = story::ladder(index, &rows);
            ladder.judge(&diagnosis.trace);
            for host in &mut ladder.lanes {
                host.name = words.say(&host.name);
            }
            for arrow in &mut ladder.arrows {
                (arrow.label, arrow.detail) = (words.say(&arrow.label), words.say(&arrow.detail));
            }
            Story { title: words.say(&title), ladder }
        });
        let shown = story::decisive(index, &findings, MOST_MESSAGES);
        Self {
            verdict: verdict(diagnosis),
            query: Some(words.say(query)).filter(|query| !query.trim().is_empty()),
            is_redacted: words.redactor.is_some(),
            findings: findings.iter().map(|finding| Told::of(index, finding, words)).collect(),
            normal: normal_lines(&normal, words),
            story,
            messages: shown.into_iter().filter_map(|row| Shown::of(index, row, words)).collect(),
            codes: codes(index, diagnosis, words),
            files: files(index, diagnosis, words),
        }
    }
}

impl Told {
    fn of(index: &Index, finding: &Finding, words: &Words<'_>) -> Self {
        let mut facts: Vec<String> = finding.user.iter().map(|user| words.say(user)).collect();
        facts.extend(finding.endpoint.as_ref().map(|endpoint| format!("device {}", words.device(endpoint))));
        if finding.count > 1 {
            facts.push(format!("{} times", with_separators(finding.count as u64)));
        }
        if let (Some(first), Some(last)) = span_text(index, &finding.evidence) {
            facts.push(if first == last { first } else { format!("{first} to {last}") });
        }
        facts.push(finding.confidence.name().to_owned());
        let all = numbers(index, &finding.evidence);
        Self {
            severity: finding.severity,
            title: words.say(&finding.title),
            facts,
            caused_by: finding.caused_by,
            explanation: words.say(&finding.explanation),
            checks: finding.checks.iter().map(|check| words.say(check)).collect(),
            rule: finding.rule,
            more_evidence: all.len().saturating_sub(MOST_EVIDENCE),
            evidence: all.into_iter().take(MOST_EVIDENCE).collect(),
        }
    }
}

/// What is normal, each said once with the people it is about.
fn normal_lines(findings: &[&Finding], words: &Words<'_>) -> Vec<String> {
    let mut told: Vec<(&str, &Finding, Vec<&str>)> = Vec::new();
    for finding in findings {
        let user = finding.user.as_deref();
        match told.iter_mut().find(|(rule, ..)| *rule == finding.rule) {
            Some((.., users)) => users.extend(user.filter(|user| !users.contains(user))),
            None => told.push((finding.rule, finding, user.into_iter().collect())),
        }
    }
    told.into_iter()
        .map(|(_, finding, users)| {
            let said = match users.len() {
                0 | 1 => format!("{}. {}", finding.title, finding.explanation),
                _ => format!("{} ({})", finding.title, users.join(", ")),
            };
            words.say(&said)
        })
        .collect()
}

impl Shown {
    fn of(index: &Index, row: RowId, words: &Words<'_>) -> Option<Self> {
        let time = index.time_text(row);
        let file = index.locate(row).map(|(block, _)| usize::from(block.file))?;
        let name = words.file(index.files().get(file)?.name(), file);
        let (text, left_out) = index.with_record(row, |record| match &record.message {
            Some(message) => {
                let left_out = match message.body.len() as u64 {
                    0 => String::new(),
                    length => format!("[body of {} bytes]", with_separators(length)),
                };
                (format!("{}\n{}", message.start_line(), to_text(message.head)), left_out)
            }
            None => (to_text(record.text), String::new()),
        })?;
        // All of it is read before it is cut, so that no secret loses its end.
        let said = words.say(&text);
        let mut lines: Vec<&str> = said.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
        let more = lines.len().saturating_sub(MOST_LINES);
        lines.truncate(MOST_LINES);
        let mut text = lines.join("\n");
        if more > 0 {
            text += &format!("\n[{} more lines]", with_separators(more as u64));
        }
        if !left_out.is_empty() {
            text += &format!("\n\n{left_out}");
        }
        let number = index.position(row).number();
        Some(Self { title: format!("Record {number}, {}, {name}", time.unwrap_or_else(|| "no time".to_owned())), text })
    }
}

/// The codes and error numbers that the evidence names, explained.
fn codes(index: &Index, diagnosis: &Diagnosis, words: &Words<'_>) -> Vec<Explained> {
    let knowledge = Knowledge::current();
    let mut codes: BTreeMap<u32, Option<String>> = BTreeMap::new();
    let mut errors: BTreeSet<u32> = BTreeSet::new();
    let mut rows: Vec<RowId> = diagnosis.findings.iter().flat_map(|finding| finding.evidence.iter().copied()).collect();
    rows.sort_unstable();
    rows.dedup();
    for entry in rows.iter().take(MOST_CODED).filter_map(|&row| index.entry(row)) {
        for diagnostic in entry.diagnostics {
            if let Some(error) = diagnostic.params.get("hresult").and_then(|text| knowledge.hresult_of_text(text)) {
                errors.insert(error.number);
            }
            let reason = codes.entry(diagnostic.code).or_default();
            *reason = reason.take().or(diagnostic.reason);
        }
    }
    let is_evidence = |row: &RowId| rows.binary_search(row).is_ok();
    let trace = &diagnosis.trace;
    let server = trace.server_notes.iter().filter(|note| is_evidence(&note.row)).filter_map(|note| note.result);
    let client =
        trace.client_notes.iter().filter(|note| is_evidence(&note.row)).flat_map(|note| note.hresults.iter().copied());
    errors.extend(server.chain(client));
    let of_codes = codes.into_iter().map(|(code, reason)| {
        let explained = knowledge.explain_code(code, reason.as_deref());
        let reason = explained.reason.map(|reason| format!(" {}", words.say(&reason))).unwrap_or_default();
        Explained {
            name: format!("{code}{reason}"),
            meaning: words.say(&explained.meaning),
            causes: explained.causes.iter().map(|cause| words.say(cause)).collect(),
            source: explained.source,
        }
    });
    let of_errors = errors.into_iter().filter_map(|number| {
        let entry = knowledge.hresult(number)?;
        let source = entry.is_own.then(|| OWN_TABLE.to_owned());
        let (name, causes) = (format!("0x{number:08X} {}", words.say(&entry.name)), Vec::new());
        Some(Explained { name, meaning: words.say(&entry.meaning), causes, source })
    });
    of_codes.chain(of_errors).collect()
}

fn files(index: &Index, diagnosis: &Diagnosis, words: &Words<'_>) -> Vec<FileTold> {
    let told = diagnosis.trace.coverage.files.iter().zip(index.files()).enumerate();
    told.map(|(number, (coverage, file))| {
        let mut facts = vec![file.format.map_or("no records", crate::format::Format::title).to_owned()];
        facts.push(format!("{} bytes", with_separators(file.source.disk_len())));
        facts.extend(file_facts(index, coverage).iter().map(|fact| words.say(fact)));
        FileTold {
            name: words.file(&coverage.file, number),
            facts,
            digested: digested(&file.source),
            sha256: file.source.sha256().unwrap_or_else(|_| "not known: the file cannot be read any more".to_owned()),
        }
    })
    .collect()
}

/// Of what the digest is, for those who hold it against what they have.
fn digested(source: &Source) -> &'static str {
    match source.encoding() {
        _ if source.path().is_some() => "",
        _ if !source.is_packed() => ", of the pasted text",
        Encoding::Utf16Le | Encoding::Utf16Be => ", of the unpacked text as UTF-8, not of the archive",
        _ => ", of the unpacked text, not of the archive",
    }
}

/// True for what is to be typed as it stands, which stands alone to be copied.
fn is_command(check: &str) -> bool {
    matches!(Check::all_of(check).as_slice(), [only] if only.text.is_empty() && only.command.is_some())
}

#[cfg(test)]
mod tests {
    use super::is_command;

    #[test]
    fn commands_are_told_from_advice() {
        for command in ["Get-CsUser -Identity \"sip:a@b\" | Format-List", "setspn -Q sip/fe01", "Test-CsRegistration"] {
            assert!(is_command(command), "{command}");
        }
        for advice in
            ["Look at Result-Code in the security record", "On the domain controller: events 4625", "Get a trace"]
        {
            assert!(!is_command(advice), "{advice}");
        }
    }
}
