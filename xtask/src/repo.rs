//! The repository: where it is, and how cargo is run in it.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::metadata::Metadata;
use crate::shell::Cmd;

/// The checked-out repository.
pub(crate) struct Repo {
    metadata: Metadata,
}

impl Repo {
    pub(crate) fn discover() -> Result<Self> {
        let metadata = Metadata::read(cargo().args(["metadata", "--no-deps"]))
            .context("could not read the workspace's manifests")?;
        Ok(Self { metadata })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.metadata.workspace_root
    }

    /// Cargo's target directory, wherever the environment or a configuration file puts it.
    pub(crate) fn target(&self) -> &Path {
        &self.metadata.target_directory
    }

    /// The `hookseal` command that was built with a profile: `debug` or `release`.
    pub(crate) fn command(&self, profile: &str) -> PathBuf {
        self.target().join(profile).join(format!("hookseal{}", env::consts::EXE_SUFFIX))
    }

    /// Where xtask keeps what it makes for itself: `cargo clean` removes it too.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.target().join("xtask")
    }

    /// The workspace's packages, without the graph of their dependencies.
    pub(crate) fn packages(&self) -> &Metadata {
        &self.metadata
    }

    /// `cargo <subcommand>` at the root.
    pub(crate) fn cargo(&self, subcommand: &str) -> Cmd {
        cargo().arg(subcommand).dir(self.root())
    }

    /// A program at the root that runs cargo by itself.
    pub(crate) fn builder(&self, program: impl AsRef<std::ffi::OsStr>) -> Cmd {
        freed_of_xtask(self.cmd(program))
    }

    /// Any other program at the root.
    pub(crate) fn cmd(&self, program: impl AsRef<std::ffi::OsStr>) -> Cmd {
        Cmd::new(program).dir(self.root())
    }
}

/// The cargo that runs xtask.
fn cargo() -> Cmd {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    freed_of_xtask(Cmd::new(program).shown_as("cargo"))
}

/// Frees a command that is or runs cargo of what `cargo run` says about xtask's own package: build scripts that watch these
/// variables would run again, and all that depends on them, each time that one builds with `cargo xtask` after a plain
/// `cargo`.
fn freed_of_xtask(cmd: Cmd) -> Cmd {
    let about_xtask = env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
    });
    about_xtask.fold(cmd, Cmd::env_remove)
}
