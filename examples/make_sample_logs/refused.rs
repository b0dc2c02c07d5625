//! Incidents in which a server refuses the credentials: the handshake is complete, and the answer is a fresh challenge.

use crate::Incident;
use crate::background::office;
use crate::client_log::{ClientLog, WEB_THREAD};
use crate::client_words::{idles, starts_up, starts_up_outside, verdict};
use crate::clock::{Time, UtcOffset, at};
use crate::server_log::Machine;
use crate::session::{Package, Session};
use crate::sign_in::{self, Attempt, DAY_MS, Proof};
use crate::stage::{Arrived, Endpoint, FE02, Stage};
use crate::tokens::{self, NtlmUser};
use crate::verdict::{HANDSHAKE_FAILED, Refusal, UNAUTHORIZED, diagnostics, refuse};

/// How a client names a sign-in that ended in 401.
const UNAUTHORIZED_401: &str = "0x80ef0191";

/// NTLM with a wrong password, from home.
pub fn wrong_password() -> Incident {
    let mut stage = Stage::new("wrong-password");
    let mut paul = Endpoint::outside("paul@contoso.com", "Paul", "198.51.100.31:52210", 0x2b10)
        .with_device("3c8e01d2f5", "1EAD9C8B-0000-5000-8000-263748596071");
    let at_home = NtlmUser { domain: "CONTOSO", user: "paul", workstation: "HOME-PC-7" };
    let start = at(6, 41, 12, 330);
    starts_up_outside(start, &mut paul);
    stage.connect(start + 700, &paul);
    for typed in [start + 820, start + 38_400] {
        let mut attempt = Attempt::new(&mut stage);
        let proof = sign_in::prove_with_ntlm(&mut stage, typed, &mut paul, &mut attempt, &at_home);
        let now = refuse(&mut stage, &mut paul, proof, &wrong("package=\"NTLM\";user=\"CONTOSO\\paul\""));
        verdict(now + 90, &mut paul, "ONENABLE_FAIL_AUTH", UNAUTHORIZED_401, 0, "ask for credentials");
    }
    idles(&mut stage, start + 900, start + 190_000, &mut paul);
    office(&mut stage, start - 20_000, start + 200_000);
    let Stage { mut ids, servers, .. } = stage;
    Incident {
        folder: "wrong-password",
        shows: "Paul signs in from his PC at home with NTLM and mistypes his password twice. His client shows nothing but a fresh 401, the security record of the front end says why (0x8009030C).",
        finds: &["wrong-password failure paul@contoso.com"],
        files: vec![
            ("paul-UccApi-0.UccApilog", paul.log.into_text()),
            ("fe01-edge01-cls.txt", servers.into_text(&mut ids)),
        ],
    }
}

/// A refusal by the domain controller.
fn wrong(data: &str) -> Refusal<'_> {
    Refusal { reason: HANDSHAKE_FAILED, more: UNAUTHORIZED, result: "0x8009030c SEC_E_LOGON_DENIED", data }
}

/// How far the clock of the client is ahead, minutes.
const AHEAD: i64 = 12;

/// A client whose clock is twelve minutes ahead: its Kerberos ticket is from the future.
pub fn clock_skew() -> Incident {
    let mut stage = Stage::new("clock-skew");
    let mut quinn = Endpoint::inside("quinn@contoso.com", "Quinn", "203.0.113.73:51120", 0x3410)
        .with_device("4d9f12e3a6", "2FBEAD9C-0000-5000-8000-374859607182");
    quinn.log = ClientLog::new(UtcOffset(60 + AHEAD), "2A10");
    let start = at(7, 3, 55, 18);
    starts_up(start, &mut quinn);
    stage.connect(start + 500, &quinn);
    for tried in [start + 610, start + 41_200] {
        let mut attempt = Attempt::new(&mut stage);
        let proof = sign_in::prove_with_kerberos(&mut stage, tried, &mut quinn, &mut attempt);
        let refusal = Refusal {
            reason: "1013;reason=\"Significant time skew detected during authentication\"",
            more: "",
            result: "0x80090324 SEC_E_TIME_SKEW",
            data: "package=\"Kerberos\";user=\"quinn@contoso.com\"",
        };
        let now = refuse(&mut stage, &mut quinn, proof, &refusal);
        verdict(now + 60, &mut quinn, "ONENABLE_FAIL_AUTH", "0x80ee006c", 1013, "tell the user to check the clock");
    }
    idles(&mut stage, start + 700, start + 180_000, &mut quinn);
    office(&mut stage, start - 20_000, start + 190_000);
    let Stage { mut ids, servers, .. } = stage;
    Incident {
        folder: "clock-skew",
        shows: "The clock of Quinn's PC is 12 minutes ahead (so are the times of this client log), and the pool refuses the Kerberos ticket with 1013. Nora beside it signs in.",
        finds: &["clock-skew failure quinn@contoso.com"],
        files: vec![("quinn-UccApi-0.UccApilog", quinn.log.into_text()), ("fe01-cls.txt", servers.into_text(&mut ids))],
    }
}

/// A conference room system that cannot do what the servers ask of NTLM.
pub fn ntlm_level_mismatch() -> Incident {
    let mut stage = Stage::new("ntlm-level-mismatch");
    let mut room = Endpoint::inside("room-12@contoso.com", "Room 12", "203.0.113.120:3211", 0x3420)
        .with_device("5ea023f4b7", "30CFBEAD-0000-5000-8000-485960718293")
        .with_agent("PolycomHDX8000HD/3.0.1");
    let user = NtlmUser { domain: "CONTOSO", user: "room-12", workstation: "HDX8000" };
    let start = at(9, 30, 2, 655);
    for tried in [start, start + 210_000] {
        stage.connect(tried - 120, &room);
        let mut attempt = Attempt::new(&mut stage);
        let proof = prove_with_old_ntlm(&mut stage, tried, &mut room, &mut attempt, &user);
        let refusal = Refusal {
            reason: HANDSHAKE_FAILED,
            more: "HRESULT=\"0xC3E93EE4(SIP_E_AUTH_NTLMMISMATCH)\"",
            result: "0xc3e93ee4 SIP_E_AUTH_NTLMMISMATCH",
            data: "package=\"NTLM\";user=\"CONTOSO\\room-12\"",
        };
        refuse(&mut stage, &mut room, proof, &refusal);
    }
    office(&mut stage, start - 30_000, start + 230_000);
    let Stage { mut ids, servers, .. } = stage;
    Incident {
        folder: "ntlm-level-mismatch",
        shows: "A room system of 2011 answers the NTLM challenge without 128 bit and without extended session security; the front end demands both (0xC3E93EE4). Its password is right.",
        finds: &["ntlm-level-mismatch failure room-12@contoso.com"],
        files: vec![("fe01-cls.txt", servers.into_text(&mut ids))],
    }
}

fn prove_with_old_ntlm(
    stage: &mut Stage,
    now: Time,
    who: &mut Endpoint,
    attempt: &mut Attempt,
    user: &NtlmUser<'_>,
) -> Proof {
    let package = Package::Ntlm;
    let server = who.front_end;
    let opaque = stage.ids.upper_hex(8);
    let now = sign_in::unanswered_challenge(stage, now, who, attempt, None) + 40;
    let request = sign_in::with_token(attempt.register(who), stage, server, package, "", "");
    let came = stage.send(now, who, request);
    let token = tokens::ntlm_challenge(came.at, user.domain, "contoso.com", server.fqdn, &mut stage.ids);
    let answer = sign_in::handshake_step(stage, &came, server, package, &opaque, &token);
    let at = stage.deliver(came.at + 4, who, answer).at + 55;
    let token = tokens::old_ntlm_answer(user, &mut stage.ids);
    let mut session = Session::new(package, &opaque, server, 3);
    let credentials = session.sign_with(&mut stage.ids, &token);
    Proof { at, request: attempt.register(who).with("Authorization", &credentials), session }
}

/// TLS-DSK with a user certificate that ran out.
pub fn user_certificate_expired() -> Incident {
    let mut stage = Stage::new("user-certificate-expired");
    let mut rita = Endpoint::outside("rita@contoso.com", "Rita", "198.51.100.44:50730", 0x2b30)
        .with_device("6fb134a5c8", "41D0CFBE-0000-5000-8000-596071829304");
    let start = at(8, 15, 20, 904);
    starts_up_outside(start, &mut rita);
    let found = "User certificate found, issuer Communications Server, usable";
    rita.log.trace(start + 404, WEB_THREAD, "INFO", found);
    stage.connect(start + 600, &rita);
    for tried in [start + 700, start + 52_300] {
        let now = refuse_certificate(&mut stage, tried, &mut rita);
        let text = "TLS-DSK: the server ended the handshake with alert 45 (certificate_expired)";
        rita.log.trace(now + 4, WEB_THREAD, "ERROR", text);
        verdict(now + 60, &mut rita, "ONENABLE_FAIL_AUTH", UNAUTHORIZED_401, 0, "try again later");
    }
    idles(&mut stage, start + 800, start + 170_000, &mut rita);
    office(&mut stage, start - 15_000, start + 180_000);
    let Stage { mut ids, servers, .. } = stage;
    Incident {
        folder: "user-certificate-expired",
        shows: "Rita was away for half a year. Her client still offers its old user certificate by TLS-DSK, and the pool ends the handshake with a TLS alert: certificate expired.",
        finds: &["user-certificate-refused failure rita@contoso.com"],
        files: vec![
            ("rita-UccApi-0.UccApilog", rita.log.into_text()),
            ("fe01-edge01-cls.txt", servers.into_text(&mut ids)),
        ],
    }
}

/// `certificate_expired` (RFC 5246 7.2), fatal.
const EXPIRED: (u8, u8) = (2, 45);

/// TLS-DSK up to the client's certificate, and the alert that answers it.
fn refuse_certificate(stage: &mut Stage, now: Time, who: &mut Endpoint) -> Time {
    let package = Package::TlsDsk;
    let server = who.front_end;
    let mut attempt = Attempt::new(stage);
    let opaque = stage.ids.upper_hex(8);
    let now = sign_in::unanswered_challenge(stage, now, who, &mut attempt, None) + 14;
    let hello = tokens::tls_client_hello(&mut stage.ids);
    let server_hello = tokens::tls_server_hello(&sign_in::server_certificate(server), &mut stage.ids);
    let came = send_token(stage, now, who, &mut attempt, "", &hello);
    let answer = sign_in::handshake_step(stage, &came, server, package, &opaque, &server_hello);
    let now = stage.deliver(came.at + 5, who, answer).at + 12;

    let expired = sign_in::user_certificate(who, at(8, 2, 0, 0) - 189 * DAY_MS);
    let finished = tokens::tls_client_finished(&expired, &mut stage.ids);
    let came = send_token(stage, now, who, &mut attempt, &opaque, &finished);
    let data = "package=\"TLS-DSK\";certificate-subject=\"rita@contoso.com\"";
    let text = "Failed to validate user credentials";
    sign_in::note_security(stage, &came, who, "TL_ERROR", text, "0x80090328 SEC_E_CERT_EXPIRED", data);
    let alert = tokens::tls_alert(EXPIRED.0, EXPIRED.1);
    let answer = sign_in::handshake_step(stage, &came, server, package, &opaque, &alert)
        .with("ms-diagnostics", &diagnostics(HANDSHAKE_FAILED, server.fqdn, UNAUTHORIZED));
    stage.deliver(came.at + 11, who, answer).at
}

fn send_token(
    stage: &mut Stage,
    now: Time,
    who: &mut Endpoint,
    attempt: &mut Attempt,
    opaque: &str,
    token: &str,
) -> Arrived {
    let server: &'static Machine = who.front_end;
    let request = sign_in::with_token(attempt.register(who), stage, server, Package::TlsDsk, opaque, token);
    stage.send(now, who, request)
}

/// Kerberos tickets for one front end cannot be read: its service name stands on two accounts.
pub fn kerberos_spn() -> Incident {
    let mut stage = Stage::new("kerberos-spn");
    let mut steve = Endpoint::inside("steve@contoso.com", "Steve", "203.0.113.74:49920", 0x3431)
        .with_device("70c245b6d9", "52E1D0CF-0000-5000-8000-607182930415")
        .on(&FE02);
    let mut tina = Endpoint::inside("tina@contoso.com", "Tina", "203.0.113.75:51044", 0x3432)
        .with_device("81d356c7ea", "63F2E1D0-0000-5000-8000-718293041526")
        .on(&FE02);
    let start = at(7, 31, 9, 77);
    starts_up(start, &mut steve);
    for (who, tried) in [(&mut steve, start + 510), (&mut tina, start + 21_900)] {
        stage.connect(tried - 100, who);
        for again in [0, 64_000] {
            let mut attempt = Attempt::new(&mut stage);
            let proof = sign_in::prove_with_kerberos(&mut stage, tried + again, who, &mut attempt);
            let refusal = Refusal {
                reason: HANDSHAKE_FAILED,
                more: UNAUTHORIZED,
                result: "0x80090322 SEC_E_WRONG_PRINCIPAL",
                data: "package=\"Kerberos\";targetname=\"sip/fe02.contoso.com\"",
            };
            let now = refuse(&mut stage, who, proof, &refusal);
            verdict(now + 70, who, "ONENABLE_FAIL_AUTH", UNAUTHORIZED_401, 1000, "try again later");
        }
    }
    idles(&mut stage, start + 600, start + 160_000, &mut steve);
    office(&mut stage, start - 20_000, start + 170_000);
    let Stage { mut ids, servers, .. } = stage;
    Incident {
        folder: "kerberos-spn",
        shows: "Everybody whose registrar is FE02 is refused with a Kerberos ticket for sip/fe02.contoso.com in hand (the name stands on two accounts), everybody on FE01 signs in.",
        finds: &["kerberos-target failure steve@contoso.com", "kerberos-target failure tina@contoso.com"],
        files: vec![
            ("steve-UccApi-0.UccApilog", steve.log.into_text()),
            ("fepool01-cls.txt", servers.into_text(&mut ids)),
        ],
    }
}

/// A desk phone that goes on with a password of last year.
pub fn old_phone_password() -> Incident {
    let mut stage = Stage::new("old-phone-password");
    let mut phone = Endpoint::inside("uma@contoso.com", "Uma", "203.0.113.131:50001", 0x3440)
        .with_device("92e467d8fb", "74031DF2-0000-5000-8000-829304152637")
        .with_agent("CPE/4.0.7577.4512 OCPhone/4.0.7577.4512 (Microsoft Lync Phone Edition)");
    let user = NtlmUser { domain: "CONTOSO", user: "uma", workstation: "CX600-3A91" };
    let start = at(10, 0, 7, 210);
    stage.connect(start - 200, &phone);
    for beat in 0..8 {
        let now = start + beat * 60_000;
        let mut attempt = Attempt::new(&mut stage);
        let proof = sign_in::prove_with_ntlm(&mut stage, now, &mut phone, &mut attempt, &user);
        refuse(&mut stage, &mut phone, proof, &wrong("package=\"NTLM\";user=\"CONTOSO\\uma\""));
    }
    uma_at_her_desk(&mut stage, start + 34_000);
    office(&mut stage, start - 40_000, start + 450_000);
    let Stage { mut ids, servers, .. } = stage;
    Incident {
        folder: "old-phone-password",
        shows: "Uma changed her password. Her PC signs in, her desk phone goes on with the old password, once a minute.",
        finds: &[
            "wrong-password failure uma@contoso.com",
            "authentication-loop failure uma@contoso.com <- wrong-password",
        ],
        files: vec![("fe01-cls.txt", servers.into_text(&mut ids))],
    }
}

fn uma_at_her_desk(stage: &mut Stage, now: Time) {
    let mut uma = Endpoint::inside("uma@contoso.com", "Uma", "203.0.113.76:50110", 0x3441)
        .with_device("a3f578e90c", "85142E03-0000-5000-8000-930415263748");
    stage.connect(now, &uma);
    sign_in::with_kerberos(stage, now + 110, &mut uma);
}
