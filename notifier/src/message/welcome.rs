//! The first message of an integration, which says that it works.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{IntegrationId, IntegrationType};

/// An integration was made: what Slack is told first, as the vendor's does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The event's id.
    pub id: Uuid,
    /// When it came to be.
    pub created_at: Timestamp,
    #[serde(rename = "type")]
    kind: Created,
    /// The project that the notifier watches.
    pub project: String,
    /// Its environments.
    pub environments: Vec<String>,
    /// Which integration.
    pub payload: WelcomePayload,
    /// The welcome in one English sentence. For people: its wording may change.
    pub text: String,
}

/// What a [`Welcome`] says, for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WelcomePayload {
    /// Which integration.
    pub integration: IntegrationId,
    /// What it delivers to.
    pub integration_type: IntegrationType,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Created {
    #[serde(rename = "integration.created")]
    Created,
}

impl Welcome {
    /// Words a welcome.
    #[must_use]
    pub fn new(
        id: Uuid,
        created_at: Timestamp,
        project: String,
        environments: Vec<String>,
        integration: IntegrationId,
        integration_type: IntegrationType,
    ) -> Self {
        let text = format!("Health notifications of project {project} will be posted here.");
        let payload = WelcomePayload { integration, integration_type };
        Welcome { id, created_at, kind: Created::Created, project, environments, payload, text }
    }
}
