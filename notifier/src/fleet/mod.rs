//! Many hosts and many workers, on NATS JetStream.
//!
//! A host's agent keeps its states and its outbox in its own SQLite file, as a machine without a fleet does. The fleet's
//! integrations and silences are copied there (`mirror`), so that checks and their fan-out need no network; what is to be
//! sent is published instead (`publisher`). Workers take it from there, send it through the same channels by the same
//! schedule, and keep nothing themselves (`worker`).

mod activities;
mod attempts;
mod bucket;
mod dead;
mod delivery;
mod error;
mod handle;
mod hosts;
mod integrations;
mod lag;
mod mirror;
mod names;
mod presence;
mod publisher;
mod reading;
mod record;
mod silences;
mod worker;

use std::time::Duration;

pub use activities::FleetActivity;
pub use attempts::{AttemptFilter, FleetAttempt};
pub use dead::{DeadLetter, Revive};
pub use error::FleetError;
pub use handle::{Fleet, FleetOptions};
pub use hookseal_nats::{NatsError, NatsOptions};
pub use hosts::FleetHost;
pub use integrations::NewIntegration;
pub use lag::Lag;
pub(crate) use presence::Checked;
pub(crate) use publisher::Publisher;
pub use worker::{Worker, WorkerBuilder, WorkerServer, WorkerStatus};

/// Until what has failed for a reason of the network's or the disk's is tried again.
const AGAIN: Duration = Duration::from_secs(1);

fn machine_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
