//! `hookseal integration:delete`

use std::process::ExitCode;

use super::chosen;
use crate::failure::Failure;
use crate::notify::RegistryArgs;
use crate::output;

/// Delete an integration, and what waits to be delivered to it
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal integration:delete abcdefghijklm
  hookseal integration:delete abc --yes")]
pub(super) struct Args {
    /// Its id, or the beginning of it
    id: Option<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    place: RegistryArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let registry = args.place.open(&args.place.config()?)?;
    let id = match &args.id {
        Some(id) => registry.integration_id(id)?,
        None => chosen::integration(&registry, None)?.id,
    };
    let of_type =
        registry.integration(id.as_str()).map(|integration| format!(" (type: {})", integration.integration_type()));
    let of_type = of_type.unwrap_or_default(); // one that cannot be opened can still be deleted
    if !args.yes {
        if !chosen::is_anybody_there() {
            return Err(Failure::refused(format!("Nobody can be asked whether to delete the integration {id}."))
                .with_hint("Give --yes."));
        }
        let answer =
            chosen::question(&format!("Are you sure you want to delete the integration {id}{of_type}? [Y/n] "))?;
        if !matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes") {
            return Ok(ExitCode::FAILURE);
        }
    }
    registry.delete_integration(&id)?;
    output::message(&format!("Deleted integration {id}{of_type}"));
    Ok(ExitCode::SUCCESS)
}
