//! Healthy sign-ins inside the network, to compare with: what a 401 looks like when nothing is wrong.

use crate::bodies;
use crate::client_log::MAIN_THREAD;
use crate::client_words::{idles, starts_up};
use crate::clock::{Time, at};
use crate::everyday::{self, Call};
use crate::sign_in;
use crate::stage::{Endpoint, Stage};
use crate::tokens::NtlmUser;
use crate::{LineEnd, Sample};

const COLLEAGUE: &str = "ida@contoso.com";

/// NTLM: two challenges, then 200 OK.
pub fn tell_ntlm() -> Vec<Sample> {
    let mut stage = Stage::new("healthy-ntlm");
    let mut greta = Endpoint::inside("greta@contoso.com", "Greta", "203.0.113.61:50811", 0x3307)
        .with_device("d4f6b8ca3b", "6E8F1A2B-0000-5000-8000-5F6071829304")
        .with_phone("+14255550131");
    let start = at(7, 58, 2, 118);
    starts_up(start, &mut greta);
    let user = NtlmUser { domain: "CONTOSO", user: "greta", workstation: "PC-0207" };
    let now = sign_in::with_ntlm(&mut stage, start + 940, &mut greta, &user);
    works(&mut stage, now + 85, &mut greta);
    idles(&mut stage, start + 700, start + 420_000, &mut greta);
    vec![Sample {
        path: "healthy-ntlm/greta-UccApi-0.UccApilog".to_owned(),
        shows: "Client log of a healthy sign-in inside with NTLM: 401, 401 with the server's challenge, 200.",
        line_end: LineEnd::CrlfWithBom,
        text: greta.log.into_text(),
    }]
}

/// Kerberos: one challenge, then 200 OK.
pub fn tell_kerberos() -> Vec<Sample> {
    let mut stage = Stage::new("healthy-kerberos");
    let mut henry = Endpoint::inside("henry@contoso.com", "Henry", "203.0.113.62:50377", 0x3391)
        .with_device("e507c9db4c", "7F902B3C-0000-5000-8000-607182930415")
        .with_phone("+14255550132");
    let start = at(8, 3, 40, 512);
    starts_up(start, &mut henry);
    let now = sign_in::with_kerberos(&mut stage, start + 1_010, &mut henry);
    works(&mut stage, now + 90, &mut henry);
    idles(&mut stage, start + 800, start + 300_000, &mut henry);
    vec![Sample {
        path: "healthy-kerberos/henry-UccApi-0.UccApilog".to_owned(),
        shows: "Client log of a healthy sign-in inside with Kerberos: 401, 200. Kerberos names the server as sip/fe01.contoso.com.",
        line_end: LineEnd::Crlf,
        text: henry.log.into_text(),
    }]
}

/// After signing in: the report, subscriptions, a word with a colleague, a call.
fn works(stage: &mut Stage, now: Time, who: &mut Endpoint) {
    let report = "Sign-in report\n1 Login: PASS\n1.1 DNSAutoDiscovery: PASS\n1.2 BootStrap: PASS";
    who.log.trace(now, MAIN_THREAD, "INFO", report);
    let mut ida = Endpoint::inside(COLLEAGUE, "Ida", "203.0.113.63:51002", 0x33a0)
        .with_device("f618daec5d", "80A13C4D-0000-5000-8000-718293041526");

    let settings = bodies::provisioning(3, &mut stage.ids);
    let kind = bodies::PROVISIONING_TYPE;
    everyday::subscribe(stage, now + 60, who, "vnd-microsoft-provisioning-v2", kind, &settings);
    let friends = bodies::contacts(&[COLLEAGUE]);
    let kind = bodies::CONTACTS_TYPE;
    everyday::subscribe(stage, now + 130, who, "vnd-microsoft-roaming-contacts", kind, &friends);
    let mut sees = everyday::watch_presence(stage, now + 200, who, &[COLLEAGUE]);
    everyday::publish(stage, now + 310, who, 3500, 5);
    everyday::notify_presence(stage, now + 21_400, who, &mut sees, COLLEAGUE, 6500);
    let chat = ["Good morning", "Good morning! Coffee at nine?", "With pleasure"];
    everyday::conversation(stage, now + 40_000, who, &mut ida, &chat);
    let plan = Call { ring_ms: 3_100, talk_ms: 61_000, bye_diagnostics: "" };
    everyday::call(stage, now + 130_000, who, &mut ida, &plan);
    everyday::notify_presence(stage, now + 220_000, who, &mut sees, COLLEAGUE, 3500);
}
