//! The npm packages that bring the command: `@hookseal/cli`, and the one for machines like this, which it depends on.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::provision::Node;
use crate::repo::Repo;
use crate::wasm::npm_pack;

/// Makes both of a built command, and says where the tarballs are.
pub(super) fn command_packages(repo: &Repo, node: &Node, command: &Path) -> Result<Vec<PathBuf>> {
    let mut members = repo.packages().members();
    let cli = members.find(|package| package.name == "hookseal-cli").context("there is no hookseal-cli")?;
    let folder = repo.scratch().join("npm/command");
    node.cmd(node.executable())
        .arg(repo.root().join("cli/npm/build.mjs"))
        .arg("--command")
        .arg(command)
        .arg("--out")
        .arg(&folder)
        .args(["--version", &cli.version])
        .run()?;
    let packages = fs::read_dir(&folder).with_context(|| format!("could not read {}", folder.display()))?;
    packages.map(|package| npm_pack(node, &package?.path(), &repo.scratch().join("npm/command-packed"))).collect()
}
