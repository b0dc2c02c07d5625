//! Web-service calls as a client logs them: no HTTP, but a block of fields, once when the call starts and once when
//! it is done.

use super::header::split_field;
use super::lines::{Lines, to_text};

/// One block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebCall<'a> {
    /// How the client shows who it is: `windows auth`, `no auth auth`, `OAuth`.
    pub auth: &'a [u8],
    /// What the blocks of one call have in common, hexadecimal.
    pub context: &'a [u8],
    pub is_done: bool,
    /// An HRESULT, hexadecimal; `3d0000` while the call runs.
    pub result: &'a [u8],
    pub target: &'a [u8],
}

const PENDING: &[u8] = b"3d0000";

impl<'a> WebCall<'a> {
    /// Reads the text of an entry. `None` where it is no such block.
    #[must_use]
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let mut lines = Lines::new(text);
        let first = lines.next()?.text.strip_prefix(b"Executing wws method with ")?;
        let comma = first.iter().position(|&byte| byte == b',').unwrap_or(first.len());
        let (auth, rest) = first.split_at_checked(comma)?;
        let mut call = Self { auth, context: &[], is_done: false, result: &[], target: &[] };
        // The context may stand behind the provider of a token: `Token Auth method, TokenProviderType=2, asyncContext=0A`.
        let at = memchr::memmem::find(rest, b"asyncContext=");
        if let Some(value) = at.and_then(|at| rest.get(at + b"asyncContext=".len()..)) {
            let end = value.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(value.len());
            call.context = value.get(..end)?;
        }
        for line in lines {
            match split_field(line.text) {
                Some((b"AsyncHResult", value)) => call.result = value,
                Some((b"TargetUri", value)) => call.target = value,
                Some((b"Error", _)) => break,
                // Its name ends in a question mark and a blank before the colon.
                _ => {
                    let done = line.text.trim_ascii().strip_prefix(b"ExecutionComplete?");
                    call.is_done |= done.is_some_and(|value| value.ends_with(b"1"));
                }
            }
        }
        Some(call)
    }

    /// What came of it: `pending`, `done`, or the HRESULT as `0x80ef0191`.
    #[must_use]
    pub fn outcome(&self) -> String {
        let digits = self.result.iter().position(|&byte| byte != b'0').and_then(|at| self.result.get(at..));
        match digits.unwrap_or_default() {
            digits if digits.eq_ignore_ascii_case(PENDING) => "pending".to_owned(),
            b"" if self.is_done => "done".to_owned(),
            b"" => "pending".to_owned(),
            digits => format!("0x{:0>8}", to_text(digits).to_ascii_lowercase()),
        }
    }

    /// The HTTP or SIP status in a result of the form `80EFnnnn`.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        let result = u32::from_str_radix(str::from_utf8(self.result).ok()?, 16).ok()?;
        let status = u16::try_from(result & 0xFFFF).ok()?;
        (result >> 16 == 0x80EF && (100..700).contains(&status)).then_some(status)
    }

    /// True where the call is done and its result is an error.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.is_done && !matches!(self.outcome().as_str(), "pending" | "done")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(first: &str, complete: u8, result: &str) -> String {
        format!(
            "Executing wws method with {first}\r\n context: WebRequest context@ :123456789\r\n  MethodType:2\r\n  \
             ExecutionComplete? :{complete}\r\n  Callback@ :0C0FFEE0\r\n  AsyncHResult:{result}\r\n  \
             TargetUri:https://webext.contoso.com/CertProv/CertProvisioningService.svc/WebTicket_Proof\r\n  \
             OperationName:http://tempuri.org/:IWebTicketService\r\n Error:\r\nTargetUri:none\r\n\r\n.\r\n"
        )
    }

    #[test]
    fn the_blocks_of_a_call() {
        for (first, complete, result, auth, outcome, failed) in [
            ("windows auth, asyncContext=0A1B2C3D,", 0, "3d0000", "windows auth", "pending", false),
            ("windows auth, asyncContext=0A1B2C3D,", 1, "003D0000", "windows auth", "pending", false),
            ("windows auth, asyncContext=0A1B2C3D,", 1, "80ef0191", "windows auth", "0x80ef0191", true),
            ("no auth auth, asyncContext=0A1B2C3D,", 1, "0", "no auth auth", "done", false),
            ("OAuth, asyncContext=0A1B2C3D,", 0, "", "OAuth", "pending", false),
            (
                "Token Auth method, TokenProviderType=2, asyncContext=0A1B2C3D,",
                1,
                "1",
                "Token Auth method",
                "0x00000001",
                true,
            ),
        ] {
            let text = block(first, complete, result);
            let call = WebCall::parse(text.as_bytes()).expect("a block");
            assert_eq!((call.auth, call.context), (auth.as_bytes(), &b"0A1B2C3D"[..]), "{first}");
            assert!(call.target.ends_with(b"/WebTicket_Proof"), "{first}");
            assert_eq!((call.outcome().as_str(), call.has_failed()), (outcome, failed), "{first}");
            assert_eq!(call.status(), (result == "80ef0191").then_some(401), "{first}");
        }
        assert_eq!(WebCall::parse(b"Executing something else"), None);
        assert!(WebCall::parse(b"Executing wws method with ").is_some());
    }
}
