//! What people paste into a ticket: messages without a log around them, and a sign-in report alone.

use crate::ids::Ids;
use crate::session::REALM;
use crate::sip::{Casing, Message};
use crate::{LineEnd, Sample};

const USER: &str = "jonas@contoso.com";
const SERVER: &str = "fe01.contoso.com";

/// A REGISTER and its 401 as they were, and the same pair a second time, damaged by mail and blog.
pub fn tell_messages() -> Vec<Sample> {
    let mut ids = Ids::for_story("pasted");
    let request = register(&mut ids);
    let answer = challenge(&request, &ids.server_tag());
    let again = next_round(&request);
    let refused = refusal(&again, &ids.server_tag());
    let text = format!(
        "{}{}\n{}\n{}\n{}",
        request.wire(Casing::AsSent),
        answer.wire(Casing::AsSent),
        "That is how it starts. Then, copied from the mail of the user:\n",
        quoted(&again.wire(Casing::AsSent)),
        joined(&refused)
    );
    vec![Sample {
        path: "pasted-register-401.txt".to_owned(),
        shows: "Messages pasted into a ticket, without a log around them: a REGISTER with its 401 in good shape, and a second pair damaged on the way (quoted in a mail, header breaks lost, typographic quotes and hyphens). The words between them are no trace: 1 line is not understood.",
        line_end: LineEnd::Lf,
        text,
    }]
}

fn register(ids: &mut Ids) -> Message {
    let (tag, epid) = (ids.tag(), ids.tag());
    Message::request("REGISTER", "sip:contoso.com")
        .with("Via", "SIP/2.0/TLS 203.0.113.71:50233")
        .with("Max-Forwards", "70")
        .with("From", &format!("<sip:{USER}>;tag={tag};epid={epid}"))
        .with("To", &format!("<sip:{USER}>"))
        .with("Call-ID", &ids.call_id())
        .with("CSeq", "1 REGISTER")
        .with("Contact", "<sip:203.0.113.71:50233;transport=tls;ms-opaque=5d1f0c7a2e>;methods=\"INVITE, MESSAGE, INFO, OPTIONS, BYE, CANCEL, NOTIFY, ACK, REFER, BENOTIFY\"")
        .with("User-Agent", "UCCAPI/16.0.4600.1000 OC/16.0.4600.1000 (Skype for Business)")
        .with("Supported", "gruu-10, adhoclist, msrtc-event-categories")
        .with("ms-keep-alive", "UAC;hop-hop=yes")
        .with("Event", "registration")
}

fn challenge(request: &Message, tag: &str) -> Message {
    let mut answer = Message::answer(request, 401, "Unauthorized", tag);
    answer.add_first("Date", "Wed, 20 Nov 2024 15:02:11 GMT");
    answer
        .with("WWW-Authenticate", &format!("NTLM realm=\"{REALM}\", targetname=\"{SERVER}\", version=4"))
        .with("WWW-Authenticate", &format!("Kerberos realm=\"{REALM}\", targetname=\"sip/{SERVER}\", version=4"))
        .with("Server", "RTC/6.0")
}

/// The next REGISTER of the same attempt, with credentials.
fn next_round(request: &Message) -> Message {
    let mut again = request.clone();
    again.remove("CSeq");
    let credentials =
        format!("NTLM qop=\"auth\", realm=\"{REALM}\", targetname=\"{SERVER}\", gssapi-data=\"\", version=4");
    again.with("CSeq", "2 REGISTER").with("Authorization", &credentials)
}

fn refusal(request: &Message, tag: &str) -> Message {
    let mut answer = Message::answer(request, 401, "Unauthorized", tag);
    answer.add_first("Date", "Wed, 20 Nov 2024 15:02:12 GMT");
    let reason = format!(
        "1000;reason=\"Final handshake failed\";source=\"{SERVER}\";HRESULT=\"0xC3E93EC3(SIP_E_AUTH_UNAUTHORIZED)\""
    );
    answer
        .with("WWW-Authenticate", &format!("NTLM realm=\"{REALM}\", targetname=\"{SERVER}\", version=4"))
        .with("ms-diagnostics", &reason)
        .with("Server", "RTC/6.0")
}

/// As a mail program quotes it.
fn quoted(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", format!("> {line}").trim_end())).collect()
}

/// As a web page shows it: all headers on a few lines, in typographic dress.
fn joined(message: &Message) -> String {
    let head = message.head(Casing::AsSent);
    let mut text = String::new();
    for (number, line) in head.lines().enumerate() {
        // A break is left before every fourth line.
        text.push_str(if number == 0 {
            ""
        } else if number % 4 == 0 {
            "\n   "
        } else {
            " "
        });
        let (name, value) = line.split_once(':').unwrap_or(("", line));
        let is_header = !name.is_empty();
        let name = if is_header { name.replace('-', "\u{2011}") + ":" } else { String::new() };
        text.push_str(&name);
        text.push_str(&typographic_quotes(value));
    }
    text.push('\n');
    text
}

fn typographic_quotes(text: &str) -> String {
    let mut opens = false;
    let quote = |c| match c {
        '"' => {
            opens = !opens;
            if opens { '\u{201C}' } else { '\u{201D}' }
        }
        c => c,
    };
    text.chars().map(quote).collect()
}

/// The tree of a sign-in that fails at the certificate.
pub fn tell_report() -> Vec<Sample> {
    vec![Sample {
        path: "sign-in-report.txt".to_owned(),
        shows: "A client's sign-in report pasted alone: discovery succeeds, the certificate is refused (0x80ef0191 is 401), and the verdict names 4004.",
        line_end: LineEnd::Crlf,
        text: REPORT.to_owned(),
    }]
}

const REPORT: &str = "\
1 Login: FAIL (hr = 0x80ef0191)
1.1 Lync-autodiscovery: PASS
1.1.1 DNSAutoDiscovery: PASS
1.1.2 ExecuteWithWindowsOrNoAuthInternal: PASS
1.2 BootStrap: FAIL (hr = 0x80ef0191)
1.2.1 Get-NewWebTicket: PASS
1.2.1.1 ExecuteWithMetadataInternal: PASS
1.2.1.2 ExecuteWithOAuthInternal: FAIL (hr = 0x3d0000)
1.3.1 GetAndPublishCert: FAIL (hr = 0x80ef0191)
VerifyOnEnableEvent result return (ONENABLE_FAIL_AUTH) status=0x80ef0191, diag code=0xfa4
authWebserviceBaseUrl=https://webext.contoso.com/CertProv/CertProvisioningService.svc
ACTION: ask for credentials
";
