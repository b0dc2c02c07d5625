//! Autodiscover sends the client on.

use super::Rule;
use crate::diagnosis::web_services::times;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::{WebExchange, WebService};

/// A link with the token `Redirect` ([MS-OCDISCWS] 3.1.5.2). One or two hops are normal; the same place again and
/// again is a loop.
pub const RULE: Rule = Rule { slug: "autodiscover-redirect", severity: Severity::Normal, find };

/// A client that is sent in circles follows at once: hops of one search stand no further apart, milliseconds.
const ONE_SEARCH_MS: i64 = 60_000;
/// A client that is sent back to where it has just been, milliseconds.
const AT_ONCE_MS: i64 = 10_000;
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
            let circle = user.and_then(|_| circle(exchanges));
            Some(finding(*user, &redirects, circle.as_deref()))
        })
        .collect()
}

/// Hops that lead back to the same place, without an answer of the home pool between them.
fn circle<'a>(exchanges: &[&'a WebExchange]) -> Option<Vec<&'a WebExchange>> {
    // Two devices behind two addresses are two searches.
    let mut searches: Vec<(Option<&str>, Vec<&'a WebExchange>)> = Vec::new();
    for &exchange in exchanges {
        let client = exchange.client.as_deref();
        let place = searches.iter().position(|(own, _)| *own == client).unwrap_or(searches.len());
        if place == searches.len() {
            searches.push((client, Vec::new()));
        }
        let Some((_, search)) = searches.get_mut(place) else { continue };
        let is_found = exchange.service == WebService::AutodiscoverUser && exchange.is_success();
        if exchange.redirect.is_none() {
            if is_found {
                search.clear();
            }
            continue;
        }
        search.retain(|hop| exchange.time.0.saturating_sub(hop.time.0) <= ONE_SEARCH_MS);
        search.push(exchange);
        if comes_back(search) {
            return Some(search.clone());
        }
    }
    None
}

fn comes_back(search: &[&WebExchange]) -> bool {
    let Some(last) = search.last() else { return false };
    let same = search.iter().filter(|hop| hop.redirect == last.redirect).count();
    // There, elsewhere, and there again.
    let turns = match search {
        [.., one, two, three] => {
            one.redirect == three.redirect
                && one.redirect != two.redirect
                && three.time.0.saturating_sub(one.time.0) <= AT_ONCE_MS
        }
        _ => false,
    };
    same >= LOOP || turns
}

fn finding(user: Option<&str>, redirects: &[&WebExchange], circle: Option<&[&WebExchange]>) -> Finding {
    let own = circle.unwrap_or(redirects);
    let mut hrefs: Vec<&str> = own.iter().filter_map(|exchange| exchange.redirect.as_deref()).collect();
    hrefs.sort_unstable();
    hrefs.dedup();
    let name = user.unwrap_or("users that the trace does not name");
    let places = hrefs.join(" and ");
    let finding = match circle {
        None => Finding::new(&RULE, Confidence::Proved, "Autodiscover sends the client on to the home pool")
            .because(format!("The user is homed elsewhere; the client follows {places}. One or two hops are normal.")),
        Some(circle) => Finding::new(&RULE, Confidence::Proved, format!("Autodiscover sends {name} in circles"))
            .severity(Severity::Failure)
            .because(format!(
                "The client was sent on {} within a minute, to {places}, and none of these places knows the user: they \
                 point at each other.",
                times(circle.len())
            ))
            .check(format!("Get-CsUser -Identity \"sip:{}\" | Format-List RegistrarPool, HostingProvider, Enabled", user.unwrap_or("USER")))
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
        assert_eq!(rules(&[&fe01]), ["autodiscover-redirect failure anna@contoso.com x3"]);
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
