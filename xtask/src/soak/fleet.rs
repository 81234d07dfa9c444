//! A fleet whose parts are killed, and whose servers are away for a minute.

use anyhow::Result;

use crate::provision::Provision;
use crate::repo::Repo;

/// Services of each of the 50 hosts, and how often each falls or rises: 20,000 transitions.
const SERVICES: &str = "20";
const TURNS: &str = "20";

/// Seconds.
const AWAY: &str = "60";

pub(super) fn soak(repo: &Repo, provision: &Provision<'_>) -> Result<()> {
    provision.debian(&["nats-server"])?;
    // As the tests build it: what is slow about a fleet that is killed every second is not its code.
    repo.cargo("build").args(["--workspace", "--bin", "hookseal", "--tests", "--locked"]).run()?;
    repo.cargo("test")
        .args(["--locked", "--workspace", "--test", "fleet", "kills", "--"])
        .args(["--nocapture", "--test-threads", "1"])
        .env("HOOKSEAL_BIN", repo.command("debug"))
        .env("HOOKSEAL_FLEET_SERVICES", SERVICES)
        .env("HOOKSEAL_FLEET_TURNS", TURNS)
        .env("HOOKSEAL_FLEET_AWAY", AWAY)
        .run()
}
