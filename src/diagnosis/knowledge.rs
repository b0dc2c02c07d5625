//! What is known about codes, headers and statuses: meaning, causes, what to check next.
//!
//! The knowledge stands in tables (`assets/knowledge`, where a README tells their form) that are built into the
//! program; tables of the user, in the same form, add to them and win over them. Where their folder is, others know:
//! [`read_own`] reads what is in it, and [`use_tables`] puts it to use for the whole program, before anything is
//! explained.
//!
//! ```
//! use uccello::diagnosis::knowledge::Knowledge;
//!
//! let code = Knowledge::built_in().explain_code(4003, None);
//! assert_eq!(code.meaning, "The user is not allowed to sign in from outside.");
//! ```

mod hresult;
mod own;
mod table;
#[cfg(test)]
mod tests;
mod words;

pub use self::hresult::hresult_number;
pub use self::own::read_own;
pub use self::table::TableError;
pub use self::words::{CodeKind, Place, Sureness};

use self::table::{Row, Table, each_row};
use crate::protocol::{Protocol, diagnostics};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// In any order: rows of different tables do not depend on each other.
const TABLES: [&str; 5] = [
    include_str!("../../assets/knowledge/codes.tsv"),
    include_str!("../../assets/knowledge/ranges.tsv"),
    include_str!("../../assets/knowledge/hresults.tsv"),
    include_str!("../../assets/knowledge/headers.tsv"),
    include_str!("../../assets/knowledge/statuses.tsv"),
];

/// What `source` says of rows that name none: those of the user.
pub const OWN_TABLE: &str = "your own table";

/// The tables in use, once they were chosen.
static IN_USE: OnceLock<Knowledge> = OnceLock::new();

/// Uses these tables from now on. Only the first call counts, and only if it comes before anything is explained: what
/// was said once is not said otherwise later.
pub fn use_tables(knowledge: Knowledge) {
    let _ = IN_USE.set(knowledge);
}

/// A sentence of the tables, with its source where that is a table of the user.
#[must_use]
pub fn with_source(text: &str, is_own: bool) -> String {
    match text.strip_suffix('.') {
        _ if !is_own => text.to_owned(),
        Some(sentence) => format!("{sentence} ({OWN_TABLE})."),
        None => format!("{text} ({OWN_TABLE})"),
    }
}

/// All tables, read.
#[derive(Clone, Debug, Default)]
pub struct Knowledge {
    codes: BTreeMap<u32, CodeEntry>,
    /// The last one that holds a code counts.
    ranges: Vec<CodeRange>,
    hresults: BTreeMap<u32, HresultEntry>,
    /// By name as [`diagnostics::header_name`] writes it.
    headers: BTreeMap<String, Vec<HeaderEntry>>,
    statuses: Vec<StatusEntry>,
}

/// A diagnostic code. Texts are empty where nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CodeEntry {
    pub code: u32,
    /// As servers write it, with its variants.
    pub reasons: Vec<String>,
    /// The status it usually comes with, in words: `SIP 403`.
    pub status: String,
    /// The header it stands in.
    pub header: String,
    /// What gives it.
    pub component: String,
    /// One sentence.
    pub meaning: String,
    /// Most likely first.
    pub causes: Vec<String>,
    /// Steps and commands, in order.
    pub checks: Vec<String>,
    pub kind: CodeKind,
    pub sureness: Sureness,
    /// Where it is known from, short: `MS-OCER 7.2`.
    pub source: String,
}

/// A range of codes, both ends within.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CodeRange {
    pub first: u32,
    pub last: u32,
    pub component: String,
    pub kind: CodeKind,
    pub sureness: Sureness,
    /// The user said something of it.
    pub is_own: bool,
}

/// A Windows error number. Texts are empty where nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HresultEntry {
    pub number: u32,
    /// Of the constant: `SEC_E_LOGON_DENIED`.
    pub name: String,
    pub family: String,
    /// One sentence.
    pub meaning: String,
    /// Steps and commands, in order.
    pub checks: Vec<String>,
    pub sureness: Sureness,
    /// The user said something of it.
    pub is_own: bool,
}

/// A header, a parameter, or a field of a log entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HeaderEntry {
    pub name: String,
    pub place: Place,
    /// What it is, and how to read it in a sign-in.
    pub gloss: String,
    pub sureness: Sureness,
    /// The user said something of it.
    pub is_own: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusEntry {
    pub protocol: Protocol,
    pub status: u16,
    pub title: String,
    /// What it means in these traces.
    pub gloss: String,
    pub sureness: Sureness,
    /// The user said something of it.
    pub is_own: bool,
}

/// A code as it stands in a log, explained as far as the tables reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    pub code: u32,
    /// In the words of the log, else in those that servers use.
    pub reason: Option<String>,
    pub component: Option<String>,
    /// The status it usually comes with, in words.
    pub status: Option<String>,
    /// One sentence, never empty.
    pub meaning: String,
    /// Most likely first.
    pub causes: Vec<String>,
    /// Steps and commands, in order.
    pub checks: Vec<String>,
    pub kind: CodeKind,
    /// How sure it is that the code means this; unsure where only its range is known.
    pub sureness: Sureness,
    pub source: Option<String>,
    /// Whether the tables say what this very code means.
    pub is_known: bool,
}

impl Explanation {
    /// The user said something of it.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.source.as_deref() == Some(OWN_TABLE)
    }
}

impl Knowledge {
    /// The tables the program comes with.
    #[must_use]
    pub fn built_in() -> &'static Self {
        static BUILT_IN: OnceLock<Knowledge> = OnceLock::new();
        BUILT_IN.get_or_init(|| {
            TABLES
                .iter()
                .try_fold(Self::default(), |all, text| all.with_tables(text, false))
                .expect("tables that tests hold")
        })
    }

    /// The tables in use: the built-in ones, with those of the user where there are any.
    #[must_use]
    pub fn current() -> &'static Self {
        IN_USE.get().unwrap_or_else(|| Self::built_in())
    }

    /// With tables of the user: their rows are added, and their filled cells win.
    ///
    /// # Errors
    ///
    /// Names the first line that cannot be read, and what should stand there.
    pub fn with_user_tables(self, text: &str) -> Result<Self, TableError> {
        self.with_tables(text, true)
    }

    fn with_tables(mut self, text: &str, is_own: bool) -> Result<Self, TableError> {
        each_row(text, |row| match row.table {
            Table::Codes => self.add_code(row),
            Table::Ranges => self.add_range(row, is_own),
            Table::Hresults => self.add_hresult(row, is_own),
            Table::Headers => self.add_header(row, is_own),
            Table::Statuses => self.add_status(row, is_own),
        })?;
        Ok(self)
    }

    /// The row of a code; [`Self::explain_code`] also knows what to say without one.
    #[must_use]
    pub fn code(&self, code: u32) -> Option<&CodeEntry> {
        self.codes.get(&code)
    }

    /// All codes that have a row, in ascending order.
    pub fn codes(&self) -> impl Iterator<Item = &CodeEntry> {
        self.codes.values()
    }

    /// What a code means. Without a row, or where the row does not know the meaning, its range tells which
    /// component it comes from, and the reason the log gives beside it has the word.
    #[must_use]
    pub fn explain_code(&self, code: u32, logged_reason: Option<&str>) -> Explanation {
        let row = self.code(code);
        let range = self.ranges.iter().rev().find(|range| (range.first..=range.last).contains(&code));
        let kind = row.map(|row| row.kind).or(range.map(|range| range.kind)).unwrap_or_default();
        let logged = logged_reason.map(str::trim).filter(|reason| !reason.is_empty());
        let reason = logged.or_else(|| row?.reasons.first().map(String::as_str));
        let component = row.map(|row| &row.component).filter(|text| !text.is_empty());
        let component = component.or_else(|| range.map(|range| &range.component));
        let known = row.filter(|row| !row.meaning.is_empty());
        let sureness = match row {
            Some(row) if known.is_some() || !row.reasons.is_empty() => row.sureness,
            _ => Sureness::Unsure,
        };
        Explanation {
            code,
            meaning: known.map_or_else(
                || without_meaning(kind, component.map(String::as_str), reason),
                |row| row.meaning.clone(),
            ),
            reason: reason.map(str::to_owned),
            component: component.cloned(),
            status: row.map(|row| row.status.clone()).filter(|text| !text.is_empty()),
            causes: row.map(|row| row.causes.clone()).unwrap_or_default(),
            checks: row.map(|row| row.checks.clone()).unwrap_or_default(),
            kind,
            sureness,
            source: match (row, range) {
                (Some(row), _) => Some(row.source.clone()).filter(|text| !text.is_empty()),
                (None, range) => range.filter(|range| range.is_own).map(|_| OWN_TABLE.to_owned()),
            },
            is_known: known.is_some(),
        }
    }

    /// A header by its name, in any case and with any hyphens.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&HeaderEntry> {
        self.named(name, |place| place == Place::Header)
    }

    /// A parameter of any header. Where its name stands for several things, that of authentication comes first,
    /// then that of diagnostics; [`Self::name_in`] tells them apart.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&HeaderEntry> {
        self.named(name, Place::is_parameter)
    }

    /// A name in a certain place.
    #[must_use]
    pub fn name_in(&self, place: Place, name: &str) -> Option<&HeaderEntry> {
        self.named(name, |other| other == place)
    }

    fn named(&self, name: &str, is_meant: impl Fn(Place) -> bool) -> Option<&HeaderEntry> {
        let entries = self.headers.get(&diagnostics::header_name(name.trim().as_bytes()))?;
        entries.iter().filter(|entry| is_meant(entry.place)).min_by_key(|entry| entry.place)
    }

    #[must_use]
    pub fn status(&self, protocol: Protocol, status: u16) -> Option<&StatusEntry> {
        self.statuses.iter().find(|entry| (entry.protocol, entry.status) == (protocol, status))
    }

    fn add_code(&mut self, row: &Row<'_>) -> Result<(), TableError> {
        let code = row.read("code", "a number such as 28032", |cell| cell.parse().ok())?;
        let (kind, sureness) = (kind(row)?, sureness(row)?);
        let entry = self.codes.entry(code).or_insert_with(|| CodeEntry { code, ..CodeEntry::default() });
        row.fill_list(&mut entry.reasons, "reason", " | ");
        row.fill(&mut entry.status, "status");
        row.fill(&mut entry.header, "header");
        row.fill(&mut entry.component, "component");
        row.fill(&mut entry.meaning, "meaning");
        row.fill_list(&mut entry.causes, "causes", "; ");
        row.fill_list(&mut entry.checks, "checks", " | ");
        entry.kind = kind.unwrap_or(entry.kind);
        entry.sureness = sureness;
        entry.source = row.cell("source").unwrap_or(OWN_TABLE).to_owned();
        Ok(())
    }

    fn add_range(&mut self, row: &Row<'_>, is_own: bool) -> Result<(), TableError> {
        let number = |cell: &str| cell.parse().ok();
        let first: u32 = row.read("first", "a number such as 61000", number)?;
        let last = row.read("last", "a number that is not below first", |cell| number(cell).filter(|&l| l >= first))?;
        let component = row.read("component", "what gives these codes", not_empty)?;
        let (kind, sureness) = (kind(row)?.unwrap_or_default(), sureness(row)?);
        self.ranges.push(CodeRange { first, last, component, kind, sureness, is_own });
        Ok(())
    }

    fn add_hresult(&mut self, row: &Row<'_>, is_own: bool) -> Result<(), TableError> {
        let number = row.read("hresult", "a number such as 0x8009030C", hresult_number)?;
        let sureness = sureness(row)?;
        let entry = self.hresults.entry(number).or_insert_with(|| HresultEntry { number, ..HresultEntry::default() });
        row.fill(&mut entry.name, "name");
        row.fill(&mut entry.family, "family");
        row.fill(&mut entry.meaning, "meaning");
        row.fill_list(&mut entry.checks, "checks", " | ");
        (entry.sureness, entry.is_own) = (sureness, is_own);
        Ok(())
    }

    fn add_header(&mut self, row: &Row<'_>, is_own: bool) -> Result<(), TableError> {
        let name = row.read("name", "the name of a header", not_empty)?;
        let places = Place::ALL.map(Place::word).join(", ");
        let place = row.read_if_filled("where", &format!("one of {places}"), Place::of_word)?.unwrap_or_default();
        let sureness = sureness(row)?;
        let entries = self.headers.entry(diagnostics::header_name(name.as_bytes())).or_default();
        let at = entries.iter().position(|entry| entry.place == place).unwrap_or_else(|| {
            entries.push(HeaderEntry { place, ..HeaderEntry::default() });
            entries.len() - 1
        });
        if let Some(entry) = entries.get_mut(at) {
            entry.name = name;
            row.fill(&mut entry.gloss, "gloss");
            (entry.sureness, entry.is_own) = (sureness, is_own);
        }
        Ok(())
    }

    fn add_status(&mut self, row: &Row<'_>, is_own: bool) -> Result<(), TableError> {
        let status = row.read("status", "a number from 100 to 699", |cell| {
            cell.parse().ok().filter(|status| (100..=699).contains(status))
        })?;
        let protocol = row.read("protocol", "sip or http", |cell| match cell {
            "sip" => Some(Protocol::Sip),
            "http" => Some(Protocol::Http),
            _ => None,
        })?;
        let sureness = sureness(row)?;
        let is_it = |entry: &StatusEntry| (entry.protocol, entry.status) == (protocol, status);
        let at = self.statuses.iter().position(is_it).unwrap_or_else(|| {
            let (title, gloss) = (String::new(), String::new());
            self.statuses.push(StatusEntry { protocol, status, title, gloss, sureness, is_own });
            self.statuses.len() - 1
        });
        if let Some(entry) = self.statuses.get_mut(at) {
            row.fill(&mut entry.title, "title");
            row.fill(&mut entry.gloss, "gloss");
            (entry.sureness, entry.is_own) = (sureness, is_own);
        }
        Ok(())
    }
}

/// A sentence for a code whose meaning no table knows.
fn without_meaning(kind: CodeKind, component: Option<&str>, reason: Option<&str>) -> String {
    let component = component.unwrap_or("A component that is not known");
    match (kind, reason.map(|reason| reason.trim_end_matches('.'))) {
        (CodeKind::Foreign, _) => format!("Not a code of Skype for Business, but of {component}."),
        (_, Some(reason)) => format!("{component} says \"{reason}\"."),
        (_, None) => format!("{component} gives this code; what it means is not known here."),
    }
}

fn not_empty(cell: &str) -> Option<String> {
    (!cell.is_empty()).then(|| cell.to_owned())
}

fn kind(row: &Row<'_>) -> Result<Option<CodeKind>, TableError> {
    let words = CodeKind::ALL.map(CodeKind::word).join(", ");
    row.read_if_filled("kind", &format!("one of {words}"), CodeKind::of_word)
}

/// A row that does not say how sure it is: what the user knows is known from practice, also where the rest of
/// the row stays as it was.
fn sureness(row: &Row<'_>) -> Result<Sureness, TableError> {
    let words = Sureness::ALL.map(Sureness::word).join(", ");
    Ok(row.read_if_filled("sureness", &format!("one of {words}"), Sureness::of_word)?.unwrap_or_default())
}
