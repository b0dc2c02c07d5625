//! The pieces of one exchange, put together.

use super::WebExchange;
use super::read::{Answer, Key, Piece, piece};
use crate::format::Millis;
use crate::index::{Index, RowId};
use crate::trace::twice::Twice;
use rustc_hash::FxHashMap;

/// How far apart two entries stand that write down the same request or answer, milliseconds.
const SAME_MS: i64 = 2_000;

struct Joined<'a> {
    index: &'a Index,
    all: Vec<WebExchange>,
    /// What waits for its answer, or for the second block of a client.
    open: FxHashMap<Key, usize>,
    /// What had its answer last.
    closed: FxHashMap<Key, usize>,
    /// The file that holds the beginning of an exchange that goes on in another one, which holds the beginning too.
    begun_in: FxHashMap<Key, u16>,
}

/// Everything that rows of web requests, and what stands around them, make up; in the order of the rows.
pub(in crate::trace) fn join(index: &Index, rows: &[RowId]) -> Vec<WebExchange> {
    let pieces = index.read_each(rows, |origin, record| {
        let (key, piece) = piece(index, origin, record)?;
        Some((origin.row, key, piece))
    });
    let mut joined = Joined {
        index,
        all: Vec::with_capacity(pieces.len() / 2),
        open: FxHashMap::default(),
        closed: FxHashMap::default(),
        begun_in: FxHashMap::default(),
    };
    let mut twice = Twice::new(index);
    for (row, mut key, piece) in pieces {
        if let Some(first) = twice.of(row) {
            if let Some(file) = index.locate(first).map(|(block, _)| block.file).filter(|&file| file != key.file) {
                joined.begun_in.insert(key, file);
            }
            continue;
        }
        if let Some(&file) = joined.begun_in.get(&key) {
            key.file = file;
        }
        joined.take(row, key, piece);
    }
    joined.all
}

impl Joined<'_> {
    fn take(&mut self, row: RowId, key: Key, piece: Piece) {
        match piece {
            Piece::Request(exchange) => self.request(key, *exchange),
            Piece::Between(text) => {
                if let Some(exchange) = self.open.get(&key).and_then(|&at| self.all.get_mut(at)) {
                    exchange.rows.push(row);
                    exchange.take_text(*text);
                }
            }
            Piece::Response(answer) => self.response(row, key, *answer),
            Piece::Block(exchange) => {
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

    fn response(&mut self, row: RowId, key: Key, answer: Answer) {
        if let Some(at) = self.open.remove(&key) {
            if let Some(own) = self.all.get_mut(at) {
                own.rows.push(row);
                own.take_answer(answer);
            }
            self.closed.insert(key, at);
            return;
        }
        let before =
            self.closed.get(&key).and_then(|&at| self.all.get_mut(at)).filter(|own| {
                own.status == answer.status && own.answered_at.is_some_and(|at| is_near(at, answer.time))
            });
        if let Some(own) = before {
            own.rows.push(row);
            let new: Vec<_> = answer.diagnostics.into_iter().filter(|new| !own.diagnostics.contains(new)).collect();
            own.diagnostics.extend(new);
            return;
        }
        let alone = self.index.read_one(row, |origin, record| {
            let mut alone = WebExchange::new(self.index, row, origin.file, record);
            alone.take_answer(answer);
            Some(alone)
        });
        if let Some(alone) = alone {
            self.closed.insert(key, self.all.len());
            self.all.push(alone);
        }
    }
}

fn is_near(one: Millis, other: Millis) -> bool {
    other.0.saturating_sub(one.0).abs() <= SAME_MS
}
