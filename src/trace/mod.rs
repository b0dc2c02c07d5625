//! Many messages: which belong together, between whom they went, how each one ended, and what they make up: sign-ins,
//! requests to web services, calls that failed.
//!
//! Works on rows of an index and gives plain data. Why something failed is not decided here.

mod coverage;
mod credentials;
mod dialog;
mod hosts;
mod noted;
mod outcome;
mod owners;
mod parties;
mod reached;
mod round;
mod sign_in;
mod sip;
mod twice;
mod web;
mod words;

pub use self::coverage::{Coverage, FileCoverage, Gap};
pub use self::credentials::Credentials;
pub use self::dialog::dialog_of;
pub use self::hosts::{Host, HostId, Hosts, Role};
pub use self::noted::{ClientNote, ServerNote};
pub use self::outcome::Outcome;
pub use self::owners::Owners;
pub use self::parties::Parties;
pub use self::reached::Reached;
pub use self::round::{HANDSHAKE_FAILED, Round, State, TIME_SKEW};
pub use self::sign_in::{ANSWER_TIMEOUT_MS, Attempt, Ending, Registration};
pub use self::sip::{Hop, SipMessage};
pub use self::web::{INVALID_TICKET, Pools, WebExchange, WebService};
pub use self::words::{in_words, short_target};

use self::twice::Twice;
use crate::format::{Format, Kind, Millis};
use crate::index::{Block, Index, RowId, both};
use crate::protocol::Protocol;
use memchr::memmem::Finder;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::LazyLock;

/// Everything that the records of an index make up together. Lists stand in the order of the window, web requests
/// in that of the files.
#[derive(Debug, Default)]
pub struct Trace {
    pub registrations: Vec<Registration>,
    pub web: Vec<WebExchange>,
    /// Final answers of 400 and more to other requests than REGISTER, challenges left out.
    pub failed: Vec<SipMessage>,
    /// Notices of a server about a registration.
    pub notices: Vec<SipMessage>,
    pub client_notes: Vec<ClientNote>,
    pub server_notes: Vec<ServerNote>,
    /// Places in `server_notes`, by Call-ID.
    notes_by_call: FxHashMap<String, Vec<usize>>,
    /// From and To of what server records speak of, by Call-ID, where no failed message tells.
    pub parties: FxHashMap<String, Parties>,
    pub owners: Owners,
    pub reached: Reached,
    pub coverage: Coverage,
}

impl Trace {
    /// Reads what an index holds so far.
    #[must_use]
    pub fn read(index: &Index) -> Self {
        let coverage = Coverage::of(index);
        let rows = Chosen::of(index);
        let notes =
            || index.read_each(&rows.server_notes, |origin, record| ServerNote::of_record(index, origin.row, record));
        let log_ends = |message: &SipMessage| {
            let ends = message.hops.iter().filter_map(|hop| coverage.end_of(hop.file));
            ends.max().unwrap_or(Millis::NEVER)
        };
        let (registrations, (web, (failed, mut server_notes))) = both(
            || sign_in::registrations(index, &rows.registers, &log_ends),
            || both(|| web::join(index, &rows.web), || both(|| sip::read(index, &rows.failed), notes)),
        );
        let mut owners = Owners::of(&coverage, &registrations);
        let (web, (mut client_notes, notices)) = both(
            || web::settle(index, web, &mut owners, &registrations),
            || {
                let client_notes =
                    index.read_each(&rows.client_lines, |origin, record| noted::client_note(index, origin, record));
                (client_notes, sip::read(index, &rows.notices))
            },
        );
        let mut twice = Twice::new(index);
        client_notes.retain(|note| twice.of(note.row).is_none());
        server_notes.retain(|note| twice.of(note.row).is_none());
        let notes_by_call = by_call(&server_notes);
        let parties = parties::of(index, &server_notes, &failed);
        noted::name_owners(&client_notes, &mut owners);
        let reached = reached::of(index, &failed);
        Self {
            registrations,
            web,
            failed,
            notices,
            client_notes,
            server_notes,
            notes_by_call,
            parties,
            owners,
            reached,
            coverage,
        }
    }

    /// All attempts to sign in, those of monitors left out.
    pub fn attempts(&self) -> impl Iterator<Item = &Attempt> {
        self.registrations
            .iter()
            .flat_map(|registration| &registration.attempts)
            .filter(|attempt| !attempt.is_monitor())
    }

    /// Security and diagnostic records about a message.
    pub fn notes_on<'a>(&'a self, message: &'a SipMessage) -> impl Iterator<Item = &'a ServerNote> {
        self.notes_on_call(&message.call_id).filter(move |note| note.cseq.is_none_or(|cseq| cseq == message.cseq))
    }

    /// Security and diagnostic records about messages of one Call-ID.
    pub fn notes_on_call(&self, call_id: &str) -> impl Iterator<Item = &ServerNote> {
        let places = self.notes_by_call.get(call_id).into_iter().flatten();
        places.filter_map(|&at| self.server_notes.get(at))
    }

    /// How long the log goes on after a pair of request and answer, in milliseconds; `None` where times are not known.
    #[must_use]
    pub fn log_goes_on(&self, round: &Round) -> Option<i64> {
        let last = round.answer().or(round.request())?;
        let ends = last.hops.iter().filter_map(|hop| self.coverage.end_of(hop.file)).max()?;
        let known = last.time() != Millis::NEVER && ends != Millis::NEVER;
        known.then(|| ends.0.saturating_sub(last.time().0))
    }

    /// The user whom a line of a client is about: the one whose sign-in was under way.
    #[must_use]
    pub fn owner_of(&self, note: &ClientNote) -> Option<&str> {
        self.owners.at(note.file, note.time)
    }
}

/// Places of records in their list, by Call-ID.
fn by_call(notes: &[ServerNote]) -> FxHashMap<String, Vec<usize>> {
    let mut places: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for (at, call_id) in notes.iter().enumerate().filter_map(|(at, note)| Some((at, note.call_id.as_ref()?))) {
        match places.get_mut(call_id) {
            Some(own) => own.push(at),
            None => _ = places.insert(call_id.clone(), vec![at]),
        }
    }
    places
}

/// Rows that take part, by what they are. Chosen by columns alone.
#[derive(Default)]
struct Chosen {
    registers: Vec<RowId>,
    failed: Vec<RowId>,
    notices: Vec<RowId>,
    web: Vec<RowId>,
    client_lines: Vec<RowId>,
    server_notes: Vec<RowId>,
}

impl Chosen {
    fn of(index: &Index) -> Self {
        let web_components = web_components(index);
        let of_blocks = index.read_blocks(|block, first| Self::of_block(index, block, first, &web_components));
        let mut all = Self::default();
        for block in of_blocks {
            all.registers.extend(block.registers);
            all.failed.extend(block.failed);
            all.notices.extend(block.notices);
            all.web.extend(block.web);
            all.client_lines.extend(block.client_lines);
            all.server_notes.extend(block.server_notes);
        }
        for rows in
            [&mut all.registers, &mut all.failed, &mut all.notices, &mut all.client_lines, &mut all.server_notes]
        {
            rows.sort_by_key(|&row| index.position(row));
        }
        all
    }

    fn of_block(index: &Index, block: &Block, first: u32, web_components: &FxHashSet<Vec<u8>>) -> Self {
        let mut chosen = Self::default();
        let format = index.files().get(usize::from(block.file)).and_then(|file| file.format);
        let is_client = matches!(format, Some(Format::Uccapi | Format::Text));
        let name_of = |id: Option<&u16>| block.names.get(id.copied().unwrap_or(0));
        for (row, at) in (first..).map(RowId).zip(0..block.len()) {
            let traits = block.traits(at);
            let status = block.status_of(at);
            match (traits.kind(), traits.protocol()) {
                (Kind::Message, Some(Protocol::Sip)) => match (name_of(block.method.get(at)), status) {
                    (b"REGISTER", _) => chosen.registers.push(row),
                    (b"NOTIFY" | b"BENOTIFY", None) if ends_registration(block.codes_of(at), index.raw(row)) => {
                        chosen.notices.push(row);
                    }
                    (_, Some(400 | 402..=406 | 408..=699)) => chosen.failed.push(row),
                    _ => {}
                },
                (Kind::Message, Some(Protocol::Http)) | (Kind::WebRequest, _) => chosen.web.push(row),
                (Kind::Trace | Kind::SignInReport, _) if is_client => chosen.client_lines.push(row),
                (Kind::Trace, _) if web_components.contains(name_of(block.component.get(at))) => chosen.web.push(row),
                (Kind::Security, _) => chosen.server_notes.push(row),
                (Kind::Diagnostic, _) if name_of(block.level.get(at)) != b"INFO" => chosen.server_notes.push(row),
                _ => {}
            }
        }
        chosen
    }
}

/// Whether a notice says that a registration ended ([MS-SIPREGE] 3.2), in its body or by its code.
fn ends_registration(codes: &[u32], text: &[u8]) -> bool {
    static SIGN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"regist"));
    codes.iter().any(|code| (4140..=4142).contains(code))
        || SIGN.find_iter(text).any(|at| {
            let (before, after) = text.split_at_checked(at).unwrap_or_default();
            before.ends_with(b"de") && after.starts_with(b"registered")
                || before.ends_with(b"preferred-") && after.starts_with(b"registrar-change")
        })
}

/// Components that write HTTP: what else they write may be the headers of a request.
fn web_components(index: &Index) -> FxHashSet<Vec<u8>> {
    let mut names = FxHashSet::default();
    for block in index.blocks() {
        let mut seen = vec![false; block.names.len()];
        for at in (0..block.len()).filter(|&at| block.traits(at).protocol() == Some(Protocol::Http)) {
            if let Some(seen) = block.component.get(at).and_then(|&id| seen.get_mut(usize::from(id))) {
                *seen = true;
            }
        }
        let used =
            block.names.iter().filter(|(id, name)| !name.is_empty() && seen.get(usize::from(*id)) == Some(&true));
        names.extend(used.map(|(_, name)| name.to_vec()));
    }
    names
}
