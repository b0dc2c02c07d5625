//! What must stay without a failure: sign-ins that are as they should be, whatever a log shows of them.

use super::scene::{Client, Log, Server, diagnose, rules};
use super::{Diagnosis, Severity};

/// A log with any text.
struct Plain {
    name: String,
    text: String,
}

impl Log for Plain {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn text(&self) -> String {
        self.text.clone()
    }
}

fn failures(found: &Diagnosis) -> Vec<&str> {
    found.findings.iter().filter(|own| own.severity == Severity::Failure).map(|own| own.rule).collect()
}

fn anna() -> Client {
    Client::new("anna@contoso.com")
}

fn signed_in_with(sign_in: fn(&mut Client)) -> Client {
    let mut client = anna();
    sign_in(&mut client);
    client
}

/// Eight hours of refreshes, a renewal, a move to another server, and the end.
fn long_day() -> Client {
    let mut client = anna();
    client.ntlm_sign_in();
    for _ in 0..7 {
        client.wait(3_600);
        client.refresh("NTLM");
    }
    client.wait(3_000);
    client.ntlm_again();
    client.wait(1_200);
    client.register(&client.signed("NTLM"));
    client.server = "fe02.contoso.com".to_owned();
    client.challenge();
    client.ntlm_from_challenge();
    client.wait(600);
    client.sign_out();
    client
}

fn guest() -> Client {
    let mut guest = Client::new("anonymous@anonymous.invalid");
    for _ in 0..4 {
        guest.register("");
        guest.challenge();
        guest.wait(10);
        guest.new_call();
    }
    guest
}

fn monitor() -> Client {
    let mut monitor = Client::new("monitor@contoso.com");
    monitor.epid = String::new();
    monitor.agent = "Health-Sensor/2.1".to_owned();
    for _ in 0..30 {
        monitor.register("");
        monitor.challenge();
        monitor.wait(10);
        monitor.new_call();
    }
    monitor
}

/// All kinds of healthy days.
fn days() -> Vec<(&'static str, Client)> {
    let twice = |client: &mut Client| {
        client.kerberos_sign_in();
        client.wait(600);
        client.sign_out();
        client.wait(60);
        client.new_call();
        client.kerberos_sign_in();
    };
    vec![
        ("kerberos", signed_in_with(Client::kerberos_sign_in)),
        ("ntlm", signed_in_with(Client::ntlm_sign_in)),
        ("tls-dsk", signed_in_with(Client::tls_dsk_sign_in)),
        ("tls-dsk in more rounds", signed_in_with(Client::tls_dsk_sign_in_in_more_rounds)),
        ("sign-out and in again", signed_in_with(twice)),
        ("a long day", long_day()),
        ("a guest", guest()),
        ("a monitor", monitor()),
    ]
}

#[test]
fn healthy_days_have_no_failure_and_no_warning_but_the_move() {
    for (what, day) in days() {
        let found = diagnose(&[&day]);
        let loud: Vec<&str> =
            found.findings.iter().filter(|own| own.severity != Severity::Normal).map(|own| own.rule).collect();
        let wanted: &[&str] = if what == "a long day" { &["association-lost"] } else { &[] };
        assert_eq!(loud, wanted, "{what}");
    }
}

#[test]
fn each_kind_of_sign_in_is_explained() {
    let found = rules(&[&signed_in_with(Client::kerberos_sign_in)]);
    let anna = |rule: &str| format!("{rule} normal anna@contoso.com x1");
    assert_eq!(found, [anna("initial-challenge"), anna("kerberos-direct"), anna("signed-in")]);
    let found = rules(&[&signed_in_with(Client::tls_dsk_sign_in)]);
    assert_eq!(found, [anna("initial-challenge"), anna("tls-dsk-handshake"), anna("signed-in")]);
    let found = rules(&[&signed_in_with(Client::ntlm_sign_in)]);
    assert_eq!(found, [anna("initial-challenge"), anna("ntlm-handshake"), anna("signed-in")]);
}

#[test]
fn monitors_and_guests_are_nobodys_sign_in() {
    assert_eq!(rules(&[&monitor(), &guest()]), Vec::<String>::new());
}

#[test]
fn copies_in_server_traces_change_nothing() {
    for (what, day) in days() {
        let edge = Server::copies("EDGEPOOL", "EDGE01", &day);
        let fe01 = Server::copies("FEPOOL01", "FE01", &day);
        let alone = rules(&[&day]);
        assert_eq!(rules(&[&day, &edge, &fe01]), alone, "{what}, client and servers");
        let of_servers = diagnose(&[&edge, &fe01]);
        assert_eq!(failures(&of_servers), Vec::<&str>::new(), "{what}, servers alone");
    }
}

#[test]
fn a_log_may_be_cut_anywhere() {
    for (what, day) in days() {
        let server = Server::copies("FEPOOL01", "FE01", &day);
        let logs: [&dyn Log; 2] = [&day, &server];
        for log in logs {
            let text = log.text();
            let most = if what == "a monitor" { 8_000 } else { text.len() };
            for (at, _) in text.match_indices('\n').take_while(|(at, _)| *at < most) {
                let (before, after) = text.split_at(at + 1);
                for (side, part) in [("end", before), ("front", after)] {
                    if part.trim().is_empty() {
                        continue;
                    }
                    let part = Plain { name: log.name(), text: part.to_owned() };
                    // Where too little is left the format cannot be told, which is no matter of the diagnosis.
                    let Some(found) = super::scene::try_diagnose(&[&part]) else { continue };
                    assert_eq!(failures(&found), Vec::<&str>::new(), "{what}, {} cut at the {side}, {at}", log.name());
                }
            }
        }
    }
}

#[test]
fn a_cut_log_of_a_client_beside_a_whole_server_trace_is_healthy() {
    let day = signed_in_with(Client::tls_dsk_sign_in);
    let server = Server::copies("FEPOOL01", "FE01", &day);
    let text = day.text();
    for (at, _) in text.match_indices('\n') {
        let part = Plain { name: day.name(), text: text.split_at(at + 1).0.to_owned() };
        let Some(found) = super::scene::try_diagnose(&[&part, &server]) else { continue };
        assert_eq!(failures(&found), Vec::<&str>::new(), "cut at {at}");
    }
}
