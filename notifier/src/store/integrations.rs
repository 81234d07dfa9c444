//! Whom to tell, and how well that goes.

use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::{Map, Value};

use super::{NotFound, Store, StoreError, row};
use crate::integration::{Integration, IntegrationId, IntegrationType, Settings};

/// How deliveries to an integration have gone lately.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointHealth {
    /// Since when every attempt has failed; none while they succeed.
    pub failing_since: Option<Timestamp>,
    /// Attempts that have failed in a row.
    pub failures: u64,
    /// When one last succeeded.
    pub succeeded_at: Option<Timestamp>,
    /// Why the last one that failed did.
    pub last_error: Option<String>,
    /// Since when nothing is tried any more, because nothing succeeded for days.
    pub paused_at: Option<Timestamp>,
}

impl Store {
    /// Every integration, the oldest first.
    ///
    /// # Errors
    ///
    /// What keeps them from being read, or the secrets of one of them from being opened.
    pub fn integrations(&self) -> Result<Vec<Integration>, StoreError> {
        self.read_integrations()?.into_iter().collect()
    }

    /// Every integration, each with what keeps it from being read: one must not stand in the way of the others.
    pub(crate) fn read_integrations(&self) -> Result<Vec<Result<Integration, StoreError>>, StoreError> {
        let stored = self.read(|connection| {
            let mut select = connection.prepare_cached(&format!("{SELECT} ORDER BY created_at, id"))?;
            select.query_map([], Stored::read)?.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        Ok(stored.into_iter().map(|stored| self.open_integration(stored)).collect())
    }

    /// The integration of this id, or the only one whose id begins so.
    ///
    /// # Errors
    ///
    /// `NotFound`, or what keeps it from being read or its secrets from being opened.
    pub fn integration(&self, id: &str) -> Result<Integration, StoreError> {
        let id = self.integration_id(id)?;
        let stored = self.read(|connection| {
            let mut select = connection.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?;
            select.query_row([id.as_str()], Stored::read).optional()
        })?;
        let unknown = || NotFound::Unknown { what: "integration", given: id.to_string() };
        self.open_integration(stored.ok_or_else(unknown)?)
    }

    /// The whole id, which can be known where the secrets cannot.
    ///
    /// # Errors
    ///
    /// `NotFound`, or what keeps it from being read.
    pub fn integration_id(&self, beginning: &str) -> Result<IntegrationId, StoreError> {
        let ids = self.read(|connection| {
            let mut select = connection.prepare_cached("SELECT id FROM integration")?;
            select.query_map([], |row| row::word::<IntegrationId>(row, 0))?.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        Ok(NotFound::or_one("integration", beginning, ids, IntegrationId::as_str)?)
    }

    /// Adds an integration. A daemon that runs tells it of the open problems within a few seconds.
    ///
    /// # Errors
    ///
    /// What keeps it from being written, or its secrets from being sealed.
    pub fn add_integration(&self, settings: Settings) -> Result<Integration, StoreError> {
        let id = IntegrationId::random().map_err(|source| StoreError::io(self.path(), source))?;
        let now = now();
        let sealed = Sealed::new(self, &id, &settings)?;
        let integration = Integration { id, created_at: now, updated_at: now, settings };
        let (id, kind) = (integration.id.clone(), integration.integration_type());
        self.write_blocking(move |transaction| {
            transaction.execute(
                "INSERT INTO integration (id, created_at, updated_at, type, settings, secrets) \
                 VALUES (?1, ?2, ?2, ?3, ?4, ?5)",
                params![id.as_str(), now.as_microsecond(), kind.as_str(), sealed.settings, sealed.secrets],
            )
        })?;
        self.note_change();
        Ok(integration)
    }

    /// Gives an integration other settings of the same type. One that was paused is tried again.
    ///
    /// # Errors
    ///
    /// `NotFound`, or what keeps it from being written or its secrets from being sealed.
    pub fn update_integration(&self, id: &IntegrationId, settings: Settings) -> Result<Integration, StoreError> {
        let sealed = Sealed::new(self, id, &settings)?;
        let (wanted, kind, now) = (id.clone(), settings.integration_type(), now());
        let created_at = self.write_blocking(move |transaction| {
            // What failed with the old settings says nothing of the new ones: the days until it is paused begin anew.
            let mut update = transaction.prepare(
                "UPDATE integration SET settings = ?1, secrets = ?2, updated_at = ?3, paused_at = NULL, \
                 failing_since = iif(failing_since IS NULL, NULL, ?3) WHERE id = ?4 AND type = ?5 RETURNING created_at",
            )?;
            let micros = now.as_microsecond();
            let values = params![sealed.settings, sealed.secrets, micros, wanted.as_str(), kind.as_str()];
            update.query_row(values, |row| row::time(row, 0)).optional()
        })?;
        let unknown = || NotFound::Unknown { what: "integration", given: id.to_string() };
        let created_at = created_at.ok_or_else(unknown)?;
        self.note_change();
        Ok(Integration { id: id.clone(), created_at, updated_at: now, settings })
    }

    /// Deletes an integration, with its deliveries.
    ///
    /// # Errors
    ///
    /// `NotFound`, or what keeps it from being written.
    pub fn delete_integration(&self, id: &IntegrationId) -> Result<(), StoreError> {
        let wanted = id.clone();
        let delete = "DELETE FROM integration WHERE id = ?1";
        match self.write_blocking(move |transaction| transaction.execute(delete, [wanted.as_str()]))? {
            0 => Err(NotFound::Unknown { what: "integration", given: id.to_string() }.into()),
            _ => {
                self.note_change();
                Ok(())
            }
        }
    }

    /// How deliveries to an integration have gone lately.
    ///
    /// # Errors
    ///
    /// `NotFound`, or what keeps it from being read.
    pub fn endpoint_health(&self, id: &IntegrationId) -> Result<EndpointHealth, StoreError> {
        let health = self.read(|connection| {
            let mut select = connection.prepare_cached(
                "SELECT failing_since, failures, succeeded_at, last_error, paused_at FROM integration WHERE id = ?1",
            )?;
            select.query_row([id.as_str()], |row| read_health(row, 0)).optional()
        })?;
        Ok(health.ok_or_else(|| NotFound::Unknown { what: "integration", given: id.to_string() })?)
    }

    fn open_integration(&self, stored: Stored) -> Result<Integration, StoreError> {
        let Stored { id, created_at, updated_at, kind, settings, secrets } = stored;
        let secrets = self.inner.vault.open(&id, &secrets).map_err(|error| StoreError::Vault(Arc::new(error)))?;
        // What cannot be read is missing, which is named.
        let secrets = serde_json::from_slice(&secrets).unwrap_or_default();
        match Settings::join(kind, settings, secrets) {
            Ok(settings) => Ok(Integration { id, created_at, updated_at, settings }),
            Err(source) => Err(StoreError::Settings { id, source }),
        }
    }
}

/// In whole microseconds, as it is read again.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

const SELECT: &str = "SELECT id, created_at, updated_at, type, settings, secrets FROM integration";

/// An integration's row.
struct Stored {
    id: IntegrationId,
    created_at: Timestamp,
    updated_at: Timestamp,
    kind: IntegrationType,
    settings: Map<String, Value>,
    secrets: Vec<u8>,
}

impl Stored {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Stored {
            id: row::word(row, 0)?,
            created_at: row::time(row, 1)?,
            updated_at: row::time(row, 2)?,
            kind: row::word(row, 3)?,
            settings: serde_json::from_str(row.get_ref(4)?.as_str()?).unwrap_or_default(),
            secrets: row.get(5)?,
        })
    }
}

/// Settings as they are stored.
struct Sealed {
    settings: String,
    secrets: Vec<u8>,
}

impl Sealed {
    fn new(store: &Store, id: &IntegrationId, settings: &Settings) -> Result<Self, StoreError> {
        let secrets = zeroize::Zeroizing::new(Value::Object(settings.secrets()).to_string());
        let secrets = store.inner.vault.seal(id, secrets.as_bytes());
        Ok(Sealed {
            settings: Value::Object(settings.public()).to_string(),
            secrets: secrets.map_err(|error| StoreError::Vault(Arc::new(error)))?,
        })
    }
}

/// From five columns.
pub(crate) fn read_health(row: &Row<'_>, first: usize) -> rusqlite::Result<EndpointHealth> {
    Ok(EndpointHealth {
        failing_since: row::optional_time(row, first)?,
        failures: row::unsigned(row.get(first + 1)?),
        succeeded_at: row::optional_time(row, first + 2)?,
        last_error: row.get(first + 3)?,
        paused_at: row::optional_time(row, first + 4)?,
    })
}

/// Whom events are for, which can be known where the secrets cannot.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) id: IntegrationId,
    pub(crate) kind: IntegrationType,
    /// Of e-mails, as they are in its settings.
    pub(crate) recipients: Vec<String>,
    /// Whether it has heard of the open problems.
    pub(crate) greeted: bool,
}

pub(crate) fn targets(connection: &Connection) -> rusqlite::Result<Vec<Target>> {
    let mut select =
        connection.prepare_cached("SELECT id, type, settings, greeted FROM integration ORDER BY created_at, id")?;
    select.query_map([], Target::read)?.collect()
}

impl Target {
    /// From the first four columns.
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let settings: Value = serde_json::from_str(row.get_ref(2)?.as_str()?).unwrap_or_default();
        let recipients = settings["recipients"].as_array().into_iter().flatten();
        Ok(Target {
            id: row::word(row, 0)?,
            kind: row::word(row, 1)?,
            recipients: recipients.filter_map(|recipient| recipient.as_str().map(str::to_owned)).collect(),
            greeted: row.get(3)?,
        })
    }
}

pub(crate) fn mark_greeted(connection: &Connection, id: &IntegrationId) -> rusqlite::Result<()> {
    connection.prepare_cached("UPDATE integration SET greeted = 1 WHERE id = ?1")?.execute([id.as_str()])?;
    Ok(())
}

/// How an integration is, and what the others know of that.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) target: Target,
    pub(crate) health: EndpointHealth,
    pub(crate) reported: Option<Reported>,
}

/// What the others were told of one that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reported {
    /// That it is paused, and not only that it fails.
    pub(crate) paused: bool,
    pub(crate) since: Timestamp,
}

pub(crate) fn standings(connection: &Connection) -> rusqlite::Result<Vec<Standing>> {
    let mut select = connection.prepare_cached(
        "SELECT id, type, settings, greeted, failing_since, failures, succeeded_at, last_error, paused_at, reported, \
         reported_since FROM integration ORDER BY created_at, id",
    )?;
    let read = |row: &Row<'_>| {
        let reported: Option<String> = row.get(9)?;
        let since = row::optional_time(row, 10)?;
        let reported = reported.zip(since).map(|(word, since)| Reported { paused: word == "paused", since });
        Ok(Standing { target: Target::read(row)?, health: read_health(row, 4)?, reported })
    };
    select.query_map([], read)?.collect()
}

pub(crate) fn mark_reported(
    connection: &Connection,
    id: &IntegrationId,
    reported: Option<Reported>,
) -> rusqlite::Result<()> {
    let word = reported.map(|reported| if reported.paused { "paused" } else { "failing" });
    let since = reported.map(|reported| reported.since.as_microsecond());
    let mut update =
        connection.prepare_cached("UPDATE integration SET reported = ?1, reported_since = ?2 WHERE id = ?3")?;
    update.execute(params![word, since, id.as_str()])?;
    Ok(())
}
