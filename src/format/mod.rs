//! What the bytes of a trace mean: which format it is, where its records start and end, and what
//! stands in their prefixes.
//!
//! A *record* is one entry of a trace with all its continuation lines; every byte of a file belongs to
//! exactly one. Nothing is refused here because a line is strange: what is not understood becomes a
//! record of its own, and what is odd is kept as [`Oddities`]. Of the messages inside, this room knows
//! only where they start and end; the rest is the business of [`crate::protocol`].

#![deny(clippy::indexing_slicing)]

pub mod clock;
mod cls;
mod detect;
mod foreign;
mod text;
mod uccapi;

pub use self::clock::{Clock, Millis};
pub use self::detect::{Detected, detect};

use crate::protocol::{Header, Message};
use std::borrow::Cow;
use std::ops::Range;

/// The trace formats this program reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Client log of the UCC API: `*.UccApilog`.
    Uccapi,
    /// Text of the Centralized Logging Service, Lync Server 2013 and later.
    Cls,
    /// Text of OCSLogger, Office Communications Server 2007 to Lync Server 2010.
    OcsLogger,
    /// Bare messages or a sign-in report, pasted from somewhere.
    Text,
}

impl Format {
    /// The name used towards scripts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Uccapi => "uccapi",
            Self::Cls => "cls",
            Self::OcsLogger => "ocslogger",
            Self::Text => "text",
        }
    }

    /// The name used towards people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Uccapi => "client log",
            Self::Cls => "server trace (CLS)",
            Self::OcsLogger => "server trace (OCSLogger)",
            Self::Text => "pasted SIP text",
        }
    }

    /// False where records of this format never have a time.
    #[must_use]
    pub fn has_times(self) -> bool {
        self != Self::Text
    }
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    Message,
    Trace,
    Diagnostic,
    Connection,
    Security,
    WebRequest,
    SignInReport,
    KeepAlive,
    Unknown,
}

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::Message,
        Self::Trace,
        Self::Diagnostic,
        Self::Connection,
        Self::Security,
        Self::WebRequest,
        Self::SignInReport,
        Self::KeepAlive,
        Self::Unknown,
    ];

    /// The name used towards scripts and in queries.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Trace => "trace",
            Self::Diagnostic => "diagnostic",
            Self::Connection => "connection",
            Self::Security => "security",
            Self::WebRequest => "web-request",
            Self::SignInReport => "sign-in-report",
            Self::KeepAlive => "keep-alive",
            Self::Unknown => "unknown",
        }
    }
}

/// Which way a message went, as the log says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Direction {
    #[default]
    None,
    In,
    Out,
}

impl Direction {
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::In => Some("in"),
            Self::Out => Some("out"),
        }
    }
}

bitflags::bitflags! {
    /// What was damaged or odd about a record.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Oddities: u16 {
        /// The record has a begin and no end.
        const NO_END = 1;
        /// A typed record without its header line.
        const NO_HEADER = 1 << 1;
        /// Lines of other threads stand between its lines; they are records of their own.
        const ENCLOSES = 1 << 2;
        /// A further message of the frame that the message before it opened.
        const SAME_FRAME = 1 << 3;
        /// A frame that holds neither a message nor a keep-alive.
        const NO_MESSAGE = 1 << 4;
        /// Lines that fit no rule of the format.
        const NOT_UNDERSTOOD = 1 << 5;
        /// The time is no date of the calendar.
        const BAD_TIME = 1 << 6;
        /// Not the last message of its frame, which is not worth a note.
        const MORE_FOLLOW = 1 << 7;
        /// Pasted text whose own lines are not those of the file: what the paste damaged is put right in them.
        const REPAIRED = 1 << 8;
    }
}

impl Oddities {
    /// One short sentence for each oddity.
    #[must_use]
    pub fn notes(self) -> Vec<&'static str> {
        const NOTES: [(Oddities, &str); 8] = [
            (Oddities::NO_END, "no end line: cut at the next message"),
            (Oddities::NO_HEADER, "no header line: time and origin are those of the record before it"),
            (Oddities::ENCLOSES, "lines of other threads stand inside this message; they are listed on their own"),
            (Oddities::SAME_FRAME, "second message of one frame: direction and addresses are those of the frame"),
            (Oddities::NO_MESSAGE, "a frame without a message in it"),
            (Oddities::NOT_UNDERSTOOD, "holds lines that fit no rule of this format"),
            (Oddities::BAD_TIME, "the time is no date of the calendar"),
            (Oddities::REPAIRED, "damaged by pasting: line breaks, quotes or hyphens were put right"),
        ];
        NOTES.iter().filter(|(oddity, _)| self.contains(*oddity)).map(|(_, note)| *note).collect()
    }
}

/// One record as the reader of its format gives it: borrowed, nothing copied. Absent text is empty.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    pub kind: Kind,
    /// The time as written, by the clock of the file.
    pub time: Option<Millis>,
    pub level: &'a [u8],
    pub component: &'a [u8],
    pub pool: &'a [u8],
    pub machine: &'a [u8],
    pub process: &'a [u8],
    pub thread: &'a [u8],
    pub correlation: &'a [u8],
    pub direction: Direction,
    pub local: &'a [u8],
    pub peer: &'a [u8],
    /// Call-ID and CSeq of the message a diagnostic or security record speaks of.
    pub about: (&'a [u8], &'a [u8]),
    pub message: Option<Message<'a>>,
    /// What follows the prefix.
    pub text: &'a [u8],
    pub oddities: Oddities,
    pub lines_not_understood: u32,
}

impl<'a> Record<'a> {
    fn of_kind(kind: Kind, text: &'a [u8]) -> Self {
        Self {
            kind,
            time: None,
            level: &[],
            component: &[],
            pool: &[],
            machine: &[],
            process: &[],
            thread: &[],
            correlation: &[],
            direction: Direction::None,
            local: &[],
            peer: &[],
            about: (&[], &[]),
            message: None,
            text,
            oddities: Oddities::empty(),
            lines_not_understood: 0,
        }
    }

    /// This further message of a frame with the time, origin and addresses of the frame's first one.
    #[must_use]
    pub fn in_frame_of(self, first: &Self) -> Self {
        let Self { time, level, process, thread, direction, local, peer, .. } = *first;
        Self { time, level, process, thread, direction, local, peer, ..self }
    }

    /// Lines that no rule of the format explains.
    pub(crate) fn unknown(text: &'a [u8]) -> Self {
        Self {
            lines_not_understood: crate::protocol::lines::count_not_blank(text),
            oddities: Oddities::NOT_UNDERSTOOD,
            ..Self::of_kind(Kind::Unknown, text)
        }
    }
}

/// Gets each record of a stretch with its range of bytes, in the order of their first bytes, and with the
/// headers of its message that columns are made of: whoever cuts records meets them on the way.
pub trait Sink {
    fn record(&mut self, range: Range<usize>, record: &Record<'_>, headers: &[Header<'_>]);
}

impl<F: FnMut(Range<usize>, &Record<'_>, &[Header<'_>])> Sink for F {
    fn record(&mut self, range: Range<usize>, record: &Record<'_>, headers: &[Header<'_>]) {
        self(range, record, headers);
    }
}

impl Format {
    /// Cuts a stretch of a file into records. The stretch starts where the file does or at a place
    /// that [`Self::safe_start`] gave, and ends at such a place or where the file does.
    pub fn read(self, stretch: &[u8], sink: &mut impl Sink) {
        match self {
            Self::Uccapi => uccapi::read(stretch, sink),
            Self::Cls | Self::OcsLogger => cls::read(stretch, sink),
            Self::Text => text::read(stretch, sink),
        }
    }

    /// The first offset at or after `from` where reading may start without knowing what stands before;
    /// the end of `bytes` where there is none.
    #[must_use]
    pub fn safe_start(self, bytes: &[u8], from: usize) -> usize {
        let next = match self {
            Self::Uccapi => uccapi::safe_start,
            Self::Cls | Self::OcsLogger => cls::safe_start,
            // Pastes are small, and what stands before decides what a line is.
            Self::Text => return bytes.len(),
        };
        let start = next(bytes, from);
        // Blanks at the start of the file belong to the first record and would be lost without it.
        if start > 0 && start < bytes.len() && skip_blank_start(bytes) == start {
            return next(bytes, start + 1);
        }
        start
    }

    /// The bytes of one record without the lines of other threads that stand between its own, and with what a
    /// paste damaged put right.
    #[must_use]
    pub fn own_lines(self, bytes: &[u8], oddities: Oddities) -> Cow<'_, [u8]> {
        if self == Self::Uccapi && oddities.contains(Oddities::ENCLOSES) {
            Cow::Owned(uccapi::own_lines(bytes, oddities))
        } else if self == Self::Text && oddities.contains(Oddities::REPAIRED) {
            text::own_lines(bytes)
        } else {
            Cow::Borrowed(bytes)
        }
    }

    /// Reads one record again from its own lines. `known` is what is known of it from the first
    /// reading and cannot be seen in its own bytes.
    #[must_use]
    pub fn reread(self, bytes: &[u8], kind: Kind, known: Oddities) -> Record<'_> {
        let mut record = match self {
            Self::Uccapi => uccapi::reread(bytes, known),
            Self::Cls | Self::OcsLogger => cls::reread(bytes, kind),
            Self::Text => text::reread(bytes, kind),
        };
        record.oddities |= known;
        record
    }
}

/// `bytes` without a byte order mark and blank lines before the first record.
fn skip_blank_start(bytes: &[u8]) -> usize {
    let after_mark = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let blank = after_mark
        .iter()
        .position(|byte| !matches!(byte, b'\r' | b'\n' | b' ' | b'\t' | 0))
        .unwrap_or(after_mark.len());
    bytes.len() - after_mark.len() + blank
}
