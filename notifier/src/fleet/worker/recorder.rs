//! Publishes attempts without waiting for each to be acknowledged: they are in front of the delivery's own acknowledgement on
//! the same connection. What is not acknowledged is counted.

use std::future::IntoFuture as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_nats::jetstream::context::PublishAckFuture;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;

use crate::fleet::{Fleet, FleetAttempt};

/// Acknowledgements that are waited for at once; more make the worker wait.
const MOST_UNDER_WAY: usize = 1024;

pub(super) struct Recorder {
    fleet: Fleet,
    under_way: Mutex<Option<mpsc::Sender<PublishAckFuture>>>,
    lost: Arc<AtomicU64>,
}

impl Recorder {
    pub(super) fn start(fleet: Fleet, tasks: &TaskTracker) -> Self {
        let (under_way, incoming) = mpsc::channel(MOST_UNDER_WAY);
        let lost = Arc::new(AtomicU64::default());
        tasks.spawn(wait_for_all(incoming, lost.clone()));
        Recorder { fleet, under_way: Mutex::new(Some(under_way)), lost }
    }

    pub(super) async fn record(&self, attempt: &FleetAttempt) {
        let (subject, publish) = attempt.publish();
        let sent = self.fleet.jetstream().send_publish(subject, publish).await;
        let is_under_way = match sent {
            Ok(acknowledgement) => match self.sender() {
                Some(under_way) => under_way.send(acknowledgement).await.is_ok(),
                None => false,
            },
            Err(_) => false,
        };
        if !is_under_way {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Nothing more is recorded: its task ends once all is acknowledged.
    pub(super) fn close(&self) {
        *self.under_way.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn sender(&self) -> Option<mpsc::Sender<PublishAckFuture>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Attempts that could not be recorded.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

async fn wait_for_all(mut incoming: mpsc::Receiver<PublishAckFuture>, lost: Arc<AtomicU64>) {
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            Some(done) = under_way.join_next() => {
                if !matches!(done, Ok(true)) {
                    lost.fetch_add(1, Ordering::Relaxed);
                }
            }
            next = incoming.recv(), if under_way.len() < MOST_UNDER_WAY => match next {
                Some(acknowledgement) => {
                    under_way.spawn(async move { acknowledgement.into_future().await.is_ok() });
                }
                None if under_way.is_empty() => return,
                None => {
                    while let Some(done) = under_way.join_next().await {
                        lost.fetch_add(u64::from(!matches!(done, Ok(true))), Ordering::Relaxed);
                    }
                    return;
                }
            },
        }
    }
}
