//! Sign-ins: the attempts that rounds of REGISTERs make up, and how each ended.

use super::round::{Round, State};
use super::sip::{self, SipMessage};
use crate::format::Millis;
use crate::index::{Index, RowId};
use rustc_hash::FxHashMap;

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    SignedIn,
    SignedOut,
    Refused,
    Challenged,
    Redirected,
    Rejected,
    Unavailable,
    Unanswered,
}

impl Ending {
    /// The name used towards scripts.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SignedIn => "signed-in",
            Self::SignedOut => "signed-out",
            Self::Refused => "refused",
            Self::Challenged => "challenged",
            Self::Redirected => "redirected",
            Self::Rejected => "rejected",
            Self::Unavailable => "unavailable",
            Self::Unanswered => "unanswered",
        }
    }
}

/// One run of REGISTERs of one Call-ID up to a final answer other than 401 and 407.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Address-of-record.
    pub user: Option<String>,
    /// The epid of the device.
    pub endpoint: Option<String>,
    pub call_id: String,
    pub user_agent: Option<String>,
    /// In the order of their CSeq; never empty.
    pub rounds: Vec<Round>,
    pub ending: Ending,
    is_monitor: bool,
}

impl Attempt {
    /// Number of 401 and 407 answers.
    #[must_use]
    pub fn challenges(&self) -> usize {
        self.rounds.iter().filter(|round| round.is_challenge()).count()
    }

    /// The package that the client used last.
    #[must_use]
    pub fn package(&self) -> Option<&str> {
        self.rounds.iter().rev().find_map(Round::sent).map(|sent| &*sent.package)
    }

    #[must_use]
    pub fn last(&self) -> Option<&Round> {
        self.rounds.last()
    }

    /// The last round that has an answer.
    #[must_use]
    pub fn last_answered(&self) -> Option<&Round> {
        self.rounds.iter().rev().find(|round| round.answer().is_some())
    }

    /// The rounds in which a token was refused.
    pub fn failures(&self) -> impl Iterator<Item = &Round> {
        self.rounds.iter().filter(|round| round.state == State::Failed)
    }

    #[must_use]
    pub fn started(&self) -> Millis {
        self.rounds.first().map_or(Millis::NEVER, Round::time)
    }

    #[must_use]
    pub fn ended(&self) -> Millis {
        self.rounds.last().map_or(Millis::NEVER, |round| round.answered_at().unwrap_or_else(|| round.time()))
    }

    /// The row of its first message, by which it is known: no other attempt begins there.
    #[must_use]
    pub fn first_row(&self) -> Option<RowId> {
        self.rounds.first()?.rows().next()
    }

    /// Rows of all its messages, all copies, as they stand in its rounds.
    #[must_use]
    pub fn rows(&self) -> Vec<RowId> {
        self.rounds.iter().flat_map(Round::rows).collect()
    }

    /// The association was established before, and this attempt renews it.
    #[must_use]
    pub fn renews(&self) -> bool {
        self.rounds.first().is_some_and(|round| round.state == State::Restarted)
    }

    /// A server's trace holds messages of it too.
    #[must_use]
    pub fn is_seen_by_server(&self) -> bool {
        self.rounds.iter().flat_map(Round::messages).any(SipMessage::is_seen_by_server)
    }

    #[must_use]
    pub fn is_seen_by_client(&self) -> bool {
        self.rounds.iter().flat_map(Round::messages).any(SipMessage::is_seen_by_client)
    }

    /// Health monitors, probes and balancers ask and never answer the challenge; anonymous participants of meetings
    /// are nobody's sign-in.
    #[must_use]
    pub fn is_monitor(&self) -> bool {
        self.is_monitor
    }
}

/// Whether attempts of a device are no sign-ins of a person.
fn is_monitor(user: Option<&str>, endpoint: Option<&str>, user_agent: Option<&str>) -> bool {
    const CLIENTS: [&str; 12] = [
        "uccapi",
        "oc/",
        "uccp",
        "cpe",
        "iphonelync",
        "ipadlync",
        "androidlync",
        "lync mac",
        "macclient",
        "wplync",
        "communicator",
        "sfb",
    ];
    let agent = user_agent.unwrap_or_default().to_ascii_lowercase();
    let is_probe = endpoint.is_none() && !CLIENTS.iter().any(|client| agent.contains(client));
    is_probe || user == Some("anonymous@anonymous.invalid")
}

/// All REGISTERs of one Call-ID of one device.
#[derive(Clone, Debug)]
pub struct Registration {
    pub user: Option<String>,
    pub endpoint: Option<String>,
    pub call_id: String,
    pub attempts: Vec<Attempt>,
    /// REGISTERs that kept an association alive, which are no attempts.
    pub refreshes: Vec<Round>,
}

impl Registration {
    /// All its messages, those of attempts first.
    pub fn messages(&self) -> impl Iterator<Item = &SipMessage> {
        let rounds = self.attempts.iter().flat_map(|attempt| &attempt.rounds).chain(&self.refreshes);
        rounds.flat_map(Round::messages)
    }
}

/// All registrations that rows of REGISTERs and their answers make up, in the order of their first messages. `log_ends`
/// says when the log that holds a message ends.
pub(super) fn registrations(
    index: &Index,
    rows: &[RowId],
    log_ends: &(impl Fn(&SipMessage) -> Millis + Sync),
) -> Vec<Registration> {
    let mut all = sip::read_calls(index, rows, |messages| of_messages(messages, log_ends));
    all.sort_by_cached_key(|registration| {
        registration.messages().flat_map(SipMessage::rows).map(|row| index.position(row)).min()
    });
    all
}

/// Sorts the messages of one Call-ID by user and device.
fn of_messages(messages: Vec<SipMessage>, log_ends: &impl Fn(&SipMessage) -> Millis) -> Vec<Registration> {
    let mut groups: Vec<Vec<SipMessage>> = Vec::new();
    let mut known: FxHashMap<(String, String, String), usize> = FxHashMap::default();
    for message in messages {
        // Copies without an epid join those that have one.
        let (user, epid) = (message.from.clone().unwrap_or_default(), message.epid.clone().unwrap_or_default());
        let key = (user.clone(), epid.clone(), message.call_id.clone());
        let bare = (user, String::new(), message.call_id.clone());
        let place = known.get(&key).or_else(|| known.get(&bare).filter(|_| epid.is_empty())).copied();
        let place = place.unwrap_or(groups.len());
        known.entry(key).or_insert(place);
        known.entry(bare).or_insert(place);
        match groups.get_mut(place) {
            Some(group) => group.push(message),
            None => groups.push(vec![message]),
        }
    }
    groups.into_iter().map(|group| registration(group, log_ends)).collect()
}

fn registration(messages: Vec<SipMessage>, log_ends: &impl Fn(&SipMessage) -> Millis) -> Registration {
    let say = |what: fn(&SipMessage) -> Option<String>| messages.iter().find_map(what);
    let user = say(|message| message.from.clone());
    let endpoint = say(|message| message.epid.clone());
    let user_agent = say(|message| message.user_agent.clone().filter(|_| message.is_request()));
    let call_id = say(|message| Some(message.call_id.clone())).unwrap_or_default();
    let mut found = Registration { user, endpoint, call_id, attempts: Vec::new(), refreshes: Vec::new() };
    let is_monitor = is_monitor(found.user.as_deref(), found.endpoint.as_deref(), user_agent.as_deref());
    let mut open: Vec<Round> = Vec::new();
    let mut is_associated = false;
    let close = |found: &mut Registration, rounds: &mut Vec<Round>| {
        if rounds.is_empty() {
            return;
        }
        let rounds = std::mem::take(rounds);
        found.attempts.push(Attempt {
            user: found.user.clone(),
            endpoint: found.endpoint.clone(),
            call_id: found.call_id.clone(),
            user_agent: user_agent.clone(),
            ending: ending(&rounds, log_ends),
            rounds,
            is_monitor,
        });
    };
    for mut round in rounds(messages) {
        if round.is_sign_out() && open.last().is_some_and(|before| !before.is_sign_out()) {
            close(&mut found, &mut open);
        }
        round.judge(open.last().map(|before| before.state));
        let sent = round.sent();
        let shows_association = sent.map_or(is_associated, |sent| sent.is_signed && !sent.has_token());
        // A 200 without its request may answer anything, most likely a refresh.
        let shows_association = shows_association || round.request().is_none() && round.state == State::Established;
        let is_refresh = open.is_empty()
            && !round.is_sign_out()
            && shows_association
            && matches!(round.state, State::Established | State::Open);
        if is_refresh {
            found.refreshes.push(round);
            continue;
        }
        let ends = !round.is_challenge() && round.answer().is_some();
        is_associated = round.state == State::Established && !round.is_sign_out();
        open.push(round);
        if ends {
            close(&mut found, &mut open);
        }
    }
    close(&mut found, &mut open);
    found
}

/// Pairs requests with their final answers by CSeq, and by branch where both have one.
fn rounds(messages: Vec<SipMessage>) -> Vec<Round> {
    let (requests, answers): (Vec<_>, Vec<_>) = messages.into_iter().partition(SipMessage::is_request);
    let mut answers_to: FxHashMap<u32, Vec<SipMessage>> = FxHashMap::default();
    for answer in answers.into_iter().filter(|answer| answer.status >= Some(200)) {
        answers_to.entry(answer.cseq).or_default().push(answer);
    }
    let mut rounds: Vec<Round> = Vec::new();
    for request in requests {
        let is_own = |answer: &SipMessage| {
            let same_branch = || answer.branches.iter().any(|branch| request.branches.contains(branch));
            answer.branches.is_empty() || request.branches.is_empty() || same_branch()
        };
        let same_number = answers_to.remove(&request.cseq).unwrap_or_default();
        let (mut own, others): (Vec<_>, Vec<_>) = same_number.into_iter().partition(is_own);
        if !others.is_empty() {
            answers_to.insert(request.cseq, others);
        }
        // Of several final answers the one that reached the client counts, else the last.
        own.sort_by_key(|answer| (answer.is_seen_by_client(), answer.time()));
        rounds.push(Round::new(Some(request), own.pop()));
    }
    let mut alone: Vec<SipMessage> = answers_to.into_values().flatten().collect();
    alone.sort_by_key(|answer| (answer.cseq, answer.time()));
    let alone = alone.into_iter();
    rounds.extend(alone.map(|answer| Round::new(None, Some(answer))));
    let cseq = |round: &Round| round.request().or(round.answer()).map_or(0, |message| message.cseq);
    rounds.sort_by_key(|round| (cseq(round), round.time()));
    rounds
}

/// How long a client waits for an answer (RFC 3261 17.1.2.2, timer F), milliseconds.
pub const ANSWER_TIMEOUT_MS: i64 = 32_000;

fn ending(rounds: &[Round], log_ends: &impl Fn(&SipMessage) -> Millis) -> Ending {
    let Some(last) = rounds.last() else { return Ending::Unanswered };
    match (last.state, last.status()) {
        (State::Established, _) if last.is_sign_out() => Ending::SignedOut,
        (State::Established, _) => Ending::SignedIn,
        (State::Answered, Some(300..=399)) => Ending::Redirected,
        (State::Answered, Some(500..=599)) => Ending::Unavailable,
        (State::Answered, _) => Ending::Rejected,
        (State::Failed, _) => Ending::Refused,
        (State::Challenged | State::Continued | State::Restarted, _) => Ending::Challenged,
        (State::Open, _) => {
            let waited = last.request().map_or(0, |request| {
                let (sent, end) = (request.time(), log_ends(request));
                if sent == Millis::NEVER || end == Millis::NEVER { 0 } else { end.0 - sent.0 }
            });
            match rounds.iter().rev().nth(1).map(|round| round.state) {
                // The log ends too soon to say that nothing came.
                Some(State::Failed) if waited < ANSWER_TIMEOUT_MS => Ending::Refused,
                Some(_) if waited < ANSWER_TIMEOUT_MS => Ending::Challenged,
                _ => Ending::Unanswered,
            }
        }
    }
}
