//! Bodies and authentication headers: any text is read without a panic and in bounded time, whole or cut.

use super::cases;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use uccello::protocol::body::{Body, PresenceState};
use uccello::protocol::{Auth, AuthRole};

/// Pieces that bodies and headers are made of, whole and broken.
const PIECES: [&str; 44] = [
    "<s:Envelope>",
    "<s:Body>",
    "<s:Fault>",
    "<faultcode>",
    "</faultcode>",
    "<ErrorId>",
    "28032",
    "<detail>",
    "<RequestSecurityTokenResponse>",
    "<RequestedSecurityToken>",
    "<BinarySecurityToken ValueType=\"cwt\">",
    "<Lifetime>",
    "<Created>",
    "2024-11-20T13:21:21Z",
    "<AutodiscoverResponse AccessLocation='External'>",
    "<Link token=\"Redirect\" ",
    "href=\"https://x/\"/>",
    "<SipClientExternalAccess fqdn=\"a\" port=\"99999\"/>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "&#x10FFFF;",
    "&amp",
    "<",
    ">",
    "</",
    "/>",
    "\"",
    "'",
    "v=0\r\n",
    "m=audio 5 RTP/AVP 0 8 104\r\n",
    "a=candidate:1 typ ",
    "a=rtpmap:104 SILK/16000\r\n",
    "c=IN IP4 192.0.2.1\r\n",
    "deregistered;event=",
    "{\"_links\":{\"user\":{\"href\":\"x\"}}}",
    "NTLM ",
    "realm=\"SIP Communications Service\"",
    ", ",
    "gssapi-data=\"",
    "NTLMSSP...",
    "é“",
    "=",
];

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => select(PIECES.to_vec()).prop_map(str::to_owned), 1 => ".{0,6}"];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn look_at(text: &[u8]) {
    if let Some(body) = Body::read(text) {
        let _ = body.facts();
    }
    for auth in Auth::read(AuthRole::Challenge, text) {
        let _ = auth.facts();
    }
    let _ = PresenceState::read(&String::from_utf8_lossy(text)).facts();
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn any_text_is_read_without_a_panic(text in any_text(), bytes in vec(any::<u8>(), 0..200)) {
        look_at(text.as_bytes());
        look_at(&bytes);
    }

    #[test]
    fn a_parameter_that_is_written_is_read(
        params in vec(("[a-z][a-z-]{0,8}", "[ -~&&[^\"\\\\]]{0,20}"), 1..6),
        separator in select(vec![",", ", ", " , ", ";", ",\r\n\t"]),
    ) {
        let written: Vec<_> = params.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let header = format!("TLS-DSK {}", written.join(separator));
        let auths = Auth::read(AuthRole::Credentials, header.as_bytes());
        prop_assert_eq!(auths.len(), 1);
        let wanted: Vec<_> = params.iter().map(|(name, value)| (&**name, value.trim())).collect();
        let read: Vec<_> = auths[0].params.iter().map(|(name, value)| (&**name, &**value)).collect();
        prop_assert_eq!(read, wanted);
    }
}

#[test]
fn every_start_of_a_body_is_read() {
    let log = std::fs::read_to_string("sample-logs/external-sign-in/fe01-cls.txt").expect("the sample");
    let sdp =
        "v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\nm=audio 5 RTP/AVP 8\r\na=candidate:1 1 UDP 7 192.0.2.1 5 typ host\r\n";
    // Web components write a body as one line.
    let bodies: Vec<_> = log.lines().filter(|line| line.starts_with('<')).chain([sdp]).collect();
    let whole: Vec<_> = bodies.iter().filter_map(|body| Body::read(body.as_bytes())).collect();
    assert!(whole.iter().any(|body| matches!(body, Body::Autodiscover(_))));
    assert!(whole.iter().any(|body| matches!(body, Body::Soap(soap) if soap.ticket.is_some())));
    for body in bodies.iter().filter(|body| body.len() < 4_000).take(30) {
        (0..body.len()).for_each(|end| look_at(&body.as_bytes()[..end]));
    }
}

#[test]
fn long_and_broken_bodies_take_no_time() {
    for piece in [
        "<",
        "<a>",
        "<a \">",
        "<a '\">",
        "</a>",
        "&",
        "<!--",
        "<a b=\"",
        "m=a\r\n",
        "a=rtpmap:1 x\r\n",
        "\"",
        ";",
        "x=",
        "{",
    ] {
        look_at(piece.repeat(100_000).as_bytes());
        look_at(format!("<Envelope>{}", piece.repeat(100_000)).as_bytes());
        look_at(format!("v=0\r\nm=audio 1 RTP/AVP {}", piece.repeat(100_000)).as_bytes());
        look_at(format!("NTLM gssapi-data=\"NTLMSSP{}", piece.repeat(100_000)).as_bytes());
    }
}
