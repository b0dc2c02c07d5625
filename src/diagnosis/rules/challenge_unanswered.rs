//! A client that never answers the challenge.

use super::Rule;
use crate::diagnosis::words::{how_often, list};
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// REGISTERs without credentials, a challenge to each, and never an answer to it. Monitors, probes and balancers do
/// exactly this and are left out; where the client is busy with web services, those tell the reason.
pub const RULE: Rule = Rule { slug: "challenge-unanswered", severity: Severity::Failure, find };

/// Challenges that must have been left unanswered.
const LEAST: usize = 2;

fn find(case: &Case<'_>) -> Vec<Finding> {
    let silent = case
        .silences
        .iter()
        .filter(|silence| silence.unanswered() >= LEAST && !silence.is_busy_with_web && !silence.lacks_package());
    silent
        .map(|silence| {
            let (user, endpoint) = silence.who;
            let rows = || silence.rounds.iter().flat_map(|round| round.rows());
            Finding::new(
                &RULE,
                Confidence::Likely,
                format!("The client of {} never answers the challenge", user.unwrap_or("the user")),
            )
            .about(user, endpoint)
            .times(silence.rounds.len())
            .because(format!(
                "The client asked without credentials and was offered {} {}, and never went on: it has no password \
                 and no user certificate to use, or it waits for a web service that the log does not show.",
                list(silence.offered()),
                how_often(case.index, silence.rounds.len(), rows())
            ))
            .check("On the client: \"Delete my sign-in info\", then sign in and type the password.")
            .check("Is the credential prompt suppressed by policy, or open behind another window?")
            .check("Does the client reach the web services? Open the sts-uri of the challenge in a browser.")
            .proved_by(rows())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, fires, rules};

    fn asks(client: &mut Client, times: usize) {
        for _ in 0..times {
            client.register("");
            client.challenge();
            client.wait(20);
            client.new_call();
        }
    }

    #[test]
    fn challenges_that_are_never_answered() {
        let mut anna = Client::new("anna@contoso.com");
        asks(&mut anna, 3);
        let found = rules(&[&anna]);
        assert!(found.contains(&"challenge-unanswered failure anna@contoso.com x3".to_owned()), "{found:?}");
        assert_eq!(found.iter().filter(|rule| rule.contains("failure")).count(), 1, "{found:?}");
    }

    #[test]
    fn two_may_be_cut_off() {
        let mut anna = Client::new("anna@contoso.com");
        asks(&mut anna, 2);
        assert!(!fires("challenge-unanswered", &[&anna]));
        anna.wait(30);
        anna.says("idle");
        assert!(fires("challenge-unanswered", &[&anna]));
    }

    #[test]
    fn a_client_that_answers_in_the_end_is_not_silent() {
        let mut anna = Client::new("anna@contoso.com");
        asks(&mut anna, 4);
        anna.ntlm_sign_in();
        assert!(!fires("challenge-unanswered", &[&anna]));
    }

    #[test]
    fn visible_web_services_tell_the_reason() {
        let mut anna = Client::new("anna@contoso.com");
        asks(&mut anna, 2);
        anna.web_call(
            "windows authentication",
            "https://webext.contoso.com/WebTicket/WebTicketService.svc",
            "80ef0191",
            "",
        );
        asks(&mut anna, 2);
        assert!(!fires("challenge-unanswered", &[&anna]));
    }

    #[test]
    fn monitors_anonymous_guests_and_sign_outs_do_not_count() {
        let mut monitor = Client::new("monitor@contoso.com");
        monitor.epid = String::new();
        monitor.agent = "Sensor/1.0".to_owned();
        asks(&mut monitor, 20);
        let mut guest = Client::new("anonymous@anonymous.invalid");
        asks(&mut guest, 20);
        let mut anna = Client::new("anna@contoso.com");
        for _ in 0..4 {
            anna.register("Expires: 0");
            anna.challenge();
            anna.new_call();
        }
        let mut probe = Client::new("probe@contoso.com");
        for _ in 0..20 {
            probe.request("OPTIONS", "sip:contoso.com", "probe@contoso.com", "");
            probe.challenge();
        }
        assert_eq!(rules(&[&monitor, &guest, &anna, &probe]), Vec::<String>::new());
    }

    #[test]
    fn a_device_without_epid_that_is_a_client_counts() {
        let mut phone = Client::new("anna@contoso.com");
        phone.epid = String::new();
        phone.agent = "CPE/4.0.7577.4463 OCPhone/4.0.7577.4463 (Microsoft Lync Phone Edition)".to_owned();
        asks(&mut phone, 3);
        assert!(fires("challenge-unanswered", &[&phone]));
    }
}
