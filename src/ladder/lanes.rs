//! In which order lanes stand, and whose client a lane without an address is.

use super::{Arrow, Ladder};
use crate::format::{Direction, Kind};
use crate::index::Index;
use crate::protocol::lines::to_text;
use crate::trace::{Host, HostId, Hosts, Outcome, Role};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// A lane as people call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// `EDGE01`, `anna's client`.
    pub name: String,
    /// `Edge`, `client log`.
    pub role: &'static str,
}

impl Called {
    fn of(host: &Host) -> Self {
        Self { name: host.name.clone(), role: host.role.word() }
    }
}

/// Lanes by role, then by first appearance. Where requests go from the inside out, the Edge stands behind the servers:
/// the way is read from left to right.
pub(super) fn order(hosts: &Hosts, arrows: &[Arrow], ends: &[(HostId, HostId)]) -> Vec<HostId> {
    let mut used: Vec<HostId> = Vec::new();
    for id in ends.iter().flat_map(|(from, to)| [*from, *to]) {
        if !used.contains(&id) {
            used.push(id);
        }
    }
    let role = |id: HostId| hosts.get(id).map(|host| host.role);
    let (mut inwards, mut outwards) = (0_usize, 0_usize);
    for (arrow, (from, to)) in arrows.iter().zip(ends) {
        // What a server tells by itself says nothing of the way that was asked for.
        if arrow.outcome != Outcome::Request || arrow.label.ends_with("NOTIFY") {
            continue;
        }
        match (role(*from), role(*to)) {
            (Some(Role::Edge), Some(Role::Server)) => inwards += 1,
            (Some(Role::Server), Some(Role::Edge)) => outwards += 1,
            _ => {}
        }
    }
    used.sort_by_key(|id| match role(*id) {
        Some(Role::Edge) if outwards > inwards => Some((Role::Server, true)),
        role => role.map(|role| (role, false)),
    });
    used
}

/// Gives lanes that only say what they are the name of the user whose client it is, where the log tells.
pub(super) fn call(ladder: &mut Ladder, index: &Index) {
    ladder.called = ladder.lanes.iter().map(Called::of).collect();
    let mut owners: FxHashMap<u16, Option<String>> = FxHashMap::default();
    for (lane, host) in ladder.lanes.iter().enumerate() {
        let (is_web, role) = match host.role {
            Role::Client if host.name == "Client" => (false, "client log"),
            Role::WebClient => (true, "web client"),
            _ => continue,
        };
        let mut users: BTreeSet<String> = BTreeSet::new();
        for arrow in ladder.arrows.iter().filter(|arrow| arrow.from == lane) {
            let user = if is_web {
                index.with_record(arrow.row, |record| record.message.as_ref()?.request_uri_person()).flatten()
            } else {
                let file = index.locate(arrow.row).map(|(block, _)| block.file);
                file.and_then(|file| owners.entry(file).or_insert_with(|| owner(index, file)).clone())
            };
            users.extend(user);
        }
        let Some(called) = ladder.called.get_mut(lane) else { continue };
        let users: Vec<&str> = users.iter().map(|user| user.split('@').next().unwrap_or(user)).collect();
        called.name = match users.as_slice() {
            [] => continue,
            [only] => format!("{only}'s client"),
            several => format!("{} clients", several.len()),
        };
        called.role = role;
    }
}

/// Whose client wrote a log: the sender of the first request that it sent.
fn owner(index: &Index, file: u16) -> Option<String> {
    let blocks = index.blocks().iter().filter(|block| block.file == file);
    blocks.flat_map(|block| (0..block.len()).map(move |at| (block, at))).find_map(|(block, at)| {
        let traits = block.traits(at);
        let is_sent = traits.kind() == Kind::Message && traits.direction() == Direction::Out;
        let from = block.from_column().get(at).copied().filter(|_| is_sent && block.status_of(at).is_none())?;
        Some(to_text(block.address(from))).filter(|user| user.contains('@'))
    })
}
