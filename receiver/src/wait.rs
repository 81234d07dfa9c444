//! Waiting for deliveries, and saying what came instead.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::compare::Comparison;
use crate::delivery::Delivery;
use crate::filter::Filter;
use crate::inbox::{Inbox, InboxError, Position};

/// The methods by which deliveries are narrowed down; the type has a `filter`.
macro_rules! narrowing {
    () => {
        /// Only those whose signature is valid.
        pub fn valid(self) -> Self {
            self.verdict($crate::Verdict::Valid)
        }

        /// Only those with this verdict.
        pub fn verdict(mut self, verdict: $crate::Verdict) -> Self {
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
        pub fn since(mut self, since: jiff::Timestamp) -> Self {
            self.filter.since = Some(since);
            self
        }

        /// Only those that the filter means.
        pub fn matching(mut self, filter: $crate::Filter) -> Self {
            self.filter = filter;
            self
        }
    };
}

pub(crate) use narrowing;

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

    narrowing!();

    /// Waits until so many have come, those that are already there included, and returns the first so many in their order
    /// (fewer when some had to make room in the inbox meanwhile).
    pub async fn within(self, timeout: Duration) -> Result<Vec<Arc<Delivery>>, Unmet> {
        let started = Instant::now();
        let deadline = started.checked_add(timeout);
        let mut latest = self.inbox.latest();
        let mut came = Came::default();
        loop {
            latest.mark_unchanged();
            if let Err(error) = came.take_new(self.inbox, self.count, &self.filter).await {
                return Err(self.unmet(came, started.elapsed(), Some(error)).await);
            }
            if came.matched.len() >= self.count {
                return match fetch(self.inbox, &came.matched).await {
                    Ok(deliveries) => Ok(deliveries),
                    Err(error) => Err(self.unmet(came, started.elapsed(), Some(error)).await),
                };
            }
            let out_of_time = async {
                match deadline {
                    Some(deadline) => tokio::time::sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                changed = latest.changed() => if changed.is_err() {
                    return Err(self.unmet(came, started.elapsed(), None).await);
                },
                () = out_of_time => return Err(self.unmet(came, timeout, None).await),
            }
        }
    }

    async fn unmet(&self, came: Came, waited: Duration, error: Option<InboxError>) -> Unmet {
        unmet(self.inbox, &self.filter, self.count, came, waited, error).await
    }
}

/// Everything that is there, and whether the filter means it.
pub(crate) async fn survey(inbox: &dyn Inbox, filter: &Filter) -> Unmet {
    let mut came = Came::default();
    let error = came.take_new(inbox, usize::MAX, filter).await.err();
    unmet(inbox, filter, 0, came, Duration::ZERO, error).await
}

async fn unmet(
    inbox: &dyn Inbox,
    filter: &Filter,
    wanted: usize,
    came: Came,
    waited: Duration,
    error: Option<InboxError>,
) -> Unmet {
    let shown = came.matched.len().saturating_sub(SHOWN);
    let matched = fetch(inbox, &came.matched[shown..]).await.unwrap_or_default();
    let missed: Vec<_> = came.missed.into_iter().collect();
    let near_misses = fetch(inbox, &missed).await.unwrap_or_default().into_iter().map(|delivery| {
        let reasons = filter.misses(&delivery);
        NearMiss { delivery, reasons }
    });
    Unmet {
        wanted,
        waited,
        filter: filter.clone(),
        matched_count: came.matched.len(),
        matched,
        near_misses: near_misses.collect(),
        missed_count: came.missed_count,
        error,
    }
}

/// How many of each kind an unmet expectation shows: the newest.
const SHOWN: usize = 20;

/// What has come so far, by its place only: the inbox decides how long a delivery is kept.
#[derive(Default)]
struct Came {
    position: Position,
    matched: Vec<Position>,
    missed: VecDeque<Position>,
    missed_count: usize,
}

impl Came {
    async fn take_new(&mut self, inbox: &dyn Inbox, count: usize, filter: &Filter) -> Result<(), InboxError> {
        while self.matched.len() < count {
            let new = inbox.after(self.position, 256).await?;
            if new.is_empty() {
                break;
            }
            for (position, delivery) in new {
                self.position = position;
                if filter.matches(&delivery) {
                    self.matched.push(position);
                    if self.matched.len() == count {
                        break;
                    }
                } else if filter.since.is_none_or(|since| delivery.received_at >= since) {
                    self.miss(position);
                }
            }
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    fn miss(&mut self, position: Position) {
        self.missed_count += 1;
        self.missed.push_back(position);
        if self.missed.len() > SHOWN {
            self.missed.pop_front();
        }
    }
}

/// The deliveries at these places, without those that made room meanwhile.
async fn fetch(inbox: &dyn Inbox, positions: &[Position]) -> Result<Vec<Arc<Delivery>>, InboxError> {
    let mut deliveries = Vec::with_capacity(positions.len());
    for position in positions {
        let found = inbox.after(Position(position.0.saturating_sub(1)), 1).await?;
        deliveries.extend(found.into_iter().filter(|(at, _)| at == position).map(|(_, delivery)| delivery));
    }
    Ok(deliveries)
}

/// What came instead of what was waited for. Prints like a diff.
#[derive(Debug)]
#[non_exhaustive]
pub struct Unmet {
    /// How many deliveries were waited for.
    pub wanted: usize,
    /// How long.
    pub waited: Duration,
    /// Which deliveries count.
    pub filter: Filter,
    /// How many came that count.
    pub matched_count: usize,
    /// The newest of them.
    pub matched: Vec<Arc<Delivery>>,
    /// How many came that do not count.
    pub missed_count: usize,
    /// The newest of them.
    pub near_misses: Vec<NearMiss>,
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
        write!(f, "{} of {} deliveries came within {waited} ms", self.matched_count, self.wanted)?;
        self.fmt_what_came(f)
    }
}

impl Unmet {
    /// Those that count, then those that do not; the newest of the latter in two columns.
    pub(crate) fn fmt_what_came(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// More of them only push each other off the screen.
        const IN_COLUMNS: usize = 3;
        if let Some(error) = &self.error {
            write!(f, "; {error}")?;
        }
        if self.matched_count + self.missed_count == 0 {
            write!(f, "\n  nothing came at all")?;
        }
        for delivery in &self.matched {
            write!(f, "\n  + {}", Line(delivery))?;
        }
        write!(f, "{}", More(self.matched_count, self.matched.len()))?;
        let short = self.near_misses.len().saturating_sub(IN_COLUMNS);
        for (index, miss) in self.near_misses.iter().enumerate() {
            write!(f, "\n  - {}: {}", Line(&miss.delivery), miss.reasons.join(", "))?;
            if index >= short {
                write!(f, "{}", Comparison { filter: &self.filter, delivery: &miss.delivery })?;
            }
        }
        write!(f, "{}", More(self.missed_count, self.near_misses.len()))
    }
}

/// How many there were besides those that are shown.
struct More(usize, usize);

impl fmt::Display for More {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.saturating_sub(self.1) {
            0 => Ok(()),
            more => write!(f, "\n    and {more} before"),
        }
    }
}

struct Line<'a>(&'a Delivery);

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Line(delivery) = self;
        let path = delivery.path();
        let shown = path.char_indices().nth(200).map_or(path, |(end, _)| &path[..end]).escape_debug();
        write!(f, "{} {shown} ({} octets, {:.3})", delivery.method, delivery.body.len(), delivery.received_at)
    }
}
