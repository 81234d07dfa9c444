//! One check: from what the probes found out to states, events and deliveries, in one transaction.

mod commit;
mod compose;
mod plan;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hookseal_health::{Resource, Sample, Severity, State, Thresholds, Transition};
use jiff::Timestamp;

use crate::probe::{Figures, Probed};
use crate::store::events::NewEvent;
use crate::store::integrations::{self, Target};
use crate::store::resources::{self, ResourceStatus};
use crate::store::{LastRound, Silence, Store, StoreError, silences};
use crate::{MessageError, RecipientGroups};
use commit::Commit;
use plan::Circumstances;

pub(crate) use compose::deliveries;
pub(crate) use plan::Track;

/// What checks are made with.
#[derive(Clone, Debug)]
pub(crate) struct RoundOptions {
    pub(crate) project: String,
    pub(crate) environment: String,
    pub(crate) thresholds: Thresholds,
    pub(crate) groups: RecipientGroups,
    /// Whether integrations that are new are sent a first message; a fleet's are sent theirs by whoever adds them.
    pub(crate) welcomes: bool,
}

/// What is remembered from check to check. The daemon is the only one who writes these rows, so they are read once.
pub(crate) struct Rounds {
    store: Store,
    options: RoundOptions,
    services: Vec<Watched>,
    /// As they were last read, for when they cannot be.
    silences: Vec<Silence>,
    targets: Vec<Target>,
}

/// A service. What was never measured has no entry.
struct Watched {
    name: Arc<str>,
    disk: Option<Entry>,
    inodes: Option<Entry>,
}

struct Entry {
    track: Track,
    /// What is remembered is not in the store.
    unstored: bool,
}

/// Something to tell.
struct Tell {
    service: Arc<str>,
    transition: Transition,
    /// The others know it.
    newcomers_only: bool,
}

/// How a check went.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The check itself; none where newcomers were greeted only.
    pub(crate) round: Option<LastRound>,
    /// Resources below the warning line and the critical one.
    pub(crate) warning: usize,
    pub(crate) critical: usize,
    /// Those that have been unknown for long enough to be shown so.
    pub(crate) unknown: usize,
    /// What was told to everybody.
    pub(crate) told: Vec<Severity>,
    /// Why nothing of it is in the store.
    pub(crate) error: Option<StoreError>,
    /// What has to be sent from memory therefore.
    pub(crate) unwritten: Vec<NewEvent>,
}

impl Rounds {
    /// Takes up where the last daemon ended. The services are those of the configuration, in its order.
    pub(crate) fn load<'a>(
        store: Store,
        options: RoundOptions,
        services: impl Iterator<Item = &'a str>,
    ) -> Result<Self, StoreError> {
        let stored = store.read(resources::all)?.into_iter();
        // What was not watched is written with the first check, as what is.
        let entry = |status: &ResourceStatus| Entry { track: Track::stored(status), unstored: !status.watched };
        let mut known: HashMap<_, _> = stored
            .map(|status| {
                let entry = entry(&status);
                ((status.service, status.resource), entry)
            })
            .collect();
        let mut take = |name: &str, resource| known.remove(&(name.to_owned(), resource));
        let services = services
            .map(|name| Watched {
                name: name.into(),
                disk: take(name, Resource::Disk),
                inodes: take(name, Resource::Inodes),
            })
            .collect();
        if !known.is_empty() {
            let gone: Vec<_> = known.into_keys().collect();
            store.write_blocking(move |transaction| {
                gone.iter().try_for_each(|(service, resource)| resources::forget(transaction, service, *resource))
            })?;
        }
        Ok(Rounds { store, options, services, silences: Vec::new(), targets: Vec::new() })
    }

    /// Evaluates what was found out about each service, in their order, and writes what changed. The check began with
    /// `started`, which was `at`. Blocks for as long as the disk does.
    pub(crate) fn check(&mut self, probed: &[Probed], at: Timestamp, started: Instant, interval: Duration) -> Outcome {
        fail::fail_point!("detect");
        self.read_circumstances(at);
        let mut commit = Commit::new(at);
        let mut outcome = Outcome::default();
        let (tells, resources) = self.evaluate(probed, at, &mut commit, &mut outcome);
        commit.round = Some(LastRound { at, took: started.elapsed(), interval, resources });
        outcome.round = commit.round;
        self.tell(&tells, commit, at, &mut outcome);
        outcome
    }

    /// Tells integrations that are new of what is open. `None` where there are none.
    pub(crate) fn greet(&mut self, now: Timestamp) -> Option<Outcome> {
        self.read_circumstances(now);
        if !self.has_newcomers() {
            return None;
        }
        let thresholds = self.options.thresholds;
        let tells: Vec<_> = self.services.iter().flat_map(|watched| watched.reminders(thresholds)).collect();
        let mut outcome = Outcome::default();
        self.tell(&tells, Commit::new(now), now, &mut outcome);
        Some(outcome)
    }

    /// What is watched, as it is remembered.
    pub(crate) fn tracks(&self) -> impl Iterator<Item = (&Arc<str>, Resource, &Track)> {
        self.services.iter().flat_map(|Watched { name, disk, inodes }| {
            let both = [(Resource::Disk, disk), (Resource::Inodes, inodes)];
            both.into_iter().filter_map(move |(resource, entry)| Some((name, resource, &entry.as_ref()?.track)))
        })
    }

    /// A store that cannot be read must not keep anything from being told.
    fn read_circumstances(&mut self, now: Timestamp) {
        let both =
            self.store.read(|connection| Ok((silences::current(connection, now)?, integrations::targets(connection)?)));
        if let Ok(both) = both {
            (self.silences, self.targets) = both;
        }
    }

    fn has_newcomers(&self) -> bool {
        self.targets.iter().any(|target| !target.greeted)
    }

    /// What there is to tell, and how many resources there are.
    fn evaluate(
        &mut self,
        probed: &[Probed],
        now: Timestamp,
        commit: &mut Commit,
        outcome: &mut Outcome,
    ) -> (Vec<Tell>, u64) {
        let has_newcomers = self.has_newcomers();
        let thresholds = self.options.thresholds;
        let circumstances = Circumstances { now, thresholds, silences: &self.silences };
        let (mut tells, mut resources) = (Vec::new(), 0);
        for (watched, probed) in self.services.iter_mut().zip(probed) {
            let told_before = tells.len();
            for (resource, figures) in watched.seen(probed, commit) {
                let Watched { name, disk, inodes } = &mut *watched;
                let entry = if resource == Resource::Disk { disk } else { inodes };
                let entry = entry.get_or_insert_with(|| Entry { track: Track::new(now), unstored: true });
                let step = entry.track.step(name, resource, &figures, &circumstances);
                tells.extend(step.tell.map(|transition| Tell::new(name, transition)));
                if step.store || entry.unstored {
                    commit.put(entry.track.status(name, resource), step.draw);
                    entry.unstored = true; // until it is committed
                }
                resources += 1;
                outcome.warning += usize::from(entry.track.state == State::Warning);
                outcome.critical += usize::from(entry.track.state == State::Critical);
                outcome.unknown += usize::from(entry.track.unknown_rounds >= ResourceStatus::UNKNOWN_AFTER);
            }
            if has_newcomers {
                let told: Vec<_> = tells[told_before..].iter().map(|tell: &Tell| tell.transition.resource).collect();
                let untold = |tell: &Tell| !told.contains(&tell.transition.resource);
                tells.extend(watched.reminders(thresholds).filter(untold));
            }
        }
        (tells, resources)
    }

    fn tell(&mut self, tells: &[Tell], mut commit: Commit, now: Timestamp, outcome: &mut Outcome) {
        if let Err(error) = self.compose(tells, now, &mut commit) {
            outcome.error = Some(error.into());
            return;
        }
        outcome.told = tells.iter().filter(|tell| !tell.newcomers_only).map(|tell| tell.transition.severity).collect();
        let commit = Arc::new(commit);
        fail::fail_point!("commit");
        let written = commit.write(&self.store);
        fail::fail_point!("commit_done");
        match written {
            Ok(()) => self.services.iter_mut().flat_map(Watched::entries).for_each(|entry| entry.unstored = false),
            Err(error) => {
                outcome.error = Some(error);
                // Newcomers stay newcomers: they are told once that can be written down.
                outcome.unwritten.clone_from(&commit.events);
            }
        }
    }

    fn compose(&self, tells: &[Tell], now: Timestamp, commit: &mut Commit) -> Result<(), MessageError> {
        let newcomers = || self.targets.iter().filter(|target| !target.greeted);
        for newcomer in newcomers() {
            commit.greetings.extend(compose::welcome(&self.options, newcomer, now)?);
            commit.greeted.push(newcomer.id.clone());
        }
        for tell in tells {
            let audience = self.targets.iter().filter(|target| !tell.newcomers_only || !target.greeted);
            let event = compose::notification(&self.options, tell, audience, now)?;
            if tell.newcomers_only { commit.greetings.push(event) } else { commit.events.push(event) }
        }
        Ok(())
    }
}

impl Watched {
    /// What there is to evaluate. What was never measured is not unknown, and file systems that count no inodes have none.
    fn seen(&mut self, probed: &Probed, commit: &mut Commit) -> impl Iterator<Item = (Resource, Figures)> + use<> {
        let inodes = match (&probed.inodes, &self.inodes) {
            (Some(figures), None) if figures.sample == Sample::Unknown => None,
            (Some(figures), _) => Some(figures.clone()),
            (None, None) => None,
            (None, Some(entry)) if entry.track.announced == State::Ok && entry.track.state == State::Ok => {
                commit.forget(&self.name, Resource::Inodes);
                self.inodes = None;
                None
            }
            // Nobody knows whether it is better now, so nobody clears it.
            (None, Some(_)) => {
                let reason = "inodes are no longer counted there";
                Some(Figures { sample: Sample::Unknown, reason: Some(reason.into()) })
            }
        };
        let disk = Some((Resource::Disk, probed.disk.clone()));
        [disk, inodes.map(|figures| (Resource::Inodes, figures))].into_iter().flatten()
    }

    fn entries(&mut self) -> impl Iterator<Item = &mut Entry> {
        [&mut self.disk, &mut self.inodes].into_iter().flatten()
    }

    /// What newcomers have to hear.
    fn reminders(&self, thresholds: Thresholds) -> impl Iterator<Item = Tell> {
        let of = move |entry: &Option<Entry>, resource| {
            let transition = entry.as_ref()?.track.remind(resource, thresholds)?;
            Some(Tell { newcomers_only: true, ..Tell::new(&self.name, transition) })
        };
        [of(&self.disk, Resource::Disk), of(&self.inodes, Resource::Inodes)].into_iter().flatten()
    }
}

impl Tell {
    fn new(service: &Arc<str>, transition: Transition) -> Self {
        Tell { service: service.clone(), transition, newcomers_only: false }
    }
}

#[cfg(test)]
mod tests;
