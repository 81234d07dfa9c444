//! npm's packages, exactly those of a lock file.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::Node;
use crate::shell::with_retries;

/// Installs what the folder's `package-lock.json` says, unless that is there already.
pub(super) fn install(node: &Node, folder: &Path) -> Result<()> {
    let lock_file = folder.join("package-lock.json");
    let lock = fs::read(&lock_file).with_context(|| format!("could not read {}", lock_file.display()))?;
    let stamp = folder.join("node_modules/.xtask-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    with_retries(|_| node.cmd("npm").args(["ci", "--no-audit", "--no-fund"]).dir(folder).run())
        .context("npm's packages could not be installed")?;
    // Last, so that an interrupted installation starts over.
    fs::write(&stamp, lock).with_context(|| format!("could not write {}", stamp.display()))
}
