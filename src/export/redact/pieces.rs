//! Writes a file again, record by record, with stand-ins. Lines stay lines, so that records stay where they are; the
//! lengths of bodies are put right.

use super::super::save::{Stopped, Work};
use super::replace::Replacer;
use crate::format::Oddities;
use crate::index::{Index, RowId};
use crate::protocol::lines::{Lines, to_text};
use crate::protocol::{HeaderName, Message};
use regex::Regex;
use rustc_hash::FxHashMap;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::LazyLock;

/// Records that are worked on together by one core.
const GROUP: usize = 256;
/// Groups whose results wait for each other; more would only take room.
const GROUPS_AT_ONCE: usize = 16;

/// A stretch of a file: a record with those of other threads inside of it, or bytes between records.
pub type Piece<'a> = (Option<RowId>, &'a [u8]);

/// The records of a file in their order, without those inside of others, and the bytes between them.
struct Layout {
    rows: Vec<RowId>,
    /// What stands before a record that belongs to none.
    gaps: FxHashMap<RowId, Range<u64>>,
    /// The end of the last record.
    end: u64,
}

impl Layout {
    fn of(index: &Index, file: u16) -> Self {
        let mut own = Self { rows: Vec::new(), gaps: FxHashMap::default(), end: 0 };
        for (block, first) in index.blocks().iter().zip(index.first_rows()).filter(|(block, _)| block.file == file) {
            for (row, number) in (*first..).map(RowId).zip(0..block.len()) {
                let Range { start, end } = block.bytes_of(number);
                if start < own.end {
                    continue;
                }
                if start > own.end {
                    own.gaps.insert(row, own.end..start);
                }
                own.rows.push(row);
                own.end = end;
            }
        }
        own
    }
}

/// Makes something of groups of pieces on all cores, and hands it over in the order of the file, with the bytes it was
/// made of. Groups are the same whatever the number of cores.
pub fn each_group<T: Send, E>(
    index: &Index,
    file: u16,
    make: impl Fn(&mut dyn Iterator<Item = Piece<'_>>) -> T + Sync,
    mut take: impl FnMut(T, u64) -> Result<(), E>,
) -> Result<(), E> {
    let Some(source) = index.files().get(usize::from(file)).map(|file| &file.source) else { return Ok(()) };
    let layout = Layout::of(index, file);
    let groups: Vec<Vec<RowId>> = layout.rows.chunks(GROUP).map(<[RowId]>::to_vec).collect();
    let range = |row: RowId| index.locate(row).map_or(0..0, |(block, number)| block.bytes_of(number));
    let pieces = |row: RowId| {
        let gap = layout.gaps.get(&row).map(|gap| (None, source.bytes(gap.clone())));
        gap.into_iter().chain([(Some(row), source.bytes(range(row)))])
    };
    for groups in groups.chunks(GROUPS_AT_ONCE) {
        let results = index.read_groups(groups, |rows| {
            let bytes = rows.iter().flat_map(|&row| pieces(row)).map(|(_, bytes)| bytes.len() as u64).sum();
            vec![(make(&mut rows.iter().flat_map(|&row| pieces(row))), bytes)]
        });
        for (result, bytes) in results {
            take(result, bytes)?;
        }
    }
    let rest = source.bytes(layout.end..source.len());
    if rest.is_empty() { Ok(()) } else { take(make(&mut [(None, rest)].into_iter()), rest.len() as u64) }
}

/// Writes a file with stand-ins.
///
/// # Errors
/// Where `out` cannot be written to, or the work was stopped.
pub fn write(replacer: &Replacer, index: &Index, file: u16, out: &mut impl Write, work: &Work) -> io::Result<()> {
    let replace = |pieces: &mut dyn Iterator<Item = Piece<'_>>| {
        let one =
            |(row, bytes): Piece<'_>| piece(replacer, bytes, row.and_then(|row| Body::of(index, row, bytes)).as_ref());
        pieces.map(one).collect::<String>()
    };
    each_group(index, file, replace, |text, bytes| {
        out.write_all(text.as_bytes())?;
        work.step(bytes).map_err(|Stopped| io::Error::from(io::ErrorKind::Interrupted))
    })
}

/// Where the body of a message is, and what is known of it.
struct Body {
    /// Counted in the record's own lines.
    range: Range<usize>,
    holds: Holds,
    says_length: bool,
    /// Lines of the record that are those of other threads, as ranges of its bytes.
    others: Vec<Range<usize>>,
    /// The headers may stand anywhere in their lines.
    is_repaired: bool,
}

/// What a body holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// What somebody wrote to somebody.
    Words,
    /// Parts, of which some may be words: all of them in a MESSAGE, unless they say otherwise.
    Parts {
        of_message: bool,
    },
    Data,
}

impl Body {
    fn of(index: &Index, row: RowId, bytes: &[u8]) -> Option<Self> {
        let (block, at) = index.locate(row)?;
        let oddities = block.traits(at).oddities();
        let others = if oddities.contains(Oddities::ENCLOSES) { other_lines(index, row, bytes) } else { Vec::new() };
        let own_length = bytes.len() - others.iter().map(Range::len).sum::<usize>();
        index.with_record(row, |record| {
            let message = record.message.as_ref().filter(|message| !message.body.is_empty())?;
            let is_repaired = oddities.contains(Oddities::REPAIRED);
            let range = if is_repaired {
                // Its own lines are not those of the file, but the body is as many lines as it is there.
                let count = Lines::new(message.body).count();
                let starts: Vec<usize> = Lines::new(bytes).map(|line| line.start).collect();
                *starts.get(starts.len().checked_sub(count)?)?..bytes.len()
            } else {
                // The text of a record reaches to the end of its own lines.
                let from_end = record.text.as_ptr_range().end.addr().checked_sub(message.body.as_ptr().addr())?;
                let start = own_length.checked_sub(from_end)?;
                start..start + message.body.len()
            };
            Some(Self {
                range,
                holds: holds(message),
                says_length: message.content_length().is_some(),
                others,
                is_repaired,
            })
        })?
    }
}

/// What the body of a message holds, by its type. What comes with a MESSAGE is words, unless it says otherwise.
fn holds(message: &Message<'_>) -> Holds {
    let kind = message.header(HeaderName::ContentType).map(|header| header.text().to_ascii_lowercase());
    let kind = kind.as_deref().map_or("", str::trim);
    let is_sip = message.protocol() == crate::protocol::Protocol::Sip;
    let is_note = message.start.method().is_some_and(|method| method.eq_ignore_ascii_case(b"MESSAGE"));
    match kind {
        kind if kind.starts_with("multipart/") => Holds::Parts { of_message: is_sip && is_note },
        kind if is_sip && (is_words(kind) || is_note && !is_data(kind)) => Holds::Words,
        _ => Holds::Data,
    }
}

fn is_words(content_type: &str) -> bool {
    let starts = ["text/", "message/cpim", "message/imdn", "application/rtf", "application/x-rtf"];
    starts.iter().any(|start| content_type.starts_with(start))
}

/// True for types that machines write.
fn is_data(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind.starts_with("application/") && ["xml", "sdp", "json", "soap"].iter().any(|end| kind.contains(end))
}

/// The lines of a record that its own lines leave out.
fn other_lines(index: &Index, row: RowId, bytes: &[u8]) -> Vec<Range<usize>> {
    let Some((block, at)) = index.locate(row) else { return Vec::new() };
    let Some(format) = index.file_of(row).and_then(|file| file.format) else { return Vec::new() };
    let own = format.own_lines(bytes, block.traits(at).oddities()).into_owned();
    let mut own = Lines::new(&own).peekable();
    let others = Lines::new(bytes).filter(|line| own.next_if(|own| own.text == line.text).is_none());
    others.map(|line| line.start..line.next).collect()
}

/// One record with stand-ins.
fn piece(replacer: &Replacer, bytes: &[u8], body: Option<&Body>) -> String {
    let Some(body) = body else { return replacer.text(&to_text(bytes)) };
    let own = without(bytes, &body.others);
    let part = |range: Range<usize>| to_text(own.get(range).unwrap_or_default());
    let (head, old) = (part(0..body.range.start), part(body.range.clone()));
    let mut head = replacer.text(&head);
    let new = match body.holds {
        Holds::Words => folded(&old),
        Holds::Parts { of_message } => replacer.text(&parts(&old, of_message)),
        Holds::Data => replacer.text(&old),
    };
    if body.says_length {
        head = with_length(&head, body.range.len(), new.len(), body.is_repaired);
    }
    let whole = head + &new + &replacer.text(&part(body.range.end..own.len()));
    if body.others.is_empty() { whole } else { woven(replacer, bytes, &body.others, &whole) }
}

fn without(bytes: &[u8], others: &[Range<usize>]) -> Vec<u8> {
    let mut own = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for other in others {
        own.extend_from_slice(bytes.get(at..other.start).unwrap_or_default());
        at = other.end;
    }
    own.extend_from_slice(bytes.get(at..).unwrap_or_default());
    own
}

/// Lines of other threads put back between the own ones.
fn woven(replacer: &Replacer, bytes: &[u8], others: &[Range<usize>], own: &str) -> String {
    let mut own = own.split_inclusive('\n');
    let mut whole = String::with_capacity(bytes.len());
    for line in Lines::new(bytes) {
        if others.iter().any(|other| other.start == line.start) {
            whole += &replacer.text(&to_text(bytes.get(line.start..line.next).unwrap_or_default()));
        } else {
            whole += own.next().unwrap_or_default();
        }
    }
    whole.extend(own);
    whole
}

/// What somebody wrote: its length in the first line, the others empty. Marks of a mail before the lines stay.
fn folded(text: &str) -> String {
    let mut note = format!("[text of {} bytes]", text.len());
    let mut own = String::new();
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\r', '\n']);
        let start = content.len() - content.trim_start_matches(['>', ' ', '\t']).len();
        own += content.get(..start).filter(|marks| marks.contains('>')).unwrap_or_default();
        if !content.is_empty() {
            own += &std::mem::take(&mut note);
        }
        own += line.get(content.len()..).unwrap_or_default();
    }
    own
}

/// A body of several parts (RFC 2046 5.1), those folded that somebody wrote.
fn parts(text: &str, of_message: bool) -> String {
    let mut own = String::new();
    let mut is_head = false;
    let mut folds = false;
    // The headers of a part, each in one line.
    let mut head: Vec<String> = Vec::new();
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\r', '\n']);
        if content.starts_with("--") {
            (is_head, folds) = (true, false);
            head.clear();
        } else if is_head && content.is_empty() {
            is_head = false;
            let kind = head.iter().find_map(|header| header.strip_prefix("content-type:")).map_or("", str::trim);
            folds = is_words(kind) || of_message && !kind.starts_with("multipart/") && !is_data(kind);
        } else if is_head {
            let lower = content.to_ascii_lowercase();
            match head.last_mut().filter(|_| content.starts_with([' ', '\t'])) {
                Some(last) => *last += &lower,
                None => head.push(lower),
            }
        } else if folds {
            own += &folded(line);
            continue;
        }
        own += line;
    }
    own
}

static LENGTH: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?im)^(?:Content-Length|l)[ \t]*:[ \t]*([0-9]+)").ok());
static LOOSE_LENGTH: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)\bContent[-‐-―]Length[ \t]*:[ \t]*([0-9]+)").ok());

/// A head whose body became longer or shorter.
fn with_length(head: &str, was: usize, is: usize, is_loose: bool) -> String {
    let pattern = if is_loose { LOOSE_LENGTH.as_ref() } else { LENGTH.as_ref() };
    let Some(found) = pattern.and_then(|pattern| pattern.captures(head)?.get(1)) else { return head.to_owned() };
    let Ok(old) = found.as_str().parse::<u32>().map(u64::from) else { return head.to_owned() };
    let new = (old + is as u64).saturating_sub(was as u64);
    format!("{}{new}{}", head.get(..found.start()).unwrap_or_default(), head.get(found.end()..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_wrote_is_folded_line_by_line() {
        assert_eq!(folded("Hi Anna,\r\n\r\nsee you\r\n"), "[text of 21 bytes]\r\n\r\n\r\n");
        assert_eq!(folded("> Hi\n> you"), "> [text of 10 bytes]\n> ");
        let body = "--x\r\nContent-Type: text/plain\r\n\r\nHi Anna\r\n--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--x--\r\n";
        assert_eq!(
            parts(body, false),
            "--x\r\nContent-Type: text/plain\r\n\r\n[text of 9 bytes]\r\n--x\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--x--\r\n"
        );
        assert_eq!(
            parts("--x\nContent-Type:\n text/plain\n\nHi\n--x\n\nyou\n--x--\n", true),
            "--x\nContent-Type:\n text/plain\n\n[text of 3 bytes]\n--x\n\n[text of 4 bytes]\n--x--\n"
        );
    }

    #[test]
    fn lengths_follow_their_bodies() {
        assert_eq!(with_length("a\r\nContent-Length: 10\r\n", 5, 2, false), "a\r\nContent-Length: 7\r\n");
        assert_eq!(with_length("l: 10\n\n", 0, 3, false), "l: 13\n\n");
        assert_eq!(with_length("x Content\u{2011}Length: 1 y", 1, 4, true), "x Content\u{2011}Length: 4 y");
        assert_eq!(with_length("none", 1, 3, false), "none");
    }
}
