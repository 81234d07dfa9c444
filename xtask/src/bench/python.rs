//! The Python package beside the standard library and other people's.

use std::collections::HashMap;
use std::fs;

use anyhow::{Context, Result};

use super::table::{Goal, Row, Table};
use crate::package::python::Builder;
use crate::provision::Provision;
use crate::repo::Repo;

const SCRIPT: &str = "benches/python/verify.py";

/// The libraries that the interop tests have, too.
const REQUIREMENTS: &str = "tests/python/requirements.txt";

pub(super) fn measure(repo: &Repo, provision: &Provision<'_>, table: &mut Table) -> Result<()> {
    let builder = Builder::new(repo, provision)?;
    let wheel = builder.wheel()?;
    let python = provision.fresh_python("python-bench", &[&wheel], REQUIREMENTS)?;
    println!("Measuring in turns, for some seconds.");
    let printed = repo.cmd(python).arg(SCRIPT).read()?;
    let figures: HashMap<String, f64> =
        serde_json::from_str(&printed).with_context(|| format!("{SCRIPT} printed {printed:?}"))?;
    let figure = |name: &str| figures.get(name).copied().with_context(|| format!("{SCRIPT} has no figure for {name}"));

    let ours = figure("hookseal")?;
    for (peer, name, goal) in [
        ("the standard library's bare hmac.digest of the body", "hmac.digest", Goal::AtMost(0.55)),
        ("the standard library's hmac, base64 and compare_digest", "standard library", Goal::None),
        ("joserfc", "joserfc", Goal::AtMost(0.1)),
        ("PyJWT", "PyJWT", Goal::None),
        ("jwcrypto", "jwcrypto", Goal::None),
        ("the vendor's recipe (jwcrypto)", "recipe", Goal::AtMost(0.02)),
    ] {
        let what = "verify 1495 octets in Python".to_owned();
        table.add(Row { what, ours, peer: peer.to_owned(), theirs: figure(name)?, unit: "ns", goal });
    }
    let size = fs::metadata(&wheel).context("could not read the wheel")?.len();
    for (what, ours, limit, unit) in
        [("import hookseal", figure("import")? / 1e3, 3_000.0, "µs"), ("wheel", size as f64 / 1e3, 500.0, "kB")]
    {
        let peer = "what it may be at most".to_owned();
        table.add(Row { what: what.to_owned(), ours, peer, theirs: limit, unit, goal: Goal::AtMost(1.0) });
    }
    Ok(())
}
