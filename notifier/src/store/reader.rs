//! Reading, on connections of its own.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OpenFlags};

use super::schema::BUSY;

/// Readers at a time. Each has a cache of its own.
const MOST: usize = 2;

pub(super) struct Readers {
    path: PathBuf,
    pool: Mutex<Pool>,
    left: Condvar,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Connection>,
    reading: usize,
}

/// One of those who read.
struct Place<'a>(&'a Readers);

impl Readers {
    pub(super) fn new(path: &Path) -> Self {
        Readers { path: path.to_owned(), pool: Mutex::default(), left: Condvar::new() }
    }

    /// In one transaction, so that what it reads belongs together.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let _place = self.place();
        let idle = self.pool().idle.pop();
        let connection = idle.map_or_else(|| self.open(), Ok)?;
        let transaction = connection.unchecked_transaction()?;
        let answer = read(&transaction)?;
        transaction.commit()?;
        self.pool().idle.push(connection);
        Ok(answer)
    }

    /// Closes what is open and not in use.
    pub(super) fn close(&self) {
        self.pool().idle.clear();
    }

    fn place(&self) -> Place<'_> {
        let full = |pool: &mut Pool| pool.reading >= MOST;
        let mut pool = self.left.wait_while(self.pool(), full).unwrap_or_else(PoisonError::into_inner);
        pool.reading += 1;
        Place(self)
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(connection)
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.pool().reading -= 1;
        self.0.left.notify_one();
    }
}
