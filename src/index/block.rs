//! Columns over the records of one stretch of one file.
//!
//! A block explains itself: its words, sets and times are its own, so blocks can be built on all cores
//! and never change. Text stays in the file; only words that repeat are kept, once per block.

mod builder;

pub use self::builder::Builder;

use super::texts::{Sets, Texts};
use crate::format::{Direction, Kind, Millis, Oddities};
use crate::protocol::{Packages, Protocol};
use std::ops::Range;

/// The absent CSeq.
pub const NO_CSEQ: u32 = u32::MAX;

/// Records of one stretch of a file, as columns.
#[derive(Debug)]
pub struct Block {
    /// Number of the file in the index.
    pub file: u16,
    /// Offset in the file that the starts count from.
    base: u64,
    /// Reading may start at this block without knowing the one before it.
    starts_stretch: bool,
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
    /// Rows of responses, and their time by the clock of the file minus their Date header, milliseconds.
    pub(crate) date_deltas: Vec<(u32, i64)>,
    is_sorted: bool,
}

/// Times as 32-bit distances from the earliest one where they fit.
#[derive(Debug)]
enum Times {
    Near {
        earliest: i64,
        after: Vec<u32>,
    },
    Far(Vec<i64>),
    /// The format has none.
    Never,
}

/// Small facts of a row in one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traits(u32);

impl Traits {
    const HAS_TIME: u32 = 1 << 31;

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
        Oddities::from_bits_truncate((self.0 >> 16) as u16)
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
            Times::Never => return Millis::NEVER,
        })
    }

    /// False where the rows have no times and stand after all that have.
    #[must_use]
    pub fn has_times(&self) -> bool {
        !matches!(self.times, Times::Never)
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

    /// True where the block can be read again without the one before it.
    #[must_use]
    pub fn starts_stretch(&self) -> bool {
        self.starts_stretch
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
            Times::Never => 0,
        };
        let columns =
            narrow.map(|column| column.capacity() * 2).sum::<usize>() + wide * 4 + times + self.traits.capacity() * 4;
        let texts = [&self.call_ids, &self.addresses, &self.peers, &self.names]
            .iter()
            .map(|texts| texts.memory())
            .sum::<usize>();
        (columns, texts + self.uri_sets.memory() + self.code_sets.memory() + self.date_deltas.capacity() * 16)
    }
}
