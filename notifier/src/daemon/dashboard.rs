//! What the dashboard asks a notifier that runs.

use std::fmt;
use std::sync::PoisonError;

use super::{Inner, Notifier};
use crate::api::{Dashboard, Live};
use crate::{LastRound, ResourceStatus};

impl Notifier {
    /// The page and the API of this notifier, to be [served](Dashboard::serve) on the configuration's `listen`.
    #[must_use]
    pub fn dashboard(&self) -> Dashboard {
        Dashboard::new(self.inner.store.clone(), &self.inner.config).live(self.inner.clone())
    }
}

impl Live for Inner {
    fn resources(&self) -> Vec<ResourceStatus> {
        let rounds = self.rounds.lock().unwrap_or_else(PoisonError::into_inner);
        rounds.tracks().map(|(service, resource, track)| track.status(service, resource)).collect()
    }

    fn round(&self) -> Option<LastRound> {
        self.board.status().round
    }

    fn health(&self) -> Result<(), String> {
        self.board.health()
    }

    fn metrics(&self) -> Result<String, fmt::Error> {
        self.metrics.encode()
    }

    #[cfg(feature = "nats")]
    fn fleet(&self) -> Option<crate::Fleet> {
        self.fleet.clone()
    }
}
