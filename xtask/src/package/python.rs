//! The Python packages: `hookseal` as source and as wheel, and `hookseal-cli`, the wheel that brings the command.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::{empty_folder, kilobytes};
use crate::provision::Provision;
use crate::repo::Repo;

/// The folder of the package `hookseal`.
pub(crate) const PACKAGE: &str = "bindings/python";

/// The most octets that the wheel of `hookseal` may have.
const MOST: u64 = 500_000;

/// An environment that holds what the packages are built and checked with.
pub(crate) struct Builder<'r> {
    repo: &'r Repo,
    python: PathBuf,
}

impl<'r> Builder<'r> {
    pub(crate) fn new(repo: &'r Repo, provision: &Provision<'_>) -> Result<Self> {
        let python = provision.fresh_python("python-build", &[], &format!("{PACKAGE}/requirements-build.txt"))?;
        Ok(Self { repo, python })
    }

    /// The Python of the environment.
    pub(crate) fn python(&self) -> &Path {
        &self.python
    }

    /// `hookseal` as source: with the core, which it is built from.
    pub(crate) fn sdist(&self) -> Result<PathBuf> {
        self.maturin("sdist", &[], PACKAGE)
    }

    /// The wheel of `hookseal` as it is published.
    pub(crate) fn wheel(&self) -> Result<PathBuf> {
        self.maturin("build", &["--locked"], PACKAGE).and_then(of_modest_size)
    }

    /// The wheel of `hookseal`, built as pip does where there is no wheel for a machine: from the source package, and from
    /// nothing else.
    pub(crate) fn wheel_of(&self, sdist: &Path) -> Result<PathBuf> {
        let out = self.out("wheel")?;
        println!("Building a wheel of {}; pip shows nothing of it for a minute or two.", sdist.display());
        self.repo
            .builder(&self.python)
            .args(["-m", "pip", "wheel", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"])
            .arg("--wheel-dir")
            .arg(&out)
            .arg(sdist)
            // maturin's backend starts itself by its bare name.
            .env("PATH", self.path()?)
            // The dependencies are compiled once for all runs.
            .env("CARGO_TARGET_DIR", self.repo.target())
            .run()?;
        only_file(&out).and_then(of_modest_size)
    }

    /// The wheel of `hookseal-cli`, with the command of the release build.
    pub(crate) fn command_wheel(&self) -> Result<PathBuf> {
        let wheel = self.maturin("build", &["--release", "--locked"], "cli")?;
        println!("{}: {}", wheel.display(), kilobytes(fs::metadata(&wheel).context("could not read the wheel")?.len()));
        Ok(wheel)
    }

    fn maturin(&self, subcommand: &str, arguments: &[&str], package: &str) -> Result<PathBuf> {
        let out = self.out(&format!("{subcommand}-{}", package.replace('/', "-")))?;
        self.repo
            .builder(&self.python)
            .args(["-m", "maturin", subcommand])
            .args(arguments)
            .arg("--out")
            .arg(&out)
            .arg("--manifest-path")
            .arg(self.repo.root().join(package).join("Cargo.toml"))
            .run()?;
        only_file(&out)
    }

    /// The `PATH` with the environment's programs in front.
    fn path(&self) -> Result<OsString> {
        let path = env::var_os("PATH").unwrap_or_default();
        let own = self.python.parent().map(Path::to_owned);
        env::join_paths(own.into_iter().chain(env::split_paths(&path))).context("the PATH cannot be extended")
    }

    fn out(&self, name: &str) -> Result<PathBuf> {
        let out = self.repo.scratch().join("python-packages").join(name);
        empty_folder(&out)?;
        Ok(out)
    }
}

fn of_modest_size(wheel: PathBuf) -> Result<PathBuf> {
    let size = fs::metadata(&wheel).context("could not read the wheel")?.len();
    println!("{}: {}", wheel.display(), kilobytes(size));
    ensure!(size <= MOST, "the wheel has {}, and {} are the most it may have", kilobytes(size), kilobytes(MOST));
    Ok(wheel)
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let files = fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))?;
    let files: Vec<_> = files.map(|file| file.map(|file| file.path())).collect::<Result<_, _>>()?;
    match files.as_slice() {
        [file] => Ok(file.clone()),
        _ => bail!("{} holds {} files where one package is expected", folder.display(), files.len()),
    }
}
