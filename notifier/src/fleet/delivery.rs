//! A delivery as it stands in a stream: the event's JSON verbatim, and what else a worker needs in headers.

use async_nats::HeaderMap;
use async_nats::jetstream::message::PublishMessage;
use bytes::Bytes;
use uuid::Uuid;

use super::{FleetError, names};
use crate::store::events::NewDelivery;
use crate::{IntegrationId, Message};

const EVENT: &str = "Hookseal-Event";
const INTEGRATION: &str = "Hookseal-Integration";
const LANE: &str = "Hookseal-Lane";
const RECIPIENT: &str = "Hookseal-Recipient";
const TYPE: &str = "Hookseal-Type";

/// One recipient's copy of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Delivery {
    pub(super) event: Uuid,
    pub(super) integration: IntegrationId,
    /// What keeps its order.
    pub(super) lane: String,
    /// Of an e-mail.
    pub(super) recipient: Option<String>,
    /// The event's JSON.
    pub(super) body: Bytes,
    /// What duplicates are known by.
    pub(super) message_id: String,
}

impl Delivery {
    pub(super) fn new(
        event: Uuid,
        integration: IntegrationId,
        lane: String,
        recipient: Option<String>,
        body: Bytes,
    ) -> Self {
        let message_id = names::message_id(event, &integration, recipient.as_deref());
        Delivery { event, integration, lane, recipient, body, message_id }
    }

    /// For the how many-eth time: it is no duplicate of what it was before.
    pub(super) fn again(mut self, times: u32) -> Self {
        if times > 0 {
            self.message_id.push_str(&format!("/again{times}"));
        }
        self
    }

    pub(super) fn of(message: &Message, delivery: NewDelivery) -> Self {
        let NewDelivery { integration, recipient, lane, .. } = delivery;
        Self::new(message.id, integration, lane, recipient, message.body.clone())
    }

    pub(super) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(EVENT, self.event.to_string());
        headers.insert(INTEGRATION, self.integration.as_str());
        headers.insert(LANE, printable(&self.lane));
        if let Some(recipient) = &self.recipient {
            headers.insert(RECIPIENT, printable(recipient));
        }
        if let Ok(message) = Message::read(self.body.clone()) {
            headers.insert(TYPE, message.kind());
        }
        headers
    }

    pub(super) fn publish(&self) -> PublishMessage {
        PublishMessage::build().payload(self.body.clone()).headers(self.headers()).message_id(&self.message_id)
    }

    pub(super) fn subject(&self, partitions: u32) -> String {
        names::delivery_subject(&self.integration, names::partition(&self.lane, partitions))
    }

    pub(super) fn read(headers: Option<&HeaderMap>, body: Bytes) -> Result<Self, FleetError> {
        let header = |name: &str| headers.and_then(|headers| headers.get(name)).map(|value| value.as_str());
        let unreadable = |reason: &str| FleetError::unreadable("a delivery", reason);
        let missing = |name: &'static str| move || FleetError::unreadable("a delivery", format!("it has no {name}"));
        Ok(Delivery {
            event: header(EVENT).and_then(|id| id.parse().ok()).ok_or_else(missing(EVENT))?,
            integration: header(INTEGRATION)
                .ok_or_else(missing(INTEGRATION))?
                .parse()
                .map_err(|error: crate::UnusableId| unreadable(&error.to_string()))?,
            lane: header(LANE).unwrap_or_default().to_owned(),
            recipient: header(RECIPIENT).map(str::to_owned),
            message_id: header("Nats-Msg-Id").ok_or_else(missing("Nats-Msg-Id"))?.to_owned(),
            body,
        })
    }
}

/// A header's value must not end its line.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_reads_as_it_was_written() {
        let integration: IntegrationId = "abcdefghijk23".parse().unwrap();
        let body = Bytes::from_static(b"{\"any\":\"body\"}");
        let delivery = Delivery::new(
            Uuid::from_u128(7),
            integration,
            "caf\u{e9}/disk a@example.com".to_owned(),
            Some("a@example.com".to_owned()),
            body.clone(),
        );
        let mut headers = delivery.headers();
        headers.insert("Nats-Msg-Id", delivery.message_id.as_str());
        assert_eq!(Delivery::read(Some(&headers), body).unwrap(), delivery);
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = Delivery::read(None, Bytes::new()).unwrap_err().to_string();
        assert!(error.contains("it has no Hookseal-Event"), "{error}");
    }
}
