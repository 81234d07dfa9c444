//! Node.js: the one on the `PATH` where it is new enough, otherwise one from the npm registry.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::apt;
use crate::repo::Repo;
use crate::shell::{Cmd, with_retries};
use crate::version::Version;

/// The npm package promises Node.js 20; the hand-over of bodies needs `process.getBuiltinModule` of 20.16.
const OLDEST: Version = Version::new(20, 16, 0);

/// For machines whose own is older, such as Debian 12's: the registry has the runtime as a package.
const FROM_REGISTRY: &str = "node@22";

/// A Node.js, and the npm that it runs.
#[derive(Clone)]
pub(crate) struct Node {
    /// In front of the `PATH`, so that what npm runs finds this Node.js; empty where it is on the `PATH` already.
    bin: Option<PathBuf>,
}

pub(super) fn install(repo: &Repo) -> Result<Node> {
    let on_path = Node { bin: None };
    if on_path.is_usable() {
        return Ok(on_path);
    }
    let folder = repo.scratch().join("node");
    let of_registry = Node { bin: Some(folder.join("node_modules/node/bin")) };
    if of_registry.is_usable() {
        return Ok(of_registry);
    }
    apt::ensure(&["nodejs", "npm"]).with_context(|| format!("Node.js {OLDEST} or newer with npm is needed"))?;
    if on_path.is_usable() {
        return Ok(on_path);
    }
    fs::create_dir_all(&folder).with_context(|| format!("could not create {}", folder.display()))?;
    with_retries(|_| {
        repo.cmd("npm").args(["install", "--no-audit", "--no-fund", "--prefix"]).arg(&folder).arg(FROM_REGISTRY).run()
    })
    .with_context(|| format!("could not install {FROM_REGISTRY} from the npm registry"))?;
    if !of_registry.is_usable() {
        bail!("{FROM_REGISTRY} of the npm registry was installed, and does not run");
    }
    Ok(of_registry)
}

impl Node {
    /// `node` or a tool that runs on it (`npm`, or one of a project's `node_modules/.bin`).
    pub(crate) fn cmd(&self, program: impl AsRef<std::ffi::OsStr>) -> Cmd {
        match &self.bin {
            None => Cmd::new(program),
            Some(bin) => {
                let path = env::var_os("PATH").unwrap_or_default();
                let folders = std::iter::once(bin.clone()).chain(env::split_paths(&path));
                let path = env::join_paths(folders).unwrap_or(path);
                Cmd::new(program).env("PATH", path)
            }
        }
    }

    /// What it is, for people.
    pub(crate) fn version(&self) -> Result<Version> {
        let printed = self.cmd(self.executable()).arg("--version").read()?;
        Version::parse(printed.trim().trim_start_matches('v')).with_context(|| format!("node printed {printed:?}"))
    }

    /// The program itself, for those who start it on their own.
    pub(crate) fn executable(&self) -> PathBuf {
        self.bin.as_deref().map_or_else(|| PathBuf::from("node"), |bin| bin.join(Path::new("node")))
    }

    fn is_usable(&self) -> bool {
        self.version().is_ok_and(|version| version >= OLDEST) && self.cmd("npm").arg("--version").read().is_ok()
    }
}
