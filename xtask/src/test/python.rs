//! The Python package, as its users have it: the wheel is built, installed into a fresh environment and tested there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::provision::Provision;
use crate::repo::Repo;

const PACKAGE: &str = "bindings/python";

pub(super) fn check(repo: &Repo, provision: &Provision<'_>) -> Result<()> {
    let wheel = build(repo, provision)?;
    let size = fs::metadata(&wheel).context("could not read the wheel")?.len();
    println!("{}: {} kB", wheel.display(), size / 1000);
    let python = provision.fresh_python("python-installed", &[&wheel], &format!("{PACKAGE}/tests/requirements.txt"))?;

    // The fixture starts the real receiver.
    repo.cargo("build").args(["--workspace", "--bin", "hookseal", "--locked"]).run()?;
    let hookseal = repo.target().join("debug").join(format!("hookseal{}", std::env::consts::EXE_SUFFIX));
    repo.cmd(python)
        .args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider"])
        .dir(&repo.root().join(PACKAGE))
        .env("HOOKSEAL_BIN", hookseal)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .run()
}

fn build(repo: &Repo, provision: &Provision<'_>) -> Result<PathBuf> {
    let python = provision.fresh_python("python-build", &[], &format!("{PACKAGE}/requirements-build.txt"))?;
    let package = repo.root().join(PACKAGE);
    for arguments in [&["check"][..], &["format", "--check"]] {
        repo.cmd(&python).args(["-m", "ruff"]).args(arguments).arg("--no-cache").dir(&package).run()?;
    }
    let wheels = repo.scratch().join("wheels");
    if wheels.exists() {
        fs::remove_dir_all(&wheels).context("could not remove the wheels of an earlier run")?;
    }
    repo.cmd(&python)
        .args(["-m", "maturin", "build", "--release", "--locked", "--interpreter"])
        .arg(&python)
        .arg("--out")
        .arg(&wheels)
        .arg("--manifest-path")
        .arg(package.join("Cargo.toml"))
        .run()?;
    only_file(&wheels)
}

fn only_file(folder: &Path) -> Result<PathBuf> {
    let files = fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))?;
    let files: Vec<_> = files.map(|file| file.map(|file| file.path())).collect::<Result<_, _>>()?;
    match files.as_slice() {
        [file] => Ok(file.clone()),
        _ => bail!("{} holds {} files where one wheel is expected", folder.display(), files.len()),
    }
}
