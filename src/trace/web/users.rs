//! Whose request it is, where it does not say so itself.

use super::{Owners, Registration, WebExchange};
use crate::format::Millis;
use rustc_hash::FxHashMap;

/// How far apart requests of one sign-in stand, milliseconds.
const NEAR_MS: i64 = 60_000;
/// How far apart the rounds of one Windows handshake stand, milliseconds.
const ROUND_MS: i64 = 2_000;

/// Names the users of client logs: of a log without any REGISTER by the addresses it asks autodiscover for.
pub(super) fn own_logs(all: &mut [WebExchange], owners: &mut Owners) {
    let of_clients = all.iter().filter(|exchange| exchange.is_client && !owners.knows(exchange.file));
    let asked: Vec<_> =
        of_clients.filter_map(|exchange| Some((exchange.file, exchange.time, exchange.user.clone()?))).collect();
    owners.extend(asked.iter().map(|(file, time, user)| (*file, *time, user.as_str())));
    for exchange in all.iter_mut().filter(|exchange| exchange.is_client && exchange.user.is_none()) {
        exchange.user = owners.at(exchange.file, exchange.time).map(str::to_owned);
    }
}

/// Requests that name their user, in the order of time.
#[derive(Default)]
struct Named(Vec<(Millis, String)>);

impl Named {
    fn near(&self, time: Millis, before_ms: i64, after_ms: i64) -> &[(Millis, String)] {
        let from = self.0.partition_point(|(own, _)| own.0 < time.0.saturating_sub(before_ms));
        let to = self.0.partition_point(|(own, _)| own.0 <= time.0.saturating_add(after_ms));
        self.0.get(from..to).unwrap_or_default()
    }

    /// The only user around a time, `None` where there are several.
    fn only(&self, time: Millis, before_ms: i64, after_ms: i64) -> Option<String> {
        let near = self.near(time, before_ms, after_ms);
        let (_, first) = near.first()?;
        near.iter().all(|(_, user)| user == first).then(|| first.clone())
    }
}

/// Names the user of requests that do not say it: the one with the same ticket, else the one whom the same client
/// asked for at nearly the same time, else the one whose handshake it is, else the only one who signs in at that
/// time.
pub(super) fn name(all: &mut [WebExchange], registrations: &[Registration]) {
    by_ticket(all);
    by_client(all);
    by_ticket(all);
    by_handshake(all);
    by_time(all, &registered(registrations));
}

/// Who signs in over SIP, and when.
fn registered(registrations: &[Registration]) -> Named {
    let messages = registrations.iter().flat_map(Registration::messages).filter(|message| message.is_request());
    let mut named: Vec<_> = messages.filter_map(|message| Some((message.time(), message.from.clone()?))).collect();
    named.sort();
    Named(named)
}

fn by_ticket(all: &mut [WebExchange]) {
    let mut users: FxHashMap<u64, (bool, String)> = FxHashMap::default();
    for exchange in all.iter() {
        if let (Some(ticket), Some(user)) = (exchange.ticket, &exchange.user) {
            let own = users.entry(ticket).or_insert_with(|| (exchange.is_user_inferred, user.clone()));
            if own.0 && !exchange.is_user_inferred {
                *own = (false, user.clone());
            }
        }
    }
    for exchange in all.iter_mut().filter(|exchange| exchange.user.is_none()) {
        if let Some((is_inferred, user)) = exchange.ticket.and_then(|ticket| users.get(&ticket)) {
            exchange.user = Some(user.clone());
            exchange.is_user_inferred = *is_inferred;
        }
    }
}

/// Sorts those who name their user by what they have in common.
fn named<K: std::hash::Hash + Eq>(all: &[WebExchange], key: impl Fn(&WebExchange) -> Option<K>) -> FxHashMap<K, Named> {
    let mut groups: FxHashMap<K, Named> = FxHashMap::default();
    let mut own: Vec<&WebExchange> = all.iter().filter(|exchange| exchange.user.is_some()).collect();
    own.sort_by_key(|exchange| exchange.time);
    for exchange in own {
        if let (Some(key), Some(user)) = (key(exchange), &exchange.user) {
            groups.entry(key).or_default().0.push((exchange.time, user.clone()));
        }
    }
    groups
}

fn infer(exchange: &mut WebExchange, user: Option<String>) {
    exchange.is_user_inferred = user.is_some();
    exchange.user = user;
}

/// Behind one address may be many people, so only who is alone there at that time is known.
fn by_client(all: &mut [WebExchange]) {
    let key = |exchange: &WebExchange| Some((exchange.file, exchange.client.clone()?));
    let groups = named(all, key);
    for exchange in all.iter_mut().filter(|exchange| exchange.user.is_none()) {
        let own = key(exchange).and_then(|key| groups.get(&key));
        infer(exchange, own.and_then(|own| own.only(exchange.time, NEAR_MS, NEAR_MS)));
    }
}

/// The rounds of a Windows handshake go to one machine, shortly before the request that succeeds.
fn by_handshake(all: &mut [WebExchange]) {
    let key = |exchange: &WebExchange| {
        (!exchange.is_client).then(|| (exchange.file, exchange.machine.clone(), exchange.path()))
    };
    let groups = named(all, key);
    for exchange in all.iter_mut().filter(|exchange| exchange.user.is_none() && exchange.offers_windows) {
        let own = key(exchange).and_then(|key| groups.get(&key));
        infer(exchange, own.and_then(|own| own.only(exchange.time, 0, ROUND_MS)));
    }
}

/// Whom a reverse proxy names is somebody of his own. And whoever signs in over SIP meanwhile may have asked as well.
fn by_time(all: &mut [WebExchange], registered: &Named) {
    let groups = named(all, |exchange| (!exchange.is_client).then_some(exchange.file));
    let unnamed = all.iter_mut().filter(|exchange| exchange.user.is_none() && !exchange.is_client);
    for exchange in unnamed.filter(|exchange| exchange.client.is_none()) {
        let only = groups.get(&exchange.file).and_then(|own| own.only(exchange.time, NEAR_MS, NEAR_MS));
        let others = registered.near(exchange.time, NEAR_MS, NEAR_MS);
        infer(exchange, only.filter(|user| others.iter().all(|(_, other)| other == user)));
    }
}
