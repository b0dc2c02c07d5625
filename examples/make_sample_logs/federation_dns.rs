//! A call to a partner that fails: the partner's federation record cannot be found.
//!
//! Only the servers' view is kept, as an engineer collects it for such a case: the front end hands the call to the
//! Edge, the Edge asks DNS and answers 504.

use crate::bodies;
use crate::clock::{Time, at};
use crate::everyday::{self, Dialog};
use crate::server_log::Event;
use crate::sign_in;
use crate::sip::Message;
use crate::stage::{EDGE01, Endpoint, FE01, Stage};
use crate::{LineEnd, Sample};

const LAST: Time = at(15, 8, 0, 0);

/// Tells the story and returns the trace of both servers.
pub fn tell() -> Vec<Sample> {
    let mut stage = Stage::new("federation-dns");
    let mut carla = Endpoint::inside("carla@contoso.com", "Carla", "203.0.113.51:49801", 0x3110)
        .with_device("a1c3e5f708", "C0FFEE01-0000-5000-8000-2C3D4E5F6071")
        .with_phone("+14255550117");

    stage.connect(at(15, 2, 11, 90), &carla);
    sign_in::with_kerberos(&mut stage, at(15, 2, 11, 180), &mut carla);
    calls_to_fabrikam(&mut stage, at(15, 4, 48, 310), &mut carla);
    calls_to_fabrikam(&mut stage, at(15, 6, 2, 77), &mut carla);
    let mut now = at(15, 2, 0, 40);
    while now < LAST {
        everyday::server_chatter(&mut stage, now);
        now = now + stage.ids.millis(9_000, 26_000);
    }

    let Stage { mut ids, servers, .. } = stage;
    vec![Sample {
        path: "federation-dns/fe01-edge01-cls.txt".to_owned(),
        shows: "Server trace (CLS) of a front end and the Edge: a user inside signs in and calls fabrikam.com twice; the Edge does not find the partner's federation record and answers 504 (1008).",
        line_end: LineEnd::Crlf,
        text: servers.into_text(&mut ids),
    }]
}

/// Carla calls a partner whose federation record cannot be found: the Edge answers 504.
fn calls_to_fabrikam(stage: &mut Stage, now: Time, carla: &mut Endpoint) {
    let callee = "frank@fabrikam.com";
    let mut dialog = Dialog::new(stage, carla, callee);
    let offer = bodies::audio_sdp(&carla.address, &mut stage.ids);
    let invite = dialog
        .next("INVITE", &format!("sip:{callee}"), &carla.via())
        .with("Contact", &carla.contact())
        .with_body("application/sdp", &offer);
    let came = stage.send(now, carla, invite);
    let mut request = came.message;
    request.remove("Authorization");
    let via = stage.server_via(&FE01);
    request.push_via(&via);
    let now = came.at + 4;
    stage.log_hop(now, &FE01, "outgoing", "edge01.contoso.com:5061", &request);
    let to_world = ";source=\"internal edge\";destination=\"external edge\"";
    stage.log_hop(now + 1, &EDGE01, &format!("incoming{to_world}"), "fe01.contoso.com:49520", &request);

    let diagnostics = "1008;reason=\"Unable to resolve DNS SRV record\";domain=\"fabrikam.com\";dns-srv-result=\"NegativeResult\";dns-source=\"InternalCache\";source=\"edge01.contoso.com\"";
    let tag = stage.ids.server_tag();
    let mut refusal = Message::answer(&request, 504, "Server time-out", &tag)
        .with("Server", stage.product.server_agent())
        .with("ms-diagnostics", diagnostics);
    let event = Event {
        level: "TL_ERROR",
        severity: "error",
        text: "Unable to resolve DNS SRV record for the domain of a federated partner",
        result: "",
        peer: "fe01.contoso.com:49520",
        data: "domain=\"fabrikam.com\";record=\"_sipfederationtls._tcp.fabrikam.com\"",
        correlation: stage.ids.correlation(),
    };
    stage.servers.diagnostic(now + 29, &EDGE01, &event, &request);
    stage.log_hop(
        now + 30,
        &EDGE01,
        "outgoing;source=\"local\";destination=\"internal edge\"",
        "fe01.contoso.com:49520",
        &refusal,
    );
    stage.log_hop(now + 31, &FE01, "incoming", "edge01.contoso.com:5061", &refusal);
    refusal.pop_via();
    stage.deliver(now + 33, carla, refusal);
}
