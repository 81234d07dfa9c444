//! What the channels for people have in common: how grave a message is, and what it says beside its sentence.

use bytesize::ByteSize;
use hookseal_health::{Payload, Resource, Severity};
use jiff::Timestamp;

use crate::{Content, Message, NoticeKind};

/// How grave a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Critical,
    Warning,
    Good,
    Neutral,
}

impl Tone {
    pub(super) fn of(message: &Message) -> Self {
        match &message.content {
            Content::Notification(notification) => match notification.payload.severity {
                Severity::Critical => Tone::Critical,
                Severity::Warning => Tone::Warning,
                Severity::AllClear => Tone::Good,
            },
            Content::Notice(notice) => match notice.kind {
                NoticeKind::Paused => Tone::Critical,
                NoticeKind::Failing => Tone::Warning,
                NoticeKind::Recovered => Tone::Good,
            },
            Content::Welcome(_) => Tone::Neutral,
        }
    }

    pub(super) fn colour(self) -> &'static str {
        match self {
            Tone::Critical => "#d03b3b",
            Tone::Warning => "#d99a1c",
            Tone::Good => "#2e9e5b",
            Tone::Neutral => "#5b7fbf",
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Tone::Critical => "Critical",
            Tone::Warning => "Warning",
            Tone::Good => "All clear",
            Tone::Neutral => "Info",
        }
    }
}

/// Where a message comes from.
pub(super) struct Origin<'a> {
    pub(super) project: &'a str,
    pub(super) environments: &'a [String],
}

impl<'a> Origin<'a> {
    pub(super) fn of(message: &'a Message) -> Self {
        let (project, environments) = match &message.content {
            Content::Notification(notification) => (&notification.project, &notification.environments),
            Content::Notice(notice) => (&notice.project, &notice.environments),
            Content::Welcome(welcome) => (&welcome.project, &welcome.environments),
        };
        Origin { project, environments }
    }

    pub(super) fn environment(&self) -> String {
        self.environments.join(", ")
    }
}

/// What a message says, as names and values.
pub(super) fn facts(message: &Message) -> Vec<(&'static str, String)> {
    match &message.content {
        Content::Notification(notification) => {
            let Payload { service, resource, available, total, percent, threshold, .. } = &notification.payload;
            let amount = |amount: u64| match resource {
                Resource::Disk => ByteSize::b(amount).display().si().to_string(),
                Resource::Inodes => format!("{amount} inodes"),
            };
            vec![
                ("Service", service.clone()),
                ("Resource", resource.to_string()),
                ("Free", format!("{percent} % ({} of {})", amount(*available), amount(*total))),
                ("Threshold", format!("{} below {}", threshold.line, amount(threshold.available))),
            ]
        }
        Content::Notice(notice) => {
            let payload = &notice.payload;
            let mut facts = vec![
                ("Integration", format!("{} ({})", payload.integration, payload.integration_type)),
                ("Failing since", when(payload.since)),
                ("Failures", payload.failures.to_string()),
            ];
            facts.extend(payload.error.clone().map(|error| ("Last error", error)));
            facts
        }
        Content::Welcome(welcome) => {
            let payload = &welcome.payload;
            vec![("Integration", format!("{} ({})", payload.integration, payload.integration_type))]
        }
    }
}

pub(super) fn when(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// What messages about the same thing share, and no others do: the parts' names, told apart even when they hold slashes.
pub(super) fn thread(message: &Message) -> String {
    let origin = Origin::of(message);
    let mut parts = vec![origin.project.to_owned(), origin.environments.join("+")];
    match &message.content {
        Content::Notification(notification) => {
            parts.push(notification.payload.service.clone());
            parts.push(notification.payload.resource.to_string());
        }
        Content::Notice(notice) => {
            parts.push("integration".to_owned());
            parts.push(notice.payload.integration.to_string());
            parts.push("failing".to_owned());
        }
        Content::Welcome(welcome) => {
            parts.push("integration".to_owned());
            parts.push(welcome.payload.integration.to_string());
            parts.push("test".to_owned());
        }
    }
    let escaped: Vec<_> = parts.iter().map(|part| part.replace('%', "%25").replace('/', "%2F")).collect();
    escaped.join("/")
}

/// At most so many characters, the last an ellipsis where some are missing.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("häuser", 6), "häuser");
        assert_eq!(cut("häuser", 5), "häus…");
        assert_eq!(cut("", 0), "");
    }
}
