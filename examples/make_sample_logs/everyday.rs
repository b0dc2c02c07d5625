//! Everyday traffic: what clients and servers say when nothing is wrong, or nothing that matters here.

use crate::bodies;
use crate::client_log::{MAIN_THREAD, SIP_THREAD, WEB_THREAD, Wire};
use crate::clock::Time;
use crate::server_log::Machine;
use crate::sip::Message;
use crate::stage::{Arrived, EDGE01, Endpoint, FE01, FE02, Stage};

/// The names and numbers that the messages of one dialog share.
pub struct Dialog {
    call_id: String,
    from: String,
    to: String,
    cseq: u32,
}

impl Dialog {
    pub fn new(stage: &mut Stage, from: &Endpoint, to: &str) -> Self {
        let tag = stage.ids.tag();
        Self { call_id: stage.ids.call_id(), from: from.from(&tag), to: format!("<sip:{to}>"), cseq: 0 }
    }

    /// The next request of the side that started the dialog.
    pub fn next(&mut self, method: &str, uri: &str, via: &str) -> Message {
        if method != "ACK" {
            self.cseq += 1;
        }
        self.message(method, uri, via, &self.from, &self.to)
    }

    /// The next request of the other side.
    pub fn next_back(&mut self, method: &str, uri: &str, via: &str) -> Message {
        self.cseq += 1;
        self.message(method, uri, via, &self.to, &self.from)
    }

    /// Takes over the To of an answer, which now has the other side's tag.
    pub fn established(&mut self, answer: &Message) {
        self.to = answer.get("To").to_owned();
    }

    fn message(&self, method: &str, uri: &str, via: &str, from: &str, to: &str) -> Message {
        Message::request(method, uri)
            .with("Via", via)
            .with("Max-Forwards", "70")
            .with("From", from)
            .with("To", to)
            .with("Call-ID", &self.call_id)
            .with("CSeq", &format!("{} {method}", self.cseq))
    }
}

/// A server's answer to a client's request.
fn answer(stage: &mut Stage, came: &Arrived, status: u16, reason: &str) -> Message {
    let tag = stage.ids.server_tag();
    Message::answer(&came.message, status, reason, &tag).with("Server", stage.product.server_agent())
}

/// Subscribes to something the front end holds; it answers at once, with what it has.
pub fn subscribe(
    stage: &mut Stage,
    now: Time,
    who: &mut Endpoint,
    event: &str,
    content_type: &str,
    body: &str,
) -> Dialog {
    let uri = format!("sip:{}", who.user);
    let mut dialog = Dialog::new(stage, who, who.user);
    let request = dialog
        .next("SUBSCRIBE", &uri, &who.via())
        .with("Contact", &who.contact())
        .with("User-Agent", who.agent)
        .with("Event", event)
        .with("Accept", content_type)
        .with("Supported", "com.microsoft.autoextend")
        .with("Supported", "ms-benotify")
        .with("Proxy-Require", "ms-benotify")
        .with("Supported", "ms-piggyback-first-notify");
    let came = stage.send(now, who, request);
    let ok = answer(stage, &came, 200, "OK")
        .with("Expires", "28800")
        .with("Event", event)
        .with("subscription-state", "active;expires=28800")
        .with("ms-piggyback-cseq", "1")
        .with("Supported", "ms-benotify, ms-piggyback-first-notify")
        .with_body(content_type, body);
    dialog.established(&ok);
    stage.deliver(came.at + 9, who, ok);
    dialog
}

/// Subscribes to the presence of others.
pub fn watch_presence(stage: &mut Stage, now: Time, who: &mut Endpoint, others: &[&str]) -> Dialog {
    let uri = format!("sip:{}", who.user);
    let mut dialog = Dialog::new(stage, who, who.user);
    let request = dialog
        .next("SUBSCRIBE", &uri, &who.via())
        .with("Contact", &who.contact())
        .with("User-Agent", who.agent)
        .with("Event", "presence")
        .with("Accept", bodies::PRESENCE_TYPE)
        .with("Supported", "ms-benotify, eventlist")
        .with("Require", "adhoclist, categoryList")
        .with_body(bodies::SUBSCRIBE_TYPE, &bodies::watch(who.user, others));
    let came = stage.send(now, who, request);
    let first = others.first().copied().unwrap_or_default();
    let ok = answer(stage, &came, 200, "OK")
        .with("Expires", "28800")
        .with("Event", "presence")
        .with("subscription-state", "active;expires=28800")
        .with_body(bodies::PRESENCE_TYPE, &bodies::presence(first, 3500, 1));
    dialog.established(&ok);
    stage.deliver(came.at + 12, who, ok);
    dialog
}

/// The presence of another user changed; nobody answers a BENOTIFY.
pub fn notify_presence(
    stage: &mut Stage,
    now: Time,
    who: &mut Endpoint,
    dialog: &mut Dialog,
    other: &str,
    availability: u32,
) {
    let via = stage.server_via(who.front_end);
    let instance = stage.ids.correlation();
    let request = dialog
        .next_back("BENOTIFY", &contact_uri(who), &via)
        .with("Event", "presence")
        .with("subscription-state", "active;expires=27100")
        .with_body(bodies::PRESENCE_TYPE, &bodies::presence(other, availability, instance));
    stage.deliver(now, who, request);
}

/// As `notify_presence`, by NOTIFY, which the client answers.
pub fn notify(stage: &mut Stage, now: Time, who: &mut Endpoint, dialog: &mut Dialog, body: &str) {
    let via = stage.server_via(who.front_end);
    let request = dialog
        .next_back("NOTIFY", &contact_uri(who), &via)
        .with("Event", "vnd-microsoft-roaming-contacts")
        .with("subscription-state", "active;expires=28000")
        .with_body(bodies::CONTACTS_TYPE, body);
    let got = stage.deliver(now, who, request);
    let ok = Message::answer(&got.message, 200, "OK", "").with("User-Agent", who.agent);
    stage.send(got.at + 7, who, ok);
}

/// The client says how available its user is.
pub fn publish(stage: &mut Stage, now: Time, who: &mut Endpoint, availability: u32, version: u32) {
    let uri = format!("sip:{}", who.user);
    let mut dialog = Dialog::new(stage, who, who.user);
    let request = dialog
        .next("SERVICE", &uri, &who.via())
        .with("Contact", &who.contact())
        .with("User-Agent", who.agent)
        .with_body(bodies::PUBLISH_TYPE, &bodies::publish(who.user, availability, version));
    let came = stage.send(now, who, request);
    let ok = answer(stage, &came, 200, "OK").with_body(bodies::SELF_TYPE, &bodies::roaming_self(who.user));
    stage.deliver(came.at + 11, who, ok);
}

fn contact_uri(who: &Endpoint) -> String {
    who.contact().trim_matches(['<', '>']).to_owned()
}

/// How long the parties of a call take, and how it ends.
pub struct Call<'a> {
    pub ring_ms: i64,
    pub talk_ms: i64,
    /// The value of `ms-client-diagnostics` on the BYE, or nothing.
    pub bye_diagnostics: &'a str,
}

/// One user calls another: ringing, answered, hung up by the caller.
pub fn call(stage: &mut Stage, now: Time, a: &mut Endpoint, b: &mut Endpoint, plan: &Call<'_>) {
    let offer = bodies::audio_sdp(&a.address, &mut stage.ids);
    let reply = bodies::audio_sdp(&b.address, &mut stage.ids);
    let mut dialog = Dialog::new(stage, a, b.user);
    let invite = invitation(stage, &mut dialog, a, b.user).with_body("application/sdp", &offer);
    let (rung, at) = ring(stage, now, a, b, invite);

    let ringing = Message::answer(&rung.message, 180, "Ringing", "8d1c0a77e2")
        .with("Contact", &b.contact())
        .with("User-Agent", b.agent);
    let came = stage.send(at + 160, b, ringing);
    stage.pass_on(came, b, a);

    let accepted = Message::answer(&rung.message, 200, "OK", "8d1c0a77e2")
        .with("Contact", &b.contact())
        .with("User-Agent", b.agent)
        .with("Supported", "histinfo, gruu-10, timer, replaces, 100rel")
        .with_body("application/sdp", &reply);
    dialog.established(&accepted);
    let came = stage.send(at + plan.ring_ms, b, accepted);
    let at = stage.pass_on(came, b, a).at;

    let ack = dialog.next("ACK", &contact_uri(b), &a.via());
    let came = stage.send(at + 12, a, ack);
    stage.pass_on(came, a, b);
    hang_up(stage, at + plan.talk_ms, a, b, &mut dialog, plan.bye_diagnostics);
}

/// A conversation in writing: invitation, some messages to and fro, the end.
pub fn conversation(stage: &mut Stage, now: Time, a: &mut Endpoint, b: &mut Endpoint, says: &[&str]) {
    let mut dialog = Dialog::new(stage, a, b.user);
    let invite = invitation(stage, &mut dialog, a, b.user)
        .with("Ms-Text-Format", "text/plain; charset=UTF-8")
        .with_body("application/sdp", &bodies::message_sdp(a.user, &a.address));
    let (rung, at) = ring(stage, now, a, b, invite);
    let accepted = Message::answer(&rung.message, 200, "OK", "c41f97b05e")
        .with("Contact", &b.contact())
        .with("User-Agent", b.agent)
        .with_body("application/sdp", &bodies::message_sdp(b.user, &b.address));
    dialog.established(&accepted);
    let came = stage.send(at + 900, b, accepted);
    let mut at = stage.pass_on(came, b, a).at + 9;
    let ack = dialog.next("ACK", &contact_uri(b), &a.via());
    let came = stage.send(at, a, ack);
    stage.pass_on(came, a, b);

    for (turn, text) in says.iter().enumerate() {
        let pause = stage.ids.millis(2_000, 9_000);
        let at_now = at + pause;
        let (speaker, listener): (&mut Endpoint, &mut Endpoint) = if turn % 2 == 0 { (a, b) } else { (b, a) };
        let uri = contact_uri(listener);
        let via = speaker.via();
        let message =
            if turn % 2 == 0 { dialog.next("MESSAGE", &uri, &via) } else { dialog.next_back("MESSAGE", &uri, &via) };
        let message = message.with("User-Agent", speaker.agent).with_body("text/plain; charset=UTF-8", text);
        at = asked_and_answered(stage, at_now, speaker, listener, message);
    }
    hang_up(stage, at + 6_000, a, b, &mut dialog, "");
}

fn invitation(stage: &mut Stage, dialog: &mut Dialog, from: &Endpoint, to: &str) -> Message {
    dialog
        .next("INVITE", &format!("sip:{to}"), &from.via())
        .with("Contact", &from.contact())
        .with("User-Agent", from.agent)
        .with("Ms-Conversation-ID", &stage.ids.upper_hex(32))
        .with("Supported", "ms-early-media, histinfo, gruu-10, 100rel, timer")
        .with("Allow", "INVITE, BYE, ACK, CANCEL, INFO, UPDATE, REFER, NOTIFY, BENOTIFY, OPTIONS")
}

/// Brings an INVITE to the called client; the front end says 100 meanwhile.
fn ring(stage: &mut Stage, now: Time, a: &mut Endpoint, b: &mut Endpoint, invite: Message) -> (Arrived, Time) {
    let came = stage.send(now, a, invite);
    let trying = Message::answer(&came.message, 100, "Trying", "");
    stage.deliver(came.at + 1, a, trying);
    let rung = stage.pass_on(came, a, b);
    let at = rung.at;
    (rung, at)
}

fn hang_up(stage: &mut Stage, now: Time, a: &mut Endpoint, b: &mut Endpoint, dialog: &mut Dialog, diagnostics: &str) {
    let mut bye = dialog.next("BYE", &contact_uri(b), &a.via()).with("User-Agent", a.agent);
    if !diagnostics.is_empty() {
        bye.add("ms-client-diagnostics", diagnostics);
    }
    asked_and_answered(stage, now, a, b, bye);
}

/// A request from one client to another, and the other's 200 OK.
fn asked_and_answered(stage: &mut Stage, now: Time, a: &mut Endpoint, b: &mut Endpoint, request: Message) -> Time {
    let came = stage.send(now, a, request);
    let got = stage.pass_on(came, a, b);
    let ok = Message::answer(&got.message, 200, "OK", "").with("User-Agent", b.agent);
    let came = stage.send(got.at + 15, b, ok);
    stage.pass_on(came, b, a).at
}

/// A call to an address that nobody has: 404 with the reason.
pub fn call_nobody(stage: &mut Stage, now: Time, a: &mut Endpoint, nobody: &str) {
    let offer = bodies::audio_sdp(&a.address, &mut stage.ids);
    let mut dialog = Dialog::new(stage, a, nobody);
    let invite = invitation(stage, &mut dialog, a, nobody).with_body("application/sdp", &offer);
    let came = stage.send(now, a, invite);
    let diagnostics = format!(
        "4005;reason=\"Destination URI either not enabled for SIP or does not exist\";source=\"{}\"",
        a.front_end.fqdn
    );
    let refusal = answer(stage, &came, 404, "Not Found").with("ms-diagnostics", &diagnostics);
    dialog.established(&refusal);
    let at = stage.deliver(came.at + 14, a, refusal).at;
    let ack = dialog.next("ACK", &format!("sip:{nobody}"), &a.via());
    stage.send(at + 6, a, ack);
}

/// A request that monitors and balancers send all day long.
pub fn monitor(stage: &mut Stage, now: Time, machine: &'static Machine, from: &str) {
    let call_id = stage.ids.hex(20);
    let request = Message::request("OPTIONS", &format!("sip:{}:5061;transport=tls", machine.fqdn))
        .with("Via", &format!("SIP/2.0/TLS {from};branch={}", stage.ids.branch()))
        .with("Max-Forwards", "70")
        .with("From", &format!("<sip:monitor@contoso.com>;tag={}", stage.ids.tag()))
        .with("To", &format!("<sip:{}>", machine.fqdn))
        .with("Call-ID", &call_id)
        .with("CSeq", "1 OPTIONS")
        .with("User-Agent", "Balancer-Probe/2.1");
    stage.log_hop(now, machine, "incoming", from, &request);
    let ok = Message::answer(&request, 200, "OK", "0").with("Server", stage.product.server_agent());
    stage.log_hop(now + 2, machine, "outgoing", from, &ok);
}

/// A UCMA application says it is there; its records are framed in their own way.
pub fn application_check(stage: &mut Stage, now: Time) {
    let call_id = stage.ids.guid();
    let request = Message::request("OPTIONS", "sip:fe01.contoso.com:5070;transport=tls")
        .with("Via", &format!("SIP/2.0/TLS 192.0.2.21:49234;branch={}", stage.ids.branch()))
        .with("Max-Forwards", "70")
        .with("From", &format!("<sip:fe02.contoso.com>;tag={}", stage.ids.tag()))
        .with("To", "<sip:fe01.contoso.com:5070>")
        .with("Call-ID", &call_id)
        .with("CSeq", "1 OPTIONS")
        .with("User-Agent", "RTCC/6.0.0.0 MediationServer");
    let correlation = stage.ids.correlation();
    let route = "192.0.2.20:5070<-192.0.2.21:49234";
    stage.servers.application(now, &FE01, "Incoming", route, correlation, &request);
    let ok = Message::answer(&request, 200, "OK", "f3a9d2e1").with("Server", "RTCC/6.0.0.0 ApplicationServer");
    let route = "192.0.2.20:5070->192.0.2.21:49234";
    stage.servers.application(now + 3, &FE01, "Outgoing", route, correlation, &ok);
}

/// Lines with which the servers' own parts keep the trace busy.
pub fn server_chatter(stage: &mut Stage, now: Time) {
    let machine = stage.ids.pick(&[&FE01, &FE02, &EDGE01], &FE01);
    let value = stage.ids.below(4000);
    let (scope, text) = match stage.ids.below(6) {
        0 => (
            "SIPStack,CSIPMessageProcessor::ProcessQueue:sipmessageprocessor.cpp(1188)",
            format!("Queue drained, depth={}, oldest={value} ms", value % 7),
        ),
        1 => (
            "SIPStack,CRecvRequestContext::Dispatch:recvrequestcontext.cpp(412)",
            format!("( 00000000028F{value:04X} ) Dispatching to application UserServices"),
        ),
        2 => (
            "UserServices,CUserReplicatorCache::Refresh:userreplicatorcache.cpp(233)",
            format!("Cache holds {} users, {} changed", 4100 + value % 50, value % 3),
        ),
        3 => (
            "WebInfrastructure,HostingHealth.Report:hostinghealth.cs(57)",
            format!("Site ExternalWebSite is running, requests/min={}", value % 400),
        ),
        4 => (
            "LYSS,StorageSession.Flush:storagesession.cs(301)",
            format!("Flushed {} items in {} ms", value % 60, value % 23),
        ),
        _ => (
            "RoutingApps,InboundRouting.GetEndpoints:inboundrouting.cs(904)",
            format!("Endpoint lookup took {} ms", 1 + value % 12),
        ),
    };
    stage.servers.component(now, machine, scope, &text);
}

/// Lines with which a client's own parts fill its log.
pub fn client_chatter(stage: &mut Stage, now: Time, who: &mut Endpoint) {
    let pointer = stage.ids.upper_hex(8);
    let value = stage.ids.below(5000);
    let thread = stage.ids.pick(&[MAIN_THREAD, MAIN_THREAD, WEB_THREAD, SIP_THREAD], MAIN_THREAD);
    let (level, text) = match stage.ids.below(9) {
        0 => ("TRACE", format!("CUccPlatform::OnTimer - this {pointer}, pending timers {}", value % 9)),
        1 => ("TRACE", format!("[{pointer}] CUccEndpoint::UpdateState - state unchanged")),
        2 => ("INFO", format!("CUccServerEndpoint::GetServerSignature - cached value used, age {value} s")),
        3 => ("TRACE", format!("SIP_URL::InternalInitialize - parsed sip:{}", who.user)),
        4 => ("INFO", format!("CConnection::Check - connection {pointer} idle for {} ms", value * 7)),
        5 => ("WARN", "CUccAddressBook::FindEntry - local address book file is older than one day".to_owned()),
        6 => ("TRACE", format!("CUccCategoryInstance::Evaluate - category state, instance {value}")),
        7 => ("INFO", format!("Network location unchanged, {} adapters up", 1 + value % 2)),
        _ => ("TRACE", format!("OUTGOING_TRANSACTION::OnTimer [{pointer}] timer fired, {} left", value % 4)),
    };
    who.log.trace(now, thread, level, &text);
}

/// The server's sign of life on a client's connection.
pub fn keep_alive(now: Time, who: &mut Endpoint) {
    let peer = who.server();
    let wire = Wire { peer: &peer, local: &who.address };
    who.log.keep_alive(now, &wire);
}
