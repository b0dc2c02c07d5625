//! What is needed of one SIP message to follow a sign-in, and the copies of one message folded into one.
//!
//! The same message stands in the client's log and, incoming and outgoing, in the trace of every server it passed.
//! Copies have Call-ID, CSeq, start line and From tag in common; direction, Via and time differ, and an Edge takes
//! headers away. So a folded message says what any of its copies says, and remembers its hops.

use super::credentials::Credentials;
use crate::format::{Direction, Format, Millis, Oddities, Record};
use crate::index::{Block, Index, Origin, RowId};
use crate::protocol::diagnostics::Diagnostic;
use crate::protocol::lines::{text, to_text};
use crate::protocol::message::cseq;
use crate::protocol::{HeaderName, Message, Packages, address};
use memchr::memmem::{self, Finder};
use rustc_hash::FxHashMap;
use std::hash::Hash;
use std::sync::LazyLock;

/// One place where a message was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    pub row: RowId,
    /// UTC where the clock of the file is known.
    pub time: Millis,
    pub file: u16,
    /// The machine that wrote it, as written; empty in client logs.
    pub machine: String,
    /// As written, of copies that were read whole.
    pub pool: String,
    pub direction: Direction,
    pub is_client: bool,
    /// Address and port of the other end, as written.
    pub peer: String,
}

impl Hop {
    /// What the columns know of a place.
    fn of_columns(index: &Index, row: RowId) -> Option<Self> {
        let (block, at) = index.locate(row)?;
        Some(Self {
            row,
            time: index.time(row),
            file: block.file,
            machine: to_text(block.names.get(id(&block.machine, at))),
            pool: String::new(),
            direction: block.traits(at).direction(),
            is_client: is_client(index.file_of(row)?.format?),
            peer: to_text(block.peers.get(id(&block.peer, at))),
        })
    }
}

/// Logs of clients, and what people paste of them.
fn is_client(format: Format) -> bool {
    matches!(format, Format::Uccapi | Format::Text)
}

/// A SIP message with all its copies.
#[derive(Clone, Debug, Default)]
pub struct SipMessage {
    /// In the order of the window; never empty once folded.
    pub hops: Vec<Hop>,
    pub start_line: String,
    /// `None` in requests.
    pub status: Option<u16>,
    /// Of a response, the method of its CSeq.
    pub method: String,
    pub cseq: u32,
    pub call_id: String,
    /// Address-of-record in canonical form.
    pub from: Option<String>,
    pub to: Option<String>,
    pub from_tag: String,
    /// Which of a user's devices, as its From header says it.
    pub epid: Option<String>,
    /// Which device it is for, as its To header says it: of a notice, the one it is about.
    pub to_epid: Option<String>,
    /// Branches of all Via headers, the topmost first.
    pub branches: Vec<String>,
    pub user_agent: Option<String>,
    pub server: Option<String>,
    pub date: Option<Millis>,
    /// Seconds; 0 signs out.
    pub expires: Option<u32>,
    /// `Contact` of an answer.
    pub contact: Option<String>,
    /// The `Warning` header (RFC 3261 20.43).
    pub warning: Option<String>,
    /// `Authorization` of a request, or the packages that a 401 offers, and what a 200 is signed with.
    pub credentials: Vec<Credentials>,
    pub diagnostics: Vec<Diagnostic>,
    /// The presence services are away (`user-services-state`, `is-connected-to-primary`).
    pub is_limited: bool,
    /// `ms-user-logon-data: RemoteUser`: the user came in through the Edge.
    pub is_remote: bool,
    /// Every copy ends before the message does: what it does not say, it may have said.
    pub is_cut: bool,
    /// Why a server ended a registration, of a notice about one: `rejected`, `unregistered`, `deactivated`,
    /// `preferred-registrar-change`.
    pub deregistered: Option<String>,
}

impl SipMessage {
    #[must_use]
    pub fn time(&self) -> Millis {
        self.hops.first().map_or(Millis::NEVER, |hop| hop.time)
    }

    /// Rows of all copies, in the order of the window.
    pub fn rows(&self) -> impl Iterator<Item = RowId> {
        self.hops.iter().map(|hop| hop.row)
    }

    #[must_use]
    pub fn is_request(&self) -> bool {
        self.status.is_none()
    }

    /// Written down by a server too, whose trace then tells more than the client's log.
    #[must_use]
    pub fn is_seen_by_server(&self) -> bool {
        self.hops.iter().any(|hop| !hop.is_client)
    }

    #[must_use]
    pub fn is_seen_by_client(&self) -> bool {
        self.hops.iter().any(|hop| hop.is_client)
    }

    /// The credentials of one package, such as `NTLM`.
    #[must_use]
    pub fn credentials_of(&self, package: &str) -> Option<&Credentials> {
        self.credentials.iter().find(|own| own.package == package)
    }

    /// Whether a code stands in any diagnostics header.
    #[must_use]
    pub fn has_code(&self, code: u32) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.code == code)
    }

    /// The HRESULT that a diagnostics header names, as written.
    #[must_use]
    pub fn hresult(&self) -> Option<&str> {
        self.diagnostics.iter().find_map(|diagnostic| diagnostic.params.get("hresult")).map(String::as_str)
    }

    /// Times at which one place wrote this message down again: it was sent again. What it wrote at the same time is the
    /// same record, loaded twice.
    #[must_use]
    pub fn retransmissions(&self) -> Vec<&Hop> {
        let mut records = rustc_hash::FxHashSet::default();
        let mut places = rustc_hash::FxHashSet::default();
        let place = |hop: &Hop| (hop.machine.clone(), hop.direction, hop.peer.clone());
        let is_new = |hop: &&Hop| records.insert((place(hop), hop.time));
        self.hops.iter().filter(is_new).filter(|hop| !places.insert((place(hop), hop.file))).collect()
    }

    fn of_record(index: &Index, origin: Origin, record: &Record<'_>) -> Option<Self> {
        let message = record.message.as_ref()?;
        let mut own = Self {
            hops: Hop::of_columns(index, origin.row)
                .into_iter()
                .map(|hop| Hop { pool: to_text(record.pool), ..hop })
                .collect(),
            start_line: message.start_line(),
            status: message.start.status(),
            method: message.start.method().map(to_text).unwrap_or_default(),
            is_limited: matches!(message.start.status(), Some(200..=299)) && says_limited(message),
            is_cut: record.oddities.contains(Oddities::NO_END),
            deregistered: deregistered(message.body),
            ..Self::default()
        };
        let mut may_tell_why = !message.body.is_empty();
        for header in message.headers() {
            own.read_header(header.name, header.written, header.value);
            may_tell_why |= header.name == HeaderName::Diagnostics;
        }
        if may_tell_why {
            own.diagnostics = message.diagnostics();
        }
        Some(own)
    }

    fn read_header(&mut self, name: HeaderName, written: &[u8], value: &[u8]) {
        let whole = || Some(to_text(value.trim_ascii())).filter(|text| !text.is_empty());
        match name {
            HeaderName::From if self.from.is_none() => {
                self.from = address::first(value).map(|found| found.canonical());
                let value = text(value);
                self.from_tag = parameter(&value, "tag").unwrap_or_default().to_owned();
                self.epid = parameter(&value, "epid").map(str::to_ascii_lowercase);
            }
            HeaderName::To if self.to.is_none() => {
                self.to = address::first(value).map(|found| found.canonical());
                self.to_epid = parameter(&text(value), "epid").map(str::to_ascii_lowercase);
            }
            HeaderName::CallId if self.call_id.is_empty() => self.call_id = whole().unwrap_or_default(),
            HeaderName::CSeq => {
                if let Some((number, method)) = cseq(value) {
                    self.cseq = number;
                    if self.method.is_empty() {
                        self.method = to_text(method);
                    }
                }
            }
            HeaderName::Via => self.branches.extend(parameter(&text(value), "branch").map(str::to_owned)),
            HeaderName::UserAgent => self.user_agent = whole(),
            HeaderName::Server => self.server = whole(),
            HeaderName::Date => self.date = Millis::parse_date_header(value),
            HeaderName::Contact => {
                let value = text(value);
                self.expires = self.expires.or_else(|| parameter(&value, "expires")?.parse().ok());
                if self.contact.is_none() && !self.is_request() {
                    self.contact = whole();
                }
            }
            HeaderName::Authentication => {
                let found = Credentials::of_header(written, value);
                self.credentials.reserve_exact(found.len());
                self.credentials.extend(found);
            }
            HeaderName::Other if written.eq_ignore_ascii_case(b"Warning") => self.warning = whole(),
            HeaderName::Other if written.eq_ignore_ascii_case(b"Expires") => {
                self.expires = text(value).trim().parse().ok().or(self.expires);
            }
            HeaderName::Other if written.eq_ignore_ascii_case(b"ms-user-logon-data") => {
                self.is_remote = value.trim_ascii().eq_ignore_ascii_case(b"RemoteUser");
            }
            _ => {}
        }
    }

    /// What copies have in common, beside what the columns know.
    fn copy_key(&self) -> (String, String) {
        (self.start_line.clone(), self.from_tag.clone())
    }

    /// Whether a record's text holds the start line and the From tag of this message.
    fn is_in(&self, text: &[u8]) -> bool {
        static TAG: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"tag="));
        let tag = self.from_tag.as_bytes();
        !tag.is_empty()
            && memmem::find(text, self.start_line.as_bytes()).is_some()
            && TAG.find_iter(text).any(|at| {
                let rest = text.get(at + TAG.needle().len()..).unwrap_or_default();
                rest.strip_prefix(tag).is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric))
            })
    }

    /// Takes in what another copy says and this one does not.
    fn fold(&mut self, copy: Self) {
        self.hops.extend(copy.hops);
        let take = |own: &mut Option<String>, other: Option<String>| *own = own.take().or(other);
        take(&mut self.epid, copy.epid);
        take(&mut self.user_agent, copy.user_agent);
        take(&mut self.server, copy.server);
        take(&mut self.to_epid, copy.to_epid);
        take(&mut self.contact, copy.contact);
        take(&mut self.warning, copy.warning);
        take(&mut self.deregistered, copy.deregistered);
        self.date = self.date.or(copy.date);
        self.expires = self.expires.or(copy.expires);
        self.is_limited |= copy.is_limited;
        self.is_remote |= copy.is_remote;
        self.is_cut &= copy.is_cut;
        for branch in copy.branches {
            if !self.branches.contains(&branch) {
                self.branches.push(branch);
            }
        }
        for diagnostic in copy.diagnostics {
            if !self.diagnostics.contains(&diagnostic) {
                self.diagnostics.push(diagnostic);
            }
        }
        for credentials in copy.credentials {
            let is_same = |own: &&mut Credentials| own.package == credentials.package && own.role == credentials.role;
            match self.credentials.iter_mut().find(is_same) {
                // A copy may end in the middle of its token, or before it.
                Some(own) if !own.has_token() && credentials.has_token() => *own = credentials,
                Some(_) => {}
                None => self.credentials.push(credentials),
            }
        }
    }
}

/// Reads rows that hold SIP messages and folds their copies, in the order of the window of their first copies.
pub(super) fn read(index: &Index, rows: &[RowId]) -> Vec<SipMessage> {
    index.read_groups(&copies(index, rows), |rows| fold_copies(index, rows))
}

/// Reads the messages of each Call-ID by themselves, and keeps what `make` makes of them.
pub(super) fn read_calls<T: Send>(
    index: &Index,
    rows: &[RowId],
    make: impl Fn(Vec<SipMessage>) -> Vec<T> + Sync,
) -> Vec<T> {
    let calls = group(index, rows, |block, at| block.call_ids.get(id(&block.call_id, at)));
    index.read_groups(&calls, |rows| {
        make(copies(index, rows).iter().flat_map(|rows| fold_copies(index, rows)).collect())
    })
}

/// Rows that may be copies of one message, as far as the columns tell: the same Call-ID, CSeq, method and status.
fn copies(index: &Index, rows: &[RowId]) -> Vec<Vec<RowId>> {
    group(index, rows, |block, at| {
        let call_id = block.call_ids.get(id(&block.call_id, at));
        let method = block.names.get(id(&block.method, at));
        (call_id, block.cseq.get(at), method, block.status_of(at))
    })
}

/// Rows that have something in common, in the order of the first of each group.
fn group<'a, K: Hash + Eq>(index: &'a Index, rows: &[RowId], key: impl Fn(&'a Block, usize) -> K) -> Vec<Vec<RowId>> {
    let mut groups: Vec<Vec<RowId>> = Vec::new();
    let mut known: FxHashMap<K, usize> = FxHashMap::default();
    for &row in rows {
        let Some((block, at)) = index.locate(row) else { continue };
        let place = *known.entry(key(block, at)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

/// What a column of numbers says of one row.
fn id(column: &[u16], at: usize) -> u16 {
    column.get(at).copied().unwrap_or(0)
}

/// How many messages a row is compared with before it is read.
const MOST_COMPARED: usize = 4;

/// What several rows say, nearly always copies of one message. A copy that cannot say more than those before it is not
/// read: a message through five servers stands ten times in their traces.
fn fold_copies(index: &Index, rows: &[RowId]) -> Vec<SipMessage> {
    let mut messages: Vec<(SipMessage, Said)> = Vec::new();
    let mut places: FxHashMap<(String, String), usize> = FxHashMap::default();
    for &row in rows {
        let Some((block, at)) = index.locate(row) else { continue };
        let said = Said::of(block, at);
        let raw = index.raw(row);
        let is_copy = |(first, known): &&mut (SipMessage, Said)| known.holds(&said) && first.is_in(raw);
        // Of many different messages it costs less to read each than to compare it with all.
        if let Some((first, _)) = messages.iter_mut().take(MOST_COMPARED).find(is_copy) {
            first.hops.extend(Hop::of_columns(index, row));
            continue;
        }
        let Some(message) = index.read_one(row, |origin, record| SipMessage::of_record(index, origin, record)) else {
            continue;
        };
        let place = *places.entry(message.copy_key()).or_insert(messages.len());
        match messages.get_mut(place) {
            Some((first, known)) => {
                first.fold(message);
                known.join(said);
            }
            None => messages.push((message, said)),
        }
    }
    messages.into_iter().map(|(message, _)| message).collect()
}

/// What the columns know that copies of a message may differ in.
struct Said {
    packages: Packages,
    codes: Vec<u32>,
    is_whole: bool,
}

impl Said {
    fn of(block: &Block, at: usize) -> Self {
        let traits = block.traits(at);
        let is_whole = !traits.oddities().intersects(Oddities::NO_END | Oddities::NO_HEADER | Oddities::ENCLOSES);
        Self { packages: traits.packages(), codes: block.codes_of(at).to_vec(), is_whole }
    }

    /// Whether another copy has nothing to add.
    fn holds(&self, other: &Self) -> bool {
        self.is_whole
            && self.packages.contains(other.packages)
            && other.codes.iter().all(|code| self.codes.contains(code))
    }

    fn join(&mut self, other: Self) {
        self.packages |= other.packages;
        self.codes.extend(other.codes);
        self.is_whole |= other.is_whole;
    }
}

/// The value of `;name=value` in a header, without quotes. A display name and an address in angle brackets are none of
/// the parameters.
fn parameter<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let params = behind_address(text);
    let mut ends = memchr::memchr_iter(b';', params.as_bytes()).chain([params.len()]);
    let mut from = ends.next()?;
    for end in ends {
        let piece = params.get(from + 1..end).unwrap_or_default();
        from = end;
        let Some((written, value)) = piece.split_once('=') else { continue };
        if written.trim().eq_ignore_ascii_case(name) {
            let value = value.trim_start().trim_start_matches('"');
            let end = value.find([',', '>', '"', ' ']).unwrap_or(value.len());
            return value.get(..end).filter(|value| !value.is_empty());
        }
    }
    None
}

/// What follows `"name" <address>`, or all where no address stands in angle brackets.
fn behind_address(text: &str) -> &str {
    let name = text.trim_start();
    let quoted = name.strip_prefix('"').and_then(|inside| {
        let mut is_escaped = false;
        let end = inside.bytes().position(|byte| {
            let is_end = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_end
        })?;
        inside.get(end + 1..)
    });
    let rest = quoted.unwrap_or(name);
    let address = rest.split_once('<').and_then(|(_, address)| address.split_once('>'));
    address.map_or(rest, |(_, params)| params)
}

static SERVICES_STATE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"user-services-state"));
static IS_CONNECTED: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"is-connected-to-primary"));

/// `user-services-state=unavailable` or `is-connected-to-primary="no"`, in a header or in the body
/// ([MS-SIPREGE] 2.2.1).
fn says_limited(message: &Message<'_>) -> bool {
    let says = |text: &[u8], name: &Finder<'_>, value: &[u8]| {
        name.find_iter(text).any(|at| {
            let after = text.get(at + name.needle().len()..).unwrap_or_default();
            let after = after.get(..after.len().min(value.len() + 8)).unwrap_or_default().to_ascii_lowercase();
            let after = after.trim_ascii_start();
            let after = after.strip_prefix(b"=").or_else(|| after.strip_prefix(b":")).unwrap_or_default();
            let after = after.trim_ascii_start();
            after.strip_prefix(b"\"").unwrap_or(after).starts_with(value)
        })
    };
    [message.head, message.body]
        .iter()
        .any(|text| says(text, &SERVICES_STATE, b"unavailable") || says(text, &IS_CONNECTED, b"no"))
}

/// Why a registration ended: the `event` of a `deregistered` line, or the word alone ([MS-SIPREGE] 3.2).
fn deregistered(body: &[u8]) -> Option<String> {
    let at = memmem::find(body, b"deregistered")?;
    let rest = to_text(body.get(at..)?.split(|&byte| byte == b'\n').next()?);
    parameter(rest.trim_end(), "event").map(str::to_owned)
}
