//! A web ticket of one pool was shown to another.

use super::Rule;
use crate::diagnosis::command;
use crate::diagnosis::ticket_refusal::{TicketCause, TicketRefusal};
use crate::diagnosis::web_services::Site;
use crate::diagnosis::words::often;
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// 28032 where another pool gave the ticket out: tickets are good for the pool that issued them only.
pub const RULE: Rule = Rule { slug: "web-ticket-from-other-pool", severity: Severity::Failure, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let own = case.web.ticket_refusals.iter().filter(|refusal| refusal.cause == TicketCause::OtherPool);
    own.map(finding).collect()
}

fn finding(refusal: &TicketRefusal<'_>) -> Finding {
    let (issuer, other) = (Site::of(&refusal.issued), Site::of(&refusal.refused));
    let user = refusal.user.unwrap_or("users that the trace does not name");
    // A client that is refused once may be about to ask for the right ticket, where the log ends.
    let may_go_on = refusal.refused.len() == 1 && !refusal.is_settled;
    let evidence = refusal.issued.iter().chain(&refusal.refused).chain(&refusal.gave_up);
    Finding::new(
        &RULE,
        if may_go_on { Confidence::Likely } else { Confidence::Proved },
        format!("A web ticket of {} was shown to {}, for {user}", issuer.name(), other.name()),
    )
    .about(refusal.user, None)
    .severity(if may_go_on { Severity::Warning } else { Severity::Failure })
    .times(refusal.refused.len())
    .proved_by(evidence.flat_map(|exchange| exchange.rows.iter().copied()))
    .because(format!(
        "{} gave the ticket out, and {} refused it {} with 28032. A web ticket is good for the pool that issued it only: \
         the client was sent on and did not ask the other pool for a ticket of its own.",
        issuer.name(),
        other.name(),
        often(refusal.refused.len())
    ))
    .check(format!("Get-CsUser -Identity {} | Format-List RegistrarPool, HostingProvider", command::sip(refusal.user)))
    .check("Which pool do lyncdiscover and lyncdiscoverinternal lead to, and does the answer redirect to the home pool?")
    .check("Does the reverse proxy publish the web services of each pool under a name of its own?")
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Server, of_tickets, rules};

    const ANNA: &str = "anna@contoso.com";

    #[test]
    fn the_ticket_of_another_pool() {
        let (mut one, mut other) = (Server::new("FEPOOL01", "FE01"), Server::new("FEPOOL02", "FE21"));
        one.gives_ticket(ANNA, "AA01");
        other.wait(2);
        other.refuses_ticket(ANNA, "AA01");
        other.refuses_ticket(ANNA, "AA01");
        assert_eq!(of_tickets(&rules(&[&one, &other])), ["web-ticket-from-other-pool failure anna@contoso.com x2"]);
    }

    #[test]
    fn once_at_the_end_of_the_log_is_a_warning() {
        let (mut one, mut other) = (Server::new("FEPOOL01", "FE01"), Server::new("FEPOOL02", "FE21"));
        one.gives_ticket(ANNA, "AA01");
        other.wait(2);
        other.refuses_ticket(ANNA, "AA01");
        assert_eq!(of_tickets(&rules(&[&one, &other])), ["web-ticket-from-other-pool warning anna@contoso.com x1"]);
    }

    #[test]
    fn a_client_that_then_asks_the_right_pool_is_no_failure() {
        let (mut one, mut other) = (Server::new("FEPOOL01", "FE01"), Server::new("FEPOOL02", "FE21"));
        one.gives_ticket(ANNA, "AA01");
        other.wait(2);
        other.refuses_ticket(ANNA, "AA01");
        other.gives_ticket(ANNA, "BB01");
        other.accepts_ticket(ANNA, "BB01");
        assert_eq!(of_tickets(&rules(&[&one, &other])), [""; 0]);
    }

    #[test]
    fn a_front_end_and_the_name_of_its_pool_are_one() {
        let (mut one, mut other) = (Server::new("FEPOOL01", "FE01"), Server::new("FEPOOL01", "FE02"));
        one.gives_ticket(ANNA, "AA01");
        other.wait(2);
        other.site = "fe02.contoso.com".to_owned();
        other.refuses_ticket(ANNA, "AA01");
        other.refuses_ticket(ANNA, "AA01");
        assert_eq!(of_tickets(&rules(&[&one, &other])), ["web-ticket-rejected-by-issuer failure anna@contoso.com x2"]);
    }
}
