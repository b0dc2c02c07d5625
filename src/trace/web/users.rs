//! Whose request it is, where it does not say so itself.

use super::WebExchange;
use crate::format::Millis;
use rustc_hash::FxHashMap;

/// How far apart requests of one sign-in stand, milliseconds.
const NEAR_MS: i64 = 60_000;
/// How far apart the rounds of one Windows handshake stand, milliseconds.
const ROUND_MS: i64 = 2_000;

/// Names the users of client logs: of a log without any REGISTER by the addresses it asks autodiscover for.
pub(super) fn own_logs(all: &mut [WebExchange], owners: &mut FxHashMap<u16, String>) {
    let mut asked: FxHashMap<(u16, &str), usize> = FxHashMap::default();
    for exchange in all.iter().filter(|exchange| exchange.is_client && !owners.contains_key(&exchange.file)) {
        if let Some(user) = &exchange.user {
            *asked.entry((exchange.file, user)).or_default() += 1;
        }
    }
    let mut asked: Vec<_> = asked.into_iter().collect();
    asked.sort_unstable_by(|((_, a), n), ((_, b), m)| n.cmp(m).then_with(|| b.cmp(a)));
    owners.extend(asked.into_iter().map(|((file, user), _)| (file, user.to_owned())).collect::<Vec<_>>());
    for exchange in all.iter_mut().filter(|exchange| exchange.is_client && exchange.user.is_none()) {
        exchange.user = owners.get(&exchange.file).cloned();
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

    /// The user whose request stands nearest.
    fn nearest(&self, time: Millis) -> Option<String> {
        let before = self.near(time, NEAR_MS, 0).last();
        let after = self.near(time, 0, NEAR_MS).first();
        let nearest = before.into_iter().chain(after).min_by_key(|(own, _)| own.0.saturating_sub(time.0).abs());
        nearest.map(|(_, user)| user.clone())
    }
}

/// Names the user of requests that do not say it: the one with the same ticket, else the one whom the same client
/// asked for at nearly the same time, else the one whose handshake it is, else the only one who signs in at that
/// time.
pub(super) fn name(all: &mut [WebExchange]) {
    by_ticket(all);
    by_client(all);
    by_ticket(all);
    by_handshake(all);
    by_time(all);
}

fn by_ticket(all: &mut [WebExchange]) {
    let mut users: FxHashMap<u64, String> = FxHashMap::default();
    for exchange in all.iter() {
        if let (Some(ticket), Some(user)) = (exchange.ticket, &exchange.user) {
            users.entry(ticket).or_insert_with(|| user.clone());
        }
    }
    for exchange in all.iter_mut().filter(|exchange| exchange.user.is_none()) {
        exchange.user = exchange.ticket.and_then(|ticket| users.get(&ticket)).cloned();
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

fn by_client(all: &mut [WebExchange]) {
    let key = |exchange: &WebExchange| Some((exchange.file, exchange.client.clone()?));
    let groups = named(all, key);
    for exchange in all.iter_mut().filter(|exchange| exchange.user.is_none()) {
        exchange.user = key(exchange).and_then(|key| groups.get(&key)).and_then(|own| own.nearest(exchange.time));
    }
}

/// The rounds of a Windows handshake go to one machine, shortly before the request that succeeds.
fn by_handshake(all: &mut [WebExchange]) {
    let key = |exchange: &WebExchange| {
        (!exchange.is_client).then(|| (exchange.file, exchange.machine.clone(), exchange.path()))
    };
    let groups = named(all, key);
    for exchange in all.iter_mut().filter(|exchange| exchange.user.is_none() && exchange.offers_windows) {
        exchange.user =
            key(exchange).and_then(|key| groups.get(&key)).and_then(|own| own.only(exchange.time, 0, ROUND_MS));
    }
}

/// Whom a reverse proxy names is somebody of his own.
fn by_time(all: &mut [WebExchange]) {
    let groups = named(all, |exchange| (!exchange.is_client).then_some(exchange.file));
    let unnamed = all.iter_mut().filter(|exchange| exchange.user.is_none() && !exchange.is_client);
    for exchange in unnamed.filter(|exchange| exchange.client.is_none()) {
        exchange.user = groups.get(&exchange.file).and_then(|own| own.only(exchange.time, NEAR_MS, NEAR_MS));
    }
}
