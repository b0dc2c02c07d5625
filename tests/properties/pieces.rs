//! Bytes that look like traces: real lines of both kinds, put together by chance, with damage between.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::fmt;
use uccello::format::Format;

const CLIENT: &[&str] = &[
    "~Sending Packet - 192.0.2.10:443 (From Local Address: 198.51.100.23:50112) 902 bytes:\n",
    "~Data Received -192.0.2.10:443 (To Local Address: 198.51.100.23:50112) 1034 bytes:\n",
    "~Data Received -[2001:db8::1]:5061 (To Local Address: 198.51.100.23:50112) 4 bytes:\n~\n\n",
    "~End of Sending Packet - 192.0.2.10:443 (From Local Address: 198.51.100.23:50112) 902 bytes\n",
    "~End of Data Received -192.0.2.10:443 (To Local Address: 198.51.100.23:50112) 1034 bytes\n",
    "~",
    "~CTransport::Connect busy | 2 of 3\n",
    "11/20/2024|14:21:21.072 2A10:D00 TRACE :: another thread\n",
    "11/20/2024|14:21:21.073 2A10:D00 INFO  :: Sending Packet - 192.0.2.11:443 (From Local Address: 198.51.100.23:50113) 9 bytes:\n",
    "11/20/2024|14:21:21.073 2A10:D00 INFO  :: End of Sending Packet - 192.0.2.11:443 (From Local Address: 198.51.100.23:50113) 9 bytes\n",
    "13/45/2024|14:21:21.071 2A10:C74 WARN  :: no date of the calendar\n",
    "~Executing wws method with windows auth, asyncContext=0A1B2C3D,\n context: WebRequest context@ :123456789\n  AsyncHResult:80f10041\n.\n",
    "~1.3.1 GetAndPublishCert: FAIL (hr = 0x80ef0191)\n",
    "~VerifyOnEnableEvent result return ONENABLE_FAIL status=0x80ef0193 diag code=0xfa4\n",
];

const SERVER: &[&str] = &[
    "#PROTOCOL#$$begin_record\nDirection: incoming;source=\"internal edge\"\nPeer: edge01.contoso.com:51413\nMessage-Type: request\nStart-Line: ",
    "#PROTOCOL#$$begin_record\nPeer: fe02.contoso.com:5061\nDirection: outgoing\nLogType: protocol\nStart-Line: ",
    "Message-Body: \u{2013}\n$$end_record\n\n",
    "Message-Body: v=0\na=x-ms-SDP-diagnostics:52017;reason=\"levels\"\n$$end_record\n",
    "$$end_record\n",
    "  $$end_record no\n",
    "#DIAG#$$begin_record\nSeverity: information\nText: Response successfully routed\nSIP-Call-ID: 9f1c0e7b\nSIP-CSeq: 1 REGISTER\nPeer: edge01.contoso.com:51413\nData: ms-diagnostics: 1008;reason=\"x\"\n$$end_record\n",
    "#SECURITY#$$begin_record\nSeverity: error\nText: Failed to validate user credentials\n$$end_record\n",
    "#CONNECTION#$$begin_record\nSeverity: information\nLocal-IP: 192.0.2.20:5061\nPeer-IP: 192.0.2.10:51413\n$$end_record\n",
    "#DIAG#lost its begin\nSeverity: error\nText: x\n$$end_record\n",
    "Severity: error\nText: lost its header\n$$end_record\n",
    "LogType: security\nSIP-Call-ID: 7\n",
    "#COMPONENT#( 00000000028FDD70 ) Result 0xC3E93C5E(SIPPROXY_E_ROUTING)\n",
    "#COMPONENT#RequestUrl=https://fe01.contoso.com:4443/root/user?sipuri=sip:Anna%40contoso.com,RequestVerb=POST\n",
    "#COMPONENT#",
    "#COMPONENT#\n>>>>>>>>>>>>Outgoing SipMessage c=[<SipTlsConnection_2E>], 192.0.2.20:5070->192.0.2.21:49234\n",
    "------------EndOfOutgoing SipMessage\n",
    "TL_WARN(TF_DIAG) [EDGEPOOL\\EDGE01]0AB4.1C20::99/20/2024-07:12:01.118.0001A2B3 (X,a.cpp(1)) no date of the calendar\n",
    "TL_INFO(no header\n",
    "Unknown( 12): GUID=1 (No Format Information found).\n",
];

const PASTED: &[&str] = &[
    "And then the server says:\n",
    "> REGISTER sip:contoso.com SIP/2.0\n",
    "> > SIP/2.0 401 Unauthorized\n",
    ">\n",
    "> \n",
    "> From: <sip:anna@contoso.com>;tag=1\n",
    " REGISTER sip:contoso.com SIP/2.0\n",
    "\u{a0}\u{a0}To: <sip:anna@contoso.com>\n",
    "   Call-ID: 9f1c0e7b\n",
    "\tVia: SIP/2.0/TLS 198.51.100.23:50112\n",
    "SIP/2.0 401 Unauthorized Date: Wed, 20 Nov 2024 13:21:21 GMT WWW-Authenticate: NTLM realm=\"From: x\" CSeq: 1 REGISTER\n",
    "REGISTER sip:contoso.com SIP/2.0 Via: SIP/2.0/TLS 198.51.100.23 From: \"To: Anna\" <sip:anna@contoso.com> To: <sip:anna@contoso.com\n",
    "ms-diagnostics: 1008;reason=\u{201c}Unable to resolve\u{201d} Call\u{2011}ID: b777 Content-Length: 0\n",
    "ms\u{2010}client\u{2013}diagnostics: 52017;reason=\u{201c}never closed Call-ID: 7\n",
    "Subject: From: nobody To: all Content-Length: 16\n",
    "NOTIFY sip:anna@contoso.com SIP/2.0\nCSeq: 2 NOTIFY\nContent-Type: message/sipfrag\nContent-Length: 16\n\nSIP/2.0 200 OK\n",
    "NOTIFY sip:anna@contoso.com SIP/2.0\nContent-Type: message/sipfrag;version=2.0\n\nSIP/2.0 180 Ringing\n",
    "Content-Type: application/sdp\n",
    "Content-Type: text/html\nTransfer-Encoding: chunked\n",
    "Content-Length: 400\n\nv=0\n",
    "REGISTER sip:contoso.com SIP/2.0\n\nFrom: <sip:anna@contoso.com>\n\nCall-ID: 9f1c0e7b\n\n",
    "1 Login: FAIL (hr = 0x80ef0191)\n",
    "> 1.3.1 GetAndPublishCert: FAIL (hr = 0x80ef0191)\n",
    "VerifyOnEnableEvent result return ONENABLE_FAIL status=0x80ef0193 diag code=0xfa4\n",
];

const SIP: &[&str] = &[
    "REGISTER sip:contoso.com SIP/2.0\n",
    "INVITE sip:+14255550177@contoso.com;user=phone SIP/2.0\n",
    "SIP/2.0 401 Unauthorized\n",
    "SIP/2.0 200 OK\n",
    "SIP/2.0 504 Server time-out\n",
    "SIP/2.0 4010 odd\n",
    "GET /Autodiscover/AutodiscoverService.svc/root?sipuri=ben@contoso.com HTTP/1.1\n",
    "HTTP/1.1 401 Unauthorized\n",
    "FROM: \"Anna \\\"A\\\" B\"<sip:Anna@Contoso.com>;tag=3f9a;epid=0fbb\n",
    "From: <sip:ben@fabrikam.com:5061>;tag=1\n",
    "From: \"Anna <sip:anna@contoso.com>;tag=1\n",
    "X-MS\u{2011}Diagnostics: 28032;reason=\"x\"\n",
    "CSeq: 4294967295 REGISTER\n",
    "f: sip:contoso.com\n",
    "To: carl@fabrikam.com\n",
    "t: <tel:+14255550177>\n",
    "To: nobody\n",
    "CONTACT: <sip:anna@contoso.com;opaque=user:epid:x;gruu>,<sip:198.51.100.23:50112>\n",
    "P-Asserted-Identity: \"B\"<sip:ben@contoso.com>,<tel:+1425>\n",
    "Referred-By: <sip:M\u{fc}ller@contoso.com>\n",
    "CALL-ID: 9f1c0e7b\n",
    "Call-ID: b777\n",
    "i:\n",
    "CSEQ: 1 REGISTER\n",
    "CSeq: 2 INVITE\n",
    "CSeq: none\n",
    "Date: Wed, 20 Nov 2024 13:21:21 GMT\n",
    "WWW-Authenticate: NTLM realm=\"SIP Communications Service\", targetname=\"fe01\"\n",
    "Authorization: TLS-DSK qop=\"auth\"\n",
    "ms-diagnostics: 1008;reason=\"Unable to resolve\";source=\"sip.contoso.com\"\n",
    "X-Ms-diagnostics: 28032;source=\"webext/\";reason=\"The web ticket is invalid.\"\n",
    "Content-Length: 0\n",
    "Content-Length: 24\n",
    "Message-Body: -\n",
    "<ErrorId>28020</ErrorId>\n",
    "web ticket ErrorCode=4005,Source=fe01\n",
];

const DAMAGE: &[&[u8]] = &[
    b"\n",
    b"\n",
    b"\n\n",
    b" \t\n",
    b"\0",
    b"\r",
    b"\xEF\xBB\xBF",
    b"|",
    b"M\xfcller \x96\n",
    b"\xff\xfe",
    b":",
    b"TL_",
];

/// One piece as text: `~` is a client's prefix, `#FLAG#` a server's header.
fn spell(piece: &str, second: u8, format: Format) -> Vec<u8> {
    let second = second % 60;
    if let Some(text) = piece.strip_prefix('#') {
        let (flag, text) = text.split_once('#').unwrap_or(("", text));
        let (origin, correlation) =
            if format == Format::OcsLogger { ("1", "") } else { ("FEPOOL01\\FE01", " [2387462001] ") };
        return format!(
            "TL_INFO(TF_{flag}) [{origin}]1E6C.0B40::11/20/2024-13:21:{second:02}.118.0000A2B3 (SIPStack,A::B:c.cpp(265)){correlation}{text}"
        )
        .into_bytes();
    }
    piece.replace('~', &format!("11/20/2024|14:21:{second:02}.071 2A10:C74 INFO  :: ")).into_bytes()
}

fn own(format: Format) -> &'static [&'static str] {
    match format {
        Format::Uccapi => CLIENT,
        Format::Cls | Format::OcsLogger => SERVER,
        Format::Text => PASTED,
    }
}

fn piece(format: Format) -> impl Strategy<Value = Vec<u8>> {
    let own = own(format);
    let other = if format == Format::Uccapi { SERVER } else { CLIENT };
    let spelled = move |texts: &'static [&'static str]| {
        (select(texts), any::<u8>()).prop_map(move |(text, second)| spell(text, second, format))
    };
    prop_oneof![
        8 => spelled(own),
        8 => spelled(SIP),
        1 => spelled(other),
        2 => select(DAMAGE).prop_map(<[u8]>::to_vec),
        // A piece that is cut somewhere.
        1 => (spelled(own), any::<prop::sample::Index>()).prop_map(|(mut bytes, at)| {
            bytes.truncate(at.index(bytes.len()));
            bytes
        }),
        1 => vec(any::<u8>(), 0..12),
    ]
}

/// Traces of one format with LF, with CRLF, or with both.
fn trace(format: Format) -> impl Strategy<Value = Vec<u8>> {
    (vec((piece(format), any::<bool>()), 0..60), 0..3u8).prop_map(|(pieces, ends)| {
        let with_ends = |(bytes, crlf): (Vec<u8>, bool)| {
            if ends == 1 || (ends == 2 && crlf) { crlf_copy(&bytes) } else { bytes }
        };
        pieces.into_iter().flat_map(with_ends).collect()
    })
}

fn tidy(format: Format) -> impl Strategy<Value = Vec<u8>> {
    let own = own(format);
    let texts: Vec<&'static str> = own.iter().chain(SIP).copied().chain(["\n"]).collect();
    let piece = (select(texts), any::<u8>()).prop_map(move |(text, second)| spell(text, second, format));
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// A format with bytes that look like it; shown as text where a test fails.
#[derive(Clone)]
pub struct Trace(pub Format, pub Vec<u8>);

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)?;
        self.1.split_inclusive(|&byte| byte == b'\n').try_for_each(|line| write!(f, "\n{}", line.escape_ascii()))
    }
}

/// Any format with a trace, damaged ones too.
pub fn any_trace() -> impl Strategy<Value = Trace> {
    select(&super::FORMATS[..]).prop_flat_map(|format| trace(format).prop_map(move |bytes| Trace(format, bytes)))
}

/// Any format with a trace of undamaged text, LF only.
pub fn tidy_trace() -> impl Strategy<Value = Trace> {
    select(&super::FORMATS[..]).prop_flat_map(|format| tidy(format).prop_map(move |bytes| Trace(format, bytes)))
}

/// The same text with CRLF.
pub fn crlf_copy(text: &[u8]) -> Vec<u8> {
    let mut copy = Vec::with_capacity(text.len());
    for &byte in text {
        if byte == b'\n' {
            copy.push(b'\r');
        }
        copy.push(byte);
    }
    copy
}
