//! The registrar ended the registration because the user is no longer one.

use super::Rule;
use super::endpoint_replaced::about;
use crate::diagnosis::case::group;
use crate::diagnosis::codes::{causes_in_words, code_in_words};
use crate::diagnosis::command;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::SipMessage;

/// A notice `deregistered;event=rejected`, or code 4141 ([MS-SIPREGE] 3.2 and 4.1.3).
pub const RULE: Rule = Rule { slug: "user-disabled", severity: Severity::Failure, find };

const CODE: u32 = 4141;

/// Whether a notice says it.
pub fn is_rejected(notice: &SipMessage) -> bool {
    notice.has_code(CODE) || notice.deregistered.as_deref() == Some("rejected")
}

fn find(case: &Case<'_>) -> Vec<Finding> {
    let notices = case.trace.notices.iter().filter(|notice| is_rejected(notice));
    let groups = group(notices.map(|notice| (about(case, notice), notice)));
    groups
        .into_iter()
        .map(|((user, endpoint), notices)| {
            let last = notices.iter().map(|notice| notice.time()).max();
            let recovers = last.is_some_and(|last| case.timeline.next_accepted((user, endpoint), last).is_some());
            let name = user.unwrap_or("The user");
            let address = command::sip(user);
            Finding::new(
                &RULE,
                Confidence::Proved,
                format!("{name} was signed out by the server: the user is disabled"),
            )
            .about(user, endpoint)
            .severity(if recovers { Severity::Warning } else { Severity::Failure })
            .times(notices.len())
            .proved_by(notices.iter().flat_map(|notice| notice.rows()))
            .because(format!(
                "The registrar ended the registration with event=rejected. {}{}{}",
                code_in_words(CODE),
                causes_in_words(CODE),
                if recovers { " Later the same device signed in again." } else { "" }
            ))
            .check(format!("Get-CsUser -Identity {address} | Format-List SipAddress, Enabled, RegistrarPool"))
            .check(
                "Look in the audit of the directory for who changed Enabled or msRTCSIP-PrimaryUserAddress at that \
                 time",
            )
            .check(format!(
                "Where the user is meant to be locked out: Revoke-CsClientCertificate -Identity {address}. \
                 Disabling the account in Active Directory alone does not stop sign-in with a certificate."
            ))
        })
        .map(|finding| finding.when(case.index))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, Server, rules};

    const HEADERS: &str = "Event: registration-notify\nsubscription-state: terminated;expires=0\nContent-Type: \
                           text/registration-event";

    #[test]
    fn a_good_sign_in_before_does_not_hide_it() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.wait(3_600);
        anna.notice(
            "NOTIFY",
            &format!("{HEADERS}\nms-diagnostics-public: 4141;reason=\"User disabled\""),
            "deregistered;event=rejected\r\n",
        );
        let found = rules(&[&anna]);
        assert!(found.contains(&"user-disabled failure anna@contoso.com x1".to_owned()), "{found:?}");
    }

    #[test]
    fn a_notice_that_passes_several_servers_counts_once() {
        let notice = |server: &mut Server, direction: &str| {
            let fields = format!(
                "Direction: {direction}\nPeer: 192.0.2.10:5061\nMessage-Type: request\nStart-Line: NOTIFY \
                 sip:198.51.100.23:50112;transport=tls SIP/2.0\nFROM: <sip:anna@contoso.com>;tag=5\nTO: \
                 <sip:Anna@contoso.com>;tag=6;epid=0fbb2a5a8c\nCALL-ID: n1\nCSEQ: 1 NOTIFY\nEVENT: \
                 registration-notify\nCONTENT-LENGTH: 27\nMessage-Body: deregistered;event=rejected"
            );
            server.typed("INFO", "PROTOCOL", &fields);
        };
        let (mut server, mut edge) = (Server::new("FEPOOL01", "FE01"), Server::new("EDGEPOOL", "EDGE01"));
        notice(&mut server, "outgoing");
        notice(&mut edge, "incoming");
        notice(&mut edge, "outgoing");
        assert_eq!(rules(&[&server, &edge]), ["user-disabled failure anna@contoso.com x1"]);
    }

    #[test]
    fn the_code_alone_is_enough() {
        let mut anna = Client::new("anna@contoso.com");
        anna.notice("BENOTIFY", &format!("{HEADERS}\nms-diagnostics-public: 4141;reason=\"User disabled\""), "");
        assert!(rules(&[&anna]).contains(&"user-disabled failure anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_user_who_signs_in_afterwards_is_a_warning() {
        let mut anna = Client::new("anna@contoso.com");
        anna.notice("NOTIFY", HEADERS, "deregistered;event=rejected\r\n");
        anna.wait(900);
        anna.ntlm_sign_in();
        assert!(rules(&[&anna]).contains(&"user-disabled warning anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn other_notices_say_nothing_of_it() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.notice("NOTIFY", HEADERS, "deregistered;event=unregistered\r\n");
        anna.notice("BENOTIFY", "Event: presence", "the contact is registered");
        assert!(!rules(&[&anna]).iter().any(|rule| rule.starts_with("user-disabled")));
    }
}
