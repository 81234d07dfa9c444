//! What hangs, and is left alone until it returns.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Of a remote file system the mount point, as nothing on it will answer; else the one path, which may be a link to what
/// hangs.
pub(super) type Key = Arc<Path>;

/// What hangs, and since when.
#[derive(Debug, Default)]
pub(super) struct Stuck(Mutex<HashMap<Key, Instant>>);

impl Stuck {
    pub(super) fn insert(&self, key: Key, since: Instant) {
        self.lock().insert(key, since);
    }

    pub(super) fn remove(&self, key: &Path) {
        self.lock().remove(key);
    }

    pub(super) fn since(&self, key: &Path) -> Option<Instant> {
        self.lock().get(key).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
