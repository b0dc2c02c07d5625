//! The first 401 of autodiscover.

use super::Rule;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::{WebExchange, WebService};

/// The User resource is asked for without a ticket, and the answer says where tickets are to be had
/// ([MS-OCDISCWS] 3.1.5.3).
pub const RULE: Rule = Rule { slug: "autodiscover-challenge", severity: Severity::Normal, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let users = case.web.users().iter();
    users
        .filter_map(|(user, exchanges)| {
            let challenges: Vec<&&WebExchange> = exchanges.iter().filter(|exchange| is_challenge(exchange)).collect();
            let by_server = challenges.iter().any(|exchange| !exchange.is_client);
            if challenges.is_empty() {
                return None;
            }
            let finding = Finding::new(
                &RULE,
                if by_server { Confidence::Proved } else { Confidence::Likely },
                "The first 401 of autodiscover is normal: it says where to get a web ticket",
            );
            Some(
                finding
                    .about(*user, None)
                    .times(challenges.len())
                    .proved_by(challenges.iter().flat_map(|exchange| exchange.rows.iter().copied()))
                    .because(
                        "What autodiscover knows of a user is told only to who shows a web ticket. The first request \
                         carries none and is answered 401; the answer names the service that gives tickets out.",
                    ),
            )
        })
        .collect()
}

fn is_challenge(exchange: &WebExchange) -> bool {
    exchange.service == WebService::AutodiscoverUser
        && exchange.status == Some(401)
        && exchange.has_ticket != Some(true)
        && !exchange.refuses_ticket()
        // A client's log does not show the header, but that it went without any credentials.
        && (exchange.names_ticket_service || exchange.is_client && exchange.has_ticket == Some(false))
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, Server, rules};

    #[test]
    fn a_401_that_names_the_ticket_service_is_normal() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.asks_for_a_ticket("anna@contoso.com");
        assert_eq!(rules(&[&fe01]), ["autodiscover-challenge normal anna@contoso.com x1"]);
    }

    #[test]
    fn a_call_without_credentials_that_ends_in_401_is_normal() {
        let mut anna = Client::new("anna@contoso.com");
        let user =
            "https://webext.contoso.com/Autodiscover/AutodiscoverService.svc/root/user?sipuri=sip:anna@contoso.com";
        anna.web_call("no auth auth", user, "80ef0191", "");
        assert_eq!(rules(&[&anna]), ["autodiscover-challenge normal anna@contoso.com x1"]);
    }

    #[test]
    fn a_401_to_a_ticket_is_another_matter() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.refuses_ticket("anna@contoso.com", "AA01");
        let mut anna = Client::new("anna@contoso.com");
        let user =
            "https://webext.contoso.com/Autodiscover/AutodiscoverService.svc/root/user?sipuri=sip:anna@contoso.com";
        anna.web_call("Token Auth method, TokenProviderType=2", user, "80ef0191", "");
        assert_eq!(rules(&[&fe01]), [""; 0]);
        assert_eq!(rules(&[&anna]), [""; 0]);
    }
}
