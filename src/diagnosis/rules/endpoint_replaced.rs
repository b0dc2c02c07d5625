//! The registrar ended the registration of one device, for a reason that is none of the user's doing.

use super::Rule;
use super::user_disabled::is_rejected;
use crate::diagnosis::case::{Who, group};
use crate::diagnosis::codes::code_in_words;
use crate::diagnosis::command;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::SipMessage;

/// A notice `deregistered` with event unregistered, deactivated or preferred-registrar-change, or with code 4140 or
/// 4142 ([MS-SIPREGE] 3.2).
pub const RULE: Rule = Rule { slug: "endpoint-replaced", severity: Severity::Warning, find };

const REPLACED: u32 = 4140;
const MOVED: u32 = 4142;

/// The user and the device that a notice is about.
pub fn about<'a>(case: &Case<'a>, notice: &'a SipMessage) -> Who<'a> {
    let wrote =
        notice.hops.iter().filter(|hop| hop.is_client).find_map(|hop| case.timeline.attempt_at(hop.file, hop.time));
    let user = notice.to.as_deref();
    let of_log = wrote.filter(|attempt| user.is_none() || attempt.user.as_deref() == user);
    (
        user.or(of_log.and_then(|attempt| attempt.user.as_deref())),
        notice.to_epid.as_deref().or(of_log.and_then(|attempt| attempt.endpoint.as_deref())),
    )
}

fn is_moved(notice: &SipMessage) -> bool {
    matches!(notice.deregistered.as_deref(), Some("deactivated" | "preferred-registrar-change"))
        || notice.deregistered.is_none() && notice.has_code(MOVED)
}

fn is_replaced(notice: &SipMessage) -> bool {
    notice.deregistered.as_deref() == Some("unregistered") || notice.deregistered.is_none() && notice.has_code(REPLACED)
}

fn find(case: &Case<'_>) -> Vec<Finding> {
    let notices = case.trace.notices.iter().filter(|notice| !is_rejected(notice));
    let notices = notices.filter(|notice| is_moved(notice) || is_replaced(notice));
    let groups = group(notices.map(|notice| (about(case, notice), notice)));
    groups
        .into_iter()
        .map(|((user, endpoint), notices)| {
            let last = notices.iter().map(|notice| notice.time()).max();
            let comes_back = last.is_some_and(|last| case.timeline.next_accepted((user, endpoint), last).is_some());
            let moves = notices.iter().filter(|notice| is_moved(notice)).count();
            let name = user.unwrap_or("the user");
            let address = command::address(user);
            let afterwards = if comes_back { " The device signed in again afterwards." } else { "" };
            let (title, why) = if moves == notices.len() {
                (
                    format!("A device of {name} was signed out: the user is being moved to another server"),
                    format!("{} The client signs in again by itself.{afterwards}", code_in_words(MOVED)),
                )
            } else {
                (
                    format!("A device of {name} was signed out by the server to make room for another one"),
                    format!(
                        "{} When a user has more devices than allowed, the newest pushes out the oldest.{afterwards}",
                        code_in_words(REPLACED)
                    ),
                )
            };
            let finding = Finding::new(&RULE, Confidence::Proved, title)
                .about(user, endpoint)
                .times(notices.len())
                .proved_by(notices.iter().flat_map(|notice| notice.rows()))
                .because(why);
            if moves == notices.len() {
                finding
                    .check(format!("Get-CsUserPoolInfo -Identity {}", command::sip(user)))
                    .check("Was Move-CsUser or a pool fail-over run at that time?")
            } else {
                finding
                    .check(format!(
                        "Count the devices of the user: filter from:{address} method:REGISTER and compare epid"
                    ))
                    .check("Get-CsRegistrarConfiguration | Format-List Identity, MaxEndpointsPerUser")
                    .check("Look for a robot or script that signs in with this account")
            }
        })
        .map(|finding| finding.when(case.index))
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, rules};

    const HEADERS: &str = "Event: registration-notify\nsubscription-state: terminated;expires=0";

    #[test]
    fn another_device_took_the_place() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.notice(
            "NOTIFY",
            &format!("{HEADERS}\nms-diagnostics-public: 4140"),
            "deregistered;event=unregistered\r\n",
        );
        let found = rules(&[&anna]);
        assert!(found.contains(&"endpoint-replaced warning anna@contoso.com x1".to_owned()), "{found:?}");
        assert!(!found.iter().any(|rule| rule.contains(" failure ")));
    }

    #[test]
    fn a_user_who_is_moved_signs_in_again() {
        for event in ["deregistered;event=deactivated\r\n", "deregistered;event=preferred-registrar-change\r\n"] {
            let mut anna = Client::new("anna@contoso.com");
            anna.ntlm_sign_in();
            anna.notice("NOTIFY", HEADERS, event);
            anna.new_call();
            anna.ntlm_sign_in();
            let found = rules(&[&anna]);
            assert!(found.contains(&"endpoint-replaced warning anna@contoso.com x1".to_owned()), "{found:?}");
        }
    }

    #[test]
    fn a_disabled_user_was_not_replaced() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.notice("NOTIFY", HEADERS, "deregistered;event=rejected\r\n");
        assert!(!rules(&[&anna]).iter().any(|rule| rule.starts_with("endpoint-replaced")));
    }

    #[test]
    fn the_word_in_another_body_is_none() {
        let mut anna = Client::new("anna@contoso.com");
        anna.notice("NOTIFY", "Event: presence", "<note>I was deregistered today</note>");
        assert_eq!(rules(&[&anna]), Vec::<String>::new());
    }
}
