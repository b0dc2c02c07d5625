//! Traces of servers, message by message.

use super::{Client, Log, date, lines};

/// A server's trace (CLS) of one machine on 2024-11-20, in UTC.
pub struct Server {
    pub pool: String,
    pub machine: String,
    pub now_ms: i64,
    /// Host of its web services, as in URLs.
    pub site: String,
    /// A reverse proxy before it answers instead of it.
    pub is_proxy: bool,
    pub(super) correlation: u32,
    pub(super) lines: String,
}

impl Server {
    pub fn new(pool: &str, machine: &str) -> Self {
        Self {
            pool: pool.to_owned(),
            machine: machine.to_owned(),
            now_ms: 9 * 3_600_000,
            site: format!("{}.contoso.com:4443", pool.to_ascii_lowercase()),
            is_proxy: false,
            correlation: 100,
            lines: String::new(),
        }
    }

    /// What a server on the way writes down of the messages of a client.
    pub fn copies(pool: &str, machine: &str, client: &Client) -> Self {
        let mut own = Self::new(pool, machine);
        for (time_ms, is_sent, message) in &client.messages {
            own.now_ms = *time_ms;
            let direction = if *is_sent { "incoming" } else { "outgoing" };
            let kind = if message.starts_with("SIP/2.0") { "response" } else { "request" };
            let (head, body) = message.split_once("\n\n").unwrap_or((message, ""));
            let (first, headers) = head.split_once('\n').unwrap_or((head, ""));
            own.typed(
                "INFO",
                "PROTOCOL",
                &format!(
                    "Trace-Correlation-Id: 1\nInstance-Id: 3C1D\nDirection: {direction}\nPeer: 198.51.100.23:50112\n\
                     Message-Type: {kind}\nStart-Line: {first}\n{headers}\nMessage-Body: {body}"
                ),
            );
        }
        own
    }

    /// A security record about a REGISTER.
    pub fn security(&mut self, result: &str, call_id: &str, cseq: u32) {
        self.typed(
            "ERROR",
            "SECURITY",
            &format!(
                "Severity: error\nText: Failed to validate user credentials\nResult-Code: {result}\nSIP-Start-Line: REGISTER \
                 sip:contoso.com SIP/2.0\nSIP-Call-ID: {call_id}\nSIP-CSeq: {cseq} REGISTER\nPeer: 198.51.100.23:50112"
            ),
        );
    }

    /// Its trace holds just this text.
    pub fn lines_of(&mut self, text: &str) {
        self.lines = text.to_owned();
    }

    pub fn wait(&mut self, seconds: i64) {
        self.now_ms += seconds * 1_000;
    }

    pub(super) fn header(&mut self, level: &str, flag: &str, scope: &str) -> String {
        self.now_ms += 20;
        let (hours, rest) = (self.now_ms / 3_600_000, self.now_ms % 3_600_000);
        let day = 20 + hours / 24;
        format!(
            "TL_{level}({flag}) [{}\\{}]1E6C.0B40::11/{day:02}/2024-{:02}:{:02}:{:02}.{:03}.0000A2B3 ({scope}) [{}]",
            self.pool,
            self.machine,
            hours % 24,
            rest / 60_000,
            rest % 60_000 / 1_000,
            rest % 1_000,
            self.correlation,
        )
    }

    /// A record with fields: `SECURITY`, `DIAG`, `CONNECTION`.
    pub fn typed(&mut self, level: &str, flag: &str, fields: &str) {
        let header = self.header(level, &format!("TF_{flag}"), "SIPStack,SIPAdminLog::Write:SIPAdminLog.cpp(1)");
        self.lines +=
            &format!("{header} $$begin_record\r\n{}$$end_record\r\n\r\n", lines(fields).replace('\n', "\r\n"));
    }

    /// A SIP message: first line, and headers one a line. `direction` is `incoming` or `outgoing`.
    pub fn sip(&mut self, direction: &str, peer: &str, first: &str, headers: &str) {
        let kind = if first.starts_with("SIP/2.0") { "response" } else { "request" };
        let date = date(self.now_ms);
        let date = if kind == "response" { format!("Date: {date}\n") } else { String::new() };
        let fields = format!(
            "Trace-Correlation-Id: {}\nInstance-Id: 3C1D\nDirection: {direction}\nPeer: {peer}\nMessage-Type: {kind}\nStart-Line: {first}\n{date}{}CONTENT-LENGTH: 0\nMessage-Body: -",
            self.correlation,
            lines(headers)
        );
        self.typed("INFO", "PROTOCOL", &fields);
    }

    /// A request of a call or a subscription, as the server receives it from a client.
    pub fn request(&mut self, (from, to): (&str, &str), call_id: &str, (cseq, method): (u32, &str), headers: &str) {
        let headers = format!("{}{headers}", dialog((from, to), call_id, (cseq, method)));
        self.sip("incoming", CLIENT, &format!("{method} sip:{to} SIP/2.0"), headers.trim_end());
    }

    /// Its answer, such as `504 Server time-out`.
    pub fn response(
        &mut self,
        parties: (&str, &str),
        call_id: &str,
        request: (u32, &str),
        status: &str,
        headers: &str,
    ) {
        let headers = format!("{}{headers}", dialog(parties, call_id, request));
        self.sip("outgoing", CLIENT, &format!("SIP/2.0 {status}"), headers.trim_end());
    }

    /// A request with its answer.
    pub fn exchange(&mut self, parties: (&str, &str), call_id: &str, method: &str, status: &str, headers: &str) {
        self.request(parties, call_id, (1, method), "");
        self.response(parties, call_id, (1, method), status, headers);
    }

    /// A web request with its headers, and its answer with headers and body.
    pub fn web(&mut self, verb: &str, url: &str, asks: &str, status: &str, answers: &str, body: &str) {
        self.correlation += 1;
        let header = self.header(
            "INFO",
            "TF_COMPONENT",
            "WebInfrastructure,OcsIisModule.OnAuthenticateRequest:ocsiismodule.cs(311)",
        );
        if url.starts_with("https:") {
            self.lines += &format!("{header} RequestUrl={url},RequestVerb={verb}\r\n");
            if !asks.is_empty() {
                let header =
                    self.header("INFO", "TF_COMPONENT", "WebInfrastructure,HttpTracer.TraceRequest:httptracer.cs(61)");
                self.lines += &format!("{header} Request headers\r\n{}", lines(asks).replace('\n', "\r\n"));
            }
        } else {
            self.lines += &format!("{header} {verb} {url} HTTP/1.1\r\n{}", lines(asks).replace('\n', "\r\n"));
        }
        let header =
            self.header("INFO", "TF_COMPONENT", "WebInfrastructure,HttpTracer.TraceResponse:httptracer.cs(88)");
        let fqdn = format!("X-MS-Server-Fqdn: {}.contoso.com\n", self.machine.to_ascii_lowercase());
        let server =
            if self.is_proxy { "Server: BigIP\n".to_owned() } else { format!("Server: Microsoft-IIS/8.5\n{fqdn}") };
        let head = format!("{server}{}", lines(answers)).replace('\n', "\r\n");
        let body = if body.is_empty() { String::new() } else { format!("\r\n{body}\r\n") };
        self.lines += &format!("{header} HTTP/1.1 {status}\r\n{head}{body}");
    }
}

impl Log for Server {
    fn name(&self) -> String {
        format!("{}-cls.txt", self.machine)
    }

    fn text(&self) -> String {
        self.lines.clone()
    }
}

/// The connection of a client as a server sees it.
pub const CLIENT: &str = "198.51.100.23:50112";

/// The headers that messages of one dialog have in common.
fn dialog((from, to): (&str, &str), call_id: &str, (cseq, method): (u32, &str)) -> String {
    format!(
        "FROM: <sip:{from}>;tag=3f9a11c2d4;epid=0fbb2a5a8c\nTO: <sip:{to}>\nCALL-ID: {call_id}\nCSEQ: {cseq} {method}\n"
    )
}
