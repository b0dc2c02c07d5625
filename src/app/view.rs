//! What is on the screen: an index, the rows that the query selects of it, and counts beside them.

use crate::format::Kind;
use crate::index::{Block, CodeCount, Facets, Index, Names, RowId};
use crate::query::{Matcher, Query, RowSet, Scope};
use crate::trace::Outcome;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// One immutable picture of index and selection, which always fit together.
#[derive(Debug, Default)]
pub struct View {
    pub index: Arc<Index>,
    pub query: Query,
    pub scope: Scope,
    pub rows: RowSet,
    /// Number of messages, or of all records, by scope.
    pub in_scope: u64,
    pub addresses: Arc<Names>,
    pub codes: Arc<Vec<CodeFacet>>,
    pub timeline: Timeline,
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

/// Makes views; keeps what it counted, so that a growing index costs only its new blocks.
#[derive(Debug, Default)]
pub struct Viewer {
    matcher: Option<(Query, Scope, Matcher)>,
    any_time: Option<(Query, Scope, Matcher)>,
    facets: Facets,
    addresses: Arc<Names>,
    codes: Arc<Vec<CodeFacet>>,
    files: Vec<String>,
}

impl Viewer {
    /// `None` where it was cancelled. `any_time` is the query without its time term, for the timeline.
    pub fn view(
        &mut self,
        index: &Arc<Index>,
        query: &Query,
        any_time: &Query,
        scope: Scope,
        cancelled: &AtomicBool,
    ) -> Option<View> {
        let files: Vec<String> = index.files().iter().map(|file| file.name().to_owned()).collect();
        if files != self.files {
            *self = Self { files, ..Self::default() };
        }
        let rows = select(&mut self.matcher, index, query, scope, cancelled)?;
        let in_timeline = select(&mut self.any_time, index, any_time, scope, cancelled)?;
        self.count(index);
        let in_scope = if scope == Scope::Messages { index.messages() } else { u64::from(index.len()) };
        Some(View {
            timeline: timeline(index, &in_timeline),
            rows,
            in_scope,
            addresses: Arc::clone(&self.addresses),
            codes: Arc::clone(&self.codes),
            index: Arc::clone(index),
            query: query.clone(),
            scope,
        })
    }
}

impl Viewer {
    /// Brings the counts up to date, if the index has grown.
    fn count(&mut self, index: &Index) {
        if !self.facets.update(index) {
            return;
        }
        self.addresses = Arc::new(self.facets.addresses());
        let facet = |code: CodeCount| CodeFacet {
            code: code.code,
            count: code.count,
            reason: reason(index, code.first, code.code),
            outcome: outcome(index, code.first),
        };
        self.codes = Arc::new(self.facets.codes().into_iter().map(facet).collect());
    }
}

fn select(
    known: &mut Option<(Query, Scope, Matcher)>,
    index: &Index,
    query: &Query,
    scope: Scope,
    cancelled: &AtomicBool,
) -> Option<RowSet> {
    let same = known.as_ref().is_some_and(|(known, of, _)| known == query && *of == scope);
    if !same {
        *known = Some((query.clone(), scope, Matcher::new(query.clone(), scope)));
    }
    known.as_mut()?.2.select(index, cancelled)
}

fn reason(index: &Index, row: RowId, code: u32) -> Option<String> {
    index.entry(row)?.diagnostics.into_iter().find(|diagnostic| diagnostic.code == code)?.reason
}

fn timeline(index: &Index, rows: &RowSet) -> Timeline {
    let Some((first, last)) = index.time_span() else { return Timeline::default() };
    let span = (first.0, last.0.max(first.0 + 1));
    let mut buckets = vec![TimelineBucket::default(); BUCKETS];
    let width = (span.1 - span.0) as f64 / BUCKETS as f64;
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
        if let Some(bucket) = buckets.get_mut((((time.0 - span.0) as f64 / width) as usize).min(BUCKETS - 1)) {
            bucket.total += 1;
            match outcome_of(block, at) {
                Some(Outcome::Challenge) => bucket.challenges += 1,
                Some(Outcome::Failure) => bucket.failures += 1,
                _ => {}
            }
        }
        known = Some((range, block));
    }
    Timeline { span, buckets }
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
