//! Refused web tickets and their one cause: of all that the evidence would allow, the most specific it proves.
//!
//! A ticket that is refused once is an old one: the client asks for another and goes on. So it is never the number
//! of refusals alone that counts, but whether a ticket was fresh, who gave it out, and whether it went on afterwards.

use super::web_services::WebServices;
use crate::format::Millis;
use crate::trace::{Trace, WebExchange, WebService};
use rustc_hash::{FxHashMap, FxHashSet};

/// Why tickets were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketCause {
    /// Some front ends accept them, others do not.
    SomeMembers,
    /// Another pool gave them out.
    OtherPool,
    /// The pool gave them out itself.
    Issuer,
    /// The log does not show who gave them out.
    UnknownIssuer,
}

/// Tickets of one user, refused by one pool.
#[derive(Debug)]
pub struct TicketRefusal<'a> {
    pub user: Option<&'a str>,
    pub cause: TicketCause,
    /// In the order of time; never empty.
    pub refused: Vec<&'a WebExchange>,
    /// Answers 500 to the same requests, after refusals.
    pub gave_up: Vec<&'a WebExchange>,
    /// Where the refused tickets came from, each once.
    pub issued: Vec<&'a WebExchange>,
    /// Tickets that the same pool accepted.
    pub accepted: Vec<&'a WebExchange>,
    /// A ticket was accepted afterwards.
    pub recovers: bool,
    /// Tickets of others were accepted meanwhile, at the same web site of the same front ends.
    pub others_are_accepted: bool,
    /// Shown to the end by a log that goes on afterwards.
    pub is_settled: bool,
}

/// Tickets are good for about eight hours. Where a log does not tell how long, one older than this may be an old one.
const FRESH_MS: i64 = 3_600_000;
/// How near each other tickets are accepted and refused where the members of a pool differ.
const INTERMITTENT_MS: u64 = 10 * 60_000;
/// A service gives up soon after it refused.
const GIVE_UP_MS: i64 = 60_000;
/// Requests that a client sends at once, when it wakes up with an old ticket, stand this near each other.
const AT_ONCE_MS: i64 = 30_000;

/// What tells tickets of one user apart: whether it is the ticket itself, and a number.
type TicketId = (bool, u64);

type RefusedAndAccepted<'a> = (Vec<&'a WebExchange>, Vec<&'a WebExchange>);

/// What is known about tickets given out in the whole trace.
struct Issues<'a> {
    by_ticket: FxHashMap<u64, &'a WebExchange>,
    /// Some ticket shown is one that was given out: then tickets can be told apart.
    link: bool,
}

/// Where a refused ticket came from.
#[derive(Clone, Copy)]
enum Origin<'a> {
    Same(&'a WebExchange),
    Other(&'a WebExchange),
    /// It had ended, or may have.
    Old,
    Unknown,
}

/// Judges the refused tickets of everybody.
pub(super) fn all<'a>(web: &WebServices<'a>, trace: &'a Trace) -> Vec<TicketRefusal<'a>> {
    let given_out = trace.web.iter().filter(|exchange| exchange.issues_ticket);
    let by_ticket: FxHashMap<u64, &WebExchange> = given_out.filter_map(|own| Some((own.ticket?, own))).collect();
    let shown = trace.web.iter().filter(|exchange| !exchange.issues_ticket).filter_map(|exchange| exchange.ticket);
    let link = shown.into_iter().any(|ticket| by_ticket.contains_key(&ticket));
    let issues = Issues { by_ticket, link };
    let mut found = Vec::new();
    for (user, exchanges) in web.users() {
        if exchanges.iter().any(|exchange| exchange.refuses_ticket()) {
            found.extend(of_user(web, trace, &issues, *user, exchanges));
        }
    }
    found
}

fn of_user<'a>(
    web: &WebServices<'a>,
    trace: &'a Trace,
    issues: &Issues<'a>,
    user: Option<&'a str>,
    exchanges: &[&'a WebExchange],
) -> Vec<TicketRefusal<'a>> {
    // By pool, in the order of the first refusal.
    let mut pools: Vec<(String, Vec<&'a WebExchange>)> = Vec::new();
    let mut places: FxHashMap<String, usize> = FxHashMap::default();
    for &exchange in exchanges.iter().filter(|exchange| exchange.refuses_ticket()) {
        let key = web.pools.key(exchange);
        let place = *places.entry(key.clone()).or_insert(pools.len());
        match pools.get_mut(place) {
            Some((_, refused)) => refused.push(exchange),
            None => pools.push((key, vec![exchange])),
        }
    }
    let mut accepted: Vec<Vec<&'a WebExchange>> = vec![Vec::new(); pools.len()];
    for &exchange in exchanges.iter().filter(|exchange| exchange.accepts_ticket()) {
        if let Some(own) = places.get(&web.pools.key(exchange)).and_then(|&place| accepted.get_mut(place)) {
            own.push(exchange);
        }
    }
    let given_out: Vec<&'a WebExchange> = exchanges.iter().copied().filter(|exchange| exchange.issues_ticket).collect();
    let judged = pools.into_iter().zip(accepted).filter_map(|((_, refused), accepted)| {
        let own = Tickets { web, trace, issues, user, exchanges, given_out: &given_out, refused, accepted };
        own.judge()
    });
    judged.collect()
}

/// What one pool did with the tickets of one user.
struct Tickets<'t, 'a> {
    web: &'t WebServices<'a>,
    trace: &'a Trace,
    issues: &'t Issues<'a>,
    user: Option<&'a str>,
    exchanges: &'t [&'a WebExchange],
    given_out: &'t [&'a WebExchange],
    refused: Vec<&'a WebExchange>,
    accepted: Vec<&'a WebExchange>,
}

impl<'a> Tickets<'_, 'a> {
    fn judge(mut self) -> Option<TicketRefusal<'a>> {
        if self.user.is_none() {
            if let Some(found) = self.of_nobody() {
                return Some(found);
            }
            // Of several people only a ticket itself tells what belongs together.
            self.refused.retain(|own| own.ticket.is_some_and(|ticket| self.issues.by_ticket.contains_key(&ticket)));
            let shown: FxHashSet<u64> = self.refused.iter().filter_map(|own| own.ticket).collect();
            self.accepted.retain(|own| own.ticket.is_some_and(|ticket| shown.contains(&ticket)));
        } else if self.is_intermittent() {
            let refused = self.refused.clone();
            return self.found(TicketCause::SomeMembers, refused, Vec::new());
        }
        // Refusals without an accepted ticket between them stand together. The last are the worst: they have not
        // ended yet.
        let mut runs: Vec<(usize, Vec<&'a WebExchange>)> = Vec::new();
        for &exchange in &self.refused {
            let before = self.accepted.partition_point(|accepted| accepted.time <= exchange.time);
            match runs.last_mut().filter(|(own, _)| *own == before) {
                Some((_, run)) => run.push(exchange),
                None => runs.push((before, vec![exchange])),
            }
        }
        runs.iter().rev().find_map(|(_, run)| self.judge_run(run))
    }

    /// Tickets that a pool refuses over some time while it gives out new ones and accepts none at all, whoever they
    /// belong to.
    fn of_nobody(&self) -> Option<TicketRefusal<'a>> {
        let key = self.web.pools.key(self.refused.first()?);
        let of_pool = self.given_out.iter().copied().filter(|issue| self.web.pools.key(issue) == key);
        let issued: Vec<&WebExchange> = of_pool.collect();
        let renewed = issued.first()?.time;
        let refused: Vec<&WebExchange> = self.refused.iter().copied().filter(|own| own.time >= renewed).collect();
        let (first, last) = (*refused.first()?, *refused.last()?);
        let since = first.time.0.saturating_sub(FRESH_MS);
        let takes_ticket = |exchange: &WebExchange| {
            let is_open =
                matches!(exchange.service, WebService::Metadata | WebService::AutodiscoverRoot | WebService::WebTicket);
            exchange.is_success() && exchange.has_ticket != Some(false) && !is_open
        };
        let mut accepted = self.trace.web.iter().filter(|own| takes_ticket(own) && own.time.0 >= since);
        if accepted.any(|own| own.is_client || self.web.pools.key(own) == key) || !self.repeats(&refused) {
            return None;
        }
        let issued = issued.into_iter().filter(|issue| issue.time <= last.time).collect();
        self.found(TicketCause::UnknownIssuer, refused, issued)
    }

    /// Refused more often than old tickets explain: again after a while, one after the other, or to the end.
    fn repeats(&self, refused: &[&'a WebExchange]) -> bool {
        let (Some(first), Some(last)) = (refused.first(), refused.last()) else { return false };
        let tickets: FxHashSet<u64> = refused.iter().filter_map(|exchange| exchange.ticket).collect();
        let lasts = last.time.0.saturating_sub(first.time.0) >= AT_ONCE_MS;
        refused.len() >= 3 && (lasts || tickets.len() >= 2 || !self.gave_up(refused).is_empty())
    }

    /// Judges refusals that stand together.
    fn judge_run(&self, run: &[&'a WebExchange]) -> Option<TicketRefusal<'a>> {
        let (first, last) = (*run.first()?, *run.last()?);
        let recovers = self.accepted.iter().any(|accepted| accepted.time > last.time);
        let origins: Vec<Origin<'a>> = run.iter().map(|exchange| self.origin(exchange)).collect();
        let same: Vec<&WebExchange> = origins
            .iter()
            .filter_map(|origin| if let Origin::Same(issue) = origin { Some(*issue) } else { None })
            .collect();
        let other: Vec<&WebExchange> = origins
            .iter()
            .filter_map(|origin| if let Origin::Other(issue) = origin { Some(*issue) } else { None })
            .collect();
        let gave_up = !self.gave_up(run).is_empty();
        let pick = |wanted: fn(&Origin<'_>) -> bool| -> Vec<&'a WebExchange> {
            run.iter().zip(&origins).filter(|(_, origin)| wanted(origin)).map(|(exchange, _)| *exchange).collect()
        };
        if same.len() >= 2 || same.len() == 1 && gave_up {
            // A client that goes on afterwards had a problem only if tickets can be told apart.
            let is_sure = !recovers || self.issues.link && same.len() >= 3;
            let refused = pick(|origin| !matches!(origin, Origin::Other(_) | Origin::Old));
            return is_sure.then(|| self.found(TicketCause::Issuer, refused, same)).flatten();
        }
        if recovers {
            return None;
        }
        if !other.is_empty() {
            return self.found(TicketCause::OtherPool, pick(|origin| matches!(origin, Origin::Other(_))), other);
        }
        let unknown = pick(|origin| matches!(origin, Origin::Unknown));
        // Refusals of another origin between them count for how long it lasts.
        let lasts = last.time.0.saturating_sub(first.time.0) >= AT_ONCE_MS;
        let repeats = unknown.len() >= 3 && (lasts || gave_up || self.repeats(&unknown));
        (repeats && self.user.is_some()).then(|| self.found(TicketCause::UnknownIssuer, unknown, Vec::new())).flatten()
    }

    fn origin(&self, refused: &WebExchange) -> Origin<'a> {
        let judge = |issue: &'a WebExchange| {
            let age_ms = refused.time.0.saturating_sub(issue.time.0);
            match self.web.pools.same(issue, refused) {
                _ if age_ms >= issue.ticket_lifetime_ms.unwrap_or(FRESH_MS) => Origin::Old,
                Some(true) => Origin::Same(issue),
                Some(false) => Origin::Other(issue),
                None => Origin::Unknown,
            }
        };
        if let Some(issue) = refused.ticket.and_then(|ticket| self.issues.by_ticket.get(&ticket)) {
            return judge(issue);
        }
        if self.user.is_none() || refused.ticket.is_some() && self.issues.link {
            return Origin::Unknown;
        }
        // The last ticket that this pool gave out before; without one, the last of another.
        let end = self.given_out.partition_point(|issue| issue.time <= refused.time);
        let before = self.given_out.get(..end).unwrap_or_default();
        let own = before.iter().rev().find(|issue| self.web.pools.same(issue, refused) == Some(true));
        own.or(before.last()).map_or(Origin::Unknown, |issue| judge(issue))
    }

    /// Answers 500 to requests with a ticket, soon after a refusal, by the same service.
    fn gave_up(&self, refused: &[&'a WebExchange]) -> Vec<&'a WebExchange> {
        let soon_after = |exchange: &WebExchange| {
            let end = refused.partition_point(|own| own.time <= exchange.time);
            let before = end.checked_sub(1).and_then(|last| refused.get(last));
            before.is_some_and(|own| {
                exchange.time.0.saturating_sub(own.time.0) <= GIVE_UP_MS && own.service == exchange.service
            })
        };
        let errors =
            self.exchanges.iter().filter(|exchange| exchange.status == Some(500) && !exchange.refuses_ticket());
        errors.filter(|exchange| exchange.has_ticket != Some(false) && soon_after(exchange)).copied().collect()
    }

    /// Accepted by some front ends and refused by others, and that by turns or with one ticket: what comes after a
    /// new ticket was given out would be so too where the old one had ended.
    fn is_intermittent(&self) -> bool {
        let near = |one: &WebExchange, others: &[&WebExchange]| {
            let at = others.partition_point(|other| other.time < one.time);
            let around = at.checked_sub(1).and_then(|before| others.get(before)).into_iter().chain(others.get(at));
            around.into_iter().any(|other| other.time.0.abs_diff(one.time.0) <= INTERMITTENT_MS)
        };
        let select = |own: &[&'a WebExchange], others: &[&'a WebExchange]| -> Vec<&'a WebExchange> {
            let known = own.iter().copied().filter(|exchange| exchange.front_end().is_some());
            known.filter(|exchange| near(exchange, others)).collect()
        };
        let refused = select(&self.refused, &self.accepted);
        let accepted = select(&self.accepted, &self.refused);
        if refused.len() < 2 || accepted.is_empty() {
            return false;
        }
        let mut tickets: FxHashMap<TicketId, RefusedAndAccepted<'a>> = FxHashMap::default();
        for &exchange in &refused {
            tickets.entry(self.ticket_of(exchange)).or_default().0.push(exchange);
        }
        for &exchange in &accepted {
            tickets.entry(self.ticket_of(exchange)).or_default().1.push(exchange);
        }
        let by_turns = |refused: &[&WebExchange], accepted: &[&WebExchange]| {
            let between = |outer: &[&WebExchange], inner: &[&WebExchange]| match (outer.first(), outer.last()) {
                (Some(first), Some(last)) => inner.iter().any(|own| own.time > first.time && own.time < last.time),
                _ => false,
            };
            between(refused, accepted) || between(accepted, refused)
        };
        let differ = |refused: &[&WebExchange], accepted: &[&WebExchange]| {
            let refusing: FxHashSet<String> = refused.iter().filter_map(|own| own.front_end()).collect();
            let accepting: FxHashSet<String> = accepted.iter().filter_map(|own| own.front_end()).collect();
            refusing.is_disjoint(&accepting)
        };
        let one_ticket = tickets.values().any(|(refused, accepted)| {
            let (Some(first), Some(last)) = (refused.first(), accepted.last()) else { return false };
            let is_fresh = || refused.iter().any(|own| matches!(self.origin(own), Origin::Same(_)));
            differ(refused, accepted) && (last.time > first.time || is_fresh())
        });
        one_ticket || differ(&refused, &accepted) && by_turns(&refused, &accepted)
    }

    /// Which ticket a request carried: by itself, else by how many had been given out.
    fn ticket_of(&self, exchange: &WebExchange) -> TicketId {
        match exchange.ticket {
            Some(ticket) => (true, ticket),
            None => (false, self.given_out.partition_point(|issue| issue.time <= exchange.time) as u64),
        }
    }

    fn found(
        &self,
        cause: TicketCause,
        refused: Vec<&'a WebExchange>,
        mut issued: Vec<&'a WebExchange>,
    ) -> Option<TicketRefusal<'a>> {
        let last = refused.last()?;
        issued.sort_by_key(|issue| (issue.time, issue.rows.first().copied()));
        issued.dedup_by_key(|issue| issue.rows.first().copied());
        let ends = self.trace.coverage.end_of(last.file).unwrap_or(Millis::NEVER);
        let is_settled = ends == Millis::NEVER || ends.0.saturating_sub(last.time.0) >= AT_ONCE_MS;
        Some(TicketRefusal {
            user: self.user,
            cause,
            gave_up: self.gave_up(&refused),
            issued,
            recovers: self.accepted.iter().any(|accepted| accepted.time > last.time),
            accepted: self.accepted.clone(),
            others_are_accepted: refused.iter().any(|exchange| self.web.accepts_others(self.user, exchange)),
            is_settled,
            refused,
        })
    }
}
