//! Whatever the bytes are, they can be redacted: nothing panics, and as many lines come out as went in.

use super::pieces::{Trace, any_trace};
use super::{FORMATS, cases, entries, index};
use proptest::collection::vec;
use proptest::prelude::*;
use uccello::export::{Redactor, fold_secrets};
use uccello::format::Format;

fn redacted(format: Format, bytes: &[u8]) -> Vec<u8> {
    let index = index(format, bytes);
    let mut own = Vec::new();
    Redactor::learn(&index).write(&index, 0, &mut own).expect("memory takes everything");
    own
}

fn lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte == b'\n').count()
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn any_bytes_are_redacted_without_a_panic(bytes in vec(any::<u8>(), 0..1_000)) {
        for format in FORMATS {
            prop_assert_eq!(lines(&redacted(format, &bytes)), lines(&bytes));
        }
        let _ = fold_secrets(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_trace_is_redacted_line_by_line(Trace(format, bytes) in any_trace()) {
        let own = redacted(format, &bytes);
        prop_assert!(str::from_utf8(&own).is_ok());
        prop_assert_eq!(lines(&own), lines(&bytes));
    }

    /// Anything may stand in a secret, and half of it may be missing.
    #[test]
    fn any_secret_is_redacted_without_a_panic(
        value in "[A-Za-z0-9+/=]{0,60}|\\PC{0,30}",
        place in prop::sample::select(vec![
            "Authorization: NTLM gssapi-data=\"V\", opaque=\"V\"",
            "Authorization: NTLM gssapi-data=\"TlRMTVNTUAADAAAAV",
            "WWW-Authenticate: TLS-DSK gssapi-data=\"FgMDV\"",
            "WWW-Authenticate: Kerberos gssapi-data=\"YIIV\"\r\nV\"",
            "<BinarySecurityToken>V</BinarySecurityToken>V",
            "<saml:Assertion V>V\r\nV",
            "From: \"V\"<sip:V@V>;epid=V\r\nCall-ID: V@V\r\nTo: <tel:V>",
            "X%V%40V V\\V user=\"V\\V\"",
        ]),
    ) {
        let text = format!("SIP/2.0 401 Unauthorized\r\nCSeq: 1 REGISTER\r\n{}\r\n\r\n", place.replace('V', &value));
        let own = redacted(Format::Text, text.as_bytes());
        prop_assert_eq!(lines(&own), lines(text.as_bytes()));
        let (before, after) = (entries(&index(Format::Text, text.as_bytes())), entries(&index(Format::Text, &own)));
        prop_assert_eq!(after.len(), before.len());
    }
}
