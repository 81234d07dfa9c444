//! `hookseal integration:add`

use std::process::ExitCode;

use hookseal_notifier::{IntegrationType, NetworkGuard};

use super::INVALID;
use super::form::{self, FormArgs};
use super::properties::{PropertiesArgs, properties};
use crate::failure::Failure;
use crate::notify::RegistryArgs;
use crate::output;

/// Add an integration
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal integration:add --type health.webhook --url=https://example.com/health --shared-key-file key.txt
  hookseal integration:add --type health.slack --token-file token.txt --channel '#ops'
  hookseal integration:add --type health.pagerduty --routing-key-file key.txt
  hookseal integration:add --type health.email --from-address alerts@example.com --recipients ops@example.com
  hookseal integration:add --type health.webhook --url=https://example.com/health --fleet nats://a:4222,b:4222,c:4222

The form, the key and the address are checked without the network; `hookseal integration:validate` tries it.")]
pub(super) struct Args {
    /// health.webhook, health.slack, health.pagerduty or health.email
    #[arg(short = 't', long = "type", value_name = "TYPE")]
    integration_type: Option<String>,
    #[command(flatten)]
    form: FormArgs,
    /// Of a fleet's: spread its deliveries over so many subjects, each of which keeps its order; 1 unless it has a lot to take
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=256))]
    partitions: Option<u32>,
    #[command(flatten)]
    place: RegistryArgs,
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
    let registry = args.place.open(&config)?;
    let integration = registry.add_integration(settings, args.partitions, &config)?;
    output::message(&format!("Created integration {} (type: {integration_type})", integration.id));
    args.properties.print(&properties(&integration, None))?;
    Ok(ExitCode::SUCCESS)
}
