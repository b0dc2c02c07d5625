//! Builds one block, record by record: one pass over the headers of each message.

use super::super::texts::{Interner, SetInterner, Sets, Texts};
use super::{Block, NO_CSEQ, Times, Traits};
use crate::format::{Direction, Format, Millis, Oddities, Record};
use crate::protocol::address::{self, Address};
use crate::protocol::message::cseq;
use crate::protocol::{HeaderName, Message, Packages, StartLine, diagnostics};
use std::ops::Range;

/// Rows a block holds at most, so that numbers of rows, words and sets fit in 16 bits.
const MAX_ROWS: usize = 65_000;
/// Words after which a block is closed; what is left up to 65,535 is room for one record.
const MAX_WORDS: usize = 32_768;

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
