//! Who is there: agents and workers say so from time to time, and are forgotten when they do not.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Fleet, FleetError, bucket, names};

const WHAT: &str = "a host's record";

/// An agent or a worker of a fleet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FleetHost {
    /// `agent` or `worker`.
    pub role: String,
    /// What it is called: its machine's name, unless told.
    pub name: String,
    /// hookseal's version there.
    pub version: String,
    /// Since when it runs.
    pub started_at: Timestamp,
    /// When it last said so.
    pub seen_at: Timestamp,
    /// Of an agent: what waits to be handed over. Of a worker: what it is sending.
    pub waiting: u64,
    /// Handed over, or delivered, since its start.
    pub delivered: u64,
    /// Of an agent: resources that it watches.
    #[serde(default)]
    pub resources: u64,
    /// Of an agent: those below the warning line.
    #[serde(default)]
    pub warning: u64,
    /// Of an agent: those below the critical line.
    #[serde(default)]
    pub critical: u64,
}

impl Fleet {
    /// The agents and workers that are there.
    ///
    /// # Errors
    ///
    /// What keeps them from being asked for.
    pub async fn hosts(&self) -> Result<Vec<FleetHost>, FleetError> {
        let entries = bucket::read(&self.parts().await?.hosts).await?;
        let mut hosts: Vec<FleetHost> =
            entries.iter().map(|entry| bucket::value(WHAT, entry)).collect::<Result<_, _>>()?;
        hosts.sort_by(|one, other| (&one.role, &one.name).cmp(&(&other.role, &other.name)));
        Ok(hosts)
    }

    /// `key` tells those of the same name apart.
    pub(super) async fn beat(&self, key: &str, host: &FleetHost) -> Result<(), FleetError> {
        let key = format!("{}.{}", host.role, names::hash(key).simple());
        let put = self.parts().await?.hosts.put(key, bucket::json(host)).await;
        put.map(drop).map_err(|error| FleetError::request(WHAT, error))
    }

    pub(super) async fn say_goodbye(&self, role: &str, key: &str) -> Result<(), FleetError> {
        let key = format!("{role}.{}", names::hash(key).simple());
        let deleted = self.parts().await?.hosts.delete(key).await;
        deleted.map_err(|error| FleetError::request(WHAT, error))
    }
}
