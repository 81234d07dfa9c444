//! An agent says that it is there, and how it is.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::MissedTickBehavior;

use super::{Fleet, FleetHost, integrations};
use crate::Store;
use crate::deliver::Tally;

/// A goodbye is a courtesy: it is not waited for when no server answers.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a check found: resources, and those below each of the two lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    pub(crate) resources: u64,
    pub(crate) warning: usize,
    pub(crate) critical: usize,
}

pub(super) struct Presence {
    fleet: Fleet,
    /// Tells it from others on the same machine, and is the same after a start.
    key: String,
    tally: Arc<Tally>,
    checked: watch::Sender<Checked>,
}

impl Presence {
    pub(super) fn new(fleet: Fleet, store: &Store, tally: Arc<Tally>) -> Self {
        let path = store.path().canonicalize().unwrap_or_else(|_| store.path().to_owned());
        let key = format!("{} {}", super::machine_name(), path.display());
        Presence { fleet, key, tally, checked: watch::Sender::default() }
    }

    pub(super) fn note(&self, checked: Checked) {
        self.checked.send_if_modified(|known| std::mem::replace(known, checked) != checked);
    }

    /// From time to time, and whenever a check has found something else.
    pub(super) async fn show(self: Arc<Self>) {
        let started_at = integrations::now();
        let mut changes = self.checked.subscribe();
        let mut beat = tokio::time::interval(self.fleet.options().beat);
        beat.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                _ = beat.tick() => {}
                Ok(()) = changes.changed() => {}
            }
            let Checked { resources, warning, critical } = *changes.borrow_and_update();
            let host = FleetHost {
                role: "agent".to_owned(),
                name: super::machine_name(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
                started_at,
                seen_at: integrations::now(),
                waiting: self.tally.waiting(),
                delivered: self.tally.delivered(),
                resources,
                warning: warning as u64,
                critical: critical as u64,
            };
            if self.fleet.is_connected() {
                let _ = self.fleet.beat(&self.key, &host).await; // the next one tells
            }
        }
    }

    pub(super) async fn end(&self) {
        if self.fleet.is_connected() {
            let _ = tokio::time::timeout(PATIENCE, self.fleet.say_goodbye("agent", &self.key)).await;
        }
    }
}
