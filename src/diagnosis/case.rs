//! What the rules look at: the trace, and what several rules need to know of it.

use super::certificate_fetch::{self, CertificateFetch};
use super::hosts::domain_of;
use super::numbers::CLIENT_401;
use super::overruled::Overruled;
use super::refusal::{Bench, Cause, Refusal};
use super::rejection::{Ground, Rejection};
use super::sign_in::SignIn;
use super::silence::Silence;
use super::timeline::Timeline;
use super::web_services::WebServices;
use crate::format::Millis;
use crate::index::{self, Index};
use crate::trace::{Attempt, ClientNote, Ending, Trace, WebExchange, WebService};
use rustc_hash::{FxHashMap, FxHashSet};

/// One trace being judged.
pub struct Case<'a> {
    pub index: &'a Index,
    pub trace: &'a Trace,
    /// Devices that try to sign in, in the order of their first attempts.
    pub devices: Vec<Device<'a>>,
    /// Refused tokens, each with the one cause that its evidence proves.
    pub refusals: Vec<Refusal<'a>>,
    /// Sign-ins that ended in a final status, each with its one ground.
    pub rejections: Vec<Rejection<'a>>,
    pub overruled: Overruled,
    pub timeline: Timeline<'a>,
    /// Attempts that ended well, and what they were.
    pub sign_ins: Vec<SignIn<'a>>,
    /// Devices that leave the challenge unanswered at the end of the log.
    pub silences: Vec<Silence<'a>>,
    pub client_notes: ClientNotes<'a>,
    /// The domains of those who sign in.
    pub own_domains: FxHashSet<&'a str>,
    /// Places in `devices`.
    places: FxHashMap<Who<'a>, usize>,
    /// Requests to web services, by user.
    pub web: WebServices<'a>,
    /// Devices that had to fetch a user certificate.
    pub certificate_fetches: Vec<CertificateFetch<'a>>,
}

/// A user and a device.
pub type Who<'a> = (Option<&'a str>, Option<&'a str>);

/// A device with its attempts to sign in.
pub struct Device<'a> {
    pub who: Who<'a>,
    /// In the order of time.
    pub attempts: Vec<&'a Attempt>,
    /// When the last attempt that ended well began.
    last_sign_in: Option<Millis>,
    /// When TLS-DSK was accepted, in the order of time.
    pub tls_dsk_sign_ins: Vec<Millis>,
}

impl Device<'_> {
    /// Whether an attempt that began later ended well.
    #[must_use]
    pub fn signs_in_after(&self, time: Millis) -> bool {
        self.last_sign_in.is_some_and(|last| last > time)
    }
}

/// Lines of clients by file and time.
#[derive(Default)]
pub struct ClientNotes<'a>(FxHashMap<u16, Vec<&'a ClientNote>>);

impl<'a> ClientNotes<'a> {
    fn of(trace: &'a Trace) -> Self {
        let mut notes: Vec<&ClientNote> = trace.client_notes.iter().collect();
        notes.sort_by_key(|note| note.time);
        let mut by_file: FxHashMap<u16, Vec<&ClientNote>> = FxHashMap::default();
        for note in notes {
            by_file.entry(note.file).or_default().push(note);
        }
        Self(by_file)
    }

    /// All lines of a file, in the order of time.
    #[must_use]
    pub fn of_file(&self, file: u16) -> &[&'a ClientNote] {
        self.0.get(&file).map(Vec::as_slice).unwrap_or_default()
    }

    /// The lines of a file around a time, both ends included.
    pub fn between(&self, file: u16, time: Millis, from_ms: i64, to_ms: i64) -> impl Iterator<Item = &'a ClientNote> {
        let notes = self.of_file(file);
        let first = notes.partition_point(|note| note.time.0 < time.0.saturating_add(from_ms));
        let notes = notes.get(first..).unwrap_or_default().iter().copied();
        notes.take_while(move |note| note.time.0 <= time.0.saturating_add(to_ms))
    }
}

impl<'a> Case<'a> {
    #[must_use]
    pub fn new(index: &'a Index, trace: &'a Trace) -> Self {
        let client_notes = ClientNotes::of(trace);
        let devices_of = || {
            let groups = group(trace.attempts().map(|attempt| (who(attempt), attempt)));
            groups.into_iter().map(|(who, attempts)| device(who, attempts)).collect::<Vec<Device>>()
        };
        let ((devices, timeline), web) =
            index::both(|| (devices_of(), Timeline::of(index, trace)), || WebServices::of(trace));
        let ((rejections, sign_ins), certificate_fetches) = index::both(
            || (Rejection::all(trace, &timeline), SignIn::all(index, trace)),
            || certificate_fetch::all(trace, &devices, &web, &timeline),
        );
        let places = devices.iter().enumerate().map(|(place, device)| (device.who, place)).collect();
        let own_domains = devices.iter().filter_map(|device| device.who.0).map(domain_of).collect();
        let certified = certified(trace);
        let overruled = Overruled::by(&rejections);
        let silences = Silence::all(trace, &client_notes, &devices, &overruled);
        let of_device = |device: &Device<'a>| {
            let certified = device.who.0.and_then(|user| certified.get(user));
            let certified = certified.map(Vec::as_slice).unwrap_or_default();
            let bench = Bench { index, trace, client_notes: &client_notes, timeline: &timeline, device, certified };
            let mut refusals: Vec<_> =
                device.attempts.iter().flat_map(|attempt| Refusal::of(attempt, &bench)).collect();
            overruled.settle(&mut refusals);
            refusals
        };
        let refusals = index::each(devices.iter().collect(), of_device);
        Self {
            index,
            trace,
            devices,
            refusals,
            rejections,
            overruled,
            timeline,
            sign_ins,
            silences,
            client_notes,
            own_domains,
            places,
            web,
            certificate_fetches,
        }
    }

    /// The refusals of one cause that no other package made good and no final status explains, by user and device.
    pub(super) fn refused_for(&self, cause: Cause) -> Vec<(Who<'a>, Vec<&Refusal<'a>>)> {
        let own = self.refusals.iter().filter(|refusal| refusal.cause == cause && refusal.is_told());
        group(own.map(|refusal| (who(refusal.attempt), refusal)))
    }

    /// The sign-ins that ended in a final status, of one ground.
    pub(super) fn rejected_for(&self, ground: Ground) -> impl Iterator<Item = &Rejection<'a>> {
        self.rejections.iter().filter(move |rejection| rejection.ground == ground)
    }

    /// The device of an attempt.
    #[must_use]
    pub fn device(&self, who: Who<'a>) -> Option<&Device<'a>> {
        self.devices.get(*self.places.get(&who)?)
    }

    /// Whether the same device of the same user signed in after an attempt.
    #[must_use]
    pub fn recovers(&self, attempt: &'a Attempt) -> bool {
        self.device(who(attempt)).is_some_and(|device| device.signs_in_after(attempt.started()))
    }

    /// The user that a line of a client is about.
    #[must_use]
    pub fn owner_of(&self, note: &ClientNote) -> Option<&'a str> {
        self.trace.owner_of(note)
    }
}

fn device<'a>(who: Who<'a>, mut attempts: Vec<&'a Attempt>) -> Device<'a> {
    attempts.sort_by_key(|attempt| attempt.started());
    let good = || attempts.iter().filter(|attempt| attempt.ending == Ending::SignedIn);
    let last_sign_in = good().map(|attempt| attempt.started()).max();
    let with_certificate = good().filter(|attempt| attempt.package() == Some("TLS-DSK"));
    let mut tls_dsk_sign_ins: Vec<Millis> = with_certificate.map(|attempt| attempt.ended()).collect();
    tls_dsk_sign_ins.sort_unstable();
    Device { who, attempts, last_sign_in, tls_dsk_sign_ins }
}

/// When certificates were given out, by user and in the order of time.
fn certified(trace: &Trace) -> FxHashMap<&str, Vec<Millis>> {
    let is_given = |exchange: &&WebExchange| {
        let of_client = exchange.is_client && exchange.is_done && exchange.hresult == Some(0);
        let of_server = !exchange.is_client && exchange.status == Some(200);
        exchange.service == WebService::CertificateProvisioning && (of_client || of_server)
    };
    let given = trace.web.iter().filter(is_given);
    let mut given: Vec<(&str, Millis)> = given
        .filter_map(|exchange| Some((exchange.user.as_deref()?, exchange.answered_at.unwrap_or(exchange.time))))
        .collect();
    given.sort_by_key(|(_, time)| *time);
    let mut times: FxHashMap<&str, Vec<Millis>> = FxHashMap::default();
    for (user, time) in given {
        times.entry(user).or_default().push(time);
    }
    times
}

/// A line of a client that tells of the web services of its sign-in, and of nothing good.
#[must_use]
pub fn tells_of_web_trouble(note: &ClientNote) -> bool {
    let needs_certificate = note.action.as_deref().is_some_and(|action| action.contains("CERT"));
    needs_certificate || !note.failed_steps.is_empty() || note.has_hresult(CLIENT_401)
}

/// The diagnostic code of a verdict; 0 is how a client writes that there is none.
#[must_use]
pub fn code_of(note: &ClientNote) -> Option<u32> {
    note.code.filter(|code| *code != 0)
}

/// The user and device of an attempt.
#[must_use]
pub fn who(attempt: &Attempt) -> Who<'_> {
    (attempt.user.as_deref(), attempt.endpoint.as_deref())
}

/// Puts together what is about the same user and device, in the order of its first.
pub fn group<'a, T>(items: impl Iterator<Item = (Who<'a>, T)>) -> Vec<(Who<'a>, Vec<T>)> {
    let mut groups: Vec<(Who<'a>, Vec<T>)> = Vec::new();
    let mut known: FxHashMap<Who<'a>, usize> = FxHashMap::default();
    for (who, item) in items {
        let place = *known.entry(who).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, group)) => group.push(item),
            None => groups.push((who, vec![item])),
        }
    }
    groups
}
