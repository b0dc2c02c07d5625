//! The pool refuses the web tickets it gave out itself.

use super::Rule;
use crate::diagnosis::ticket_refusal::{TicketCause, TicketRefusal};
use crate::diagnosis::web_services::{Site, front_ends};
use crate::diagnosis::words::often;
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// 28032 for a fresh ticket, by the pool that issued it: most often the certificate of its external web site is the
/// wrong one ([MS-OCAUTHWS] 3.2.4).
pub const RULE: Rule = Rule { slug: "web-ticket-rejected-by-issuer", severity: Severity::Failure, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let own = case.web.ticket_refusals.iter();
    own.filter(|refusal| matches!(refusal.cause, TicketCause::Issuer | TicketCause::UnknownIssuer))
        .map(|refusal| finding(case, refusal))
        .collect()
}

fn finding(case: &Case<'_>, refusal: &TicketRefusal<'_>) -> Finding {
    let both: Vec<_> = refusal.issued.iter().chain(&refusal.refused).copied().collect();
    let site = Site::of(&both);
    let (host, user) = (site.name(), refusal.user.unwrap_or("users that the trace does not name"));
    let is_proved = refusal.cause == TicketCause::Issuer;
    let title = if is_proved {
        format!("{host} refuses the web tickets it gave to {user} itself")
    } else {
        format!("{host} refuses the web tickets of {user} again and again")
    };
    // Nobody gets on, whoever it is.
    let confidence = match (is_proved, refusal.user) {
        (true, _) => Confidence::Proved,
        (_, None) => Confidence::Likely,
        _ => Confidence::Hint,
    };
    // Where others get on, it may well be this client and its tickets.
    let is_mild = refusal.recovers || !is_proved && refusal.others_are_accepted;
    let evidence = refusal.issued.iter().chain(&refusal.refused).chain(&refusal.gave_up);
    let mut found = Finding::new(&RULE, confidence, title)
        .about(refusal.user, None)
        .severity(if is_mild { Severity::Warning } else { Severity::Failure })
        .times(refusal.refused.len())
        .proved_by(evidence.flat_map(|exchange| exchange.rows.iter().copied()))
        .because(explanation(case, refusal, &site))
        .check(
            "On every front end: Get-CsCertificate -Type WebServicesExternal,WebServicesInternal,Default | Format-List \
             Use, Subject, AlternativeNames, Thumbprint, NotAfter",
        )
        .check(
            "On every front end, for port 443 too: is the thumbprint the same everywhere? netsh http show sslcert \
             ipport=0.0.0.0:4443",
        )
        .check("Assign the right certificate with step 3 of the Deployment Wizard, then iisreset.");
    if !is_proved {
        found = found.check(
            "Take a trace that begins before the sign-in (CLS scenario Authentication on all front ends), and look \
             which pool answers WebTicketService.svc with 200.",
        );
    }
    found
}

fn explanation(case: &Case<'_>, refusal: &TicketRefusal<'_>, site: &Site) -> String {
    let host = site.name();
    let (web_site, subject) = match site.port {
        Some(443) => ("internal web site (port 443)", host),
        _ => ("external web site (port 4443)", host),
    };
    let members = front_ends(&refusal.refused);
    let by = if members.is_empty() { String::new() } else { format!(" by {}", members.join(" and ")) };
    let gave_up = match refusal.gave_up.len() {
        0 => String::new(),
        count => format!(", and gave up {} with 500", often(count)),
    };
    let asked = site.asked_host.as_deref().map(|asked| format!(" (asked for as {asked})")).unwrap_or_default();
    let refused = often(refusal.refused.len());
    let mut text = if refusal.cause == TicketCause::Issuer {
        format!(
            "{host}{asked} gave out a web ticket, and requests that carried it were refused {refused}{by} with 28032, \
             \"The web ticket is invalid\"{gave_up}. The pool rejects what it issued itself. Most likely the \
             certificate of the {web_site} is the wrong one: its subject should be the name of the pool, {subject}. Or \
             the members of the pool use different ones."
        )
    } else {
        format!(
            "{host}{asked} refused the web tickets that the requests carried {refused}{by} with 28032, \"The web \
             ticket is invalid\"{gave_up}, and accepted none. The log does not show who gave these tickets out. If it \
             was this pool, the certificate of its {web_site} is most likely the wrong one; if it was another, the \
             client has to ask this pool for a ticket; and if they are old, the client does not renew them."
        )
    };
    if !refusal.issued.is_empty() && refusal.cause == TicketCause::UnknownIssuer {
        text += " The same pool gave out tickets meanwhile, so most likely they are its own.";
    }
    if refusal.others_are_accepted {
        text += " The same web site accepted tickets of others meanwhile, so look at this client and its tickets too.";
    }
    if refusal.recovers {
        text += " Later a ticket was accepted.";
    }
    if let Some(other) = case.web.signs_in_with_certificate(refusal.user, &refusal.refused) {
        text += &format!(
            " {other} signed in meanwhile on the same pool with a user certificate (TLS-DSK): who still holds one \
             needs no web ticket, which is why only some users fail."
        );
    } else {
        text += " Clients that still hold a user certificate need no web ticket, so only some users may fail.";
    }
    text
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, INVALID_TICKET, Server, diagnose, rules};

    const ANNA: &str = "anna@contoso.com";

    fn own(found: &[String]) -> Vec<&str> {
        found.iter().map(String::as_str).filter(|line| line.starts_with("web-ticket-rejected")).collect()
    }

    #[test]
    fn a_fresh_ticket_refused_again_and_again_by_its_pool() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.gives_ticket(ANNA, "AA01");
        for _ in 0..3 {
            fe01.refuses_ticket(ANNA, "AA01");
        }
        fe01.gives_up(ANNA, "AA01");
        let found = diagnose(&[&fe01]);
        let worst = found.findings.first().expect("a finding");
        assert_eq!((worst.rule, worst.count), ("web-ticket-rejected-by-issuer", 3));
        assert_eq!(worst.severity.name(), "failure");
        for words in ["fepool01.contoso.com", "external web site (port 4443)", "gave up once with 500", "fe01"] {
            assert!(worst.explanation.contains(words), "{words} in {}", worst.explanation);
        }
    }

    #[test]
    fn tickets_of_nobody_are_told_where_none_is_accepted() {
        let bare = "https://fepool01.contoso.com:4443/CertProv/CertProvisioningService.svc";
        let tickets = "https://fepool01.contoso.com:4443/WebTicket/WebTicketService.svc/cert";
        let ask = |fe01: &mut Server, status: &str, says: &str| {
            fe01.web("POST", bare, "X-MS-WebTicket: opaque=cwt=AA01", status, says, "");
        };
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        for _ in 0..3 {
            fe01.web("POST", tickets, "", "200 OK", "", "<RequestSecurityTokenResponse/>");
            ask(&mut fe01, "401 Unauthorized", INVALID_TICKET);
            fe01.wait(20);
        }
        let found = diagnose(&[&fe01]).findings;
        let worst = found.first().expect("a finding");
        assert_eq!((worst.rule, worst.user.as_deref(), worst.count), ("web-ticket-rejected-by-issuer", None, 3));
        assert_eq!((worst.severity.name(), worst.confidence.name()), ("failure", "likely"));
        // One accepted ticket, and the others may have been old ones.
        ask(&mut fe01, "200 OK", "");
        assert_eq!(own(&rules(&[&fe01])), [""; 0]);
        let mut once = Server::new("FEPOOL01", "FE01");
        ask(&mut once, "401 Unauthorized", INVALID_TICKET);
        ask(&mut once, "401 Unauthorized", INVALID_TICKET);
        assert_eq!(own(&rules(&[&once])), [""; 0]);
    }

    #[test]
    fn the_web_name_outside_is_still_the_same_pool() {
        let (mut fe01, mut fe02) = (Server::new("FEPOOL01", "FE01"), Server::new("FEPOOL01", "FE02"));
        fe01.gives_ticket(ANNA, "AA01");
        fe02.wait(1);
        fe02.site = "webext.contoso.com".to_owned();
        for _ in 0..2 {
            fe02.refuses_ticket(ANNA, "AA01");
        }
        assert_eq!(own(&rules(&[&fe01, &fe02])), ["web-ticket-rejected-by-issuer failure anna@contoso.com x2"]);
    }

    #[test]
    fn without_a_pool_in_the_prefix_the_names_of_its_servers_tell() {
        let (mut fe01, mut fe02) = (Server::new("", "FE01"), Server::new("", "FE02"));
        for server in [&mut fe01, &mut fe02] {
            server.site = "fepool01.contoso.com:4443".to_owned();
            server.asks_for_a_ticket(ANNA);
        }
        fe01.gives_ticket(ANNA, "AA01");
        fe02.wait(1);
        fe02.site = "webext.contoso.com".to_owned();
        fe02.refuses_ticket(ANNA, "AA01");
        fe02.refuses_ticket(ANNA, "AA01");
        assert_eq!(own(&rules(&[&fe01, &fe02])), ["web-ticket-rejected-by-issuer failure anna@contoso.com x2"]);
    }

    #[test]
    fn one_refusal_and_then_a_new_ticket_is_an_old_ticket() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.refuses_ticket(ANNA, "0001");
        fe01.gives_ticket(ANNA, "AA01");
        fe01.accepts_ticket(ANNA, "AA01");
        assert_eq!(own(&rules(&[&fe01])), [""; 0]);
    }

    #[test]
    fn a_client_that_wakes_up_shows_its_old_ticket_to_all_services_at_once() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.gives_ticket(ANNA, "AA01");
        fe01.accepts_ticket(ANNA, "AA01");
        fe01.wait(9 * 3_600);
        for _ in 0..4 {
            fe01.refuses_ticket(ANNA, "AA01");
        }
        assert_eq!(own(&rules(&[&fe01])), [""; 0], "it has just woken up");
        fe01.gives_ticket(ANNA, "AA02");
        fe01.accepts_ticket(ANNA, "AA02");
        assert_eq!(own(&rules(&[&fe01])), [""; 0], "and goes on");
    }

    #[test]
    fn tickets_that_are_hours_old_each_time_are_no_failure() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        for day in 0..9 {
            let (old, new) = (format!("AA{day:02}"), format!("AA{:02}", day + 1));
            fe01.refuses_ticket(ANNA, &old);
            fe01.gives_ticket(ANNA, &new);
            fe01.accepts_ticket(ANNA, &new);
            fe01.wait(4 * 3_600 + 1_800);
        }
        assert_eq!(own(&rules(&[&fe01])), [""; 0]);
    }

    #[test]
    fn what_the_log_does_not_show_is_only_a_hint() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        for ticket in ["AA01", "AA01", "AA02", "AA03"] {
            fe01.refuses_ticket(ANNA, ticket);
            fe01.wait(20);
        }
        let found = diagnose(&[&fe01]);
        let hint = found.findings.first().expect("a finding");
        assert_eq!((hint.rule, hint.count), ("web-ticket-rejected-by-issuer", 4));
        assert_eq!(hint.confidence.name(), "hint");
        assert!(hint.explanation.contains("does not show who gave these tickets out"), "{}", hint.explanation);
    }

    #[test]
    fn where_tickets_of_others_are_accepted_it_may_be_the_client() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        for ticket in ["AA01", "AA02", "AA03"] {
            fe01.refuses_ticket(ANNA, ticket);
            fe01.accepts_ticket("ben@contoso.com", "BB01");
            fe01.wait(20);
        }
        assert_eq!(own(&rules(&[&fe01])), ["web-ticket-rejected-by-issuer warning anna@contoso.com x3"]);
        let mut inside = Server::new("FEPOOL01", "FE01");
        inside.site = "fepool01.contoso.com:443".to_owned();
        let mut outside = Server::new("FEPOOL01", "FE01");
        outside.site = "webext.contoso.com".to_owned();
        for ticket in ["AA01", "AA02", "AA03"] {
            outside.refuses_ticket(ANNA, ticket);
            inside.accepts_ticket("ben@contoso.com", "BB01");
            outside.wait(20);
        }
        let found = rules(&[&inside, &outside]);
        assert_eq!(own(&found), ["web-ticket-rejected-by-issuer failure anna@contoso.com x3"], "inside proves nothing");
    }

    #[test]
    fn whom_the_trace_does_not_name_are_not_put_together() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        for _ in 0..5 {
            let certificates =
                "https://fepool01.contoso.com:4443/CertProv/CertProvisioningService.svc/WebTicket_Proof_SHA1";
            fe01.web("POST", certificates, "", "401 Unauthorized", crate::diagnosis::scene::INVALID_TICKET, "");
            fe01.wait(60);
        }
        assert_eq!(own(&rules(&[&fe01])), [""; 0]);
    }

    #[test]
    fn a_client_whose_log_holds_the_words_of_the_fault() {
        let mut anna = Client::new(ANNA);
        let (tickets, user) = (
            "https://webext.contoso.com/WebTicket/WebTicketService.svc/WebTicket_Proof",
            "https://webext.contoso.com/Autodiscover/AutodiscoverService.svc/root/user?sipuri=sip:anna@contoso.com",
        );
        anna.web_call("windows auth", tickets, "0", "");
        for _ in 0..2 {
            anna.web_call(
                "Token Auth method, TokenProviderType=2",
                user,
                "80ef0191",
                "The fault reason was: 'The web ticket is invalid.'.",
            );
        }
        assert_eq!(own(&rules(&[&anna])), ["web-ticket-rejected-by-issuer failure anna@contoso.com x2"]);
    }

    #[test]
    fn who_signs_in_with_a_certificate_meanwhile_is_named() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.gives_ticket(ANNA, "AA01");
        fe01.refuses_ticket(ANNA, "AA01");
        fe01.refuses_ticket(ANNA, "AA01");
        let mut ben = Client::new("ben@contoso.com");
        ben.tls_dsk_sign_in();
        let found = diagnose(&[&fe01, &ben]);
        let worst = found.findings.first().expect("a finding");
        assert!(worst.explanation.contains("ben@contoso.com signed in meanwhile"), "{}", worst.explanation);
        ben = Client::new("ben@contoso.com");
        ben.server = "fe99.contoso.com".to_owned();
        ben.tls_dsk_sign_in();
        let found = diagnose(&[&fe01, &ben]);
        let worst = found.findings.first().expect("a finding");
        assert!(!worst.explanation.contains("ben@contoso.com"), "another pool: {}", worst.explanation);
    }
}
