//! A worker: takes deliveries from the fleet, and sends them. It keeps nothing itself, so that any number of them run
//! anywhere, and any of them may be killed.

mod crew;
mod endpoint;
mod lane;
mod metrics;
mod notices;
mod recorder;
mod schedule;
mod serve;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Semaphore, broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Fleet, FleetError};
use crate::deliver::Tally;
use crate::round::RoundOptions;
use crate::{Attempted, ChannelError, ChannelOptions, Channels, Config, DeliverySettings, IntegrationId};
use crew::Crew;
use metrics::Metrics;
use recorder::Recorder;

pub use serve::WorkerServer;

/// A worker of a fleet. It stops when it is shut down, or when this is dropped.
pub struct Worker {
    shared: Arc<Shared>,
    stopped: watch::Receiver<bool>,
}

/// Starts a [`Worker`].
#[derive(Debug)]
pub struct WorkerBuilder {
    fleet: Fleet,
    config: Config,
    channels: Option<Channels>,
    report_after: Duration,
    name: Option<String>,
}

/// How a worker is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerStatus {
    /// Whether it is connected to the fleet.
    pub is_connected: bool,
    /// Integrations that it delivers to.
    pub integrations: usize,
    /// Integrations that it cannot deliver to, because their settings or secrets cannot be read: why.
    pub unusable: Vec<String>,
    /// What does not go well between it and the fleet.
    pub trouble: Option<String>,
    /// Deliveries that it is sending.
    pub sending: u64,
    /// Deliveries that arrived, since its start.
    pub delivered: u64,
    /// Attempts that failed and are repeated, since its start.
    pub retried: u64,
    /// Deliveries that were given up, since its start.
    pub dead: u64,
}

/// What its tasks share.
struct Shared {
    fleet: Fleet,
    channels: Channels,
    settings: DeliverySettings,
    round: RoundOptions,
    report_after: Duration,
    name: String,
    /// Tells it from others on the same machine.
    key: String,
    started_at: Timestamp,
    tally: Tally,
    recorder: Recorder,
    metrics: Metrics,
    /// Sends at a time, to all integrations together.
    places: Semaphore,
    /// What has to end before the worker has.
    tasks: TaskTracker,
    stop: CancellationToken,
    board: Mutex<Board>,
    /// Changes whenever the board does.
    news: watch::Sender<u64>,
}

#[derive(Default)]
struct Board {
    integrations: usize,
    unusable: BTreeMap<IntegrationId, String>,
    /// By what it is about.
    troubles: BTreeMap<String, String>,
}

impl Worker {
    /// A worker of this fleet. The configuration says how deliveries are tried, and by which ways they leave.
    #[must_use]
    pub fn builder(fleet: Fleet, config: Config) -> WorkerBuilder {
        WorkerBuilder { fleet, config, channels: None, report_after: Duration::from_secs(15 * 60), name: None }
    }

    /// How it is.
    #[must_use]
    pub fn status(&self) -> WorkerStatus {
        self.shared.status()
    }

    /// A number that changes with the [`status`](Self::status), but for its counts.
    #[must_use]
    pub fn news(&self) -> watch::Receiver<u64> {
        self.shared.news.subscribe()
    }

    /// Every attempt to deliver from now on, once it has ended. Whoever is slow misses some.
    #[must_use]
    pub fn attempts(&self) -> broadcast::Receiver<Attempted> {
        self.shared.tally.attempts()
    }

    /// What happens, for Prometheus, in the OpenMetrics text format.
    ///
    /// # Errors
    ///
    /// None in practice: writing to a string does not fail.
    pub fn metrics(&self) -> Result<String, fmt::Error> {
        self.shared.metrics.encode(&self.shared)
    }

    /// Takes over nothing more, finishes what is under way, and gives back what it has not sent.
    pub async fn shutdown(mut self) {
        self.shared.stop.cancel();
        let _ = self.stopped.wait_for(|stopped| *stopped).await;
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker").field("name", &self.shared.name).finish_non_exhaustive()
    }
}

impl WorkerBuilder {
    /// The ways by which messages leave; those of the configuration unless told.
    #[must_use]
    pub fn channels(mut self, channels: Channels) -> Self {
        self.channels = Some(channels);
        self
    }

    /// An integration that fails for so long is reported through the others; 15 minutes unless told.
    #[must_use]
    pub fn report_after(mut self, time: Duration) -> Self {
        self.report_after = time;
        self
    }

    /// What it is called where attempts are listed; its machine's name unless told.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Starts it on the runtime that this is called on. It begins once a server of the fleet is there.
    ///
    /// # Errors
    ///
    /// Where the configuration's channels cannot be used.
    pub fn start(self) -> Result<Worker, ChannelError> {
        let WorkerBuilder { fleet, config, channels, report_after, name } = self;
        let options = ChannelOptions::from(&config);
        let groups = options.groups.clone();
        let channels = channels.map_or_else(|| Channels::new(options), Ok)?;
        let tasks = TaskTracker::new();
        let shared = Arc::new(Shared {
            channels,
            places: Semaphore::new(config.delivery.concurrency),
            round: RoundOptions {
                project: config.project.clone(),
                environment: config.environment.clone(),
                thresholds: config.thresholds,
                groups,
                welcomes: false,
            },
            settings: config.delivery,
            report_after,
            name: name.unwrap_or_else(super::machine_name),
            key: uuid::Uuid::new_v4().to_string(),
            started_at: super::integrations::now(),
            tally: Tally::default(),
            recorder: Recorder::start(fleet.clone(), &tasks),
            metrics: Metrics::default(),
            tasks,
            stop: CancellationToken::new(),
            board: Mutex::default(),
            news: watch::Sender::new(0),
            fleet,
        });
        let (stopping, stopped) = watch::channel(false);
        let crew = Crew::new(shared.clone());
        tokio::spawn(async move {
            crew.run().await;
            stopping.send_replace(true);
        });
        Ok(Worker { shared, stopped })
    }
}

impl Shared {
    fn status(&self) -> WorkerStatus {
        let board = self.board.lock().unwrap_or_else(PoisonError::into_inner);
        WorkerStatus {
            is_connected: self.fleet.is_connected(),
            integrations: board.integrations,
            unusable: board.unusable.values().cloned().collect(),
            trouble: board.troubles.values().next().cloned(),
            sending: self.tally.sending(),
            delivered: self.tally.delivered(),
            retried: self.tally.retried(),
            dead: self.tally.dead(),
        }
    }

    /// What keeps it from its work, for a health check.
    fn health(&self) -> Result<(), String> {
        let status = self.status();
        match status.trouble {
            _ if !status.is_connected => Err("no server of the fleet can be reached".to_owned()),
            Some(trouble) => Err(trouble),
            None => Ok(()),
        }
    }

    fn note(&self, change: impl FnOnce(&mut Board)) {
        change(&mut self.board.lock().unwrap_or_else(PoisonError::into_inner));
        self.news.send_modify(|count| *count += 1);
    }

    /// What goes wrong with one thing, until it goes well.
    fn note_outcome(&self, about: &str, outcome: Result<(), &FleetError>) {
        let is_known = self.board.lock().unwrap_or_else(PoisonError::into_inner).troubles.contains_key(about);
        match outcome {
            Ok(()) if !is_known => {}
            Ok(()) => self.note(|board| drop(board.troubles.remove(about))),
            Err(error) => {
                let error = error.to_string();
                self.note(|board| drop(board.troubles.insert(about.to_owned(), error)));
            }
        }
    }
}
