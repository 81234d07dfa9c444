//! Past figures, for the plots.

use hookseal_health::{Reading, Resource};
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::row::{self, signed, unsigned};
use super::{ResourceStatus, Store, StoreError};

/// What was measured at a time. Between two points the figures changed by less than a thousandth of the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryPoint {
    /// When.
    pub at: Timestamp,
    /// The figures.
    pub reading: Reading,
}

impl HistoryPoint {
    /// What a resource's row says.
    pub(crate) fn of(status: &ResourceStatus) -> Option<Self> {
        let (reading, at) = status.reading.zip(status.sampled_at)?;
        Some(HistoryPoint { at, reading })
    }
}

impl Store {
    /// What was measured of a resource since then, the oldest first.
    ///
    /// # Errors
    ///
    /// What keeps it from being read.
    pub fn history(
        &self,
        service: &str,
        resource: Resource,
        since: Timestamp,
    ) -> Result<Vec<HistoryPoint>, StoreError> {
        self.read(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT at, available, total FROM sample WHERE service = ?1 AND resource = ?2 AND at >= ?3 ORDER BY at",
            )?;
            let mut rows = select.query(params![service, resource.as_str(), since.as_microsecond()])?;
            let mut points = Vec::new();
            while let Some(row) = rows.next()? {
                points.extend(read(row)?);
            }
            Ok(points)
        })
    }

    /// The same, one after the other, and before them the last one from before that time: it held then.
    pub(crate) fn each_in_history(
        &self,
        service: &str,
        resource: Resource,
        since: Timestamp,
        mut take: impl FnMut(HistoryPoint),
    ) -> Result<(), StoreError> {
        self.read(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT at, available, total FROM sample WHERE service = ?1 AND resource = ?2 AND at >= coalesce( \
                 (SELECT max(at) FROM sample WHERE service = ?1 AND resource = ?2 AND at < ?3), ?3) ORDER BY at",
            )?;
            let mut rows = select.query(params![service, resource.as_str(), since.as_microsecond()])?;
            while let Some(row) = rows.next()? {
                read(row)?.into_iter().for_each(&mut take);
            }
            Ok(())
        })
    }
}

/// None where the figures cannot be true.
fn read(row: &Row<'_>) -> rusqlite::Result<Option<HistoryPoint>> {
    let reading = Reading::new(unsigned(row.get(1)?), unsigned(row.get(2)?));
    let at = row::time(row, 0)?;
    Ok(reading.map(|reading| HistoryPoint { at, reading }))
}

/// A clock that stepped back can come by the same time again: the later figures stay.
pub(crate) fn put(
    connection: &Connection,
    service: &str,
    resource: Resource,
    point: HistoryPoint,
) -> rusqlite::Result<()> {
    let HistoryPoint { at, reading } = point;
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO sample (service, resource, at, available, total) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    insert.execute(params![
        service,
        resource.as_str(),
        at.as_microsecond(),
        signed(reading.available()),
        signed(reading.total())
    ])?;
    Ok(())
}
