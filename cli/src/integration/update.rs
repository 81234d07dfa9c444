//! `hookseal integration:update`

use std::process::ExitCode;

use hookseal_notifier::NetworkGuard;

use super::chosen;
use super::form::{self, FormArgs};
use super::properties::{PropertiesArgs, properties};
use crate::failure::Failure;
use crate::notify::RegistryArgs;
use crate::output;

/// Change an integration's settings; its type stays
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal integration:update abcdefghijklm --url https://example.com/other
  hookseal integration:update abc --shared-key-file new.txt --key-format utf8")]
pub(super) struct Args {
    /// Its id, or the beginning of it
    id: Option<String>,
    #[command(flatten)]
    form: FormArgs,
    #[command(flatten)]
    place: RegistryArgs,
    #[command(flatten)]
    properties: PropertiesArgs,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let config = args.place.config()?;
    let registry = args.place.open(&config)?;
    let integration = chosen::integration(&registry, args.id.as_deref())?;
    let form = args.form.read()?;
    if let Some(option) = form.misplaced(integration.integration_type()) {
        return Err(form::misplaced(option, integration.integration_type()));
    }
    let settings = match form.update(&integration.settings, &NetworkGuard::new(config.allow_network.clone())) {
        Ok(settings) if settings == integration.settings => {
            return Err(Failure::refused("No changed values were provided to update."));
        }
        Ok(settings) => settings,
        Err(errors) => return form::invalid(&errors, args.properties.is_json()),
    };
    let integration = registry.update_integration(&integration.id, settings)?;
    output::message(&format!("Updated integration {} (type: {})", integration.id, integration.integration_type()));
    args.properties.print(&properties(&integration, None))?;
    Ok(ExitCode::SUCCESS)
}
