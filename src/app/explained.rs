//! What a message means, put together when it is selected: codes, status, decoded authentication, body in brief.
//!
//! What is decoded holds no secrets; readers of tokens and bodies pass them over.

use super::steps::Step;
use crate::diagnosis::knowledge::{Explanation, HresultEntry, Knowledge, Place, with_source};
use crate::index::{Entry, Index, RowId};
use crate::protocol::diagnostics::Diagnostic;
use crate::protocol::facts::Fact;
use crate::protocol::{Auth, AuthRole, Body, Protocol};

/// The meaning of one message.
#[derive(Clone, Debug, Default)]
pub struct Explained {
    /// What it is in its sign-in.
    pub step: Option<Step>,
    /// `401 Unauthorized`, and what that means.
    pub status: Option<(String, String)>,
    pub codes: Vec<Code>,
    /// What authentication headers and body say, each under a title.
    pub decoded: Vec<(String, Vec<Fact>)>,
}

/// A diagnostic code of the message.
#[derive(Clone, Debug)]
pub struct Code {
    pub code: u32,
    /// With its second number: `1.2`.
    pub number: String,
    /// As the log says it, or as servers usually do.
    pub reason: Option<String>,
    pub meaning: Explanation,
    pub params: Vec<Param>,
    pub errors: Vec<HresultEntry>,
}

/// A parameter beside a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Param {
    pub name: String,
    pub value: String,
    /// What the parameter is, where that is known.
    pub gloss: String,
}

impl Explained {
    pub(super) fn of(index: &Index, row: RowId, entry: &Entry) -> Self {
        let knowledge = Knowledge::current();
        let protocol = if entry.protocol == Some("http") { Protocol::Http } else { Protocol::Sip };
        let status = entry.status.and_then(|status| knowledge.status(protocol, status));
        let decoded = index.with_record(row, |record| {
            let message = record.message.as_ref()?;
            let mut decoded: Vec<(String, Vec<Fact>)> = message.auths().iter().map(authentication).collect();
            decoded.extend(Body::read(message.body).map(|body| (body_title(&body).to_owned(), body.facts())));
            decoded.retain(|(_, facts)| !facts.is_empty());
            Some(decoded)
        });
        Self {
            step: None,
            status: status
                .map(|known| (format!("{} {}", known.status, known.title), with_source(&known.gloss, known.is_own))),
            codes: entry.diagnostics.iter().map(|diagnostic| Code::of(knowledge, diagnostic)).collect(),
            decoded: decoded.flatten().unwrap_or_default(),
        }
    }

    /// Whether there is anything to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.step.is_none() && self.status.is_none() && self.codes.is_empty() && self.decoded.is_empty()
    }
}

fn authentication(auth: &Auth<'_>) -> (String, Vec<Fact>) {
    let who = match auth.role {
        AuthRole::Challenge => "The server offers",
        AuthRole::Credentials => "The client sends",
        AuthRole::Info => "The server signs with",
    };
    let mut facts = auth.facts();
    facts.retain(|(label, _)| *label != "Package");
    (format!("{who} {}", auth.package_name()), facts)
}

fn body_title(body: &Body) -> &'static str {
    match body {
        Body::Sdp(_) => "Body: media offer (SDP)",
        Body::Soap(_) => "Body: web service message (SOAP)",
        Body::Autodiscover(_) => "Body: autodiscover answer",
        Body::Registration(_) => "Body: registration event",
    }
}

impl Code {
    fn of(knowledge: &Knowledge, diagnostic: &Diagnostic) -> Self {
        let meaning = knowledge.explain_code(diagnostic.code, diagnostic.reason.as_deref());
        let sub = diagnostic.sub.map(|sub| format!(".{sub}")).unwrap_or_default();
        let named = [("header", Some(&diagnostic.header)), ("source", diagnostic.source.as_ref())];
        let named = named.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let params = named.chain(diagnostic.params.iter().map(|(name, value)| (name.as_str(), value)));
        let params = params.map(|(name, value)| {
            let known = knowledge.name_in(Place::Diagnostics, name);
            Param {
                name: name.to_owned(),
                value: value.clone(),
                gloss: known.map(|known| with_source(&known.gloss, known.is_own)).unwrap_or_default(),
            }
        });
        let is_error = |name: &str, value: &str| name.contains("hresult") || value.starts_with("0x");
        let errors = diagnostic.params.iter().filter(|(name, value)| is_error(name, value));
        Self {
            code: diagnostic.code,
            number: format!("{}{sub}", diagnostic.code),
            reason: meaning.reason.clone(),
            params: params.collect(),
            errors: errors.filter_map(|(_, value)| knowledge.hresult_of_text(value)).collect(),
            meaning,
        }
    }
}
