//! What all buckets have in common: reading one wholly, and following what changes in it.

use std::time::Duration;

use async_nats::jetstream::kv::{Entry, Operation, Store};
use futures_util::StreamExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use super::handle::Parts;
use super::{Fleet, FleetError};

/// Until a bucket that could not be followed is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// How long reading a bucket may take between two of its entries.
const PATIENCE: Duration = Duration::from_secs(5);

/// What has changed in a bucket.
pub(super) enum Change {
    /// This is all there is: at the start, and after every interruption.
    All(Vec<Entry>),
    Put(Entry),
    Gone(String),
}

/// Every entry that has a value.
pub(super) async fn read(bucket: &Store) -> Result<Vec<Entry>, FleetError> {
    let mut reading = Reading::start(bucket).await?;
    reading.read_all().await
}

/// Tells of everything in a bucket and then of each change, until nobody listens any more.
pub(super) async fn follow(fleet: Fleet, bucket: fn(&Parts) -> &Store, changes: mpsc::Sender<Change>) {
    loop {
        // It begins anew with everything, so that nothing is missed, whatever went wrong.
        let _ = follow_once(&fleet, bucket, &changes).await;
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            () = changes.closed() => return,
        }
    }
}

async fn follow_once(
    fleet: &Fleet,
    bucket: fn(&Parts) -> &Store,
    changes: &mpsc::Sender<Change>,
) -> Result<(), FleetError> {
    let mut connected = fleet.connected();
    connected.mark_unchanged();
    let mut reading = Reading::start(bucket(fleet.parts().await?)).await?;
    // A bucket in which nothing ever was, not even something that was deleted, is new, or has lost what it had. Nobody has
    // deleted anything, and nothing is deleted therefore.
    let is_new = reading.is_empty;
    let all = reading.read_all().await?;
    if !is_new && changes.send(Change::All(all)).await.is_err() {
        return Ok(());
    }
    loop {
        let entry = tokio::select! {
            entry = reading.watch.next() => entry,
            // A server that was away has forgotten who watches.
            Ok(()) = connected.changed() => match *connected.borrow_and_update() {
                true => return Ok(()),
                false => continue,
            },
            () = changes.closed() => return Ok(()),
        };
        let Some(entry) = entry else { return Ok(()) };
        let entry = entry.map_err(|error| FleetError::request("changes", error))?;
        let change = match entry.operation {
            Operation::Put => Change::Put(entry),
            Operation::Delete | Operation::Purge => Change::Gone(entry.key),
        };
        if changes.send(change).await.is_err() {
            return Ok(());
        }
    }
}

struct Reading {
    watch: async_nats::jetstream::kv::Watch,
    is_empty: bool,
}

impl Reading {
    async fn start(bucket: &Store) -> Result<Self, FleetError> {
        // In this order: what is put between the two is told as a change.
        let info = bucket.stream.get_info().await.map_err(|error| FleetError::request("a bucket's entries", error))?;
        let watch =
            bucket.watch_with_history(">").await.map_err(|error| FleetError::request("a bucket's entries", error))?;
        Ok(Reading { watch, is_empty: info.state.messages == 0 })
    }

    async fn read_all(&mut self) -> Result<Vec<Entry>, FleetError> {
        let mut all = Vec::new();
        while !self.is_empty {
            let entry = tokio::time::timeout(PATIENCE, self.watch.next()).await;
            let failed = |reason: &str| FleetError::request("a bucket's entries", reason);
            let entry = entry.map_err(|_| failed("no answer in time"))?.ok_or_else(|| failed("it broke off"))?;
            let entry = entry.map_err(|error| failed(&error.to_string()))?;
            self.is_empty = entry.delta == 0;
            if entry.operation == Operation::Put {
                all.push(entry);
            }
        }
        Ok(all)
    }
}

/// What an entry says.
pub(super) fn value<T: DeserializeOwned>(what: &'static str, entry: &Entry) -> Result<T, FleetError> {
    serde_json::from_slice(&entry.value).map_err(|error| FleetError::unreadable(what, error))
}

pub(super) fn json<T: Serialize>(value: &T) -> bytes::Bytes {
    // Records are structs of texts and numbers: there is nothing in them that JSON could not hold.
    serde_json::to_vec(value).unwrap_or_default().into()
}
