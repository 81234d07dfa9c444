use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::courier::Courier;
use super::metrics::Metrics;
use super::running::Running;
use super::status::Board;
use super::{Inner, Notifier, StartError};
use crate::deliver::Engine;
#[cfg(feature = "nats")]
use crate::fleet::Publisher;
use crate::round::{RoundOptions, Rounds};
use crate::{ChannelOptions, Channels, Config, Prober, Store};

/// Starts a [`Notifier`].
#[derive(Debug)]
pub struct Builder {
    config: Config,
    store: Store,
    channels: Option<Channels>,
    report_after: Duration,
    #[cfg(feature = "nats")]
    fleet: Option<crate::Fleet>,
}

impl Builder {
    pub(super) fn new(config: Config, store: Store) -> Self {
        Builder {
            config,
            store,
            channels: None,
            report_after: Duration::from_secs(15 * 60),
            #[cfg(feature = "nats")]
            fleet: None,
        }
    }

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

    /// Makes it a fleet's agent: it tells the fleet's integrations, and hands over what is to be sent to the fleet's workers.
    #[cfg(feature = "nats")]
    #[must_use]
    pub fn fleet(mut self, fleet: crate::Fleet) -> Self {
        self.fleet = Some(fleet);
        self
    }

    /// Starts it on the runtime that this is called on. The first check begins at once.
    ///
    /// # Errors
    ///
    /// Where another daemon runs on the store, the store cannot be read or written, the secrets of an integration cannot be
    /// opened, or the configuration's channels cannot be used.
    pub async fn start(self) -> Result<Notifier, StartError> {
        #[cfg(feature = "nats")]
        let fleet = self.fleet;
        let Builder { config, store, channels, report_after, .. } = self;
        let options = ChannelOptions::from(&config);
        let groups = options.groups.clone();
        let channels = channels.map_or_else(|| Channels::new(options), Ok)?;
        let lock = store.lock_for_daemon()?;

        let round_options = RoundOptions {
            project: config.project.clone(),
            environment: config.environment.clone(),
            thresholds: config.thresholds,
            groups,
            #[cfg(feature = "nats")]
            welcomes: fleet.is_none(),
            #[cfg(not(feature = "nats"))]
            welcomes: true,
        };
        let names: Vec<_> = config.services.iter().map(|service| service.name.clone()).collect();
        let (opened, options) = (store.clone(), round_options.clone());
        let loading = tokio::task::spawn_blocking(move || {
            // Who starts a notifier wants to know that a key is missing, and not find out by what does not come.
            opened.integrations()?;
            // A disk that is full already has no room for it; the daemon tells of that.
            let _ = opened.hold_ballast();
            Rounds::load(opened, options, names.iter().map(String::as_str))
        });
        let rounds = loading.await.unwrap_or_else(|_| Err(store.stopped()))?;
        let rounds = Arc::new(Mutex::new(rounds));
        #[cfg(feature = "nats")]
        let courier = match fleet.clone() {
            Some(fleet) => Courier::Publisher(Publisher::start(fleet, store.clone()).await?),
            None => Courier::Engine(Engine::start(store.clone(), channels.clone(), config.delivery.clone()).await?),
        };
        #[cfg(not(feature = "nats"))]
        let courier = Courier::Engine(Engine::start(store.clone(), channels.clone(), config.delivery.clone()).await?);

        let board = Arc::new(Board::new(courier.tally().clone(), config.interval));
        let metrics = Metrics::new(&board, &rounds);
        let inner = Arc::new(Inner {
            store,
            config: config.clone(),
            rounds: rounds.clone(),
            board,
            metrics,
            stop: CancellationToken::new(),
            stopped: watch::Sender::new(false),
            check_now: Notify::new(),
            #[cfg(feature = "nats")]
            fleet,
        });
        let prober = Prober::new(&config.services);
        let running = Running::new(inner.clone(), courier, channels, rounds, round_options, config, report_after);
        tokio::spawn(running.run(prober, lock));
        Ok(Notifier { inner })
    }
}
