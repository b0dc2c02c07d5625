//! Bytes become records: none is lost, none is read twice, and where reading starts does not matter.

use super::pieces::{Trace, any_trace, crlf_copy, tidy_trace};
use super::{FORMATS, Read, cases, entries, index, read, selected};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index as At;
use std::sync::Arc;
use uccello::format::{Format, detect};
use uccello::index::{Entry, Progress, RowId, build};

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_bytes_are_looked_at_and_read_without_a_panic(bytes in vec(any::<u8>(), 0..2_000), name in "[a-z]{0,4}(\\.etl)?") {
        let _ = detect(&bytes, &name);
        for format in FORMATS {
            let records = read(format, &bytes, 0);
            tiles(&records, &bytes)?;
        }
    }

    #[test]
    fn every_byte_belongs_to_exactly_one_record(Trace(format, bytes) in any_trace()) {
        let _ = detect(&bytes, "log");
        tiles(&read(format, &bytes, 0), &bytes)?;
        let index = index(format, &bytes);
        let spans: Vec<_> = (0..index.len())
            .filter_map(|row| index.entry(RowId(row)))
            .map(|entry| (entry.offset as usize, (entry.offset + entry.length) as usize))
            .collect();
        let read: Vec<_> = read(format, &bytes, 0).iter().map(|read| (read.range.start, read.range.end)).collect();
        prop_assert_eq!(spans, read);
    }

    #[test]
    fn reading_in_stretches_gives_the_same_records(Trace(format, bytes) in any_trace(), cuts in vec(any::<At>(), 1..5)) {
        let mut starts: Vec<usize> =
            cuts.iter().map(|cut| format.safe_start(&bytes, cut.index(bytes.len() + 1).max(1))).collect();
        starts.extend([0, bytes.len()]);
        starts.sort_unstable();
        starts.dedup();
        let whole = read(format, &bytes, 0);
        let parts: Vec<Read> =
            starts.windows(2).flat_map(|ends| read(format, &bytes[ends[0]..ends[1]], ends[0])).collect();
        prop_assert_eq!(parts, whole);
    }

    #[test]
    fn a_safe_start_lies_at_or_after_the_wish_and_is_the_first(Trace(format, bytes) in any_trace(), wish in any::<At>()) {
        let wish = wish.index(bytes.len() + 1);
        let start = format.safe_start(&bytes, wish);
        prop_assert!(start >= wish && start <= bytes.len());
        for other in wish..=start {
            prop_assert_eq!(format.safe_start(&bytes, other), start);
        }
    }

    #[test]
    fn line_ends_do_not_change_the_messages(Trace(format, lf) in tidy_trace()) {
        let crlf = crlf_copy(&lf);
        prop_assert_eq!(facts(format, &crlf), facts(format, &lf));
    }
}

#[test]
fn blanks_at_the_start_of_a_file_belong_to_its_first_record() {
    // More of them than are read in one stretch.
    let blanks = "\r\n".repeat(200_000);
    let entry = "11/20/2024|14:21:21.071 2A10:C74 INFO  :: Sending Packet - a:1 (From Local Address: b:2) 9 bytes:\n";
    let index = index(Format::Uccapi, format!("{blanks}{entry}{entry}").as_bytes());
    let spans: Vec<_> = entries(&index).iter().map(|entry| (entry.offset, entry.length)).collect();
    let (before, length) = (blanks.len() as u64, entry.len() as u64);
    assert_eq!(spans, [(0, before + length), (before + length, length)]);
}

/// The records of a stretch stand one after the other; only lines of other threads stand in another one.
/// Nothing but blanks is no record at all.
fn tiles(records: &[Read], bytes: &[u8]) -> Result<(), TestCaseError> {
    let text = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if text.iter().all(|byte| b" \t\r\n\0".contains(byte)) {
        prop_assert!(records.is_empty());
        return Ok(());
    }
    let mut end = 0;
    let mut enclosing: Option<&Read> = None;
    for record in records {
        let range = &record.range;
        prop_assert!(range.start < range.end, "an empty record at {}", range.start);
        if let Some(outer) = enclosing.filter(|outer| range.start < outer.range.end) {
            prop_assert!(range.start > outer.range.start && range.end <= outer.range.end);
        } else {
            prop_assert_eq!(range.start, end);
            end = range.end;
            enclosing = record.encloses.then_some(record);
        }
    }
    prop_assert_eq!(end, bytes.len());
    Ok(())
}

/// What a person reads in each record, which no line end may change.
fn facts(format: Format, bytes: &[u8]) -> Vec<String> {
    let of = |entry: Entry| {
        let Entry { kind, direction, start_line, method, status, from, to, call_id, cseq, uris, .. } = entry;
        let codes: Vec<_> = entry.diagnostics.into_iter().map(|d| (d.header, d.code, d.reason, d.source)).collect();
        let message = (start_line, method, status, from, to, call_id, cseq, uris);
        format!("{kind} {direction:?} {message:?} {codes:?}")
    };
    entries(&index(format, bytes)).into_iter().map(of).collect()
}

/// Somebody cuts a log while it is being indexed: what is lost reads as nothing, and the process lives on.
#[test]
fn a_file_cut_while_it_is_indexed() {
    let log = std::fs::read("sample-logs/external-sign-in/fe01-cls.txt").expect("the sample").repeat(60);
    let folder = tempfile::tempdir().expect("a temporary folder");
    for round in 0..6 {
        let path = folder.path().join(format!("{round}.txt"));
        std::fs::write(&path, &log).expect("a log");
        let files: Vec<_> =
            uccello::index::open(std::slice::from_ref(&path), &[]).files.into_iter().map(Arc::new).collect();
        let cut = std::thread::spawn(move || {
            std::thread::yield_now();
            let file = std::fs::File::options().write(true).open(&path).expect("the log");
            file.set_len(5_000_000 * round).expect("a cut");
        });
        let index = build(&files, &Progress::default(), |_| {});
        cut.join().expect("the other thread");
        assert!(files[0].source.is_cut());
        for row in index.rows().step_by(97) {
            index.entry(row).expect("every row has an entry");
        }
        assert_eq!(selected(&index, "\"no such words anywhere\""), [0; 0]);
    }
}
