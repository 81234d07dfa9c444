//! Where deliveries are kept.

mod memory;
#[cfg(feature = "nats")]
mod nats;
mod retention;
mod sqlite;

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::watch;
use uuid::Uuid;

use crate::delivery::Delivery;
use crate::filter::Filter;
use crate::forward::Forwarded;

pub use memory::MemoryInbox;
#[cfg(feature = "nats")]
pub use nats::{InvalidMessage, NatsInbox, NatsInboxError, NatsInboxOptions, delivery_of};
pub use retention::Retention;
pub use sqlite::{SqliteError, SqliteInbox, SqliteOptions, Synchronous};

/// The octets at which a page of deliveries that are read from a disk ends.
pub(crate) const FULL_PAGE: usize = 64 << 20;

/// A delivery's place in the order in which an inbox took them, counted from 1. Those that
/// are removed leave a gap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(pub u64);

/// What an inbox's methods return, so that there may be `dyn` inboxes.
pub type InboxFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, InboxError>> + Send + 'a>>;

/// Where deliveries are kept. The sender is answered only after [`append`](Inbox::append) is done.
pub trait Inbox: Send + Sync + 'static {
    /// Takes a delivery. Once this is done, the delivery is kept.
    ///
    /// The returned future may take its time (a disk's, a network's); nothing is lost when it is dropped half-way, but
    /// then nobody knows whether the delivery is kept.
    fn append(&self, delivery: Delivery) -> InboxFuture<'_, Arc<Delivery>>;

    /// At most `limit` deliveries that the filter means, newest first; only those before a position when one is given.
    ///
    /// An inbox that has to read them into memory may end a page at 64 MiB: only an empty one says that there are no more.
    fn before<'a>(
        &'a self,
        position: Option<Position>,
        filter: &'a Filter,
        limit: usize,
    ) -> InboxFuture<'a, Vec<(Position, Arc<Delivery>)>>;

    /// At most `limit` deliveries after a position, oldest first; a page may end early as in [`before`](Inbox::before).
    fn after(&self, position: Position, limit: usize) -> InboxFuture<'_, Vec<(Position, Arc<Delivery>)>>;

    /// One delivery, if it is still there.
    fn get(&self, id: Uuid) -> InboxFuture<'_, Option<Arc<Delivery>>>;

    /// Removes the deliveries that the filter means, and says how many there were.
    fn remove<'a>(&'a self, filter: &'a Filter) -> InboxFuture<'a, u64>;

    /// Removes one delivery, and says whether it was there.
    fn remove_one(&self, id: Uuid) -> InboxFuture<'_, bool>;

    /// Notes how far a delivery is on its way to an app. An inbox that keeps deliveries as they are in memory has it noted
    /// already.
    fn note_forward<'a>(&'a self, id: Uuid, forwarded: &'a Forwarded) -> InboxFuture<'a, ()> {
        let _ = (id, forwarded);
        Box::pin(std::future::ready(Ok(())))
    }

    /// Whether it could take a delivery now. An inbox in memory always can.
    fn check(&self) -> InboxFuture<'_, ()> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// The newest delivery's position, now and whenever it changes.
    fn latest(&self) -> watch::Receiver<Position>;

    /// How full it is.
    fn stats(&self) -> Stats;

    /// What tells the positions of this inbox from those of another: one that begins anew has another.
    fn incarnation(&self) -> Uuid;
}

/// How full an inbox is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Deliveries that are there.
    pub held: u64,
    /// Their size in memory or on disk, in octets.
    pub bytes: u64,
    /// Deliveries that went because there were too many, too much of them, or they were too old.
    pub dropped: u64,
}

/// The inbox could not do what was asked of it.
#[derive(Debug, thiserror::Error)]
#[error("the inbox failed: {0}")]
pub struct InboxError(#[from] pub Box<dyn std::error::Error + Send + Sync>);

impl InboxError {
    /// Whether it was this delivery's size: others are taken, and this one would not be taken later either.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.0.is::<TooLarge>()
    }
}

/// A delivery that is larger than the inbox can ever take. Its sender is answered 413.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a delivery of {size} octets with its headers is more than the {limit} that it takes at a time")]
pub struct TooLarge {
    /// The body's and the headers' octets together.
    pub size: usize,
    /// The most that there may be.
    pub limit: usize,
}
