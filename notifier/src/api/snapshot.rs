//! How things stand.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use super::Api;
use crate::store::{LastRound, ResourceStatus, StoreError};

/// What only a notifier that runs knows.
pub(crate) trait Live: Send + Sync {
    /// In the order of their services. Figures that the store has not been told, because they changed too little, are here.
    fn resources(&self) -> Vec<ResourceStatus>;

    /// The last check.
    fn round(&self) -> Option<LastRound>;

    /// What is wrong with the notifier itself.
    fn health(&self) -> Result<(), String>;

    /// What happens, in the OpenMetrics text format.
    fn metrics(&self) -> Result<String, fmt::Error>;

    /// Which fleet it is one of.
    #[cfg(feature = "nats")]
    fn fleet(&self) -> Option<crate::Fleet> {
        None
    }
}

/// How things stand at the moment.
pub(super) struct Snapshot {
    /// In the order of their services.
    pub(super) resources: Vec<ResourceStatus>,
    pub(super) round: Option<LastRound>,
    /// What is wrong with the notifier itself.
    pub(super) trouble: Option<String>,
}

impl Snapshot {
    pub(super) fn next_round_at(&self) -> Option<Timestamp> {
        let round = self.round.as_ref()?;
        round.at.checked_add(round.interval).ok()
    }
}

impl Api {
    /// The notifier's that runs, or what one has written last.
    pub(super) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        if let Some(live) = &self.live {
            let (resources, round) = (live.resources(), live.round());
            return Ok(Snapshot { resources, round, trouble: live.health().err() });
        }
        let (resources, round) = (self.store.resources()?, self.store.last_round()?);
        let trouble = is_late(round.as_ref()).then(|| "no notifier runs on this store".to_owned());
        Ok(Snapshot { resources, round, trouble })
    }
}

/// Whether a check should have come long ago.
fn is_late(round: Option<&LastRound>) -> bool {
    /// What the probes' time-outs and a slow disk may take.
    const GRACE: Duration = Duration::from_secs(60);
    let Some(round) = round else { return true };
    let since = Duration::try_from(Timestamp::now().duration_since(round.at)).unwrap_or_default();
    since > 2 * round.interval + GRACE
}
