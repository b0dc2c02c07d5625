//! A web ticket was given out.

use super::Rule;
use crate::diagnosis::web_services::Site;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::{WebExchange, WebService};
use rustc_hash::FxHashMap;

/// The ticket service answers with a token, often after one or two rounds of Negotiate or NTLM, which are the web
/// server's own handshake ([MS-OCAUTHWS] 3.1.4).
pub const RULE: Rule = Rule { slug: "web-ticket-issued", severity: Severity::Normal, find };

/// How long before the ticket the rounds of its handshake stand, milliseconds.
const HANDSHAKE_MS: i64 = 10_000;

/// Tickets of one pool, and the rounds of Windows authentication before them.
type OfPool<'a> = (Vec<&'a WebExchange>, Vec<&'a WebExchange>);

fn find(case: &Case<'_>) -> Vec<Finding> {
    let users = case.web.users().iter();
    users.flat_map(|(user, exchanges)| of_user(case, *user, exchanges)).collect()
}

fn of_user(case: &Case<'_>, user: Option<&str>, exchanges: &[&WebExchange]) -> Vec<Finding> {
    let mut pools: Vec<OfPool<'_>> = Vec::new();
    let mut places: FxHashMap<String, usize> = FxHashMap::default();
    let mut rounds: Vec<&WebExchange> = Vec::new();
    for &exchange in exchanges.iter().filter(|exchange| exchange.service == WebService::WebTicket) {
        if exchange.is_windows_round() {
            rounds.push(exchange);
        }
        if !exchange.issues_ticket {
            continue;
        }
        let place = *places.entry(case.web.pools.key(exchange)).or_insert(pools.len());
        if place == pools.len() {
            pools.push(OfPool::default());
        }
        let is_own = |round: &&WebExchange| exchange.time.0.saturating_sub(round.time.0) <= HANDSHAKE_MS;
        if let Some((issued, handshakes)) = pools.get_mut(place) {
            issued.push(exchange);
            handshakes.extend(rounds.drain(..).filter(is_own));
        }
    }
    pools.iter().map(|(issued, rounds)| finding(user, issued, rounds)).collect()
}

fn finding(user: Option<&str>, issued: &[&WebExchange], rounds: &[&WebExchange]) -> Finding {
    let site = Site::of(issued);
    let lifetime = issued.iter().find_map(|exchange| exchange.ticket_lifetime_ms).map(|lifetime_ms| {
        let minutes = lifetime_ms / 60_000;
        let good_for = if minutes % 60 == 0 { format!("{} h", minutes / 60) } else { format!("{minutes} min") };
        format!(" It is good for {good_for}.")
    });
    let handshakes = match rounds.len() {
        0 => "",
        _ => " The 401s with Negotiate or NTLM before it are the web server's own handshake.",
    };
    Finding::new(&RULE, Confidence::Proved, "A web ticket was given out")
        .about(user, None)
        .times(issued.len())
        .proved_by(issued.iter().chain(rounds).flat_map(|exchange| exchange.rows.iter().copied()))
        .because(format!(
            "{} accepted the credentials and answered with a ticket, which opens the other web services of the same \
             pool.{}{handshakes}",
            site.name(),
            lifetime.unwrap_or_default()
        ))
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, Server, diagnose, rules};

    const TICKETS: &str = "https://webext.contoso.com/WebTicket/WebTicketService.svc/WebTicket_Proof";

    #[test]
    fn a_ticket_after_the_rounds_of_negotiate() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.asks_for_a_ticket("anna@contoso.com");
        fe01.windows_round();
        fe01.windows_round();
        fe01.gives_ticket("anna@contoso.com", "AA01");
        let found = diagnose(&[&fe01]);
        let issued = found.findings.iter().find(|finding| finding.rule == "web-ticket-issued").expect("a finding");
        assert_eq!((issued.user.as_deref(), issued.count), (Some("anna@contoso.com"), 1));
        assert_eq!(issued.evidence.len(), 7, "two rounds, and request, headers and answer");
        assert!(issued.explanation.starts_with("fepool01.contoso.com accepted"), "{}", issued.explanation);
    }

    #[test]
    fn tickets_of_two_pools_are_two_findings() {
        let (mut one, mut other) = (Server::new("FEPOOL01", "FE01"), Server::new("FEPOOL02", "FE21"));
        one.gives_ticket("anna@contoso.com", "AA01");
        other.gives_ticket("anna@contoso.com", "AA02");
        let issued = "web-ticket-issued normal anna@contoso.com x1";
        assert_eq!(rules(&[&one, &other]), [issued, issued]);
    }

    #[test]
    fn a_call_of_a_client_that_is_done() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.challenge();
        anna.web_call("windows auth", TICKETS, "0", "");
        assert!(rules(&[&anna]).contains(&"web-ticket-issued normal anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn rounds_alone_a_running_call_and_the_description_are_no_tickets() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.windows_round();
        fe01.web(
            "GET",
            "https://fepool01.contoso.com:4443/WebTicket/WebTicketService.svc/mex",
            "",
            "200 OK",
            "",
            "<wsdl/>",
        );
        let mut anna = Client::new("anna@contoso.com");
        anna.web_call("windows auth", TICKETS, "3d0000", "");
        anna.web_call("windows auth", TICKETS, "80004005", "The server returned a trust fault: 'x'.");
        assert_eq!(rules(&[&fe01, &anna]), [""; 0]);
    }
}
