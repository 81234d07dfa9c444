//! The npm package in Node.js beside what people write by hand, and beside jose.

use anyhow::{Context, Result};
use serde::Deserialize;

use super::table::{Goal, Row, Table};
use crate::provision::Provision;
use crate::repo::Repo;
use crate::wasm::{self, TESTS};

/// What the script prints for each size: processor time for one verification.
#[derive(Deserialize)]
struct Figures {
    size: u32,
    hookseal: f64,
    recipe: f64,
    jose: f64,
}

pub(super) fn measure(repo: &Repo, provision: &Provision<'_>, table: &mut Table) -> Result<()> {
    wasm::build_for_tests(repo, provision)?;
    let node = provision.node()?;
    let script = repo.root().join(TESTS).join("bench/node.js");
    let printed = node.cmd(node.executable()).arg(script).read()?;
    for line in printed.lines() {
        let figures: Figures = serde_json::from_str(line).with_context(|| format!("the bench printed {line:?}"))?;
        let mut add = |peer: &str, theirs, goal| {
            let what = format!("Node.js: verify {} octets", figures.size);
            table.add(Row { what, ours: figures.hookseal, peer: peer.to_owned(), theirs, unit: "ns", goal });
        };
        let goal = match figures.size {
            200 => Goal::AtMost(0.5),
            1_495 => Goal::AtMost(1.0),
            _ => Goal::AtMost(1.1),
        };
        add("createHmac and timingSafeEqual by hand", figures.recipe, goal);
        // Twenty times faster, at the size of a delivery.
        let goal = if figures.size == 1_495 { Goal::AtMost(0.05) } else { Goal::None };
        add("jose's flattenedVerify with a CryptoKey", figures.jose, goal);
    }
    Ok(())
}
