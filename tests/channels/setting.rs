//! Integrations, messages and channels to try.

use std::time::Duration;

use hookseal_health::{Notification, Resource, Severity};
use hookseal_notifier::{
    ChannelOptions, Channels, Config, Content, Exchange, Form, Integration, IntegrationType, Message, NetworkGuard,
    Outcome, Secret, Settings,
};
use jiff::Timestamp;
use uuid::Uuid;

/// Longer than any answer in time takes, on a busy machine too.
pub(crate) const PATIENT: Duration = Duration::from_secs(10);
/// For servers that do not answer in time.
pub(crate) const IMPATIENT: Duration = Duration::from_millis(400);

pub(crate) const TOKEN: &str = "xoxb-s3cret-t0ken";
pub(crate) const ROUTING_KEY: &str = "0123456789abcdef0123456789ABCDEF";

/// Options that let through to this machine.
pub(crate) fn options(timeout: Duration) -> ChannelOptions {
    let mut options = ChannelOptions::default();
    options.network = NetworkGuard::new(vec!["127.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
    options.timeout = timeout;
    options
}

/// Options as a configuration says.
pub(crate) fn configured(toml: &str) -> ChannelOptions {
    ChannelOptions::from(&Config::parse(toml).unwrap())
}

pub(crate) fn channels(timeout: Duration) -> Channels {
    Channels::new(options(timeout)).unwrap()
}

pub(crate) fn integration(settings: Settings) -> Integration {
    let at = Timestamp::UNIX_EPOCH;
    Integration { id: "abcdefghijk23".parse().unwrap(), created_at: at, updated_at: at, settings }
}

pub(crate) fn from_form(kind: IntegrationType, form: Form) -> Integration {
    let network = options(PATIENT).network;
    integration(form.create(kind, &network).unwrap())
}

pub(crate) fn webhook(url: &str, shared_key: Option<&str>) -> Integration {
    let shared_key = shared_key.map(Secret::new);
    from_form(IntegrationType::Webhook, Form { url: Some(url.to_owned()), shared_key, ..Form::default() })
}

pub(crate) fn slack(channel: &str) -> Integration {
    let (channel, token) = (Some(channel.to_owned()), Some(Secret::new(TOKEN)));
    from_form(IntegrationType::Slack, Form { channel, token, ..Form::default() })
}

pub(crate) fn pagerduty() -> Integration {
    let routing_key = Some(Secret::new(ROUTING_KEY));
    from_form(IntegrationType::PagerDuty, Form { routing_key, ..Form::default() })
}

pub(crate) fn email(recipients: &[&str]) -> Integration {
    let recipients = Some(recipients.iter().map(|recipient| (*recipient).to_owned()).collect());
    from_form(IntegrationType::Email, Form { recipients, ..Form::default() })
}

pub(crate) fn notification(severity: Severity) -> Notification {
    let at = "2026-11-25T03:04:05.678Z".parse().unwrap();
    Notification::example(Resource::Disk, severity, Uuid::from_u128(severity as u128 + 1), at)
}

pub(crate) fn message(severity: Severity) -> Message {
    Message::try_from(Content::Notification(notification(severity))).unwrap()
}

/// A message whose service and text are these.
pub(crate) fn saying(service: &str, text: &str) -> Message {
    let mut notification = notification(Severity::Critical);
    notification.payload.service = service.to_owned();
    notification.text = text.to_owned();
    Message::try_from(Content::Notification(notification)).unwrap()
}

pub(crate) fn retry(seconds: Option<u64>, endpoint: bool) -> Outcome {
    Outcome::Retry { after: seconds.map(Duration::from_secs), endpoint }
}

/// That nothing an attempt leaves behind holds a secret.
pub(crate) fn keeps_secret(exchange: &Exchange, secrets: &[&str]) {
    let shown = format!("{exchange:?}");
    for secret in secrets {
        assert!(!shown.contains(secret), "{shown}");
    }
}
