//! What workers tried, and what came of it.

use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::Stream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Fleet, FleetError, bucket, names, reading};
use crate::{IntegrationId, IntegrationType};

/// An attempt of a worker's to deliver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FleetAttempt {
    /// When it ended.
    pub at: Timestamp,
    /// The event's id: the same on every retry.
    pub event: Uuid,
    /// The event's type, such as `health.low_disk`.
    pub event_type: String,
    /// What the event says.
    pub text: String,
    /// Whom it is for.
    pub integration: IntegrationId,
    /// What that delivers to.
    pub integration_type: IntegrationType,
    /// Of an e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// Which attempt this was, from 1.
    pub attempt: u32,
    /// `delivered`, `retry`, `refused` or `expired`.
    pub outcome: String,
    /// Whether the delivery was given up.
    pub is_dead: bool,
    /// When it is tried again, at the earliest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    /// The answer's status.
    pub status: Option<u16>,
    /// Of an attempt that failed: what was sent, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// What was answered, cut to 4 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Why it did not arrive.
    pub error: Option<String>,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
    /// Which worker it was.
    pub worker: String,
}

/// Which attempts to list.
#[derive(Clone, Debug, Default)]
pub struct AttemptFilter {
    /// To this integration; to all unless told.
    pub integration: Option<IntegrationId>,
    /// Of this event; of all unless told.
    pub event: Option<Uuid>,
    /// At most so many.
    pub limit: usize,
}

impl Fleet {
    /// Attempts of all workers, the newest first.
    ///
    /// # Errors
    ///
    /// What keeps them from being asked for.
    pub async fn attempts(&self, filter: &AttemptFilter) -> Result<Vec<FleetAttempt>, FleetError> {
        let stream = &self.parts().await?.attempts;
        let subject = filter.integration.as_ref().map_or(names::ATTEMPT_SUBJECTS.to_owned(), names::attempt_subject);
        let wanted = |attempt: &FleetAttempt| filter.event.is_none_or(|event| event == attempt.event);
        newest(stream, subject, filter.limit, wanted).await
    }
}

async fn newest(
    stream: &Stream,
    subject: String,
    limit: usize,
    wanted: impl Fn(&FleetAttempt) -> bool,
) -> Result<Vec<FleetAttempt>, FleetError> {
    let found = reading::newest(stream, &subject, limit, |message| {
        // What a newer version wrote in another way is left out.
        serde_json::from_slice(&message.payload).ok().filter(&wanted)
    });
    found.await
}

impl FleetAttempt {
    pub(super) fn publish(&self) -> (String, PublishMessage) {
        (names::attempt_subject(&self.integration), PublishMessage::build().payload(bucket::json(self)))
    }
}
