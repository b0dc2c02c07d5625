//! Incidents in which the credentials are good, or nobody asked for them, and the registrar still does not take the
//! user, or not for long, or not with all that belongs to it.

use crate::Incident;
use crate::background::{office, servers};
use crate::bodies;
use crate::client_log::MAIN_THREAD;
use crate::client_words::{idles, starts_up, starts_up_outside, verdict};
use crate::clock::{Time, at};
use crate::everyday;
use crate::server_log::Event;
use crate::sign_in::{self, Attempt};
use crate::sip::Message;
use crate::stage::{Endpoint, FE01, FE11, Stage};
use crate::tokens::NtlmUser;
use crate::verdict::{No, reject, turn_away};

/// A new user whom the pool does not know yet.
pub fn user_not_enabled() -> Incident {
    let mut stage = Stage::new("user-not-enabled");
    let mut vera = Endpoint::inside("vera@contoso.com", "Vera", "203.0.113.77:50322", 0x3501)
        .with_device("b40689fa1d", "96253F14-0000-5000-8000-041526374859");
    let start = at(8, 2, 31, 400);
    starts_up(start, &mut vera);
    stage.connect(start + 500, &vera);
    let reason =
        "4005;reason=\"Destination URI either not enabled for SIP or does not exist\";source=\"fe01.contoso.com\"";
    let no = No { status: 404, reason: "Not Found", headers: &[("ms-diagnostics", reason)] };
    for tried in [start + 620, start + 75_000] {
        let mut attempt = Attempt::new(&mut stage);
        let proof = sign_in::prove_with_kerberos(&mut stage, tried, &mut vera, &mut attempt);
        let now = reject(&mut stage, &mut vera, proof, &no);
        verdict(now + 60, &mut vera, "ONENABLE_FAIL", "0x80ef0194", 4005, "check the sign-in address");
    }
    idles(&mut stage, start + 700, start + 190_000, &mut vera);
    office(&mut stage, start - 20_000, start + 200_000);
    let Stage { mut ids, servers, .. } = stage;
    Incident {
        folder: "user-not-enabled",
        shows: "Vera is new. Her Kerberos ticket is accepted, and then the answer is 404 (4005): the pool does not know her yet. No matter of a password.",
        finds: &["user-not-found failure vera@contoso.com"],
        files: vec![("vera-UccApi-0.UccApilog", vera.log.into_text()), ("fe01-cls.txt", servers.into_text(&mut ids))],
    }
}

/// A user who may not sign in from outside.
pub fn remote_access_denied() -> Incident {
    let mut stage = Stage::new("remote-access-denied");
    let mut walter = Endpoint::outside("walter@contoso.com", "Walter", "198.51.100.52:50871", 0x2b50)
        .with_device("c5179a0b2e", "A7364025-0000-5000-8000-152637485960");
    let start = at(18, 20, 44, 512);
    starts_up_outside(start, &mut walter);
    stage.connect(start + 600, &walter);
    let reason = "4003;reason=\"From URI not enabled for remote access\"";
    let no = No { status: 403, reason: "Forbidden", headers: &[("ms-diagnostics-public", reason)] };
    for tried in [start + 700, start + 90_400] {
        let mut attempt = Attempt::new(&mut stage);
        let proof = sign_in::prove_with_tls_dsk(&mut stage, tried, &mut walter, &mut attempt, sign_in::SOME_WEEKS_AGO);
        let now = reject(&mut stage, &mut walter, proof, &no);
        verdict(now + 60, &mut walter, "ONENABLE_FAIL", "0x80ef0193", 4003, "ask the administrator");
    }
    idles(&mut stage, start + 800, start + 180_000, &mut walter);
    office(&mut stage, start - 20_000, start + 190_000);
    let Stage { mut ids, servers, .. } = stage;
    Incident {
        folder: "remote-access-denied",
        shows: "Walter signs in from a hotel with his user certificate, which is good; his external access policy does not let him in (403 with 4003).",
        finds: &["remote-access-denied failure walter@contoso.com"],
        files: vec![
            ("walter-UccApi-0.UccApilog", walter.log.into_text()),
            ("fe01-edge01-cls.txt", servers.into_text(&mut ids)),
        ],
    }
}

/// The password of one account and the sign-in address of another.
pub fn wrong_account() -> Incident {
    let mut stage = Stage::new("wrong-account");
    let mut sales = Endpoint::inside("sales@contoso.com", "Sales", "203.0.113.78:49755", 0x3510)
        .with_device("d628ab1c3f", "B8475136-0000-5000-8000-263748596071");
    let start = at(9, 12, 5, 90);
    starts_up(start, &mut sales);
    stage.connect(start + 500, &sales);
    let reason = "4004;reason=\"Credentials provided are not authorized to act as specified from URI\"";
    let no = No { status: 403, reason: "Forbidden", headers: &[("ms-diagnostics-public", reason)] };
    let xenia = NtlmUser { domain: "CONTOSO", user: "xenia", workstation: "PC-0311" };
    let mut attempt = Attempt::new(&mut stage);
    let proof = sign_in::prove_with_ntlm(&mut stage, start + 600, &mut sales, &mut attempt, &xenia);
    let now = reject(&mut stage, &mut sales, proof, &no);
    verdict(now + 60, &mut sales, "ONENABLE_FAIL", "0x80ef0193", 4004, "ask for credentials");
    idles(&mut stage, start + 700, start + 150_000, &mut sales);
    Incident {
        folder: "wrong-account",
        shows: "Somebody signs in as sales@contoso.com, and the client sends the saved password of CONTOSO\\xenia, which is right: 403 with 4004. The client's verdict names it as diag code=0xfa4.",
        finds: &["identity-mismatch failure sales@contoso.com"],
        files: vec![("sales-UccApi-0.UccApilog", sales.log.into_text())],
    }
}

/// A front end whose applications are not running.
pub fn registrar_down() -> Incident {
    let mut stage = Stage::new("registrar-down");
    let mut yann = Endpoint::inside("yann@contoso.com", "Yann", "203.0.113.79:51603", 0x3520)
        .with_device("e739bc2d40", "C9586247-0000-5000-8000-374859607182");
    let start = at(5, 58, 41, 233);
    starts_up(start, &mut yann);
    stage.connect(start + 500, &yann);
    let reason = "5000;reason=\"One or more critical applications are not running\";source=\"fe01.contoso.com\"";
    let headers = [("Retry-After", "30"), ("ms-diagnostics", reason)];
    let no = No { status: 503, reason: "Service Unavailable", headers: &headers };
    for try_number in 0..4 {
        let mut attempt = Attempt::new(&mut stage);
        let now = turn_away(&mut stage, start + 600 + try_number * 31_000, &mut yann, &mut attempt, &no);
        verdict(now + 40, &mut yann, "ONENABLE_FAIL_TEMP", "0x80ef01f7", 5000, "try again in 30 s");
    }
    for (delay, application) in [(0, "UserServices"), (12_000, "RoutingApps"), (24_000, "UserServices")] {
        let text = format!("Critical application {application} is not running, requests are answered with 503");
        let scope = "SIPStack,CApplicationMonitor::Check:applicationmonitor.cpp(207)";
        stage.servers.component(start + 300 + delay, &FE01, scope, &text);
    }
    idles(&mut stage, start + 700, start + 150_000, &mut yann);
    servers(&mut stage, start - 60_000, start + 160_000);
    let Stage { mut ids, servers, .. } = stage;
    Incident {
        folder: "registrar-down",
        shows: "FE01 was restarted and its applications do not come up: every REGISTER is answered with 503 (5000) before anybody asks for credentials.",
        finds: &["registrar-unavailable failure yann@contoso.com"],
        files: vec![("yann-UccApi-0.UccApilog", yann.log.into_text()), ("fe01-cls.txt", servers.into_text(&mut ids))],
    }
}

/// A user who is signed in, and is then disabled.
pub fn user_disabled() -> Incident {
    let mut stage = Stage::new("user-disabled");
    let mut zoe = Endpoint::outside("zoe@contoso.com", "Zoe", "198.51.100.61:52004", 0x2b60)
        .with_device("f84acd3e51", "DA697358-0000-5000-8000-485960718293");
    let start = at(12, 50, 10, 610);
    starts_up_outside(start, &mut zoe);
    stage.connect(start + 500, &zoe);
    let now = sign_in::with_tls_dsk(&mut stage, start + 600, &mut zoe);
    let friends = bodies::contacts(&["nora@contoso.com"]);
    let event = "vnd-microsoft-roaming-contacts";
    everyday::subscribe(&mut stage, now + 200, &mut zoe, event, bodies::CONTACTS_TYPE, &friends);
    everyday::publish(&mut stage, now + 480, &mut zoe, 3500, 6);
    deregister(&mut stage, start + 171_000, &mut zoe);
    zoe.session = None;
    zoe.log.trace(start + 171_120, MAIN_THREAD, "WARN", "The registration was ended by the server, signed out");
    idles(&mut stage, start + 700, start + 230_000, &mut zoe);
    office(&mut stage, start - 15_000, start + 240_000);
    let Stage { mut ids, servers, .. } = stage;
    Incident {
        folder: "user-disabled",
        shows: "Zoe is signed in and works, until an administrator disables her: the registrar ends her registration with event=rejected (4141).",
        finds: &["user-disabled failure zoe@contoso.com", "signed-in normal zoe@contoso.com"],
        files: vec![
            ("zoe-UccApi-0.UccApilog", zoe.log.into_text()),
            ("fe01-edge01-cls.txt", servers.into_text(&mut ids)),
        ],
    }
}

/// The registrar says that it forgot the user ([MS-SIPREGE] 4.1.3); nobody answers a BENOTIFY.
fn deregister(stage: &mut Stage, now: Time, who: &mut Endpoint) {
    let via = stage.server_via(who.front_end);
    let contact = who.contact();
    let notice = Message::request("BENOTIFY", contact.trim_matches(['<', '>']))
        .with("Via", &via)
        .with("Max-Forwards", "70")
        .with("From", &format!("<sip:{}>;tag={}", who.user, stage.ids.server_tag()))
        .with("To", &format!("<sip:{}>;epid={}", who.user, who.epid))
        .with("Call-ID", &stage.ids.call_id())
        .with("CSeq", "1 BENOTIFY")
        .with("Event", "registration-notify")
        .with("subscription-state", "terminated;expires=0")
        .with("ms-diagnostics-public", "4141;reason=\"User disabled\"")
        .with_body("text/registration-event", "deregistered;event=rejected\r\n");
    stage.deliver(now, who, notice);
}

/// The home pool is away, a backup registrar takes its users.
pub fn survivable_mode() -> Incident {
    let mut stage = Stage::new("survivable-mode");
    let mut aron = Endpoint::inside("aron@contoso.com", "Aron", "203.0.113.80:50418", 0x3530)
        .with_device("095bde4f62", "EB7A8469-0000-5000-8000-596071829304")
        .on(&FE11);
    let start = at(10, 41, 3, 705);
    starts_up(start, &mut aron);
    let lines = [
        "Connection to fepool01.contoso.com:5061 was closed by the server",
        "Registrar list of the last session: fepool01.contoso.com, fepool02.contoso.com (backup)",
        "Server fepool02.contoso.com:5061 is used",
    ];
    for (text, delay) in lines.into_iter().zip([1_300, 1_340, 1_345]) {
        aron.log.trace(start + delay, MAIN_THREAD, "INFO", text);
    }
    stage.connect(start + 1_400, &aron);
    let mut attempt = Attempt::new(&mut stage);
    let proof = sign_in::prove_with_kerberos(&mut stage, start + 1_500, &mut aron, &mut attempt);
    let about = proof.request.clone();
    let presence = "register-action=\"added\";primary-cluster-type=\"central\";is-connected-to-primary=\"no\";user-services-state=unavailable";
    let now = sign_in::accept(&mut stage, &mut aron, proof, presence);
    aron.log.trace(now + 20, MAIN_THREAD, "WARN", "User services are unavailable: limited functionality");
    let event = Event {
        level: "TL_WARN",
        severity: "warning",
        text: "The home pool of the user is unavailable, the user is served with limited functionality",
        result: "",
        peer: "fepool01.contoso.com:5061",
        data: "user=\"aron@contoso.com\";primary-pool=\"fepool01.contoso.com\"",
        correlation: stage.ids.correlation(),
    };
    stage.servers.diagnostic(now + 2, &FE11, &event, &about);
    idles(&mut stage, start + 1_600, start + 200_000, &mut aron);
    let Stage { mut ids, servers, .. } = stage;
    Incident {
        folder: "survivable-mode",
        shows: "The home pool is away and its backup takes Aron: he is signed in (200 OK), with user-services-state=unavailable, which is limited functionality and no failed sign-in.",
        finds: &["limited-functionality warning aron@contoso.com"],
        files: vec![("aron-UccApi-0.UccApilog", aron.log.into_text()), ("fe11-cls.txt", servers.into_text(&mut ids))],
    }
}
