//! `hookseal integration:activities`

use std::process::ExitCode;

use clap::ValueEnum;
use hookseal_notifier::{ActivityFilter, ActivityResult, ActivityState};
use serde_json::json;

use super::chosen;
use crate::failure::Failure;
use crate::notify::{PlaceArgs, cannot_use, open_store};
use crate::output;
use crate::table::{Listing, TableArgs};

/// List deliveries, the newest first: of an integration, or of all
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal integration:activities
  hookseal integration:activities abcdefghijklm --limit 100 --result failure
  hookseal integration:activities --state pending --json")]
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
    place: PlaceArgs,
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
    let store = open_store(&args.place.config()?)?;
    let integration = args.id.as_deref().map(|id| chosen::id(&store, id)).transpose()?;
    let filter = ActivityFilter {
        integration: integration.clone(),
        state: args.state.map(StateArg::state),
        result: args.result.map(ResultArg::result),
        before: None,
        limit: args.limit,
    };
    let activities = store.activities(&filter).map_err(|error| cannot_use(&error))?;
    if args.table.is_json() {
        output::json(&activities)?;
        return Ok(ExitCode::SUCCESS);
    }
    if activities.is_empty() {
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
    for activity in activities {
        listing.push([
            json!(activity.id),
            json!(output::time(activity.created_at)),
            json!(activity.description),
            json!(activity.kind),
            json!(activity.state.as_str()),
            json!(activity.result.map(ActivityResult::as_str)),
        ]);
    }
    args.table.print(listing)?;
    Ok(ExitCode::SUCCESS)
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
