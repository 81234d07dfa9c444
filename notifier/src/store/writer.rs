//! The thread that writes: whatever waits for it goes into one transaction, and is answered once that is committed.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::StoreError;
use super::ballast::Ballast;
use super::error::lacks_room;

/// Pages in the write-ahead log after which it is moved into the file: 16 MiB. Seldom, so that a burst of deliveries pays for
/// fewer synchronisations.
const LONG_LOG: u32 = 4_096;

/// Jobs in one transaction.
const MOST_TOGETHER: usize = 512;

pub(super) enum Order {
    Write(Box<dyn Job>),
    /// The number that changes when another process has written.
    DataVersion(oneshot::Sender<Result<i64, StoreError>>),
}

/// Something to write. It can be repeated, because a transaction that found no room is.
pub(super) trait Job: Send {
    fn run(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()>;

    /// It failed by itself.
    fn fail(&mut self, error: rusqlite::Error);

    /// After the commit, or with the error that kept it from being committed.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

pub(super) struct Task<T, F, A> {
    path: PathBuf,
    work: F,
    done: Option<rusqlite::Result<T>>,
    /// Hears of it, and does no more than to pass it on.
    answer: A,
}

impl<T, F, A> Task<T, F, A> {
    pub(super) fn new(path: PathBuf, work: F, answer: A) -> Self {
        Task { path, work, done: None, answer }
    }
}

impl<T, F, A> Job for Task<T, F, A>
where
    T: Send,
    F: FnMut(&Transaction<'_>) -> rusqlite::Result<T> + Send,
    A: FnOnce(Result<T, StoreError>) + Send,
{
    fn run(&mut self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        self.done = Some(Ok((self.work)(transaction)?));
        Ok(())
    }

    fn fail(&mut self, error: rusqlite::Error) {
        self.done = Some(Err(error));
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Task { path, done, answer, .. } = *self;
        answer(match (committed, done) {
            (_, Some(Err(error))) => Err(StoreError::sqlite(&path, error)),
            (Err(error), _) => Err(error),
            (Ok(()), Some(Ok(done))) => Ok(done),
            (Ok(()), None) => Err(StoreError::Stopped { path }),
        });
    }
}

pub(super) struct Writer {
    connection: Connection,
    path: PathBuf,
    ballast: Arc<Ballast>,
    /// Pages in the write-ahead log.
    log: Arc<AtomicU32>,
}

impl Writer {
    pub(super) fn new(mut connection: Connection, path: PathBuf, ballast: Arc<Ballast>) -> Result<Self, StoreError> {
        let log = Arc::new(AtomicU32::new(0));
        let pages = log.clone();
        let hook = move |_: &mut rusqlite::hooks::Wal, count| {
            pages.store(u32::try_from(count).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        };
        connection.wal_hook(Some(hook)).map_err(|source| StoreError::sqlite(&path, source))?;
        Ok(Writer { connection, path, ballast, log })
    }

    /// Until nobody can give orders any more.
    pub(super) fn run(mut self, orders: &mpsc::Receiver<Order>) {
        while let Ok(first) = orders.recv() {
            let mut group = Vec::new();
            self.take(first, &mut group);
            while group.len() < MOST_TOGETHER
                && let Ok(order) = orders.try_recv()
            {
                self.take(order, &mut group);
            }
            if !group.is_empty() {
                self.write(group);
            }
        }
    }

    fn take(&self, order: Order, group: &mut Vec<Box<dyn Job>>) {
        match order {
            Order::Write(job) => group.push(job),
            Order::DataVersion(answer) => {
                let version = self.connection.pragma_query_value(None, "data_version", |row| row.get(0));
                let _ = answer.send(version.map_err(|error| StoreError::sqlite(&self.path, error)));
            }
        }
    }

    fn write(&mut self, mut group: Vec<Box<dyn Job>>) {
        let mut committed = self.transaction(&mut group);
        if let Err(error) = &committed
            && lacks_room(error)
            && self.ballast.release()
        {
            committed = self.transaction(&mut group);
        }
        let committed = committed.map_err(|error| StoreError::sqlite(&self.path, error));
        for job in group {
            job.answer(committed.clone());
        }
        if self.log.load(Ordering::Relaxed) > LONG_LOG {
            // A reader or a full disk can keep it from being moved; it is tried again after the next group.
            let _ = self.connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        }
    }

    /// A job that fails takes nothing but its own changes with it. An error means that nothing was written.
    fn transaction(&mut self, group: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if let [job] = group {
            return match job.run(&transaction) {
                Ok(()) => transaction.commit(),
                Err(error) if lacks_room(&error) => Err(error),
                Err(error) => {
                    job.fail(error);
                    Ok(()) // dropped, the transaction is rolled back
                }
            };
        }
        for job in group {
            transaction.prepare_cached("SAVEPOINT job")?.execute([])?;
            if let Err(error) = job.run(&transaction) {
                // SQLite itself has rolled back all of it.
                if lacks_room(&error) || transaction.is_autocommit() {
                    return Err(error);
                }
                transaction.prepare_cached("ROLLBACK TO job")?.execute([])?;
                job.fail(error);
            }
            transaction.prepare_cached("RELEASE job")?.execute([])?;
        }
        transaction.commit()
    }
}
