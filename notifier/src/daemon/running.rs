//! The loop that everything but deliveries happens in, one thing at a time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use super::courier::Courier;
use super::{Inner, report};
use crate::deliver::Unwritten;
use crate::round::{Outcome, RoundOptions, Rounds};
use crate::store::events::NewEvent;
use crate::store::{integrations, retention};
use crate::{Channels, Config, DaemonLock, Prober, Retention};

/// How often is asked what others have changed.
const LOOK: Duration = Duration::from_secs(1);

/// How often the ballast is looked after.
const KEEP: Duration = Duration::from_secs(60);

/// How often is dropped what is too old.
const DROP_OLD: Duration = Duration::from_secs(60 * 60);

pub(super) struct Running {
    inner: Arc<Inner>,
    courier: Courier,
    channels: Channels,
    rounds: Arc<Mutex<Rounds>>,
    options: RoundOptions,
    config: Config,
    report_after: Duration,
    heartbeat: Option<JoinHandle<()>>,
    /// What the store's number was when it was last looked at.
    data_version: Option<i64>,
}

impl Running {
    pub(super) fn new(
        inner: Arc<Inner>,
        courier: Courier,
        channels: Channels,
        rounds: Arc<Mutex<Rounds>>,
        options: RoundOptions,
        config: Config,
        report_after: Duration,
    ) -> Self {
        Running { inner, courier, channels, rounds, options, config, report_after, heartbeat: None, data_version: None }
    }

    /// Until it is told to stop.
    pub(super) async fn run(mut self, prober: Prober, lock: DaemonLock) {
        let inner = self.inner.clone();
        let stopped = inner.stop.clone().cancelled_owned();
        tokio::select! {
            () = stopped => {}
            () = self.work(Arc::new(prober)) => {}
        }
        self.courier.stop().await;
        // A check that was cut off while it wrote ends first: nobody else may have the store before.
        let rounds = self.rounds.clone();
        let _ = blocking(move || drop(rounds.lock())).await;
        drop((self, lock));
        inner.stopped.send_replace(true);
    }

    async fn work(&mut self, prober: Arc<Prober>) {
        let inner = self.inner.clone();
        let mut changes = inner.store.changes();
        // By the monotonic clock. One that is missed is skipped.
        let every = |period| {
            let mut interval = tokio::time::interval(period);
            interval.set_missed_tick_behavior(MissedTickBehavior::Skip);
            interval
        };
        let mut check = every(self.config.interval);
        let (mut look, mut keep, mut drop_old) = (every(LOOK), every(KEEP), every(DROP_OLD));
        let mut report = every((self.report_after / 4).clamp(Duration::from_millis(100), Duration::from_secs(30)));
        loop {
            tokio::select! {
                _ = check.tick() => self.check(prober.clone()).await,
                () = inner.check_now.notified() => self.check(prober.clone()).await,
                _ = look.tick() => self.look(false).await,
                Ok(()) = changes.changed() => self.look(true).await,
                _ = report.tick() => self.report().await,
                _ = keep.tick() => self.keep_ballast().await,
                _ = drop_old.tick() => self.drop_old().await,
            }
        }
    }

    async fn check(&mut self, prober: Arc<Prober>) {
        let (at, started) = (Timestamp::now(), Instant::now());
        // A task of its own: cut off, it ends by itself.
        let Ok(probed) = tokio::spawn(async move { prober.round().await }).await else { return };
        let (rounds, interval) = (self.rounds.clone(), self.config.interval);
        let checked = blocking(move || lock(&rounds).check(&probed, at, started, interval)).await;
        let Some(outcome) = checked else { return };
        self.inner.metrics.checked(started.elapsed(), &outcome);
        self.inner.board.checked();
        #[cfg(feature = "nats")]
        self.courier.checked(&outcome);
        self.inner.board.note(|status| {
            status.round = outcome.round;
            (status.warning, status.critical, status.unknown) = (outcome.warning, outcome.critical, outcome.unknown);
        });
        self.deliver(outcome);
        self.call_heartbeat();
    }

    /// What others have changed: new integrations are greeted, and the engine sees what is to be sent.
    async fn look(&mut self, is_ours: bool) {
        self.inner.board.note(|_| {}); // shows how many deliveries there are by now
        match self.inner.store.data_version().await {
            Ok(version) if self.data_version.replace(version) == Some(version) && !is_ours => return,
            Ok(_) => {}
            Err(error) => return self.inner.board.note(|status| status.store_error = Some(error.to_string())),
        }
        let (rounds, store) = (self.rounds.clone(), self.inner.store.clone());
        let looked = blocking(move || {
            let unusable = store.read_integrations().unwrap_or_default().into_iter().filter_map(Result::err);
            let unusable: Vec<_> = unusable.map(|error| error.to_string()).collect();
            (lock(&rounds).greet(Timestamp::now()), unusable)
        });
        let Some((greeted, unusable)) = looked.await else { return };
        self.inner.board.note(|status| status.unusable = unusable);
        match greeted {
            Some(outcome) => self.deliver(outcome),
            None => self.courier.look(),
        }
    }

    fn deliver(&self, outcome: Outcome) {
        let error = outcome.error.map(|error| error.to_string());
        self.inner.board.note(|status| status.store_error = error);
        if !outcome.unwritten.is_empty() {
            self.courier.send_unwritten(outcome.unwritten.into_iter().flat_map(unwritten).collect());
        }
        self.courier.look();
    }

    /// It must not hold up anything, nor pile up.
    fn call_heartbeat(&mut self) {
        let is_under_way = self.heartbeat.as_ref().is_some_and(|call| !call.is_finished());
        let Some(url) = self.config.heartbeat.clone().filter(|_| !is_under_way) else { return };
        let (channels, inner) = (self.channels.clone(), self.inner.clone());
        self.heartbeat = Some(tokio::spawn(async move {
            let sent = channels.call(&url).await;
            let error = match sent.outcome {
                crate::Outcome::Delivered => None,
                _ => Some(sent.exchange.error.unwrap_or_else(|| "it was not answered as it should be".to_owned())),
            };
            inner.board.note(|status| status.heartbeat_error = error);
        }));
    }

    async fn report(&mut self) {
        let (store, options, after) = (self.inner.store.clone(), self.options.clone(), self.report_after);
        let reported = blocking(move || {
            let reported = report::report(&store, &options, after, Timestamp::now());
            (reported, store.read(integrations::standings))
        });
        // What cannot be written now is reported the next time.
        let Some((reported, standings)) = reported.await else { return };
        if let Ok(standings) = standings {
            self.inner.metrics.note_standings(standings);
        }
        if reported.unwrap_or_default() {
            self.courier.look();
        }
    }

    async fn keep_ballast(&mut self) {
        let store = self.inner.store.clone();
        let held = blocking(move || store.hold_ballast()).await;
        self.inner.board.note(|status| status.has_ballast = matches!(held, Some(Ok(true))));
    }

    /// What cannot be dropped now is dropped an hour later.
    async fn drop_old(&mut self) {
        let store = &self.inner.store;
        let Retention { history, activities } = self.config.retention.clone();
        if let Some(before) = ago(activities) {
            while let Ok(true) = store.write(move |transaction| retention::drop_activities(transaction, before)).await {
            }
        }
        let Some(before) = ago(history) else { return };
        let unwatched = store.write(move |transaction| retention::drop_unwatched(transaction, before));
        if unwatched.await.is_err() {
            return;
        }
        let rounds = self.rounds.clone();
        let resources = blocking(move || {
            let rounds = lock(&rounds);
            rounds.tracks().map(|(service, resource, _)| (service.clone(), resource)).collect::<Vec<_>>()
        });
        for some in resources.await.unwrap_or_default().chunks(1_000) {
            let some = some.to_vec();
            let dropped = store.write(move |transaction| {
                some.iter().try_for_each(|(service, resource)| {
                    retention::drop_history(transaction, service, *resource, before).map(drop)
                })
            });
            if dropped.await.is_err() {
                return;
            }
        }
    }
}

/// Disks take their time, and the runtime may have one thread. `None` when it failed by an error of our own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

fn lock(rounds: &Mutex<Rounds>) -> MutexGuard<'_, Rounds> {
    rounds.lock().unwrap_or_else(PoisonError::into_inner)
}

fn ago(time: Duration) -> Option<Timestamp> {
    Timestamp::now().checked_sub(SignedDuration::try_from(time).ok()?).ok()
}

fn unwritten(event: NewEvent) -> impl Iterator<Item = Unwritten> {
    let body = event.message.body;
    event.deliveries.into_iter().map(move |delivery| Unwritten {
        integration: delivery.integration.to_string(),
        lane: delivery.lane,
        recipient: delivery.recipient,
        body: body.clone(),
    })
}
