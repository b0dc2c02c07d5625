//! Autodiscover sends the client on.

use super::Rule;
use crate::diagnosis::command;
use crate::diagnosis::words::often;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::{WebExchange, WebService};
use rustc_hash::FxHashMap;

/// A link with the token `Redirect` ([MS-OCDISCWS] 3.1.5.2). One or two hops are normal; the same place again and
/// again is a loop.
pub const RULE: Rule = Rule { slug: "autodiscover-redirect", severity: Severity::Normal, find };

/// A client that is sent in circles follows at once: hops of one search stand no further apart, milliseconds.
const ONE_SEARCH_MS: i64 = 60_000;
/// So often the same place comes back where there is a loop: one or two hops are normal, there and back again too.
const LOOP: usize = 3;

fn find(case: &Case<'_>) -> Vec<Finding> {
    let users = case.web.users().iter();
    users
        .filter_map(|(user, exchanges)| {
            let redirects: Vec<&WebExchange> =
                exchanges.iter().copied().filter(|exchange| exchange.redirect.is_some()).collect();
            if redirects.is_empty() {
                return None;
            }
            // Of people that the trace does not name nobody knows who comes back.
            let circles = user.map(|_| Circles::of(exchanges)).filter(|circles| !circles.hops.is_empty());
            Some(finding(*user, &redirects, circles.as_ref()))
        })
        .collect()
}

/// Hops that lead back to the same place, without an answer of the home pool between them.
#[derive(Default)]
struct Circles<'a> {
    /// In the order of time.
    hops: Vec<&'a WebExchange>,
    /// Afterwards a home pool answered.
    arrives: bool,
}

/// Where one client was sent lately.
#[derive(Default)]
struct Search<'a> {
    hops: Vec<&'a WebExchange>,
    /// So many of them are known as hops of a circle.
    counted: usize,
    /// It went in circles, and no home pool has answered since.
    is_lost: bool,
}

impl<'a> Circles<'a> {
    fn of(exchanges: &[&'a WebExchange]) -> Self {
        let mut own = Self::default();
        // Two devices behind two addresses are two searches.
        let mut searches: FxHashMap<Option<&str>, Search<'a>> = FxHashMap::default();
        for &exchange in exchanges {
            let search = searches.entry(exchange.client.as_deref()).or_default();
            if exchange.redirect.is_none() {
                if exchange.service == WebService::AutodiscoverUser && exchange.is_success() {
                    *search = Search::default();
                }
                continue;
            }
            let is_old = |hop: &&&WebExchange| exchange.time.0.saturating_sub(hop.time.0) > ONE_SEARCH_MS;
            let old = search.hops.iter().take_while(is_old).count();
            search.hops.drain(..old);
            search.counted = search.counted.saturating_sub(old);
            search.hops.push(exchange);
            if comes_back(&search.hops) {
                own.hops.extend(search.hops.iter().skip(search.counted));
                search.counted = search.hops.len();
                search.is_lost = true;
            }
        }
        own.arrives = !searches.values().any(|search| search.is_lost);
        own
    }
}

/// The same place for the third time.
fn comes_back(search: &[&WebExchange]) -> bool {
    let last = search.last().and_then(|last| last.redirect.as_deref());
    search.iter().filter(|hop| hop.redirect.as_deref() == last).count() >= LOOP
}

fn finding(user: Option<&str>, redirects: &[&WebExchange], circles: Option<&Circles<'_>>) -> Finding {
    let own = circles.map_or(redirects, |circles| circles.hops.as_slice());
    let mut hrefs: Vec<&str> = own.iter().filter_map(|exchange| exchange.redirect.as_deref()).collect();
    hrefs.sort_unstable();
    hrefs.dedup();
    let name = user.unwrap_or("users that the trace does not name");
    let places = hrefs.join(" and ");
    let finding = match circles {
        None => Finding::new(&RULE, Confidence::Proved, "Autodiscover sends the client on to the home pool")
            .because(format!("The user is homed elsewhere; the client follows {places}. One or two hops are normal.")),
        Some(circles) => Finding::new(&RULE, Confidence::Proved, format!("Autodiscover sends {name} in circles"))
            .severity(if circles.arrives { Severity::Warning } else { Severity::Failure })
            .because(format!(
                "The client was sent on {}, each time within a minute of the last, to {places}, and none of these places \
                 knows the user: they point at each other.{}",
                often(own.len()),
                if circles.arrives { " Later one of them knew the user." } else { "" }
            ))
            .check(format!("Get-CsUser -Identity {} | Format-List RegistrarPool, HostingProvider, Enabled", command::sip(user)))
            .check("Hybrid: do both sides agree where the user is homed, and is the shared SIP address space switched on (Get-CsHostingProvider)?")
            .check("Do lyncdiscover and the name in the link lead to different pools?"),
    };
    finding.about(user, None).times(own.len()).proved_by(own.iter().flat_map(|exchange| exchange.rows.iter().copied()))
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Server, rules};

    const ANNA: &str = "anna@contoso.com";
    const POOL_A: &str = "https://poola.contoso.com/Autodiscover/AutodiscoverService.svc/root";
    const POOL_B: &str = "https://poolb.contoso.com/Autodiscover/AutodiscoverService.svc/root";

    #[test]
    fn one_hop_to_the_home_pool() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.redirects(ANNA, "AA01", POOL_A);
        assert_eq!(rules(&[&fe01]), ["autodiscover-redirect normal anna@contoso.com x1"]);
    }

    #[test]
    fn two_hops_to_two_places() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.redirects(ANNA, "AA01", POOL_A);
        fe01.redirects(ANNA, "AA01", POOL_B);
        assert_eq!(rules(&[&fe01]), ["autodiscover-redirect normal anna@contoso.com x2"]);
    }

    #[test]
    fn the_same_place_three_times_is_a_loop() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        for _ in 0..3 {
            fe01.redirects(ANNA, "AA01", POOL_A);
        }
        assert_eq!(rules(&[&fe01]), ["autodiscover-redirect failure anna@contoso.com x3"]);
    }

    #[test]
    fn two_places_by_turns_are_a_loop() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        for place in [POOL_A, POOL_B, POOL_A, POOL_B] {
            fe01.redirects(ANNA, "AA01", place);
        }
        assert_eq!(rules(&[&fe01]), ["autodiscover-redirect normal anna@contoso.com x4"], "each only twice");
        fe01.redirects(ANNA, "AA01", POOL_A);
        assert_eq!(rules(&[&fe01]), ["autodiscover-redirect failure anna@contoso.com x5"]);
    }

    #[test]
    fn every_circle_counts() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        for _ in 0..3 {
            for place in [POOL_A, POOL_B, POOL_A, POOL_B, POOL_A] {
                fe01.redirects(ANNA, "AA01", place);
            }
            fe01.wait(600);
        }
        assert_eq!(rules(&[&fe01]), ["autodiscover-redirect failure anna@contoso.com x15"]);
        fe01.accepts_ticket(ANNA, "AA01");
        assert_eq!(rules(&[&fe01]), ["autodiscover-redirect warning anna@contoso.com x15"]);
    }

    #[test]
    fn the_same_hop_in_every_sign_in_of_a_day_is_none() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        for _ in 0..5 {
            fe01.redirects(ANNA, "AA01", POOL_A);
            fe01.wait(3_600);
        }
        assert_eq!(rules(&[&fe01]), ["autodiscover-redirect normal anna@contoso.com x5"]);
    }

    #[test]
    fn who_arrives_is_not_sent_in_circles() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        for _ in 0..4 {
            fe01.redirects(ANNA, "AA01", POOL_A);
            fe01.accepts_ticket(ANNA, "AA01");
        }
        assert_eq!(rules(&[&fe01]), ["autodiscover-redirect normal anna@contoso.com x4"]);
    }
}
