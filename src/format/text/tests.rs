use super::super::{Detected, Format, Kind, Oddities, Record, detect};
use super::own_lines;
use crate::protocol::Header;
use std::ops::Range;

const REGISTER: &str = "REGISTER sip:contoso.com SIP/2.0\r\nFrom: <sip:anna@contoso.com>;tag=1\r\nCSeq: 1 REGISTER\r\nContent-Length: 0\r\n\r\n";

/// Kind and words of every record: the start line of a message, or the first line of what is none.
fn records(text: &str) -> Vec<(Kind, String)> {
    let (mut found, mut end) = (Vec::new(), 0);
    Format::Text.read(text.as_bytes(), &mut |range: Range<usize>, record: &Record<'_>, _: &[Header<'_>]| {
        assert_eq!(range.start, end);
        end = range.end;
        let bytes = text.get(range).expect("records end where lines do").as_bytes();
        let own = Format::Text.own_lines(bytes, record.oddities);
        let again = Format::Text.reread(&own, record.kind, record.oddities);
        let words = |record: &Record<'_>| match &record.message {
            Some(message) => message.start_line(),
            None => String::from_utf8_lossy(record.text).lines().next().unwrap_or_default().trim().to_owned(),
        };
        assert_eq!((again.kind, words(&again)), (record.kind, words(record)));
        found.push((record.kind, words(record)));
    });
    assert_eq!(end, if found.is_empty() { 0 } else { text.len() });
    found
}

fn kinds(text: &str) -> Vec<Kind> {
    records(text).into_iter().map(|(kind, _)| kind).collect()
}

fn clean(text: &str) -> String {
    String::from_utf8(own_lines(text.as_bytes()).into_owned()).expect("UTF-8 stays UTF-8")
}

#[test]
fn what_is_a_paste_and_why() {
    let reason = |text: &str| match detect(text.as_bytes(), "x.txt") {
        Detected::Trace { format: Format::Text, reason } => reason,
        Detected::Refused(_) => "refused".to_owned(),
        other => format!("{other:?}"),
    };
    for (text, wanted) in [
        (REGISTER, "line 1 is a SIP start line"),
        ("Hello,\n\nSIP/2.0 401 Unauthorized\nDate: x\n", "line 3 is a SIP start line"),
        ("SIP/2.0 401 Unauthorized Date: x WWW-Authenticate: NTLM", "line 1 is a SIP start line"),
        ("> REGISTER sip:contoso.com SIP/2.0\n> v: SIP/2.0/TLS x\n", "line 1 is a SIP start line"),
        ("SIP/2.0 200 OK\n\nms-user-logon-data: RemoteUser\n", "line 1 is a SIP start line"),
        ("HTTP/1.1 401 Unauthorized\nServer: x\n", "line 1 is an HTTP start line"),
        ("x\n1.1 Get-NewWebTicket: PASS\n1.2 BootStrap: FAIL\n", "line 2 is a step of a sign-in report"),
        ("\n1 Login: FAIL (hr = 0x80ef0191)\n", "line 2 is a step of a sign-in report"),
        // Letters.
        ("Dear all,\nthe log says SIP/2.0 401 Unauthorized. What now?\nRegards: Ben\n", "refused"),
        ("I see\nSIP/2.0 401 Unauthorized\nagain and again.\n", "refused"),
        ("SIP/2.0 401 is what I get\nPS: it worked yesterday\n", "refused"),
        ("GET /root HTTP/1.1\nis what the browser sends.\n", "refused"),
        ("Shopping\n1.1 Milk: PASS the shop\n", "refused"),
    ] {
        assert_eq!(reason(text), wanted, "{text}");
    }
    let client = format!("{REGISTER}11/20/2024|14:21:21.071 2A10:C74 INFO  :: x\r\n");
    assert!(matches!(detect(client.as_bytes(), "x"), Detected::Trace { format: Format::Uccapi, .. }));
}

#[test]
fn messages_and_what_stands_between_them() {
    use Kind::{Message, SignInReport, Unknown};
    let notify = "NOTIFY sip:a@b SIP/2.0\r\nCSeq: 1 NOTIFY\r\n";
    let fragment = "SIP/2.0 200 OK\r\n";
    let sdp = "INVITE sip:a@b SIP/2.0\nContent-Type: application/sdp\nContent-Length: 900\n\n[left out]\n\n";
    let tree = "1 Login: FAIL\n1.1 BootStrap: PASS\n";
    for (text, wanted) in [
        (format!("{REGISTER}{REGISTER}"), &[Message, Message][..]),
        (format!("\u{FEFF}\r\n{REGISTER}"), &[Message]),
        (format!("Hello,\n\n{REGISTER}\nand then\nthis:\n\n{REGISTER}"), &[Unknown, Message, Unknown, Message]),
        // Without the empty line prose cannot be told from headers.
        ("SIP/2.0 200 OK\nDate: x\nand then\nSIP/2.0 200 OK\nDate: x\n".to_owned(), &[Message, Message]),
        // A start line in a body.
        (format!("{notify}Content-Length: 16\r\n\r\n{fragment}{REGISTER}"), &[Message, Message]),
        (format!("{notify}Content-Type: message/sipfrag\r\n\r\n{fragment}{REGISTER}"), &[Message, Message]),
        (format!("{notify}Content-Type: text/plain\r\n\r\nx\r\n\r\ny\r\n{REGISTER}"), &[Message, Message]),
        (format!("{notify}Content-Length: 5\r\n\r\nbody\r\n\r\nprose\r\n{REGISTER}"), &[Message, Unknown, Message]),
        (format!("{notify}Content-Type: text/html\r\n\r\n<p>\r\nGET /root\r\n</p>\r\n{REGISTER}"), &[Message, Message]),
        (
            format!(
                "> {}>\r\n>\r\n> {fragment}{REGISTER}",
                notify.replace("\nCSeq", "\n> Content-Type: message/sipfrag\r\n> CSeq")
            ),
            &[Message, Message],
        ),
        // A body that was left out hides no message.
        (format!("{sdp}{REGISTER}"), &[Message, Message]),
        (tree.to_owned(), &[SignInReport]),
        (format!("{tree}\n{tree}"), &[SignInReport]),
        (format!("{tree}details of the step\n{tree}"), &[SignInReport]),
        (format!("{tree}that is all\n\n{tree}"), &[SignInReport, Unknown, SignInReport]),
        (format!("{tree}\nthat is all"), &[SignInReport, Unknown]),
        (format!("{tree}that is all"), &[SignInReport, Unknown]),
        (format!("See\n{tree}{REGISTER}{tree}"), &[Unknown, SignInReport, Message, SignInReport]),
        ("VerifyOnEnableEvent result return ONENABLE_FAIL\nstatus=0x1\ndiag code=0xfa4\n".to_owned(), &[SignInReport]),
        (" \r\n\0".to_owned(), &[]),
        ("nothing".to_owned(), &[Unknown]),
    ] {
        assert_eq!(kinds(&text), wanted, "{text}");
    }
}

#[test]
fn damaged_lines_are_put_right() {
    for (damaged, wanted) in [
        (
            "SIP/2.0 401 Unauthorized Date: Wed, 20 Nov 2024 13:21:21 GMT WWW-Authenticate: NTLM realm=\"To: x\" CSeq: 1 REGISTER\n\n",
            "SIP/2.0 401 Unauthorized\nDate: Wed, 20 Nov 2024 13:21:21 GMT\nWWW-Authenticate: NTLM realm=\"To: x\"\nCSeq: 1 REGISTER\n\n",
        ),
        (
            "REGISTER sip:contoso.com SIP/2.0 Via: SIP/2.0/TLS 198.51.100.23 From: \"To: A\" <sip:a@contoso.com>\r\nTo: x",
            "REGISTER sip:contoso.com SIP/2.0\r\nVia: SIP/2.0/TLS 198.51.100.23\r\nFrom: \"To: A\" <sip:a@contoso.com>\r\nTo: x",
        ),
        // Nothing is cut in an address, and in free text only where a name cannot be a word.
        (
            "SIP/2.0 200 OK\nContact: <sip:a@b Via: c>\nSubject: Re: From: me To: you User-Agent: x\n",
            "SIP/2.0 200 OK\nContact: <sip:a@b Via: c>\nSubject: Re: From: me To: you\nUser-Agent: x\n",
        ),
        // A blank before every header is no fold; one before a few is.
        (" SIP/2.0 200 OK\n  Date: x\n  Via: a,\n    b\n\n  body\n", "SIP/2.0 200 OK\nDate: x\nVia: a,\n  b\n\nbody\n"),
        ("SIP/2.0 200 OK\nVia: a,\n b\n To: <sip:a@b>\n", "SIP/2.0 200 OK\nVia: a,\n b\nTo: <sip:a@b>\n"),
        ("\u{a0}SIP/2.0 200 OK\n\u{a0}To:\u{a0}x\n", "SIP/2.0 200 OK\nTo: x\n"),
        ("> SIP/2.0 200 OK\n> To: x\n>\n> body\n>> deeper\n", "SIP/2.0 200 OK\nTo: x\n\nbody\n> deeper\n"),
        ("SIP/2.0 200 OK\n\nTo: x\n\nFrom: y\n\n\nbody\n", "SIP/2.0 200 OK\nTo: x\nFrom: y\n\n\nbody\n"),
        (
            "SIP/2.0 504 x\nms\u{2011}diagnostics: 1;reason=\u{201C}a To: b\u{201D} Call\u{2013}ID: 7\u{2011}7\n",
            "SIP/2.0 504 x\nms-diagnostics: 1;reason=\"a To: b\"\nCall-ID: 7-7\n",
        ),
        ("SIP/2.0 200 OK\nDate: x\n \t\nbody\n", "SIP/2.0 200 OK\nDate: x\n\nbody\n"),
    ] {
        assert_eq!(clean(damaged), wanted, "{damaged}");
        assert_eq!(clean(wanted), wanted, "what is clean stays as it is: {wanted}");
    }
}

#[test]
fn lines_that_are_fine_are_not_copied() {
    for text in [
        REGISTER,
        "\u{FEFF}\r\nSIP/2.0 200 OK\r\nms-diagnostics: 1;reason=\"a \u{201C}b\u{201D}\";source=\"x\"\r\n\r\n<a>\n  > b\n",
        "SIP/2.0 200 OK\nVia: SIP/2.0/TLS a\n b\nSubject: To: all\n\n Date: x Via: y\n",
        "SIP/2.0 200 OK",
    ] {
        assert!(matches!(own_lines(text.as_bytes()), std::borrow::Cow::Borrowed(_)), "{text}");
    }
}

#[test]
fn a_record_that_was_put_right_says_so() {
    let mut found = Vec::new();
    let text = format!("{REGISTER}> SIP/2.0 200 OK\r\n> CSeq: 1 REGISTER\r\n");
    Format::Text.read(text.as_bytes(), &mut |_: Range<usize>, record: &Record<'_>, _: &[Header<'_>]| {
        found.push(record.oddities);
    });
    assert_eq!(found, [Oddities::empty(), Oddities::REPAIRED]);
}
