//! Moves what is in the write-ahead log into the file while the writer goes on, and calls for what has become too old.
//!
//! It moves a little at a time, as the log grows. The log begins anew only when all of it is in the file at the moment of a
//! write, which under load never happens by itself: once it is long, the keeper moves it until only little is left, and the
//! writer moves that little between two groups.
//!
//! SQLite synchronises the file at the end of that last move, and all that was moved before with it: for many milliseconds
//! in which senders wait. So the keeper synchronises what it has moved.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::mpsc::WeakSender;

use super::SqliteError;
use super::writer::Job;
use crate::inbox::Retention;

/// Pages that the keeper moves at a time: 2 MiB. Little, because what is written at once keeps the disk from everything else
/// for as long.
const SOME: u32 = 512;

/// Pages in the log at which it is to begin anew: 32 MiB. Seldom, because the writer has its part in that.
const MANY: u32 = 8_192;

/// Pages in the log at which the writer moves them all, because the disk is slower than the senders: 64 MiB.
const TOO_MANY: u32 = 16_384;

/// Pages that the writer may move between two groups.
const LITTLE: u32 = 64;

/// What the writer has of the keeper.
pub(super) struct Handle {
    begin: SyncSender<u32>,
    /// Pages in the log when the keeper was told last.
    told: u32,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Little is left of the log: the writer's turn.
    writers_turn: AtomicBool,
    /// SQLite lets one checkpoint run at a time, and does not wait for its turn.
    checkpoint: Mutex<()>,
}

impl Handle {
    /// To be called between two groups, with the pages in the log.
    pub(super) fn look_after_log(&mut self, connection: &Connection, pages: u32) {
        if pages > TOO_MANY {
            let _alone = self.shared.checkpoint.lock();
            let _ = checkpoint(connection); // tried again after the next group
        } else if self.shared.writers_turn.load(Ordering::Acquire) {
            if let Ok(_alone) = self.shared.checkpoint.try_lock() {
                let _ = checkpoint(connection);
                self.shared.writers_turn.store(false, Ordering::Release);
            }
        } else if pages > self.told.saturating_add(SOME) && self.begin.try_send(pages).is_ok() {
            self.told = pages;
        } else if pages < self.told {
            self.told = 0; // it has begun anew
        }
    }
}

/// `file` is the file itself.
pub(super) fn start(
    path: &Path,
    file: Arc<File>,
    retention: Retention,
    jobs: WeakSender<Job>,
) -> Result<Handle, SqliteError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE);
    let connection = connection.map_err(|source| SqliteError::Sqlite { path: path.to_owned(), source })?;
    let (begin, begun) = sync_channel(1);
    let shared = Arc::new(Shared::default());
    let keeper = Keeper { connection, file, retention, jobs, shared: shared.clone() };
    std::thread::Builder::new()
        .name("inbox-keeper".to_owned())
        .spawn(move || keeper.run(&begun))
        .map_err(|source| SqliteError::Io { path: path.to_owned(), source })?;
    Ok(Handle { begin, told: 0, shared })
}

struct Keeper {
    connection: Connection,
    file: Arc<File>,
    retention: Retention,
    jobs: WeakSender<Job>,
    shared: Arc<Shared>,
}

impl Keeper {
    /// Until the writer has ended.
    fn run(&self, begun: &Receiver<u32>) {
        /// So often is looked for what is too old.
        const LOOK: Duration = Duration::from_secs(1);
        let mut looked = Instant::now();
        loop {
            match begun.recv_timeout(LOOK) {
                Ok(pages) if pages > MANY => self.empty_log(),
                Ok(_) => drop(self.move_some()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.retention.age.is_some()
                && looked.elapsed() >= LOOK
                && let Some(jobs) = self.jobs.upgrade()
            {
                looked = Instant::now();
                let _ = jobs.try_send(Job::DropOld); // what waits to be written comes first
            }
        }
    }

    fn empty_log(&self) {
        /// Each round has less to do than the one before, unless the disk is slower than the senders.
        const ROUNDS: usize = 8;
        let mut already = 0;
        for _ in 0..ROUNDS {
            let Some(moved) = self.move_some() else { return };
            if moved.saturating_sub(already) <= LITTLE {
                break;
            }
            already = moved;
        }
        self.shared.writers_turn.store(true, Ordering::Release);
    }

    /// Moves what is there now, and says how many of the log's pages have been moved by then. A reader or a full disk can keep
    /// them from being moved; it is tried again soon.
    fn move_some(&self) -> Option<u32> {
        let _alone = self.shared.checkpoint.lock();
        let moved = checkpoint(&self.connection);
        // Should it fail, SQLite's own will too, and say so.
        let _ = self.file.sync_data();
        moved
    }
}

/// Moves what can be moved without keeping anybody waiting, and says how many of the log's pages that are by now.
fn checkpoint(connection: &Connection) -> Option<u32> {
    let pragma = "PRAGMA wal_checkpoint(PASSIVE)";
    let moved: i64 = connection.query_row(pragma, [], |row| row.get(2)).ok()?;
    // -1 when there was somebody else.
    u32::try_from(moved).ok()
}
