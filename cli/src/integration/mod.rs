//! `hookseal integration`: whom to tell, with the words and exit codes of the platform's own command.

mod activities;
mod activity_log;
mod add;
mod chosen;
mod delete;
mod form;
mod get;
mod list;
mod properties;
mod update;
mod validate;

use std::process::ExitCode;

use clap::Subcommand;

use crate::failure::Failure;

/// Exits with this when a setting, or an integration, is not valid.
const INVALID: u8 = 4;

/// Add, list and try the integrations that health notifications go to
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal integration:add --type health.webhook --url=https://example.com/health --shared-key-file key.txt
  hookseal integration:add --type health.slack --token-file token.txt --channel '#ops'
  hookseal integration:add --type health.pagerduty --routing-key-file key.txt
  hookseal integration:add --type health.email --recipients ops@example.com
  hookseal integrations
  hookseal integration:validate
  hookseal integration:activities

Each command is spelled with a colon or a space: integration:add, integration add. A daemon that runs
(`hookseal notify run`) takes up what changes within seconds.

Exit status: 0 done or valid, 1 failed, 2 a usage error, 4 a setting or an integration is not valid.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Add(Box<add::Args>),
    List(list::Args),
    Get(get::Args),
    Update(Box<update::Args>),
    Delete(delete::Args),
    Validate(validate::Args),
    #[command(visible_alias = "activity:list")]
    Activities(activities::Args),
    #[command(name = "activity:log")]
    ActivityLog(activity_log::Args),
}

pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.command {
        Command::Add(args) => add::run(*args),
        Command::List(args) => list::run(&args),
        Command::Get(args) => get::run(&args),
        Command::Update(args) => update::run(*args),
        Command::Delete(args) => delete::run(&args),
        Command::Validate(args) => validate::run(&args),
        Command::Activities(args) => activities::run(&args),
        Command::ActivityLog(args) => activity_log::run(&args),
    }
}
