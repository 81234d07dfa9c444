//! The first message of an integration, which says that it works, and those that try it later.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{IntegrationId, IntegrationType};

/// A message about nothing but the integration that it comes through: it was made, which Slack is told as the vendor
/// does, or it is tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// The event's id.
    pub id: Uuid,
    /// When it came to be.
    pub created_at: Timestamp,
    /// Which of the two: `type` in JSON.
    #[serde(rename = "type")]
    pub kind: WelcomeKind,
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

/// The `type` of a [`Welcome`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WelcomeKind {
    /// The integration was made.
    #[serde(rename = "integration.created")]
    Created,
    /// The integration is tried: `integration:validate`.
    #[serde(rename = "integration.test")]
    Test,
}

impl WelcomeKind {
    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            WelcomeKind::Created => "integration.created",
            WelcomeKind::Test => "integration.test",
        }
    }
}

impl Welcome {
    /// Words a welcome.
    #[must_use]
    pub fn new(
        kind: WelcomeKind,
        id: Uuid,
        created_at: Timestamp,
        project: String,
        environments: Vec<String>,
        integration: IntegrationId,
        integration_type: IntegrationType,
    ) -> Self {
        let text = match kind {
            WelcomeKind::Created => format!("Health notifications of project {project} will be sent here."),
            WelcomeKind::Test => format!("This is a test: health notifications of project {project} arrive here."),
        };
        let payload = WelcomePayload { integration, integration_type };
        Welcome { id, created_at, kind, project, environments, payload, text }
    }
}
