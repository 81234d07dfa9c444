//! `hookseal integration:list`

use std::process::ExitCode;

use hookseal_notifier::IntegrationType;
use serde_json::json;

use crate::failure::Failure;
use crate::notify::RegistryArgs;
use crate::table::{Listing, TableArgs};

/// List the integrations
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal integrations
  hookseal integration:list -t health.webhook --format csv --columns id --no-header")]
pub(super) struct Args {
    /// Only those of this type
    #[arg(short = 't', long = "type", value_name = "TYPE", value_parser = kind)]
    integration_type: Option<IntegrationType>,
    #[command(flatten)]
    place: RegistryArgs,
    #[command(flatten)]
    table: TableArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let all = args.place.open(&args.place.config()?)?.integrations()?;
    let mut listing = Listing::new(&[("id", "ID"), ("type", "Type"), ("summary", "Summary")]);
    for integration in all {
        let kind = integration.integration_type();
        if args.integration_type.is_none_or(|wanted| wanted == kind) {
            listing.push([json!(integration.id), json!(kind.as_str()), json!(integration.settings.summary())]);
        }
    }
    if listing.is_empty() && !args.table.is_json() {
        return Err(Failure::refused("No integrations found").with_hint("`hookseal integration:add` adds one."));
    }
    args.table.print(listing)?;
    Ok(ExitCode::SUCCESS)
}

fn kind(text: &str) -> Result<IntegrationType, String> {
    text.parse().map_err(|unknown: hookseal_notifier::UnknownIntegrationType| unknown.to_string())
}
