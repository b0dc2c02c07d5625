//! Dialogs that the other side no longer knows.

use super::Rule;
use crate::diagnosis::case::{Who, group};
use crate::diagnosis::words::often;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::format::Millis;
use crate::trace::SipMessage;
use rustc_hash::FxHashSet;

/// 481, or codes 2014, 2016 or 24083, to NOTIFY, BENOTIFY, UPDATE or SUBSCRIBE in several dialogs at once. One lost
/// dialog is everyday life.
pub const RULE: Rule = Rule { slug: "dialogs-lost", severity: Severity::Warning, find };

const CODES: [u32; 3] = [2014, 2016, 24_083];
/// So many dialogs of one user are a storm.
const STORM: usize = 3;
/// A silence of this length ends one.
const GAP_MS: i64 = 120_000;

fn find(case: &Case<'_>) -> Vec<Finding> {
    let is_lost = |answer: &&SipMessage| {
        let is_known = answer.status == Some(481) || CODES.iter().any(|&code| answer.has_code(code));
        // Without times nothing is at once.
        is_known
            && answer.time() != Millis::NEVER
            && matches!(answer.method.as_str(), "NOTIFY" | "BENOTIFY" | "UPDATE" | "SUBSCRIBE")
    };
    let groups = group(case.failed().filter(is_lost).map(|answer| (owner(answer), answer)));
    groups
        .into_iter()
        .filter_map(|((user, endpoint), answers)| {
            let storms = storms(answers);
            let last = storms.last()?;
            let all: Vec<&SipMessage> = storms.iter().flatten().copied().collect();
            let dialogs: FxHashSet<&str> = all.iter().map(|answer| answer.call_id.as_str()).collect();
            let mut peers: Vec<&str> = last
                .iter()
                .flat_map(|answer| &answer.hops)
                .map(|hop| hop.machine.as_str())
                .filter(|name| !name.is_empty())
                .collect();
            peers.sort_unstable();
            peers.dedup();
            let at = if peers.is_empty() { String::new() } else { format!(" Seen on {}.", peers.join(", ")) };
            let finding = Finding::new(
                &RULE,
                Confidence::Likely,
                format!("{} dialogs of {} died with a connection", dialogs.len(), user.unwrap_or("a user")),
            )
            .about(user, endpoint)
            .times(all.len())
            .proved_by(all.iter().flat_map(|answer| answer.rows()))
            .because(format!(
                "In {} dialogs the other side answered that it does not know the dialog any more; this happened {}. \
                 After a restart, a fail-over or a lost connection both sides have to build their subscriptions anew, \
                 which they do by themselves.{at}",
                dialogs.len(),
                often(storms.len())
            ))
            .check("See whether new SUBSCRIBEs follow and are answered with 200; then nothing is left to do")
            .check(
                "Look in the event log of the Front Ends for a restart or fail-over at that time: Get-WinEvent \
                 -LogName \"Lync Server\" -MaxEvents 200",
            )
            .check("Where it repeats: look for a firewall or balancer that closes idle connections");
            Some(finding)
        })
        .map(|finding| finding.when(case.index))
        .collect()
}

/// Whose dialog it is: that of the one who subscribed.
fn owner(answer: &SipMessage) -> Who<'_> {
    if matches!(answer.method.as_str(), "NOTIFY" | "BENOTIFY") {
        (answer.to.as_deref(), answer.to_epid.as_deref())
    } else {
        (answer.from.as_deref(), answer.epid.as_deref())
    }
}

/// Runs of answers close together that concern several dialogs.
fn storms(mut answers: Vec<&SipMessage>) -> Vec<Vec<&SipMessage>> {
    answers.sort_by_key(|answer| answer.time());
    let mut runs: Vec<Vec<&SipMessage>> = Vec::new();
    for answer in answers {
        let goes_on = |run: &Vec<&SipMessage>| {
            run.last().is_some_and(|last| answer.time().0.saturating_sub(last.time().0) <= GAP_MS)
        };
        match runs.last_mut().filter(|run| goes_on(run)) {
            Some(run) => run.push(answer),
            None => runs.push(vec![answer]),
        }
    }
    runs.retain(|run| run.iter().map(|answer| answer.call_id.as_str()).collect::<FxHashSet<_>>().len() >= STORM);
    runs
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Server, rules};

    const GONE: &str = "481 Call Leg/Transaction Does Not Exist";

    #[test]
    fn many_dialogs_at_once_are_a_storm() {
        let mut server = Server::new("FEPOOL01", "FE01");
        for number in 0..5 {
            server.exchange(
                ("anna@contoso.com", "ben@contoso.com"),
                &format!("d{number}"),
                "SUBSCRIBE",
                GONE,
                "ms-diagnostics-public: 2014;reason=\"Subscription dialog does not exist\"",
            );
        }
        assert_eq!(rules(&[&server]), ["dialogs-lost warning anna@contoso.com x5"]);
    }

    #[test]
    fn a_notice_belongs_to_the_one_who_subscribed() {
        let mut server = Server::new("FEPOOL01", "FE01");
        for number in 0..3 {
            server.exchange(("ben@contoso.com", "anna@contoso.com"), &format!("d{number}"), "NOTIFY", GONE, "");
        }
        assert_eq!(rules(&[&server]), ["dialogs-lost warning anna@contoso.com x3"]);
    }

    #[test]
    fn one_lost_dialog_is_everyday_life() {
        let mut server = Server::new("FEPOOL01", "FE01");
        for _ in 0..4 {
            server.exchange(("anna@contoso.com", "ben@contoso.com"), "d1", "SUBSCRIBE", GONE, "");
        }
        assert_eq!(rules(&[&server]), Vec::<String>::new());
    }

    #[test]
    fn one_a_while_is_no_storm() {
        let mut server = Server::new("FEPOOL01", "FE01");
        for number in 0..4 {
            server.exchange(("anna@contoso.com", "ben@contoso.com"), &format!("d{number}"), "UPDATE", GONE, "");
            server.wait(1_800);
        }
        assert_eq!(rules(&[&server]), Vec::<String>::new());
    }
}
