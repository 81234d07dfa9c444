//! `hookseal integration:add`

use std::process::ExitCode;

use hookseal_notifier::{IntegrationType, NetworkGuard};

use super::INVALID;
use super::form::{self, FormArgs};
use super::properties::{PropertiesArgs, properties};
use crate::failure::Failure;
use crate::notify::{PlaceArgs, cannot_use, open_store};
use crate::output;

/// Add an integration
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal integration:add --type health.webhook --url=https://example.com/health --shared-key-file key.txt
  hookseal integration:add --type health.slack --token-file token.txt --channel '#ops'
  hookseal integration:add --type health.pagerduty --routing-key-file key.txt
  hookseal integration:add --type health.email --from-address alerts@example.com --recipients ops@example.com

The form, the key and the address are checked without the network; `hookseal integration:validate` tries it.")]
pub(super) struct Args {
    /// health.webhook, health.slack, health.pagerduty or health.email
    #[arg(short = 't', long = "type", value_name = "TYPE")]
    integration_type: Option<String>,
    #[command(flatten)]
    form: FormArgs,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    properties: PropertiesArgs,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let kinds = "health.email, health.pagerduty, health.slack or health.webhook";
    let integration_type = match args.integration_type.as_deref().map(str::parse::<IntegrationType>) {
        Some(Ok(kind)) => kind,
        Some(Err(unknown)) => {
            output::line(&format!("type: {unknown}"))?;
            return Ok(INVALID.into());
        }
        None => {
            output::line(&format!("type: is required: give --type {kinds}"))?;
            return Ok(INVALID.into());
        }
    };
    let form = args.form.read()?;
    if let Some(option) = form.misplaced(integration_type) {
        return Err(form::misplaced(option, integration_type));
    }
    let config = args.place.config()?;
    let settings = match form.create(integration_type, &NetworkGuard::new(config.allow_network.clone())) {
        Ok(settings) => settings,
        Err(errors) => return form::invalid(&errors, args.properties.is_json()),
    };
    let store = open_store(&config)?;
    let integration = store.add_integration(settings).map_err(|error| cannot_use(&error))?;
    output::message(&format!("Created integration {} (type: {integration_type})", integration.id));
    args.properties.print(&properties(&integration, None))?;
    Ok(ExitCode::SUCCESS)
}
