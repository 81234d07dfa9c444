//! `hookseal notify redeliver`

use std::process::ExitCode;

use hookseal_notifier::{IntegrationId, Redeliver, Store};
use jiff::Timestamp;
use serde_json::json;

use super::{PlaceArgs, cannot_use, open_store};
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

A delivery keeps its event's id, so that receivers can tell. The daemon sends what is marked, at once when it runs.")]
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
    place: PlaceArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let store = open_store(&args.place.config()?)?;
    let mut count = 0;
    for which in wanted(args, &store)? {
        count += store.redeliver(&which).map_err(|error| cannot_use(&error))?;
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

fn wanted(args: &Args, store: &Store) -> Result<Vec<Redeliver>, Failure> {
    let integration: Option<IntegrationId> = match &args.integration {
        Some(id) => Some(store.integration_id(id).map_err(|error| cannot_use(&error))?),
        None => None,
    };
    Ok(match args.since {
        Some(since) => vec![Redeliver::Since(since, integration)],
        None if args.dead => vec![Redeliver::Dead(integration)],
        None => args.ids.iter().cloned().map(Redeliver::One).collect(),
    })
}
