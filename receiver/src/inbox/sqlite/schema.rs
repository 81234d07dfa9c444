//! The file's schema, and how an older one becomes the newest.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::state::State;
use super::{SqliteError, Synchronous};

/// In the file's header, so that it can be told from other SQLite files: "hkSl".
const APPLICATION_ID: i32 = 0x686b_536c;

/// What makes schema n+1 of schema n. A released one never changes.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE delivery (
        position     INTEGER PRIMARY KEY,  -- the order in which they were taken
        id           BLOB    NOT NULL UNIQUE,
        received_at  INTEGER NOT NULL,     -- microseconds since 1970
        verdict      TEXT    NOT NULL,
        bytes        INTEGER NOT NULL,     -- what it counts for the inbox's size
        method       TEXT    NOT NULL,
        target       TEXT    NOT NULL,
        http_version TEXT    NOT NULL,
        peer         TEXT    NOT NULL,
        truncated    INTEGER NOT NULL,
        code         TEXT,
        message      TEXT,
        hint         TEXT,
        key_index    INTEGER,
        key_format   TEXT,
        replay       INTEGER NOT NULL,
        status       INTEGER,
        fault        TEXT,
        headers      BLOB    NOT NULL,     -- name:value, each with a newline
        body         BLOB    NOT NULL,
        forward      TEXT                  -- how far it is on its way to an app, as JSON
    ) STRICT;
    CREATE INDEX delivery_verdict ON delivery (verdict);
    CREATE TABLE state (
        incarnation        BLOB    NOT NULL,  -- what tells the positions of this file from another's
        end                INTEGER NOT NULL,  -- the newest position that was ever taken
        valid_deliveries   INTEGER NOT NULL,
        valid_bytes        INTEGER NOT NULL,
        refused_deliveries INTEGER NOT NULL,
        refused_bytes      INTEGER NOT NULL,
        dropped            INTEGER NOT NULL
    ) STRICT;
"];

/// Opens the file for writing, with the newest schema.
pub(super) fn open(path: &Path, synchronous: Synchronous) -> Result<(Connection, State), SqliteError> {
    let failed = |source| SqliteError::Sqlite { path: path.to_owned(), source };
    let mut connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
    match version(&connection) {
        Ok(Some(version)) if version as usize > MIGRATIONS.len() => {
            Err(SqliteError::TooNew { path: path.to_owned(), found: version, known: MIGRATIONS.len() as u32 })
        }
        Ok(Some(version)) => {
            prepare(&connection, synchronous).map_err(failed)?;
            let state = migrate(&mut connection, version).map_err(failed)?;
            Ok((connection, state))
        }
        Ok(None) => Err(SqliteError::Foreign { path: path.to_owned() }),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => {
            Err(SqliteError::Foreign { path: path.to_owned() })
        }
        Err(error) => Err(failed(error)),
    }
}

/// The schema's version, 0 for an empty file; none where somebody else's tables are.
fn version(connection: &Connection) -> rusqlite::Result<Option<u32>> {
    let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok((application == APPLICATION_ID || tables == 0).then_some(version))
}

fn prepare(connection: &Connection, synchronous: Synchronous) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    // Answers with the mode, which is another where a file system has no shared memory; that works too, only slower.
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    let synchronous = match synchronous {
        Synchronous::Normal => "NORMAL",
        Synchronous::Full => "FULL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    // The keeper moves the log into the file; the log's own file does not stay large for ever.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update_and_check(None, "journal_size_limit", 64 << 20, |_| Ok(()))?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(())
}

fn migrate(connection: &mut Connection, version: u32) -> rusqlite::Result<State> {
    if (version as usize) < MIGRATIONS.len() {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        for migration in MIGRATIONS.iter().skip(version as usize) {
            transaction.execute_batch(migration)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", MIGRATIONS.len() as u32)?;
        State::create(&transaction)?;
        transaction.commit()?;
    }
    State::load(connection)
}
