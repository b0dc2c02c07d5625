//! Answers of autodiscover ([MS-OCDISCWS] 2.2.5): where to ask next, and the servers of a user. XML, or JSON as newer
//! clients ask for it.

use super::xml::{self, Attributes, Event};
use crate::protocol::facts::{Fact, Facts};
use serde_json::Value;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Autodiscover {
    /// `Internal` or `External`: how the server sees the client.
    pub access_location: Option<String>,
    pub links: Vec<Link>,
    pub servers: Vec<Server>,
    pub user: Option<String>,
}

/// An address and what is found there: `User`, `Internal/Ucwa`, `Redirect`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub token: String,
    pub href: String,
}

/// Where the user signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub kind: ServerKind,
    pub host: String,
    pub port: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServerKind {
    ServerInternal,
    ClientInternal,
    ServerExternal,
    ClientExternal,
}

/// An answer has about twenty.
const MOST_LINKS: usize = 200;

impl Autodiscover {
    /// Reads a body. `None` where it is no such answer.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text.trim_start().starts_with('{') {
            return Self::read_json(text);
        }
        xml::root(text).filter(|root| *root == "AutodiscoverResponse")?;
        let mut answer = Self::default();
        xml::walk(text, |path, event| match event {
            Event::Start(attributes) => answer.start(path.last().copied().unwrap_or_default(), attributes),
            Event::Text(text) if path.last() == Some(&"AuthenticatedUser") => answer.user = Some(text),
            Event::Text(_) => {}
        });
        Some(answer)
    }

    fn start(&mut self, name: &str, attributes: Attributes<'_>) {
        let kind = match name {
            "AutodiscoverResponse" => {
                self.access_location = attributes.get("AccessLocation");
                return;
            }
            "Link" => {
                self.link(attributes.get("token").unwrap_or_default(), attributes.get("href"));
                return;
            }
            "Redirect" => {
                self.link("Redirect".to_owned(), attributes.get("href"));
                return;
            }
            "AuthenticatedUser" => {
                self.user = attributes.get("SipUri").or_else(|| attributes.get("sipuri"));
                return;
            }
            "SipServerInternalAccess" => ServerKind::ServerInternal,
            "SipClientInternalAccess" => ServerKind::ClientInternal,
            "SipServerExternalAccess" => ServerKind::ServerExternal,
            "SipClientExternalAccess" => ServerKind::ClientExternal,
            _ => return,
        };
        if let Some(host) = attributes.get("fqdn").filter(|host| !host.is_empty() && self.servers.len() < MOST_LINKS) {
            let port = attributes.get("port").and_then(|port| port.parse().ok());
            self.servers.push(Server { kind, host, port });
        }
    }

    fn link(&mut self, token: String, href: Option<String>) {
        if let Some(href) = href.filter(|_| self.links.len() < MOST_LINKS) {
            self.links.push(Link { token, href });
        }
    }

    /// Links stand in `_links` under their names, or in a list with their tokens.
    fn read_json(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let mut answer = Self {
            access_location: value.get("AccessLocation").and_then(Value::as_str).map(str::to_owned),
            ..Self::default()
        };
        answer.json_links("", &value);
        (!answer.links.is_empty()).then_some(answer)
    }

    /// The depth of a JSON text has an end, which its reader sets.
    fn json_links(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                if let Some(href) = fields.get("href").and_then(Value::as_str) {
                    let token = fields.get("token").and_then(Value::as_str).unwrap_or(name);
                    self.link(token.to_owned(), Some(href.to_owned()));
                }
                fields.iter().for_each(|(name, value)| self.json_links(name, value));
            }
            Value::Array(list) => list.iter().for_each(|value| self.json_links(name, value)),
            _ => {}
        }
    }

    /// Where the client has to ask instead.
    #[must_use]
    pub fn redirect(&self) -> Option<&str> {
        self.links.iter().find(|link| link.token.eq_ignore_ascii_case("redirect")).map(|link| link.href.as_str())
    }

    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Facts::default();
        facts.add_some("Access from", self.access_location.as_ref());
        facts.add_some("User", self.user.as_ref());
        facts.add_some("Redirect to", self.redirect());
        for Server { kind, host, port } in &self.servers {
            let label = match kind {
                ServerKind::ServerInternal => "Internal server",
                ServerKind::ClientInternal => "Internal server for clients",
                ServerKind::ServerExternal => "External server",
                ServerKind::ClientExternal => "External server for clients",
            };
            facts.add(label, port.map_or(host.clone(), |port| format!("{host}:{port}")));
        }
        for link in self.links.iter().filter(|link| !link.token.eq_ignore_ascii_case("redirect")) {
            facts.add("Link", format!("{} {}", link.token, link.href));
        }
        facts.done()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_of_a_user() {
        let text = "<?xml version=\"1.0\"?><AutodiscoverResponse AccessLocation=\"External\"><User>\
            <SipServerInternalAccess fqdn=\"fepool01.contoso.com\" port=\"5061\"/>\
            <SipClientExternalAccess fqdn=\"sip.contoso.com \" port=\"443\"/>\
            <Link token =\"Internal/Ucwa\" href=\"https://fepool01.contoso.com/ucwa?a=1&amp;b=2\"/>\
            <AuthenticatedUser>sip:anna@contoso.com</AuthenticatedUser></User></AutodiscoverResponse>";
        let answer = Autodiscover::read(text).expect("an answer");
        assert_eq!(answer.redirect(), None);
        assert_eq!(
            answer.facts(),
            [
                ("Access from", "External"),
                ("User", "sip:anna@contoso.com"),
                ("Internal server", "fepool01.contoso.com:5061"),
                ("External server for clients", "sip.contoso.com:443"),
                ("Link", "Internal/Ucwa https://fepool01.contoso.com/ucwa?a=1&b=2"),
            ]
            .map(|(label, value)| (label, value.to_owned()))
        );
    }

    #[test]
    fn a_redirect_in_every_form() {
        let next = "https://lyncdiscover.fabrikam.com/";
        for text in [
            format!("<x:AutodiscoverResponse><Root><Link token=\"Redirect\" href=\"{next}\"/></Root>"),
            format!("<AutodiscoverResponse><Root><Link token=\"Redirect\" href=\"{next}"),
            format!("{{\"_links\":{{\"redirect\":{{\"href\":\"{next}\"}}}}}}"),
            format!("{{\"Root\":{{\"Links\":[{{\"href\":\"{next}\",\"token\":\"Redirect\"}}]}}}}"),
        ] {
            let answer = Autodiscover::read(&text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(answer.redirect(), Some(next), "{text}");
        }
        assert_eq!(Autodiscover::read("{\"error\":\"x\"}"), None);
        assert_eq!(Autodiscover::read("<html/>"), None);
    }
}
