//! Requests without a token that the service takes.

use super::Rule;
use crate::diagnosis::words::often;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::{WebExchange, WebService};
use rustc_hash::FxHashMap;

/// 28020: no valid security token. As first answer it is how a client learns what to bring; repeated it is none.
pub const RULE: Rule = Rule { slug: "no-token-sent", severity: Severity::Normal, find };

const NO_TOKEN: u32 = 28020;
/// Requests of one sign-in stand no further apart, milliseconds.
const ONE_FLOW_MS: i64 = 5 * 60_000;
/// A ticket given out this long before is the one that the client should carry, milliseconds.
const TICKET_MS: i64 = 60_000;

/// Answers 28020 of one service that follow one another.
#[derive(Default)]
struct Run<'a> {
    answers: Vec<&'a WebExchange>,
    /// The service took a request afterwards.
    ends_well: bool,
}

fn find(case: &Case<'_>) -> Vec<Finding> {
    // Of people that the trace does not name nobody knows what is repeated.
    let users = case.web.users().iter().filter_map(|(user, exchanges)| Some(((*user)?, exchanges)));
    users
        .filter(|(_, exchanges)| exchanges.iter().any(|exchange| has_no_token(exchange)))
        .filter_map(|(user, exchanges)| of_user(user, exchanges))
        .collect()
}

fn of_user(user: &str, exchanges: &[&WebExchange]) -> Option<Finding> {
    let issued: Vec<&WebExchange> = exchanges.iter().copied().filter(|exchange| exchange.issues_ticket).collect();
    let runs: Vec<(Severity, Run<'_>)> =
        runs(exchanges).into_iter().map(|run| (severity(&run, &issued), run)).collect();
    let worst = runs.iter().map(|(severity, _)| *severity).min()?;
    let answers: Vec<&WebExchange> = runs
        .iter()
        .filter(|(severity, _)| *severity == worst)
        .flat_map(|(_, run)| run.answers.iter().copied())
        .collect();
    let shows_none = answers.iter().any(|exchange| exchange.has_ticket == Some(false));
    let count = often(answers.len());
    let (title, why) = match worst {
        Severity::Normal => (
            "The first 28020 is normal: the request carried no token yet".to_owned(),
            "A request without a token is answered with 28020, \"No valid security token\", and with where to get one. \
             It is part of the sign-in."
                .to_owned(),
        ),
        Severity::Warning => (
            format!("Requests of {user} carry no token that the service takes"),
            format!("The service answered 28020, \"No valid security token\", {count} in a row, so the client does not go on to get one."),
        ),
        _ => (
            format!("Requests of {user} carry no token, though a web ticket was given out"),
            format!(
                "A web ticket was given out, and the service still answers 28020, \"No valid security token\": {count}. {}",
                if shows_none {
                    "The requests that reach the server carry no X-MS-WebTicket or Authorization header: a proxy strips it, or the client does not send it."
                } else {
                    "The ticket does not reach the service in a form that it takes."
                }
            ),
        ),
    };
    let finding = Finding::new(&RULE, Confidence::Likely, title)
        .about(Some(user), None)
        .severity(worst)
        .times(answers.len())
        .proved_by(answers.iter().flat_map(|exchange| exchange.rows.iter().copied()))
        .because(why);
    Some(if worst == Severity::Normal {
        finding
    } else {
        finding
            .check("Do the requests at the front end carry X-MS-WebTicket or Authorization: Bearer? If not, look at the reverse proxy.")
            .check("Get-CsWebServiceConfiguration | Format-List UseWindowsAuth, UseCertificateAuth, UseWsFedPassiveAuth")
    })
}

/// A client's log holds the words of a fault, not its number.
fn has_no_token(exchange: &WebExchange) -> bool {
    exchange.has_code(NO_TOKEN) || exchange.is_client && exchange.says("no valid security token")
}

/// What is one service to a client.
fn service(exchange: &WebExchange) -> (WebService, String) {
    let first = match exchange.service {
        WebService::Other => exchange.path().split(['/', '?']).nth(1).unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    (exchange.service, first)
}

fn runs<'a>(exchanges: &[&'a WebExchange]) -> Vec<Run<'a>> {
    let mut runs: Vec<Run<'a>> = Vec::new();
    let mut open: FxHashMap<(WebService, String), usize> = FxHashMap::default();
    for &exchange in exchanges {
        let key = service(exchange);
        let is_own = has_no_token(exchange);
        let own = open.get(&key).and_then(|&at| runs.get_mut(at)).filter(|run| {
            let last = run.answers.last();
            last.is_some_and(|last| exchange.time.0.saturating_sub(last.time.0) <= ONE_FLOW_MS)
        });
        match own {
            Some(run) if is_own => run.answers.push(exchange),
            Some(run) if exchange.is_success() => {
                run.ends_well = true;
                open.remove(&key);
            }
            None if is_own => {
                open.insert(key, runs.len());
                runs.push(Run { answers: vec![exchange], ends_well: false });
            }
            _ => {}
        }
    }
    runs
}

fn severity(run: &Run<'_>, issued: &[&WebExchange]) -> Severity {
    let (Some(first), Some(last)) = (run.answers.first(), run.answers.last()) else { return Severity::Normal };
    if run.answers.len() < 2 {
        return Severity::Normal;
    }
    let from = issued.partition_point(|issue| issue.time.0 < first.time.0.saturating_sub(TICKET_MS));
    let is_issued = issued.get(from).is_some_and(|issue| issue.time < last.time);
    if is_issued && !run.ends_well { Severity::Failure } else { Severity::Warning }
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Server, rules};

    const ANNA: &str = "anna@contoso.com";
    const NO_TOKEN: &str = "X-Ms-diagnostics: 28020;source=\"fe01.contoso.com\";reason=\"No valid security token.\"";

    fn refuses(server: &mut Server) {
        let url = format!("https://{}/Autodiscover/AutodiscoverService.svc/root/user?sipuri=sip:{ANNA}", server.site);
        server.web("GET", &url, "Host: webext.contoso.com", "400 Bad Request", NO_TOKEN, "");
    }

    fn own(server: &Server) -> Vec<String> {
        rules(&[server]).into_iter().filter(|line| line.starts_with("no-token-sent")).collect()
    }

    #[test]
    fn the_first_is_normal_in_every_sign_in() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        for ticket in ["AA01", "AA02", "AA03"] {
            refuses(&mut fe01);
            fe01.gives_ticket(ANNA, ticket);
            fe01.accepts_ticket(ANNA, ticket);
            fe01.wait(120);
        }
        assert_eq!(own(&fe01), ["no-token-sent normal anna@contoso.com x3"]);
    }

    #[test]
    fn repeated_it_is_a_warning() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        refuses(&mut fe01);
        refuses(&mut fe01);
        refuses(&mut fe01);
        assert_eq!(own(&fe01), ["no-token-sent warning anna@contoso.com x3"]);
    }

    #[test]
    fn repeated_after_a_ticket_was_given_out_it_is_a_failure() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        refuses(&mut fe01);
        fe01.gives_ticket(ANNA, "AA01");
        refuses(&mut fe01);
        refuses(&mut fe01);
        assert_eq!(own(&fe01), ["no-token-sent failure anna@contoso.com x3"]);
    }

    #[test]
    fn what_goes_on_in_the_end_is_no_failure() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        refuses(&mut fe01);
        fe01.gives_ticket(ANNA, "AA01");
        refuses(&mut fe01);
        fe01.accepts_ticket(ANNA, "AA01");
        assert_eq!(own(&fe01), ["no-token-sent warning anna@contoso.com x2"]);
    }

    #[test]
    fn different_people_are_not_one() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        for _ in 0..3 {
            fe01.web(
                "POST",
                "https://fepool01.contoso.com:4443/ucwa/v1/applications",
                "",
                "401 Unauthorized",
                NO_TOKEN,
                "",
            );
        }
        assert_eq!(own(&fe01), [""; 0]);
    }
}
