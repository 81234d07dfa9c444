//! `hookseal integration:get`

use std::process::ExitCode;

use super::chosen;
use super::properties::{PropertiesArgs, properties};
use crate::failure::Failure;
use crate::notify::RegistryArgs;

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
    place: RegistryArgs,
    #[command(flatten)]
    properties: PropertiesArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let registry = args.place.open(&args.place.config()?)?;
    let integration = chosen::integration(&registry, args.id.as_deref())?;
    let health = registry.endpoint_health(&integration.id)?;
    args.properties.print(&properties(&integration, Some(&health)))?;
    Ok(ExitCode::SUCCESS)
}
