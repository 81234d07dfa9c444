//! What [hookseal](https://docs.rs/hookseal)'s receiver and notifier need of [NATS JetStream][jetstream]: a connection that
//! comes back by itself, and streams, buckets and consumers that are made where they are missing and never silently changed.
//!
//! ```no_run
//! use hookseal_nats::{Connection, NatsOptions};
//! use hookseal_nats::jetstream::stream;
//!
//! # async fn run() -> Result<(), hookseal_nats::NatsError> {
//! let options = NatsOptions::parse("nats://a.example:4222,nats://b.example:4222")?;
//! let connection = Connection::connect(&options).await?;
//! let config = stream::Config { name: "ORDERS".to_owned(), subjects: vec!["orders.>".to_owned()], ..Default::default() };
//! connection.ensure_stream(config).await?;
//! # Ok(())
//! # }
//! ```
//!
//! [jetstream]: https://docs.nats.io/nats-concepts/jetstream
#![forbid(unsafe_code)]

mod connection;
mod ensure;
mod error;
mod options;

/// The client that this is built on.
pub use async_nats::{self, jetstream};

pub use connection::Connection;
pub use error::{Difference, NatsError};
pub use options::NatsOptions;
