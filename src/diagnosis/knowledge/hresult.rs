//! Windows error numbers, in the forms in which logs write them.

use super::{HresultEntry, Knowledge, Sureness};
use crate::protocol::Protocol;

impl Knowledge {
    /// What an error number means, by its row, or as the SIP status that `0x80EFnnnn` and `0x00EFnnnn` stand for.
    #[must_use]
    pub fn hresult(&self, number: u32) -> Option<HresultEntry> {
        self.hresults.get(&number).cloned().or_else(|| self.sip_status(number))
    }

    /// What a text such as `0xC3E93EC3(SIP_E_AUTH_UNAUTHORIZED)` means. A number that is not known here keeps the
    /// name the log gives it.
    #[must_use]
    pub fn hresult_of_text(&self, text: &str) -> Option<HresultEntry> {
        let (number, rest) = split_number(text)?;
        let name = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '(');
        let end = name.find(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_');
        let name = name.split_at(end.unwrap_or(name.len())).0;
        let named = name.contains('_').then(|| name.to_owned());
        match (self.hresult(number), named) {
            (Some(entry), Some(name)) if entry.name.is_empty() => Some(HresultEntry { name, ..entry }),
            (Some(entry), _) => Some(entry),
            (None, Some(name)) => {
                Some(HresultEntry { number, name, sureness: Sureness::Unsure, ..HresultEntry::default() })
            }
            (None, None) => None,
        }
    }

    fn sip_status(&self, number: u32) -> Option<HresultEntry> {
        let status = match number >> 16 {
            0x80EF | 0x00EF => u16::try_from(number & 0xFFFF).ok().filter(|status| (100..=699).contains(status))?,
            _ => return None,
        };
        let row = self.status(Protocol::Sip, status);
        let meaning = match row {
            Some(entry) => format!("Stands for SIP status {status} ({}). {}", entry.title, entry.gloss),
            None => format!("Stands for SIP status {status}."),
        };
        Some(HresultEntry {
            number,
            name: format!("SIP status {status}"),
            family: "SIP status".to_owned(),
            meaning,
            checks: Vec::new(),
            sureness: Sureness::Specification,
            is_own: row.is_some_and(|row| row.is_own),
        })
    }
}

/// Reads `0xC3E93EC3(NAME)`, `hr = 0x80ef0191`, `80ef0191` as web-service calls have it, and the signed decimal
/// form `-2146893044`.
#[must_use]
pub fn hresult_number(text: &str) -> Option<u32> {
    split_number(text).map(|(number, _)| number)
}

/// The number and what follows it.
fn split_number(text: &str) -> Option<(u32, &str)> {
    let text = text.trim().trim_matches('"').trim_start();
    if let Some(digits) = text.strip_prefix('-') {
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let (digits, rest) = digits.split_at(end);
        return Some((digits.parse::<i64>().ok().and_then(|n| i32::try_from(-n).ok())?.cast_unsigned(), rest));
    }
    let after_mark = text.find("0x").or_else(|| text.find("0X")).and_then(|at| text.get(at + 2..));
    let digits = after_mark.unwrap_or(text);
    let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
    let (number, rest) = digits.split_at(end);
    // `E_FAIL` is no number: what follows one is a name in brackets, or nothing.
    if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        return None;
    }
    u32::from_str_radix(number, 16).ok().map(|number| (number, rest))
}
