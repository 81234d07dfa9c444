//! `cargo xtask bench`: each figure beside a peer's of the same run, and their ratio.

mod explain;
mod fleet;
mod half_load;
mod machine;
mod nats;
mod node;
mod notifier;
mod python;
mod receiver;
mod server;
mod table;
mod verify;

use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;

use crate::provision::Provision;
use crate::repo::Repo;
use table::Table;

/// Measure beside peers, in one run; compare ratios, not times.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only these; all of them unless named
    bench: Vec<Bench>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Bench {
    /// The core beside ring's bare HMAC-SHA256
    Verify,
    /// Explanations that find nothing, beside what they may take
    Explain,
    /// The Python package beside the standard library, joserfc, PyJWT and jwcrypto
    Python,
    /// The npm package in Node.js beside `createHmac` by hand, and jose
    Node,
    /// The receiver beside bare hyper and Debian's `webhook`
    Receiver,
    /// The notifier beside a loop around hyper's client
    Notifier,
    /// A fleet's workers, 1, 2 and 4 of them, beside one machine's notifier
    Fleet,
}

pub(crate) fn run(repo: &Repo, args: &Args) -> Result<ExitCode> {
    let chosen = |bench| args.bench.is_empty() || args.bench.contains(&bench);
    let provision = Provision::new(repo);
    let mut table = Table::default();
    if chosen(Bench::Verify) {
        verify::measure(repo, &mut table)?;
    }
    if chosen(Bench::Explain) {
        explain::measure(repo, &mut table)?;
    }
    if chosen(Bench::Python) {
        python::measure(repo, &provision, &mut table)?;
    }
    if chosen(Bench::Node) {
        node::measure(repo, &provision, &mut table)?;
    }
    if chosen(Bench::Receiver) {
        receiver::measure(repo, &provision, &mut table)?;
    }
    if chosen(Bench::Notifier) {
        notifier::measure(repo, &mut table)?;
    }
    if chosen(Bench::Fleet) {
        fleet::measure(repo, &provision, &mut table)?;
    }
    println!("\n{table}");
    Ok(if table.all_met() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
