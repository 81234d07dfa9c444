//! What is kept no longer.

use hookseal_health::Resource;
use jiff::Timestamp;
use rusqlite::{Connection, params};

/// Rows that go in one transaction, so that others wait for no more than that.
const BATCH: u32 = 2_000;

/// Drops what was delivered, or is dead, before that time, and events that have no deliveries left; never what is
/// pending. Whether there may be more.
pub(crate) fn drop_activities(connection: &Connection, before: Timestamp) -> rusqlite::Result<bool> {
    let values = params![before.as_microsecond(), BATCH];
    let deliveries = connection
        .prepare_cached(
            "DELETE FROM delivery WHERE number IN (SELECT delivery.number FROM event \
             JOIN delivery ON delivery.event = event.id WHERE event.created_at < ?1 \
             AND delivery.state IN ('delivered', 'dead') AND delivery.updated_at < ?1 LIMIT ?2)",
        )?
        .execute(values)?;
    let events = connection
        .prepare_cached(
            "DELETE FROM event WHERE id IN (SELECT id FROM event WHERE created_at < ?1 \
             AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.event = event.id) LIMIT ?2)",
        )?
        .execute(values)?;
    connection.prepare_cached("DELETE FROM silence WHERE until < ?1")?.execute([before.as_microsecond()])?;
    Ok(deliveries.max(events) >= BATCH as usize)
}

/// Drops a resource's history before that time.
pub(crate) fn drop_history(
    connection: &Connection,
    service: &str,
    resource: Resource,
    before: Timestamp,
) -> rusqlite::Result<usize> {
    let mut delete =
        connection.prepare_cached("DELETE FROM sample WHERE service = ?1 AND resource = ?2 AND at < ?3")?;
    delete.execute(params![service, resource.as_str(), before.as_microsecond()])
}

/// Forgets what the configuration no longer has and was last measured before that time, whatever was told of it.
pub(crate) fn drop_unwatched(connection: &Connection, before: Timestamp) -> rusqlite::Result<()> {
    const UNWATCHED: &str = "FROM resource WHERE watched = 0 AND coalesce(sampled_at, since) < ?1";
    for sql in [
        format!("DELETE FROM sample WHERE (service, resource) IN (SELECT service, resource {UNWATCHED})"),
        format!("DELETE {UNWATCHED}"),
    ] {
        connection.prepare_cached(&sql)?.execute([before.as_microsecond()])?;
    }
    Ok(())
}
