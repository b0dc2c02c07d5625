//! A whole day on which nothing fails, though many a 401 is answered.

use crate::Incident;
use crate::bodies;
use crate::client_log::MAIN_THREAD;
use crate::client_words::starts_up_outside;
use crate::clock::{Time, at};
use crate::everyday;
use crate::sign_in::{self, Attempt, CENTRAL, SOME_WEEKS_AGO};
use crate::stage::{Endpoint, FE02, Stage};
use crate::verdict::{refresh, sign_out};

const HOUR_MS: i64 = 3_600_000;

/// From sign-in to sign-out with TLS-DSK.
pub fn tls_dsk_day() -> Incident {
    let mut stage = Stage::new("healthy-tls-dsk-day");
    let mut jana = Endpoint::outside("jana@contoso.com", "Jana", "198.51.100.101:50604", 0x2ba0)
        .with_device("5ea02394b7", "30CFD9BE-0000-5000-8000-041526374859");
    let start = at(6, 30, 11, 480);
    starts_up_outside(start, &mut jana);
    let mut attempt = Attempt::new(&mut stage);
    let proof = sign_in::prove_with_tls_dsk(&mut stage, start + 600, &mut jana, &mut attempt, SOME_WEEKS_AGO);
    let now = sign_in::accept(&mut stage, &mut jana, proof, CENTRAL);
    let friends = bodies::contacts(&["nora@contoso.com"]);
    let event = "vnd-microsoft-roaming-contacts";
    everyday::subscribe(&mut stage, now + 150, &mut jana, event, bodies::CONTACTS_TYPE, &friends);
    let mut sees = everyday::watch_presence(&mut stage, now + 320, &mut jana, &["nora@contoso.com"]);
    everyday::publish(&mut stage, now + 500, &mut jana, 3500, 9);

    let signed_in = now;
    for hour in 1..8 {
        let now = signed_in + hour * HOUR_MS;
        refresh(&mut stage, now, &mut jana, &mut attempt);
        let availability = if hour % 2 == 0 { 3500 } else { 6500 };
        everyday::notify_presence(&mut stage, now + 700_000, &mut jana, &mut sees, "nora@contoso.com", availability);
        everyday::publish(&mut stage, now + 1_500_000, &mut jana, availability, 9 + hour as u32);
    }
    // Eight hours less five minutes: the association is renewed.
    let now = signed_in + 8 * HOUR_MS - 300_000;
    jana.log.trace(now - 20, MAIN_THREAD, "INFO", "Security association is near its end, signing in again");
    let proof = sign_in::prove_with_tls_dsk(&mut stage, now, &mut jana, &mut attempt, SOME_WEEKS_AGO);
    sign_in::accept(&mut stage, &mut jana, proof, CENTRAL);

    let now = now + 2_700_000;
    jana.log.trace(now, MAIN_THREAD, "WARN", "Connection closed by the server, connecting again");
    jana = jana.on(&FE02);
    jana.address = "198.51.100.101:50871".to_owned();
    jana.connection = 0x2bb4;
    let proof = sign_in::prove_with_tls_dsk(&mut stage, now + 900, &mut jana, &mut attempt, SOME_WEEKS_AGO);
    let now = sign_in::accept(&mut stage, &mut jana, proof, CENTRAL);
    everyday::publish(&mut stage, now + 400, &mut jana, 3500, 20);
    refresh(&mut stage, now + HOUR_MS, &mut jana, &mut attempt);
    let end = now + HOUR_MS + 1_200_000;
    jana.log.trace(end - 15, MAIN_THREAD, "INFO", "The user signs out");
    sign_out(&mut stage, end, &mut jana, &mut attempt);
    jana.log.trace(end + 90, MAIN_THREAD, "INFO", "Signed out");

    idles_all_day(&mut stage, start + 5_000, end - 60_000, &mut jana);
    Incident {
        folder: "healthy-tls-dsk-day",
        shows: "A day of Jana, who works from home: sign-in with TLS-DSK, a refresh every hour, a new handshake after eight hours, another one when the balancer moves her to FE02, and a sign-out.",
        finds: &[
            "signed-in normal jana@contoso.com",
            "reauthentication normal jana@contoso.com",
            "association-lost warning jana@contoso.com",
        ],
        files: vec![("jana-UccApi-0.UccApilog", jana.log.into_text())],
    }
}

/// A client that is left alone: a line now and then, and the server's keep-alives.
fn idles_all_day(stage: &mut Stage, from: Time, until: Time, who: &mut Endpoint) {
    let mut now = from;
    while now < until {
        everyday::client_chatter(stage, now, who);
        now = now + stage.ids.millis(300_000, 700_000);
    }
    let mut now = from + 300_000;
    while now < until {
        everyday::keep_alive(now, who);
        now = now + 600_000;
    }
}
