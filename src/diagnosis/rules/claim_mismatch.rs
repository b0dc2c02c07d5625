//! The credentials belong to another user than the sign-in address.

use super::Rule;
use crate::diagnosis::case::group;
use crate::diagnosis::command;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::format::Millis;
use crate::index::RowId;
use crate::trace::WebExchange;
use std::borrow::Cow;

/// The web ticket service finds that the SIP URI in the claim is not that of the credentials.
pub const RULE: Rule = Rule { slug: "claim-mismatch", severity: Severity::Failure, find };

const CLAIM: &str = "sip uri in the claim type";
const CREDENTIALS: &str = "presented credentials";
/// What a client makes of this fault, and of others of the same kind.
const TRUST_FAULT: u32 = 0x80F1_0041;

/// One place where the fault stands.
struct Fault {
    rows: Vec<RowId>,
    time: Millis,
    /// Its words are in the log, not only a number that it shares with others.
    is_named: bool,
}

fn find(case: &Case<'_>) -> Vec<Finding> {
    let of_web = case.web.users().iter().flat_map(|(user, exchanges)| {
        exchanges.iter().filter_map(|exchange| {
            let is_named = exchange.says(CLAIM) && exchange.says(CREDENTIALS);
            let is_fault = is_named || is_trust_fault(exchange) && !says_another_reason(exchange);
            let fault = is_fault.then(|| Fault { rows: exchange.rows.clone(), time: exchange.time, is_named })?;
            Some(((*user, None), fault))
        })
    });
    let of_notes = case.trace.client_notes.iter().filter_map(|note| {
        let text = one_line(&note.text);
        let is_named = text.contains(CLAIM) && text.contains(CREDENTIALS);
        let exchanges = || case.owner_of(note).map(|user| case.web.of_user(user)).unwrap_or_default().iter();
        let is_unexplained = || !exchanges().any(|exchange| is_trust_fault(exchange) && says_another_reason(exchange));
        let is_fault = is_named || note.has_hresult(TRUST_FAULT) && is_unexplained();
        let fault = is_fault.then(|| Fault { rows: vec![note.row], time: note.time, is_named })?;
        Some(((case.owner_of(note), None), fault))
    });
    let groups = group(of_web.chain(of_notes));
    groups.into_iter().filter_map(|((user, _), faults)| finding(case, user, &faults)).collect()
}

fn is_trust_fault(exchange: &WebExchange) -> bool {
    exchange.is_done && exchange.hresult == Some(TRUST_FAULT)
}

/// The fault has other words than those of this rule.
fn says_another_reason(exchange: &WebExchange) -> bool {
    exchange.says("fault reason was") && !exchange.says(CLAIM)
}

fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains("claim") {
        Cow::Owned(text.split_ascii_whitespace().collect::<Vec<_>>().join(" ").to_ascii_lowercase())
    } else {
        Cow::Borrowed("")
    }
}

fn finding(case: &Case<'_>, user: Option<&str>, faults: &[Fault]) -> Option<Finding> {
    let is_named = faults.iter().any(|fault| fault.is_named);
    let own: Vec<&Fault> = faults.iter().filter(|fault| fault.is_named == is_named).collect();
    let last = own.iter().map(|fault| fault.time).max()?;
    let exchanges = user.map(|user| case.web.of_user(user)).unwrap_or_default();
    let recovers = exchanges.iter().any(|exchange| exchange.issues_ticket && exchange.time > last);
    let name = user.unwrap_or("the user");
    let (title, why) = if is_named {
        (
            format!("The credentials do not belong to the sign-in address of {name}"),
            "The web ticket service accepted the credentials, and found that they belong to another SIP address than \
             the one that a ticket was asked for."
                .to_owned(),
        )
    } else {
        (
            format!("The web ticket service may have found other credentials than those of {name}"),
            format!(
                "The call ended in a trust fault (0x{TRUST_FAULT:08x}) whose words the log does not hold. Most often \
                 it says that the credentials belong to another SIP address than the one signing in."
            ),
        )
    };
    let finding = Finding::new(&RULE, if is_named { Confidence::Proved } else { Confidence::Hint }, title);
    Some(
        finding
            .about(user, None)
            .severity(if is_named && !recovers { Severity::Failure } else { Severity::Warning })
            .times(own.len())
            .proved_by(own.iter().flat_map(|fault| fault.rows.iter().copied()))
            .because(why)
            .check(format!(
                "Get-CsUser -Identity {} | Format-List SipAddress, UserPrincipalName, SamAccountName",
                command::sip(user)
            ))
            .check("Compare the sign-in address as typed with the account in use: Windows user, Credential Manager, signed-in Office account.")
            .check("Is it a shared PC, on which Office keeps the identity of somebody else?"),
    )
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, Server, rules};

    const FAULT: &str = "The server returned a trust fault: 'The specified request failed'.\r\nThe fault reason was: 'The SIP URI in \
                         the claim type requirements of the web ticket request\r\ndoes not match the SIP URI associated with the presented \
                         credentials'.";
    const TICKETS: &str = "https://webext.contoso.com/WebTicket/WebTicketService.svc/WebTicket_Proof";

    #[test]
    fn the_fault_in_a_clients_log() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.challenge();
        anna.web_call("windows auth", TICKETS, "80f10041", FAULT);
        assert!(rules(&[&anna]).contains(&"claim-mismatch failure anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn the_fault_in_a_servers_trace() {
        let mut fe01 = Server::new("FEPOOL01", "FE01");
        let url = format!("https://{}/WebTicket/WebTicketService.svc/WebTicket_Proof", fe01.site);
        let claim = "Content-Type: text/xml\n<auth:Value>sip:anna@contoso.com</auth:Value>";
        fe01.web(
            "POST",
            &url,
            claim,
            "500 Internal Server Error",
            "",
            &format!("<s:Fault><s:Text>{FAULT}</s:Text></s:Fault>"),
        );
        assert_eq!(rules(&[&fe01]), ["claim-mismatch failure anna@contoso.com x1"]);
    }

    #[test]
    fn a_ticket_afterwards_makes_it_a_warning() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.challenge();
        anna.web_call("windows auth", TICKETS, "80f10041", FAULT);
        anna.web_call("windows auth", TICKETS, "0", "");
        assert!(rules(&[&anna]).contains(&"claim-mismatch warning anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn the_number_alone_is_only_a_hint_and_another_fault_is_another_matter() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.challenge();
        anna.says("1.2.1.2 ExecuteWithWindowsOrNoAuthInternal: FAIL (hr = 0x80f10041)");
        assert!(rules(&[&anna]).contains(&"claim-mismatch warning anna@contoso.com x1".to_owned()));
        let mut eva = Client::new("eva@contoso.com");
        eva.register("");
        eva.challenge();
        eva.web_call("windows auth", TICKETS, "80f10041", "The fault reason was: 'No valid security token.'.");
        eva.says("1.2.1 Get-NewWebTicket: FAIL (hr = 0x80f10041)");
        assert!(!rules(&[&eva]).iter().any(|line| line.starts_with("claim-mismatch")), "it says another reason");
        let mut ben = Client::new("ben@contoso.com");
        ben.web_call("windows auth", TICKETS, "80004005", "The server returned a fault: 'Access is denied'.");
        assert!(!rules(&[&ben]).iter().any(|line| line.starts_with("claim-mismatch")));
    }
}
