//! An inbox that is a stream of NATS JetStream, from which any number of consumers take what any number of receivers publish.
//!
//! What this receiver has published stays in its memory too, within limits: that is what its API shows and waits for.

mod message;

use std::sync::Arc;
use std::time::Duration;

use hookseal_nats::async_nats::jetstream::publish::PublishAck;
use hookseal_nats::async_nats::jetstream::response::Response;
use hookseal_nats::async_nats::{Request, RequestErrorKind};
use hookseal_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy};
use hookseal_nats::{Connection, NatsError, NatsOptions};
use tokio::sync::watch;
use uuid::Uuid;

use super::{Inbox, InboxError, InboxFuture, MemoryInbox, Position, Retention, Stats, TooLarge};
use crate::delivery::{Delivery, Verdict};
use crate::filter::Filter;

pub use message::{InvalidMessage, delivery_of};

/// What JetStream has not acknowledged by then is not kept, as far as anybody knows.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(5);

/// Where and how a [`NatsInbox`] keeps deliveries.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NatsInboxOptions {
    /// The servers, and on how many of them the stream is kept that is made because it is missing.
    pub nats: NatsOptions,
    /// The stream's name: letters, digits, `-` and `_`.
    pub stream: String,
    /// How long the stream keeps a delivery, when it is made here. An operator may change it later.
    pub max_age: Duration,
    /// What stays in this receiver's memory.
    pub retention: Retention,
}

impl NatsInboxOptions {
    /// The stream `HOOKSEAL_INBOX`, which keeps deliveries for seven days.
    #[must_use]
    pub fn new(nats: NatsOptions) -> Self {
        NatsInboxOptions {
            nats,
            stream: Self::STREAM.to_owned(),
            max_age: Duration::from_secs(7 * 86_400),
            retention: Retention::IN_MEMORY,
        }
    }

    /// The stream's name unless told.
    pub const STREAM: &'static str = "HOOKSEAL_INBOX";
}

/// Publishes each delivery to a stream, and counts it as kept once JetStream has acknowledged it.
///
/// The subject is `hookseal.inbox.STREAM.VERDICT`, so that a consumer can be given the valid ones alone. The payload is the
/// delivery's body, and the message's headers hold the rest, as [`delivery_of`] reads it.
#[derive(Debug)]
pub struct NatsInbox {
    connection: Connection,
    servers: String,
    stream: String,
    memory: MemoryInbox,
}

/// Why a delivery could not be published, or an inbox not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NatsInboxError {
    /// A stream cannot have this name.
    #[error("`{0}` cannot be a stream's name: give letters, digits, - and _")]
    Stream(String),
    /// The servers cannot be reached, or the stream cannot be had.
    #[error(transparent)]
    Nats(#[from] NatsError),
    /// There is no connection at the moment.
    #[error("no NATS server is connected at {servers} ({reason})")]
    Away {
        /// The servers.
        servers: String,
        /// What happened.
        reason: String,
    },
    /// JetStream has not acknowledged it.
    #[error("stream {stream} did not acknowledge it: {reason}")]
    NotKept {
        /// The stream's name.
        stream: String,
        /// What was answered, or that nothing was.
        reason: String,
    },
}

impl NatsInbox {
    /// Connects, and makes the stream if it is missing.
    ///
    /// # Errors
    ///
    /// Where no server is there or lets us in, or the stream has other settings than an inbox needs: it is left as it is.
    pub async fn open(options: NatsInboxOptions) -> Result<Self, NatsInboxError> {
        let NatsInboxOptions { nats, stream, max_age, retention } = options;
        if !is_name(&stream) {
            return Err(NatsInboxError::Stream(stream));
        }
        let connection = Connection::connect(&nats).await?;
        let config = Config {
            name: stream.clone(),
            description: Some("Deliveries that hookseal's receivers have captured".to_owned()),
            subjects: vec![subject(&stream, "*")],
            // Every consumer has all of them, each at its own pace.
            retention: RetentionPolicy::Limits,
            // A stream that an operator has given a limit and that is full takes no more, instead of losing what it has.
            discard: DiscardPolicy::New,
            max_age,
            num_replicas: nats.replicas,
            ..Config::default()
        };
        connection.ensure_stream(config).await?;
        Ok(NatsInbox { connection, servers: nats.to_string(), stream, memory: MemoryInbox::new(retention) })
    }

    /// The subject of an inbox's deliveries: of those with one verdict, or with `None` of all.
    #[must_use]
    pub fn subject(stream: &str, verdict: Option<Verdict>) -> String {
        subject(stream, verdict.map_or("*", Verdict::as_str))
    }

    /// The stream's name.
    #[must_use]
    pub fn stream(&self) -> &str {
        &self.stream
    }

    /// The most octets, body and headers together, that the server takes of one delivery (its `max_payload`).
    #[must_use]
    pub fn max_payload(&self) -> usize {
        self.connection.client().server_info().max_payload
    }

    async fn publish(&self, delivery: &Delivery) -> Result<(), InboxError> {
        // The client would hold it until the connection is back, and nobody waits that long.
        self.connected()?;
        let publish = Request::new()
            .headers(message::headers_of(delivery))
            .payload(delivery.body.clone())
            .timeout(Some(ACKNOWLEDGED_WITHIN));
        let subject = subject(&self.stream, delivery.verdict.as_str());
        match self.connection.client().send_request(subject, publish).await {
            Ok(answer) => self.acknowledged(&answer.payload),
            Err(error) if error.kind() == RequestErrorKind::MaxPayloadExceeded => {
                let size = delivery.body.len() + delivery.headers.footprint();
                Err(InboxError(TooLarge { size, limit: self.max_payload() }.into()))
            }
            Err(error) => {
                self.connected()?;
                Err(self.not_kept(&error.to_string()))
            }
        }
    }

    /// Reads what JetStream answers. The client's own way to publish reads it as anything that it could be, which takes as long
    /// as to verify the delivery.
    fn acknowledged(&self, answer: &[u8]) -> Result<(), InboxError> {
        if let Ok(ack) = serde_json::from_slice::<PublishAck>(answer) {
            return match ack.stream == self.stream {
                true => Ok(()),
                false => Err(self.not_kept(&format!("stream {} has taken it", ack.stream))),
            };
        }
        let reason = match serde_json::from_slice::<Response<PublishAck>>(answer) {
            Ok(Response::Err { error }) => error.to_string(),
            _ => "its answer means nothing".to_owned(),
        };
        Err(self.not_kept(&reason))
    }

    fn connected(&self) -> Result<(), InboxError> {
        if *self.connection.connected().borrow() {
            return Ok(());
        }
        let reason = self.connection.trouble().unwrap_or_else(|| "it is being looked for".to_owned());
        Err(InboxError(NatsInboxError::Away { servers: self.servers.clone(), reason }.into()))
    }

    fn not_kept(&self, reason: &str) -> InboxError {
        InboxError(NatsInboxError::NotKept { stream: self.stream.clone(), reason: reason.to_owned() }.into())
    }
}

fn subject(stream: &str, verdict: &str) -> String {
    format!("hookseal.inbox.{stream}.{verdict}")
}

fn is_name(stream: &str) -> bool {
    (1..=64).contains(&stream.len())
        && stream.bytes().all(|octet| matches!(octet, b'-' | b'_') || octet.is_ascii_alphanumeric())
}

impl Inbox for NatsInbox {
    fn append(&self, delivery: Delivery) -> InboxFuture<'_, Arc<Delivery>> {
        Box::pin(async move {
            self.publish(&delivery).await?;
            self.memory.append(delivery).await
        })
    }

    fn before<'a>(
        &'a self,
        position: Option<Position>,
        filter: &'a Filter,
        limit: usize,
    ) -> InboxFuture<'a, Vec<(Position, Arc<Delivery>)>> {
        self.memory.before(position, filter, limit)
    }

    fn after(&self, position: Position, limit: usize) -> InboxFuture<'_, Vec<(Position, Arc<Delivery>)>> {
        self.memory.after(position, limit)
    }

    fn get(&self, id: Uuid) -> InboxFuture<'_, Option<Arc<Delivery>>> {
        self.memory.get(id)
    }

    /// From this receiver's memory: what is in the stream is the consumers'.
    fn remove<'a>(&'a self, filter: &'a Filter) -> InboxFuture<'a, u64> {
        self.memory.remove(filter)
    }

    fn remove_one(&self, id: Uuid) -> InboxFuture<'_, bool> {
        self.memory.remove_one(id)
    }

    fn check(&self) -> InboxFuture<'_, ()> {
        Box::pin(async move {
            self.connected()?;
            let stream = self.connection.jetstream().get_stream(&self.stream).await;
            stream.map(|_| ()).map_err(|error| self.not_kept(&error.to_string()))
        })
    }

    fn latest(&self) -> watch::Receiver<Position> {
        self.memory.latest()
    }

    fn stats(&self) -> Stats {
        self.memory.stats()
    }

    fn incarnation(&self) -> Uuid {
        self.memory.incarnation()
    }
}
