//! Incidents on the way: a server that is not found, not reached, or not trusted.

use crate::Incident;
use crate::background::servers;
use crate::bodies;
use crate::client_log::{MAIN_THREAD, WEB_THREAD};
use crate::client_words::{idles, starts_up_outside, verdict};
use crate::clock::{Time, at};
use crate::everyday::{self, Dialog};
use crate::server_log::{Dialect, Event, ServerLog};
use crate::sign_in::{self, Attempt};
use crate::sip::Message;
use crate::stage::{EDGE01, Endpoint, FE01, Stage};

/// The Edge cannot connect to the pool: everybody outside is out.
pub fn edge_next_hop() -> Incident {
    let mut stage = Stage::new("edge-next-hop");
    stage.servers = ServerLog::of_one_machine(Dialect::Cls, &EDGE01);
    let mut bert = Endpoint::outside("bert@contoso.com", "Bert", "198.51.100.70:50990", 0x2b70)
        .with_device("1a6cef5073", "FC8B957A-0000-5000-8000-607182930415");
    let start = at(16, 4, 50, 125);
    starts_up_outside(start, &mut bert);
    stage.connect(start + 500, &bert);
    for try_number in 0..3 {
        let mut attempt = Attempt::new(&mut stage);
        let now = no_next_hop(&mut stage, start + 600 + try_number * 54_000, &mut bert, &mut attempt);
        verdict(now + 50, &mut bert, "ONENABLE_FAIL_TEMP", "0x80ef01f8", 1046, "try again in 30 s");
    }
    idles(&mut stage, start + 700, start + 200_000, &mut bert);
    servers(&mut stage, start - 400_000, start + 400_000);
    let Stage { mut ids, servers, .. } = stage;
    Incident {
        folder: "edge-next-hop",
        shows: "A firewall between Edge and pool was changed: the Edge gets no connection to fe01.contoso.com:5061 and answers every REGISTER with 504 (1046) itself. Its trace names the error of the connection.",
        finds: &["next-hop-unreachable failure bert@contoso.com"],
        files: vec![("bert-UccApi-0.UccApilog", bert.log.into_text()), ("edge01-cls.txt", servers.into_text(&mut ids))],
    }
}

fn no_next_hop(stage: &mut Stage, now: Time, who: &mut Endpoint, attempt: &mut Attempt) -> Time {
    const TIMED_OUT: &str = "0x8007274c WSAETIMEDOUT";
    let came = stage.send_to_edge(now, who, attempt.register(who));
    let next = format!("{}:5061", FE01.fqdn);
    let gave_up = came.at + 21_030;
    let correlation = stage.ids.correlation();
    let text = "The connection to the next hop could not be established";
    stage.servers.connection_failed(gave_up, &EDGE01, text, TIMED_OUT, &next, correlation);
    let data = format!("fqdn=\"{}\";port=\"5061\";transport=\"M-TLS\"", FE01.fqdn);
    let event = Event {
        level: "TL_ERROR",
        severity: "error",
        text: "Message was not sent because the connection was closed",
        result: TIMED_OUT,
        peer: &next,
        data: &data,
        correlation,
    };
    stage.servers.diagnostic(gave_up + 1, &EDGE01, &event, &came.message);
    let tag = stage.ids.server_tag();
    let answer = Message::answer(&came.message, 504, "Server time-out", &tag)
        .with("ms-diagnostics-public", "1046;reason=\"Failed to connect to a federated peer server\"")
        .with("Server", stage.product.server_agent());
    stage.deliver_from_edge(gave_up + 2, who, answer).at
}

const PARTNER_EDGE: &str = "sip.fabrikam.com";

/// A partner's Edge shows a certificate for another name.
pub fn federation_certificate() -> Incident {
    let mut stage = Stage::new("federation-certificate");
    let mut clara = Endpoint::inside("clara@contoso.com", "Clara", "203.0.113.81:50077", 0x3540)
        .with_device("2b7df06184", "0D9CA68B-0000-5000-8000-718293041526")
        .with_phone("+14255550151");
    let start = at(13, 10, 20, 560);
    stage.connect(start, &clara);
    sign_in::with_kerberos(&mut stage, start + 90, &mut clara);
    for asked in [start + 40_000, start + 96_500] {
        calls_partner(&mut stage, asked, &mut clara);
    }
    let mut nora = Endpoint::inside("nora@contoso.com", "Nora", "203.0.113.71:50915", 0x3402)
        .with_device("2b7d90c1e4", "0D9C8B7A-0000-5000-8000-152637485960");
    let chat = ["Can you reach Frank at Fabrikam?", "No, since this morning. Write him a mail"];
    everyday::conversation(&mut stage, start + 110_000, &mut clara, &mut nora, &chat);
    servers(&mut stage, start - 5_000, start + 150_000);
    let Stage { mut ids, servers, .. } = stage;
    Incident {
        folder: "federation-certificate",
        shows: "Clara calls fabrikam.com, whose Edge has a new certificate since this morning that does not hold the name sip.fabrikam.com: 504 (1010), and a diagnostic record with the name that was expected and the one that was found.",
        finds: &["federation-certificate failure clara@contoso.com"],
        files: vec![("fe01-edge01-cls.txt", servers.into_text(&mut ids))],
    }
}

fn calls_partner(stage: &mut Stage, now: Time, clara: &mut Endpoint) {
    let callee = "frank@fabrikam.com";
    let mut dialog = Dialog::new(stage, clara, callee);
    let offer = bodies::audio_sdp(&clara.address, &mut stage.ids);
    let invite = dialog
        .next("INVITE", &format!("sip:{callee}"), &clara.via())
        .with("Contact", &clara.contact())
        .with("User-Agent", clara.agent)
        .with_body("application/sdp", &offer);
    let came = stage.send(now, clara, invite);
    let mut request = came.message;
    request.remove("Authorization");
    let via = stage.server_via(&FE01);
    request.push_via(&via);
    let from_inside = ";source=\"internal edge\";destination=\"external edge\"";
    let front_end = format!("{}:49520", FE01.fqdn);
    let now = came.at + 4;
    stage.log_hop(now, &FE01, "outgoing", "edge01.contoso.com:5061", &request);
    stage.log_hop(now + 1, &EDGE01, &format!("incoming{from_inside}"), &front_end, &request);

    let event = Event {
        level: "TL_ERROR",
        severity: "error",
        text: "The certificate of the peer does not hold the expected name",
        result: "0xc3e93d67 SIPPROXY_E_ROUTING_MSG_CERT_MISMATCH",
        peer: "198.51.100.200:5061",
        data: "expected-fqdn=\"sip.fabrikam.com\";certName=\"mail.fabrikam.com\";info=\"Peer name mismatch\"",
        correlation: stage.ids.correlation(),
    };
    stage.servers.diagnostic(now + 180, &EDGE01, &event, &request);
    let diagnostics = format!(
        "1010;reason=\"Certificate trust with another server could not be established\";ErrorType=\"The peer certificate does not contain a matching FQDN\";tls-target=\"{PARTNER_EDGE}\";PeerServer=\"{PARTNER_EDGE}\";HRESULT=\"0x80090322(SEC_E_WRONG_PRINCIPAL)\";source=\"edge01.contoso.com\""
    );
    let tag = stage.ids.server_tag();
    let mut refusal = Message::answer(&request, 504, "Server time-out", &tag)
        .with("Server", stage.product.server_agent())
        .with("ms-diagnostics", &diagnostics);
    let local = "outgoing;source=\"local\";destination=\"internal edge\"";
    stage.log_hop(now + 181, &EDGE01, local, &front_end, &refusal);
    stage.log_hop(now + 182, &FE01, "incoming", "edge01.contoso.com:5061", &refusal);
    refusal.pop_via();
    dialog.established(&refusal);
    let at = stage.deliver(now + 184, clara, refusal).at;
    let ack = dialog.next("ACK", &format!("sip:{callee}"), &clara.via());
    stage.send(at + 6, clara, ack);
}

/// A client that finds no server by any name.
pub fn no_such_server() -> Incident {
    let mut stage = Stage::new("no-such-server");
    let mut dora = Endpoint::outside("dora@contoso.com", "Dora", "198.51.100.83:0", 0)
        .with_device("3c8e017295", "1EADB79C-0000-5000-8000-829304152637");
    let start = at(7, 45, 33, 18);
    let log = &mut dora.log;
    log.trace(start, MAIN_THREAD, "INFO", "Logging started, client 16.0.4600.1000, Windows 10.0.19045, x64");
    log.trace(start + 26, MAIN_THREAD, "INFO", "Last signed in user was sip:dora@contoso.com");
    for try_number in 0..3 {
        finds_nothing(start + 200 + try_number * 70_000, &mut dora);
    }
    let until = start + 230_000;
    let mut now = start + 300;
    while now < until {
        everyday::client_chatter(&mut stage, now, &mut dora);
        now = now + stage.ids.millis(3_000, 12_000);
    }
    Incident {
        folder: "no-such-server",
        shows: "Dora's PC asks a name server that knows none of the names: no lyncdiscover, no SRV record, no sip.contoso.com (0x80EE0066). Nothing is ever sent.",
        finds: &["connection-setup-failed failure dora@contoso.com"],
        files: vec![("dora-UccApi-0.UccApilog", dora.log.into_text())],
    }
}

fn finds_nothing(now: Time, who: &mut Endpoint) {
    const NO_DNS: &str = "0x80ee0066";
    let log = &mut who.log;
    log.trace(now, MAIN_THREAD, "INFO", "Sign-in requested for sip:dora@contoso.com, automatic configuration");
    let names = [
        "lyncdiscoverinternal.contoso.com",
        "lyncdiscover.contoso.com",
        "_sipinternaltls._tcp.contoso.com (SRV)",
        "_sip._tls.contoso.com (SRV)",
        "sipinternal.contoso.com",
        "sip.contoso.com",
        "sipexternal.contoso.com",
    ];
    for (name, delay) in names.into_iter().zip((40..).step_by(310)) {
        log.trace(now + delay, WEB_THREAD, "INFO", &format!("DNS name {name} does not exist"));
    }
    let text = format!("Connection to sip.contoso.com:443 could not be set up for sip:{}, hr={NO_DNS}", who.user);
    log.trace(now + 2_300, MAIN_THREAD, "ERROR", &text);
    let report = format!(
        "Sign-in report
1 Login: FAIL (hr = {NO_DNS})
1.1 Lync-autodiscovery: FAIL (hr = {NO_DNS})
1.1.1 DNSAutoDiscovery: FAIL (hr = {NO_DNS})"
    );
    log.trace(now + 2_340, MAIN_THREAD, "INFO", &report);
    let text =
        format!("VerifyOnEnableEvent result return (ONENABLE_FAIL_TEMP) status={NO_DNS}\nACTION: check the network");
    log.trace(now + 2_341, MAIN_THREAD, "ERROR", &text);
}
