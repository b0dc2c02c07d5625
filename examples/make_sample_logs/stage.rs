//! The stage of the stories: a pool of two front ends, an Edge, and the clients around them.
//!
//! A story sends and delivers messages; the stage walks each along its hops and lets every machine on the
//! way write its copy into the server trace, and the client into its own log.

use crate::client_log::{ClientLog, Flow, Wire};
use crate::clock::{Time, UTC_PLUS_1, UtcOffset};
use crate::ids::Ids;
use crate::server_log::{Dialect, Event, Hop, Machine, ServerLog};
use crate::session::Session;
use crate::sip::{Casing, Message};

pub static FE01: Machine = Machine {
    pool: "FEPOOL01",
    name: "FE01",
    fqdn: "fe01.contoso.com",
    address: "192.0.2.20",
    sip_process: "1E6C",
    sip_threads: ["0B40", "0B44", "1F20"],
    web_process: "2B1C",
};
pub static FE02: Machine = Machine {
    pool: "FEPOOL01",
    name: "FE02",
    fqdn: "fe02.contoso.com",
    address: "192.0.2.21",
    sip_process: "17A8",
    sip_threads: ["0C08", "0D10", "2240"],
    web_process: "1C94",
};
/// The other pool of the company.
pub static FE11: Machine = Machine {
    pool: "FEPOOL02",
    name: "FE11",
    fqdn: "fe11.contoso.com",
    address: "192.0.2.30",
    sip_process: "1F54",
    sip_threads: ["0A90", "0A94", "19C8"],
    web_process: "26D0",
};
pub static EDGE01: Machine = Machine {
    pool: "EDGEPOOL",
    name: "EDGE01",
    fqdn: "edge01.contoso.com",
    address: "192.0.2.11",
    sip_process: "0AB4",
    sip_threads: ["1C20", "1C24", "0E58"],
    web_process: "0AB4",
};
/// The Edge's address as the world sees it.
pub const ACCESS_EDGE: &str = "192.0.2.10:443";

const FROM_OUTSIDE: &str = ";source=\"external edge\";destination=\"internal edge\"";
const FROM_INSIDE: &str = ";source=\"internal edge\";destination=\"external edge\"";

/// A signed-out or signed-in client of a user.
pub struct Endpoint {
    pub user: &'static str,
    pub display: &'static str,
    pub phone: &'static str,
    /// Its User-Agent.
    pub agent: &'static str,
    pub epid: &'static str,
    pub instance: &'static str,
    /// Its own address and port.
    pub address: String,
    pub outside: bool,
    pub front_end: &'static Machine,
    pub log: ClientLog,
    pub session: Option<Session>,
    /// Numbers of its connections, at the Edge or front end.
    pub connection: u32,
}

/// The client of the stories, unless they say otherwise.
const SKYPE_FOR_BUSINESS: &str = "UCCAPI/16.0.4600.1000 OC/16.0.4600.1000 (Skype for Business)";

/// Which servers stand on the stage.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Product {
    SkypeForBusiness,
    /// Office Communications Server: no user certificates yet.
    Ocs2007R2,
}

impl Product {
    pub fn server_agent(self) -> &'static str {
        match self {
            Self::SkypeForBusiness => "RTC/6.0",
            Self::Ocs2007R2 => "RTC/3.5",
        }
    }

    /// The version of the sign-in packages' protocol.
    pub fn package_version(self) -> u32 {
        match self {
            Self::SkypeForBusiness => 4,
            Self::Ocs2007R2 => 3,
        }
    }
}

impl Endpoint {
    /// A client inside the network, on its front end's port 5061.
    pub fn inside(user: &'static str, display: &'static str, address: &str, connection: u32) -> Self {
        Self {
            user,
            display,
            phone: "+14255550100",
            agent: SKYPE_FOR_BUSINESS,
            epid: "",
            instance: "",
            address: address.to_owned(),
            outside: false,
            front_end: &FE01,
            log: ClientLog::new(UTC_PLUS_1, "2A10"),
            session: None,
            connection,
        }
    }

    /// A client in the world, on the Edge's port 443.
    pub fn outside(user: &'static str, display: &'static str, address: &str, connection: u32) -> Self {
        Self { outside: true, ..Self::inside(user, display, address, connection) }
    }

    pub fn with_device(mut self, epid: &'static str, instance: &'static str) -> Self {
        self.epid = epid;
        self.instance = instance;
        self
    }

    pub fn with_phone(mut self, phone: &'static str) -> Self {
        self.phone = phone;
        self
    }

    pub fn with_agent(mut self, agent: &'static str) -> Self {
        self.agent = agent;
        self
    }

    pub fn on(mut self, front_end: &'static Machine) -> Self {
        self.front_end = front_end;
        self
    }

    /// The server as this client sees it.
    pub fn server(&self) -> String {
        if self.outside { ACCESS_EDGE.to_owned() } else { format!("{}:5061", self.front_end.address) }
    }

    pub fn via(&self) -> String {
        format!("SIP/2.0/TLS {}", self.address)
    }

    pub fn contact(&self) -> String {
        format!("<sip:{};transport=tls;ms-opaque=d{:09x}>", self.address, self.connection)
    }

    /// The address that reaches this very client.
    pub fn gruu(&self) -> String {
        format!("sip:{};opaque=user:epid:{};gruu", self.user, self.instance)
    }

    /// From, as the client writes it: the display name glued to the address.
    pub fn from(&self, tag: &str) -> String {
        format!("\"{}\"<sip:{}>;tag={tag};epid={}", self.display, self.user, self.epid)
    }
}

/// A message that came to a front end.
pub struct Arrived {
    pub at: Time,
    pub message: Message,
}

pub struct Stage {
    pub ids: Ids,
    pub servers: ServerLog,
    pub product: Product,
}

impl Stage {
    pub fn new(story: &str) -> Self {
        Self { ids: Ids::for_story(story), servers: ServerLog::new(Dialect::Cls), product: Product::SkypeForBusiness }
    }

    /// The older servers, of which only one machine is traced.
    pub fn ocs_2007_r2(story: &str, traced: &'static Machine, offset: UtcOffset) -> Self {
        Self {
            ids: Ids::for_story(story),
            servers: ServerLog::of_one_machine(Dialect::OcsLogger(offset), traced),
            product: Product::Ocs2007R2,
        }
    }

    /// The connection from a client comes up.
    pub fn connect(&mut self, at: Time, who: &Endpoint) {
        let (machine, local) =
            if who.outside { (&EDGE01, ACCESS_EDGE.to_owned()) } else { (who.front_end, who.server()) };
        for (delay, what) in
            [(0, "TCP connection established"), (3, "TLS negotiation started"), (41, "Connection established")]
        {
            let at = at + delay;
            self.servers.connection(at, machine, what, &local, &who.address, who.connection);
        }
    }

    /// A client sends; the message goes up to its front end.
    pub fn send(&mut self, at: Time, who: &mut Endpoint, message: Message) -> Arrived {
        self.send_with(at, who, message, None)
    }

    /// As `send`, with a line of another thread in the middle of the client's record.
    pub fn send_with(
        &mut self,
        at: Time,
        who: &mut Endpoint,
        mut message: Message,
        interruption: Option<&str>,
    ) -> Arrived {
        if let Some(session) = &mut who.session
            && message.is_request()
            && message.get("Authorization").is_empty()
        {
            message.add("Authorization", &session.sign(&mut self.ids));
        }
        let peer = who.server();
        let wire = Wire { peer: &peer, local: &who.address };
        match interruption {
            Some(line) => who.log.interrupted_message(at, Flow::Sent, &wire, &message, line),
            None => who.log.message(at, Flow::Sent, &wire, &message),
        }
        let front_end = who.front_end;
        if !who.outside {
            let at = at + self.ids.millis(1, 3);
            self.log_hop(at, front_end, "incoming", &who.address, &message);
            message.mark_received(&received(&who.address, who.connection));
            return Arrived { at, message };
        }
        let at = self.reach_edge(at, who, &mut message);
        let at = at + self.ids.millis(1, 2);
        let outgoing = format!("outgoing{FROM_OUTSIDE}");
        let next = format!("{}:5061", front_end.fqdn);
        self.log_hop(at, &EDGE01, &outgoing, &next, &message);
        let at = at + 1;
        self.log_hop(at, front_end, "incoming", &edge_peer(), &message);
        message.mark_received(&received(&edge_peer(), 0x2a00));
        Arrived { at, message }
    }

    /// The Edge takes a message of a client outside.
    fn reach_edge(&mut self, at: Time, who: &Endpoint, message: &mut Message) -> Time {
        let at = at + self.ids.millis(19, 26);
        let incoming = format!("incoming{FROM_OUTSIDE}");
        self.log_hop(at, &EDGE01, &incoming, &who.address, message);
        if message.is_request() {
            message.mark_received(&received(&who.address, who.connection));
            message.push_via(&server_via(&EDGE01, &mut self.ids));
            message.add(
                "ms-edge-proxy-message-trust",
                "ms-source-type=InternetUser;ms-ep-fqdn=edge01.contoso.com;ms-source-verified-user=unverified",
            );
        } else {
            message.pop_via();
        }
        at
    }

    /// A client outside sends, and the Edge cannot pass it on.
    pub fn send_to_edge(&mut self, at: Time, who: &mut Endpoint, mut message: Message) -> Arrived {
        let peer = who.server();
        who.log.message(at, Flow::Sent, &Wire { peer: &peer, local: &who.address }, &message);
        let at = self.reach_edge(at, who, &mut message);
        Arrived { at, message }
    }

    /// The Edge itself answers a client outside.
    pub fn deliver_from_edge(&mut self, at: Time, who: &mut Endpoint, mut message: Message) -> Arrived {
        message.pop_via();
        let outgoing = "outgoing;source=\"local\";destination=\"external edge\"";
        self.log_hop(at, &EDGE01, outgoing, &who.address, &message);
        let at = at + self.ids.millis(19, 26);
        let peer = who.server();
        who.log.message(at, Flow::Received, &Wire { peer: &peer, local: &who.address }, &message);
        Arrived { at, message }
    }

    /// A front end answers or asks; the message goes down to the client. Returns when it got there, and as
    /// what: proxies take off or put on Via lines.
    pub fn deliver(&mut self, at: Time, who: &mut Endpoint, mut message: Message) -> Arrived {
        if let Some(session) = &mut who.session
            && message.get("Authentication-Info").is_empty()
            && !message.start_line.contains(" 100 ")
        {
            message.add_first("Authentication-Info", &session.sign_back(&mut self.ids));
        }
        let front_end = who.front_end;
        let at = if who.outside {
            self.log_hop(at, front_end, "outgoing", &edge_peer(), &message);
            self.routed(at, front_end, &edge_peer(), &message);
            let at = at + 1;
            let incoming = format!("incoming{FROM_INSIDE}");
            let from = format!("{}:5061", front_end.fqdn);
            self.log_hop(at, &EDGE01, &incoming, &from, &message);
            if message.is_request() {
                message.push_via(&server_via(&EDGE01, &mut self.ids));
            } else {
                message.pop_via();
            }
            if who.session.is_none() {
                // Strangers are not told why.
                message.remove("ms-diagnostics");
            }
            let at = at + self.ids.millis(1, 2);
            let outgoing = format!("outgoing{FROM_INSIDE}");
            self.log_hop(at, &EDGE01, &outgoing, &who.address, &message);
            at + self.ids.millis(19, 26)
        } else {
            self.log_hop(at, front_end, "outgoing", &who.address, &message);
            self.routed(at, front_end, &who.address, &message);
            at + self.ids.millis(1, 3)
        };
        let peer = who.server();
        let wire = Wire { peer: &peer, local: &who.address };
        who.log.message(at, Flow::Received, &wire, &message);
        Arrived { at, message }
    }

    /// A message of one client goes on from its front end to another client.
    pub fn pass_on(&mut self, came: Arrived, from: &Endpoint, to: &mut Endpoint) -> Arrived {
        let Arrived { mut at, mut message } = came;
        let (here, there) = (from.front_end, to.front_end);
        message.remove("Authorization");
        message.remove("Authentication-Info");
        if message.is_request() {
            message.push_via(&server_via(here, &mut self.ids));
            let identity = format!("\"{}\"<sip:{}>,<tel:{}>", from.display, from.user, from.phone);
            message.add("P-Asserted-Identity", &identity);
        }
        at = at + self.ids.millis(1, 4);
        if here.name != there.name {
            self.log_hop(at, here, "outgoing", &format!("{}:5061", there.fqdn), &message);
            at = at + 1;
            self.log_hop(at, there, "incoming", &format!("{}:49231", here.fqdn), &message);
            at = at + 1;
        }
        if !message.is_request() {
            message.pop_via();
        }
        self.deliver(at, to, message)
    }

    /// A front end's own Via, for the requests it starts.
    pub fn server_via(&mut self, machine: &Machine) -> String {
        server_via(machine, &mut self.ids)
    }

    pub fn log_hop(&mut self, at: Time, machine: &'static Machine, direction: &str, peer: &str, message: &Message) {
        let taste: u32 = message.get("Call-ID").bytes().chain(machine.name.bytes()).map(u32::from).sum();
        let casing = match taste % 4 {
            0 | 1 => Casing::Upper,
            2 => Casing::LowerIds,
            _ => Casing::AsSent,
        };
        let hop = Hop { direction, peer, casing, correlation: self.ids.correlation() };
        if taste.is_multiple_of(3) {
            self.servers.protocol(at, machine, &hop, &message.via_last());
        } else {
            self.servers.protocol(at, machine, &hop, message);
        }
    }

    /// The front end notes that it passed on a final answer.
    fn routed(&mut self, at: Time, machine: &'static Machine, peer: &str, message: &Message) {
        if message.is_request() || message.start_line.starts_with("SIP/2.0 1") {
            return;
        }
        let event = Event {
            level: "TL_INFO",
            severity: "information",
            text: "Response successfully routed",
            result: "",
            peer,
            data: "",
            correlation: self.ids.correlation(),
        };
        self.servers.diagnostic(at, machine, &event, message);
    }
}

fn edge_peer() -> String {
    format!("{}:51413", EDGE01.fqdn)
}

fn received(address: &str, connection: u32) -> String {
    let port = address.rsplit(':').next().unwrap_or_default();
    format!(";ms-received-port={port};ms-received-cid={connection:X}")
}

fn server_via(machine: &Machine, ids: &mut Ids) -> String {
    format!("SIP/2.0/TLS {}:51413;branch={};branched=FALSE", machine.address, ids.branch())
}
