//! An inbox that ends with the process.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

use super::retention::{Kind, Retention, Tally};
use super::{Inbox, InboxFuture, Position, Stats};
use crate::delivery::Delivery;
use crate::filter::Filter;

/// Keeps the newest deliveries in memory and counts those it had to drop.
#[derive(Debug)]
pub struct MemoryInbox {
    incarnation: Uuid,
    retention: Retention,
    held: Mutex<Held>,
    latest: watch::Sender<Position>,
}

type Entry = (Position, Arc<Delivery>);

/// The two kinds stand apart, so that the oldest of each is found at once.
#[derive(Debug, Default)]
struct Held {
    /// Oldest first.
    valid: VecDeque<Entry>,
    refused: VecDeque<Entry>,
    tally: Tally,
    /// The newest that was ever taken.
    end: Position,
    dropped: u64,
}

impl MemoryInbox {
    /// An empty inbox.
    pub fn new(retention: Retention) -> Self {
        MemoryInbox {
            incarnation: Uuid::now_v7(),
            retention,
            held: Mutex::default(),
            latest: watch::Sender::new(Position(0)),
        }
    }

    /// What is held, without what has become too old.
    fn held(&self) -> MutexGuard<'_, Held> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(oldest) = self.retention.oldest(Timestamp::now()) {
            for kind in [Kind::Valid, Kind::Refused] {
                while held.queue(kind).front().is_some_and(|(_, delivery)| delivery.received_at < oldest) {
                    held.drop_oldest(kind);
                }
            }
        }
        held
    }

    fn take(&self, delivery: Delivery) -> Arc<Delivery> {
        let delivery = Arc::new(delivery);
        let kind = Kind::of(&delivery);
        let mut held = self.held();
        held.end = Position(held.end.0 + 1);
        let entry = (held.end, delivery.clone());
        held.tally.add(kind, delivery.footprint() as u64);
        held.queue_mut(kind).push_back(entry);
        while let Some(victim) = self.retention.victim(&held.tally) {
            // The newest itself stays, however large it is.
            let is_newest = victim == kind && held.queue(victim).len() == 1;
            held.drop_oldest(if is_newest { victim.other() } else { victim });
        }
        // Under the lock, so that positions are announced in their order.
        self.latest.send_replace(held.end);
        delivery
    }
}

impl Held {
    fn queue(&self, kind: Kind) -> &VecDeque<Entry> {
        match kind {
            Kind::Valid => &self.valid,
            Kind::Refused => &self.refused,
        }
    }

    fn queue_mut(&mut self, kind: Kind) -> &mut VecDeque<Entry> {
        match kind {
            Kind::Valid => &mut self.valid,
            Kind::Refused => &mut self.refused,
        }
    }

    fn drop_oldest(&mut self, kind: Kind) {
        if let Some((_, oldest)) = self.queue_mut(kind).pop_front() {
            self.tally.subtract(kind, oldest.footprint() as u64);
            self.dropped += 1;
        }
    }

    /// At most `limit` of both kinds, oldest first, after a position.
    fn after(&self, position: Position, limit: usize) -> Vec<Entry> {
        let mut found = Vec::new();
        for queue in [&self.valid, &self.refused] {
            let start = queue.partition_point(|(at, _)| *at <= position);
            found.extend(queue.range(start..).take(limit).cloned());
        }
        found.sort_unstable_by_key(|(at, _)| *at);
        found.truncate(limit);
        found
    }

    /// At most `limit` of both kinds, newest first, before a position.
    fn before(&self, position: Position, limit: usize) -> Vec<Entry> {
        let mut found = Vec::new();
        for queue in [&self.valid, &self.refused] {
            let end = queue.partition_point(|(at, _)| *at < position);
            found.extend(queue.range(..end).rev().take(limit).cloned());
        }
        found.sort_unstable_by_key(|(at, _)| std::cmp::Reverse(*at));
        found.truncate(limit);
        found
    }

    /// Keeps only those that are wanted, and says how many went.
    fn retain(&mut self, wanted: impl Fn(&Delivery) -> bool) -> u64 {
        let mut removed = 0;
        for kind in [Kind::Valid, Kind::Refused] {
            let entries = std::mem::take(self.queue_mut(kind));
            let (kept, gone): (VecDeque<_>, VecDeque<_>) =
                entries.into_iter().partition(|(_, delivery)| wanted(delivery));
            *self.queue_mut(kind) = kept;
            for (_, delivery) in &gone {
                self.tally.subtract(kind, delivery.footprint() as u64);
            }
            removed += gone.len() as u64;
        }
        removed
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
                let chunk = self.held().before(before, CHUNK);
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
        let found = self.held().after(position, limit);
        Box::pin(std::future::ready(Ok(found)))
    }

    fn get(&self, id: Uuid) -> InboxFuture<'_, Option<Arc<Delivery>>> {
        let held = self.held();
        // From the newest on: that is the one people ask for.
        let mut newest_first = held.valid.iter().rev().chain(held.refused.iter().rev());
        let found = newest_first.find(|(_, delivery)| delivery.id == id).map(|(_, delivery)| delivery.clone());
        Box::pin(std::future::ready(Ok(found)))
    }

    fn remove<'a>(&'a self, filter: &'a Filter) -> InboxFuture<'a, u64> {
        Box::pin(async move { Ok(self.held().retain(|delivery| !filter.matches(delivery))) })
    }

    fn remove_one(&self, id: Uuid) -> InboxFuture<'_, bool> {
        let removed = self.held().retain(|delivery| delivery.id != id);
        Box::pin(std::future::ready(Ok(removed > 0)))
    }

    fn latest(&self) -> watch::Receiver<Position> {
        self.latest.subscribe()
    }

    fn stats(&self) -> Stats {
        let held = self.held();
        let total = held.tally.total();
        Stats { held: total.deliveries, bytes: total.bytes, dropped: held.dropped }
    }

    fn incarnation(&self) -> Uuid {
        self.incarnation
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::delivery::Verdict;
    use crate::delivery::tests::delivery;

    fn filled(retention: Retention, count: usize) -> MemoryInbox {
        let inbox = MemoryInbox::new(retention);
        for number in 0..count {
            inbox.take(delivery(&format!("/{number}"), b"0123456789"));
        }
        inbox
    }

    fn refused(target: &str) -> Delivery {
        Delivery { verdict: Verdict::Invalid, ..delivery(target, b"0123456789") }
    }

    async fn paths(found: InboxFuture<'_, Vec<(Position, Arc<Delivery>)>>) -> Vec<(u64, String)> {
        found.await.unwrap().into_iter().map(|(at, delivery)| (at.0, delivery.path().to_owned())).collect()
    }

    #[tokio::test]
    async fn the_oldest_make_room_and_are_counted() {
        let inbox = filled(Retention { deliveries: Some(3), ..Retention::default() }, 5);
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
        let inbox = filled(Retention { bytes: Some(1), ..Retention::default() }, 4);
        assert_eq!((inbox.stats().held, inbox.stats().dropped), (1, 3));
        inbox.take(refused("/refused"));
        assert_eq!(paths(inbox.after(Position(0), 9)).await, [(5, "/refused".into())]);
        let inbox = filled(Retention { bytes: Some(20_000), ..Retention::default() }, 500);
        assert!(inbox.stats().bytes <= 20_000);
        assert_eq!(inbox.stats().held + inbox.stats().dropped, 500);
    }

    #[tokio::test]
    async fn a_flood_of_refused_deliveries_leaves_nine_tenths_to_the_valid_ones() {
        let inbox = filled(Retention { deliveries: Some(20), ..Retention::default() }, 20);
        for number in 0..1_000 {
            inbox.take(refused(&format!("/refused/{number}")));
        }
        let found = paths(inbox.after(Position(0), 100)).await;
        assert_eq!(found.len(), 20);
        assert_eq!(found[0], (3, "/2".into()), "the two oldest made room");
        assert_eq!(found[18..], [(1_019, "/refused/998".into()), (1_020, "/refused/999".into())]);
    }

    #[tokio::test]
    async fn what_is_too_old_goes() {
        let inbox = MemoryInbox::new(Retention { age: Some(Duration::from_secs(60)), ..Retention::IN_MEMORY });
        let age = |seconds| Timestamp::now() - jiff::SignedDuration::from_secs(seconds);
        inbox.take(Delivery { received_at: age(61), ..refused("/old") });
        inbox.take(Delivery { received_at: age(50), ..delivery("/young", b"") });
        assert_eq!(paths(inbox.after(Position(0), 9)).await, [(2, "/young".into())]);
        assert_eq!((inbox.stats().held, inbox.stats().dropped), (1, 1));
    }

    #[tokio::test]
    async fn what_is_removed_is_gone_and_places_stay_as_they_are() {
        let inbox = filled(Retention::IN_MEMORY, 4);
        let id = inbox.held().after(Position(1), 1)[0].1.id;
        assert!(inbox.remove_one(id).await.unwrap());
        assert!(!inbox.remove_one(id).await.unwrap());
        assert!(inbox.get(id).await.unwrap().is_none());
        let places: Vec<_> = paths(inbox.after(Position(0), 9)).await.into_iter().map(|(at, _)| at).collect();
        assert_eq!(places, [1, 3, 4]);
        let last = Filter { path: Some("/3".to_owned()), ..Filter::default() };
        assert_eq!(inbox.remove(&last).await.unwrap(), 1);
        assert_eq!(inbox.remove(&Filter::default()).await.unwrap(), 2);
        assert_eq!(inbox.stats(), Stats::default(), "what was removed is not dropped");
        inbox.take(delivery("/next", b""));
        assert_eq!(paths(inbox.after(Position(0), 9)).await, [(5, "/next".into())]);
    }

    #[tokio::test]
    async fn a_filter_looks_at_everything_that_is_held() {
        let inbox = filled(Retention::IN_MEMORY, 1_000);
        let filter = Filter { path: Some("/7*0".to_owned()), ..Filter::default() };
        let found = paths(inbox.before(None, &filter, 100)).await;
        assert_eq!(found.len(), 11, "/70 and /700 to /790");
        assert_eq!(paths(inbox.before(None, &filter, 2)).await, found[..2]);
    }
}
