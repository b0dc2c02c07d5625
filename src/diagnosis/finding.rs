//! One statement with its proof.

use super::Rule;
use super::words::often;
use crate::format::Millis;
use crate::index::{Index, RowId};

/// How bad it is, worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A sign-in or a call broke here.
    Failure,
    Warning,
    Advice,
    /// Explained, so that nobody chases it.
    Normal,
}

impl Severity {
    /// The name used towards scripts and people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Warning => "warning",
            Self::Advice => "advice",
            Self::Normal => "normal",
        }
    }
}

/// How well the log proves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// One line of the log proves it.
    Proved,
    /// The order of events suggests it.
    Likely,
    /// Only a hint.
    Hint,
}

impl Confidence {
    /// The name used towards scripts and people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Likely => "likely",
            Self::Hint => "hint",
        }
    }
}

/// What a rule found about one user and device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The slug of the rule.
    pub rule: &'static str,
    pub severity: Severity,
    pub confidence: Confidence,
    /// One line: what happened, to whom.
    pub title: String,
    /// Address-of-record.
    pub user: Option<String>,
    /// The epid of the device.
    pub endpoint: Option<String>,
    /// How often it happened, copies of one message counted once.
    pub count: usize,
    /// The rows that prove it, in the order of the window, each once.
    pub evidence: Vec<RowId>,
    /// The slug of the finding that explains this one.
    pub caused_by: Option<&'static str>,
    /// What happened and why, in sentences.
    pub explanation: String,
    /// What to check next, as sentences or as commands to copy.
    pub checks: Vec<String>,
}

impl Finding {
    #[must_use]
    pub fn new(rule: &Rule, confidence: Confidence, title: impl Into<String>) -> Self {
        Self {
            rule: rule.slug,
            severity: rule.severity,
            confidence,
            title: title.into(),
            user: None,
            endpoint: None,
            count: 1,
            evidence: Vec::new(),
            caused_by: None,
            explanation: String::new(),
            checks: Vec::new(),
        }
    }

    #[must_use]
    pub fn about(mut self, user: Option<&str>, endpoint: Option<&str>) -> Self {
        self.user = user.map(str::to_owned);
        self.endpoint = endpoint.map(str::to_owned);
        self
    }

    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    #[must_use]
    pub fn times(mut self, count: usize) -> Self {
        self.count = count;
        self
    }

    #[must_use]
    pub fn proved_by(mut self, rows: impl IntoIterator<Item = RowId>) -> Self {
        self.evidence.extend(rows);
        self
    }

    #[must_use]
    pub fn because(mut self, explanation: impl Into<String>) -> Self {
        self.explanation = explanation.into();
        self
    }

    #[must_use]
    pub fn check(mut self, check: impl Into<String>) -> Self {
        self.checks.push(check.into());
        self
    }

    #[must_use]
    pub fn check_all(mut self, checks: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.checks.extend(checks.into_iter().map(Into::into));
        self
    }

    /// Adds how often and since when, in times as the window shows them: `Seen 3 times, from 09:00:01 to 09:04:10.`
    #[must_use]
    pub fn when(mut self, index: &Index) -> Self {
        let first = self.evidence.iter().copied().min_by_key(|&row| index.position(row));
        let last = self.evidence.iter().copied().max_by_key(|&row| index.position(row));
        let word = |row: RowId| {
            let time = Some(index.time(row)).filter(|&time| time != Millis::NEVER)?;
            Some(time.format("%Y-%m-%d %H:%M:%S")).filter(|time| !time.is_empty())
        };
        let often = often(self.count);
        let times = match (first.and_then(word), last.and_then(word)) {
            (Some(first), Some(last)) if self.count > 1 => format!(", from {first} to {last}"),
            (Some(first), _) => format!(", at {first}"),
            _ => String::new(),
        };
        self.explanation = format!("{} Seen {often}{times}.", self.explanation).trim_start().to_owned();
        self
    }

    /// The first and the last of its records.
    #[must_use]
    pub fn span(&self) -> Option<(RowId, RowId)> {
        Some((*self.evidence.first()?, *self.evidence.last()?))
    }

    pub(super) fn order_evidence(&mut self, index: &Index) {
        self.evidence.sort_unstable_by_key(|&row| index.position(row));
        self.evidence.dedup();
    }
}
