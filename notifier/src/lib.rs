#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod channel;
mod config;
mod daemon;
mod deliver;
mod integration;
mod message;
mod probe;
mod round;
mod secret;
#[allow(dead_code, reason = "the daemon's parts, which use it, are being added")]
mod store;

pub use config::{
    Config, ConfigError, ConfigFileError, ConfigText, DeliverySettings, Retention, Service, Watched, parse_duration,
};
pub use secret::Secret;
pub use store::{DaemonLock, Store, StoreError};
