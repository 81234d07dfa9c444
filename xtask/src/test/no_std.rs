//! The core builds where there is no operating system: a test on the host would find a `std` to link in any case.

use anyhow::Result;

use crate::provision::Provision;
use crate::repo::Repo;

pub(super) fn check(repo: &Repo, provision: &Provision<'_>) -> Result<()> {
    // A directory of its own: another compiler's artefacts must not replace those of the other stages.
    let target_dir = repo.scratch().join("no-std");
    let mut builds = provision.no_std()?.cargo_builds(repo);
    builds.try_for_each(|build| {
        build
            .args([
                "--package",
                "hookseal",
                "--no-default-features",
                "--features",
                "explain",
                "--locked",
                "--target-dir",
            ])
            .arg(&target_dir)
            .run()
    })
}
