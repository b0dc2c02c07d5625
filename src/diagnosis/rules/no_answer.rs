//! Nothing comes back from the server.

use super::Rule;
use crate::diagnosis::case::{Who, who};
use crate::diagnosis::command;
use crate::diagnosis::connecting::{Trouble, checks, meanings};
use crate::diagnosis::timeline::Standing;
use crate::diagnosis::words::often;
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::trace::{ANSWER_TIMEOUT_MS, ClientNote, Ending, Round, SipMessage, State};
use rustc_hash::FxHashMap;

/// A client sends REGISTER and gets no answer in 32 seconds (RFC 3261 17.1.2.2), or says itself that it timed out, that
/// TCP was refused, or that TLS failed.
pub const RULE: Rule = Rule { slug: "no-answer", severity: Severity::Failure, find };

const TIMEOUT: u32 = 0x80EE_000C;
const TCP: u32 = 0x80EE_0067;
const TLS: u32 = 0x80EE_0069;
/// What a client says of a request comes this soon after it.
const ABOUT_IT_MS: i64 = 90_000;

fn find(case: &Case<'_>) -> Vec<Finding> {
    let mut silent: FxHashMap<Who<'_>, Vec<&SipMessage>> = FxHashMap::default();
    let mut order: Vec<Who<'_>> = Vec::new();
    for (who, request) in unanswered(case) {
        let own = silent.entry(who).or_default();
        if own.is_empty() {
            order.push(who);
        }
        own.push(request);
    }
    let mut found = Vec::new();
    for trouble in Trouble::of_notes(case, case.trace.client_notes.iter().filter(|note| says_so(case, note))) {
        let requests = silent.remove(&trouble.who).unwrap_or_default();
        found.push(finding(case, trouble.who, &requests, Some(&trouble)));
    }
    for who in order {
        if let Some(requests) = silent.remove(&who) {
            found.push(finding(case, who, &requests, None));
        }
    }
    found.into_iter().map(|finding| finding.when(case.index)).collect()
}

/// REGISTERs that a client sent and whose answer never came, as far as its log goes on long enough to tell.
fn unanswered<'a>(case: &Case<'a>) -> Vec<(Who<'a>, &'a SipMessage)> {
    let open = |round: &'a Round| round.request().filter(|_| round.state == State::Open && !round.is_sign_out());
    let of_attempts = case.trace.attempts().filter(|attempt| attempt.ending == Ending::Unanswered);
    let of_attempts = of_attempts.filter_map(|attempt| Some((who(attempt), attempt.last().and_then(open)?)));
    let of_refreshes = case.trace.registrations.iter().flat_map(|registration| {
        let who = (registration.user.as_deref(), registration.endpoint.as_deref());
        registration.refreshes.iter().filter_map(open).map(move |request| (who, request))
    });
    let mut all: Vec<(Who<'a>, &SipMessage)> =
        of_attempts.chain(of_refreshes).filter(|(_, request)| is_silence(case, request)).collect();
    all.sort_by_key(|(_, request)| request.time());
    all
}

fn is_silence(case: &Case<'_>, request: &SipMessage) -> bool {
    request.hops.iter().filter(|hop| hop.is_client).any(|hop| {
        let end = case.trace.coverage.end_of(hop.file);
        end.is_some_and(|end| end.0.saturating_sub(hop.time.0) >= ANSWER_TIMEOUT_MS)
    })
}

/// A client that is signed in may wait in vain for answers to other requests.
fn says_so(case: &Case<'_>, note: &ClientNote) -> bool {
    if note.has_hresult(TCP) || note.has_hresult(TLS) {
        return true;
    }
    note.has_hresult(TIMEOUT) && (note.verdict.is_some() || case.timeline.standing(note) == Standing::Out)
}

fn finding(
    case: &Case<'_>,
    (user, endpoint): Who<'_>,
    requests: &[&SipMessage],
    trouble: Option<&Trouble<'_>>,
) -> Finding {
    let last = requests.last().map(|request| request.time());
    let is_over = last.is_some_and(|last| case.timeline.next_accepted((user, endpoint), last).is_some());
    let of_requests = last.map(|_| if is_over { Severity::Warning } else { Severity::Failure });
    let of_notes = trouble.map(|trouble| trouble.severity);
    let severity = of_requests.into_iter().chain(of_notes).min().unwrap_or(RULE.severity);
    let hresults = trouble.map(|trouble| trouble.named(&[TIMEOUT, TCP, TLS])).unwrap_or_default();
    // What is said about a request that is counted already is not counted again.
    let is_about = |note: &&ClientNote| {
        let at = requests.partition_point(|request| request.time() <= note.time);
        let request = at.checked_sub(1).and_then(|at| requests.get(at));
        request.is_some_and(|request| note.time.0.saturating_sub(request.time().0) <= ABOUT_IT_MS)
    };
    let alone = trouble.map_or(0, |trouble| {
        let notes = trouble.notes.iter().copied().filter(|note| !is_about(note)).collect();
        Trouble { who: trouble.who, notes, ..*trouble }.tries()
    });
    let count = (requests.len() + alone).max(1);
    let domain = command::domain_of_user(user);
    let server =
        requests.iter().flat_map(|request| &request.hops).find(|hop| hop.is_client).map(|hop| hop.peer.as_str());
    let title = match hresults.as_slice() {
        [TCP] if requests.is_empty() => format!("{} gets no connection to the server", user.unwrap_or("The client")),
        [TLS] if requests.is_empty() => format!("{} reaches the server, but TLS fails", user.unwrap_or("The client")),
        _ => format!("{} gets no answer from the server", user.unwrap_or("The client")),
    };
    let sent = match (requests.len(), server) {
        (0, _) => String::new(),
        (count, Some(server)) => {
            format!("The client sent REGISTER to {server} {}, and no answer came within 32 seconds.", often(count))
        }
        (count, None) => format!("The client sent REGISTER {}, and no answer came within 32 seconds.", often(count)),
    };
    let arrived = if requests.iter().any(|request| request.is_seen_by_server()) {
        " The server's trace holds the request, but no answer to it."
    } else {
        ""
    };
    let afterwards = match severity {
        Severity::Failure => "",
        Severity::Normal => {
            " The client signed in right afterwards: it tries several addresses, and one of them worked."
        }
        _ => trouble.filter(|_| requests.is_empty()).map_or(" Later the same client signed in.", Trouble::afterwards),
    };
    let confidence = match trouble {
        Some(trouble) if requests.is_empty() => trouble.confidence(),
        _ => Confidence::Proved,
    };
    let explanation = format!("{sent}{arrived}{}{afterwards}", meanings(&hresults));
    let rows = requests.iter().flat_map(|request| request.rows());
    let notes = trouble.into_iter().flat_map(|trouble| &trouble.notes).map(|note| note.row);
    Finding::new(&RULE, confidence, title)
        .about(user, endpoint)
        .severity(severity)
        .times(count)
        .proved_by(rows.chain(notes))
        .because(explanation.trim_start())
        .check(format!("On the client, outside: Test-NetConnection sip.{domain} -Port 443"))
        .check(format!(
            "On the client, inside: Test-NetConnection lyncdiscoverinternal.{domain} -Port 443, and to the Front End \
             pool -Port 5061"
        ))
        .check("netsh winhttp show proxy, and look for a firewall or proxy between client and server")
        .check_all(checks(&hresults))
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, rules};

    #[test]
    fn nothing_in_32_seconds() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.wait(40);
        anna.says("CUccPlatform::OnTimer");
        assert_eq!(rules(&[&anna]), ["no-answer failure anna@contoso.com x1"]);
    }

    #[test]
    fn a_log_that_ends_too_soon_proves_nothing() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.wait(20);
        anna.says("CUccPlatform::OnTimer");
        assert_eq!(rules(&[&anna]), Vec::<String>::new());
        let mut ben = Client::new("ben@contoso.com");
        ben.register("");
        assert_eq!(rules(&[&ben]), Vec::<String>::new());
    }

    #[test]
    fn what_the_client_says_of_it_is_the_same_try() {
        let mut anna = Client::new("anna@contoso.com");
        anna.register("");
        anna.wait(33);
        anna.says("REGISTER failed, hr = 0x80ee000c");
        assert_eq!(rules(&[&anna]), ["no-answer failure anna@contoso.com x1"]);
    }

    #[test]
    fn a_refused_connection_needs_no_register() {
        for hresult in ["0x80ee0067", "0x80ee0069", "0x80ee000c"] {
            let mut anna = Client::new("anna@contoso.com");
            anna.says(&format!("Login of sip:anna@contoso.com failed, hr = {hresult}"));
            assert_eq!(rules(&[&anna]), ["no-answer failure anna@contoso.com x1"]);
        }
    }

    #[test]
    fn one_address_of_several_may_fail() {
        let mut anna = Client::new("anna@contoso.com");
        anna.says("connecting to sipinternal.contoso.com:5061 failed, hr = 0x80ee0067");
        anna.ntlm_sign_in();
        assert!(rules(&[&anna]).contains(&"no-answer normal anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_network_that_comes_back_is_a_warning() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.wait(3_600);
        anna.register(&anna.signed("NTLM"));
        anna.wait(600);
        anna.new_call();
        anna.ntlm_sign_in();
        assert!(rules(&[&anna]).contains(&"no-answer warning anna@contoso.com x1".to_owned()));
    }

    #[test]
    fn a_request_in_vain_while_signed_in_is_no_sign_in() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.wait(100);
        anna.says("SUBSCRIBE failed, hr = 0x80ee000c");
        assert!(!rules(&[&anna]).iter().any(|rule| rule.starts_with("no-answer")));
    }

    fn loud(client: &Client) -> Vec<String> {
        rules(&[client]).into_iter().filter(|rule| !rule.contains(" normal ")).collect()
    }

    #[test]
    fn other_connections_of_a_client_that_is_signed_in_are_no_sign_in() {
        let lines = [
            "CUccMrasConnection connect failed hr = 0x80ee0067",
            "Peer-to-peer file transfer failed, hr=0x80ee0069",
            "SUBSCRIBE timed out, hr=0x80ee000c",
            "DNS lookup of _turn failed 0x80ee0066",
            "Exchange EWS failed 0x80ee006c",
            "something failed, hr=0x80ee0065",
        ];
        for line in lines {
            let mut anna = Client::new("anna@contoso.com");
            anna.ntlm_sign_in();
            for _ in 0..3 {
                anna.wait(60);
                anna.says(line);
            }
            anna.wait(60);
            anna.says("later");
            assert_eq!(loud(&anna), [""; 0], "{line}");
        }
    }

    #[test]
    fn a_connection_that_is_lost_is_a_failure_where_register_fails_too() {
        let line = "SIP connection to sip.contoso.com:443 failed, hr = 0x80ee0067";
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.wait(600);
        anna.says(line);
        anna.wait(60);
        anna.says("later");
        assert_eq!(loud(&anna), ["no-answer warning anna@contoso.com x1"]);
        anna.register(&anna.signed("NTLM"));
        anna.wait(60);
        anna.says("later");
        assert_eq!(loud(&anna), ["no-answer failure anna@contoso.com x2"]);
        let mut ben = Client::new("ben@contoso.com");
        ben.ntlm_sign_in();
        ben.says(line);
        ben.wait(3 * 3_600);
        ben.says("later");
        assert_eq!(loud(&ben), ["no-answer failure ben@contoso.com x1"], "no REGISTER for hours");
        let mut carl = Client::new("carl@contoso.com");
        carl.ntlm_sign_in();
        carl.sign_out();
        carl.says(line);
        assert_eq!(loud(&carl), ["no-answer failure carl@contoso.com x1"], "signed out before");
    }

    #[test]
    fn a_client_that_closes_does_not_wait() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.register(&format!("{}\nExpires: 0", anna.signed("NTLM")));
        anna.wait(60);
        anna.says("UccApi shut down");
        assert!(!rules(&[&anna]).iter().any(|rule| rule.starts_with("no-answer")));
    }
}
