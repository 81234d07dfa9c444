//! A word about an integration, told through the others.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{IntegrationId, IntegrationType};

/// An integration fails, is paused, or works again. It has the envelope of a
/// [`Notification`](hookseal_health::Notification), with a payload of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The event's id.
    pub id: Uuid,
    /// When it came to be.
    pub created_at: Timestamp,
    /// What is the matter: `type` in JSON.
    #[serde(rename = "type")]
    pub kind: NoticeKind,
    /// The project that the notifier watches.
    pub project: String,
    /// Its environments.
    pub environments: Vec<String>,
    /// Which integration, and since when.
    pub payload: NoticePayload,
    /// The notice in one English sentence. For people: its wording may change.
    pub text: String,
}

/// The `type` of a [`Notice`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoticeKind {
    /// Deliveries have failed for a while, and are tried again.
    #[serde(rename = "integration.failing")]
    Failing,
    /// Deliveries have failed for so long that they are no longer tried.
    #[serde(rename = "integration.paused")]
    Paused,
    /// A delivery has succeeded again.
    #[serde(rename = "integration.recovered")]
    Recovered,
}

/// What a [`Notice`] says, for programs: how an integration fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticePayload {
    /// Which integration.
    pub integration: IntegrationId,
    /// What it delivers to.
    pub integration_type: IntegrationType,
    /// When the first delivery of those failed.
    pub since: Timestamp,
    /// How many attempts have failed in a row.
    pub failures: u64,
    /// Why the last one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl NoticeKind {
    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            NoticeKind::Failing => "integration.failing",
            NoticeKind::Paused => "integration.paused",
            NoticeKind::Recovered => "integration.recovered",
        }
    }
}

impl Notice {
    /// Words a notice.
    #[must_use]
    pub fn new(
        kind: NoticeKind,
        id: Uuid,
        created_at: Timestamp,
        project: String,
        environments: Vec<String>,
        payload: NoticePayload,
    ) -> Self {
        let text = sentence(kind, &payload);
        Notice { id, created_at, kind, project, environments, payload, text }
    }
}

fn sentence(kind: NoticeKind, payload: &NoticePayload) -> String {
    let NoticePayload { integration, integration_type, since, failures, error } = payload;
    let attempts = if *failures == 1 { "1 attempt".to_owned() } else { format!("{failures} attempts") };
    let because = error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
    let what = match kind {
        NoticeKind::Failing => format!("has failed since {since:.0} ({attempts}); it is still tried"),
        NoticeKind::Paused => {
            format!("is paused: it has failed since {since:.0} ({attempts}), and is tried no longer")
        }
        NoticeKind::Recovered => {
            return format!(
                "Integration {integration} ({integration_type}) works again; it had failed since {since:.0}."
            );
        }
    };
    format!("Integration {integration} ({integration_type}) {what}{because}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_says_which_integration_since_when_and_why() {
        let text = |kind, failures, error: Option<&str>| {
            let payload = NoticePayload {
                integration: "abcdefghijk23".parse().unwrap(),
                integration_type: IntegrationType::Slack,
                since: "2026-11-25T03:04:05.678Z".parse().unwrap(),
                failures,
                error: error.map(str::to_owned),
            };
            Notice::new(kind, Uuid::nil(), Timestamp::UNIX_EPOCH, String::new(), Vec::new(), payload).text
        };
        assert_eq!(
            text(NoticeKind::Failing, 7, Some("Slack says invalid_auth")),
            "Integration abcdefghijk23 (health.slack) has failed since 2026-11-25T03:04:05Z (7 attempts); it is still tried: \
             Slack says invalid_auth"
        );
        assert_eq!(
            text(NoticeKind::Paused, 1, None),
            "Integration abcdefghijk23 (health.slack) is paused: it has failed since 2026-11-25T03:04:05Z (1 attempt), and \
             is tried no longer"
        );
        assert_eq!(
            text(NoticeKind::Recovered, 7, Some("Slack says invalid_auth")),
            "Integration abcdefghijk23 (health.slack) works again; it had failed since 2026-11-25T03:04:05Z."
        );
    }
}
