//! `messages`: the fields, the numbers, the selection and the formats.

use super::{ANNA, BEN, EDGE, SAMPLES, SERVER, STORY, field, number, objects, raw, read, uccello};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

/// What a field may hold.
#[derive(Clone, Copy, Debug)]
enum Type {
    Text,
    TextOrNull,
    Number,
    NumberOrNull,
    OneOf(&'static [&'static str]),
    OneOfOrNull(&'static [&'static str]),
    Texts,
    Diagnostics,
}

const KINDS: &[&str] = &[
    "message",
    "trace",
    "diagnostic",
    "connection",
    "security",
    "web-request",
    "sign-in-report",
    "keep-alive",
    "unknown",
];

/// The table of the contract.
const FIELDS: [(&str, Type); 29] = [
    ("n", Type::Number),
    ("file", Type::Text),
    ("offset", Type::Number),
    ("length", Type::Number),
    ("time", Type::TextOrNull),
    ("format", Type::OneOf(&["uccapi", "cls", "ocslogger", "text"])),
    ("kind", Type::OneOf(KINDS)),
    ("level", Type::TextOrNull),
    ("component", Type::TextOrNull),
    ("pool", Type::TextOrNull),
    ("machine", Type::TextOrNull),
    ("process", Type::TextOrNull),
    ("thread", Type::TextOrNull),
    ("correlation", Type::TextOrNull),
    ("direction", Type::OneOfOrNull(&["in", "out"])),
    ("local", Type::TextOrNull),
    ("peer", Type::TextOrNull),
    ("protocol", Type::OneOfOrNull(&["sip", "http"])),
    ("start_line", Type::TextOrNull),
    ("method", Type::TextOrNull),
    ("status", Type::NumberOrNull),
    ("reason", Type::TextOrNull),
    ("from", Type::TextOrNull),
    ("to", Type::TextOrNull),
    ("call_id", Type::TextOrNull),
    ("cseq", Type::NumberOrNull),
    ("uris", Type::Texts),
    ("diagnostics", Type::Diagnostics),
    ("notes", Type::Texts),
];

impl Type {
    fn fits(self, value: &Value) -> bool {
        let full_text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
        match self {
            Self::Text => full_text(value),
            Self::TextOrNull => value.is_null() || full_text(value),
            Self::Number => value.is_u64(),
            Self::NumberOrNull => value.is_null() || value.is_u64(),
            Self::OneOf(words) => value.as_str().is_some_and(|word| words.contains(&word)),
            Self::OneOfOrNull(words) => value.is_null() || Self::OneOf(words).fits(value),
            Self::Texts => value.as_array().is_some_and(|texts| texts.iter().all(full_text)),
            Self::Diagnostics => value.as_array().is_some_and(|all| all.iter().all(is_diagnostic)),
        }
    }
}

fn is_diagnostic(value: &Value) -> bool {
    let fits = |name: &str, kind: Type| value.get(name).is_some_and(|value| kind.fits(value));
    let params = value.get("params").and_then(Value::as_object);
    fits("header", Type::Text)
        && fits("code", Type::Number)
        && fits("sub", Type::NumberOrNull)
        && fits("reason", Type::TextOrNull)
        && fits("source", Type::TextOrNull)
        && field(value, "header").to_lowercase() == field(value, "header")
        && params
            .is_some_and(|params| params.iter().all(|(name, value)| *name == name.to_lowercase() && value.is_string()))
}

#[test]
fn every_record_has_every_field_with_its_type() {
    let objects = objects(&[SAMPLES, "--all"]);
    assert!(objects.len() > 1_500);
    for object in &objects {
        for (name, kind) in FIELDS {
            let value = object.get(name).unwrap_or_else(|| panic!("{name} is missing in {object}"));
            assert!(kind.fits(value), "{name} should be {kind:?} in {object}");
        }
    }
    let codes: BTreeSet<u64> = objects
        .iter()
        .filter_map(|object| object["diagnostics"].as_array())
        .flatten()
        .map(|d| number(d, "code"))
        .collect();
    assert!(
        codes.is_superset(&BTreeSet::from([1008, 1009, 4005, 28032])),
        "the codes of the story are read: {codes:?}"
    );
}

#[test]
fn only_messages_have_a_start_line_and_all_of_them_do() {
    for object in objects(&[SAMPLES, "--all"]) {
        let is_message = field(&object, "kind") == "message";
        assert_eq!(object["start_line"].is_string(), is_message, "{object}");
        assert_eq!(object["protocol"].is_string(), is_message, "{object}");
        assert!(!(object["status"].is_u64() && object["method"].is_null() && field(&object, "protocol") == "sip"));
    }
    let messages = objects(&[SAMPLES]);
    assert!(!messages.is_empty() && messages.iter().all(|object| field(object, "kind") == "message"));
}

#[test]
fn addresses_are_lower_case_without_scheme_port_and_parameters() {
    for object in objects(&[SAMPLES]) {
        let uris: Vec<String> = object["uris"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|uri| uri.as_str().unwrap_or_default().to_owned())
            .collect();
        let mut sorted = uris.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(uris, sorted, "sorted, each once");
        let named = ["from", "to"].iter().filter_map(|name| object[*name].as_str().map(str::to_owned));
        for address in uris.iter().cloned().chain(named) {
            assert_eq!(address, address.to_lowercase());
            assert!(!address.contains([';', '<', '>', ' ', '"', ':']), "{address} in {object}");
        }
        for uri in uris {
            let is_number = uri.trim_start_matches('+').chars().all(|c| c.is_ascii_digit() || c == '-');
            assert!(uri.find('@').is_some_and(|at| at > 0) || is_number, "{uri} names nobody");
        }
    }
}

#[test]
fn one_message_is_read_as_it_stands_in_the_log() {
    let objects = objects(&[ANNA, "--where", "cseq:1 direction:in"]);
    let first = objects.first().expect("a challenge");
    let facts = [
        "kind",
        "format",
        "direction",
        "start_line",
        "method",
        "status",
        "reason",
        "from",
        "to",
        "cseq",
        "local",
        "peer",
    ];
    let facts: Vec<String> = facts.iter().map(|name| field(first, name)).collect();
    let wanted = [
        "message",
        "uccapi",
        "in",
        "SIP/2.0 401 Unauthorized",
        "REGISTER",
        "401",
        "Unauthorized",
        "anna@contoso.com",
        "anna@contoso.com",
        "1",
        "198.51.100.23:50112",
        "192.0.2.10:443",
    ];
    assert_eq!(facts[..10], wanted[..10]);
    assert!(facts[10].starts_with("198.51.100.23:") && facts[11] == wanted[11], "{facts:?}");
    assert_eq!((first["machine"].clone(), first["component"].clone()), (Value::Null, Value::Null));
}

#[test]
fn records_tile_every_file_from_its_first_byte_to_its_last() {
    let mut spans: BTreeMap<String, Vec<(u64, u64)>> = BTreeMap::new();
    for object in objects(&[SAMPLES, "--all"]) {
        spans.entry(field(&object, "file")).or_default().push((number(&object, "offset"), number(&object, "length")));
    }
    assert!(spans.len() >= 12, "the samples were found");
    for (file, mut spans) in spans {
        spans.sort_unstable();
        let mut end = 0;
        for (offset, length) in spans {
            assert!(offset <= end && length > 0, "{file}: a hole before {offset}");
            end = end.max(offset + length);
        }
        assert_eq!(end, read(&file).len() as u64, "{file}");
    }
}

#[test]
fn numbers_follow_time_then_file_then_offset() {
    let objects = objects(&[STORY, "--all"]);
    assert!((1..).zip(&objects).all(|(n, object)| number(object, "n") == n));
    let key = |object: &Value| (field(object, "time"), field(object, "file"), number(object, "offset"));
    assert!(objects.iter().map(key).is_sorted());
}

#[test]
fn a_record_keeps_its_number_whatever_is_selected() {
    let place = |object: &Value| (field(object, "file"), number(object, "offset"));
    let all: BTreeMap<_, _> =
        objects(&[STORY, "--all"]).iter().map(|object| (place(object), number(object, "n"))).collect();
    for query in ["status:401", "-status:401", "uri:anna from:anna", "kind:web-request or diag:any", ""] {
        for scope in [&["--all"][..], &[]] {
            let selected = objects(&[&[STORY, "--where", query], scope].concat());
            assert!(scope.is_empty() || !selected.is_empty(), "{query} selects something");
            for object in selected {
                assert_eq!(all.get(&place(&object)), Some(&number(&object, "n")), "{query}: {object}");
            }
        }
    }
}

#[test]
fn the_refusals_of_one_user_are_exactly_those_of_the_log() {
    let mut wanted = BTreeSet::new();
    for file in [ANNA, BEN, SERVER] {
        let text = String::from_utf8(read(file)).expect("a sample in UTF-8");
        wanted.extend(raw::offsets(&text, "anna@contoso.com", 401).into_iter().map(|offset| (file.to_owned(), offset)));
    }
    assert!(wanted.len() > 20, "the story holds many: {}", wanted.len());
    let printed = objects(&[STORY, "--where", "uri:anna@contoso.com status:401"]);
    let found: BTreeSet<_> = printed.iter().map(|object| (field(object, "file"), number(object, "offset"))).collect();
    assert_eq!(found, wanted);
    assert_eq!(printed.len(), wanted.len(), "each once");
}

#[test]
fn every_sip_message_of_the_samples_is_found_where_the_log_has_it() {
    for file in [ANNA, BEN, SERVER, EDGE] {
        let text = String::from_utf8(read(file)).expect("a sample in UTF-8");
        let wanted: Vec<(u64, Option<u64>)> = raw::messages(&text)
            .iter()
            .map(|message| (message.offset as u64, message.status().map(u64::from)))
            .collect();
        let mut found: Vec<(u64, Option<u64>)> = objects(&[file])
            .iter()
            .filter(|object| field(object, "protocol") == "sip")
            .map(|object| (number(object, "offset"), object["status"].as_u64()))
            .collect();
        found.sort_unstable();
        let differs = found.iter().zip(&wanted).find(|(found, wanted)| found != wanted);
        assert_eq!((differs, found.len()), (None, wanted.len()), "{file}");
    }
}

#[test]
fn a_query_may_start_with_a_minus() {
    let all = objects(&[ANNA]).len();
    let without = objects(&[ANNA, "--where", "-status:401"]);
    let with = objects(&[ANNA, "--where", "status:401"]);
    assert!(with.iter().all(|object| number(object, "status") == 401));
    assert!(without.iter().all(|object| object["status"] != 401));
    assert!(!with.is_empty() && !without.is_empty());
    assert_eq!(with.len() + without.len(), all);
}

#[test]
fn times_of_the_query_are_those_that_are_printed() {
    let printed = objects(&[ANNA, "--where", "time:13:24..13:25"]);
    let inside = |object: &Value| {
        let time = field(object, "time");
        ("2024-11-20T13:24:00.000Z".."2024-11-20T13:26:00.000Z").contains(&time.as_str())
    };
    let wanted = objects(&[ANNA]).into_iter().filter(inside).collect::<Vec<_>>();
    assert!(!wanted.is_empty());
    assert_eq!(printed, wanted);
}

#[test]
fn times_have_a_zone_where_the_clock_is_known_and_none_where_it_is_not() {
    for (file, has_zone) in [(ANNA, true), (SERVER, true), (EDGE, false)] {
        for object in objects(&[file, "--all"]) {
            let time = field(&object, "time");
            assert_eq!(time.ends_with('Z'), has_zone, "{time}");
            assert_eq!(time.trim_end_matches('Z').len(), "2024-11-20T13:24:00.000".len(), "{time}");
        }
    }
}

#[test]
fn a_clock_set_by_hand_moves_the_times_of_its_file_only() {
    let times = |more: &[&str]| -> BTreeMap<_, _> {
        let objects = objects(&[&[ANNA, BEN], more].concat());
        objects
            .iter()
            .map(|object| ((field(object, "file"), number(object, "offset")), field(object, "time")))
            .collect()
    };
    let worked_out = times(&[]);
    // The samples stand at +01:00: the log says 14:21:19, which is 13:21:19 in UTC.
    for clock in [format!("{ANNA}=+02:00"), "anna-UccApi-0.UccApilog=+02:00".to_owned()] {
        let moved = times(&["--clock", &clock]);
        for (place, time) in &worked_out {
            let hour = |time: &str| time[11..13].parse::<i32>().expect("an hour");
            let by = hour(time) - hour(&moved[place]);
            assert_eq!(by, i32::from(place.0 == ANNA), "{place:?}: {time} became {}", moved[place]);
            assert_eq!(time[13..], moved[place][13..]);
        }
    }
}

#[test]
fn csv_has_a_header_and_a_row_for_each_message() {
    let printed = uccello(&["messages", STORY, "--format", "csv"]).printed();
    let mut csv = csv::Reader::from_reader(printed.as_bytes());
    let names: Vec<String> = csv.headers().expect("a header").iter().map(str::to_owned).collect();
    for (name, _) in FIELDS {
        assert!(names.iter().any(|known| known == name), "{name} is missing in {names:?}");
    }
    let rows: Vec<csv::StringRecord> = csv.records().map(|row| row.expect("as many cells as the header")).collect();
    let objects = objects(&[STORY]);
    assert_eq!(rows.len(), objects.len());
    let column = |name: &str| names.iter().position(|known| known == name).expect(name);
    for (row, object) in rows.iter().zip(&objects) {
        for name in ["n", "offset", "start_line", "call_id", "file"] {
            let wanted = if object[name].is_null() { String::new() } else { field(object, name) };
            assert_eq!(row.get(column(name)), Some(wanted.as_str()), "{name}");
        }
    }
}

#[test]
fn csv_of_nothing_still_says_its_columns() {
    let printed = uccello(&["messages", ANNA, "--where", "from:nobody", "--format", "csv"]).printed();
    assert!(printed.starts_with("n,file,offset,length,time,") && printed.lines().count() == 1, "{printed}");
    assert_eq!(uccello(&["messages", ANNA, "--where", "from:nobody", "--format", "ndjson"]).printed(), "");
}

#[test]
fn text_has_one_line_a_message() {
    let printed = uccello(&["messages", STORY]).printed();
    assert_eq!(printed.lines().count(), objects(&[STORY]).len());
    assert!(printed.lines().any(|line| line.contains("28032") && line.contains("401")), "codes stand in the line");
}

#[test]
fn a_reader_that_goes_away_ends_the_printing_quietly() {
    for arguments in
        [["messages", "--format", "ndjson"], ["messages", "--format", "csv"], ["messages", "--format", "text"]]
    {
        let mut child = Command::new(env!("CARGO_BIN_EXE_uccello"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(arguments)
            .args([STORY, "--all"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("its output");
        BufReader::with_capacity(64, out).read_line(&mut line).expect("a first line");
        assert!(!line.is_empty());
        let output = child.wait_with_output().expect("it ends by itself");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_record_that_is_no_message_is_shown_by_its_words() {
    let printed = uccello(&["messages", ANNA, "--all", "--where", "kind:web-request"]).printed();
    assert!(printed.lines().all(|line| line.contains("web call ") && line.contains('/')), "{printed}");
    let printed = uccello(&["messages", ANNA, "--all", "--where", "kind:trace"]).printed();
    assert!(!printed.lines().any(|line| line.ends_with(" trace")), "{printed}");
}
