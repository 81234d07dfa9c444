//! One subject: its messages one after the other, each until it has arrived or is given up.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream::{AckKind, Message as StreamMessage};
use bytes::Bytes;
use futures_util::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::endpoint::{Endpoint, State};
use super::schedule::{self, Fate, Head, Step};
use crate::deliver::Tally;
use crate::deliver::schedule::recovery_gap;
use crate::fleet::delivery::Delivery;
use crate::fleet::integrations::{has_value, now};
use crate::fleet::record::HeadRecord;
use crate::fleet::{AGAIN, FleetAttempt, FleetError, bucket, names};
use crate::{Arrival, Attempted, Exchange, Integration, IntegrationType, Message, MessageError, Outcome, Sent};

/// A message that waits for its next attempt comes back after this, so that whoever wakes it need not wait for longer.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Pulls that are asked for at a time. The server gives one message out at a time all the same.
const PULLS: usize = 4;

/// How long the server waits for messages until a pull is repeated.
const PULL: Duration = Duration::from_secs(30);

/// What the server may have sent before it hears that we stop.
const LATE: Duration = Duration::from_millis(100);

/// How often an acknowledgement is repeated that the server did not confirm.
const ACKNOWLEDGEMENTS: usize = 3;

pub(super) struct Lane {
    shared: Arc<Shared>,
    endpoint: Arc<Endpoint>,
    partition: u32,
    stop: CancellationToken,
    /// The endpoint has just come back, and has its backlog to take.
    recovers: bool,
}

/// What is to be sent, and to whom.
struct Parcel {
    delivery: Delivery,
    told: Result<Message, MessageError>,
    integration: Arc<Integration>,
}

/// A message that was pulled, and what the server says of it.
struct Pulled {
    message: StreamMessage,
    sequence: u64,
    published: Timestamp,
    is_redelivered: bool,
    pending: u64,
}

impl Lane {
    pub(super) fn new(shared: Arc<Shared>, endpoint: Arc<Endpoint>, partition: u32, stop: CancellationToken) -> Self {
        Lane { shared, endpoint, partition, stop, recovers: false }
    }

    /// Until it is told to stop.
    pub(super) async fn run(mut self) {
        let about = names::consumer(&self.endpoint.id, self.partition);
        let stop = self.stop.clone();
        while !stop.is_cancelled() {
            let mut state = self.endpoint.state.subscribe();
            tokio::select! {
                active = state.wait_for(|state| !state.health.is_paused()) => if active.is_err() { return },
                () = stop.cancelled() => return,
            }
            let pulled = self.pull().await;
            self.shared.note_outcome(&about, pulled.as_ref().map(drop));
            if pulled.is_err() {
                tokio::select! {
                    () = tokio::time::sleep(AGAIN) => {}
                    () = stop.cancelled() => {}
                }
            }
        }
        self.shared.note_outcome(&about, Ok(()));
    }

    /// Until it is told to stop, or the integration is paused.
    async fn pull(&mut self) -> Result<(), FleetError> {
        const WHAT: &str = "deliveries";
        let consumer = self.shared.fleet.consumer(&self.endpoint.id, self.partition).await?;
        // A server that is lost takes our pulls with it, of which nothing tells but that it is silent.
        let heartbeat = (self.shared.fleet.options().ack_wait / 3).min(PULL / 3);
        let pulls = consumer.stream().max_messages_per_batch(PULLS).expires(PULL).heartbeat(heartbeat);
        let mut messages = pulls.messages().await.map_err(|error| FleetError::request(WHAT, error))?;
        let about = names::consumer(&self.endpoint.id, self.partition);
        self.shared.note_outcome(&about, Ok(()));
        let mut state = self.endpoint.state.subscribe();
        let mut connected = self.shared.fleet.connected();
        connected.mark_unchanged();
        loop {
            let message = tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                changed = state.changed() => match changed {
                    Ok(()) if !state.borrow_and_update().health.is_paused() => continue,
                    _ => break,
                },
                // A server that was away has forgotten what was asked of it.
                Ok(()) = connected.changed() => match *connected.borrow_and_update() {
                    true => return Ok(()),
                    false => continue,
                },
                message = messages.next() => message,
            };
            let Some(message) = message else { return Ok(()) };
            let message = message.map_err(|error| FleetError::request(WHAT, error))?;
            if let Some(pulled) = Pulled::read(message) {
                self.handle(pulled).await;
            }
            // A message that nobody could have sent to us cannot be acknowledged either.
        }
        // What came meanwhile is another worker's, at once.
        let late = tokio::time::timeout(LATE, messages.next()).await;
        drop(messages);
        if let Ok(Some(Ok(message))) = late {
            let _ = message.ack_with(AckKind::Nak(None)).await; // it comes back by itself, only later
        }
        Ok(())
    }

    async fn handle(&mut self, pulled: Pulled) {
        let delivery = match Delivery::read(pulled.message.headers.as_ref(), pulled.message.payload.clone()) {
            Ok(delivery) => delivery,
            // It cannot be read the next time either.
            Err(error) => return self.give_up(&pulled, 0, Some(error.to_string())).await,
        };
        let State { integration, health } = self.endpoint.state();
        let parcel = Parcel { told: Message::read(delivery.body.clone()), delivery, integration };
        let record = self.head_record(&pulled).await;
        let Pulled { sequence, published, .. } = pulled;
        let head = Head { sequence, published, record: record.as_ref(), health: &health };
        match head.step(&self.shared.settings, now()) {
            Step::Wait(wait) => self.give_back(&pulled, wait.min(LOOK_AGAIN)).await,
            Step::Expired => {
                self.record(&parcel, 0, "expired", None, &Exchange::default(), true).await;
                Tally::add(&self.shared.tally.dead, 1);
                self.give_up(&pulled, 0, health.last_error.clone()).await;
            }
            Step::Send { attempt } if self.was_sent(&parcel).await => {
                self.shared.metrics.skipped.inc();
                self.done(&pulled, attempt > 1).await;
            }
            Step::Send { attempt } => self.send(&pulled, &parcel, head, attempt).await,
        }
    }

    async fn send(&mut self, pulled: &Pulled, parcel: &Parcel, head: Head<'_>, attempt: u32) {
        let started = Instant::now();
        let sent = self.holding(pulled, self.exchange(parcel)).await;
        let exchange = &sent.exchange;
        match sent.outcome {
            Outcome::Delivered => {
                self.tell(parcel, attempt, Arrival::Delivered, exchange);
                self.record(parcel, attempt, "delivered", None, exchange, false).await;
                if parcel.cannot_be_discarded() {
                    self.remember_sent(pulled, &parcel.delivery).await;
                }
                let gap = self.gap(&parcel.integration, pulled, head.health.is_failing());
                if let Some(rest) = gap.checked_sub(started.elapsed()).filter(|rest| !rest.is_zero()) {
                    // The next one is not given out, to whichever worker, before this one is acknowledged.
                    self.holding(pulled, tokio::time::sleep(rest)).await;
                }
                self.note_success(head.health.is_failing()).await;
                Tally::add(&self.shared.tally.delivered, 1);
                self.done(pulled, attempt > 1).await;
            }
            Outcome::Refused => {
                self.tell(parcel, attempt, Arrival::Dead, exchange);
                self.record(parcel, attempt, "refused", None, exchange, true).await;
                self.note_failure(exchange.error.as_deref()).await;
                Tally::add(&self.shared.tally.dead, 1);
                self.give_up(pulled, attempt, exchange.error.clone()).await;
            }
            Outcome::Retry { after, endpoint } => {
                let failed = head.failed(&self.shared.settings, after, endpoint, now(), fastrand::f64);
                self.note_failure(exchange.error.as_deref()).await;
                match failed {
                    Fate::Dead => {
                        self.tell(parcel, attempt, Arrival::Dead, exchange);
                        self.record(parcel, attempt, "retry", None, exchange, true).await;
                        Tally::add(&self.shared.tally.dead, 1);
                        self.give_up(pulled, attempt, exchange.error.clone()).await;
                    }
                    Fate::Again { wait, record } => {
                        self.tell(parcel, attempt, Arrival::Retry, exchange);
                        self.record(parcel, attempt, "retry", Some(wait), exchange, false).await;
                        Tally::add(&self.shared.tally.retried, 1);
                        self.remember_head(record).await;
                        self.give_back(pulled, wait.min(LOOK_AGAIN)).await;
                    }
                }
            }
        }
    }

    async fn exchange(&self, parcel: &Parcel) -> Sent {
        let Parcel { delivery, told, integration } = parcel;
        let message = match told {
            Ok(message) => message,
            Err(error) => {
                let exchange = Exchange { error: Some(error.to_string()), ..Exchange::default() };
                return Sent { outcome: Outcome::Refused, exchange };
            }
        };
        // It is never closed.
        let _place = self.shared.places.acquire().await;
        let sending = Sending::begin(&self.shared.tally);
        fail::fail_point!("fleet_send");
        let sent = self.shared.channels.send(integration, delivery.recipient.as_deref(), message).await;
        fail::fail_point!("fleet_send_done");
        drop(sending);
        sent
    }

    /// Keeps the message ours for as long as something takes.
    async fn holding<T>(&self, pulled: &Pulled, work: impl Future<Output = T>) -> T {
        let period = self.shared.fleet.options().ack_wait / 3;
        let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = tick.tick() => drop(pulled.message.ack_with(AckKind::Progress).await),
            }
        }
    }

    /// Between this delivery and the next one, by the vendor's limits, and to an endpoint that has just come back.
    fn gap(&mut self, integration: &Integration, pulled: &Pulled, was_failing: bool) -> Duration {
        self.recovers = (self.recovers || was_failing) && pulled.pending > 0;
        let per_second = self.shared.channels.pace(integration).per_second;
        let pace = per_second.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate));
        // Each subject has its part of what the vendor allows.
        let pace = pace.saturating_mul(self.endpoint.partitions);
        if self.recovers { pace.max(recovery_gap(&self.shared.settings)) } else { pace }
    }

    /// It has arrived, now or before.
    async fn done(&self, pulled: &Pulled, has_head: bool) {
        if has_head {
            self.forget_head().await;
        }
        let message = pulled.message.clone();
        // The next message comes once the server has this. Meanwhile it is asked for already.
        self.shared.tasks.spawn(async move {
            for _ in 0..ACKNOWLEDGEMENTS {
                if message.double_ack().await.is_ok() {
                    return;
                }
            }
            // It comes back, with the same event id.
        });
    }

    /// Another attempt later, whoever makes it.
    async fn give_back(&self, pulled: &Pulled, wait: Duration) {
        let _ = pulled.message.ack_with(AckKind::Nak(Some(wait))).await; // it comes back by itself after ack_wait
    }

    /// Kept as a dead letter, and only then taken out of its line.
    async fn give_up(&self, pulled: &Pulled, attempts: u32, error: Option<String>) {
        let Pulled { message, sequence, .. } = pulled;
        let bury = async {
            loop {
                let fleet = &self.shared.fleet;
                let buried = fleet.bury(&self.endpoint.id, message, *sequence, attempts, error.as_deref()).await;
                self.shared.note_outcome("dead letters", buried.as_ref().map(drop));
                match buried {
                    Ok(()) => return true,
                    Err(_) if self.stop.is_cancelled() => return false,
                    Err(_) => tokio::time::sleep(AGAIN).await,
                }
            }
        };
        match self.holding(pulled, bury).await {
            true => self.done(pulled, attempts > 1).await,
            false => self.give_back(pulled, Duration::ZERO).await,
        }
    }

    /// Whether it was sent before to somebody who cannot discard a duplicate. When that cannot be known, better twice than not
    /// at all.
    async fn was_sent(&self, parcel: &Parcel) -> bool {
        if !parcel.cannot_be_discarded() {
            return false;
        }
        let Ok(parts) = self.shared.fleet.parts().await else { return false };
        matches!(parts.results.get(names::result_key(&parcel.delivery.message_id)).await, Ok(Some(_)))
    }

    async fn remember_sent(&self, pulled: &Pulled, delivery: &Delivery) {
        let key = names::result_key(&delivery.message_id);
        let put = async {
            for _ in 0..ACKNOWLEDGEMENTS {
                let Ok(parts) = self.shared.fleet.parts().await else { continue };
                if parts.results.put(&key, Bytes::from_static(b"delivered")).await.is_ok() {
                    return;
                }
            }
        };
        self.holding(pulled, put).await;
    }

    /// What this message has gone through. Of one that was given out before, the bucket may know more than has come to us.
    async fn head_record(&self, pulled: &Pulled) -> Option<HeadRecord> {
        let known = self.endpoint.head(self.partition).filter(|record| record.sequence == pulled.sequence);
        if known.is_some() || !pulled.is_redelivered {
            return known;
        }
        let key = names::head_key(&self.endpoint.id, self.partition);
        let entry = self.shared.fleet.parts().await.ok()?.health.entry(key).await.ok()??;
        let record = has_value(&entry).then(|| bucket::value("a record", &entry).ok()).flatten();
        self.endpoint.set_head(self.partition, record.clone());
        record
    }

    async fn remember_head(&self, record: HeadRecord) {
        let key = names::head_key(&self.endpoint.id, self.partition);
        if let Ok(parts) = self.shared.fleet.parts().await {
            // Without it the next attempt begins to count anew.
            let _ = parts.health.put(key, bucket::json(&record)).await;
        }
        self.endpoint.set_head(self.partition, Some(record));
    }

    async fn forget_head(&self) {
        self.endpoint.set_head(self.partition, None);
        if let Ok(parts) = self.shared.fleet.parts().await {
            let _ = parts.health.purge(names::head_key(&self.endpoint.id, self.partition)).await;
        }
    }

    async fn note_failure(&self, error: Option<&str>) {
        let settings = &self.shared.settings;
        let changed = self
            .shared
            .fleet
            .change_health(&self.endpoint.id, |health| Some(schedule::noted_failure(health, error, settings, now())));
        // Where it cannot be written down, it is remembered here.
        let health = changed
            .await
            .unwrap_or_else(|_| schedule::noted_failure(&self.endpoint.state().health, error, settings, now()));
        self.endpoint.set_health(health);
    }

    async fn note_success(&self, was_failing: bool) {
        if !was_failing {
            return;
        }
        let changed = self.shared.fleet.change_health(&self.endpoint.id, |health| {
            health.is_failing().then(|| schedule::noted_success(health, now()))
        });
        if let Ok(health) = changed.await {
            self.endpoint.set_health(health);
        }
    }

    async fn record(
        &self,
        parcel: &Parcel,
        attempt: u32,
        outcome: &str,
        wait: Option<Duration>,
        exchange: &Exchange,
        is_dead: bool,
    ) {
        let now = now();
        let wait = wait.and_then(|wait| SignedDuration::try_from(wait).ok());
        let Parcel { delivery, told, integration } = parcel;
        let (event_type, text) =
            told.as_ref().map(|message| (message.kind().to_owned(), message.text().to_owned())).unwrap_or_default();
        let has_failed = outcome != "delivered";
        let record = FleetAttempt {
            at: now,
            event: delivery.event,
            event_type,
            text,
            integration: delivery.integration.clone(),
            integration_type: integration.integration_type(),
            recipient: delivery.recipient.clone(),
            attempt,
            outcome: outcome.to_owned(),
            is_dead,
            next_attempt_at: wait.and_then(|wait| now.checked_add(wait).ok()),
            status: exchange.status,
            request: Some(&exchange.request).filter(|request| has_failed && !request.is_empty()).cloned(),
            answer: Some(&exchange.answer).filter(|answer| has_failed && !answer.is_empty()).cloned(),
            error: exchange.error.clone(),
            took_ms: exchange.took.as_secs_f64() * 1e3,
            worker: self.shared.name.clone(),
        };
        self.shared.recorder.record(&record).await;
    }

    /// For a log.
    fn tell(&self, parcel: &Parcel, attempt: u32, arrives: Arrival, exchange: &Exchange) {
        let (tally, integration) = (&self.shared.tally, &parcel.integration);
        let Ok(message) = &parcel.told else { return };
        if tally.has_listeners() {
            tally.attempted(Attempted {
                integration: integration.id.clone(),
                kind: integration.integration_type(),
                event: message.id,
                text: message.text().into(),
                attempt,
                arrives,
                status: exchange.status,
                error: exchange.error.clone(),
                took: exchange.took,
            });
        }
    }
}

impl Pulled {
    fn read(message: StreamMessage) -> Option<Self> {
        let info = message.info().ok()?;
        let nanoseconds = info.published.unix_timestamp_nanos();
        let (sequence, pending) = (info.stream_sequence, info.pending);
        let is_redelivered = info.delivered > 1;
        let published = Timestamp::from_nanosecond(nanoseconds).unwrap_or_else(|_| now());
        Some(Pulled { sequence, published, is_redelivered, pending, message })
    }
}

impl Parcel {
    /// Only whoever gets the event's id can discard what comes twice.
    fn cannot_be_discarded(&self) -> bool {
        match self.integration.integration_type() {
            IntegrationType::Webhook => false,
            IntegrationType::Email | IntegrationType::PagerDuty | IntegrationType::Slack => true,
        }
    }
}

/// Counts what is being sent, however it ends.
struct Sending<'a>(&'a Tally);

impl<'a> Sending<'a> {
    fn begin(tally: &'a Tally) -> Self {
        Tally::add(&tally.sending, 1);
        Sending(tally)
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        self.0.sending.fetch_sub(1, std::sync::atomic::Ordering::Relaxed);
    }
}
