//! A delivery as a row, and back.

use std::borrow::Cow;
use std::str::FromStr;

use bytes::Bytes;
use hookseal::MatchedKey;
use http::{Method, StatusCode, Version};
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};
use serde::Deserialize as _;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error as NameError, StrDeserializer};
use uuid::Uuid;

use super::state::signed;
use crate::delivery::{Answer, Delivery, Facts, Verdict};
use crate::faults::Fault;
use crate::forward::{ForwardCell, Forwarded};
use crate::headers::Headers;
use crate::inbox::Position;

/// The columns that [`read`] takes, in their order.
pub(super) const COLUMNS: &str = "position, id, received_at, verdict, method, target, http_version, peer, truncated, code, \
     message, hint, key_index, key_format, replay, status, fault, headers, body, forward";

pub(super) fn insert(connection: &Connection, position: u64, delivery: &Delivery) -> rusqlite::Result<()> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO delivery (position, id, received_at, verdict, method, target, http_version, peer, truncated, code, \
         message, hint, key_index, key_format, replay, status, fault, headers, body, bytes, forward) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
    )?;
    insert.execute(params![
        signed(position),
        delivery.id.as_bytes(),
        delivery.received_at.as_microsecond(),
        delivery.verdict.as_str(),
        delivery.method.as_str(),
        &*delivery.target,
        version_name(delivery.http_version),
        delivery.peer.to_string(),
        delivery.truncated,
        delivery.code.as_deref(),
        delivery.message.as_deref(),
        delivery.hint.as_deref(),
        delivery.key.map(|key| signed(key.index as u64)),
        delivery.key.map(|key| key.format.as_str()),
        delivery.replay,
        delivery.response.status.map(|status| status.as_u16()),
        delivery.response.fault.map(Fault::as_str),
        delivery.headers.as_lines(),
        &*delivery.body,
        signed(delivery.footprint() as u64),
        delivery.forwarded().map(|forwarded| json_of(&forwarded)).transpose()?,
    ])?;
    Ok(())
}

/// Notes how far a delivery is on its way to an app, if it is still there.
pub(super) fn note_forward(connection: &Connection, id: Uuid, forwarded: &Forwarded) -> rusqlite::Result<()> {
    let mut update = connection.prepare_cached("UPDATE delivery SET forward = ?2 WHERE id = ?1")?;
    update.execute(params![id.as_bytes(), json_of(forwarded)?])?;
    Ok(())
}

fn json_of(forwarded: &Forwarded) -> rusqlite::Result<String> {
    serde_json::to_string(forwarded).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<(Position, Delivery)> {
    let key = match (row.get::<_, Option<u32>>(12)?, text::<hookseal::KeyFormat>(row, 13)?) {
        (Some(index), Some(format)) => Some(MatchedKey::new(index as usize, format)),
        _ => None,
    };
    let delivery = Delivery {
        id: Uuid::from_bytes(row.get(1)?),
        received_at: Timestamp::from_microsecond(row.get(2)?).map_err(|error| broken(2, error))?,
        verdict: Verdict::from_name(row.get_ref(3)?.as_str()?).ok_or_else(|| broken(3, "an unknown verdict"))?,
        method: needed::<Method>(row, 4)?,
        target: row.get::<_, String>(5)?.into(),
        http_version: version_of(row.get_ref(6)?.as_str()?).ok_or_else(|| broken(6, "an unknown version"))?,
        peer: needed(row, 7)?,
        truncated: row.get(8)?,
        code: row.get::<_, Option<String>>(9)?.map(Cow::Owned),
        message: row.get::<_, Option<String>>(10)?.map(String::into_boxed_str),
        hint: row.get::<_, Option<String>>(11)?.map(Cow::Owned),
        key,
        replay: row.get(14)?,
        response: Answer { status: status(row)?, fault: fault(row)? },
        headers: Headers::from_lines(row.get(17)?),
        body: Bytes::from(row.get::<_, Vec<u8>>(18)?),
        forward: forward(row)?,
        facts: Facts::default(),
    };
    Ok((Position(row.get::<_, i64>(0)?.unsigned_abs()), delivery))
}

fn status(row: &Row<'_>) -> rusqlite::Result<Option<StatusCode>> {
    row.get::<_, Option<u16>>(15)?.map(StatusCode::from_u16).transpose().map_err(|error| broken(15, error))
}

fn fault(row: &Row<'_>) -> rusqlite::Result<Option<Fault>> {
    let Some(name) = row.get_ref(16)?.as_str_or_null()? else { return Ok(None) };
    let name: StrDeserializer<'_, NameError> = name.into_deserializer();
    Fault::deserialize(name).map(Some).map_err(|error| broken(16, error))
}

fn forward(row: &Row<'_>) -> rusqlite::Result<ForwardCell> {
    let Some(json) = row.get_ref(19)?.as_str_or_null()? else { return Ok(ForwardCell::default()) };
    serde_json::from_str(json).map(ForwardCell::of).map_err(|error| broken(19, error))
}

fn needed<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    row.get_ref(column)?.as_str()?.parse().map_err(|error| broken(column, error))
}

fn text<T: FromStr>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)?.as_str_or_null()? {
        None => Ok(None),
        Some(text) => text.parse().map(Some).map_err(|_| broken(column, "an unknown name")),
    }
}

/// Somebody else wrote into the file.
fn broken(column: usize, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}

fn version_name(version: Version) -> &'static str {
    if version == Version::HTTP_10 { "HTTP/1.0" } else { "HTTP/1.1" }
}

fn version_of(name: &str) -> Option<Version> {
    match name {
        "HTTP/1.0" => Some(Version::HTTP_10),
        "HTTP/1.1" => Some(Version::HTTP_11),
        _ => None,
    }
}
