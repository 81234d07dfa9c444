#![doc = include_str!("../README.md")]
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
