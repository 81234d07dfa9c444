//! The part of `cargo metadata`'s answer that the chores read.

use std::path::PathBuf;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::shell::Cmd;

#[derive(Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) workspace_members: Vec<String>,
    pub(crate) workspace_root: PathBuf,
    pub(crate) target_directory: PathBuf,
    /// The graph of dependencies, unless it was asked not to compute it.
    pub(crate) resolve: Option<Resolve>,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) rust_version: Option<String>,
    #[serde(default)]
    dependencies: Vec<Requirement>,
    /// The registries it may go to; none at all where the manifest says `publish = false`.
    publish: Option<Vec<String>>,
}

/// What a manifest says, where `Dependency` is what came of it.
#[derive(Deserialize)]
struct Requirement {
    name: String,
}

#[derive(Deserialize)]
pub(crate) struct Resolve {
    pub(crate) nodes: Vec<Node>,
}

#[derive(Deserialize)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) deps: Vec<Dependency>,
}

#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

impl Metadata {
    /// Asks `cargo metadata`, which the caller has given its flags.
    pub(crate) fn read(cargo_metadata: Cmd) -> Result<Self> {
        let json = cargo_metadata.args(["--format-version", "1"]).read()?;
        serde_json::from_str(&json).context("cargo metadata answered in a form that xtask does not know")
    }

    /// The workspace's packages that go to a registry.
    pub(crate) fn published(&self) -> impl Iterator<Item = &Package> {
        self.members().filter(|package| package.is_published())
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }
}

impl Package {
    pub(crate) fn is_published(&self) -> bool {
        self.publish.as_ref().is_none_or(|registries| !registries.is_empty())
    }

    pub(crate) fn depends_on(&self, other: &Self) -> bool {
        self.dependencies.iter().any(|requirement| requirement.name == other.name)
    }
}

impl Dependency {
    /// Whether it is there only for the package's own tests, which nobody else builds.
    pub(crate) fn is_dev_only(&self) -> bool {
        self.dep_kinds.iter().all(|dependency| dependency.kind.as_deref() == Some("dev"))
    }
}
