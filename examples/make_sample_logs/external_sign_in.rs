//! The incident: Anna cannot sign in from outside, Ben beside her can.
//!
//! The certificate on the pool's external web site (4443) is the wrong one. The pool gives out web tickets
//! and then refuses them. Anna has no user certificate and needs a ticket to get one, so she never gets
//! past the first challenge. Ben still holds his certificate and signs in with it. Inside, nobody notices.

use crate::bodies;
use crate::client_log::{MAIN_THREAD, WEB_THREAD};
use crate::clock::{Time, at};
use crate::everyday::{self, Call, Dialog};
use crate::sign_in::{self, Attempt};
use crate::stage::{Endpoint, FE01, FE02, Stage};
use crate::tokens::NtlmUser;
use crate::web_service;
use crate::{LineEnd, Sample};

const LAST: Time = at(13, 39, 50, 0);

/// Tells the story and returns its three files.
pub fn tell() -> Vec<Sample> {
    let mut stage = Stage::new("external-sign-in");
    let mut anna = anna();
    let mut ben = ben();
    let mut office = Office::new();

    anna_tries(&mut stage, &mut anna);
    everyone_else_works(&mut stage, &mut ben, &mut office);
    servers_idle(&mut stage);

    let Stage { mut ids, servers, .. } = stage;
    let sample = |name: &str, shows: &'static str, text: String| Sample {
        path: format!("external-sign-in/{name}"),
        shows,
        line_end: LineEnd::Crlf,
        text,
    };
    vec![
        sample(
            "anna-UccApi-0.UccApilog",
            "Client log of Anna, outside, without a user certificate: every REGISTER gets the same first 401, the certificate cannot be fetched, sign-in fails five times.",
            anna.log.into_text(),
        ),
        sample(
            "ben-UccApi-0.UccApilog",
            "Client log of Ben, outside, at the same time: he still holds his user certificate and signs in with TLS-DSK.",
            ben.log.into_text(),
        ),
        sample(
            "fe01-cls.txt",
            "Server trace (CLS) of the pool and the Edge over the same minutes: the web services refuse tickets the pool gave out itself (28032). A mistyped callee (4005) stands beside it and has nothing to do with it.",
            servers.into_text(&mut ids),
        ),
    ]
}

fn anna() -> Endpoint {
    Endpoint::outside("anna@contoso.com", "Anna", "198.51.100.23:50112", 0x2a10)
        .with_device("0fbb2a5a8c", "7D5C1E2A-0000-5000-8000-0A1B2C3D4E5F")
}

fn ben() -> Endpoint {
    Endpoint::outside("ben@contoso.com", "Ben", "198.51.100.77:61204", 0x2a44)
        .with_device("5e07c41d9b", "91A3B0C4-0000-5000-8000-1B2C3D4E5F60")
        .with_phone("+14255550123")
}

/// The users inside.
struct Office {
    carla: Endpoint,
    david: Endpoint,
    eva: Endpoint,
}

impl Office {
    fn new() -> Self {
        Self {
            carla: Endpoint::inside("carla@contoso.com", "Carla", "203.0.113.51:49801", 0x3110)
                .with_device("a1c3e5f708", "C0FFEE01-0000-5000-8000-2C3D4E5F6071")
                .with_phone("+14255550117"),
            david: Endpoint::inside("david@contoso.com", "David", "203.0.113.52:50233", 0x3115)
                .with_device("b2d4f6a819", "C0FFEE02-0000-5000-8000-3D4E5F607182")
                .with_phone("+14255550118")
                .on(&FE02),
            eva: Endpoint::inside("eva@contoso.com", "Eva", "203.0.113.53:51877", 0x3121)
                .with_device("c3e5a7b92a", "C0FFEE03-0000-5000-8000-4E5F60718293")
                .with_phone("+14255550119"),
        }
    }
}

/// When Anna presses the button, and how many REGISTERs the client sends each time.
const ATTEMPTS: [(Time, u32); 5] = [
    (at(13, 21, 18, 604), 3),
    (at(13, 24, 41, 95), 3),
    (at(13, 28, 2, 377), 2),
    (at(13, 32, 55, 812), 3),
    (at(13, 37, 20, 149), 3),
];

fn anna_tries(stage: &mut Stage, anna: &mut Endpoint) {
    starts_up(stage, at(13, 20, 3, 412), anna);
    stage.connect(at(13, 21, 17, 900), anna);
    for (start, rounds) in ATTEMPTS {
        let now = looks_for_the_pool(stage, start, anna);
        let now = registers_in_vain(stage, now, anna, rounds);
        reports(stage, now + 240, anna);
    }
    idles(stage, at(13, 20, 5, 0), anna);
}

/// The first lines of a log, and the settings the client kept from better days.
fn starts_up(stage: &mut Stage, now: Time, who: &mut Endpoint) {
    let log = &mut who.log;
    log.trace(now, MAIN_THREAD, "INFO", "Logging started, client 16.0.4600.1000, Windows 10.0.19045, x64");
    log.trace(now + 31, MAIN_THREAD, "INFO", &format!("Last signed in user was sip:{}", who.user));
    log.trace(now + 44, MAIN_THREAD, "TRACE", "CUccPlatform::Initialize - platform ready");
    let settings = bodies::provisioning(118, &mut stage.ids);
    let text = format!("Settings of the last session were read from the cache\n{settings}");
    log.trace(now + 158, MAIN_THREAD, "INFO", &text);
    log.trace(
        now + 207,
        WEB_THREAD,
        "WARN",
        "User certificate store: no certificate issued by Communications Server was found",
    );
}

/// Autodiscover: a ticket is given out, and refused by the next request.
fn looks_for_the_pool(stage: &mut Stage, now: Time, anna: &mut Endpoint) -> Time {
    let log = &mut anna.log;
    log.trace(now, MAIN_THREAD, "INFO", "Sign-in requested, automatic configuration");
    log.trace(now + 12, WEB_THREAD, "INFO", "DNS name lyncdiscoverinternal.contoso.com does not exist");
    log.trace(now + 25, WEB_THREAD, "INFO", "DNS name lyncdiscover.contoso.com resolved to 203.0.113.40");
    let now = web_service::autodiscover_root(stage, now + 40, anna);
    let now = web_service::autodiscover_user(stage, now, anna);
    let (mut now, ticket) = web_service::web_ticket(stage, now, anna);
    for gives_up in [false, false, false, true] {
        now = web_service::autodiscover_user_refused(stage, now, anna, &ticket, gives_up);
    }
    anna.log.trace(
        now,
        MAIN_THREAD,
        "WARN",
        "Autodiscover gave no user resource, falling back to DNS SRV _sip._tls.contoso.com",
    );
    anna.log.trace(now + 18, MAIN_THREAD, "INFO", "DNS SRV _sip._tls.contoso.com is sip.contoso.com:443");
    now + 40
}

/// REGISTER, 401, no certificate, no ticket that works; and again.
fn registers_in_vain(stage: &mut Stage, mut now: Time, anna: &mut Endpoint, rounds: u32) -> Time {
    let mut attempt = Attempt::new(stage);
    for round in 0..rounds {
        let other_thread = "CUccPlatform::OnTimer - this 0A77C0D8, pending timers 3";
        let interruption = (round == 1).then_some(other_thread);
        now = sign_in::unanswered_challenge(stage, now, anna, &mut attempt, interruption);
        let text = "TLS-DSK is offered, but there is no user certificate: asking the certificate service for one";
        anna.log.trace(now + 3, WEB_THREAD, "INFO", text);
        let (later, ticket) = web_service::web_ticket(stage, now + 15, anna);
        now = later;
        for gives_up in [false, false, true] {
            now = web_service::certificate_refused(stage, now, anna, &ticket, gives_up);
        }
        anna.log.trace(now, WEB_THREAD, "ERROR", "GetAndPublishCert failed, hr=80ef0191");
        if round + 1 < rounds {
            now = now + stage.ids.millis(9_000, 14_000);
        }
    }
    now
}

/// What the client says about it at the end of an attempt.
fn reports(stage: &mut Stage, now: Time, anna: &mut Endpoint) {
    let report = "Sign-in report
1 Login: FAIL (hr = 0x80ef0191)
1.1 Lync-autodiscovery: FAIL (hr = 0x80ef0191)
Lync autodiscovery completed with hr: 0x80ef0191, isTempError: 0
1.1.1 ExecuteWithWindowsOrNoAuthInternal: PASS
1.1.2 Get-NewWebTicket: PASS
1.1.2.1 ExecuteWithMetadataInternal: PASS
1.1.2.2 ExecuteWithWindowsOrNoAuthInternal: FAIL (hr = 0x3d0000)
1.2 DNSAutoDiscovery: PASS
1.3 BootStrap: FAIL (hr = 0x80ef0191)
1.3.1 GetAndPublishCert: FAIL (hr = 0x80ef0191)
1.3.1.1 Get-NewWebTicket: PASS
1.3.1.1.1 ExecuteWithMetadataInternal: PASS
1.3.1.1.2 ExecuteWithWindowsOrNoAuthInternal: FAIL (hr = 0x3d0000)";
    anna.log.trace(now, MAIN_THREAD, "INFO", report);
    let verdict = "VerifyOnEnableEvent result return ONENABLE_FAILED
 status=0x80ef0191
 authWebserviceBaseUrl=https://webext.contoso.com/CertProv/CertProvisioningService.svc
 ACTION: AUTH FAIL - NEED NEW CERT";
    anna.log.trace(now + 1, MAIN_THREAD, "ERROR", verdict);
    let wait = 20 + stage.ids.below(40);
    let text = format!("Sign-in failed, the user was told to try again; next attempt not before {wait} s");
    anna.log.trace(now + 9, MAIN_THREAD, "INFO", &text);
}

/// Small talk of a client over the whole time: its own lines, and the server's keep-alives.
fn idles(stage: &mut Stage, from: Time, who: &mut Endpoint) {
    let mut now = from;
    while now < LAST {
        everyday::client_chatter(stage, now, who);
        now = now + stage.ids.millis(2_500, 11_000);
    }
    let mut now = at(13, 22, 30, 120);
    while now < LAST {
        everyday::keep_alive(now, who);
        now = now + 60_000 + stage.ids.millis(0, 900);
    }
}

const ANNA: &str = "anna@contoso.com";
const CARLA: &str = "carla@contoso.com";
const DAVID: &str = "david@contoso.com";
const EVA: &str = "eva@contoso.com";

/// Ben and the office, in order of time: both sides of an association count their messages.
fn everyone_else_works(stage: &mut Stage, ben: &mut Endpoint, office: &mut Office) {
    let Office { carla, david, eva } = office;
    stage.connect(at(13, 20, 11, 90), carla);
    sign_in::with_kerberos(stage, at(13, 20, 11, 180), carla);
    web_service::internal_autodiscover(stage, at(13, 20, 12, 404), carla);
    let mut carla_sees = everyday::watch_presence(stage, at(13, 20, 13, 77), carla, &[DAVID, EVA]);
    stage.connect(at(13, 20, 31, 12), david);
    sign_in::with_kerberos(stage, at(13, 20, 31, 101), david);
    web_service::internal_autodiscover(stage, at(13, 20, 32, 17), david);
    everyday::notify_presence(stage, at(13, 20, 33, 480), carla, &mut carla_sees, DAVID, 3500);

    let (mut ben_sees, mut contacts) = ben_signs_in(stage, at(13, 22, 3, 700), ben);
    let mut ben_is_told = |stage: &mut Stage, at, ben: &mut Endpoint, who, availability| {
        everyday::notify_presence(stage, at, ben, &mut ben_sees, who, availability);
    };
    ben_is_told(stage, at(13, 23, 40, 250), ben, CARLA, 3500);
    let chat =
        ["Hello Carla, can you reach Anna?", "No, she is shown as offline", "I am outside too, and it works for me"];
    everyday::conversation(stage, at(13, 24, 12, 500), ben, carla, &chat);

    stage.connect(at(13, 25, 2, 640), eva);
    let eva_at_work = NtlmUser { domain: "CONTOSO", user: "eva", workstation: "PC-0153" };
    sign_in::with_ntlm(stage, at(13, 25, 2, 700), eva, &eva_at_work);
    everyday::publish(stage, at(13, 25, 3, 350), eva, 3500, 11);
    everyday::notify_presence(stage, at(13, 25, 4, 20), carla, &mut carla_sees, EVA, 3500);
    ben_is_told(stage, at(13, 25, 20, 871), ben, EVA, 3500);
    let friends = bodies::contacts(&[ANNA, CARLA, DAVID, EVA]);
    everyday::notify(stage, at(13, 26, 21, 610), ben, &mut contacts, &friends);

    let plan = Call {
        ring_ms: 4_210,
        talk_ms: 95_400,
        bye_diagnostics: "51004; reason=\"Action initiated by user\";UserType=\"Caller\";MediaType=\"audio\"",
    };
    everyday::call(stage, at(13, 27, 14, 230), carla, david, &plan);
    everyday::notify_presence(stage, at(13, 28, 57, 2), carla, &mut carla_sees, DAVID, 6500);
    ben_is_told(stage, at(13, 28, 57, 11), ben, DAVID, 6500);
    everyday::publish(stage, at(13, 29, 30, 45), ben, 6500, 42);
    ben_is_told(stage, at(13, 31, 12, 400), ben, CARLA, 15500);
    let chat = ["Is Anna in today?", "She works from home, I cannot see her", "Thanks, I will call her"];
    everyday::conversation(stage, at(13, 31, 40, 88), eva, carla, &chat);
    ben_is_told(stage, at(13, 33, 30, 509), ben, CARLA, 3500);
    everyday::call_nobody(stage, at(13, 34, 9, 118), david, "carola@contoso.com");
    ben_is_told(stage, at(13, 36, 41, 233), ben, DAVID, 3500);
    everyday::publish(stage, at(13, 38, 2, 790), ben, 3500, 43);
}

/// Ben signs in with his certificate and subscribes; returns his view of others and of his contacts.
fn ben_signs_in(stage: &mut Stage, now: Time, ben: &mut Endpoint) -> (Dialog, Dialog) {
    let log = &mut ben.log;
    let lines = [
        "Logging started, client 16.0.4600.1000, Windows 10.0.19045, x64",
        "Last signed in user was sip:ben@contoso.com",
        "User certificate found, issuer Communications Server, usable",
        "Server sip.contoso.com:443 of the last session is used",
    ];
    for (text, before) in lines.into_iter().zip([2_600, 2_571, 2_490, 2_488]) {
        log.trace(now - before, MAIN_THREAD, "INFO", text);
    }
    idles(stage, now - 2_400, ben);
    stage.connect(now, ben);
    let now = sign_in::with_tls_dsk(stage, now + 101, ben) + 120;

    let settings = bodies::provisioning(6, &mut stage.ids);
    let kind = bodies::PROVISIONING_TYPE;
    everyday::subscribe(stage, now, ben, "vnd-microsoft-provisioning-v2", kind, &settings);
    let itself = bodies::roaming_self(ben.user);
    let kind = bodies::SELF_TYPE;
    everyday::subscribe(stage, now + 210, ben, "vnd-microsoft-roaming-self", kind, &itself);
    let friends = bodies::contacts(&[ANNA, CARLA, DAVID]);
    let kind = bodies::CONTACTS_TYPE;
    let event = "vnd-microsoft-roaming-contacts";
    let contacts = everyday::subscribe(stage, now + 390, ben, event, kind, &friends);
    let sees = everyday::watch_presence(stage, now + 620, ben, &[ANNA, CARLA, DAVID]);
    everyday::publish(stage, now + 850, ben, 3500, 41);
    (sees, contacts)
}

/// What the servers write without anybody asking.
fn servers_idle(stage: &mut Stage) {
    let mut now = at(13, 20, 0, 40);
    while now < LAST {
        everyday::server_chatter(stage, now);
        now = now + stage.ids.millis(9_000, 26_000);
    }
    for (minute, machine) in [(20, &FE01), (24, &FE02), (28, &FE01), (32, &FE02), (36, &FE01)] {
        everyday::monitor(stage, at(13, minute, 30, 7), machine, "192.0.2.5:40122");
    }
    everyday::application_check(stage, at(13, 22, 1, 250));
    everyday::application_check(stage, at(13, 34, 1, 251));
}
