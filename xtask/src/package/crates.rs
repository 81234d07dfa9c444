//! The crates, as they would go to crates.io.

use std::path::PathBuf;

use anyhow::Result;

use crate::repo::Repo;

/// Packs every crate that is published, and says where the archives are.
///
/// Cargo's own verification is not used. It keeps the unpacked packages in cargo's home under their version, and so
/// builds a package against what its neighbours were at an earlier run. The stage `package` builds them together.
pub(crate) fn pack(repo: &Repo) -> Result<Vec<PathBuf>> {
    let packages = repo.packages();
    let kept_back = packages.members().filter(|package| !package.is_published());
    repo.cargo("package")
        .args(["--workspace", "--no-verify", "--allow-dirty", "--locked"])
        .args(kept_back.flat_map(|package| ["--exclude", &package.name]))
        .run()?;
    let archive = |name: &str, version: &str| repo.target().join("package").join(format!("{name}-{version}.crate"));
    Ok(packages.published().map(|package| archive(&package.name, &package.version)).collect())
}
