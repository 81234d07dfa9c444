//! What an agent has instead of an engine: it hands its deliveries over to the fleet.
//!
//! A row is done only after the server's acknowledgement. A subject has one unacknowledged publish at a time, so that its
//! order holds whatever is repeated; many subjects are under way at once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::delivery::Delivery;
use super::presence::{Checked, Presence};
use super::{Fleet, FleetError, mirror};
use crate::deliver::orders::{Incoming, Order, Orders, sleep_until};
use crate::deliver::{Tally, Unwritten};
use crate::store::Outgoing;
use crate::{Arrival, Attempted, IntegrationType, Message, Store, StoreError};

/// Rows that are held in memory.
const MOST_HELD: usize = 2048;

/// Publishes under way at once.
const MOST_UNDER_WAY: usize = 256;

/// Until a publish that was not acknowledged is repeated, where the connection did not break.
const AGAIN: Duration = Duration::from_secs(1);

/// Until rows that could not be read or written are tried again.
const STORE_AGAIN: Duration = Duration::from_secs(5);

/// Deliveries without a row have numbers from here on, so that they follow those that have one.
const FIRST_UNWRITTEN: i64 = i64::MAX / 2;

/// Hands over what is in the outbox.
pub(crate) struct Publisher {
    orders: Orders,
    tally: Arc<Tally>,
    presence: Arc<Presence>,
    _tasks: JoinSet<()>,
}

impl Publisher {
    /// Starts with what waits. What an earlier process published without hearing of it is published again, under the same
    /// Msg-Id.
    pub(crate) async fn start(fleet: Fleet, store: Store) -> Result<Self, FleetError> {
        let ids = store.own_integrations()?;
        if !ids.is_empty() {
            return Err(FleetError::OwnIntegrations { ids });
        }
        // Whoever served this store before may have been killed in the middle of sending.
        store.void_claims(Timestamp::now().as_microsecond()).await?;
        let mut tasks = mirror::start(&fleet, &store);
        let (orders, incoming) = Orders::new();
        let tally = Arc::new(Tally::default());
        let presence = Arc::new(Presence::new(fleet.clone(), &store, tally.clone()));
        tasks.spawn(presence.clone().show());
        tokio::spawn(Running::new(fleet, store, tally.clone()).run(incoming));
        let publisher = Publisher { orders, tally, presence, _tasks: tasks };
        publisher.look();
        Ok(publisher)
    }

    /// There is something new.
    pub(crate) fn look(&self) {
        self.orders.look();
    }

    /// Hands over what could not be written down, behind what was.
    pub(crate) fn send_unwritten(&self, deliveries: Vec<Unwritten>) {
        self.orders.send_unwritten(deliveries);
    }

    /// What the last check found, for whoever looks at the fleet.
    pub(crate) fn checked(&self, checked: Checked) {
        self.presence.note(checked);
    }

    pub(crate) fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }

    /// Begins nothing more, and waits for what is under way to be acknowledged and written down.
    pub(crate) async fn stop(&self) {
        self.orders.stop().await;
        self.presence.end().await;
    }
}

struct Item {
    delivery: Delivery,
    /// What is not known of what could not be written down.
    kind: Option<IntegrationType>,
}

/// Deliveries of a subject, in their order.
#[derive(Default)]
struct Line {
    waiting: BTreeMap<i64, Item>,
    is_busy: bool,
    not_before: Option<Instant>,
}

struct Published {
    subject: Arc<str>,
    number: i64,
    took: Duration,
    result: Result<(), FleetError>,
}

type Looked = Result<(Vec<Outgoing>, u64), StoreError>;

struct Running {
    fleet: Fleet,
    store: Store,
    tally: Arc<Tally>,
    lines: HashMap<Arc<str>, Line>,
    /// Rows that are in a line, or acknowledged and not marked yet.
    held: HashSet<i64>,
    /// Lines that have something and are not busy.
    ready: HashSet<Arc<str>>,
    under_way: JoinSet<Published>,
    /// Acknowledged, to be written down.
    done: Vec<i64>,
    writing: Vec<i64>,
    write: Option<BoxFuture<'static, Result<(), StoreError>>>,
    write_again: Option<Instant>,
    look: Option<BoxFuture<'static, Looked>>,
    look_again: Option<Instant>,
    /// There are rows that are not held.
    has_more: bool,
    waiting_rows: u64,
    next_unwritten: i64,
    stopping: Option<oneshot::Sender<()>>,
}

impl Running {
    fn new(fleet: Fleet, store: Store, tally: Arc<Tally>) -> Self {
        Running {
            fleet,
            store,
            tally,
            lines: HashMap::new(),
            held: HashSet::new(),
            ready: HashSet::new(),
            under_way: JoinSet::new(),
            done: Vec::new(),
            writing: Vec::new(),
            write: None,
            write_again: None,
            look: None,
            look_again: None,
            has_more: false,
            waiting_rows: 0,
            next_unwritten: FIRST_UNWRITTEN,
            stopping: None,
        }
    }

    async fn run(mut self, mut orders: Incoming) {
        let mut connected = self.fleet.connected();
        loop {
            self.begin_look();
            self.begin_write();
            let is_connected = *connected.borrow_and_update();
            if is_connected && self.stopping.is_none() {
                self.begin_publishes();
            }
            self.count();
            if self.is_done() {
                break;
            }
            let wake = self.wake();
            tokio::select! {
                order = orders.next() => match order {
                    Order::Look => self.look_again = Some(Instant::now()),
                    Order::Send(deliveries) => self.take_unwritten(deliveries),
                    Order::Stop(done) => self.stopping = Some(done),
                },
                Some(published) = self.under_way.join_next() => {
                    if let Ok(published) = published {
                        self.published(published);
                    }
                }
                looked = pending(&mut self.look) => self.looked(looked),
                written = pending(&mut self.write) => self.written(written),
                changed = connected.changed() => {
                    if changed.is_ok() && *connected.borrow() {
                        // They are back: nobody waits any longer.
                        self.lines.values_mut().for_each(|line| line.not_before = None);
                    }
                }
                () = sleep_until(wake) => {}
            }
        }
        if let Some(done) = self.stopping {
            let _ = done.send(());
        }
    }

    /// What is not written down when the store cannot be written to is published again after the next start.
    fn is_done(&self) -> bool {
        let is_written = self.write.is_none() && (self.done.is_empty() || self.write_again.is_some());
        self.stopping.is_some() && self.under_way.is_empty() && is_written
    }

    fn wake(&self) -> Option<Instant> {
        let lines = self.ready.iter().filter_map(|subject| self.lines.get(subject)?.not_before);
        let lines = lines.min().filter(|_| self.stopping.is_none());
        let look = self.look_again.filter(|_| self.look.is_none());
        let write = self.write_again.filter(|_| !self.done.is_empty());
        lines.into_iter().chain(look).chain(write).min()
    }

    fn begin_look(&mut self) {
        let is_due = self.look_again.is_some_and(|again| again <= Instant::now());
        if self.look.is_some() || self.stopping.is_some() || !is_due {
            return;
        }
        self.look_again = None;
        let store = self.store.clone();
        // What is acknowledged and not marked yet stands in front of what is not held.
        let most = MOST_HELD + self.done.len() + self.writing.len();
        let read = tokio::task::spawn_blocking(move || store.outgoing(most));
        let stopped = self.store.stopped();
        self.look = Some(async move { read.await.unwrap_or(Err(stopped)) }.boxed());
    }

    fn looked(&mut self, looked: Looked) {
        self.look = None;
        let Ok((outgoing, waiting)) = looked else {
            self.look_again = Some(Instant::now() + STORE_AGAIN);
            return;
        };
        self.waiting_rows = waiting;
        self.has_more = waiting > outgoing.len() as u64;
        self.forget_all_but(&outgoing);
        for Outgoing { number, integration, partitions, lane, recipient, event, body, kind, times } in outgoing {
            if self.held.insert(number) {
                let delivery = Delivery::new(event, integration, lane, recipient, body.into()).again(times);
                self.enter(number, delivery.subject(partitions).into(), Item { delivery, kind: Some(kind) });
            }
        }
    }

    /// What is no row any more, because its integration is deleted, is not to be published.
    fn forget_all_but(&mut self, outgoing: &[Outgoing]) {
        let there: HashSet<i64> = outgoing.iter().map(|outgoing| outgoing.number).collect();
        let Some(last) = outgoing.last().map(|outgoing| outgoing.number).filter(|_| self.has_more).or(Some(i64::MAX))
        else {
            return;
        };
        let held = &mut self.held;
        for line in self.lines.values_mut().filter(|line| !line.is_busy) {
            line.waiting.retain(|number, _| {
                let stays = *number >= FIRST_UNWRITTEN || *number > last || there.contains(number);
                if !stays {
                    held.remove(number);
                }
                stays
            });
        }
        let lines = &self.lines;
        self.ready.retain(|subject| lines.get(subject).is_some_and(|line| !line.waiting.is_empty()));
    }

    fn take_unwritten(&mut self, deliveries: Vec<Unwritten>) {
        for Unwritten { integration, lane, recipient, body } in deliveries {
            let (Ok(integration), body) = (integration.parse(), body) else { continue };
            let Ok(message) = Message::read(body.clone()) else { continue };
            let delivery = Delivery::new(message.id, integration, lane, recipient, body);
            let number = self.next_unwritten;
            self.next_unwritten += 1;
            // What cannot be written can be read as a rule. Where it cannot, better out of order than not at all.
            let partitions = self.store.partitions(&delivery.integration).unwrap_or(1);
            self.enter(number, delivery.subject(partitions).into(), Item { delivery, kind: None });
        }
    }

    fn enter(&mut self, number: i64, subject: Arc<str>, item: Item) {
        let line = self.lines.entry(subject.clone()).or_default();
        line.waiting.insert(number, item);
        if !line.is_busy {
            self.ready.insert(subject);
        }
    }

    fn begin_publishes(&mut self) {
        let now = Instant::now();
        let due = |subject: &&Arc<str>| {
            self.lines.get(*subject).is_some_and(|line| line.not_before.is_none_or(|time| time <= now))
        };
        let room = MOST_UNDER_WAY.saturating_sub(self.under_way.len());
        let due: Vec<_> = self.ready.iter().filter(due).take(room).cloned().collect();
        for subject in due {
            self.ready.remove(&subject);
            let Some(line) = self.lines.get_mut(&subject) else { continue };
            let Some((number, item)) = line.waiting.first_key_value() else { continue };
            line.is_busy = true;
            let (number, delivery, fleet) = (*number, item.delivery.clone(), self.fleet.clone());
            self.under_way.spawn(async move {
                let started = Instant::now();
                fail::fail_point!("publish");
                let result = publish(&fleet, &subject, &delivery).await;
                fail::fail_point!("publish_done");
                Published { subject, number, took: started.elapsed(), result }
            });
        }
    }

    fn published(&mut self, published: Published) {
        let Published { subject, number, took, result } = published;
        let Some(line) = self.lines.get_mut(&subject) else { return };
        line.is_busy = false;
        match result {
            Ok(()) => {
                line.not_before = None;
                Tally::add(&self.tally.delivered, 1);
                if let Some(item) = line.waiting.remove(&number) {
                    tell(&self.tally, &item, Arrival::Published, took, None);
                }
                // One without a row has nothing to be marked.
                if number < FIRST_UNWRITTEN {
                    self.done.push(number);
                }
            }
            Err(error) => {
                line.not_before = Some(Instant::now() + AGAIN);
                Tally::add(&self.tally.retried, 1);
                if let Some(item) = line.waiting.get(&number) {
                    tell(&self.tally, item, Arrival::Retry, took, Some(error.to_string()));
                }
            }
        }
        if line.waiting.is_empty() {
            self.lines.remove(&subject);
        } else {
            self.ready.insert(subject);
        }
        if self.has_more && self.held.len() < MOST_HELD / 2 {
            self.look_again.get_or_insert_with(Instant::now);
        }
    }

    fn begin_write(&mut self) {
        let waits = self.write_again.is_some_and(|again| Instant::now() < again);
        if self.write.is_some() || self.done.is_empty() || waits {
            return;
        }
        self.write_again = None;
        self.writing = std::mem::take(&mut self.done);
        let (store, numbers) = (self.store.clone(), self.writing.clone());
        let now = Timestamp::now().as_microsecond();
        self.write = Some(async move { store.handed_over(numbers, now).await }.boxed());
    }

    fn written(&mut self, written: Result<(), StoreError>) {
        self.write = None;
        let numbers = std::mem::take(&mut self.writing);
        self.tally.unwritten.store(written.is_err(), Ordering::Relaxed);
        if written.is_err() {
            self.done.extend(numbers);
            self.write_again = Some(Instant::now() + STORE_AGAIN);
            return;
        }
        self.waiting_rows = self.waiting_rows.saturating_sub(numbers.len() as u64);
        for number in numbers {
            self.held.remove(&number);
        }
        if self.has_more && self.held.len() < MOST_HELD / 2 {
            self.look_again.get_or_insert_with(Instant::now);
        }
    }

    fn count(&self) {
        let unwritten = (self.next_unwritten - FIRST_UNWRITTEN) as usize;
        let held: usize = if unwritten == 0 { 0 } else { self.lines.values().map(unwritten_of).sum() };
        Tally::set(&self.tally.waiting, self.waiting_rows as usize + held);
        Tally::set(&self.tally.sending, self.under_way.len());
    }
}

fn unwritten_of(line: &Line) -> usize {
    line.waiting.range(FIRST_UNWRITTEN..).count()
}

/// For a log.
fn tell(tally: &Tally, item: &Item, arrives: Arrival, took: Duration, error: Option<String>) {
    let Item { delivery, kind: Some(kind) } = item else { return };
    if let (true, Ok(message)) = (tally.has_listeners(), Message::read(delivery.body.clone())) {
        tally.attempted(Attempted {
            integration: delivery.integration.clone(),
            kind: *kind,
            event: message.id,
            text: message.text().into(),
            attempt: 1,
            arrives,
            status: None,
            error,
            took,
        });
    }
}

async fn publish(fleet: &Fleet, subject: &str, delivery: &Delivery) -> Result<(), FleetError> {
    // Without its stream nobody would take it, and it would be told of no sooner than by a time-out.
    fleet.parts().await?;
    fleet.publish_to(subject, delivery).await.map(drop)
}

/// What is under way; for ever where nothing is.
async fn pending<T>(future: &mut Option<BoxFuture<'static, T>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}
