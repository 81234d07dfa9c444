//! The notifier, killed again and again.

use anyhow::Result;

use crate::repo::Repo;

const KILLS: &str = "100";

pub(super) fn soak(repo: &Repo) -> Result<()> {
    repo.cargo("test")
        .args(["--locked", "--package", "hookseal-tests", "--test", "notifier_kill", "--", "--nocapture"])
        .env("HOOKSEAL_KILLS", KILLS)
        .run()
}
