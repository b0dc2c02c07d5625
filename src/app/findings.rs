//! What the diagnosis found, as the window shows it: cards, people, and what each message of a sign-in is.
//!
//! Put together once, on the thread that diagnoses, so that a frame only reads it. Row ids are those of the index
//! that was diagnosed.

use super::people::{Person, people};
use super::steps::Steps;
use super::why::why;
use crate::diagnosis::{Check, Confidence, Diagnosis, Finding, Severity};
use crate::export::{counted, verdict, with_separators};
use crate::format::Millis;
use crate::index::{Index, RowId};
use crate::trace::Trace;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Whether more may be found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Diagnosing {
    #[default]
    Works,
    /// By a mistake in this program; nothing more is found.
    BrokeOff,
}

/// Everything that was found in one snapshot.
#[derive(Debug, Default)]
pub struct Findings {
    pub index: Arc<Index>,
    /// One line: how bad it is.
    pub verdict: String,
    /// What was looked at, in one sentence.
    pub looked_at: String,
    pub has_sign_in: bool,
    /// Failures and warnings, worst first, each followed by what it caused; then advice, then what is normal.
    pub cards: Vec<Card>,
    /// How many cards at the start are worth attention.
    pub urgent: usize,
    /// What the others are: `2 hints, 7 normal things explained`.
    pub calm: String,
    pub people: Vec<Person>,
    pub steps: Steps,
}

/// One finding.
#[derive(Debug)]
pub struct Card {
    pub rule: &'static str,
    pub severity: Severity,
    pub title: String,
    /// `anna@contoso.com`, `3 people`; empty where it is about nobody.
    pub user: String,
    pub count: usize,
    /// `13:21:19.047`, or first and last.
    pub times: String,
    /// How many causes stand above it.
    pub depth: usize,
    /// In the order of the window.
    pub evidence: Vec<RowId>,
    /// How well the log proves it, as a sentence.
    pub sureness: &'static str,
    /// One sentence of the explanation; empty where nothing has to be checked.
    pub why: String,
    pub explanation: String,
    pub checks: Vec<Check>,
    /// All of it in words, for screen readers and tests.
    pub spoken: String,
}

impl Findings {
    /// Diagnoses a snapshot.
    #[must_use]
    pub fn of(index: Arc<Index>) -> Self {
        let diagnosis = Diagnosis::of(&index);
        let (verdict, looked_at) = (verdict(&diagnosis), looked_at(&index, &diagnosis.trace));
        let Diagnosis { findings, trace } = diagnosis;
        let (mut cards, calm) = urgent(&index, &findings);
        let urgent = cards.len();
        cards.extend(calm.iter().filter(|own| own.severity != Severity::Normal).map(|own| Card::of(&index, own, 0)));
        let normal = normal(&index, &calm);
        let people = people(&index, &trace, cards.get(..urgent).unwrap_or_default());
        let calm = calm_words(cards.len() - urgent, normal.len());
        cards.extend(normal);
        Self {
            verdict,
            looked_at,
            calm,
            has_sign_in: trace.attempts().next().is_some(),
            people,
            cards,
            urgent,
            steps: Steps::of(&trace),
            index,
        }
    }

    /// Where the same finding stands among these. Its words may say more by now, and be about more people.
    #[must_use]
    pub fn find(&self, card: &Card) -> Option<usize> {
        let find = |is: &dyn Fn(&Card) -> bool| self.cards.iter().position(|own| own.rule == card.rule && is(own));
        find(&|own| own.user == card.user && own.title == card.title)
            .or_else(|| find(&|own| own.user == card.user))
            .or_else(|| find(&|own| own.severity == Severity::Normal && card.severity == Severity::Normal))
    }
}

/// `2 hints, 7 normal things explained`
fn calm_words(advice: usize, normal: usize) -> String {
    let normal = (normal > 0).then(|| format!("{} explained", counted(normal as u64, "normal thing")));
    let advice = (advice > 0).then(|| counted(advice as u64, "hint"));
    [advice, normal].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Failures and warnings with what they caused, and all others.
fn urgent<'f>(index: &Index, findings: &'f [Finding]) -> (Vec<Card>, Vec<&'f Finding>) {
    // Of the findings of one rule about one user, the first.
    let mut first_of: FxHashMap<(&str, Option<&str>), usize> = FxHashMap::default();
    for (at, finding) in findings.iter().enumerate() {
        first_of.entry((finding.rule, finding.user.as_deref())).or_insert(at);
    }
    let cause_of = |finding: &Finding| {
        let rule = finding.caused_by.filter(|rule| *rule != finding.rule)?;
        first_of.get(&(rule, finding.user.as_deref())).copied()
    };
    let mut caused: Vec<Vec<usize>> = vec![Vec::new(); findings.len()];
    let mut roots = Vec::new();
    for (at, finding) in findings.iter().enumerate() {
        match cause_of(finding).and_then(|cause| caused.get_mut(cause)) {
            Some(own) => own.push(at),
            None => roots.push(at),
        }
    }
    let is_urgent = |at: usize| findings.get(at).is_some_and(|own| own.severity <= Severity::Warning);
    let mut is_placed = vec![false; findings.len()];
    let mut cards = Vec::new();
    // Causes in a circle have no root; the second pass begins with any of them.
    for first in roots.into_iter().chain(0..findings.len()).filter(|&at| is_urgent(at)) {
        let mut open = vec![(first, 0)];
        while let Some((at, depth)) = open.pop() {
            let (Some(finding), Some(placed)) = (findings.get(at), is_placed.get_mut(at)) else { continue };
            if std::mem::replace(placed, true) {
                continue;
            }
            cards.push(Card::of(index, finding, depth));
            open.extend(caused.get(at).into_iter().flatten().rev().map(|&own| (own, depth + 1)));
        }
    }
    let others = findings.iter().zip(is_placed).filter(|(_, placed)| !placed).map(|(finding, _)| finding).collect();
    (cards, others)
}

/// What is normal about several people is said once.
fn normal(index: &Index, calm: &[&Finding]) -> Vec<Card> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in calm.iter().filter(|own| own.severity == Severity::Normal) {
        let same = |group: &&mut Vec<&Finding>| group.first().is_some_and(|first| first.rule == finding.rule);
        match groups.iter_mut().find(same) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups.iter().filter_map(|group| normal_card(index, group)).collect()
}

/// People that are named before the rest is only counted.
const MOST_NAMED: usize = 12;

fn normal_card(index: &Index, group: &[&Finding]) -> Option<Card> {
    let (first, others) = group.split_first()?;
    if others.is_empty() {
        return Some(Card::of(index, first, 0));
    }
    let mut all = (*first).clone();
    all.count = group.iter().map(|own| own.count).sum();
    all.evidence = group.iter().flat_map(|own| own.evidence.iter().copied()).collect();
    all.evidence.sort_unstable_by_key(|&row| index.position(row));
    all.evidence.dedup();
    if others.iter().any(|own| own.explanation != first.explanation) {
        let line = |own: &&Finding| format!("{}: {}", own.user.as_deref().unwrap_or("-"), own.explanation);
        let mut lines: Vec<String> = group.iter().take(MOST_NAMED).map(line).collect();
        if let Some(more) = group.len().checked_sub(MOST_NAMED).filter(|&more| more > 0) {
            lines.push(format!("and {} more", with_separators(more as u64)));
        }
        all.explanation = lines.join("\n");
    }
    let mut users: Vec<&str> = group.iter().filter_map(|own| own.user.as_deref()).collect();
    users.sort_unstable();
    users.dedup();
    all.user = match users.as_slice() {
        [] => None,
        [only] => Some((*only).to_owned()),
        several => Some(format!("{} people", with_separators(several.len() as u64))),
    };
    Some(Card::of(index, &all, 0))
}

/// `failed 43 times`, or how often something came that is no failure.
#[must_use]
pub fn times_words(severity: Severity, count: usize) -> String {
    let times = format!("{} times", with_separators(count as u64));
    if severity == Severity::Failure { format!("failed {times}") } else { times }
}

impl Card {
    fn of(index: &Index, finding: &Finding, depth: usize) -> Self {
        let user = finding.user.clone().unwrap_or_default();
        let times = span_words(index, &finding.evidence);
        let mut spoken = format!("Finding, {}, {}", finding.severity.name(), finding.title);
        if depth > 0 {
            spoken += ", follows from the one above";
        }
        for part in [&user, &times].into_iter().filter(|part| !part.is_empty()) {
            spoken = format!("{spoken}, {part}");
        }
        if finding.count > 1 {
            spoken = format!("{spoken}, {}", times_words(finding.severity, finding.count));
        }
        Self {
            rule: finding.rule,
            severity: finding.severity,
            title: finding.title.clone(),
            user,
            count: finding.count,
            times,
            depth,
            evidence: finding.evidence.clone(),
            sureness: match finding.confidence {
                Confidence::Proved => "Proved by the log",
                Confidence::Likely => "Likely: by the order of events",
                Confidence::Hint => "Only a hint",
            },
            why: if finding.checks.is_empty() { String::new() } else { why(&finding.explanation) },
            explanation: finding.explanation.clone(),
            checks: Check::of_texts(&finding.checks),
            spoken,
        }
    }
}

/// First and last time of some rows, as the list writes times.
fn span_words(index: &Index, rows: &[RowId]) -> String {
    let time = |row: &RowId| Some(index.time(*row)).filter(|time| *time != Millis::NEVER);
    let (Some(first), Some(last)) = (rows.iter().find_map(time), rows.iter().rev().find_map(time)) else {
        return String::new();
    };
    if first == last {
        return first.clock_time();
    }
    if last.0 - first.0 < 86_400_000 {
        return format!("{} to {}", first.clock_time(), last.clock_time());
    }
    let format = "%Y-%m-%d %H:%M";
    format!("{} to {}", first.format(format), last.format(format))
}

/// `Looked at 12 sign-ins of 2 people, 43 web requests and 1,552 records of 3 files.`
fn looked_at(index: &Index, trace: &Trace) -> String {
    let attempts = trace.attempts().count() as u64;
    let mut users: Vec<&str> = trace.attempts().filter_map(|attempt| attempt.user.as_deref()).collect();
    users.sort_unstable();
    users.dedup();
    let mut parts = Vec::new();
    if attempts > 0 {
        let people = if users.len() == 1 { "1 person".to_owned() } else { format!("{} people", users.len()) };
        parts.push(format!("{} of {people}", counted(attempts, "sign-in attempt")));
    }
    if !trace.web.is_empty() {
        parts.push(counted(trace.web.len() as u64, "web request"));
    }
    let files = counted(index.files().len() as u64, "file");
    let all = format!("{} of {files}", counted(u64::from(index.len()), "record"));
    match parts.as_slice() {
        [] => format!("Looked at {all}."),
        parts => format!("Looked at {} and {all}.", parts.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnosis::Rule;

    fn finding(rule: &'static str, severity: Severity, user: &str, cause: Option<&'static str>) -> Finding {
        let own = Rule { slug: rule, severity, find: |_| Vec::new() };
        let mut finding = Finding::new(&own, Confidence::Proved, rule).about(Some(user), None);
        finding.caused_by = cause;
        finding
    }

    #[test]
    fn what_follows_stands_under_its_cause_of_the_same_user() {
        use Severity::{Failure, Normal, Warning};
        let findings = [
            finding("cause", Failure, "anna", None),
            finding("cause", Failure, "ben", None),
            finding("alone", Failure, "anna", Some("not there")),
            finding("effect", Failure, "ben", Some("cause")),
            finding("effect of it", Warning, "ben", Some("effect")),
            finding("round", Warning, "anna", Some("about")),
            finding("about", Warning, "anna", Some("round")),
            finding("usual", Normal, "anna", None),
        ];
        let (cards, calm) = urgent(&Index::default(), &findings);
        let found: Vec<_> = cards.iter().map(|card| (card.title.as_str(), card.user.as_str(), card.depth)).collect();
        let wanted = [
            ("cause", "anna", 0),
            ("cause", "ben", 0),
            ("effect", "ben", 1),
            ("effect of it", "ben", 2),
            ("alone", "anna", 0),
            ("round", "anna", 0),
            ("about", "anna", 1),
        ];
        assert_eq!(found, wanted);
        assert_eq!(calm.len(), 1);
    }

    #[test]
    fn what_is_normal_about_several_people_is_one_card() {
        use Severity::Normal;
        let findings = [
            finding("usual", Normal, "anna", None).because("One."),
            finding("usual", Normal, "ben", None).because("Two."),
            finding("other", Normal, "anna", None),
        ];
        let cards = normal(&Index::default(), &findings.iter().collect::<Vec<_>>());
        let found: Vec<_> = cards.iter().map(|card| (card.user.as_str(), card.explanation.as_str())).collect();
        assert_eq!(found, [("2 people", "anna: One.\nben: Two."), ("anna", "")]);
    }
}
