//! Pasted text: bare SIP and HTTP messages from a ticket, a blog or a mail, and the sign-in report of a client
//! pasted alone.
//!
//! Nothing is written around the messages, so they are told apart by their start lines, and by the length of their
//! bodies where it is known. There are no times, no directions and no addresses of connections. A paste is small:
//! it is read in one piece, because a start line in a body can be told from others only by what stands before it.

mod clean;
mod names;

#[cfg(test)]
mod tests;

pub use self::clean::own_lines;
use self::clean::{Dress, has_joined_header, start_line, undressed};
use self::names::starts_header;
use super::uccapi::is_report_line;
use super::{Kind, Oddities, Record, Sink, skip_blank_start};
use crate::protocol::lines::{Line, Lines, is_blank};
use crate::protocol::start_line::strip_prefix_ignore_case;
use crate::protocol::{BodyLeft, HeaderName, Message};
use std::borrow::Cow;
use std::ops::Range;

/// Why a text is a paste of SIP, in words for people; `None` where it is not. A letter that names a status is no
/// trace: a header must follow a start line.
pub fn reason(text: &[u8]) -> Option<String> {
    let mut lines = Lines::new(text);
    let mut number = 0;
    let mut first_report_line = None;
    let mut is_first = true;
    while let Some(line) = lines.next() {
        number += 1;
        if is_blank(line.text) {
            continue;
        }
        if let Some(start) = start_line(line.text)
            && is_followed_by_header(line, lines.clone())
        {
            let protocol = if start.is_sip() { "a SIP" } else { "an HTTP" };
            return Some(format!("line {number} is {protocol} start line"));
        }
        let (text, _) = undressed(line.text);
        if is_report_line(text) {
            // The root of the tree at the very start can be nothing else.
            let is_root = is_first && text.starts_with(b"1 ");
            if is_root || first_report_line.is_some() {
                let number = first_report_line.unwrap_or(number);
                return Some(format!("line {number} is a step of a sign-in report"));
            }
            first_report_line = Some(number);
        }
        is_first = false;
    }
    None
}

/// True where a header stands on the start line itself or on the next line; an empty line may stand between.
fn is_followed_by_header(line: Line<'_>, rest: Lines<'_>) -> bool {
    let starts = |line: Line<'_>| starts_header(undressed(line.text).0);
    let next = rest.take(2).find(|line| !is_blank(undressed(line.text).0));
    has_joined_header(line.text) || next.is_some_and(starts)
}

/// Where the reading stands.
#[derive(Clone, Copy)]
enum Place {
    /// After a message that is complete: only blank lines still belong to it.
    After,
    /// In lines that are no message.
    Prose,
    /// In the head of the message that starts at an offset.
    Head(usize, Dress),
    Body(Body),
    Report(Report),
}

#[derive(Clone, Copy)]
struct Body {
    dress: Dress,
    /// What is still to come; `None` where the message does not say.
    left: Option<BodyLeft>,
    /// A body of this type may hold start lines of its own.
    may_hold_messages: bool,
    /// The next line is the start line of a `message/sipfrag`.
    is_fragment: bool,
}

#[derive(Clone, Copy, Default)]
struct Report {
    /// Where lines start that are no steps. They belong to the report if another step follows.
    loose: Option<usize>,
    /// An empty line stands after the last step.
    is_apart: bool,
    /// The verdict line goes on over the lines after it.
    is_verdict: bool,
}

/// Cuts a stretch into records.
pub fn read(stretch: &[u8], sink: &mut impl Sink) {
    let start = skip_blank_start(stretch);
    let mut cutter = Cutter { stretch, sink, open: None };
    let mut lines = Lines::new(stretch.get(start..).unwrap_or_default());
    let mut place = Place::Prose;
    while let Some(line) = lines.next() {
        place = cutter.line(place, Line { start: start + line.start, next: start + line.next, ..line }, &lines);
    }
    if let Place::Report(Report { loose: Some(at), .. }) = place {
        cutter.begin(at, Kind::Unknown);
    }
    cutter.finish(stretch.len());
}

struct Cutter<'a, 's, S> {
    stretch: &'a [u8],
    sink: &'s mut S,
    /// Start and kind of the record that is being read.
    open: Option<(usize, Kind)>,
}

impl<S: Sink> Cutter<'_, '_, S> {
    /// Takes in a line, with those that follow it, and says where the reading stands then.
    fn line(&mut self, place: Place, line: Line<'_>, rest: &Lines<'_>) -> Place {
        let place = match place {
            Place::Body(body) if body.holds(line, rest) => return Place::Body(body.after(line)),
            // An empty line after the body ends it; what still follows without one belongs to it.
            Place::Body(Body { left: Some(_), .. }) if is_blank(undressed(line.text).0) => return Place::After,
            place => place,
        };
        if start_line(line.text).is_some() {
            self.leave(place);
            self.begin(line.start, Kind::Message);
            return Place::Head(line.start, Dress::of(line.text, rest.clone()));
        }
        let (text, _) = undressed(line.text);
        let is_verdict = text.starts_with(b"VerifyOnEnableEvent result return");
        if is_verdict || is_report_line(text) {
            if !matches!(place, Place::Report(_)) {
                self.begin(line.start, Kind::SignInReport);
            }
            return Place::Report(Report { is_verdict, ..Report::default() });
        }
        match place {
            Place::Head(start, dress) if dress.ends_head(line.text, rest.clone().next()) => {
                self.body(start..line.next, dress)
            }
            Place::Report(report) if is_blank(text) => {
                self.leave(place);
                match report.loose {
                    Some(_) => Place::Prose,
                    None => Place::Report(Report { is_apart: true, is_verdict: false, ..report }),
                }
            }
            Place::Report(report) if !report.is_apart => {
                let loose = report.loose.or(Some(line.start)).filter(|_| !report.is_verdict);
                Place::Report(Report { loose, ..report })
            }
            Place::After if is_blank(text) => Place::After,
            Place::After | Place::Report(_) => {
                self.begin(line.start, Kind::Unknown);
                Place::Prose
            }
            Place::Prose => {
                if self.open.is_none() {
                    self.begin(line.start, Kind::Unknown);
                }
                Place::Prose
            }
            Place::Head(..) | Place::Body(_) => place,
        }
    }

    /// Lines after the last step of a report that no other step followed are a record of their own.
    fn leave(&mut self, place: Place) {
        if let Place::Report(Report { loose: Some(at), .. }) = place {
            self.begin(at, Kind::Unknown);
        }
    }

    /// What follows a head.
    fn body(&self, head: Range<usize>, dress: Dress) -> Place {
        let head = own_lines(self.stretch.get(head).unwrap_or_default());
        let Some(message) = head.get(skip_blank_start(&head)..).and_then(Message::parse) else { return Place::After };
        let content_type = message.header(HeaderName::ContentType).map(|header| header.value);
        let is_chunked = || message.headers().any(|header| header.written.eq_ignore_ascii_case(b"Transfer-Encoding"));
        let left = message.body_left();
        let has_body = left.map_or_else(|| content_type.is_some() || is_chunked(), |left| !left.is_none());
        if !has_body {
            return Place::After;
        }
        let is = |start: &str| content_type.is_some_and(|it| strip_prefix_ignore_case(it, start.as_bytes()).is_some());
        Place::Body(Body {
            dress,
            left,
            may_hold_messages: content_type.is_none() || is("message/") || is("multipart/") || is("text/"),
            is_fragment: is("message/sip"),
        })
    }

    /// Starts a record. The first one has the blanks before it too.
    fn begin(&mut self, at: usize, kind: Kind) {
        let start = if self.open.is_some() { at } else { 0 };
        self.finish(at);
        self.open = Some((start, kind));
    }

    fn finish(&mut self, end: usize) {
        let Some((start, kind)) = self.open.take() else { return };
        let bytes = self.stretch.get(start..end).unwrap_or_default();
        let own = if kind == Kind::Message { own_lines(bytes) } else { Cow::Borrowed(bytes) };
        let mut record = reread(&own, kind);
        record.oddities.set(Oddities::REPAIRED, matches!(own, Cow::Owned(_)));
        let headers: Vec<_> = record.message.iter().flat_map(|message| message.headers().of_columns()).collect();
        self.sink.record(start..end, &record, &headers);
    }
}

impl Body {
    /// True where a line belongs to the body. Pastes often leave bodies out, so a message that starts where the
    /// body can hold none ends it early.
    fn holds(&self, line: Line<'_>, rest: &Lines<'_>) -> bool {
        match self.left {
            _ if self.is_fragment => true,
            // Lines of a web page may begin like a request.
            None => {
                start_line(line.text).is_none_or(|start| !start.is_sip() && !is_followed_by_header(line, rest.clone()))
            }
            Some(left) if left.is_none() => false,
            Some(_) if self.may_hold_messages => true,
            Some(_) => start_line(line.text).is_none() || !is_followed_by_header(line, rest.clone()),
        }
    }

    /// The same after a line of it.
    fn after(self, line: Line<'_>) -> Self {
        let text = self.dress.strip(line.text);
        // Blank lines before a fragment are not its start line.
        let is_fragment = self.is_fragment && !self.left.is_some_and(BodyLeft::is_none) && is_blank(text);
        Self { left: self.left.map(|left| left.after(text)), is_fragment, ..self }
    }
}

/// Reads one record again from its own lines.
pub fn reread(bytes: &[u8], kind: Kind) -> Record<'_> {
    let own = bytes.get(skip_blank_start(bytes)..).unwrap_or_default();
    match kind {
        Kind::Message => Message::parse(own).map_or_else(
            || Record::unknown(bytes),
            |message| Record { message: Some(message), ..Record::of_kind(Kind::Message, own) },
        ),
        Kind::SignInReport => Record::of_kind(Kind::SignInReport, own),
        _ => Record::unknown(bytes),
    }
}
