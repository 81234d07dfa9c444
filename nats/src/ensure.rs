//! Streams, buckets and consumers: made where they are missing, compared where they are there, and never changed.
//!
//! Compared is what the program relies on. What an operator may set as the machines have room for it is not: how much is
//! kept and for how long, the description, and where.

use std::fmt;
use std::time::Duration;

use async_nats::jetstream::consumer::{self, PullConsumer};
use async_nats::jetstream::context::{CreateStreamError, CreateStreamErrorKind};
use async_nats::jetstream::stream::{self, Stream};
use async_nats::jetstream::{ErrorCode, kv};

use crate::{Connection, Difference, NatsError};

/// For how long a bucket knows a message again that is published twice, as NATS's clients make it.
const DUPLICATES: Duration = Duration::from_secs(120);

impl Connection {
    /// The stream of this name, made with these settings where it is missing.
    ///
    /// # Errors
    ///
    /// `Differs` where it is there with another retention, storage, number of replicas or duplicate window, or other
    /// subjects; `NoJetStream`, `Replicas` or `Request` where it cannot be made.
    pub async fn ensure_stream(&self, config: stream::Config) -> Result<Stream, NatsError> {
        let (name, replicas) = (config.name.clone(), config.num_replicas);
        // Several may make it at the same time: the server gives the same one to all whose settings are the same.
        let stream = match self.jetstream().get_stream(&name).await {
            Ok(stream) => stream,
            Err(_) => match self.jetstream().create_stream(&config).await {
                Ok(_) => self.jetstream().get_stream(&name).await.map_err(|error| failed("stream", &name, &error))?,
                Err(error) => return Err(not_made("stream", &name, replicas, &error)),
            },
        };
        let found = &stream.cached_info().config;
        let mut differences = Differences::default();
        differences.compare("retention", word(&found.retention), word(&config.retention));
        differences.compare("storage", word(&found.storage), word(&config.storage));
        differences.compare("subjects", found.subjects.join(", "), config.subjects.join(", "));
        differences.compare("num_replicas", found.num_replicas, config.num_replicas.max(1));
        if config.duplicate_window > Duration::ZERO {
            let seconds = |window: Duration| format!("{} s", window.as_secs());
            differences.compare("duplicate_window", seconds(found.duplicate_window), seconds(config.duplicate_window));
        }
        differences.found_in("stream", name)?;
        Ok(stream)
    }

    /// The key-value bucket of this name, made with these settings where it is missing.
    ///
    /// # Errors
    ///
    /// As [`ensure_stream`](Self::ensure_stream).
    pub async fn ensure_bucket(&self, config: kv::Config) -> Result<kv::Store, NatsError> {
        let (name, replicas) = (config.bucket.clone(), config.num_replicas.max(1));
        let (storage, history) = (config.storage, config.history.max(1));
        let bucket = match self.jetstream().get_key_value(&name).await {
            Ok(bucket) => bucket,
            Err(_) => {
                let made = self.jetstream().create_stream(stream_of(config)).await;
                made.map_err(|error| not_made("bucket", &name, replicas, &error))?;
                self.jetstream().get_key_value(&name).await.map_err(|error| failed("bucket", &name, &error))?
            }
        };
        let found = &bucket.stream.cached_info().config;
        let mut differences = Differences::default();
        differences.compare("storage", word(&found.storage), word(&storage));
        differences.compare("history", found.max_messages_per_subject, history);
        differences.compare("num_replicas", found.num_replicas, replicas);
        differences.found_in("bucket", name)?;
        Ok(bucket)
    }

    /// The durable pull consumer of this name, made with these settings where it is missing.
    ///
    /// # Errors
    ///
    /// `Differs` where it is there with another filter or other rules of acknowledging; `Request` where it cannot be made.
    pub async fn ensure_consumer(
        &self,
        stream: &Stream,
        config: consumer::pull::Config,
    ) -> Result<PullConsumer, NatsError> {
        let name = config.durable_name.clone().unwrap_or_default();
        let consumer: PullConsumer = match stream.get_consumer(&name).await {
            Ok(consumer) => consumer,
            Err(_) => {
                let made = stream.create_consumer(config.clone()).await;
                made.map_err(|error| failed("consumer", &name, &error))?
            }
        };
        let found = &consumer.cached_info().config;
        let mut differences = Differences::default();
        differences.compare("filter_subject", &found.filter_subject, &config.filter_subject);
        differences.compare("ack_policy", word(&found.ack_policy), word(&config.ack_policy));
        if config.max_deliver != 0 {
            differences.compare("max_deliver", found.max_deliver, config.max_deliver);
        }
        if config.max_ack_pending != 0 {
            differences.compare("max_ack_pending", found.max_ack_pending, config.max_ack_pending);
        }
        if config.ack_wait > Duration::ZERO {
            let seconds = |wait: Duration| format!("{} s", wait.as_secs_f64());
            differences.compare("ack_wait", seconds(found.ack_wait), seconds(config.ack_wait));
        }
        differences.found_in("consumer", name)?;
        Ok(consumer)
    }
}

/// The stream that a bucket is, by NATS's ADR-8. The client's own way asks for the account first, and cannot read what a
/// server of version 2.9 says of it.
fn stream_of(config: kv::Config) -> stream::Config {
    let kv::Config { bucket, description, max_value_size, history, max_age, max_bytes, storage, num_replicas, .. } =
        config;
    let unlimited = |limit| if limit == 0 { -1 } else { limit };
    stream::Config {
        name: format!("KV_{bucket}"),
        description: Some(description),
        subjects: vec![format!("$KV.{bucket}.>")],
        max_messages_per_subject: history.max(1),
        max_message_size: if max_value_size == 0 { -1 } else { max_value_size },
        max_bytes: unlimited(max_bytes),
        max_messages: -1,
        max_age,
        // An age that is shorter than it would be refused.
        duplicate_window: if max_age.is_zero() { DUPLICATES } else { max_age.min(DUPLICATES) },
        storage,
        num_replicas: num_replicas.max(1),
        discard: stream::DiscardPolicy::New,
        allow_rollup: true,
        deny_delete: true,
        allow_direct: true,
        ..stream::Config::default()
    }
}

#[derive(Default)]
struct Differences(Vec<Difference>);

impl Differences {
    fn compare<T: PartialEq + fmt::Display>(&mut self, setting: &'static str, found: T, wanted: T) {
        if found != wanted {
            self.0.push(Difference { setting, found: found.to_string(), wanted: wanted.to_string() });
        }
    }

    fn found_in(self, kind: &'static str, name: String) -> Result<(), NatsError> {
        if self.0.is_empty() { Ok(()) } else { Err(NatsError::Differs { kind, name, differences: self.0 }) }
    }
}

/// `WorkQueue` as `workqueue`.
fn word(setting: &impl fmt::Debug) -> String {
    format!("{setting:?}").to_lowercase()
}

fn not_made(kind: &'static str, name: &str, replicas: usize, error: &CreateStreamError) -> NatsError {
    let CreateStreamErrorKind::JetStream(said) = error.kind() else {
        return match error.kind() {
            CreateStreamErrorKind::JetStreamUnavailable => NatsError::NoJetStream,
            _ => failed(kind, name, error),
        };
    };
    match said.error_code() {
        ErrorCode::JETSTREAM_NOT_ENABLED | ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT => NatsError::NoJetStream,
        ErrorCode::CLUSTER_NO_PEERS | ErrorCode::INSUFFICIENT_RESOURCES | ErrorCode::STREAM_REPLICAS_NOT_SUPPORTED => {
            NatsError::Replicas { name: name.to_owned(), replicas, reason: said.to_string() }
        }
        _ => NatsError::Request { kind, name: name.to_owned(), reason: said.to_string() },
    }
}

fn failed(kind: &'static str, name: &str, error: &dyn std::error::Error) -> NatsError {
    NatsError::Request { kind, name: name.to_owned(), reason: chain(error) }
}

/// The error with its causes that it does not name itself.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}
