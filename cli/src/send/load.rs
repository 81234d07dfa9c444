//! Many deliveries: so many at a time, no faster than told.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinSet;

use super::Deliveries;
use super::client::{Client, Exchange};
use super::pace::Pace;
use crate::failure::Failure;
use crate::output::shortened;

pub(super) struct Load {
    pub(super) count: u64,
    pub(super) rate: Option<f64>,
    pub(super) concurrency: usize,
}

/// What came of all deliveries.
#[derive(Clone)]
pub(super) struct Tally {
    pub(super) wanted: u64,
    pub(super) sent: u64,
    pub(super) elapsed: Duration,
    /// By status, or by reason where there was no answer; with the latest answer's beginning.
    pub(super) outcomes: BTreeMap<Outcome, (u64, String)>,
    /// In microseconds, of the deliveries that were answered.
    pub(super) latency: Histogram<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Status(u16),
    Failed(String),
}

impl Tally {
    /// Whether every delivery was sent and answered 2xx.
    pub(super) fn all_accepted(&self) -> bool {
        self.sent == self.wanted && self.outcomes.keys().all(|outcome| matches!(outcome, Outcome::Status(200..=299)))
    }

    fn new(wanted: u64) -> Self {
        let latency = Histogram::new(3).unwrap_or_else(|_| unreachable!("three significant digits are allowed"));
        Tally { wanted, sent: 0, elapsed: Duration::ZERO, outcomes: BTreeMap::new(), latency }
    }

    fn count(&mut self, exchange: Exchange) {
        self.sent += 1;
        let (outcome, said) = match exchange.outcome {
            Ok(answer) => {
                // Grows as needed, so that nothing is out of its range.
                let _ = self.latency.record(u64::try_from(exchange.took.as_micros()).unwrap_or(u64::MAX));
                (Outcome::Status(answer.status.as_u16()), excerpt(&answer.body))
            }
            Err(reason) => (Outcome::Failed(reason), String::new()),
        };
        let (count, latest) = self.outcomes.entry(outcome).or_default();
        *count += 1;
        *latest = said;
    }
}

impl Load {
    pub(super) async fn run(self, client: Client, deliveries: Deliveries, progress: bool) -> Result<Tally, Failure> {
        let started = Instant::now();
        let count = self.count;
        let pace = self.rate.map(|rate| Arc::new(Pace::start(rate, count)));
        let (next, deliveries) = (Arc::new(AtomicU64::new(0)), Arc::new(deliveries));
        let tally = Arc::new(Mutex::new(Tally::new(count)));
        let bar = progress_bar(count, progress);
        let mut workers = JoinSet::new();
        for _ in 0..self.concurrency.min(usize::try_from(count).unwrap_or(usize::MAX)) {
            let (next, deliveries, client, pace) = (next.clone(), deliveries.clone(), client.clone(), pace.clone());
            let (tally, bar) = (tally.clone(), bar.clone());
            workers.spawn(async move {
                while next.fetch_add(1, Ordering::Relaxed) < count {
                    let (body, signature) = deliveries.next()?;
                    // Counted from when it was due, so that a target that stalls is not spared by what it holds up.
                    let late = match &pace {
                        Some(pace) => pace.turn().await,
                        None => Duration::ZERO,
                    };
                    let mut exchange = client.post(body, signature.as_deref()).await;
                    exchange.took += late;
                    tally.lock().unwrap_or_else(PoisonError::into_inner).count(exchange);
                    bar.inc(1);
                }
                Ok(())
            });
        }
        while let Some(worker) = workers.join_next().await {
            worker.map_err(|error| Failure::io(format!("a sender failed: {error}"), 1))??;
        }
        bar.finish_and_clear();
        let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner).clone();
        tally.elapsed = started.elapsed();
        Ok(tally)
    }
}

/// On a terminal only, and where there is something to wait for.
fn progress_bar(count: u64, progress: bool) -> ProgressBar {
    if !progress || count < 2 {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(count);
    match ProgressStyle::with_template("{bar:40} {human_pos} of {human_len}, {per_sec:0}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// The beginning of an answer, fit for a terminal.
fn excerpt(body: &[u8]) -> String {
    shortened(String::from_utf8_lossy(body).trim(), 200)
}
