//! How a message reaches somebody: webhook, Slack, PagerDuty, e-mail.

mod email;
mod guard;
mod http;
mod options;
mod outcome;
mod pagerduty;
mod record;
mod slack;
mod status;
mod webhook;
mod wording;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http_body_util::Full;
use jiff::Timestamp;
use url::Url;
use uuid::Uuid;

use self::email::Email;
use self::http::{HttpClient, NamedBy};
use self::pagerduty::PagerDuty;
use self::slack::Slack;
use crate::{Content, Integration, IntegrationType, Message, Settings, Welcome, WelcomeKind};

pub use guard::{Forbidden, NetworkGuard};
pub use options::ChannelOptions;
pub use outcome::{Exchange, Invalid, Outcome, Sent};

/// All channels. Clones share connections.
#[derive(Clone)]
pub struct Channels(Arc<Inner>);

struct Inner {
    options: ChannelOptions,
    client: HttpClient,
    slack: Slack,
    pagerduty: PagerDuty,
    email: Email,
}

impl Channels {
    /// Channels with these options. Nobody is connected to yet.
    ///
    /// # Errors
    /// Where an option cannot be used; the error names it.
    pub fn new(options: ChannelOptions) -> Result<Self, ChannelError> {
        Ok(Channels(Arc::new(Inner {
            client: HttpClient::new(&options)?,
            slack: Slack::new(options.slack_api_url.as_ref())?,
            pagerduty: PagerDuty::new(options.pagerduty_api_url.as_ref())?,
            email: Email::new(&options)?,
            options,
        })))
    }

    /// Sends a message, once, within the time-out. `recipient` is the e-mail's; without one it goes to all of them.
    pub async fn send(&self, integration: &Integration, recipient: Option<&str>, message: &Message) -> Sent {
        let Inner { client, slack, pagerduty, email, .. } = &*self.0;
        let started = Instant::now();
        let mut sent = match &integration.settings {
            Settings::Email { from_address, recipients } => {
                let one = recipient.map(|recipient| [recipient.to_owned()]);
                let recipients = one.as_ref().map_or(recipients.as_slice(), |one| one.as_slice());
                email.send(from_address.as_deref(), recipients, message).await
            }
            Settings::PagerDuty { routing_key } => pagerduty.send(client, routing_key, message).await,
            Settings::Slack { channel, token } => slack.send(client, channel, token, message).await,
            Settings::Webhook { url, shared_key } => webhook::send(client, url, shared_key.as_ref(), message).await,
        };
        sent.exchange.took = started.elapsed();
        sent
    }

    /// What would be sent, secrets redacted, or why nothing could be: one for each recipient of an e-mail. Nothing is sent.
    #[must_use]
    pub fn preview(&self, integration: &Integration, message: &Message) -> Vec<Result<String, String>> {
        let Inner { slack, pagerduty, email, .. } = &*self.0;
        match &integration.settings {
            Settings::Email { from_address, recipients } => email.preview(from_address.as_deref(), recipients, message),
            Settings::PagerDuty { routing_key } => {
                vec![pagerduty.compose(routing_key, message).map(|(_, record)| record)]
            }
            Settings::Slack { channel, token } => vec![slack.preview(channel, token, message)],
            Settings::Webhook { url, shared_key } => vec![Ok(webhook::compose(url, shared_key.as_ref(), message).1)],
        }
    }

    /// Tries an integration for real, with a message that says that it is a test. PagerDuty is sent an event that no
    /// alert comes of; Slack is asked about the token first.
    ///
    /// # Errors
    /// Why it did not arrive.
    pub async fn validate(&self, integration: &Integration) -> Result<(), Invalid> {
        let Inner { options, client, slack, .. } = &*self.0;
        if let Settings::Slack { token, .. } = &integration.settings {
            valid(slack.test_token(client, token).await)?;
        }
        let test = Content::Welcome(Welcome::new(
            WelcomeKind::Test,
            Uuid::now_v7(),
            Timestamp::now(),
            options.project.clone(),
            vec![options.environment.clone()],
            integration.id.clone(),
            integration.integration_type(),
        ));
        let message = Message::try_from(test).map_err(|error| Invalid { reason: error.to_string() })?;
        valid(self.send(integration, None, &message).await)
    }

    /// Requests a URL of the configuration, such as the heartbeat's.
    pub(crate) async fn call(&self, url: &Url) -> Sent {
        let started = Instant::now();
        let mut request = ::http::Request::new(Full::new(Bytes::new()));
        match url.as_str().parse() {
            Ok(uri) => *request.uri_mut() = uri,
            Err(_) => return record::refused("the URL cannot be requested".to_owned()),
        }
        request.headers_mut().insert(::http::header::USER_AGENT, http::USER_AGENT);
        let answered = self.0.client.exchange(NamedBy::Operator, request).await;
        // The URL may be a secret in itself.
        let mut sent = record::by_status(String::new(), answered, None);
        sent.exchange.took = started.elapsed();
        sent
    }

    /// How fast an integration may be sent to.
    pub fn pace(&self, integration: &Integration) -> Pace {
        match integration.integration_type() {
            IntegrationType::Email => Pace { per_second: None, concurrency: 4 },
            // About 120 calls a minute for a routing key.
            IntegrationType::PagerDuty => Pace { per_second: Some(2.0), concurrency: 2 },
            // About one message a second in a channel; more at once would come out of order.
            IntegrationType::Slack => Pace { per_second: Some(1.0), concurrency: 1 },
            IntegrationType::Webhook => Pace { per_second: None, concurrency: 16 },
        }
    }
}

impl fmt::Debug for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channels").finish_non_exhaustive()
    }
}

fn valid(sent: Sent) -> Result<(), Invalid> {
    let Exchange { status, answer, error, .. } = sent.exchange;
    if sent.outcome == Outcome::Delivered {
        return Ok(());
    }
    let reason = error.unwrap_or_else(|| "it did not arrive".to_owned());
    // Whoever tries an integration wants to know what exactly was said.
    let said = http::one_line(&answer);
    let more = status.is_some_and(|status| status >= 300) && !said.is_empty() && !reason.contains(&said);
    Err(Invalid { reason: if more { format!("{reason}: {said}") } else { reason } })
}

/// How fast an integration may be sent to, by the vendor's limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Messages a second; `None` for as many as it takes.
    pub per_second: Option<f64>,
    /// Messages at the same time.
    pub concurrency: usize,
}

/// The channels cannot be made of these options.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelError {
    /// An option that cannot be used.
    #[error("{name}: {reason}")]
    Option {
        /// The configuration's key, such as `slack.api_url`.
        name: &'static str,
        /// What is wrong, and what to do.
        reason: String,
    },
}
