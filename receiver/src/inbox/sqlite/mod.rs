//! An inbox on disk, in one SQLite file, that survives the process.
//!
//! One thread writes. It takes all deliveries that wait for it into one transaction, so that many at a time cost about as
//! much as one (group commit), and tells their senders once that transaction is committed. A second thread moves what is in
//! the write-ahead log into the file. Readers have connections of their own and hold up nobody.

mod error;
mod file;
mod keeper;
mod reader;
mod row;
mod schema;
mod state;
mod writer;

use std::path::Path;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use super::{Inbox, InboxError, InboxFuture, Position, Retention, Stats};
use crate::delivery::Delivery;
use crate::filter::Filter;
use crate::forward::Forwarded;
use file::LockedFile;
use reader::Readers;
use state::Shared;
use writer::{Job, Writer};

pub use error::SqliteError;

/// When a delivery on disk counts as kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// Once the operating system has it: survives the end of the process, however sudden, but not a loss of power.
    #[default]
    Normal,
    /// Once the disk has it: survives a loss of power too, for an `fsync` each group of deliveries.
    Full,
}

/// How a [`SqliteInbox`] is kept.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SqliteOptions {
    /// How much is kept, and for how long; all of it unless told.
    pub retention: Retention,
    /// When a delivery counts as kept.
    pub synchronous: Synchronous,
}

/// Keeps deliveries in a SQLite file. A delivery is answered once its transaction is committed.
#[derive(Debug)]
pub struct SqliteInbox {
    incarnation: Uuid,
    jobs: mpsc::Sender<Job>,
    readers: Readers,
    shared: Arc<Shared>,
    /// Waited for when the inbox is dropped, so that the file is whole and closed after that.
    writer: Option<std::thread::JoinHandle<()>>,
    _lock: LockedFile,
}

/// Deliveries that may wait for the writer; further ones wait for their place.
const MOST_WAITING: usize = 1_024;

impl SqliteInbox {
    /// Opens an inbox, and makes the file (readable by its owner only) if there is none. Blocks for a few milliseconds.
    ///
    /// Beside the file stand `FILE-wal` and `FILE-shm`, which are SQLite's, and `FILE.lock`, which keeps a second receiver
    /// from the same inbox.
    pub fn open(path: impl AsRef<Path>, options: SqliteOptions) -> Result<Self, SqliteError> {
        let path = path.as_ref();
        let lock = LockedFile::open(path)?;
        let (connection, state) = schema::open(path, options.synchronous)?;
        let incarnation = state.incarnation;
        let shared = Arc::new(Shared::new(&state));
        let (jobs, waiting) = mpsc::channel(MOST_WAITING);
        let keeper = keeper::start(path, lock.database().clone(), options.retention, jobs.downgrade())?;
        let writer = Writer::new(connection, state, options.retention, shared.clone(), keeper)?;
        let writer = std::thread::Builder::new()
            .name("inbox-writer".to_owned())
            .spawn(move || writer.run(waiting))
            .map_err(|source| SqliteError::Io { path: path.to_owned(), source })?;
        let readers = Readers::new(path);
        Ok(SqliteInbox { incarnation, jobs, readers, shared, writer: Some(writer), _lock: lock })
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<Result<T, InboxError>>) -> Job) -> Result<T, InboxError> {
        let (sender, answer) = oneshot::channel();
        self.jobs.send(job(sender)).await.map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

fn stopped() -> InboxError {
    InboxError("its writer has stopped".into())
}

impl Inbox for SqliteInbox {
    fn append(&self, delivery: Delivery) -> InboxFuture<'_, Arc<Delivery>> {
        Box::pin(self.ask(|answer| Job::Append(Box::new(delivery), answer)))
    }

    fn before<'a>(
        &'a self,
        position: Option<Position>,
        filter: &'a Filter,
        limit: usize,
    ) -> InboxFuture<'a, Vec<(Position, Arc<Delivery>)>> {
        let filter = filter.clone();
        Box::pin(self.readers.read(move |connection| reader::before(connection, position, &filter, limit)))
    }

    fn after(&self, position: Position, limit: usize) -> InboxFuture<'_, Vec<(Position, Arc<Delivery>)>> {
        Box::pin(self.readers.read(move |connection| reader::after(connection, position, limit)))
    }

    fn get(&self, id: Uuid) -> InboxFuture<'_, Option<Arc<Delivery>>> {
        Box::pin(self.readers.read(move |connection| reader::get(connection, id)))
    }

    fn remove<'a>(&'a self, filter: &'a Filter) -> InboxFuture<'a, u64> {
        // A page at a time: deliveries that come meanwhile are taken between two of them.
        Box::pin(async move {
            let (mut removed, mut before) = (0, None);
            loop {
                let filter = filter.clone();
                let page = self.readers.read(move |connection| reader::positions(connection, before, &filter)).await?;
                let Some(last) = page.last().copied() else { return Ok(removed) };
                before = Some(last);
                removed += self.ask(|answer| Job::Remove(page, answer)).await?;
            }
        })
    }

    fn remove_one(&self, id: Uuid) -> InboxFuture<'_, bool> {
        Box::pin(self.ask(move |answer| Job::RemoveOne(id, answer)))
    }

    fn note_forward<'a>(&'a self, id: Uuid, forwarded: &'a Forwarded) -> InboxFuture<'a, ()> {
        let forwarded = Box::new(forwarded.clone());
        Box::pin(self.ask(move |answer| Job::NoteForward(id, forwarded, answer)))
    }

    fn check(&self) -> InboxFuture<'_, ()> {
        Box::pin(self.ask(Job::Check))
    }

    fn latest(&self) -> watch::Receiver<Position> {
        self.shared.latest.subscribe()
    }

    fn stats(&self) -> Stats {
        self.shared.stats()
    }

    fn incarnation(&self) -> Uuid {
        self.incarnation
    }
}

impl Drop for SqliteInbox {
    fn drop(&mut self) {
        // The writer ends once nobody can send any more, and does what it was sent before that.
        self.jobs = mpsc::channel(1).0;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

#[cfg(test)]
mod tests;
