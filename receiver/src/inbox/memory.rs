//! An inbox that ends with the process.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use uuid::Uuid;

use super::{Inbox, InboxFuture, Position, Stats};
use crate::delivery::Delivery;
use crate::filter::Filter;

/// How much a [`MemoryInbox`] keeps before the oldest deliveries make room.
#[derive(Clone, Copy, Debug)]
pub struct MemoryLimits {
    /// Deliveries.
    pub deliveries: usize,
    /// Octets, of all that is kept of them.
    pub bytes: usize,
}

impl Default for MemoryLimits {
    /// 10,000 deliveries or 64 MiB, whichever is reached first.
    fn default() -> Self {
        MemoryLimits { deliveries: 10_000, bytes: 64 << 20 }
    }
}

/// Keeps the newest deliveries in memory and counts those it had to drop.
#[derive(Debug)]
pub struct MemoryInbox {
    limits: MemoryLimits,
    held: Mutex<Held>,
    latest: watch::Sender<Position>,
}

#[derive(Debug, Default)]
struct Held {
    /// Oldest first, without gaps: the front one is at position `dropped + 1`.
    deliveries: VecDeque<Arc<Delivery>>,
    bytes: usize,
    dropped: u64,
}

impl MemoryInbox {
    /// An empty inbox.
    pub fn new(limits: MemoryLimits) -> Self {
        MemoryInbox { limits, held: Mutex::default(), latest: watch::Sender::new(Position(0)) }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, delivery: Delivery) -> Arc<Delivery> {
        let delivery = Arc::new(delivery);
        let mut held = self.held();
        held.bytes += delivery.footprint();
        held.deliveries.push_back(delivery.clone());
        while held.deliveries.len() > self.limits.deliveries.max(1)
            || (held.bytes > self.limits.bytes && held.deliveries.len() > 1)
        {
            let Some(oldest) = held.deliveries.pop_front() else { break };
            held.bytes -= oldest.footprint();
            held.dropped += 1;
        }
        // Under the lock, so that positions are announced in their order.
        self.latest.send_replace(held.end());
        delivery
    }
}

impl Held {
    fn end(&self) -> Position {
        Position(self.dropped + self.deliveries.len() as u64)
    }

    /// The index in the queue of what follows a position.
    fn index_after(&self, position: Position) -> usize {
        usize::try_from(position.0.saturating_sub(self.dropped)).unwrap_or(usize::MAX).min(self.deliveries.len())
    }

    fn at(&self, index: usize) -> (Position, Arc<Delivery>) {
        (Position(self.dropped + index as u64 + 1), self.deliveries[index].clone())
    }
}

impl Inbox for MemoryInbox {
    fn append(&self, delivery: Delivery) -> InboxFuture<'_, Arc<Delivery>> {
        let delivery = self.take(delivery);
        Box::pin(std::future::ready(Ok(delivery)))
    }

    fn before<'a>(
        &'a self,
        position: Option<Position>,
        filter: &'a Filter,
        limit: usize,
    ) -> InboxFuture<'a, Vec<(Position, Arc<Delivery>)>> {
        /// Looked at before others get the lock and the thread again.
        const CHUNK: usize = 256;
        Box::pin(async move {
            let mut found = Vec::new();
            let mut before = position.unwrap_or(Position(u64::MAX));
            while found.len() < limit {
                let chunk: Vec<_> = {
                    let held = self.held();
                    let end = held.index_after(Position(before.0.saturating_sub(1)));
                    (end.saturating_sub(CHUNK)..end).rev().map(|index| held.at(index)).collect()
                };
                let Some((oldest, _)) = chunk.last() else { break };
                before = *oldest;
                found.extend(chunk.into_iter().filter(|(_, delivery)| filter.matches(delivery)));
                tokio::task::yield_now().await;
            }
            found.truncate(limit);
            Ok(found)
        })
    }

    fn after(&self, position: Position, limit: usize) -> InboxFuture<'_, Vec<(Position, Arc<Delivery>)>> {
        let held = self.held();
        let start = held.index_after(position);
        let end = start.saturating_add(limit).min(held.deliveries.len());
        let found = (start..end).map(|index| held.at(index)).collect();
        Box::pin(std::future::ready(Ok(found)))
    }

    fn get(&self, id: Uuid) -> InboxFuture<'_, Option<Arc<Delivery>>> {
        // From the newest on: that is the one people ask for.
        let found = self.held().deliveries.iter().rev().find(|delivery| delivery.id == id).cloned();
        Box::pin(std::future::ready(Ok(found)))
    }

    fn latest(&self) -> watch::Receiver<Position> {
        self.latest.subscribe()
    }

    fn stats(&self) -> Stats {
        let held = self.held();
        Stats { held: held.deliveries.len() as u64, bytes: held.bytes as u64, dropped: held.dropped }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::tests::delivery;

    fn filled(limits: MemoryLimits, count: usize) -> MemoryInbox {
        let inbox = MemoryInbox::new(limits);
        for number in 0..count {
            inbox.take(delivery(&format!("/{number}"), b"0123456789"));
        }
        inbox
    }

    async fn paths(found: InboxFuture<'_, Vec<(Position, Arc<Delivery>)>>) -> Vec<(u64, String)> {
        found.await.unwrap().into_iter().map(|(at, delivery)| (at.0, delivery.path().to_owned())).collect()
    }

    #[tokio::test]
    async fn the_oldest_make_room_and_are_counted() {
        let inbox = filled(MemoryLimits { deliveries: 3, bytes: usize::MAX }, 5);
        assert_eq!((inbox.stats().held, inbox.stats().dropped), (3, 2));
        let all = Filter::default();
        assert_eq!(paths(inbox.before(None, &all, 9)).await, [(5, "/4".into()), (4, "/3".into()), (3, "/2".into())]);
        assert_eq!(paths(inbox.before(Some(Position(4)), &all, 9)).await, [(3, "/2".into())]);
        assert_eq!(paths(inbox.before(Some(Position(3)), &all, 9)).await, []);
        assert_eq!(paths(inbox.after(Position(0), 2)).await, [(3, "/2".into()), (4, "/3".into())]);
        assert_eq!(paths(inbox.after(Position(4), 2)).await, [(5, "/4".into())]);
        assert_eq!(paths(inbox.after(Position(99), 2)).await, []);
        assert_eq!(*inbox.latest().borrow(), Position(5));
    }

    #[tokio::test]
    async fn memory_is_bounded_and_the_newest_always_stays() {
        let inbox = filled(MemoryLimits { deliveries: 100, bytes: 1 }, 4);
        assert_eq!((inbox.stats().held, inbox.stats().dropped), (1, 3));
        let inbox = filled(MemoryLimits { deliveries: 1_000, bytes: 20_000 }, 500);
        assert!(inbox.stats().bytes <= 20_000);
        assert_eq!(inbox.stats().held + inbox.stats().dropped, 500);
    }

    #[tokio::test]
    async fn a_filter_looks_at_everything_that_is_held() {
        let inbox = filled(MemoryLimits::default(), 1_000);
        let filter = Filter { path: Some("/7*0".to_owned()), ..Filter::default() };
        let found = paths(inbox.before(None, &filter, 100)).await;
        assert_eq!(found.len(), 11, "/70 and /700 to /790");
        assert_eq!(paths(inbox.before(None, &filter, 2)).await, found[..2]);
    }
}
