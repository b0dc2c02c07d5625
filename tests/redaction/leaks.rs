//! Nothing that tells who or where is left: neither as it is written nor in base64 or escaped.

use super::{Pair, pairs, written};
use regex::Regex;
use std::collections::BTreeSet;
use uccello::index::Index;

/// Names of the samples that no column holds.
const NAMES: [&str; 22] = [
    "contoso",
    "fabrikam",
    "anna",
    "ben",
    "carla",
    "david",
    "greta",
    "henry",
    "mia",
    "noah",
    "olga",
    "jonas",
    "fe01",
    "fe02",
    "edge01",
    "edgepool01",
    "fepool01",
    "med01",
    "webext",
    "pc-0207",
    "the boss",
    "ida",
];

#[test]
fn no_name_of_a_sample_is_left() {
    let mut left = Vec::new();
    for pair in pairs() {
        let secrets = told(&pair.before);
        assert!(secrets.len() > 2 || pair.name.contains("report"), "{}: {secrets:?}", pair.name);
        for (text, file) in pair.texts.iter().zip(pair.after.files()) {
            let views = views(text);
            for secret in secrets.iter().map(String::as_str).chain(NAMES) {
                let line = views.iter().find_map(|view| find(view, secret));
                let found = line.or_else(|| find(file.name(), secret));
                left.extend(found.map(|line| format!("{}: {secret} in {}: {line}", pair.name, file.name())));
            }
        }
    }
    assert!(left.is_empty(), "{}", left.join("\n"));
}

/// Everything that names somebody or something, as the program reads it, in lower case.
fn told(index: &Index) -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    let mut add = |text: &str| {
        told.insert(text.trim_matches(['<', '>', '"']).to_lowercase());
        for word in text.to_lowercase().split(['@', '<', '>', ';', '"', ' ', '[', ']', '\\']) {
            let port = word
                .rsplit_once(':')
                .filter(|(host, port)| !host.contains(':') && port.bytes().all(|b| b.is_ascii_digit()));
            told.insert(port.map_or(word, |(host, _)| host).to_owned());
        }
    };
    for entry in index.rows().filter_map(|row| index.entry(row)) {
        for text in
            [&entry.from, &entry.to, &entry.machine, &entry.pool, &entry.local, &entry.peer].into_iter().flatten()
        {
            add(text);
        }
        entry.uris.iter().for_each(|uri| add(uri));
        entry.call_id.iter().filter(|id| id.len() >= 8).for_each(|id| add(id));
        for diagnostic in &entry.diagnostics {
            let params =
                ["domain", "tls-target", "peerserver", "fqdn"].iter().filter_map(|name| diagnostic.params.get(*name));
            params.chain(&diagnostic.source).for_each(|text| add(text.trim_end_matches('/')));
        }
    }
    for file in index.files() {
        let text = uccello::protocol::lines::to_text(file.source.all());
        // Numbers of steps look like addresses.
        let text: String = text
            .lines()
            .filter(|line| !line.contains(": PASS") && !line.contains(": FAIL"))
            .map(|line| line.to_owned() + "\n")
            .collect();
        for pattern in [
            r#"(?i)(?:rspauth|response|crand|srand|opaque)="([^"]{8,})""#,
            // Shorter ones are alerts, which stay.
            r#"(?i)gssapi-data="([^"]{16,})""#,
            r"(?i)epid=([0-9a-f]{8,})",
            r"urn:uuid:([0-9A-F-]{36})",
            r"cwt=([^\s<]+)",
            r"Negotiate ([A-Za-z0-9+/=]{20,})",
            r"(?m)(?:^|[^/0-9.a-zA-Z])((?:[0-9]{1,3}\.){3}[0-9]{1,3})\b",
            r"(\+1[0-9]{7,})",
            r"(?i)\b([a-z0-9-]+\.(?:contoso|fabrikam)\.com)",
        ] {
            let pattern = Regex::new(pattern).expect("a pattern");
            told.extend(pattern.captures_iter(&text).map(|found| found[1].to_lowercase()));
        }
    }
    // Words of anybody, numbers, and what the redactor leaves by intent.
    let kept = [
        "",
        "edge",
        "sip",
        "127.0.0.1",
        "will",
        "sales",
        "monitor",
        "anonymous",
        "anonymous.invalid",
        "anonymous@anonymous.invalid",
    ];
    told.retain(|word| {
        !kept.contains(&word.as_str()) && word.len() > 2 && !word.bytes().all(|byte| byte.is_ascii_digit())
    });
    told
}

/// The text in lower case as it is, with what is escaped undone, and everything in base64 decoded.
fn views(text: &str) -> Vec<String> {
    let base64 = Regex::new(r"[A-Za-z0-9+/]{16,}={0,2}").expect("a pattern");
    let decoded = base64.find_iter(text).map(|found| {
        let bytes = decode(found.as_str());
        let narrow: Vec<u8> = bytes.iter().copied().filter(|&byte| byte != 0).collect();
        format!("{}\n{}", String::from_utf8_lossy(&bytes), String::from_utf8_lossy(&narrow))
    });
    let escapes = Regex::new(r"%([0-9A-Fa-f]{2})").expect("a pattern");
    let plain = escapes.replace_all(text, |found: &regex::Captures<'_>| {
        char::from(u8::from_str_radix(&found[1], 16).expect("two digits")).to_string()
    });
    let decoded = decoded.collect::<Vec<_>>().join("\n");
    [text, &plain, &decoded].iter().map(|text| text.to_lowercase()).collect()
}

fn decode(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let values = text.bytes().filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte));
    let bits: Vec<u8> = values.flat_map(|value| (0..6).rev().map(move |bit| (value >> bit & 1) as u8)).collect();
    bits.chunks_exact(8).map(|bits| bits.iter().fold(0, |sum, bit| sum << 1 | bit)).collect()
}

/// The line that holds a name: short ones as a word, long ones anywhere.
fn find<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(name)).map(|at| from + at) {
        let (before, after) = (text[..at].chars().next_back(), text[at + name.len()..].chars().next());
        let goes_on = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit() || b".:+".contains(&byte));
        let number_goes_on = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == '.');
        let is_it = match (is_number, name.len() < 6) {
            (true, _) => !number_goes_on(before) && !after.is_some_and(|c| c.is_ascii_digit()),
            (false, true) => !goes_on(before) && !goes_on(after),
            (false, false) => true,
        };
        if is_it {
            let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
            return text[start..].lines().next();
        }
        from = at + 1;
    }
    None
}

/// A trace with everything that real ones have and the samples do not.
const CLIENT: &str = r#"11/20/2024|14:21:21.071 2A10:C74 INFO  :: Profile C:\Users\asmith\AppData\Local, user="CORP\asmith", logged on to LAPTOP-77
11/20/2024|14:21:21.072 2A10:C74 INFO  :: password=Secret123&client_secret=abcdef, Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl
11/20/2024|14:21:21.080 2A10:C74 INFO  :: Sending Packet - 10.20.30.40:443 (From Local Address: 10.99.1.2:50112) 120 bytes:
11/20/2024|14:21:21.080 2A10:C74 INFO  :: MESSAGE sip:bob.jones@northwind.co.uk SIP/2.0
Via: SIP/2.0/TLS 10.99.1.2:50112
From: "Anna Smith"<sip:anna.smith@emea.litware.com>;tag=1;epid=aabbccddee
To: Jones, Bob <sip:bob.jones@northwind.co.uk>
Call-ID: 0123456789abcdef0123456789abcdef
CSeq: 1 MESSAGE
Subject: Project Manhattan
P-Asserted-Identity: "Anna Smith"<sip:anna.smith@emea.litware.com>,<tel:+442079460123;ext=4711>
Content-Type: text/plain
Content-Length: 52

Dear Bob,

the merger is on Friday.
Call +442079460123

11/20/2024|14:21:21.080 2A10:C74 INFO  :: End of Sending Packet - 10.20.30.40:443 (From Local Address: 10.99.1.2:50112) 120 bytes
11/20/2024|14:21:22.000 2A10:C74 INFO  :: Smith, Anna is asmith@emea.litware.com, resolved sip.emea.litware.com and DC7.corp.litware.com
<presentity uri="x"><displayName>Bob Jones</displayName><note>Gone fishing</note><email>bob@home.northwind.co.uk</email></presentity>
11/20/2024|14:21:23.000 2A10:C74 INFO  :: LITWARE\svc-lync at litwarepool, cookie next
Cookie: FedAuth=77u/PD94bWwgdmVyc2lvbj0
<wsse:UsernameToken><wsse:Password>TopSecret!</wsse:Password></wsse:UsernameToken><saml:Assertion ID="1">
<saml:NameIdentifier>anna.smith@emea.litware.com</saml:NameIdentifier>
<ds:SignatureValue>AAECAwQFBgcICQ</ds:SignatureValue></saml:Assertion>
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^31|1:1
url=https://join.litware.com/meet?u=anna.smith%40emea.litware.com&x=%61nna.smith fe80::1234:5678 2001:4860:4860::8888
"#;

#[test]
fn what_real_traces_hold_is_replaced_too() {
    let pair = written(&[("asmith-UccApi-0.UccApilog", CLIENT)]);
    let text = pair.texts[0].to_lowercase();
    for secret in [
        "smith",
        "jones",
        "bob",
        "litware",
        "northwind",
        "corp\\",
        "laptop",
        "secret123",
        "abcdef,",
        "eyj",
        "10.20.30.40",
        "10.99.1.2",
        "aabbccddee",
        "0123456789abcdef",
        "manhattan",
        "442079460123",
        "4711",
        "merger",
        "friday",
        "dc7",
        "fishing",
        "svc-lync",
        "fedauth",
        "topsecret",
        "aaecawqf",
        "d0rmdmcm",
        "fe80::1234",
        "4860",
        "emea",
    ] {
        assert!(!text.contains(secret), "{secret} is left:\n{}", pair.texts[0]);
    }
    assert_eq!(pair.redactor.file_name(0), pair.after.files()[0].name());
    assert!(
        !pair.after.files()[0].name().contains("asmith")
            && pair.after.files()[0].name().ends_with("-UccApi-0.UccApilog")
    );
    // What is of use stays.
    for word in ["message sip:", "content-type: text/plain", "[text of ", "mac_sha1_80 inline:", "sip.", "<note>"] {
        assert!(text.contains(word), "{word} is gone:\n{}", pair.texts[0]);
    }
    same_as_before(&pair);
}

fn same_as_before(pair: &Pair) {
    super::same::assert_same(pair);
}
