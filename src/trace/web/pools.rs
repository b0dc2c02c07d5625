//! Which servers and names belong to one pool.

use super::WebExchange;
use rustc_hash::{FxHashMap, FxHashSet};

/// What the exchanges of a trace tell about pools. A front end and its pool have different names, and the web site
/// outside has a third: one pool may be asked for under any of them.
#[derive(Debug, Default)]
pub struct Pools {
    /// Pool in the trace's prefix, by front end.
    of_front_end: FxHashMap<String, String>,
    /// Host names under which a front end was asked.
    hosts: FxHashMap<String, FxHashSet<String>>,
}

impl Pools {
    #[must_use]
    pub fn of<'a>(exchanges: impl IntoIterator<Item = &'a WebExchange>) -> Self {
        let mut own = Self::default();
        for exchange in exchanges.into_iter().filter(|exchange| !exchange.is_client) {
            let Some(front_end) = exchange.front_end() else { continue };
            if !exchange.pool.is_empty() && !own.of_front_end.contains_key(&front_end) {
                own.of_front_end.insert(front_end.clone(), exchange.pool.to_ascii_lowercase());
            }
            let names = [Some(exchange.host_name()), exchange.asked_host.clone()];
            let names =
                names.into_iter().flatten().filter(|host| !host.is_empty() && !host.starts_with("lyncdiscover"));
            own.hosts.entry(front_end).or_default().extend(names);
        }
        own
    }

    /// The pool in the trace's prefix, lower case.
    fn pool(&self, exchange: &WebExchange) -> Option<String> {
        let written = Some(exchange.pool.to_ascii_lowercase()).filter(|pool| !pool.is_empty());
        written.or_else(|| self.of_front_end.get(&exchange.front_end()?).cloned())
    }

    /// Whether two exchanges were answered by members of one pool: by the pool in the trace's prefix, else by the
    /// server that answered, else by the host of the URL. `None` where nothing tells.
    #[must_use]
    pub fn same(&self, one: &WebExchange, other: &WebExchange) -> Option<bool> {
        if let (Some(own), Some(others)) = (self.pool(one), self.pool(other)) {
            return Some(own == others);
        }
        let front_ends = (one.front_end(), other.front_end());
        if let (Some(own), Some(others)) = &front_ends
            && (own == others || self.share_host(own, others))
        {
            return Some(true);
        }
        let names = |exchange: &WebExchange| {
            let mut names: Vec<String> = [Some(exchange.host_name()), exchange.asked_host.clone()]
                .into_iter()
                .flatten()
                .filter(|name| !name.is_empty())
                .collect();
            if names.is_empty() {
                let sources = exchange.diagnostics.iter().filter_map(|diagnostic| diagnostic.source.as_deref());
                names.extend(sources.map(|source| source.trim_end_matches('/').to_ascii_lowercase()));
            }
            names
        };
        let (own, others) = (names(one), names(other));
        // Names of servers may stand for those of pools.
        let is_front_end = |names: &[String]| {
            names.iter().any(|name| name.split('.').next().is_some_and(|short| self.hosts.contains_key(short)))
        };
        match (own.is_empty() || others.is_empty(), own.iter().any(|name| others.contains(name))) {
            (true, _) => None,
            (_, true) => Some(true),
            _ if is_front_end(&own) || is_front_end(&others) => None,
            _ => Some(false),
        }
    }

    fn share_host(&self, one: &str, other: &str) -> bool {
        let hosts = |name: &str| self.hosts.get(name);
        matches!((hosts(one), hosts(other)), (Some(own), Some(others)) if own.intersection(others).next().is_some())
    }

    /// What stands for the pool of an exchange: its name in the trace's prefix, else the host of the URL.
    #[must_use]
    pub fn key(&self, exchange: &WebExchange) -> String {
        self.pool(exchange).unwrap_or_else(|| exchange.host_name())
    }
}
