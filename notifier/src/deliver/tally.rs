//! What the engine has done so far, for metrics and `status`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::broadcast;
use uuid::Uuid;

use crate::{IntegrationId, IntegrationType};

/// An attempt that has ended, for a log.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Attempted {
    /// To whom.
    pub integration: IntegrationId,
    /// What that delivers to.
    pub kind: IntegrationType,
    /// The event's id.
    pub event: Uuid,
    /// What it says.
    pub text: Box<str>,
    /// Which attempt this was, from 1.
    pub attempt: u32,
    /// Whether it arrived.
    pub arrives: Arrival,
    /// The answer's status.
    pub status: Option<u16>,
    /// Why it did not arrive.
    pub error: Option<String>,
    /// How long it took.
    pub took: Duration,
}

/// Whether a delivery has arrived, or will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It has arrived.
    Delivered,
    /// The fleet has it, and a worker will send it.
    Published,
    /// It is tried again.
    Retry,
    /// It was given up.
    Dead,
}

/// Attempts that a slow log may lag behind.
const BACKLOG: usize = 1024;

/// Counted since the start.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) delivered: AtomicU64,
    pub(crate) retried: AtomicU64,
    pub(crate) dead: AtomicU64,
    pub(crate) waiting: AtomicU64,
    pub(crate) sending: AtomicU64,
    pub(crate) unwritten: AtomicBool,
    attempts: broadcast::Sender<Attempted>,
}

impl Default for Tally {
    fn default() -> Self {
        Tally {
            delivered: AtomicU64::default(),
            retried: AtomicU64::default(),
            dead: AtomicU64::default(),
            waiting: AtomicU64::default(),
            sending: AtomicU64::default(),
            unwritten: AtomicBool::default(),
            attempts: broadcast::Sender::new(BACKLOG),
        }
    }
}

impl Tally {
    /// Deliveries that arrived.
    pub(crate) fn delivered(&self) -> u64 {
        self.delivered.load(Ordering::Relaxed)
    }

    /// Attempts that failed and are repeated.
    pub(crate) fn retried(&self) -> u64 {
        self.retried.load(Ordering::Relaxed)
    }

    /// Deliveries that were given up.
    pub(crate) fn dead(&self) -> u64 {
        self.dead.load(Ordering::Relaxed)
    }

    /// Deliveries that wait, those under way included.
    pub(crate) fn waiting(&self) -> u64 {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Deliveries that are under way.
    pub(crate) fn sending(&self) -> u64 {
        self.sending.load(Ordering::Relaxed)
    }

    /// Whether results could not be written down: a crash now would repeat what was sent.
    pub(crate) fn is_unwritten(&self) -> bool {
        self.unwritten.load(Ordering::Relaxed)
    }

    /// Every attempt from now on, once it has ended.
    pub(crate) fn attempts(&self) -> broadcast::Receiver<Attempted> {
        self.attempts.subscribe()
    }

    /// Whether anybody wants to know of attempts.
    pub(crate) fn has_listeners(&self) -> bool {
        self.attempts.receiver_count() > 0
    }

    pub(crate) fn attempted(&self, attempted: Attempted) {
        let _ = self.attempts.send(attempted); // nobody need listen
    }

    pub(crate) fn add(counter: &AtomicU64, count: usize) {
        counter.fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(crate) fn set(gauge: &AtomicU64, value: usize) {
        gauge.store(value as u64, Ordering::Relaxed);
    }
}
