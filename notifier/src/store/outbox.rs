//! Deliveries on their way: which wait, which are under way, and what became of them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension as _, Transaction, named_params, params};

use super::{Store, StoreError};

/// A delivery that waits to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) number: i64,
    pub(crate) integration: String,
    pub(crate) lane: String,
    pub(crate) attempts: u32,
    /// For how long it has been tried.
    pub(crate) age: Duration,
    /// In microseconds since 1970.
    pub(crate) due_at: i64,
}

/// A delivery whose attempt has been written down, and can be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) number: i64,
    /// Which attempt this is, from 1.
    pub(crate) attempt: u32,
    pub(crate) recipient: Option<String>,
    /// The event's JSON, shared by those that are claimed together.
    pub(crate) body: Bytes,
}

/// What came of an attempt, to be written down.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) number: i64,
    pub(crate) attempt: u32,
    pub(crate) integration: Arc<str>,
    pub(crate) took: Duration,
    /// `delivered`, `retry` or `refused`.
    pub(crate) outcome: &'static str,
    pub(crate) status: Option<u16>,
    /// What was sent. Where it ends with an empty line, the event's JSON followed.
    pub(crate) request: String,
    pub(crate) answer: String,
    pub(crate) error: Option<String>,
    pub(crate) next: Fate,
    /// For how long it has been tried.
    pub(crate) age: Duration,
    /// Other deliveries to the same integration whose time is up as well.
    pub(crate) expired: Vec<i64>,
    /// Whether the integration is paused from now on.
    pub(crate) paused: bool,
}

/// What becomes of a delivery after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Delivered,
    Dead,
    /// Again at this time, in microseconds since 1970.
    Again(i64),
}

/// How an integration's endpoint fares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Health {
    /// In microseconds since 1970.
    pub(crate) failing_since: Option<i64>,
    pub(crate) is_paused: bool,
}

impl Store {
    /// What waits, in its order.
    pub(crate) fn waiting(&self) -> Result<Vec<Waiting>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT number, integration, lane, attempts, age, due_at
                 FROM delivery INDEXED BY delivery_open WHERE state = 'pending' AND state IN ('pending', 'sending')
                 ORDER BY number",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(Waiting {
                    number: row.get(0)?,
                    integration: row.get(1)?,
                    lane: row.get(2)?,
                    attempts: row.get(3)?,
                    age: micros(row.get(4)?),
                    due_at: row.get(5)?,
                })
            })?;
            rows.collect()
        })
    }

    /// Where each integration's endpoint stands.
    pub(crate) fn healths(&self) -> Result<HashMap<String, Health>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT id, failing_since, paused_at IS NOT NULL FROM integration")?;
            let rows = statement.query_map([], |row| {
                Ok((row.get(0)?, Health { failing_since: row.get(1)?, is_paused: row.get(2)? }))
            })?;
            rows.collect()
        })
    }

    /// What another daemon was sending when it ended is to be sent again, at once; how many there were.
    pub(crate) async fn void_claims(&self, now: i64) -> Result<usize, StoreError> {
        self.write(move |transaction| {
            transaction.execute(
                "INSERT INTO attempt (delivery, number, started_at, outcome)
                 SELECT number, attempts, updated_at, 'interrupted' FROM delivery WHERE state = 'sending'",
                [],
            )?;
            transaction.execute(
                "UPDATE delivery SET state = 'pending', due_at = ?1, updated_at = ?1 WHERE state = 'sending'",
                [now],
            )
        })
        .await
    }

    /// Writes down what came of attempts, and that an attempt begins for each of `numbers`. What no longer waits is left out.
    pub(crate) async fn report_and_claim(
        &self,
        reports: Arc<[Report]>,
        numbers: Vec<i64>,
        now: i64,
    ) -> Result<Vec<Claimed>, StoreError> {
        let (reports_some, claims_some) = (!reports.is_empty(), !numbers.is_empty());
        let claimed = self.write(move |transaction| {
            if reports_some {
                fail::fail_point!("record");
            }
            record(transaction, &reports, now)?;
            note_health(transaction, &reports, now)?;
            if claims_some {
                fail::fail_point!("claim");
            }
            claim(transaction, &numbers, now)
        });
        let claimed = claimed.await?;
        if reports_some {
            fail::fail_point!("record_done");
        }
        if claims_some {
            fail::fail_point!("claim_done");
        }
        Ok(claimed)
    }

    /// The same without writing anything down, for when that cannot be.
    pub(crate) fn peek(&self, numbers: &[i64]) -> Result<Vec<Claimed>, StoreError> {
        self.read(|connection| {
            let mut found = Vec::with_capacity(numbers.len());
            for &number in numbers {
                found.extend(peek(connection, number)?);
            }
            Ok(found)
        })
    }
}

/// The attempt that is under way stands in its delivery: it gets a row of its own when it has ended.
fn claim(transaction: &Transaction<'_>, numbers: &[i64], now: i64) -> rusqlite::Result<Vec<Claimed>> {
    let mut look = transaction.prepare_cached(
        "SELECT attempts + 1, recipient, event FROM delivery WHERE number = ?1 AND state = 'pending'",
    )?;
    let mut update = transaction
        .prepare_cached("UPDATE delivery SET state = 'sending', attempts = ?2, updated_at = ?3 WHERE number = ?1")?;
    let mut read = transaction.prepare_cached("SELECT body FROM event WHERE id = ?1")?;
    let mut bodies: HashMap<[u8; 16], Bytes> = HashMap::new();
    let mut claimed = Vec::with_capacity(numbers.len());
    for &number in numbers {
        let row = look.query_row([number], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        let Some((attempt, recipient, event)) = row.optional()? else { continue };
        update.execute(params![number, attempt, now])?;
        let body = match bodies.entry(event) {
            Entry::Occupied(body) => body.get().clone(),
            Entry::Vacant(place) => place.insert(read.query_row([event], |row| row.get(0).map(Vec::into))?).clone(),
        };
        claimed.push(Claimed { number, attempt, recipient, body });
    }
    Ok(claimed)
}

fn peek(connection: &Connection, number: i64) -> rusqlite::Result<Option<Claimed>> {
    let mut statement = connection.prepare_cached(
        "SELECT attempts + 1, recipient, body FROM delivery JOIN event ON event.id = delivery.event
         WHERE number = ?1 AND state = 'pending'",
    )?;
    let row = |row: &rusqlite::Row<'_>| {
        Ok(Claimed { number, attempt: row.get(0)?, recipient: row.get(1)?, body: row.get::<_, Vec<u8>>(2)?.into() })
    };
    statement.query_row([number], row).optional()
}

fn record(transaction: &Transaction<'_>, reports: &[Report], now: i64) -> rusqlite::Result<()> {
    // Once for all: the cache is searched by their text.
    let mut update = transaction.prepare_cached(
        "UPDATE delivery SET state = ?2, age = ?3, due_at = coalesce(?4, due_at), updated_at = ?5,
           attempts = max(attempts, ?6), error = ?7
         WHERE number = ?1",
    )?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO attempt (delivery, number, started_at, took, outcome, status, request, answer, error)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (delivery, number) DO UPDATE SET took = excluded.took, outcome = excluded.outcome,
           status = excluded.status, request = excluded.request, answer = excluded.answer,
           error = excluded.error",
    )?;
    let mut expire = transaction.prepare_cached(
        "UPDATE delivery SET state = 'dead', updated_at = ?2, error = ?3 WHERE number = ?1 AND state = 'pending'",
    )?;
    for report in reports {
        let Report { number, attempt, outcome, status, request, answer, error, .. } = report;
        let (took, age) = (in_micros(report.took), in_micros(report.age));
        let (state, due_at) = match report.next {
            Fate::Delivered => ("delivered", None),
            Fate::Dead => ("dead", None),
            Fate::Again(due_at) => ("pending", Some(due_at)),
        };
        let updated = update.execute(params![number, state, age, due_at, now, attempt, error])?;
        // Whoever deletes an integration deletes its deliveries with it.
        if updated > 0 {
            insert.execute(params![number, attempt, now - took, took, outcome, status, request, answer, error])?;
        }
        for expired in &report.expired {
            expire.execute(params![expired, now, error])?;
        }
    }
    Ok(())
}

/// What the attempts say of each endpoint, taken together: they are in the order in which they ended.
fn note_health(transaction: &Transaction<'_>, reports: &[Report], now: i64) -> rusqlite::Result<()> {
    #[derive(Default)]
    struct Sum<'a> {
        succeeded: bool,
        /// In a row, at the end.
        failures: u32,
        error: Option<&'a str>,
        paused: bool,
    }
    let mut sums: HashMap<&str, Sum<'_>> = HashMap::new();
    for report in reports {
        let sum = sums.entry(&report.integration).or_default();
        if report.next == Fate::Delivered {
            *sum = Sum { succeeded: true, ..Sum::default() };
        } else {
            sum.failures += 1;
            sum.error = report.error.as_deref();
            sum.paused |= report.paused;
        }
    }
    let mut update = transaction.prepare_cached(
        "UPDATE integration SET
           failures = :failures + iif(:succeeded, 0, failures),
           failing_since = iif(:failures, coalesce(iif(:succeeded, NULL, failing_since), :now), NULL),
           succeeded_at = iif(:succeeded, :now, succeeded_at),
           last_error = :error,
           paused_at = iif(:paused, coalesce(paused_at, :now), paused_at)
         WHERE id = :id AND NOT (
           -- Nothing new: it worked a moment ago, and works.
           :failures = 0 AND failures = 0 AND failing_since IS NULL AND last_error IS NULL
           AND succeeded_at > :now - 1000000)",
    )?;
    for (integration, sum) in sums {
        update.execute(named_params! {
            ":id": integration,
            ":failures": sum.failures,
            ":succeeded": sum.succeeded,
            ":error": sum.error,
            ":paused": sum.paused,
            ":now": now,
        })?;
    }
    Ok(())
}

fn micros(micros: i64) -> Duration {
    Duration::from_micros(micros.try_into().unwrap_or(0))
}

fn in_micros(duration: Duration) -> i64 {
    duration.as_micros().try_into().unwrap_or(i64::MAX)
}
