//! The core's benches, run by criterion.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::table::{Goal, Row, Table};
use crate::repo::Repo;

#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
}

pub(super) fn measure(repo: &Repo, table: &mut Table) -> Result<()> {
    repo.cargo("bench").args(["--locked", "--package", "hookseal-benches", "--bench", "verify"]).run()?;
    let median = |group: &str, function: &str, size: u32| {
        let folder = repo.target().join("criterion").join(group).join(function).join(size.to_string());
        median_of(&folder.join("new/estimates.json"))
    };
    for (size, goal) in [(200, Goal::None), (1_495, Goal::AtMost(1.05)), (1 << 20, Goal::None)] {
        let ours = median("verify", "hookseal", size)?;
        for (peer, function, goal) in [
            ("ring HMAC-SHA256 of the signing input", "ring-hmac-signing-input", goal),
            ("ring HMAC-SHA256 of the body alone", "ring-hmac-body", Goal::None),
        ] {
            let theirs = median("verify", function, size)?;
            table.add(Row {
                what: format!("verify {size} octets"),
                ours,
                peer: peer.to_owned(),
                theirs,
                unit: "ns",
                goal,
            });
        }
    }
    Ok(())
}

pub(super) fn median_of(path: &Path) -> Result<f64> {
    let text = fs::read_to_string(path).with_context(|| format!("criterion left no {}", path.display()))?;
    let estimates: Estimates =
        serde_json::from_str(&text).with_context(|| format!("{} is not as expected", path.display()))?;
    Ok(estimates.median.point_estimate)
}
