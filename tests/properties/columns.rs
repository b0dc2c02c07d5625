//! The columns that queries read agree with the records that people see.

use super::pieces::{Trace, any_trace};
use super::{cases, entries, index, index_of, selected};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;
use uccello::format::Format;
use uccello::index::{Column, Count, Entry, Facets, Index, Progress, RowId, Value, build};

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn the_columns_of_every_row_agree_with_its_record(Trace(format, bytes) in any_trace()) {
        let index = index(format, &bytes);
        agree(&index)?;
    }
}

#[test]
fn the_columns_of_the_samples_agree() {
    for sample in ["external-sign-in/ben-UccApi-0.UccApilog", "healthy-ntlm", "ocs2007r2-edge.txt"] {
        let path = format!("{}/sample-logs/{sample}", env!("CARGO_MANIFEST_DIR"));
        let index = index_of(uccello::index::open(&[path.into()], &[]).files);
        assert!(index.messages() > 0);
        if let Err(error) = agree(&index) {
            panic!("{sample}: {error}");
        }
    }
}

/// A field of the query language with its counted column, and the values a record has for it.
type Field = (&'static str, Option<Column>, fn(&Entry) -> Vec<String>);

fn one(value: Option<&String>) -> Vec<String> {
    value.cloned().into_iter().collect()
}

const FIELDS: [Field; 15] = [
    ("uri", Some(Column::Uri), |entry| entry.uris.clone()),
    ("from", Some(Column::From), |entry| one(entry.from.as_ref())),
    ("to", Some(Column::To), |entry| one(entry.to.as_ref())),
    ("callid", None, |entry| one(entry.call_id.as_ref())),
    ("method", Some(Column::Method), |entry| one(entry.method.as_ref())),
    ("cseq", None, |entry| entry.cseq.map(|cseq| cseq.to_string()).into_iter().collect()),
    ("component", Some(Column::Component), |entry| one(entry.component.as_ref())),
    ("machine", Some(Column::Machine), |entry| one(entry.machine.as_ref())),
    ("level", Some(Column::Level), |entry| one(entry.level.as_ref())),
    ("peer", Some(Column::Peer), |entry| one(entry.peer.as_ref())),
    ("kind", Some(Column::Kind), |entry| vec![entry.kind.to_owned()]),
    ("file", Some(Column::File), |entry| vec![entry.file.clone()]),
    ("direction", Some(Column::Direction), |entry| vec![entry.direction.unwrap_or("none").to_owned()]),
    ("status", Some(Column::Status), |entry| entry.status.map(|status| status.to_string()).into_iter().collect()),
    ("diag", Some(Column::Code), |entry| {
        entry.diagnostics.iter().map(|diagnostic| diagnostic.code.to_string()).collect()
    }),
];

/// For every value that stands in a field of a record, the query for it selects exactly the records that
/// have it; and what the columns say of a row by themselves is what its record says.
fn agree(index: &Index) -> Result<(), TestCaseError> {
    let entries = entries(index);
    let mut facets = Facets::default();
    prop_assert_eq!(facets.update(index), !index.is_empty());
    prop_assert!(!facets.update(index), "nothing is counted twice");
    let counts = facets.values();
    for package in counts.of(Column::Package) {
        let found = selected(index, &format!("package:{}", package.text)).len();
        prop_assert_eq!(package.count.records as usize, found, "{}", package.text);
    }
    for (name, column, values) in FIELDS {
        if let Some(column) = column {
            counts_agree(counts.of(column), &entries, values)?;
        }
        let has = |entry: &Entry, value: &str| values(entry).iter().any(|own| own.eq_ignore_ascii_case(value));
        // Stars are wildcards, and letters beyond ASCII may stand in the log in another encoding.
        let plain = |value: &String| value.is_ascii() && !value.contains('*') && !value.trim().is_empty();
        let all: BTreeSet<String> = entries.iter().flat_map(values).filter(plain).collect();
        for value in all {
            if name == "uri" && !value.contains('@') || ["from", "to"].contains(&name) && !value.contains('@') {
                // Without a host it is the start of a user part: the queries' own test looks at those.
                continue;
            }
            let query = format!("{name}:\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
            let wanted: Vec<u64> = entries.iter().filter(|entry| has(entry, &value)).map(|entry| entry.n).collect();
            prop_assert_eq!(selected(index, &query), wanted, "{}", query);
        }
    }
    for row in (0..index.len()).map(RowId) {
        let (block, at) = index.locate(row).expect("the row is there");
        let entry = index.entry(row).expect("the row has an entry");
        prop_assert_eq!(block.status_of(at), entry.status);
        prop_assert_eq!(block.traits(at).direction().name(), entry.direction);
        let protocol = block.traits(at).protocol().map(|protocol| format!("{protocol:?}").to_lowercase());
        prop_assert_eq!(protocol.as_deref(), entry.protocol);
        let codes: BTreeSet<u32> = entry.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        prop_assert_eq!(block.codes_of(at).to_vec(), codes.into_iter().collect::<Vec<_>>());
        let packages = index.with_record(row, |record| record.message.map(|message| message.packages()));
        prop_assert_eq!(Some(block.traits(at).packages()), packages.map(Option::unwrap_or_default));
    }
    Ok(())
}

/// Each value is counted once for every record that has it, letter case aside.
fn counts_agree(counted: &[Value], entries: &[Entry], values: fn(&Entry) -> Vec<String>) -> Result<(), TestCaseError> {
    let mut wanted: BTreeMap<String, Count> = BTreeMap::new();
    for entry in entries {
        let own: BTreeSet<String> = values(entry).iter().map(|value| value.to_lowercase()).collect();
        for value in own.into_iter().filter(|value| !value.is_empty()) {
            let count = wanted.entry(value).or_default();
            count.records += 1;
            count.messages += u32::from(entry.kind == "message");
        }
    }
    let found: BTreeMap<String, Count> = counted.iter().map(|value| (value.text.to_lowercase(), value.count)).collect();
    prop_assert_eq!(found.len(), counted.len(), "no value stands there twice");
    prop_assert_eq!(found, wanted);
    Ok(())
}

/// A frame whose end is far off, as a log that many threads write may have it: its records fill more than one
/// block, and its second message stands behind them.
#[test]
fn a_frame_that_holds_more_lines_of_other_threads_than_a_block() {
    let ends = "192.0.2.10:443 (From Local Address: 198.51.100.23:50112) 120 bytes";
    let mine = "11/20/2024|14:21:21.071 2A10:C74 INFO  ::";
    let register =
        |cseq: u32| format!("REGISTER sip:contoso.com SIP/2.0\r\nCSeq: {cseq} REGISTER\r\nContent-Length: 0\r\n\r\n");
    let mut log = format!("{mine} Sending Packet - {ends}:\r\n{mine} {}", register(1));
    for line in 0..70_000 {
        let _ = write!(log, "11/20/2024|14:21:21.072 2A10:D00 TRACE :: other line {line}.\r\n");
    }
    let _ = write!(log, "{}{mine} End of Sending Packet - {ends}\r\n", register(2));
    let index = index(Format::Uccapi, log.as_bytes());
    assert_eq!((index.len(), index.messages()), (70_002, 2));
    assert_eq!(selected(&index, "\"other line 69999.\""), [70_002]);
    assert_eq!(selected(&index, "cseq:2"), [2], "by the time of the frame");
    assert_eq!(selected(&index, "\"contoso.com\""), [1, 2]);
    let second = index.entry(RowId(70_001)).expect("the last row");
    assert_eq!((second.peer.as_deref(), second.thread.as_deref()), (Some("192.0.2.10:443"), Some("C74")));
}

/// A client log that is read while it is written, a few bytes at a time, ends as one that was read when it was
/// whole; rows keep their place.
#[test]
fn a_log_that_grows_is_read_as_one_that_is_whole() {
    let bytes = std::fs::read("sample-logs/external-sign-in/anna-UccApi-0.UccApilog").expect("the sample");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("anna-UccApi-0.UccApilog");
    let beside = std::path::PathBuf::from("sample-logs/healthy-ntlm/greta-UccApi-0.UccApilog");
    std::fs::write(&path, &bytes[..40_000]).expect("a file");
    let paths = [path.clone(), beside];
    let open = || {
        build(
            &uccello::index::open(&paths, &[]).files.into_iter().map(Arc::new).collect::<Vec<_>>(),
            &Progress::default(),
            |_| {},
        )
    };
    let mut index = open();
    let last_of_second = (1, index.entry(RowId(index.len() - 1)).expect("a row").offset);
    assert!(uccello::index::follow(&index).index.is_none(), "nothing was added");
    let mut log = std::fs::File::options().append(true).open(&path).expect("the log");
    for piece in bytes[40_000..].chunks(17_777) {
        std::io::Write::write_all(&mut log, piece).expect("more");
        index = uccello::index::follow(&index).index.expect("something was added");
    }
    let whole = open();
    assert_eq!(format!("{:?}", entries(&index)), format!("{:?}", entries(&whole)));
    let row = index.find(last_of_second.0, last_of_second.1).expect("the row of the other file");
    assert_eq!(row.0, index.len() - 1);
    assert!(uccello::index::follow(&index).index.is_none(), "nothing more was added");
}
