//! How fast a trace is indexed and queried, as ratios against `wc -l` of the same file in the same run; searches of
//! its text against `rg -c -i` of the same pattern, where ripgrep is installed; its diagnosis against indexing it.
//!
//! ```text
//! cargo run --release --example make_sample_logs -- --gib 1 -o target/trace.txt
//! cargo bench --bench index -- target/trace.txt
//! ```

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use uccello::diagnosis::Diagnosis;
use uccello::index::{self, Index, Progress};
use uccello::query::{self, Matcher, Scope};

/// Pairs of runs; the first is a warm-up and not counted.
const PAIRS: usize = 7;

const QUERIES: [&str; 6] = [
    "uri:anna@contoso.com",
    "uri:*@fabrikam.com",
    "diag:28032",
    "diag:1000..1013",
    "status:401 method:REGISTER",
    "callid:*abc*",
];

/// A search as a query, and the pattern that asks ripgrep the same.
const SEARCHES: [(&str, &str); 3] = [
    ("unauthorized", "unauthorized"),
    ("\"no such words\"", "no such words"),
    ("/gssapi-data=\"[^\"]+\"/", "gssapi-data=\"[^\"]+\""),
];

fn main() {
    let Some(path) = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).map(PathBuf::from) else {
        println!("index: give the path of a trace, see the top of benches/index.rs");
        return;
    };
    let (mut ratios, mut wholes) = (Vec::new(), Vec::new());
    let mut last = None;
    println!("{:>10} {:>10} {:>7} {:>12}", "index", "wc -l", "ratio", "first rows");
    for pair in 0..=PAIRS {
        let wc = time(|| {
            let done = Command::new("wc").arg("-l").arg(&path).output();
            assert!(done.is_ok_and(|done| done.status.success()), "wc -l must run");
        });
        let (index, whole, first) = build(&path);
        if pair > 0 {
            wholes.push(whole);
            ratios.push(whole.as_secs_f64() / wc.as_secs_f64());
            println!(
                "{:>8.3} s {:>8.3} s {:>7.2} {:>9.1} ms",
                whole.as_secs_f64(),
                wc.as_secs_f64(),
                ratios[pair - 1],
                ms(first)
            );
        }
        last = Some(index);
    }
    ratios.sort_by(f64::total_cmp);
    let Some(index) = last else { return };
    println!("median of {PAIRS} paired runs: {:.2} x wc -l", ratios[ratios.len() / 2]);
    let (columns, words, order) = index.memory();
    let records = f64::from(index.len());
    println!(
        "{} records; beside the map {:.1} bytes a record: columns {:.1}, words {:.1}, order {:.1}",
        index.len(),
        (columns + words + order) as f64 / records,
        columns as f64 / records,
        words as f64 / records,
        order as f64 / records
    );
    wholes.sort();
    diagnose(&index, wholes[wholes.len() / 2]);
    for text in QUERIES {
        query(&index, text);
    }
    println!("{:<30} {:>9} {:>11} {:>11} {:>6}", "search", "rows", "uccello", "rg -c -i", "ratio");
    for (query, pattern) in SEARCHES {
        search(&index, &path, query, pattern);
    }
}

fn build(path: &PathBuf) -> (Arc<Index>, Duration, Duration) {
    let start = Instant::now();
    let opened = index::open(std::slice::from_ref(path), &[]);
    assert!(opened.errors.is_empty(), "{:?}", opened.errors);
    let files: Vec<_> = opened.files.into_iter().map(Arc::new).collect();
    let mut first = None;
    let index = index::build(&files, &Progress::default(), |_| {
        first.get_or_insert_with(|| start.elapsed());
    });
    let whole = start.elapsed();
    (index, whole, first.unwrap_or(whole))
}

/// The diagnosis alone, without the way into memory and out of it.
fn diagnose(index: &Index, indexing: Duration) {
    let mut times: Vec<Duration> = Vec::new();
    let mut attempts = 0;
    for _ in 0..PAIRS {
        let mut found = None;
        times.push(time(|| found = Some(Diagnosis::of(index))));
        attempts = found.map_or(0, |found| found.trace.attempts().count());
    }
    times.sort();
    let median = times[PAIRS / 2];
    println!(
        "diagnosis of {attempts} sign-ins: {:.2} s, {:.1} x indexing",
        median.as_secs_f64(),
        median.as_secs_f64() / indexing.as_secs_f64()
    );
}

fn query(index: &Index, text: &str) {
    let query = query::parse(text).expect("the queries of this bench are valid");
    let mut times = Vec::new();
    let mut hits = 0;
    for _ in 0..PAIRS {
        let mut matcher = Matcher::new(query.clone(), Scope::AllRecords);
        times.push(time(|| hits = matcher.select(index, &AtomicBool::new(false)).map_or(0, |rows| rows.len())));
    }
    times.sort();
    println!("{text:<30} {hits:>9} rows {:>8.1} ms", ms(times[times.len() / 2]));
}

/// Runs a search and ripgrep in turns, and compares the medians.
fn search(index: &Index, path: &PathBuf, text: &str, pattern: &str) {
    let query = query::parse(text).expect("the queries of this bench are valid");
    let (mut ours, mut theirs, mut hits) = (Vec::new(), Vec::new(), 0);
    for _ in 0..PAIRS {
        let mut matcher = Matcher::new(query.clone(), Scope::AllRecords);
        ours.push(time(|| hits = matcher.select(index, &AtomicBool::new(false)).map_or(0, |rows| rows.len())));
        let mut is_there = true;
        let took = time(|| is_there = Command::new("rg").args(["-c", "-i", pattern]).arg(path).output().is_ok());
        theirs.extend(is_there.then_some(took));
    }
    ours.sort();
    theirs.sort();
    let own = ours[ours.len() / 2];
    let (other, ratio) = match theirs.get(theirs.len() / 2) {
        Some(rg) => (format!("{:.1} ms", ms(*rg)), format!("{:.2}", own.as_secs_f64() / rg.as_secs_f64())),
        None => ("not there".to_owned(), String::new()),
    };
    println!("{text:<30} {hits:>9} {:>8.1} ms {other:>11} {ratio:>6}", ms(own));
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
