//! Words that stand in the tables and have a fixed meaning.

use serde::Serialize;

/// How sure it is that a number stands for what its row says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Sureness {
    #[serde(rename = "specification")]
    Specification,
    #[serde(rename = "seen in traces")]
    SeenInTraces,
    /// Also what a row is that says nothing about it.
    #[default]
    #[serde(rename = "known from practice")]
    KnownFromPractice,
    #[serde(rename = "unsure")]
    Unsure,
}

impl Sureness {
    pub const ALL: [Self; 4] = [Self::Specification, Self::SeenInTraces, Self::KnownFromPractice, Self::Unsure];

    /// As it stands in the tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Specification => "specification",
            Self::SeenInTraces => "seen in traces",
            Self::KnownFromPractice => "known from practice",
            Self::Unsure => "unsure",
        }
    }

    /// For people who wonder how far to trust it.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Specification => "Written in a published specification",
            Self::SeenInTraces => "Seen in published traces",
            Self::KnownFromPractice => "Known from practice, not found in writing",
            Self::Unsure => "Not sure",
        }
    }

    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sureness| sureness.word() == word)
    }
}

/// What a code tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeKind {
    #[default]
    Failure,
    /// How far a call has come; no error.
    Progress,
    /// Something else that is no error.
    Information,
    /// No code of Skype for Business, although the header has the same name.
    Foreign,
}

impl CodeKind {
    pub const ALL: [Self; 4] = [Self::Failure, Self::Progress, Self::Information, Self::Foreign];

    /// As it stands in the tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Progress => "progress",
            Self::Information => "information",
            Self::Foreign => "foreign",
        }
    }

    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Where a name stands: the same name can mean different things in different places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Place {
    #[default]
    #[serde(rename = "header")]
    Header,
    /// Of `WWW-Authenticate`, `Authorization`, `Authentication-Info` and their proxy forms.
    #[serde(rename = "authentication parameter")]
    Authentication,
    /// Of `ms-diagnostics` and its variants.
    #[serde(rename = "diagnostics parameter")]
    Diagnostics,
    /// Of an address, or of a header that holds one: From, To, Contact, Via, Route.
    #[serde(rename = "address parameter")]
    Address,
    /// Of any other header.
    #[serde(rename = "header parameter")]
    OtherHeader,
    /// Of the prefix of a log entry.
    #[serde(rename = "prefix field")]
    Prefix,
    /// A `Name: value` line of a server record, around a message or about one.
    #[serde(rename = "record field")]
    Record,
}

impl Place {
    pub const ALL: [Self; 7] = [
        Self::Header,
        Self::Authentication,
        Self::Diagnostics,
        Self::Address,
        Self::OtherHeader,
        Self::Prefix,
        Self::Record,
    ];

    /// As it stands in the tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Authentication => "authentication parameter",
            Self::Diagnostics => "diagnostics parameter",
            Self::Address => "address parameter",
            Self::OtherHeader => "header parameter",
            Self::Prefix => "prefix field",
            Self::Record => "record field",
        }
    }

    #[must_use]
    pub fn is_parameter(self) -> bool {
        matches!(self, Self::Authentication | Self::Diagnostics | Self::Address | Self::OtherHeader)
    }

    pub(super) fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.word() == word)
    }
}
