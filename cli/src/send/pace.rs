//! Deliveries that start when they are due: at a rate, whether or not those before are answered.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

/// A runtime's timers are a millisecond coarse, which at thousands a second is most of what is measured. A thread sleeps
/// more precisely; what is due within this time starts together.
const TICK: Duration = Duration::from_micros(100);

pub(super) struct Pace {
    started: Instant,
    rate: f64,
    /// One for each delivery that is due.
    turns: Arc<Semaphore>,
    /// Those that have had theirs.
    begun: AtomicU64,
}

impl Pace {
    /// The first of `count` deliveries is due now.
    pub(super) fn start(rate: f64, count: u64) -> Self {
        let (started, turns) = (Instant::now(), Arc::new(Semaphore::new(0)));
        let given = Arc::downgrade(&turns);
        thread::spawn(move || give(started, rate, count, &given));
        Pace { started, rate, turns, begun: AtomicU64::new(0) }
    }

    /// Waits until another delivery is due, and says how late it is.
    pub(super) async fn turn(&self) -> Duration {
        // It is never closed.
        if let Ok(turn) = self.turns.acquire().await {
            turn.forget();
        }
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        due(number, self.rate).map_or(Duration::ZERO, |due| self.started.elapsed().saturating_sub(due))
    }
}

/// After the start; never at a rate that is too low for a time to express.
fn due(number: u64, rate: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number as f64 / rate).ok()
}

/// Until all are given, or nobody wants them any more.
fn give(started: Instant, rate: f64, count: u64, turns: &Weak<Semaphore>) {
    let mut given: u64 = 0;
    while given < count {
        let Some(turns) = turns.upgrade() else { return };
        let elapsed = started.elapsed();
        let are_due = ((elapsed.as_secs_f64() * rate) as u64).saturating_add(1).clamp(given, count);
        turns.add_permits(usize::try_from(are_due - given).unwrap_or(0));
        given = are_due;
        drop(turns);
        let wait = due(given, rate).unwrap_or(Duration::MAX).saturating_sub(started.elapsed());
        // Looks up at times, so that it ends with whom it works for.
        thread::sleep(wait.clamp(TICK, Duration::from_secs(1)));
    }
}
