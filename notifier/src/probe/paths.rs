//! Paths, measured by a few threads that nobody waits for longer than the time-out.
//!
//! A round's paths are grouped by the mount that they are on, and each group is one thread's at a time: a mount that is dead
//! holds up one thread, and the others go on. A thread that is overdue is given up: what it hangs on goes into the stuck
//! set, another thread takes the rest of its group, and it ends by itself should the system ever answer.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::figures::Probed;
use super::mounts::{Mount, MountPoints, mounts};
use super::stuck::{Key, Stuck};
use super::{reason, shown};

/// At work at a time.
const THREADS: usize = 4;

/// Threads that hang at a time. Beyond that what is left of a round is not measured.
const MOST_STUCK: usize = 64;

/// A thread asks the system three things.
const STACK: usize = 128 * 1024;

/// How soon a thread that is between two groups is looked at again.
const SOON: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct PathProbe {
    pub(super) path: Arc<Path>,
    pub(super) timeout: Duration,
}

/// What is asked of the system; any of it may hang.
pub(super) trait FileSystem: std::fmt::Debug + Send + Sync {
    /// `st_dev`
    fn device(&self, path: &Path) -> std::io::Result<u64>;
    /// `statvfs`
    fn usage(&self, path: &Path) -> std::io::Result<Probed>;
}

#[derive(Debug)]
pub(super) struct Paths {
    probes: Arc<[PathProbe]>,
    groups: Mutex<Grouped>,
    stuck: Arc<Stuck>,
    file_system: Arc<dyn FileSystem>,
}

/// The groups, and the mounts that they were made from.
#[derive(Debug, Default)]
struct Grouped {
    mounts: Option<Vec<Mount>>,
    groups: Vec<Group>,
}

/// Paths on one mount, and how far they are measured.
#[derive(Clone, Debug)]
struct Group {
    /// The mount point of a remote file system.
    remote: Option<Key>,
    members: Arc<[usize]>,
    next: usize,
}

impl Paths {
    pub(super) fn new(probes: Vec<PathProbe>) -> Self {
        Paths::with(probes, Arc::new(System))
    }

    pub(super) fn with(probes: Vec<PathProbe>, file_system: Arc<dyn FileSystem>) -> Self {
        Paths { probes: probes.into(), groups: Mutex::default(), stuck: Arc::default(), file_system }
    }

    #[cfg(test)]
    pub(super) fn stuck(&self) -> &Stuck {
        &self.stuck
    }

    pub(super) async fn round(&self) -> Vec<Probed> {
        if self.probes.is_empty() {
            return Vec::new();
        }
        let round = Arc::new(Round {
            probes: self.probes.clone(),
            groups: Mutex::new(self.groups()),
            found: self.probes.iter().map(|_| OnceLock::new()).collect(),
            devices: Mutex::default(),
            stuck: self.stuck.clone(),
            file_system: self.file_system.clone(),
            is_over: AtomicBool::new(false),
        });
        // Also when nobody waits for the result any more.
        let _over = Over(round.clone());
        Overseer::new(round.clone()).run().await;
        let missing = || match round.stuck.len() {
            0 => Probed::unknown("not measured: the system gives us no more threads"),
            stuck => Probed::unknown(format!("not measured: {stuck} other measurements hang")),
        };
        round.found.iter().map(|found| found.get().cloned().unwrap_or_else(missing)).collect()
    }

    /// The groups by the mounts as they are now.
    fn groups(&self) -> VecDeque<Group> {
        let mut grouped = lock(&self.groups);
        let now = mounts();
        if grouped.mounts.as_ref() != Some(&now) {
            grouped.groups = group(&self.probes, &now);
            grouped.mounts = Some(now);
        }
        grouped.groups.iter().cloned().collect()
    }
}

fn group(probes: &[PathProbe], mounts: &[Mount]) -> Vec<Group> {
    let points = MountPoints::new(mounts.to_vec());
    let mut groups: HashMap<Option<&Path>, (bool, Vec<usize>)> = HashMap::new();
    for (at, probe) in probes.iter().enumerate() {
        let mount = points.of(&probe.path);
        let is_remote = mount.is_some_and(Mount::is_remote);
        groups.entry(mount.map(|mount| &*mount.point)).or_insert((is_remote, Vec::new())).1.push(at);
    }
    let groups = groups.into_iter().map(|(point, (is_remote, members))| Group {
        remote: point.filter(|_| is_remote).map(Arc::from),
        members: members.into(),
        next: 0,
    });
    groups.collect()
}

/// One round, as its threads see it.
struct Round {
    probes: Arc<[PathProbe]>,
    groups: Mutex<VecDeque<Group>>,
    found: Vec<OnceLock<Probed>>,
    /// What each device said; whoever comes while it is asked waits for the same answer.
    devices: Mutex<HashMap<u64, Arc<OnceLock<Probed>>>>,
    stuck: Arc<Stuck>,
    file_system: Arc<dyn FileSystem>,
    is_over: AtomicBool,
}

impl Round {
    fn take(&self) -> Option<Group> {
        lock(&self.groups).pop_front()
    }

    fn measure(&self, at: usize) -> Probed {
        let path = &*self.probes[at].path;
        if let Some(since) = self.stuck.since(path) {
            return Probed::unknown(format!("{}: {}", shown(path), still(since)));
        }
        let failed = |error: std::io::Error| Probed::unknown(format!("{}: {}", shown(path), reason(&error)));
        let device = match self.file_system.device(path) {
            Ok(device) => device,
            Err(error) => return failed(error),
        };
        let answer = lock(&self.devices).entry(device).or_default().clone();
        answer.get_or_init(|| self.file_system.usage(path).unwrap_or_else(failed)).clone()
    }

    fn set(&self, at: usize, probed: Probed) {
        let _ = self.found[at].set(probed); // the overseer was first: it took too long
    }
}

fn still(since: Instant) -> String {
    format!("has not answered for {} s", since.elapsed().as_secs())
}

/// Ends a round's threads.
struct Over(Arc<Round>);

impl Drop for Over {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::Relaxed);
        lock(&self.0.groups).clear();
    }
}

/// What a thread does, so that another can take over.
#[derive(Default)]
struct Task {
    group: Option<Group>,
    /// The path that is being measured, and since when.
    current: Option<(usize, Instant)>,
    /// What it hung on when it was given up.
    given_up: Option<Key>,
}

type Slot = Arc<Mutex<Task>>;

/// What a thread runs.
fn work(round: &Round, slot: &Slot, ended: &UnboundedSender<()>) {
    while let Some(group) = round.take() {
        lock(slot).group = Some(group);
        while let Some(at) = begin(round, slot) {
            let probed = round.measure(at);
            let mut task = lock(slot);
            if let Some(key) = task.given_up.take() {
                round.stuck.remove(&key);
                return; // another has this one's place
            }
            task.current = None;
            drop(task);
            round.set(at, probed);
        }
    }
    let _ = ended.send(()); // the round may be over
}

fn begin(round: &Round, slot: &Slot) -> Option<usize> {
    let mut task = lock(slot);
    let group = task.group.as_mut().filter(|_| !round.is_over.load(Ordering::Relaxed))?;
    let at = group.members.get(group.next).copied();
    match at {
        Some(at) => {
            group.next += 1;
            task.current = Some((at, Instant::now()));
        }
        None => task.group = None,
    }
    at
}

/// Starts the threads, and gives up those that are overdue.
struct Overseer {
    round: Arc<Round>,
    at_work: Vec<Slot>,
}

impl Overseer {
    fn new(round: Arc<Round>) -> Self {
        Overseer { round, at_work: Vec::new() }
    }

    async fn run(mut self) {
        let (ended, mut ends) = unbounded_channel();
        self.pass_over_what_hangs();
        let mut running = 0_usize;
        let groups = lock(&self.round.groups).len();
        for _ in 0..groups.min(THREADS) {
            running += usize::from(self.start(&ended));
        }
        while running > 0 {
            tokio::select! {
                _ = ends.recv() => running -= 1,
                () = tokio::time::sleep_until(self.next_look().into()) => {
                    for slot in std::mem::take(&mut self.at_work) {
                        if !self.give_up(&slot) {
                            self.at_work.push(slot);
                            continue;
                        }
                        running -= 1;
                        let is_left = !lock(&self.round.groups).is_empty();
                        if is_left && self.round.stuck.len() < MOST_STUCK {
                            running += usize::from(self.start(&ended));
                        }
                    }
                }
            }
        }
    }

    /// What is on a remote file system that hangs since an earlier round.
    fn pass_over_what_hangs(&self) {
        lock(&self.round.groups).retain(|group| {
            let since =
                group.remote.as_ref().and_then(|point| self.round.stuck.since(point).map(|since| (point, since)));
            if let Some((point, since)) = since {
                self.all_unknown(group, &format!("{} {}", shown(point), still(since)));
            }
            since.is_none()
        });
    }

    fn all_unknown(&self, group: &Group, why: &str) {
        let why: Arc<str> = why.into();
        for at in group.members.iter().skip(group.next) {
            self.round.set(*at, Probed::unknown(why.clone()));
        }
    }

    fn start(&mut self, ended: &UnboundedSender<()>) -> bool {
        let slot = Slot::default();
        let (round, its_slot, ended) = (self.round.clone(), slot.clone(), ended.clone());
        let thread = std::thread::Builder::new().name("probe".to_owned()).stack_size(STACK);
        let started = thread.spawn(move || work(&round, &its_slot, &ended)).is_ok();
        if started {
            self.at_work.push(slot);
        }
        started
    }

    /// When the first thread will be overdue.
    fn next_look(&self) -> Instant {
        let soon = Instant::now() + SOON;
        self.at_work.iter().map(|slot| self.overdue_at(&lock(slot)).map_or(soon, |at| at)).min().unwrap_or(soon)
    }

    fn overdue_at(&self, task: &Task) -> Option<Instant> {
        task.current.map(|(at, since)| since + self.round.probes[at].timeout)
    }

    /// Gives a thread up if it is overdue.
    fn give_up(&self, slot: &Slot) -> bool {
        let mut task = lock(slot);
        let (Some((at, since)), Some(overdue)) = (task.current, self.overdue_at(&task)) else { return false };
        if Instant::now() < overdue {
            return false;
        }
        let Some(rest) = task.group.take() else { return false };
        let PathProbe { path, timeout } = &self.round.probes[at];
        let key = rest.remote.clone().unwrap_or_else(|| path.clone());
        // Before the thread can learn of it, and take it out again.
        self.round.stuck.insert(key.clone(), since);
        task.given_up = Some(key);
        drop(task);
        let why = format!("{} did not answer within {timeout:?}", shown(path));
        self.round.set(at, Probed::unknown(why.clone()));
        match rest.remote {
            Some(_) => self.all_unknown(&rest, &why),
            None if rest.next < rest.members.len() => lock(&self.round.groups).push_back(rest),
            None => {}
        }
        true
    }
}

/// The machine's own.
#[derive(Debug)]
struct System;

impl FileSystem for System {
    fn device(&self, path: &Path) -> std::io::Result<u64> {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata(path).map(|metadata| metadata.dev())
    }

    fn usage(&self, path: &Path) -> std::io::Result<Probed> {
        let found = rustix::fs::statvfs(path)?;
        let disk = (found.f_bavail.saturating_mul(found.f_frsize), found.f_blocks.saturating_mul(found.f_frsize));
        // btrfs counts 0 inodes, and CephFS has as many free ones as 64 bits hold.
        let inodes = (found.f_files > 0 && found.f_favail <= found.f_files).then_some((found.f_favail, found.f_files));
        Ok(Probed::measured(disk, inodes))
    }
}

/// A lock whose holder panicked is taken all the same: each is held for a moment, and what it guards is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
