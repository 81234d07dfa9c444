//! The receiver's inbox on disk, killed again and again.

use anyhow::Result;

use crate::repo::Repo;

const KILLS: &str = "20";

/// Deliveries a second at the least, while each of them strikes.
const RATE: &str = "5000";

pub(super) fn soak(repo: &Repo) -> Result<()> {
    repo.cargo("build").args(["--release", "--locked", "--package", "hookseal-cli"]).run()?;
    let hookseal = repo.target().join("release").join(format!("hookseal{}", std::env::consts::EXE_SUFFIX));
    repo.cargo("test")
        .args(["--release", "--locked", "--package", "hookseal-tests", "--test", "inbox_kill", "--", "--nocapture"])
        .env("HOOKSEAL_BIN", hookseal)
        .env("HOOKSEAL_KILLS", KILLS)
        .env("HOOKSEAL_KILL_RATE", RATE)
        .run()
}
