//! Writes server trace text: CLS of Lync 2013 and Skype for Business, and OCSLogger of the years before.

use std::collections::BTreeMap;

use crate::clock::{Time, UTC, UtcOffset};
use crate::ids::Ids;
use crate::sip::{Casing, Message};

/// A machine that writes a trace.
#[derive(Debug)]
pub struct Machine {
    pub pool: &'static str,
    pub name: &'static str,
    pub fqdn: &'static str,
    pub address: &'static str,
    /// The process and threads of its SIP stack, in hex.
    pub sip_process: &'static str,
    pub sip_threads: [&'static str; 3],
    /// The web components' process.
    pub web_process: &'static str,
}

/// Which of the two dialects of the same format a log is written in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Merged search over a pool, in UTC, with machine and correlation id.
    Cls,
    /// One machine, in its local time, with a CPU number in place of the machine.
    OcsLogger(UtcOffset),
}

/// A server trace in the making. Records may be added in any order; they are sorted by time when written.
pub struct ServerLog {
    dialect: Dialect,
    /// Only what this machine writes is kept, if there is one.
    only: Option<&'static str>,
    records: Vec<Record>,
}

struct Record {
    at: Time,
    machine: &'static Machine,
    /// `TL_INFO(TF_PROTOCOL)`
    kind: &'static str,
    process: &'static str,
    thread: &'static str,
    /// `SIPStack,SIPAdminLog::...cpp(265)`, without the parentheses around it.
    scope: &'static str,
    correlation: String,
    text: String,
    framed: bool,
}

/// One hop of a SIP message at one machine.
pub struct Hop<'a> {
    /// `incoming` or `outgoing`, with `;source=...;destination=...` on an Edge.
    pub direction: &'a str,
    pub peer: &'a str,
    pub casing: Casing,
    pub correlation: u32,
}

/// What a diagnostic or security record says, beside the message it is about.
pub struct Event<'a> {
    pub level: &'static str,
    pub severity: &'a str,
    pub text: &'a str,
    /// `0xc3e93c5e SIPPROXY_E_ROUTING`, or nothing.
    pub result: &'a str,
    pub peer: &'a str,
    /// `domain="fabrikam.com";...`, or nothing.
    pub data: &'a str,
    pub correlation: u32,
}

impl ServerLog {
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, only: None, records: Vec::new() }
    }

    /// The trace of one machine: what others write is not in it.
    pub fn of_one_machine(dialect: Dialect, machine: &Machine) -> Self {
        Self { only: Some(machine.name), ..Self::new(dialect) }
    }

    fn add(&mut self, record: Record) {
        if self.only.is_none_or(|name| name == record.machine.name) {
            self.records.push(record);
        }
    }

    /// A SIP message as it came or went.
    pub fn protocol(&mut self, at: Time, machine: &'static Machine, hop: &Hop<'_>, m: &Message) {
        let kind = if m.is_request() { "request" } else { "response" };
        let head = m.head(hop.casing);
        let body = match (m.body.as_str(), self.dialect) {
            ("", Dialect::Cls) => "\u{2013}",
            ("", Dialect::OcsLogger(_)) => "-",
            (body, _) => body,
        };
        let text = format!(
            "Trace-Correlation-Id: {}\nInstance-Id: {:04X}\nDirection: {}\nPeer: {}\nMessage-Type: {kind}\nStart-Line: {head}Message-Body: {body}",
            hop.correlation,
            hop.correlation >> 7 & 0xffff,
            hop.direction,
            hop.peer,
        );
        let scope = match self.dialect {
            Dialect::Cls => "SIPStack,SIPAdminLog::ProtocolRecord::Flush:ProtocolRecord.cpp(265)",
            Dialect::OcsLogger(_) => "SIPStack,SIPAdminLog::TraceProtocolRecord:SIPAdminLog.cpp(125)",
        };
        self.sip_record(at, machine, "TL_INFO(TF_PROTOCOL)", scope, hop.correlation, text);
    }

    /// A diagnostic record about a message.
    pub fn diagnostic(&mut self, at: Time, machine: &'static Machine, e: &Event<'_>, m: &Message) {
        let kind = match e.level {
            "TL_ERROR" => "TL_ERROR(TF_DIAG)",
            "TL_WARN" => "TL_WARN(TF_DIAG)",
            _ => "TL_INFO(TF_DIAG)",
        };
        let scope = "SIPStack,SIPAdminLog::WriteDiagnosticEvent:SIPAdminLog.cpp(802)";
        let log_type = match self.dialect {
            Dialect::Cls => "",
            Dialect::OcsLogger(_) => "LogType: diagnostic\n",
        };
        let text = format!("{log_type}{}", self.event_text(e, m));
        self.sip_record(at, machine, kind, scope, e.correlation, text);
    }

    /// A security record about a message.
    pub fn security(&mut self, at: Time, machine: &'static Machine, e: &Event<'_>, m: &Message) {
        let kind = match e.level {
            "TL_ERROR" => "TL_ERROR(TF_SECURITY)",
            _ => "TL_INFO(TF_SECURITY)",
        };
        let scope = "SIPStack,SIPAdminLog::WriteSecurityEvent:SIPAdminLog.cpp(424)";
        let text = format!("LogType: security\n{}", self.event_text(e, m));
        self.sip_record(at, machine, kind, scope, e.correlation, text);
    }

    fn event_text(&self, e: &Event<'_>, m: &Message) -> String {
        let mut text = format!("Severity: {}\nText: {}", e.severity, e.text);
        if !e.result.is_empty() {
            // OCSLogger text loses the line break before this field.
            let gap = if self.dialect == Dialect::Cls { '\n' } else { ' ' };
            text.push_str(&format!("{gap}Result-Code: {}", e.result));
        }
        text.push_str(&format!(
            "\nSIP-Start-Line: {}\nSIP-Call-ID: {}\nSIP-CSeq: {}\nPeer: {}",
            m.start_line,
            m.get("Call-ID"),
            m.get("CSeq"),
            e.peer
        ));
        if !e.data.is_empty() {
            text.push_str(&format!("\nData: {}", e.data));
        }
        text
    }

    /// A connection opened, closed or secured.
    pub fn connection(
        &mut self,
        at: Time,
        machine: &'static Machine,
        what: &str,
        local: &str,
        peer: &str,
        connection: u32,
    ) {
        let text = format!(
            "Severity: information\nText: {what}\nLocal-IP: {local}\nPeer-IP: {peer}\nConnection-ID: 0x{connection:X}\nTransport: TLS"
        );
        let scope = "SIPStack,SIPAdminLog::WriteConnectionEvent:SIPAdminLog.cpp(454)";
        let correlation = 0x8e4d_0000 | connection;
        self.sip_record(at, machine, "TL_INFO(TF_CONNECTION)", scope, correlation, text);
    }

    /// A connection that did not come up. `result` is `0x8007274c WSAETIMEDOUT`.
    pub fn connection_failed(
        &mut self,
        at: Time,
        machine: &'static Machine,
        what: &str,
        result: &str,
        peer: &str,
        correlation: u32,
    ) {
        let text = format!(
            "LogType: connection\nSeverity: error\nText: {what}\nResult-Code: {result}\nPeer-IP: {peer}\nTransport: M-TLS"
        );
        let scope = "SIPStack,SIPAdminLog::WriteConnectionEvent:SIPAdminLog.cpp(389)";
        self.sip_record(at, machine, "TL_ERROR(TF_CONNECTION)", scope, correlation, text);
    }

    fn sip_record(
        &mut self,
        at: Time,
        machine: &'static Machine,
        kind: &'static str,
        scope: &'static str,
        correlation: u32,
        text: String,
    ) {
        self.add(Record {
            at,
            machine,
            kind,
            process: machine.sip_process,
            thread: machine.sip_threads[correlation as usize % 3],
            scope,
            correlation: correlation.to_string(),
            text,
            framed: true,
        });
    }

    /// A line of a component's own, without `$$begin_record`.
    pub fn component(&mut self, at: Time, machine: &'static Machine, scope: &'static str, text: &str) {
        self.plain(at, machine, "TL_INFO(TF_COMPONENT)", scope, String::new(), text);
    }

    /// A line of the web components; the number in brackets ties a request to its answer.
    pub fn web(&mut self, at: Time, machine: &'static Machine, scope: &'static str, request: u32, text: &str) {
        let correlation = format!("{request:010}");
        self.plain(at, machine, "TL_INFO(TF_COMPONENT)", scope, correlation, text);
    }

    /// A message of a UCMA application, framed in its own way.
    pub fn application(
        &mut self,
        at: Time,
        machine: &'static Machine,
        flow: &str,
        route: &str,
        correlation: u32,
        m: &Message,
    ) {
        let marks = if flow == "Outgoing" { ">>>>>>>>>>>>" } else { "<<<<<<<<<<<<" };
        let raw = m.wire(Casing::Upper);
        let text = format!(
            "\n{marks}{flow} SipMessage c=[<SipTlsConnection_2E0D3F4>], {route}\n{raw}------------EndOf{flow} SipMessage"
        );
        let scope = "S4,SipMessage.DataLoggingHelper:sipmessage.cs(613)";
        let kind = "TL_INFO(TF_PROTOCOL)";
        self.plain(at, machine, kind, scope, correlation.to_string(), &text);
    }

    fn plain(
        &mut self,
        at: Time,
        machine: &'static Machine,
        kind: &'static str,
        scope: &'static str,
        correlation: String,
        text: &str,
    ) {
        let (process, thread) = if scope.starts_with("SIPStack") {
            (machine.sip_process, machine.sip_threads[1])
        } else {
            (machine.web_process, "3FA0")
        };
        self.add(Record {
            at,
            machine,
            kind,
            process,
            thread,
            scope,
            correlation,
            text: text.to_owned(),
            framed: false,
        });
    }

    /// The file, in order of time. Numbers that count up on each machine are given out here.
    pub fn into_text(mut self, ids: &mut Ids) -> String {
        self.records.sort_by_key(|record| record.at);
        let mut sequence: BTreeMap<&str, u32> = BTreeMap::new();
        let mut out = String::new();
        for record in &self.records {
            let number = sequence.entry(record.machine.name).or_insert(0x9c10 + ids.below(0x4000) as u32);
            *number += 1 + ids.below(9) as u32;
            out.push_str(&self.header(record, *number, ids));
            out.push_str(&record.text);
            if !record.text.ends_with('\n') {
                out.push('\n');
            }
            if record.framed {
                out.push_str("$$end_record\n\n");
            }
        }
        out
    }

    fn header(&self, record: &Record, number: u32, ids: &mut Ids) -> String {
        let Record { at, machine, kind, process, thread, scope, correlation, framed, .. } = record;
        match self.dialect {
            Dialect::Cls => {
                let stamp = at.server_stamp(UTC);
                let (pool, name) = (machine.pool, machine.name);
                let bracket = if correlation.is_empty() { String::new() } else { format!(" [{correlation}]") };
                let tail = if *framed { " $$begin_record\n" } else { " " };
                let tail = if record.text.starts_with('\n') { "" } else { tail };
                format!("{kind} [{pool}\\{name}]{process}.{thread}::{stamp}.{number:08X} ({scope}){bracket}{tail}")
            }
            Dialect::OcsLogger(offset) => {
                let stamp = at.server_stamp(offset);
                let cpu = ids.below(4);
                let tail = if *framed { "$$begin_record\n" } else { "" };
                format!("{kind} [{cpu}]{process}.{thread}::{stamp}.{number:08x} ({scope}){tail}")
            }
        }
    }
}
