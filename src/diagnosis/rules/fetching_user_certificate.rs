//! The client has no usable user certificate and fetches one.

use super::Rule;
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// TLS-DSK is offered, and instead of answering the client asks for a web ticket and a certificate.
pub const RULE: Rule = Rule { slug: "fetching-user-certificate", severity: Severity::Advice, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let own = case.certificate_fetches.iter().filter(|fetch| !fetch.gaps.is_empty() && !fetch.has_failed());
    own.map(|fetch| {
        let (user, endpoint) = fetch.who;
        let source = fetch.gaps.iter().flat_map(|gap| gap.round.offered()).find_map(|own| own.sts_uri.as_deref());
        let end = match (fetch.is_fetched, fetch.signs_in) {
            (true, _) => "It then went on with TLS-DSK.",
            (false, true) => "It then signed in in another way.",
            (false, false) => {
                "The log does not show the end of it. It may also be that the user is being asked for a password."
            }
        };
        Finding::new(
            &RULE,
            Confidence::Likely,
            format!("The client of {} fetches a user certificate", user.unwrap_or("a user")),
        )
        .about(user, endpoint)
        .times(fetch.gaps.len())
        .proved_by(fetch.rows())
        .because(format!(
            "The server offered TLS-DSK, and the client did not answer but asked the web services: it has no usable \
                 user certificate and fetches one from {}. {end}",
            source.unwrap_or("the certificate service")
        ))
        .check("Follow the web requests: autodiscover, web ticket, certificate provisioning.")
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, rules};

    const TICKETS: &str = "https://webext.contoso.com/WebTicket/WebTicketService.svc/WebTicket_Proof";
    const CERTIFICATES: &str = "https://webext.contoso.com/CertProv/CertProvisioningService.svc/WebTicket_Proof_SHA1";

    #[test]
    fn a_certificate_is_fetched_and_used() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.challenge();
        anna.web_call("windows auth", TICKETS, "0", "");
        anna.web_call("Token Auth method, TokenProviderType=2", CERTIFICATES, "0", "");
        anna.new_call();
        anna.tls_dsk_sign_in();
        let found = rules(&[&anna]);
        assert!(found.contains(&"fetching-user-certificate advice anna@contoso.com x1".to_owned()), "{found:?}");
        assert!(!found.iter().any(|line| line.contains("failure")), "{found:?}");
    }

    #[test]
    fn the_log_ends_while_it_is_fetched() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.challenge();
        anna.web_call("windows auth", TICKETS, "0", "");
        anna.web_call("Token Auth method, TokenProviderType=2", CERTIFICATES, "3d0000", "");
        let found = rules(&[&anna]);
        assert!(found.contains(&"fetching-user-certificate advice anna@contoso.com x1".to_owned()), "{found:?}");
        assert!(!found.iter().any(|line| line.contains("failure")), "{found:?}");
    }

    #[test]
    fn silence_alone_may_be_a_prompt_for_a_password() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.challenge();
        anna.wait(40);
        anna.register(&anna.authorization("NTLM", ""));
        anna.web_call("windows auth", TICKETS, "0", "");
        let found = rules(&[&anna]);
        assert!(!found.iter().any(|line| line.contains("certificate")), "{found:?}");
    }
}
