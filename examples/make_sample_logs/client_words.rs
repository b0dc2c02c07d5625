//! What clients write into their log besides messages: how they start, how they pass the time, what they say of a
//! sign-in that failed.

use crate::client_log::{MAIN_THREAD, WEB_THREAD};
use crate::clock::Time;
use crate::everyday;
use crate::stage::{Endpoint, Stage};

/// The first lines of a log.
pub fn starts_up(now: Time, who: &mut Endpoint) {
    let log = &mut who.log;
    log.trace(now, MAIN_THREAD, "INFO", "Logging started, client 16.0.4600.1000, Windows 10.0.19045, x64");
    log.trace(now + 33, MAIN_THREAD, "INFO", &format!("Last signed in user was sip:{}", who.user));
    log.trace(now + 210, MAIN_THREAD, "INFO", "Sign-in requested, automatic configuration");
    log.trace(now + 402, MAIN_THREAD, "INFO", "Server fepool01.contoso.com:5061 of the last session is used");
}

/// The first lines of a log outside the network.
pub fn starts_up_outside(now: Time, who: &mut Endpoint) {
    let log = &mut who.log;
    log.trace(now, MAIN_THREAD, "INFO", "Logging started, client 16.0.4600.1000, Windows 10.0.19045, x64");
    log.trace(now + 29, MAIN_THREAD, "INFO", &format!("Last signed in user was sip:{}", who.user));
    log.trace(now + 180, MAIN_THREAD, "INFO", "Sign-in requested, automatic configuration");
    log.trace(now + 243, WEB_THREAD, "INFO", "DNS name lyncdiscoverinternal.contoso.com does not exist");
    log.trace(now + 391, MAIN_THREAD, "INFO", "DNS SRV _sip._tls.contoso.com is sip.contoso.com:443");
}

/// Small talk of a client: its own lines, and the server's keep-alives.
pub fn idles(stage: &mut Stage, from: Time, until: Time, who: &mut Endpoint) {
    let mut now = from;
    while now < until {
        everyday::client_chatter(stage, now, who);
        now = now + stage.ids.millis(3_000, 12_000);
    }
    let mut now = from + 61_310;
    while now < until {
        everyday::keep_alive(now, who);
        now = now + 60_000;
    }
}

/// The report of a sign-in that failed.
pub fn report(now: Time, who: &mut Endpoint, hresult: &str) {
    let text = format!(
        "Sign-in report
1 Login: FAIL (hr = {hresult})
1.1 DNSAutoDiscovery: PASS
1.2 BootStrap: FAIL (hr = {hresult})"
    );
    who.log.trace(now, MAIN_THREAD, "INFO", &text);
}

/// The report of a sign-in that failed, and the verdict on it. `code` is the reason a server gave, 0 if it gave none.
pub fn verdict(now: Time, who: &mut Endpoint, outcome: &str, hresult: &str, code: u32, action: &str) {
    report(now, who, hresult);
    let code = if code == 0 { String::new() } else { format!(", diag code=0x{code:x}") };
    let text = format!(
        "VerifyOnEnableEvent result return ({outcome}) status={hresult}{code}
authWebserviceBaseUrl=https://webext.contoso.com/CertProv/CertProvisioningService.svc
ACTION: {action}"
    );
    who.log.trace(now + 1, MAIN_THREAD, "ERROR", &text);
}
