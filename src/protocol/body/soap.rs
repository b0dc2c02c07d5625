//! SOAP of the web ticket and certificate services ([MS-OCAUTHWS], WS-Trust 1.3): what was asked for, the ticket that
//! came or the fault that came instead. What stands in a ticket is never read.

use super::xml::{self, Event};
use crate::protocol::facts::{Fact, Facts, utc};
use chrono::DateTime;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Soap {
    /// The first element of the body: `GetAndPublishCert`, `RequestSecurityToken`, `Fault`.
    pub operation: Option<String>,
    pub fault: Option<Fault>,
    pub ticket: Option<Ticket>,
}

/// SOAP 1.1 4.4, SOAP 1.2 part 1 5.4, [MS-OCAUTHWS] 2.2.4.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fault {
    /// `wsse:InvalidSecurityToken`; the closest one where there are several.
    pub code: Option<String>,
    pub text: Option<String>,
    /// The diagnostic code and its reason.
    pub error_id: Option<u32>,
    pub reason: Option<String>,
    /// Everything else that the detail says, as `Name: text`.
    pub detail: Vec<String>,
}

/// A ticket, or the request for one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ticket {
    pub token_type: Option<String>,
    /// The address of the service that it is for.
    pub applies_to: Option<String>,
    /// The user that a request names.
    pub claim: Option<String>,
    /// Milliseconds since 1970.
    pub created: Option<i64>,
    pub expires: Option<i64>,
    /// What kind of ticket came; `None` where none did.
    pub kind: Option<TicketKind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketKind {
    /// A compact web ticket of the pool.
    Compact,
    Saml,
    Encrypted,
    Certificate,
    Other,
}

/// The lines of a detail that are kept.
const MOST_DETAILS: usize = 8;

impl Soap {
    /// Reads a body. `None` where it is no SOAP.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let is_soap = xml::root(text)
            .is_some_and(|root| root == "Envelope" || root == "Fault" || root.starts_with("RequestSecurityToken"));
        if !is_soap {
            return None;
        }
        let mut soap = Self::default();
        xml::walk(text, |path, event| soap.take(path, event));
        Some(soap)
    }

    fn take(&mut self, path: &[&str], event: Event<'_>) {
        let is_in = |name: &str| path.contains(&name);
        if let (["Envelope", "Body", operation], Event::Start(_), None) = (path, &event, &self.operation) {
            self.operation = Some((*operation).to_owned());
        }
        if is_in("Fault") {
            self.fault.get_or_insert_default().take(path, event);
        } else if is_in("RequestSecurityToken") || is_in("RequestSecurityTokenResponse") {
            self.ticket.get_or_insert_default().take(path, event);
        }
    }

    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Facts::default();
        facts.add_some("Operation", self.operation.as_ref());
        if let Some(fault) = &self.fault {
            facts.add_some("Fault", fault.code.as_ref());
            facts.add_some("Fault text", fault.text.as_ref());
            facts.add_some("Error ID", fault.error_id.map(|id| id.to_string()));
            facts.add_some("Reason", fault.reason.as_ref());
            facts.add("Detail", fault.detail.join(", "));
        }
        if let Some(ticket) = &self.ticket {
            let kind = ticket.kind.map(|kind| match kind {
                TicketKind::Compact => "compact web ticket",
                TicketKind::Saml => "SAML assertion",
                TicketKind::Encrypted => "encrypted",
                TicketKind::Certificate => "certificate",
                TicketKind::Other => "of another kind",
            });
            facts.add_some("Ticket", kind);
            facts.add_some("Ticket type", ticket.token_type.as_ref());
            facts.add_some("Applies to", ticket.applies_to.as_ref());
            facts.add_some("User", ticket.claim.as_ref());
            facts.add_some("Valid from", ticket.created.map(utc));
            facts.add_some("Valid until", ticket.expires.map(utc));
        }
        facts.done()
    }
}

impl Fault {
    fn take(&mut self, path: &[&str], event: Event<'_>) {
        let Event::Text(text) = event else { return };
        match path {
            // A code inside a code says more.
            [.., "faultcode"] | [.., "Code" | "Subcode", "Value"] => self.code = Some(text),
            [.., "faultstring"] | [.., "Reason", "Text"] => {
                self.text.get_or_insert(text);
            }
            [.., "ErrorId"] => self.error_id = self.error_id.or(text.parse().ok()),
            [.., "Ms-Diagnostics-Fault", "Reason"] => {
                self.reason.get_or_insert(text);
            }
            [.., "detail" | "Detail"] => self.detail(text),
            [.., name] if path.contains(&"detail") || path.contains(&"Detail") => {
                self.detail(format!("{name}: {text}"));
            }
            _ => {}
        }
    }

    fn detail(&mut self, line: String) {
        if self.detail.len() < MOST_DETAILS {
            self.detail.push(line);
        }
    }
}

impl Ticket {
    fn take(&mut self, path: &[&str], event: Event<'_>) {
        match (path, event) {
            ([.., "RequestedSecurityToken", name], Event::Start(attributes)) => {
                let value_type = attributes.get("ValueType").unwrap_or_default();
                self.kind = Some(match *name {
                    "Assertion" => TicketKind::Saml,
                    "EncryptedData" | "EncryptedAssertion" => TicketKind::Encrypted,
                    "BinarySecurityToken" if value_type.contains("X509") => TicketKind::Certificate,
                    "BinarySecurityToken" if self.is_compact(&value_type) => TicketKind::Compact,
                    _ => TicketKind::Other,
                });
            }
            // Whatever else stands in a ticket is a secret.
            _ if path.contains(&"RequestedSecurityToken") || path.contains(&"RequestedProofToken") => {}
            ([.., "TokenType"], Event::Text(text)) => self.token_type = Some(text),
            ([.., "Address"], Event::Text(text)) if path.contains(&"AppliesTo") => self.applies_to = Some(text),
            ([.., "ClaimType", "Value"], Event::Text(text)) => self.claim = Some(text),
            ([.., "Lifetime", "Created"], Event::Text(text)) => self.created = moment(&text),
            ([.., "Lifetime", "Expires"], Event::Text(text)) => self.expires = moment(&text),
            _ => {}
        }
    }

    fn is_compact(&self, value_type: &str) -> bool {
        [value_type, self.token_type.as_deref().unwrap_or_default()].iter().any(|name| name.contains("cwt"))
    }
}

/// `2024-11-20T13:21:21.118Z` in milliseconds since 1970.
fn moment(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESPONSE: &str = "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>\
        <RequestSecurityTokenResponseCollection><RequestSecurityTokenResponse Context=\"1\">\
        <TokenType>urn:component:Microsoft.Rtc.WebAuthentication.2010:user-cwt-1</TokenType>\
        <wsp:AppliesTo><a:EndpointReference><a:Address>https://webext.contoso.com/</a:Address></a:EndpointReference></wsp:AppliesTo>\
        <Lifetime><u:Created>2024-11-20T13:21:21Z</u:Created><u:Expires>2024-11-20T21:21:21.5Z</u:Expires></Lifetime>\
        <RequestedSecurityToken><BinarySecurityToken>cwt=c2VjcmV0</BinarySecurityToken></RequestedSecurityToken>\
        <RequestedProofToken><BinarySecret>c2VjcmV0</BinarySecret></RequestedProofToken>\
        </RequestSecurityTokenResponse></RequestSecurityTokenResponseCollection></s:Body></s:Envelope>";

    #[test]
    fn a_ticket_and_its_life_but_not_its_content() {
        let soap = Soap::read(RESPONSE).expect("an envelope");
        let ticket = soap.ticket.clone().expect("a ticket");
        assert_eq!(
            (ticket.kind, ticket.applies_to.as_deref()),
            (Some(TicketKind::Compact), Some("https://webext.contoso.com/"))
        );
        assert_eq!((ticket.created, ticket.expires), (Some(1_732_108_881_000), Some(1_732_137_681_500)));
        assert!(soap.facts().contains(&("Valid until", "2024-11-20 21:21:21 UTC".to_owned())));
        assert!(!format!("{soap:?}").contains("c2VjcmV0"));
    }

    #[test]
    fn a_ticket_that_is_cut_is_one_that_came() {
        let cut = RESPONSE.split_once("c2Vj").expect("a token").0;
        let ticket = Soap::read(cut).and_then(|soap| soap.ticket).expect("a ticket");
        assert_eq!((ticket.kind, ticket.expires.is_some()), (Some(TicketKind::Compact), true));
        let empty = RESPONSE.replace("<BinarySecurityToken>cwt=c2VjcmV0</BinarySecurityToken>", "");
        assert_eq!(Soap::read(&empty).and_then(|soap| soap.ticket).and_then(|ticket| ticket.kind), None);
        let saml = RESPONSE.replace("BinarySecurityToken", "saml:Assertion");
        assert_eq!(
            Soap::read(&saml).and_then(|soap| soap.ticket).and_then(|ticket| ticket.kind),
            Some(TicketKind::Saml)
        );
    }

    #[test]
    fn a_request_names_the_user_and_the_service() {
        let text = "<s:Envelope><s:Body><wst:RequestSecurityToken><wsp:AppliesTo><wsa:EndpointReference>\
            <wsa:Address>https://webext.contoso.com/CertProv</wsa:Address></wsa:EndpointReference></wsp:AppliesTo>\
            <wst:Claims><auth:ClaimType Uri=\"x\"><auth:Value>sip:anna@contoso.com</auth:Value></auth:ClaimType>\
            </wst:Claims></wst:RequestSecurityToken></s:Body></s:Envelope>";
        let soap = Soap::read(text).expect("an envelope");
        assert_eq!(soap.operation.as_deref(), Some("RequestSecurityToken"));
        assert!(soap.facts().contains(&("User", "sip:anna@contoso.com".to_owned())));
    }

    #[test]
    fn faults_of_both_versions() {
        let old = "<s:Envelope><s:Body><s:Fault><faultcode>wsse:FailedAuthentication</faultcode>\
            <faultstring xml:lang=\"en\">No valid security token.</faultstring><detail><af:OCSDiagnosticsFault>\
            <af:Ms-Diagnostics-Fault><af:ErrorId>28020</af:ErrorId><af:Reason>No valid token &amp; no way</af:Reason>\
            <af:Extra>more</af:Extra></af:Ms-Diagnostics-Fault></af:OCSDiagnosticsFault></detail></s:Fault></s:Body>";
        let wanted = Fault {
            code: Some("wsse:FailedAuthentication".to_owned()),
            text: Some("No valid security token.".to_owned()),
            error_id: Some(28020),
            reason: Some("No valid token & no way".to_owned()),
            detail: vec!["Extra: more".to_owned()],
        };
        let soap = Soap::read(old).expect("an envelope");
        assert_eq!((soap.operation.as_deref(), soap.fault), (Some("Fault"), Some(wanted)));

        let new = "<s:Envelope><s:Body><s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode>\
            <s:Value>a:InvalidSecurityToken</s:Value></s:Subcode></s:Code><s:Reason><s:Text>An error</s:Text>";
        let fault = Soap::read(new).and_then(|soap| soap.fault).expect("a fault");
        assert_eq!((fault.code.as_deref(), fault.text.as_deref()), (Some("a:InvalidSecurityToken"), Some("An error")));
        assert_eq!(Soap::read("<html><body>401</body></html>"), None);
    }
}
