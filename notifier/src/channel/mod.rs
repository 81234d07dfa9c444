//! How a message reaches somebody: webhook, Slack, PagerDuty, e-mail.

mod guard;
mod options;
mod outcome;

use std::time::Duration;

use crate::{Integration, IntegrationType, Message};

pub use guard::{Forbidden, NetworkGuard};
pub use options::ChannelOptions;
pub use outcome::{Exchange, Invalid, Outcome, Sent};

/// All channels. Clones share connections.
#[derive(Clone, Debug)]
pub struct Channels {
    options: ChannelOptions,
}

impl Channels {
    /// Channels with these options. Nobody is connected to yet.
    pub fn new(options: ChannelOptions) -> Result<Self, ChannelError> {
        Ok(Channels { options })
    }

    /// Sends a message, once, within the time-out. `recipient` is the e-mail's.
    pub async fn send(&self, integration: &Integration, recipient: Option<&str>, message: &Message) -> Sent {
        let _ = (integration, recipient, message, &self.options);
        Sent {
            outcome: Outcome::Retry { after: None, endpoint: true },
            exchange: Exchange {
                request: String::new(),
                status: None,
                answer: String::new(),
                error: Some("this channel is not built yet".to_owned()),
                took: Duration::ZERO,
            },
        }
    }

    /// Tries an integration for real. What is sent says that it is a test.
    pub async fn validate(&self, integration: &Integration) -> Result<(), Invalid> {
        let _ = integration;
        Err(Invalid { reason: "this channel is not built yet".to_owned() })
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
    /// A URL of the configuration is not one.
    #[error("{name}: {reason}")]
    Option {
        /// The configuration's key, such as `slack.api_url`.
        name: &'static str,
        /// What is wrong, and what to do.
        reason: String,
    },
}
