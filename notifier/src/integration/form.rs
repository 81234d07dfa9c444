//! What `integration:add` and `integration:update` are given, and what is wrong with it.

use std::fmt;

use hookseal::KeyFormat;

use super::{address, placeholder};
use crate::{IntegrationType, NetworkGuard, Secret, Settings, SharedKey, WebhookUrl};

/// An integration's settings as somebody typed them. What is `None` was not given.
///
/// Checking needs no network: no name is resolved, and nobody is asked.
///
/// ```
/// use hookseal_notifier::{Form, IntegrationType, NetworkGuard};
///
/// let form = Form { url: Some("http://127.0.0.1/health".into()), ..Form::default() };
/// let errors = form.create(IntegrationType::Webhook, &NetworkGuard::default()).unwrap_err();
/// assert!(errors.to_string().starts_with("url: 127.0.0.1 is a loopback address"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// `--from-address`; an empty one takes it away.
    pub from_address: Option<String>,
    /// `--recipients`: each holds one or, with commas or spaces between them, several.
    pub recipients: Option<Vec<String>>,
    /// `--routing-key`
    pub routing_key: Option<Secret>,
    /// `--channel`
    pub channel: Option<String>,
    /// `--token`
    pub token: Option<Secret>,
    /// `--url`
    pub url: Option<String>,
    /// `--shared-key`
    pub shared_key: Option<Secret>,
    /// `--key-format`; `jwk` unless it is given.
    pub key_format: Option<KeyFormat>,
    /// `--allow-weak-key`
    pub allow_weak_key: bool,
}

impl Form {
    /// The first option, without its dashes, that is given and does not belong to the type.
    pub fn misplaced(&self, integration_type: IntegrationType) -> Option<&'static str> {
        use IntegrationType::{Email, PagerDuty, Slack, Webhook};
        let given = [
            (self.from_address.is_some(), Email, "from-address"),
            (self.recipients.is_some(), Email, "recipients"),
            (self.routing_key.is_some(), PagerDuty, "routing-key"),
            (self.channel.is_some(), Slack, "channel"),
            (self.token.is_some(), Slack, "token"),
            (self.url.is_some(), Webhook, "url"),
            (self.shared_key.is_some(), Webhook, "shared-key"),
            (self.key_format.is_some(), Webhook, "key-format"),
            (self.allow_weak_key, Webhook, "allow-weak-key"),
        ];
        given.into_iter().find(|(is, of, _)| *is && *of != integration_type).map(|(_, _, name)| name)
    }

    /// The settings of a new integration.
    pub fn create(self, integration_type: IntegrationType, network: &NetworkGuard) -> Result<Settings, FormErrors> {
        self.settings(integration_type, None, network)
    }

    /// The settings of an integration that had others: what is not given stays. Equal ones when nothing changes.
    pub fn update(self, current: &Settings, network: &NetworkGuard) -> Result<Settings, FormErrors> {
        self.settings(current.integration_type(), Some(current), network)
    }

    fn settings(
        self,
        integration_type: IntegrationType,
        current: Option<&Settings>,
        network: &NetworkGuard,
    ) -> Result<Settings, FormErrors> {
        let mut errors = Errors::default();
        if let Some(option) = self.misplaced(integration_type) {
            errors.add(option, format!("cannot be used with the integration type {integration_type}"));
        }
        let settings = match integration_type {
            IntegrationType::Email => self.email(current, &mut errors),
            IntegrationType::PagerDuty => self.pagerduty(current, &mut errors),
            IntegrationType::Slack => self.slack(current, &mut errors),
            IntegrationType::Webhook => self.webhook(current, network, &mut errors),
        };
        match settings {
            Some(settings) if errors.0.is_empty() => Ok(settings),
            _ => Err(FormErrors(errors.0)),
        }
    }

    fn email(self, current: Option<&Settings>, errors: &mut Errors) -> Option<Settings> {
        let (mut from_address, old_recipients) = match current {
            Some(Settings::Email { from_address, recipients }) => (from_address.clone(), Some(recipients.clone())),
            _ => (None, None),
        };
        if let Some(from) = self.from_address {
            errors.check(
                "from_address",
                placeholder_or(&from, || {
                    if from.trim().is_empty() {
                        Ok(())
                    } else {
                        address::check_sender(&from).map_err(|error| error.to_string())
                    }
                }),
            );
            from_address = (!from.trim().is_empty()).then_some(from);
        }
        let recipients = match self.recipients {
            Some(given) => errors.check("recipients", recipients(&given)),
            None => old_recipients.or_else(|| errors.missing("recipients")),
        };
        Some(Settings::Email { from_address, recipients: recipients? })
    }

    fn pagerduty(self, current: Option<&Settings>, errors: &mut Errors) -> Option<Settings> {
        let routing_key = match (self.routing_key, current) {
            (Some(key), _) => {
                let checked = placeholder_or(key.expose(), || check_routing_key(key.expose()));
                errors.check("routing_key", checked.map(|()| key))
            }
            (None, Some(Settings::PagerDuty { routing_key })) => Some(routing_key.clone()),
            _ => errors.missing("routing_key"),
        };
        Some(Settings::PagerDuty { routing_key: routing_key? })
    }

    fn slack(self, current: Option<&Settings>, errors: &mut Errors) -> Option<Settings> {
        let (old_channel, old_token) = match current {
            Some(Settings::Slack { channel, token }) => (Some(channel.clone()), Some(token.clone())),
            _ => (None, None),
        };
        let channel = match self.channel {
            Some(channel) => {
                let checked = placeholder_or(&channel, || check_channel(&channel));
                errors.check("channel", checked.map(|()| channel))
            }
            None => old_channel.or_else(|| errors.missing("channel")),
        };
        let token = match self.token {
            Some(token) => {
                let checked = placeholder_or(token.expose(), || check_token(token.expose()));
                errors.check("token", checked.map(|()| token))
            }
            None => old_token.or_else(|| errors.missing("token")),
        };
        Some(Settings::Slack { channel: channel?, token: token? })
    }

    fn webhook(self, current: Option<&Settings>, network: &NetworkGuard, errors: &mut Errors) -> Option<Settings> {
        let (old_url, old_key) = match current {
            Some(Settings::Webhook { url, shared_key }) => (Some(url.clone()), shared_key.clone()),
            _ => (None, None),
        };
        let url = match self.url {
            Some(url) => errors.check("url", check_url(&url, network)),
            None => old_url.or_else(|| errors.missing("url")),
        };
        let shared_key = match (self.shared_key, self.key_format) {
            (Some(secret), format) => {
                // How a key is read belongs to the key: a new one starts over.
                let format = format.unwrap_or(KeyFormat::Jwk);
                errors.check("shared_key", check_shared_key(secret, format, self.allow_weak_key)).map(Some)
            }
            (None, None) => Some(old_key),
            (None, Some(format)) => match old_key {
                Some(key) => {
                    let reread = check_shared_key(key.secret().clone(), format, self.allow_weak_key);
                    errors.check("key_format", reread).map(Some)
                }
                None => {
                    errors.check("key_format", Err("there is no shared key to read: give --shared-key too".to_owned()))
                }
            },
        };
        Some(Settings::Webhook { url: url?, shared_key: shared_key? })
    }
}

fn placeholder_or(value: &str, check: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    match placeholder::hint(value) {
        Some(hint) => Err(format!("{} {hint}", value.trim())),
        None => check(),
    }
}

fn recipients(given: &[String]) -> Result<Vec<String>, String> {
    let mut recipients: Vec<String> = Vec::new();
    let separate = |text: &'static str| move |character: char| text.contains(character) || character.is_whitespace();
    for recipient in given.iter().flat_map(|text| text.split(separate(",;"))).filter(|text| !text.is_empty()) {
        address::check_recipient(recipient).map_err(|error| format!("{error}, or #admins or #viewers"))?;
        if !recipients.iter().any(|known| known.eq_ignore_ascii_case(recipient)) {
            recipients.push(recipient.to_owned());
        }
    }
    if recipients.is_empty() {
        return Err("is empty: name at least one address, #admins or #viewers".to_owned());
    }
    Ok(recipients)
}

fn check_routing_key(key: &str) -> Result<(), String> {
    let length = key.chars().count();
    if length != 32 {
        return Err(format!("has {length} characters, and a routing key of PagerDuty's Events API v2 has 32"));
    }
    if !key.bytes().all(|octet| octet.is_ascii_alphanumeric()) {
        return Err("has characters other than letters and digits, which no routing key has".to_owned());
    }
    Ok(())
}

fn check_channel(channel: &str) -> Result<(), String> {
    let name = channel.strip_prefix('#').unwrap_or(channel);
    if name.is_empty() {
        return Err(
            "is empty: name a channel, as in '#ops' (in quotes, or the shell takes it for a comment)".to_owned()
        );
    }
    if name.chars().count() > 80 {
        return Err("has more than 80 characters, which no channel's name has".to_owned());
    }
    if name.contains(|character: char| character.is_whitespace() || character.is_control() || ",#".contains(character))
    {
        return Err("is not a channel's name or id, such as '#ops' or C0123456789".to_owned());
    }
    Ok(())
}

fn check_token(token: &str) -> Result<(), String> {
    let problem = if token.is_empty() {
        "is empty: give the bot's token, which begins with xoxb-"
    } else if token.starts_with("https://") {
        "is a URL, perhaps of an incoming webhook: give the bot's token, which begins with xoxb-"
    } else if token.starts_with("xapp-") {
        "is an app's token, with which nothing can be posted: give the bot's, which begins with xoxb-"
    } else if token.starts_with("Bearer ") {
        "begins with \"Bearer\": give the token alone"
    } else if !token.bytes().all(|octet| octet.is_ascii_graphic()) {
        "has whitespace or other characters that no token has"
    } else {
        return Ok(());
    };
    Err(problem.to_owned())
}

fn check_url(text: &str, network: &NetworkGuard) -> Result<WebhookUrl, String> {
    placeholder_or(text, || Ok(()))?;
    let url: WebhookUrl = text.parse().map_err(|error: super::UnusableUrl| error.to_string())?;
    network.check_url(&url).map_err(|error| error.to_string())?;
    Ok(url)
}

fn check_shared_key(secret: Secret, format: KeyFormat, allow_weak: bool) -> Result<SharedKey, String> {
    placeholder_or(secret.expose(), || Ok(()))?;
    if format == KeyFormat::Bytes {
        return Err("is a text, which the format bytes does not read: choose jwk, utf8, base64 or hex".to_owned());
    }
    let is_empty = secret.expose().is_empty();
    let key = if allow_weak { SharedKey::dangerous_allow_weak(secret, format) } else { SharedKey::new(secret, format) };
    key.map_err(|error| match error.code() {
        "weak_key" => format!(
            "{error}. `hookseal keygen` makes a good one; --key-format reads it otherwise, --allow-weak-key takes it as it is"
        ),
        _ if is_empty || format == KeyFormat::Utf8 => format!("{error}. {}", error.hint()),
        _ => format!("{error}. {} --key-format utf8 takes the text itself", error.hint()),
    })
}

#[derive(Default)]
struct Errors(Vec<FormError>);

impl Errors {
    fn add(&mut self, key: &str, message: String) {
        self.0.push(FormError { key: key.replace('-', "_"), message });
    }

    fn check<T>(&mut self, key: &str, checked: Result<T, String>) -> Option<T> {
        checked.map_err(|message| self.add(key, message)).ok()
    }

    fn missing<T>(&mut self, key: &str) -> Option<T> {
        self.add(key, format!("is required: give --{}", key.replace('_', "-")));
        None
    }
}

/// All that is wrong with a form. It prints as the platform's command does: a line `key: error` for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormErrors(Vec<FormError>);

impl FormErrors {
    /// Each of them, in the order of the settings.
    pub fn iter(&self) -> std::slice::Iter<'_, FormError> {
        self.0.iter()
    }
}

impl fmt::Display for FormErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let newline = if index > 0 { "\n" } else { "" };
            write!(f, "{newline}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for FormErrors {}

/// What is wrong with one setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {message}")]
pub struct FormError {
    /// The setting, under the vendor's name, such as `shared_key`.
    pub key: String,
    /// What is wrong, in words, and what to do. It shows no secret.
    pub message: String,
}

#[cfg(test)]
mod tests;
