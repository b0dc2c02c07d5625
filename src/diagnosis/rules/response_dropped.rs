//! The server accepted the sign-in, and the client goes on as if nothing had come.

use super::Rule;
use crate::diagnosis::case::{Who, group};
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::format::Direction;
use crate::index::RowId;
use crate::protocol::AuthRole;
use crate::trace::{Hop, Round, SipMessage, State};

/// After a 200 with Authentication-Info the same REGISTER, or one REGISTER after the other, comes again on the same
/// connection: a client must silently drop an answer whose signature does not fit ([MS-SIPAE] 3.2.5.2).
pub const RULE: Rule = Rule { slug: "response-dropped", severity: Severity::Warning, find };

/// A client that got its answer is quiet for longer than this.
const REPEATS_WITHIN_MS: i64 = 60_000;
/// One REGISTER soon after a 200 happens; this many in a row do not.
const REPEATS: usize = 2;

struct Repeat<'a> {
    accepted: &'a Round,
    rows: Vec<RowId>,
}

fn find(case: &Case<'_>) -> Vec<Finding> {
    let rounds = case.trace.registrations.iter().flat_map(|registration| {
        let who = (registration.user.as_deref(), registration.endpoint.as_deref());
        let attempts = registration.attempts.iter().filter(|attempt| !attempt.is_monitor());
        let rounds = attempts.flat_map(|attempt| &attempt.rounds).chain(&registration.refreshes);
        rounds.map(move |round| (who, round))
    });
    let groups = group(rounds.filter(|(_, round)| round.request().is_some() && !round.is_sign_out()));
    groups.into_iter().filter_map(|(who, rounds)| judge(who, rounds)).map(|finding| finding.when(case.index)).collect()
}

fn judge<'a>((user, endpoint): Who<'a>, mut rounds: Vec<&'a Round>) -> Option<Finding> {
    rounds.sort_by_key(|round| round.time());
    let mut repeats: Vec<Repeat<'_>> = rounds.iter().filter_map(|round| sent_again(round)).collect();
    // Without an epid several devices look like one that repeats itself.
    if endpoint.is_some() {
        repeats.extend(starts_over(&rounds));
    }
    if repeats.is_empty() {
        return None;
    }
    let got_it = |repeat: &Repeat<'_>| repeat.accepted.answer().is_some_and(SipMessage::is_seen_by_client);
    let is_received = repeats.iter().any(got_it);
    let name = user.unwrap_or("a user");
    let where_it_went = if is_received {
        " The log of the client shows that the answer arrived: the client dropped it, because its signature does not \
         fit or belongs to another association."
    } else {
        " Either the client drops the answer, because its signature does not fit, or the answer is lost on the way: a \
         lost packet and a reset connection look the same."
    };
    let finding = Finding::new(
        &RULE,
        if is_received { Confidence::Likely } else { Confidence::Hint },
        format!("The server accepts {name}, and the client does not take the answer"),
    )
    .about(user, endpoint)
    .times(repeats.len())
    .proved_by(repeats.iter().flat_map(|repeat| repeat.accepted.rows().chain(repeat.rows.iter().copied())))
    .because(format!(
        "The server answered 200 with a signature, and the client repeated its request on the same \
         connection.{where_it_went}"
    ))
    .check("Put the client's log and the server's trace side by side (open both) and compare the 200 on both sides")
    .check(
        "Look for a device between them that rewrites From, To or P-Asserted-Identity: SIP inspection on a firewall, a \
         balancer, an SBC",
    )
    .check("Compare targetname and opaque of Authentication-Info with those of the request")
    .check("Look at connection events of that time: filter kind:connection");
    Some(finding)
}

fn is_accepted(round: &Round) -> bool {
    let is_signed = |answer: &SipMessage| answer.credentials.iter().any(|own| own.role == AuthRole::Info);
    round.state == State::Established && round.answer().is_some_and(is_signed)
}

/// The same request once more where its answer had been written down already.
fn sent_again(round: &Round) -> Option<Repeat<'_>> {
    let (request, answer) = (round.request()?, round.answer().filter(|_| is_accepted(round))?);
    let came_after = |hop: &&Hop| answer.hops.iter().any(|answered| is_back(hop, answered) && hop.time > answered.time);
    let rows: Vec<RowId> = request.hops.iter().filter(came_after).map(|hop| hop.row).collect();
    (!rows.is_empty()).then_some(Repeat { accepted: round, rows })
}

/// Whether an answer went back the way a request came, on the same connection.
fn is_back(request: &Hop, answer: &Hop) -> bool {
    let is_opposite = matches!(
        (request.direction, answer.direction),
        (Direction::In, Direction::Out) | (Direction::Out, Direction::In)
    );
    is_opposite && (request.file, &request.machine, &request.peer) == (answer.file, &answer.machine, &answer.peer)
}

/// Runs of REGISTERs that each come soon after a 200, on the connection that the 200 went to.
fn starts_over<'a>(rounds: &[&'a Round]) -> Vec<Repeat<'a>> {
    let mut all = Vec::new();
    let mut run: Vec<Repeat<'_>> = Vec::new();
    let mut accepted: Option<&Round> = None;
    for round in rounds {
        if let (Some(before), Some(request)) = (accepted, round.request()) {
            let row = before.answer().and_then(|answer| comes_soon_after(request, answer));
            match row {
                Some(row) => run.push(Repeat { accepted: before, rows: vec![row] }),
                None if run.len() >= REPEATS => all.append(&mut run),
                None => run.clear(),
            }
            accepted = None;
        }
        if is_accepted(round) {
            accepted = Some(round);
        }
    }
    if run.len() >= REPEATS {
        all.append(&mut run);
    }
    all
}

fn comes_soon_after(request: &SipMessage, answer: &SipMessage) -> Option<RowId> {
    let is_soon = |hop: &&Hop| {
        answer.hops.iter().filter(|answered| !answered.is_client).any(|answered| {
            is_back(hop, answered) && (0..=REPEATS_WITHIN_MS).contains(&(hop.time.0.saturating_sub(answered.time.0)))
        })
    };
    request.hops.iter().find(is_soon).map(|hop| hop.row)
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{CLIENT, Client, Server, rules};

    const SIGNED: &str = "AUTHORIZATION: NTLM qop=\"auth\", opaque=\"A1\", targetname=\"fe01.contoso.com\", \
                          crand=\"1\", cnum=\"2\", response=\"0102\"";
    const SIGNATURE: &str = "AUTHENTICATION-INFO: NTLM qop=\"auth\", opaque=\"A1\", srand=\"0B\", snum=\"1\", \
                             rspauth=\"0102\", targetname=\"fe01.contoso.com\"\nEXPIRES: 7200";

    fn register(server: &mut Server, peer: &str, cseq: u32) {
        let headers = format!(
            "FROM: <sip:anna@contoso.com>;tag=1;epid=0f\nTO: <sip:anna@contoso.com>\nCALL-ID: r1\nCSEQ: {cseq} \
             REGISTER\nUSER-AGENT: UCCAPI/16.0 OC/16.0\n{SIGNED}"
        );
        server.sip("incoming", peer, "REGISTER sip:contoso.com SIP/2.0", &headers);
    }

    fn accept(server: &mut Server, peer: &str, cseq: u32) {
        let headers = format!(
            "FROM: <sip:anna@contoso.com>;tag=1;epid=0f\nTO: <sip:anna@contoso.com>;tag=2\nCALL-ID: r1\nCSEQ: {cseq} \
             REGISTER\n{SIGNATURE}"
        );
        server.sip("outgoing", peer, "SIP/2.0 200 OK", &headers);
    }

    fn is_found(server: &Server) -> bool {
        rules(&[server]).iter().any(|rule| rule.starts_with("response-dropped warning anna@contoso.com"))
    }

    #[test]
    fn the_same_request_after_its_answer() {
        let mut server = Server::new("FEPOOL01", "FE01");
        register(&mut server, CLIENT, 4);
        accept(&mut server, CLIENT, 4);
        server.wait(4);
        register(&mut server, CLIENT, 4);
        assert!(is_found(&server));
    }

    #[test]
    fn one_register_after_the_other() {
        let mut server = Server::new("FEPOOL01", "FE01");
        for cseq in 4..8 {
            register(&mut server, CLIENT, cseq);
            accept(&mut server, CLIENT, cseq);
            server.wait(32);
        }
        assert!(is_found(&server));
    }

    #[test]
    fn another_connection_says_that_the_first_was_lost() {
        let mut server = Server::new("FEPOOL01", "FE01");
        for cseq in 4..8 {
            let peer = format!("198.51.100.23:{}", 50_000 + cseq);
            register(&mut server, &peer, cseq);
            accept(&mut server, &peer, cseq);
            server.wait(32);
        }
        assert!(!is_found(&server));
    }

    #[test]
    fn hourly_refreshes_are_normal() {
        let mut server = Server::new("FEPOOL01", "FE01");
        for cseq in 4..8 {
            register(&mut server, CLIENT, cseq);
            accept(&mut server, CLIENT, cseq);
            server.wait(3_600);
        }
        assert!(!is_found(&server));
    }

    #[test]
    fn a_request_sent_again_before_its_answer_is_only_slow() {
        let mut server = Server::new("FEPOOL01", "FE01");
        register(&mut server, CLIENT, 4);
        server.wait(4);
        register(&mut server, CLIENT, 4);
        accept(&mut server, CLIENT, 4);
        assert!(!is_found(&server));
    }

    #[test]
    fn a_healthy_sign_in_is_not() {
        let mut anna = Client::new("anna@contoso.com");
        anna.tls_dsk_sign_in();
        anna.new_call();
        anna.ntlm_sign_in();
        assert!(!rules(&[&anna]).iter().any(|rule| rule.starts_with("response-dropped")));
    }
}
