//! `hookseal notify`: the notifier.

mod check;
mod discover;
mod fleet_status;
mod listening;
mod log;
mod place;
mod redeliver;
mod registry;
mod run;
mod silence;
mod status;
mod worker;

use std::process::ExitCode;

use clap::Subcommand;

use crate::failure::Failure;

pub(crate) use place::{PlaceArgs, cannot_use, open_store};
pub(crate) use registry::{Registry, RegistryArgs};
pub(crate) use run::cannot_start;

/// Watch disks and inodes, and tell integrations when they run low
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal notify check --discover > hookseal.toml    Propose what to watch
  hookseal notify check --once                        See what it sees, and what it would send
  hookseal integration:add --type health.webhook --url=https://example.com/health --shared-key-file key.txt
  hookseal notify run                                 Watch, and tell
  hookseal notify status                              How things are

A flag counts before the environment, and that before the configuration (./hookseal.toml unless told).")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Args),
    Worker(worker::Args),
    Check(check::Args),
    Status(status::Args),
    Silence(silence::Args),
    Redeliver(redeliver::Args),
}

pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.command {
        Command::Run(args) => run::run(&args),
        Command::Worker(args) => worker::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Silence(args) => silence::run(args),
        Command::Redeliver(args) => redeliver::run(&args),
    }
}
