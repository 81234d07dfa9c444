use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::ErrorCode;
use rusqlite::ffi;

/// What went wrong with the notifier's store.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another daemon runs on it.
    #[error("another daemon runs on {}{}: stop it first, or name another store", path.display(), process.map_or_else(String::new, |id| format!(" (process {id})")))]
    InUse {
        /// The file.
        path: PathBuf,
        /// The other daemon's process, as far as it can be known.
        process: Option<u32>,
    },
    /// It is no SQLite file, or another program's.
    #[error("{} is no store of hookseal's notifier: name another file", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer hookseal made it.
    #[error("{} was made by a newer hookseal (its schema is {found}, this one knows {known}): update hookseal", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// The schema's version in the file.
        found: u32,
        /// The newest that is known here.
        known: u32,
    },
    /// The file, its directory or the file system cannot be written.
    #[error("{} cannot be written: the store and its directory must be writable", path.display())]
    ReadOnly {
        /// The file.
        path: PathBuf,
    },
    /// Another process has held its lock for too long.
    #[error("{} is locked by another process: try again", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
    },
    /// The disk that it is on is full.
    #[error("the disk of {} is full: make room on it", path.display())]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("{} is damaged: move it away, or restore it from a backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: Arc<io::Error>,
    },
    /// SQLite refused.
    #[error("{}: {source}", path.display())]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        source: Arc<rusqlite::Error>,
    },
    /// The thread that writes has ended, which it does only when something is wrong with this program.
    #[error("{}: its writer has stopped: start the program anew", path.display())]
    Stopped {
        /// The file.
        path: PathBuf,
    },
}

impl StoreError {
    /// Whether the disk has no room, so that what waits can be tried again once it has.
    #[must_use]
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }

    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full { path },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            _ => Self::Io { path, source: Arc::new(source) },
        }
    }

    pub(super) fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            _ if lacks_room(&source) => Self::Full { path },
            Some(ErrorCode::NotADatabase) => Self::Foreign { path },
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy { path },
            // The file itself was opened before SQLite was asked: it is the files beside it that cannot be made.
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => Self::ReadOnly { path },
            _ => Self::Sqlite { path, source: Arc::new(source) },
        }
    }
}

/// Whether it failed for want of room on the disk.
pub(super) fn lacks_room(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    // The second: the index of the write-ahead log could not grow.
    matches!(code, Some(ffi::SQLITE_FULL | ffi::SQLITE_IOERR_SHMSIZE))
}
