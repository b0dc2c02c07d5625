//! Autodiscover knows no home of a user.

use super::Rule;
use crate::diagnosis::command;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::{WebExchange, WebService};

/// The User resource with a valid ticket is answered 404 without a body ([MS-OCDISCWS] 3.1.5.3).
pub const RULE: Rule = Rule { slug: "no-home-pool", severity: Severity::Failure, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let users = case.web.users().iter();
    users.filter_map(|(user, exchanges)| of_user(*user, exchanges)).collect()
}

fn of_user(user: Option<&str>, exchanges: &[&WebExchange]) -> Option<Finding> {
    let unknown: Vec<&WebExchange> = exchanges.iter().copied().filter(|exchange| knows_no_home(exchange)).collect();
    let last = unknown.last()?;
    let recovers = exchanges.iter().any(|exchange| {
        exchange.service == WebService::AutodiscoverUser && exchange.is_success() && exchange.time > last.time
    });
    let name = user.unwrap_or("the user");
    Some(
        Finding::new(&RULE, Confidence::Proved, format!("Autodiscover knows no home pool of {name}"))
            .about(user, None)
            .severity(if recovers { Severity::Warning } else { Severity::Failure })
            .times(unknown.len())
            .proved_by(unknown.iter().flat_map(|exchange| exchange.rows.iter().copied()))
            .because(format!(
                "{} accepted the web ticket, and answered the request for the user's resource with 404 and nothing \
                 else: no pool is known as the home of this user.{}",
                last.server_fqdn.as_deref().unwrap_or("The server"),
                if recovers { " Later it knew one." } else { "" }
            ))
            .check(format!("Get-CsUser -Identity {} | Format-List Enabled, RegistrarPool, HostingProvider", command::sip(user)))
            .check("A new or moved user: has the change been replicated (Get-CsManagementStoreReplicationStatus, event 30061 of LS User Replicator)?"),
    )
}

/// A 404 of the reverse proxy names no server.
fn knows_no_home(exchange: &WebExchange) -> bool {
    exchange.service == WebService::AutodiscoverUser
        && exchange.status == Some(404)
        && exchange.has_ticket == Some(true)
        && exchange.server_fqdn.is_some()
        && exchange.body.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Server, rules};

    const ANNA: &str = "anna@contoso.com";

    #[test]
    fn a_404_to_a_good_ticket() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.knows_no_user(ANNA, "AA01", false);
        assert_eq!(rules(&[&fe01]), ["no-home-pool failure anna@contoso.com x1"]);
    }

    #[test]
    fn a_404_of_the_reverse_proxy_says_nothing_of_the_user() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.knows_no_user(ANNA, "AA01", true);
        assert_eq!(rules(&[&fe01]), [""; 0]);
    }

    #[test]
    fn a_404_without_a_ticket_says_nothing_of_the_user() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.knows_no_user(ANNA, "", false);
        assert_eq!(rules(&[&fe01]), [""; 0]);
    }

    #[test]
    fn a_user_who_is_known_later_is_a_warning() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.knows_no_user(ANNA, "AA01", false);
        fe01.wait(600);
        fe01.accepts_ticket(ANNA, "AA01");
        assert_eq!(rules(&[&fe01]), ["no-home-pool warning anna@contoso.com x1"]);
    }
}
