//! Whom people reach after all: requests to another domain that were answered well, of those who failed to get there.

use super::sip::SipMessage;
use crate::format::{Kind, Millis};
use crate::index::Index;
use crate::protocol::lines::to_text;
use rustc_hash::{FxHashMap, FxHashSet};

/// When a request of a user was last answered well by a domain, for users and domains of failed requests.
pub type Reached = FxHashMap<(String, String), Millis>;

/// Methods whose success shows that the way is open.
const METHODS: [&[u8]; 4] = [b"INVITE", b"SUBSCRIBE", b"MESSAGE", b"SERVICE"];

fn domain(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(_, domain)| domain)
}

fn way(from: &str, to: &str) -> Option<(String, String)> {
    let other = domain(to);
    (!from.is_empty() && !other.is_empty() && domain(from) != other).then(|| (from.to_owned(), other.to_owned()))
}

pub(super) fn of(index: &Index, failed: &[SipMessage]) -> Reached {
    let mut reached = Reached::default();
    let ways = failed.iter().filter_map(|message| way(message.from.as_deref()?, message.to.as_deref()?));
    let wanted: FxHashSet<(String, String)> = ways.collect();
    if wanted.is_empty() {
        return reached;
    }
    for block in index.blocks() {
        // Few people talk to few others, so each pair is looked at once.
        let mut ways: FxHashMap<(u16, u16), Option<(String, String)>> = FxHashMap::default();
        for at in 0..block.len() {
            let is_success = matches!(block.status_of(at), Some(200..=299)) && block.traits(at).kind() == Kind::Message;
            let method = block.method.get(at).copied().unwrap_or(0);
            if !is_success || !METHODS.contains(&block.names.get(method)) {
                continue;
            }
            let of = |column: &[u16]| column.get(at).copied().unwrap_or(0);
            let ids = (of(block.from_column()), of(block.to_column()));
            let address = |id| to_text(block.address(id));
            let own = ways
                .entry(ids)
                .or_insert_with(|| way(&address(ids.0), &address(ids.1)).filter(|way| wanted.contains(way)));
            let time = index.clock_at(block, at).resolve(block.time(at));
            if let Some(way) = own.as_ref().filter(|_| time != Millis::NEVER) {
                let last = reached.entry(way.clone()).or_insert(time);
                *last = (*last).max(time);
            }
        }
    }
    reached
}
