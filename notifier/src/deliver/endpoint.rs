//! One integration's part of the queue.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::queue::{Lanes, Speed};

/// A delivery in its lane.
pub(super) struct Item {
    pub(super) due: Instant,
    pub(super) failures: u32,
    /// Whether it waits because of the endpoint: the endpoint's next success wakes it.
    pub(super) waits_for_endpoint: bool,
    since: Instant,
    age: Duration,
}

impl Item {
    pub(super) fn new(now: Instant, wait: Duration, age: Duration, failures: u32) -> Self {
        Item { due: now + wait, failures, waits_for_endpoint: failures > 0, since: now, age }
    }

    /// For how long it has been tried.
    pub(super) fn age(&self, now: Instant) -> Duration {
        self.age + now.saturating_duration_since(self.since)
    }
}

pub(super) struct Endpoint {
    pub(super) paused: bool,
    /// Deliveries under way.
    pub(super) sending: usize,
    /// Failures in a row.
    pub(super) streak: u32,
    /// Where it stands among the queue's turns.
    pub(super) turn: Option<(Instant, i64)>,
    lanes: Lanes,
    /// The lanes' first deliveries, those under way left out.
    heads: BTreeSet<(Instant, i64, Arc<str>)>,
    speed: Speed,
    /// How many may be under way now: one while it fails, then twice as many with each success.
    window: usize,
    /// It fails as a whole.
    resting: bool,
    /// Before this nothing is sent.
    rests_until: Instant,
    /// It has just come back, and has its backlog to take.
    recovering: bool,
    next_start: Instant,
    /// Since when nothing has succeeded, with the time before that.
    failing: Option<(Instant, Duration)>,
}

impl Endpoint {
    pub(super) fn new(now: Instant, failing_for: Option<Duration>) -> Self {
        Endpoint {
            paused: false,
            sending: 0,
            streak: 0,
            turn: None,
            lanes: Lanes::default(),
            heads: BTreeSet::new(),
            speed: Speed { concurrency: 1, gap: Duration::ZERO },
            window: if failing_for.is_some() { 1 } else { usize::MAX },
            resting: failing_for.is_some(),
            rests_until: now,
            recovering: false,
            next_start: now,
            failing: failing_for.map(|before| (now, before)),
        }
    }

    pub(super) fn set_speed(&mut self, speed: Speed) {
        self.speed = speed;
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = i64> {
        self.lanes.values().flat_map(|lane| lane.items.keys().copied())
    }

    pub(super) fn item_mut(&mut self, lane: &str, number: i64) -> Option<&mut Item> {
        self.lanes.get_mut(lane)?.items.get_mut(&number)
    }

    pub(super) fn insert(&mut self, name: Arc<str>, number: i64, item: Item) {
        self.unhead(&name);
        self.lanes.entry(name.clone()).or_default().items.insert(number, item);
        self.head(&name);
    }

    /// When the next delivery can be sent, and which that is.
    pub(super) fn next_turn(&self) -> Option<(Instant, i64)> {
        if self.paused || self.sending >= self.window.min(self.speed.concurrency) {
            return None;
        }
        let (due, number, _) = self.heads.first()?;
        Some(((*due).max(self.rests_until).max(self.next_start), *number))
    }

    /// Takes the delivery that has been due for longest.
    pub(super) fn take(&mut self, now: Instant, recovery_gap: Duration) -> Option<i64> {
        let (_, number, lane) = self.heads.pop_first()?;
        self.lanes.get_mut(&lane)?.busy = Some(number);
        self.sending += 1;
        let gap = if self.recovering { recovery_gap.max(self.speed.gap) } else { self.speed.gap };
        if !gap.is_zero() {
            self.next_start = now + gap;
        }
        self.recovering &= !self.heads.is_empty();
        Some(number)
    }

    pub(super) fn succeeded(&mut self, now: Instant) {
        self.streak = 0;
        self.failing = None;
        if std::mem::take(&mut self.resting) {
            self.recovering = true;
            self.wake(now);
        }
        self.window = self.window.saturating_mul(2);
    }

    pub(super) fn noted_failure(&mut self, now: Instant) {
        self.streak = self.streak.saturating_add(1);
        self.failing.get_or_insert((now, Duration::ZERO));
    }

    /// It fails as a whole: one delivery tries it, and not before this.
    pub(super) fn rest(&mut self, until: Instant) {
        self.window = 1;
        self.resting = true;
        self.recovering = false;
        self.rests_until = until;
    }

    pub(super) fn failing_for(&self, now: Instant) -> Duration {
        self.failing.map_or(Duration::ZERO, |(since, before)| before + now.saturating_duration_since(since))
    }

    /// Forgets what it failed for.
    pub(super) fn start_afresh(&mut self, now: Instant) {
        self.streak = 0;
        if self.failing.is_some() {
            self.failing = Some((now, Duration::ZERO));
            self.window = 1;
            self.resting = true;
        }
        self.wake(now);
    }

    /// What waited for the endpoint is due.
    fn wake(&mut self, now: Instant) {
        self.rests_until = now;
        let names: Vec<_> = self.lanes.keys().cloned().collect();
        for name in names {
            self.unhead(&name);
            if let Some(lane) = self.lanes.get_mut(&name) {
                for item in lane.items.values_mut().filter(|item| item.waits_for_endpoint) {
                    item.due = item.due.min(now);
                }
            }
            self.head(&name);
        }
    }

    /// Removes what has been tried for too long and is not under way.
    pub(super) fn expire(&mut self, give_up: Duration, now: Instant) -> Vec<i64> {
        let mut expired = Vec::new();
        let names: Vec<_> = self.lanes.keys().cloned().collect();
        for name in names {
            self.unhead(&name);
            if let Some(lane) = self.lanes.get_mut(&name) {
                let busy = lane.busy;
                lane.items.retain(|number, item| {
                    let stays = busy == Some(*number) || item.age(now) < give_up;
                    if !stays {
                        expired.push(*number);
                    }
                    stays
                });
            }
            self.head(&name);
        }
        expired
    }

    pub(super) fn release(&mut self, name: &Arc<str>, number: i64, done: bool) {
        let Some(lane) = self.lanes.get_mut(name) else {
            return;
        };
        if lane.busy == Some(number) {
            lane.busy = None;
        }
        if done {
            lane.items.remove(&number);
        }
        self.head(name);
    }

    /// Enters the lane's first delivery among the heads, unless one of its deliveries is under way. An empty lane goes.
    fn head(&mut self, name: &Arc<str>) {
        let Some(lane) = self.lanes.get(name) else {
            return;
        };
        match lane.items.first_key_value() {
            None => {
                self.lanes.remove(name);
            }
            Some((number, item)) if lane.busy.is_none() => {
                self.heads.insert((item.due, *number, name.clone()));
            }
            Some(_) => {}
        }
    }

    fn unhead(&mut self, name: &Arc<str>) {
        let first = self.lanes.get(name).and_then(|lane| lane.items.first_key_value());
        if let Some((number, item)) = first {
            self.heads.remove(&(item.due, *number, name.clone()));
        }
    }
}
