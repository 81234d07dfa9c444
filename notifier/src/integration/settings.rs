//! Where an integration delivers to, and with which keys.

use hookseal::KeyFormat;
use serde_json::{Map, Value, json};

use crate::{IntegrationType, Secret, SharedKey, WebhookUrl};

/// An integration's settings. Secrets among them print as `[REDACTED]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settings {
    /// `health.email`
    Email {
        /// Whom it is from, unless it is the configuration's `from`.
        from_address: Option<String>,
        /// Addresses, `#admins` and `#viewers`.
        recipients: Vec<String>,
    },
    /// `health.pagerduty`
    PagerDuty {
        /// PagerDuty's integration key, 32 characters.
        routing_key: Secret,
    },
    /// `health.slack`
    Slack {
        /// The channel's name or id.
        channel: String,
        /// The bot's token.
        token: Secret,
    },
    /// `health.webhook`
    Webhook {
        /// Where to post to.
        url: WebhookUrl,
        /// What deliveries are signed with; unsigned without.
        shared_key: Option<SharedKey>,
    },
}

impl Settings {
    /// What they are settings of.
    pub fn integration_type(&self) -> IntegrationType {
        match self {
            Settings::Email { .. } => IntegrationType::Email,
            Settings::PagerDuty { .. } => IntegrationType::PagerDuty,
            Settings::Slack { .. } => IntegrationType::Slack,
            Settings::Webhook { .. } => IntegrationType::Webhook,
        }
    }

    /// What may be shown, under the vendor's names: never a secret.
    pub fn public(&self) -> Map<String, Value> {
        let mut public = Map::new();
        match self {
            Settings::Email { from_address, recipients } => {
                if let Some(from) = from_address {
                    public.insert("from_address".to_owned(), json!(from));
                }
                public.insert("recipients".to_owned(), json!(recipients));
            }
            Settings::PagerDuty { routing_key: _ } => {}
            Settings::Slack { channel, token: _ } => {
                public.insert("channel".to_owned(), json!(channel));
            }
            Settings::Webhook { url, shared_key } => {
                public.insert("url".to_owned(), json!(url.as_str()));
                if let Some(key) = shared_key {
                    public.insert("key_format".to_owned(), json!(key.format().as_str()));
                }
            }
        }
        public
    }

    /// What must not be shown, and is sealed before it is stored.
    pub(crate) fn secrets(&self) -> Map<String, Value> {
        let (name, secret) = match self {
            Settings::PagerDuty { routing_key } => ("routing_key", routing_key),
            Settings::Slack { token, .. } => ("token", token),
            Settings::Webhook { shared_key: Some(key), .. } => ("shared_key", key.secret()),
            Settings::Email { .. } | Settings::Webhook { shared_key: None, .. } => return Map::new(),
        };
        Map::from_iter([(name.to_owned(), json!(secret.expose()))])
    }

    /// What [`public`](Self::public) and [`secrets`](Self::secrets) came from.
    pub(crate) fn join(
        integration_type: IntegrationType,
        mut public: Map<String, Value>,
        mut secrets: Map<String, Value>,
    ) -> Result<Self, SettingsError> {
        let mut secret = |name: &'static str| match secrets.remove(name) {
            Some(Value::String(text)) => Ok(Secret::new(text)),
            _ => Err(SettingsError { name }),
        };
        Ok(match integration_type {
            IntegrationType::Email => Settings::Email {
                from_address: text(&mut public, "from_address").ok(),
                recipients: public
                    .remove("recipients")
                    .and_then(|recipients| serde_json::from_value(recipients).ok())
                    .ok_or(SettingsError { name: "recipients" })?,
            },
            IntegrationType::PagerDuty => Settings::PagerDuty { routing_key: secret("routing_key")? },
            IntegrationType::Slack => {
                Settings::Slack { channel: text(&mut public, "channel")?, token: secret("token")? }
            }
            IntegrationType::Webhook => {
                let url = text(&mut public, "url")?.parse().map_err(|_| SettingsError { name: "url" })?;
                let shared_key = match text(&mut public, "key_format") {
                    Err(_) => None,
                    Ok(format) => {
                        let format: KeyFormat = format.parse().map_err(|_| SettingsError { name: "key_format" })?;
                        // Whether it may be weak was asked when it was added.
                        let key = SharedKey::dangerous_allow_weak(secret("shared_key")?, format);
                        Some(key.map_err(|_| SettingsError { name: "shared_key" })?)
                    }
                };
                Settings::Webhook { url, shared_key }
            }
        })
    }

    /// The settings in a line or two, as `integration:list` shows them: the vendor's words, without a secret.
    pub fn summary(&self) -> String {
        match self {
            Settings::Email { from_address, recipients } => {
                let from = from_address.as_ref().map(|from| format!("From: {from}\n")).unwrap_or_default();
                format!("{from}To: {}", recipients.join(", "))
            }
            Settings::PagerDuty { routing_key } => format!("Routing key: {routing_key}"),
            Settings::Slack { channel, .. } => format!("Channel: {channel}"),
            Settings::Webhook { url, .. } => format!("URL: {url}"),
        }
    }
}

fn text(map: &mut Map<String, Value>, name: &'static str) -> Result<String, SettingsError> {
    match map.remove(name) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(SettingsError { name }),
    }
}

/// What was stored are no settings: the store was changed by another program, or by a newer version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its {name} is missing or not what was stored")]
pub struct SettingsError {
    name: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_kind() -> Vec<Settings> {
        let key = Secret::new("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
        let url: WebhookUrl = "https://example.com/health".parse().unwrap();
        let weak = SharedKey::dangerous_allow_weak(Secret::new("s3cret"), KeyFormat::Utf8).unwrap();
        vec![
            Settings::Email { from_address: Some("a@example.com".to_owned()), recipients: vec!["#admins".to_owned()] },
            Settings::Email { from_address: None, recipients: vec!["a@example.com".to_owned(), "#viewers".to_owned()] },
            Settings::PagerDuty { routing_key: Secret::new("s3cret") },
            Settings::Slack { channel: "#ops".to_owned(), token: Secret::new("xoxb-s3cret") },
            Settings::Webhook { url: url.clone(), shared_key: None },
            Settings::Webhook { url: url.clone(), shared_key: Some(SharedKey::new(key, KeyFormat::Jwk).unwrap()) },
            Settings::Webhook { url, shared_key: Some(weak) },
        ]
    }

    #[test]
    fn settings_are_what_was_stored() {
        for settings in every_kind() {
            let stored = (settings.public(), settings.secrets());
            assert_eq!(Settings::join(settings.integration_type(), stored.0, stored.1), Ok(settings));
        }
    }

    #[test]
    fn no_secret_is_shown() {
        for settings in every_kind() {
            let public = Value::Object(settings.public());
            let shown = format!("{settings:?} {settings:#?} {public} {}", settings.summary());
            for secret in settings.secrets().values() {
                assert!(!shown.contains(secret.as_str().unwrap()), "{shown}");
            }
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        for settings in every_kind() {
            let kind = settings.integration_type();
            for name in settings.secrets().keys() {
                let error = Settings::join(kind, settings.public(), Map::new()).unwrap_err();
                assert!(error.to_string().contains(name.as_str()), "{error}");
            }
            let nothing = Settings::join(kind, Map::new(), settings.secrets());
            assert!(kind == IntegrationType::PagerDuty || nothing.is_err(), "{kind}");
        }
    }
}
