//! `cargo xtask test`: installs what the tests need and runs every stage, or those that were named.

mod browser;
mod msrv;
mod no_std;
mod npm;
mod package;
mod python;
mod report;
mod stage;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::ValueEnum;

use crate::provision::Provision;
use crate::repo::Repo;
use report::{Heading, Report};
use stage::{Context, Stage};

/// Install what the tests need, then run all of them.
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  \
    cargo xtask test\n  \
    cargo xtask test fmt clippy\n  \
    cargo xtask test tests -- --test interop")]
pub(crate) struct Args {
    /// The stages to run; all of them unless some are named.
    #[arg(value_name = "STAGE")]
    stages: Vec<Stage>,
    /// Stop at the first stage that fails.
    #[arg(long)]
    fail_fast: bool,
    /// Print the stages and what each does.
    #[arg(long)]
    list: bool,
    /// Arguments for `cargo test`, in the stage `tests`.
    #[arg(last = true, value_name = "CARGO TEST ARGUMENTS")]
    cargo_test: Vec<String>,
}

pub(crate) fn run(repo: &Repo, args: &Args) -> Result<ExitCode> {
    if args.list {
        list();
        return Ok(ExitCode::SUCCESS);
    }
    let stages = selected(&args.stages, !args.cargo_test.is_empty());
    let provision = Provision::new(repo);
    let context = Context { repo, provision: &provision, cargo_test: &args.cargo_test, fail_fast: args.fail_fast };
    let mut report = Report::default();

    if stages.iter().any(|stage| stage.needs_python() || stage.needs_no_std()) {
        timed(&mut report, "setup", || set_up(&provision, &stages));
    }
    for stage in stages {
        if args.fail_fast && report.failed() > 0 {
            break;
        }
        timed(&mut report, stage.name(), || stage.run(&context));
    }

    print!("{report}");
    Ok(if report.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn list() {
    for stage in Stage::value_variants() {
        println!("{:10} {}", stage.name(), stage.help());
    }
}

/// The stages in the order of `Stage`, which puts those that fail early first, however they were named.
fn selected(named: &[Stage], has_cargo_test_arguments: bool) -> Vec<Stage> {
    if named.is_empty() && has_cargo_test_arguments {
        return vec![Stage::Tests];
    }
    let all = Stage::value_variants().iter().copied();
    all.filter(|stage| named.is_empty() || named.contains(stage)).collect()
}

/// Before the stages, so that a machine that lacks something says so at once. The stages ask again for what they need.
fn set_up(provision: &Provision<'_>, stages: &[Stage]) -> Result<()> {
    let python = stages.iter().any(|stage| stage.needs_python()).then(|| provision.python());
    let no_std = stages.iter().any(|stage| stage.needs_no_std()).then(|| provision.no_std());
    if let Some(python) = python.transpose()? {
        println!("Python with the tests' packages: {}", python.display());
    }
    if let Some(no_std) = no_std.transpose()? {
        println!("Targets without an operating system: {no_std}");
    }
    Ok(())
}

fn timed(report: &mut Report, name: &'static str, run: impl FnOnce() -> Result<()>) {
    print!("{}", Heading(name));
    let start = Instant::now();
    let result = run();
    if let Err(error) = &result {
        eprintln!("error: {error:#}");
    }
    report.add(name, start.elapsed(), result);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_stages_run_unless_some_are_named() {
        assert_eq!(selected(&[], false), Stage::value_variants());
    }

    #[test]
    fn named_stages_run_once_and_in_order() {
        let named = [Stage::Tests, Stage::Fmt, Stage::Tests];
        assert_eq!(selected(&named, false), [Stage::Fmt, Stage::Tests]);
    }

    #[test]
    fn arguments_for_cargo_test_mean_that_stage() {
        assert_eq!(selected(&[], true), [Stage::Tests]);
        assert_eq!(selected(&[Stage::Fmt, Stage::Tests], true), [Stage::Fmt, Stage::Tests]);
    }
}
