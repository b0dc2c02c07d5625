//! Columns over the records of one stretch of one file.
//!
//! A block explains itself: its words, sets and times are its own, so blocks can be built on all cores
//! and never change. Text stays in the file; only words that repeat are kept, once per block.

use super::texts::{Interner, SetInterner, Sets, Texts};
use crate::format::{Direction, Format, Kind, Millis, Oddities, Record};
use crate::protocol::address::{self, Address};
use crate::protocol::message::cseq;
use crate::protocol::{HeaderName, Message, Packages, Protocol, StartLine, diagnostics};
use std::ops::Range;

/// Rows a block holds at most, so that numbers of rows, words and sets fit in 16 bits.
const MAX_ROWS: usize = 65_000;
/// Words after which a block is closed; what is left up to 65,535 is room for one record.
const MAX_WORDS: usize = 32_768;

/// The absent CSeq.
pub const NO_CSEQ: u32 = u32::MAX;

/// Records of one stretch of a file, as columns.
#[derive(Debug)]
pub struct Block {
    /// Number of the file in the index.
    pub file: u16,
    /// Offset in the file that the starts count from.
    base: u64,
    times: Times,
    starts: Vec<u32>,
    lengths: Vec<u32>,
    traits: Vec<Traits>,
    pub(crate) status: Vec<u16>,
    pub(crate) cseq: Vec<u32>,
    pub(crate) call_id: Vec<u16>,
    pub(crate) from: Vec<u16>,
    pub(crate) to: Vec<u16>,
    pub(crate) peer: Vec<u16>,
    pub(crate) method: Vec<u16>,
    pub(crate) level: Vec<u16>,
    pub(crate) component: Vec<u16>,
    pub(crate) machine: Vec<u16>,
    /// Set of addresses and set of diagnostic codes.
    pub(crate) uris: Vec<u16>,
    pub(crate) codes: Vec<u16>,
    pub(crate) call_ids: Texts,
    /// In canonical form.
    pub(crate) addresses: Texts,
    pub(crate) peers: Texts,
    /// Methods, levels, components and machines.
    pub(crate) names: Texts,
    /// Members are numbers in `addresses`.
    pub(crate) uri_sets: Sets,
    /// Members are codes.
    pub(crate) code_sets: Sets,
    pub messages: u32,
    pub lines_not_understood: u32,
    /// Time of a response by the clock of the file minus its Date header, milliseconds.
    pub(crate) date_deltas: Vec<i64>,
    is_sorted: bool,
}

/// Times as 32-bit distances from the earliest one where they fit.
#[derive(Debug)]
enum Times {
    Near { earliest: i64, after: Vec<u32> },
    Far(Vec<i64>),
}

/// Small facts of a row in one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits(u32);

impl Traits {
    const HAS_TIME: u32 = 1 << 24;

    fn new(
        kind: Kind,
        direction: Direction,
        protocol: Option<Protocol>,
        packages: Packages,
        oddities: Oddities,
    ) -> Self {
        let protocol = protocol.map_or(0, |protocol| if protocol == Protocol::Sip { 1 } else { 2 });
        Self(
            kind as u32
                | (direction as u32) << 4
                | protocol << 6
                | u32::from(packages.bits()) << 8
                | u32::from(oddities.bits()) << 16,
        )
    }

    #[must_use]
    pub fn kind(self) -> Kind {
        Kind::ALL.get((self.0 & 15) as usize).copied().unwrap_or(Kind::Unknown)
    }

    #[must_use]
    pub fn direction(self) -> Direction {
        match self.0 >> 4 & 3 {
            1 => Direction::In,
            2 => Direction::Out,
            _ => Direction::None,
        }
    }

    #[must_use]
    pub fn protocol(self) -> Option<Protocol> {
        match self.0 >> 6 & 3 {
            1 => Some(Protocol::Sip),
            2 => Some(Protocol::Http),
            _ => None,
        }
    }

    #[must_use]
    pub fn packages(self) -> Packages {
        Packages::from_bits_truncate((self.0 >> 8) as u8)
    }

    #[must_use]
    pub fn oddities(self) -> Oddities {
        Oddities::from_bits_truncate((self.0 >> 16) as u8)
    }

    /// False where the record has no time of its own and stands with the record before it.
    #[must_use]
    pub fn has_time(self) -> bool {
        self.0 & Self::HAS_TIME != 0
    }
}

impl Block {
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Range of a row's bytes in its file.
    #[must_use]
    pub fn bytes_of(&self, row: usize) -> Range<u64> {
        let start = self.base + u64::from(self.starts.get(row).copied().unwrap_or(0));
        start..start + u64::from(self.lengths.get(row).copied().unwrap_or(0))
    }

    /// The row's time by the clock of the file.
    #[must_use]
    #[inline]
    pub fn time(&self, row: usize) -> Millis {
        Millis(match &self.times {
            Times::Near { earliest, after } => earliest + after.get(row).map_or(0, |&after| i64::from(after)),
            Times::Far(times) => times.get(row).copied().unwrap_or(0),
        })
    }

    #[must_use]
    pub fn traits(&self, row: usize) -> Traits {
        self.traits.get(row).copied().unwrap_or(Traits(0))
    }

    /// The status of a row's response; `None` for everything else.
    #[must_use]
    pub fn status_of(&self, row: usize) -> Option<u16> {
        self.status.get(row).copied().filter(|&status| status != 0)
    }

    /// The numbers of the From addresses by row, for [`Self::address`].
    #[must_use]
    pub fn from_column(&self) -> &[u16] {
        &self.from
    }

    /// The numbers of the To addresses by row, for [`Self::address`].
    #[must_use]
    pub fn to_column(&self) -> &[u16] {
        &self.to
    }

    /// An address by its number, in canonical form; empty for 0.
    #[must_use]
    pub fn address(&self, id: u16) -> &[u8] {
        self.addresses.get(id)
    }

    /// The diagnostic codes of a row, sorted.
    #[must_use]
    pub fn codes_of(&self, row: usize) -> &[u32] {
        self.code_sets.get(self.codes.get(row).copied().unwrap_or(0))
    }

    /// True where no row is earlier than the one before it.
    #[must_use]
    pub fn is_sorted(&self) -> bool {
        self.is_sorted
    }

    /// Last row that starts at or before an offset of the file.
    #[must_use]
    pub fn row_at(&self, offset: u64) -> Option<usize> {
        let at = u32::try_from(offset.checked_sub(self.base)?).ok()?;
        self.starts.partition_point(|&start| start <= at).checked_sub(1)
    }

    /// Offset where the first record starts and where the last one ends.
    #[must_use]
    pub fn span(&self) -> Range<u64> {
        let end = (0..self.len()).rev().take(64).map(|row| self.bytes_of(row).end).max();
        self.bytes_of(0).start..end.unwrap_or(self.base)
    }

    /// Bytes of memory used by columns, and by words and sets.
    #[must_use]
    pub fn memory(&self) -> (usize, usize) {
        let narrow = [
            &self.status,
            &self.call_id,
            &self.from,
            &self.to,
            &self.peer,
            &self.method,
            &self.level,
            &self.component,
            &self.machine,
            &self.uris,
            &self.codes,
        ];
        let narrow = narrow.iter();
        let wide = [&self.starts, &self.lengths, &self.cseq].iter().map(|column| column.capacity()).sum::<usize>();
        let times = match &self.times {
            Times::Near { after, .. } => after.capacity() * 4,
            Times::Far(times) => times.capacity() * 8,
        };
        let columns =
            narrow.map(|column| column.capacity() * 2).sum::<usize>() + wide * 4 + times + self.traits.capacity() * 4;
        let texts = [&self.call_ids, &self.addresses, &self.peers, &self.names]
            .iter()
            .map(|texts| texts.memory())
            .sum::<usize>();
        (columns, texts + self.uri_sets.memory() + self.code_sets.memory() + self.date_deltas.capacity() * 8)
    }
}

/// Builds one block, row by row.
pub struct Builder {
    block: Block,
    times: Vec<i64>,
    call_ids: Interner,
    addresses: Interner,
    peers: Interner,
    names: Interner,
    uri_sets: SetInterner,
    code_sets: SetInterner,
    uris: Vec<u32>,
    codes: Vec<u32>,
    lower: Vec<u8>,
    /// The last address as written, and its number.
    last_address: (Vec<u8>, u16),
    /// Whether Date headers are compared with the clock of the file. Server traces are in UTC anyway.
    measures_clock: bool,
    /// The last time of the block before.
    time_before: Option<i64>,
    /// Rows at the start that have no time yet.
    untimed: usize,
}

impl Builder {
    /// `rows` is a guess of how many rows will come.
    pub fn new(file: u16, base: u64, rows: usize, format: Format) -> Self {
        let rows = rows.min(MAX_ROWS);
        let narrow = || Vec::with_capacity(rows);
        let block = Block {
            file,
            base,
            times: Times::Far(Vec::new()),
            starts: Vec::with_capacity(rows),
            lengths: Vec::with_capacity(rows),
            traits: Vec::with_capacity(rows),
            status: narrow(),
            cseq: Vec::with_capacity(rows),
            call_id: narrow(),
            from: narrow(),
            to: narrow(),
            peer: narrow(),
            method: narrow(),
            level: narrow(),
            component: narrow(),
            machine: narrow(),
            uris: narrow(),
            codes: narrow(),
            call_ids: Texts::default(),
            addresses: Texts::default(),
            peers: Texts::default(),
            names: Texts::default(),
            uri_sets: Sets::default(),
            code_sets: Sets::default(),
            messages: 0,
            lines_not_understood: 0,
            date_deltas: Vec::new(),
            is_sorted: true,
        };
        Self {
            block,
            times: Vec::with_capacity(rows),
            call_ids: Interner::default(),
            addresses: Interner::default(),
            peers: Interner::default(),
            names: Interner::default(),
            uri_sets: SetInterner::default(),
            code_sets: SetInterner::default(),
            uris: Vec::new(),
            codes: Vec::new(),
            lower: Vec::new(),
            last_address: (Vec::new(), 0),
            measures_clock: format == Format::Uccapi,
            time_before: None,
            untimed: 0,
        }
    }

    /// Goes on where another block ends: rows without a time stand at the last time of that one.
    pub fn after(self, before: &Self) -> Self {
        Self { time_before: before.times.last().copied().or(before.time_before), ..self }
    }

    pub fn len(&self) -> usize {
        self.block.len()
    }

    /// True where the next record needs a new block; `end` is where that record ends.
    pub fn is_full(&self, end: u64) -> bool {
        self.len() >= MAX_ROWS
            || [&self.call_ids, &self.addresses, &self.peers, &self.names].iter().any(|words| words.len() >= MAX_WORDS)
            || end.saturating_sub(self.block.base) > u64::from(u32::MAX)
    }

    /// Adds the record that lies at `range` of the file.
    #[inline]
    pub fn push(&mut self, range: Range<u64>, record: &Record<'_>) {
        let within = |offset: u64| u32::try_from(offset.saturating_sub(self.block.base)).unwrap_or(u32::MAX);
        let (start, length) = (within(range.start), within(range.end) - within(range.start));
        self.block.starts.push(start);
        self.block.lengths.push(length);
        self.block.lines_not_understood += record.lines_not_understood;

        let same_frame = record.oddities.contains(Oddities::SAME_FRAME);
        let mut row = Row {
            direction: record.direction,
            peer: self.peers.id(record.peer),
            level: self.names.id_after(self.block.level.last(), record.level),
            ..Row::default()
        };
        let block = &self.block;
        if same_frame
            && let (Some(traits), Some(&peer), Some(&level)) =
                (block.traits.last(), block.peer.last(), block.level.last())
        {
            (row.direction, row.peer, row.level) = (traits.direction(), peer, level);
        }
        self.push_time(record, same_frame);
        if let Some(message) = &record.message {
            self.block.messages += 1;
            self.message(message, record, &mut row);
        } else {
            row.call_id = self.call_ids.id(record.about.0);
            row.cseq = diagnostics::code(record.about.1).unwrap_or(NO_CSEQ);
            let codes = &mut self.codes;
            diagnostics::in_text(record.text, |loose| codes.push(loose.code));
        }
        let protocol = record.message.map(|message| message.protocol());
        let mut traits = Traits::new(record.kind, row.direction, protocol, row.packages, record.oddities);
        if record.time.is_some() || same_frame {
            traits.0 |= Traits::HAS_TIME;
        }
        let block = &mut self.block;
        block.traits.push(traits);
        block.status.push(row.status);
        block.cseq.push(row.cseq);
        block.call_id.push(row.call_id);
        block.from.push(row.from);
        block.to.push(row.to);
        block.peer.push(row.peer);
        block.method.push(row.method);
        block.level.push(row.level);
        block.component.push(self.names.id_after(block.component.last(), record.component));
        block.machine.push(self.names.id_after(block.machine.last(), record.machine));
        block.uris.push(self.uri_sets.id(&mut self.uris));
        block.codes.push(self.code_sets.id(&mut self.codes));
        self.uris.clear();
        self.codes.clear();
    }

    fn push_time(&mut self, record: &Record<'_>, same_frame: bool) {
        let before = self.times.last().copied().or(self.time_before);
        let time = match record.time {
            Some(Millis(time)) => time,
            None => before.unwrap_or(0),
        };
        if self.time_before.is_some() {
            // Every row has a time to stand at.
        } else if record.time.is_some() && self.untimed == self.times.len() {
            // Rows before the first time stand with it.
            self.times.fill(time);
        } else if record.time.is_none() && !same_frame && self.untimed == self.times.len() {
            self.untimed += 1;
        }
        self.times.push(time);
    }

    /// One pass over the headers for everything the columns hold.
    #[inline]
    fn message(&mut self, message: &Message<'_>, record: &Record<'_>, row: &mut Row) {
        row.cseq = NO_CSEQ;
        row.status = message.start.status().unwrap_or(0);
        match message.start {
            StartLine::SipRequest { method, uri } => {
                row.method = self.names.id_after(self.block.method.last(), method);
                if let Some(address) = address::first(uri).filter(|address| address.is_person) {
                    self.uri(address);
                }
            }
            StartLine::HttpRequest { method, target } => {
                row.method = self.names.id(method);
                if let Some(person) = address::sip_uri_parameter(target) {
                    self.uris.push(u32::from(self.addresses.id(person.as_bytes())));
                }
            }
            _ => {}
        }
        for header in message.headers().of_columns() {
            let value = header.value;
            match header.name {
                HeaderName::From if row.from == 0 => row.from = self.first_address(value),
                HeaderName::To if row.to == 0 => row.to = self.first_address(value),
                HeaderName::From | HeaderName::To => {
                    self.first_address(value);
                }
                HeaderName::CallId if row.call_id == 0 => {
                    row.call_id = match memchr::memchr(b'\n', value) {
                        None => self.call_ids.id(value),
                        Some(_) => self.call_ids.id(header.text().as_bytes()),
                    };
                }
                HeaderName::CSeq if row.cseq == NO_CSEQ => {
                    if let Some((number, method)) = cseq(value) {
                        row.cseq = number;
                        if row.method == 0 {
                            row.method = self.names.id_after(self.block.method.last(), method);
                        }
                    }
                }
                HeaderName::Contact | HeaderName::PAssertedIdentity | HeaderName::ReferredBy => {
                    address::each(value, |address| {
                        if address.is_person {
                            self.uri(address);
                        }
                    });
                }
                HeaderName::Diagnostics => self.codes.extend(diagnostics::code(value)),
                HeaderName::Authentication => row.packages |= Packages::of_header(value),
                HeaderName::Date if self.measures_clock && row.status != 0 && row.direction == Direction::In => {
                    if let (Some(time), Some(date)) = (record.time, Millis::parse_date_header(value)) {
                        self.block.date_deltas.push(time.0 - date.0);
                    }
                }
                _ => {}
            }
        }
        let codes = &mut self.codes;
        diagnostics::in_body(message.body, |loose| codes.push(loose.code));
    }

    /// The number of the first address in a value, which is added to the row's addresses too.
    #[inline]
    fn first_address(&mut self, value: &[u8]) -> u16 {
        // From and To of one message often name the same person: then nothing needs to be read again.
        let (last, last_id) = &self.last_address;
        if *last_id != 0
            && let Some(rest) = value.strip_prefix(b"<sip:").and_then(|rest| rest.strip_prefix(last.as_slice()))
            && rest.first() == Some(&b'>')
            && last.contains(&b'@')
        {
            self.uris.push(u32::from(*last_id));
            return *last_id;
        }
        let Some(address) = address::first(value) else { return 0 };
        let id = self.address_id(address);
        if address.is_person && id != 0 {
            self.uris.push(u32::from(id));
        }
        id
    }

    fn uri(&mut self, address: Address<'_>) {
        let id = self.address_id(address);
        if id != 0 {
            self.uris.push(u32::from(id));
        }
    }

    #[inline]
    fn address_id(&mut self, address: Address<'_>) -> u16 {
        if !address.written.is_ascii() {
            return self.addresses.id(address.canonical().as_bytes());
        }
        // From, To and Request-URI of one message often name the same person.
        if self.last_address.1 != 0 && self.last_address.0 == address.written {
            return self.last_address.1;
        }
        self.last_address.0.clear();
        self.last_address.0.extend_from_slice(address.written);
        self.lower.clear();
        self.lower.extend_from_slice(address.written);
        self.lower.make_ascii_lowercase();
        self.last_address.1 = self.addresses.id(&self.lower);
        self.last_address.1
    }

    pub fn finish(mut self) -> Block {
        let block = &mut self.block;
        block.is_sorted = self.times.is_sorted();
        block.times = narrow_times(self.times);
        block.call_ids = self.call_ids.finish();
        block.addresses = self.addresses.finish();
        block.peers = self.peers.finish();
        block.names = self.names.finish();
        block.uri_sets = self.uri_sets.finish();
        block.code_sets = self.code_sets.finish();
        block.shrink();
        self.block
    }
}

impl Block {
    fn shrink(&mut self) {
        for column in [&mut self.starts, &mut self.lengths, &mut self.cseq] {
            column.shrink_to_fit();
        }
        let narrow =
            [&mut self.status, &mut self.call_id, &mut self.from, &mut self.to, &mut self.peer, &mut self.method];
        for column in narrow {
            column.shrink_to_fit();
        }
        for column in [&mut self.level, &mut self.component, &mut self.machine, &mut self.uris, &mut self.codes] {
            column.shrink_to_fit();
        }
        self.traits.shrink_to_fit();
    }
}

/// What one record gives to the columns.
#[derive(Default)]
struct Row {
    direction: Direction,
    peer: u16,
    level: u16,
    status: u16,
    method: u16,
    from: u16,
    to: u16,
    call_id: u16,
    cseq: u32,
    packages: Packages,
}

fn narrow_times(times: Vec<i64>) -> Times {
    let earliest = times.iter().min().copied().unwrap_or(0);
    let after: Option<Vec<u32>> = times.iter().map(|time| u32::try_from(time - earliest).ok()).collect();
    match after {
        Some(after) => Times::Near { earliest, after },
        None => Times::Far(times),
    }
}
