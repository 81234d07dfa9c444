//! Files that are made for their owner's eyes only, and the lock that keeps a second daemon away.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::StoreError;

/// Keeps other daemons from a store until it is dropped, or the process ends in whatever way.
///
/// It is on a file of its own: SQLite's locks on the database would be lost with the first descriptor of it that is
/// closed (fcntl(2)).
#[derive(Debug)]
pub struct DaemonLock {
    _file: File,
}

impl DaemonLock {
    pub(super) fn take(store: &Path) -> Result<Self, StoreError> {
        let path = beside(store, ".lock");
        let file = private(&path).map_err(|source| StoreError::io(&path, source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(StoreError::InUse { path: store.to_owned(), process: process_in(&file) });
            }
            Err(TryLockError::Error(source)) => return Err(StoreError::io(&path, source)),
        }
        // For the message of whoever comes second; nothing depends on it.
        let _ = note_process(&file);
        Ok(DaemonLock { _file: file })
    }
}

/// Where the store is unless it is named: `$XDG_STATE_HOME/hookseal/hookseal.db`, or below `~/.local/state`.
pub(super) fn default_path() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")))?;
    Some(state.join("hookseal/hookseal.db"))
}

/// Makes the directories of a path, for their owner only.
pub(super) fn make_directories(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// `FILE.lock` and the like.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Opens a file, or makes it for its owner only. SQLite gives the files it makes beside it the same mode.
pub(super) fn private(path: &Path) -> io::Result<File> {
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
    lock.rewind().ok()?;
    lock.take(32).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
