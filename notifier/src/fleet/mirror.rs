//! Copies the fleet's integrations and silences into a host's store, at once and whenever they change.

use async_nats::jetstream::kv::Entry;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::bucket::{self, Change};
use super::record::{IntegrationRecord, SilenceRecord};
use super::{Fleet, FleetError};
use crate::store::mirror;
use crate::{Silence, Store};

/// It mirrors as long as these are kept.
pub(super) fn start(fleet: &Fleet, store: &Store) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let (sender, integrations) = mpsc::channel(64);
    tasks.spawn(bucket::follow(fleet.clone(), |parts| &parts.integrations, sender));
    tasks.spawn(mirror_integrations(store.clone(), integrations));
    let (sender, silences) = mpsc::channel(64);
    tasks.spawn(bucket::follow(fleet.clone(), |parts| &parts.silences, sender));
    tasks.spawn(mirror_silences(store.clone(), silences));
    tasks
}

async fn mirror_integrations(store: Store, mut changes: mpsc::Receiver<Change>) {
    let read = |entry: &Entry| bucket::value::<IntegrationRecord>("an integration", entry)?.copied();
    while let Some(change) = changes.recv().await {
        let Some(change) = changed(change, read) else { continue };
        // A disk that is full has room again some day.
        while store.mirror_integrations(change.clone()).await.is_err() {
            tokio::time::sleep(super::AGAIN).await;
        }
    }
}

async fn mirror_silences(store: Store, mut changes: mpsc::Receiver<Change>) {
    let read = |entry: &Entry| bucket::value::<SilenceRecord>("a silence", entry).map(Silence::from);
    while let Some(change) = changes.recv().await {
        let Some(change) = changed(change, read) else { continue };
        while store.mirror_silences(change.clone()).await.is_err() {
            tokio::time::sleep(super::AGAIN).await;
        }
    }
}

/// One that cannot be read must not stand in the way of the others; workers tell of it.
fn changed<T>(change: Change, read: impl Fn(&Entry) -> Result<T, FleetError>) -> Option<mirror::Change<T>> {
    match change {
        Change::All(entries) => {
            Some(mirror::Change::All(entries.iter().filter_map(|entry| read(entry).ok()).collect()))
        }
        Change::Put(entry) => read(&entry).ok().map(mirror::Change::Put),
        Change::Gone(id) => Some(mirror::Change::Gone(id)),
    }
}
