//! Deliveries on their way to the fleet.

use rusqlite::types::Type;
use uuid::Uuid;

use super::{Store, StoreError, row};
use crate::{IntegrationId, IntegrationType};

/// A delivery that the fleet does not have yet.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) number: i64,
    pub(crate) integration: IntegrationId,
    pub(crate) kind: IntegrationType,
    /// The subjects that the integration's deliveries are spread over.
    pub(crate) partitions: u32,
    pub(crate) lane: String,
    pub(crate) recipient: Option<String>,
    pub(crate) event: Uuid,
    /// How often the fleet has had it already: somebody wants it delivered again.
    pub(crate) times: u32,
    /// The event's JSON.
    pub(crate) body: Vec<u8>,
}

impl Store {
    /// The oldest that wait, in their order, and how many wait in all.
    pub(crate) fn outgoing(&self, most: usize) -> Result<(Vec<Outgoing>, u64), StoreError> {
        self.read(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT delivery.number, delivery.integration, partitions, lane, recipient, event.id, body,
                   integration.type, attempts
                 FROM delivery INDEXED BY delivery_open
                 JOIN integration ON integration.id = delivery.integration JOIN event ON event.id = delivery.event
                 WHERE state = 'pending' AND state IN ('pending', 'sending') ORDER BY delivery.number LIMIT ?1",
            )?;
            let rows = select.query_map([i64::try_from(most).unwrap_or(i64::MAX)], |row| {
                Ok(Outgoing {
                    number: row.get(0)?,
                    integration: row::word(row, 1)?,
                    partitions: row.get(2)?,
                    lane: row.get(3)?,
                    recipient: row.get(4)?,
                    event: Uuid::from_slice(row.get_ref(5)?.as_blob()?)
                        .map_err(|error| row::unreadable(5, Type::Blob, error))?,
                    body: row.get(6)?,
                    kind: row::word(row, 7)?,
                    times: row.get(8)?,
                })
            })?;
            let outgoing = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            let mut count = connection.prepare_cached(
                "SELECT count(*) FROM delivery INDEXED BY delivery_open WHERE state IN ('pending', 'sending')",
            )?;
            Ok((outgoing, row::unsigned(count.query_row([], |row| row.get(0))?)))
        })
    }

    /// How many subjects of the fleet an integration's deliveries are spread over.
    pub(crate) fn partitions(&self, integration: &IntegrationId) -> Result<u32, StoreError> {
        self.read(|connection| {
            let mut select = connection.prepare_cached("SELECT partitions FROM integration WHERE id = ?1")?;
            select.query_row([integration.as_str()], |row| row.get(0))
        })
    }

    /// Writes down that the fleet has these.
    pub(crate) async fn handed_over(&self, numbers: Vec<i64>, now: i64) -> Result<(), StoreError> {
        self.write(move |transaction| {
            let mut update = transaction.prepare_cached(
                "UPDATE delivery SET state = 'delivered', attempts = attempts + 1, updated_at = ?2, error = NULL
                 WHERE number = ?1 AND state = 'pending'",
            )?;
            numbers.iter().try_for_each(|number| update.execute([*number, now]).map(drop))
        })
        .await
    }
}
