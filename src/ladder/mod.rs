//! Who sent what to whom: lanes and arrows of a call-flow ladder, as plain data. Nothing is painted here.

mod lanes;
mod questions;

pub use self::lanes::Called;
pub use self::questions::with_questions;

use crate::format::{Kind, Millis};
use crate::index::{Index, RowId};
use crate::protocol::lines::to_text;
use crate::protocol::message::cseq;
use crate::protocol::{HeaderName, Protocol, WebCall};
use crate::trace::{Host, HostId, Hosts, Outcome, State, Trace};
use rustc_hash::{FxHashMap, FxHashSet};

/// Most messages a ladder shows; the rest is counted and said.
pub const MAX_MESSAGES: usize = 20_000;

/// Lanes from left to right, arrows from top to bottom.
#[derive(Clone, Debug, Default)]
pub struct Ladder {
    pub lanes: Vec<Host>,
    /// How people call them; empty where they are called by their names.
    pub called: Vec<Called>,
    pub arrows: Vec<Arrow>,
    /// Messages that are not shown because the log does not say which way they went.
    pub without_direction: usize,
    /// Messages after the last one that is shown.
    pub not_shown: usize,
}

/// One message between two lanes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrow {
    /// The row to select when the arrow is clicked.
    pub row: RowId,
    /// The same message as the other end wrote it down.
    pub copy: Option<RowId>,
    pub from: usize,
    pub to: usize,
    pub time: Millis,
    /// `REGISTER`, `401 Unauthorized`.
    pub label: String,
    /// CSeq number, web request path, diagnostic code: what tells equal labels apart.
    pub detail: String,
    pub outcome: Outcome,
}

impl Arrow {
    /// True where a row is shown by this arrow.
    #[must_use]
    pub fn shows(&self, row: RowId) -> bool {
        self.is_any(|own| own == row)
    }

    /// True where something is true of its row, or of the copy at the other end.
    pub fn is_any(&self, is: impl Fn(RowId) -> bool) -> bool {
        is(self.row) || self.copy.is_some_and(is)
    }
}

impl Ladder {
    /// The ladder of some rows, which stand in the order of the window. Rows that hold
    /// neither a message nor a web-service call are passed over. A message that both of its ends wrote down is one arrow.
    #[must_use]
    pub fn of(index: &Index, rows: &[RowId]) -> Self {
        let shown = rows.get(..MAX_MESSAGES).unwrap_or(rows);
        let mut hosts = Hosts::learn(index);
        let mut ladder = Self { not_shown: rows.len() - shown.len(), ..Self::default() };
        let mut ends: Vec<(HostId, HostId)> = Vec::new();
        // Arrows that still lack the copy of their other end, by message and ends.
        let mut asked = Asked::default();
        let mut single: FxHashMap<(String, HostId, HostId, bool), Vec<usize>> = FxHashMap::default();
        for &row in shown {
            let Some((arrow, key, ends_of, is_out)) =
                arrow(index, row, &mut hosts, &mut ladder.without_direction, &mut asked)
            else {
                continue;
            };
            if let Some(key) = key {
                let (from, to) = ends_of;
                let other = single.get_mut(&(key.clone(), from, to, !is_out)).filter(|waiting| !waiting.is_empty());
                if let Some(waiting) = other {
                    let first = waiting.remove(0);
                    if let Some(first) = ladder.arrows.get_mut(first) {
                        first.copy = Some(row);
                    }
                    continue;
                }
                single.entry((key, from, to, is_out)).or_default().push(ladder.arrows.len());
            }
            ladder.arrows.push(arrow);
            ends.push(ends_of);
        }
        ladder.place_lanes(&hosts, &ends);
        ladder
    }

    /// Puts the lanes in order, and the arrows between them.
    fn place_lanes(&mut self, hosts: &Hosts, ends: &[(HostId, HostId)]) {
        let used = lanes::order(hosts, &self.arrows, ends);
        let lane = |id: HostId| used.iter().position(|other| *other == id).unwrap_or(0);
        for (arrow, (from, to)) in self.arrows.iter_mut().zip(ends) {
            (arrow.from, arrow.to) = (lane(*from), lane(*to));
        }
        self.lanes = used.iter().filter_map(|id| hosts.get(*id).cloned()).collect();
    }

    /// Calls clients by their users, for the screen: who saves a ladder may not want names in it.
    pub fn call_clients(&mut self, index: &Index) {
        lanes::call(self, index);
    }

    /// How a lane is called.
    #[must_use]
    pub fn called(&self, lane: usize) -> (&str, &str) {
        match (self.called.get(lane), self.lanes.get(lane)) {
            (Some(called), _) => (&called.name, called.role),
            (None, Some(host)) => (&host.name, host.role.word()),
            (None, None) => ("", ""),
        }
    }

    /// Whether a sign-in may tell more of an arrow than the message alone.
    #[must_use]
    pub fn has_challenge(&self) -> bool {
        self.arrows.iter().any(|arrow| arrow.outcome == Outcome::Challenge)
    }

    /// Makes failures of the answers that refuse a token. Each alone looks like the challenges before it; only its
    /// sign-in tells.
    pub fn judge(&mut self, trace: &Trace) {
        let rounds = trace.attempts().flat_map(|attempt| &attempt.rounds);
        let failed = rounds.filter(|round| round.state == State::Failed).filter_map(|round| round.answer());
        let mut refused: FxHashSet<RowId> = FxHashSet::default();
        failed.for_each(|answer| refused.extend(answer.rows()));
        for arrow in &mut self.arrows {
            if refused.contains(&arrow.row) || arrow.copy.is_some_and(|copy| refused.contains(&copy)) {
                arrow.outcome = Outcome::Failure;
            }
        }
    }

    /// The arrow that shows a row.
    #[must_use]
    pub fn arrow_of(&self, row: RowId) -> Option<usize> {
        self.arrows.iter().position(|arrow| arrow.shows(row))
    }

    /// An arrow in words, for screen readers and tests: `EDGE01 to 198.51.100.23: 401 Unauthorized`.
    #[must_use]
    pub fn words(&self, arrow: &Arrow) -> String {
        let name = |lane: usize| self.called(lane).0;
        let detail = if arrow.detail.is_empty() { String::new() } else { format!(", {}", arrow.detail) };
        format!("{} to {}: {}{detail} ({})", name(arrow.from), name(arrow.to), arrow.label, arrow.outcome.word())
    }
}

type Found = (Arrow, Option<String>, (HostId, HostId), bool);

/// What web requests asked for, by machine and correlation: their answers do not say it.
type Asked = FxHashMap<(Vec<u8>, Vec<u8>), String>;

fn arrow(
    index: &Index,
    row: RowId,
    hosts: &mut Hosts,
    without_direction: &mut usize,
    asked: &mut Asked,
) -> Option<Found> {
    let (block, _) = index.locate(row)?;
    let format = index.files().get(usize::from(block.file))?.format?;
    index.with_record(row, |record| {
        if let Some(call) = WebCall::parse(record.text).filter(|_| record.kind == Kind::WebRequest) {
            let ends = hosts.ends(record, format)?;
            let target = to_text(call.target);
            let (label, detail) = if call.is_done {
                (call.outcome(), path_of(&target).to_owned())
            } else {
                (path_of(&target).to_owned(), to_text(call.auth))
            };
            let outcome = match (call.is_done, call.has_failed()) {
                (false, _) => Outcome::Request,
                (true, true) => {
                    call.status().map_or(Outcome::Failure, |status| Outcome::of(Some(status), [].into_iter()))
                }
                (true, false) => Outcome::Success,
            };
            let arrow = Arrow { row, copy: None, from: 0, to: 0, time: index.time(row), label, detail, outcome };
            return Some((arrow, None, ends, !call.is_done));
        }
        let message = record.message.as_ref()?;
        let Some(ends) = hosts.ends(record, format) else {
            *without_direction += 1;
            return None;
        };
        let label = match (message.start.method(), message.start.status()) {
            (Some(method), _) => to_text(method),
            (None, Some(status)) => {
                format!("{status} {}", message.start.reason().unwrap_or_default()).trim_end().to_owned()
            }
            (None, None) => message.start_line(),
        };
        let codes = message.diagnostics();
        let number = message
            .header(HeaderName::CSeq)
            .and_then(|header| cseq(header.value))
            .map(|(number, _)| format!("CSeq {number}"));
        let path = message.start.target().map(to_text).filter(|target| target.contains('/'));
        let mut path = path.map(|target| path_of(&target).to_owned());
        if message.protocol() == Protocol::Http && !record.correlation.is_empty() {
            let exchange = (record.machine.to_vec(), record.correlation.to_vec());
            match &path {
                Some(path) => {
                    asked.insert(exchange, path.clone());
                }
                None => path = asked.get(&exchange).cloned(),
            }
        }
        let code = codes.first().map(|diagnostic| format!("code {}", diagnostic.code));
        let detail = number.into_iter().chain(path).chain(code).collect::<Vec<_>>().join(", ");
        let outcome = Outcome::of_message(message);
        let arrow = Arrow { row, copy: None, from: 0, to: 0, time: index.time(row), label, detail, outcome };
        Some((arrow, message.copy_key(), ends, record.direction == crate::format::Direction::Out))
    })?
}

/// `https://host:4443/a/b?c` -> `/a/b`
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest.find('/').map_or("", |at| rest.split_at(at).1));
    rest.split('?').next().unwrap_or(rest)
}
