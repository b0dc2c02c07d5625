//! Builds one block, record by record.

use super::super::texts::{Interner, SetInterner};
use super::{Block, NO_CSEQ, Times, Traits};
use crate::format::{Direction, Format, Millis, Record};
use crate::protocol::address::{self, Address};
use crate::protocol::message::cseq;
use crate::protocol::{Header, HeaderName, Message, Packages, StartLine, diagnostics};
use std::ops::Range;

/// Rows a block holds at most, so that numbers of rows, words and sets fit in 16 bits.
const MAX_ROWS: usize = 65_000;
/// Words after which a block is closed; what is left up to 65,535 is room for one record.
const MAX_WORDS: usize = 32_768;

/// Builds one block, row by row.
pub struct Builder {
    file: u16,
    base: u64,
    starts_stretch: bool,
    rows: Vec<Row>,
    call_ids: Interner,
    addresses: Interner,
    peers: Interner,
    names: Interner,
    uri_sets: SetInterner,
    code_sets: SetInterner,
    messages: u32,
    lines_not_understood: u32,
    date_deltas: Vec<(u32, i64)>,
    uris: Vec<u32>,
    codes: Vec<u32>,
    /// The address that was met last.
    last_address: u16,
    has_times: bool,
    /// Whether Date headers are compared with the clock of the file. Server traces are in UTC anyway.
    measures_clock: bool,
    /// The last time of the block before.
    time_before: Option<i64>,
    /// Rows at the start that have no time yet.
    untimed: usize,
}

/// What one record gives to the columns.
#[derive(Clone, Copy, Default)]
struct Row {
    time: i64,
    start: u32,
    length: u32,
    traits: Traits,
    cseq: u32,
    status: u16,
    call_id: u16,
    from: u16,
    to: u16,
    peer: u16,
    method: u16,
    level: u16,
    component: u16,
    machine: u16,
    uris: u16,
    codes: u16,
}

impl Builder {
    /// `rows` is a guess of how many rows will come.
    pub fn new(file: u16, base: u64, rows: usize, format: Format) -> Self {
        Self {
            file,
            base,
            starts_stretch: true,
            rows: Vec::with_capacity(rows.min(MAX_ROWS)),
            call_ids: Interner::default(),
            addresses: Interner::default(),
            peers: Interner::default(),
            names: Interner::default(),
            uri_sets: SetInterner::default(),
            code_sets: SetInterner::default(),
            messages: 0,
            lines_not_understood: 0,
            date_deltas: Vec::new(),
            uris: Vec::new(),
            codes: Vec::new(),
            last_address: 0,
            has_times: format.has_times(),
            measures_clock: format == Format::Uccapi,
            time_before: None,
            untimed: 0,
        }
    }

    /// Goes on where another block ends: rows without a time stand at the last time of that one.
    pub fn after(self, before: &Self) -> Self {
        Self {
            starts_stretch: false,
            time_before: before.rows.last().map(|row| row.time).or(before.time_before),
            ..self
        }
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True where the next record needs a new block; `end` is where that record ends.
    pub fn is_full(&self, end: u64) -> bool {
        self.len() >= MAX_ROWS
            || [&self.call_ids, &self.addresses, &self.peers, &self.names].iter().any(|words| words.len() >= MAX_WORDS)
            || end.saturating_sub(self.base) > u64::from(u32::MAX)
    }

    /// Adds the record that lies at `range` of the file, with the headers of its message that columns are
    /// made of.
    #[inline]
    pub fn push(&mut self, range: Range<u64>, record: &Record<'_>, headers: &[Header<'_>]) {
        let in_block = |offset: u64| u32::try_from(offset.saturating_sub(self.base)).unwrap_or(u32::MAX);
        let (start, length) = (in_block(range.start), in_block(range.end) - in_block(range.start));
        self.lines_not_understood += record.lines_not_understood;

        let before = self.rows.last().copied().unwrap_or_default();
        let mut row = Row {
            time: self.time(record.time),
            start,
            length,
            peer: self.peers.id(record.peer),
            level: self.names.id_after(before.level, record.level),
            component: self.names.id_after(before.component, record.component),
            machine: self.names.id_after(before.machine, record.machine),
            cseq: NO_CSEQ,
            ..Row::default()
        };
        let mut packages = Packages::empty();
        if let Some(message) = &record.message {
            self.messages += 1;
            packages = self.message(message, headers, before.method, &mut row);
            if self.measures_clock && row.status != 0 && record.direction == Direction::In {
                self.measure_clock(record.time, headers);
            }
        } else {
            row.call_id = self.call_ids.id(record.about.0);
            row.cseq = diagnostics::code(record.about.1).unwrap_or(NO_CSEQ);
            let codes = &mut self.codes;
            diagnostics::in_text(record.text, |loose| codes.push(loose.code));
        }
        let protocol = record.message.map(|message| message.protocol());
        row.traits = Traits::new(record.kind, record.direction, protocol, packages, record.oddities);
        if record.time.is_some() {
            row.traits.0 |= Traits::HAS_TIME;
        }
        row.uris = self.uri_sets.id(&mut self.uris);
        row.codes = self.code_sets.id(&mut self.codes);
        self.uris.clear();
        self.codes.clear();
        self.rows.push(row);
    }

    /// Where a row stands in time: rows without a time stand with the one before them, and those at the
    /// start with the first that has one.
    fn time(&mut self, time: Option<Millis>) -> i64 {
        let no_time_yet = self.time_before.is_none() && self.untimed == self.rows.len();
        let Some(Millis(time)) = time else {
            self.untimed += usize::from(no_time_yet);
            return self.rows.last().map(|row| row.time).or(self.time_before).unwrap_or(0);
        };
        if no_time_yet {
            self.rows.iter_mut().for_each(|row| row.time = time);
        }
        time
    }

    /// Everything the columns hold of a message.
    #[inline]
    fn message(
        &mut self,
        message: &Message<'_>,
        headers: &[Header<'_>],
        method_before: u16,
        row: &mut Row,
    ) -> Packages {
        let mut packages = Packages::empty();
        row.status = message.start.status().unwrap_or(0);
        match message.start {
            StartLine::SipRequest { method, uri } => {
                row.method = self.names.id_after(method_before, method);
                if let Some(address) = address::first(uri).filter(|address| address.is_person) {
                    self.uri(address);
                }
            }
            StartLine::HttpRequest { method, target } => {
                row.method = self.names.id_after(method_before, method);
                if let Some(person) = address::sip_uri_parameter(target) {
                    self.uris.push(u32::from(self.addresses.id(person.as_bytes())));
                }
            }
            _ => {}
        }
        for header in headers {
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
                            row.method = self.names.id_after(method_before, method);
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
                HeaderName::Authentication => packages |= Packages::of_header(value),
                _ => {}
            }
        }
        let codes = &mut self.codes;
        diagnostics::in_body(message.body, |loose| codes.push(loose.code));
        packages
    }

    /// Compares the clock of the file with that of the server that answered.
    fn measure_clock(&mut self, time: Option<Millis>, headers: &[Header<'_>]) {
        let mut dates = headers.iter().filter(|header| header.name == HeaderName::Date);
        let date = dates.find_map(|header| Millis::parse_date_header(header.value));
        if let (Some(time), Some(date)) = (time, date) {
            let row = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
            self.date_deltas.push((row, time.0 - date.0));
        }
    }

    /// The number of the first address in a value, which is added to the row's addresses too.
    #[inline]
    fn first_address(&mut self, value: &[u8]) -> u16 {
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
        let id = if address.is_canonical {
            // From, To and Request-URI of one message often name the same person.
            self.addresses.id_after(self.last_address, address.written)
        } else {
            self.addresses.id(address.canonical().as_bytes())
        };
        self.last_address = id;
        id
    }

    pub fn finish(self) -> Block {
        let rows = &self.rows;
        Block {
            file: self.file,
            base: self.base,
            starts_stretch: self.starts_stretch,
            times: if self.has_times { narrow_times(rows) } else { Times::Never },
            starts: column(rows, |row| row.start),
            lengths: column(rows, |row| row.length),
            traits: column(rows, |row| row.traits),
            status: column(rows, |row| row.status),
            cseq: column(rows, |row| row.cseq),
            call_id: column(rows, |row| row.call_id),
            from: column(rows, |row| row.from),
            to: column(rows, |row| row.to),
            peer: column(rows, |row| row.peer),
            method: column(rows, |row| row.method),
            level: column(rows, |row| row.level),
            component: column(rows, |row| row.component),
            machine: column(rows, |row| row.machine),
            uris: column(rows, |row| row.uris),
            codes: column(rows, |row| row.codes),
            call_ids: self.call_ids.finish(),
            addresses: self.addresses.finish(),
            peers: self.peers.finish(),
            names: self.names.finish(),
            uri_sets: self.uri_sets.finish(),
            code_sets: self.code_sets.finish(),
            messages: self.messages,
            lines_not_understood: self.lines_not_understood,
            date_deltas: self.date_deltas,
            is_sorted: rows.is_sorted_by_key(|row| row.time),
        }
    }
}

fn column<T>(rows: &[Row], value: impl Fn(&Row) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

fn narrow_times(rows: &[Row]) -> Times {
    let earliest = rows.iter().map(|row| row.time).min().unwrap_or(0);
    let after: Option<Vec<u32>> = rows.iter().map(|row| u32::try_from(row.time - earliest).ok()).collect();
    match after {
        Some(after) => Times::Near { earliest, after },
        None => Times::Far(column(rows, |row| row.time)),
    }
}
