//! The notifier at work: checks, deliveries, and what keeps both going.

mod builder;
mod courier;
mod dashboard;
mod metrics;
pub(crate) mod report;
mod running;
mod status;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::round::Rounds;
use crate::{Attempted, ChannelError, Config, Store, StoreError};
use metrics::Metrics;
use status::Board;

pub use builder::Builder;
pub use status::{DeliveryCounts, Status};

/// A notifier at work. It stops when it is shut down, or when this is dropped.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use hookseal_notifier::{Config, Notifier, Store, Vault};
///
/// let folder = tempfile::tempdir()?;
/// let store = Store::open(folder.path().join("hookseal.db"), Vault::new(None))?;
/// let config = Config::parse("interval = \"1s\"\n[[service]]\nname = \"root\"\npath = \"/\"")?;
/// let notifier = Notifier::builder(config, store).start().await?;
///
/// let mut status = notifier.subscribe();
/// let checked = status.wait_for(|status| status.round.is_some()).await?.clone();
/// assert!(checked.round.unwrap().resources >= 1);
/// notifier.shutdown().await;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct Notifier {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    config: Config,
    rounds: Arc<Mutex<Rounds>>,
    board: Arc<Board>,
    metrics: Metrics,
    stop: CancellationToken,
    stopped: watch::Sender<bool>,
    check_now: Notify,
    #[cfg(feature = "nats")]
    fleet: Option<crate::Fleet>,
}

impl Notifier {
    /// A notifier with this configuration, and this memory.
    #[must_use]
    pub fn builder(config: Config, store: Store) -> Builder {
        Builder::new(config, store)
    }

    /// How it is.
    #[must_use]
    pub fn status(&self) -> Status {
        self.inner.board.status()
    }

    /// How it is, and each change of that.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Status> {
        self.inner.board.subscribe()
    }

    /// Every attempt to deliver from now on, once it has ended. Whoever is slow misses some.
    #[must_use]
    pub fn attempts(&self) -> broadcast::Receiver<Attempted> {
        self.inner.board.attempts()
    }

    /// What is wrong with the notifier itself, for a health check: nothing as long as it checks in time and can write down
    /// what it does. A disk that is full, or an endpoint that is down, is not its illness.
    ///
    /// # Errors
    ///
    /// What is wrong, in a line.
    pub fn health(&self) -> Result<(), String> {
        self.inner.board.health()
    }

    /// Whether it still checks in time: what a watchdog wants to know. Starting it anew would help against nothing else, and
    /// would lose what could not be written down.
    #[must_use]
    pub fn is_checking(&self) -> bool {
        self.inner.board.is_checking().is_ok()
    }

    /// What happens, for Prometheus. Of this [`Content-Type`](Self::METRICS_TYPE).
    ///
    /// # Errors
    ///
    /// None in practice: writing to a string does not fail.
    pub fn metrics(&self) -> Result<String, fmt::Error> {
        self.inner.metrics.encode()
    }

    /// The `Content-Type` of the [`metrics`](Self::metrics).
    pub const METRICS_TYPE: &'static str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// Its memory.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Checks all services now, or once the check that is under way has ended.
    pub fn check_now(&self) {
        self.inner.check_now.notify_one();
    }

    /// Begins nothing more, and waits until what is under way has ended and is written down.
    pub async fn shutdown(self) {
        let mut stopped = self.inner.stopped.subscribe();
        self.inner.stop.cancel();
        let _ = stopped.wait_for(|stopped| *stopped).await;
    }
}

impl Drop for Notifier {
    fn drop(&mut self) {
        self.inner.stop.cancel();
    }
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifier").field("store", &self.inner.store).finish_non_exhaustive()
    }
}

/// A notifier cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Its store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its channels cannot be used.
    #[error(transparent)]
    Channels(#[from] ChannelError),
    /// Its fleet cannot be used.
    #[cfg(feature = "nats")]
    #[error(transparent)]
    Fleet(#[from] crate::FleetError),
}
