use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::{IntegrationId, MessageError, SettingsError, VaultError};

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
    #[error("{} cannot be written: give this user the right to write it and its directory, or name another store", path.display())]
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
    /// What was named is not there.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// An integration's secrets cannot be sealed or opened.
    #[error(transparent)]
    Vault(Arc<VaultError>),
    /// An integration's settings are not what was stored.
    #[error("integration {id}: {source}: delete it, and add it anew")]
    Settings {
        /// Which integration.
        id: IntegrationId,
        /// What is wrong with them.
        source: SettingsError,
    },
    /// An event cannot be written as JSON, or read from it.
    #[error(transparent)]
    Event(Arc<MessageError>),
    /// The thread that writes has ended, which it does only when something is wrong with this program.
    #[error("{}: its writer has stopped: start the program anew", path.display())]
    Stopped {
        /// The file.
        path: PathBuf,
    },
}

/// There is no such integration, silence or activity, or more than one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotFound {
    /// Nothing is called that, or begins with it.
    #[error("there is no {what} {given:?}")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// What it was said to be called.
        given: String,
    },
    /// Several begin with that.
    #[error("{given:?} is the beginning of more than one {what}'s id: {}", ids.join(", "))]
    Ambiguous {
        /// What was looked for.
        what: &'static str,
        /// What was given.
        given: String,
        /// What begins with it.
        ids: Vec<String>,
    },
}

impl NotFound {
    /// The one of that id, or else the only one whose id begins with it.
    pub(crate) fn or_one<T>(
        what: &'static str,
        given: &str,
        mut all: Vec<T>,
        id: impl Fn(&T) -> &str,
    ) -> Result<T, NotFound> {
        let given_to = || given.to_owned();
        if let Some(exact) = all.iter().position(|one| id(one) == given) {
            return Ok(all.swap_remove(exact));
        }
        all.retain(|one| !given.is_empty() && id(one).starts_with(given));
        match all.pop() {
            None => Err(NotFound::Unknown { what, given: given_to() }),
            Some(only) if all.is_empty() => Ok(only),
            Some(last) => {
                let mut ids: Vec<_> = all.iter().chain([&last]).map(|one| id(one).to_owned()).collect();
                ids.sort_unstable();
                Err(NotFound::Ambiguous { what, given: given_to(), ids })
            }
        }
    }
}

impl From<MessageError> for StoreError {
    fn from(error: MessageError) -> Self {
        Self::Event(Arc::new(error))
    }
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
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Self::ReadOnly { path },
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
