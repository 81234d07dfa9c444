//! The thread that writes: whatever waits for it goes into one transaction.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, TransactionBehavior, params};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::state::{Shared, State, unsigned};
use super::{SqliteError, keeper, row};
use crate::delivery::{Delivery, Verdict};
use crate::forward::Forwarded;
use crate::inbox::retention::Kind;
use crate::inbox::{InboxError, Position, Retention};

/// Whom to tell when it is done.
type Answer<T> = oneshot::Sender<Result<T, InboxError>>;

pub(super) enum Job {
    Append(Box<Delivery>, Answer<Arc<Delivery>>),
    NoteForward(Uuid, Box<Forwarded>, Answer<()>),
    /// Those of these that are still there, in one transaction.
    Remove(Vec<Position>, Answer<u64>),
    RemoveOne(Uuid, Answer<bool>),
    /// Whether anything can be written.
    Check(Answer<()>),
    DropOld,
}

/// Deliveries in one transaction, and octets of their bodies.
pub(super) const MOST_TOGETHER: usize = 256;
pub(super) const MOST_BYTES_TOGETHER: usize = 16 << 20;

pub(super) struct Writer {
    connection: Connection,
    state: State,
    /// What the file's row is known to hold of it.
    saved: Option<State>,
    retention: Retention,
    shared: Arc<Shared>,
    keeper: keeper::Handle,
    /// Pages in the write-ahead log.
    log: Arc<AtomicU32>,
    /// There may be more that is too old.
    has_old: bool,
}

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
        Ok(Writer { connection, state, saved: None, retention, shared, keeper, log, has_old: false })
    }

    /// Until nobody can send jobs any more.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut next = None;
        while let Some(job) = next.take().or_else(|| jobs.blocking_recv()) {
            match Step::of(job) {
                Ok(step) => next = self.take_group(step, &mut jobs),
                Err(Job::Remove(positions, answer)) => drop(answer.send(self.remove(&positions))),
                Err(Job::RemoveOne(id, answer)) => drop(answer.send(self.remove_one(id))),
                Err(Job::Check(answer)) => drop(answer.send(self.save().map_err(failed))),
                Err(Job::DropOld) => self.has_old = true,
                Err(Job::Append(..) | Job::NoteForward(..)) => {} // they are steps
            }
            // A page between two groups; all of it where nobody waits. What fails is tried again soon.
            while self.has_old {
                self.has_old = self.drop_old().unwrap_or(false);
                if next.is_some() || !jobs.is_empty() {
                    break;
                }
            }
            self.keeper.look_after_log(&self.connection, self.log.load(Ordering::Relaxed));
        }
        // Without it, the next one to open the file would count a little.
        let _ = self.save();
    }

    /// Takes this step and those that wait behind it; returns the first job that is none.
    fn take_group(&mut self, first: Step, jobs: &mut mpsc::Receiver<Job>) -> Option<Job> {
        let (mut group, next) = with_waiting(first, jobs);
        match self.write(&mut group) {
            Ok(()) => group.into_iter().for_each(Step::done),
            Err(error) => {
                let error = error.to_string();
                group.into_iter().for_each(|step| step.failed(error.clone().into()));
            }
        }
        next
    }

    /// What cannot be written by itself is answered and taken out of the group; an error means that nothing was written.
    fn write(&mut self, group: &mut Vec<Step>) -> rusqlite::Result<()> {
        self.transaction(|connection, state, retention| {
            let mut steps = mem::take(group).into_iter();
            while let Some(step) = steps.next() {
                match step.write(connection, state) {
                    Ok(()) => group.push(step),
                    Err(error) if is_its_own(&error) => step.failed(error.into()),
                    Err(error) => {
                        group.push(step);
                        group.extend(steps);
                        return Err(error);
                    }
                }
            }
            make_room(connection, state, retention)
        })
    }

    fn remove(&mut self, positions: &[Position]) -> Result<u64, InboxError> {
        let removed = self.transaction(|connection, state, _| {
            let mut removed = 0;
            for position in positions {
                removed += u64::from(delete(connection, state, *position)?.is_some());
            }
            Ok(removed)
        });
        removed.map_err(failed)
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

    /// Drops a page of what is too old, and says whether there may be more.
    fn drop_old(&mut self) -> rusqlite::Result<bool> {
        let Some(oldest) = self.retention.oldest(Timestamp::now()) else { return Ok(false) };
        self.transaction(|connection, state, _| {
            // They stand in the order of their times but for a few seconds, so that the first young one is the end.
            let (mut deliveries, mut bytes) = (0, 0);
            while let Some((position, received_at)) = first(connection)?
                && received_at < oldest.as_microsecond()
            {
                if deliveries >= MOST_TOGETHER || bytes >= MOST_BYTES_TOGETHER as u64 {
                    return Ok(true);
                }
                bytes += delete(connection, state, position)?.unwrap_or(0);
                deliveries += 1;
                state.dropped += 1;
            }
            Ok(false)
        })
    }

    fn save(&mut self) -> rusqlite::Result<()> {
        self.saved = None;
        self.transaction(|_, _, _| Ok(()))
    }

    /// Does something in a transaction. What is known of the state changes, and is shown, only when it is committed.
    fn transaction<T>(
        &mut self,
        work: impl FnOnce(&Connection, &mut State, &Retention) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let mut state = self.state;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction, &mut state, &self.retention)?;
        let saved = match self.saved.take() {
            Some(saved) if state.follows_from(&saved) => saved,
            _ => {
                state.save(&transaction)?;
                state
            }
        };
        transaction.commit()?;
        self.saved = Some(saved);
        self.state = state;
        self.shared.show(&state);
        Ok(done)
    }
}

/// The first step and those that wait behind it, as many as may go together; then the first job that is none.
///
/// Others are not waited for: while one group is written the next one gathers.
fn with_waiting(first: Step, jobs: &mut mpsc::Receiver<Job>) -> (Vec<Step>, Option<Job>) {
    let mut bytes = first.bytes();
    let mut group = vec![first];
    while group.len() < MOST_TOGETHER && bytes < MOST_BYTES_TOGETHER {
        match jobs.try_recv().map(Step::of) {
            Ok(Ok(step)) => {
                bytes += step.bytes();
                group.push(step);
            }
            Ok(Err(other)) => return (group, Some(other)),
            Err(_) => break,
        }
    }
    (group, None)
}

/// What shares a transaction with others.
enum Step {
    Append(Arc<Delivery>, Answer<Arc<Delivery>>),
    NoteForward(Uuid, Box<Forwarded>, Answer<()>),
}

impl Step {
    /// The job as a step, or else back.
    fn of(job: Job) -> Result<Self, Job> {
        match job {
            Job::Append(delivery, answer) => Ok(Step::Append(Arc::from(delivery), answer)),
            Job::NoteForward(id, forwarded, answer) => Ok(Step::NoteForward(id, forwarded, answer)),
            other => Err(other),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Step::Append(delivery, _) => delivery.body.len(),
            Step::NoteForward(..) => 0,
        }
    }

    fn write(&self, connection: &Connection, state: &mut State) -> rusqlite::Result<()> {
        match self {
            Step::Append(delivery, _) => {
                row::insert(connection, state.end + 1, delivery)?;
                state.end += 1;
                state.tally.add(Kind::of(delivery), delivery.footprint() as u64);
                Ok(())
            }
            Step::NoteForward(id, forwarded, _) => row::note_forward(connection, *id, forwarded),
        }
    }

    fn done(self) {
        match self {
            Step::Append(delivery, answer) => drop(answer.send(Ok(delivery))),
            Step::NoteForward(_, _, answer) => drop(answer.send(Ok(()))),
        }
    }

    fn failed(self, error: Box<dyn std::error::Error + Send + Sync>) {
        match self {
            Step::Append(_, answer) => drop(answer.send(Err(InboxError(error)))),
            Step::NoteForward(_, _, answer) => drop(answer.send(Err(InboxError(error)))),
        }
    }
}

/// Whether the error is about one row, and says nothing of the others.
fn is_its_own(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::ToSqlConversionFailure(_)) || error.sqlite_error_code() == Some(ErrorCode::TooBig)
}

/// Drops the oldest as long as there is too much. After a limit was lowered that is a lot, and the next groups go on with it:
/// senders wait for one transaction.
fn make_room(connection: &Connection, state: &mut State, retention: &Retention) -> rusqlite::Result<()> {
    const MOST: usize = 4_096;
    const MOST_BYTES: u64 = 64 << 20;
    let (mut deliveries, mut bytes) = (0, 0);
    while let Some(victim) = retention.victim(&state.tally)
        && deliveries < MOST
        && bytes < MOST_BYTES
    {
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
        bytes += delete(connection, state, oldest)?.unwrap_or(0);
        deliveries += 1;
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

/// Deletes a delivery, and gives its size when it was there.
fn delete(connection: &Connection, state: &mut State, position: Position) -> rusqlite::Result<Option<u64>> {
    let mut delete = connection.prepare_cached("DELETE FROM delivery WHERE position = ?1 RETURNING verdict, bytes")?;
    let mut rows = delete.query(params![super::state::signed(position.0)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let bytes = unsigned(row.get(1)?);
    state.tally.subtract(Kind::of_verdict(row.get_ref(0)?.as_str()?), bytes);
    Ok(Some(bytes))
}

fn failed(error: rusqlite::Error) -> InboxError {
    InboxError(error.into())
}
