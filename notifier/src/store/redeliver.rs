//! Delivering again what was delivered or given up.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::{Store, StoreError};
use crate::IntegrationId;

/// What to deliver again. It keeps its id, so that receivers can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Redeliver {
    /// The delivery of this id, or the only one whose id begins so.
    One(String),
    /// All that were given up, of one integration or of every one.
    Dead(Option<IntegrationId>),
    /// All that were delivered or given up and came to be since then, of one integration or of every one.
    Since(Timestamp, Option<IntegrationId>),
}

impl Store {
    /// Has deliveries made again, at once and with all of their attempts before them; how many. Those that wait or are under
    /// way are left as they are. An integration that was paused is tried again.
    ///
    /// # Errors
    ///
    /// `NotFound` where the one is not there, or what keeps it from being written.
    pub fn redeliver(&self, which: &Redeliver) -> Result<usize, StoreError> {
        let (number, dead_only, since, integration) = match which {
            Redeliver::One(id) => (Some(self.activity_number(id)?), false, None, &None),
            Redeliver::Dead(integration) => (None, true, None, integration),
            Redeliver::Since(since, integration) => (None, false, Some(since.as_microsecond()), integration),
        };
        let integration = integration.as_ref().map(ToString::to_string);
        let now = Timestamp::now().as_microsecond();
        let count = self.write_blocking(move |transaction: &Transaction<'_>| {
            let count = transaction
                .prepare_cached(
                    "UPDATE delivery SET state = 'pending', age = 0, due_at = ?1, updated_at = ?1, error = NULL \
                     WHERE (state = 'dead' OR NOT ?2 AND state = 'delivered') AND (?3 IS NULL OR number = ?3) \
                     AND (?4 IS NULL OR created_at >= ?4) AND (?5 IS NULL OR integration = ?5)",
                )?
                .execute(params![now, dead_only, number, since, integration])?;
            transaction.execute(
                "UPDATE integration SET paused_at = NULL, failing_since = ?1 WHERE paused_at IS NOT NULL AND id IN \
                 (SELECT integration FROM delivery WHERE state = 'pending' AND updated_at = ?1)",
                [now],
            )?;
            Ok(count)
        })?;
        if count > 0 {
            self.note_change();
        }
        Ok(count)
    }
}
