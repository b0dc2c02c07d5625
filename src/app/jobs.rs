//! Long work on threads of its own. Every job answers with plain data over one channel and wakes the
//! window; of requests that overtake each other only the latest is carried out.

use super::around::{Around, Ask, Wake};
use super::findings::Findings;
use super::saving::Order;
use super::view::{View, ViewRequest, Viewer};
use crate::format::clock::Offset;
use crate::index::{self, Followed, Index, Pasted, Progress, RowId, Skipped};
use crate::ladder::{Ladder, with_questions};
use crate::query::Searched;
use crate::source::{State, siblings};
use crate::trace::dialog_of;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

/// What a job has finished.
pub enum Done {
    /// The user answered; without paths where the question was put away.
    Chosen {
        ask: Ask,
        paths: Vec<PathBuf>,
    },
    Opened {
        errors: Vec<String>,
        skipped: Vec<Skipped>,
        /// Logs of the same clients that lie beside those that were named.
        siblings: Vec<PathBuf>,
    },
    Index {
        index: Arc<Index>,
        is_whole: bool,
    },
    /// Files were written to, or cut, replaced or deleted, since they were read.
    Followed(Followed),
    View(Arc<View>),
    Ladder {
        ladder: Arc<Ladder>,
        is_dialog: bool,
    },
    Diagnosis(Box<Findings>),
    /// The diagnosis broke off.
    NoDiagnosis,
    /// A mistake in this program stopped something; a sentence.
    BrokeOff(&'static str),
    /// A sentence, whether it went well or not.
    Saved(Result<String, String>),
}

impl Done {
    /// Whether it counts also after other files were opened.
    fn outlives_files(&self) -> bool {
        matches!(self, Self::Chosen { .. } | Self::Saved(_))
    }
}

pub struct LadderRequest {
    pub view: Arc<View>,
    pub of: LadderRows,
}

/// What a ladder is drawn of.
pub enum LadderRows {
    DialogOf(RowId),
    /// All rows that the query selects.
    Selected,
    /// What proves a finding, with the requests of its failed answers.
    Evidence(Vec<RowId>),
}

/// An index to be diagnosed.
struct DiagnosisRequest {
    epoch: u64,
    index: Arc<Index>,
    /// The log is being written: what comes at once belongs to it too.
    settles: bool,
}

/// The way back to the window. What belongs to files that were closed meanwhile is dropped.
#[derive(Clone)]
struct Reply {
    sender: mpsc::Sender<(u64, Done)>,
    epoch: Arc<AtomicU64>,
    wake: Wake,
}

impl Reply {
    /// False where the window is gone already and nobody waits for the answer.
    fn send(&self, epoch: u64, done: Done) -> bool {
        let is_taken = self.sender.send((epoch, done)).is_ok();
        if is_taken {
            (self.wake)();
        }
        is_taken
    }

    fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }
}

pub struct Jobs {
    reply: Reply,
    done: mpsc::Receiver<(u64, Done)>,
    views: Latest<(u64, ViewRequest)>,
    ladders: Latest<(u64, LadderRequest)>,
    diagnoses: Latest<DiagnosisRequest>,
    searched: Arc<Searched>,
    around: Around,
}

impl Jobs {
    pub fn new(around: Around) -> Self {
        let (sender, done) = mpsc::channel();
        let wake = Arc::clone(&around.wake);
        let reply = Reply { sender, epoch: Arc::default(), wake };
        let mut viewer = Viewer::default();
        let searched = Arc::new(Searched::default());
        // A mistake must not leave the window waiting for ever.
        let broke_off = |sentence: &'static str| {
            let reply = reply.clone();
            move || {
                reply.send(reply.epoch(), Done::BrokeOff(sentence));
            }
        };
        let views = Latest::start(broke_off(NO_VIEW), {
            let (reply, searched) = (reply.clone(), Arc::clone(&searched));
            move |(epoch, request): (u64, ViewRequest), cancelled: &AtomicBool| {
                let mut send = |view| {
                    reply.send(epoch, Done::View(Arc::new(view)));
                };
                if let Some(view) = viewer.view(&request, &searched, cancelled, &mut send) {
                    send(view);
                }
            }
        });
        let ladders = Latest::start(broke_off(NO_LADDER), {
            let reply = reply.clone();
            move |(epoch, request): (u64, LadderRequest), _: &AtomicBool| {
                let index = &request.view.index;
                let is_dialog = matches!(request.of, LadderRows::DialogOf(_));
                let rows = match request.of {
                    LadderRows::DialogOf(row) => dialog_of(index, row),
                    LadderRows::Selected => request.view.rows.iter().map(|at| index.row(at)).collect(),
                    LadderRows::Evidence(rows) => with_questions(index, &rows),
                };
                let mut ladder = Ladder::of(index, &rows);
                ladder.call_clients(index);
                let ladder = Arc::new(ladder);
                reply.send(epoch, Done::Ladder { ladder, is_dialog });
            }
        });
        let diagnoses = Latest::start(broke_off(NO_DIAGNOSIS), {
            let (reply, mut before) = (reply.clone(), Before::default());
            let diagnose = Arc::clone(&around.diagnose);
            move |DiagnosisRequest { epoch, index, settles }: DiagnosisRequest, newer: &AtomicBool| {
                if settles && !before.is_long_ago() && !is_quiet(newer) {
                    return;
                }
                if reply.epoch() == epoch {
                    let start = Instant::now();
                    let found = catch_unwind(AssertUnwindSafe(|| diagnose(index)));
                    reply.send(epoch, found.map_or(Done::NoDiagnosis, |found| Done::Diagnosis(Box::new(found))));
                    before = Before { done: Some(Instant::now()), took: start.elapsed() };
                }
            }
        });
        Self { reply, done, views, ladders, diagnoses, searched, around }
    }

    /// What has finished since the last call.
    pub fn next(&self) -> Option<Done> {
        loop {
            let (epoch, done) = self.done.try_recv().ok()?;
            if epoch == self.reply.epoch() || done.outlives_files() {
                return Some(done);
            }
        }
    }

    /// Answers that are still on their way belong to nothing any more.
    pub fn forget(&self) {
        self.reply.epoch.fetch_add(1, Ordering::AcqRel);
    }

    pub fn open(
        &self,
        paths: Vec<PathBuf>,
        pasted: Vec<Pasted>,
        clocks: Vec<(String, Offset)>,
        progress: Arc<Progress>,
    ) {
        let (reply, epoch) = (self.reply.clone(), self.reply.epoch());
        std::thread::spawn(move || {
            let mut opened = index::open(&paths, &clocks);
            opened.files.extend(pasted.iter().filter_map(|pasted| pasted.open().ok()));
            let siblings = siblings(&paths, opened.files.iter().filter_map(|file| file.source.path()));
            reply.send(epoch, Done::Opened { errors: opened.errors, skipped: opened.skipped, siblings });
            let files: Vec<_> = opened.files.into_iter().map(Arc::new).collect();
            let publish = |index| {
                reply.send(epoch, Done::Index { index, is_whole: false });
            };
            let index = index::build(&files, &progress, publish);
            reply.send(epoch, Done::Index { index: Arc::clone(&index), is_whole: true });
            if !progress.is_cancelled() {
                watch(&reply, epoch, index);
            }
        });
    }

    /// Asks the user for paths.
    pub fn ask(&self, ask: Ask) {
        let (reply, choose) = (self.reply.clone(), Arc::clone(&self.around.choose));
        std::thread::spawn(move || reply.send(reply.epoch(), Done::Chosen { ask, paths: choose(ask) }));
    }

    /// Saves something.
    pub(super) fn save(&self, order: Order) {
        let reply = self.reply.clone();
        std::thread::spawn(move || {
            let saved = catch_unwind(AssertUnwindSafe(|| order.carry_out())).unwrap_or_else(|_| {
                Err(format!("{}: a mistake in this program stopped the saving; report it", order.place.display()))
            });
            reply.send(reply.epoch(), Done::Saved(saved));
        });
    }

    /// True while an answer to [`Self::view`], [`Self::ladder`] or [`Self::diagnose`] is on its way.
    pub fn is_busy(&self) -> bool {
        let busy = [&self.views.slot.busy, &self.ladders.slot.busy];
        busy.iter().any(|busy| busy.load(Ordering::Acquire)) || self.is_diagnosing()
    }

    pub fn is_diagnosing(&self) -> bool {
        self.diagnoses.slot.busy.load(Ordering::Acquire)
    }

    /// How far the search for the view is, from 0 to 1; `None` where nothing is searched.
    pub fn searched(&self) -> Option<f32> {
        self.searched.part()
    }

    /// `goes_on` where the view asked for before was asked the same of what was indexed until then: a long
    /// search ends what it has begun, or it would never end while the index grows.
    pub fn view(&self, request: ViewRequest, goes_on: bool) {
        self.views.ask((self.reply.epoch(), request), !goes_on);
    }

    pub fn ladder(&self, request: LadderRequest) {
        self.ladders.ask((self.reply.epoch(), request), true);
    }

    /// `settles` where the log is being written: it is diagnosed once it rests.
    pub fn diagnose(&self, index: Arc<Index>, settles: bool) {
        self.diagnoses.ask(DiagnosisRequest { epoch: self.reply.epoch(), index, settles }, true);
    }
}

const NO_VIEW: &str = "A mistake in this program stopped the search; the list may lack messages";
const NO_LADDER: &str = "A mistake in this program stopped the drawing of the ladder; the list is still complete";
const NO_DIAGNOSIS: &str =
    "A mistake in this program stopped the diagnosis; the list and the ladder are still complete";

/// How long a log that is written must rest before it is diagnosed again: longer than it is not looked at.
const RESTS: Duration = Duration::from_millis(1_200);
/// A log that never rests is diagnosed as often, and never for more than a part of the time.
const AT_LEAST_EVERY: Duration = Duration::from_secs(15);

/// The diagnosis before.
#[derive(Default)]
struct Before {
    done: Option<Instant>,
    took: Duration,
}

impl Before {
    fn is_long_ago(&self) -> bool {
        self.done.is_none_or(|done| done.elapsed() > AT_LEAST_EVERY.max(self.took * 10))
    }
}

/// Waits; false as soon as there is something newer to do.
fn is_quiet(newer: &AtomicBool) -> bool {
    let (_never, timer) = mpsc::channel::<()>();
    let start = Instant::now();
    while start.elapsed() < RESTS && !newer.load(Ordering::Acquire) {
        let _ = timer.recv_timeout(Duration::from_millis(50));
    }
    !newer.load(Ordering::Acquire)
}

impl Drop for Jobs {
    fn drop(&mut self) {
        // Whoever still works for this window stops soon.
        self.forget();
    }
}

/// How often the files are looked at while they are open.
const WATCH_EVERY: Duration = Duration::from_millis(700);

/// Looks at the files until others are opened or the window is closed.
fn watch(reply: &Reply, epoch: u64, mut index: Arc<Index>) {
    let mut known = vec![State::Same; index.files().len()];
    // Nobody ever sends: waiting for a message is waiting for time to pass.
    let (_never, timer) = mpsc::channel::<()>();
    while timer.recv_timeout(WATCH_EVERY) == Err(mpsc::RecvTimeoutError::Timeout) && reply.epoch() == epoch {
        let followed = index::follow(&index);
        if let Some(grown) = &followed.index {
            index = Arc::clone(grown);
        }
        if (followed.index.is_some() || followed.states != known) && reply.epoch() == epoch {
            known.clone_from(&followed.states);
            if !reply.send(epoch, Done::Followed(followed)) {
                return;
            }
        }
    }
}

/// A thread that carries out the latest request; one that waits is replaced by the next.
struct Latest<T> {
    slot: Arc<Slot<T>>,
}

struct Slot<T> {
    waiting: Mutex<Waiting<T>>,
    changed: Condvar,
    /// Set from the moment a request is made until it is carried out or replaced.
    busy: AtomicBool,
    /// Set while a newer request waits.
    cancelled: AtomicBool,
}

enum Waiting<T> {
    Nothing,
    Request(T),
    Stop,
}

impl<T: Send + 'static> Latest<T> {
    /// `broke_off` is told where a request ended in a panic; the thread lives on for the next.
    fn start(
        broke_off: impl Fn() + Send + 'static,
        mut carry_out: impl FnMut(T, &AtomicBool) + Send + 'static,
    ) -> Self {
        let slot = Arc::new(Slot {
            waiting: Mutex::new(Waiting::Nothing),
            changed: Condvar::new(),
            busy: AtomicBool::new(false),
            cancelled: AtomicBool::new(false),
        });
        let own = Arc::clone(&slot);
        std::thread::spawn(move || {
            while let Some(request) = own.wait() {
                if catch_unwind(AssertUnwindSafe(|| carry_out(request, &own.cancelled))).is_err() {
                    broke_off();
                }
                own.rest();
            }
        });
        Self { slot }
    }

    /// A request that does not cancel is carried out after the one that is being carried out.
    fn ask(&self, request: T, cancels: bool) {
        self.slot.put(Waiting::Request(request), cancels);
    }
}

impl<T> Slot<T> {
    fn put(&self, waiting: Waiting<T>, cancels: bool) {
        let mut slot = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        *slot = waiting;
        self.busy.store(true, Ordering::Release);
        // Under the lock that the worker clears it under, or it would cancel the very request made here.
        self.cancelled.fetch_or(cancels, Ordering::AcqRel);
        drop(slot);
        self.changed.notify_one();
    }

    /// Nothing is left to do unless a newer request came meanwhile.
    fn rest(&self) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*waiting, Waiting::Nothing) {
            self.busy.store(false, Ordering::Release);
        }
    }

    fn wait(&self) -> Option<T> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match std::mem::replace(&mut *waiting, Waiting::Nothing) {
                Waiting::Request(request) => {
                    self.cancelled.store(false, Ordering::Release);
                    return Some(request);
                }
                Waiting::Stop => return None,
                Waiting::Nothing => waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

impl<T> Drop for Latest<T> {
    fn drop(&mut self) {
        self.slot.put(Waiting::Stop, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_panics_is_told_and_the_next_is_carried_out() {
        let (sender, told) = mpsc::channel();
        let broke = sender.clone();
        let jobs = Latest::start(
            move || broke.send("broke off").expect("somebody listens"),
            move |panics: bool, _: &AtomicBool| {
                if panics {
                    std::panic::resume_unwind(Box::new("a mistake"));
                }
                sender.send("done").expect("somebody listens");
            },
        );
        for (panics, wanted) in [(true, "broke off"), (false, "done"), (true, "broke off")] {
            jobs.ask(panics, true);
            assert_eq!(told.recv_timeout(Duration::from_secs(20)), Ok(wanted));
            let start = Instant::now();
            while jobs.slot.busy.load(Ordering::Acquire) {
                assert!(start.elapsed() < Duration::from_secs(20), "nobody waits for ever");
                std::thread::yield_now();
            }
        }
    }
}
