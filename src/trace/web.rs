//! Requests to the web services of a sign-in: autodiscover, web ticket, certificate provisioning.
//!
//! A server writes request, headers and response as entries of their own with one correlation; a client writes no
//! HTTP at all, but one block when a call starts and one when it is done. Both become exchanges. Where a client's
//! log and a server's trace hold the same exchange, the server's view is kept, since only it says why.

mod copies;
mod join;
mod pools;
mod read;
mod users;

pub(super) use self::join::join;
pub use self::pools::Pools;

use super::{Owners, Registration};
use crate::format::{Millis, Record};
use crate::index::{Index, RowId};
use crate::protocol::address;
use crate::protocol::diagnostics::Diagnostic;
use crate::protocol::lines::to_text;

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

/// `ms-diagnostics` 28032: the web ticket is invalid.
pub const INVALID_TICKET: u32 = 28032;

/// One request with its answer.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own, as the trace tells it")]
pub struct WebExchange {
    /// Request, headers, response; in the order they were written. Behind them those of the client's log, where it
    /// holds the same exchange.
    pub rows: Vec<RowId>,
    pub time: Millis,
    pub answered_at: Option<Millis>,
    pub file: u16,
    /// From the log of a client, which has no status, only a result.
    pub is_client: bool,
    /// A server's view of an exchange that a client's log holds too.
    pub is_seen_by_client: bool,
    pub verb: String,
    pub url: String,
    /// The host that the client asked for, where it differs from that of the URL: the name outside of a reverse
    /// proxy.
    pub asked_host: Option<String>,
    pub service: WebService,
    /// The address-of-record it is about, where the log tells.
    pub user: Option<String>,
    /// It does not name its user itself: who asked at the same time, or from the same place, did.
    pub is_user_inferred: bool,
    pub status: Option<u16>,
    pub diagnostics: Vec<Diagnostic>,
    /// Whether the request carried a web ticket; `None` where the log does not show what would tell.
    pub has_ticket: Option<bool>,
    /// The ticket shown, or the one given out: a number that only tells whether two are the same.
    pub ticket: Option<u64>,
    /// The answer holds a ticket.
    pub issues_ticket: bool,
    /// How long the ticket given out is good for, milliseconds.
    pub ticket_lifetime_ms: Option<i64>,
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
    /// A 401 that offers Negotiate or NTLM, which is the web server's own handshake.
    pub offers_windows: bool,
    /// Where autodiscover sends the client on.
    pub redirect: Option<String>,
    /// Of the answer, without the lines of a chunked transfer.
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

    /// The host of the URL without its port, lower case.
    #[must_use]
    pub fn host_name(&self) -> String {
        address::authority(&self.url).0.to_ascii_lowercase()
    }

    /// What follows the host in the URL, lower case.
    #[must_use]
    pub fn path(&self) -> String {
        let rest = self
            .url
            .split_once("://")
            .map_or(self.url.as_str(), |(_, rest)| rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default());
        rest.to_ascii_lowercase()
    }

    #[must_use]
    pub fn has_code(&self, code: u32) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.code == code)
    }

    /// Whether a text, in lower case, stands in the body of an answer that is no success, in a reason, or in what
    /// the client wrote of it. Case and line breaks do not matter.
    #[must_use]
    pub fn says(&self, text: &str) -> bool {
        let has = |own: &str| {
            let words: Vec<&str> = own.split_ascii_whitespace().collect();
            words.join(" ").to_ascii_lowercase().contains(text)
        };
        has(&self.error)
            || self.diagnostics.iter().any(|own| own.reason.as_deref().is_some_and(has))
            || !self.is_success() && has(&self.body)
    }

    /// The ticket that the request carried was refused as such. That the request carried one follows from it.
    #[must_use]
    pub fn refuses_ticket(&self) -> bool {
        self.has_code(INVALID_TICKET)
            || !self.is_success() && (self.says("web ticket is invalid") || self.says("wsse:invalidsecuritytoken"))
    }

    /// The request carried a ticket, and was answered as if it was good.
    #[must_use]
    pub fn accepts_ticket(&self) -> bool {
        self.has_ticket == Some(true) && self.is_success() && !self.issues_ticket
    }

    /// A round of the web server's own Windows handshake, which is no failure.
    #[must_use]
    pub fn is_windows_round(&self) -> bool {
        self.status == Some(401) && self.offers_windows && self.diagnostics.is_empty()
    }

    /// The front end that answered, in lower case and without its domain.
    #[must_use]
    pub fn front_end(&self) -> Option<String> {
        let name = self.server_fqdn.as_deref().unwrap_or(&self.machine);
        let short = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
        (!short.is_empty()).then_some(short)
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
            is_seen_by_client: false,
            verb: String::new(),
            url: String::new(),
            asked_host: None,
            service: WebService::Other,
            user: None,
            is_user_inferred: false,
            status: None,
            diagnostics: Vec::new(),
            has_ticket: None,
            ticket: None,
            issues_ticket: false,
            ticket_lifetime_ms: None,
            server_fqdn: None,
            server: None,
            pool: to_text(record.pool),
            machine: to_text(record.machine),
            client: None,
            names_ticket_service: false,
            offers_windows: false,
            redirect: None,
            body: String::new(),
            hresult: None,
            is_done: false,
            error: String::new(),
        }
    }
}

/// Names whose requests they are, and folds those that stand in several logs. `owners` are the users of client logs.
pub(super) fn settle(
    index: &Index,
    mut all: Vec<WebExchange>,
    owners: &mut Owners,
    registrations: &[Registration],
) -> Vec<WebExchange> {
    users::own_logs(&mut all, owners);
    users::name(&mut all, registrations);
    copies::fold(index, all)
}
