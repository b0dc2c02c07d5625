//! The first line of a message: request or response, SIP or HTTP.

use super::lines::to_text;

/// What the first line says. Everything borrows from the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartLine<'a> {
    SipRequest {
        method: &'a [u8],
        uri: &'a [u8],
    },
    SipResponse {
        status: u16,
        reason: &'a [u8],
    },
    HttpRequest {
        method: &'a [u8],
        target: &'a [u8],
    },
    HttpResponse {
        status: u16,
        reason: &'a [u8],
    },
    /// Where a message must stand, but not one we can read.
    Unreadable,
}

impl<'a> StartLine<'a> {
    /// Reads a whole line; `None` where it is not a start line at all.
    ///
    /// SIP is RFC 3261 7.1 and 7.2. HTTP requests need a known verb and a target that looks like one,
    /// because the line may stand anywhere in a server's trace text.
    #[must_use]
    #[inline]
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let line = line.trim_ascii();
        let line = line.strip_prefix(b":").map_or(line, <[u8]>::trim_ascii_start);
        if let Some(rest) = strip_prefix_ignore_case(line, b"SIP/2.0 ") {
            return status(rest).map(|(status, reason)| Self::SipResponse { status, reason });
        }
        if let Some(rest) = strip_prefix_ignore_case(line, b"HTTP/1.") {
            let rest = rest.strip_prefix(b"0 ").or_else(|| rest.strip_prefix(b"1 "))?;
            return status(rest).map(|(status, reason)| Self::HttpResponse { status, reason });
        }
        let (method, rest) = word(line)?;
        if method.is_empty() || !method.iter().all(u8::is_ascii_uppercase) {
            return None;
        }
        let (uri, rest) = word(rest)?;
        match rest {
            _ if rest.eq_ignore_ascii_case(b"SIP/2.0") => Some(Self::SipRequest { method, uri }),
            _ if is_http(method, uri, rest) => Some(Self::HttpRequest { method, target: uri }),
            _ => None,
        }
    }

    #[must_use]
    pub fn is_sip(&self) -> bool {
        matches!(self, Self::SipRequest { .. } | Self::SipResponse { .. })
    }

    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::SipResponse { status, .. } | Self::HttpResponse { status, .. } => Some(*status),
            _ => None,
        }
    }

    #[must_use]
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::SipResponse { reason, .. } | Self::HttpResponse { reason, .. } if !reason.is_empty() => {
                Some(to_text(reason))
            }
            _ => None,
        }
    }

    /// The method of a request.
    #[must_use]
    pub fn method(&self) -> Option<&'a [u8]> {
        match self {
            Self::SipRequest { method, .. } | Self::HttpRequest { method, .. } => Some(method),
            _ => None,
        }
    }

    /// Request-URI or HTTP target.
    #[must_use]
    pub fn target(&self) -> Option<&'a [u8]> {
        match self {
            Self::SipRequest { uri, .. } => Some(uri),
            Self::HttpRequest { target, .. } => Some(target),
            _ => None,
        }
    }
}

fn is_http(method: &[u8], target: &[u8], version: &[u8]) -> bool {
    const VERBS: [&[u8]; 7] = [b"GET", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"HEAD", b"PATCH"];
    VERBS.contains(&method)
        && (target.starts_with(b"/") || strip_prefix_ignore_case(target, b"http").is_some())
        && (version.is_empty() || strip_prefix_ignore_case(version, b"HTTP/1.").is_some())
}

/// `401 Unauthorized` -> (401, `Unauthorized`).
fn status(rest: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, reason) = rest.split_at_checked(3)?;
    if !reason.is_empty() && !reason.starts_with(b" ") {
        return None;
    }
    let status = digits
        .iter()
        .try_fold(0u16, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u16::from(digit - b'0')))?;
    Some((status, reason.trim_ascii()))
}

/// The first blank-separated word and the trimmed rest (empty for the last word).
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if text.is_empty() {
        return None;
    }
    let end = text.iter().position(|&byte| byte == b' ').unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end)?;
    Some((word, rest.trim_ascii()))
}

#[must_use]
pub(crate) fn strip_prefix_ignore_case<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn start_lines() {
        let cases: [(&str, Option<StartLine<'_>>); 10] = [
            (
                "REGISTER sip:contoso.com SIP/2.0",
                Some(StartLine::SipRequest { method: b"REGISTER", uri: b"sip:contoso.com" }),
            ),
            ("SIP/2.0 401 Unauthorized", Some(StartLine::SipResponse { status: 401, reason: b"Unauthorized" })),
            ("SIP/2.0 200", Some(StartLine::SipResponse { status: 200, reason: b"" })),
            (
                " : GET /Autodiscover/root HTTP/1.1",
                Some(StartLine::HttpRequest { method: b"GET", target: b"/Autodiscover/root" }),
            ),
            ("HTTP/1.1 401 Unauthorized", Some(StartLine::HttpResponse { status: 401, reason: b"Unauthorized" })),
            ("OPTIONS sip:fe01 SIP/2.0", Some(StartLine::SipRequest { method: b"OPTIONS", uri: b"sip:fe01" })),
            ("GET ready to sign in", None),
            ("SIP/2.0 4010 odd", None),
            ("Register the user", None),
            ("", None),
        ];
        for (line, wanted) in cases {
            assert_eq!(StartLine::parse(line.as_bytes()), wanted, "{line}");
        }
    }
}
