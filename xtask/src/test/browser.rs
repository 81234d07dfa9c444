//! The receiver's page and the notifier's dashboard, in the browser that people use it with: Debian's Chromium, driven by playwright-core.

use anyhow::Result;

use crate::provision::Provision;
use crate::repo::Repo;

const TESTS: &str = "tests/browser";

pub(super) fn check(repo: &Repo, provision: &Provision<'_>) -> Result<()> {
    provision.chromium()?;
    // For the dashboard of a host that is one of a fleet.
    provision.debian(&["nats-server"])?;
    let folder = repo.root().join(TESTS);
    let node = provision.npm_packages(&folder)?;
    node.cmd("npm").args(["run", "--silent", "check"]).dir(&folder).run()?;

    // What is published: there the page's files are embedded, and the demonstration has built it already.
    repo.cargo("build").args(["--release", "--locked"]).run()?;
    let hookseal = repo.target().join("release").join(format!("hookseal{}", std::env::consts::EXE_SUFFIX));
    // The dashboard with made-up figures is for development. It has the features that the tests have built it with.
    repo.cargo("build").args(["--workspace", "--locked", "--example", "dashboard"]).run()?;
    let dashboard = repo.target().join("debug/examples").join(format!("dashboard{}", std::env::consts::EXE_SUFFIX));
    let screenshots = repo.scratch().join("screenshots");
    node.cmd("npm")
        .args(["run", "--silent", "test"])
        .dir(&folder)
        .env("HOOKSEAL_BIN", hookseal)
        .env("HOOKSEAL_DASHBOARD", dashboard)
        .env("HOOKSEAL_SCREENSHOTS", &screenshots)
        .run()?;
    println!("Screenshots: {}", screenshots.display());
    Ok(())
}
