//! Every chore of the repository, run as `cargo xtask <chore>`.
//!
//! This file parses the command line. Each chore has a file of its own: `Args` says what it takes, `run` does it.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command for people: what it prints is what it is for")]

mod bench;
mod fuzz;
mod metadata;
mod package;
mod provision;
mod repo;
mod setup;
mod shell;
mod soak;
mod test;
mod vectors;
mod version;
mod wasm;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use repo::Repo;

/// The chores of the repository.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
#[command(arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    Test(test::Args),
    Bench(bench::Args),
    Fuzz(fuzz::Args),
    Package(package::Args),
    Soak(soak::Args),
    Vectors(vectors::Args),
    Wasm(wasm::Args),
    Setup(setup::Args),
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    let repo = Repo::discover()?;
    match cli.chore {
        Chore::Test(args) => test::run(&repo, &args),
        Chore::Bench(args) => bench::run(&repo, &args),
        Chore::Fuzz(args) => fuzz::run(&repo, &args).map(|()| ExitCode::SUCCESS),
        Chore::Package(args) => package::run(&repo, &args).map(|()| ExitCode::SUCCESS),
        Chore::Soak(args) => soak::run(&repo, &args),
        Chore::Vectors(args) => vectors::run(&repo, &args).map(|()| ExitCode::SUCCESS),
        Chore::Wasm(args) => wasm::run(&repo, &args).map(|()| ExitCode::SUCCESS),
        Chore::Setup(args) => setup::run(&repo, &args).map(|()| ExitCode::SUCCESS),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Cli::command().debug_assert();
    }
}
