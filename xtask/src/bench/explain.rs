//! How long an explanation takes that finds nothing, run by criterion on bodies of every kind.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::table::{Goal, Row, Table};
use super::verify::median_of;
use crate::repo::Repo;

/// For bodies of so many octets, so many microseconds.
const GOALS: [(u32, f64); 2] = [(1_495, 1_000.0), (1 << 20, 150_000.0)];

pub(super) fn measure(repo: &Repo, table: &mut Table) -> Result<()> {
    repo.cargo("bench").args(["--locked", "--package", "hookseal-benches", "--bench", "explain"]).run()?;
    let group = repo.target().join("criterion/explain");
    for (size, most) in GOALS {
        let mut medians = medians(&group, size)?;
        medians.sort_by(|left, right| left.1.total_cmp(&right.1));
        let middle = medians.get(medians.len() / 2).cloned();
        for (which, median) in [("median", middle), ("worst", medians.last().cloned())] {
            let (body, ours) = median.with_context(|| format!("criterion left nothing in {}", group.display()))?;
            table.add(Row {
                what: format!("explain {size} octets in vain, {which} of {} bodies ({body})", medians.len()),
                ours,
                peer: "what it may take".to_owned(),
                theirs: most,
                unit: "µs",
                goal: Goal::AtMost(1.0),
            });
        }
    }
    Ok(())
}

/// Each body's name and median, in microseconds.
fn medians(group: &Path, size: u32) -> Result<Vec<(String, f64)>> {
    let bodies = fs::read_dir(group).with_context(|| format!("criterion left no {}", group.display()))?;
    let mut medians = Vec::new();
    for body in bodies {
        let body = body?;
        let estimates = body.path().join(size.to_string()).join("new/estimates.json");
        if estimates.exists() {
            medians.push((body.file_name().to_string_lossy().into_owned(), median_of(&estimates)? / 1_000.0));
        }
    }
    Ok(medians)
}
