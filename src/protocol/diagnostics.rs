//! Diagnostic codes: `ms-diagnostics` and everything else that carries such a code.
//!
//! Grammar: [MS-OCER] 2.2.1.2 (`ErrorId [ "." SubErrorId ] ; name="value" ...`), [MS-OCAUTHWS] 3.2.4.1
//! for the HTTP header. Traces break it in many ways (any order, any quotes, blanks, no closing quote),
//! so only the number is needed; the rest is read as far as it goes.

use super::lines::to_text;
use super::params::{Param, Params};
use super::start_line::strip_prefix_ignore_case;
use memchr::memmem::Finder;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Searchers made once: making one costs more than searching a message with it.
static SDP: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"SDP-diagnostics:"));
static ERROR_ID: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"ErrorId>"));
static ERROR_CODE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"ErrorCode="));
static DIAG_CODE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"diag code=0x"));
static DIAGNOSTICS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"iagnostics"));

/// One code with what stood beside it. Scripts see these fields by these names.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Diagnostic {
    /// Name of the header in lower case, or what stands for one: `soap-fault`, `sdp-diagnostics`,
    /// `error-code`, `diag-code`.
    pub header: String,
    pub code: u32,
    pub sub: Option<u32>,
    pub reason: Option<String>,
    pub source: Option<String>,
    /// All other parameters, names in lower case.
    pub params: BTreeMap<String, String>,
}

impl Diagnostic {
    /// Reads a header value. `None` where it does not start with a number.
    #[must_use]
    pub fn parse(header: &str, value: &[u8]) -> Option<Self> {
        let code = code(value)?;
        let text = to_text(value);
        let rest = text.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
        let (sub, rest) = match rest.strip_prefix('.') {
            Some(after) => {
                let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                let (sub, rest) = after.split_at_checked(digits).unwrap_or((after, ""));
                (sub.parse().ok(), rest)
            }
            None => (None, rest),
        };
        Some(Self::with_params(header, code, sub, parameters(rest, b";")))
    }

    fn with_params(header: &str, code: u32, sub: Option<u32>, mut params: BTreeMap<String, String>) -> Self {
        let reason = params.remove("reason");
        let source = params.remove("source");
        Self { header: header.to_ascii_lowercase(), code, sub, reason, source, params }
    }
}

/// The number a diagnostics value starts with.
#[must_use]
#[inline]
pub fn code(value: &[u8]) -> Option<u32> {
    leading_number(value.trim_ascii_start())
}

fn leading_number(text: &[u8]) -> Option<u32> {
    let mut number = None;
    for digit in text.iter().take_while(|byte| byte.is_ascii_digit()) {
        number = Some(number.unwrap_or(0u32).checked_mul(10)?.checked_add(u32::from(digit - b'0'))?);
    }
    number
}

/// A place in a text where a code stands outside a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loose<'a> {
    pub kind: LooseKind,
    pub code: u32,
    /// What follows the number.
    rest: &'a [u8],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LooseKind {
    SoapFault,
    SdpDiagnostics,
    ErrorCode,
    DiagCode,
    /// A diagnostics header in the middle of a trace text.
    Header(&'static str),
}

impl Loose<'_> {
    #[must_use]
    pub fn to_diagnostic(self) -> Diagnostic {
        let line = || to_text(super::lines::split_line(self.rest).0);
        let header = match self.kind {
            LooseKind::SoapFault => {
                let fault = to_text(self.rest);
                let reason = between(&fault, "Reason>", "</");
                let params = reason.map(|reason| ("reason".to_owned(), reason.trim().to_owned())).into_iter().collect();
                return Diagnostic::with_params("soap-fault", self.code, None, params);
            }
            LooseKind::ErrorCode => {
                return Diagnostic::with_params("error-code", self.code, None, parameters(&line(), b","));
            }
            LooseKind::DiagCode => return Diagnostic::with_params("diag-code", self.code, None, BTreeMap::new()),
            LooseKind::SdpDiagnostics => "sdp-diagnostics",
            LooseKind::Header(name) => name,
        };
        let value = format!("{}{}", self.code, line());
        Diagnostic::parse(header, value.as_bytes())
            .unwrap_or_else(|| Diagnostic::with_params(header, self.code, None, BTreeMap::new()))
    }
}

/// Finds the codes in a message body: SOAP faults and SDP attributes ([MS-SDPEXT] 3.1.5.26).
pub fn in_body<'a>(body: &'a [u8], mut found: impl FnMut(Loose<'a>)) {
    let body = body.trim_ascii_start();
    if body.starts_with(b"v=") {
        each_after(body, &SDP, |_, rest| loose(LooseKind::SdpDiagnostics, rest).into_iter().for_each(&mut found));
    } else if body.contains(&b'<') {
        each_fault(body, |rest| loose(LooseKind::SoapFault, rest).into_iter().for_each(&mut found));
    }
}

/// Finds the codes in a text that holds no message: lines of server components, the client's verdict.
pub fn in_text<'a>(text: &'a [u8], mut found: impl FnMut(Loose<'a>)) {
    each_after(text, &ERROR_CODE, |_, rest| loose(LooseKind::ErrorCode, rest).into_iter().for_each(&mut found));
    each_after(text, &DIAG_CODE, |_, rest| {
        let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let code = rest.get(..digits).and_then(|hex| u32::from_str_radix(str::from_utf8(hex).ok()?, 16).ok());
        if let Some(code) = code {
            found(Loose { kind: LooseKind::DiagCode, code, rest: &[] });
        }
    });
    each_after(text, &DIAGNOSTICS, |at, rest| {
        let Some(name) = text.get(..at).and_then(header_name_at_end) else { return };
        let (name, rest) = match strip_prefix_ignore_case(rest, b"-public") {
            Some(rest) => ("ms-diagnostics-public", rest),
            None => (name, rest),
        };
        let rest = rest.trim_ascii_start();
        let value = rest.strip_prefix(b":").or_else(|| strip_prefix_ignore_case(rest, b"error "));
        loose(LooseKind::Header(name), value.unwrap_or_default()).into_iter().for_each(&mut found);
    });
    each_fault(text, |rest| loose(LooseKind::SoapFault, rest).into_iter().for_each(&mut found));
}

fn header_name_at_end(text: &[u8]) -> Option<&'static str> {
    let ends = |name: &str| {
        text.len()
            .checked_sub(name.len())
            .and_then(|at| text.get(at..))
            .is_some_and(|end| end.eq_ignore_ascii_case(name.as_bytes()))
    };
    ["x-ms-diagnostics", "ms-client-diagnostics", "ms-diagnostics"].into_iter().find(|name| ends(name))
}

fn loose(kind: LooseKind, rest: &[u8]) -> Option<Loose<'_>> {
    let rest = rest.trim_ascii_start();
    let code = leading_number(rest)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    Some(Loose { kind, code, rest: rest.get(digits..)? })
}

/// Calls `found` with the end of each hit and what follows it, up to the next one.
fn each_after<'a>(text: &'a [u8], needle: &Finder<'_>, mut found: impl FnMut(usize, &'a [u8])) {
    let mut hits = needle.find_iter(text).peekable();
    while let Some(at) = hits.next() {
        let end = hits.peek().copied().unwrap_or(text.len());
        let after = at + needle.needle().len();
        found(after, text.get(after..end).unwrap_or_default());
    }
}

/// Calls `found` with what follows each `<ErrorId>`, up to the next one; the closing tag between them is
/// no code.
fn each_fault<'a>(text: &'a [u8], mut found: impl FnMut(&'a [u8])) {
    let is_open = |at: &usize| text.get(at + ERROR_ID.needle().len()).is_some_and(u8::is_ascii_digit);
    let mut hits = ERROR_ID.find_iter(text).filter(is_open).peekable();
    while let Some(at) = hits.next() {
        let end = hits.peek().copied().unwrap_or(text.len());
        found(text.get(at + ERROR_ID.needle().len()..end).unwrap_or_default());
    }
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let rest = text.split_once(from)?.1;
    Some(rest.split_once(to).map_or(rest, |(inside, _)| inside))
}

/// Names in lower case; of a name that stands twice the first value counts. What has no value says nothing.
fn parameters(text: &str, separators: &'static [u8]) -> BTreeMap<String, String> {
    let mut params = BTreeMap::new();
    for Param { name, value } in Params::new(text, separators) {
        if let Some(value) = value.filter(|value| !name.is_empty() && !value.is_empty()) {
            params.entry(name.to_ascii_lowercase()).or_insert_with(|| value.into_owned());
        }
    }
    params
}

/// The header name in the form of this program, for a header that [`super::HeaderName::Diagnostics`] knows.
#[must_use]
pub fn header_name(written: &[u8]) -> String {
    to_text(written)
        .chars()
        .map(|c| if ('\u{2010}'..='\u{2015}').contains(&c) { '-' } else { c.to_ascii_lowercase() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    type Shape = (u32, Option<u32>, Option<String>, Option<String>, Vec<(String, String)>);

    fn shape(value: &str) -> Option<Shape> {
        let d = Diagnostic::parse("Ms-Diagnostics", value.as_bytes())?;
        assert_eq!(d.header, "ms-diagnostics");
        Some((d.code, d.sub, d.reason, d.source, d.params.into_iter().collect()))
    }

    #[test]
    fn every_variant_seen_in_traces() {
        let own = |text: &str| Some(text.to_owned());
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let cases = [
            (
                r#"1009; reason ="No match"; domain =" cms.fabrikam.com ""#,
                (1009, None, own("No match"), None, vec![pair("domain", "cms.fabrikam.com")]),
            ),
            (r#" 4005;reason="x, y; z";source="fe01""#, (4005, None, own("x, y; z"), own("fe01"), vec![])),
            (
                "24081;Component=\"RTCC/4.0\";Reason=\"Endpoint termination\";Source= app.contoso.com",
                (24081, None, own("Endpoint termination"), own("app.contoso.com"), vec![pair("component", "RTCC/4.0")]),
            ),
            (
                "28032;source=”webext.contoso.com/”;reason=”The web ticket is invalid.”",
                (28032, None, own("The web ticket is invalid."), own("webext.contoso.com/"), vec![]),
            ),
            (r#"28032;source="a";reason="The web tick"#, (28032, None, own("The web tick"), own("a"), vec![])),
            (r#"1034.56;reason="a \"b\" c";"#, (1034, Some(56), own("a \"b\" c"), None, vec![])),
            (
                r#"1000;source="";reason="x";flag;HRESULT="0xC3E93EC3(SIP_E)""#,
                (1000, None, own("x"), None, vec![pair("hresult", "0xC3E93EC3(SIP_E)")]),
            ),
            ("4000000", (4_000_000, None, None, None, vec![])),
        ];
        for (value, wanted) in cases {
            assert_eq!(shape(value), Some(wanted), "{value}");
        }
        assert_eq!(shape("reason=\"no number\""), None);
        assert_eq!(shape("99999999999"), None);
    }

    fn loose_codes(text: &str) -> Vec<(String, u32, Option<String>)> {
        let mut found = Vec::new();
        in_text(text.as_bytes(), |loose| {
            let d = loose.to_diagnostic();
            found.push((d.header, d.code, d.reason));
        });
        found
    }

    #[test]
    fn many_codes_on_one_line_are_read_in_one_go() {
        let found = loose_codes(&"ErrorCode=1,".repeat(20_000));
        assert_eq!(found.len(), 20_000);
    }

    #[test]
    fn two_faults_have_their_own_reasons() {
        let fault = |code: u32, reason: &str| format!("<ErrorId>{code}</ErrorId><Reason>{reason}</Reason>");
        let mut found = Vec::new();
        in_body((fault(28020, "one") + &fault(28032, "two")).as_bytes(), |loose| found.push(loose.to_diagnostic()));
        let found: Vec<_> = found.into_iter().map(|d| (d.code, d.reason.unwrap_or_default())).collect();
        assert_eq!(found, [(28020, "one".to_owned()), (28032, "two".to_owned())]);
    }

    #[test]
    fn codes_that_stand_elsewhere() {
        assert_eq!(
            loose_codes("x ErrorCode=4005,Source=fe01,Reason=Not enabled"),
            [("error-code".to_owned(), 4005, Some("Not enabled".to_owned()))]
        );
        assert_eq!(loose_codes("status=0x80ef0193 diag code=0xfa4 url"), [("diag-code".to_owned(), 4004, None)]);
        assert_eq!(loose_codes("saw ms-diagnostics error 1008 there"), [("ms-diagnostics".to_owned(), 1008, None)]);
        assert_eq!(
            loose_codes("X-Ms-diagnostics: 28020;reason=\"No token\"\r\nnext"),
            [("x-ms-diagnostics".to_owned(), 28020, Some("No token".to_owned()))]
        );
        assert!(loose_codes("diagnostics are on").is_empty());
        let mut found = Vec::new();
        in_body(b"<af:ErrorId>28020</af:ErrorId><af:Reason>No valid security token.</af:Reason>", |l| {
            found.push(l.to_diagnostic());
        });
        assert_eq!(
            found.iter().map(|d| (d.code, d.reason.as_deref())).collect::<Vec<_>>(),
            [(28020, Some("No valid security token."))]
        );
        let mut found = Vec::new();
        in_body(b"v=0\r\na=x-ms-SDP-diagnostics:52017;reason=\"levels\"\r\n", |l| found.push(l.to_diagnostic()));
        assert_eq!(found.iter().map(|d| (d.code, d.reason.as_deref())).collect::<Vec<_>>(), [(52017, Some("levels"))]);
    }
}
