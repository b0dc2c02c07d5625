//! Who takes part: machines and roles, not addresses with ports.
//!
//! One machine has many names in a set of traces: `FE01` in a server's prefix, `fe01.contoso.com:5061`
//! as a peer, `192.0.2.10` in a client log. They are brought together by what the traces themselves say.

use crate::format::{Direction, Format, Kind, Record};
use crate::index::{Block, Index, RowId};
use crate::protocol::address::{authority, without_port};
use crate::protocol::lines::to_text;
use crate::protocol::message::cseq;
use crate::protocol::{HeaderName, Message, Protocol, StartLine, WebCall};
use rustc_hash::{FxHashMap, FxHashSet};

/// What a host does, in the order of the lanes from left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Client,
    WebClient,
    Edge,
    Server,
    WebServices,
    Other,
}

impl Role {
    /// A word for people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::WebClient => "web client",
            Self::Edge => "Edge",
            Self::Server => "server",
            Self::WebServices => "web services",
            Self::Other => "other host",
        }
    }
}

/// A participant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// `EDGE01`, `198.51.100.23`.
    pub name: String,
    pub role: Role,
}

/// Number of a host in [`Hosts`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostId(pub u16);

/// The participants of some rows.
#[derive(Debug, Default)]
pub struct Hosts {
    all: Vec<Host>,
    numbers: FxHashMap<(Role, String), HostId>,
    /// Machines that wrote a server trace, in lower case, with the name as written.
    machines: FxHashMap<String, Machine>,
    /// Addresses that the traces tie to a machine, or to the address a client knows itself by.
    aliases: FxHashMap<String, String>,
    /// Addresses of the machines that client logs were written on.
    client_addresses: FxHashSet<String>,
    /// Hosts that client logs speak with: the Edge or the pool.
    server_addresses: FxHashSet<String>,
    /// Requests by what all copies have in common: who sent them to which address, and which machine
    /// received them from which address. Only while names are learned.
    sent: Vec<(String, (String, String))>,
    received: FxHashMap<String, (String, String)>,
}

#[derive(Debug)]
struct Machine {
    name: String,
    is_edge: bool,
}

impl Hosts {
    /// Learns the names of the hosts of an index, so that a host is called the same whatever is selected.
    #[must_use]
    pub fn learn(index: &Index) -> Self {
        let mut hosts = Self::default();
        for row in telling_rows(index) {
            let format = index.file_of(row).and_then(|file| file.format);
            index.with_record(row, |record| hosts.learn_from(record, format));
        }
        hosts.name_by_copies();
        hosts
    }

    fn learn_from(&mut self, record: &Record<'_>, format: Option<Format>) {
        if format == Some(Format::Uccapi) && !record.local.is_empty() {
            self.client_addresses.insert(host_of(record.local));
            self.server_addresses.insert(host_of(record.peer));
        }
        if !record.machine.is_empty() {
            let name = to_text(record.machine);
            let names_edge = |text: &[u8]| to_text(text).to_ascii_lowercase().contains("edge");
            let is_edge = names_edge(record.machine) || names_edge(record.pool);
            self.machines.entry(name.to_ascii_lowercase()).or_insert(Machine { name, is_edge });
        }
        self.tie_copies(record, format);
    }

    /// A request that a client wrote down as sent and a server as received ties the address the client
    /// sent it to to the server's name, and the address the server saw to the client.
    fn tie_copies(&mut self, record: &Record<'_>, format: Option<Format>) {
        let Some(key) = record.message.as_ref().filter(|message| message.is_request()).and_then(Message::copy_key)
        else {
            return;
        };
        match (format, record.direction) {
            (Some(Format::Uccapi), Direction::Out) => {
                self.sent.push((key, (host_of(record.local), host_of(record.peer))));
            }
            (Some(Format::Cls | Format::OcsLogger), Direction::In) if is_address(&host_of(record.peer)) => {
                self.received
                    .entry(key)
                    .or_insert((to_text(record.machine).to_ascii_lowercase(), host_of(record.peer)));
            }
            _ => {}
        }
    }

    fn name_by_copies(&mut self) {
        for (key, (client, server)) in std::mem::take(&mut self.sent) {
            let Some((machine, seen_as)) = self.received.get(&key).filter(|(machine, _)| !machine.is_empty()) else {
                continue;
            };
            self.aliases.insert(server, machine.clone());
            if *seen_as != client {
                self.aliases.insert(seen_as.clone(), client);
            }
        }
        self.received.clear();
    }

    #[must_use]
    pub fn get(&self, id: HostId) -> Option<&Host> {
        self.all.get(usize::from(id.0))
    }

    /// Sender and receiver of a record's message; `None` where the log does not say which way it went.
    pub fn ends(&mut self, record: &Record<'_>, format: Format) -> Option<(HostId, HostId)> {
        if record.kind == Kind::WebRequest {
            let call = WebCall::parse(record.text)?;
            let client = self.id("Client", Role::Client);
            let services = self.id(&authority(&to_text(call.target)).0.to_ascii_lowercase(), Role::WebServices);
            return Some(if call.is_done { (services, client) } else { (client, services) });
        }
        let message = record.message.as_ref()?;
        let (own, peer) = match (format, message.protocol()) {
            (Format::Text, protocol) => return Some(self.pasted_ends(message, protocol)),
            (Format::Uccapi, _) => (self.client(record), self.host(&host_of(record.peer))),
            (_, Protocol::Http) => (self.web_services(record, message.start), self.id("Web client", Role::WebClient)),
            _ if record.machine.is_empty() && record.local.is_empty() => {
                (self.id("Traced server", Role::Server), self.host(&host_of(record.peer)))
            }
            _ if record.machine.is_empty() => (self.host(&host_of(record.local)), self.host(&host_of(record.peer))),
            _ => (self.machine(&to_text(record.machine)), self.host(&host_of(record.peer))),
        };
        match record.direction {
            Direction::Out => Some((own, peer)),
            Direction::In => Some((peer, own)),
            Direction::None => None,
        }
    }

    /// The ends of a message that was pasted without a log around it. Nothing says which machines they are, only
    /// what they do: who asks is the client, but for the notices that a server sends by itself.
    fn pasted_ends(&mut self, message: &Message<'_>, protocol: Protocol) -> (HostId, HostId) {
        if protocol == Protocol::Http {
            let ends = (self.id("Web client", Role::WebClient), self.id("Web services", Role::WebServices));
            return if message.is_request() { ends } else { (ends.1, ends.0) };
        }
        let ends = (self.id("Client", Role::Client), self.id("Server", Role::Server));
        let cseq = message.header(HeaderName::CSeq).and_then(|header| cseq(header.value));
        let method = message.start.method().or(cseq.map(|(_, method)| method)).unwrap_or_default();
        let is_asked_by_server = matches!(method, b"NOTIFY" | b"BENOTIFY");
        if message.is_request() == is_asked_by_server { (ends.1, ends.0) } else { ends }
    }

    fn client(&mut self, record: &Record<'_>) -> HostId {
        let address = host_of(record.local);
        let name = if address.is_empty() { "Client" } else { &address };
        self.id(name, Role::Client)
    }

    /// The web services of the machine that wrote the record, or of the host that the request names.
    fn web_services(&mut self, record: &Record<'_>, start: StartLine<'_>) -> HostId {
        let machine = to_text(record.machine);
        let url = start.target().map(to_text).unwrap_or_default();
        let host = if machine.is_empty() { authority(&url).0.to_ascii_lowercase() } else { machine };
        self.id(&host, Role::WebServices)
    }

    fn machine(&mut self, machine: &str) -> HostId {
        let is_edge = self.machines.get(&machine.to_ascii_lowercase()).is_some_and(|machine| machine.is_edge);
        self.id(machine, if is_edge { Role::Edge } else { Role::Server })
    }

    /// The host of a name or address: a machine of the traces where it is one of them.
    fn host(&mut self, name: &str) -> HostId {
        let name = self.aliases.get(name).cloned().unwrap_or_else(|| name.to_owned());
        let short = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
        if let Some(machine) = self.machines.get(&short).filter(|_| !is_address(&name)) {
            let name = machine.name.clone();
            return self.machine(&name);
        }
        if name.is_empty() {
            return self.id("Unknown", Role::Other);
        }
        // In a server's trace an address without a name is nearly always a client.
        let role = if self.client_addresses.contains(&name) {
            Role::Client
        } else if self.server_addresses.contains(&name) {
            Role::Server
        } else if is_address(&name) {
            Role::Client
        } else {
            Role::Other
        };
        self.id(&name, role)
    }

    fn id(&mut self, name: &str, role: Role) -> HostId {
        let key = (role, name.to_ascii_lowercase());
        if let Some(&id) = self.numbers.get(&key) {
            return id;
        }
        let id = HostId(u16::try_from(self.all.len()).unwrap_or(u16::MAX));
        self.all.push(Host { name: name.to_owned(), role });
        self.numbers.insert(key, id);
        id
    }
}

/// Most dialogs of client logs that are looked at for the names of hosts.
const MAX_DIALOGS: usize = 5_000;

/// The rows that tell who is who: one of each machine, and the requests of dialogs that both a client and
/// a server wrote down.
fn telling_rows(index: &Index) -> Vec<RowId> {
    let mut rows = Vec::new();
    let mut dialogs: FxHashSet<&[u8]> = FxHashSet::default();
    let blocks = || index.blocks().iter().zip(index.first_rows());
    let is_client =
        |file: u16| index.files().get(usize::from(file)).is_some_and(|file| file.format == Some(Format::Uccapi));
    let is_request = |block: &Block, at: usize, direction| {
        let traits = block.traits(at);
        traits.kind() == Kind::Message && traits.direction() == direction && block.status_of(at).is_none()
    };
    for (block, first) in blocks().filter(|(block, _)| is_client(block.file)) {
        for (row, at) in (*first..).zip(0..block.len()) {
            let call_id = block.call_ids.get(block.call_id.get(at).copied().unwrap_or(0));
            if is_request(block, at, Direction::Out) && dialogs.len() < MAX_DIALOGS && dialogs.insert(call_id) {
                rows.push(RowId(row));
            }
        }
    }
    for (block, first) in blocks().filter(|(block, _)| !is_client(block.file)) {
        let mut wanted = vec![false; block.call_ids.len()];
        for (id, _) in block.call_ids.iter().filter(|(_, word)| dialogs.contains(word)) {
            if let Some(wanted) = wanted.get_mut(usize::from(id)) {
                *wanted = true;
            }
        }
        let mut machines: FxHashSet<u16> = FxHashSet::default();
        for (row, at) in (*first..).zip(0..block.len()) {
            let call_id = block.call_id.get(at).copied().unwrap_or(0);
            let is_copy = wanted.get(usize::from(call_id)) == Some(&true) && is_request(block, at, Direction::In);
            if machines.insert(block.machine.get(at).copied().unwrap_or(0)) || is_copy {
                rows.push(RowId(row));
            }
        }
    }
    rows
}

/// `edge01.contoso.com:51413` -> `edge01.contoso.com`, lower case.
fn host_of(peer: &[u8]) -> String {
    to_text(without_port(peer.trim_ascii())).to_ascii_lowercase()
}

/// True for IPv4 and IPv6 addresses.
fn is_address(host: &str) -> bool {
    host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>().is_ok()
}
