//! A Kerberos ticket that the server cannot use, or that the client does not get.

use super::Rule;
use crate::diagnosis::case::{group, who};
use crate::diagnosis::command;
use crate::diagnosis::refusal::{Cause, KRB_MODIFIED, KRB_NO_SUCH_SERVICE, Refusal, finding, in_words};
use crate::diagnosis::sign_in::{Kind, target};
use crate::diagnosis::words::how_often;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::{Attempt, Round, SipMessage};
use rustc_hash::FxHashSet;

/// A ticket that is refused and no 200 after it: a failure. A client inside the network that is offered Kerberos and
/// uses NTLM at once: advice. From outside there is no domain controller to get a ticket from, which is normal.
pub const RULE: Rule = Rule { slug: "kerberos-target", severity: Severity::Failure, find };

/// Where clients inside the network speak SIP with a front end.
const INSIDE_PORT: &str = ":5061";

fn find(case: &Case<'_>) -> Vec<Finding> {
    let groups = case.refused_for(Cause::KerberosTarget);
    let known: FxHashSet<_> = groups.iter().map(|(who, _)| *who).collect();
    let mut found: Vec<Finding> = groups
        .into_iter()
        .map(|((user, endpoint), refusals)| {
            let server = refusals.iter().rev().find_map(|own| own.server());
            let how_often = how_often(case.index, refusals.len(), refusals.iter().flat_map(|own| own.round.rows()));
            let target = server.clone().unwrap_or_else(|| "the server".to_owned());
            let finding = finding(&RULE, &refusals, format!("The Kerberos ticket for sip/{target} was not usable"))
                .about(user, endpoint)
                .because(format!(
                    "{} sent a Kerberos ticket for sip/{target}, and the server refused it {how_often}. {}",
                    user.unwrap_or("The client"),
                    why(&refusals)
                ));
            with_checks(finding, server.as_deref())
        })
        .collect();
    let unused = case.sign_ins.iter().filter(|own| own.kind == Kind::Fresh).map(|own| own.attempt);
    let unused = unused.filter(|attempt| !known.contains(&who(attempt)) && leaves_kerberos(attempt));
    found.extend(group(unused.map(|attempt| (who(attempt), attempt))).into_iter().map(
        |((user, endpoint), attempts)| {
            let rows = || attempts.iter().flat_map(|attempt| attempt.rows());
            let finding = Finding::new(
                &RULE,
                Confidence::Hint,
                "A client inside the network uses NTLM though Kerberos is offered",
            )
            .about(user, endpoint)
            .severity(Severity::Advice)
            .times(attempts.len())
            .because(format!(
                "{} signed in with NTLM {}, and did not try Kerberos: a computer outside the domain, no domain \
                 controller in reach, or no service principal name. The sign-in works.",
                user.unwrap_or("The user"),
                how_often(case.index, attempts.len(), rows())
            ))
            .proved_by(rows());
            with_checks(finding, attempts.last().and_then(|attempt| target(attempt)).as_deref())
        },
    ));
    found
}

/// What the server says of the ticket, or what is most likely.
fn why(refusals: &[&Refusal<'_>]) -> String {
    let Some(error) = refusals.iter().rev().find_map(|own| own.kerberos_error.as_ref()) else {
        return "Most likely the service principal name is missing or stands twice, or the ticket is for another \
                account's key."
            .to_owned();
    };
    let meaning = match error.code {
        Some(KRB_MODIFIED) => {
            "it cannot read the ticket, which is for the key of another account: the service principal name stands on \
             the wrong account, or on two"
        }
        Some(KRB_NO_SUCH_SERVICE) => "the domain knows no such service principal name",
        _ => "most likely the service principal name is missing or stands twice",
    };
    format!("The server names the Kerberos error {}: {meaning}.", in_words(error))
}

fn with_checks(finding: Finding, server: Option<&str>) -> Finding {
    let server = command::host(server, "FRONT-END");
    finding
        .check(format!("setspn -Q sip/{server}"))
        .check(format!("klist get sip/{server}"))
        .check("nltest /dsgetdc:<domain>")
        .check("Test-CsKerberosAccountAssignment -Verbose")
}

/// Inside the network, offered Kerberos, and NTLM from the first token on.
fn leaves_kerberos(attempt: &Attempt) -> bool {
    let mut sent = attempt.rounds.iter().filter_map(Round::sent);
    let offered = attempt.rounds.first().map(|round| round.offered()).unwrap_or_default();
    let messages = || attempt.rounds.iter().flat_map(Round::messages);
    let is_inside = || {
        let mut hops = messages().flat_map(|message: &SipMessage| &message.hops).filter(|hop| hop.is_client);
        hops.any(|hop| hop.peer.ends_with(INSIDE_PORT)) && !messages().any(|message| message.is_remote)
    };
    attempt.package() == Some("NTLM")
        && sent.all(|sent| sent.package == "NTLM")
        && offered.iter().any(|own| own.package == "Kerberos")
        && is_inside()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::Severity;
    use crate::diagnosis::scene::{Client, KERBEROS, Server, diagnose, fires, kerberos_error, rules};

    fn refused(client: &mut Client) {
        client.register("");
        client.challenge();
        client.register(&client.authorization("Kerberos", KERBEROS));
        client.challenge();
    }

    #[test]
    fn a_refused_ticket_is_a_failure() {
        let mut henry = Client::new("henry@contoso.com");
        refused(&mut henry);
        let found = rules(&[&henry]);
        assert!(found.contains(&"kerberos-target failure henry@contoso.com x1".to_owned()), "{found:?}");
        assert_eq!(found.iter().filter(|rule| rule.contains("failure")).count(), 1, "{found:?}");
    }

    #[test]
    fn a_200_later_makes_it_a_warning() {
        let mut henry = Client::new("henry@contoso.com");
        refused(&mut henry);
        henry.new_call();
        henry.kerberos_sign_in();
        assert!(rules(&[&henry]).contains(&"kerberos-target warning henry@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_denied_logon_is_no_question_of_the_target() {
        let mut henry = Client::new("henry@contoso.com");
        refused(&mut henry);
        let mut fe01 = Server::copies("FEPOOL01", "FE01", &henry);
        fe01.security("0x8009030c SEC_E_LOGON_DENIED", &henry.call_id(), 2);
        assert!(!fires("kerberos-target", &[&fe01]));
        assert!(fires("credentials-refused", &[&fe01]));
    }

    #[test]
    fn ntlm_at_once_is_advice_inside_and_nothing_outside() {
        let mut greta = Client::new("greta@contoso.com");
        greta.peer = "192.0.2.20:5061".to_owned();
        greta.ntlm_sign_in();
        assert!(rules(&[&greta]).contains(&"kerberos-target advice greta@contoso.com x1".to_owned()));
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        assert!(!fires("kerberos-target", &[&anna]));
        let mut ben = Client::new("ben@contoso.com");
        ben.peer = "192.0.2.20:5061".to_owned();
        ben.ntlm_handshake();
        ben.answer("200 OK", &format!("{}\nms-user-logon-data: RemoteUser", ben.signature("NTLM")));
        assert!(!fires("kerberos-target", &[&ben]));
    }

    #[test]
    fn a_client_that_may_still_fall_back_is_no_failure() {
        let mut henry = Client::new("henry@contoso.com");
        refused(&mut henry);
        henry.register(&henry.authorization("NTLM", ""));
        assert!(!rules(&[&henry]).iter().any(|rule| rule.contains("failure")));
        henry.wait(40);
        henry.says("idle");
        assert!(fires("kerberos-target", &[&henry]));
    }

    /// What a server answers a ticket with where it does not take it.
    fn error(client: &mut Client, code: u8) {
        client.register("");
        client.challenge();
        client.register(&client.authorization("Kerberos", KERBEROS));
        client.answer("401 Unauthorized", &client.goes_on("Kerberos", &kerberos_error(code)));
    }

    #[test]
    fn the_error_of_kerberos_names_the_cause() {
        let cases = [
            (7, "kerberos-target"),
            (41, "kerberos-target"),
            (37, "clock-skew"),
            (18, "credentials-refused"),
            (24, "credentials-refused"),
            (60, "kerberos-target"),
        ];
        for (code, rule) in cases {
            let mut henry = Client::new("henry@contoso.com");
            error(&mut henry, code);
            henry.wait(40);
            henry.says("idle");
            let found = diagnose(&[&henry]).findings;
            let loud: Vec<_> = found.iter().filter(|own| own.severity < Severity::Normal).collect();
            assert_eq!(loud.len(), 1, "{code}: {loud:?}");
            assert_eq!((loud[0].rule, loud[0].severity), (rule, Severity::Failure), "{code}");
            assert!(loud[0].explanation.contains(&format!("{code} K")), "{code}: {}", loud[0].explanation);
        }
    }

    #[test]
    fn an_error_and_the_challenge_after_it_are_one_refusal() {
        let mut henry = Client::new("henry@contoso.com");
        error(&mut henry, 41);
        henry.register(&henry.authorization("Kerberos", KERBEROS));
        henry.challenge();
        let own =
            diagnose(&[&henry]).findings.into_iter().find(|own| own.rule == "kerberos-target").expect("a finding");
        assert_eq!((own.count, own.severity), (1, Severity::Failure));
        assert!(own.explanation.contains("KRB_AP_ERR_MODIFIED"), "{}", own.explanation);
    }

    #[test]
    fn a_clock_that_is_set_right_at_once_and_a_log_that_ends_are_no_failures() {
        let mut henry = Client::new("henry@contoso.com");
        error(&mut henry, 37);
        assert!(!rules(&[&henry]).iter().any(|rule| rule.contains("failure")), "{:?}", rules(&[&henry]));
        henry.register(&henry.authorization("Kerberos", KERBEROS));
        henry.answer("200 OK", &henry.signature("Kerberos"));
        let found = rules(&[&henry]);
        assert!(found.contains(&"clock-skew warning henry@contoso.com x1".to_owned()), "{found:?}");
    }
}
