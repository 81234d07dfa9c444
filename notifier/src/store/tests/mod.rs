mod file;
mod rows;

use tempfile::TempDir;

use super::*;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(folder: &TempDir) -> Store {
    Store::open(folder.path().join("hookseal.db"), Vault::new(None)).unwrap()
}
