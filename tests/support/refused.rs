//! Made logs of sign-ins that are refused.

use std::fmt::Write as _;

/// `NTLMSSP` messages of type 2 and 3, as far as their type.
const CHALLENGE: &str = "TlRMTVNTUAACAAAAAAAAADgAAAA=";
const AUTHENTICATE: &str = "TlRMTVNTUAADAAAAAAAAADgAAAA=";
const OFFER: &str =
    "WWW-Authenticate: NTLM realm=\"SIP Communications Service\", targetname=\"fe01.contoso.com\", version=4";

/// The log of a client that tries to sign in with NTLM, and is refused or not. A message a second.
pub fn client_log(user: &str, outcomes: &[bool]) -> String {
    client_log_from(100, 1_000, user, outcomes)
}

/// The same from a time of the day on, a message every so often.
pub fn client_log_from(start_ms: u64, step_ms: u64, user: &str, outcomes: &[bool]) -> String {
    let mut text = String::new();
    let mut now = 10 * 3_600_000 + start_ms;
    let mut write = |call: usize, cseq: usize, first: &str, header: &str| {
        now += step_ms;
        let (minutes, ms) = (now / 60_000, now % 60_000);
        let clock = format!("{:02}:{:02}:{:02}.{:03}", minutes / 60, minutes % 60, ms / 1_000, ms % 1_000);
        let stamp = format!("11/20/2024|{clock} 2A10:C74 INFO  ::");
        let is_sent = first.starts_with("REGISTER");
        let what = if is_sent { "Sending Packet - " } else { "Data Received -" };
        let toward = if is_sent { "From" } else { "To" };
        let about = format!("{what}192.0.2.10:443 ({toward} Local Address: 198.51.100.23:50112) 500 bytes");
        let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
        write!(
            text,
            "{stamp} {about}:\r\n{stamp} {first}\r\nVia: SIP/2.0/TLS 198.51.100.23:50112;branch=z9hG4bK{call:04}{cseq:04}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{user}>;tag=3f9a;epid=07{0:08x}\r\nTo: <sip:{user}>\r\n\
             Call-ID: {call:04}{user}\r\nCSeq: {cseq} REGISTER\r\n\
             User-Agent: UCCAPI/16.0.4600.1000 OC/16.0.4600.1000 (Skype for Business)\r\n{header}Content-Length: 0\r\n\r\n\
             \r\n{stamp} End of {about}\r\n",
            user.len(),
        )
        .expect("a text grows");
    };
    let token = |header: &str, token: &str| {
        format!(
            "{header}: NTLM opaque=\"A1B2C3D4\", realm=\"SIP Communications Service\", targetname=\"fe01.contoso.com\", \
             version=4, gssapi-data=\"{token}\""
        )
    };
    for (call, &signs_in) in outcomes.iter().enumerate() {
        let register = "REGISTER sip:contoso.com SIP/2.0";
        write(call, 1, register, "");
        write(call, 1, "SIP/2.0 401 Unauthorized", OFFER);
        write(call, 2, register, &token("Authorization", ""));
        write(call, 2, "SIP/2.0 401 Unauthorized", &token("WWW-Authenticate", CHALLENGE));
        write(call, 3, register, &token("Authorization", AUTHENTICATE));
        if signs_in {
            write(call, 3, "SIP/2.0 200 OK", "Expires: 7200");
        } else {
            write(call, 3, "SIP/2.0 401 Unauthorized", OFFER);
        }
    }
    text
}
