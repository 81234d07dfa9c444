//! The Python packages, as their users have them: built from the source package, installed into fresh environments, and
//! tested there.

use std::ffi::OsStr;
use std::path::Path;

use anyhow::Result;

use crate::package::python::{Builder, PACKAGE};
use crate::provision::Provision;
use crate::repo::Repo;
use crate::shell::Cmd;

pub(super) fn check(repo: &Repo, provision: &Provision<'_>) -> Result<()> {
    let builder = Builder::new(repo, provision)?;
    lint(repo, builder.python())?;
    let wheel = builder.wheel_of(&builder.sdist()?)?;
    let command = builder.command_wheel()?;

    let python = provision.fresh_python("python-installed", &[&wheel], &format!("{PACKAGE}/tests/requirements.txt"))?;
    pytest(repo, &python, "tests").env("HOOKSEAL_BIN", repo.command("release")).run()?;

    // The fixture has to find the command that comes with the extra, which is nowhere else.
    let python =
        provision.fresh_python("python-receiver", &[], &format!("{PACKAGE}/receiver-tests/requirements.txt"))?;
    install_receiver(repo, &python, [&wheel, &command])?;
    pytest(repo, &python, "receiver-tests").env_remove("HOOKSEAL_BIN").env("PATH", "").run()
}

/// `pip install "hookseal[receiver]"`, from these wheels alone.
fn install_receiver(repo: &Repo, python: &Path, wheels: [&Path; 2]) -> Result<()> {
    let folders = wheels.into_iter().filter_map(Path::parent);
    repo.cmd(python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"])
        .args(folders.flat_map(|folder| [OsStr::new("--find-links"), folder.as_os_str()]))
        .arg("hookseal[receiver]")
        .run()
}

fn pytest(repo: &Repo, python: &Path, tests: &str) -> Cmd {
    repo.cmd(python)
        .args(["-m", "pytest", "--quiet", "-p", "no:cacheprovider", tests])
        .dir(&repo.root().join(PACKAGE))
        .env("PYTHONDONTWRITEBYTECODE", "1")
}

fn lint(repo: &Repo, python: &Path) -> Result<()> {
    for arguments in [&["check"][..], &["format", "--check"]] {
        let package = repo.root().join(PACKAGE);
        repo.cmd(python).args(["-m", "ruff"]).args(arguments).arg("--no-cache").dir(&package).run()?;
    }
    Ok(())
}
