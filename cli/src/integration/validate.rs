//! `hookseal integration:validate`

use std::process::ExitCode;

use hookseal_notifier::{ChannelOptions, Channels, Integration};
use serde_json::json;

use super::{INVALID, chosen};
use crate::failure::Failure;
use crate::notify::RegistryArgs;
use crate::{output, style};

/// Try an integration for real: all of them unless one is named
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal integration:validate
  hookseal integration:validate abcdefghijklm

Webhooks, Slack and e-mail get a message that says that it is a test; PagerDuty an event that no alert comes of.
Exit status: 0 valid, 4 not valid, 1 failed.")]
pub(super) struct Args {
    /// Its id, or the beginning of it
    id: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: RegistryArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let config = args.place.config()?;
    let registry = args.place.open(&config)?;
    let integrations = match &args.id {
        Some(id) => vec![chosen::integration(&registry, Some(id))?],
        None => registry.integrations()?,
    };
    if integrations.is_empty() {
        return Err(Failure::refused("No integrations found").with_hint("`hookseal integration:add` adds one."));
    }
    let channels = Channels::new(ChannelOptions::from(&config))
        .map_err(|error| Failure::io(format!("cannot start: {error}"), 1))?;
    let runtime = crate::runtime()?;
    let mut all_valid = true;
    let mut judged = Vec::new();
    for integration in &integrations {
        if !args.json {
            output::message(&format!("Validating the integration {}...", named(integration)));
        }
        let outcome = runtime.block_on(channels.validate(integration));
        all_valid &= outcome.is_ok();
        let reason = outcome.err().map(|invalid| output::shortened(&invalid.to_string(), 1000));
        if args.json {
            judged.push(json!({
                "id": integration.id,
                "type": integration.integration_type().as_str(),
                "valid": reason.is_none(),
                "error": reason,
            }));
            continue;
        }
        match reason {
            None => output::message(&format!("{}The integration is valid.{}", style::VALID, style::RESET)),
            Some(reason) => {
                output::message(&format!("{}The integration is invalid.{}", style::INVALID, style::RESET));
                output::line(&reason)?;
            }
        }
    }
    if args.json {
        output::json(&judged)?;
    }
    Ok(if all_valid { ExitCode::SUCCESS } else { INVALID.into() })
}

fn named(integration: &Integration) -> String {
    format!("{} (type: {})", integration.id, integration.integration_type())
}
