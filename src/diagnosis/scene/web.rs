//! What a server writes of the web side of a sign-in.

use super::{Server, lines};

/// The header of an answer that refuses a ticket.
pub const INVALID_TICKET: &str = "X-Ms-diagnostics: 28032;source=\"webext.contoso.com/\";reason=\"The web ticket is \
                                  invalid.\";faultcode=\"wsse:InvalidSecurityToken\"";

impl Server {
    fn autodiscover_user(&mut self, user: &str, ticket: &str, status: &str, answers: &str, body: &str) {
        let url = format!(
            "https://{}/Autodiscover/AutodiscoverService.svc/root/user?originalDomain=contoso.com&sipuri=sip:{user}",
            self.site
        );
        let ticket = if ticket.is_empty() { String::new() } else { format!("\nX-MS-WebTicket: opaque=cwt={ticket}") };
        self.web("GET", &url, &format!("Accept: */*{ticket}"), status, answers, body);
    }

    /// Autodiscover without a ticket: 401 that says where to get one.
    pub fn asks_for_a_ticket(&mut self, user: &str) {
        let answers = "X-MS-WebTicketURL: https://webext.contoso.com/WebTicket/WebTicketService.svc";
        self.autodiscover_user(user, "", "401 Unauthorized", answers, "");
    }

    /// One 401 of the web server's own Windows handshake.
    pub fn windows_round(&mut self) {
        let url = format!("https://{}/WebTicket/WebTicketService.svc/WebTicket_Proof", self.site);
        self.web("POST", &url, "", "401 Unauthorized", "WWW-Authenticate: Negotiate\nWWW-Authenticate: NTLM", "");
    }

    /// A ticket that is good for eight hours.
    pub fn gives_ticket(&mut self, user: &str, ticket: &str) {
        let url = format!("https://{}/WebTicket/WebTicketService.svc/WebTicket_Proof", self.site);
        let claim = format!("<auth:ClaimType Uri=\"claims/uri\"><auth:Value>sip:{user}</auth:Value></auth:ClaimType>");
        let body = format!(
            "<RequestSecurityTokenResponse><Lifetime><wsu:Created>2024-11-20T09:00:00Z</wsu:Created><wsu:Expires>\
             2024-11-20T17:00:00Z</wsu:Expires></Lifetime><wsse:BinarySecurityToken Id=\"1\">cwt={ticket}\
             </wsse:BinarySecurityToken></RequestSecurityTokenResponse>"
        );
        self.web("POST", &url, &format!("Content-Type: text/xml\n{claim}"), "200 OK", "", &body);
    }

    /// Autodiscover with a ticket that is refused as invalid.
    pub fn refuses_ticket(&mut self, user: &str, ticket: &str) {
        self.autodiscover_user(user, ticket, "401 Unauthorized", INVALID_TICKET, "");
    }

    /// Autodiscover with a ticket, answered 500.
    pub fn gives_up(&mut self, user: &str, ticket: &str) {
        self.autodiscover_user(user, ticket, "500 Internal Server Error", "", "");
    }

    /// Autodiscover with a ticket that is accepted.
    pub fn accepts_ticket(&mut self, user: &str, ticket: &str) {
        self.autodiscover_user(user, ticket, "200 OK", "", "<AutodiscoverResponse><User/></AutodiscoverResponse>");
    }

    /// Autodiscover with a ticket, which sends the client on.
    pub fn redirects(&mut self, user: &str, ticket: &str, href: &str) {
        let body = format!(
            "<AutodiscoverResponse><User><Link token=\"Redirect\" href=\"{href}\"/></User></AutodiscoverResponse>"
        );
        self.autodiscover_user(user, ticket, "200 OK", "", &body);
    }

    /// Autodiscover with a ticket or without, answered 404; by the server or by a reverse proxy before it.
    pub fn knows_no_user(&mut self, user: &str, ticket: &str, is_proxy: bool) {
        let body = if is_proxy { "<html>Not found</html>" } else { "" };
        self.is_proxy = is_proxy;
        self.autodiscover_user(user, ticket, "404 Not Found", "", body);
        self.is_proxy = false;
    }

    /// The certificate service: a request with a ticket in its envelope.
    pub fn certificate(&mut self, user: &str, status: &str, answers: &str) {
        let url = format!("https://{}/CertProv/CertProvisioningService.svc/WebTicket_Proof_SHA1", self.site);
        let asks = format!("Content-Type: text/xml\n<GetAndPublishCert DeviceId=\"1\" Entity=\"{user}\">");
        self.web("POST", &url, &asks, status, answers, "");
    }

    /// Any line of the web components.
    pub fn web_line(&mut self, text: &str) {
        let header = self.header("INFO", "TF_COMPONENT", "WebInfrastructure,HttpTracer.Trace:httptracer.cs(1)");
        self.lines += &format!("{header} {}", lines(text).replace('\n', "\r\n"));
    }

    /// The same by a thread, with a number that may tie it to others.
    pub fn line_of(&mut self, thread: &str, correlation: &str, text: &str) {
        let header = self.header("INFO", "TF_COMPONENT", "WebInfrastructure,HttpTracer.Trace:httptracer.cs(1)");
        let header = header.replace(".0B40::", &format!(".{thread}::"));
        let header = header.replace(&format!("[{}]", self.correlation), &format!("[{correlation}]"));
        self.lines += &format!("{header} {}", lines(text).replace('\n', "\r\n"));
    }
}

/// Of what was found, what is said of refused tickets.
pub fn of_tickets(found: &[String]) -> Vec<&str> {
    let is_own = |line: &&str| line.starts_with("web-ticket-") && !line.starts_with("web-ticket-issued");
    found.iter().map(String::as_str).filter(is_own).collect()
}
