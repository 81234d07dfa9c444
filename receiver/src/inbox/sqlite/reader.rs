//! Reading, on connections of its own.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row, params};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::row::{self, COLUMNS};
use super::state::{signed, unsigned};
use super::writer::{MOST_BYTES_TOGETHER, MOST_TOGETHER};
use crate::delivery::Delivery;
use crate::filter::Filter;
use crate::inbox::{FULL_PAGE, InboxError, Position};

/// Readers at a time; each may have a page of bodies in memory.
const MOST: usize = 4;

#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
    places: Arc<Semaphore>,
}

type Found = Vec<(Position, Arc<Delivery>)>;

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Readers { path: path.to_owned(), idle: Arc::default(), places: Arc::new(Semaphore::new(MOST)) }
    }

    /// Reads on a thread of its own: a disk may take its time.
    pub(super) fn read<T, R>(&self, read: R) -> impl Future<Output = Result<T, InboxError>> + Send + use<T, R>
    where
        T: Send + 'static,
        R: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let (path, idle, places) = (self.path.clone(), self.idle.clone(), self.places.clone());
        async move {
            let place = places.acquire_owned().await.map_err(|error| InboxError(error.into()))?;
            let reading = tokio::task::spawn_blocking(move || {
                let _place = place;
                let connection = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let connection = connection.map_or_else(|| open(&path), Ok)?;
                let answer = read(&connection)?;
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
                Ok(answer)
            });
            let answer: rusqlite::Result<T> = reading.await.map_err(|failed| InboxError(failed.into()))?;
            answer.map_err(|error| InboxError(error.into()))
        }
    }
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    Ok(connection)
}

pub(super) fn after(connection: &Connection, position: Position, limit: usize) -> rusqlite::Result<Found> {
    let sql = format!("SELECT {COLUMNS} FROM delivery WHERE position > ?1 ORDER BY position LIMIT ?2");
    let mut select = connection.prepare_cached(&sql)?;
    let mut page = Page::default();
    let mut rows = select.query(params![signed(position.0), signed(limit as u64)])?;
    while !page.is_full(limit)
        && let Some(row) = rows.next()?
    {
        page.add(row::read(row)?);
    }
    Ok(page.found)
}

/// What SQLite can tell from a column, it does; the rest of the filter looks at the delivery.
pub(super) fn before(
    connection: &Connection,
    position: Option<Position>,
    filter: &Filter,
    limit: usize,
) -> rusqlite::Result<Found> {
    let mut page = Page::default();
    scan(connection, COLUMNS, position, filter, |row| {
        let (position, delivery) = row::read(row)?;
        if filter.matches(&delivery) {
            page.add((position, delivery));
        }
        Ok(!page.is_full(limit))
    })?;
    Ok(page.found)
}

/// The newest deliveries before a position that the filter means, as many as are removed in one transaction.
pub(super) fn positions(
    connection: &Connection,
    position: Option<Position>,
    filter: &Filter,
) -> rusqlite::Result<Vec<Position>> {
    let mut found = Vec::new();
    let mut bytes: u64 = 0;
    let needs_delivery = filter.path.is_some() || filter.q.is_some();
    // The bodies are read only where they have to be looked into.
    let columns = if needs_delivery { COLUMNS } else { "position, bytes" };
    scan(connection, columns, position, filter, |row| {
        let (position, size) = if needs_delivery {
            let (position, delivery) = row::read(row)?;
            if !filter.matches(&delivery) {
                return Ok(true);
            }
            (position, delivery.footprint() as u64)
        } else {
            (Position(unsigned(row.get(0)?)), unsigned(row.get(1)?))
        };
        found.push(position);
        bytes += size;
        Ok(found.len() < MOST_TOGETHER && bytes < MOST_BYTES_TOGETHER as u64)
    })?;
    Ok(found)
}

/// Goes through what the columns of the filter mean, newest first, as long as that is wanted.
fn scan(
    connection: &Connection,
    columns: &str,
    position: Option<Position>,
    filter: &Filter,
    mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<bool>,
) -> rusqlite::Result<()> {
    let before = position.map_or(i64::MAX, |position| signed(position.0));
    let sql = format!(
        "SELECT {columns} FROM delivery WHERE position < ?1 \
         AND (?2 IS NULL OR code = ?2) AND (?3 IS NULL OR method = ?3 COLLATE NOCASE) AND (?4 IS NULL OR received_at >= ?4)\
         {} ORDER BY position DESC",
        if filter.verdict.is_some() { " AND verdict = ?5" } else { "" }
    );
    let mut select = connection.prepare_cached(&sql)?;
    let since = filter.since.map(|since| since.as_microsecond());
    let verdict = filter.verdict.map(|verdict| verdict.as_str());
    let mut rows = match verdict {
        Some(verdict) => select.query(params![before, filter.code, filter.method, since, verdict])?,
        None => select.query(params![before, filter.code, filter.method, since])?,
    };
    while let Some(row) = rows.next()? {
        if !take(row)? {
            break;
        }
    }
    Ok(())
}

/// Deliveries that are in memory together.
#[derive(Default)]
struct Page {
    found: Found,
    bytes: usize,
}

impl Page {
    fn add(&mut self, (position, delivery): (Position, Delivery)) {
        self.bytes += delivery.footprint();
        self.found.push((position, Arc::new(delivery)));
    }

    fn is_full(&self, limit: usize) -> bool {
        self.found.len() >= limit || self.bytes >= FULL_PAGE
    }
}

pub(super) fn get(connection: &Connection, id: Uuid) -> rusqlite::Result<Option<Arc<Delivery>>> {
    let sql = format!("SELECT {COLUMNS} FROM delivery WHERE id = ?1");
    let mut select = connection.prepare_cached(&sql)?;
    let found = select.query_row([id.as_bytes()], row::read).optional()?;
    Ok(found.map(|(_, delivery)| Arc::new(delivery)))
}
