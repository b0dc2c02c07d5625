//! Every kind of record that a client log can hold, once each, in a log that is whole.

use crate::{LineEnd, Sample};

const PROCESS: &str = "3C8";
const SIP: &str = "C74";
const WEB: &str = "1F08";
const MAIN: &str = "2B3C";
const EDGE: &str = "192.0.2.10:443";
const LOCAL: &str = "198.51.100.61:50433";

pub fn tell() -> Vec<Sample> {
    vec![Sample {
        path: "every-record-kind/mia-UccApi-0.UccApilog".to_owned(),
        shows: "Every kind of record of a client log, once each: trace lines, web service calls by each kind of authentication, a sign-in report and its verdict, framed messages with IPv4 and IPv6, two in one frame, one that another thread interrupts, keep-alives.",
        line_end: LineEnd::Crlf,
        text: [plain_lines(), web_calls(), sign_in_report(), messages()].concat(),
    }]
}

/// One entry, which may go on over lines without a prefix.
pub fn entry(clock: &str, thread: &str, level: &str, text: &str) -> String {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("11/20/2024|{clock} {PROCESS}:{thread} {level:<5} :: {text}{end}")
}

/// The begin line, the message with a prefix of its own, and the end line. A message that does not end a line gets
/// a line end by the log, as every message does.
fn frame(clock: &str, flow: &str, ends: &str, message: &str) -> String {
    let what = format!("{flow}{ends} {} bytes", crate::client_log::with_crlf(message).len());
    [
        entry(clock, SIP, "INFO", &format!("{what}:")),
        entry(clock, SIP, "INFO", &format!("{message}\n")),
        entry(clock, SIP, "INFO", &format!("End of {what}")),
    ]
    .concat()
}

pub fn sent(clock: &str, message: &str) -> String {
    frame(clock, "Sending Packet - ", &format!("{EDGE} (From Local Address: {LOCAL})"), message)
}

pub fn received(clock: &str, message: &str) -> String {
    frame(clock, "Data Received -", &format!("{EDGE} (To Local Address: {LOCAL})"), message)
}

/// Trace lines of every level, with and without lines that go on, and one of another program that uses the same API.
fn plain_lines() -> String {
    [
        entry(
            "14:40:00.010",
            MAIN,
            "INFO",
            "Function: CUccPlatform::Start\n  build 16.0.4600.1000\n\n  tracing level 4",
        ),
        entry("14:40:00.012", MAIN, "TRACE", "DnsResolver: _sipinternaltls._tcp.contoso.com has no record"),
        entry("14:40:00.015", MAIN, "WARN", "CUccEndpoint: no proxy is set | it will be discovered"),
        entry("14:40:00.017", MAIN, "ERROR", "CSIPTransportLayerSecurity: 80090331 was retried"),
        entry("14:40:00.018", MAIN, "NOTICE", "a level that later builds may add"),
        "11/20/2024|14:40:00.019 1F68C:C14A0 INFO :: one blank after the level, as copies from web pages have it\n"
            .to_owned(),
        entry("14:40:00.021", MAIN, "INFO", PROVISIONING),
    ]
    .concat()
}

const PROVISIONING: &str = r#"Provisioning data received
<provisionGroupList xmlns="http://schemas.microsoft.com/2006/09/sip/provisiongrouplist-notification"><provisionGroup name="LocationPolicy"><propertyEntryList><property name="LocationProfileDescription">Contoso, default profile</property></propertyEntryList></provisionGroup></provisionGroupList>
"#;

fn web_calls() -> String {
    let block = |clock: &str, level: &str, auth: &str, rest: &str| {
        entry(
            clock,
            WEB,
            level,
            &format!("Executing wws method with {auth},\n context: WebRequest context@ :264871100\n{rest}\n.\n"),
        )
    };
    [
        block("14:40:01.100", "INFO", "no auth auth, asyncContext=0A1B2C01", &fields(1, 0, "3d0000", ROOT, "")),
        block("14:40:01.160", "INFO", "no auth auth, asyncContext=0A1B2C01", &fields(1, 1, "0", ROOT, "")),
        block("14:40:01.200", "INFO", "windows auth, asyncContext=0A1B2C02", &fields(2, 0, "3d0000", TICKET, "")),
        block("14:40:01.290", "ERROR", "windows auth, asyncContext=0A1B2C02", &fields(2, 1, "80f10041", TICKET, FAULT)),
        block("14:40:01.300", "INFO", "OAuth, asyncContext=0A1B2C03", &fields(2, 1, "0", OAUTH, "")),
        block(
            "14:40:01.400",
            "INFO",
            "Token Auth method, TokenProviderType=2, asyncContext=0A1B2C04",
            &fields(2, 1, "0", CERTIFICATE, ""),
        ),
    ]
    .concat()
}

const ROOT: &str =
    "https://lyncdiscover.contoso.com/Autodiscover/AutodiscoverService.svc/root?sipuri=sip:mia@contoso.com";
const TICKET: &str = "https://webext.contoso.com/CertProv/CertProvisioningService.svc/WebTicket_Proof\n  OperationName:http://tempuri.org/:IWebTicketService";
const OAUTH: &str = "https://webext.contoso.com/WebTicket/WebTicketService.svc/OAuth";
const CERTIFICATE: &str = "https://webext.contoso.com/CertProv/CertProvisioningService.svc";
const FAULT: &str = "The server returned a trust fault: 'The specified request failed'.\nThe fault reason was: 'No valid security token.'.\n";

fn fields(method: u8, complete: u8, result: &str, target: &str, error: &str) -> String {
    format!(
        "  MethodType:{method}\n  ExecutionComplete? :{complete}\n  Callback@ :0C0FFEE0\n  AsyncHResult:{result}\n  TargetUri:{target}\n Error:\n{error}"
    )
}

/// The tree below one line that announces it, one step as a line of its own, and the verdict on one line and on several.
fn sign_in_report() -> String {
    [
        entry("14:40:02.000", MAIN, "INFO", "Sign-in report\n1 Login: FAIL (hr = 0x80ef0191)\n1.1 Lync-autodiscovery: PASS\n1.1.1 DNSAutoDiscovery: PASS\nhr: 0x0 isTempError: 0Lync autodiscovery completed with hr: 0x0\n1.2 BootStrap: FAIL (hr = 0x3d0000)\n1.2.1 Get-NewWebTicket: FAIL (hr = 0x80f10041)"),
        entry("14:40:02.004", MAIN, "INFO", "1.3.1 GetAndPublishCert: FAIL (hr = 0x80ef0191)"),
        entry("14:40:02.006", MAIN, "ERROR", "VerifyOnEnableEvent result return (ONENABLE_FAIL_AUTH) status=0x80ef0191, diag code=0xfa4, authWebserviceBaseUrl=https://webext.contoso.com, ACTION: ask for credentials"),
        entry("14:40:02.009", MAIN, "ERROR", "VerifyOnEnableEvent result return ONENABLE_FAIL_RETRY\nstatus=0x80ef01f8\ndiag code=0x3f0\nACTION: wait and retry"),
    ]
    .concat()
}

fn messages() -> String {
    let v6 =
        |flow: &str, side: &str| format!("{flow}[2001:db8::10]:443 ({side} Local Address: [2001:db8:61::1]:50434)");
    let bare = "2001:db8::10:443 (To Local Address: 2001:db8:61::1:50434)";
    [
        sent("14:40:03.000", REGISTER),
        received("14:40:03.061", CHALLENGE),
        frame("14:40:03.100", "", &v6("Sending Packet - ", "From"), SUBSCRIBE),
        frame("14:40:03.160", "Data Received -", bare, SUBSCRIBED),
        interrupted(&received("14:40:03.200", NOTIFY)),
        sent("14:40:04.000", INVITE),
        received("14:40:04.050", &[TRYING, FAILED].concat()),
        received("14:40:05.000", "\n\n"),
        sent("14:40:05.010", "\n\n"),
        received("14:40:06.000", COMPACT),
    ]
    .concat()
}

/// The same frame with a line of another thread after its third header.
fn interrupted(frame: &str) -> String {
    let line = entry("14:40:03.200", MAIN, "TRACE", "CUccPresentity: 4 categories are cached");
    let at = frame.match_indices('\n').nth(4).map_or(0, |(at, _)| at + 1);
    let (before, after) = frame.split_at(at);
    [before, &line, after].concat()
}

pub const REGISTER: &str = r#"REGISTER sip:contoso.com SIP/2.0
Via: SIP/2.0/TLS 198.51.100.61:50433
Max-Forwards: 70
From: <sip:mia@contoso.com>;tag=6d10a3f7e2;epid=4b77c01d55
To: <sip:mia@contoso.com>
Call-ID: 3b6ec1f2a9d04c5e8a7714f0c2d9e601
CSeq: 1 REGISTER
Contact: <sip:198.51.100.61:50433;transport=tls;ms-opaque=77aa01b2c3>;methods="INVITE, MESSAGE, INFO, OPTIONS, BYE, CANCEL, NOTIFY, ACK, REFER, BENOTIFY";proxy=replace
User-Agent: UCCAPI/16.0.4600.1000 OC/16.0.4600.1000 (Skype for Business)
Event: registration
Content-Length: 0

"#;

pub const CHALLENGE: &str = r#"SIP/2.0 401 Unauthorized
Date: Wed, 20 Nov 2024 13:40:03 GMT
Via: SIP/2.0/TLS 198.51.100.61:50433;ms-received-port=50433;ms-received-cid=2B00
From: <sip:mia@contoso.com>;tag=6d10a3f7e2;epid=4b77c01d55
To: <sip:mia@contoso.com>;tag=5A5A0E11C3D2
Call-ID: 3b6ec1f2a9d04c5e8a7714f0c2d9e601
CSeq: 1 REGISTER
WWW-Authenticate: NTLM realm="SIP Communications Service", targetname="fe01.contoso.com", version=4
WWW-Authenticate: TLS-DSK realm="SIP Communications Service", targetname="fe01.contoso.com", version=4, sts-uri="https://webext.contoso.com:443/CertProv/CertProvisioningService.svc"
Content-Length: 0

"#;

const SUBSCRIBE: &str = r"SUBSCRIBE sip:mia@contoso.com SIP/2.0
Via: SIP/2.0/TLS [2001:db8:61::1]:50434
From: <sip:mia@contoso.com>;tag=8812af0b3c;epid=4b77c01d55
To: sip:mia@contoso.com
Call-ID: 71a0c9d45be14d27
CSeq: 1 SUBSCRIBE
Event: vnd-microsoft-provisioning-v2
Content-Length: 0

";

const SUBSCRIBED: &str = r"SIP/2.0 200 OK
Via: SIP/2.0/TLS [2001:db8:61::1]:50434
From: <sip:mia@contoso.com>;tag=8812af0b3c;epid=4b77c01d55
To: <sip:mia@contoso.com>;tag=19B3
Call-ID: 71a0c9d45be14d27
CSeq: 1 SUBSCRIBE
ms-user-logon-data: RemoteUser
Content-Length: 0

";

/// A request may carry a code too.
const NOTIFY: &str = r#"NOTIFY sip:198.51.100.61:50433;transport=tls;ms-opaque=77aa01b2c3 SIP/2.0
Via: SIP/2.0/TLS 192.0.2.10:443;branch=z9hG4bK19AA
From: <sip:mia@contoso.com>;tag=19B3
To: <sip:mia@contoso.com>;tag=8812af0b3c;epid=4b77c01d55
Call-ID: 71a0c9d45be14d27
CSeq: 2 NOTIFY
ms-diagnostics: 4141;reason="User disabled, or moved; see the pool";source="fe01.contoso.com"
Subscription-State: terminated;reason=deactivated
Content-Length: 0

"#;

/// The body ends without a line end.
const INVITE: &str = r#"INVITE sip:noah@fabrikam.com SIP/2.0
Via: SIP/2.0/TLS 198.51.100.61:50433
From: "Mia, \"the boss\""<sip:Mia@contoso.com>;tag=2c40f1;epid=4b77c01d55
To: <sip:noah@fabrikam.com>
Call-ID: 0d5f2b6c90e84a13
CSeq: 1 INVITE
P-Preferred-Identity: <sip:mia@contoso.com>, <tel:+14255550161>
ms-client-diagnostics: 52092;reason="A shared line is used";source="198.51.100.61"
Content-Type: application/sdp
Content-Length: 115

v=0
o=- 0 0 IN IP4 198.51.100.61
s=session
c=IN IP4 198.51.100.61
t=0 0
m=message 5060 sip sip:mia@contoso.com"#;

const TRYING: &str = r#"SIP/2.0 100 Trying
Via: SIP/2.0/TLS 198.51.100.61:50433
From: "Mia, \"the boss\""<sip:Mia@contoso.com>;tag=2c40f1;epid=4b77c01d55
To: <sip:noah@fabrikam.com>
Call-ID: 0d5f2b6c90e84a13
CSeq: 1 INVITE
Content-Length: 0

"#;

const FAILED: &str = r#"SIP/2.0 504 Server time-out
Via: SIP/2.0/TLS 198.51.100.61:50433
From: "Mia, \"the boss\""<sip:Mia@contoso.com>;tag=2c40f1;epid=4b77c01d55
To: <sip:noah@fabrikam.com>;tag=77
Call-ID: 0d5f2b6c90e84a13
CSeq: 1 INVITE
ms-diagnostics: 1034;reason="Previous hop federated peer did not report diagnostic information";Domain="fabrikam.com";source="edge01.contoso.com"
ms-diagnostics-public: 1034;reason="Previous hop federated peer did not report diagnostic information"
Content-Length: 0

"#;

/// Header names in their short forms (RFC 3261 7.3.3).
const COMPACT: &str = r"OPTIONS sip:mia@contoso.com SIP/2.0
v: SIP/2.0/TLS 192.0.2.10:443;branch=z9hG4bK20BB
f: <sip:noah@fabrikam.com>;tag=1
t: <sip:mia@contoso.com>
i: 5e3d
CSeq: 7 OPTIONS
m: <sip:noah@fabrikam.com:5061;transport=tls>
l: 0

";
