//! When notifications are kept back.

use hookseal_health::Line;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use super::events::new_id;
use super::{NotFound, Store, StoreError, row};

/// Keeps transitions from being told until it ends. It never keeps back the all-clear of what was told.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Silence {
    /// What it is called.
    pub id: String,
    /// The service it is about; every one unless told.
    pub service: Option<String>,
    /// The severity it is about; both unless told.
    pub severity: Option<Line>,
    /// When it ends.
    pub until: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Silence {
    /// Whether it keeps back what is told of this service with this severity.
    #[must_use]
    pub fn covers(&self, service: &str, severity: Line, now: Timestamp) -> bool {
        self.until > now
            && self.service.as_deref().is_none_or(|silenced| silenced == service)
            && self.severity.is_none_or(|silenced| silenced == severity)
    }
}

impl Store {
    /// Keeps transitions of a service, or of all, from being told until then. What is bad at its end is told then.
    ///
    /// # Errors
    ///
    /// What keeps it from being written.
    pub fn silence(
        &self,
        service: Option<String>,
        severity: Option<Line>,
        until: Timestamp,
    ) -> Result<Silence, StoreError> {
        let silence = Silence { id: new_id(), service, severity, until, created_at: Timestamp::now() };
        let written = silence.clone();
        self.write_blocking(move |transaction| insert(transaction, &written))?;
        self.note_change();
        Ok(silence)
    }

    /// The silences that have not ended, the one that ends first at the front.
    ///
    /// # Errors
    ///
    /// What keeps them from being read.
    pub fn silences(&self) -> Result<Vec<Silence>, StoreError> {
        self.read(|connection| current(connection, Timestamp::now()))
    }

    /// Ends a silence now. An id's beginning will do, if no other begins with it.
    ///
    /// # Errors
    ///
    /// `NotFound`; else what keeps it from being written.
    pub fn end_silence(&self, id: &str) -> Result<Silence, StoreError> {
        let silences = self.silences()?;
        let silence = NotFound::or_one("silence", id, silences, |silence| &silence.id)?;
        let id = silence.id.clone();
        self.write_blocking(move |transaction| transaction.execute("DELETE FROM silence WHERE id = ?1", [&id]))?;
        self.note_change();
        Ok(silence)
    }
}

fn insert(connection: &Connection, silence: &Silence) -> rusqlite::Result<()> {
    let Silence { id, service, severity, until, created_at } = silence;
    let severity = severity.map(Line::as_str);
    connection.execute(
        "INSERT INTO silence (id, service, severity, until, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, service, severity, until.as_microsecond(), created_at.as_microsecond()],
    )?;
    Ok(())
}

pub(crate) fn current(connection: &Connection, now: Timestamp) -> rusqlite::Result<Vec<Silence>> {
    let mut select = connection.prepare_cached(
        "SELECT id, service, severity, until, created_at FROM silence WHERE until > ?1 ORDER BY until, id",
    )?;
    select.query_map([now.as_microsecond()], read)?.collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Silence> {
    Ok(Silence {
        id: row.get(0)?,
        service: row.get(1)?,
        severity: row::optional_word(row, 2)?,
        until: row::time(row, 3)?,
        created_at: row::time(row, 4)?,
    })
}
