//! How the notifier is, for whoever looks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::{broadcast, watch};

use crate::deliver::Tally;
use crate::{Attempted, LastRound};

/// How a notifier is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Status {
    /// When it was started.
    pub started_at: Timestamp,
    /// Its last check; none before the first.
    pub round: Option<LastRound>,
    /// Resources below the warning line, and not below the critical one.
    pub warning: usize,
    /// Resources below the critical line.
    pub critical: usize,
    /// Resources that could not be measured for three checks or more.
    pub unknown: usize,
    /// Why the last check could not be written down. What it told was sent from memory.
    pub store_error: Option<String>,
    /// Whether there is room kept for the day on which the disk is full.
    pub has_ballast: bool,
    /// Integrations that cannot be told, because their settings or secrets cannot be read: why.
    pub unusable: Vec<String>,
    /// Why the heartbeat's URL could not be called the last time.
    pub heartbeat_error: Option<String>,
    /// Deliveries.
    pub deliveries: DeliveryCounts,
}

/// Deliveries since the start, and at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliveryCounts {
    /// Those that wait or are under way.
    pub waiting: u64,
    /// Those that are under way.
    pub sending: u64,
    /// Those that arrived, since the start.
    pub delivered: u64,
    /// Attempts that failed and are repeated, since the start.
    pub retried: u64,
    /// Those that were given up, since the start.
    pub dead: u64,
    /// Whether results could not be written down: a crash now would repeat what was sent.
    pub unwritten: bool,
}

/// Where the notifier's parts note how they are.
pub(super) struct Board {
    shown: watch::Sender<Status>,
    tally: Arc<Tally>,
    interval: Duration,
    /// When it was started, or last finished a check.
    alive: Mutex<Instant>,
}

impl Board {
    pub(super) fn new(tally: Arc<Tally>, interval: Duration) -> Self {
        let status = Status {
            started_at: Timestamp::now(),
            round: None,
            warning: 0,
            critical: 0,
            unknown: 0,
            store_error: None,
            has_ballast: false,
            unusable: Vec::new(),
            heartbeat_error: None,
            deliveries: DeliveryCounts::default(),
        };
        Board { shown: watch::Sender::new(status), tally, interval, alive: Mutex::new(Instant::now()) }
    }

    pub(super) fn status(&self) -> Status {
        Status { deliveries: self.deliveries(), ..self.shown.borrow().clone() }
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<Status> {
        self.shown.subscribe()
    }

    pub(super) fn attempts(&self) -> broadcast::Receiver<Attempted> {
        self.tally.attempts()
    }

    /// Notes something, and shows it where it is new.
    pub(super) fn note(&self, change: impl FnOnce(&mut Status)) {
        self.shown.send_if_modified(|status| {
            let mut changed = Status { deliveries: self.deliveries(), ..status.clone() };
            change(&mut changed);
            let is_new = changed != *status;
            *status = changed;
            is_new
        });
    }

    pub(super) fn checked(&self) {
        *self.alive() = Instant::now();
    }

    pub(super) fn health(&self) -> Result<(), String> {
        self.is_checking()?;
        match &self.shown.borrow().store_error {
            Some(error) => Err(error.clone()),
            None if self.tally.is_unwritten() => Err("results of deliveries cannot be written down".to_owned()),
            None => Ok(()),
        }
    }

    pub(super) fn is_checking(&self) -> Result<(), String> {
        /// What the probes' time-outs and a slow disk may take.
        const GRACE: Duration = Duration::from_secs(60);
        let (silent, due) = (self.alive().elapsed(), self.interval.as_secs());
        if silent > self.interval.saturating_mul(2).saturating_add(GRACE) {
            return Err(format!("the last check ended {} s ago, and one is due every {due} s", silent.as_secs()));
        }
        Ok(())
    }

    pub(super) fn deliveries(&self) -> DeliveryCounts {
        DeliveryCounts {
            waiting: self.tally.waiting(),
            sending: self.tally.sending(),
            delivered: self.tally.delivered(),
            retried: self.tally.retried(),
            dead: self.tally.dead(),
            unwritten: self.tally.is_unwritten(),
        }
    }

    fn alive(&self) -> MutexGuard<'_, Instant> {
        self.alive.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
