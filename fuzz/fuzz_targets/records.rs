//! Any bytes as a trace of any format: records tile them, every row can be read again, and the columns that queries
//! read say what the rows say.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use uccello::format::Format;
use uccello::index::{Progress, TraceFile, build};
use uccello::query::{Matcher, Scope, parse};
use uccello::source::Source;

fuzz_target!(|input: (u8, &[u8])| {
    let (choice, bytes) = input;
    let formats = [Format::Uccapi, Format::Cls, Format::OcsLogger, Format::Text];
    let format = formats[usize::from(choice) % formats.len()];
    let source = Source::from_bytes("log", bytes.to_vec());
    let file = TraceFile { source, format: Some(format), reason: String::new(), set_clock: None, warnings: vec![] };
    let index = build(&[Arc::new(file)], &Progress::default(), |_| {});
    let mut ranges = Vec::new();
    for row in index.rows() {
        let entry = index.entry(row).expect("every row has an entry");
        ranges.push((entry.offset, entry.offset + entry.length));
        if let Some(from) = entry.from.filter(|from| from.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'@')) {
            let query = parse(&format!("from:{from}")).expect("an address is a value");
            let rows = Matcher::new(query, Scope::AllRecords).select(&index, &AtomicBool::new(false));
            let position = index.position(row);
            assert!(rows.expect("nobody cancels").contains(position), "from:{from}");
        }
    }
    ranges.sort_unstable();
    let mut end = 0;
    for (start, next) in ranges {
        assert!(start <= end, "bytes {end}..{start} belong to no record");
        end = end.max(next);
    }
    assert!(end == bytes.len() as u64 || bytes.is_empty() || index.is_empty(), "the last bytes belong to no record");
});
