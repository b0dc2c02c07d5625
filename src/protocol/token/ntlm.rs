//! NTLM messages ([MS-NLMP] 2.2.1): who signs in, from which computer, at which server, and what both can do.

use crate::protocol::facts::{Fact, Facts, utc};
use crate::protocol::lines::to_text;
use encoding_rs::UTF_16LE;

pub(super) const SIGNATURE: &[u8] = b"NTLMSSP\0";

/// One NTLM message, without what would be secret in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ntlm {
    pub kind: NtlmKind,
    pub flags: NtlmFlags,
    /// As written by the client in types 1 and 3.
    pub domain: Option<String>,
    pub user: Option<String>,
    pub workstation: Option<String>,
    /// The domain or server that a challenge (type 2) is for.
    pub target_name: Option<String>,
    /// What the server tells of itself: in type 2, and repeated in an `NTLMv2` answer.
    pub target: TargetInfo,
    /// What a type 3 answers with.
    pub response: Option<NtResponse>,
    pub version: Option<WindowsVersion>,
    /// It was read from a text that shows printable bytes only; flags and lengths are not known.
    pub is_printed: bool,
    /// It ends before all that it announces.
    pub is_cut: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NtlmKind {
    /// Type 1.
    Negotiate,
    /// Type 2.
    Challenge,
    /// Type 3.
    Authenticate,
    /// A number that is none of these, or cut away.
    #[default]
    Unknown,
}

/// How a type 3 proves who it is ([MS-NLMP] 3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NtResponse {
    Ntlm1,
    Ntlm2,
    Anonymous,
    Missing,
}

/// The system of the computer that wrote the message ([MS-NLMP] 2.2.2.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowsVersion {
    pub major: u8,
    pub minor: u8,
    pub build: u16,
}

/// The attribute and value pairs ([MS-NLMP] 2.2.2.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetInfo {
    pub netbios_computer: Option<String>,
    pub netbios_domain: Option<String>,
    pub dns_computer: Option<String>,
    pub dns_domain: Option<String>,
    pub dns_tree: Option<String>,
    /// The server's clock, in milliseconds since 1970.
    pub time: Option<i64>,
    /// The service that the client means, as `sip/fe01.contoso.com`.
    pub service: Option<String>,
    pub has_channel_bindings: bool,
}

bitflags::bitflags! {
    /// [MS-NLMP] 2.2.2.5.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct NtlmFlags: u32 {
        const UNICODE = 0x0000_0001;
        const OEM = 0x0000_0002;
        const REQUEST_TARGET = 0x0000_0004;
        const SIGN = 0x0000_0010;
        const SEAL = 0x0000_0020;
        const DATAGRAM = 0x0000_0040;
        const LM_KEY = 0x0000_0080;
        const NTLM = 0x0000_0200;
        const ANONYMOUS = 0x0000_0800;
        const DOMAIN_SUPPLIED = 0x0000_1000;
        const WORKSTATION_SUPPLIED = 0x0000_2000;
        const ALWAYS_SIGN = 0x0000_8000;
        const TARGET_IS_DOMAIN = 0x0001_0000;
        const TARGET_IS_SERVER = 0x0002_0000;
        const EXTENDED_SESSION_SECURITY = 0x0008_0000;
        const IDENTIFY = 0x0010_0000;
        const NON_NT_SESSION_KEY = 0x0040_0000;
        const TARGET_INFO = 0x0080_0000;
        const VERSION = 0x0200_0000;
        const BITS_128 = 0x2000_0000;
        const KEY_EXCHANGE = 0x4000_0000;
        const BITS_56 = 0x8000_0000;
    }
}

impl NtlmFlags {
    /// The names of the specification.
    const NAMES: [(&'static str, Self); 22] = [
        ("NTLMSSP_NEGOTIATE_UNICODE", Self::UNICODE),
        ("NTLMSSP_NEGOTIATE_OEM", Self::OEM),
        ("NTLMSSP_REQUEST_TARGET", Self::REQUEST_TARGET),
        ("NTLMSSP_NEGOTIATE_SIGN", Self::SIGN),
        ("NTLMSSP_NEGOTIATE_SEAL", Self::SEAL),
        ("NTLMSSP_NEGOTIATE_DATAGRAM", Self::DATAGRAM),
        ("NTLMSSP_NEGOTIATE_LM_KEY", Self::LM_KEY),
        ("NTLMSSP_NEGOTIATE_NTLM", Self::NTLM),
        ("NTLMSSP_NEGOTIATE_ANONYMOUS", Self::ANONYMOUS),
        ("NTLMSSP_NEGOTIATE_OEM_DOMAIN_SUPPLIED", Self::DOMAIN_SUPPLIED),
        ("NTLMSSP_NEGOTIATE_OEM_WORKSTATION_SUPPLIED", Self::WORKSTATION_SUPPLIED),
        ("NTLMSSP_NEGOTIATE_ALWAYS_SIGN", Self::ALWAYS_SIGN),
        ("NTLMSSP_TARGET_TYPE_DOMAIN", Self::TARGET_IS_DOMAIN),
        ("NTLMSSP_TARGET_TYPE_SERVER", Self::TARGET_IS_SERVER),
        ("NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY", Self::EXTENDED_SESSION_SECURITY),
        ("NTLMSSP_NEGOTIATE_IDENTIFY", Self::IDENTIFY),
        ("NTLMSSP_REQUEST_NON_NT_SESSION_KEY", Self::NON_NT_SESSION_KEY),
        ("NTLMSSP_NEGOTIATE_TARGET_INFO", Self::TARGET_INFO),
        ("NTLMSSP_NEGOTIATE_VERSION", Self::VERSION),
        ("NTLMSSP_NEGOTIATE_128", Self::BITS_128),
        ("NTLMSSP_NEGOTIATE_KEY_EXCH", Self::KEY_EXCHANGE),
        ("NTLMSSP_NEGOTIATE_56", Self::BITS_56),
    ];

    /// The names of the flags that are set, as the specification writes them.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.into_iter().filter(move |(_, flag)| self.contains(*flag)).map(|(name, _)| name)
    }

    /// What the flags mean for the session, in words: `128-bit, extended session security, key exchange`.
    #[must_use]
    pub fn meaning(self) -> String {
        let words = [
            (Self::BITS_128, "128-bit"),
            (Self::BITS_56, "56-bit"),
            (Self::EXTENDED_SESSION_SECURITY, "extended session security"),
            (Self::KEY_EXCHANGE, "key exchange"),
            (Self::SIGN, "signing"),
            (Self::SEAL, "sealing"),
            (Self::DATAGRAM, "datagrams"),
            (Self::UNICODE, "Unicode"),
        ];
        // The weaker of two key lengths is offered for old peers only.
        let hidden = if self.contains(Self::BITS_128) { Self::BITS_56 } else { Self::empty() };
        let shown = self - hidden;
        words.iter().filter(|(flag, _)| shown.contains(*flag)).map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
    }
}

impl Ntlm {
    /// Reads a message as far as it goes. `None` where the signature is missing.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        bytes.strip_prefix(SIGNATURE)?;
        let mut fields = Fields { bytes, is_cut: false };
        let mut ntlm = match fields.number::<4>(8) {
            1 => Self::negotiate(&mut fields),
            2 => Self::challenge(&mut fields),
            3 => Self::authenticate(&mut fields),
            _ => Self::default(),
        };
        ntlm.is_cut = fields.is_cut;
        Some(ntlm)
    }

    /// [MS-NLMP] 2.2.1.1. Its names are never Unicode, and in most messages absent.
    fn negotiate(fields: &mut Fields<'_>) -> Self {
        let flags = NtlmFlags::from_bits_retain(fields.number::<4>(12) as u32);
        let mut name = |flag, at| flags.contains(flag).then(|| fields.payload(at).and_then(|name| text(name, false)));
        let domain = name(NtlmFlags::DOMAIN_SUPPLIED, 16).flatten();
        let workstation = name(NtlmFlags::WORKSTATION_SUPPLIED, 24).flatten();
        let version = fields.version(flags, 32);
        Self { kind: NtlmKind::Negotiate, flags, domain, workstation, version, ..Self::default() }
    }

    /// [MS-NLMP] 2.2.1.2.
    fn challenge(fields: &mut Fields<'_>) -> Self {
        let flags = NtlmFlags::from_bits_retain(fields.number::<4>(20) as u32);
        let is_unicode = flags.contains(NtlmFlags::UNICODE);
        let target_name = fields.payload(12).and_then(|name| text(name, is_unicode));
        let has_info = flags.contains(NtlmFlags::TARGET_INFO);
        let target = has_info.then(|| fields.payload(40)).flatten().map(TargetInfo::read).unwrap_or_default();
        let version = fields.version(flags, 48);
        Self { kind: NtlmKind::Challenge, flags, target_name, target, version, ..Self::default() }
    }

    /// [MS-NLMP] 2.2.1.3.
    fn authenticate(fields: &mut Fields<'_>) -> Self {
        let flags = NtlmFlags::from_bits_retain(fields.number::<4>(60) as u32);
        let is_unicode = flags.contains(NtlmFlags::UNICODE);
        let mut name = |at| fields.payload(at).and_then(|name| text(name, is_unicode));
        let (domain, user, workstation) = (name(28), name(36), name(44));
        let answer_length = fields.number::<2>(20);
        let answer = fields.payload(20);
        let response = match answer_length {
            _ if flags.contains(NtlmFlags::ANONYMOUS) => NtResponse::Anonymous,
            0 if user.is_none() && !fields.is_cut => NtResponse::Anonymous,
            0 => NtResponse::Missing,
            1..=24 => NtResponse::Ntlm1,
            _ => NtResponse::Ntlm2,
        };
        // What they hold is secret; only whether they are whole is asked.
        for hidden in [12, 52] {
            fields.payload(hidden);
        }
        // An NTLMv2 answer repeats the server's pairs behind its proof and its own 28 bytes ([MS-NLMP] 2.2.2.7).
        let pairs = answer.filter(|_| response == NtResponse::Ntlm2).and_then(|answer| answer.get(44..));
        let target = pairs.map(TargetInfo::read).unwrap_or_default();
        let version = fields.version(flags, 64);
        let kind = NtlmKind::Authenticate;
        Self { kind, flags, domain, user, workstation, target, response: Some(response), version, ..Self::default() }
    }

    /// `CONTOSO\anna`, or what there is of it.
    #[must_use]
    pub fn account(&self) -> Option<String> {
        match (self.domain.as_deref(), self.user.as_deref()) {
            (Some(domain), Some(user)) => Some(format!("{domain}\\{user}")),
            (None, user) => user.map(str::to_owned),
            (Some(_), None) => None,
        }
    }

    #[must_use]
    pub fn title(&self) -> &'static str {
        match self.kind {
            NtlmKind::Negotiate => "NTLM offer (type 1)",
            NtlmKind::Challenge => "NTLM challenge (type 2)",
            NtlmKind::Authenticate => "NTLM answer (type 3)",
            NtlmKind::Unknown => "NTLM message",
        }
    }

    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Facts::default();
        match self.account() {
            Some(account) => facts.add("User", account),
            None => facts.add_some("Domain", self.domain.as_ref()),
        }
        facts.add_some("Workstation", self.workstation.as_ref());
        facts.add_some("Target", self.target_name.as_ref());
        let TargetInfo { netbios_computer, netbios_domain, dns_computer, dns_domain, dns_tree, .. } = &self.target;
        facts.add_some("Server", dns_computer.as_ref().or(netbios_computer.as_ref()));
        facts.add_some("Server domain", dns_domain.as_ref().or(netbios_domain.as_ref()));
        facts.add_some("Server forest", dns_tree.as_ref().filter(|tree| Some(*tree) != dns_domain.as_ref()));
        facts.add_some("Server time", self.target.time.map(utc));
        facts.add_some("Service", self.target.service.as_ref());
        if self.target.has_channel_bindings {
            facts.add("Channel bindings", "present");
        }
        let response = self.response.map(|response| match response {
            NtResponse::Ntlm1 => "NTLMv1",
            NtResponse::Ntlm2 => "NTLMv2",
            NtResponse::Anonymous => "anonymous",
            NtResponse::Missing => "missing",
        });
        facts.add_some("Response", response);
        facts.add("Session", self.flags.meaning());
        let version =
            self.version.map(|WindowsVersion { major, minor, build }| format!("{major}.{minor} build {build}"));
        facts.add_some("Windows version", version);
        facts.add("Flags", self.flags.names().collect::<Vec<_>>().join(", "));
        if self.is_printed {
            facts.add("Note", "the log shows printable bytes only; names are read as far as they are printed");
        }
        facts.done()
    }
}

/// The fixed part of a message and the payload it points into.
struct Fields<'a> {
    bytes: &'a [u8],
    is_cut: bool,
}

impl<'a> Fields<'a> {
    /// A number of `N` bytes, low byte first; 0 where the message is cut before it.
    fn number<const N: usize>(&mut self, at: usize) -> u64 {
        let bytes = self.bytes.get(at..).and_then(<[u8]>::first_chunk::<N>);
        self.is_cut |= bytes.is_none();
        bytes.map_or(0, |bytes| low_first(bytes))
    }

    /// The bytes that a field points to with length, room and offset; `None` where there are none.
    fn payload(&mut self, at: usize) -> Option<&'a [u8]> {
        let length = self.number::<2>(at) as usize;
        let offset = self.number::<4>(at + 4) as usize;
        if length == 0 {
            return None;
        }
        let end = offset.checked_add(length).filter(|&end| end <= self.bytes.len());
        self.is_cut |= end.is_none();
        self.bytes.get(offset..end.unwrap_or(self.bytes.len())).filter(|found| !found.is_empty())
    }

    fn version(&mut self, flags: NtlmFlags, at: usize) -> Option<WindowsVersion> {
        if !flags.contains(NtlmFlags::VERSION) {
            return None;
        }
        let bytes = self.bytes.get(at..).and_then(<[u8]>::first_chunk::<8>);
        self.is_cut |= bytes.is_none();
        let &[major, minor, low, high, ..] = bytes?;
        (major > 0).then_some(WindowsVersion { major, minor, build: u16::from_le_bytes([low, high]) })
    }
}

impl TargetInfo {
    /// No server sends more than eleven.
    const MOST_PAIRS: usize = 64;

    fn read(pairs: &[u8]) -> Self {
        let mut info = Self::default();
        let mut rest = pairs;
        for _ in 0..Self::MOST_PAIRS {
            let Some((head, after)) = rest.split_first_chunk::<4>() else { break };
            let [kind, length] = [[head[0], head[1]], [head[2], head[3]]].map(u16::from_le_bytes);
            if kind == 0 {
                break;
            }
            let Some((value, next)) = after.split_at_checked(usize::from(length)) else { break };
            rest = next;
            match kind {
                1 => info.netbios_computer = text(value, true),
                2 => info.netbios_domain = text(value, true),
                3 => info.dns_computer = text(value, true),
                4 => info.dns_domain = text(value, true),
                5 => info.dns_tree = text(value, true),
                7 => info.time = value.first_chunk::<8>().and_then(|ticks| unix_millis(low_first(ticks))),
                9 => info.service = text(value, true),
                // Windows sends sixteen zeros where it has none.
                10 => info.has_channel_bindings = value.iter().any(|byte| *byte != 0),
                _ => {}
            }
        }
        info
    }
}

fn low_first(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Ticks of 100 ns since 1601 ([MS-DTYP] 2.3.3) in milliseconds since 1970.
fn unix_millis(ticks: u64) -> Option<i64> {
    let millis = i64::try_from(ticks / 10_000).ok()?;
    (millis > 0).then(|| millis - 11_644_473_600_000)
}

fn text(bytes: &[u8], is_unicode: bool) -> Option<String> {
    let text = if is_unicode { UTF_16LE.decode_without_bom_handling(bytes).0.into_owned() } else { to_text(bytes) };
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::super::made::{clock, ids::Ids, tokens};
    use super::super::{Token, decode_text};
    use super::*;

    fn read(base64: &str) -> Ntlm {
        match decode_text(base64.as_bytes()) {
            Token::Ntlm(ntlm) => ntlm,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_offer() {
        let offer = read(&tokens::ntlm_negotiate());
        assert_eq!((offer.kind, offer.is_cut), (NtlmKind::Negotiate, false));
        assert!(offer.flags.contains(NtlmFlags::EXTENDED_SESSION_SECURITY | NtlmFlags::BITS_128));
        assert_eq!((offer.domain, offer.user), (None, None));
    }

    #[test]
    fn a_challenge_tells_the_server_and_its_clock() {
        let mut ids = Ids::for_story("test");
        let at = clock::at(13, 21, 21, 118);
        let challenge = read(&tokens::ntlm_challenge(at, "CONTOSO", "contoso.com", "fe01.contoso.com", &mut ids));
        assert_eq!(challenge.kind, NtlmKind::Challenge);
        assert_eq!(challenge.target.time, Some(at.0));
        let facts = challenge.facts();
        for wanted in [
            ("Target", "CONTOSO"),
            ("Server", "fe01.contoso.com"),
            ("Server domain", "contoso.com"),
            ("Server time", "2024-11-20 13:21:21 UTC"),
            ("Windows version", "10.0 build 19041"),
        ] {
            assert!(facts.iter().any(|(label, value)| (*label, value.as_str()) == wanted), "{wanted:?} in {facts:?}");
        }
        let names: Vec<_> = challenge.flags.names().collect();
        assert!(names.contains(&"NTLMSSP_NEGOTIATE_128"), "{names:?}");
        assert!(!challenge.is_cut);
    }

    #[test]
    fn an_answer_tells_who_and_from_where() {
        let mut ids = Ids::for_story("test");
        let who = tokens::NtlmUser { domain: "CONTOSO", user: "anna", workstation: "PC-17" };
        let answer = read(&tokens::ntlm_answer(clock::at(13, 21, 22, 0), &who, "fe01.contoso.com", &mut ids));
        assert_eq!(answer.account().as_deref(), Some("CONTOSO\\anna"));
        assert_eq!(answer.workstation.as_deref(), Some("PC-17"));
        assert_eq!(answer.response, Some(NtResponse::Ntlm2));
        assert_eq!(answer.target.dns_computer.as_deref(), Some("fe01.contoso.com"));
        assert_eq!(answer.facts()[..2], [("User", "CONTOSO\\anna".to_owned()), ("Workstation", "PC-17".to_owned())]);
    }

    /// A type 3 with these names and lengths of both responses; everything else is zeros.
    fn answer(flags: NtlmFlags, user: &[u8], lm: u16, nt: u16) -> Vec<u8> {
        let mut bytes = b"NTLMSSP\0\x03\0\0\0".to_vec();
        let user_length = user.len() as u16;
        for (length, offset) in [(lm, 64 + user_length), (nt, 64 + user_length + lm), (0, 64), (user_length, 64)] {
            bytes.extend([length.to_le_bytes(), length.to_le_bytes(), offset.to_le_bytes(), [0, 0]].concat());
        }
        bytes.extend([0; 16]);
        bytes.extend(flags.bits().to_le_bytes());
        bytes.extend(user);
        bytes.extend(vec![0; usize::from(lm + nt)]);
        bytes
    }

    #[test]
    fn responses_old_new_and_none() {
        let kind = |bytes: &[u8]| Ntlm::read(bytes).and_then(|ntlm| ntlm.response);
        assert_eq!(kind(&answer(NtlmFlags::OEM, b"anna", 24, 24)), Some(NtResponse::Ntlm1));
        assert_eq!(kind(&answer(NtlmFlags::OEM, b"anna", 24, 60)), Some(NtResponse::Ntlm2));
        assert_eq!(kind(&answer(NtlmFlags::OEM, b"", 1, 0)), Some(NtResponse::Anonymous));
        assert_eq!(kind(&answer(NtlmFlags::ANONYMOUS, b"", 0, 0)), Some(NtResponse::Anonymous));
        let old = Ntlm::read(&answer(NtlmFlags::OEM, b"andr\xe9", 24, 24)).expect("an answer");
        assert_eq!(old.user.as_deref(), Some("andr\u{e9}"), "names of old clients are no Unicode");
    }

    #[test]
    fn an_answer_that_is_cut_keeps_what_it_has() {
        let mut ids = Ids::for_story("test");
        let who = tokens::NtlmUser { domain: "CONTOSO", user: "anna", workstation: "PC-17" };
        let whole = tokens::ntlm_answer(clock::at(13, 21, 22, 0), &who, "fe01.contoso.com", &mut ids);
        let cut = read(&whole[..160]);
        assert!(cut.is_cut);
        assert_eq!(cut.account().as_deref(), Some("CONTOSO\\anna"));
        let short = Ntlm::read(b"NTLMSSP\0\x03\0").expect("the signature is there");
        assert_eq!((short.kind, short.is_cut), (NtlmKind::Unknown, true));
    }
}
