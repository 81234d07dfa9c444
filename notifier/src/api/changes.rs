//! Whether something has changed in the store, whoever changed it: the daemon, or the command beside it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::sync::watch;

/// Looks at the store as long as somebody wants to know.
pub(super) struct Changes {
    path: PathBuf,
    current: Mutex<Weak<watch::Sender<u64>>>,
}

/// Somebody who wants to know.
pub(super) struct Subscription {
    changed: watch::Receiver<u64>,
    _sender: Arc<watch::Sender<u64>>,
}

/// It costs a look at shared memory.
const LOOK_EVERY: Duration = Duration::from_millis(200);

impl Changes {
    pub(super) fn new(path: &Path) -> Self {
        Changes { path: path.to_owned(), current: Mutex::default() }
    }

    /// `None` where the store cannot be opened.
    pub(super) fn subscribe(&self) -> Option<Subscription> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = match current.upgrade() {
            Some(sender) => sender,
            None => {
                let sender = Arc::new(watch::Sender::new(0));
                self.look(Arc::downgrade(&sender))?;
                *current = Arc::downgrade(&sender);
                sender
            }
        };
        Some(Subscription { changed: sender.subscribe(), _sender: sender })
    }

    /// On a thread of its own, which ends when nobody wants to know any more.
    fn look(&self, sender: Weak<watch::Sender<u64>>) -> Option<()> {
        let connection = Connection::open_with_flags(&self.path, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
        let look = move || {
            let mut seen = version(&connection);
            while let Some(sender) = sender.upgrade() {
                let found = version(&connection);
                if found != seen {
                    seen = found;
                    sender.send_modify(|count| *count += 1);
                }
                drop(sender);
                std::thread::sleep(LOOK_EVERY);
            }
        };
        std::thread::Builder::new().name("dashboard".to_owned()).spawn(look).ok().map(drop)
    }
}

impl Subscription {
    /// Completes when something has changed since the last time.
    pub(super) async fn changed(&mut self) {
        if self.changed.changed().await.is_err() {
            std::future::pending().await // this holds the sender
        }
    }
}

/// Another number when another connection has committed something. What cannot be read has not changed.
fn version(connection: &Connection) -> Option<i64> {
    connection.pragma_query_value(None, "data_version", |row| row.get(0)).ok()
}
