//! Installing what the chores need beyond the Rust toolchain.
//!
//! Every part is idempotent and quick where everything is there already. Nothing is installed into the user's Rust
//! toolchain or into the system's Python: packages come from Debian's archive, Python's packages go into a virtual
//! environment below the target directory.

mod apt;
mod languages;
mod no_std;
mod node;
mod npm;
mod python;
mod wasm;

use std::cell::OnceCell;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result};

use crate::repo::Repo;

pub(crate) use no_std::Toolchains;
pub(crate) use node::Node;
pub(crate) use wasm::WasmToolchain;

/// What is installed on demand. Each answer is kept, so that a failed download is not tried by each stage again.
pub(crate) struct Provision<'r> {
    repo: &'r Repo,
    python: OnceCell<Answer<PathBuf>>,
    no_std: OnceCell<Answer<Toolchains>>,
    node: OnceCell<Answer<Node>>,
    languages: OnceCell<Answer<()>>,
    wasm: OnceCell<Answer<WasmToolchain>>,
}

/// An error is kept as its text: `anyhow::Error` cannot be cloned.
type Answer<T> = Result<T, String>;

impl<'r> Provision<'r> {
    pub(crate) fn new(repo: &'r Repo) -> Self {
        Self {
            repo,
            python: OnceCell::new(),
            no_std: OnceCell::new(),
            node: OnceCell::new(),
            languages: OnceCell::new(),
            wasm: OnceCell::new(),
        }
    }

    /// The Python of the virtual environment that holds the packages the tests need.
    pub(crate) fn python(&self) -> Result<&Path> {
        self.once(&self.python, python::install).map(PathBuf::as_path)
    }

    /// What builds the core for machines without an operating system.
    pub(crate) fn no_std(&self) -> Result<&Toolchains> {
        self.once(&self.no_std, no_std::install)
    }

    /// A Node.js with its npm, new enough for the npm package.
    pub(crate) fn node(&self) -> Result<&Node> {
        self.once(&self.node, node::install)
    }

    /// PHP, Go, Ruby, OpenSSL and jq on the `PATH`.
    pub(crate) fn languages(&self) -> Result<()> {
        self.once(&self.languages, languages::install).copied()
    }

    /// What compiles the npm package's WebAssembly.
    pub(crate) fn wasm(&self) -> Result<&WasmToolchain> {
        self.once(&self.wasm, wasm::install)
    }

    /// A Node.js, and a folder whose `package-lock.json` is installed into its `node_modules`.
    pub(crate) fn npm_packages(&self, folder: &Path) -> Result<&Node> {
        let node = self.node()?;
        self.locked(|_| npm::install(node, folder))?;
        Ok(node)
    }

    /// The Python of an environment of its own, made anew, with these wheels and the packages of a requirements file.
    pub(crate) fn fresh_python(&self, name: &str, wheels: &[&Path], requirements: &str) -> Result<PathBuf> {
        self.locked(|repo| python::install_afresh(repo, name, wheels, requirements))
    }

    /// The browser that people use the page with.
    pub(crate) fn chromium(&self) -> Result<()> {
        // Elsewhere than on Debian, whoever runs the tests names one.
        if std::env::var_os("HOOKSEAL_CHROMIUM").is_some() { Ok(()) } else { self.debian(&["chromium"]) }
    }

    /// Programs that are Debian's packages.
    pub(crate) fn debian(&self, packages: &[&str]) -> Result<()> {
        self.locked(|_| apt::ensure(packages))
    }

    fn once<'s, T>(&self, cell: &'s OnceCell<Answer<T>>, install: fn(&Repo) -> Result<T>) -> Result<&'s T> {
        cell.get_or_init(|| self.locked(install).map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|error| Error::msg(error.clone()))
    }

    /// One installation at a time, also when two terminals run chores.
    fn locked<T>(&self, install: impl FnOnce(&Repo) -> Result<T>) -> Result<T> {
        let scratch = self.repo.scratch();
        fs::create_dir_all(&scratch).with_context(|| format!("could not create {}", scratch.display()))?;
        let lock = File::create(scratch.join("lock")).context("could not create the lock file")?;
        lock.lock().context("could not wait for another xtask's installation")?;
        install(self.repo)
    }
}
