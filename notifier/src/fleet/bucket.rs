//! What all buckets have in common: reading one wholly, and following what changes in it.

use std::collections::{BTreeMap, HashSet};
use std::time::{Duration, Instant};

use async_nats::jetstream::kv::{Entry, Operation, Store};
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;

use super::handle::Parts;
use super::{Fleet, FleetError};

/// Until a bucket that could not be followed is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// How long reading a bucket may take between two of its entries.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was there at the start and has become too old meanwhile is not waited for any longer, once the server says that that
/// is all.
const MOMENT: Duration = Duration::from_secs(1);

const WHAT: &str = "a bucket's entries";

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
    /// The subjects of the entries that were there at the start and have not come yet. The server's own count of what is to come
    /// may end at 0 too early, or never, where entries are replaced meanwhile.
    awaited: HashSet<String>,
}

impl Reading {
    async fn start(bucket: &Store) -> Result<Self, FleetError> {
        // In this order: what is put between the two is told as a change.
        let subjects = format!("{}>", bucket.prefix);
        let info =
            bucket.stream.info_with_subjects(subjects).await.map_err(|error| FleetError::request(WHAT, error))?;
        let is_empty = info.info.state.messages == 0;
        let awaited: Vec<_> = info
            .map_ok(|(subject, _)| subject)
            .try_collect()
            .await
            .map_err(|error| FleetError::request(WHAT, error))?;
        let watch = bucket.watch_with_history(">").await.map_err(|error| FleetError::request(WHAT, error))?;
        Ok(Reading { watch, is_empty, awaited: awaited.into_iter().collect() })
    }

    async fn read_all(&mut self) -> Result<Vec<Entry>, FleetError> {
        let failed = |reason: &str| FleetError::request(WHAT, reason);
        let mut all = BTreeMap::new();
        let mut progress = Instant::now();
        let mut may_be_all = false;
        while !self.is_empty {
            let entry = match tokio::time::timeout(if may_be_all { MOMENT } else { PATIENCE }, self.watch.next()).await
            {
                Ok(entry) => {
                    entry.ok_or_else(|| failed("it broke off"))?.map_err(|error| failed(&error.to_string()))?
                }
                Err(_) if may_be_all => break,
                Err(_) => return Err(failed("no answer in time")),
            };
            if self.awaited.remove(&format!("$KV.{}.{}", entry.bucket, entry.key)) {
                progress = Instant::now();
            }
            may_be_all = entry.delta == 0;
            // What has not come for so long while others did is too old to be there.
            self.is_empty = self.awaited.is_empty() || progress.elapsed() > PATIENCE;
            match entry.operation {
                // In the place of an older one that was replaced meanwhile.
                Operation::Put => drop(all.insert(entry.key.clone(), entry)),
                Operation::Delete | Operation::Purge => drop(all.remove(&entry.key)),
            }
        }
        Ok(all.into_values().collect())
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
