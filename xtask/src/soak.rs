//! `cargo xtask soak`: what shows only after a long while, such as memory that grows. Not part of the tests.
//!
//! A run is a variant of [`Run`] and a file below `soak/`.

mod fleet;
mod kill;
mod notifier;
mod npm;

use std::process::ExitCode;

use anyhow::Result;
use clap::ValueEnum;

use crate::provision::Provision;
use crate::repo::Repo;

/// Run for a long while what must not change by that.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only these; all of them unless named
    runs: Vec<Run>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Run {
    /// The fleet: 20,000 transitions of 50 hosts while workers, a server and an agent are killed; its servers away for a minute
    Fleet,
    /// The receiver's inbox on disk: killed 20 times under load, and nothing that was answered 2xx is lost
    Kill,
    /// The notifier: killed 100 times at any moment, and every transition reaches everybody in order
    Notifier,
    /// The npm package: no memory grows over ten million verifications
    Npm,
}

pub(crate) fn run(repo: &Repo, args: &Args) -> Result<ExitCode> {
    let provision = Provision::new(repo);
    let runs = Run::value_variants().iter().filter(|run| args.runs.is_empty() || args.runs.contains(run));
    let mut failed = 0;
    for run in runs {
        let result = match run {
            Run::Fleet => fleet::soak(repo, &provision),
            Run::Kill => kill::soak(repo),
            Run::Notifier => notifier::soak(repo),
            Run::Npm => npm::soak(repo, &provision),
        };
        if let Err(error) = result {
            eprintln!("error: {error:#}");
            failed += 1;
        }
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
