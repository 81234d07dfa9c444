//! `hookseal integration:get`

use std::process::ExitCode;

use super::chosen;
use super::properties::{PropertiesArgs, properties};
use crate::failure::Failure;
use crate::notify::{PlaceArgs, cannot_use, open_store};

/// Show an integration; its secrets are never shown
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal integration:get abcdefghijklm
  hookseal integration:get abc -P url")]
pub(super) struct Args {
    /// Its id, or the beginning of it
    id: Option<String>,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    properties: PropertiesArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let store = open_store(&args.place.config()?)?;
    let integration = chosen::integration(&store, args.id.as_deref())?;
    let health = store.endpoint_health(&integration.id).map_err(|error| cannot_use(&error))?;
    args.properties.print(&properties(&integration, Some(&health)))?;
    Ok(ExitCode::SUCCESS)
}
