//! The file, made for its owner's eyes only, and the lock that keeps a second receiver away.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::SqliteError;

/// Holds the lock until it is dropped, or the process ends in whatever way.
///
/// It is on a file of its own: SQLite's locks on the database would be lost with the first descriptor of it that is closed
/// (fcntl(2)). For the same reason the database's descriptor is to be held until SQLite's are closed.
#[derive(Debug)]
pub(super) struct LockedFile {
    database: Arc<File>,
    _lock: File,
}

impl LockedFile {
    pub(super) fn open(path: &Path) -> Result<Self, SqliteError> {
        let lock_path = lock_of(path);
        let lock = private(&lock_path).map_err(|source| SqliteError::Io { path: lock_path.clone(), source })?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(SqliteError::InUse { path: path.to_owned(), process: process_in(&lock) });
            }
            Err(TryLockError::Error(source)) => return Err(SqliteError::Io { path: lock_path, source }),
        }
        // For the message of whoever comes second; nothing depends on it.
        let _ = note_process(&lock);
        let database = private(path).map_err(|source| SqliteError::Io { path: path.to_owned(), source })?;
        Ok(LockedFile { database: Arc::new(database), _lock: lock })
    }

    pub(super) fn database(&self) -> &Arc<File> {
        &self.database
    }
}

/// `FILE.lock`, beside the file.
fn lock_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

/// Opens a file, or makes it for its owner only. SQLite gives the files it makes beside it the same mode.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn note_process(mut lock: &File) -> io::Result<()> {
    lock.set_len(0)?;
    lock.rewind()?;
    writeln!(lock, "{}", std::process::id())
}

fn process_in(mut lock: &File) -> Option<u32> {
    let mut text = String::new();
    lock.take(32).read_to_string(&mut text).ok()?;
    lock.rewind().ok()?;
    text.trim().parse().ok()
}
