//! `hookseal notify redeliver`

use std::process::ExitCode;

use hookseal_notifier::{IntegrationId, Redeliver, Revive};
use jiff::Timestamp;
use serde_json::json;

use super::{Registry, RegistryArgs, cannot_use};
use crate::failure::Failure;
use crate::output;

/// Deliver again: one delivery, those that were given up, or all since a time
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal notify redeliver abcdefghijklm            these deliveries
  hookseal notify redeliver --dead                   all that were given up
  hookseal notify redeliver --dead --integration abc all that were given up, of one integration
  hookseal notify redeliver --since 2026-11-25T00:00:00Z

A delivery keeps its event's id, so that receivers can tell. The daemon sends what is marked, at once when it runs.

Of a fleet (--fleet) these are its dead letters: by their numbers, which `hookseal notify status --fleet` lists, or all.")]
pub(crate) struct Args {
    /// Activities' ids, or the beginnings of them: `hookseal integration:activities` lists them
    #[arg(value_name = "ACTIVITY", required_unless_present_any = ["dead", "since"])]
    ids: Vec<String>,
    /// All that were given up
    #[arg(long, conflicts_with_all = ["ids", "since"])]
    dead: bool,
    /// All that were delivered or given up and came to be since then
    #[arg(long, value_name = "TIMESTAMP", conflicts_with = "ids")]
    since: Option<Timestamp>,
    /// Only those of this integration
    #[arg(long, value_name = "ID", conflicts_with = "ids")]
    integration: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: RegistryArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let registry = args.place.open(&args.place.config()?)?;
    let integration = args.integration.as_deref().map(|id| registry.integration_id(id)).transpose()?;
    let mut count = 0;
    match &registry {
        Registry::Store(store) => {
            for which in wanted(args, integration) {
                count += store.redeliver(&which).map_err(|error| cannot_use(&error))?;
            }
        }
        Registry::Fleet(reached) => {
            for which in letters(args, integration)? {
                count += reached.ask(async |fleet| fleet.revive(&which).await)?;
            }
        }
    }
    if args.json {
        output::json(&json!({ "redelivered": count }))?;
    } else {
        let what = if count == 1 {
            "1 delivery is".to_owned()
        } else {
            format!("{} deliveries are", output::grouped(count as u64))
        };
        output::message(&format!("{what} made again."));
    }
    Ok(ExitCode::SUCCESS)
}

fn wanted(args: &Args, integration: Option<IntegrationId>) -> Vec<Redeliver> {
    match args.since {
        Some(since) => vec![Redeliver::Since(since, integration)],
        None if args.dead => vec![Redeliver::Dead(integration)],
        None => args.ids.iter().cloned().map(Redeliver::One).collect(),
    }
}

/// A fleet keeps nothing of what has arrived but that it has.
fn letters(args: &Args, integration: Option<IntegrationId>) -> Result<Vec<Revive>, Failure> {
    if args.since.is_some() {
        return Err(Failure::usage(
            "a fleet keeps what it has delivered nowhere as a whole, so that --since cannot deliver it again",
        )
        .with_hint(
            "On the host that told it, in its store: `hookseal notify redeliver --since TIMESTAMP` without --fleet and \
             HOOKSEAL_FLEET hands over again what came to be there. What was given up: --dead.",
        ));
    }
    if args.dead {
        return Ok(vec![Revive::All(integration)]);
    }
    let number = |id: &String| {
        id.parse().map(Revive::One).map_err(|_| {
            Failure::usage(&format!("{id:?} is no dead letter's number"))
                .with_hint("`hookseal notify status --fleet` lists them.")
        })
    };
    args.ids.iter().map(number).collect()
}
