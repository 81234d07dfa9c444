//! A receiver for webhooks that carry `X-JWS-Signature`: it captures each delivery exactly as it came, judges it, keeps
//! it in an inbox, and lets a program wait for what it expects.
//!
//! Every method and path outside `/_hookseal/` is a delivery; below it is the control API.
//!
//! ```
//! use std::time::Duration;
//! use hookseal::Verifier;
//! use hookseal_receiver::Receiver;
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let verifier = Verifier::for_shared_key("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")?;
//! let receiver = Receiver::builder().verifier(verifier).start().await?;
//! println!("POST to {}/health", receiver.url());
//!
//! let unmet = receiver.wait_for(1).valid().within(Duration::from_millis(10)).await.unwrap_err();
//! assert!(unmet.to_string().starts_with("0 of 1 deliveries came within 10 ms"));
//! receiver.shutdown().await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

#![forbid(unsafe_code)]

mod answer;
mod api;
mod body;
mod builder;
mod capture;
mod compare;
mod delivery;
mod expected;
mod explain;
mod faults;
mod filter;
mod forward;
mod headers;
mod inbox;
mod judge;
mod metrics;
mod outgoing;
mod path;
mod readiness;
mod replay;
mod respond;
mod rules;
mod schema;
mod server;
mod unstoppable;
mod view;
mod wait;

pub use builder::Builder;
pub use delivery::{Answer, Delivery, Verdict};
pub use expected::{Expected, Times, Unexpected};
pub use faults::{Fault, FaultKind, FaultRule};
pub use filter::Filter;
pub use forward::{Forward, ForwardState, Forwarded, InvalidUrl};
pub use headers::Headers;
pub use hookseal_web::{Limits, RateLimit, Tls, TlsError, client_tls};
pub use inbox::{
    Inbox, InboxError, InboxFuture, MemoryInbox, Position, Retention, SqliteError, SqliteInbox, SqliteOptions, Stats,
    Synchronous, TooLarge,
};
#[cfg(feature = "nats")]
pub use inbox::{InvalidMessage, NatsInbox, NatsInboxError, NatsInboxOptions, delivery_of};
pub use respond::{ResponseRule, Values};
pub use rules::{InvalidRule, PathRules, Rules};
pub use schema::SchemaVerdict;
pub use server::{Receiver, StartError};
pub use view::DeliveryView;
pub use wait::{Expectation, NearMiss, Unmet};

/// Runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
