//! Writes a client log, `*.UccApilog`: one prefix a record, SIP messages framed with their size.

use crate::clock::{Time, UtcOffset};
use crate::sip::{Casing, Message};

/// A client log in the making. Records may be added in any order; they are sorted by time when written.
pub struct ClientLog {
    offset: UtcOffset,
    process: &'static str,
    records: Vec<(Time, String)>,
}

/// The threads of the client that write to the log.
pub const SIP_THREAD: &str = "C74";
pub const WEB_THREAD: &str = "1F08";
pub const MAIN_THREAD: &str = "2B3C";

/// The two ends of the connection a framed message went over.
pub struct Wire<'a> {
    pub peer: &'a str,
    pub local: &'a str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    Sent,
    Received,
}

impl ClientLog {
    pub fn new(offset: UtcOffset, process: &'static str) -> Self {
        Self { offset, process, records: Vec::new() }
    }

    /// A SIP message, framed by its begin and end lines.
    pub fn message(&mut self, at: Time, flow: Flow, wire: &Wire<'_>, message: &Message) {
        self.frame(at, flow, wire, &message.wire(Casing::AsSent), None);
    }

    /// A SIP message into which another thread wrote a line of its own, after the third header.
    pub fn interrupted_message(
        &mut self,
        at: Time,
        flow: Flow,
        wire: &Wire<'_>,
        message: &Message,
        interruption: &str,
    ) {
        let line = self.line(at, MAIN_THREAD, "TRACE", interruption);
        let text = message.wire(Casing::AsSent);
        self.frame(at, flow, wire, &text, Some(&line));
    }

    /// The server's sign of life: two empty lines.
    pub fn keep_alive(&mut self, at: Time, wire: &Wire<'_>) {
        self.frame(at, Flow::Received, wire, "\r\n\r\n", None);
    }

    /// A plain line, or several: only the first gets a prefix.
    pub fn trace(&mut self, at: Time, thread: &str, level: &str, text: &str) {
        let line = self.line(at, thread, level, text);
        self.records.push((at, line));
    }

    fn frame(&mut self, at: Time, flow: Flow, wire: &Wire<'_>, text: &str, interruption: Option<&str>) {
        let Wire { peer, local } = wire;
        let size = text.len();
        let what = match flow {
            Flow::Sent => format!("Sending Packet - {peer} (From Local Address: {local}) {size} bytes"),
            Flow::Received => format!("Data Received -{peer} (To Local Address: {local}) {size} bytes"),
        };
        let mut record = self.line(at, SIP_THREAD, "INFO", &format!("{what}:"));
        let mut framed = self.line(at, SIP_THREAD, "INFO", text);
        if let Some(line) = interruption
            && let Some((after_third_header, _)) = framed.match_indices('\n').nth(3)
        {
            framed.insert_str(after_third_header + 1, line);
        }
        record.push_str(&framed);
        record.push_str(&self.line(at, SIP_THREAD, "INFO", &format!("End of {what}")));
        self.records.push((at, record));
    }

    fn line(&self, at: Time, thread: &str, level: &str, text: &str) -> String {
        let end = if text.ends_with('\n') { "" } else { "\n" };
        format!("{} {}:{thread} {level:<5} :: {text}{end}", at.client_stamp(self.offset), self.process)
    }

    /// The file: records in order of time, every line ended with CRLF.
    pub fn into_text(mut self) -> String {
        self.records.sort_by_key(|(at, _)| *at);
        let text: String = self.records.into_iter().map(|(_, text)| text).collect();
        with_crlf(&text)
    }
}

/// The text with every line ended by CRLF, whatever ended it before.
pub fn with_crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

/// The text with every line ended by LF.
pub fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n")
}
