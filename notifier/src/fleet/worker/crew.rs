//! Who works for a worker: a lane for each subject of each integration, as the buckets say which there are.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::kv::Entry;
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::endpoint::Endpoint;
use super::lane::Lane;
use super::{Shared, notices};
use crate::IntegrationId;
use crate::fleet::bucket::{self, Change};
use crate::fleet::record::{HeadRecord, HealthRecord, IntegrationRecord};
use crate::fleet::{FleetError, FleetHost, names};

/// How often is looked for what belongs to no integration any more.
const TIDY: Duration = Duration::from_secs(10 * 60);

/// How often is asked how far behind the workers are.
const MEASURE: Duration = Duration::from_secs(5);

pub(super) struct Crew {
    shared: Arc<Shared>,
    members: HashMap<IntegrationId, Member>,
    /// How all endpoints fare, those without members too: which bucket tells first is not known.
    healths: HashMap<IntegrationId, HealthRecord>,
}

struct Member {
    endpoint: Arc<Endpoint>,
    stop: CancellationToken,
    lanes: Vec<JoinHandle<()>>,
}

impl Crew {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Crew { shared, members: HashMap::new(), healths: HashMap::new() }
    }

    pub(super) async fn run(mut self) {
        let shared = self.shared.clone();
        let (sender, mut healths) = mpsc::channel(256);
        let following_health = tokio::spawn(bucket::follow(shared.fleet.clone(), |parts| &parts.health, sender));
        let (sender, mut integrations) = mpsc::channel(64);
        let following = tokio::spawn(bucket::follow(shared.fleet.clone(), |parts| &parts.integrations, sender));
        let every = |period: Duration| {
            let mut interval = tokio::time::interval(period);
            interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
            interval
        };
        let mut report = every((shared.report_after / 4).clamp(Duration::from_millis(100), Duration::from_secs(30)));
        let (mut beat, mut tidy, mut measure) = (every(shared.fleet.options().beat), every(TIDY), every(MEASURE));
        let mut connected = shared.fleet.connected();
        loop {
            tokio::select! {
                biased;
                () = shared.stop.cancelled() => break,
                // In front of integrations, so that a paused one is not pulled for at the start.
                Some(change) = healths.recv() => self.health(change),
                Some(change) = integrations.recv() => self.change(change).await,
                Ok(()) = connected.changed() => shared.note(|_| {}),
                _ = beat.tick() => self.in_background("the worker's record", beat_once(shared.clone())),
                _ = measure.tick() => self.in_background("what waits", measure_once(shared.clone())),
                _ = tidy.tick() => self.in_background("what is left over", tidy_once(shared.clone())),
                _ = report.tick() => {
                    let standings = self.members.values().map(|member| member.endpoint.clone()).collect();
                    self.in_background("notices", notices::report(shared.clone(), standings));
                }
            }
        }
        following.abort();
        following_health.abort();
        self.stop_all().await;
    }

    /// One at a time of each would do; they are short, and what they do can be done twice.
    fn in_background(&self, about: &'static str, work: impl Future<Output = Result<(), FleetError>> + Send + 'static) {
        let shared = self.shared.clone();
        tokio::spawn(async move {
            if shared.fleet.is_connected() {
                let done = work.await;
                shared.note_outcome(about, done.as_ref().map(drop));
            }
        });
    }

    async fn stop_all(&mut self) {
        let shared = &self.shared;
        let members: Vec<_> = self.members.drain().map(|(_, member)| member).collect();
        for member in &members {
            member.stop.cancel();
        }
        for lane in members.into_iter().flat_map(|member| member.lanes) {
            let _ = lane.await; // one that has failed by an error of ours has ended, too
        }
        shared.recorder.close();
        shared.tasks.close();
        // What the servers do not confirm is given out again.
        let _ = tokio::time::timeout(shared.fleet.options().ack_wait, shared.tasks.wait()).await;
        if shared.fleet.is_connected() {
            let _ = shared.fleet.say_goodbye("worker", &shared.key).await;
            let _ = shared.fleet.jetstream().client().flush().await;
        }
    }

    fn health(&mut self, change: Change) {
        match change {
            Change::All(entries) => {
                let told: HashSet<IntegrationId> = entries.iter().filter_map(|entry| entry.key.parse().ok()).collect();
                let gone: Vec<_> = self.healths.keys().filter(|id| !told.contains(*id)).cloned().collect();
                gone.iter().for_each(|id| self.set_health(id, HealthRecord::default()));
                entries.iter().for_each(|entry| self.health_entry(entry));
            }
            Change::Put(entry) => self.health_entry(&entry),
            Change::Gone(key) => match head_of(&key) {
                Some((id, partition)) => self.with_endpoint(&id, |endpoint| endpoint.set_head(partition, None)),
                None => {
                    if let Ok(id) = key.parse() {
                        self.set_health(&id, HealthRecord::default());
                    }
                }
            },
        }
    }

    /// What cannot be read is as if it were not there: the endpoint is tried.
    fn health_entry(&mut self, entry: &Entry) {
        if let Some((id, partition)) = head_of(&entry.key) {
            let head = bucket::value::<HeadRecord>("a record", entry).ok();
            self.with_endpoint(&id, |endpoint| endpoint.set_head(partition, head));
        } else if let Ok(id) = entry.key.parse() {
            self.set_health(&id, bucket::value("an integration's health", entry).unwrap_or_default());
        }
    }

    fn set_health(&mut self, id: &IntegrationId, health: HealthRecord) {
        self.with_endpoint(id, |endpoint| endpoint.set_health(health.clone()));
        self.healths.insert(id.clone(), health);
    }

    fn with_endpoint(&self, id: &IntegrationId, work: impl FnOnce(&Endpoint)) {
        if let Some(member) = self.members.get(id) {
            work(&member.endpoint);
        }
    }

    async fn change(&mut self, change: Change) {
        match change {
            Change::All(entries) => {
                let there: HashSet<IntegrationId> = entries.iter().filter_map(|entry| entry.key.parse().ok()).collect();
                let gone: Vec<_> = self.members.keys().filter(|id| !there.contains(*id)).cloned().collect();
                for id in gone {
                    self.deleted(&id).await;
                }
                for entry in &entries {
                    self.put(entry).await;
                }
                self.in_background("what is left over", tidy_once(self.shared.clone()));
            }
            Change::Put(entry) => self.put(&entry).await,
            Change::Gone(key) => {
                if let Ok(id) = key.parse() {
                    self.deleted(&id).await;
                }
            }
        }
        let count = self.members.len();
        self.shared.note(|board| board.integrations = count);
    }

    async fn put(&mut self, entry: &Entry) {
        let record = bucket::value::<IntegrationRecord>("an integration", entry);
        let opened = record.and_then(|record| Ok((record.open(self.shared.fleet.vault())?, record)));
        match opened {
            Ok((integration, record)) => {
                self.shared.note(|board| drop(board.unusable.remove(&record.id)));
                match self.members.get(&record.id) {
                    Some(member) if member.endpoint.partitions == record.partitions.max(1) => {
                        member.endpoint.set_integration(integration);
                    }
                    _ => {
                        self.dismiss(&record.id).await;
                        let health = self.healths.get(&record.id).cloned().unwrap_or_default();
                        self.employ(Endpoint::new(&record, integration, health));
                    }
                }
            }
            // What waits for it waits until it can be read, by a worker with another key or after an update.
            Err(error) => {
                if let Ok(id) = entry.key.parse::<IntegrationId>() {
                    self.dismiss(&id).await;
                    self.shared.note(|board| drop(board.unusable.insert(id, error.to_string())));
                }
            }
        }
    }

    fn employ(&mut self, endpoint: Endpoint) {
        let (endpoint, stop) = (Arc::new(endpoint), CancellationToken::new());
        let lane = |partition| {
            let lane = Lane::new(self.shared.clone(), endpoint.clone(), partition, stop.clone());
            tokio::spawn(lane.run())
        };
        let lanes = (0..endpoint.partitions).map(lane).collect();
        self.members.insert(endpoint.id.clone(), Member { endpoint, stop, lanes });
    }

    async fn dismiss(&mut self, id: &IntegrationId) {
        if let Some(member) = self.members.remove(id) {
            member.stop.cancel();
            for lane in member.lanes {
                let _ = lane.await;
            }
        }
    }

    async fn deleted(&mut self, id: &IntegrationId) {
        self.dismiss(id).await;
        self.healths.remove(id);
        self.shared.note(|board| drop(board.unusable.remove(id)));
        let (shared, id) = (self.shared.clone(), id.clone());
        self.in_background("what is left over", async move { shared.remove_all_of(&id).await });
    }
}

impl Shared {
    /// What waits for an integration that is no more, and what is remembered of it.
    async fn remove_all_of(&self, id: &IntegrationId) -> Result<(), FleetError> {
        const WHAT: &str = "what belonged to a deleted integration";
        let failed = |error: &dyn std::fmt::Display| FleetError::request(WHAT, error);
        let parts = self.fleet.parts().await?;
        let names: Vec<String> =
            parts.deliveries.consumer_names().try_collect().await.map_err(|error| failed(&error))?;
        for name in names {
            if names::consumed(&name).is_some_and(|(of, _)| of == *id) {
                let _ = parts.deliveries.delete_consumer(&name).await; // another worker may have been quicker
            }
        }
        let purge = parts.deliveries.purge().filter(names::delivery_subjects(id));
        purge.await.map_err(|error| failed(&error))?;
        for entry in bucket::read(&parts.health).await? {
            if entry.key == id.as_str() || head_of(&entry.key).is_some_and(|(of, _)| of == *id) {
                parts.health.purge(&entry.key).await.map_err(|error| failed(&error))?;
            }
        }
        Ok(())
    }
}

fn head_of(key: &str) -> Option<(IntegrationId, u32)> {
    let (id, partition) = key.split_once('.')?;
    Some((id.parse().ok()?, partition.parse().ok()?))
}

async fn beat_once(shared: Arc<Shared>) -> Result<(), FleetError> {
    let status = shared.status();
    let host = FleetHost {
        role: "worker".to_owned(),
        name: shared.name.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: shared.started_at,
        seen_at: crate::fleet::integrations::now(),
        waiting: status.sending,
        delivered: status.delivered,
        resources: 0,
        warning: 0,
        critical: 0,
    };
    shared.fleet.beat(&shared.key, &host).await
}

async fn measure_once(shared: Arc<Shared>) -> Result<(), FleetError> {
    let (lag, dead) = (shared.fleet.lag().await?, shared.fleet.count_dead_letters().await?);
    shared.metrics.measured(lag, dead);
    Ok(())
}

/// Removes what belongs to no integration: it was deleted while no worker was there, or a host had not heard of that yet.
async fn tidy_once(shared: Arc<Shared>) -> Result<(), FleetError> {
    const WHAT: &str = "what waits";
    let failed = |error: &dyn std::fmt::Display| FleetError::request(WHAT, error);
    let parts = shared.fleet.parts().await?;
    let mut found = HashSet::new();
    let mut consumers = parts.deliveries.consumer_names();
    while let Some(name) = consumers.next().await {
        found.extend(names::consumed(&name.map_err(|error| failed(&error))?).map(|(id, _)| id));
    }
    let mut subjects =
        parts.deliveries.info_with_subjects(names::DELIVERY_SUBJECTS).await.map_err(|error| failed(&error))?;
    while let Some((subject, _)) = subjects.try_next().await.map_err(|error| failed(&error))? {
        found.extend(subject.split('.').nth(2).and_then(|id| id.parse().ok()));
    }
    // In this order: an integration is there before anything is published to it.
    let there: HashSet<_> = shared.fleet.records().await?.into_iter().map(|record| record.id).collect();
    for id in found.difference(&there) {
        shared.remove_all_of(id).await?;
    }
    Ok(())
}
