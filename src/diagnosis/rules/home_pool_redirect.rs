//! The server sends the user to another one.

use super::Rule;
use crate::diagnosis::case::{Who, group, who};
use crate::diagnosis::command;
use crate::diagnosis::hosts::contact_host;
use crate::diagnosis::words::{list, often};
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::{Attempt, ClientNote, Ending, Round};
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// REGISTER is answered by 301 with the home server in Contact. Normal, unless the servers send the client back and
/// forth (`RTC_E_MAX_REDIRECTS`).
pub const RULE: Rule = Rule { slug: "home-pool-redirect", severity: Severity::Normal, find };

const MAX_REDIRECTS: u32 = 0x80EE_0078;
/// Redirects farther apart belong to different sign-ins.
const ONE_SIGN_IN_MS: i64 = 5 * 60_000;
/// So often a client comes back to be sent to the same server before that is worth a word.
const COMES_BACK: usize = 3;

/// Servers that send a client round in a longer circle than this are none.
const LONGEST_CHAIN: usize = 8;

/// What a row of redirects without a sign-in between them looks like, worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    Plain,
    /// To the same server again and again, which the client does not seem to reach.
    Repeats,
    /// Back to a server that had sent the client away.
    Alternates,
}

fn find(case: &Case<'_>) -> Vec<Finding> {
    let mut attempts: Vec<&Attempt> = case.trace.attempts().collect();
    attempts.sort_by_key(|attempt| attempt.started());
    let notes = case.trace.client_notes.iter().filter(|note| note.has_hresult(MAX_REDIRECTS));
    let given_up = group(notes.map(|note| (case.who_wrote(note), note)));
    let mut given_up: FxHashMap<Who<'_>, Vec<&ClientNote>> = given_up.into_iter().collect();
    let mut found: Vec<Finding> = Vec::new();
    for (who, attempts) in group(attempts.into_iter().map(|attempt| (who(attempt), attempt))) {
        let redirects: Vec<&Attempt> =
            attempts.iter().copied().filter(|attempt| attempt.ending == Ending::Redirected).collect();
        let own = given_up.remove(&who).unwrap_or_default();
        if redirects.is_empty() && own.is_empty() {
            continue;
        }
        let mut shape = shape(&attempts);
        if !own.is_empty() {
            shape = Shape::Alternates;
        }
        let rows = redirects.iter().filter_map(|attempt| attempt.last()).flat_map(Round::rows);
        let rows = rows.chain(own.iter().map(|note| note.row));
        let last = redirects.iter().map(|attempt| attempt.started()).chain(own.iter().map(|note| note.time)).max();
        let then = last.and_then(|last| case.timeline.next_accepted(who, last));
        let count = redirects.len().max(1);
        found.push(finding(who, &hosts(&redirects), count, shape, then.is_some()).proved_by(rows));
    }
    // Those whose log holds no REGISTER.
    let mut alone: Vec<_> = given_up.into_iter().collect();
    alone.sort_unstable_by_key(|(who, _)| *who);
    for (who, notes) in alone {
        let rows = notes.iter().map(|note| note.row);
        found.push(finding(who, &[], notes.len(), Shape::Alternates, false).proved_by(rows));
    }
    found.into_iter().map(|finding| finding.when(case.index)).collect()
}

fn host(attempt: &Attempt) -> Option<String> {
    attempt.last()?.answer()?.contact.as_deref().and_then(contact_host)
}

/// Each once, in the order they were first named.
fn hosts(redirects: &[&Attempt]) -> Vec<String> {
    let mut hosts: Vec<String> = Vec::new();
    for host in redirects.iter().filter_map(|attempt| host(attempt)) {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

fn shape(attempts: &[&Attempt]) -> Shape {
    let mut worst = Shape::Plain;
    let mut chain: VecDeque<String> = VecDeque::new();
    let mut before: Option<i64> = None;
    for attempt in attempts {
        let started = attempt.started().0;
        if attempt.ending == Ending::SignedIn
            || before.is_some_and(|before| started.saturating_sub(before) > ONE_SIGN_IN_MS)
        {
            chain.clear();
        }
        before = Some(started);
        let Some(host) = host(attempt).filter(|_| attempt.ending == Ending::Redirected) else { continue };
        if chain.back().is_some_and(|last| *last != host) && chain.contains(&host) {
            worst = worst.max(Shape::Alternates);
        }
        chain.push_back(host.clone());
        if chain.len() > LONGEST_CHAIN {
            chain.pop_front();
        }
        if chain.iter().rev().take_while(|other| **other == host).count() >= COMES_BACK {
            worst = worst.max(Shape::Repeats);
        }
    }
    worst
}

fn finding((user, endpoint): Who<'_>, hosts: &[String], count: usize, shape: Shape, signs_in: bool) -> Finding {
    let name = user.unwrap_or("The user");
    let to = if hosts.is_empty() { "another server".to_owned() } else { list(hosts.iter().map(String::as_str)) };
    let host = command::host(hosts.last().map(String::as_str), "HOST");
    let address = command::sip(user);
    let often = often(count);
    let afterwards = if signs_in { " Afterwards the client signed in." } else { "" };
    let (severity, title, why) = match shape {
        Shape::Plain => (
            Severity::Normal,
            format!("{name} was redirected to the home server, {to}"),
            format!(
                "The server accepted the user and answered 301 with the server that is responsible. With several pools \
                 this is normal, as long as that server can be reached; from outside, the Edge should pass the sign-in \
                 on instead.{afterwards}"
            ),
        ),
        Shape::Repeats => (
            if signs_in { Severity::Normal } else { Severity::Warning },
            format!("{name} is sent to {to} again and again"),
            format!(
                "The client was redirected {often}, and came back each time without having signed in there. Most \
                 likely it cannot reach that server.{afterwards}"
            ),
        ),
        Shape::Alternates => (
            if signs_in { Severity::Warning } else { Severity::Failure },
            format!("{name} is sent back and forth between servers"),
            format!(
                "The client was redirected {often}, to {to}, and ends where it began: the servers do not agree on \
                 where the user is homed.{afterwards}"
            ),
        ),
    };
    let mut finding = Finding::new(&RULE, Confidence::Proved, title)
        .about(user, endpoint)
        .severity(severity)
        .times(count)
        .because(why);
    if severity != Severity::Normal {
        finding = finding
            .check(format!("Get-CsUserPoolInfo -Identity {address}"))
            .check(format!("Get-CsUser -Identity {address} | Format-List RegistrarPool, HostingProvider"))
            .check("Get-CsManagementStoreReplicationStatus: do all servers have the same topology?");
    }
    finding.check(format!("nslookup {host}")).check(format!("Test-NetConnection {host} -Port 5061"))
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, rules};

    fn redirect(anna: &mut Client, host: &str) {
        anna.ntlm_handshake();
        anna.answer(
            "301 Redirect request to Home Server",
            &format!("Contact: <sip:{host}:5061;transport=tls>\nExpires: 0"),
        );
        anna.new_call();
    }

    fn of_redirects(found: &[String]) -> Vec<&str> {
        found.iter().map(String::as_str).filter(|rule| rule.starts_with("home-pool-redirect")).collect()
    }

    #[test]
    fn one_redirect_is_normal() {
        let mut anna = Client::new("anna@contoso.com");
        redirect(&mut anna, "fe02.contoso.com");
        anna.ntlm_sign_in();
        let found = rules(&[&anna]);
        assert_eq!(of_redirects(&found), ["home-pool-redirect normal anna@contoso.com x1"]);
        assert!(!found.iter().any(|rule| rule.contains(" failure ") || rule.contains(" warning ")), "{found:?}");
    }

    #[test]
    fn two_hops_are_normal() {
        let mut anna = Client::new("anna@contoso.com");
        redirect(&mut anna, "pool1.contoso.com");
        redirect(&mut anna, "pool2.contoso.com");
        anna.ntlm_sign_in();
        assert_eq!(of_redirects(&rules(&[&anna])), ["home-pool-redirect normal anna@contoso.com x2"]);
    }

    #[test]
    fn servers_that_send_the_client_back_and_forth_are_a_failure() {
        let mut anna = Client::new("anna@contoso.com");
        for host in ["pool1.contoso.com", "pool2.contoso.com", "pool1.contoso.com", "pool2.contoso.com"] {
            redirect(&mut anna, host);
        }
        assert_eq!(of_redirects(&rules(&[&anna])), ["home-pool-redirect failure anna@contoso.com x4"]);
    }

    #[test]
    fn the_client_says_itself_that_it_gave_up() {
        let mut anna = Client::new("anna@contoso.com");
        redirect(&mut anna, "pool1.contoso.com");
        anna.says("sign-in failed, hr = 0x80ee0078");
        assert_eq!(of_redirects(&rules(&[&anna])), ["home-pool-redirect failure anna@contoso.com x1"]);
    }

    #[test]
    fn a_redirect_every_morning_is_no_loop() {
        let mut anna = Client::new("anna@contoso.com");
        for _ in 0..4 {
            redirect(&mut anna, "fe02.contoso.com");
            anna.ntlm_sign_in();
            anna.new_call();
            anna.wait(3_600);
        }
        assert_eq!(of_redirects(&rules(&[&anna])), ["home-pool-redirect normal anna@contoso.com x4"]);
    }
}
