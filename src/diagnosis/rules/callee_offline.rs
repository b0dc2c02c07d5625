//! Nobody is there to take the call.

use super::Rule;
use crate::diagnosis::case::group;
use crate::diagnosis::codes::{causes_in_words, code_in_words};
use crate::diagnosis::command;
use crate::diagnosis::words::list;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::{Ending, SipMessage};
use rustc_hash::FxHashMap;

/// INVITE or MESSAGE is answered by 480, not by a partner's Edge. With 13002 or 13014 routing ended without an answer;
/// without them it is what everybody gets who calls somebody signed out.
pub const RULE: Rule = Rule { slug: "callee-offline", severity: Severity::Warning, find };

const NO_ANSWER: [u32; 2] = [13_002, 13_014];
const PARTNER_IS_SILENT: u32 = 1034;

fn find(case: &Case<'_>) -> Vec<Finding> {
    let states = States::of(case);
    let is_offline = |answer: &&SipMessage| {
        answer.status == Some(480)
            && matches!(answer.method.as_str(), "INVITE" | "MESSAGE")
            && !answer.has_code(PARTNER_IS_SILENT)
    };
    let answers = case.failed().filter(is_offline);
    let groups = group(answers.map(|answer| ((answer.from.as_deref(), answer.epid.as_deref()), answer)));
    groups
        .into_iter()
        .map(|((user, endpoint), answers)| {
            let mut callees: Vec<&str> = answers.iter().filter_map(|answer| answer.to.as_deref()).collect();
            callees.sort_unstable();
            callees.dedup();
            let who = if callees.is_empty() { "the callee".to_owned() } else { list(callees.iter().copied()) };
            // Where the trace shows the callee signing out, nothing is left to explain.
            let is_odd = |answer: &&SipMessage| {
                NO_ANSWER.iter().any(|&code| answer.has_code(code)) && !states.is_signed_out(answer)
            };
            let code =
                answers.iter().rev().find_map(|answer| NO_ANSWER.into_iter().find(|&code| answer.has_code(code)));
            let signed_in = answers.iter().rev().find(|answer| states.is_signed_in(answer));
            let is_warning = answers.iter().any(is_odd);
            let state = match signed_in.and_then(|answer| answer.to.as_deref()) {
                Some(callee) => format!(
                    " This trace shows {callee} signed in at that time, so the call should have reached a device."
                ),
                None => " 480 is also the normal answer for somebody who is signed out.".to_owned(),
            };
            let first = callees.first().copied();
            let finding = Finding::new(&RULE, Confidence::Likely, format!("{who} had no device that takes the call"))
                .about(user, endpoint)
                .severity(if is_warning { Severity::Warning } else { Severity::Normal })
                .times(answers.len())
                .proved_by(answers.iter().flat_map(|answer| answer.rows()))
                .because(format!(
                    "{} called {who} and got 480.{state}{}",
                    user.unwrap_or("Somebody"),
                    code.map(|code| format!(" {}{}", code_in_words(code), causes_in_words(code))).unwrap_or_default()
                ));
            if !is_warning {
                return finding;
            }
            finding
                .check(format!("Get-CsUserPoolInfo -Identity {}", command::sip(first)))
                .check(format!(
                    "Get-CsUser -Identity {} | Format-List Enabled, EnterpriseVoiceEnabled, HostedVoiceMail",
                    command::sip(first)
                ))
                .check(format!(
                    "Look for REGISTERs of the callee: filter from:{} method:REGISTER",
                    command::address(first)
                ))
        })
        .map(|finding| finding.when(case.index))
        .collect()
}

/// When users signed in and out, of those whose REGISTERs the trace holds.
struct States<'a>(FxHashMap<&'a str, Vec<(i64, bool)>>);

impl<'a> States<'a> {
    fn of(case: &Case<'a>) -> Self {
        let mut states: FxHashMap<&str, Vec<(i64, bool)>> = FxHashMap::default();
        for attempt in case.trace.attempts() {
            let is_in = match attempt.ending {
                Ending::SignedIn => true,
                Ending::SignedOut => false,
                _ => continue,
            };
            if let Some(user) = attempt.user.as_deref() {
                states.entry(user).or_default().push((attempt.ended().0, is_in));
            }
        }
        #[expect(clippy::iter_over_hash_type, reason = "each list is put in order by itself")]
        for times in states.values_mut() {
            times.sort_unstable();
        }
        Self(states)
    }

    fn at(&self, answer: &SipMessage) -> Option<bool> {
        let times = self.0.get(answer.to.as_deref()?)?;
        let before = times.partition_point(|(time, _)| *time <= answer.time().0).checked_sub(1)?;
        times.get(before).map(|(_, is_in)| *is_in)
    }

    fn is_signed_out(&self, answer: &SipMessage) -> bool {
        self.at(answer) == Some(false)
    }

    fn is_signed_in(&self, answer: &SipMessage) -> bool {
        self.at(answer) == Some(true)
    }
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, Server, diagnose, rules};

    const ANNA_TO_BEN: (&str, &str) = ("anna@contoso.com", "ben@contoso.com");
    const NO_ANSWER: &str = "ms-diagnostics: 13014;reason=\"The routing rules did not result in a final response and \
                             callee is not enabled for Unified Messaging\";source=\"fe01.contoso.com\"";

    #[test]
    fn routing_that_ends_nowhere_is_a_warning() {
        let mut server = Server::new("FEPOOL01", "FE01");
        server.exchange(ANNA_TO_BEN, "c1", "INVITE", "480 Temporarily Unavailable", NO_ANSWER);
        server.exchange(ANNA_TO_BEN, "c2", "MESSAGE", "480 Temporarily Unavailable", NO_ANSWER);
        assert_eq!(rules(&[&server]), ["callee-offline warning anna@contoso.com x2"]);
    }

    #[test]
    fn somebody_signed_out_is_normal() {
        let mut server = Server::new("FEPOOL01", "FE01");
        server.exchange(ANNA_TO_BEN, "c1", "INVITE", "480 Temporarily Unavailable", "");
        assert_eq!(rules(&[&server]), ["callee-offline normal anna@contoso.com x1"]);
    }

    #[test]
    fn a_sign_out_in_the_trace_explains_it() {
        let mut ben = Client::new("ben@contoso.com");
        ben.ntlm_sign_in();
        ben.register(&format!("{}\nExpires: 0", ben.signed("NTLM")));
        ben.answer("200 OK", "");
        let mut server = Server::new("FEPOOL01", "FE01");
        server.wait(60);
        server.exchange(ANNA_TO_BEN, "c1", "INVITE", "480 Temporarily Unavailable", NO_ANSWER);
        assert!(rules(&[&ben, &server]).contains(&"callee-offline normal anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_callee_who_is_signed_in_is_said_so() {
        let mut ben = Client::new("ben@contoso.com");
        ben.ntlm_sign_in();
        let mut server = Server::new("FEPOOL01", "FE01");
        server.wait(60);
        server.exchange(ANNA_TO_BEN, "c1", "INVITE", "480 Temporarily Unavailable", NO_ANSWER);
        let found = diagnose(&[&ben, &server]).findings;
        assert!(found[0].explanation.contains("shows ben@contoso.com signed in"), "{}", found[0].explanation);
    }

    #[test]
    fn presence_of_somebody_offline_is_nothing() {
        let mut server = Server::new("FEPOOL01", "FE01");
        server.exchange(ANNA_TO_BEN, "c1", "SUBSCRIBE", "480 Temporarily Unavailable", "");
        assert_eq!(rules(&[&server]), Vec::<String>::new());
    }

    #[test]
    fn a_silent_partner_is_another_matter() {
        let mut server = Server::new("FEPOOL01", "FE01");
        server.exchange(
            ("anna@contoso.com", "ben@fabrikam.com"),
            "c1",
            "INVITE",
            "480 Temporarily Unavailable",
            "ms-diagnostics: 1034;reason=\"Previous hop\"",
        );
        assert!(!rules(&[&server]).iter().any(|rule| rule.starts_with("callee-offline")));
    }
}
