//! Signing in: the rounds of REGISTER and 401, and the 200 OK that ends them when all goes well.

use crate::clock::{Time, at};
use crate::der::Certificate;
use crate::server_log::{Event, Machine};
use crate::session::{Package, REALM, Session};
use crate::sip::Message;
use crate::stage::{Arrived, Endpoint, Product, Stage};
use crate::tokens::{self, NtlmUser};

/// The REGISTERs of one attempt: they share Call-ID and From tag, and count up CSeq.
pub struct Attempt {
    call_id: String,
    tag: String,
    cseq: u32,
}

impl Attempt {
    pub fn new(stage: &mut Stage) -> Self {
        Self { call_id: stage.ids.call_id(), tag: stage.ids.tag(), cseq: 0 }
    }

    /// The next REGISTER, without credentials.
    pub fn register(&mut self, who: &Endpoint) -> Message {
        self.cseq += 1;
        let domain = who.user.split('@').nth(1).unwrap_or_default();
        Message::request("REGISTER", &format!("sip:{domain}"))
            .with("Via", &who.via())
            .with("Max-Forwards", "70")
            .with("From", &format!("<sip:{}>;tag={};epid={}", who.user, self.tag, who.epid))
            .with("To", &format!("<sip:{}>", who.user))
            .with("Call-ID", &self.call_id)
            .with("CSeq", &format!("{} REGISTER", self.cseq))
            .with(
                "Contact",
                &format!(
                    "{};methods=\"INVITE, MESSAGE, INFO, OPTIONS, BYE, CANCEL, NOTIFY, ACK, REFER, BENOTIFY\";proxy=replace;+sip.instance=\"<urn:uuid:{}>\"",
                    who.contact(),
                    who.instance
                ),
            )
            .with("User-Agent", who.agent)
            .with("Supported", "gruu-10, adhoclist, msrtc-event-categories")
            .with("Supported", "ms-forking")
            .with("Supported", "ms-cluster-failover")
            .with("Supported", "ms-userservices-state-notification")
            .with("ms-keep-alive", "UAC;hop-hop=yes")
            .with("Event", "registration")
    }
}

/// A first answer: 401 with the packages the server offers, and its clock.
pub fn challenge(stage: &mut Stage, request: &Arrived, server: &Machine) -> Message {
    let target = server.fqdn;
    let version = stage.product.package_version();
    let mut answer = unauthorized(stage, request);
    answer.add("WWW-Authenticate", &format!("NTLM realm=\"{REALM}\", targetname=\"{target}\", version={version}"));
    answer.add(
        "WWW-Authenticate",
        &format!("Kerberos realm=\"{REALM}\", targetname=\"sip/{target}\", version={version}"),
    );
    if stage.product == Product::Ocs2007R2 {
        return answer.with("Server", stage.product.server_agent());
    }
    answer.add(
        "WWW-Authenticate",
        &format!(
            "TLS-DSK realm=\"{REALM}\", targetname=\"{target}\", version={version}, sts-uri=\"https://webext.contoso.com:443/CertProv/CertProvisioningService.svc\""
        ),
    );
    answer.with("Server", stage.product.server_agent())
}

/// An answer that goes on with the handshake: 401 with the server's token.
pub fn handshake_step(
    stage: &mut Stage,
    request: &Arrived,
    server: &Machine,
    package: Package,
    opaque: &str,
    token: &str,
) -> Message {
    let challenge = format!(
        "{} opaque=\"{opaque}\", gssapi-data=\"{token}\", targetname=\"{}\", realm=\"{REALM}\", version={}",
        package.name(),
        package.target(server),
        stage.product.package_version()
    );
    unauthorized(stage, request).with("WWW-Authenticate", &challenge).with("Server", stage.product.server_agent())
}

fn unauthorized(stage: &mut Stage, request: &Arrived) -> Message {
    let tag = stage.ids.server_tag();
    let mut answer = Message::answer(&request.message, 401, "Unauthorized", &tag);
    answer.add_first("Date", &request.at.gmt());
    answer
}

/// A REGISTER without credentials and its 401. Returns when the client has the answer. A client that is signed in
/// signs its REGISTER; the 401 then says that the server does not know the association.
pub fn unanswered_challenge(
    stage: &mut Stage,
    now: Time,
    who: &mut Endpoint,
    attempt: &mut Attempt,
    interruption: Option<&str>,
) -> Time {
    let request = attempt.register(who);
    let came = stage.send_with(now, who, request, interruption);
    who.session = None;
    let answer = challenge(stage, &came, who.front_end);
    let delay = stage.ids.millis(3, 9);
    stage.deliver(came.at + delay, who, answer).at
}

/// Credentials with a token but no signature yet.
pub fn with_token(
    request: Message,
    stage: &Stage,
    server: &Machine,
    package: Package,
    opaque: &str,
    token: &str,
) -> Message {
    let version = stage.product.package_version();
    let opaque = if opaque.is_empty() { String::new() } else { format!(", opaque=\"{opaque}\"") };
    let credentials = format!(
        "{} qop=\"auth\", realm=\"{REALM}\"{opaque}, targetname=\"{}\", gssapi-data=\"{token}\", version={version}",
        package.name(),
        package.target(server)
    );
    request.with("Authorization", &credentials)
}

/// The client's part of a handshake is done: its last REGISTER, not sent yet, and the association it may bring.
pub struct Proof {
    pub at: Time,
    pub request: Message,
    pub session: Session,
}

/// Signs in with the user certificate: challenge, two TLS rounds, 200 OK.
pub fn with_tls_dsk(stage: &mut Stage, now: Time, who: &mut Endpoint) -> Time {
    let mut attempt = Attempt::new(stage);
    let proof = prove_with_tls_dsk(stage, now, who, &mut attempt, SOME_WEEKS_AGO);
    accept(stage, who, proof, CENTRAL)
}

/// When a user got his certificate, who does not need one today.
pub const SOME_WEEKS_AGO: Time = Time(at(7, 12, 40, 0).0 - 64 * DAY_MS);

/// The handshake of TLS-DSK up to its last REGISTER, with a user certificate issued at some time.
pub fn prove_with_tls_dsk(
    stage: &mut Stage,
    now: Time,
    who: &mut Endpoint,
    attempt: &mut Attempt,
    issued: Time,
) -> Proof {
    let package = Package::TlsDsk;
    let server = who.front_end;
    let opaque = stage.ids.upper_hex(8);
    let mut now = unanswered_challenge(stage, now, who, attempt, None) + 14;

    let hello = tokens::tls_client_hello(&mut stage.ids);
    let server_hello = tokens::tls_server_hello(&server_certificate(server), &mut stage.ids);
    let finished = tokens::tls_client_finished(&user_certificate(who, issued), &mut stage.ids);
    let server_finished = tokens::tls_server_finished(&mut stage.ids);
    let rounds = [("", hello, server_hello), (opaque.as_str(), finished, server_finished)];
    for (known, ours, theirs) in rounds {
        let request = with_token(attempt.register(who), stage, server, package, known, &ours);
        let came = stage.send(now, who, request);
        let answer = handshake_step(stage, &came, server, package, &opaque, &theirs);
        now = stage.deliver(came.at + 5, who, answer).at + 11;
    }

    let mut session = Session::new(package, &opaque, server, stage.product.package_version());
    let credentials = session.sign(&mut stage.ids);
    let request = attempt.register(who).with("Authorization", &credentials);
    Proof { at: now, request, session }
}

pub const DAY_MS: i64 = 86_400_000;

/// What a front end shows in the handshake of TLS-DSK.
pub fn server_certificate(server: &'static Machine) -> Certificate<'static> {
    Certificate {
        subject: server.fqdn,
        issuer: "Contoso Issuing CA",
        not_before: at(0, 0, 0, 0) - 200 * DAY_MS,
        not_after: at(0, 0, 0, 0) + 530 * DAY_MS,
        alt_names: &[],
    }
}

/// The user's certificate: good for 180 days.
pub fn user_certificate(who: &Endpoint, issued: Time) -> Certificate<'static> {
    Certificate {
        subject: who.user,
        issuer: "Communications Server",
        not_before: issued,
        not_after: issued + 180 * DAY_MS,
        alt_names: &[],
    }
}

/// Signs in with NTLM: challenge, NTLM challenge, 200 OK.
pub fn with_ntlm(stage: &mut Stage, now: Time, who: &mut Endpoint, user: &NtlmUser<'_>) -> Time {
    let mut attempt = Attempt::new(stage);
    let proof = prove_with_ntlm(stage, now, who, &mut attempt, user);
    accept(stage, who, proof, CENTRAL)
}

/// The handshake of NTLM up to the REGISTER with the answer to the server's challenge.
pub fn prove_with_ntlm(
    stage: &mut Stage,
    now: Time,
    who: &mut Endpoint,
    attempt: &mut Attempt,
    user: &NtlmUser<'_>,
) -> Proof {
    let package = Package::Ntlm;
    let server = who.front_end;
    let opaque = stage.ids.upper_hex(8);
    let now = unanswered_challenge(stage, now, who, attempt, None) + 9;

    let request = with_token(attempt.register(who), stage, server, package, "", "");
    let came = stage.send(now, who, request);
    let token = tokens::ntlm_challenge(came.at, user.domain, "contoso.com", server.fqdn, &mut stage.ids);
    let answer = handshake_step(stage, &came, server, package, &opaque, &token);
    let now = stage.deliver(came.at + 4, who, answer).at + 8;

    let token = tokens::ntlm_answer(now, user, server.fqdn, &mut stage.ids);
    let mut session = Session::new(package, &opaque, server, stage.product.package_version());
    let credentials = session.sign_with(&mut stage.ids, &token);
    let request = attempt.register(who).with("Authorization", &credentials);
    Proof { at: now, request, session }
}

/// Signs in with Kerberos: challenge, 200 OK.
pub fn with_kerberos(stage: &mut Stage, now: Time, who: &mut Endpoint) -> Time {
    let mut attempt = Attempt::new(stage);
    let proof = prove_with_kerberos(stage, now, who, &mut attempt);
    accept(stage, who, proof, CENTRAL)
}

/// The handshake of Kerberos up to the REGISTER with the ticket.
pub fn prove_with_kerberos(stage: &mut Stage, now: Time, who: &mut Endpoint, attempt: &mut Attempt) -> Proof {
    let server = who.front_end;
    let now = unanswered_challenge(stage, now, who, attempt, None) + 21;

    let token = tokens::kerberos_request("CONTOSO.COM", server.fqdn, &mut stage.ids);
    let mut session = Session::new(Package::Kerberos, "", server, stage.product.package_version());
    let credentials = session.sign_with(&mut stage.ids, &token);
    let request = attempt.register(who).with("Authorization", &credentials);
    Proof { at: now, request, session }
}

/// `presence-state` of a user whose home pool is well.
pub const CENTRAL: &str = "register-action=\"added\";primary-cluster-type=\"central\";is-connected-to-primary=\"yes\"";

/// The last REGISTER and its 200 OK; from here on the client is signed in.
pub fn accept(stage: &mut Stage, who: &mut Endpoint, proof: Proof, presence_state: &str) -> Time {
    let Proof { at, request, session } = proof;
    let came = stage.send(at, who, request);
    let data = format!("user=\"{}\"", who.user);
    note_security(stage, &came, who, "TL_INFO", "The user was authenticated", "", &data);
    let answer = registered(stage, &came, who, 7200, presence_state);
    who.session = Some(session);
    stage.deliver(came.at + 8, who, answer).at
}

/// The front end's security record about a REGISTER.
pub fn note_security(
    stage: &mut Stage,
    came: &Arrived,
    who: &Endpoint,
    level: &'static str,
    text: &str,
    result: &str,
    data: &str,
) {
    let event = Event {
        level,
        severity: if level == "TL_ERROR" { "error" } else { "information" },
        text,
        result,
        peer: if who.outside { "edge01.contoso.com:51413" } else { &who.address },
        data,
        correlation: stage.ids.correlation(),
    };
    stage.servers.security(came.at + 6, who.front_end, &event, &came.message);
}

/// 200 OK to a REGISTER; `expires` of 0 ends the registration.
pub fn registered(stage: &mut Stage, came: &Arrived, who: &Endpoint, expires: u32, presence_state: &str) -> Message {
    let tag = stage.ids.server_tag();
    let mut answer = Message::answer(&came.message, 200, "OK", &tag);
    answer.add_first("ms-keep-alive", "UAS; tcp=no; hop-hop=yes; end-end=no; timeout=300");
    if expires > 0 {
        answer.add(
            "Contact",
            &format!(
                "{};expires={expires};+sip.instance=\"<urn:uuid:{}>\";gruu=\"{}\"",
                who.contact(),
                who.instance,
                who.gruu()
            ),
        );
    }
    answer.add("Expires", &expires.to_string());
    if expires > 0 {
        answer.add("presence-state", presence_state);
    }
    answer.add(
        "Allow-Events",
        "vnd-microsoft-provisioning,vnd-microsoft-roaming-contacts,vnd-microsoft-roaming-self,presence,registration-notify",
    );
    answer.add("Supported", "adhoclist, msrtc-event-categories, ms-userservices-state-notification");
    answer.add("Server", stage.product.server_agent());
    if who.outside {
        answer.add("ms-user-logon-data", "RemoteUser");
    }
    answer
}
