//! Room that is kept for the day on which the disk is full.
//!
//! The store often lies on the disk that it warns of. A file beside it takes up some of that disk; when a transaction
//! finds no room, the file is emptied and the transaction is repeated.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::file;

/// Many thousands of events with their deliveries.
const SIZE: u64 = 8 << 20;

/// Room that has to be there before the ballast is made: it must not be what fills the disk.
const LEAST_ROOM: u64 = 32 << 20;

#[derive(Debug)]
pub(super) struct Ballast {
    path: PathBuf,
}

impl Ballast {
    pub(super) fn new(store: &Path) -> Self {
        Ballast { path: file::beside(store, ".ballast") }
    }

    /// Whether there was something to give.
    pub(super) fn release(&self) -> bool {
        let Ok(file) = std::fs::OpenOptions::new().write(true).open(&self.path) else { return false };
        let held = file.metadata().is_ok_and(|metadata| metadata.len() > 0);
        held && file.set_len(0).is_ok()
    }

    /// Whether all of it is there.
    pub(super) fn is_held(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|metadata| metadata.len() == SIZE)
    }

    /// Makes it if it is missing and there is room for it; whether it is there then.
    pub(super) fn hold(&self) -> io::Result<bool> {
        if self.is_held() {
            return Ok(true);
        }
        let mut file = file::private(&self.path)?;
        file.set_len(0)?;
        if !has_room(&self.path)? {
            return Ok(false);
        }
        let written = fill(&mut file);
        if written.is_err() {
            let _ = file.set_len(0);
        }
        written.map(|()| true)
    }
}

/// With octets that no file system compresses or leaves out.
fn fill(file: &mut std::fs::File) -> io::Result<()> {
    let mut noise = vec![0; 1 << 20];
    for _ in 0..SIZE >> 20 {
        getrandom::fill(&mut noise).map_err(io::Error::other)?;
        file.write_all(&noise)?;
    }
    file.sync_all()
}

/// On a small disk the ballast is a share that is seen: making it must not take the disk below a line again.
fn has_room(path: &Path) -> io::Result<bool> {
    let disk = rustix::fs::statvfs(path)?;
    let available = disk.f_bavail.saturating_mul(disk.f_frsize);
    let total = disk.f_blocks.saturating_mul(disk.f_frsize);
    Ok(available >= LEAST_ROOM && (available >= 32 * LEAST_ROOM || (available - SIZE) / 3 >= total / 10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_room_until_it_is_released() {
        let folder = tempfile::tempdir().unwrap();
        let ballast = Ballast::new(&folder.path().join("hookseal.db"));
        assert!(!ballast.is_held());
        assert!(!ballast.release(), "there is nothing to give");

        assert!(ballast.hold().unwrap());
        assert!(ballast.is_held());
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let metadata = std::fs::metadata(folder.path().join("hookseal.db.ballast")).unwrap();
            assert!(metadata.blocks() * 512 >= SIZE, "it is no hole");
            assert_eq!(metadata.mode() & 0o777, 0o600);
        }
        assert!(ballast.release());
        assert!(!ballast.is_held());
        assert!(!ballast.release());
        assert!(ballast.hold().unwrap(), "it is made again");
    }
}
