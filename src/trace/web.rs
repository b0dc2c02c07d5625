//! Requests to the web services of a sign-in: autodiscover, web ticket, certificate provisioning.
//!
//! A server writes request, headers and response as entries of their own with one correlation; a client writes no
//! HTTP at all, but one block when a call starts and one when it is done. Both become exchanges.

use crate::format::{Format, Kind, Millis, Record};
use crate::index::{Index, Origin, RowId};
use crate::protocol::diagnostics::Diagnostic;
use crate::protocol::header::split_field;
use crate::protocol::lines::{Lines, to_text};
use crate::protocol::{Message, Protocol, StartLine, WebCall, address};
use rustc_hash::FxHashMap;

/// Which service a request went to, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WebService {
    /// Where a client learns where to go first.
    AutodiscoverRoot,
    /// What autodiscover knows of one user.
    AutodiscoverUser,
    /// How a ticket is to be asked for; open to everybody.
    Metadata,
    WebTicket,
    CertificateProvisioning,
    Other,
}

impl WebService {
    #[must_use]
    pub fn of_url(url: &str) -> Self {
        let url = url.to_ascii_lowercase();
        let path = url.split(['?', '#']).next().unwrap_or_default();
        if path.ends_with("/mex") {
            Self::Metadata
        } else if path.contains("/webticket") && !path.contains("/certprov") {
            Self::WebTicket
        } else if path.contains("/certprov") {
            Self::CertificateProvisioning
        } else if path.contains("/autodiscover") || path.contains("lyncdiscover") {
            if path.contains("/root/user") || path.contains(".svc/user") {
                Self::AutodiscoverUser
            } else {
                Self::AutodiscoverRoot
            }
        } else {
            Self::Other
        }
    }

    /// A word for people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::AutodiscoverRoot | Self::AutodiscoverUser => "autodiscover",
            Self::Metadata => "service metadata",
            Self::WebTicket => "web ticket service",
            Self::CertificateProvisioning => "certificate provisioning",
            Self::Other => "web service",
        }
    }
}

/// One request with its answer.
#[derive(Clone, Debug)]
pub struct WebExchange {
    /// Request, headers, response; in the order they were written.
    pub rows: Vec<RowId>,
    pub time: Millis,
    pub answered_at: Option<Millis>,
    pub file: u16,
    /// From the log of a client, which has no status, only a result.
    pub is_client: bool,
    pub verb: String,
    pub url: String,
    pub service: WebService,
    /// The address-of-record it is about, where the log tells.
    pub user: Option<String>,
    pub status: Option<u16>,
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the request carried a web ticket; `None` where the log does not show its headers.
    pub has_ticket: Option<bool>,
    /// The ticket, as a number that only tells whether two are the same.
    pub ticket: Option<u64>,
    /// The answer holds a ticket.
    pub issues_ticket: bool,
    /// `X-MS-Server-Fqdn`: the front end that answered.
    pub server_fqdn: Option<String>,
    /// The `Server` header.
    pub server: Option<String>,
    pub pool: String,
    pub machine: String,
    /// Who asked, as the reverse proxy says it.
    pub client: Option<String>,
    /// `X-MS-WebTicketURL` or another header that says where a ticket is to be had.
    pub names_ticket_service: bool,
    pub body: String,
    /// Of a client's block.
    pub hresult: Option<u32>,
    pub is_done: bool,
    pub error: String,
}

impl WebExchange {
    /// Host and port of the URL, lower case; empty where the URL is a path alone.
    #[must_use]
    pub fn host(&self) -> String {
        let authority =
            self.url.split_once("://").map_or("", |(_, rest)| rest.split(['/', '?']).next().unwrap_or_default());
        authority.to_ascii_lowercase()
    }

    #[must_use]
    pub fn has_code(&self, code: u32) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.code == code)
    }

    /// The front end that answered, in lower case and without its domain.
    #[must_use]
    pub fn front_end(&self) -> Option<String> {
        let name = self.server_fqdn.as_deref().unwrap_or(&self.machine);
        let short = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
        (!short.is_empty()).then_some(short)
    }

    /// Whether two exchanges were answered by members of one pool: by the pool in the trace's prefix, else the
    /// server that answered, else the host of the URL. `None` where nothing tells.
    #[must_use]
    pub fn same_pool(&self, other: &Self) -> Option<bool> {
        if !self.pool.is_empty() && !other.pool.is_empty() {
            return Some(self.pool.eq_ignore_ascii_case(&other.pool));
        }
        if let (Some(own), Some(others)) = (&self.server_fqdn, &other.server_fqdn)
            && own.eq_ignore_ascii_case(others)
        {
            return Some(true);
        }
        let without_port = |host: String| host.split(':').next().unwrap_or_default().to_owned();
        let (own, others) = (without_port(self.host()), without_port(other.host()));
        (!own.is_empty() && !others.is_empty()).then(|| own == others)
    }

    /// It ended well.
    #[must_use]
    pub fn is_success(&self) -> bool {
        matches!(self.status, Some(200..=299)) || self.is_client && self.is_done && self.hresult == Some(0)
    }

    /// It ended, and not well.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self.status, Some(400..)) || self.is_client && self.is_done && self.hresult.is_some_and(|hr| hr != 0)
    }

    fn new(index: &Index, row: RowId, file: u16, record: &Record<'_>) -> Self {
        Self {
            rows: vec![row],
            time: index.time(row),
            answered_at: None,
            file,
            is_client: false,
            verb: String::new(),
            url: String::new(),
            service: WebService::Other,
            user: None,
            status: None,
            diagnostics: Vec::new(),
            has_ticket: None,
            ticket: None,
            issues_ticket: false,
            server_fqdn: None,
            server: None,
            pool: to_text(record.pool),
            machine: to_text(record.machine),
            client: None,
            names_ticket_service: false,
            body: String::new(),
            hresult: None,
            is_done: false,
            error: String::new(),
        }
    }

    fn asks(&mut self, verb: &str, url: &str) {
        self.verb = verb.to_owned();
        self.url = url.to_owned();
        self.service = WebService::of_url(url);
        self.user = address::sip_uri_parameter(url.as_bytes());
    }

    /// Headers of the request.
    fn read_request_headers(&mut self, text: &[u8]) {
        let mut shows_headers = false;
        for line in Lines::new(text) {
            let Some((name, value)) = split_field(line.text) else { continue };
            let value = to_text(value);
            match to_text(name).to_ascii_lowercase().as_str() {
                "x-ms-webticket" => self.shows_ticket(&value),
                "authorization" if value.to_ascii_lowercase().starts_with("bearer") => self.shows_ticket(&value),
                "x-forwarded-for" => self.client = value.split(',').next().map(|client| client.trim().to_owned()),
                "host" if self.host().is_empty() && !self.url.is_empty() => {
                    self.url = format!("https://{}{}", value.trim(), self.url);
                }
                "host" | "user-agent" | "content-type" | "accept" | "content-length" | "client-request-id" => {}
                _ => continue,
            }
            shows_headers = true;
        }
        let holds_token = ["BinarySecurityToken", "<saml:Assertion", ":Assertion "]
            .iter()
            .any(|sign| contains(text, sign.as_bytes()));
        if holds_token && self.service != WebService::WebTicket {
            self.has_ticket = Some(true);
        }
        if shows_headers {
            self.has_ticket = self.has_ticket.or(Some(false));
        }
    }

    fn shows_ticket(&mut self, value: &str) {
        use std::hash::{Hash as _, Hasher as _};
        let mut hasher = rustc_hash::FxHasher::default();
        value.trim().hash(&mut hasher);
        self.has_ticket = Some(true);
        self.ticket = Some(hasher.finish());
    }

    fn answers(&mut self, time: Millis, message: &Message<'_>) {
        self.answered_at = Some(time);
        self.status = message.start.status();
        for header in message.headers() {
            match to_text(header.written).to_ascii_lowercase().as_str() {
                "x-ms-server-fqdn" => self.server_fqdn = Some(header.text()),
                "server" => self.server = Some(header.text()),
                "x-ms-webticketurl" => self.names_ticket_service = true,
                "www-authenticate" if header.text().contains("MsRtcOAuth") => self.names_ticket_service = true,
                _ => {}
            }
        }
        self.diagnostics = message.diagnostics();
        self.body = to_text(message.body);
    }
}

fn contains(text: &[u8], sign: &[u8]) -> bool {
    memchr::memmem::find(text, sign).is_some()
}

/// What one row is to an exchange.
enum Piece {
    Request(Box<WebExchange>),
    /// Text that a server wrote between request and response: headers.
    Between {
        row: RowId,
        text: Vec<u8>,
    },
    Response {
        row: RowId,
        exchange: Box<WebExchange>,
    },
    Block {
        exchange: Box<WebExchange>,
        context: String,
    },
}

/// What the pieces of one exchange have in common: file, machine, and correlation or thread.
type Key = (u16, String, String);

/// Reads rows of web requests and what stands around them, in the order of the files.
pub(super) fn exchanges(index: &Index, rows: &[RowId]) -> Vec<WebExchange> {
    let pieces = index.read_each(rows, |origin, record| piece(index, origin, record));
    let mut all: Vec<WebExchange> = Vec::new();
    let mut open: FxHashMap<Key, usize> = FxHashMap::default();
    for (key, piece) in pieces {
        match piece {
            Piece::Request(exchange) => {
                open.insert(key, all.len());
                all.push(*exchange);
            }
            Piece::Between { row, text } => {
                if let Some(exchange) = open.get(&key).and_then(|&at| all.get_mut(at)) {
                    exchange.rows.push(row);
                    exchange.read_request_headers(&text);
                }
            }
            Piece::Response { row, exchange } => match open.remove(&key).and_then(|at| all.get_mut(at)) {
                Some(own) => {
                    own.rows.push(row);
                    own.take_answer(exchange.time, *exchange);
                }
                None => {
                    let mut alone = *exchange;
                    alone.answered_at = Some(alone.time);
                    all.push(alone);
                }
            },
            Piece::Block { exchange, context } => {
                let key = (key.0, key.1, context);
                match open.get(&key).copied().and_then(|at| all.get_mut(at)).filter(|own| !own.is_done) {
                    Some(own) => own.take_block(*exchange),
                    None => {
                        open.insert(key, all.len());
                        all.push(*exchange);
                    }
                }
            }
        }
    }
    name_users(&mut all);
    all
}

impl WebExchange {
    /// Takes an answer that was read by itself.
    fn take_answer(&mut self, time: Millis, answer: Self) {
        self.answered_at = Some(time);
        self.status = answer.status;
        self.diagnostics = answer.diagnostics;
        self.server_fqdn = answer.server_fqdn;
        self.server = answer.server;
        self.names_ticket_service = answer.names_ticket_service;
        // Where the body is not in the trace, a success of the ticket service still is a ticket.
        let says_ticket = answer.body.contains("RequestSecurityTokenResponse");
        self.issues_ticket = self.service == WebService::WebTicket
            && self.status == Some(200)
            && (says_ticket || answer.body.trim().is_empty() && self.verb == "POST");
        self.body = answer.body;
    }

    fn take_block(&mut self, block: Self) {
        self.rows.extend(block.rows);
        self.answered_at = Some(block.time);
        self.is_done = block.is_done;
        self.hresult = block.hresult;
        self.status = block.status;
        self.issues_ticket = block.issues_ticket;
        self.error = block.error;
    }
}

fn piece(index: &Index, origin: Origin, record: &Record<'_>) -> Option<(Key, Piece)> {
    let Origin { row, file, format } = origin;
    let machine = to_text(record.machine);
    let mut exchange = WebExchange::new(index, row, file, record);
    if record.kind == Kind::WebRequest {
        let call = WebCall::parse(record.text)?;
        exchange.read_block(&call, record.text);
        let context = to_text(call.context);
        return Some((
            (file, to_text(record.process), String::new()),
            Piece::Block { exchange: Box::new(exchange), context },
        ));
    }
    let correlation = match record.correlation {
        [] => format!("{}.{}", to_text(record.process), to_text(record.thread)),
        correlation => to_text(correlation),
    };
    let key = (file, machine, correlation);
    let Some(message) = record.message.as_ref() else {
        let is_between = record.kind == Kind::Trace && format != Format::Uccapi;
        return is_between.then(|| (key, Piece::Between { row, text: record.text.to_vec() }));
    };
    if message.protocol() != Protocol::Http {
        return None;
    }
    if let StartLine::HttpRequest { method, target } = message.start {
        exchange.asks(&to_text(method), &to_text(target));
        exchange.read_request_headers(message.head);
        exchange.read_request_headers(message.body);
        return Some((key, Piece::Request(Box::new(exchange))));
    }
    exchange.answers(index.time(row), message);
    Some((key, Piece::Response { row, exchange: Box::new(exchange) }))
}

impl WebExchange {
    fn read_block(&mut self, call: &WebCall<'_>, text: &[u8]) {
        self.is_client = true;
        self.asks(if contains(text, b"MethodType:2") { "POST" } else { "GET" }, &to_text(call.target));
        let auth = to_text(call.auth).to_ascii_lowercase();
        self.has_ticket = Some(auth.contains("token") || auth.contains("oauth"));
        self.is_done = call.is_done;
        self.hresult = u32::from_str_radix(&to_text(call.result), 16).ok();
        // 0x80ef0000 and a status, for HTTP as for SIP.
        self.status =
            self.hresult.filter(|hr| call.is_done && hr & 0xFFFF_0000 == 0x80EF_0000).map(|hr| (hr & 0xFFFF) as u16);
        self.issues_ticket = self.service == WebService::WebTicket && call.is_done && self.hresult == Some(0);
        let text = to_text(text);
        self.error = text
            .split_once("Error:")
            .map(|(_, error)| error.trim().trim_end_matches('.').trim().to_owned())
            .unwrap_or_default();
    }
}

/// How far apart requests of one sign-in stand, milliseconds.
const NEAR_MS: i64 = 60_000;

/// Names the user of requests that do not say it: the one with the same ticket, else the one that the same client
/// asked for at nearly the same time, else the only one who signs in at that time.
fn name_users(all: &mut [WebExchange]) {
    let mut by_ticket: FxHashMap<u64, String> = FxHashMap::default();
    for exchange in all.iter() {
        if let (Some(ticket), Some(user)) = (exchange.ticket, &exchange.user) {
            by_ticket.entry(ticket).or_insert_with(|| user.clone());
        }
    }
    let mut named: Vec<(Millis, Option<String>, String, u16)> = all
        .iter()
        .filter_map(|exchange| Some((exchange.time, exchange.client.clone(), exchange.user.clone()?, exchange.file)))
        .collect();
    named.sort_by_key(|(time, ..)| *time);
    for exchange in all.iter_mut().filter(|exchange| exchange.user.is_none()) {
        if let Some(user) = exchange.ticket.and_then(|ticket| by_ticket.get(&ticket)) {
            exchange.user = Some(user.clone());
            continue;
        }
        let from = named.partition_point(|(time, ..)| time.0 < exchange.time.0.saturating_sub(NEAR_MS));
        let near = || {
            let near = named.get(from..).unwrap_or_default().iter();
            near.take_while(|(time, ..)| time.0 <= exchange.time.0.saturating_add(NEAR_MS))
                .filter(|(.., file)| *file == exchange.file)
        };
        let of_client = exchange.client.as_ref().and_then(|client| {
            let own = near().filter(|(_, other, ..)| other.as_ref() == Some(client));
            own.min_by_key(|(time, ..)| (time.0 - exchange.time.0).abs())
        });
        let only = || {
            let (_, _, first, _) = near().next()?;
            near().all(|(_, _, user, _)| user == first).then(|| first.clone())
        };
        exchange.user = of_client.map(|(_, _, user, _)| user.clone()).or_else(only);
    }
}
