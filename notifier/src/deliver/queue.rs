//! Which delivery is next: pure, without I/O, its time given from outside.
//!
//! Deliveries stand in lanes, and only a lane's first one is under way. An endpoint (an integration) has many lanes. When it
//! fails as a whole, one delivery at a time tries it, in growing distances; the first success wakes all the others, at a
//! limited rate. A delivery that fails by itself waits by itself, and holds up its own lane only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use foldhash::{HashMap, HashMapExt as _};

use super::endpoint::{Endpoint, Item};
use super::schedule::{delay, recovery_gap};
use crate::DeliverySettings;

/// A delivery that waits.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its place in the order.
    pub(crate) number: i64,
    pub(crate) integration: Arc<str>,
    pub(crate) lane: Arc<str>,
    /// For how long it has been tried.
    pub(crate) age: Duration,
    /// Until it is due.
    pub(crate) wait: Duration,
    /// How often it has been tried in vain.
    pub(crate) failures: u32,
}

/// What became of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Delivered,
    /// `after` is what the other side asked for; `endpoint` is whether the trouble is not this message's alone.
    Retry {
        after: Option<Duration>,
        endpoint: bool,
    },
    Refused,
}

/// What becomes of the delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) next: Next,
    /// For how long it has been tried.
    pub(crate) age: Duration,
    /// Other deliveries to the same endpoint whose time is up as well. They have left the queue.
    pub(crate) expired: Vec<i64>,
    /// Whether this failure was the one too many: the endpoint is tried no more.
    pub(crate) paused: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Delivered,
    Dead,
    /// After this wait.
    Again(Duration),
}

/// How fast an endpoint may be sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Speed {
    /// At the same time.
    pub(crate) concurrency: usize,
    /// Between two starts.
    pub(crate) gap: Duration,
}

/// The failures in a row after which the endpoint is thought to be the cause, whatever it answered.
const SUSPICIOUS: u32 = 3;

pub(crate) struct Queue {
    settings: DeliverySettings,
    luck: fastrand::Rng,
    endpoints: HashMap<Arc<str>, Endpoint>,
    /// Where each delivery stands: its endpoint and lane.
    places: HashMap<i64, (Arc<str>, Arc<str>)>,
    /// When each endpoint can take its next delivery, and which that is. Of those that can be taken now, the oldest goes
    /// first: it waits longest, and its row stands beside those of its neighbours.
    turns: BTreeSet<(Instant, i64, Arc<str>)>,
}

impl Queue {
    pub(crate) fn new(settings: DeliverySettings, luck: fastrand::Rng) -> Self {
        let (endpoints, places, turns) = (HashMap::new(), HashMap::new(), BTreeSet::new());
        Queue { settings, luck, endpoints, places, turns }
    }

    /// Deliveries that wait or are under way.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn contains(&self, number: i64) -> bool {
        self.places.contains_key(&number)
    }

    /// The endpoint that a delivery goes to.
    pub(crate) fn integration(&self, number: i64) -> Option<&Arc<str>> {
        self.places.get(&number).map(|(integration, _)| integration)
    }

    /// Says how fast an endpoint may be sent to, and for how long it has failed so far. Deliveries to it are taken only then.
    pub(crate) fn open(&mut self, integration: &Arc<str>, speed: Speed, failing_for: Option<Duration>, now: Instant) {
        let endpoint = self.endpoints.entry(integration.clone()).or_insert_with(|| Endpoint::new(now, failing_for));
        endpoint.set_speed(speed);
        self.turn(integration);
    }

    /// Lets an endpoint rest until it is [resumed](Self::resume).
    pub(crate) fn pause(&mut self, integration: &Arc<str>) {
        self.change(integration, |endpoint| endpoint.paused = true);
    }

    pub(crate) fn resume(&mut self, integration: &Arc<str>, now: Instant) {
        self.change(integration, |endpoint| {
            if std::mem::take(&mut endpoint.paused) {
                endpoint.start_afresh(now);
            }
        });
    }

    /// Tries an endpoint again without waiting: what was wrong may have been mended.
    pub(crate) fn wake(&mut self, integration: &Arc<str>, now: Instant) {
        self.change(integration, |endpoint| endpoint.start_afresh(now));
    }

    /// Drops an endpoint that is no more, with its deliveries.
    pub(crate) fn close(&mut self, integration: &Arc<str>) {
        if let Some(endpoint) = self.endpoints.remove(integration) {
            self.turns.retain(|(.., turn)| turn != integration);
            for number in endpoint.numbers() {
                self.places.remove(&number);
            }
        }
    }

    /// Takes a delivery in, unless it is there already or its endpoint is not open.
    pub(crate) fn insert(&mut self, entry: Entry, now: Instant) -> bool {
        if self.contains(entry.number) {
            return false;
        }
        let Some(endpoint) = self.endpoints.get_mut(&entry.integration) else {
            return false;
        };
        let item = Item::new(now, entry.wait, entry.age, entry.failures);
        endpoint.insert(entry.lane.clone(), entry.number, item);
        self.places.insert(entry.number, (entry.integration.clone(), entry.lane));
        self.turn(&entry.integration);
        true
    }

    /// The next delivery to send, if one can be sent now.
    pub(crate) fn take(&mut self, now: Instant) -> Option<i64> {
        let integration = match self.turns.first() {
            Some((turn, _, integration)) if *turn <= now => integration.clone(),
            _ => return None,
        };
        let recovery_gap = recovery_gap(&self.settings);
        let number = self.endpoints.get_mut(&integration).and_then(|endpoint| endpoint.take(now, recovery_gap));
        self.turn(&integration);
        number
    }

    /// When there may be something to [take](Self::take).
    pub(crate) fn next_turn(&self) -> Option<Instant> {
        self.turns.first().map(|(turn, ..)| *turn)
    }

    /// Decides what becomes of a delivery after an attempt. It keeps its place in its lane until it is
    /// [released](Self::release), which is after this has been written down.
    pub(crate) fn settle(&mut self, number: i64, verdict: Verdict, now: Instant) -> Option<Settled> {
        let (integration, lane) = self.places.get(&number)?.clone();
        let endpoint = self.endpoints.get_mut(&integration)?;
        endpoint.sending = endpoint.sending.saturating_sub(1);
        let item = endpoint.item_mut(&lane, number)?;
        let age = item.age(now);
        let mut settled = Settled { next: Next::Delivered, age, expired: Vec::new(), paused: false };
        match verdict {
            Verdict::Delivered => endpoint.succeeded(now),
            Verdict::Refused => {
                settled.next = Next::Dead;
                endpoint.noted_failure(now);
            }
            Verdict::Retry { after, endpoint: whole } => {
                item.failures = item.failures.saturating_add(1);
                let mut wait = after.unwrap_or_else(|| delay(&self.settings, item.failures, self.luck.f64()));
                let whole = whole || endpoint.streak + 1 >= SUSPICIOUS;
                endpoint.noted_failure(now);
                if whole {
                    let failures = endpoint.streak;
                    let rest = after.unwrap_or_else(|| delay(&self.settings, failures, self.luck.f64()));
                    endpoint.rest(now + rest);
                    wait = wait.max(rest);
                    settled.expired = endpoint.expire(self.settings.give_up_after, now);
                }
                settled.next = if age >= self.settings.give_up_after { Next::Dead } else { Next::Again(wait) };
                if let Some(item) = endpoint.item_mut(&lane, number) {
                    item.due = now + wait;
                    item.waits_for_endpoint = whole;
                }
            }
        }
        if settled.next != Next::Delivered && !endpoint.paused && endpoint.failing_for(now) >= self.settings.pause_after
        {
            endpoint.paused = true;
            settled.paused = true;
        }
        for expired in &settled.expired {
            self.places.remove(expired);
        }
        self.turn(&integration);
        Some(settled)
    }

    /// Lets the lane go on: with the next delivery after one that is done, with the same one otherwise.
    pub(crate) fn release(&mut self, number: i64, done: bool) {
        let Some((integration, lane)) = self.places.get(&number).cloned() else {
            return;
        };
        if done {
            self.places.remove(&number);
        }
        self.change(&integration, |endpoint| endpoint.release(&lane, number, done));
    }

    /// Gives back a delivery that was taken and not sent after all.
    pub(crate) fn give_back(&mut self, number: i64, done: bool) {
        if let Some((integration, _)) = self.places.get(&number).cloned() {
            self.change(&integration, |endpoint| endpoint.sending = endpoint.sending.saturating_sub(1));
            self.release(number, done);
        }
    }

    fn change(&mut self, integration: &Arc<str>, change: impl FnOnce(&mut Endpoint)) {
        if let Some(endpoint) = self.endpoints.get_mut(integration) {
            change(endpoint);
            self.turn(integration);
        }
    }

    /// Puts an endpoint where it belongs among the turns.
    fn turn(&mut self, integration: &Arc<str>) {
        let Some(endpoint) = self.endpoints.get_mut(integration) else {
            return;
        };
        let turn = endpoint.next_turn();
        if turn == endpoint.turn {
            return;
        }
        if let Some((old, number)) = std::mem::replace(&mut endpoint.turn, turn) {
            self.turns.remove(&(old, number, integration.clone()));
        }
        if let Some((new, number)) = turn {
            self.turns.insert((new, number, integration.clone()));
        }
    }
}

/// The lanes of an endpoint.
pub(super) type Lanes = HashMap<Arc<str>, Lane>;

/// Deliveries in their order.
#[derive(Default)]
pub(super) struct Lane {
    pub(super) items: BTreeMap<i64, Item>,
    /// The one that is under way.
    pub(super) busy: Option<i64>,
}
