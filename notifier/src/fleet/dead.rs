//! Deliveries that were given up: kept, listed, and delivered again.

use async_nats::HeaderMap;
use async_nats::jetstream::Message as StreamMessage;
use async_nats::jetstream::message::PublishMessage;
use bytes::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::delivery::{Delivery, printable};
use super::{Fleet, FleetError, integrations, names, reading};
use crate::{IntegrationId, Message, NotFound};

const WHAT: &str = "a dead letter";

const ERROR: &str = "Hookseal-Error";
const ATTEMPTS: &str = "Hookseal-Attempts";
const DIED_AT: &str = "Hookseal-Died-At";
const MESSAGE_ID: &str = "Hookseal-Msg-Id";

/// A delivery that was given up.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct DeadLetter {
    /// What it is called: its place in the stream of dead letters.
    pub id: u64,
    /// The event's id.
    pub event: Uuid,
    /// The event's type, such as `health.low_disk`.
    pub event_type: String,
    /// What the event says.
    pub text: String,
    /// When the event came to be.
    pub created_at: Timestamp,
    /// Whom it is for.
    pub integration: IntegrationId,
    /// Of an e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it did not arrive the last time.
    pub error: Option<String>,
    /// When it was given up.
    pub died_at: Option<Timestamp>,
    #[serde(skip)]
    delivery: Delivery,
}

/// Which dead letters to deliver again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revive {
    /// The one of this id.
    One(u64),
    /// All of an integration, or of every one.
    All(Option<IntegrationId>),
}

impl Fleet {
    /// Deliveries that were given up, the newest first.
    ///
    /// # Errors
    ///
    /// What keeps them from being asked for.
    pub async fn dead_letters(
        &self,
        integration: Option<&IntegrationId>,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, FleetError> {
        let subject = integration.map_or(names::DEAD_SUBJECTS.to_owned(), names::dead_subject);
        reading::newest(&self.parts().await?.dead, &subject, limit, DeadLetter::read).await
    }

    /// Has dead letters delivered again, with all of their attempts before them; how many. Their events keep their ids, so
    /// that receivers can tell. An integration that was paused is tried again.
    ///
    /// # Errors
    ///
    /// `NotFound` where the one is not there, or what keeps them from being published.
    pub async fn revive(&self, which: &Revive) -> Result<usize, FleetError> {
        let stream = &self.parts().await?.dead;
        let subject = match which {
            Revive::All(Some(integration)) => names::dead_subject(integration),
            Revive::All(None) | Revive::One(_) => names::DEAD_SUBJECTS.to_owned(),
        };
        let from = if let Revive::One(id) = which { *id } else { 1 };
        // In their order, which is that in which they were given up.
        let mut letters = reading::since(stream, &subject, from, DeadLetter::read).await?;
        if let Revive::One(id) = which {
            letters.retain(|letter| letter.id == *id);
            if letters.is_empty() {
                return Err(NotFound::Unknown { what: "dead letter", given: id.to_string() }.into());
            }
        }
        let records = self.records().await?;
        let mut revived = 0;
        let mut woken: Vec<&IntegrationId> = Vec::new();
        for letter in &letters {
            let Some(record) = records.iter().find(|record| record.id == letter.integration) else {
                continue; // its integration is no more
            };
            // Another Msg-Id, but the same for the same dead letter, so that it is published once whatever breaks off.
            let message_id = format!("{}/r{}", letter.delivery.message_id, letter.id);
            self.publish(&Delivery { message_id, ..letter.delivery.clone() }, record.partitions).await?;
            stream.delete_message(letter.id).await.map_err(|error| FleetError::request(WHAT, error))?;
            revived += 1;
            if !woken.contains(&&record.id) {
                woken.push(&record.id);
            }
        }
        for id in woken {
            self.wake(id).await?;
        }
        Ok(revived)
    }

    /// How many dead letters there are.
    ///
    /// # Errors
    ///
    /// What keeps them from being counted.
    pub async fn count_dead_letters(&self) -> Result<u64, FleetError> {
        let info = self.parts().await?.dead.get_info().await.map_err(|error| FleetError::request(WHAT, error))?;
        Ok(info.state.messages)
    }

    /// Keeps what was given up, and waits until it is there.
    pub(super) async fn bury(
        &self,
        integration: &IntegrationId,
        message: &async_nats::Message,
        sequence: u64,
        attempts: u32,
        error: Option<&str>,
    ) -> Result<(), FleetError> {
        let mut headers = HeaderMap::new();
        for (name, values) in message.headers.iter().flat_map(HeaderMap::iter) {
            let name: &str = name.as_ref();
            // What begins so is an order to the server.
            if let (false, Some(value)) = (name.starts_with("Nats-"), values.first()) {
                headers.insert(name, value.as_str());
            }
        }
        let message_id = message.headers.as_ref().and_then(|headers| headers.get("Nats-Msg-Id"));
        let message_id = message_id.map_or_else(|| format!("unknown/{sequence}"), ToString::to_string);
        headers.insert(MESSAGE_ID, message_id.as_str());
        headers.insert(ATTEMPTS, attempts.to_string());
        headers.insert(DIED_AT, integrations::now().to_string());
        if let Some(error) = error {
            headers.insert(ERROR, printable(error));
        }
        let publish = PublishMessage::build()
            .payload(message.payload.clone())
            .headers(headers)
            .message_id(format!("{message_id}/dead/{sequence}"));
        let sent = self.jetstream().send_publish(names::dead_subject(integration), publish).await;
        let acknowledged = sent.map_err(|error| FleetError::request(WHAT, error))?.await;
        acknowledged.map(drop).map_err(|error| FleetError::request(WHAT, error))
    }
}

impl DeadLetter {
    /// What is no delivery, which only another program could have put there, is left out.
    fn read(message: &StreamMessage) -> Option<Self> {
        let id = message.info().ok()?.stream_sequence;
        let mut headers = message.headers.clone()?;
        let header = |name: &str| message.headers.as_ref()?.get(name).map(|value| value.as_str().to_owned());
        headers.insert("Nats-Msg-Id", header(MESSAGE_ID)?);
        let body: Bytes = message.payload.clone();
        let delivery = Delivery::read(Some(&headers), body.clone()).ok()?;
        let told = Message::read(body).ok()?;
        Some(DeadLetter {
            id,
            event: told.id,
            event_type: told.kind().to_owned(),
            text: told.text().to_owned(),
            created_at: told.created_at,
            integration: delivery.integration.clone(),
            recipient: delivery.recipient.clone(),
            attempts: header(ATTEMPTS).and_then(|count| count.parse().ok()).unwrap_or_default(),
            error: header(ERROR),
            died_at: header(DIED_AT).and_then(|at| at.parse().ok()),
            delivery,
        })
    }
}
