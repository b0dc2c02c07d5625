//! What is on the screen: an index, the rows that the query selects of it, and counts beside them.

use crate::format::Kind;
use crate::index::{Block, CodeCount, Column, Facets, Index, RowId, TraceFile, Values};
use crate::query::{Matcher, Query, RowSet, Scope, Searched, Watch, searches_bytes};
use crate::trace::Outcome;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// One immutable picture of index and selection, which always fit together.
#[derive(Debug, Default)]
pub struct View {
    pub index: Arc<Index>,
    pub query: Query,
    pub scope: Scope,
    pub rows: RowSet,
    /// Set while the rest of the log is still being searched.
    pub is_partial: bool,
    /// Number of messages, or of all records, by scope.
    pub in_scope: u64,
    /// What the columns hold, with counts.
    pub values: Arc<Values>,
    pub codes: Arc<Vec<CodeFacet>>,
    /// What the log says of each status: `401`, `Unauthorized`.
    pub reasons: Arc<Reasons>,
    pub timeline: Timeline,
}

/// Reason phrases by status.
pub type Reasons = BTreeMap<Arc<str>, String>;

/// What a view is asked for.
pub struct ViewRequest {
    pub index: Arc<Index>,
    pub query: Query,
    /// The query without its time term, for the timeline.
    pub any_time: Query,
    pub scope: Scope,
}

/// A diagnostic code of the log with its count and what the log says about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeFacet {
    pub code: u32,
    pub count: u32,
    /// The reason text of the first record that has the code.
    pub reason: Option<String>,
    /// What that record is in its exchange; a code may stand in a message that is no failure.
    pub outcome: Option<Outcome>,
}

/// Density of messages over time.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// Milliseconds of the first and the last record.
    pub span: (i64, i64),
    pub buckets: Vec<TimelineBucket>,
    /// What is counted, where it is not what the list shows.
    of: Option<RowSet>,
}

impl Timeline {
    /// The same, where some messages that look like challenges are failures.
    pub(super) fn judged(&self, view: &View, failures: impl Iterator<Item = RowId>) -> Self {
        let mut own = self.clone();
        let rows = self.of.as_ref().unwrap_or(&view.rows);
        for row in failures {
            let index = &view.index;
            if outcome(index, row) != Some(Outcome::Challenge) || !rows.contains(index.position(row)) {
                continue;
            }
            let at = bucket_at(own.span, index.time(row).0);
            if let Some(bucket) = own.buckets.get_mut(at).filter(|bucket| bucket.challenges > 0) {
                bucket.challenges -= 1;
                bucket.failures += 1;
            }
        }
        own
    }
}

/// The slice of a span that a time is in.
fn bucket_at(span: (i64, i64), time: i64) -> usize {
    let width = (span.1 - span.0) as f64 / BUCKETS as f64;
    (((time - span.0) as f64 / width) as usize).min(BUCKETS - 1)
}

/// Counts of one slice of time. Challenges and failures are among the total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimelineBucket {
    pub total: u32,
    pub challenges: u32,
    pub failures: u32,
}

/// Number of buckets of the timeline; more would be narrower than a pixel on most screens.
const BUCKETS: usize = 480;

/// How often a view of a search that goes on is shown at most.
const SHOW_EVERY: Duration = Duration::from_millis(120);

/// Makes views; keeps what it counted, so that a growing index costs only its new blocks.
#[derive(Debug, Default)]
pub struct Viewer {
    matcher: Option<(Query, Scope, Matcher)>,
    any_time: Option<(Query, Scope, Matcher)>,
    facets: Facets,
    values: Arc<Values>,
    codes: Arc<Vec<CodeFacet>>,
    reasons: Arc<Reasons>,
    files: Vec<Weak<TraceFile>>,
}

impl Viewer {
    /// `None` where it was cancelled. `so_far` is told what was found while a long search goes on.
    pub fn view(
        &mut self,
        request: &ViewRequest,
        searched: &Searched,
        cancelled: &AtomicBool,
        so_far: &mut dyn FnMut(View),
    ) -> Option<View> {
        let ViewRequest { index, query, any_time, scope } = request;
        let opened = index.files();
        // Files of the same names may hold something else now. Matchers know by themselves which blocks they have
        // searched, and keep those of files that stayed when another one grows.
        let same = |(known, file): (&Weak<TraceFile>, &Arc<TraceFile>)| known.as_ptr() == Arc::as_ptr(file);
        if self.files.len() != opened.len() || !self.files.iter().zip(opened).all(same) {
            let (matcher, any_time) = (self.matcher.take(), self.any_time.take());
            let files = opened.iter().map(Arc::downgrade).collect();
            *self = Self { matcher, any_time, files, ..Self::default() };
        }
        self.count(index);
        let view = View {
            in_scope: if *scope == Scope::Messages { index.messages() } else { u64::from(index.len()) },
            values: Arc::clone(&self.values),
            codes: Arc::clone(&self.codes),
            reasons: Arc::clone(&self.reasons),
            index: Arc::clone(index),
            query: query.clone(),
            scope: *scope,
            ..View::default()
        };
        let mut tell = |rows: RowSet| so_far(view.with(rows, None));
        let mut watch = Watch { cancelled, searched, every: SHOW_EVERY, so_far: &mut tell };
        let rows = matcher(&mut self.matcher, query, *scope).follow(index, &mut watch)?;
        if any_time == query {
            return Some(View { is_partial: false, ..view.with(rows, None) });
        }
        if searches_bytes(any_time) {
            // The list need not wait for the timeline.
            tell(rows.clone());
        }
        let mut watch = Watch { cancelled, searched, every: Duration::MAX, so_far: &mut |_| {} };
        let in_timeline = matcher(&mut self.any_time, any_time, *scope).follow(index, &mut watch)?;
        Some(View { is_partial: false, ..view.with(rows, Some(&in_timeline)) })
    }

    /// Brings the counts up to date, if the index has grown.
    fn count(&mut self, index: &Index) {
        if !self.facets.update(index) {
            return;
        }
        self.values = Arc::new(self.facets.values());
        let facet = |code: CodeCount| CodeFacet {
            code: code.code,
            count: code.count,
            reason: reason(index, code.first, code.code),
            outcome: outcome(index, code.first),
        };
        self.codes = Arc::new(self.facets.codes().into_iter().map(facet).collect());
        let statuses = self.values.of(Column::Status).iter();
        let phrase = |row| index.entry(row)?.reason;
        self.reasons = Arc::new(statuses.filter_map(|s| Some((Arc::clone(&s.text), phrase(s.first)?))).collect());
    }
}

impl View {
    /// The same with these rows; the timeline shows them too, unless it is to show others.
    fn with(&self, rows: RowSet, in_timeline: Option<&RowSet>) -> Self {
        Self {
            timeline: Timeline { of: in_timeline.cloned(), ..timeline(&self.index, in_timeline.unwrap_or(&rows)) },
            index: Arc::clone(&self.index),
            query: self.query.clone(),
            scope: self.scope,
            rows,
            is_partial: true,
            in_scope: self.in_scope,
            values: Arc::clone(&self.values),
            codes: Arc::clone(&self.codes),
            reasons: Arc::clone(&self.reasons),
        }
    }
}

/// The matcher of a query, with what it knows already if it is still the same query.
fn matcher<'m>(known: &'m mut Option<(Query, Scope, Matcher)>, query: &Query, scope: Scope) -> &'m mut Matcher {
    if known.as_ref().is_some_and(|(known, of, _)| known != query || *of != scope) {
        *known = None;
    }
    let new = || (query.clone(), scope, Matcher::new(query.clone(), scope));
    &mut known.get_or_insert_with(new).2
}

fn reason(index: &Index, row: RowId, code: u32) -> Option<String> {
    index.entry(row)?.diagnostics.into_iter().find(|diagnostic| diagnostic.code == code)?.reason
}

fn timeline(index: &Index, rows: &RowSet) -> Timeline {
    let Some((first, last)) = index.time_span() else { return Timeline::default() };
    let span = (first.0, last.0.max(first.0 + 1));
    let mut buckets = vec![TimelineBucket::default(); BUCKETS];
    // Rows come block by block where the log is in order, so the block is looked up only when it changes.
    let mut known: Option<(Range<u32>, &Block)> = None;
    for position in rows.iter() {
        let row = index.row(position);
        let (range, block) = match known {
            Some(known) if known.0.contains(&row.0) => known,
            _ => {
                let Some((block, at)) = index.locate(row) else { continue };
                let first = row.0 - at as u32;
                (first..first + block.len() as u32, &**block)
            }
        };
        if !block.has_times() {
            break;
        }
        let at = (row.0 - range.start) as usize;
        let time = index.clock_at(block, at).resolve(block.time(at));
        if let Some(bucket) = buckets.get_mut(bucket_at(span, time.0)) {
            bucket.total += 1;
            match outcome_of(block, at) {
                Some(Outcome::Challenge) => bucket.challenges += 1,
                Some(Outcome::Failure) => bucket.failures += 1,
                _ => {}
            }
        }
        known = Some((range, block));
    }
    Timeline { span, buckets, of: None }
}

/// The outcome of a row by its columns; `None` where it holds no message.
#[must_use]
pub fn outcome(index: &Index, row: RowId) -> Option<Outcome> {
    let (block, at) = index.locate(row)?;
    outcome_of(block, at)
}

fn outcome_of(block: &Block, at: usize) -> Option<Outcome> {
    let is_message = block.traits(at).kind() == Kind::Message;
    is_message.then(|| Outcome::of(block.status_of(at), block.codes_of(at).iter().copied()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::{Progress, build};
    use crate::query::parse;
    use crate::source::Source;

    #[test]
    fn what_was_searched_is_not_searched_again_when_another_file_grows() {
        let log = |name: &str, words: &str, lines: usize| {
            let text = format!("11/20/2024|14:21:21.071 2A10:C74 INFO  :: {words}\r\n").repeat(lines);
            Arc::new(TraceFile::new(Source::from_bytes(name, text.into_bytes())).expect("a client log"))
        };
        let mut viewer = Viewer::default();
        let mut found = |index: &Arc<Index>| {
            let query = parse("needle").expect("a query");
            let any_time = query.clone();
            let request = ViewRequest { index: Arc::clone(index), query, any_time, scope: Scope::AllRecords };
            let view = viewer.view(&request, &Searched::default(), &AtomicBool::new(false), &mut |_| {});
            let view = view.expect("nobody cancelled it");
            let records: u32 = view.values.of(Column::Kind).iter().map(|kind| kind.count.records).sum();
            assert_eq!(records, index.len(), "all are counted, and none twice");
            view.rows.len()
        };
        let index = build(&[log("stays", "a needle", 1), log("grows", "a needle", 1)], &Progress::default(), |_| {});
        assert_eq!(found(&index), 2);
        // Who searched the first file again would not find the words in it.
        let later = build(&[log("stays", "a thread", 1), log("grows", "a needle", 2)], &Progress::default(), |_| {});
        let blocks = index.blocks().iter().filter(|block| block.file == 0);
        let blocks = blocks.chain(later.blocks().iter().filter(|block| block.file == 1)).cloned().collect();
        assert_eq!(found(&Arc::new(Index::new(later.files().to_vec(), blocks))), 3);
    }
}
