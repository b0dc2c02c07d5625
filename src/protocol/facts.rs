//! What was decoded, as lines for people: a label and a value.

use chrono::DateTime;

/// A label in sentence case, and what stands behind it.
pub type Fact = (&'static str, String);

/// Facts in the order in which they are read. What is empty says nothing and is left out.
#[derive(Debug, Default)]
pub struct Facts {
    lines: Vec<Fact>,
}

/// Longer values come from damaged bytes only.
const LONGEST: usize = 800;

impl Facts {
    pub fn add(&mut self, label: &'static str, value: impl AsRef<str>) {
        let value = value.as_ref().trim();
        // A damaged token may hold anything; nothing of it may break a line or be too long for a pane.
        let mut shown: String =
            value.chars().take(LONGEST).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
        if value.chars().nth(LONGEST).is_some() {
            shown.push('…');
        }
        if !shown.is_empty() {
            self.lines.push((label, shown));
        }
    }

    pub fn add_some(&mut self, label: &'static str, value: Option<impl AsRef<str>>) {
        if let Some(value) = value {
            self.add(label, value);
        }
    }

    pub fn extend(&mut self, others: Vec<Fact>) {
        self.lines.extend(others);
    }

    #[must_use]
    pub fn done(self) -> Vec<Fact> {
        self.lines
    }
}

/// A moment in milliseconds since 1970, as `2024-11-20 13:21:21 UTC`.
#[must_use]
pub fn utc(millis: i64) -> String {
    DateTime::from_timestamp_millis(millis)
        .map_or_else(|| "out of range".to_owned(), |moment| moment.format("%Y-%m-%d %H:%M:%S UTC").to_string())
}

/// `1 certificate`, `3 certificates`.
#[must_use]
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_stay_on_their_line() {
        let mut facts = Facts::default();
        facts.add("User", " anna\r\n ");
        facts.add("Workstation", "PC\u{0}17");
        facts.add("Nothing", " ");
        facts.add_some("Absent", None::<&str>);
        facts.add("Long", "x".repeat(LONGEST + 1));
        let facts = facts.done();
        let labels: Vec<_> = facts.iter().map(|(label, _)| *label).collect();
        assert_eq!(labels, ["User", "Workstation", "Long"]);
        assert_eq!((facts[0].1.as_str(), facts[1].1.as_str()), ("anna", "PC\u{FFFD}17"));
        assert_eq!(facts[2].1.chars().count(), LONGEST + 1);
    }

    #[test]
    fn moments() {
        assert_eq!(utc(1_732_108_881_000), "2024-11-20 13:21:21 UTC");
        assert_eq!(utc(-1), "1969-12-31 23:59:59 UTC");
        assert_eq!(utc(i64::MAX), "out of range");
    }
}
