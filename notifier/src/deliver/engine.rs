//! Takes deliveries from the outbox, writes each attempt down, makes it, and writes down what came of it.
//!
//! One writing is in flight at a time: what came of the attempts that have ended meanwhile, and the claims of those that
//! are next. So a busy engine writes in large groups, and pays for one synchronisation for both. A lane goes on only after
//! its last result is on the disk.

use std::collections::{self, VecDeque};
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use foldhash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot};

use super::orders::{Incoming, Order, Orders, sleep_until};
use super::queue::{Entry, Next, Queue, Speed, Verdict};
use super::send::{self, Finished};
use super::starts::Starts;
use super::tally::{Arrival, Attempted, Tally};
use crate::store::{Claimed, Fate, Health, Report, Store, StoreError, Waiting};
use crate::{Channels, DeliverySettings, Integration, Message, MessageError, Outcome};

/// Claims in one transaction.
const MOST_CLAIMS: usize = 512;

/// A due time counts for no longer than this: the clock may have stood elsewhere when it was written down.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// For so long results gather while more attempts are under way than have ended: what is written together shares pages and
/// a synchronisation.
const GATHERING: Duration = Duration::from_millis(4);

/// Until results that could not be written down are tried again.
const WRITE_AGAIN: Duration = Duration::from_secs(5);

/// Deliveries without a row have numbers from here on, so that they follow those of their lane that have one.
const FIRST_UNWRITTEN: i64 = i64::MAX / 2;

/// A delivery that could not be written down, because the disk is full.
#[derive(Clone, Debug)]
pub(crate) struct Unwritten {
    pub(crate) integration: String,
    pub(crate) lane: String,
    pub(crate) recipient: Option<String>,
    /// The event's JSON.
    pub(crate) body: Bytes,
}

/// Sends what is in the outbox.
pub(crate) struct Engine {
    orders: Orders,
    tally: Arc<Tally>,
}

impl Engine {
    /// Starts with what waits. What another daemon had under way when it ended is sent again.
    pub(crate) async fn start(
        store: Store,
        channels: Channels,
        settings: DeliverySettings,
    ) -> Result<Self, StoreError> {
        store.void_claims(now_in_micros()).await?;
        let (orders, incoming) = Orders::new();
        let tally = Arc::new(Tally::default());
        let engine = Engine { orders, tally: tally.clone() };
        tokio::spawn(Running::new(store, channels, settings, tally).run(incoming));
        engine.look();
        Ok(engine)
    }

    /// There is something new: deliveries, integrations, or changes to them.
    pub(crate) fn look(&self) {
        self.orders.look();
    }

    /// Sends what could not be written down, behind what was.
    pub(crate) fn send_unwritten(&self, deliveries: Vec<Unwritten>) {
        self.orders.send_unwritten(deliveries);
    }

    /// What it has done so far.
    pub(crate) fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }

    /// Begins nothing more, and waits for what is under way to end and to be written down.
    pub(crate) async fn stop(&self) {
        self.orders.stop().await;
    }
}

/// What the store says, all at the same time.
struct View {
    integrations: Vec<Integration>,
    healths: collections::HashMap<String, Health>,
    waiting: Vec<Waiting>,
}

type Write<T> = Option<BoxFuture<'static, Result<T, StoreError>>>;

struct Running {
    store: Store,
    channels: Channels,
    concurrency: usize,
    queue: Queue,
    tally: Arc<Tally>,
    integrations: HashMap<Arc<str>, Arc<Integration>>,
    /// Deliveries without a row that have not been looked at: what the store has goes first.
    arrivals: Vec<Unwritten>,
    /// Deliveries without a row.
    unwritten: HashMap<i64, Claimed>,
    next_unwritten: i64,
    /// Whose deliveries are under way, from their claim on.
    sending: HashMap<i64, Arc<str>>,
    /// Those of them that have been claimed and are sent next.
    ready: VecDeque<send::Delivery>,
    starts: Starts,
    /// To be written down.
    reports: Vec<Report>,
    /// What is being written down.
    written: Arc<[Report]>,
    claiming: Vec<i64>,
    write: Write<Vec<Claimed>>,
    wrote_at: Instant,
    /// What has ended, though its row does not say so yet.
    ended: HashSet<i64>,
    /// The store could not be written to: until then nothing is.
    write_again: Option<Instant>,
    view: Write<View>,
    look_again: bool,
    stopping: Option<oneshot::Sender<()>>,
    ends: mpsc::UnboundedSender<Finished>,
    finished: mpsc::UnboundedReceiver<Finished>,
}

impl Running {
    fn new(store: Store, channels: Channels, settings: DeliverySettings, tally: Arc<Tally>) -> Self {
        let (ends, finished) = mpsc::unbounded_channel();
        Running {
            store,
            channels,
            concurrency: settings.concurrency,
            queue: Queue::new(settings, fastrand::Rng::new()),
            tally,
            integrations: HashMap::new(),
            arrivals: Vec::new(),
            unwritten: HashMap::new(),
            next_unwritten: FIRST_UNWRITTEN,
            sending: HashMap::new(),
            ready: VecDeque::new(),
            starts: Starts::new(),
            reports: Vec::new(),
            written: Arc::new([]),
            claiming: Vec::new(),
            write: None,
            wrote_at: Instant::now(),
            ended: HashSet::new(),
            write_again: None,
            view: None,
            look_again: false,
            stopping: None,
            ends,
            finished,
        }
    }

    async fn run(mut self, mut orders: Incoming) {
        let mut finished = Vec::new();
        loop {
            self.begin_write();
            self.begin_sends();
            self.begin_view();
            self.count();
            if self.is_done() {
                break;
            }
            let wake = self.wake();
            tokio::select! {
                order = orders.next() => self.order(order),
                // There is always a sender: this one's own.
                _ = self.finished.recv_many(&mut finished, 512) => {
                    for finished in finished.drain(..) {
                        self.settle(finished);
                    }
                }
                wrote = pending(&mut self.write) => self.wrote(wrote),
                view = pending(&mut self.view) => self.viewed(view),
                () = sleep_until(wake) => {}
            }
        }
        if let Some(done) = self.stopping {
            let _ = done.send(());
        }
    }

    fn order(&mut self, order: Order) {
        match order {
            Order::Look => self.look_again = true,
            Order::Send(deliveries) => {
                self.arrivals.extend(deliveries);
                self.take_unwritten();
            }
            Order::Stop(done) => self.stopping = Some(done),
        }
    }

    /// Told to stop, and nothing is under way any more. What cannot be written down then is sent again after the start.
    fn is_done(&self) -> bool {
        let quiet = self.write.is_none() && self.sending.is_empty();
        self.stopping.is_some() && quiet && (self.reports.is_empty() || self.write_again.is_some())
    }

    fn wake(&self) -> Option<Instant> {
        let send = if self.ready.is_empty() { None } else { self.starts.next_room() };
        send.into_iter().chain(self.wake_to_write()).min()
    }

    fn wake_to_write(&self) -> Option<Instant> {
        if self.write.is_some() {
            return None;
        }
        let turn = if self.can_claim() { self.queue.next_turn() } else { None };
        let report = (!self.reports.is_empty()).then(|| self.write_again.unwrap_or(self.wrote_at));
        let next = turn.into_iter().chain(report).min();
        next.map(|next| next.max(self.gathers_until()))
    }

    fn gathers_until(&self) -> Instant {
        if self.reports.len() < self.sending.len() { self.wrote_at + GATHERING } else { self.wrote_at }
    }

    fn can_claim(&self) -> bool {
        self.write.is_none() && self.stopping.is_none() && self.sending.len() < self.concurrency
    }

    fn cannot_write(&self) -> bool {
        self.write_again.is_some_and(|again| Instant::now() < again)
    }

    fn begin_write(&mut self) {
        if self.write.is_some() || Instant::now() < self.gathers_until() {
            return;
        }
        let numbers = self.take();
        let cannot_write = self.cannot_write();
        if numbers.is_empty() && (self.reports.is_empty() || cannot_write) {
            return;
        }
        if cannot_write {
            let claimed = self.store.peek(&numbers);
            return self.claimed(numbers, claimed.unwrap_or_default());
        }
        self.write_again = None;
        self.written = mem::take(&mut self.reports).into();
        self.claiming.clone_from(&numbers);
        let (store, reports) = (self.store.clone(), self.written.clone());
        self.write = Some(async move { store.report_and_claim(reports, numbers, now_in_micros()).await }.boxed());
    }

    /// Takes what can be sent now: its rows are to be claimed. What has none is sent at once.
    fn take(&mut self) -> Vec<i64> {
        if !self.can_claim() {
            return Vec::new();
        }
        let now = Instant::now();
        let most = MOST_CLAIMS.min(self.concurrency - self.sending.len());
        let taken: Vec<i64> = std::iter::from_fn(|| self.queue.take(now)).take(most).collect();
        let (unwritten, numbers): (Vec<_>, Vec<_>) =
            taken.into_iter().partition(|number| self.unwritten.contains_key(number));
        let unwritten = unwritten.iter().filter_map(|number| self.unwritten.get(number).cloned()).collect();
        self.send_all(unwritten);
        numbers
    }

    fn wrote(&mut self, wrote: Result<Vec<Claimed>, StoreError>) {
        self.write = None;
        self.wrote_at = Instant::now();
        let reports = mem::replace(&mut self.written, Arc::new([]));
        let numbers = mem::take(&mut self.claiming);
        for report in reports.iter() {
            let done = !matches!(report.next, Fate::Again(_));
            self.queue.release(report.number, done);
            if wrote.is_ok() {
                self.ended.remove(&report.number);
            } else if done {
                self.ended.insert(report.number);
            }
        }
        match wrote {
            Ok(claimed) => {
                if !reports.is_empty() {
                    self.tally.unwritten.store(false, Ordering::Relaxed);
                }
                self.claimed(numbers, claimed);
            }
            Err(_) => {
                self.write_again = Some(Instant::now() + WRITE_AGAIN);
                self.tally.unwritten.store(true, Ordering::Relaxed);
                // In front of those that have come meanwhile: their order is what is told of an integration.
                let later = mem::replace(&mut self.reports, reports.to_vec());
                self.reports.extend(later);
                // Better sent twice than not at all.
                let claimed = self.store.peek(&numbers);
                self.claimed(numbers, claimed.unwrap_or_default());
            }
        }
    }

    fn claimed(&mut self, numbers: Vec<i64>, claimed: Vec<Claimed>) {
        let found: HashSet<i64> = claimed.iter().map(|claimed| claimed.number).collect();
        for number in numbers.into_iter().filter(|number| !found.contains(number)) {
            // It was redelivered, deleted or given up by somebody else.
            self.queue.give_back(number, true);
        }
        self.send_all(claimed);
    }

    /// Those that tell of the same event share its octets, and what is read of them.
    fn send_all(&mut self, claimed: Vec<Claimed>) {
        let mut messages = HashMap::new();
        for claimed in &claimed {
            let read = || Arc::new(Message::read(claimed.body.clone()));
            let message = messages.entry(claimed.body.as_ptr()).or_insert_with(read).clone();
            self.send(claimed, message);
        }
    }

    fn send(&mut self, claimed: &Claimed, message: Arc<Result<Message, MessageError>>) {
        let integration = self.queue.integration(claimed.number).and_then(|id| self.integrations.get_key_value(id));
        let Some((id, integration)) = integration else {
            return self.queue.give_back(claimed.number, true);
        };
        self.sending.insert(claimed.number, id.clone());
        let delivery = send::Delivery {
            number: claimed.number,
            attempt: claimed.attempt,
            integration: integration.clone(),
            recipient: claimed.recipient.clone(),
            message,
        };
        // Where an endpoint is sent to at a limited rate, this is its turn.
        if self.channels.pace(integration).per_second.is_some() {
            self.start(delivery);
        } else {
            self.ready.push_back(delivery);
        }
    }

    fn begin_sends(&mut self) {
        while !self.ready.is_empty() && self.starts.has_room(Instant::now()) {
            if let Some(delivery) = self.ready.pop_front() {
                self.start(delivery);
            }
        }
    }

    fn start(&mut self, delivery: send::Delivery) {
        self.starts.begin(delivery.number, Instant::now());
        send::spawn(self.channels.clone(), delivery, self.ends.clone());
    }

    fn settle(&mut self, finished: Finished) {
        let Finished { number, attempt, message, sent } = finished;
        self.starts.end(number);
        let Some(integration) = self.sending.remove(&number) else {
            return;
        };
        let (outcome, verdict) = match sent.outcome {
            Outcome::Delivered => ("delivered", Verdict::Delivered),
            Outcome::Retry { after, endpoint } => ("retry", Verdict::Retry { after, endpoint }),
            Outcome::Refused => ("refused", Verdict::Refused),
        };
        let Some(settled) = self.queue.settle(number, verdict, Instant::now()) else {
            return; // its integration is no more
        };
        let next = match settled.next {
            Next::Delivered => Fate::Delivered,
            Next::Dead => Fate::Dead,
            Next::Again(wait) => Fate::Again(now_in_micros().saturating_add_unsigned(wait.as_micros() as u64)),
        };
        let counter = match next {
            Fate::Delivered => &self.tally.delivered,
            Fate::Dead => &self.tally.dead,
            Fate::Again(_) => &self.tally.retried,
        };
        Tally::add(counter, 1);
        if let (Ok(message), Some(to), true) =
            (&*message, self.integrations.get(&integration), self.tally.has_listeners())
        {
            let arrives = match next {
                Fate::Delivered => Arrival::Delivered,
                Fate::Dead => Arrival::Dead,
                Fate::Again(_) => Arrival::Retry,
            };
            let attempted = Attempted {
                integration: to.id.clone(),
                kind: to.integration_type(),
                event: message.id,
                text: message.text().into(),
                attempt,
                arrives,
                status: sent.exchange.status,
                error: sent.exchange.error.clone(),
                took: sent.exchange.took,
            };
            self.tally.attempted(attempted);
        }
        Tally::add(&self.tally.dead, settled.expired.len());
        if self.unwritten.contains_key(&number) {
            // There is no row to write to.
            let done = !matches!(next, Fate::Again(_));
            if done {
                self.unwritten.remove(&number);
            }
            return self.queue.release(number, done);
        }
        self.reports.push(Report {
            number,
            attempt,
            integration,
            took: sent.exchange.took,
            outcome,
            status: sent.exchange.status,
            request: without_body(sent.exchange.request, message.as_ref().as_ref().ok()),
            answer: sent.exchange.answer,
            error: sent.exchange.error,
            next,
            age: settled.age,
            expired: settled.expired,
            paused: settled.paused,
        });
    }

    fn begin_view(&mut self) {
        if self.view.is_some() || !mem::take(&mut self.look_again) {
            return;
        }
        let store = self.store.clone();
        let read = tokio::task::spawn_blocking(move || {
            // One that cannot be read, because its secrets are sealed with another key, waits until it can.
            let integrations = store.read_integrations()?.into_iter().flatten().collect();
            Ok(View { integrations, healths: store.healths()?, waiting: store.waiting()? })
        });
        let stopped = self.store.stopped();
        self.view = Some(async move { read.await.unwrap_or(Err(stopped)) }.boxed());
    }

    fn viewed(&mut self, view: Result<View, StoreError>) {
        self.view = None;
        // When it cannot be read now, it can when there is something new.
        if let Ok(view) = view {
            let now = Instant::now();
            self.see_integrations(view.integrations, &view.healths, now);
            for waiting in view.waiting {
                self.see(waiting, now);
            }
        }
        self.take_unwritten();
    }

    fn see_integrations(
        &mut self,
        seen: Vec<Integration>,
        healths: &collections::HashMap<String, Health>,
        now: Instant,
    ) {
        let seen: HashMap<Arc<str>, Integration> =
            seen.into_iter().map(|integration| (Arc::from(integration.id.as_str()), integration)).collect();
        for gone in self.integrations.keys().filter(|id| !seen.contains_key(*id)).cloned().collect::<Vec<_>>() {
            self.integrations.remove(&gone);
            self.queue.close(&gone);
        }
        for (id, integration) in seen {
            let health = healths.get(&*id).copied().unwrap_or_default();
            let known = self.integrations.get(&id);
            let is_new = known.is_none();
            let is_changed = known.is_some_and(|known| known.updated_at != integration.updated_at);
            if is_new || is_changed {
                let failing_for = health.failing_since.filter(|_| is_new).map(time_since);
                self.queue.open(&id, speed(self.channels.pace(&integration)), failing_for, now);
                self.integrations.insert(id.clone(), Arc::new(integration));
            }
            match health.is_paused {
                true => self.queue.pause(&id),
                false => self.queue.resume(&id, now),
            }
            if is_changed {
                self.queue.wake(&id, now);
            }
        }
    }

    fn see(&mut self, waiting: Waiting, now: Instant) {
        let Waiting { number, integration, lane, attempts, age, due_at } = waiting;
        if self.ended.contains(&number) || self.queue.contains(number) {
            return;
        }
        let wait = u64::try_from(due_at.saturating_sub(now_in_micros())).unwrap_or(0);
        let wait = Duration::from_micros(wait).min(LONGEST_WAIT);
        let (integration, lane) = (Arc::from(integration), Arc::from(lane));
        let failures = if age.is_zero() { 0 } else { attempts };
        self.queue.insert(Entry { number, integration, lane, age, wait, failures }, now);
    }

    fn take_unwritten(&mut self) {
        if self.view.is_some() || self.look_again {
            return;
        }
        let now = Instant::now();
        for Unwritten { integration, lane, recipient, body } in mem::take(&mut self.arrivals) {
            let number = self.next_unwritten;
            self.next_unwritten += 1;
            let (integration, lane) = (Arc::from(integration), Arc::from(lane));
            let (age, wait) = (Duration::ZERO, Duration::ZERO);
            if self.queue.insert(Entry { number, integration, lane, age, wait, failures: 0 }, now) {
                self.unwritten.insert(number, Claimed { number, attempt: 1, recipient, body });
            }
        }
    }

    fn count(&self) {
        Tally::set(&self.tally.waiting, self.queue.len());
        Tally::set(&self.tally.sending, self.sending.len());
    }
}

fn speed(pace: crate::Pace) -> Speed {
    let gap =
        pace.per_second.filter(|rate| *rate > 0.0).map_or(Duration::ZERO, |rate| Duration::from_secs_f64(1.0 / rate));
    Speed { concurrency: pace.concurrency.max(1), gap }
}

/// What was sent but for the event's JSON at its end: a webhook's body, which the store has already.
fn without_body(mut request: String, message: Option<&Message>) -> String {
    let body = message.map_or(&[][..], |message| &message.body);
    if let Some(head) = request.as_bytes().strip_suffix(body) {
        request.truncate(head.len());
    }
    request
}

fn now_in_micros() -> i64 {
    Timestamp::now().as_microsecond()
}

/// No time at all when the clock stands before it.
fn time_since(micros: i64) -> Duration {
    Duration::from_micros(now_in_micros().saturating_sub(micros).try_into().unwrap_or(0))
}

/// Waits for ever when there is nothing to wait for.
async fn pending<T>(write: &mut Write<T>) -> Result<T, StoreError> {
    match write {
        Some(write) => write.await,
        None => std::future::pending().await,
    }
}
