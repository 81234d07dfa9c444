//! The file's schema, and how an older one becomes the newest.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::StoreError;

/// In the file's header, so that it can be told from other SQLite files: "hkSn".
const APPLICATION_ID: i32 = 0x686b_536e;

/// What makes schema n+1 of schema n. A released one never changes. Times are microseconds since 1970.
const MIGRATIONS: [&str; 2] = ["
    CREATE TABLE resource (              -- what is watched, and how it is
        service        TEXT    NOT NULL,
        resource       TEXT    NOT NULL, -- disk, inodes
        state          TEXT    NOT NULL, -- ok, warning, critical
        since          INTEGER NOT NULL,
        announced      TEXT    NOT NULL, -- the state that the integrations were last told of
        available      INTEGER,          -- the last known figures
        total          INTEGER,
        sampled_at     INTEGER,
        unknown_rounds INTEGER NOT NULL DEFAULT 0, -- in a row, up to the last one
        unknown_reason TEXT,
        watched        INTEGER NOT NULL DEFAULT 1, -- whether the configuration still has it
        PRIMARY KEY (service, resource)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE round (                 -- one row: the last check
        at        INTEGER NOT NULL,
        took      INTEGER NOT NULL,      -- microseconds
        interval  INTEGER NOT NULL,      -- microseconds until the next one
        resources INTEGER NOT NULL       -- how many were looked at
    ) STRICT;
    CREATE TABLE sample (                -- for the plots
        service   TEXT    NOT NULL,
        resource  TEXT    NOT NULL,
        at        INTEGER NOT NULL,
        available INTEGER NOT NULL,
        total     INTEGER NOT NULL,
        PRIMARY KEY (service, resource, at)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE integration (
        id            TEXT    PRIMARY KEY,
        created_at    INTEGER NOT NULL,
        updated_at    INTEGER NOT NULL,
        type          TEXT    NOT NULL, -- health.webhook, …
        settings      TEXT    NOT NULL, -- JSON, without secrets
        secrets       BLOB    NOT NULL, -- sealed
        greeted       INTEGER NOT NULL DEFAULT 0, -- whether it has heard of the open problems
        failures      INTEGER NOT NULL DEFAULT 0, -- in a row
        failing_since INTEGER,
        succeeded_at  INTEGER,
        last_error    TEXT,
        paused_at     INTEGER,
        reported      TEXT,             -- what the others were last told: failing, paused; nothing where all is well
        reported_since INTEGER          -- since when it fails, as they were told
    ) STRICT;
    CREATE TABLE event (
        id         BLOB    PRIMARY KEY, -- the UUID
        created_at INTEGER NOT NULL,
        type       TEXT    NOT NULL,    -- health.low_disk, …
        service    TEXT,
        resource   TEXT,
        severity   TEXT,
        body       BLOB    NOT NULL     -- the JSON as it is sent
    ) STRICT;
    CREATE INDEX event_created_at ON event (created_at);
    CREATE TABLE delivery (
        number      INTEGER PRIMARY KEY, -- the order in which they were made
        id          TEXT    NOT NULL UNIQUE,
        event       BLOB    NOT NULL REFERENCES event (id),
        integration TEXT    NOT NULL REFERENCES integration (id) ON DELETE CASCADE,
        recipient   TEXT,                -- of an e-mail
        lane        TEXT    NOT NULL,    -- what keeps its order
        state       TEXT    NOT NULL,    -- pending, sending, delivered, dead
        attempts    INTEGER NOT NULL DEFAULT 0,
        age         INTEGER NOT NULL DEFAULT 0, -- microseconds that it has been tried for
        due_at      INTEGER NOT NULL,
        created_at  INTEGER NOT NULL,
        updated_at  INTEGER NOT NULL,
        error       TEXT                 -- why it is not delivered
    ) STRICT;
    CREATE INDEX delivery_open ON delivery (number) WHERE state IN ('pending', 'sending');
    CREATE INDEX delivery_dead ON delivery (integration, number) WHERE state = 'dead';
    CREATE INDEX delivery_integration ON delivery (integration, number);
    CREATE INDEX delivery_event ON delivery (event);
    CREATE TABLE attempt (               -- that has ended: one under way stands in its delivery
        delivery   INTEGER NOT NULL REFERENCES delivery (number) ON DELETE CASCADE,
        number     INTEGER NOT NULL,
        started_at INTEGER NOT NULL,
        took       INTEGER,              -- microseconds; none when it was interrupted
        outcome    TEXT    NOT NULL,     -- delivered, retry, refused, interrupted
        status     INTEGER,
        request    TEXT,                 -- where it ends with an empty line, the event's body followed
        answer     TEXT,
        error      TEXT,
        PRIMARY KEY (delivery, number)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE silence (
        id         TEXT    PRIMARY KEY,
        service    TEXT,                 -- any, unless told
        severity   TEXT,                 -- any, unless told
        until      INTEGER NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT;
", "
    -- Whether a row is a copy of what the fleet says, and the subjects that an integration's deliveries are spread over.
    ALTER TABLE integration ADD COLUMN of_fleet INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE integration ADD COLUMN partitions INTEGER NOT NULL DEFAULT 1;
    ALTER TABLE silence ADD COLUMN of_fleet INTEGER NOT NULL DEFAULT 0;
"];

/// How long a connection waits for another process that writes.
pub(super) const BUSY: Duration = Duration::from_secs(5);

/// Opens the file for writing, with the newest schema.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let failed = |source| StoreError::sqlite(path, source);
    let mut connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    let version = version(&connection).map_err(failed)?;
    let version = version.ok_or_else(|| StoreError::Foreign { path: path.to_owned() })?;
    if version as usize > MIGRATIONS.len() {
        return Err(StoreError::TooNew { path: path.to_owned(), found: version, known: MIGRATIONS.len() as u32 });
    }
    prepare(&connection).map_err(failed)?;
    // Read again inside the transaction: another process may have been quicker.
    if (version as usize) < MIGRATIONS.len() {
        connection.transaction_with_behavior(TransactionBehavior::Immediate).and_then(migrate).map_err(failed)?;
    }
    Ok(connection)
}

/// The schema's version, 0 for an empty file; none where somebody else's tables are.
fn version(connection: &Connection) -> rusqlite::Result<Option<u32>> {
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok((application == APPLICATION_ID || tables == 0).then_some(version))
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    // Answers with the mode, which is another where a file system has no shared memory; that works too, only slower.
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // The writer moves the log into the file when nobody waits for an answer.
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_size_limit", 16 << 20, |_| Ok(()))?;
    // 16 MiB, taken as they are needed: a transaction that outgrows it writes pages more than once.
    connection.pragma_update(None, "cache_size", -(16 << 10))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn migrate(transaction: Transaction<'_>) -> rusqlite::Result<()> {
    let version: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    for migration in MIGRATIONS.iter().skip(version as usize) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as u32)?;
    transaction.commit()
}
