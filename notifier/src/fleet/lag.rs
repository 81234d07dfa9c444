//! How far behind workers are.

use futures_util::StreamExt as _;
use serde::Serialize;

use super::{Fleet, FleetError, names};
use crate::IntegrationId;

/// What waits on one of an integration's subjects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Lag {
    /// Whom it is for.
    pub integration: IntegrationId,
    /// Which of its subjects.
    pub partition: u32,
    /// Deliveries that no worker has taken over.
    pub waiting: u64,
    /// Deliveries that a worker has, or that wait for their next attempt.
    pub taken: u64,
    /// Of those, how many were taken over more than once.
    pub redelivered: u64,
}

impl Fleet {
    /// What waits for each integration. One that no worker has looked at yet is missing.
    ///
    /// # Errors
    ///
    /// What keeps it from being asked for.
    pub async fn lag(&self) -> Result<Vec<Lag>, FleetError> {
        let stream = &self.parts().await?.deliveries;
        let mut consumers = stream.consumers();
        let mut lag = Vec::new();
        while let Some(info) = consumers.next().await {
            let info = info.map_err(|error| FleetError::request("what waits", error))?;
            let Some((integration, partition)) = names::consumed(&info.name) else { continue };
            lag.push(Lag {
                integration,
                partition,
                waiting: info.num_pending,
                taken: info.num_ack_pending as u64,
                redelivered: info.num_redelivered as u64,
            });
        }
        lag.sort_by(|one, other| (&one.integration, one.partition).cmp(&(&other.integration, other.partition)));
        Ok(lag)
    }
}
