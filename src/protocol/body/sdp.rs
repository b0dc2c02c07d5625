//! Offers and answers of media (RFC 8866), in brief: which media, where, with which codecs, and how a way between the
//! two is looked for (RFC 8839, [MS-ICE2]). Keys and passwords are passed over.

use crate::protocol::facts::{Fact, Facts, count};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sdp {
    /// The address in `o=`.
    pub origin: Option<String>,
    pub media: Vec<Media>,
}

/// One line `m=` with what follows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Media {
    /// `audio`, `video`, `message`, `applicationsharing`.
    pub kind: String,
    /// 0: refused, or ended.
    pub port: u16,
    pub protocol: String,
    /// The address in `c=`, its own or that of all media.
    pub address: Option<String>,
    /// Names, best first, each once.
    pub codecs: Vec<String>,
    pub candidates: Candidates,
    /// `sendrecv`, `sendonly`, `recvonly` or `inactive`, where it is written.
    pub direction: Option<&'static str>,
    pub has_keys: bool,
    /// The way was found.
    pub has_remote_candidates: bool,
}

/// How many addresses are offered, by their kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    pub host: usize,
    /// As the outside sees the client: `srflx` and `prflx`.
    pub reflexive: usize,
    pub relay: usize,
    /// Of the older kind that does not tell.
    pub untold: usize,
}

/// More than any offer has; what is damaged may claim any number.
const MOST_MEDIA: usize = 32;
const MOST_CODECS: usize = 64;

/// Payload types with a fixed meaning (RFC 3551 6), where no line names them.
const FIXED_CODECS: [(&str, &str); 6] =
    [("0", "PCMU"), ("3", "GSM"), ("4", "G723"), ("8", "PCMA"), ("9", "G722"), ("18", "G729")];

const DIRECTIONS: [&str; 4] = ["sendrecv", "sendonly", "recvonly", "inactive"];

impl Sdp {
    /// Reads a body, the last description where it has several: those before it are
    /// for older clients. `None` where there is none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut found: Option<Reading<'_>> = None;
        for line in text.lines().map(str::trim_end) {
            if line == "v=0" {
                found = Some(Reading::default());
            } else if let Some(reading) = &mut found
                && let Some((kind, value)) = line.split_once('=')
            {
                reading.line(kind, value);
            }
        }
        found.map(Reading::done)
    }

    #[must_use]
    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Facts::default();
        facts.add_some("Origin", self.origin.as_ref());
        for media in &self.media {
            facts.add("Media", media.summary());
            facts.add("Codecs", media.codecs.join(", "));
            facts.add("Candidates", media.candidates.summary());
            if media.has_remote_candidates {
                facts.add("Connectivity", "a way was found");
            }
        }
        facts.done()
    }
}

impl Media {
    fn summary(&self) -> String {
        let mut words = vec![self.kind.clone()];
        match (self.port, &self.address) {
            (0, _) => words.push("refused or ended".to_owned()),
            (port, Some(address)) => words.push(format!("at {address} port {port}")),
            (port, None) => words.push(format!("at port {port}")),
        }
        words.push(self.protocol.clone());
        words.extend(self.direction.map(str::to_owned));
        if self.has_keys {
            words.push("encrypted".to_owned());
        }
        words.join(", ")
    }
}

impl Candidates {
    #[must_use]
    pub fn total(&self) -> usize {
        self.host + self.reflexive + self.relay + self.untold
    }

    fn summary(self) -> String {
        if self.total() == self.untold {
            return if self.untold == 0 { String::new() } else { count(self.untold, "candidate", "candidates") };
        }
        let kinds = [(self.host, "host"), (self.reflexive, "reflexive"), (self.relay, "relay"), (self.untold, "other")];
        let told = kinds.iter().take(3).chain(kinds.iter().skip(3).filter(|(number, _)| *number > 0));
        told.map(|(number, kind)| format!("{number} {kind}")).collect::<Vec<_>>().join(", ")
    }
}

/// A description while it is read: payload types get their names from lines that follow.
#[derive(Default)]
struct Reading<'a> {
    sdp: Sdp,
    address: Option<String>,
    /// Of the last media.
    payloads: Vec<&'a str>,
    names: Vec<(&'a str, &'a str)>,
}

impl<'a> Reading<'a> {
    fn line(&mut self, kind: &str, value: &'a str) {
        match kind {
            "o" => self.sdp.origin = value.split_whitespace().nth(5).map(str::to_owned),
            "c" => {
                let address = value.split_whitespace().nth(2).map(str::to_owned);
                match self.sdp.media.last_mut() {
                    Some(media) => media.address = address,
                    None => self.address = address,
                }
            }
            "m" => self.media(value),
            "a" => self.attribute(value),
            _ => {}
        }
    }

    fn media(&mut self, value: &'a str) {
        self.name_codecs();
        if self.sdp.media.len() == MOST_MEDIA {
            return;
        }
        let mut words = value.split_whitespace();
        let kind = words.next().unwrap_or_default().to_owned();
        // `49170/2` are two ports.
        let port = words.next().and_then(|port| port.split('/').next()?.parse().ok()).unwrap_or_default();
        let protocol = words.next().unwrap_or_default().to_owned();
        if protocol.contains("RTP") {
            self.payloads = words.take(MOST_CODECS).collect();
        }
        self.sdp.media.push(Media { kind, port, protocol, address: self.address.clone(), ..Media::default() });
    }

    fn attribute(&mut self, value: &'a str) {
        let Some(media) = self.sdp.media.last_mut() else { return };
        let (name, value) = value.split_once(':').unwrap_or((value, ""));
        match name {
            "rtpmap" if self.names.len() < MOST_CODECS => {
                if let Some((payload, codec)) = value.trim().split_once(' ') {
                    self.names.push((payload, codec.split('/').next().unwrap_or_default().trim()));
                }
            }
            "candidate" | "x-candidate-ipv6" => {
                let mut words = value.split_whitespace();
                let kind = words.find(|word| *word == "typ").and_then(|_| words.next());
                match kind {
                    Some("host") => media.candidates.host += 1,
                    Some("srflx" | "prflx") => media.candidates.reflexive += 1,
                    Some("relay") => media.candidates.relay += 1,
                    _ => media.candidates.untold += 1,
                }
            }
            "crypto" | "cryptoscale" | "fingerprint" => media.has_keys = true,
            "remote-candidates" | "remote-candidate" => media.has_remote_candidates = true,
            _ => media.direction = DIRECTIONS.into_iter().find(|direction| *direction == name).or(media.direction),
        }
    }

    /// Names what the last media offers, in the order of its line.
    fn name_codecs(&mut self) {
        let payloads = std::mem::take(&mut self.payloads);
        let names = std::mem::take(&mut self.names);
        let Some(media) = self.sdp.media.last_mut() else { return };
        for payload in payloads {
            let known = names.iter().chain(&FIXED_CODECS).find(|(own, _)| *own == payload);
            let name = known.map_or(payload, |(_, name)| name);
            if !media.codecs.iter().any(|own| own == name) {
                media.codecs.push(name.to_owned());
            }
        }
    }

    fn done(mut self) -> Sdp {
        self.name_codecs();
        self.sdp
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "--b1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nm=audio 1 RTP/AVP 0\r\n--b1\r\n\r\n\
        v=0\r\no=- 0 1 IN IP4 198.51.100.23\r\ns=session\r\nc=IN IP4 198.51.100.23\r\nt=0 0\r\n\
        m=audio 50010 RTP/SAVP 104 9 0 101 13\r\na=ice-pwd:secret\r\n\
        a=candidate:1 1 UDP 2130706431 198.51.100.23 50010 typ host \r\n\
        a=candidate:2 1 UDP 1694498815 203.0.113.7 50012 typ srflx raddr 198.51.100.23 rport 50012\r\n\
        a=candidate:3 1 TCP-ACT 174455807 192.0.2.10 50014 typ relay\r\n\
        a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0|2^31|1:1\r\n\
        a=rtpmap:104 SILK/16000\r\na=rtpmap:9 G722/8000\r\na=rtpmap:101 telephone-event/8000\r\na=sendonly\r\n\
        m=video 0 RTP/SAVP 121\r\nc=IN IP4 192.0.2.10\r\na=remote-candidates:1 203.0.113.7 50012\r\n--b1--\r\n";

    #[test]
    fn an_offer_in_brief() {
        let sdp = Sdp::read(OFFER).expect("a description");
        assert_eq!(
            sdp.facts(),
            [
                ("Origin", "198.51.100.23"),
                ("Media", "audio, at 198.51.100.23 port 50010, RTP/SAVP, sendonly, encrypted"),
                ("Codecs", "SILK, G722, PCMU, telephone-event, 13"),
                ("Candidates", "1 host, 1 reflexive, 1 relay"),
                ("Media", "video, refused or ended, RTP/SAVP"),
                ("Codecs", "121"),
                ("Connectivity", "a way was found"),
            ]
            .map(|(label, value)| (label, value.to_owned()))
        );
        assert!(!format!("{sdp:?}").contains("ecret"));
    }

    #[test]
    fn candidates_of_the_older_kind_and_other_media() {
        let old = Sdp::read(
            "v=0\nm=audio 5 RTP/AVP 8\na=candidate:abc 1 def UDP 0.830 192.0.2.1 5\nm=message 5060 sip sip:a@x",
        )
        .expect("a description");
        assert_eq!(old.media[0].candidates, Candidates { untold: 1, ..Candidates::default() });
        assert!(old.facts().contains(&("Candidates", "1 candidate".to_owned())));
        assert_eq!((old.media[1].kind.as_str(), old.media[1].codecs.len()), ("message", 0));
        assert_eq!(Sdp::read("o=- 0 0 IN IP4 x"), None);
    }
}
