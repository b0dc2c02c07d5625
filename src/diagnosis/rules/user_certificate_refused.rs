//! The user certificate of a client is expired, or the pool does not know it any more.

use super::Rule;
use crate::diagnosis::command;
use crate::diagnosis::refusal::{Cause, finding};
use crate::diagnosis::words::how_often;
use crate::diagnosis::{Case, Confidence, Finding, Severity};

/// A TLS alert about the certificate, a certificate that had ended, or TLS-DSK that works once there is a new one.
/// A certificate lives 180 days by default; one that was revoked on the server is offered again and again.
pub const RULE: Rule = Rule { slug: "user-certificate-refused", severity: Severity::Failure, find };

fn find(case: &Case<'_>) -> Vec<Finding> {
    let groups = case.refused_for(Cause::UserCertificate);
    groups
        .into_iter()
        .map(|((user, endpoint), refusals)| {
            let name = user.unwrap_or("the user");
            let how_often = how_often(case.index, refusals.len(), refusals.iter().flat_map(|own| own.round.rows()));
            let ended = refusals.iter().rev().find_map(|own| {
                own.certificate_ends.filter(|ends| own.answer().and_then(|answer| answer.date).is_some_and(|date| *ends < date))
            });
            let alert = refusals.iter().rev().find_map(|own| own.round.alert());
            let is_proved = refusals.iter().any(|own| own.confidence == Confidence::Proved);
            let why = match (ended, alert) {
                (Some(ends), _) => format!("The certificate ended at {} UTC", ends.format("%Y-%m-%d %H:%M:%S")),
                (None, Some(alert)) => format!("The server sent the TLS alert {alert} ({})", alert_name(alert)),
                (None, None) if is_proved => "The server's security record says so".to_owned(),
                (None, None) => "TLS-DSK worked as soon as the client had got a new one".to_owned(),
            };
            finding(&RULE, &refusals, format!("The user certificate of {name} was refused"))
                .about(user, endpoint)
                .because(format!(
                    "The client offered its cached user certificate, and the server refused it {how_often}: it is \
                     expired or no longer known to the pool. {why}. The client must get a new one."
                ))
                .check("certmgr.msc on the client: Personal, certificates issued by \"Communications Server\". Delete them and sign in again, or use \"Delete my sign-in info\".")
                .check(format!("Get-CsClientCertificate -Identity {}", command::sip(user)))
                .check(format!("Revoke-CsClientCertificate -Identity {}", command::sip(user)))
        })
        .collect()
}

/// RFC 5246 7.2.
fn alert_name(alert: u8) -> &'static str {
    match alert {
        42 => "bad certificate",
        43 => "unsupported certificate",
        44 => "certificate revoked",
        45 => "certificate expired",
        46 => "certificate unknown",
        48 => "unknown authority",
        _ => "refused",
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, TLS_CERTIFICATE, TLS_EXPIRED, TLS_HELLO, diagnose, fires, rules};

    /// Up to the flight with a certificate that ended the day before.
    fn handshake(client: &mut Client) {
        client.register("");
        client.challenge();
        client.register(&client.authorization("TLS-DSK", TLS_HELLO));
        client.answer("401 Unauthorized", &client.goes_on("TLS-DSK", TLS_HELLO));
        client.register(&client.authorization("TLS-DSK", TLS_CERTIFICATE));
    }

    #[test]
    fn an_alert_about_the_certificate() {
        let mut ben = Client::new("ben@contoso.com");
        ben.tls_dsk_handshake();
        ben.answer("401 Unauthorized", &ben.goes_on("TLS-DSK", TLS_EXPIRED));
        let found = rules(&[&ben]);
        assert!(found.contains(&"user-certificate-refused failure ben@contoso.com x1".to_owned()), "{found:?}");
        assert_eq!(found.iter().filter(|rule| rule.contains("failure")).count(), 1, "{found:?}");
    }

    #[test]
    fn a_certificate_that_had_ended() {
        let mut ben = Client::new("ben@contoso.com");
        handshake(&mut ben);
        ben.challenge();
        let found = diagnose(&[&ben]).findings;
        let own = found.iter().find(|finding| finding.rule == "user-certificate-refused").expect("refused");
        assert!(own.explanation.contains("ended at 2024-11-19 08:00:00 UTC"), "{}", own.explanation);
    }

    #[test]
    fn a_new_certificate_mends_it() {
        let mut ben = Client::new("ben@contoso.com");
        ben.tls_dsk_handshake();
        ben.challenge();
        assert!(!fires("user-certificate-refused", &[&ben]), "nothing says so yet");
        let services = "https://webext.contoso.com/CertProv/CertProvisioningService.svc";
        ben.web_call("ticket", services, "0", "");
        ben.new_call();
        ben.tls_dsk_sign_in();
        assert!(rules(&[&ben]).contains(&"user-certificate-refused warning ben@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_plain_refusal_and_a_certificate_that_is_good_are_none() {
        let mut ben = Client::new("ben@contoso.com");
        ben.tls_dsk_handshake();
        ben.challenge();
        let mut carla = Client::new("carla@contoso.com");
        carla.tls_dsk_sign_in();
        assert!(!fires("user-certificate-refused", &[&ben, &carla]));
    }
}
