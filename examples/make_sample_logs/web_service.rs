//! The web side of sign-in: autodiscover, web tickets, the certificate service.
//!
//! Each call shows twice in a client log, as blocks of plain text (when it starts and when it is done), and
//! in the server trace as request and answer records that share a number.

use crate::client_log::WEB_THREAD;
use crate::clock::Time;
use crate::ids::base64;
use crate::server_log::Machine;
use crate::stage::{Endpoint, FE01, FE02, FE11, Stage};

pub const WEB_HOST: &str = "webext.contoso.com";

/// The external web site of a pool.
pub struct Site {
    /// As the world calls it.
    pub host: &'static str,
    /// As the reverse proxy calls it.
    pool: &'static str,
    /// Where the balancer sends requests.
    members: [&'static Machine; 2],
}

pub static POOL_SITE: Site =
    Site { host: WEB_HOST, pool: "https://fepool01.contoso.com:4443", members: [&FE01, &FE02] };
pub static OTHER_POOL_SITE: Site =
    Site { host: "webext2.contoso.com", pool: "https://fepool02.contoso.com:4443", members: [&FE11, &FE11] };

const ON_AUTHENTICATE: &str = "WebInfrastructure,OcsIisModule.OnAuthenticateRequest:ocsiismodule.cs(311)";
const TRACE_REQUEST: &str = "WebInfrastructure,HttpTracer.TraceRequest:httptracer.cs(61)";
const TRACE_RESPONSE: &str = "WebInfrastructure,HttpTracer.TraceResponse:httptracer.cs(88)";

/// The header of a 401 about a ticket that is not accepted.
pub fn invalid_ticket(site: &Site) -> String {
    format!(
        "X-Ms-diagnostics: 28032;source=\"{}/\";reason=\"The web ticket is invalid.\";faultcode=\"wsse:InvalidSecurityToken\"\n",
        site.host
    )
}

/// How a call ended for the client.
pub enum Outcome {
    Done,
    Unauthorized,
    ServerError,
}

/// A call as the client's log tells it.
pub struct Block<'a> {
    /// `no auth auth`, `windows auth`, ...
    pub auth: &'a str,
    pub target: &'a str,
    pub operation: &'a str,
    pub is_get: bool,
}

impl Block<'_> {
    fn text(&self, async_context: &str, pointer: u64, outcome: Option<&Outcome>) -> String {
        let method = if self.is_get { 1 } else { 2 };
        let (complete, result) = match outcome {
            None => (0, "3d0000"),
            Some(Outcome::Done) => (1, "0"),
            Some(Outcome::Unauthorized) => (1, "80ef0191"),
            Some(Outcome::ServerError) => (1, "80ef01f4"),
        };
        let operation =
            if self.operation.is_empty() { String::new() } else { format!("  OperationName:{}\n", self.operation) };
        let error = match outcome {
            Some(Outcome::Unauthorized) => {
                self.error("401 (0x191)", "Unauthorized", "The requested resource requires user authentication.")
            }
            Some(Outcome::ServerError) => {
                self.error("500 (0x1F4)", "Internal Server Error", "The server was unable to process the request.")
            }
            _ => String::new(),
        };
        format!(
            "Executing wws method with {}, asyncContext={async_context},\n context: WebRequest context@ :{pointer}\n  MethodType:{method}\n  ExecutionComplete? :{complete}\n  Callback@ :0C0FFEE0\n  AsyncHResult:{result}\n  TargetUri:{}\n{operation} Error:\n{error}\n.\n",
            self.auth, self.target
        )
    }

    fn error(&self, status: &str, reason: &str, meaning: &str) -> String {
        format!(
            "There was an error communicating with the endpoint at '{}'.\nThe server returned HTTP status code '{status}' with text '{reason}'.\n{meaning}\n",
            self.target
        )
    }
}

/// Writes both blocks of a call.
pub fn client_call(
    stage: &mut Stage,
    start: Time,
    end: Time,
    who: &mut Endpoint,
    block: &Block<'_>,
    outcome: &Outcome,
) {
    let context = stage.ids.upper_hex(8);
    let pointer = 100_000_000 + stage.ids.below(800_000_000);
    let begun = block.text(&context, pointer, None);
    let done = block.text(&context, pointer, Some(outcome));
    who.log.trace(start, WEB_THREAD, "INFO", &begun);
    let level = if matches!(outcome, Outcome::Done) { "INFO" } else { "ERROR" };
    who.log.trace(end, WEB_THREAD, level, &done);
}

/// One request at a web server: which machine, and the number that ties its records together.
pub struct Request {
    site: &'static Site,
    machine: &'static Machine,
    number: u32,
    guid: String,
    /// Who asks, as the reverse proxy tells it.
    client: String,
}

impl Request {
    /// The balancer picks a front end of the pool.
    pub fn new(stage: &mut Stage, who: &Endpoint, site: &'static Site) -> Self {
        let [one, other] = site.members;
        Self {
            site,
            machine: if stage.ids.below(2) == 0 { one } else { other },
            number: 1000 + stage.ids.below(90_000_000) as u32,
            guid: stage.ids.guid(),
            client: who.address.split(':').next().unwrap_or_default().to_owned(),
        }
    }

    /// As it went to one front end.
    pub fn by(self, machine: &'static Machine) -> Self {
        Self { machine, ..self }
    }

    /// A GET with its headers, as one record.
    pub fn get(&self, stage: &mut Stage, at: Time, path: &str, host: &str, ticket: &str) {
        let text = format!(
            "GET {path} HTTP/1.1\nAccept: application/vnd.microsoft.rtc.autodiscover+xml;v=1\nHost: {host}\nUser-Agent: OC/16.0.4600.1000 (Skype for Business)\n{}client-request-id: {}\nX-Forwarded-For: {}\n",
            ticket_header(ticket),
            self.guid,
            self.client
        );
        stage.servers.web(at, self.machine, TRACE_REQUEST, self.number, &text);
    }

    /// A POST as the IIS module notes it: address and verb in one line.
    pub fn post(&self, stage: &mut Stage, at: Time, path: &str) {
        let text = format!("RequestUrl={}{path},RequestVerb=POST", self.site.pool);
        stage.servers.web(at, self.machine, ON_AUTHENTICATE, self.number, &text);
    }

    /// The headers of a POST, in a record of their own.
    pub fn post_headers(&self, stage: &mut Stage, at: Time, ticket: &str) {
        let text = format!(
            "Request headers\nContent-Type: text/xml; charset=utf-8\nHost: {}\n{}client-request-id: {}\nX-Forwarded-For: {}\n",
            self.site.host,
            ticket_header(ticket),
            self.guid,
            self.client
        );
        stage.servers.web(at, self.machine, TRACE_REQUEST, self.number, &text);
    }

    pub fn answer(&self, stage: &mut Stage, at: Time, status: &str, headers: &str, body: &str) {
        let content_type = if body.is_empty() { "" } else { "Content-Type: text/xml; charset=utf-8\n" };
        let text = format!(
            "HTTP/1.1 {status}\nCache-Control: no-cache\nContent-Length: {}\n{content_type}Server: Microsoft-IIS/8.5\n{headers}X-MS-Server-Fqdn: {}\nX-MS-Correlation-Id: {}\nclient-request-id: {}\nX-Content-Type-Options: nosniff\nDate: {}\n",
            body.len(),
            self.machine.fqdn,
            self.number,
            self.guid,
            at.gmt()
        );
        let text = if body.is_empty() { text } else { format!("{text}\n{body}\n") };
        stage.servers.web(at, self.machine, TRACE_RESPONSE, self.number, &text);
    }
}

fn ticket_header(ticket: &str) -> String {
    if ticket.is_empty() { String::new() } else { format!("X-MS-WebTicket: opaque={ticket}\n") }
}

/// Autodiscover, first step: where are the web services? Always answered.
pub fn autodiscover_root(stage: &mut Stage, now: Time, who: &mut Endpoint) -> Time {
    let request = Request::new(stage, who, &POOL_SITE);
    let path = format!("/Autodiscover/AutodiscoverService.svc/root?sipuri=sip:{}", who.user);
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><AutodiscoverResponse xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" AccessLocation=\"External\"><Root><Link token=\"Domain\" href=\"https://{WEB_HOST}/Autodiscover/AutodiscoverService.svc/root/domain\"/><Link token=\"User\" href=\"https://{WEB_HOST}/Autodiscover/AutodiscoverService.svc/root/user\"/></Root></AutodiscoverResponse>"
    );
    request.get(stage, now + 27, &path, "lyncdiscover.contoso.com", "");
    request.answer(stage, now + 35, "200 OK", "", &body);
    let target = format!("https://lyncdiscover.contoso.com{path}");
    let block = Block { auth: "no auth auth", target: &target, operation: "", is_get: true };
    client_call(stage, now, now + 62, who, &block, &Outcome::Done);
    now + 70
}

/// What autodiscover is asked about a user.
pub fn user_path(user: &str) -> String {
    let domain = user.split('@').nth(1).unwrap_or_default();
    format!("/Autodiscover/AutodiscoverService.svc/root/user?originalDomain={domain}&sipuri=sip:{user}")
}

/// Autodiscover, second step, without a ticket: 401 that says where tickets are given out. Normal.
pub fn autodiscover_user(stage: &mut Stage, now: Time, who: &mut Endpoint) -> Time {
    let request = Request::new(stage, who, &POOL_SITE);
    let path = user_path(who.user);
    let headers = format!(
        "X-MS-WebTicketURL: https://{WEB_HOST}/WebTicket/WebTicketService.svc\nX-MS-WebTicketSupported: cwt,saml\nWWW-Authenticate: MsRtcOAuth href=\"https://{WEB_HOST}/WebTicket/oauthtoken\",grant_type=\"urn:microsoft.rtc:windows,urn:microsoft.rtc:anonmeeting,password\"\n"
    );
    request.get(stage, now + 26, &path, WEB_HOST, "");
    request.answer(stage, now + 31, "401 Unauthorized", &headers, "");
    let target = format!("https://{WEB_HOST}{path}");
    let block = Block { auth: "no auth auth", target: &target, operation: "", is_get: true };
    client_call(stage, now, now + 57, who, &block, &Outcome::Unauthorized);
    now + 64
}

/// Autodiscover with a ticket that the pool gave out a moment ago and now does not accept.
pub fn autodiscover_user_refused(
    stage: &mut Stage,
    now: Time,
    who: &mut Endpoint,
    ticket: &str,
    gives_up: bool,
) -> Time {
    let request = Request::new(stage, who, &POOL_SITE);
    let path = user_path(who.user);
    request.get(stage, now + 25, &path, WEB_HOST, ticket);
    let outcome = refuse(stage, now + 34, &request, gives_up);
    let target = format!("https://{WEB_HOST}{path}");
    let block = Block { auth: "Token Auth method, TokenProviderType=2", target: &target, operation: "", is_get: true };
    client_call(stage, now, now + 61, who, &block, &outcome);
    now + 75
}

fn refuse(stage: &mut Stage, at: Time, request: &Request, gives_up: bool) -> Outcome {
    if gives_up {
        request.answer(stage, at, "500 Internal Server Error", "", "");
        Outcome::ServerError
    } else {
        let headers = invalid_ticket(request.site);
        request.answer(stage, at, "401 Unauthorized", &headers, "");
        Outcome::Unauthorized
    }
}

/// A web ticket with Windows credentials: description of the service, two rounds of Negotiate, the ticket.
pub fn web_ticket(stage: &mut Stage, now: Time, who: &mut Endpoint) -> (Time, String) {
    web_ticket_of(stage, now, who, &POOL_SITE)
}

/// As `web_ticket`, at the site of any pool.
pub fn web_ticket_of(stage: &mut Stage, now: Time, who: &mut Endpoint, site: &'static Site) -> (Time, String) {
    let host = site.host;
    let description = Request::new(stage, who, site);
    description.get(stage, now + 24, "/WebTicket/WebTicketService.svc/mex", host, "");
    let wsdl = "<wsdl:definitions xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\" name=\"WebTicketService\" targetNamespace=\"http://tempuri.org/\"/>";
    description.answer(stage, now + 29, "200 OK", "", wsdl);
    let mex = format!("https://{host}/WebTicket/WebTicketService.svc/mex");
    let block = Block { auth: "no auth auth", target: &mex, operation: "", is_get: true };
    client_call(stage, now, now + 55, who, &block, &Outcome::Done);

    let start = now + 61;
    let path = "/WebTicket/WebTicketService.svc/WebTicket_Proof";
    let request = Request::new(stage, who, site);
    let mut at = start + 25;
    let server_token = base64(&stage.ids.bytes(190));
    for challenge in ["Negotiate".to_owned(), format!("Negotiate {server_token}")] {
        // IIS answers each round on its own: a new number, the same machine.
        let round = Request { machine: request.machine, ..Request::new(stage, who, site) };
        round.post(stage, at, path);
        let headers = format!("WWW-Authenticate: {challenge}\nWWW-Authenticate: NTLM\n");
        round.answer(stage, at + 6, "401 Unauthorized", &headers, "");
        at = at + 52;
    }
    request.post(stage, at, path);
    request.post_headers(stage, at + 1, "");
    let ticket = format!("cwt={}", base64(&stage.ids.bytes(231)));
    let id = stage.ids.guid();
    let until = at + 8 * 3_600_000;
    let body = format!(
        "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><RequestSecurityTokenResponseCollection xmlns=\"http://docs.oasis-open.org/ws-sx/ws-trust/200512\"><RequestSecurityTokenResponse Context=\"{id}\"><TokenType>urn:component:Microsoft.Rtc.WebAuthentication.2010:user-cwt-1</TokenType><AppliesTo xmlns=\"http://schemas.xmlsoap.org/ws/2004/09/policy\"><EndpointReference xmlns=\"http://www.w3.org/2005/08/addressing\"><Address>https://{host}/</Address></EndpointReference></AppliesTo><Lifetime><Created>{}</Created><Expires>{}</Expires></Lifetime><RequestedSecurityToken><BinarySecurityToken>{ticket}</BinarySecurityToken></RequestedSecurityToken></RequestSecurityTokenResponse></RequestSecurityTokenResponseCollection></s:Body></s:Envelope>",
        at.iso(),
        until.iso()
    );
    request.answer(stage, at + 12, "200 OK", "", &body);
    let target = format!("https://{host}{path}");
    let block = Block {
        auth: "windows auth",
        target: &target,
        operation: "http://tempuri.org/:IWebTicketService",
        is_get: false,
    };
    client_call(stage, start, at + 39, who, &block, &Outcome::Done);
    (at + 45, ticket)
}

/// The certificate service with a ticket that the pool does not accept.
pub fn certificate_refused(stage: &mut Stage, now: Time, who: &mut Endpoint, ticket: &str, gives_up: bool) -> Time {
    let path = "/CertProv/CertProvisioningService.svc/WebTicket_Proof_SHA1";
    let request = Request::new(stage, who, &POOL_SITE);
    request.post(stage, now + 25, path);
    request.post_headers(stage, now + 26, ticket);
    let outcome = refuse(stage, now + 37, &request, gives_up);
    let target = format!("https://{WEB_HOST}/CertProv/CertProvisioningService.svc/WebTicket_Proof_SHA1");
    let block = Block {
        auth: "Token Auth method, TokenProviderType=2",
        target: &target,
        operation: "http://tempuri.org/:ICertProvisioningService",
        is_get: false,
    };
    client_call(stage, now, now + 66, who, &block, &outcome);
    now + 180
}

/// An autodiscover request from inside, on the internal site, with a ticket that is accepted.
pub fn internal_autodiscover(stage: &mut Stage, now: Time, who: &Endpoint) {
    let user = who.user;
    let request = Request::new(stage, who, &POOL_SITE);
    let ticket = format!("cwt={}", base64(&stage.ids.bytes(231)));
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><AutodiscoverResponse AccessLocation=\"Internal\"><User><SipServerInternalAccess fqdn=\"fepool01.contoso.com\" port=\"5061\"/><SipClientInternalAccess fqdn=\"fepool01.contoso.com\" port=\"5061\"/><Link token=\"Internal/Ucwa\" href=\"https://fepool01.contoso.com/ucwa/v1/applications?user={user}\"/></User></AutodiscoverResponse>"
    );
    request.get(stage, now, &user_path(user), "fepool01.contoso.com", &ticket);
    request.answer(stage, now + 9, "200 OK", "", &body);
}
