//! The security association between a client and its front end: what signs every message after sign-in.

use crate::ids::Ids;
use crate::server_log::Machine;

pub const REALM: &str = "SIP Communications Service";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Package {
    Ntlm,
    Kerberos,
    TlsDsk,
}

impl Package {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ntlm => "NTLM",
            Self::Kerberos => "Kerberos",
            Self::TlsDsk => "TLS-DSK",
        }
    }

    /// The name of the server in this package's terms: Kerberos wants a service principal.
    pub fn target(self, server: &Machine) -> String {
        match self {
            Self::Kerberos => format!("sip/{}", server.fqdn),
            Self::Ntlm | Self::TlsDsk => server.fqdn.to_owned(),
        }
    }

    /// A signature of the length and shape this package gives.
    fn signature(self, ids: &mut Ids) -> String {
        match self {
            Self::Ntlm => format!("01000000{}64000000", ids.hex(16)),
            Self::Kerberos => format!("602306092A864886F71201020201011100FFFFFFFF{}", ids.upper_hex(32)),
            Self::TlsDsk => ids.hex(40),
        }
    }
}

/// An association; both sides count their messages.
pub struct Session {
    package: Package,
    opaque: String,
    target: String,
    client_count: u32,
    server_count: u32,
    version: u32,
}

impl Session {
    pub fn new(package: Package, opaque: &str, server: &Machine, version: u32) -> Self {
        Self {
            package,
            opaque: opaque.to_owned(),
            target: package.target(server),
            client_count: 0,
            server_count: 0,
            version,
        }
    }

    /// The value of `Authorization` for the client's next message.
    pub fn sign(&mut self, ids: &mut Ids) -> String {
        self.sign_with(ids, "")
    }

    /// As `sign`, for the last message of the handshake, which still carries a token.
    pub fn sign_with(&mut self, ids: &mut Ids, token: &str) -> String {
        self.client_count += 1;
        let token = if token.is_empty() { String::new() } else { format!(", gssapi-data=\"{token}\"") };
        format!(
            "{} qop=\"auth\", realm=\"{REALM}\"{}, targetname=\"{}\", crand=\"{}\", cnum=\"{}\", response=\"{}\"{token}, version={}",
            self.package.name(),
            self.opaque_parameter(),
            self.target,
            ids.hex(8),
            self.client_count,
            self.package.signature(ids),
            self.version,
        )
    }

    /// The value of `Authentication-Info` for the server's next message.
    pub fn sign_back(&mut self, ids: &mut Ids) -> String {
        self.server_count += 1;
        format!(
            "{} qop=\"auth\"{}, srand=\"{}\", snum=\"{}\", rspauth=\"{}\", targetname=\"{}\", realm=\"{REALM}\", version={}",
            self.package.name(),
            self.opaque_parameter(),
            ids.upper_hex(8),
            self.server_count,
            self.package.signature(ids),
            self.target,
            self.version,
        )
    }

    fn opaque_parameter(&self) -> String {
        if self.opaque.is_empty() { String::new() } else { format!(", opaque=\"{}\"", self.opaque) }
    }
}
