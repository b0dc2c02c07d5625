//! The built-in tables row by row, and what can be asked of them.

use super::*;
use std::collections::BTreeSet;

fn knowledge() -> &'static Knowledge {
    Knowledge::built_in()
}

/// Every line of every built-in table as it is written, with its table.
fn written_rows() -> Vec<(Table, Vec<&'static str>)> {
    let mut rows = Vec::new();
    for (text, table) in TABLES.iter().zip(Table::ALL) {
        let mut lines = text.lines();
        let columns: Vec<_> = lines.next().expect("a line of column names").split('\t').collect();
        assert_eq!(columns, table.columns());
        rows.extend(lines.map(|line| (table, line.split('\t').collect())));
    }
    rows
}

/// What makes a row one of its kind.
fn key(table: Table, row: &[&str]) -> String {
    let columns = match table {
        Table::Codes | Table::Hresults => 1,
        Table::Ranges | Table::Headers | Table::Statuses => 2,
    };
    format!("{table:?} {}", row[..columns].join(" ")).to_lowercase()
}

#[test]
fn every_row_is_whole_and_stands_once() {
    let mut keys = BTreeSet::new();
    for (table, row) in written_rows() {
        assert_eq!(row.len(), table.columns().len(), "{row:?}");
        assert!(keys.insert(key(table, &row)), "twice: {row:?}");
        for (column, cell) in table.columns().iter().zip(&row) {
            assert_eq!(*cell, cell.trim(), "outer blanks: {row:?}");
            assert!(!cell.contains("  ") && !cell.starts_with('"'), "{row:?}");
            let must_be_filled = ["code", "component", "kind", "sureness", "source", "title", "gloss", "family"];
            assert!(!cell.is_empty() || !must_be_filled.contains(column), "{column} is empty: {row:?}");
        }
    }
    let all = knowledge();
    let entries = all.codes.len() + all.ranges.len() + all.hresults.len() + all.statuses.len();
    assert_eq!(entries + all.headers.values().map(Vec::len).sum::<usize>(), keys.len());
}

#[test]
fn numbers_stand_in_order() {
    for text in TABLES {
        let first = |line: &str| line.split('\t').next().map(str::to_owned).unwrap_or_default();
        let numbers: Vec<u32> = text
            .lines()
            .skip(1)
            .map(first)
            .filter_map(|cell| match cell.strip_prefix("0x") {
                Some(hex) => u32::from_str_radix(hex, 16).ok(),
                None => cell.parse().ok(),
            })
            .collect();
        // Statuses of the two protocols stand one after the other.
        let falls = numbers.windows(2).filter(|pair| pair[0] > pair[1]).count();
        assert!(falls <= usize::from(text.starts_with("status")), "{}", first(text));
    }
    for pair in knowledge().ranges.windows(2) {
        assert!(pair[0].last < pair[1].first, "{pair:?}");
    }
}

#[test]
fn texts_are_sentences_and_steps() {
    let starts_well = |text: &str| text.starts_with(|c: char| c.is_uppercase());
    let sentence = |text: &str| {
        assert!(starts_well(text) && text.ends_with('.') && !text.ends_with(".."), "no sentence: {text}");
    };
    let step = |text: &str| assert!(starts_well(text) && !text.ends_with(['.', ';', '|']), "no step: {text}");
    let all = knowledge();
    for code in all.codes() {
        (!code.meaning.is_empty()).then(|| sentence(&code.meaning));
        code.causes.iter().chain(&code.checks).for_each(|text| step(text));
        assert!(code.causes.iter().all(|text| !text.contains(';')), "{code:?}");
    }
    for hresult in all.hresults.values() {
        (!hresult.meaning.is_empty()).then(|| sentence(&hresult.meaning));
        hresult.checks.iter().for_each(|text| step(text));
    }
    all.headers.values().flatten().for_each(|header| sentence(&header.gloss));
    for status in &all.statuses {
        sentence(&status.gloss);
        assert!(starts_well(&status.title), "{status:?}");
    }
}

#[test]
fn the_codes_that_engineers_meet_most_are_explained() {
    let ranges: [std::ops::RangeInclusive<u32>; 16] = [
        1000..=1014,
        1033..=1039,
        1046..=1047,
        2006..=2012,
        3002..=3016,
        4002..=4006,
        7000..=7010,
        12000..=12002,
        13000..=13002,
        13004..=13007,
        13009..=13011,
        17002..=17004,
        21..=25,
        31..=34,
        35000..=35017,
        3..=4,
    ];
    let single = [
        1017, 1027, 2004, 2014, 2016, 2139, 4000, 4140, 4141, 4142, 4268, 5000, 5001, 5003, 10003, 10010, 10013, 10403,
        10404, 10480, 10486, 10503, 12004, 12006, 13014, 14010, 14011, 14016, 15000, 15500, 15501, 15503, 15604, 21002,
        24067, 24081, 24083, 28020, 28029, 28032, 51004, 51007, 52017, 52035, 52063, 54000, 54503, 2_000_001,
        2_000_004, 4_000_000,
    ];
    for code in ranges.into_iter().flatten().chain(single) {
        let found = knowledge().explain_code(code, None);
        assert!(found.is_known, "{code}");
        assert!(!found.causes.is_empty() || !found.checks.is_empty(), "{code}");
    }
}

#[test]
fn the_ticket_that_the_pool_refuses_is_explained_with_its_likeliest_cause_first() {
    let found = knowledge().explain_code(28032, Some("The web ticket is invalid."));
    assert!(found.meaning.starts_with("The web services refuse the ticket"), "{}", found.meaning);
    assert!(found.causes[0].starts_with("Wrong certificate on the external web site"), "{:?}", found.causes);
    assert!(found.checks[0].starts_with("Get-CsCertificate"), "{:?}", found.checks);
    assert_eq!((found.kind, found.sureness), (CodeKind::Failure, Sureness::SeenInTraces));
}

#[test]
fn routing_reports_and_codes_of_exchange_are_no_failures() {
    let kind = |code| knowledge().explain_code(code, None).kind;
    for code in [12006, 13004, 13005, 13006, 13007, 14011, 15902] {
        assert_eq!(kind(code), CodeKind::Progress, "{code}");
    }
    for code in [51004, 51007, 17004, 2139] {
        assert_eq!(kind(code), CodeKind::Information, "{code}");
    }
    assert_eq!(kind(2_000_001), CodeKind::Foreign);
}

#[test]
fn a_code_without_a_row_keeps_its_component_and_the_words_of_the_log() {
    let cases = [
        (28999, Some("Ticket too old."), "Authentication web service says \"Ticket too old\".", CodeKind::Failure),
        (
            28999,
            None,
            "Authentication web service gives this code; what it means is not known here.",
            CodeKind::Failure,
        ),
        (
            60007,
            Some(" "),
            "Third-party application (success) gives this code; what it means is not known here.",
            CodeKind::Information,
        ),
        (61234, Some("No agent"), "Third-party application (expected failure) says \"No agent\".", CodeKind::Failure),
        (
            2_000_005,
            Some("Token expired"),
            "Not a code of Skype for Business, but of Exchange or SharePoint (OAuth).",
            CodeKind::Foreign,
        ),
        (
            57_000,
            None,
            "A component that is not known gives this code; what it means is not known here.",
            CodeKind::Failure,
        ),
        // A row that knows the words of the server, but no more.
        (18102, None, "Communicator Web Access says \"Invalid Operation\".", CodeKind::Failure),
        // A row that knows the number only.
        (2049, None, "User services, presence gives this code; what it means is not known here.", CodeKind::Failure),
    ];
    for (code, reason, wanted, kind) in cases {
        let found = knowledge().explain_code(code, reason);
        assert_eq!((found.meaning.as_str(), found.kind, found.is_known), (wanted, kind, false), "{code}");
        let unsure = code != 18102;
        assert_eq!(found.sureness == Sureness::Unsure, unsure, "{code}");
    }
    assert_eq!(knowledge().explain_code(28999, Some("Ticket too old.")).reason.as_deref(), Some("Ticket too old."));
}

#[test]
fn error_numbers_are_read_in_every_form() {
    let cases = [
        ("0xC3E93EC3(SIP_E_AUTH_UNAUTHORIZED)", Some(0xC3E9_3EC3)),
        ("\"0xc3e93ec3\"", Some(0xC3E9_3EC3)),
        ("0X80090322 SEC_E_WRONG_PRINCIPAL", Some(0x8009_0322)),
        ("hr = 0x80ef0191", Some(0x80EF_0191)),
        ("80ef0191", Some(0x80EF_0191)),
        ("3d0000", Some(0x3D_0000)),
        ("-2146893044", Some(0x8009_030C)),
        ("-99999999999", None),
        ("0x1234567890", None),
        ("E_FAIL", None),
        ("accessdenied", None),
        ("", None),
    ];
    for (text, wanted) in cases {
        assert_eq!(hresult_number(text), wanted, "{text}");
    }
}

#[test]
fn error_numbers_are_explained() {
    let all = knowledge();
    let refused = all.hresult_of_text("0xC3E93EC3(SIP_E_AUTH_UNAUTHORIZED)").expect("a known number");
    assert_eq!(refused.name, "SIP_E_AUTH_UNAUTHORIZED");
    assert!(refused.meaning.contains("refused the credentials"), "{}", refused.meaning);
    for number in [0x80EF_0193, 0x00EF_00C8] {
        let found = all.hresult(number).expect("a SIP status");
        assert!(found.meaning.starts_with(&format!("Stands for SIP status {} (", number & 0xFFFF)), "{found:?}");
    }
    let odd = all.hresult(0x80EF_01B5).expect("a SIP status without a row");
    assert_eq!(odd.meaning, "Stands for SIP status 437.");
    assert_eq!(all.hresult(0x80EF_0001), None);
    assert_eq!(all.hresult(0x1234_5678), None);
    let only_named = all.hresult_of_text("0xC3E93FFF(SIP_E_SOMETHING)").expect("a name at least");
    assert_eq!((only_named.name.as_str(), only_named.sureness), ("SIP_E_SOMETHING", Sureness::Unsure));
    assert_eq!(all.hresult_of_text("0xC3E93FFF"), None);
}

#[test]
fn names_are_found_in_any_case_and_in_their_place() {
    let all = knowledge();
    for name in ["WWW-Authenticate", "www-authenticate", "WWW\u{2011}Authenticate", " X-MS-DIAGNOSTICS "] {
        assert!(all.header(name).is_some(), "{name}");
    }
    assert_eq!(all.header("gssapi-data"), None);
    assert_eq!(all.parameter("ms-diagnostics"), None);
    let place = |name| all.parameter(name).map(|entry| entry.place);
    assert_eq!(place("opaque"), Some(Place::Authentication));
    assert_eq!(place("HResult"), Some(Place::Diagnostics));
    assert_eq!(place("epid"), Some(Place::Address));
    assert_eq!(all.name_in(Place::Address, "opaque").map(|entry| entry.place), Some(Place::Address));
    assert!(all.name_in(Place::Record, "result-code").is_some());
}

#[test]
fn a_challenge_is_not_explained_as_an_error() {
    let gloss = |protocol| &knowledge().status(protocol, 401).expect("a row").gloss;
    assert!(gloss(Protocol::Sip).contains("a normal step"));
    assert!(gloss(Protocol::Http).contains("a first one is normal"));
    assert!(knowledge().status(Protocol::Http, 180).is_none());
}

#[test]
fn tables_of_the_user_win() {
    let text = "# ours\n\
        code\tmeaning\tchecks\n\
        28032\tThe certificate is due again.\t\n\
        61007\tThe robot had no agent.\tCall the robot team | Look at its queue\n\
        first\tlast\tcomponent\n\
        61000\t61099\tAttendant robot\n\
        hresult\tname\tmeaning\n\
        0xC3E93FFF\tSIP_E_SOMETHING\tSomething.\n\
        name\tgloss\tsureness\n\
        X-Contoso-Trace\tOur own number.\tspecification\n\
        status\tprotocol\tgloss\n\
        477\tsip\tOur own status.\n";
    let all = knowledge().clone().with_user_tables(text).expect("good tables");
    let ticket = all.explain_code(28032, None);
    assert_eq!(ticket.meaning, "The certificate is due again.");
    assert_eq!(ticket.checks, knowledge().explain_code(28032, None).checks);
    assert_eq!((ticket.sureness, ticket.source.as_deref()), (Sureness::KnownFromPractice, Some("your own table")));
    let robot = all.explain_code(61007, None);
    assert_eq!(robot.component.as_deref(), Some("Attendant robot"));
    assert_eq!(robot.checks, ["Call the robot team", "Look at its queue"]);
    assert_eq!(all.explain_code(61234, None).component, knowledge().explain_code(61234, None).component);
    assert_eq!(all.hresult(0xC3E9_3FFF).map(|entry| entry.meaning), Some("Something.".to_owned()));
    assert_eq!(all.header("x-contoso-trace").map(|entry| entry.sureness), Some(Sureness::Specification));
    assert_eq!(all.status(Protocol::Sip, 477).map(|entry| entry.gloss.as_str()), Some("Our own status."));
}

#[test]
fn what_is_wrong_in_a_table_of_the_user_is_said_with_its_line() {
    let cases = [
        ("code\tmeaning\nx\tNo.\n", "line 2: expected a number such as 28032 under code, found \"x\""),
        (
            "code\tsureness\n1\t\n2\tsure\n",
            "line 3: expected one of specification, seen in traces, known from practice, unsure under sureness, \
             found \"sure\"",
        ),
        (
            "code\tkind\n1\terror\n",
            "line 2: expected one of failure, progress, information, foreign under kind, found \"error\"",
        ),
        (
            "first\tlast\tcomponent\n5\t4\tx\n",
            "line 2: expected a number that is not below first under last, found \"4\"",
        ),
        ("first\tlast\n5\t6\n", "line 2: expected what gives these codes under component, found \"\""),
        ("hresult\tname\nE_FAIL\tx\n", "line 2: expected a number such as 0x8009030C under hresult, found \"E_FAIL\""),
        ("status\tgloss\n999\tx\n", "line 2: expected a number from 100 to 699 under status, found \"999\""),
        ("status\tgloss\n499\tx\n", "line 2: expected sip or http under protocol, found \"\""),
    ];
    for (text, wanted) in cases {
        let error = knowledge().clone().with_user_tables(text).expect_err(text);
        assert_eq!(error.to_string(), wanted);
    }
}
