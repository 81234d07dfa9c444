//! `hookseal integration:activities`

use std::process::ExitCode;

use clap::ValueEnum;
use hookseal_notifier::{Activity, ActivityFilter, ActivityResult, ActivityState, FleetActivity};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::notify::{Registry, RegistryArgs, cannot_use};
use crate::output;
use crate::table::{Listing, TableArgs};

/// List deliveries, the newest first: of an integration, or of all
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal integration:activities
  hookseal integration:activities abcdefghijklm --limit 100 --result failure
  hookseal integration:activities --state pending --json

Of a fleet (--fleet) these are the deliveries that a worker has tried; `hookseal notify status --fleet` counts what waits.")]
pub(super) struct Args {
    /// The integration's id, or the beginning of it
    id: Option<String>,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    limit: usize,
    /// Only those that are so far
    #[arg(long, value_enum, value_name = "STATE")]
    state: Option<StateArg>,
    /// Only those with this result
    #[arg(long, value_enum, value_name = "RESULT")]
    result: Option<ResultArg>,
    #[command(flatten)]
    place: RegistryArgs,
    #[command(flatten)]
    table: TableArgs,
}

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum StateArg {
    Pending,
    Scheduled,
    InProgress,
    Complete,
}

#[derive(Clone, Copy, ValueEnum)]
enum ResultArg {
    Success,
    Failure,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let registry = args.place.open(&args.place.config()?)?;
    let integration = args.id.as_deref().map(|id| registry.integration_id(id)).transpose()?;
    let filter = ActivityFilter {
        integration: integration.clone(),
        state: args.state.map(StateArg::state),
        result: args.result.map(ResultArg::result),
        before: None,
        limit: args.limit,
    };
    let rows: Vec<[Value; 6]> = match &registry {
        Registry::Store(store) => {
            let activities = store.activities(&filter).map_err(|error| cannot_use(&error))?;
            if args.table.is_json() {
                output::json(&activities)?;
                return Ok(ExitCode::SUCCESS);
            }
            let row = |Activity { id, created_at, description, kind, state, result, .. }| {
                row(id, created_at, description, kind, state, result)
            };
            activities.into_iter().map(row).collect()
        }
        Registry::Fleet(reached) => {
            let activities = reached.ask(async |fleet| fleet.activities(&filter).await)?;
            if args.table.is_json() {
                output::json(&activities)?;
                return Ok(ExitCode::SUCCESS);
            }
            let row = |FleetActivity { id, created_at, description, kind, state, result, .. }| {
                row(id, created_at, description, kind, state, result)
            };
            activities.into_iter().map(row).collect()
        }
    };
    if rows.is_empty() {
        output::message("No activities found");
        return Ok(ExitCode::SUCCESS);
    }
    let mut listing = Listing::new(&[
        ("id", "ID"),
        ("created", "Created"),
        ("description", "Description"),
        ("type", "Type"),
        ("state", "State"),
        ("result", "Result"),
    ]);
    rows.into_iter().for_each(|row| listing.push(row));
    args.table.print(listing)?;
    Ok(ExitCode::SUCCESS)
}

fn row(
    id: String,
    created_at: Timestamp,
    description: String,
    kind: String,
    state: ActivityState,
    result: Option<ActivityResult>,
) -> [Value; 6] {
    [
        json!(id),
        json!(output::time(created_at)),
        json!(description),
        json!(kind),
        json!(state.as_str()),
        json!(result.map(ActivityResult::as_str)),
    ]
}

impl StateArg {
    fn state(self) -> ActivityState {
        match self {
            StateArg::Pending => ActivityState::Pending,
            StateArg::Scheduled => ActivityState::Scheduled,
            StateArg::InProgress => ActivityState::InProgress,
            StateArg::Complete => ActivityState::Complete,
        }
    }
}

impl ResultArg {
    fn result(self) -> ActivityResult {
        match self {
            ResultArg::Success => ActivityResult::Success,
            ResultArg::Failure => ActivityResult::Failure,
        }
    }
}
