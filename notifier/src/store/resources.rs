//! What is watched, and how it is.

use std::time::Duration;

use hookseal_health::{Reading, Resource, State};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::row::{self, signed, unsigned};
use super::{Store, StoreError};

/// How a service's disk or inodes are, as far as the store knows.
///
/// The daemon writes new figures when they differ by a thousandth of the total, or after an hour: `reading` and
/// `sampled_at` may be that old while the daemon runs. [`Store::last_round`] says when it last looked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResourceStatus {
    /// The service.
    pub service: String,
    /// What of it.
    pub resource: Resource,
    /// How it is.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// What integrations were last told.
    pub announced: State,
    /// The last known figures.
    pub reading: Option<Reading>,
    /// When they were measured.
    pub sampled_at: Option<Timestamp>,
    /// For how many rounds, up to the last one, nothing could be measured.
    pub unknown_rounds: u32,
    /// Why not.
    pub unknown_reason: Option<String>,
    /// Whether the configuration of the daemon that last ran has it.
    pub watched: bool,
}

impl ResourceStatus {
    /// Whether it has been unknown for long enough to be shown as such.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        self.unknown_rounds >= Self::UNKNOWN_AFTER
    }

    /// Rounds without a figure after which a resource is shown as unknown: one probe may fail.
    pub const UNKNOWN_AFTER: u32 = 3;
}

/// The last check of all services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastRound {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// After what time the next one is due.
    pub interval: Duration,
    /// How many resources it looked at.
    pub resources: u64,
}

impl Store {
    /// Every resource, in the order of their services.
    ///
    /// # Errors
    ///
    /// What keeps them from being read.
    pub fn resources(&self) -> Result<Vec<ResourceStatus>, StoreError> {
        self.read(all)
    }

    /// The last check that was written; none before the first.
    ///
    /// # Errors
    ///
    /// What keeps it from being read.
    pub fn last_round(&self) -> Result<Option<LastRound>, StoreError> {
        self.read(|connection| {
            let mut select = connection.prepare_cached("SELECT at, took, interval, resources FROM round")?;
            let read = |row: &Row<'_>| {
                let duration = |column| Ok::<_, rusqlite::Error>(Duration::from_micros(unsigned(row.get(column)?)));
                let (took, interval) = (duration(1)?, duration(2)?);
                Ok(LastRound { at: row::time(row, 0)?, took, interval, resources: unsigned(row.get(3)?) })
            };
            select.query_row([], read).optional()
        })
    }
}

pub(crate) fn all(connection: &Connection) -> rusqlite::Result<Vec<ResourceStatus>> {
    let mut select = connection.prepare_cached(
        "SELECT service, resource, state, since, announced, available, total, sampled_at, unknown_rounds, \
         unknown_reason, watched FROM resource ORDER BY service, resource",
    )?;
    select.query_map([], read)?.collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<ResourceStatus> {
    let figures: Option<(i64, i64)> = row.get::<_, Option<i64>>(5)?.zip(row.get(6)?);
    Ok(ResourceStatus {
        service: row.get(0)?,
        resource: row::word(row, 1)?,
        state: row::word(row, 2)?,
        since: row::time(row, 3)?,
        announced: row::word(row, 4)?,
        reading: figures.and_then(|(available, total)| Reading::new(unsigned(available), unsigned(total))),
        sampled_at: row::optional_time(row, 7)?,
        unknown_rounds: row.get(8)?,
        unknown_reason: row.get(9)?,
        watched: row.get(10)?,
    })
}

/// Makes or replaces a resource's row, which counts as watched from then on.
pub(crate) fn put(connection: &Connection, status: &ResourceStatus) -> rusqlite::Result<()> {
    let mut upsert = connection.prepare_cached(
        "INSERT INTO resource (service, resource, state, since, announced, available, total, sampled_at, \
         unknown_rounds, unknown_reason, watched) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
         ON CONFLICT DO UPDATE SET state = ?3, since = ?4, announced = ?5, available = ?6, total = ?7, \
         sampled_at = ?8, unknown_rounds = ?9, unknown_reason = ?10, watched = ?11",
    )?;
    upsert.execute(params![
        status.service,
        status.resource.as_str(),
        status.state.as_str(),
        status.since.as_microsecond(),
        status.announced.as_str(),
        status.reading.map(|reading| signed(reading.available())),
        status.reading.map(|reading| signed(reading.total())),
        status.sampled_at.map(Timestamp::as_microsecond),
        status.unknown_rounds,
        status.unknown_reason,
        status.watched,
    ])?;
    Ok(())
}

/// What the configuration no longer has is forgotten, unless somebody was told that it is bad: should the service come
/// back, that is still to be cleared.
pub(crate) fn forget(connection: &Connection, service: &str, resource: Resource) -> rusqlite::Result<()> {
    let key = params![service, resource.as_str()];
    connection
        .prepare_cached("UPDATE resource SET watched = 0 WHERE service = ?1 AND resource = ?2 AND announced <> 'ok'")?
        .execute(key)?;
    let gone = connection
        .prepare_cached("DELETE FROM resource WHERE service = ?1 AND resource = ?2 AND announced = 'ok'")?
        .execute(key)?;
    if gone > 0 {
        let mut delete = connection.prepare_cached("DELETE FROM sample WHERE service = ?1 AND resource = ?2")?;
        delete.execute(key)?;
    }
    Ok(())
}

pub(crate) fn put_round(connection: &Connection, round: &LastRound) -> rusqlite::Result<()> {
    let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO round (rowid, at, took, interval, resources) VALUES (1, ?1, ?2, ?3, ?4)",
        )?
        .execute(params![
            round.at.as_microsecond(),
            micros(round.took),
            micros(round.interval),
            signed(round.resources)
        ])?;
    Ok(())
}
