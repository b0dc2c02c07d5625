//! The client gets no user certificate, and cannot answer the challenge for one.

use super::Rule;
use crate::diagnosis::certificate_fetch::CertificateFetch;
use crate::diagnosis::web_services::Site;
use crate::diagnosis::words::often;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::{WebExchange, WebService};

/// The client asks for a certificate and none comes, by what it asked or by what it says itself.
pub const RULE: Rule = Rule { slug: "certificate-fetch-failed", severity: Severity::Failure, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    case.certificate_fetches.iter().filter(|fetch| fetch.has_failed()).map(finding).collect()
}

fn finding(fetch: &CertificateFetch<'_>) -> Finding {
    let (user, endpoint) = fetch.who;
    let name = user.unwrap_or("the user");
    let says_so = fetch.notes.iter().any(|note| note.action.is_some() || !note.failed_steps.is_empty());
    let source = fetch.gaps.iter().flat_map(|gap| gap.round.offered()).find_map(|own| own.sts_uri.as_deref());
    let finding = Finding::new(
        &RULE,
        if says_so { Confidence::Proved } else { Confidence::Likely },
        format!("No user certificate for {name}: the sign-in cannot be completed"),
    );
    finding
        .about(user, endpoint)
        .severity(if fetch.signs_in { Severity::Warning } else { Severity::Failure })
        .times(fetch.attempts)
        .proved_by(fetch.rows())
        .because(explanation(fetch))
        .check("At the front ends, in the answers of WebTicketService.svc and CertProvisioningService.svc: X-Ms-diagnostics.")
        .check(format!(
            "From where the client stands: does {} answer? Does the reverse proxy lead 443 to 4443?",
            source.unwrap_or("https://WEBEXT/CertProv/CertProvisioningService.svc/mex")
        ))
        .check("Get-CsWebServiceConfiguration | Format-List UseWindowsAuth, UseCertificateAuth")
}

fn explanation(fetch: &CertificateFetch<'_>) -> String {
    let mut text = if fetch.gaps.is_empty() {
        "The client says that it could not get a user certificate, which it needs for TLS-DSK.".to_owned()
    } else {
        format!(
            "The server offered TLS-DSK {}, and the client had no user certificate to answer with. It asked the web \
             services for one, and none came.",
            often(fetch.gaps.len())
        )
    };
    let failures = fetch.failures();
    if let Some(last) = failures.last() {
        let (count, statuses) = (failures.len(), statuses(&failures));
        text += &match count {
            1 => format!(" A request to the {} failed ({statuses}).", name(last.service)),
            _ => format!(" {count} of its requests failed ({statuses}), the last one to the {}.", name(last.service)),
        };
    }
    let requests: Vec<&WebExchange> = fetch.gaps.iter().flat_map(|gap| gap.requests.iter().copied()).collect();
    let is_client_alone = !requests.is_empty() && requests.iter().all(|request| request.is_client);
    let issued: Vec<&WebExchange> = requests.iter().copied().filter(|request| request.issues_ticket).collect();
    let refused = failures.iter().filter(|request| request.has_ticket == Some(true)).count();
    if is_client_alone && !issued.is_empty() && refused > 0 {
        text += &format!(
            " {} gave it web tickets ({}), and requests that carried one failed ({}). Why is not in a client's log: it \
             stands in X-Ms-diagnostics in the trace of the front ends.",
            Site::of(&issued).name(),
            often(issued.len()),
            often(refused)
        );
    }
    if fetch.signs_in {
        text += " It signed in in another way.";
    }
    text
}

fn name(service: WebService) -> &'static str {
    if service == WebService::WebTicket { "web ticket service" } else { "certificate service" }
}

/// `401, 500`
fn statuses(failures: &[&WebExchange]) -> String {
    let word = |request: &&WebExchange| match (request.status, request.hresult) {
        (Some(status), _) => status.to_string(),
        (None, hresult) => format!("0x{:08x}", hresult.unwrap_or_default()),
    };
    let mut words: Vec<String> = failures.iter().map(word).collect();
    words.sort_unstable();
    words.dedup();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, INVALID_TICKET, Log, Server, diagnose, rules};

    const ANNA: &str = "anna@contoso.com";
    const TICKETS: &str = "https://webext.contoso.com/WebTicket/WebTicketService.svc/WebTicket_Proof";
    const CERTIFICATES: &str = "https://webext.contoso.com/CertProv/CertProvisioningService.svc/WebTicket_Proof_SHA1";
    const WITH_TICKET: &str = "Token Auth method, TokenProviderType=2";

    fn own(found: &[String]) -> Vec<&str> {
        let is_own = |line: &&str| line.starts_with("certificate-fetch-failed") || line.starts_with("fetching");
        found.iter().map(String::as_str).filter(is_own).collect()
    }

    #[test]
    fn the_certificate_service_refuses_and_no_certificate_is_shown() {
        let mut anna = Client::new(ANNA);
        anna.register("");
        anna.challenge();
        anna.web_call("windows auth", TICKETS, "0", "");
        anna.web_call(WITH_TICKET, CERTIFICATES, "80ef0191", "");
        assert_eq!(own(&rules(&[&anna])), ["certificate-fetch-failed failure anna@contoso.com x1"]);
        let found = diagnose(&[&anna]);
        let words = &found.findings.first().expect("a finding").explanation;
        assert!(words.contains("Why is not in a client's log"), "{words}");
        assert!(words.contains("webext.contoso.com gave it web tickets (once)"), "{words}");
    }

    #[test]
    fn what_the_client_says_itself() {
        for said in [
            "1.3.1 GetAndPublishCert: FAIL (hr = 0x80ef0191)",
            "VerifyOnEnableEvent result return ONENABLE_FAILED\r\n status=0x80ef0191\r\n ACTION: AUTH FAIL - NEED NEW CERT",
            "VerifyOnEnableEvent result return (ONENABLE_FAIL_AUTH) status=0x80ef0191",
        ] {
            let mut anna = Client::new(ANNA);
            anna.register("");
            anna.challenge();
            anna.says(said);
            assert_eq!(own(&rules(&[&anna])), ["certificate-fetch-failed failure anna@contoso.com x1"], "{said}");
        }
    }

    #[test]
    fn on_a_shared_client_it_is_the_one_who_signs_in() {
        let mut anna = Client::new(ANNA);
        anna.ntlm_sign_in();
        anna.refresh("NTLM");
        anna.sign_out();
        let mut ben = Client::new("ben@contoso.com");
        ben.now_ms = anna.now_ms + 60_000;
        ben.register("");
        ben.challenge();
        ben.says("1.3.1 GetAndPublishCert: FAIL (hr = 0x80ef0191)");
        ben.says("VerifyOnEnableEvent result return (ONENABLE_FAIL_AUTH) status=0x80ef0191");
        let mut both = Server::new("", "");
        both.lines_of(&(anna.text() + &ben.text()));
        assert_eq!(own(&rules(&[&both])), ["certificate-fetch-failed failure ben@contoso.com x1"]);
    }

    #[test]
    fn a_call_that_still_runs_is_no_failure() {
        let mut anna = Client::new(ANNA);
        anna.register("");
        anna.challenge();
        anna.says("1.3.1 GetAndPublishCert: FAIL (hr = 0x3d0000)");
        assert_eq!(own(&rules(&[&anna])), [""; 0]);
    }

    #[test]
    fn a_refused_password_explains_the_verdict() {
        let mut anna = Client::new(ANNA);
        anna.ntlm_refused();
        anna.says("VerifyOnEnableEvent result return (ONENABLE_FAIL_AUTH) status=0x80ef0191");
        assert_eq!(own(&rules(&[&anna])), [""; 0]);
    }

    #[test]
    fn a_certificate_that_comes_later_is_no_failure() {
        let mut anna = Client::new(ANNA);
        anna.register("");
        anna.challenge();
        anna.web_call("windows auth", TICKETS, "0", "");
        anna.web_call(WITH_TICKET, CERTIFICATES, "80ef0191", "");
        anna.says("1.3.1 GetAndPublishCert: FAIL (hr = 0x80ef0191)");
        anna.web_call(WITH_TICKET, CERTIFICATES, "0", "");
        anna.new_call();
        anna.tls_dsk_sign_in();
        assert_eq!(own(&rules(&[&anna])), ["fetching-user-certificate advice anna@contoso.com x1"]);
    }

    #[test]
    fn a_certificate_that_came_just_before_the_log_ends_is_no_failure() {
        let mut anna = Client::new(ANNA);
        anna.register("");
        anna.challenge();
        anna.web_call(WITH_TICKET, CERTIFICATES, "80ef0191", "");
        anna.says("1.3.1 GetAndPublishCert: FAIL (hr = 0x80ef0191)");
        anna.web_call("windows auth", TICKETS, "0", "");
        anna.web_call(WITH_TICKET, CERTIFICATES, "0", "");
        assert_eq!(own(&rules(&[&anna])), ["fetching-user-certificate advice anna@contoso.com x1"]);
    }

    #[test]
    fn a_sign_in_in_another_way_makes_it_a_warning() {
        let mut anna = Client::new(ANNA);
        anna.register("");
        anna.challenge();
        anna.says("1.3.1 GetAndPublishCert: FAIL (hr = 0x80ef0191)");
        anna.new_call();
        anna.ntlm_sign_in();
        assert_eq!(own(&rules(&[&anna])), ["certificate-fetch-failed warning anna@contoso.com x1"]);
    }

    #[test]
    fn a_refused_ticket_is_its_cause() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        fe01.wait(10);
        fe01.gives_ticket(ANNA, "AA01");
        for _ in 0..3 {
            fe01.certificate(ANNA, "401 Unauthorized", INVALID_TICKET);
        }
        let mut anna = Client::new(ANNA);
        anna.register("");
        anna.challenge();
        let found = rules(&[&fe01, &anna]);
        assert_eq!(
            own(&found),
            ["certificate-fetch-failed failure anna@contoso.com x1 <- web-ticket-rejected-by-issuer"]
        );
    }
}
