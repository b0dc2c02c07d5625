//! What the diagnosis found, in the window: cards, evidence, people, and what a message means.

use super::{incident, open, picture, press, query_text, settle, shown, support, type_into, window};
use egui::{Key, Modifiers, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use uccello::app::LadderOf;
use uccello::cli::Input;
use uccello::window::Window;

type Shown = Harness<'static, Option<Window>>;

/// `NTLMSSP` messages of type 2 and 3, as far as their type.
const CHALLENGE: &str = "TlRMTVNTUAACAAAAAAAAADgAAAA=";
const AUTHENTICATE: &str = "TlRMTVNTUAADAAAAAAAAADgAAAA=";
const OFFER: &str =
    "WWW-Authenticate: NTLM realm=\"SIP Communications Service\", targetname=\"fe01.contoso.com\", version=4";

/// The log of a client that tries to sign in with NTLM, and is refused or not.
fn client_log(user: &str, outcomes: &[bool]) -> String {
    let mut text = String::new();
    let mut now = 0;
    let mut write = |call: usize, cseq: usize, first: &str, header: &str| {
        now += 1;
        let stamp = format!("11/20/2024|10:{:02}:{:02}.100 2A10:C74 INFO  ::", now / 60, now % 60);
        let is_sent = first.starts_with("REGISTER");
        let what = if is_sent { "Sending Packet - " } else { "Data Received -" };
        let toward = if is_sent { "From" } else { "To" };
        let about = format!("{what}192.0.2.10:443 ({toward} Local Address: 198.51.100.23:50112) 500 bytes");
        let header = if header.is_empty() { String::new() } else { format!("{header}\r\n") };
        write!(
            text,
            "{stamp} {about}:\r\n{stamp} {first}\r\nVia: SIP/2.0/TLS 198.51.100.23:50112;branch=z9hG4bK{call:04}{cseq:04}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{user}>;tag=3f9a;epid=07{0:08x}\r\nTo: <sip:{user}>\r\n\
             Call-ID: {call:04}{user}\r\nCSeq: {cseq} REGISTER\r\n\
             User-Agent: UCCAPI/16.0.4600.1000 OC/16.0.4600.1000 (Skype for Business)\r\n{header}Content-Length: 0\r\n\r\n\
             \r\n{stamp} End of {about}\r\n",
            user.len(),
        )
        .expect("a text grows");
    };
    let token = |header: &str, token: &str| {
        format!(
            "{header}: NTLM opaque=\"A1B2C3D4\", realm=\"SIP Communications Service\", targetname=\"fe01.contoso.com\", \
             version=4, gssapi-data=\"{token}\""
        )
    };
    for (call, &signs_in) in outcomes.iter().enumerate() {
        let register = "REGISTER sip:contoso.com SIP/2.0";
        write(call, 1, register, "");
        write(call, 1, "SIP/2.0 401 Unauthorized", OFFER);
        write(call, 2, register, &token("Authorization", ""));
        write(call, 2, "SIP/2.0 401 Unauthorized", &token("WWW-Authenticate", CHALLENGE));
        write(call, 3, register, &token("Authorization", AUTHENTICATE));
        if signs_in {
            write(call, 3, "SIP/2.0 200 OK", "Expires: 7200");
        } else {
            write(call, 3, "SIP/2.0 401 Unauthorized", OFFER);
        }
    }
    text
}

/// A folder with the logs of some people.
fn logs(people: &[(&str, &[bool])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (user, outcomes) in people {
        let name = user.split('@').next().unwrap_or(user);
        let path = folder.path().join(format!("{name}-UccApi-0.UccApilog"));
        std::fs::write(path, client_log(user, outcomes)).expect("a written log");
    }
    folder
}

/// Anna is refused twice, Ben is refused once and then signs in, Carla signs in.
fn refused() -> tempfile::TempDir {
    logs(&[("anna@contoso.com", &[false, false]), ("ben@contoso.com", &[false, true]), ("carla@contoso.com", &[true])])
}

fn open_refused(theme: Theme, size: [f32; 2]) -> Shown {
    let folder = refused();
    // The files are mapped: they may go while they are shown, but for those who look at them later.
    open(theme, size, &[&folder.keep()])
}

fn card(harness: &Shown, user: &str) -> String {
    let cards = harness.get_all_by_label_contains("Finding, ");
    let labels = cards.filter_map(|node| node.accesskit_node().label());
    labels.into_iter().find(|label| label.contains(user)).unwrap_or_default()
}

#[test]
fn a_refused_sign_in_is_a_card_with_user_times_and_count() {
    let harness = open_refused(Theme::Dark, [1280.0, 800.0]);
    let anna = card(&harness, "anna@contoso.com");
    assert!(anna.starts_with("Finding, failure, "), "{anna}");
    assert!(anna.contains("10:00:05.100 to 10:00:12.100") && anna.ends_with(", 2 times"), "{anna}");
    let ben = card(&harness, "ben@contoso.com");
    assert!(ben.starts_with("Finding, warning, "), "a later sign-in mends it: {ben}");
    assert!(shown(&harness) > 0);
}

#[test]
fn pictures_of_findings() {
    let mut results = egui_kittest::SnapshotResults::new();
    for (theme, name) in support::THEMES {
        picture(&mut results, open_refused(theme, [1280.0, 800.0]), &format!("findings_{name}"));
        let mut chosen = open_refused(theme, [1280.0, 800.0]);
        chosen.key_press(Key::F7);
        settle(&mut chosen);
        picture(&mut results, chosen, &format!("finding_{name}"));
        let mut wide = open_refused(theme, [1920.0, 1080.0]);
        wide.key_press(Key::F7);
        settle(&mut wide);
        press(&mut wide, Key::E);
        picture(&mut results, wide, &format!("finding_wide_{name}"));
        let fine = open(theme, [1280.0, 800.0], &[Path::new("sample-logs/healthy-ntlm")]);
        picture(&mut results, fine, &format!("nothing_fails_{name}"));
    }
}
