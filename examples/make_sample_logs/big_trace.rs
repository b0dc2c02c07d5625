//! A large server trace for measurements: CLS text of some hours, three pools, five thousand users.
//!
//! Written straight into a buffer, without the stage of the stories, because a gibibyte should take
//! seconds. The mix of records follows a busy pool: SIP above all, then web and component lines.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use crate::big_dialogs::{
    CALL, CHAT, CHAT_LINES, Dialog, Extra, FAILED_CALL, PROBE, REFRESH, REFUSED, SIGN_IN, STYLES, UNKNOWN_CALLEE,
    WATCH, diagnostics_for, display, user_name,
};
use crate::big_web;
use crate::clock::{Time, UTC, at};
use crate::ids::Ids;

/// Dialogs that are under way at any time.
const DIALOGS: u64 = 96;
const USERS: usize = 5_000;
/// About sixty records a second: a gibibyte holds some six hours.
const MEAN_GAP_MS: u64 = 16;
const FLUSH_AT: usize = 1 << 20;

const MACHINES: [(&str, &str); 20] = [
    ("FEPOOL01", "FE01"),
    ("FEPOOL01", "FE02"),
    ("FEPOOL01", "FE03"),
    ("FEPOOL01", "FE04"),
    ("FEPOOL01", "FE05"),
    ("FEPOOL01", "FE06"),
    ("FEPOOL01", "FE07"),
    ("FEPOOL01", "FE08"),
    ("FEPOOL02", "FE11"),
    ("FEPOOL02", "FE12"),
    ("FEPOOL02", "FE13"),
    ("FEPOOL02", "FE14"),
    ("FEPOOL02", "FE15"),
    ("FEPOOL02", "FE16"),
    ("FEPOOL02", "FE17"),
    ("FEPOOL02", "FE18"),
    ("EDGEPOOL", "EDGE01"),
    ("EDGEPOOL", "EDGE02"),
    ("EDGEPOOL", "EDGE03"),
    ("EDGEPOOL", "EDGE04"),
];

/// Writes a trace of about that many bytes.
pub fn write(bytes: u64, path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    let mut trace = BigTrace::new();
    let mut written = 0;
    while written + (trace.text.len() as u64) < bytes {
        trace.record();
        if trace.text.len() >= FLUSH_AT {
            file.write_all(trace.text.as_bytes())?;
            written += trace.text.len() as u64;
            trace.text.clear();
        }
    }
    file.write_all(trace.text.as_bytes())?;
    file.flush()
}

/// The trace as it grows.
pub struct BigTrace {
    pub text: String,
    pub ids: Ids,
    now: Time,
    /// `11/20/2024-08:00:00.000`, of `now`.
    stamp: String,
    /// A counter for each machine.
    sequence: [u32; 20],
    users: Vec<String>,
    dialogs: Vec<Dialog>,
}

impl BigTrace {
    fn new() -> Self {
        let now = at(6, 0, 0, 0);
        Self {
            text: String::with_capacity(FLUSH_AT + 65_536),
            ids: Ids::for_story("big trace"),
            now,
            stamp: now.server_stamp(UTC),
            sequence: [0x1000; 20],
            users: (0..USERS).map(user_name).collect(),
            dialogs: Vec::new(),
        }
    }

    /// The next record, some milliseconds after the last.
    fn record(&mut self) {
        let gap = self.ids.below(2 * MEAN_GAP_MS + 1).cast_signed();
        if gap > 0 {
            self.now = self.now + gap;
            self.stamp = self.now.server_stamp(UTC);
        }
        match self.ids.below(100) {
            0..60 => self.message(),
            60..70 => self.diagnostic(),
            70..75 => self.connection(),
            75..77 => self.security(),
            77..86 => big_web::http(self),
            _ => big_web::line(self),
        }
    }

    pub fn user(&self, index: usize) -> &str {
        self.users.get(index).map_or("", String::as_str)
    }

    pub fn any_user(&mut self) -> usize {
        self.ids.below(USERS as u64) as usize
    }

    pub fn gmt(&self) -> String {
        self.now.gmt()
    }

    /// Up to and with the blank after the parentheses.
    pub fn header(&mut self, kind: &str, machine: usize, process: &str, scope: &str) {
        let (pool, name) = machine_at(machine);
        let number = match self.sequence.get_mut(machine) {
            Some(number) => {
                *number = number.wrapping_add(3);
                *number
            }
            None => 0,
        };
        let thread = 0x0b40 + (number >> 2 & 0x3c);
        let stamp = &self.stamp;
        let _ = write!(self.text, "{kind} [{pool}\\{name}]{process}.{thread:04X}::{stamp}.{number:08X} ({scope}) ");
    }

    fn begin(&mut self, kind: &str, machine: usize, scope: &str, correlation: u32) {
        self.header(kind, machine, "1E6C", scope);
        let _ = writeln!(self.text, "[{correlation}] $$begin_record");
    }

    /// Some dialog takes its next step; one that has ended makes room for a new one.
    fn message(&mut self) {
        let slot = self.ids.below(DIALOGS) as usize;
        if slot >= self.dialogs.len() {
            let dialog = self.new_dialog();
            self.dialogs.push(dialog);
        }
        let slot = slot.min(self.dialogs.len() - 1);
        if self.dialogs[slot].step >= self.dialogs[slot].script.len() {
            self.dialogs[slot] = self.new_dialog();
        }
        let dialog = &mut self.dialogs[slot];
        let step = &dialog.script[dialog.step];
        if !step.start.starts_with("SIP/2.0") && step.method != "ACK" {
            dialog.cseq += 1;
        }
        self.write_message(slot);
        self.dialogs[slot].step += 1;
    }

    fn new_dialog(&mut self) -> Dialog {
        let script = match self.ids.below(100) {
            0..14 => SIGN_IN,
            14..24 => REFRESH,
            24..62 => WATCH,
            62..76 => CALL,
            76..79 => FAILED_CALL,
            79..81 => UNKNOWN_CALLEE,
            81..94 => CHAT,
            94..98 => PROBE,
            _ => REFUSED,
        };
        Dialog {
            script,
            step: 0,
            user: self.any_user(),
            other: self.any_user(),
            machine: self.ids.below(20) as usize,
            call_id: self.ids.call_id(),
            from_tag: self.ids.tag(),
            to_tag: self.ids.upper_hex(32),
            epid: self.ids.hex(10),
            port: 40_000 + self.ids.below(25_000),
            cseq: 0,
            style: self.ids.below(STYLES.len() as u64) as usize,
        }
    }

    fn write_message(&mut self, slot: usize) {
        let correlation = self.ids.correlation();
        let machine = self.dialogs[slot].machine;
        let scope = "SIPStack,SIPAdminLog::ProtocolRecord::Flush:ProtocolRecord.cpp(265)";
        self.begin("TL_INFO(TF_PROTOCOL)", machine, scope, correlation);

        let extra = self.extra_of(slot);
        let dialog = &self.dialogs[slot];
        let step = &dialog.script[dialog.step];
        let user = &self.users[dialog.user];
        let other = &self.users[dialog.other];
        let callee = if step.method == "REGISTER" { user } else { other };
        let request = !step.start.starts_with("SIP/2.0");
        let kind = if request { "request" } else { "response" };
        // What the server itself starts goes out, and its answer comes in.
        let direction = if request == step.method.ends_with("NOTIFY") { "outgoing" } else { "incoming" };
        let edge = if machine < 16 { "" } else { ";source=\"external edge\";destination=\"internal edge\"" };
        let (a, b) = (dialog.user % 250 + 1, dialog.port);
        let text = &mut self.text;
        let _ = writeln!(
            text,
            "Trace-Correlation-Id: {correlation}\nInstance-Id: {:04X}\nDirection: {direction}{edge}\nPeer: 198.51.100.{a}:{b}\nMessage-Type: {kind}",
            correlation >> 9 & 0xffff,
        );
        match step.start.split_once('@') {
            Some((before, after)) => {
                let _ = writeln!(text, "Start-Line: {before}{callee}{after}");
            }
            None => {
                let _ = writeln!(text, "Start-Line: {}", step.start);
            }
        }

        let style = &STYLES[dialog.style];
        let to_tag = if request && dialog.step == 0 || step.start.contains(" 100 ") {
            String::new()
        } else {
            format!(";tag={}", dialog.to_tag)
        };
        for header in style.order {
            let _ = match header {
                'f' => writeln!(
                    text,
                    "{}: \"{}\"<sip:{user}>;tag={};epid={}",
                    style.from,
                    display(user),
                    dialog.from_tag,
                    dialog.epid
                ),
                't' => writeln!(text, "{}: <sip:{callee}>{to_tag}", style.to),
                'i' => writeln!(text, "{}: {}", style.call_id, dialog.call_id),
                'c' => writeln!(text, "{}: {} {}", style.cseq, dialog.cseq, step.method),
                'v' => writeln!(
                    text,
                    "{}: SIP/2.0/TLS 198.51.100.{a}:{b};branch=z9hG4bK{:08X}.{:04X};ms-received-port={b};ms-received-cid={:X}",
                    style.via,
                    correlation,
                    dialog.cseq,
                    correlation >> 14
                ),
                'm' if request => writeln!(
                    text,
                    "Max-Forwards: 69\nUser-Agent: UCCAPI/16.0.4600.1000 OC/16.0.4600.1000 (Skype for Business)\nContact: <sip:198.51.100.{a}:{b};transport=tls;ms-opaque=d{correlation:09x}>"
                ),
                'm' => writeln!(text, "Server: RTC/6.0"),
                _ => Ok(()),
            };
        }
        text.push_str(&extra.headers);
        // Content-Length counts the body as it was on the wire, with CRLF.
        let breaks = extra.body.bytes().filter(|b| *b == b'\n').count();
        let length = extra.body.len() + breaks;
        let _ = writeln!(text, "{}: {length}", style.content_length);
        let body = if extra.body.is_empty() { "\u{2013}" } else { &extra.body };
        let end = if body.ends_with('\n') { "" } else { "\n" };
        let _ = writeln!(text, "Message-Body: {body}{end}$$end_record\n");
    }

    /// What the message carries beside the headers that all share.
    fn extra_of(&mut self, slot: usize) -> Carried {
        let dialog = &self.dialogs[slot];
        let step = &dialog.script[dialog.step];
        let request = !step.start.starts_with("SIP/2.0");
        let number = machine_at(dialog.machine).1.to_ascii_lowercase();
        let ids = &mut self.ids;
        let user = &self.users[dialog.user];
        let mut headers = String::new();
        let mut body = String::new();
        let realm = "realm=\"SIP Communications Service\"";
        let _ = match step.extra {
            Extra::Plain => Ok(()),
            Extra::Challenge => write!(
                headers,
                "Date: {}\nWWW-Authenticate: NTLM {realm}, targetname=\"{number}.contoso.com\", version=4\nWWW-Authenticate: Kerberos {realm}, targetname=\"sip/{number}.contoso.com\", version=4\nWWW-Authenticate: TLS-DSK {realm}, targetname=\"{number}.contoso.com\", version=4, sts-uri=\"https://webext.contoso.com:443/CertProv/CertProvisioningService.svc\"\n",
                self.now.gmt()
            ),
            Extra::Token => {
                let name = if request { "Authorization" } else { "WWW-Authenticate" };
                writeln!(
                    headers,
                    "{name}: TLS-DSK qop=\"auth\", {realm}, opaque=\"{}\", targetname=\"{number}.contoso.com\", gssapi-data=\"FgMD{}{}\", version=4",
                    &dialog.to_tag[..8],
                    ids.hex(240),
                    &dialog.to_tag
                )
            }
            Extra::Accepted => write!(
                headers,
                "Authentication-Info: TLS-DSK qop=\"auth\", opaque=\"{}\", srand=\"{}\", snum=\"1\", rspauth=\"{}\", targetname=\"{number}.contoso.com\", {realm}, version=4\nExpires: 7200\npresence-state: register-action=\"added\"\n",
                &dialog.to_tag[..8],
                ids.upper_hex(8),
                ids.hex(40)
            ),
            Extra::Presence => {
                body = crate::bodies::presence(user, 3500 + 3000 * (dialog.cseq % 3), dialog.cseq);
                write!(
                    headers,
                    "Event: presence\nsubscription-state: active;expires=27100\nContent-Type: application/msrtc-event-categories+xml\n"
                )
            }
            Extra::Subscription => {
                body = crate::bodies::watch(user, &[&self.users[dialog.other]]);
                write!(
                    headers,
                    "Event: presence\nSupported: ms-benotify\nSupported: ms-piggyback-first-notify\nContent-Type: application/msrtc-adrl-categorylist+xml\n"
                )
            }
            Extra::Sdp => {
                let host = format!("198.51.100.{}", dialog.other % 250 + 1);
                body = crate::bodies::audio_sdp(&host, ids).replace("\r\n", "\n");
                write!(headers, "Ms-Conversation-ID: {}\nContent-Type: application/sdp\n", &dialog.to_tag)
            }
            Extra::Text => {
                body = CHAT_LINES[dialog.user % CHAT_LINES.len()].to_owned();
                writeln!(headers, "Content-Type: text/plain; charset=UTF-8")
            }
            Extra::Diagnostics => writeln!(headers, "{}", diagnostics_for(step, dialog.user, &number)),
        };
        Carried { headers, body }
    }

    /// A diagnostic record about the last message of some dialog.
    fn diagnostic(&mut self) {
        let kinds = [
            ("TL_INFO(TF_DIAG)", "information", "Response successfully routed", ""),
            ("TL_INFO(TF_DIAG)", "information", "Request successfully routed", ""),
            ("TL_INFO(TF_DIAG)", "information", "Routed a locally generated response", ""),
            (
                "TL_WARN(TF_DIAG)",
                "warning",
                "Routing error occurred; check Result-Code field for more information",
                "Result-Code: 0xc3e93c5e SIPPROXY_E_ROUTING\n",
            ),
            (
                "TL_ERROR(TF_DIAG)",
                "error",
                "The domain of the message resolved by DNS SRV but none of the hosts is in the same domain",
                "Result-Code: 0xc3e93d6f SIPPROXY_E_EPROUTING_MSG_ALLOWED_DOMAIN_NO_SRV_MATCH\n",
            ),
        ];
        let which = [0, 0, 0, 1, 1, 1, 2, 2, 3, 4][self.ids.below(10) as usize];
        let (kind, severity, text, result) = kinds[which];
        let scope = "SIPStack,SIPAdminLog::WriteDiagnosticEvent:SIPAdminLog.cpp(802)";
        self.about_message(kind, scope, severity, &format!("{text}\n{result}"), "");
    }

    fn security(&mut self) {
        let scope = "SIPStack,SIPAdminLog::WriteSecurityEvent:SIPAdminLog.cpp(424)";
        if self.ids.below(3) == 0 {
            let text = "Failed to validate user credentials\nResult-Code: 0xc3e93ec3 SIP_E_AUTH_UNAUTHORIZED\n";
            self.about_message("TL_ERROR(TF_SECURITY)", scope, "error", text, "refused");
        } else {
            let text = "The user was authenticated\n";
            self.about_message("TL_INFO(TF_SECURITY)", scope, "information", text, "accepted");
        }
    }

    fn about_message(&mut self, kind: &str, scope: &str, severity: &str, text: &str, data: &str) {
        if self.dialogs.is_empty() {
            return self.connection();
        }
        let slot = self.ids.below(self.dialogs.len() as u64) as usize;
        let correlation = self.ids.correlation();
        self.begin(kind, self.dialogs[slot].machine, scope, correlation);
        let dialog = &self.dialogs[slot];
        let last = &dialog.script[dialog.step.saturating_sub(1)];
        let other = &self.users[dialog.other];
        let _ = write!(
            self.text,
            "Severity: {severity}\nText: {text}SIP-Start-Line: {}\nSIP-Call-ID: {}\nSIP-CSeq: {} {}\nPeer: 198.51.100.{}:{}\n",
            last.start.replace('@', other),
            dialog.call_id,
            dialog.cseq,
            last.method,
            dialog.user % 250 + 1,
            dialog.port
        );
        if !data.is_empty() {
            let _ = writeln!(self.text, "Data: user=\"{}\";result=\"{data}\"", self.users[dialog.user]);
        }
        self.text.push_str("$$end_record\n\n");
    }

    fn connection(&mut self) {
        let correlation = self.ids.correlation();
        let machine = self.ids.below(20) as usize;
        let scope = "SIPStack,SIPAdminLog::WriteConnectionEvent:SIPAdminLog.cpp(454)";
        self.begin("TL_INFO(TF_CONNECTION)", machine, scope, correlation);
        let what = ["TLS negotiation started", "Connection established", "Connection was closed by the peer"];
        let _ = write!(
            self.text,
            "Severity: information\nText: {}\nLocal-IP: 192.0.2.{}:5061\nPeer-IP: 198.51.100.{}:{}\nConnection-ID: 0x{:X}\nTransport: TLS\n$$end_record\n\n",
            what[self.ids.below(3) as usize],
            machine + 20,
            self.ids.below(250) + 1,
            40_000 + self.ids.below(25_000),
            correlation >> 12
        );
    }
}

struct Carried {
    headers: String,
    body: String,
}

pub fn machine_at(index: usize) -> (&'static str, &'static str) {
    MACHINES.get(index).copied().unwrap_or(("FEPOOL01", "FE01"))
}
