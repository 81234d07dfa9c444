//! Reading a stream that is kept.

use std::time::Duration;

use async_nats::jetstream::consumer::{DeliverPolicy, pull};
use async_nats::jetstream::{Message, stream::Stream};
use futures_util::StreamExt as _;

use super::FleetError;

const WHAT: &str = "a stream's messages";

/// How long reading may take between two messages.
const PATIENCE: Duration = Duration::from_secs(5);

/// Messages that are looked at first, from the end; then eight times as many.
const FIRST_LOOK: u64 = 1024;

/// The newest messages of a subject of which `read` makes something, the newest first.
pub(super) async fn newest<T>(
    stream: &Stream,
    subject: &str,
    limit: usize,
    read: impl Fn(&Message) -> Option<T>,
) -> Result<Vec<T>, FleetError> {
    let state = stream.get_info().await.map_err(|error| FleetError::request(WHAT, error))?.state;
    let mut look = FIRST_LOOK.max(limit as u64);
    loop {
        let from = state.last_sequence.saturating_sub(look).max(state.first_sequence);
        let mut found = since(stream, subject, from, &read).await?;
        if found.len() >= limit || from <= state.first_sequence {
            found.reverse();
            found.truncate(limit);
            return Ok(found);
        }
        look = look.saturating_mul(8);
    }
}

/// The messages of a subject from a place on, in their order, of which `read` makes something.
pub(super) async fn since<T>(
    stream: &Stream,
    subject: &str,
    from: u64,
    read: impl Fn(&Message) -> Option<T>,
) -> Result<Vec<T>, FleetError> {
    let failed = |error: &dyn std::fmt::Display| FleetError::request(WHAT, error);
    let config = pull::OrderedConfig {
        filter_subject: subject.to_owned(),
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: from.max(1) },
        ..pull::OrderedConfig::default()
    };
    let consumer = stream.create_consumer(config).await.map_err(|error| failed(&error))?;
    let mut left = consumer.cached_info().num_pending;
    let mut found = Vec::new();
    if left == 0 {
        return Ok(found);
    }
    let mut messages = consumer.messages().await.map_err(|error| failed(&error))?;
    while left > 0 {
        let message = tokio::time::timeout(PATIENCE, messages.next()).await;
        let message = message.map_err(|_| failed(&"no answer in time"))?.ok_or_else(|| failed(&"it broke off"))?;
        let message = message.map_err(|error| failed(&error))?;
        left = message.info().map_err(|error| failed(&error))?.pending;
        found.extend(read(&message));
    }
    Ok(found)
}
