//! Incidents of the web services: tickets that are good in one place and not in another, and autodiscover that sends
//! a client in circles.

use crate::Incident;
use crate::background::servers;
use crate::client_log::{MAIN_THREAD, WEB_THREAD};
use crate::client_words::{idles, report, starts_up_outside};
use crate::clock::{Time, at};
use crate::ids::base64;
use crate::server_log::Machine;
use crate::sign_in::{self, Attempt, CENTRAL};
use crate::stage::{Endpoint, FE01, FE02, Stage};
use crate::web_service::{
    self, Block, OTHER_POOL_SITE, Outcome, POOL_SITE, Request, Site, WEB_HOST, client_call, invalid_ticket, user_path,
};

/// A ticket of the first pool is shown to the second, where the user is at home.
pub fn other_pool() -> Incident {
    let mut stage = Stage::new("web-ticket-other-pool");
    let mut emil = Endpoint::outside("emil@contoso.com", "Emil", "198.51.100.91:0", 0);
    let mut fiona = Endpoint::outside("fiona@contoso.com", "Fiona", "198.51.100.92:0", 0);
    let start = at(14, 22, 7, 300);
    for app_starts in [start, start + 83_000, start + 171_000] {
        let (mut now, ticket) = asks_first_pool(&mut stage, app_starts, &mut emil);
        for _ in 0..3 {
            now = asks_for_user(&mut stage, now, &mut emil, &OTHER_POOL_SITE, None, &ticket, &Says::InvalidTicket);
        }
    }
    // As it should be: another ticket for another pool.
    let (now, _) = asks_first_pool(&mut stage, start + 40_000, &mut fiona);
    let (now, own) = web_service::web_ticket_of(&mut stage, now, &mut fiona, &OTHER_POOL_SITE);
    asks_for_user(&mut stage, now, &mut fiona, &OTHER_POOL_SITE, None, &own, &Says::Home("fepool02.contoso.com"));
    servers(&mut stage, start - 10_000, start + 200_000);
    let Stage { mut ids, servers, .. } = stage;
    Incident {
        folder: "web-ticket-other-pool",
        shows: "An app of Emil's gets a web ticket from the first pool, is told that he is at home on the second, and shows it the same ticket: 401 (28032), each time. Fiona's client asks the second pool for a ticket of its own and gets in.",
        finds: &["web-ticket-from-other-pool failure emil@contoso.com"],
        files: vec![("fepool01-fepool02-cls.txt", servers.into_text(&mut ids))],
    }
}

/// Autodiscover at the first pool, which gives out a ticket and a redirect to the second.
fn asks_first_pool(stage: &mut Stage, now: Time, who: &mut Endpoint) -> (Time, String) {
    let now = web_service::autodiscover_root(stage, now, who);
    let now = web_service::autodiscover_user(stage, now, who);
    let (now, ticket) = web_service::web_ticket(stage, now, who);
    let there = format!("https://{}/Autodiscover/AutodiscoverService.svc/root", OTHER_POOL_SITE.host);
    (asks_for_user(stage, now, who, &POOL_SITE, None, &ticket, &Says::Elsewhere(&there)), ticket)
}

/// What autodiscover says of a user.
enum Says<'a> {
    InvalidTicket,
    /// At home on this pool.
    Home(&'a str),
    /// Ask at this address.
    Elsewhere(&'a str),
}

/// The user resource of autodiscover with a ticket, answered by a machine or by any of the site.
fn asks_for_user(
    stage: &mut Stage,
    now: Time,
    who: &mut Endpoint,
    site: &'static Site,
    machine: Option<&'static Machine>,
    ticket: &str,
    says: &Says<'_>,
) -> Time {
    let request = Request::new(stage, who, site);
    let request = match machine {
        Some(machine) => request.by(machine),
        None => request,
    };
    let path = user_path(who.user);
    request.get(stage, now + 25, &path, site.host, ticket);
    let xml = |content: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><AutodiscoverResponse xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" AccessLocation=\"External\"><User>{content}</User></AutodiscoverResponse>"
        )
    };
    let outcome = match says {
        Says::InvalidTicket => {
            request.answer(stage, now + 34, "401 Unauthorized", &invalid_ticket(site), "");
            Outcome::Unauthorized
        }
        Says::Home(pool) => {
            let body = xml(&format!(
                "<SipServerInternalAccess fqdn=\"{pool}\" port=\"5061\"/><SipServerExternalAccess fqdn=\"sip.contoso.com\" port=\"443\"/><Link token=\"External/Ucwa\" href=\"https://{}/ucwa/v1/applications\"/>",
                site.host
            ));
            request.answer(stage, now + 37, "200 OK", "", &body);
            Outcome::Done
        }
        Says::Elsewhere(href) => {
            let body = xml(&format!("<Link token=\"Redirect\" href=\"{href}\"/>"));
            request.answer(stage, now + 36, "200 OK", "", &body);
            Outcome::Done
        }
    };
    let target = format!("https://{}{path}", site.host);
    let block = Block { auth: "Token Auth method, TokenProviderType=2", target: &target, operation: "", is_get: true };
    client_call(stage, now, now + 63, who, &block, &outcome);
    now + 75
}

/// FE02 has another web certificate than FE01, and does not accept tickets.
pub fn one_front_end() -> Incident {
    let mut stage = Stage::new("web-ticket-one-front-end");
    let mut gina = Endpoint::outside("gina@contoso.com", "Gina", "198.51.100.95:51190", 0x2b90)
        .with_device("4d9f1283a6", "2FBEC8AD-0000-5000-8000-930415263748");
    let start = at(11, 16, 40, 250);
    starts_up_outside(start, &mut gina);
    let now = web_service::autodiscover_root(&mut stage, start + 500, &mut gina);
    let now = web_service::autodiscover_user(&mut stage, now, &mut gina);
    let (now, ticket) = web_service::web_ticket(&mut stage, now, &mut gina);
    let mut ask =
        |now, machine, says| asks_for_user(&mut stage, now, &mut gina, &POOL_SITE, Some(machine), &ticket, &says);
    let now = ask(now, &FE02, Says::InvalidTicket);
    let now = ask(now, &FE01, Says::Home("fepool01.contoso.com"));

    stage.connect(now, &gina);
    let mut attempt = Attempt::new(&mut stage);
    let now = sign_in::unanswered_challenge(&mut stage, now + 90, &mut gina, &mut attempt, None);
    let text = "TLS-DSK is offered, but there is no user certificate: asking the certificate service for one";
    gina.log.trace(now + 3, WEB_THREAD, "INFO", text);
    let (mut now, ticket) = web_service::web_ticket(&mut stage, now + 15, &mut gina);
    for _ in 0..3 {
        now = asks_for_certificate(&mut stage, now, &mut gina, &FE02, &ticket);
    }
    gina.log.trace(now, WEB_THREAD, "ERROR", "GetAndPublishCert failed, hr=80ef0191; next attempt in 30 s");

    let (now, ticket) = web_service::web_ticket(&mut stage, now + 30_000, &mut gina);
    let now = asks_for_certificate(&mut stage, now, &mut gina, &FE01, &ticket);
    gina.log.trace(now, WEB_THREAD, "INFO", "User certificate received, issuer Communications Server");
    let mut attempt = Attempt::new(&mut stage);
    let issued = Time(now.0 / 1000 * 1000);
    let proof = sign_in::prove_with_tls_dsk(&mut stage, now + 30, &mut gina, &mut attempt, issued);
    sign_in::accept(&mut stage, &mut gina, proof, CENTRAL);
    idles(&mut stage, start + 600, start + 120_000, &mut gina);
    servers(&mut stage, start - 10_000, start + 130_000);
    let Stage { mut ids, servers, .. } = stage;
    Incident {
        folder: "web-ticket-one-front-end",
        shows: "FE02 got a new web certificate, FE01 did not: tickets are accepted where the balancer picks FE01 and refused (28032) where it picks FE02. Gina gets in at the second attempt.",
        finds: &["web-ticket-rejected-by-some failure gina@contoso.com", "signed-in normal gina@contoso.com"],
        files: vec![
            ("gina-UccApi-0.UccApilog", gina.log.into_text()),
            ("fepool01-edge01-cls.txt", servers.into_text(&mut ids)),
        ],
    }
}

/// The certificate service: FE01 gives out a user certificate, FE02 does not accept the ticket.
fn asks_for_certificate(
    stage: &mut Stage,
    now: Time,
    who: &mut Endpoint,
    machine: &'static Machine,
    ticket: &str,
) -> Time {
    let path = "/CertProv/CertProvisioningService.svc/WebTicket_Proof_SHA1";
    let request = Request::new(stage, who, &POOL_SITE).by(machine);
    request.post(stage, now + 25, path);
    request.post_headers(stage, now + 26, ticket);
    let outcome = if machine.name == FE01.name {
        let certificate = base64(&stage.ids.bytes(700));
        let body = format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><GetAndPublishCertResponse xmlns=\"http://schemas.microsoft.com/OCS/AuthWebServices/\"><CertificateInfo><X509Certificate>{certificate}</X509Certificate></CertificateInfo></GetAndPublishCertResponse></s:Body></s:Envelope>"
        );
        request.answer(stage, now + 96, "200 OK", "", &body);
        Outcome::Done
    } else {
        request.answer(stage, now + 37, "401 Unauthorized", &invalid_ticket(&POOL_SITE), "");
        Outcome::Unauthorized
    };
    let target = format!("https://{WEB_HOST}{path}");
    let block = Block {
        auth: "Token Auth method, TokenProviderType=2",
        target: &target,
        operation: "http://tempuri.org/:ICertProvisioningService",
        is_get: false,
    };
    client_call(stage, now, now + 125, who, &block, &outcome);
    now + 180
}

/// The company's own pool and the cloud each think that the other one has the user.
pub fn hybrid_redirect_loop() -> Incident {
    let mut stage = Stage::new("hybrid-redirect-loop");
    let mut ivo = Endpoint::outside("ivo@contoso.com", "Ivo", "198.51.100.97:0", 0);
    let start = at(6, 55, 18, 640);
    starts_up_outside(start, &mut ivo);
    let cloud =
        "https://webdir.cloud.contoso.com/Autodiscover/AutodiscoverService.svc/root/user?originalDomain=contoso.com";
    for tried in [start + 600, start + 62_000] {
        let now = web_service::autodiscover_root(&mut stage, tried, &mut ivo);
        let now = web_service::autodiscover_user(&mut stage, now, &mut ivo);
        let (mut now, ticket) = web_service::web_ticket(&mut stage, now, &mut ivo);
        for _ in 0..5 {
            let says = Says::Elsewhere(cloud);
            now = asks_for_user(&mut stage, now, &mut ivo, &POOL_SITE, None, &ticket, &says);
            let target = format!("{cloud}&sipuri=sip:{}", ivo.user);
            let block = Block { auth: "OAuth", target: &target, operation: "", is_get: true };
            client_call(&mut stage, now, now + 140, &mut ivo, &block, &Outcome::Done);
            let back = format!(
                "Autodiscover: redirected to https://{WEB_HOST}/Autodiscover/AutodiscoverService.svc/root/user"
            );
            ivo.log.trace(now + 141, WEB_THREAD, "INFO", &back);
            now = now + 160;
        }
        let text = "Autodiscover: redirected ten times, giving up";
        ivo.log.trace(now, WEB_THREAD, "ERROR", text);
        report(now + 30, &mut ivo, "0x80004005");
        ivo.log.trace(now + 45, MAIN_THREAD, "INFO", "Sign-in failed, next attempt in 60 s");
    }
    idles(&mut stage, start + 700, start + 110_000, &mut ivo);
    servers(&mut stage, start - 10_000, start + 120_000);
    let Stage { mut ids, servers, .. } = stage;
    Incident {
        folder: "hybrid-redirect-loop",
        shows: "Ivo was moved to the cloud, and only half of the move is known: autodiscover of the pool sends his client to the cloud, which sends it back, until the client gives up.",
        finds: &["autodiscover-redirect failure ivo@contoso.com"],
        files: vec![("ivo-UccApi-0.UccApilog", ivo.log.into_text()), ("fepool01-cls.txt", servers.into_text(&mut ids))],
    }
}
