//! An integration as a list of properties.

use hookseal_notifier::{EndpointHealth, Integration};
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::table::TableArgs;

/// How an integration is printed.
#[derive(clap::Args)]
pub(super) struct PropertiesArgs {
    /// Print this property alone
    #[arg(short = 'P', long, value_name = "PROPERTY", help_heading = "Output")]
    property: Option<String>,
    #[command(flatten)]
    pub(super) table: TableArgs,
}

/// What may be shown of an integration.
pub(super) fn properties(integration: &Integration, health: Option<&EndpointHealth>) -> Map<String, Value> {
    let mut properties = Map::new();
    properties.insert("id".to_owned(), json!(integration.id));
    properties.insert("created_at".to_owned(), json!(integration.created_at));
    properties.insert("updated_at".to_owned(), json!(integration.updated_at));
    properties.insert("type".to_owned(), json!(integration.integration_type().as_str()));
    properties.extend(integration.settings.public());
    let Some(health) = health else { return properties };
    for (name, at) in [
        ("succeeded_at", health.succeeded_at),
        ("failing_since", health.failing_since),
        ("paused_at", health.paused_at),
    ] {
        if let Some(at) = at {
            properties.insert(name.to_owned(), json!(at));
        }
    }
    if let Some(error) = health.last_error.as_ref().filter(|_| health.failing_since.is_some()) {
        properties.insert("last_error".to_owned(), json!(error));
    }
    properties
}

impl PropertiesArgs {
    pub(super) fn is_json(&self) -> bool {
        self.table.is_json()
    }

    pub(super) fn print(&self, properties: &Map<String, Value>) -> Result<(), Failure> {
        let Some(name) = &self.property else { return self.table.print_properties(properties) };
        match properties.get(name) {
            Some(value) if self.is_json() => crate::output::json(value),
            Some(Value::String(text)) => crate::output::line(&crate::output::shortened(text, usize::MAX)),
            Some(other) => crate::output::line(&other.to_string()),
            None => {
                let known: Vec<&str> = properties.keys().map(String::as_str).collect();
                Err(Failure::refused(format!("The property {name} was not found."))
                    .with_hint(format!("Properties here are {}.", known.join(", "))))
            }
        }
    }
}
