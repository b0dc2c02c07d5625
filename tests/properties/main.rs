//! What must hold for any bytes: nothing panics, no byte is lost, and every way to the same fact gives
//! the same fact.

mod bodies;
mod columns;
mod pieces;
mod queries;
mod reading;
mod redaction;
mod sign_ins;
mod tokens;

use proptest::test_runner::{Config as ProptestConfig, RngSeed};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use uccello::format::{Format, Oddities, Record};
use uccello::index::{Entry, Index, Position, Progress, RowId, TraceFile, build};
use uccello::protocol::{Header, lines::to_text};
use uccello::query::{Matcher, Scope, parse};
use uccello::source::{Encoding, Source};

/// The same cases on every run, so that nobody's work fails by chance. To search on, give a number of cases:
/// `PROPTEST_CASES=20000 cargo test --test properties`.
fn cases(number: u32) -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(20_241_120);
    let fixed = ProptestConfig { cases: number, rng_seed, failure_persistence: None, ..ProptestConfig::default() };
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig { failure_persistence: None, ..ProptestConfig::default() },
        None => fixed,
    }
}

const FORMATS: [Format; 4] = [Format::Uccapi, Format::Cls, Format::OcsLogger, Format::Text];

/// A file of a format that is given, whatever it looks like.
fn file(name: &str, format: Format, bytes: &[u8]) -> TraceFile {
    TraceFile {
        source: Source::from_bytes(name, bytes.to_vec()),
        format: Some(format),
        reason: String::new(),
        set_clock: None,
        warnings: vec![],
    }
}

fn index(format: Format, bytes: &[u8]) -> Arc<Index> {
    index_of(vec![file("log", format, bytes)])
}

fn index_of(files: Vec<TraceFile>) -> Arc<Index> {
    let files: Vec<_> = files.into_iter().map(Arc::new).collect();
    build(&files, &Progress::default(), |_| {})
}

/// All records whole, in the order of the window.
fn entries(index: &Index) -> Vec<Entry> {
    index.rows().map(|row| index.entry(row).expect("every row has an entry")).collect()
}

/// Numbers of the records that a query selects.
fn selected(index: &Index, query: &str) -> Vec<u64> {
    let parsed = parse(query).unwrap_or_else(|error| panic!("{}", error.render(query)));
    let rows = Matcher::new(parsed, Scope::AllRecords).select(index, &AtomicBool::new(false));
    rows.expect("nobody cancelled it").iter().map(Position::number).collect()
}

/// The text of a row, as a text search sees it.
fn text_of(index: &Index, row: RowId) -> Vec<u8> {
    let (block, at) = index.locate(row).expect("the row is there");
    let file = &index.files()[usize::from(block.file)];
    let own = file.format.expect("a format").own_lines(index.raw(row), block.traits(at).oddities());
    let is_old = file.source.encoding() == Encoding::Windows1252;
    if is_old { to_text(&own).into_bytes() } else { own.into_owned() }
}

/// What a reading of a stretch gives of each record, for comparing readings.
#[derive(Clone, Debug, PartialEq)]
struct Read {
    range: Range<usize>,
    facts: String,
    encloses: bool,
}

fn read(format: Format, bytes: &[u8], at: usize) -> Vec<Read> {
    let mut found = Vec::new();
    format.read(bytes, &mut |range: Range<usize>, record: &Record<'_>, _: &[Header<'_>]| {
        let message =
            record.message.map(|message| (message.start_line(), message.head.to_vec(), message.body.to_vec()));
        let facts = (record.kind, record.time, record.direction, record.peer, record.about, message, record.text);
        found.push(Read {
            range: range.start + at..range.end + at,
            facts: format!("{facts:?} {:?} {}", record.oddities, record.lines_not_understood),
            encloses: record.oddities.contains(Oddities::ENCLOSES),
        });
    });
    found
}
