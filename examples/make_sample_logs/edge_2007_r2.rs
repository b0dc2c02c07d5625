//! An Access Edge of Office Communications Server 2007 R2, traced with OCSLogger.
//!
//! Two remote users sign in through it, partners write to and are written to by users inside, and two
//! partner domains cannot be reached: one has no federation record (1008), one has a record that points
//! into another domain (1009). The trace knows nothing but this machine and its local time.

use crate::bodies;
use crate::clock::{Time, UtcOffset, at};
use crate::everyday::{self, Dialog};
use crate::server_log::Event;
use crate::sign_in;
use crate::sip::Message;
use crate::stage::{EDGE01, Endpoint, Stage};
use crate::tokens::NtlmUser;
use crate::{LineEnd, Sample};

const UTC_MINUS_6: UtcOffset = UtcOffset(-360);
const COMMUNICATOR: &str = "UCCAPI/3.5.6907.0 OC/3.5.6907.0 (Microsoft Office Communicator 2007 R2)";
const PARTNER: &str = "access.fabrikam.com:5061";
const FRONT_END: &str = "fe01.contoso.com:5061";
const TO_WORLD: &str = ";source=\"internal edge\";destination=\"external edge\"";
const FROM_WORLD: &str = ";source=\"external edge\";destination=\"internal edge\"";

pub fn tell() -> Vec<Sample> {
    let mut stage = Stage::ocs_2007_r2("ocs2007r2-edge", &EDGE01, UTC_MINUS_6);
    let mut grace = Endpoint::outside("grace@contoso.com", "Grace", "203.0.113.88:2214", 0x4a00)
        .with_device("07a8b9cadb", "91B24D5E-0000-5000-8000-829304152637")
        .with_agent(COMMUNICATOR);
    let mut hugo = Endpoint::outside("hugo@contoso.com", "Hugo", "203.0.113.90:3390", 0x4a08)
        .with_device("18b9caebfc", "A2C35E6F-0000-5000-8000-930415263748")
        .with_agent(COMMUNICATOR);
    let mut ida = Endpoint::inside("ida@contoso.com", "Ida", "203.0.113.63:51002", 0x33a0)
        .with_device("f618daec5d", "80A13C4D-0000-5000-8000-718293041526")
        .with_agent(COMMUNICATOR);
    let frank = Endpoint::outside("frank@fabrikam.com", "Frank", "198.51.100.140:5061", 0x5100)
        .with_device("29cadbfc0d", "B3D46F70-0000-5000-8000-041526374859")
        .with_agent(COMMUNICATOR);

    stage.connect(at(15, 2, 10, 14), &grace);
    let user = NtlmUser { domain: "CONTOSO", user: "grace", workstation: "LAPTOP-031" };
    let now = sign_in::with_ntlm(&mut stage, at(15, 2, 10, 120), &mut grace, &user);
    let friends = bodies::contacts(&["ida@contoso.com", "frank@fabrikam.com"]);
    let kind = bodies::CONTACTS_TYPE;
    let event = "vnd-microsoft-roaming-contacts";
    everyday::subscribe(&mut stage, now + 90, &mut grace, event, kind, &friends);
    everyday::publish(&mut stage, now + 300, &mut grace, 3500, 2);

    federated(&mut stage, at(15, 3, 5, 400), &frank, "ida@contoso.com", &Way::In);
    federated(&mut stage, at(15, 3, 6, 30), &ida, "frank@fabrikam.com", &Way::Out);
    no_record(&mut stage, at(15, 3, 40, 215), &ida);
    let chat = ["Are you in the office?", "Yes, until five"];
    everyday::conversation(&mut stage, at(15, 4, 12, 0), &mut grace, &mut ida, &chat);

    stage.connect(at(15, 5, 30, 701), &hugo);
    let user = NtlmUser { domain: "CONTOSO", user: "hugo", workstation: "LAPTOP-044" };
    let now = sign_in::with_ntlm(&mut stage, at(15, 5, 30, 802), &mut hugo, &user);
    everyday::publish(&mut stage, now + 250, &mut hugo, 3500, 8);
    record_elsewhere(&mut stage, at(15, 6, 2, 93), &ida);
    untrusted_route(&mut stage, at(15, 6, 44, 5), &frank);
    for second in [0, 70, 140, 210, 280] {
        let now = at(15, 2, 20, 77) + second * 1000;
        let text = format!("( 00000000028FD{second:03X} ) Queue drained, depth=0, oldest=0 ms");
        let scope = "SIPStack,CSIPMessageProcessor::ProcessQueue:SIPMessageProcessor.cpp(1188)";
        stage.servers.component(now, &EDGE01, scope, &text);
    }

    let Stage { mut ids, servers, .. } = stage;
    vec![Sample {
        path: "ocs2007r2-edge.txt".to_owned(),
        shows: "Server trace (OCSLogger) of an Access Edge of OCS 2007 R2, in its local time: remote sign-ins with NTLM, federation that works, and two partner domains that cannot be reached (504 with 1008 and 1009).",
        line_end: LineEnd::Lf,
        text: servers.into_text(&mut ids),
    }]
}

/// Which way a federated request goes.
enum Way {
    In,
    Out,
}

/// A subscription across companies that works: request and answer, two hops each.
fn federated(stage: &mut Stage, now: Time, from: &Endpoint, to: &str, way: &Way) {
    let (there, back) = match way {
        Way::In => ([PARTNER, FRONT_END], [FROM_WORLD, TO_WORLD]),
        Way::Out => ([FRONT_END, PARTNER], [TO_WORLD, FROM_WORLD]),
    };
    let [came_from, goes_to] = there;
    let [forth, back] = back;
    let mut request = subscription(stage, from, to);
    stage.log_hop(now, &EDGE01, &format!("incoming{forth}"), came_from, &request);
    let via = stage.server_via(&EDGE01);
    request.push_via(&via);
    stage.log_hop(now + 2, &EDGE01, &format!("outgoing{forth}"), goes_to, &request);

    let tag = stage.ids.server_tag();
    let mut answer = Message::answer(&request, 200, "OK", &tag)
        .with("Expires", "14400")
        .with("Event", "presence")
        .with_body(bodies::PRESENCE_TYPE, &bodies::presence(to, 3500, 77));
    stage.log_hop(now + 61, &EDGE01, &format!("incoming{back}"), goes_to, &answer);
    answer.pop_via();
    stage.log_hop(now + 62, &EDGE01, &format!("outgoing{back}"), came_from, &answer);
    let event = Event {
        level: "TL_INFO",
        severity: "information",
        text: "Response successfully routed",
        result: "",
        peer: came_from,
        data: "",
        correlation: stage.ids.correlation(),
    };
    stage.servers.diagnostic(now + 62, &EDGE01, &event, &answer);
}

fn subscription(stage: &mut Stage, from: &Endpoint, to: &str) -> Message {
    let via = if from.outside {
        format!("{};branch={}", from.via(), stage.ids.branch())
    } else {
        stage.server_via(from.front_end)
    };
    Dialog::new(stage, from, to)
        .next("SUBSCRIBE", &format!("sip:{to}"), &via)
        .with("Contact", &from.contact())
        .with("User-Agent", from.agent)
        .with("Event", "presence")
        .with_body(bodies::SUBSCRIBE_TYPE, &bodies::watch(from.user, &[to]))
}

/// What the Edge says about a request it cannot route.
struct Refusal<'a> {
    text: &'a str,
    result: &'a str,
    data: &'a str,
    status: (u16, &'a str),
    diagnostics: &'a str,
}

fn refuse(stage: &mut Stage, now: Time, request: &Message, from: &str, why: &Refusal<'_>) {
    let (forth, back) = if from == PARTNER {
        (FROM_WORLD, ";source=\"local\";destination=\"external edge\"")
    } else {
        (TO_WORLD, ";source=\"local\";destination=\"internal edge\"")
    };
    stage.log_hop(now, &EDGE01, &format!("incoming{forth}"), from, request);
    if let Some((code, name)) = why.result.split_once(' ') {
        let scope = "SIPStack,CProxyRouter::RouteRequest:ProxyRouter.cpp(771)";
        let text = format!("( 00000000028FDD70 ) Routing stopped, Result {}({name})", code.replacen("0xc", "0xC", 1));
        stage.servers.component(now + 20, &EDGE01, scope, &text);
    }
    let event = Event {
        level: "TL_ERROR",
        severity: "error",
        text: why.text,
        result: why.result,
        peer: from,
        data: why.data,
        correlation: stage.ids.correlation(),
    };
    stage.servers.diagnostic(now + 21, &EDGE01, &event, request);
    let tag = stage.ids.server_tag();
    let (status, reason) = why.status;
    let answer = Message::answer(request, status, reason, &tag)
        .with("ms-diagnostics", why.diagnostics)
        .with("Server", stage.product.server_agent());
    stage.log_hop(now + 22, &EDGE01, &format!("outgoing{back}"), from, &answer);
}

/// example.org has no federation record.
fn no_record(stage: &mut Stage, now: Time, from: &Endpoint) {
    let request = subscription(stage, from, "gina@example.org");
    let why = Refusal {
        text: "Unable to resolve DNS SRV record",
        result: "",
        data: "domain = \"example.org\"",
        status: (504, "Server time-out"),
        diagnostics: "1008;reason=\"Unable to resolve DNS SRV record\";domain=\"example.org\";source=\"edge01.contoso.com\"",
    };
    refuse(stage, now, &request, FRONT_END, &why);
}

/// example.net has a record, but it names a host of another domain.
fn record_elsewhere(stage: &mut Stage, now: Time, from: &Endpoint) {
    let to = "otto@example.net";
    let via = stage.server_via(from.front_end);
    let request = Dialog::new(stage, from, to)
        .next("INVITE", &format!("sip:{to}"), &via)
        .with("Contact", &from.contact())
        .with("User-Agent", from.agent)
        .with_body("application/sdp", &bodies::message_sdp(from.user, &from.address));
    let why = Refusal {
        text: "The domain of the message resolved by DNS SRV but none of the hosts is in the same domain",
        result: "0xc3e93d6f SIPPROXY_E_EPROUTING_MSG_ALLOWED_DOMAIN_NO_SRV_MATCH",
        data: "domain = \"example.net\";fqdn1 = \" sip.example.com:5061\"",
        status: (504, "Server time-out"),
        diagnostics: "1009; reason =\"No match for domain in DNS SRV results\"; domain =\"example.net\";fqdn1=\"sip.example.com:5061\";source=\"edge01.contoso.com\"",
    };
    refuse(stage, now, &request, FRONT_END, &why);
}

/// A partner's request comes with a route that this Edge did not sign.
fn untrusted_route(stage: &mut Stage, now: Time, from: &Endpoint) {
    let request =
        subscription(stage, from, "hugo@contoso.com").with("Route", "<sip:edge01.contoso.com:5061;transport=tls;lr>");
    let why = Refusal {
        text: "Routing error occurred; check Result-Code field for more information",
        result: "0xc3e93c5e SIPPROXY_E_ROUTING",
        data: "",
        status: (504, "Server time-out"),
        diagnostics: "1004;reason=\"Route set is no longer valid\";source=\"edge01.contoso.com\"",
    };
    refuse(stage, now, &request, PARTNER, &why);
}
