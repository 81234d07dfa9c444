//! The queue of deliveries on their way to an app.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::HeaderMap;
use http::{Response, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use super::attempt::Next;
use super::hops::Pseudonym;
use super::{Forward, ForwardState, Forwarded};
use crate::answer;
use crate::builder::Builder;
use crate::delivery::Delivery;
use crate::headers::Headers;
use crate::inbox::Inbox;
use crate::metrics::Metrics;
use crate::outgoing::{Client, end_to_end, restored};
use crate::replay::request;

/// Called with each delivery whose way to its app has ended. It must not block.
pub(crate) type ForwardObserver = Arc<dyn Fn(&Arc<Delivery>, &Forwarded) + Send + Sync>;

/// The octets that all deliveries under way to an app may take together.
const MOST_BYTES: u32 = 64 << 20;

/// Of an app's answer, in octets, when it is the sender's answer too.
const MOST_ANSWER: usize = 1 << 20;

/// Between attempts: at first, and at the most.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(15));

/// Brings deliveries to their apps, each in a task of its own that waits between its attempts.
pub(crate) struct Forwarder {
    client: Client,
    pseudonym: Pseudonym,
    inbox: Arc<dyn Inbox>,
    metrics: Arc<Metrics>,
    observer: Option<ForwardObserver>,
    queued: Arc<AtomicU64>,
    /// Places in the queue, and octets.
    places: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    jobs: TaskTracker,
    /// Whoever sleeps wakes up and tries again: there is not much time left.
    hurry: CancellationToken,
    stop: CancellationToken,
}

/// A place in the queue.
pub(crate) struct Slot {
    queued: Arc<AtomicU64>,
    _place: OwnedSemaphorePermit,
    _bytes: OwnedSemaphorePermit,
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.queued.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A delivery's way to its app.
pub(crate) struct Job {
    pub(crate) forward: Arc<Forward>,
    /// The headers as they came, credentials included.
    pub(crate) headers: Headers,
    pub(crate) encrypted: bool,
    pub(crate) arrived: Instant,
}

impl Forwarder {
    pub(crate) fn new(builder: &Builder, inbox: Arc<dyn Inbox>, metrics: Arc<Metrics>, queued: Arc<AtomicU64>) -> Self {
        Forwarder {
            client: Client::new(),
            pseudonym: Pseudonym::new(),
            inbox,
            metrics,
            observer: builder.forward_observer.clone(),
            queued,
            places: Arc::new(Semaphore::new(builder.forward_queue.min(Semaphore::MAX_PERMITS))),
            bytes: Arc::new(Semaphore::new(MOST_BYTES as usize)),
            jobs: TaskTracker::new(),
            hurry: CancellationToken::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Whether a delivery was here before.
    pub(crate) fn loops(&self, headers: &HeaderMap) -> bool {
        self.pseudonym.loops(headers)
    }

    /// A place in the queue for so many octets; `None` when it is full.
    pub(crate) fn reserve(&self, octets: usize) -> Option<Slot> {
        // A delivery over the whole has it for itself.
        let octets = u32::try_from(octets).unwrap_or(MOST_BYTES).min(MOST_BYTES);
        let place = self.places.clone().try_acquire_owned().ok()?;
        let bytes = self.bytes.clone().try_acquire_many_owned(octets).ok()?;
        self.queued.fetch_add(1, Ordering::Relaxed);
        Some(Slot { queued: self.queued.clone(), _place: place, _bytes: bytes })
    }

    /// Tries until the app has the delivery or its time is up.
    pub(crate) fn start(self: &Arc<Self>, delivery: Arc<Delivery>, job: Job, slot: Slot) {
        let (forwarder, stop) = (self.clone(), self.stop.clone());
        self.jobs.spawn(async move {
            let _slot = slot;
            // What is stopped stays pending.
            stop.run_until_cancelled_owned(forwarder.run(&delivery, &job)).await;
        });
    }

    async fn run(&self, delivery: &Arc<Delivery>, job: &Job) {
        let mut forwarded = Forwarded::pending(&job.forward.url(delivery.path_and_query()));
        let deadline = job.arrived + job.forward.retry_for;
        let mut pause = BACKOFF.0;
        loop {
            let turn = job.forward.turns.acquire().await;
            let next = self.attempt(delivery, job, &mut forwarded, 0).await.1;
            drop(turn);
            let wait = match next {
                Next::Nothing => break,
                Next::Retry(_) if Instant::now() >= deadline => {
                    forwarded.state = ForwardState::Failed;
                    break;
                }
                // An app that asks for no pause gets one all the same.
                Next::Retry(named) => named.map_or_else(|| jittered(pause), |named| named.max(BACKOFF.0)),
            };
            self.note(delivery, &forwarded).await;
            pause = (2 * pause).min(BACKOFF.1);
            let until = (Instant::now() + wait).min(deadline);
            // In a hurry nobody sleeps for long, but nobody runs in circles either.
            let hurried = async {
                self.hurry.cancelled().await;
                tokio::time::sleep(BACKOFF.0).await;
            };
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                () = hurried => {}
            }
        }
        self.note(delivery, &forwarded).await;
        if let Some(observer) = &self.observer {
            observer(delivery, &forwarded);
        }
    }

    /// Brings it to the app once, and gives the app's answer to the sender. It takes no turn: a sender that waits for an app
    /// waits for nothing else, and the number of senders is bounded.
    pub(crate) async fn ask(&self, delivery: &mut Delivery, job: &Job) -> Response<Bytes> {
        let mut forwarded = Forwarded::pending(&job.forward.url(delivery.path_and_query()));
        let (outcome, _) = self.attempt(delivery, job, &mut forwarded, MOST_ANSWER).await;
        if forwarded.state == ForwardState::Pending {
            forwarded.state = ForwardState::Failed;
        }
        delivery.forward.set(forwarded);
        match outcome {
            Ok(exchange) if exchange.truncated => answer::plain(StatusCode::BAD_GATEWAY, Some("answer_too_large")),
            Ok(exchange) => {
                let mut response = Response::new(exchange.body);
                *response.status_mut() = exchange.status;
                *response.headers_mut() = end_to_end(&exchange.headers);
                response
            }
            Err(reason) if reason.starts_with("no answer within") => {
                answer::plain(StatusCode::GATEWAY_TIMEOUT, Some("app_timeout"))
            }
            Err(_) => answer::plain(StatusCode::BAD_GATEWAY, Some("app_unreachable")),
        }
    }

    async fn attempt(
        &self,
        delivery: &Delivery,
        job: &Job,
        forwarded: &mut Forwarded,
        most: usize,
    ) -> (Result<crate::outgoing::Exchange, String>, Next) {
        const EXCERPT: usize = 8 * 1024;
        let (came, _) = restored(&job.headers);
        let mut request = request(delivery, job.forward.url(delivery.path_and_query()), &came);
        self.pseudonym.sign(request.headers_mut(), &came, delivery.peer, job.encrypted);
        let outcome = self.client.send(request, job.forward.timeout, most.max(EXCERPT)).await;
        let next = forwarded.note(&outcome);
        self.metrics.forward_attempt(forwarded.state, outcome.is_ok());
        (outcome, next)
    }

    async fn note(&self, delivery: &Arc<Delivery>, forwarded: &Forwarded) {
        delivery.forward.set(forwarded.clone());
        // An inbox that cannot take it shows less; the delivery itself is on its way all the same.
        let _ = self.inbox.note_forward(delivery.id, forwarded).await;
    }

    /// Lets what is under way finish for so long, and says how many deliveries no app has got.
    pub(crate) async fn drain(&self, limit: Duration) -> usize {
        self.jobs.close();
        self.hurry.cancel();
        let _ = tokio::time::timeout(limit, self.jobs.wait()).await;
        let left = self.jobs.len();
        self.stop.cancel();
        left
    }

    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }
}

/// Half of it to all of it, so that those who failed together do not come back together.
fn jittered(pause: Duration) -> Duration {
    // A UUID of version 7 ends in random octets.
    let random = u32::from(Uuid::now_v7().as_bytes()[15]);
    pause / 2 + pause * random / 512
}
