//! Who asked and who was asked, of requests that servers speak of and whose failed answer a trace does not hold.

use super::noted::ServerNote;
use super::sip::SipMessage;
use crate::format::Kind;
use crate::index::Index;
use crate::protocol::lines::to_text;
use rustc_hash::{FxHashMap, FxHashSet};

/// Who asked and who was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parties {
    /// Address-of-record in canonical form.
    pub from: Option<String>,
    pub to: Option<String>,
    pub method: String,
}

/// From and To of the requests that diagnostic records speak of, where the trace holds no failed answer to them.
pub(super) fn of(index: &Index, notes: &[ServerNote], failed: &[SipMessage]) -> FxHashMap<String, Parties> {
    let told: FxHashSet<&str> = failed.iter().map(|message| message.call_id.as_str()).collect();
    let of_diagnostics = notes.iter().filter(|note| note.kind == Kind::Diagnostic);
    let wanted: FxHashSet<&str> =
        of_diagnostics.filter_map(|note| note.call_id.as_deref()).filter(|call_id| !told.contains(call_id)).collect();
    let mut parties = FxHashMap::default();
    if wanted.is_empty() {
        return parties;
    }
    for block in index.blocks() {
        let mut named: FxHashMap<u16, String> = FxHashMap::default();
        for (id, word) in block.call_ids.iter() {
            if let Ok(call_id) = str::from_utf8(word)
                && wanted.contains(call_id)
            {
                named.insert(id, call_id.to_owned());
            }
        }
        for (at, id) in block.call_id.iter().enumerate() {
            let Some(call_id) = named.get(id).filter(|_| block.traits(at).kind() == Kind::Message) else { continue };
            let address = |column: &[u16]| {
                let id = column.get(at).copied().unwrap_or(0);
                Some(to_text(block.address(id))).filter(|address| !address.is_empty())
            };
            parties.entry(call_id.clone()).or_insert_with(|| Parties {
                from: address(block.from_column()),
                to: address(block.to_column()),
                method: to_text(block.names.get(block.method.get(at).copied().unwrap_or(0))),
            });
        }
    }
    parties
}
