//! The requests of failed answers: an answer that is drawn without its question looks like one that nobody asked for.

use crate::index::{Index, RowId};
use crate::protocol::{HeaderName, Message};
use rustc_hash::FxHashSet;

/// Answers whose requests are looked for, at most.
const MOST_ANSWERS: usize = 1_000;

/// The same rows with the requests of the failed answers among them, in the order of the window.
#[must_use]
pub fn with_questions(index: &Index, rows: &[RowId]) -> Vec<RowId> {
    let mut dialogs: FxHashSet<&[u8]> = FxHashSet::default();
    let mut asked: FxHashSet<(String, String, String)> = FxHashSet::default();
    for &row in rows {
        let Some((block, at)) = index.locate(row).filter(|_| asked.len() < MOST_ANSWERS) else { continue };
        let id = block.call_id.get(at).copied().unwrap_or(0);
        if id == 0 || block.status_of(at).is_none_or(|status| status < 400) {
            continue;
        }
        let key = index.with_record(row, |record| record.message.as_ref().and_then(key));
        if let Some(key) = key.flatten() {
            dialogs.insert(block.call_ids.get(id));
            asked.insert(key);
        }
    }
    let mut all: Vec<RowId> = rows.to_vec();
    for (block, first) in index.blocks().iter().zip(index.first_rows()).filter(|_| !asked.is_empty()) {
        let mut is_wanted = vec![false; block.call_ids.len()];
        for (id, _) in block.call_ids.iter().filter(|(_, word)| dialogs.contains(word)) {
            if let Some(wanted) = is_wanted.get_mut(usize::from(id)) {
                *wanted = true;
            }
        }
        if !is_wanted.contains(&true) {
            continue;
        }
        for ((row, at), id) in (*first..).zip(0..).zip(&block.call_id) {
            if is_wanted.get(usize::from(*id)) != Some(&true) || block.status_of(at).is_some() {
                continue;
            }
            let is_asked = index.with_record(RowId(row), |record| {
                let message = record.message.as_ref().filter(|message| message.is_request())?;
                asked.contains(&key(message)?).then_some(())
            });
            all.extend(is_asked.flatten().map(|()| RowId(row)));
        }
    }
    all.sort_unstable_by_key(|&row| index.position(row));
    all.dedup();
    all
}

/// What an answer has in common with its request on the same hop. Clients write no branch; their address stands for it.
fn key(message: &Message<'_>) -> Option<(String, String, String)> {
    let text = |name| Some(message.header(name)?.text());
    let via = text(HeaderName::Via)?;
    let top = via.split(',').next().unwrap_or_default();
    let branch = top.split(';').find_map(|part| part.trim().strip_prefix("branch="));
    let hop = branch.or_else(|| top.split(';').next()).map(str::trim)?;
    Some((text(HeaderName::CallId)?, text(HeaderName::CSeq)?, hop.to_owned()))
}
