//! States, events, deliveries and attempts, in one SQLite file.
//!
//! One thread writes. It takes all that waits for it into one transaction, so that many at a time cost about as much as
//! one (group commit), and answers once that transaction is on the disk. Readers have connections of their own and hold
//! up nobody. The command's processes open the same file beside the daemon.

mod activities;
mod ballast;
mod error;
pub(crate) mod events;
mod file;
pub(crate) mod history;
pub(crate) mod integrations;
#[cfg(feature = "nats")]
pub(crate) mod mirror;
mod outbox;
#[cfg(feature = "nats")]
mod outgoing;
mod overview;
mod reader;
mod redeliver;
pub(crate) mod resources;
pub(crate) mod retention;
mod row;
mod schema;
pub(crate) mod silences;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;

use rusqlite::{Connection, Transaction};
use tokio::sync::{oneshot, watch};

use ballast::Ballast;
use reader::Readers;
use writer::{Order, Task, Writer};

use crate::secret::Vault;

pub use activities::{
    Activity, ActivityDetail, ActivityFilter, ActivityParameters, ActivityResult, ActivityState, Attempt,
};
pub use error::{NotFound, StoreError};
pub use file::DaemonLock;
pub use history::HistoryPoint;
pub use integrations::EndpointHealth;
pub(crate) use outbox::{Claimed, Fate, Health, Report, Waiting};
#[cfg(feature = "nats")]
pub(crate) use outgoing::Outgoing;
pub use overview::{Outstanding, Overview};
pub use redeliver::Redeliver;
pub use resources::{LastRound, ResourceStatus};
pub use silences::Silence;

/// The notifier's memory. Clones share it.
///
/// Beside the file stand `FILE-wal` and `FILE-shm`, which are SQLite's, `FILE.lock`, which keeps a second daemon away, and
/// `FILE.ballast`, the room that is used when the disk is full.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    vault: Vault,
    readers: Readers,
    ballast: Arc<Ballast>,
    writing: Mutex<Writing>,
    /// Counts what this process changed of what the daemon is told by others: integrations, silences, redeliveries.
    changes: watch::Sender<u64>,
}

/// The thread starts with the first write: who only reads has none.
enum Writing {
    Idle(Option<Connection>),
    Started { orders: mpsc::Sender<Order>, thread: JoinHandle<()> },
}

impl Store {
    /// Opens a store, and makes the file (readable by its owner only) if there is none. An older one is brought to the
    /// newest schema. Directories are made only for [`Store::default_path`].
    ///
    /// # Errors
    ///
    /// Every one but `InUse` and `Stopped`.
    pub fn open(path: impl AsRef<Path>, vault: Vault) -> Result<Self, StoreError> {
        let path = path.as_ref();
        if Self::default_path().as_deref() == Some(path)
            && let Some(folder) = path.parent()
        {
            file::make_directories(folder).map_err(|source| StoreError::io(folder, source))?;
        }
        file::private(path).map_err(|source| StoreError::io(path, source))?;
        let ballast = Arc::new(Ballast::new(path));
        let connection = match schema::open(path) {
            Err(error) if error.is_full() && ballast.release() => schema::open(path)?,
            opened => opened?,
        };
        let inner = Inner {
            path: path.to_owned(),
            vault,
            readers: Readers::new(path),
            ballast,
            writing: Mutex::new(Writing::Idle(Some(connection))),
            changes: watch::Sender::new(0),
        };
        Ok(Store { inner: Arc::new(inner) })
    }

    /// Where a store is unless it is named: `$XDG_STATE_HOME/hookseal/hookseal.db`, or below `~/.local/state`. `None` where
    /// there is no home either.
    #[must_use]
    pub fn default_path() -> Option<PathBuf> {
        file::default_path()
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// What a daemon holds as long as it runs, so that there is only one.
    ///
    /// # Errors
    ///
    /// `InUse` when there is another; else what the operating system says.
    pub fn lock_for_daemon(&self) -> Result<DaemonLock, StoreError> {
        DaemonLock::take(self.path())
    }

    /// Does something in a transaction that others may be in as well; it is answered once that is on the disk.
    ///
    /// What fails is undone, and undoes nothing of the others. When the disk is full, the ballast is released and the
    /// whole transaction is repeated: that is why `work` can be called again.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        let (sender, answer) = oneshot::channel();
        self.order_write(work, move |done| drop(sender.send(done)))?;
        answer.await.unwrap_or_else(|_| Err(self.stopped()))
    }

    /// The same for who can wait.
    pub(crate) fn write_blocking<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    {
        let (sender, answer) = mpsc::sync_channel(1);
        self.order_write(work, move |done| drop(sender.send(done)))?;
        answer.recv().unwrap_or_else(|_| Err(self.stopped()))
    }

    /// Reads on a connection of its own, which sees a state of the file that does not change meanwhile. Blocks for as
    /// long as it takes.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.inner.readers.read(read).map_err(|error| StoreError::sqlite(self.path(), error))
    }

    /// A number that changes when another process has written to the file.
    pub(crate) async fn data_version(&self) -> Result<i64, StoreError> {
        let (sender, answer) = oneshot::channel();
        self.order(Order::DataVersion(sender))?;
        answer.await.unwrap_or_else(|_| Err(self.stopped()))
    }

    /// Changes when this process has changed what the daemon is told by others.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    fn note_change(&self) {
        self.inner.changes.send_modify(|count| *count += 1);
    }

    /// Makes the ballast if it is missing and there is room; whether it is there then. Takes as long as the disk does.
    pub(crate) fn hold_ballast(&self) -> Result<bool, StoreError> {
        self.inner.ballast.hold().map_err(|source| StoreError::io(self.path(), source))
    }

    fn order_write<T, F, A>(&self, work: F, answer: A) -> Result<(), StoreError>
    where
        T: Send + 'static,
        F: FnMut(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
        A: FnOnce(Result<T, StoreError>) + Send + 'static,
    {
        self.order(Order::Write(Box::new(Task::new(self.inner.path.clone(), work, answer))))
    }

    fn order(&self, order: Order) -> Result<(), StoreError> {
        let mut writing = self.inner.writing();
        if let Writing::Idle(connection) = &mut *writing {
            let connection = connection.take().ok_or_else(|| self.stopped())?;
            *writing = self.start_writer(connection)?;
        }
        match &*writing {
            Writing::Started { orders, .. } => orders.send(order).map_err(|_| self.stopped()),
            Writing::Idle(_) => Err(self.stopped()),
        }
    }

    fn start_writer(&self, connection: Connection) -> Result<Writing, StoreError> {
        let (orders, waiting) = mpsc::channel();
        let writer = Writer::new(connection, self.inner.path.clone(), self.inner.ballast.clone())?;
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || writer.run(&waiting))
            .map_err(|source| StoreError::io(self.path(), source))?;
        Ok(Writing::Started { orders, thread })
    }

    pub(crate) fn stopped(&self) -> StoreError {
        StoreError::Stopped { path: self.inner.path.clone() }
    }
}

impl Inner {
    fn writing(&self) -> MutexGuard<'_, Writing> {
        self.writing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The writer does what it was told before, then it ends. It is the last to close the file, which moves the
        // write-ahead log into it.
        self.readers.close();
        let writing = std::mem::replace(&mut *self.writing(), Writing::Idle(None));
        if let Writing::Started { orders, thread } = writing {
            drop(orders);
            // What a job has captured can hold the last clone of the store.
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
