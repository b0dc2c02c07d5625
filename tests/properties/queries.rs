//! A query selects what a slow and obvious reading of it selects.

use super::pieces::{Trace, any_trace};
use super::{cases, entries, file, index, index_of, selected, text_of};
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use uccello::format::Format;
use uccello::index::{Column, Entry, Facets, Index};
use uccello::query::{Matcher, RowSet, Scope, Searched, Watch, complete, parse};

/// One term with what it means, said in the plainest way.
type Case = (&'static str, fn(&Entry, &[u8]) -> bool);

const TERMS: &[Case] = &[
    ("uri:anna@contoso.com", |e, _| e.uris.iter().any(|uri| uri == "anna@contoso.com")),
    ("uri:anna", |e, _| e.uris.iter().any(|uri| user(uri, "anna"))),
    ("uri:BEN", |e, _| e.uris.iter().any(|uri| user(uri, "ben"))),
    ("uri:*@fabrikam.com", |e, _| e.uris.iter().any(|uri| uri.ends_with("@fabrikam.com"))),
    ("uri:+1425", |e, _| e.uris.iter().any(|uri| user(uri, "+1425"))),
    ("uri:m\u{dc}ller@contoso.com", |e, _| e.uris.iter().any(|uri| uri == "m\u{fc}ller@contoso.com")),
    ("from:anna", |e, _| e.from.as_deref().is_some_and(|from| user(from, "anna"))),
    ("from:contoso.com", |e, _| is(e.from.as_ref(), "contoso.com")),
    ("to:carl@fabrikam.com", |e, _| is(e.to.as_ref(), "carl@fabrikam.com")),
    ("to:*contoso*", |e, _| e.to.as_deref().is_some_and(|to| to.contains("contoso"))),
    ("callid:9F1C0E7B", |e, _| is(e.call_id.as_ref(), "9f1c0e7b")),
    ("callid:9f*7b", |e, _| e.call_id.as_deref().is_some_and(|id| id.starts_with("9f") && id.ends_with("7b"))),
    ("callid:*", |e, _| e.call_id.is_some()),
    ("method:register", |e, _| is(e.method.as_ref(), "REGISTER")),
    ("method:*I*", |e, _| e.method.as_deref().is_some_and(|method| method.contains(['i', 'I']))),
    ("cseq:1", |e, _| e.cseq == Some(1)),
    ("component:sipstack", |e, _| is(e.component.as_ref(), "SIPStack")),
    ("machine:fe01", |e, _| is(e.machine.as_ref(), "FE01")),
    ("level:info", |e, _| is(e.level.as_ref(), "INFO")),
    ("level:TL_TRACE", |e, _| is(e.level.as_ref(), "TRACE")),
    ("kind:message", |e, _| e.kind == "message"),
    ("kind:*-report", |e, _| e.kind.ends_with("-report")),
    ("peer:192.0.2.10:443", |e, _| is(e.peer.as_ref(), "192.0.2.10:443")),
    ("peer:192.0.2.*", |e, _| starts(e.peer.as_ref(), "192.0.2.")),
    ("direction:in", |e, _| e.direction == Some("in")),
    ("dir:out", |e, _| e.direction == Some("out")),
    ("direction:none", |e, _| e.direction.is_none()),
    ("status:401", |e, _| e.status == Some(401)),
    ("status:4xx", |e, _| e.status.is_some_and(|status| (400..=499).contains(&status))),
    ("status:200..401", |e, _| e.status.is_some_and(|status| (200..=401).contains(&status))),
    ("status:>=500", |e, _| e.status.is_some_and(|status| status >= 500)),
    ("status:<300", |e, _| e.status.is_some_and(|status| status < 300)),
    ("diag:28032", |e, _| e.diagnostics.iter().any(|d| d.code == 28032)),
    ("diag:0xfa4", |e, _| e.diagnostics.iter().any(|d| d.code == 4004)),
    ("diag:1000..5000", |e, _| e.diagnostics.iter().any(|d| (1000..=5000).contains(&d.code))),
    ("diag:any", |e, _| !e.diagnostics.is_empty()),
    ("text:REGISTER", |_, text| holds(text, "register")),
    ("\"web ticket\"", |_, text| holds(text, "web ticket")),
    ("contoso", |_, text| holds(text, "contoso")),
    ("text:\u{fc}ller", |_, text| holds(text, "\u{fc}ller") || holds(text, "\u{dc}ller")),
    ("/sip:[a-z]+@fabrikam/", |_, text| follows(text, "sip:", "@fabrikam")),
    ("/^call-id:/", |_, text| lines(text).any(|line| line.to_ascii_lowercase().starts_with(b"call-id:"))),
    ("/ok$/", |_, text| lines(text).any(|line| line.to_ascii_lowercase().ends_with(b"ok"))),
    ("/\\n/", |_, text| text.contains(&b'\n')),
];

fn is(value: Option<&String>, wanted: &str) -> bool {
    value.is_some_and(|value| value.eq_ignore_ascii_case(wanted))
}

/// Whether the user part of an address, or a telephone number, starts with a word.
fn user(address: &str, start: &str) -> bool {
    address == start || ((address.contains('@') || address.starts_with('+')) && address.starts_with(start))
}

fn starts(value: Option<&String>, wanted: &str) -> bool {
    value.is_some_and(|value| value.starts_with(wanted))
}

fn holds(text: &[u8], words: &str) -> bool {
    text.to_ascii_lowercase().windows(words.len()).any(|window| window == words.as_bytes())
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| matches!(byte, b'\n' | b'\r'))
}

/// Whether somewhere letters and nothing else stand between two words.
fn follows(text: &[u8], before: &str, after: &str) -> bool {
    let text = text.to_ascii_lowercase();
    (0..text.len()).filter(|at| text[*at..].starts_with(before.as_bytes())).any(|at| {
        let rest = &text[at + before.len()..];
        let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        letters > 0 && rest[letters..].starts_with(after.as_bytes())
    })
}

/// A query and its meaning.
#[derive(Clone, Debug)]
enum Tree {
    Term(usize),
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

impl Tree {
    fn text(&self) -> String {
        let all = |parts: &[Self], between: &str| {
            format!("({})", parts.iter().map(Self::text).collect::<Vec<_>>().join(between))
        };
        match self {
            Self::Term(number) => TERMS[*number].0.to_owned(),
            Self::Not(part) => format!("-{}", part.text()),
            Self::And(parts) => all(parts, " "),
            Self::Or(parts) => all(parts, " or "),
        }
    }

    fn holds(&self, entry: &Entry, text: &[u8]) -> bool {
        match self {
            Self::Term(number) => TERMS[*number].1(entry, text),
            Self::Not(part) => !part.holds(entry, text),
            Self::And(parts) => parts.iter().all(|part| part.holds(entry, text)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(entry, text)),
        }
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let term = select((0..TERMS.len()).collect::<Vec<_>>()).prop_map(Tree::Term);
    term.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|part| Tree::Not(Box::new(part))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Tree::And),
            prop::collection::vec(inner, 2..4).prop_map(Tree::Or),
        ]
    })
}

/// Numbers of the records that a meaning selects, tried one by one.
fn slowly(index: &Index, holds: impl Fn(&Entry, &[u8]) -> bool) -> Vec<u64> {
    let rows = index.rows().zip(entries(index));
    rows.filter(|(row, entry)| holds(entry, &text_of(index, *row))).map(|(_, entry)| entry.n).collect()
}

proptest! {
    #![proptest_config(cases(192))]

    #[test]
    fn each_term_selects_what_it_says(Trace(format, bytes) in any_trace()) {
        let index = index(format, &bytes);
        for (query, holds) in TERMS {
            prop_assert_eq!(selected(&index, query), slowly(&index, holds), "{}", query);
        }
    }

    #[test]
    fn terms_put_together_select_what_they_say(Trace(format, bytes) in any_trace(), tree in tree()) {
        let index = index(format, &bytes);
        prop_assert_eq!(selected(&index, &tree.text()), slowly(&index, |e, t| tree.holds(e, t)), "{}", tree.text());
    }

    #[test]
    fn a_search_of_a_growing_index_loses_no_hit(
        traces in prop::collection::vec(any_trace(), 1..5),
        tree in tree(),
        steps in prop::collection::vec((0usize..8, prop::option::of(0usize..4)), 0..6),
        every in select(vec![Duration::ZERO, Duration::from_micros(50), Duration::MAX]),
    ) {
        let named = traces.iter().enumerate().map(|(number, Trace(format, bytes))| file(&number.to_string(), *format, bytes));
        let whole = index_of(named.collect());
        let query = parse(&tree.text()).expect("a query");
        let mut matcher = Matcher::new(query.clone(), Scope::AllRecords);
        let mut steps = steps;
        steps.sort_by_key(|(blocks, _)| *blocks);
        let last = (whole.blocks().len(), None);
        for (blocks, cancel_after) in steps.into_iter().chain([last]) {
            let blocks = whole.blocks().iter().take(blocks).cloned().collect();
            let grown = Index::new(whole.files().to_vec(), blocks);
            let mut told: Vec<RowSet> = Vec::new();
            let cancelled = AtomicBool::new(cancel_after == Some(0));
            let mut so_far = |rows| {
                told.push(rows);
                cancelled.fetch_or(cancel_after == Some(told.len()), Ordering::Relaxed);
            };
            let searched = Searched::default();
            let mut watch = Watch { cancelled: &cancelled, searched: &searched, every, so_far: &mut so_far };
            // The last number cancels at some moment from another thread, as a keystroke does.
            let answer = std::thread::scope(|scope| {
                scope.spawn(|| cancelled.fetch_or(cancel_after == Some(3), Ordering::Relaxed));
                matcher.follow(&grown, &mut watch)
            });
            prop_assert_eq!(searched.part(), None, "nothing is searched any more");
            let fresh = Matcher::new(query.clone(), Scope::AllRecords).select(&grown, &AtomicBool::new(false));
            let fresh = fresh.expect("nobody cancelled it");
            for rows in &told {
                // What was told is what the first part of the files holds, and nothing of it is taken back.
                let end = rows.iter().map(|at| grown.row(at)).max();
                let first_part = fresh.iter().map(|at| grown.row(at)).filter(|row| Some(*row) <= end).count();
                prop_assert_eq!(rows.len(), first_part as u64);
                prop_assert!(rows.iter().all(|at| fresh.contains(at)));
            }
            prop_assert!(told.is_sorted_by_key(RowSet::len));
            if let Some(answer) = answer {
                prop_assert_eq!(answer, fresh);
            } else {
                prop_assert!(cancel_after.is_some());
            }
        }
    }

    #[test]
    fn a_search_of_another_file_of_the_same_name_finds_what_is_in_that_one(
        (one, other) in (any_trace(), any_trace()),
        tree in tree(),
    ) {
        let query = parse(&tree.text()).expect("a query");
        let mut matcher = Matcher::new(query.clone(), Scope::AllRecords);
        let mut facets = Facets::default();
        for Trace(format, bytes) in [one, other] {
            let index = index(format, &bytes);
            let fresh = Matcher::new(query.clone(), Scope::AllRecords).select(&index, &AtomicBool::new(false));
            prop_assert_eq!(matcher.select(&index, &AtomicBool::new(false)), fresh);
            facets.update(&index);
            let records: u32 = facets.values().of(Column::Kind).iter().map(|kind| kind.count.records).sum();
            prop_assert_eq!(records, index.len());
        }
    }

    #[test]
    fn any_text_can_be_completed_at_any_place(
        text in "\\PC{0,30}|([a-z]{1,4}:|(uri|dir|text|machine):|[-() \"/\\\\*0-9.a-z\u{e9}]){0,20}",
        cursor in 0usize..60,
        offer in "\\PC{0,8}|[a-z \"\\\\()/-]{1,8}",
    ) {
        let Some(place) = complete::place(&text, cursor) else { return Ok(()) };
        let (start, end) = (place.range.start, place.range.end);
        prop_assert!(start <= end && text.is_char_boundary(start) && text.is_char_boundary(end));
        prop_assert!(start <= cursor.min(text.len()));
        let (taken, cursor) = complete::take(&text, &place, &offer);
        prop_assert!(taken.starts_with(&text[..start]) && taken.ends_with(&text[end..]));
        prop_assert_eq!(cursor, taken.len() - (text.len() - end));
        let any_value = |field: &str| ["machine", "component", "peer", "method"].contains(&field);
        if let complete::Typing::Value { field, .. } = &place.typing
            && any_value(field.name) && !offer.trim().is_empty() && parse(&text).is_ok()
        {
            prop_assert!(parse(&taken).is_ok(), "{} became {}", text, taken);
        }
    }

    #[test]
    fn any_text_is_a_query_or_an_error_that_points_into_it(text in "\\PC{0,40}|([a-z]{1,6}:|[-() \"/*0-9.a-z]){0,20}") {
        if let Err(error) = uccello::query::parse(&text) {
            prop_assert!(error.column <= text.chars().count() && error.length > 0 && !error.message.is_empty());
        }
    }
}

#[test]
fn the_samples_are_selected_as_they_read() {
    let sample = |path: &str| format!("{}/sample-logs/{path}", env!("CARGO_MANIFEST_DIR")).into();
    let index = index_of(uccello::index::open(&[sample("external-sign-in")], &[]).files);
    let mut selective = 0;
    for (query, holds) in TERMS {
        let wanted = slowly(&index, holds);
        selective += usize::from(!wanted.is_empty() && wanted.len() < index.len() as usize);
        assert_eq!(selected(&index, query), wanted, "{query}");
    }
    assert!(selective > 25, "most terms select some of the samples, not none or all: {selective}");
}

#[test]
fn ranges_of_time_include_their_ends() {
    let entry = |time: &str| format!("11/20/2024|{time} 2A10:C74 INFO  :: x\n");
    let times = ["13:59:59.999", "14:00:00.000", "14:05:30.250", "14:10:59.999", "14:11:00.000"];
    let index = index(Format::Uccapi, times.map(entry).concat().as_bytes());
    for (range, wanted) in [
        ("14:00..14:10", &[2, 3, 4][..]),
        ("2024-11-20T14:00..", &[2, 3, 4, 5]),
        ("..14:05:30.250", &[1, 2, 3]),
        ("14:05", &[3]),
        ("2024-11-20", &[1, 2, 3, 4, 5]),
        ("2024-11-21..", &[]),
    ] {
        assert_eq!(selected(&index, &format!("time:{range}")), wanted, "{range}");
    }
}
