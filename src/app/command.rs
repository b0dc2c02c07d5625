//! What a user can do: one table of commands with their words and keys, and the actions of controls.

use super::LadderOf;
use crate::index::RowId;
use crate::query::Scope;
use egui::{Key, KeyboardShortcut, Modifiers};
use std::path::PathBuf;

/// Something a control asks for, with what it needs.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Opens these instead of what is open.
    Open(Vec<PathBuf>),
    /// Opens these beside what is open.
    Add(Vec<PathBuf>),
    /// Opens text from the clipboard beside what is open.
    AddText(String),
    SetQuery(String),
    /// Writes, replaces or removes one `field:value` of the query.
    SetTerm(&'static str, Option<String>),
    Select(Option<RowId>),
    SelectAndReveal(RowId),
    /// Looks at a finding, by the number of its card.
    SelectFinding(usize),
    Scope(Scope),
    LadderOf(LadderOf),
    DismissErrors,
    DismissSiblings,
    DismissSaved,
    Run(Command),
}

/// Actions of one frame, in order.
pub type Actions = Vec<Action>;

/// A gesture that needs nothing but itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    OpenFiles,
    OpenFolder,
    AddFiles,
    OpenAgain,
    Paste,
    SaveReport,
    SaveReportWithNames,
    SaveRedactedLogs,
    StopSaving,
    Close,
    FocusAddress,
    FocusQuery,
    Complete,
    ClearFilter,
    FilterDialog,
    NextMessage,
    PreviousMessage,
    NextFinding,
    PreviousFinding,
    NextEvidence,
    PreviousEvidence,
    LeaveFinding,
    Explain,
    StopIndexing,
    ToggleTheme,
    Help,
}

/// A row of the table: how a command is called, what it does, and its key.
pub struct Entry {
    pub command: Command,
    pub name: &'static str,
    pub help: &'static str,
    pub key: Option<KeyboardShortcut>,
}

const fn key(modifiers: Modifiers, key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(modifiers, key)
}

/// Every command, in the order of the help.
pub const COMMANDS: &[Entry] = &[
    Entry {
        command: Command::OpenFiles,
        name: "Open files…",
        help: "Opens client logs and server traces instead of what is open",
        key: Some(key(Modifiers::COMMAND, Key::O)),
    },
    Entry {
        command: Command::OpenFolder,
        name: "Open folder…",
        help: "Opens every trace of a folder on one timeline",
        key: Some(key(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::O)),
    },
    Entry {
        command: Command::AddFiles,
        name: "Add files…",
        help: "Opens more traces on the same timeline",
        key: Some(key(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::A)),
    },
    Entry {
        command: Command::OpenAgain,
        name: "Open again",
        help: "Reads the files anew, after one was replaced or cut; the query stays",
        key: Some(key(Modifiers::NONE, Key::F5)),
    },
    Entry {
        command: Command::Paste,
        name: "Paste SIP text",
        help: "Opens messages or a sign-in report from the clipboard beside what is open",
        key: Some(key(Modifiers::COMMAND, Key::V)),
    },
    Entry {
        command: Command::SaveReport,
        name: "Save report…",
        help: "Saves what was found as a page or as Markdown, with stand-ins for names",
        key: Some(key(Modifiers::COMMAND, Key::S)),
    },
    Entry {
        command: Command::SaveReportWithNames,
        name: "Save report with real names…",
        help: "Saves what was found with names and addresses as they are; secrets are left out all the same",
        key: Some(key(Modifiers::COMMAND.plus(Modifiers::ALT), Key::S)),
    },
    Entry {
        command: Command::SaveRedactedLogs,
        name: "Save redacted logs…",
        help: "Writes the logs again, with stand-ins for every name, address, number and secret, into a folder",
        key: Some(key(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::S)),
    },
    Entry { command: Command::StopSaving, name: "Stop saving", help: "Leaves nothing behind", key: None },
    Entry {
        command: Command::Close,
        name: "Close",
        help: "Closes what is open",
        key: Some(key(Modifiers::COMMAND, Key::W)),
    },
    Entry {
        command: Command::FocusAddress,
        name: "Go to the SIP URI box",
        help: "Type an address to see that user only",
        key: Some(key(Modifiers::COMMAND, Key::U)),
    },
    Entry {
        command: Command::FocusQuery,
        name: "Go to the query",
        help: "Type a query such as status:401 diag:28032",
        key: Some(key(Modifiers::COMMAND, Key::F)),
    },
    Entry {
        command: Command::Complete,
        name: "Complete the query",
        help: "Offers fields, and values of this log with their counts; Down and Enter or Tab take one",
        key: Some(key(Modifiers::COMMAND, Key::Space)),
    },
    // Before the filter, whose key it shares.
    Entry {
        command: Command::LeaveFinding,
        name: "Leave the finding",
        help: "Puts the finding aside; its evidence is no longer marked",
        key: Some(key(Modifiers::NONE, Key::Escape)),
    },
    Entry {
        command: Command::ClearFilter,
        name: "Clear the filter",
        help: "Shows everything again",
        key: Some(key(Modifiers::NONE, Key::Escape)),
    },
    Entry {
        command: Command::FilterDialog,
        name: "Filter by this dialog",
        help: "Shows only messages with the Call-ID of the selected one",
        key: Some(key(Modifiers::COMMAND, Key::D)),
    },
    Entry {
        command: Command::NextMessage,
        name: "Next message",
        help: "Selects the next message from anywhere in the window",
        key: Some(key(Modifiers::ALT, Key::ArrowDown)),
    },
    Entry {
        command: Command::PreviousMessage,
        name: "Previous message",
        help: "Selects the previous message from anywhere in the window",
        key: Some(key(Modifiers::ALT, Key::ArrowUp)),
    },
    Entry {
        command: Command::NextFinding,
        name: "Next finding",
        help: "Looks at the next finding: its evidence is marked in the list and drawn in the ladder",
        key: Some(key(Modifiers::NONE, Key::F7)),
    },
    Entry {
        command: Command::PreviousFinding,
        name: "Previous finding",
        help: "Looks at the finding before",
        key: Some(key(Modifiers::SHIFT, Key::F7)),
    },
    Entry {
        command: Command::NextEvidence,
        name: "Next evidence",
        help: "Selects the next message that proves the finding",
        key: Some(key(Modifiers::NONE, Key::F8)),
    },
    Entry {
        command: Command::PreviousEvidence,
        name: "Previous evidence",
        help: "Selects the message before that proves the finding",
        key: Some(key(Modifiers::SHIFT, Key::F8)),
    },
    Entry {
        command: Command::Explain,
        name: "Explain the message",
        help: "Changes between the text of the selected message and what it means",
        key: Some(key(Modifiers::NONE, Key::E)),
    },
    Entry { command: Command::StopIndexing, name: "Stop indexing", help: "Keeps what is indexed so far", key: None },
    Entry { command: Command::ToggleTheme, name: "Change the theme", help: "Light, dark, or as the system", key: None },
    Entry {
        command: Command::Help,
        name: "Query language and keys",
        help: "Shows this page",
        key: Some(key(Modifiers::NONE, Key::F1)),
    },
];

impl Command {
    /// The command's row of the table.
    #[must_use]
    pub fn entry(self) -> Option<&'static Entry> {
        COMMANDS.iter().find(|entry| entry.command == self)
    }
}
