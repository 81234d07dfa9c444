//! What the inbox knows of itself without counting rows: kept in a row of its own, in the same transaction as the deliveries.
//!
//! That row is a page more to be written with each group. So it is left as it is while deliveries only come, up to some: they
//! stand behind its `end`, and whoever opens the file counts them.

use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, params};
use tokio::sync::watch;
use uuid::Uuid;

use crate::inbox::retention::{Amount, Kind, Tally};
use crate::inbox::{Position, Stats};

/// Deliveries that may stand behind the row's `end`: they are counted in a few milliseconds.
const MOST_BEHIND: u64 = 1_024;

#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    pub(super) incarnation: Uuid,
    /// The newest position that was ever taken.
    pub(super) end: u64,
    pub(super) tally: Tally,
    pub(super) dropped: u64,
}

impl State {
    /// Makes the row, unless there is one.
    pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
        connection.execute(
            "INSERT INTO state SELECT ?1, 0, 0, 0, 0, 0, 0 WHERE NOT EXISTS (SELECT * FROM state)",
            [Uuid::now_v7().as_bytes()],
        )?;
        Ok(())
    }

    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut state = State::saved(connection)?;
        let mut behind = connection
            .prepare("SELECT position, verdict, bytes FROM delivery WHERE position > ?1 ORDER BY position")?;
        let mut rows = behind.query([signed(state.end)])?;
        while let Some(row) = rows.next()? {
            state.end = unsigned(row.get(0)?);
            state.tally.add(Kind::of_verdict(row.get_ref(1)?.as_str()?), unsigned(row.get(2)?));
        }
        Ok(state)
    }

    fn saved(connection: &Connection) -> rusqlite::Result<Self> {
        connection.query_row("SELECT * FROM state", [], |row| {
            Ok(State {
                incarnation: Uuid::from_bytes(row.get(0)?),
                end: unsigned(row.get(1)?),
                tally: Tally {
                    valid: Amount { deliveries: unsigned(row.get(2)?), bytes: unsigned(row.get(3)?) },
                    refused: Amount { deliveries: unsigned(row.get(4)?), bytes: unsigned(row.get(5)?) },
                },
                dropped: unsigned(row.get(6)?),
            })
        })
    }

    /// Whether the row, which holds `saved`, can stay as it is.
    pub(super) fn follows_from(&self, saved: &State) -> bool {
        let came = self.end - saved.end;
        // None was removed: positions are taken once, so that nothing that came would make up for it.
        came <= MOST_BEHIND && self.tally.total().deliveries == saved.tally.total().deliveries + came
    }

    pub(super) fn save(&self, connection: &Connection) -> rusqlite::Result<()> {
        let Tally { valid, refused } = self.tally;
        let mut update = connection.prepare_cached(
            "UPDATE state SET end = ?1, valid_deliveries = ?2, valid_bytes = ?3, refused_deliveries = ?4, refused_bytes = ?5, dropped = ?6",
        )?;
        update.execute(params![
            signed(self.end),
            signed(valid.deliveries),
            signed(valid.bytes),
            signed(refused.deliveries),
            signed(refused.bytes),
            signed(self.dropped),
        ])?;
        Ok(())
    }
}

/// What is shown of the state to others, as of the last commit.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) latest: watch::Sender<Position>,
    stats: Mutex<Stats>,
}

impl Shared {
    pub(super) fn new(state: &State) -> Self {
        let shared = Shared { latest: watch::Sender::new(Position(state.end)), stats: Mutex::default() };
        shared.show(state);
        shared
    }

    pub(super) fn show(&self, state: &State) {
        let total = state.tally.total();
        *self.stats.lock().unwrap_or_else(PoisonError::into_inner) =
            Stats { held: total.deliveries, bytes: total.bytes, dropped: state.dropped };
        let end = Position(state.end);
        self.latest.send_if_modified(|latest| std::mem::replace(latest, end) != end);
    }

    pub(super) fn stats(&self) -> Stats {
        *self.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// SQLite's integers are signed; what is counted here stays far below.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
