//! The connection, and the streams and buckets behind it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::{self, consumer, kv, stream};
use hookseal_nats::{Connection, NatsError, NatsOptions};
use tokio::sync::{OnceCell, watch};

use super::FleetError;
use super::names;
use crate::{Config, Vault};

/// How a fleet is reached, and with which settings its streams are made where they are missing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FleetOptions {
    /// The servers, and how to show them who we are.
    pub nats: NatsOptions,
    /// How long a worker may take over a delivery before another one gets it: above the exchange's time-out.
    pub ack_wait: Duration,
    /// How long a delivery that is published twice is recognised by its Msg-Id.
    pub duplicate_window: Duration,
    /// For how long attempts and dead letters are kept.
    pub activities: Duration,
    /// For how long is remembered what was sent to those who cannot discard a duplicate: above `give_up_after`.
    pub results: Duration,
    /// How often hosts and workers say that they are there.
    pub beat: Duration,
}

impl FleetOptions {
    /// With what the configuration says of deliveries and of how long they are kept.
    #[must_use]
    pub fn new(nats: NatsOptions, config: &Config) -> Self {
        FleetOptions {
            nats,
            ack_wait: config.delivery.timeout + Duration::from_secs(5),
            duplicate_window: Duration::from_secs(10 * 60),
            activities: config.retention.activities,
            results: config.delivery.give_up_after + Duration::from_secs(24 * 60 * 60),
            beat: Duration::from_secs(30),
        }
    }
}

/// How long a server is waited for by who needs one.
const CONNECTING: Duration = Duration::from_secs(5);

/// A fleet: integrations, silences, and deliveries on their way. Clones share the connection.
///
/// It can be made while no server is there; what is asked of it then fails, until one is.
#[derive(Clone)]
pub struct Fleet(Arc<Inner>);

struct Inner {
    connection: Connection,
    vault: Vault,
    options: FleetOptions,
    parts: OnceCell<Parts>,
}

/// The streams and buckets, once they are known to be there.
pub(super) struct Parts {
    pub(super) integrations: kv::Store,
    pub(super) silences: kv::Store,
    pub(super) health: kv::Store,
    pub(super) results: kv::Store,
    pub(super) hosts: kv::Store,
    pub(super) deliveries: stream::Stream,
    pub(super) attempts: stream::Stream,
    pub(super) dead: stream::Stream,
}

impl Fleet {
    /// Connects, or goes on trying to.
    ///
    /// # Errors
    ///
    /// `NoMasterKey` where the vault has none, or `Nats` where an option cannot be used.
    pub async fn connect(options: FleetOptions, vault: Vault) -> Result<Self, FleetError> {
        require_key(&vault)?;
        let connection = Connection::connect_or_retry(&options.nats).await?;
        Ok(Self::over(connection, options, vault))
    }

    /// Connects, or says at once why it cannot: for who has something to ask, and does not stay.
    ///
    /// # Errors
    ///
    /// `NoMasterKey` where the vault has none, or `Nats` where no server answers or lets us in.
    pub async fn reach(options: FleetOptions, vault: Vault) -> Result<Self, FleetError> {
        require_key(&vault)?;
        let connection = Connection::connect(&options.nats).await?;
        Ok(Self::over(connection, options, vault))
    }

    fn over(connection: Connection, options: FleetOptions, vault: Vault) -> Self {
        Fleet(Arc::new(Inner { connection, vault, options, parts: OnceCell::new() }))
    }

    /// Makes the streams and buckets that are missing. What is there with other settings is left as it is, and told.
    ///
    /// # Errors
    ///
    /// Where no server is there, or where it has streams with other settings.
    pub async fn prepare(&self) -> Result<(), FleetError> {
        self.parts().await.map(drop)
    }

    /// Whether it is connected now, and each change of that.
    #[must_use]
    pub fn connected(&self) -> watch::Receiver<bool> {
        self.0.connection.connected()
    }

    /// Whether it is connected now.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        *self.0.connection.connected().borrow()
    }

    /// What went wrong last, unless it is connected.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.0.connection.trouble()
    }

    /// The settings it was made with.
    #[must_use]
    pub fn options(&self) -> &FleetOptions {
        &self.0.options
    }

    pub(super) fn vault(&self) -> &Vault {
        &self.0.vault
    }

    pub(super) fn jetstream(&self) -> &jetstream::Context {
        self.0.connection.jetstream()
    }

    pub(super) async fn parts(&self) -> Result<&Parts, FleetError> {
        self.0.parts.get_or_try_init(|| self.make_parts()).await
    }

    async fn wait_for_connection(&self) -> Result<(), FleetError> {
        let mut connected = self.connected();
        let connecting = tokio::time::timeout(CONNECTING, connected.wait_for(|connected| *connected));
        if matches!(connecting.await, Ok(Ok(_))) {
            return Ok(());
        }
        let servers = self.0.options.nats.to_string();
        let reason = self.0.connection.trouble();
        let reason = reason.unwrap_or_else(|| format!("there was none within {} s", CONNECTING.as_secs()));
        Err(NatsError::Away { servers, reason }.into())
    }

    async fn make_parts(&self) -> Result<Parts, FleetError> {
        let Inner { connection, options, .. } = &*self.0;
        self.wait_for_connection().await?;
        let replicas = options.nats.replicas;
        let bucket = |name: &str, description: &str, max_age| kv::Config {
            bucket: name.to_owned(),
            description: description.to_owned(),
            history: 1,
            max_age,
            storage: stream::StorageType::File,
            num_replicas: replicas,
            ..kv::Config::default()
        };
        let stream = |name: &str, subjects: &str, description: &str| stream::Config {
            name: name.to_owned(),
            subjects: vec![subjects.to_owned()],
            description: Some(description.to_owned()),
            storage: stream::StorageType::File,
            num_replicas: replicas,
            allow_direct: true,
            ..stream::Config::default()
        };
        let deliveries = stream::Config {
            retention: stream::RetentionPolicy::WorkQueue,
            duplicate_window: options.duplicate_window,
            ..stream(names::DELIVERIES, names::DELIVERY_SUBJECTS, "hookseal: deliveries that wait for a worker")
        };
        let attempts = stream::Config {
            max_age: options.activities,
            ..stream(names::ATTEMPTS, names::ATTEMPT_SUBJECTS, "hookseal: what workers tried")
        };
        let dead = stream::Config {
            max_age: options.activities,
            ..stream(names::DEAD, names::DEAD_SUBJECTS, "hookseal: deliveries that were given up")
        };
        let never = Duration::ZERO;
        let hosts_age = options.beat.saturating_mul(4);
        Ok(Parts {
            integrations: connection
                .ensure_bucket(bucket(names::INTEGRATIONS, "hookseal: whom to tell", never))
                .await?,
            silences: connection.ensure_bucket(bucket(names::SILENCES, "hookseal: silences", never)).await?,
            health: connection.ensure_bucket(bucket(names::HEALTH, "hookseal: how endpoints fare", never)).await?,
            results: connection
                .ensure_bucket(bucket(names::RESULTS, "hookseal: what was sent already", options.results))
                .await?,
            hosts: connection.ensure_bucket(bucket(names::HOSTS, "hookseal: agents and workers", hosts_age)).await?,
            deliveries: connection.ensure_stream(deliveries).await?,
            attempts: connection.ensure_stream(attempts).await?,
            dead: connection.ensure_stream(dead).await?,
        })
    }

    /// The durable consumer of a subject.
    pub(super) async fn consumer(
        &self,
        integration: &crate::IntegrationId,
        partition: u32,
    ) -> Result<consumer::PullConsumer, FleetError> {
        let Inner { connection, options, .. } = &*self.0;
        let deliveries = &self.parts().await?.deliveries;
        let name = names::consumer(integration, partition);
        // It was made by a worker with another time-out. Nothing depends on that: whoever takes longer says so meanwhile.
        let found = deliveries.get_consumer::<consumer::pull::Config>(&name).await.ok();
        let config = consumer::pull::Config {
            durable_name: Some(name),
            filter_subject: names::delivery_subject(integration, partition),
            ack_policy: consumer::AckPolicy::Explicit,
            ack_wait: found.map_or(options.ack_wait, |found| found.cached_info().config.ack_wait),
            // One at a time: that is what keeps the order.
            max_ack_pending: 1,
            // Giving up is the worker's business: what the server gives up on stays in the stream, and nobody sees it.
            max_deliver: -1,
            ..consumer::pull::Config::default()
        };
        Ok(connection.ensure_consumer(deliveries, config).await?)
    }
}

fn require_key(vault: &Vault) -> Result<(), FleetError> {
    if vault.has_key() { Ok(()) } else { Err(FleetError::NoMasterKey) }
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet").field("options", &self.0.options).finish_non_exhaustive()
    }
}
