//! The pieces of one exchange, put together.

use super::WebExchange;
use super::read::{Key, Piece, piece};
use crate::format::Millis;
use crate::index::{Index, RowId};
use rustc_hash::FxHashMap;

/// How far apart two entries stand that write down the same request or answer, milliseconds.
const SAME_MS: i64 = 2_000;

#[derive(Default)]
struct Joined {
    all: Vec<WebExchange>,
    /// What waits for its answer, or for the second block of a client.
    open: FxHashMap<Key, usize>,
    /// What had its answer last.
    closed: FxHashMap<Key, usize>,
}

/// Joins what rows hold, in the order of the files.
pub(super) fn join(index: &Index, rows: &[RowId]) -> Vec<WebExchange> {
    let pieces = index.read_each(rows, |origin, record| piece(index, origin, record));
    let mut joined = Joined::default();
    for (key, piece) in pieces {
        joined.take(key, piece);
    }
    joined.all
}

impl Joined {
    fn take(&mut self, key: Key, piece: Piece) {
        match piece {
            Piece::Request(exchange) => self.request(key, *exchange),
            Piece::Between { row, text } => {
                if let Some(exchange) = self.open.get(&key).and_then(|&at| self.all.get_mut(at)) {
                    exchange.rows.push(row);
                    exchange.read_request_text(&text);
                }
            }
            Piece::Response { row, exchange } => self.response(key, row, *exchange),
            Piece::Block { exchange, context } => {
                let key = (key.0, key.1, context);
                match self.open.get(&key).copied().and_then(|at| self.all.get_mut(at)).filter(|own| !own.is_done) {
                    Some(own) => own.take_block(*exchange),
                    None => self.opens(key, *exchange),
                }
            }
        }
    }

    fn opens(&mut self, key: Key, exchange: WebExchange) {
        self.closed.remove(&key);
        self.open.insert(key, self.all.len());
        self.all.push(exchange);
    }

    /// A request stands there once more where one module notes its URL and another its head.
    fn request(&mut self, key: Key, exchange: WebExchange) {
        let before = self.open.get(&key).and_then(|&at| self.all.get_mut(at));
        let is_same = |own: &WebExchange| {
            own.verb == exchange.verb && own.path() == exchange.path() && is_near(own.time, exchange.time)
        };
        match before.filter(|own| is_same(own)) {
            Some(own) => own.take_request(exchange),
            None => self.opens(key, exchange),
        }
    }

    fn response(&mut self, key: Key, row: RowId, exchange: WebExchange) {
        if let Some(at) = self.open.remove(&key) {
            if let Some(own) = self.all.get_mut(at) {
                own.rows.push(row);
                own.take_answer(exchange.time, exchange);
            }
            self.closed.insert(key, at);
            return;
        }
        let before = self.closed.get(&key).and_then(|&at| self.all.get_mut(at)).filter(|own| {
            own.status == exchange.status && own.answered_at.is_some_and(|at| is_near(at, exchange.time))
        });
        if let Some(own) = before {
            own.rows.push(row);
            let new: Vec<_> = exchange.diagnostics.into_iter().filter(|new| !own.diagnostics.contains(new)).collect();
            own.diagnostics.extend(new);
            return;
        }
        let mut alone = exchange;
        alone.answered_at = Some(alone.time);
        self.closed.insert(key, self.all.len());
        self.all.push(alone);
    }
}

fn is_near(one: Millis, other: Millis) -> bool {
    other.0.saturating_sub(one.0).abs() <= SAME_MS
}
