//! What the tables say of a code, as pieces of sentences.

use super::knowledge::{Knowledge, with_source};

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
