//! What an integration delivers to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What an integration delivers to. It never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum IntegrationType {
    /// People's mailboxes, over SMTP.
    #[serde(rename = "health.email")]
    Email,
    /// A PagerDuty service, over the Events API v2.
    #[serde(rename = "health.pagerduty")]
    PagerDuty,
    /// A Slack channel, over `chat.postMessage`.
    #[serde(rename = "health.slack")]
    Slack,
    /// A URL that the JSON is posted to.
    #[serde(rename = "health.webhook")]
    Webhook,
}

impl IntegrationType {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 4] = [Self::Email, Self::PagerDuty, Self::Slack, Self::Webhook];

    /// The name in every interface, such as `health.webhook`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "health.email",
            Self::PagerDuty => "health.pagerduty",
            Self::Slack => "health.slack",
            Self::Webhook => "health.webhook",
        }
    }
}

impl fmt::Display for IntegrationType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for IntegrationType {
    type Err = UnknownIntegrationType;

    fn from_str(name: &str) -> Result<Self, UnknownIntegrationType> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == name);
        found.ok_or_else(|| UnknownIntegrationType { name: name.to_owned() })
    }
}

/// There is no integration type of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{name:?} is not an integration type; there are health.email, health.pagerduty, health.slack and health.webhook"
)]
pub struct UnknownIntegrationType {
    name: String,
}
