//! What came of sending.

use std::time::Duration;

/// What came of sending a message once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// What to do now.
    pub outcome: Outcome,
    /// What happened, for people.
    pub exchange: Exchange,
}

/// Whether a message has arrived, and whether to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has arrived.
    Delivered,
    /// It may arrive later.
    Retry {
        /// How long the other side asks to wait: at most an hour.
        after: Option<Duration>,
        /// Whether no message would have arrived: nobody answers there, or too much was sent.
        endpoint: bool,
    },
    /// It will not arrive, however often it is sent.
    Refused,
}

/// What was sent and what came back, for people. It holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// What was sent, secrets redacted.
    pub request: String,
    /// The answer's HTTP status, or SMTP's code.
    pub status: Option<u16>,
    /// The answer as text, at most 4 KiB of it.
    pub answer: String,
    /// In one line, why the message has not arrived.
    pub error: Option<String>,
    /// From the first octet to the last.
    pub took: Duration,
}

/// Trying an integration has failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Invalid {
    /// Why, in one line.
    pub reason: String,
}
