//! What the tables say of a code, as pieces of sentences.

use super::Finding;
use super::knowledge::{CodeEntry, Knowledge, with_source};

/// `Code 4003 ("From URI not enabled for remote access"): The user is not allowed to sign in from outside.`
#[must_use]
pub fn code_in_words(code: u32) -> String {
    let known = Knowledge::current().explain_code(code, None);
    let meaning = with_source(&known.meaning, known.is_own());
    match known.reason {
        Some(reason) => format!("Code {code} (\"{}\"): {meaning}", reason.trim_end_matches('.')),
        None => format!("Code {code}: {meaning}"),
    }
}

/// ` Most likely first: ...`, the causes of a code; nothing where none is known.
#[must_use]
pub fn causes_in_words(code: u32) -> String {
    let causes = Knowledge::current().explain_code(code, None).causes;
    if causes.is_empty() { String::new() } else { format!(" Most likely first: {}.", causes.join("; ")) }
}

/// What servers say beside a code.
#[must_use]
pub fn reason_of(code: u32) -> Option<String> {
    Knowledge::current().explain_code(code, None).reason.map(|reason| reason.trim_end_matches('.').to_owned())
}

/// What to check about a code.
#[must_use]
pub fn checks_of(code: u32) -> Vec<String> {
    Knowledge::current().explain_code(code, None).checks
}

/// Adds what the user's own tables say of the codes that a finding tells of, and their checks before all others.
pub(super) fn add_own_words(findings: &mut [Finding]) {
    let (current, built_in) = (Knowledge::current(), Knowledge::built_in());
    let is_own = |entry: &&CodeEntry| built_in.code(entry.code) != Some(*entry);
    let own: Vec<(&CodeEntry, Option<&CodeEntry>)> =
        current.codes().filter(is_own).map(|entry| (entry, built_in.code(entry.code))).collect();
    for finding in findings.iter_mut().filter(|_| !own.is_empty()) {
        for (entry, before) in &own {
            if !tells_of(&finding.explanation, entry.code) {
                continue;
            }
            if before.is_none_or(|before| before.meaning != entry.meaning)
                && !finding.explanation.contains(entry.meaning.trim_end_matches('.'))
            {
                finding.explanation += &format!(" Code {}: {}", entry.code, with_source(&entry.meaning, true));
            }
            if before.is_none_or(|before| before.checks != entry.checks) {
                finding.checks.retain(|check| !entry.checks.contains(check));
                finding.checks.splice(0..0, entry.checks.iter().cloned());
            }
        }
    }
}

/// Whether a number stands in a text by itself.
fn tells_of(text: &str, code: u32) -> bool {
    let code = code.to_string();
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_explained_by_the_tables() {
        assert_eq!(
            code_in_words(4003),
            "Code 4003 (\"From URI not enabled for remote access\"): The user is not allowed to sign in from outside."
        );
    }
}
