//! The npm package: built, packed, and tested in a project that has what is in the tarball in its `node_modules`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::provision::Provision;
use crate::repo::Repo;
use crate::wasm::{self, TESTS};

pub(super) fn check(repo: &Repo, provision: &Provision<'_>) -> Result<()> {
    // A browser is one of the places where the package is used.
    provision.debian(&["chromium"])?;
    wasm::build_for_tests(repo, provision)?;
    // `hookseal/testing` starts the real receiver.
    repo.cargo("build").args(["--workspace", "--bin", "hookseal", "--locked"]).run()?;
    let node = provision.node()?;
    let tests = repo.root().join(TESTS);
    node.cmd(node.executable())
        .args(["--test", "--expose-gc", "--test-reporter=dot"])
        .args(test_files(&tests)?)
        .dir(&tests)
        .env("HOOKSEAL_BIN", repo.command("debug"))
        .run()
}

/// Named one by one: what Node.js looks for by itself differs from version to version.
fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("node_modules") {
            files.extend(test_files(&path)?);
        } else if path.to_string_lossy().ends_with(".test.js") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
