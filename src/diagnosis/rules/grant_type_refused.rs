//! The pool does not allow this kind of sign-in to its web services.

use super::Rule;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::WebExchange;

/// 28029, or `unsupported_grant_type`: password, Windows or passive authentication is switched off.
pub const RULE: Rule = Rule { slug: "grant-type-refused", severity: Severity::Failure, find };

const NOT_ALLOWED: u32 = 28029;
/// A client that may sign in another way does so at once, milliseconds.
const OTHER_WAY_MS: i64 = 60_000;

fn find(case: &Case<'_>) -> Vec<Finding> {
    let users = case.web.users().iter();
    users.filter_map(|(user, exchanges)| of_user(*user, exchanges)).collect()
}

fn of_user(user: Option<&str>, exchanges: &[&WebExchange]) -> Option<Finding> {
    let is_refused =
        |exchange: &&WebExchange| exchange.has_code(NOT_ALLOWED) || exchange.says("unsupported_grant_type");
    let refused: Vec<&WebExchange> = exchanges.iter().copied().filter(is_refused).collect();
    let last = refused.last()?;
    // Of people that the trace does not name only what follows at once may be the same one.
    let recovers = exchanges.iter().any(|exchange| {
        let after_ms = exchange.time.0.saturating_sub(last.time.0);
        exchange.issues_ticket && after_ms >= 0 && (user.is_some() || after_ms <= OTHER_WAY_MS)
    });
    let name = user.unwrap_or("a user that the trace does not name");
    let why = if recovers {
        "The client then got a ticket in another way."
    } else {
        "The client got no ticket in another way."
    };
    let finding =
        Finding::new(&RULE, Confidence::Proved, format!("The pool does not allow this kind of sign-in for {name}"));
    Some(
        finding
            .about(user, None)
            .severity(if recovers { Severity::Warning } else { Severity::Failure })
            .times(refused.len())
            .proved_by(refused.iter().flat_map(|exchange| exchange.rows.iter().copied()))
            .because(format!(
                "The web ticket service answered 28029: the grant type that the client asked for (password, Windows or \
                 passive authentication) is switched off on this pool. {why}"
            ))
            .check("Get-CsWebServiceConfiguration | Format-List UseWindowsAuth, UseWsFedPassiveAuth, UsePinAuth, UseCertificateAuth")
            .check("Which grant types does the MsRtcOAuth header of the first 401 offer?"),
    )
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Server, rules};

    const NOT_ALLOWED: &str =
        "X-Ms-diagnostics: 28029;source=\"fe01.contoso.com\";reason=\"Authentication type not allowed\"";

    fn refuses(server: &mut Server) {
        let url = format!("https://{}/WebTicket/oauthtoken", server.site);
        let asks = "Content-Type: application/x-www-form-urlencoded\ngrant_type=password&username=anna%40contoso.com&password=x";
        server.web("POST", &url, asks, "400 Bad Request", NOT_ALLOWED, "{\"error\":\"unsupported_grant_type\"}");
    }

    #[test]
    fn a_grant_that_is_switched_off() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        refuses(&mut fe01);
        assert_eq!(rules(&[&fe01]), ["grant-type-refused failure anna@contoso.com x1"]);
    }

    #[test]
    fn another_way_that_works_makes_it_a_warning() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        refuses(&mut fe01);
        fe01.gives_ticket("anna@contoso.com", "AA01");
        assert!(rules(&[&fe01]).contains(&"grant-type-refused warning anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn another_bad_request_is_another_matter() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        let url = format!("https://{}/WebTicket/oauthtoken", fe01.site);
        fe01.web("POST", &url, "Content-Type: text/xml", "400 Bad Request", "", "{\"error\":\"invalid_request\"}");
        assert_eq!(rules(&[&fe01]), [""; 0]);
    }
}
