//! Waiting for deliveries, and saying what came instead.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::delivery::{Delivery, Verdict};
use crate::filter::Filter;
use crate::inbox::{Inbox, InboxError, Position};

/// So many deliveries of some kind; see [`Receiver::wait_for`](crate::Receiver::wait_for).
#[must_use = "an expectation does nothing until `within` is awaited"]
pub struct Expectation<'a> {
    inbox: &'a dyn Inbox,
    count: usize,
    filter: Filter,
}

impl<'a> Expectation<'a> {
    pub(crate) fn new(inbox: &'a dyn Inbox, count: usize) -> Self {
        Expectation { inbox, count, filter: Filter::default() }
    }

    /// Only those whose signature is valid.
    pub fn valid(self) -> Self {
        self.verdict(Verdict::Valid)
    }

    /// Only those with this verdict.
    pub fn verdict(mut self, verdict: Verdict) -> Self {
        self.filter.verdict = Some(verdict);
        self
    }

    /// Only those that were refused with this code.
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.filter.code = Some(code.into());
        self
    }

    /// Only those that went to this path; `*` stands for any number of characters.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.filter.path = Some(path.into());
        self
    }

    /// Only those with this method.
    pub fn method(mut self, method: impl Into<String>) -> Self {
        self.filter.method = Some(method.into());
        self
    }

    /// Only those received at this time or later.
    pub fn since(mut self, since: Timestamp) -> Self {
        self.filter.since = Some(since);
        self
    }

    /// Only those that the filter means.
    pub fn matching(mut self, filter: Filter) -> Self {
        self.filter = filter;
        self
    }

    /// Waits until so many have come, those that are already there included, and returns all of them in their order.
    pub async fn within(self, timeout: Duration) -> Result<Vec<Arc<Delivery>>, Unmet> {
        let started = Instant::now();
        let deadline = started.checked_add(timeout);
        let mut latest = self.inbox.latest();
        let mut came = Came::default();
        loop {
            latest.mark_unchanged();
            if let Err(error) = came.take_new(self.inbox, &self.filter).await {
                return Err(came.unmet(self.count, started.elapsed(), Some(error)));
            }
            if came.matched.len() >= self.count {
                return Ok(came.matched);
            }
            let out_of_time = async {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = latest.changed() => if changed.is_err() { return Err(came.unmet(self.count, started.elapsed(), None)) },
                () = out_of_time => return Err(came.unmet(self.count, timeout, None)),
            }
        }
    }
}

/// What has come so far.
#[derive(Default)]
struct Came {
    position: Position,
    matched: Vec<Arc<Delivery>>,
    missed: VecDeque<Arc<Delivery>>,
    missed_count: usize,
    reasons: VecDeque<Vec<String>>,
}

impl Came {
    /// How many of those that did not count are kept to be shown: the newest.
    const SHOWN: usize = 20;

    async fn take_new(&mut self, inbox: &dyn Inbox, filter: &Filter) -> Result<(), InboxError> {
        loop {
            let new = inbox.after(self.position, 256).await?;
            let Some((last, _)) = new.last() else { return Ok(()) };
            self.position = *last;
            for (_, delivery) in new {
                if filter.since.is_some_and(|since| delivery.received_at < since) {
                    continue;
                }
                if filter.matches(&delivery) {
                    self.matched.push(delivery);
                } else {
                    self.miss(delivery, filter);
                }
            }
        }
    }

    fn miss(&mut self, delivery: Arc<Delivery>, filter: &Filter) {
        self.missed_count += 1;
        self.reasons.push_back(filter.misses(&delivery));
        self.missed.push_back(delivery);
        if self.missed.len() > Self::SHOWN {
            self.missed.pop_front();
            self.reasons.pop_front();
        }
    }

    fn unmet(self, wanted: usize, waited: Duration, error: Option<InboxError>) -> Unmet {
        let near_misses = self.missed.into_iter().zip(self.reasons);
        Unmet {
            wanted,
            waited,
            matched: self.matched,
            near_misses: near_misses.map(|(delivery, reasons)| NearMiss { delivery, reasons }).collect(),
            missed_count: self.missed_count,
            error,
        }
    }
}

/// What came instead of what was waited for. Prints like a diff.
#[derive(Debug)]
#[non_exhaustive]
pub struct Unmet {
    /// How many deliveries were waited for.
    pub wanted: usize,
    /// How long.
    pub waited: Duration,
    /// Those that came.
    pub matched: Vec<Arc<Delivery>>,
    /// The newest of those that came but do not count.
    pub near_misses: Vec<NearMiss>,
    /// How many of those there were.
    pub missed_count: usize,
    /// What ended the wait when it was not the time.
    pub error: Option<InboxError>,
}

/// A delivery that came but does not count, and why.
#[derive(Debug)]
#[non_exhaustive]
pub struct NearMiss {
    /// The delivery.
    pub delivery: Arc<Delivery>,
    /// A phrase for each thing that is wrong.
    pub reasons: Vec<String>,
}

impl std::error::Error for Unmet {}

impl fmt::Display for Unmet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let waited = self.waited.as_millis();
        write!(f, "{} of {} deliveries came within {waited} ms", self.matched.len(), self.wanted)?;
        if let Some(error) = &self.error {
            write!(f, "; {error}")?;
        }
        for delivery in &self.matched {
            write!(f, "\n  + {}", Line(delivery))?;
        }
        for miss in &self.near_misses {
            write!(f, "\n  - {}: {}", Line(&miss.delivery), miss.reasons.join(", "))?;
        }
        match self.missed_count - self.near_misses.len() {
            0 if self.missed_count == 0 && self.matched.is_empty() => write!(f, "\n  nothing came at all"),
            0 => Ok(()),
            more => write!(f, "\n  and {more} more before these that did not count"),
        }
    }
}

struct Line<'a>(&'a Delivery);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Line(delivery) = self;
        let path = delivery.path().escape_debug();
        write!(f, "{} {path} ({} octets, {:.3})", delivery.method, delivery.body.len(), delivery.received_at)
    }
}
