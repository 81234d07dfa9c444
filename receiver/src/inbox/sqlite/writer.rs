//! The thread that writes: whatever waits for it goes into one transaction.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, TransactionBehavior, params};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::state::{Shared, State, unsigned};
use super::{SqliteError, keeper, reader, row};
use crate::delivery::{Delivery, Verdict};
use crate::filter::Filter;
use crate::forward::Forwarded;
use crate::inbox::retention::Kind;
use crate::inbox::{InboxError, Position, Retention};

/// Whom to tell when it is done.
type Answer<T> = oneshot::Sender<Result<T, InboxError>>;

pub(super) enum Job {
    Append(Box<Delivery>, Answer<Arc<Delivery>>),
    Remove(Box<Filter>, Answer<u64>),
    RemoveOne(Uuid, Answer<bool>),
    NoteForward(Uuid, Box<Forwarded>, Answer<()>),
    DropOld,
}

/// Deliveries in one transaction, and octets of their bodies.
const MOST_TOGETHER: usize = 256;
const MOST_BYTES_TOGETHER: usize = 16 << 20;

pub(super) struct Writer {
    connection: Connection,
    state: State,
    retention: Retention,
    shared: Arc<Shared>,
    keeper: keeper::Handle,
    /// Pages in the write-ahead log.
    log: Arc<AtomicU32>,
}

/// A delivery that is written and not yet committed, and who waits for that.
type Written = (Arc<Delivery>, Answer<Arc<Delivery>>);

impl Writer {
    pub(super) fn new(
        mut connection: Connection,
        state: State,
        retention: Retention,
        shared: Arc<Shared>,
        keeper: keeper::Handle,
    ) -> Result<Self, SqliteError> {
        let log = Arc::new(AtomicU32::new(0));
        let pages = log.clone();
        let hook = move |_: &mut rusqlite::hooks::Wal, count| {
            pages.store(u32::try_from(count).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        };
        let path = connection.path().map(Into::into).unwrap_or_default();
        connection.wal_hook(Some(hook)).map_err(|source| SqliteError::Sqlite { path, source })?;
        Ok(Writer { connection, state, retention, shared, keeper, log })
    }

    /// Until nobody can send jobs any more.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut next = None;
        while let Some(job) = next.take().or_else(|| jobs.blocking_recv()) {
            match job {
                Job::Append(delivery, answer) => next = self.append(delivery, answer, &mut jobs),
                Job::Remove(filter, answer) => drop(answer.send(self.remove(&filter))),
                Job::RemoveOne(id, answer) => drop(answer.send(self.remove_one(id))),
                Job::NoteForward(id, forwarded, answer) => {
                    let noted = row::note_forward(&self.connection, id, &forwarded);
                    drop(answer.send(noted.map_err(|error| InboxError(error.into()))));
                }
                // Tried again soon.
                Job::DropOld => drop(self.drop_old()),
            }
            self.keeper.look_after_log(&self.connection, self.log.load(Ordering::Relaxed));
        }
    }

    /// Takes this delivery and all that wait behind it; returns the first job that is none.
    fn append(
        &mut self,
        first: Box<Delivery>,
        answer: Answer<Arc<Delivery>>,
        jobs: &mut mpsc::Receiver<Job>,
    ) -> Option<Job> {
        let mut bytes = first.body.len();
        let mut group = vec![(Arc::from(first), answer)];
        let mut next = None;
        while group.len() < MOST_TOGETHER && bytes < MOST_BYTES_TOGETHER {
            match jobs.try_recv() {
                Ok(Job::Append(delivery, answer)) => {
                    bytes += delivery.body.len();
                    group.push((Arc::from(delivery), answer));
                }
                Ok(other) => {
                    next = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        self.commit(group);
        next
    }

    fn commit(&mut self, mut group: Vec<Written>) {
        match self.write(&mut group) {
            Ok(()) => {
                for (delivery, answer) in group {
                    let _ = answer.send(Ok(delivery));
                }
            }
            Err(error) => {
                let error = error.to_string();
                for (_, answer) in group {
                    let _ = answer.send(Err(InboxError(error.clone().into())));
                }
            }
        }
    }

    /// What cannot be written by itself is answered and taken out of the group; an error means that nothing was written.
    fn write(&mut self, group: &mut Vec<Written>) -> rusqlite::Result<()> {
        self.transaction(|connection, state, retention| {
            let mut written = Vec::with_capacity(group.len());
            for (delivery, answer) in mem::take(group) {
                match row::insert(connection, state.end + 1, &delivery) {
                    Ok(()) => {
                        state.end += 1;
                        state.tally.add(Kind::of(&delivery), delivery.footprint() as u64);
                        written.push((delivery, answer));
                    }
                    Err(error) if error.sqlite_error_code() == Some(ErrorCode::TooBig) => {
                        let _ = answer.send(Err(InboxError(error.into())));
                    }
                    Err(error) => {
                        written.push((delivery, answer));
                        *group = written;
                        return Err(error);
                    }
                }
            }
            *group = written;
            make_room(connection, state, retention)
        })
    }

    fn remove(&mut self, filter: &Filter) -> Result<u64, InboxError> {
        /// Looked at in one transaction, so that senders wait for no more than that.
        const PAGE: usize = 256;
        let (mut removed, mut before) = (0, None);
        loop {
            let found = reader::before(&self.connection, before, filter, PAGE).map_err(failed)?;
            let Some((last, _)) = found.last() else { return Ok(removed) };
            before = Some(*last);
            let gone = self.transaction(|connection, state, _| {
                for (position, _) in &found {
                    delete(connection, state, *position)?;
                }
                Ok(found.len() as u64)
            });
            removed += gone.map_err(failed)?;
        }
    }

    fn remove_one(&mut self, id: Uuid) -> Result<bool, InboxError> {
        let removed = self.transaction(|connection, state, _| {
            let mut select = connection.prepare_cached("SELECT position FROM delivery WHERE id = ?1")?;
            let mut rows = select.query([id.as_bytes()])?;
            let Some(row) = rows.next()? else { return Ok(false) };
            delete(connection, state, Position(unsigned(row.get(0)?)))?;
            Ok(true)
        });
        removed.map_err(failed)
    }

    fn drop_old(&mut self) -> rusqlite::Result<()> {
        /// In one transaction, so that senders wait for no more than that; the rest is for the next time.
        const MOST_OLD: usize = 4_096;
        let Some(oldest) = self.retention.oldest(Timestamp::now()) else { return Ok(()) };
        self.transaction(|connection, state, _| {
            // They stand in the order of their times but for a few seconds, so that the first young one is the end.
            let mut left = MOST_OLD;
            while left > 0
                && let Some((position, received_at)) = first(connection)?
                && received_at < oldest.as_microsecond()
            {
                delete(connection, state, position)?;
                state.dropped += 1;
                left -= 1;
            }
            Ok(())
        })
    }

    /// Does something in a transaction. What is known of the state changes, and is shown, only when it is committed.
    fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Connection, &mut State, &Retention) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let mut state = self.state;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction, &mut state, &self.retention)?;
        state.save(&transaction)?;
        transaction.commit()?;
        self.state = state;
        self.shared.show(&state);
        Ok(done)
    }
}

/// Drops the oldest as long as there is too much.
fn make_room(connection: &Connection, state: &mut State, retention: &Retention) -> rusqlite::Result<()> {
    while let Some(victim) = retention.victim(&state.tally) {
        let oldest = match victim {
            Kind::Valid => oldest_of(connection, Verdict::Valid)?,
            Kind::Refused => {
                let of_both = [oldest_of(connection, Verdict::Invalid)?, oldest_of(connection, Verdict::Unsigned)?];
                of_both.into_iter().flatten().min()
            }
        };
        // The newest itself stays, however large it is.
        let oldest = match oldest {
            Some(oldest) if oldest.0 < state.end => Some(oldest),
            _ => first(connection)?.map(|(position, _)| position),
        };
        let Some(oldest) = oldest else { break };
        delete(connection, state, oldest)?;
        state.dropped += 1;
    }
    Ok(())
}

fn oldest_of(connection: &Connection, verdict: Verdict) -> rusqlite::Result<Option<Position>> {
    let mut select = connection.prepare_cached("SELECT min(position) FROM delivery WHERE verdict = ?1")?;
    let position: Option<i64> = select.query_row([verdict.as_str()], |row| row.get(0))?;
    Ok(position.map(|position| Position(unsigned(position))))
}

fn first(connection: &Connection) -> rusqlite::Result<Option<(Position, i64)>> {
    let mut select =
        connection.prepare_cached("SELECT position, received_at FROM delivery ORDER BY position LIMIT 1")?;
    let mut rows = select.query([])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some((Position(unsigned(row.get(0)?)), row.get(1)?)))
}

fn delete(connection: &Connection, state: &mut State, position: Position) -> rusqlite::Result<()> {
    let mut delete = connection.prepare_cached("DELETE FROM delivery WHERE position = ?1 RETURNING verdict, bytes")?;
    let mut rows = delete.query(params![super::state::signed(position.0)])?;
    if let Some(row) = rows.next()? {
        let is_valid = row.get_ref(0)?.as_str()? == Verdict::Valid.as_str();
        let bytes = unsigned(row.get(1)?);
        state.tally.subtract(if is_valid { Kind::Valid } else { Kind::Refused }, bytes);
    }
    Ok(())
}

fn failed(error: rusqlite::Error) -> InboxError {
    InboxError(error.into())
}
