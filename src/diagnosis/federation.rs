//! Requests to partners that failed, with what the servers wrote about them.
//!
//! What a server could not resolve or did not trust stands in the diagnostics of the answer, and in a diagnostic
//! record beside it; either may be missing from a trace.

use super::command;
use super::hosts::domain_of;
use super::words::list;
use super::{Case, Finding, Rule};
use super::{Confidence, Severity};
use crate::format::Millis;
use crate::trace::{ServerNote, SipMessage};
use rustc_hash::{FxHashMap, FxHashSet};

/// Failures of one user's requests to one domain.
#[derive(Debug)]
pub struct Federated<'a> {
    /// Who called or asked.
    pub user: Option<&'a str>,
    pub domain: String,
    /// The domain is one of ours.
    pub is_own: bool,
    /// A partner asked for us.
    pub comes_in: bool,
    /// Who signs in is in the trace, so that our own domains are known.
    pub knows_own: bool,
    /// When the same user last reached the domain.
    reached: Option<Millis>,
    pub answers: Vec<&'a SipMessage>,
    pub notes: Vec<&'a ServerNote>,
    /// Failed requests, and records about requests that the trace does not hold.
    pub count: usize,
}

impl<'a> Federated<'a> {
    /// Failures by code in the answer or by result in a diagnostic record, in the order of the first.
    /// The codes of `between` may be about servers of one's own too, and count only from one domain to another.
    pub fn all(case: &Case<'a>, codes: &[u32], between: &[u32], result: Option<u32>) -> Vec<Self> {
        let mut all = Groups::default();
        let is_result = |note: &&ServerNote| result.is_some() && note.result == result;
        let mut seen: FxHashSet<(Option<&str>, Option<u32>)> = FxHashSet::default();
        for answer in case.failed() {
            let notes: Vec<&ServerNote> = case.trace.notes_on(answer).filter(is_result).collect();
            let has_code = codes.iter().any(|&code| answer.has_code(code))
                || is_between_domains(answer) && between.iter().any(|&code| answer.has_code(code));
            if notes.is_empty() && !has_code {
                continue;
            }
            seen.extend(notes.iter().map(|note| (note.call_id.as_deref(), note.cseq)));
            let mut of_answer = answer.diagnostics.iter().filter(|diagnostic| codes.contains(&diagnostic.code));
            let named = of_answer.find_map(|diagnostic| diagnostic.params.get("domain"));
            let named = named.map(String::as_str).or_else(|| notes.iter().find_map(|note| note.datum("domain")));
            let domain = named.or(answer.to.as_deref().map(domain_of)).unwrap_or_default();
            all.add(case, answer.from.as_deref(), domain, Some(answer), &notes);
        }
        let probes: FxHashSet<&str> = case.not_counted().collect();
        for note in case.trace.server_notes.iter().filter(is_result) {
            let call_id = note.call_id.as_deref();
            let parties = call_id.and_then(|call_id| case.trace.parties.get(call_id));
            let is_probe = call_id.is_some_and(|call_id| probes.contains(call_id))
                || parties.is_some_and(|parties| matches!(parties.method.as_str(), "OPTIONS" | "REGISTER"));
            if is_probe || call_id.is_some() && !seen.insert((call_id, note.cseq)) {
                continue;
            }
            let (from, to) = parties.map_or((None, None), |own| (own.from.as_deref(), own.to.as_deref()));
            let named = note.datum("domain").or(to.map(domain_of));
            let named = named.or_else(|| note.datum("expected-fqdn")).or_else(|| note.datum("fqdn1"));
            all.add(case, from, named.unwrap_or_default(), None, &[note]);
        }
        all.groups
    }

    /// A finding with all that does not depend on the rule.
    pub fn finding(&self, rule: &Rule, confidence: Confidence, title: impl Into<String>) -> Finding {
        let answers = self.answers.iter().flat_map(|answer| answer.rows());
        Finding::new(rule, confidence, title)
            .about(self.user, None)
            .severity(if self.is_reached_later() { Severity::Warning } else { Severity::Failure })
            .times(self.count)
            .proved_by(answers.chain(self.notes.iter().map(|note| note.row)))
    }

    /// The same user got through to the domain after the last failure.
    pub fn is_reached_later(&self) -> bool {
        let answers = self.answers.iter().map(|answer| answer.time());
        let last = answers.chain(self.notes.iter().map(|note| note.time)).max();
        last.zip(self.reached).is_some_and(|(last, reached)| reached > last)
    }

    /// A sentence where it was reached later, else nothing.
    pub fn afterwards(&self) -> String {
        if self.is_reached_later() {
            format!(" Later {} reached {}.", self.user.unwrap_or("the same user"), self.name())
        } else {
            String::new()
        }
    }

    /// The domain, in a sentence.
    pub fn name(&self) -> &str {
        if self.domain.is_empty() { "DOMAIN" } else { &self.domain }
    }

    /// The domain, in a command to copy.
    pub fn in_command(&self) -> &str {
        command::host(Some(&self.domain), "DOMAIN")
    }

    /// A parameter of the diagnostics of its answers, or of the data of its records; the newest.
    pub fn says(&self, names: &[&str]) -> Option<&'a str> {
        let of_note = |note: &&'a ServerNote| names.iter().find_map(|name| note.datum(name));
        let of_answer = |answer: &&'a SipMessage| {
            let mut params = answer.diagnostics.iter().map(|diagnostic| &diagnostic.params);
            params.find_map(|params| names.iter().find_map(|&name| params.get(name))).map(String::as_str)
        };
        self.answers.iter().rev().find_map(of_answer).or_else(|| self.notes.iter().rev().find_map(of_note))
    }

    /// The last of some codes in its answers.
    pub fn code(&self, codes: &[u32]) -> Option<u32> {
        let of_answer = |answer: &&'a SipMessage| {
            answer.diagnostics.iter().map(|diagnostic| diagnostic.code).find(|code| codes.contains(code))
        };
        self.answers.iter().rev().find_map(of_answer)
    }

    /// The methods of the requests, each once: `INVITE and SUBSCRIBE`.
    pub fn methods(&self) -> String {
        let mut methods: Vec<&str> = self.answers.iter().map(|answer| answer.method.as_str()).collect();
        methods.sort_unstable();
        methods.dedup();
        if methods.is_empty() { "requests".to_owned() } else { list(methods) }
    }
}

/// From one domain to another, and answered as what lies on the way fails.
fn is_between_domains(answer: &SipMessage) -> bool {
    let domains = answer.from.as_deref().map(domain_of).zip(answer.to.as_deref().map(domain_of));
    answer.status == Some(504) && domains.is_some_and(|(from, to)| from != to)
}

/// Failures by user and domain.
#[derive(Default)]
pub struct Groups<'a> {
    pub groups: Vec<Federated<'a>>,
    places: FxHashMap<(Option<&'a str>, String), usize>,
}

impl<'a> Groups<'a> {
    pub fn add(
        &mut self,
        case: &Case<'a>,
        user: Option<&'a str>,
        domain: &str,
        answer: Option<&'a SipMessage>,
        notes: &[&'a ServerNote],
    ) {
        let domain = domain.to_ascii_lowercase();
        let place = *self.places.entry((user, domain.clone())).or_insert(self.groups.len());
        if self.groups.len() == place {
            let own = &case.own_domains;
            let is_own = own.contains(domain.as_str()) || user.is_some_and(|user| domain_of(user) == domain);
            let comes_in = own.contains(domain.as_str()) && user.is_some_and(|user| !own.contains(domain_of(user)));
            let reached = user.and_then(|user| case.trace.reached.get(&(user.to_owned(), domain.clone()))).copied();
            let (knows_own, answers, notes) = (!own.is_empty(), Vec::new(), Vec::new());
            self.groups.push(Federated {
                user,
                domain,
                is_own,
                comes_in,
                knows_own,
                reached,
                answers,
                notes,
                count: 0,
            });
        }
        if let Some(group) = self.groups.get_mut(place) {
            group.count += 1;
            group.answers.extend(answer);
            group.notes.extend(notes);
        }
    }
}
