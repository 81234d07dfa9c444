//! What is told: an event, and whom it is for.

use hookseal_health::Notification;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use uuid::Uuid;

use crate::integration::IntegrationId;
use crate::message::{Content, Message};

/// An event that is not stored yet, with its deliveries.
#[derive(Clone, Debug)]
pub(crate) struct NewEvent {
    pub(crate) message: Message,
    pub(crate) deliveries: Vec<NewDelivery>,
}

/// One recipient's copy of an event.
#[derive(Clone, Debug)]
pub(crate) struct NewDelivery {
    /// What it is called: the id of an activity.
    pub(crate) id: String,
    pub(crate) integration: IntegrationId,
    /// Of an e-mail.
    pub(crate) recipient: Option<String>,
    /// What keeps its order.
    pub(crate) lane: String,
}

impl NewDelivery {
    pub(crate) fn new(integration: IntegrationId, recipient: Option<String>, lane: String) -> Self {
        NewDelivery { id: new_id(), integration, recipient, lane }
    }
}

/// As an integration's: 13 characters of five bits each.
pub(crate) fn new_id() -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    // The lowest 62 bits are random, and so are the highest 48.
    let bits = Uuid::new_v4().as_u128();
    let low = (0..12).map(|place| bits >> (5 * place));
    low.chain([bits >> 80]).map(|bits| char::from(ALPHABET[(bits & 31) as usize])).collect()
}

/// Stores an event and its deliveries, which are due at once. One for an integration that has been deleted meanwhile is
/// left out.
pub(crate) fn insert(connection: &Connection, event: &NewEvent, now: Timestamp) -> rusqlite::Result<()> {
    let Message { id, created_at, body, content } = &event.message;
    let (service, resource, severity) = match content {
        Content::Notification(Notification { payload, .. }) => {
            (Some(payload.service.as_str()), Some(payload.resource.as_str()), Some(payload.severity.as_str()))
        }
        Content::Notice(_) | Content::Welcome(_) => (None, None, None),
    };
    connection
        .prepare_cached(
            "INSERT INTO event (id, created_at, type, service, resource, severity, body) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            id.as_bytes(),
            created_at.as_microsecond(),
            event.message.kind(),
            service,
            resource,
            severity,
            &body[..]
        ])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO delivery (id, event, integration, recipient, lane, state, due_at, created_at, updated_at) \
         SELECT ?1, ?2, id, ?4, ?5, 'pending', ?6, ?6, ?6 FROM integration WHERE id = ?3",
    )?;
    for NewDelivery { id: delivery, integration, recipient, lane } in &event.deliveries {
        let now = now.as_microsecond();
        insert.execute(params![delivery, id.as_bytes(), integration.as_str(), recipient, lane, now])?;
    }
    Ok(())
}
