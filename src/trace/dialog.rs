//! Messages of one dialog, and copies of one message.

use crate::format::Kind;
use crate::index::{Block, Index, Position, RowId};
use crate::protocol::{Protocol, WebCall};

/// All rows with the Call-ID of a row, in the order of the window. A web message has none: its dialog is
/// the exchange it is part of.
#[must_use]
pub fn dialog_of(index: &Index, row: RowId) -> Vec<RowId> {
    let Some((block, at)) = index.locate(row) else { return vec![] };
    let id = block.call_id.get(at).copied().unwrap_or(0);
    if id == 0 {
        return exchange_of(index, block, at, row);
    }
    let call_id = block.call_ids.get(id);
    let mut positions: Vec<Position> = Vec::new();
    for (block, first) in index.blocks().iter().zip(index.first_rows()) {
        let Some((wanted, _)) = block.call_ids.iter().find(|(_, word)| *word == call_id) else { continue };
        let rows = (*first..).zip(&block.call_id).filter(|(_, id)| **id == wanted);
        positions.extend(rows.map(|(row, _)| index.position(RowId(row))));
    }
    positions.sort_unstable();
    positions.into_iter().map(|position| index.row(position)).collect()
}

/// How many records around a web message its exchange is searched in.
const NEAR: usize = 2_000;

/// The web messages near a row that belong together: a request with its answer and the rounds between them, which a
/// server wrote down with the same correlation, or the blocks of one web-service call of a client.
fn exchange_of(index: &Index, block: &Block, at: usize, row: RowId) -> Vec<RowId> {
    let correlation = |row: RowId| {
        let found = index.with_record(row, |record| match WebCall::parse(record.text) {
            Some(call) if record.kind == Kind::WebRequest => (record.process.to_vec(), call.context.to_vec()),
            _ => (record.machine.to_vec(), record.correlation.to_vec()),
        });
        found.filter(|(_, id)| !id.is_empty())
    };
    let is_web = |at: usize| {
        let traits = block.traits(at);
        traits.protocol() == Some(Protocol::Http) || traits.kind() == Kind::WebRequest
    };
    let Some(own) = correlation(row).filter(|_| is_web(at)) else { return vec![row] };
    let near = at.saturating_sub(NEAR)..(at + NEAR).min(block.len());
    let row_of = |other: usize| RowId((u64::from(row.0) + other as u64 - at as u64) as u32);
    near.filter(|&other| is_web(other)).map(row_of).filter(|&other| correlation(other).as_ref() == Some(&own)).collect()
}
