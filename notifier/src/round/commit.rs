//! What a check writes, in one transaction.

use std::sync::Arc;

use hookseal_health::Resource;
use jiff::Timestamp;
use rusqlite::Transaction;

use crate::IntegrationId;
use crate::store::events::{self, NewEvent};
use crate::store::resources::{self, ResourceStatus};
use crate::store::{HistoryPoint, LastRound, Store, StoreError, history, integrations};

pub(super) struct Commit {
    now: Timestamp,
    pub(super) round: Option<LastRound>,
    /// Rows, and whether their figures belong into the history.
    changed: Vec<(ResourceStatus, bool)>,
    gone: Vec<(Arc<str>, Resource)>,
    /// For newcomers alone, who are told once.
    pub(super) greetings: Vec<NewEvent>,
    pub(super) events: Vec<NewEvent>,
    pub(super) greeted: Vec<IntegrationId>,
}

impl Commit {
    pub(super) fn new(now: Timestamp) -> Self {
        Commit {
            now,
            round: None,
            changed: Vec::new(),
            gone: Vec::new(),
            greetings: Vec::new(),
            events: Vec::new(),
            greeted: Vec::new(),
        }
    }

    pub(super) fn put(&mut self, status: ResourceStatus, draw: bool) {
        self.changed.push((status, draw));
    }

    pub(super) fn forget(&mut self, service: &Arc<str>, resource: Resource) {
        self.gone.push((service.clone(), resource));
    }

    /// All of it or nothing. Blocks for as long as the disk does.
    pub(super) fn write(self: &Arc<Self>, store: &Store) -> Result<(), StoreError> {
        let work = || {
            let commit = self.clone();
            move |transaction: &Transaction<'_>| commit.run(transaction)
        };
        match store.write_blocking(work()) {
            // Somebody looks at the store with another program. It has been waited for already, and is once more.
            Err(StoreError::Busy { .. }) => store.write_blocking(work()),
            written => written,
        }
    }

    fn run(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        for (status, draw) in &self.changed {
            resources::put(transaction, status)?;
            if let Some(point) = HistoryPoint::of(status).filter(|_| *draw) {
                history::put(transaction, &status.service, status.resource, point)?;
            }
        }
        for (service, resource) in &self.gone {
            resources::forget(transaction, service, *resource)?;
        }
        for event in self.greetings.iter().chain(&self.events) {
            events::insert(transaction, event, self.now)?;
        }
        for id in &self.greeted {
            integrations::mark_greeted(transaction, id)?;
        }
        self.round.as_ref().map_or(Ok(()), |round| resources::put_round(transaction, round))
    }
}
