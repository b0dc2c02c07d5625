//! Some minutes in the trace of a pool that is well: it is full of what looks like trouble to who only counts statuses.

use crate::Incident;
use crate::background::servers;
use crate::bodies;
use crate::clock::{Time, at};
use crate::everyday::{self, Call, Dialog};
use crate::server_log::Machine;
use crate::sign_in::{self, Attempt, CENTRAL};
use crate::sip::Message;
use crate::stage::{Arrived, Endpoint, FE01, FE02, Stage};
use crate::tokens::NtlmUser;
use crate::verdict::sign_out;

const PROBE: &str = "192.0.2.6:38811";
const EDGE: &str = "edge01.contoso.com:51413";

pub fn noise() -> Incident {
    let mut stage = Stage::new("healthy-noise");
    let mut kate = Endpoint::inside("kate@contoso.com", "Kate", "203.0.113.84:50220", 0x3601)
        .with_device("6fb1a4b5c8", "41D0EACF-0000-5000-8000-152637485960")
        .with_phone("+14255550161");
    let mut leo = Endpoint::inside("leo@contoso.com", "Leo", "203.0.113.85:49877", 0x3602)
        .with_device("70c2b5c6d9", "52E1FBD0-0000-5000-8000-263748596071")
        .with_phone("+14255550162")
        .on(&FE02);
    let start = at(9, 40, 2, 44);
    for (beat, machine) in (0..10).zip([&FE01, &FE02].into_iter().cycle()) {
        asks_only(&mut stage, start + 3_000 + beat * 60_000, machine, "REGISTER");
    }
    for (beat, machine) in (0..4).zip([&FE02, &FE01].into_iter().cycle()) {
        asks_only(&mut stage, start + 9_000 + beat * 120_000, machine, "OPTIONS");
    }
    everyday::application_check(&mut stage, start + 61_000);

    stage.connect(start + 12_000, &kate);
    sign_in::with_kerberos(&mut stage, start + 12_100, &mut kate);
    stage.connect(start + 20_000, &leo);
    let mut leo_registers = Attempt::new(&mut stage);
    let at_work = NtlmUser { domain: "CONTOSO", user: "leo", workstation: "PC-0419" };
    let proof = sign_in::prove_with_ntlm(&mut stage, start + 20_100, &mut leo, &mut leo_registers, &at_work);
    sign_in::accept(&mut stage, &mut leo, proof, CENTRAL);
    let mut sees = everyday::watch_presence(&mut stage, start + 21_200, &mut leo, &["kate@contoso.com"]);
    everyday::notify_presence(&mut stage, start + 22_000, &mut leo, &mut sees, "kate@contoso.com", 3500);

    joins_unnamed(&mut stage, start + 75_000, "5K2F8QJ4");
    joins_unnamed(&mut stage, start + 190_500, "7M1C3RW9");
    let plan = Call { ring_ms: 3_300, talk_ms: 44_000, bye_diagnostics: "" };
    everyday::call(&mut stage, start + 130_000, &mut kate, &mut leo, &plan);
    calls_outside(&mut stage, start + 240_000, &mut kate);
    lost_dialog(&mut stage, start + 300_000, &mut leo, &mut sees);
    sign_out(&mut stage, start + 360_000, &mut leo, &mut leo_registers);
    calls_signed_out(&mut stage, start + 420_000, &mut kate, "leo@contoso.com");
    servers(&mut stage, start, start + 560_000);
    let Stage { mut ids, servers, .. } = stage;
    Incident {
        folder: "healthy-noise",
        shows: "Server trace of a pool that is well: health monitors that REGISTER and never answer the challenge, OPTIONS that get 401, guests of meetings who are asked for a digest, progress codes (12006, 13004), a 480 for somebody who has signed out, a single 481.",
        finds: &[],
        files: vec![("fepool01-cls.txt", servers.into_text(&mut ids))],
    }
}

/// A monitor asks whether somebody is there; that it is challenged tells it enough.
fn asks_only(stage: &mut Stage, now: Time, machine: &'static Machine, method: &str) {
    let to = if method == "REGISTER" { "sip:monitor@contoso.com".to_owned() } else { format!("sip:{}", machine.fqdn) };
    let request = Message::request(method, "sip:contoso.com")
        .with("Via", &format!("SIP/2.0/TLS {PROBE};branch={}", stage.ids.branch()))
        .with("Max-Forwards", "70")
        .with("From", &format!("<sip:monitor@contoso.com>;tag={}", stage.ids.tag()))
        .with("To", &format!("<{to}>"))
        .with("Call-ID", &stage.ids.hex(20))
        .with("CSeq", &format!("1 {method}"))
        .with("User-Agent", "Balancer-Probe/2.1");
    stage.log_hop(now, machine, "incoming", PROBE, &request);
    let answer = sign_in::challenge(stage, &Arrived { at: now, message: request }, machine);
    stage.log_hop(now + 3, machine, "outgoing", PROBE, &answer);
}

/// A guest joins a meeting: no user of anybody's, a digest of the meeting's key in place of a sign-in.
fn joins_unnamed(stage: &mut Stage, now: Time, meeting: &str) {
    let focus = format!("sip:kate@contoso.com;gruu;opaque=app:conf:focus:id:{meeting}");
    let tag = stage.ids.tag();
    let (call_id, nonce, epid) = (stage.ids.call_id(), stage.ids.hex(32), stage.ids.hex(10));
    let invite = |cseq: u32, stage: &mut Stage| {
        Message::request("INVITE", &focus)
            .with("Via", &format!("SIP/2.0/TLS 192.0.2.11:51413;branch={}", stage.ids.branch()))
            .with("Max-Forwards", "69")
            .with("From", &format!("\"Guest\"<sip:anonymous@anonymous.invalid>;tag={tag};epid={epid}"))
            .with("To", &format!("<{focus}>"))
            .with("Call-ID", &call_id)
            .with("CSeq", &format!("{cseq} INVITE"))
            .with("Contact", "<sip:anonymous@anonymous.invalid;opaque=user:epid:guest;gruu>")
            .with("User-Agent", "UCWA/6.0.0.0 (Skype for Business Web App)")
    };
    let first = invite(1, stage);
    stage.log_hop(now, &FE01, "incoming", EDGE, &first);
    let server_tag = stage.ids.server_tag();
    let mut asks = Message::answer(&first, 401, "Unauthorized", &server_tag);
    asks.add_first("Date", &now.gmt());
    let digest = format!("Digest realm=\"{meeting}\", nonce=\"{nonce}\", qop=\"auth\", algorithm=MD5-sess");
    let asks = asks.with("WWW-Authenticate", &digest).with("Server", stage.product.server_agent());
    stage.log_hop(now + 6, &FE01, "outgoing", EDGE, &asks);
    let proof = format!(
        "Digest username=\"{meeting}\", realm=\"{meeting}\", nonce=\"{nonce}\", uri=\"{focus}\", qop=auth, nc=00000001, cnonce=\"{}\", response=\"{}\"",
        stage.ids.hex(8),
        stage.ids.hex(32)
    );
    let second = invite(2, stage).with("Authorization", &proof);
    stage.log_hop(now + 90, &FE01, "incoming", EDGE, &second);
    let ok = Message::answer(&second, 200, "OK", &server_tag)
        .with("Contact", &format!("<{focus}>;isfocus"))
        .with("Server", stage.product.server_agent());
    stage.log_hop(now + 140, &FE01, "outgoing", EDGE, &ok);
}

/// A progress report of routing: it says where a call goes, not that it failed.
fn progress(stage: &mut Stage, at: Time, who: &mut Endpoint, request: &Message, diagnostics: &str) {
    let report = Message::answer(request, 101, "Progress Report", "").with("ms-diagnostics", diagnostics);
    stage.deliver(at, who, report);
}

/// A call to the telephone network: the first gateway does not take it, the second does.
fn calls_outside(stage: &mut Stage, now: Time, kate: &mut Endpoint) {
    let number = "+14255550199@contoso.com;user=phone";
    let mut dialog = Dialog::new(stage, kate, number);
    let offer = bodies::audio_sdp(&kate.address, &mut stage.ids);
    let invite = dialog
        .next("INVITE", &format!("sip:{number}"), &kate.via())
        .with("Contact", &kate.contact())
        .with("User-Agent", kate.agent)
        .with_body("application/sdp", &offer);
    let came = stage.send(now, kate, invite);
    let outbound = |code: &str| format!("{code};source=\"fe01.contoso.com\";appName=\"OutboundRouting\"");
    for (delay, gateway) in [(20, "gw01.contoso.com"), (2_150, "gw02.contoso.com")] {
        let diagnostics = outbound(&format!("12006;reason=\"Trying next hop\";gateway=\"{gateway}\""));
        progress(stage, came.at + delay, kate, &came.message, &diagnostics);
    }
    let tag = stage.ids.server_tag();
    let rings = Message::answer(&came.message, 180, "Ringing", &tag).with("Server", "RTCC/6.0.0.0 MediationServer");
    stage.deliver(came.at + 2_900, kate, rings);
    let reply = bodies::audio_sdp("192.0.2.40:5070", &mut stage.ids);
    let ok = Message::answer(&came.message, 200, "OK", &tag)
        .with("Contact", "<sip:med01.contoso.com:5070;transport=tls>")
        .with("Server", "RTCC/6.0.0.0 MediationServer")
        .with_body("application/sdp", &reply);
    dialog.established(&ok);
    let at = stage.deliver(came.at + 7_400, kate, ok).at;
    let ack = dialog.next("ACK", "sip:med01.contoso.com:5070;transport=tls", &kate.via());
    stage.send(at + 9, kate, ack);
    let bye = dialog.next("BYE", "sip:med01.contoso.com:5070;transport=tls", &kate.via());
    let came = stage.send(at + 31_000, kate, bye);
    let ok = Message::answer(&came.message, 200, "OK", "").with("Server", "RTCC/6.0.0.0 MediationServer");
    stage.deliver(came.at + 12, kate, ok);
}

/// A call to somebody who went home.
fn calls_signed_out(stage: &mut Stage, now: Time, kate: &mut Endpoint, callee: &str) {
    let mut dialog = Dialog::new(stage, kate, callee);
    let offer = bodies::audio_sdp(&kate.address, &mut stage.ids);
    let invite = dialog
        .next("INVITE", &format!("sip:{callee}"), &kate.via())
        .with("Contact", &kate.contact())
        .with("User-Agent", kate.agent)
        .with_body("application/sdp", &offer);
    let came = stage.send(now, kate, invite);
    let inbound = |code: &str| format!("{code};source=\"fe01.contoso.com\";appName=\"InboundRouting\"");
    let proxied = inbound("13004;reason=\"Request was proxied to one or more registered endpoints\"");
    progress(stage, came.at + 15, kate, &came.message, &proxied);
    let none = inbound(
        "13014;reason=\"The routing rules did not result in a final response and callee is not enabled for Unified Messaging\"",
    );
    let tag = stage.ids.server_tag();
    let away = Message::answer(&came.message, 480, "Temporarily Unavailable", &tag)
        .with("ms-diagnostics", &none)
        .with("Server", stage.product.server_agent());
    dialog.established(&away);
    let at = stage.deliver(came.at + 60, kate, away).at;
    let ack = dialog.next("ACK", &format!("sip:{callee}"), &kate.via());
    stage.send(at + 5, kate, ack);
}

/// A notice for a subscription that the client has just given up.
fn lost_dialog(stage: &mut Stage, now: Time, leo: &mut Endpoint, sees: &mut Dialog) {
    let via = stage.server_via(leo.front_end);
    let contact = leo.contact();
    let notice = sees
        .next_back("NOTIFY", contact.trim_matches(['<', '>']), &via)
        .with("Event", "presence")
        .with("subscription-state", "active;expires=26000")
        .with_body(bodies::PRESENCE_TYPE, &bodies::presence("kate@contoso.com", 6500, 2));
    let got = stage.deliver(now, leo, notice);
    let gone =
        Message::answer(&got.message, 481, "Call Leg/Transaction Does Not Exist", "").with("User-Agent", leo.agent);
    stage.send(got.at + 8, leo, gone);
}
