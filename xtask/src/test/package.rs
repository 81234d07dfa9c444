//! What would be published is complete: it has the files that people look for, and it builds outside the workspace.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::metadata::Package;
use crate::package::{crates, empty_folder};
use crate::repo::Repo;

/// The licences ask to be passed on with every copy, and the registry's page shows the README.
const FILES: [&str; 3] = ["README.md", "LICENSE-MIT", "LICENSE-APACHE"];

pub(super) fn check(repo: &Repo) -> Result<()> {
    let published: Vec<_> = repo.packages().published().collect();
    for package in &published {
        ensure_files(repo, package)?;
    }
    crates::pack(repo)?;
    let workspace = repo.scratch().join("package");
    unpack(repo, &published, &workspace)?;
    // What was compiled for the tests serves here too.
    repo.cargo("build")
        .args(["--workspace", "--manifest-path"])
        .arg(workspace.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(repo.target())
        .run()
}

fn ensure_files(repo: &Repo, Package { name, .. }: &Package) -> Result<()> {
    let list = repo
        .cargo("package")
        .args(["--list", "--allow-dirty", "--locked", "--package", name])
        .read()
        .with_context(|| format!("could not list what the package {name} would hold"))?;
    let missing: Vec<_> = FILES.into_iter().filter(|file| !list.lines().any(|line| line == *file)).collect();
    ensure!(missing.is_empty(), "the package {name} would lack {}", missing.join(", "));
    Ok(())
}

fn unpack(repo: &Repo, packages: &[&Package], workspace: &Path) -> Result<()> {
    // A file that a package no longer holds must not be found there.
    empty_folder(workspace)?;
    for Package { name, version, .. } in packages {
        let archive = repo.target().join("package").join(format!("{name}-{version}.crate"));
        // `-m`: cargo packs every file with the same old date, and then takes a changed file for the one it compiled.
        repo.cmd("tar").args(["-x", "-z", "-m", "-C"]).arg(workspace).arg("-f").arg(archive).run()?;
    }
    fs::write(workspace.join("Cargo.toml"), manifest(packages)).context("could not write the packages' workspace")?;
    fs::copy(repo.root().join("Cargo.lock"), workspace.join("Cargo.lock")).context("could not copy Cargo.lock")?;
    Ok(())
}

/// A workspace in which the packages find one another in place of what the registry has. Its profile is that of the
/// repository, which a package leaves behind.
fn manifest(packages: &[&Package]) -> String {
    let dir = |package: &Package| format!("{}-{}", package.name, package.version);
    let members: Vec<_> = packages.iter().map(|package| format!("{:?}", dir(package))).collect();
    let needed = packages.iter().filter(|needed| packages.iter().any(|package| package.depends_on(needed)));
    let patches: String =
        needed.map(|package| format!("{} = {{ path = {:?} }}\n", package.name, dir(package))).collect();
    format!(
        "[workspace]\nresolver = \"3\"\nmembers = [{}]\n\n[patch.crates-io]\n{patches}\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n",
        members.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_find_one_another() {
        let package = |json| serde_json::from_str::<Package>(json).unwrap();
        let core = package(r#"{"id": "1", "name": "core", "version": "0.1.0"}"#);
        let cli = package(r#"{"id": "2", "name": "cli", "version": "0.2.0", "dependencies": [{"name": "core"}]}"#);
        let manifest = manifest(&[&core, &cli]);
        assert!(manifest.contains(r#"members = ["core-0.1.0", "cli-0.2.0"]"#), "{manifest}");
        // Cargo would warn of a patch that nobody uses.
        assert!(manifest.contains("[patch.crates-io]\ncore = { path = \"core-0.1.0\" }\n\n"), "{manifest}");
    }
}
