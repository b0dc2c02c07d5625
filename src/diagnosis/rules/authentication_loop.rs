//! Sign-in again and again, with the same result each time.

use super::Rule;
use crate::diagnosis::case::{Device, group, who};
use crate::diagnosis::refusal::{Refusal, finding_severity};
use crate::diagnosis::words::{duration, how_often};
use crate::diagnosis::{Case, Confidence, Finding, Severity};
use crate::format::Millis;
use crate::trace::{Round, State};
use rustc_hash::FxHashSet;
use std::ptr;

/// Three complete handshakes of one device within five minutes, from the first challenge to the refusal, and no
/// success between them. They may share one Call-ID or have one each.
pub const RULE: Rule = Rule { slug: "authentication-loop", severity: Severity::Failure, find };

/// Complete cycles that make a loop, and the time they may take together.
const CYCLES: usize = 3;
const WITHIN_MS: i64 = 5 * 60_000;

/// From a challenge to the refusal of what answered it.
struct Cycle<'a> {
    rounds: Vec<&'a Round>,
    started: Millis,
    ended: Millis,
}

fn find(case: &Case<'_>) -> Vec<Finding> {
    let refusals = group(case.refusals.iter().map(|refusal| (who(refusal.attempt), refusal)));
    let mut refusals: rustc_hash::FxHashMap<_, _> = refusals.into_iter().collect();
    case.devices
        .iter()
        .filter_map(|device| of_device(case, device, &refusals.remove(&device.who).unwrap_or_default()))
        .collect()
}

fn of_device(case: &Case<'_>, device: &Device<'_>, refusals: &[&Refusal<'_>]) -> Option<Finding> {
    let cycles: Vec<Cycle<'_>> = runs(device, refusals).into_iter().flat_map(loops).collect();
    let last = cycles.last()?;
    let (user, endpoint) = device.who;
    let rows = || cycles.iter().flat_map(|cycle| &cycle.rounds).flat_map(|round| round.rows());
    let last_request = last.rounds.last().and_then(|round| round.request());
    // What explains the last refusal explains the loop.
    let is_last = |refusal: &&&Refusal<'_>| {
        let request = refusal.round.request();
        request.zip(last_request).is_some_and(|(own, last)| own.call_id == last.call_id && own.cseq == last.cseq)
    };
    let proof = refusals.iter().rev().find(is_last).or(refusals.last()).copied();
    let package = last.rounds.last().and_then(|round| Some(&*round.sent()?.package)).unwrap_or("unknown");
    let beat = beat_ms(&cycles).map(|ms| {
        format!(" They come at a steady beat of {}, as from a device that keeps an old password.", duration(ms))
    });
    let recovers = device.signs_in_after(last.started);
    let mut finding = Finding::new(
        &RULE,
        Confidence::Proved,
        format!("Authentication loop of {}: {} attempts, refused each time", user.unwrap_or("the user"), cycles.len()),
    )
    .about(user, endpoint)
    .severity(finding_severity(recovers))
    .times(cycles.len())
    .because(format!(
        "Complete handshakes (last package {package}), from the first challenge to the refusal and without a success \
         between them: {}. Last proof: {}.{}",
        how_often(case.index, cycles.len(), rows()),
        proof
            .and_then(Refusal::result_in_words)
            .unwrap_or_else(|| "a fresh challenge instead of an answer to the token".to_owned()),
        beat.unwrap_or_default()
    ))
    .check("Follow the finding that explains the refusal; the loop is what comes of it.")
    .check("Does the server's trace of the same Call-ID hold a security record with a Result-Code?")
    .proved_by(rows());
    finding.caused_by = proof.map(Refusal::rule);
    Some(finding)
}

/// Cycles without a success between them.
fn runs<'a>(device: &Device<'a>, refusals: &[&Refusal<'_>]) -> Vec<Vec<Cycle<'a>>> {
    // A ticket may be refused by an error that looks like the next step of a handshake.
    let errors: FxHashSet<*const Round> =
        refusals.iter().filter(|own| own.kerberos_error.is_some()).map(|own| ptr::from_ref(own.round)).collect();
    let mut runs = vec![Vec::new()];
    for attempt in &device.attempts {
        // Rounds since the challenge that the client is answering; `None` where the log does not show that.
        let mut rounds: Option<Vec<&Round>> = None;
        for round in &attempt.rounds {
            match round.state {
                State::Challenged if round.sent().is_none() => rounds = Some(vec![round]),
                State::Restarted => rounds = Some(vec![round]),
                State::Continued | State::Failed
                    if round.state == State::Failed || errors.contains(&ptr::from_ref(round)) =>
                {
                    if let Some(mut own) = rounds.take() {
                        own.push(round);
                        let started = own.first().map_or(Millis::NEVER, |first| first.time());
                        let ended = round.answered_at().unwrap_or(Millis::NEVER);
                        if let Some(run) = runs.last_mut() {
                            run.push(Cycle { rounds: own, started, ended });
                        }
                    }
                    // A refusal with fresh offers is the challenge of the next cycle.
                    let is_fresh = round.alert().is_none() && !round.offered().is_empty();
                    rounds = is_fresh.then(Vec::new);
                }
                State::Established => runs.push(Vec::new()),
                _ => {
                    if let Some(rounds) = &mut rounds {
                        rounds.push(round);
                    }
                }
            }
        }
    }
    runs
}

/// The cycles that stand close enough together.
fn loops(cycles: Vec<Cycle<'_>>) -> Vec<Cycle<'_>> {
    let mut keeps = vec![false; cycles.len()];
    for (first, window) in cycles.windows(CYCLES).enumerate() {
        let (Some(from), Some(to)) = (window.first(), window.last()) else { continue };
        let is_timed = from.started != Millis::NEVER && to.ended != Millis::NEVER;
        if is_timed && to.ended.0.saturating_sub(from.started.0) <= WITHIN_MS {
            keeps.iter_mut().skip(first).take(CYCLES).for_each(|keep| *keep = true);
        }
    }
    cycles.into_iter().zip(keeps).filter(|(_, keep)| *keep).map(|(cycle, _)| cycle).collect()
}

/// The time from one cycle to the next, where it is the same throughout.
fn beat_ms(cycles: &[Cycle<'_>]) -> Option<i64> {
    let steps = || cycles.iter().zip(cycles.iter().skip(1)).map(|(a, b)| b.started.0.saturating_sub(a.started.0));
    let (least, most) = (steps().min()?, steps().max()?);
    (cycles.len() > CYCLES && least >= 2_000 && most - least <= least / 10).then_some(least)
}

#[cfg(test)]
mod tests {
    use crate::diagnosis::scene::{Client, KERBEROS, Server, fires, kerberos_error, rules};

    fn refused(client: &mut Client, times: usize, is_one_call: bool, pause_s: i64) {
        for _ in 0..times {
            client.ntlm_refused();
            client.wait(pause_s);
            if !is_one_call {
                client.new_call();
            }
        }
    }

    #[test]
    fn three_refusals_with_a_call_id_each() {
        let mut anna = Client::new("anna@contoso.com");
        refused(&mut anna, 4, false, 10);
        let found = rules(&[&anna]);
        assert!(found.contains(&"credentials-refused failure anna@contoso.com x4".to_owned()), "{found:?}");
        let own = "authentication-loop failure anna@contoso.com x4 <- credentials-refused";
        assert!(found.contains(&own.to_owned()), "{found:?}");
    }

    #[test]
    fn three_refusals_in_one_call_id_with_and_without_a_first_challenge_each() {
        let mut anna = Client::new("anna@contoso.com");
        refused(&mut anna, 3, true, 10);
        assert!(
            rules(&[&anna])
                .contains(&"authentication-loop failure anna@contoso.com x3 <- credentials-refused".to_owned())
        );
        let mut ben = Client::new("ben@contoso.com");
        ben.ntlm_refused();
        for _ in 0..2 {
            ben.ntlm_from_challenge_to_refusal();
        }
        assert!(
            rules(&[&ben])
                .contains(&"authentication-loop failure ben@contoso.com x3 <- credentials-refused".to_owned())
        );
    }

    #[test]
    fn an_association_that_is_not_renewed() {
        let mut anna = Client::new("anna@contoso.com");
        anna.ntlm_sign_in();
        anna.wait(8 * 3_600 - 300);
        anna.register(&anna.signed("NTLM"));
        anna.challenge();
        for _ in 0..3 {
            anna.ntlm_from_challenge_to_refusal();
        }
        assert!(
            rules(&[&anna])
                .contains(&"authentication-loop failure anna@contoso.com x3 <- credentials-refused".to_owned())
        );
    }

    #[test]
    fn two_refusals_or_slow_ones_are_no_loop() {
        let mut anna = Client::new("anna@contoso.com");
        refused(&mut anna, 2, false, 10);
        assert!(!fires("authentication-loop", &[&anna]));
        let mut ben = Client::new("ben@contoso.com");
        refused(&mut ben, 5, false, 200);
        assert!(!fires("authentication-loop", &[&ben]));
    }

    #[test]
    fn copies_in_other_traces_are_no_further_cycles() {
        let mut anna = Client::new("anna@contoso.com");
        refused(&mut anna, 2, false, 10);
        let edge = Server::copies("EDGEPOOL", "EDGE01", &anna);
        let fe01 = Server::copies("FEPOOL01", "FE01", &anna);
        assert!(!fires("authentication-loop", &[&anna, &edge, &fe01]));
    }

    #[test]
    fn a_success_between_them_breaks_the_loop_and_devices_are_told_apart() {
        let mut anna = Client::new("anna@contoso.com");
        refused(&mut anna, 2, false, 10);
        anna.ntlm_sign_in();
        anna.new_call();
        refused(&mut anna, 2, false, 10);
        assert!(!fires("authentication-loop", &[&anna]));
        let mut pc = Client::new("ben@contoso.com");
        refused(&mut pc, 2, false, 10);
        let mut phone = Client::new("ben@contoso.com");
        phone.epid = "0123456789".to_owned();
        phone.file = "phone".to_owned();
        refused(&mut phone, 2, false, 10);
        assert!(!fires("authentication-loop", &[&pc, &phone]));
    }

    #[test]
    fn tickets_that_are_refused_by_an_error_each_time() {
        let mut henry = Client::new("henry@contoso.com");
        for _ in 0..3 {
            henry.register("");
            henry.challenge();
            henry.register(&henry.authorization("Kerberos", KERBEROS));
            henry.answer("401 Unauthorized", &henry.goes_on("Kerberos", &kerberos_error(41)));
            henry.wait(40);
            henry.new_call();
        }
        henry.says("idle");
        let own = "authentication-loop failure henry@contoso.com x3 <- kerberos-target";
        assert!(rules(&[&henry]).contains(&own.to_owned()), "{:?}", rules(&[&henry]));
    }

    #[test]
    fn first_challenges_alone_are_no_loop() {
        let mut anna = Client::new("anna@contoso.com");
        for _ in 0..5 {
            anna.register("");
            anna.challenge();
            anna.new_call();
        }
        assert!(!fires("authentication-loop", &[&anna]));
    }
}
