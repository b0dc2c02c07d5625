//! What goes on beside an incident: a colleague for whom everything works, servers at their everyday business.

use crate::clock::Time;
use crate::everyday;
use crate::sign_in;
use crate::stage::{Endpoint, FE01, FE02, Stage};

/// A colleague inside signs in and looks around, while the servers idle.
pub fn office(stage: &mut Stage, from: Time, until: Time) {
    let mut nora = Endpoint::inside("nora@contoso.com", "Nora", "203.0.113.71:50915", 0x3402)
        .with_device("2b7d90c1e4", "0D9C8B7A-0000-5000-8000-152637485960")
        .with_phone("+14255550141");
    stage.connect(from + 800, &nora);
    let now = sign_in::with_kerberos(stage, from + 890, &mut nora);
    let mut sees = everyday::watch_presence(stage, now + 320, &mut nora, &["otto@contoso.com"]);
    everyday::publish(stage, now + 700, &mut nora, 3500, 3);
    everyday::notify_presence(stage, now + 51_000, &mut nora, &mut sees, "otto@contoso.com", 6500);
    servers(stage, from, until);
}

/// What servers write without anybody asking.
pub fn servers(stage: &mut Stage, from: Time, until: Time) {
    let mut now = from;
    while now < until {
        everyday::server_chatter(stage, now);
        now = now + stage.ids.millis(14_000, 38_000);
    }
    let mut now = from + 30_007;
    let mut probes = [&FE01, &FE02].into_iter().cycle();
    while let Some(machine) = probes.next().filter(|_| now < until) {
        everyday::monitor(stage, now, machine, "192.0.2.5:40122");
        now = now + 120_000;
    }
}
