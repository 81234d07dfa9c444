//! What is told.

mod notice;
mod welcome;

use bytes::Bytes;
use hookseal_health::Notification;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

pub use notice::{Notice, NoticeKind, NoticePayload};
pub use welcome::{Welcome, WelcomeKind, WelcomePayload};

/// An event as it is delivered: its JSON, and what that says.
#[derive(Clone, Debug)]
pub struct Message {
    /// The event's id: the same in every delivery and on every retry.
    pub id: Uuid,
    /// When it came to be.
    pub created_at: Timestamp,
    /// The JSON exactly as it is stored. Webhooks post it verbatim.
    pub body: Bytes,
    /// What the JSON says.
    pub content: Content,
}

/// What a [`Message`] tells of.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// A service's disk or inodes: `health.low_disk`, `health.low_inodes`.
    Notification(Notification),
    /// Another integration: `integration.failing`, `integration.paused`, `integration.recovered`.
    Notice(Notice),
    /// The integration itself: `integration.created`, `integration.test`.
    Welcome(Welcome),
}

impl Message {
    /// Reads what was stored.
    pub fn read(body: Bytes) -> Result<Self, MessageError> {
        let content = match serde_json::from_slice::<Type<'_>>(&body)?.kind.as_ref() {
            "integration.created" | "integration.test" => Content::Welcome(serde_json::from_slice(&body)?),
            kind if kind.starts_with("integration.") => Content::Notice(serde_json::from_slice(&body)?),
            _ => Content::Notification(serde_json::from_slice(&body)?),
        };
        Ok(Self::with_body(content, body))
    }

    fn with_body(content: Content, body: Bytes) -> Self {
        let (id, created_at) = match &content {
            Content::Notification(Notification { id, created_at, .. })
            | Content::Notice(Notice { id, created_at, .. })
            | Content::Welcome(Welcome { id, created_at, .. }) => (*id, *created_at),
        };
        Message { id, created_at, body, content }
    }

    /// The message in one English sentence.
    pub fn text(&self) -> &str {
        match &self.content {
            Content::Notification(Notification { text, .. })
            | Content::Notice(Notice { text, .. })
            | Content::Welcome(Welcome { text, .. }) => text,
        }
    }

    /// The message's `type`, such as `health.low_disk`.
    pub fn kind(&self) -> &'static str {
        match &self.content {
            Content::Notification(notification) => notification.kind.as_str(),
            Content::Notice(notice) => notice.kind.as_str(),
            Content::Welcome(welcome) => welcome.kind.as_str(),
        }
    }
}

impl TryFrom<Content> for Message {
    type Error = MessageError;

    /// Writes the JSON.
    fn try_from(content: Content) -> Result<Self, MessageError> {
        let body = match &content {
            Content::Notification(notification) => serde_json::to_vec(notification),
            Content::Notice(notice) => serde_json::to_vec(notice),
            Content::Welcome(welcome) => serde_json::to_vec(welcome),
        };
        Ok(Self::with_body(content, body?.into()))
    }
}

#[derive(Deserialize)]
struct Type<'a> {
    #[serde(rename = "type", borrow)]
    kind: std::borrow::Cow<'a, str>,
}

/// What was stored is no message: the store was changed by another program, or by a newer version.
#[derive(Debug, thiserror::Error)]
#[error("the event cannot be read: {0}")]
pub struct MessageError(#[from] serde_json::Error);

#[cfg(test)]
mod tests {
    use hookseal_health::{Resource, Severity};

    use super::*;
    use crate::IntegrationType;

    fn round_trip(content: Content) {
        let message = Message::try_from(content).unwrap();
        let read = Message::read(message.body.clone()).unwrap();
        assert_eq!((read.id, read.created_at), (message.id, message.created_at));
        assert_eq!(read.content, message.content);
        let json: serde_json::Value = serde_json::from_slice(&message.body).unwrap();
        assert_eq!(json["id"], message.id.to_string());
        assert_eq!(json["type"], message.kind());
        assert_eq!(json["text"], message.text());
        assert_eq!(json["environments"], serde_json::json!(["main"]));
    }

    fn payload() -> NoticePayload {
        NoticePayload {
            integration: "abcdefghijk23".parse().unwrap(),
            integration_type: IntegrationType::Slack,
            since: Timestamp::UNIX_EPOCH,
            failures: 7,
            error: Some("Slack says invalid_auth".to_owned()),
        }
    }

    #[test]
    fn each_kind_reads_as_it_was_written() {
        let (id, at) = (Uuid::from_u128(7), Timestamp::UNIX_EPOCH);
        let environments = || vec!["main".to_owned()];
        let notification = Notification::example(Resource::Disk, Severity::Critical, id, at);
        round_trip(Content::Notification(notification));
        for kind in [NoticeKind::Failing, NoticeKind::Paused, NoticeKind::Recovered] {
            round_trip(Content::Notice(Notice::new(kind, id, at, "shop".to_owned(), environments(), payload())));
        }
        for kind in [WelcomeKind::Created, WelcomeKind::Test] {
            let integration = "abcdefghijk23".parse().unwrap();
            let project = "shop".to_owned();
            let slack = IntegrationType::Slack;
            round_trip(Content::Welcome(Welcome::new(kind, id, at, project, environments(), integration, slack)));
        }
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        for body in ["", "[]", "{}", r#"{"type":"health.low_disk"}"#, r#"{"type":"integration.other"}"#, "\u{feff}{}"] {
            let error = Message::read(Bytes::from_static(body.as_bytes())).unwrap_err().to_string();
            assert!(error.starts_with("the event cannot be read: "), "{error}");
        }
    }
}
