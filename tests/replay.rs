//! Every sample log, replayed into a text that people can read: what the program makes of a trace, line by
//! line. Read a changed snapshot beside the log before accepting it (`INSTA_UPDATE=always cargo test --test replay`).

#[path = "replay/incidents.rs"]
mod incidents;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use uccello::export::ladder_text;
use uccello::index::{Entry, Index, Progress, RowId, build, open};
use uccello::ladder::Ladder;
use uccello::trace::dialog_of;

/// Records that a snapshot shows one by one; of longer files the first ones are shown, then one in ten.
const WHOLE: usize = 250;
const FIRST: usize = 60;
const ONE_IN: usize = 10;

#[test]
fn every_sample_reads_as_it_did() {
    let mut files = Vec::new();
    files_below(&samples(), &mut files);
    let incidents = incidents::all();
    files.retain(|file| !incidents.iter().any(|incident| file.starts_with(samples().join(&incident.folder))));
    assert!(files.len() >= 6, "the samples were found");
    for file in files {
        let name = file.strip_prefix(samples()).expect("a sample").to_string_lossy().replace(['/', '\\'], "_");
        snapshot(&name, &replay(&index_of(&[file])));
    }
}

#[test]
fn a_folder_of_traces_reads_as_one_story() {
    let index = index_of(&[samples().join("external-sign-in")]);
    snapshot("external-sign-in", &replay(&index));
}

#[test]
fn the_sign_in_of_anna_is_refused_round_after_round() {
    let index = index_of(&[samples().join("external-sign-in")]);
    snapshot("ladder_of_annas_first_register", &ladder_of_first_register(&index, "anna@contoso.com"));
}

#[test]
fn the_sign_in_of_ben_succeeds() {
    let index = index_of(&[samples().join("external-sign-in/ben-UccApi-0.UccApilog")]);
    snapshot("ladder_of_bens_register", &ladder_of_first_register(&index, "ben@contoso.com"));
    let first_minute: Vec<RowId> =
        index.rows().take_while(|row| index.time(*row).iso().as_str() < "2024-11-20T13:23").collect();
    snapshot("ladder_of_bens_first_minute", &ladder_text(&Ladder::of(&index, &first_minute)));
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ omit_expression => true, snapshot_path => "snapshots" }, {
        insta::assert_snapshot!(name.to_owned(), text);
    });
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-logs")
}

/// All files of a folder but the words about them.
fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of samples") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_none_or(|extension| extension != "md") {
            found.push(path);
        }
    }
    found.sort();
}

fn index_of(paths: &[PathBuf]) -> Arc<Index> {
    let opened = open(paths, &[]);
    assert_eq!(opened.errors, [""; 0], "every sample can be read");
    let files: Vec<_> = opened.files.into_iter().map(Arc::new).collect();
    build(&files, &Progress::default(), |_| {})
}

fn ladder_of_first_register(index: &Index, user: &str) -> String {
    let is_it = |row: &RowId| {
        index.entry(*row).is_some_and(|e| e.method.as_deref() == Some("REGISTER") && e.from.as_deref() == Some(user))
    };
    let first = index.rows().find(is_it).expect("a REGISTER of the user");
    ladder_text(&Ladder::of(index, &dialog_of(index, first)))
}

/// Facts of the files, a line for each record, and what was counted.
fn replay(index: &Index) -> String {
    let mut text = facts(index);
    let rows: Vec<RowId> = index.rows().collect();
    for (at, row) in rows.iter().enumerate() {
        if rows.len() <= WHOLE || at < FIRST || at % ONE_IN == 0 {
            text.push_str(&record_line(index, *row));
        }
        if rows.len() > WHOLE && at + 1 == FIRST {
            let _ = writeln!(text, "... from here on one record in {ONE_IN}");
        }
    }
    text.push_str(&counts(index));
    text
}

/// What the files are.
fn facts(index: &Index) -> String {
    let mut text = String::new();
    for (number, file) in index.files().iter().enumerate() {
        let clock = index.file_clock(number).cloned().unwrap_or_default();
        let name = file.name().rsplit(['/', '\\']).next().unwrap_or_default();
        let format = file.format.map_or("no format", uccello::format::Format::name);
        let _ = writeln!(text, "{name}: {format}, {}, {}", file.source.encoding().name(), file.reason);
        let _ = writeln!(text, "  {} bytes, clock {} ({})", file.source.len(), clock.clock, clock.source);
        for warning in &file.warnings {
            let _ = writeln!(text, "  {warning}");
        }
    }
    let (records, messages, lost) = (index.len(), index.messages(), index.lines_not_understood());
    let _ = writeln!(text, "{records} records, {messages} messages, {lost} lines not understood\n");
    text
}

/// `n time kind direction place | what it says | who, dialog, codes, notes`
fn record_line(index: &Index, row: RowId) -> String {
    let Some(entry) = index.entry(row) else { return "no entry\n".to_owned() };
    let time = entry.time.as_deref().map_or("-", |time| time.split_once('T').map_or(time, |(_, clock)| clock));
    let direction = match entry.direction {
        Some("in") => "<-",
        Some("out") => "->",
        _ => "  ",
    };
    let place = [&entry.machine, &entry.peer].into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
    let says = match &entry.start_line {
        Some(line) => line.clone(),
        None => index.with_record(row, |record| first_words(record.text)).unwrap_or_default(),
    };
    let mut more: Vec<String> = Vec::new();
    match (&entry.from, &entry.to) {
        (Some(from), Some(to)) if from != to => more.push(format!("{from} > {to}")),
        (from, to) => more.extend(from.clone().or_else(|| to.clone())),
    }
    let named = |uri: &&String| entry.from.as_ref() != Some(uri) && entry.to.as_ref() != Some(uri);
    let others: Vec<&str> = entry.uris.iter().filter(named).map(String::as_str).collect();
    if !others.is_empty() {
        more.push(format!("also {}", others.join(", ")));
    }
    if let Some(call_id) = &entry.call_id {
        let start: String = call_id.chars().take(6).collect();
        let method = entry.method.as_deref().filter(|_| entry.status.is_some()).unwrap_or_default();
        more.push(
            format!("{start} {} {method}", entry.cseq.map_or_else(|| "-".to_owned(), |cseq| cseq.to_string()))
                .trim_end()
                .to_owned(),
        );
    }
    more.extend(entry.diagnostics.iter().map(|diagnostic| {
        let reason = diagnostic.reason.as_deref().unwrap_or_default();
        format!("[{} {} {}]", diagnostic.header, diagnostic.code, shorten(reason, 40))
    }));
    more.extend(entry.notes.iter().map(|note| format!("({note})")));
    let level =
        entry.level.as_deref().filter(|level| *level != "INFO").map_or_else(String::new, |level| format!(" {level}"));
    let line = format!(
        "{:>5} {time:<13} {}{level} {direction} {place} | {} | {}",
        entry.n,
        entry.kind,
        shorten(&says, 70),
        more.join("; ")
    );
    let line = line.split(' ').filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    format!("{}\n", line.trim_end_matches([' ', '|']))
}

fn first_words(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let line = |skip: usize| text.lines().nth(skip).unwrap_or_default().trim().to_owned();
    // A typed record says what it is about in its fields.
    let field = text.lines().find_map(|line| line.strip_prefix("Text: "));
    field.map_or_else(|| line(0), |field| format!("Text: {field}"))
}

fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most).chain("...".chars()).collect() }
}

fn counts(index: &Index) -> String {
    let entries: Vec<Entry> = index.rows().filter_map(|row| index.entry(row)).collect();
    let mut text = String::new();
    let mut table = |title: &str, of: &dyn Fn(&Entry) -> Vec<String>| {
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        entries.iter().flat_map(of).for_each(|name| *counted.entry(name).or_default() += 1);
        let _ = writeln!(text, "\n{title}");
        for (name, count) in counted {
            let _ = writeln!(text, "{count:>6} {name}");
        }
    };
    table("kinds", &|entry| vec![entry.kind.to_owned()]);
    table("messages", &|entry| {
        let method = entry.method.as_deref().unwrap_or("no method");
        let status = entry.status.map_or_else(|| "request".to_owned(), |status| status.to_string());
        let protocol = entry
            .protocol
            .map(|protocol| format!("{protocol} {method} {status} {}", entry.direction.unwrap_or("no direction")));
        protocol.into_iter().collect()
    });
    table("codes", &|entry| entry.diagnostics.iter().map(|d| format!("{} {}", d.header, d.code)).collect());
    table("addresses", &|entry| entry.uris.clone());
    table("notes", &|entry| entry.notes.clone());
    text
}
