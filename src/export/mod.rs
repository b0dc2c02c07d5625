//! Paper: what leaves the program as text for people and scripts. Decides how a thing looks, never
//! what it is.

mod diagnosis;
mod html;
mod ladder;
mod messages;
mod redact;
mod report;
mod save;

pub use self::diagnosis::{diagnosis_json, diagnosis_text, verdict};
pub use self::ladder::ladder_text;
pub use self::ladder::mermaid::ladder_mermaid;
pub use self::ladder::svg::ladder_svg;
pub use self::messages::{Format, messages};
pub use self::redact::{Redactor, fold_secrets};
pub use self::report::{ReportFormat, report};
pub use self::save::{Stopped, Work, check_folder, save_redacted, save_text};

/// `93118` -> `93,118`.
#[must_use]
pub fn with_separators(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 record`, `1,204 records`
#[must_use]
pub fn counted(number: u64, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", with_separators(number))
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_have_separators() {
        let all = [0, 999, 1_000, 1_234_567].map(super::with_separators);
        assert_eq!(all, ["0", "999", "1,000", "1,234,567"]);
    }
}
