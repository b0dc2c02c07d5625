//! The web side of a sign-in as rules see it: the requests of each user in the order of time, which servers make up
//! a pool, and whose tickets were refused.

use super::ticket_refusal::{self, TicketRefusal};
use crate::format::Millis;
use crate::protocol::address::host_and_port;
use crate::trace::{Attempt, Ending, Pools, Round, Trace, WebExchange};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// How long before and after an event somebody else's success says something about it, milliseconds.
const MEANWHILE_MS: i64 = 10 * 60_000;

/// A front end, and the host under which it was asked.
type SiteKey = (String, String);
/// When a ticket was accepted, and whose it was.
type Accepted<'a> = (Millis, Option<&'a str>);

/// Requests to web services, looked up by user.
#[derive(Debug, Default)]
pub struct WebServices<'a> {
    pub pools: Pools,
    /// By the first request of each; who is not known counts as one.
    users: Vec<(Option<&'a str>, Vec<&'a WebExchange>)>,
    places: FxHashMap<&'a str, usize>,
    pub ticket_refusals: Vec<TicketRefusal<'a>>,
    /// Sign-ins with a user certificate, by what names the server or its pool, in the order of time.
    with_certificate: BTreeMap<String, Vec<(Millis, &'a str)>>,
    /// Tickets accepted, by front end and the host asked for, in the order of time.
    accepted: BTreeMap<SiteKey, Vec<Accepted<'a>>>,
}

impl<'a> WebServices<'a> {
    #[must_use]
    pub fn of(trace: &'a Trace) -> Self {
        let mut own = Self { pools: Pools::of(&trace.web), ..Self::default() };
        let mut nobody = None;
        for exchange in &trace.web {
            let user = exchange.user.as_deref();
            let new = own.users.len();
            let place = match user {
                Some(user) => *own.places.entry(user).or_insert(new),
                None => *nobody.get_or_insert(new),
            };
            match own.users.get_mut(place) {
                Some((_, exchanges)) => exchanges.push(exchange),
                None => own.users.push((user, vec![exchange])),
            }
        }
        for (_, exchanges) in &mut own.users {
            exchanges.sort_by_key(|exchange| exchange.time);
        }
        let signed_in = trace
            .attempts()
            .filter(|attempt| attempt.ending == Ending::SignedIn && attempt.package() == Some("TLS-DSK"));
        for attempt in signed_in {
            if let Some(user) = attempt.user.as_deref() {
                for name in server_names(attempt) {
                    own.with_certificate.entry(name).or_default().push((attempt.started(), user));
                }
            }
        }
        for sign_ins in own.with_certificate.values_mut() {
            sign_ins.sort_unstable();
        }
        for exchange in trace.web.iter().filter(|exchange| exchange.accepts_ticket()) {
            if let Some(key) = site_key(exchange) {
                own.accepted.entry(key).or_default().push((exchange.time, exchange.user.as_deref()));
            }
        }
        for accepted in own.accepted.values_mut() {
            accepted.sort_unstable();
        }
        own.ticket_refusals = ticket_refusal::all(&own, trace);
        own
    }

    /// Everybody with requests, in the order of their first; `None` is who is not known.
    #[must_use]
    pub fn users(&self) -> &[(Option<&'a str>, Vec<&'a WebExchange>)] {
        &self.users
    }

    /// Requests about a user, in the order of time.
    #[must_use]
    pub fn of_user(&self, user: &str) -> &[&'a WebExchange] {
        let place = self.places.get(user).and_then(|&place| self.users.get(place));
        place.map(|(_, exchanges)| exchanges.as_slice()).unwrap_or_default()
    }

    /// Requests about a user that began in a stretch of time, ends included.
    #[must_use]
    pub fn between(&self, user: &str, from: Millis, to: Millis) -> &[&'a WebExchange] {
        let own = self.of_user(user);
        let start = own.partition_point(|exchange| exchange.time < from);
        let end = own.partition_point(|exchange| exchange.time <= to);
        own.get(start..end).unwrap_or_default()
    }

    /// The same web site of the same front end accepted a ticket of somebody else at that time.
    #[must_use]
    pub fn accepts_others(&self, user: Option<&str>, refused: &WebExchange) -> bool {
        let Some(accepted) = site_key(refused).and_then(|key| self.accepted.get(&key)) else { return false };
        let from = accepted.partition_point(|(time, _)| time.0 < refused.time.0.saturating_sub(MEANWHILE_MS));
        let meanwhile = accepted.get(from..).unwrap_or_default().iter();
        meanwhile
            .take_while(|(time, _)| time.0 <= refused.time.0.saturating_add(MEANWHILE_MS))
            .any(|(_, other)| *other != user)
    }

    /// Somebody else who signed in with a user certificate on the same pool at that time.
    #[must_use]
    pub fn signs_in_with_certificate(&self, user: Option<&str>, exchanges: &[&WebExchange]) -> Option<&'a str> {
        let first = exchanges.first()?.time.0.saturating_sub(MEANWHILE_MS);
        let last = exchanges.last()?.time.0.saturating_add(MEANWHILE_MS);
        let mut names: Vec<String> =
            exchanges.iter().flat_map(|own| [own.front_end(), pool_name(&own.pool)]).flatten().collect();
        names.sort_unstable();
        names.dedup();
        let of_server = |name: &String| {
            let own = self.with_certificate.get(name)?;
            let from = own.partition_point(|(time, _)| time.0 < first);
            let meanwhile = own.get(from..)?.iter().take_while(|(time, _)| time.0 <= last);
            meanwhile.filter(|(_, other)| Some(*other) != user).min().copied()
        };
        names.iter().filter_map(of_server).min().map(|(_, other)| other)
    }
}

/// The front end that answered, and the web site of it that was asked. Sites inside and outside differ.
fn site_key(exchange: &WebExchange) -> Option<SiteKey> {
    Some((exchange.front_end()?, exchange.asked_host.clone().unwrap_or_else(|| exchange.host_name())))
}

fn pool_name(pool: &str) -> Option<String> {
    (!pool.is_empty()).then(|| format!("{}\\", pool.to_ascii_lowercase()))
}

/// The front end that an attempt was for, and the pools that its messages passed.
fn server_names(attempt: &Attempt) -> Vec<String> {
    let target = attempt.rounds.iter().rev().find_map(|round| round.sent()?.target_host());
    let front_end = target.and_then(|host| host.split('.').next().map(str::to_owned));
    let messages = attempt.rounds.iter().flat_map(Round::messages);
    let mut pools: Vec<&str> = Vec::new();
    for hop in messages.flat_map(|message| &message.hops) {
        if !pools.contains(&hop.pool.as_str()) {
            pools.push(&hop.pool);
        }
    }
    let mut names: Vec<String> = front_end.into_iter().chain(pools.into_iter().filter_map(pool_name)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The host that requests went to, in words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Without a port; may be empty.
    pub host: String,
    pub port: Option<u16>,
    /// The name outside, where the requests came through a reverse proxy.
    pub asked_host: Option<String>,
}

impl Site {
    /// Of exchanges of one pool: the name with a port says most.
    #[must_use]
    pub fn of(exchanges: &[&WebExchange]) -> Self {
        let hosts: Vec<String> =
            exchanges.iter().map(|exchange| exchange.host()).filter(|host| !host.is_empty()).collect();
        let mut sites = hosts.iter().map(|host| host_and_port(host));
        let (name, port) = sites.clone().find(|(_, port)| port.is_some()).or(sites.next()).unwrap_or_default();
        let other = hosts.iter().map(|host| host_and_port(host).0.to_owned());
        let asked = exchanges.iter().filter_map(|exchange| exchange.asked_host.clone());
        let asked_host = asked.chain(other).find(|other| other != name && !other.starts_with("lyncdiscover"));
        Self { host: name.to_owned(), port, asked_host }
    }

    /// `fepool01.contoso.com`, or what can be said instead.
    #[must_use]
    pub fn name(&self) -> &str {
        if self.host.is_empty() { "the pool" } else { &self.host }
    }
}

/// Names of the front ends that answered, each once.
#[must_use]
pub fn front_ends(exchanges: &[&WebExchange]) -> Vec<String> {
    let mut names: Vec<String> = exchanges.iter().filter_map(|exchange| exchange.front_end()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, INVALID_TICKET, Log, Server, index};
    use crate::trace::{Trace, WebExchange};

    const ANNA: &str = "anna@contoso.com";
    const BEN: &str = "ben@contoso.com";
    const TICKETS: &str = "https://webext.contoso.com/WebTicket/WebTicketService.svc/WebTicket_Proof";

    fn web(logs: &[&dyn Log]) -> Vec<WebExchange> {
        Trace::read(&index(logs)).web
    }

    #[test]
    fn the_head_of_a_request_stands_in_a_record_of_its_own() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.refuses_ticket(ANNA, "AA01");
        let own = web(&[&fe01]);
        let [exchange] = own.as_slice() else { panic!("one exchange, not {own:?}") };
        assert_eq!((exchange.rows.len(), exchange.has_ticket, exchange.status), (3, Some(true), Some(401)));
        assert!(exchange.has_code(28032));
    }

    #[test]
    fn url_and_head_noted_by_two_modules_are_one_request() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        let path = "/Autodiscover/AutodiscoverService.svc/root/user?sipuri=sip:anna@contoso.com";
        fe01.web_line(&format!("RequestUrl=https://fepool01.contoso.com:4443{path},RequestVerb=GET"));
        fe01.web_line(&format!("GET {path} HTTP/1.1\nHost: webext.contoso.com\nX-MS-WebTicket: opaque=cwt=AA01"));
        fe01.web_line("HTTP/1.1 100 Continue");
        fe01.web_line(&format!("HTTP/1.1 401 Unauthorized\n{INVALID_TICKET}"));
        fe01.web_line("HTTP/1.1 401 Unauthorized\nServer: Microsoft-IIS/8.5");
        let own = web(&[&fe01]);
        let [exchange] = own.as_slice() else { panic!("one exchange, not {own:?}") };
        assert_eq!((exchange.host().as_str(), exchange.has_ticket), ("fepool01.contoso.com:4443", Some(true)));
        assert_eq!(exchange.asked_host.as_deref(), Some("webext.contoso.com"));
        assert!(exchange.has_code(28032));
    }

    #[test]
    fn without_a_number_the_thread_ties_the_entries_together() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        let line = |server: &mut Server, thread: &str, text: &str| server.line_of(thread, "0000000000", text);
        line(&mut fe01, "0B40", "GET /Autodiscover/AutodiscoverService.svc/root?sipuri=sip:anna@contoso.com HTTP/1.1");
        line(&mut fe01, "0B44", "GET /Autodiscover/AutodiscoverService.svc/root?sipuri=sip:ben@contoso.com HTTP/1.1");
        line(&mut fe01, "0B40", "HTTP/1.1 200 OK");
        line(&mut fe01, "0B44", "HTTP/1.1 404 Not Found");
        let own = web(&[&fe01]);
        let own: Vec<_> = own.iter().map(|exchange| (exchange.user.as_deref(), exchange.status)).collect();
        assert_eq!(own, [(Some(ANNA), Some(200)), (Some(BEN), Some(404))]);
    }

    #[test]
    fn what_both_logs_hold_is_one_exchange_of_the_server() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.now_ms += 60_000;
        let mut anna = Client::new(ANNA);
        anna.register("");
        anna.challenge();
        anna.now_ms = fe01.now_ms - 150;
        fe01.windows_round();
        fe01.windows_round();
        fe01.gives_ticket(ANNA, "AA01");
        anna.web_call("windows auth", TICKETS, "0", "");
        let own = web(&[&fe01, &anna]);
        let own: Vec<_> = own
            .iter()
            .map(|exchange| (exchange.status, exchange.is_seen_by_client, exchange.user.as_deref()))
            .collect();
        let round = (Some(401), false, Some(ANNA));
        assert_eq!(own, [round, round, (Some(200), true, Some(ANNA))]);
    }

    #[test]
    fn the_same_call_a_minute_later_is_another_one() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.gives_ticket(ANNA, "AA01");
        let mut anna = Client::new(ANNA);
        anna.register("");
        anna.challenge();
        anna.wait(60);
        anna.web_call("windows auth", TICKETS, "0", "");
        assert_eq!(web(&[&fe01, &anna]).len(), 2);
    }

    #[test]
    fn users_are_known_by_body_ticket_and_client_address() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.accepts_ticket(BEN, "BB01");
        fe01.certificate(ANNA, "200 OK", "");
        let bare = "https://fepool01.contoso.com:4443/ucwa/v1/applications";
        fe01.web("POST", bare, "X-MS-WebTicket: opaque=cwt=BB01", "201 Created", "", "");
        let root =
            "https://fepool01.contoso.com:4443/Autodiscover/AutodiscoverService.svc/root?sipuri=sip:anna@contoso.com";
        fe01.web("GET", root, "X-Forwarded-For: 198.51.100.23", "200 OK", "", "<Root/>");
        fe01.web(
            "GET",
            root.trim_end_matches("?sipuri=sip:anna@contoso.com"),
            "X-Forwarded-For: 198.51.100.23",
            "200 OK",
            "",
            "",
        );
        fe01.web("GET", bare, "X-Forwarded-For: 198.51.100.99", "401 Unauthorized", "", "");
        let own = web(&[&fe01]);
        let own: Vec<_> = own.iter().map(|exchange| exchange.user.as_deref()).collect();
        assert_eq!(own, [Some(BEN), Some(ANNA), Some(BEN), Some(ANNA), Some(ANNA), None]);
    }
    #[test]
    fn a_request_without_a_name_is_nobodys_where_several_may_have_sent_it() {
        let bare = "https://fepool01.contoso.com:4443/CertProv/CertProvisioningService.svc";
        let ask = |fe01: &mut Server, from: &str| fe01.web("POST", bare, from, "401 Unauthorized", INVALID_TICKET, "");
        let users = |logs: &[&dyn Log]| {
            let all = web(logs);
            let own = all.iter().filter(|own| own.path().contains("certprov"));
            own.map(|own| (own.user.clone(), own.is_user_inferred)).collect::<Vec<_>>()
        };
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.accepts_ticket(BEN, "BB01");
        ask(&mut fe01, "");
        let ben = (Some(BEN.to_owned()), true);
        assert_eq!(users(&[&fe01]), std::slice::from_ref(&ben));
        let mut anna = Client::new(ANNA);
        anna.register("");
        anna.challenge();
        assert_eq!(users(&[&fe01, &Server::copies("FEPOOL01", "FE02", &anna)]), [(None, false)]);

        let mut nat = Server::new("FEPOOL01", "FE01");
        let root = "https://fepool01.contoso.com:4443/Autodiscover/AutodiscoverService.svc/root?sipuri=sip:";
        nat.web("GET", &format!("{root}{BEN}"), "X-Forwarded-For: 203.0.113.9", "200 OK", "", "<Root/>");
        ask(&mut nat, "X-Forwarded-For: 203.0.113.9");
        assert_eq!(users(&[&nat]), [ben]);
        nat.wait(2);
        nat.web("GET", &format!("{root}{ANNA}"), "X-Forwarded-For: 203.0.113.9", "200 OK", "", "<Root/>");
        assert_eq!(users(&[&nat]), [(None, false)]);
    }

    #[test]
    fn an_ipv6_address_is_one_host() {
        let mut fe01 = Server::new("", "FE01");
        fe01.site = "[2001:db8::10]:4443".to_owned();
        fe01.gives_ticket(ANNA, "AA01");
        fe01.refuses_ticket(ANNA, "AA01");
        let own = web(&[&fe01]);
        assert!(own.iter().all(|own| own.host_name() == "[2001:db8::10]" && own.asked_host.is_none()), "{own:?}");
        let site = super::Site::of(&own.iter().collect::<Vec<_>>());
        assert_eq!((site.name(), site.port, site.asked_host.as_deref()), ("[2001:db8::10]", Some(4443), None));
    }

    #[test]
    fn a_shared_client_asks_for_who_signs_in_with_it() {
        let mut anna = Client::new(ANNA);
        anna.ntlm_sign_in();
        anna.refresh("NTLM");
        anna.sign_out();
        let mut ben = Client::new(BEN);
        ben.now_ms = anna.now_ms + 60_000;
        ben.register("");
        ben.challenge();
        ben.web_call("windows auth", TICKETS, "80ef0191", "");
        let mut both = Server::new("", "");
        both.lines_of(&(anna.text() + &ben.text()));
        let own = web(&[&both]);
        assert_eq!(own.iter().map(|own| own.user.as_deref()).collect::<Vec<_>>(), [Some(BEN)]);
    }
}
