//! Windows denied the logon: the password, or the account.

use super::Rule;
use crate::diagnosis::case::{group, who};
use crate::diagnosis::client_words::is_of_sign_in;
use crate::diagnosis::command;
use crate::diagnosis::numbers::{CLIENT_401, LOGON_DENIED};
use crate::diagnosis::refusal::{Cause, finding};
use crate::diagnosis::words::how_often;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::{WebExchange, WebService};
use rustc_hash::{FxHashMap, FxHashSet};

/// `SEC_E_LOGON_DENIED` for an NTLM token, in SIP or again and again at a web service.
pub const RULE: Rule = Rule { slug: "wrong-password", severity: Severity::Failure, find };

/// Refused web requests in a row that are more than the rounds of one NTLM handshake.
const WEB_REFUSALS: usize = 3;

fn find(case: &Case<'_>) -> Vec<Finding> {
    let groups = case.refused_for(Cause::Password);
    let mut found: Vec<Finding> = groups
        .into_iter()
        .map(|((user, endpoint), refusals)| {
            let how_often = how_often(case.index, refusals.len(), refusals.iter().flat_map(|own| own.round.rows()));
            let names = refusals.iter().rev().find_map(|own| own.identity(case.index)).unwrap_or_default();
            let account = names.account().unwrap_or_else(|| user.unwrap_or("the user").to_owned());
            let from = names.workstation.as_ref().map(|name| format!(" from workstation {name}")).unwrap_or_default();
            let finding = finding(&RULE, &refusals, format!("The server refused {account}{from}: password or account"))
                .about(user, endpoint)
                .because(format!(
                    "Windows denied the logon of {account}{from} {how_often} (0x8009030C SEC_E_LOGON_DENIED): the \
                     password is wrong or has expired, or the account is locked or disabled."
                ));
            with_checks(
                finding,
                user,
                names.user.as_deref().unwrap_or_default(),
                names.workstation.as_deref().unwrap_or_default(),
            )
        })
        .collect();
    found.extend(at_web_services(case));
    found
}

/// Users whose NTLM a web service refuses again and again, while the client names the reason.
fn at_web_services(case: &Case<'_>) -> Vec<Finding> {
    let known: FxHashSet<Option<&str>> =
        case.refusals.iter().filter(|own| own.cause == Cause::Password).map(|own| who(own.attempt).0).collect();
    let denies = |exchange: &WebExchange| {
        exchange.hresult == Some(LOGON_DENIED) || exchange.error.to_ascii_lowercase().contains("8009030c")
    };
    let mut by_user: FxHashMap<&str, Vec<&WebExchange>> = FxHashMap::default();
    let mut users = Vec::new();
    let services = [WebService::WebTicket, WebService::CertificateProvisioning];
    for exchange in case.trace.web.iter().filter(|exchange| services.contains(&exchange.service)) {
        let Some(user) = exchange.user.as_deref().filter(|user| !known.contains(&Some(*user))) else { continue };
        let own = by_user.entry(user).or_default();
        if own.is_empty() {
            users.push(user);
        }
        own.push(exchange);
    }
    let notes = case.trace.client_notes.iter().filter(|note| note.has_hresult(LOGON_DENIED) && is_of_sign_in(note));
    let mut said = group(notes.map(|note| ((case.owner_of(note), None), note)));
    let mut found = Vec::new();
    for user in users {
        let mut exchanges = by_user.remove(user).unwrap_or_default();
        exchanges.sort_by_key(|exchange| exchange.time);
        let is_refused = |exchange: &&&WebExchange| {
            exchange.status == Some(401) || exchange.is_done && exchange.hresult == Some(CLIENT_401) || denies(exchange)
        };
        let is_accepted =
            |exchange: &&WebExchange| exchange.status == Some(200) || exchange.is_done && exchange.hresult == Some(0);
        let after = exchanges.iter().rposition(is_accepted).map_or(0, |at| at + 1);
        let refused: Vec<&&WebExchange> = exchanges.iter().skip(after).filter(is_refused).collect();
        let place = said.iter().position(|((own, _), _)| *own == Some(user));
        let notes = place.map(|at| said.swap_remove(at).1).unwrap_or_default();
        if refused.len() < WEB_REFUSALS || notes.is_empty() && !refused.iter().any(|exchange| denies(exchange)) {
            continue;
        }
        let rows = || refused.iter().flat_map(|own| own.rows.iter().copied()).chain(notes.iter().map(|note| note.row));
        let finding =
            Finding::new(&RULE, Confidence::Likely, format!("A web service refused {user}: password or account"))
                .about(Some(user), None)
                .times(refused.len())
                .because(format!(
                    "The web service of the sign-in refused {user} {}, and the client's log names the reason: Windows \
                 denied the logon (0x8009030C SEC_E_LOGON_DENIED).",
                    how_often(case.index, refused.len(), rows())
                ))
                .proved_by(rows());
        found.push(with_checks(finding, Some(user), "", ""));
    }
    found
}

fn with_checks(finding: Finding, user: Option<&str>, account: &str, workstation: &str) -> Finding {
    let device = command::host(Some(workstation), "the device");
    finding
        .check(format!(
            "Get-ADUser -Identity {} -Properties LockedOut, Enabled, PasswordExpired, LastBadPasswordAttempt",
            command::account(Some(account))
        ))
        .check(format!("On {device}: cmdkey /list shows saved passwords; an old one is sent again and again."))
        .check(
            "In the Security log of the front end event 4625, of the domain controller event 4776, at that time. Code \
             C000006A is a wrong password, C0000071 an expired one; C0000234 a locked account, C0000072 a disabled \
             one, C0000193 an expired one.",
        )
        .check(format!(
            "Test-CsRegistration -UserSipAddress {} -UserCredential (Get-Credential) -TargetFqdn <pool>",
            command::sip(user)
        ))
        .check(format!("If the password is right: compare LmCompatibilityLevel of {device} with that of the servers."))
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, NTLM_3_ANNA, Server, diagnose, fires, rules};

    #[test]
    fn the_security_record_of_the_server_says_denied() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused_with(NTLM_3_ANNA);
        let mut fe01 = Server::copies("FEPOOL01", "FE01", &anna);
        fe01.security("0x8009030c SEC_E_LOGON_DENIED", &anna.call_id(), 3);
        let found = rules(&[&fe01]);
        assert!(found.contains(&"wrong-password failure anna@contoso.com x1".to_owned()), "{found:?}");
        assert_eq!(found.iter().filter(|rule| rule.contains("failure")).count(), 1, "{found:?}");
        let found = diagnose(&[&fe01]).findings;
        let own = found.iter().find(|finding| finding.rule == "wrong-password").expect("denied");
        assert_eq!(own.title, "The server refused CONTOSO\\anna from workstation PC17: password or account");
    }

    #[test]
    fn the_client_says_denied() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused();
        anna.says("SignIn failed, InitializeSecurityContext returned 0x8009030C");
        assert!(fires("wrong-password", &[&anna]));
    }

    #[test]
    fn a_record_about_another_call_and_a_plain_refusal_say_nothing() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_refused();
        let mut fe01 = Server::copies("FEPOOL01", "FE01", &anna);
        fe01.security("0x8009030c SEC_E_LOGON_DENIED", "another-call", 3);
        fe01.security("0xc3e93ec3 SIP_E_AUTH_UNAUTHORIZED", &anna.call_id(), 3);
        let found = rules(&[&fe01]);
        assert!(!fires("wrong-password", &[&fe01]), "{found:?}");
        assert!(found.contains(&"credentials-refused failure anna@contoso.com x1".to_owned()), "{found:?}");
    }

    #[test]
    fn a_web_service_that_denies_again_and_again() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.challenge();
        for _ in 0..3 {
            anna.web_call("windows authentication", TICKETS, "80ef0191", "");
        }
        assert!(!fires("wrong-password", &[&anna]), "nothing says why");
        anna.says("GetWebTicket failed, InitializeSecurityContext returned 0x8009030C");
        assert!(fires("wrong-password", &[&anna]));
        anna.web_call("windows authentication", TICKETS, "0", "");
        assert!(!fires("wrong-password", &[&anna]), "accepted in the end");
    }

    const TICKETS: &str = "https://webext.contoso.com/WebTicket/WebTicketService.svc";
}
