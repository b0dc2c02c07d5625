//! Which step of a sign-in a message is, in words.

use crate::index::RowId;
use crate::protocol::token::TokenClass;
use crate::trace::{Attempt, Outcome, Round, State, Trace};
use rustc_hash::FxHashMap;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    pub text: String,
    /// What it is in the sign-in, which may say more than the message alone: a refused token is a failure.
    pub outcome: Outcome,
}

/// The steps of all messages of sign-ins. Many messages are the same step.
#[derive(Debug, Default)]
pub struct Steps {
    steps: Vec<Step>,
    of_rows: FxHashMap<RowId, u32>,
}

impl Steps {
    pub(super) fn of(trace: &Trace) -> Self {
        let mut all = Self::default();
        let mut known: FxHashMap<Step, u32> = FxHashMap::default();
        for registration in &trace.registrations {
            for attempt in &registration.attempts {
                for (at, round) in attempt.rounds.iter().enumerate() {
                    all.add(&mut known, round, &request(round), &answer(attempt, at, round));
                }
            }
            let kept =
                |what: &str, outcome| Step { text: format!("{what} that keeps the registration alive"), outcome };
            for round in &registration.refreshes {
                all.add(&mut known, round, &kept("REGISTER", Outcome::Request), &kept("Answer", Outcome::Success));
            }
        }
        all
    }

    /// What a message is in its sign-in; `None` where it belongs to none.
    #[must_use]
    pub fn of_row(&self, row: RowId) -> Option<&Step> {
        self.steps.get(*self.of_rows.get(&row)? as usize)
    }

    /// Messages that are failures in their sign-in, whatever each says alone.
    pub(super) fn failures(&self) -> impl Iterator<Item = RowId> {
        let is_failure =
            |number: &u32| self.steps.get(*number as usize).is_some_and(|step| step.outcome == Outcome::Failure);
        self.of_rows.iter().filter(move |(_, number)| is_failure(number)).map(|(row, _)| *row)
    }

    fn add(&mut self, known: &mut FxHashMap<Step, u32>, round: &Round, request: &Step, answer: &Step) {
        for (message, step) in [(round.request(), request), (round.answer(), answer)] {
            let Some(message) = message else { continue };
            let number = known.get(step).copied().unwrap_or_else(|| {
                let number = self.steps.len() as u32;
                self.steps.push(step.clone());
                known.insert(step.clone(), number);
                number
            });
            self.of_rows.extend(message.rows().map(|row| (row, number)));
        }
    }
}

fn request(round: &Round) -> Step {
    let text = match round.sent() {
        _ if round.is_sign_out() => "Asks for the end of the registration".to_owned(),
        None => "Start of a sign-in, without credentials yet: normal".to_owned(),
        Some(sent) => match sent.token {
            Some(TokenClass::Empty) => format!("Asks for a {} challenge: normal", sent.package),
            Some(_) if round.has_final_token() => format!("Last token of the {} handshake", sent.package),
            Some(_) => format!("A step of the {} handshake: normal", sent.package),
            None if sent.is_signed => format!("Signed by {}, without a token", sent.package),
            None => format!("Names {}, without a token", sent.package),
        },
    };
    Step { text, outcome: Outcome::Request }
}

fn answer(attempt: &Attempt, at: usize, round: &Round) -> Step {
    let package = round.sent().map(|sent| &*sent.package).unwrap_or_default();
    let is_last = at + 1 == attempt.rounds.len();
    let is_first = !attempt.rounds.iter().take(at).any(|before| before.state == State::Challenged);
    let (text, outcome) = match round.state {
        State::Challenged if is_last => {
            ("The server asks who it is; the log shows no answer".to_owned(), Outcome::Challenge)
        }
        State::Challenged if is_first => ("First challenge of a sign-in: normal".to_owned(), Outcome::Challenge),
        State::Challenged => {
            ("Another challenge, by another server or for another package".to_owned(), Outcome::Challenge)
        }
        State::Continued if is_last => (format!("{package} challenge; the log shows no answer"), Outcome::Challenge),
        State::Continued => (format!("{package} challenge, the handshake goes on: normal"), Outcome::Challenge),
        State::Established if round.is_sign_out() => ("Signed out".to_owned(), Outcome::Success),
        State::Established => ("Signed in".to_owned(), Outcome::Success),
        State::Failed => match round.alert() {
            Some(alert) => {
                (format!("Refused token: the server ends {package} with TLS alert {alert}"), Outcome::Failure)
            }
            None => {
                (format!("Refused token: the server starts over instead of going on with {package}"), Outcome::Failure)
            }
        },
        State::Restarted => (
            "The server no longer knows this sign-in and asks anew: normal after a restart".to_owned(),
            Outcome::Challenge,
        ),
        State::Answered | State::Open => {
            let status = round.status();
            let text = match status {
                Some(300..=399) => "The sign-in goes on at another server".to_owned(),
                Some(status) => format!("The sign-in ends with {status}"),
                None => "No final answer yet".to_owned(),
            };
            (text, Outcome::of(status, [].into_iter()))
        }
    };
    Step { text, outcome }
}
