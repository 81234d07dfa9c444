//! The receiver's page, in the browser that people use it with: Debian's Chromium, driven by playwright-core.

use anyhow::Result;

use crate::provision::Provision;
use crate::repo::Repo;

const TESTS: &str = "tests/browser";

pub(super) fn check(repo: &Repo, provision: &Provision<'_>) -> Result<()> {
    provision.chromium()?;
    let folder = repo.root().join(TESTS);
    let node = provision.npm_packages(&folder)?;
    node.cmd("npm").args(["run", "--silent", "check"]).dir(&folder).run()?;

    // What is published: there the page's files are embedded, and the demonstration has built it already.
    repo.cargo("build").args(["--release", "--locked"]).run()?;
    let hookseal = repo.target().join("release").join(format!("hookseal{}", std::env::consts::EXE_SUFFIX));
    let screenshots = repo.scratch().join("screenshots");
    node.cmd("npm")
        .args(["run", "--silent", "test"])
        .dir(&folder)
        .env("HOOKSEAL_BIN", hookseal)
        .env("HOOKSEAL_SCREENSHOTS", &screenshots)
        .run()?;
    println!("Screenshots: {}", screenshots.display());
    Ok(())
}
