//! What the dashboard shows of integrations, for which no secret has to be opened.

use std::collections::HashMap;

use jiff::Timestamp;
use rusqlite::{Connection, Row};
use serde::Serialize;
use serde_json::{Map, Value};

use super::integrations::read_health;
use super::{EndpointHealth, Store, StoreError, row};
use crate::integration::{IntegrationId, IntegrationType};

/// An integration, how it fares, and what it has not got.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Overview {
    /// What it is called.
    pub id: IntegrationId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its settings last changed.
    pub updated_at: Timestamp,
    /// What it delivers to.
    pub kind: IntegrationType,
    /// What may be shown.
    pub settings: Map<String, Value>,
    /// How deliveries have gone lately.
    pub health: EndpointHealth,
    /// What has not arrived.
    pub outstanding: Outstanding,
}

/// Deliveries that have not arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Outstanding {
    /// Those that wait or are under way.
    pub pending: u64,
    /// Those that were given up.
    pub dead: u64,
}

impl Store {
    /// Every integration, the oldest first. No secret is opened.
    ///
    /// # Errors
    ///
    /// What keeps them from being read.
    pub fn overviews(&self) -> Result<Vec<Overview>, StoreError> {
        self.read(|connection| {
            let mut outstanding = by_integration(connection)?;
            let mut select = connection.prepare_cached(
                "SELECT id, created_at, updated_at, type, settings, failing_since, failures, succeeded_at, last_error, \
                 paused_at FROM integration ORDER BY created_at, id",
            )?;
            let read = |row: &Row<'_>| {
                let id: IntegrationId = row::word(row, 0)?;
                Ok(Overview {
                    created_at: row::time(row, 1)?,
                    updated_at: row::time(row, 2)?,
                    kind: row::word(row, 3)?,
                    settings: serde_json::from_str(row.get_ref(4)?.as_str()?).unwrap_or_default(),
                    health: read_health(row, 5)?,
                    outstanding: outstanding.remove(id.as_str()).unwrap_or_default(),
                    id,
                })
            };
            select.query_map([], read)?.collect()
        })
    }

    /// What has not arrived, of all integrations.
    pub(crate) fn outstanding(&self) -> Result<Outstanding, StoreError> {
        self.read(|connection| {
            let count = |sql: &str| -> rusqlite::Result<u64> {
                connection.prepare_cached(sql)?.query_row([], |row| Ok(row::unsigned(row.get(0)?)))
            };
            Ok(Outstanding {
                pending: count("SELECT count(*) FROM delivery WHERE state IN ('pending', 'sending')")?,
                dead: count("SELECT count(*) FROM delivery WHERE state = 'dead'")?,
            })
        })
    }
}

fn by_integration(connection: &Connection) -> rusqlite::Result<HashMap<String, Outstanding>> {
    let mut outstanding: HashMap<String, Outstanding> = HashMap::new();
    let mut count = |sql: &str, add: fn(&mut Outstanding, u64)| {
        let mut select = connection.prepare_cached(sql)?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            add(outstanding.entry(row.get(0)?).or_default(), row::unsigned(row.get(1)?));
        }
        Ok::<_, rusqlite::Error>(())
    };
    count(
        "SELECT integration, count(*) FROM delivery WHERE state IN ('pending', 'sending') GROUP BY integration",
        |outstanding, number| outstanding.pending = number,
    )?;
    count(
        "SELECT integration, count(*) FROM delivery WHERE state = 'dead' GROUP BY integration",
        |outstanding, number| outstanding.dead = number,
    )?;
    Ok(outstanding)
}
