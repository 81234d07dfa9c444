//! A copy of what the fleet's buckets say: checks, their fan-out and the dashboard need no network therefore, and go on
//! when there is none.

use hookseal_health::Line;
use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use super::{Silence, Store, StoreError, row};
use crate::{IntegrationId, IntegrationType};

/// An integration as the fleet has it. Its secrets stay sealed.
#[derive(Clone, Debug)]
pub(crate) struct Copied {
    pub(crate) id: IntegrationId,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) kind: IntegrationType,
    /// JSON, without secrets.
    pub(crate) settings: String,
    pub(crate) secrets: Vec<u8>,
    pub(crate) partitions: u32,
}

/// What is to be changed.
#[derive(Clone, Debug)]
pub(crate) enum Change<T> {
    /// This is all there is.
    All(Vec<T>),
    Put(T),
    /// The one of this id is no more.
    Gone(String),
}

impl Store {
    /// Takes over what is new of the fleet's integrations.
    pub(crate) async fn mirror_integrations(&self, change: Change<Copied>) -> Result<(), StoreError> {
        self.write(move |transaction| {
            apply(transaction, "integration", &change, |one| one.id.as_str(), put_integration)
        })
        .await?;
        self.note_change();
        Ok(())
    }

    /// Takes over what is new of the fleet's silences.
    pub(crate) async fn mirror_silences(&self, change: Change<Silence>) -> Result<(), StoreError> {
        self.write(move |transaction| apply(transaction, "silence", &change, |one| &one.id, put_silence)).await?;
        self.note_change();
        Ok(())
    }

    /// The integrations that were added on this machine, and that no fleet knows.
    pub(crate) fn own_integrations(&self) -> Result<Vec<IntegrationId>, StoreError> {
        self.read(|connection| {
            let mut select =
                connection.prepare("SELECT id FROM integration WHERE NOT of_fleet ORDER BY created_at, id")?;
            select.query_map([], |row| row::word(row, 0))?.collect()
        })
    }
}

fn apply<T>(
    transaction: &Transaction<'_>,
    table: &str,
    change: &Change<T>,
    id: impl Fn(&T) -> &str,
    put: fn(&Connection, &T) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut delete = transaction.prepare_cached(&format!("DELETE FROM {table} WHERE id = ?1 AND of_fleet"))?;
    match change {
        Change::Put(one) => put(transaction, one),
        Change::Gone(id) => delete.execute([id]).map(drop),
        Change::All(all) => {
            let mut select = transaction.prepare_cached(&format!("SELECT id FROM {table} WHERE of_fleet"))?;
            let here: Vec<String> = select.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            for gone in here.iter().filter(|here| all.iter().all(|one| id(one) != here.as_str())) {
                delete.execute([gone])?;
            }
            all.iter().try_for_each(|one| put(transaction, one))
        }
    }
}

fn put_integration(connection: &Connection, copied: &Copied) -> rusqlite::Result<()> {
    let Copied { id, created_at, updated_at, kind, settings, secrets, partitions } = copied;
    let mut put = connection.prepare_cached(
        "INSERT INTO integration (id, created_at, updated_at, type, settings, secrets, partitions, of_fleet) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1) ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at, \
         settings = excluded.settings, secrets = excluded.secrets, partitions = excluded.partitions, of_fleet = 1",
    )?;
    let (created, updated) = (created_at.as_microsecond(), updated_at.as_microsecond());
    put.execute(params![id.as_str(), created, updated, kind.as_str(), settings, secrets, partitions])?;
    Ok(())
}

fn put_silence(connection: &Connection, silence: &Silence) -> rusqlite::Result<()> {
    let Silence { id, service, severity, until, created_at } = silence;
    let mut put = connection.prepare_cached(
        "INSERT INTO silence (id, service, severity, until, created_at, of_fleet) VALUES (?1, ?2, ?3, ?4, ?5, 1) \
         ON CONFLICT (id) DO UPDATE SET until = excluded.until, of_fleet = 1",
    )?;
    let severity = severity.map(Line::as_str);
    put.execute(params![id, service, severity, until.as_microsecond(), created_at.as_microsecond()])?;
    Ok(())
}
