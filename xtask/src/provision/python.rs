//! A virtual environment with the Python packages that the tests and the vectors' generator need.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::apt;
use crate::repo::Repo;
use crate::shell::{Cmd, with_retries};

/// Pinned, each beside what needs it.
const REQUIREMENTS: [&str; 2] = ["test-vectors/requirements.txt", "tests/python/requirements.txt"];

/// Debian ships `venv` without `ensurepip`, and then no environment can be made.
const PROBE: &str = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";

/// Makes the environment, unless the one that is there was made from the same requirements.
pub(super) fn install(repo: &Repo) -> Result<PathBuf> {
    let venv = repo.scratch().join("venv");
    let python = python_of(&venv);
    let stamp_file = venv.join("xtask-requirements");
    let requirements = Requirement::read_all(repo.root())?;
    let stamp = stamp(&requirements);
    // The Python that the environment was made with may have been upgraded away since.
    if fs::read_to_string(&stamp_file).is_ok_and(|made_from| made_from == stamp) && runs(&python, "") {
        return Ok(python);
    }

    let base = base_python()?;
    repo.cmd(base).args(["-m", "venv", "--clear"]).arg(&venv).run()?;
    if !requirements.is_empty() {
        with_retries(|_| {
            pip_install(repo, &python).args(requirements.iter().flat_map(|requirement| ["-r", requirement.path])).run()
        })
        .context("the Python packages could not be installed")?;
    }
    // Last, so that an interrupted installation starts over.
    fs::write(&stamp_file, stamp).with_context(|| format!("could not write {}", stamp_file.display()))?;
    Ok(python)
}

/// Makes an environment that holds nothing but these wheels and requirements, whatever there was before.
pub(super) fn install_afresh(repo: &Repo, name: &str, wheels: &[&Path], requirements: &str) -> Result<PathBuf> {
    let venv = repo.scratch().join(name);
    let python = python_of(&venv);
    repo.cmd(base_python()?).args(["-m", "venv", "--clear"]).arg(&venv).run()?;
    with_retries(|_| pip_install(repo, &python).args(wheels).args(["-r", requirements]).run())
        .context("the Python packages could not be installed")?;
    Ok(python)
}

fn pip_install(repo: &Repo, python: &Path) -> Cmd {
    repo.cmd(python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"])
}

fn python_of(venv: &Path) -> PathBuf {
    venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

struct Requirement {
    path: &'static str,
    text: String,
}

impl Requirement {
    fn read_all(root: &Path) -> Result<Vec<Self>> {
        let there = REQUIREMENTS.into_iter().filter(|path| root.join(path).is_file());
        there
            .map(|path| {
                let text = fs::read_to_string(root.join(path)).with_context(|| format!("could not read {path}"))?;
                Ok(Self { path, text })
            })
            .collect()
    }
}

fn stamp(requirements: &[Requirement]) -> String {
    requirements.iter().map(|Requirement { path, text }| format!("# {path}\n{text}\n")).collect()
}

/// A Python that can make virtual environments, installed if there is none.
fn base_python() -> Result<&'static str> {
    if let Some(python) = usable_python() {
        return Ok(python);
    }
    apt::ensure(&["python3", "python3-venv"]).context("Python 3.11 or newer with its venv module is needed")?;
    let Some(python) = usable_python() else {
        bail!("Debian's python3 and python3-venv are installed, and yet `python3 -m venv` does not work");
    };
    Ok(python)
}

fn usable_python() -> Option<&'static str> {
    // A Python of the user's own may come first on the PATH and lack what Debian's has.
    ["python3", "/usr/bin/python3", "python"].into_iter().find(|python| runs(Path::new(python), PROBE))
}

fn runs(python: &Path, code: &str) -> bool {
    Cmd::new(python).args(["-c", code]).read().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirement(path: &'static str, text: &str) -> Requirement {
        Requirement { path, text: text.to_owned() }
    }

    #[test]
    fn the_stamp_tells_other_requirements_apart() {
        let made_from = stamp(&[requirement("a.txt", "jwcrypto==1\n")]);
        assert_eq!(made_from, stamp(&[requirement("a.txt", "jwcrypto==1\n")]));
        assert_ne!(made_from, stamp(&[requirement("a.txt", "jwcrypto==2\n")]));
        assert_ne!(made_from, stamp(&[requirement("b.txt", "jwcrypto==1\n")]));
        assert_ne!(made_from, stamp(&[requirement("a.txt", "jwcrypto==1\n"), requirement("b.txt", "")]));
    }
}
