//! Traces for the cases of the rules, built from whole messages.

mod server;
mod web;

pub use self::server::{CLIENT, Server};
pub use self::web::{INVALID_TICKET, of_tickets};

use super::Diagnosis;
use crate::index::{Index, Progress, TraceFile, build};
use crate::source::Source;
use std::sync::Arc;

/// Anything that is written down as one file.
pub trait Log {
    fn name(&self) -> String;
    fn text(&self) -> String;
}

/// A client's log at UTC+1 on 2024-11-20. Each message is written a tenth of a second after the one before.
pub struct Client {
    user: String,
    pub epid: String,
    pub agent: String,
    pub server: String,
    /// Address and port of the server, as the client sees it.
    pub peer: String,
    /// Name of the file, where that is not the user's.
    pub file: String,
    call: u32,
    cseq: u32,
    /// Milliseconds since midnight UTC.
    pub now_ms: i64,
    /// How far the clock of the client is wrong.
    pub clock_error_ms: i64,
    lines: String,
    /// Method, CSeq and To.
    last_request: (String, u32, String),
    /// Time, whether it was sent, and the message.
    messages: Vec<(i64, bool, String)>,
}

impl Client {
    pub fn new(user: &str) -> Self {
        let epid = format!(
            "{:010x}",
            user.bytes().fold(7u64, |sum, byte| sum.wrapping_mul(31) + u64::from(byte)) & 0xFF_FFFF_FFFF
        );
        Self {
            user: user.to_owned(),
            epid,
            agent: "UCCAPI/16.0.4600.1000 OC/16.0.4600.1000 (Skype for Business)".to_owned(),
            server: "fe01.contoso.com".to_owned(),
            peer: "192.0.2.10:443".to_owned(),
            file: user.to_owned(),
            call: 1,
            cseq: 0,
            now_ms: 9 * 3_600_000,
            clock_error_ms: 0,
            lines: String::new(),
            last_request: (String::new(), 0, String::new()),
            messages: Vec::new(),
        }
    }

    /// Time passes.
    pub fn wait(&mut self, seconds: i64) {
        self.now_ms += seconds * 1_000;
    }

    /// The next REGISTER belongs to a new Call-ID.
    pub fn new_call(&mut self) {
        self.call += 1;
        self.cseq = 0;
    }

    /// The log begins here.
    pub fn forget(&mut self) {
        self.lines.clear();
        self.messages.clear();
    }

    pub fn call_id(&self) -> String {
        format!("{:08x}{}", self.call, self.epid)
    }

    fn stamp(&self) -> String {
        let local = self.now_ms + 3_600_000 + self.clock_error_ms;
        let (hours, rest) = (local / 3_600_000, local % 3_600_000);
        let day = 20 + hours / 24;
        format!(
            "11/{day:02}/2024|{:02}:{:02}:{:02}.{:03} 2A10:C74 INFO  ::",
            hours % 24,
            rest / 60_000,
            rest % 60_000 / 1_000,
            rest % 1_000
        )
    }

    /// A line that is no message.
    pub fn says(&mut self, text: &str) {
        self.now_ms += 100;
        self.lines += &format!("{} {text}\r\n", self.stamp());
    }

    /// A web-service call that is done, with its HRESULT in hexadecimal (`0`, `80ef0191`).
    pub fn web_call(&mut self, auth: &str, url: &str, result: &str, error: &str) {
        let context = format!("{:08X}", 0x0A00_0000 + self.now_ms);
        for (done, result, error) in [("0", "3d0000", ""), ("1", result, error)] {
            self.says(&format!(
                "Executing wws method with {auth}, asyncContext={context},\r\n context: WebRequest context@ :1234\r\n  \
                 MethodType:2\r\n  ExecutionComplete? :{done}\r\n  Callback@ :0C0FFEE0\r\n  AsyncHResult:{result}\r\n  \
                 TargetUri:{url}\r\n Error:\r\n{error}\r\n\r\n."
            ));
        }
    }

    fn frame(&mut self, is_sent: bool, message: &str) {
        self.now_ms += 100;
        self.messages.push((self.now_ms, is_sent, message.to_owned()));
        let message = message.replace("\r\n", "\n").replace('\n', "\r\n");
        let (what, toward) = if is_sent { ("Sending Packet - ", "From") } else { ("Data Received -", "To") };
        let about =
            format!("{what}{} ({toward} Local Address: 198.51.100.23:50112) {} bytes", self.peer, message.len());
        let stamp = self.stamp();
        self.lines += &format!("{stamp} {about}:\r\n{stamp} {message}\r\n{stamp} End of {about}\r\n");
    }

    /// Sends a REGISTER with further headers, one a line.
    pub fn register(&mut self, headers: &str) {
        self.request("REGISTER", "sip:contoso.com", &self.user.clone(), headers);
    }

    /// Sends any request.
    pub fn request(&mut self, method: &str, uri: &str, to: &str, headers: &str) {
        self.cseq += 1;
        let epid = if self.epid.is_empty() { String::new() } else { format!(";epid={}", self.epid) };
        let message = format!(
            "{method} {uri} SIP/2.0\nVia: SIP/2.0/TLS 198.51.100.23:50112;branch=z9hG4bK{:04X}{:04X}\nMax-Forwards: 70\nFrom: <sip:{}>;tag=3f9a11c2d4{epid}\nTo: \
             <sip:{to}>\nCall-ID: {}\nCSeq: {} {method}\nUser-Agent: {}\n{}Content-Length: 0\n\n",
            self.call,
            self.cseq,
            self.user,
            self.call_id(),
            self.cseq,
            self.agent,
            lines(headers),
        );
        self.last_request = (method.to_owned(), self.cseq, to.to_owned());
        self.frame(true, &message);
    }

    /// Receives an answer to the last request, such as `401 Unauthorized`.
    pub fn answer(&mut self, status: &str, headers: &str) {
        self.answer_with_body(status, headers, "");
    }

    pub fn answer_with_body(&mut self, status: &str, headers: &str, body: &str) {
        let (method, cseq, to) = self.last_request.clone();
        let message = format!(
            "SIP/2.0 {status}\nVia: SIP/2.0/TLS 198.51.100.23:50112;branch=z9hG4bK{:04X}{cseq:04X}\nDate: {}\nFrom: <sip:{}>;tag=3f9a11c2d4;epid={}\nTo: <sip:{}>;tag=77\n\
             Call-ID: {}\nCSeq: {cseq} {method}\n{}Content-Length: {}\n\n{body}",
            self.call,
            date(self.now_ms + 100),
            self.user,
            self.epid,
            to,
            self.call_id(),
            lines(headers),
            body.len(),
        );
        self.frame(false, &message);
    }

    /// Receives a request of the server.
    pub fn notice(&mut self, method: &str, headers: &str, body: &str) {
        let message = format!(
            "{method} sip:198.51.100.23:50112;transport=tls SIP/2.0\nVia: SIP/2.0/TLS 192.0.2.10:443\nFrom: <sip:{user}>;tag=5\nTo: <sip:{user}>;tag=6;epid={}\n\
             Call-ID: note{}\nCSeq: 9 {method}\n{}Content-Length: {}\n\n{body}",
            self.epid,
            self.call_id(),
            lines(headers),
            body.len(),
            user = self.user,
        );
        self.frame(false, &message);
    }

    /// A 401 that offers all packages, as the first of every sign-in.
    pub fn challenge(&mut self) {
        self.answer("401 Unauthorized", &self.offers());
    }

    /// What a 401 offers at first.
    pub fn offers(&self) -> String {
        let server = &self.server;
        format!(
            "WWW-Authenticate: NTLM realm=\"SIP Communications Service\", targetname=\"{server}\", version=4\n\
             WWW-Authenticate: Kerberos realm=\"SIP Communications Service\", targetname=\"sip/{server}\", version=4\n\
             WWW-Authenticate: TLS-DSK realm=\"SIP Communications Service\", targetname=\"{server}\", version=4, \
             sts-uri=\"https://webext.contoso.com:443/CertProv/CertProvisioningService.svc\""
        )
    }

    /// `Authorization` with a token in base64, which may be empty.
    pub fn authorization(&self, package: &str, token: &str) -> String {
        let prefix = if package == "Kerberos" { "sip/" } else { "" };
        format!(
            "Authorization: {package} qop=\"auth\", opaque=\"A1B2C3D4\", realm=\"SIP Communications Service\", targetname=\"{prefix}{}\", version=4, \
             gssapi-data=\"{token}\"",
            self.server
        )
    }

    /// `WWW-Authenticate` that goes on with a handshake.
    pub fn goes_on(&self, package: &str, token: &str) -> String {
        self.authorization(package, token).replace("Authorization:", "WWW-Authenticate:").replace("qop=\"auth\", ", "")
    }

    /// What a 200 is signed with.
    pub fn signature(&self, package: &str) -> String {
        format!(
            "Authentication-Info: {package} qop=\"auth\", opaque=\"A1B2C3D4\", srand=\"0B0E\", snum=\"1\", rspauth=\"0102\", targetname=\"{}\", \
             realm=\"SIP Communications Service\", version=4\nExpires: 7200",
            self.server
        )
    }

    /// A REGISTER signed by an association that exists.
    pub fn signed(&self, package: &str) -> String {
        format!(
            "Authorization: {package} qop=\"auth\", opaque=\"A1B2C3D4\", realm=\"SIP Communications Service\", targetname=\"{}\", crand=\"1\", cnum=\"2\", \
             response=\"0102030405\"",
            self.server
        )
    }

    /// NTLM up to the last token of the client.
    pub fn ntlm_handshake(&mut self) {
        self.register("");
        self.challenge();
        self.register(&self.authorization("NTLM", ""));
        self.answer("401 Unauthorized", &self.goes_on("NTLM", NTLM_2));
        self.register(&self.authorization("NTLM", NTLM_3));
    }

    pub fn ntlm_sign_in(&mut self) {
        self.ntlm_handshake();
        self.answer("200 OK", &self.signature("NTLM"));
    }

    /// NTLM whose last token is answered by a fresh challenge.
    pub fn ntlm_refused(&mut self) {
        self.ntlm_handshake();
        self.challenge();
    }

    /// NTLM whose last token is a certain one and is answered by a fresh challenge.
    pub fn ntlm_refused_with(&mut self, token: &str) {
        self.register("");
        self.challenge();
        self.register(&self.authorization("NTLM", ""));
        self.answer("401 Unauthorized", &self.goes_on("NTLM", NTLM_2));
        self.register(&self.authorization("NTLM", token));
        self.challenge();
    }

    /// What follows a challenge, up to the last token.
    fn ntlm_answers(&mut self) {
        self.register(&self.authorization("NTLM", ""));
        self.answer("401 Unauthorized", &self.goes_on("NTLM", NTLM_2));
        self.register(&self.authorization("NTLM", NTLM_3));
    }

    pub fn ntlm_from_challenge(&mut self) {
        self.ntlm_answers();
        self.answer("200 OK", &self.signature("NTLM"));
    }

    pub fn ntlm_from_challenge_to_refusal(&mut self) {
        self.ntlm_answers();
        self.challenge();
    }

    /// A signed REGISTER that keeps the registration alive.
    pub fn refresh(&mut self, package: &str) {
        self.register(&self.signed(package));
        self.answer("200 OK", &self.signature(package));
    }

    /// The server does not know the association any more, and NTLM makes a new one.
    pub fn ntlm_again(&mut self) {
        self.register(&self.signed("NTLM"));
        self.challenge();
        self.ntlm_from_challenge();
    }

    pub fn sign_out(&mut self) {
        self.register(&format!("{}\nExpires: 0", self.signed("NTLM")));
        self.answer("200 OK", "Expires: 0");
    }

    pub fn kerberos_sign_in(&mut self) {
        self.register("");
        self.challenge();
        self.register(&self.authorization("Kerberos", KERBEROS));
        self.answer("200 OK", &self.signature("Kerberos"));
    }

    /// TLS-DSK up to the client's last flight.
    pub fn tls_dsk_handshake(&mut self) {
        self.register("");
        self.challenge();
        self.register(&self.authorization("TLS-DSK", TLS_HELLO));
        self.answer("401 Unauthorized", &self.goes_on("TLS-DSK", TLS_HELLO));
        self.register(&self.authorization("TLS-DSK", TLS_FINISHED));
    }

    /// A handshake whose packets are split: one more 401.
    pub fn tls_dsk_sign_in_in_more_rounds(&mut self) {
        self.register("");
        self.challenge();
        self.register(&self.authorization("TLS-DSK", TLS_HELLO));
        self.answer("401 Unauthorized", &self.goes_on("TLS-DSK", TLS_HELLO));
        self.register(&self.authorization("TLS-DSK", ""));
        self.answer("401 Unauthorized", &self.goes_on("TLS-DSK", TLS_HELLO));
        self.register(&self.authorization("TLS-DSK", TLS_FINISHED));
        self.answer("401 Unauthorized", &self.goes_on("TLS-DSK", TLS_FINISHED));
        self.register(&self.signed("TLS-DSK"));
        self.answer("200 OK", &self.signature("TLS-DSK"));
    }

    pub fn tls_dsk_sign_in(&mut self) {
        self.tls_dsk_handshake();
        self.answer("401 Unauthorized", &self.goes_on("TLS-DSK", TLS_FINISHED));
        self.register(&self.signed("TLS-DSK"));
        self.answer("200 OK", &self.signature("TLS-DSK"));
    }
}

impl Log for Client {
    fn name(&self) -> String {
        format!("{}-UccApi-0.UccApilog", self.file)
    }

    fn text(&self) -> String {
        self.lines.clone()
    }
}

/// `NTLMSSP` messages of type 1, 2 and 3, as far as their type.
pub const NTLM_1: &str = "TlRMTVNTUAABAAAAB7IIogAAAAAAAAAAAAAAAAAAAAA=";
pub const NTLM_2: &str = "TlRMTVNTUAACAAAAAAAAADgAAAA=";
pub const NTLM_3: &str = "TlRMTVNTUAADAAAAAAAAADgAAAA=";
/// A message of type 3 that names `CONTOSO\anna` on PC17.
pub const NTLM_3_ANNA: &str = "TlRMTVNTUAADAAAAAAAAAEAAAAAAAAAAQAAAAA4ADgBAAAAACAAIAE4AAAAIAAgAVgAAAAAAAABeAAAAAQAAAEMATwBOAFQATwBTAE8AYQBuAG4AYQBQAEMAMQA3AA==";
/// The start of a GSS-API token with a ticket.
pub const KERBEROS: &str = "YIIFqwYGKwYBBQUCoIIFnzCCBZs=";
/// A KRB-ERROR with nothing but its number (RFC 4120 5.9.1), in hexadecimal.
pub fn kerberos_error(code: u8) -> String {
    format!("7e073005a6030201{code:02x}")
}

/// TLS records: a handshake; a handshake, a change of ciphers and what is encrypted; the alert `certificate_expired`.
pub const TLS_HELLO: &str = "FgMBAAQBAAAA";
pub const TLS_FINISHED: &str = "FgMBAAQLAAAAFAMBAAEBFgMBAAQAAAAA";
pub const TLS_EXPIRED: &str = "FQMBAAICLQ==";

/// A client's last flight with a certificate that ended at 2024-11-19T08:00:00Z.
pub const TLS_CERTIFICATE: &str =
    "FgMDADoLAAA2AAAzAAAwMC4wLKADAgECAgEBMAAwADAeFw0yNDA1MjMwODAwMDBaFw0yNDExMTkwODAwMDBaFAMDAAEBFgMDAAQAAAAA";

/// `a\nb` -> `a\nb\n`; nothing stays nothing.
fn lines(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{text}\n") }
}

/// `Wed, 20 Nov 2024 09:00:00 GMT`, by milliseconds since midnight.
fn date(ms: i64) -> String {
    let (hours, rest) = (ms / 3_600_000, ms % 3_600_000);
    let (weekday, day) = if hours >= 24 { ("Thu", 21) } else { ("Wed", 20) };
    format!("{weekday}, {day} Nov 2024 {:02}:{:02}:{:02} GMT", hours % 24, rest / 60_000, rest % 60_000 / 1_000)
}

/// What is found in some logs.
pub fn diagnose(logs: &[&dyn Log]) -> Diagnosis {
    Diagnosis::of(&index(logs))
}

/// What is found in some logs; `None` where one of them is no trace any more.
pub fn try_diagnose(logs: &[&dyn Log]) -> Option<Diagnosis> {
    let file = |log: &&dyn Log| TraceFile::new(Source::from_bytes(&log.name(), log.text().into_bytes())).map(Arc::new);
    let files: Vec<Arc<TraceFile>> = logs.iter().map(file).collect::<Result<_, _>>().ok()?;
    Some(Diagnosis::of(&build(&files, &Progress::default(), |_| {})))
}

/// What is found in some logs, a line a finding: `slug severity user xCOUNT`, and `<- slug` of what caused it.
pub fn rules(logs: &[&dyn Log]) -> Vec<String> {
    let line = |finding: &super::Finding| {
        let cause = finding.caused_by.map(|cause| format!(" <- {cause}")).unwrap_or_default();
        let user = finding.user.as_deref().unwrap_or("-");
        format!("{} {} {user} x{}{cause}", finding.rule, finding.severity.name(), finding.count)
    };
    diagnose(logs).findings.iter().map(line).collect()
}

/// Whether a rule finds something in some logs.
pub fn fires(rule: &str, logs: &[&dyn Log]) -> bool {
    diagnose(logs).findings.iter().any(|finding| finding.rule == rule)
}

/// Indexes logs as if they stood in files.
pub fn index(logs: &[&dyn Log]) -> Arc<Index> {
    let file = |log: &&dyn Log| TraceFile::new(Source::from_bytes(&log.name(), log.text().into_bytes())).map(Arc::new);
    let files: Vec<Arc<TraceFile>> = logs.iter().map(file).collect::<Result<_, _>>().expect("scenes are traces");
    build(&files, &Progress::default(), |_| {})
}
