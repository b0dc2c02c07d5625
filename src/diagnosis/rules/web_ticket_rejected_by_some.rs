//! Some members of a pool accept a web ticket, others do not.

use super::Rule;
use crate::diagnosis::ticket_refusal::{TicketCause, TicketRefusal};
use crate::diagnosis::web_services::{Site, front_ends};
use crate::diagnosis::words::often;
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// 28032 by some front ends and 200 by others, for tickets of the same user within minutes.
pub const RULE: Rule = Rule { slug: "web-ticket-rejected-by-some", severity: Severity::Failure, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let own = case.web.ticket_refusals.iter().filter(|refusal| refusal.cause == TicketCause::SomeMembers);
    own.map(finding).collect()
}

fn finding(refusal: &TicketRefusal<'_>) -> Finding {
    let site = Site::of(&refusal.refused);
    let user = refusal.user.unwrap_or("users that the trace does not name");
    let (refusing, accepting) = (front_ends(&refusal.refused), front_ends(&refusal.accepted));
    let evidence = refusal.refused.iter().chain(&refusal.accepted);
    Finding::new(
        &RULE,
        Confidence::Likely,
        format!("Some front ends of {} refuse the web ticket of {user}, others accept it", site.name()),
    )
    .about(refusal.user, None)
    .times(refusal.refused.len())
    .proved_by(evidence.flat_map(|exchange| exchange.rows.iter().copied()))
    .because(format!(
        "Requests with a web ticket were refused {} with 28032 by {}, and accepted {} by {}. A front end has another web \
         certificate or another time than the rest of the pool, or the balancer sends requests of one client to members \
         in different states.",
        often(refusal.refused.len()),
        refusing.join(" and "),
        often(refusal.accepted.len()),
        accepting.join(" and ")
    ))
    .check("On every front end: Get-CsCertificate | Format-List Use, Subject, Thumbprint, NotAfter: is one different?")
    .check("On every front end: w32tm /query /status")
    .check("Does the balancer keep a client on one front end (cookie or source address)?")
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Server, of_tickets, rules};

    const ANNA: &str = "anna@contoso.com";

    fn pool() -> (Server, Server) {
        (Server::new("FEPOOL01", "FE01"), Server::new("FEPOOL01", "FE02"))
    }

    #[test]
    fn one_ticket_accepted_and_refused_by_turns() {
        let (mut one, mut other) = pool();
        one.gives_ticket(ANNA, "AA01");
        one.accepts_ticket(ANNA, "AA01");
        other.wait(5);
        other.refuses_ticket(ANNA, "AA01");
        other.refuses_ticket(ANNA, "AA01");
        one.wait(10);
        one.accepts_ticket(ANNA, "AA01");
        assert_eq!(of_tickets(&rules(&[&one, &other])), ["web-ticket-rejected-by-some failure anna@contoso.com x2"]);
    }

    #[test]
    fn different_tickets_by_turns() {
        let (mut one, mut other) = pool();
        other.refuses_ticket(ANNA, "AA01");
        one.wait(5);
        one.accepts_ticket(ANNA, "AA02");
        other.wait(10);
        other.refuses_ticket(ANNA, "AA03");
        assert_eq!(of_tickets(&rules(&[&one, &other])), ["web-ticket-rejected-by-some failure anna@contoso.com x2"]);
    }

    #[test]
    fn an_old_ticket_refused_here_and_a_new_one_accepted_there() {
        let (mut one, mut other) = pool();
        other.refuses_ticket(ANNA, "0001");
        other.refuses_ticket(ANNA, "0001");
        one.wait(5);
        one.gives_ticket(ANNA, "AA01");
        one.accepts_ticket(ANNA, "AA01");
        assert_eq!(of_tickets(&rules(&[&one, &other])), [""; 0]);
    }

    #[test]
    fn the_same_front_end_does_both() {
        let (mut one, other) = pool();
        one.accepts_ticket(ANNA, "AA01");
        one.refuses_ticket(ANNA, "AA02");
        one.accepts_ticket(ANNA, "AA03");
        one.refuses_ticket(ANNA, "AA04");
        one.accepts_ticket(ANNA, "AA05");
        assert_eq!(of_tickets(&rules(&[&one, &other])), [""; 0]);
    }

    #[test]
    fn requests_without_a_ticket_do_not_count() {
        let (mut one, mut other) = pool();
        one.gives_ticket(ANNA, "AA01");
        other.wait(2);
        other.refuses_ticket(ANNA, "AA01");
        let root =
            "https://fepool01.contoso.com:4443/Autodiscover/AutodiscoverService.svc/root?sipuri=sip:anna@contoso.com";
        one.wait(4);
        one.web("GET", root, "Accept: */*", "200 OK", "", "<Root/>");
        other.wait(4);
        other.refuses_ticket(ANNA, "AA01");
        assert_eq!(of_tickets(&rules(&[&one, &other])), ["web-ticket-rejected-by-issuer failure anna@contoso.com x2"]);
    }
}
