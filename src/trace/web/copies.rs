//! One exchange that stands both in a client's log and in a server's trace.

use super::WebExchange;
use crate::format::{Clock, Millis};
use crate::index::Index;
use std::collections::BTreeMap;

/// How far the clocks of a client and a server may differ, milliseconds.
const CLOCKS_MS: i64 = 1_500;

/// Server exchanges of one path in the order of time, with their places.
type OfPath = Vec<(Millis, usize)>;

/// Gives the server's view the rows of the client's, and drops the latter. Only where both clocks are known.
pub(super) fn fold(index: &Index, mut all: Vec<WebExchange>) -> Vec<WebExchange> {
    let has_clock = |exchange: &WebExchange| index.clock(exchange.file) != Clock::Unknown;
    let mut paths: BTreeMap<String, OfPath> = BTreeMap::new();
    if !all.iter().any(|exchange| exchange.is_client) {
        return all;
    }
    for (at, exchange) in all.iter().enumerate().filter(|(_, exchange)| !exchange.is_client && has_clock(exchange)) {
        paths.entry(exchange.path()).or_default().push((exchange.time, at));
    }
    for own in paths.values_mut() {
        own.sort_unstable();
    }
    let mut is_copy = vec![false; all.len()];
    for at in 0..all.len() {
        let Some(client) = all.get(at).filter(|exchange| exchange.is_client && has_clock(exchange)) else { continue };
        let Some(server) = paths.get(&client.path()).and_then(|own| view_of_server(&all, own, client)) else {
            continue;
        };
        let (rows, host, user) = (client.rows.clone(), client.host_name(), client.user.clone());
        if let Some(server) = all.get_mut(server) {
            server.rows.extend(rows);
            server.is_seen_by_client = true;
            server.is_user_inferred &= user.is_none();
            server.user = server.user.take().or(user);
            if server.host_name() != host {
                server.asked_host = server.asked_host.take().or(Some(host));
            }
        }
        if let Some(is_copy) = is_copy.get_mut(at) {
            *is_copy = true;
        }
    }
    let mut is_copy = is_copy.into_iter();
    all.retain(|_| !is_copy.next().unwrap_or(false));
    all
}

/// The server's view of a client's exchange: of the same user, with the same end, and the last that fits, since
/// the rounds of a Windows handshake stand before it.
fn view_of_server(all: &[WebExchange], own: &OfPath, client: &WebExchange) -> Option<usize> {
    let from = client.time.0.saturating_sub(CLOCKS_MS);
    let to = client.answered_at.unwrap_or(client.time).0.saturating_add(CLOCKS_MS);
    let start = own.partition_point(|(time, _)| time.0 < from);
    let near = own.get(start..)?.iter().take_while(|(time, _)| time.0 <= to);
    let fits = |server: &WebExchange| {
        let same_end = match client.status {
            Some(status) => server.status == Some(status),
            None => !client.is_done || client.is_success() == server.is_success(),
        };
        !server.is_seen_by_client && same_end && (server.user == client.user || server.user.is_none())
    };
    let mut fitting: Vec<(bool, Millis, usize)> = near
        .filter_map(|&(time, at)| all.get(at).filter(|server| fits(server)).map(|own| (own.user.is_some(), time, at)))
        .collect();
    fitting.sort_unstable();
    let (is_named, ..) = *fitting.last()?;
    // Nobody's request is that of the client only where it is the only one.
    if !is_named && fitting.len() > 1 {
        return None;
    }
    let middle = i64::midpoint(client.time.0, client.answered_at.unwrap_or(client.time).0);
    let nearest = fitting.iter().filter(|(named, ..)| *named == is_named);
    nearest.min_by_key(|(_, time, _)| time.0.saturating_sub(middle).abs()).map(|(.., at)| *at)
}
