//! What one entry of a trace says about a web request.

use super::{WebExchange, WebService};
use crate::format::{Format, Kind, Millis, Record};
use crate::index::{Index, Origin};
use crate::protocol::diagnostics::Diagnostic;
use crate::protocol::header::split_field;
use crate::protocol::lines::{Lines, text, to_text};
use crate::protocol::{HeaderName, Message, Protocol, StartLine, WebCall, address};
use chrono::DateTime;
use memchr::memmem::Finder;
use std::hash::{Hash as _, Hasher as _};
use std::sync::LazyLock;

/// What one row is to an exchange.
pub(super) enum Piece {
    Request(Box<WebExchange>),
    /// What a server wrote between request and response: headers.
    Between(Box<RequestText>),
    Response(Box<Answer>),
    /// A block of a client, which writes one when a call starts and one when it is done.
    Block(Box<WebExchange>),
}

/// What the pieces of one exchange have in common: file, and the machine with the correlation or the thread; in a log
/// of a client process and context.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub file: u16,
    pub name: String,
}

pub(super) fn piece(index: &Index, origin: Origin, record: &Record<'_>) -> Option<(Key, Piece)> {
    let Origin { row, file, format } = origin;
    let key = |parts: &[&[u8]]| Key { file, name: parts.iter().map(|part| text(part)).collect::<Vec<_>>().join("\0") };
    if record.kind == Kind::WebRequest {
        let call = WebCall::parse(record.text)?;
        let mut exchange = WebExchange::new(index, row, file, record);
        exchange.read_block(&call, record.text);
        return Some((key(&[record.process, call.context]), Piece::Block(Box::new(exchange))));
    }
    // A number of zeros is none.
    let key = if record.correlation.iter().all(|&digit| digit == b'0') {
        key(&[record.machine, record.process, record.thread])
    } else {
        key(&[record.machine, record.correlation])
    };
    let Some(message) = record.message.as_ref() else {
        let is_between = record.kind == Kind::Trace && format != Format::Uccapi;
        return is_between.then(|| (key, Piece::Between(Box::new(RequestText::of(record.text)))));
    };
    if message.protocol() != Protocol::Http {
        return None;
    }
    if let StartLine::HttpRequest { method, target } = message.start {
        let mut exchange = WebExchange::new(index, row, file, record);
        exchange.asks(&text(method), &text(target));
        exchange.take_text(RequestText::of(message.head));
        exchange.take_text(RequestText::of(message.body));
        return Some((key, Piece::Request(Box::new(exchange))));
    }
    let answer = Answer::of(index.time(row), message);
    // `100 Continue` is no answer yet.
    (answer.status >= Some(200)).then(|| (key, Piece::Response(Box::new(answer))))
}

/// Headers or body of a request.
#[derive(Default)]
pub(super) struct RequestText {
    shows_headers: bool,
    /// Of a header, or of an envelope.
    ticket: Option<u64>,
    envelope_ticket: Option<u64>,
    has_ticket: bool,
    has_envelope_ticket: bool,
    client: Option<String>,
    host: Option<String>,
    /// Whom it names, in the words of the ticket and the certificate service.
    user: Option<String>,
}

static TOKEN: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"BinarySecurityToken"));
static ASSERTION: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"Assertion"));

impl RequestText {
    fn of(all: &[u8]) -> Self {
        let mut own = Self::default();
        for line in Lines::new(all) {
            let Some((name, value)) = split_field(line.text) else { continue };
            own.shows_headers |= own.read_header(name, value);
        }
        let has_token = TOKEN.find(all).is_some();
        own.has_envelope_ticket = has_token
            || ASSERTION.find_iter(all).any(|at| {
                let (before, after) = all.split_at_checked(at).unwrap_or_default();
                before.ends_with(b"<saml:")
                    || before.ends_with(b":") && after.get(ASSERTION.needle().len()) == Some(&b' ')
            });
        if has_token {
            own.envelope_ticket = element(&text(all), "BinarySecurityToken").map(fingerprint);
        }
        own.user = user_in(all);
        own
    }

    /// Whether it is a header of a request.
    fn read_header(&mut self, name: &[u8], value: &[u8]) -> bool {
        let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
        let is_bearer = || value.get(..6).is_some_and(|word| word.eq_ignore_ascii_case(b"bearer"));
        if is("X-MS-WebTicket") || is("Authorization") && is_bearer() {
            self.has_ticket = true;
            self.ticket = Some(fingerprint(&text(value)));
        } else if is("X-Forwarded-For") {
            self.client = text(value).split(',').next().map(|client| client.trim().to_owned());
        } else if is("Host") {
            self.host = Some(text(value).trim().to_owned());
        } else {
            return ["User-Agent", "Content-Type", "Accept", "Content-Length", "client-request-id"].into_iter().any(is);
        }
        true
    }
}

/// An answer by itself.
pub(super) struct Answer {
    pub time: Millis,
    pub status: Option<u16>,
    pub diagnostics: Vec<Diagnostic>,
    server_fqdn: Option<String>,
    server: Option<String>,
    names_ticket_service: bool,
    offers_windows: bool,
    body: String,
}

impl Answer {
    fn of(time: Millis, message: &Message<'_>) -> Self {
        let mut own = Self {
            time,
            status: message.start.status(),
            diagnostics: Vec::new(),
            server_fqdn: None,
            server: None,
            names_ticket_service: false,
            offers_windows: false,
            body: String::new(),
        };
        let mut is_chunked = false;
        let mut may_tell_why = !message.body.is_empty();
        for header in message.headers() {
            let is = |known: &str| header.written.eq_ignore_ascii_case(known.as_bytes());
            if header.name == HeaderName::Diagnostics {
                may_tell_why = true;
            } else if header.name == HeaderName::Server {
                own.server = Some(header.text());
            } else if is("X-MS-Server-Fqdn") {
                own.server_fqdn = Some(header.text());
            } else if is("X-MS-WebTicketURL") {
                own.names_ticket_service = true;
            } else if header.name == HeaderName::Authentication && is("WWW-Authenticate") {
                let value = header.text().to_ascii_lowercase();
                own.names_ticket_service |= value.contains("msrtcoauth");
                own.offers_windows |= value.starts_with("negotiate") || value.starts_with("ntlm");
            } else if is("Transfer-Encoding") {
                is_chunked = header.text().eq_ignore_ascii_case("chunked");
            }
        }
        if may_tell_why {
            own.diagnostics = message.diagnostics();
        }
        if !message.body.is_empty() {
            own.body = to_text(&without_chunks(message.body, is_chunked));
        }
        own
    }
}

impl WebExchange {
    fn asks(&mut self, verb: &str, url: &str) {
        self.verb = verb.to_owned();
        self.url = url.to_owned();
        self.service = WebService::of_url(url);
        self.user = address::sip_uri_parameter(url.as_bytes());
    }

    /// A SOAP call shows its ticket in its envelope, everything else in its headers.
    fn is_soap(&self) -> bool {
        self.verb == "POST" && self.path().contains(".svc")
    }

    pub(super) fn take_text(&mut self, said: RequestText) {
        if said.client.is_some() {
            self.client = said.client;
        }
        if let Some(host) = said.host {
            self.read_host(&host);
        }
        if said.has_ticket {
            self.has_ticket = Some(true);
            self.ticket = said.ticket;
        }
        let is_ticket_service = self.service == WebService::WebTicket;
        if !is_ticket_service && said.has_envelope_ticket {
            self.has_ticket = Some(true);
            self.ticket = self.ticket.or(said.envelope_ticket);
        }
        if said.shows_headers && !self.is_soap() {
            self.has_ticket = self.has_ticket.or(Some(false));
        }
        if self.user.is_none() && (is_ticket_service || self.service == WebService::CertificateProvisioning) {
            self.user = said.user;
        }
    }

    fn read_host(&mut self, host: &str) {
        if self.url.is_empty() {
            return;
        }
        let own = self.host_name();
        let other = address::host_and_port(host).0.to_ascii_lowercase();
        if own.is_empty() {
            self.url = format!("https://{host}{}", self.url);
        } else if own != other && !other.is_empty() {
            self.asked_host = Some(other);
        }
    }

    /// Takes in the same request as another module wrote it.
    pub(super) fn take_request(&mut self, other: Self) {
        let (own, others) = (self.host_name(), other.host_name());
        if own.is_empty() {
            self.url = other.url;
        } else if !others.is_empty() && others != own {
            self.asked_host = Some(others);
        }
        self.rows.extend(other.rows);
        self.user = self.user.take().or(other.user);
        self.client = self.client.take().or(other.client);
        self.ticket = self.ticket.or(other.ticket);
        self.has_ticket = match (self.has_ticket, other.has_ticket) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (own, other) => own.or(other),
        };
    }

    pub(super) fn take_answer(&mut self, answer: Answer) {
        self.answered_at = Some(answer.time);
        self.status = answer.status;
        self.diagnostics = answer.diagnostics;
        self.server_fqdn = answer.server_fqdn;
        self.server = answer.server;
        self.names_ticket_service = answer.names_ticket_service;
        self.offers_windows = answer.offers_windows;
        self.body = answer.body;
        if self.service == WebService::WebTicket {
            self.read_ticket();
        }
        if matches!(self.service, WebService::AutodiscoverRoot | WebService::AutodiscoverUser) {
            self.redirect = redirect(&self.body).filter(|_| self.status == Some(200));
        }
    }

    /// A ticket given out. Where the body is not in the trace, a success of the ticket service still is one.
    fn read_ticket(&mut self) {
        let says_ticket = self.body.contains("RequestSecurityTokenResponse") || self.body.contains("access_token");
        self.issues_ticket =
            self.status == Some(200) && (says_ticket || self.body.trim().is_empty() && self.verb == "POST");
        if !self.issues_ticket {
            return;
        }
        let ticket = element(&self.body, "BinarySecurityToken").or_else(|| json(&self.body, "access_token"));
        self.ticket = ticket.map(fingerprint);
        let time = |name| DateTime::parse_from_rfc3339(element(&self.body, name)?.trim()).ok();
        let lifetime = || Some(time("Expires")?.timestamp_millis() - time("Created")?.timestamp_millis());
        let seconds = || json(&self.body, "expires_in")?.parse::<i64>().ok();
        self.ticket_lifetime_ms = lifetime().or_else(|| seconds().map(|seconds| seconds.saturating_mul(1_000)));
        if self.user.is_none() {
            self.user = user_in(self.body.as_bytes());
        }
    }

    fn read_block(&mut self, call: &WebCall<'_>, text: &[u8]) {
        self.is_client = true;
        self.asks(
            if memchr::memmem::find(text, b"MethodType:2").is_some() { "POST" } else { "GET" },
            &to_text(call.target),
        );
        let auth = to_text(call.auth).to_ascii_lowercase();
        self.has_ticket = Some(auth.contains("token") || auth.contains("oauth"));
        self.is_done = call.is_done && call.outcome() != "pending";
        self.hresult = u32::from_str_radix(&to_text(call.result), 16).ok().filter(|_| self.is_done);
        if call.is_done && call.result.is_empty() {
            self.hresult = Some(0);
        }
        // 0x80ef0000 and a status, for HTTP as for SIP.
        self.status = call.status().filter(|_| self.is_done);
        self.issues_ticket = self.service == WebService::WebTicket && self.is_done && self.hresult == Some(0);
        let text = to_text(text);
        self.error = text
            .split_once("Error:")
            .map(|(_, error)| error.trim().trim_end_matches('.').trim().to_owned())
            .unwrap_or_default();
    }

    pub(super) fn take_block(&mut self, block: Self) {
        self.rows.extend(block.rows);
        self.answered_at = Some(block.time);
        self.is_done = block.is_done;
        self.hresult = block.hresult;
        self.status = block.status;
        self.issues_ticket = block.issues_ticket;
        self.error = block.error;
    }
}

/// A number for a ticket, however it is wrapped: `opaque=cwt=AA`, `Bearer cwt=AA`, `cwt=AA`.
fn fingerprint(ticket: &str) -> u64 {
    let ticket = ticket.trim();
    let ticket = ticket.split_once(' ').map_or(ticket, |(_, ticket)| ticket.trim_start());
    let ticket = ticket.strip_prefix("opaque=").unwrap_or(ticket).trim_matches('"');
    let mut hasher = rustc_hash::FxHasher::default();
    ticket.strip_prefix("cwt=").unwrap_or(ticket).hash(&mut hasher);
    hasher.finish()
}

/// What the first element of a name holds, whatever its prefix and attributes.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text;
    loop {
        let at = rest.find(name)?;
        let (before, after) = (rest.get(..at)?, rest.get(at + name.len()..)?);
        rest = after;
        let opens = before.rfind('<').and_then(|at| before.get(at + 1..));
        let is_name = opens.is_some_and(|prefix| prefix.is_empty() || prefix.ends_with(':') && !prefix.contains(' '));
        if is_name && after.starts_with(['>', ' ', '\t', '\r', '\n']) {
            let value = after.split_once('>')?.1;
            return Some(value.split('<').next().unwrap_or_default().trim());
        }
    }
}

/// The value of a field in JSON.
fn json<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(&format!("\"{name}\""))?;
    let value = after.trim_start().strip_prefix(':')?.trim_start();
    match value.strip_prefix('"') {
        Some(text) => text.split('"').next(),
        None => value.split([',', '}', ' ', '\r', '\n']).next().filter(|value| !value.is_empty()),
    }
}

/// The href of a link to another server ([MS-OCDISCWS] 2.2.4), in XML or JSON.
fn redirect(body: &str) -> Option<String> {
    let lower = body.to_ascii_lowercase();
    if let Some(at) = lower.find("token=\"redirect\"") {
        let opens = lower.get(..at)?.rfind('<')?;
        let link = body.get(opens..)?.split('>').next()?;
        let (_, href) = link.split_once("href=\"")?;
        return href.split('"').next().map(|href| href.replace("&amp;", "&"));
    }
    let at = lower.find("\"redirect\"")?;
    json(body.get(at..)?, "href").map(|href| href.replace("\\/", "/"))
}

/// The user whom a request of the ticket or certificate service names: in its claims, as the entity of the
/// certificate, or as the name that goes with a password.
fn user_in(text: &[u8]) -> Option<String> {
    static SIGNS: LazyLock<[(Finder<'static>, &str); 3]> = LazyLock::new(|| {
        [("Entity=\"", "\""), ("username=", "&"), ("sip:", "<\"'&;")].map(|(sign, ends)| (Finder::new(sign), ends))
    });
    for (sign, ends) in &*SIGNS {
        let Some(at) = sign.find(text) else { continue };
        let value = to_text(text.get(at + sign.needle().len()..)?.split(|&byte| byte <= b' ').next()?);
        let value = value.split(|c| ends.contains(c)).next().unwrap_or_default();
        if let Some(user) = address::sip_uri_parameter(format!("?sipuri={value}").as_bytes()) {
            return Some(user).filter(|user| user.contains('@'));
        }
    }
    None
}

/// A body without the lines that say how long its chunks are (RFC 9112 7.1). Where the sizes do not fit any more,
/// since the trace was saved again with other line ends, the lines that look like sizes go.
fn without_chunks(body: &[u8], is_chunked: bool) -> Vec<u8> {
    let size = |line: &[u8]| -> Option<usize> {
        let digits = line.split(|&byte| byte == b';').next().unwrap_or_default().trim_ascii();
        let is_size = (1..=8).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
        is_size.then(|| usize::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()).flatten()
    };
    let mut lines = Lines::new(body);
    let looks_chunked = lines.next().is_some_and(|line| size(line.text).is_some())
        && lines.next().is_none_or(|line| matches!(line.text.first(), None | Some(b'<' | b'{')));
    if !is_chunked && !looks_chunked {
        return body.to_vec();
    }
    let mut whole = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(line) = Lines::new(rest).next() {
        let (Some(size), Some(after)) = (size(line.text), rest.get(line.next..)) else { break };
        let Some((chunk, behind)) = after.split_at_checked(size) else { break };
        whole.extend_from_slice(chunk);
        rest = behind.strip_prefix(b"\r\n").or_else(|| behind.strip_prefix(b"\n")).unwrap_or(behind);
        if size == 0 {
            return whole;
        }
    }
    if rest.trim_ascii().is_empty() {
        return whole;
    }
    let kept = Lines::new(body).filter(|line| size(line.text).is_none());
    kept.flat_map(|line| line.text.iter().copied().chain(*b"\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_put_together() {
        for (body, whole) in [
            (&b"<a/>\r\n"[..], &b"<a/>\r\n"[..]),
            (b"4\r\n<a/>\r\n0\r\n\r\n", b"<a/>"),
            (b"3\r\n<a>\r\n4\r\n</a>\r\n0\r\n\r\n", b"<a></a>"),
            (b"0\r\n\r\n", b""),
            (b"1F\r\n<a>cut or saved again</a>\r\n0\r\n", b"<a>cut or saved again</a>\n"),
            (b"", b""),
        ] {
            assert_eq!(to_text(&without_chunks(body, false)), to_text(whole));
        }
    }

    #[test]
    fn a_ticket_is_the_same_however_it_is_wrapped() {
        let ways = ["opaque=cwt=AAEB", "Bearer cwt=AAEB", "cwt=AAEB", " AAEB ", "opaque=\"cwt=AAEB\""];
        assert!(ways.iter().all(|way| fingerprint(way) == fingerprint("cwt=AAEB")));
        assert_ne!(fingerprint("cwt=AAEC"), fingerprint("cwt=AAEB"));
    }

    #[test]
    fn users_are_found_in_what_they_send() {
        for (text, user) in [
            ("<auth:ClaimType Uri=\"http://schemas/claims/uri\"><auth:Value>sip:Anna@contoso.com</auth:Value>", true),
            ("<GetAndPublishCert DeviceId=\"{x}\" Entity=\"anna@contoso.com\">", true),
            ("grant_type=password&username=anna%40contoso.com&password=x", true),
            ("<Address>https://webext.contoso.com/</Address>", false),
            ("username=contoso%5Canna", false),
        ] {
            assert_eq!(user_in(text.as_bytes()).as_deref(), user.then_some("anna@contoso.com"), "{text}");
        }
    }

    #[test]
    fn links_to_other_servers() {
        let xml = "<User><Link token=\"Redirect\" href=\"https://b.contoso.com/Autodiscover/AutodiscoverService.svc/root\"/></User>";
        assert_eq!(redirect(xml).as_deref(), Some("https://b.contoso.com/Autodiscover/AutodiscoverService.svc/root"));
        let json =
            "{\"_links\":{\"self\":{\"href\":\"https:\\/\\/a\\/\"},\"redirect\":{\"href\":\"https:\\/\\/b\\/root\"}}}";
        assert_eq!(redirect(json).as_deref(), Some("https://b/root"));
        assert_eq!(redirect("<Root><Link token=\"User\" href=\"https://a/\"/></Root>"), None);
    }
}
