//! Deliveries as the vendor's API shows them: activities.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, Row, params};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::row::{self, unreadable, unsigned};
use super::{NotFound, Store, StoreError};
use crate::integration::{IntegrationId, IntegrationType};

/// A delivery, in the shape of the vendor's activities.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Activity {
    /// What it is called.
    pub id: String,
    /// When it came to be.
    pub created_at: Timestamp,
    /// When something last happened to it.
    pub updated_at: Timestamp,
    /// `integration.health.webhook` and the like: `type` in JSON.
    #[serde(rename = "type")]
    pub kind: String,
    /// What is special about this delivery.
    pub parameters: ActivityParameters,
    /// The project that the event is of.
    pub project: String,
    /// Whom it is for.
    pub integration: IntegrationId,
    /// The environments that the event is of.
    pub environments: Vec<String>,
    /// How far it is.
    pub state: ActivityState,
    /// How it ended, once it has.
    pub result: Option<ActivityResult>,
    /// Why it is not delivered, as far as it was tried.
    pub failure_reason: Option<String>,
    /// When it was first tried.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub completed_at: Option<Timestamp>,
    /// 100 once it has ended, 0 before.
    pub completion_percent: u8,
    /// Always null: what is under way is not cancelled.
    pub cancelled_at: Option<Timestamp>,
    /// Seconds: `wait` until it was first tried, `execute` in attempts. Empty until it is tried.
    pub timings: Map<String, Value>,
    /// A line for each attempt.
    pub log: String,
    /// What the event says, for programs.
    pub payload: Value,
    /// What the event says, for people.
    pub description: String,
    /// The same.
    pub text: String,
    /// Always null: [`Config::retention`](crate::Config::retention) says how long it is kept.
    pub expires_at: Option<Timestamp>,
}

/// What is special about a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ActivityParameters {
    /// The event's id, the same in all of its deliveries and on every retry.
    pub event: Uuid,
    /// The event's type, such as `health.low_disk`.
    pub event_type: String,
    /// Of an e-mail, whom it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// How often it was tried.
    pub attempts: u64,
    /// Where it is tried again, when, at the earliest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
}

/// How far an activity is. The words are the vendor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ActivityState {
    /// It was not tried yet.
    Pending,
    /// It was tried, and will be again.
    Scheduled,
    /// It is under way.
    InProgress,
    /// It has ended.
    Complete,
}

/// How an activity ended. The words are the vendor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ActivityResult {
    /// It was delivered.
    Success,
    /// It was not, and is not tried any more until somebody has it delivered again.
    Failure,
}

impl ActivityState {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Scheduled => "scheduled",
            Self::InProgress => "in_progress",
            Self::Complete => "complete",
        }
    }
}

impl ActivityResult {
    /// The word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// Which activities to list.
#[derive(Clone, Debug, Default)]
pub struct ActivityFilter {
    /// Of this integration; of all unless told.
    pub integration: Option<IntegrationId>,
    /// In this state; in any unless told.
    pub state: Option<ActivityState>,
    /// With this result; with any or none unless told.
    pub result: Option<ActivityResult>,
    /// Older than the one of this id; the newest unless told.
    pub before: Option<String>,
    /// At most so many.
    pub limit: usize,
}

/// An activity and all that was tried.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ActivityDetail {
    /// The activity.
    #[serde(flatten)]
    pub activity: Activity,
    /// The attempts, the first one first.
    pub attempts: Vec<Attempt>,
}

/// One try to deliver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Attempt {
    /// From 1.
    pub number: u64,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds in JSON; none while it is under way, or when it was interrupted.
    #[serde(rename = "took_ms", serialize_with = "milliseconds")]
    pub took: Option<Duration>,
    /// `sending`, `delivered`, `retry`, `refused` or `interrupted`.
    pub outcome: String,
    /// The answer's status.
    pub status: Option<u16>,
    /// What was sent, without secrets.
    pub request: Option<String>,
    /// What was answered, cut to 4 KiB.
    pub answer: Option<String>,
    /// Why it was not delivered.
    pub error: Option<String>,
}

impl Store {
    /// Deliveries, the newest first.
    ///
    /// # Errors
    ///
    /// `NotFound` where there is no activity to be older than; else what keeps them from being read.
    pub fn activities(&self, filter: &ActivityFilter) -> Result<Vec<Activity>, StoreError> {
        let before = filter.before.as_ref().map_or(Ok(i64::MAX), |id| self.activity_number(id))?;
        let state = match (filter.state, filter.result) {
            (None, None) => None,
            (Some(ActivityState::Pending | ActivityState::Scheduled), None) => Some("pending"),
            (Some(ActivityState::InProgress), None) => Some("sending"),
            (None | Some(ActivityState::Complete), Some(ActivityResult::Success)) => Some("delivered"),
            (None | Some(ActivityState::Complete), Some(ActivityResult::Failure)) => Some("dead"),
            (Some(ActivityState::Complete), None) => Some("complete"),
            (Some(_), Some(_)) => return Ok(Vec::new()),
        };
        let tried = match filter.state {
            Some(ActivityState::Pending) => Some(false),
            Some(ActivityState::Scheduled) => Some(true),
            _ => None,
        };
        let integration = filter.integration.as_ref().map(IntegrationId::as_str);
        let limit = i64::try_from(filter.limit).unwrap_or(i64::MAX);
        self.read(|connection| {
            let mut select = connection.prepare_cached(&format!(
                "{SELECT} WHERE delivery.number < ?1 AND (?2 IS NULL OR delivery.integration = ?2) \
                 AND (?3 IS NULL OR state = ?3 OR ?3 = 'complete' AND state IN ('delivered', 'dead')) \
                 AND (?4 IS NULL OR (attempts > 0) = ?4) ORDER BY delivery.number DESC LIMIT ?5"
            ))?;
            let found = select.query_map(params![before, integration, state, tried, limit], read)?;
            found.map(|found| with_log(connection, found?)).map(|found| found.map(|(activity, _)| activity)).collect()
        })
    }

    /// The delivery of this id, or the only one whose id begins so, with its attempts.
    ///
    /// # Errors
    ///
    /// `NotFound`, or what keeps it from being read.
    pub fn activity(&self, id: &str) -> Result<ActivityDetail, StoreError> {
        let number = self.activity_number(id)?;
        self.read(|connection| {
            let mut select = connection.prepare_cached(&format!("{SELECT} WHERE delivery.number = ?1"))?;
            let found = select.query_row([number], read)?;
            let (activity, attempts) = with_log(connection, found)?;
            Ok(ActivityDetail { activity, attempts })
        })
    }

    /// Its place in the order of deliveries.
    pub(super) fn activity_number(&self, id: &str) -> Result<i64, StoreError> {
        let found = self.read(|connection| {
            // No character sorts behind U+10FFFF. A few are enough to see that they are several.
            let mut select = connection.prepare_cached(
                "SELECT id, number FROM delivery WHERE id >= ?1 AND id < ?1 || char(0x10FFFF) LIMIT 5",
            )?;
            let found = select.query_map([id], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
            found.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        Ok(NotFound::or_one("activity", id, found, |(id, _)| id)?.1)
    }
}

fn milliseconds<S: serde::Serializer>(took: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    took.map(|took| took.as_secs_f64() * 1e3).serialize(serializer)
}

const SELECT: &str = "SELECT delivery.number, delivery.id, delivery.created_at, delivery.updated_at, \
    integration.type, delivery.integration, recipient, state, attempts, due_at, error, event.id, event.type, body \
    FROM delivery JOIN integration ON integration.id = delivery.integration JOIN event ON event.id = delivery.event";

/// The activity but for what its attempts say, and its place in the order.
fn read(row: &Row<'_>) -> rusqlite::Result<(i64, Activity)> {
    let kind: IntegrationType = row::word(row, 4)?;
    let attempts = unsigned(row.get(8)?);
    let (state, result) = match row.get_ref(7)?.as_str()? {
        "delivered" => (ActivityState::Complete, Some(ActivityResult::Success)),
        "dead" => (ActivityState::Complete, Some(ActivityResult::Failure)),
        "sending" => (ActivityState::InProgress, None),
        _ if attempts > 0 => (ActivityState::Scheduled, None),
        _ => (ActivityState::Pending, None),
    };
    let updated_at = row::time(row, 3)?;
    let is_over = result.is_some();
    let body: Value =
        serde_json::from_slice(row.get_ref(13)?.as_blob()?).map_err(|error| unreadable(13, Type::Blob, error))?;
    let text = body["text"].as_str().unwrap_or_default().to_owned();
    let environments = body["environments"].as_array().into_iter().flatten();
    let event = Uuid::from_slice(row.get_ref(11)?.as_blob()?).map_err(|error| unreadable(11, Type::Blob, error))?;
    let activity = Activity {
        id: row.get(1)?,
        created_at: row::time(row, 2)?,
        updated_at,
        kind: format!("integration.{kind}"),
        parameters: ActivityParameters {
            event,
            event_type: row.get(12)?,
            recipient: row.get(6)?,
            attempts,
            next_attempt_at: if state == ActivityState::Scheduled { Some(row::time(row, 9)?) } else { None },
        },
        project: body["project"].as_str().unwrap_or_default().to_owned(),
        integration: row::word(row, 5)?,
        environments: environments.filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        state,
        result,
        failure_reason: row.get(10)?,
        started_at: None,
        completed_at: is_over.then_some(updated_at),
        completion_percent: if is_over { 100 } else { 0 },
        cancelled_at: None,
        timings: Map::new(),
        log: String::new(),
        payload: body["payload"].clone(),
        description: text.clone(),
        text,
        expires_at: None,
    };
    Ok((row.get(0)?, activity))
}

fn with_log(
    connection: &Connection,
    (number, mut activity): (i64, Activity),
) -> rusqlite::Result<(Activity, Vec<Attempt>)> {
    let mut select = connection.prepare_cached(
        "SELECT attempt.number, started_at, took, outcome, status, \
           iif(substr(request, -2) = char(10, 10), request || CAST(body AS TEXT), request), answer, attempt.error \
         FROM attempt JOIN delivery ON delivery.number = attempt.delivery JOIN event ON event.id = delivery.event \
         WHERE delivery = ?1 ORDER BY attempt.number",
    )?;
    let mut attempts: Vec<Attempt> = select.query_map([number], read_attempt)?.collect::<rusqlite::Result<_>>()?;
    if activity.state == ActivityState::InProgress {
        attempts.push(Attempt::under_way(&activity));
    }
    if let Some(first) = attempts.first() {
        activity.started_at = Some(first.started_at);
        let wait = first.started_at.duration_since(activity.created_at).as_secs_f64();
        let execute: Duration = attempts.iter().filter_map(|attempt| attempt.took).sum();
        for (name, seconds) in [("wait", wait.max(0.0)), ("execute", execute.as_secs_f64())] {
            activity.timings.insert(name.to_owned(), seconds.into());
        }
    }
    activity.log = attempts.iter().map(|attempt| attempt.line() + "\n").collect();
    Ok((activity, attempts))
}

fn read_attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    let took: Option<i64> = row.get(2)?;
    Ok(Attempt {
        number: unsigned(row.get(0)?),
        started_at: row::time(row, 1)?,
        took: took.map(|micros| Duration::from_micros(unsigned(micros))),
        outcome: row.get(3)?,
        status: row.get(4)?,
        request: row.get(5)?,
        answer: row.get(6)?,
        error: row.get(7)?,
    })
}

impl Attempt {
    /// It has no row of its own before it has ended.
    fn under_way(activity: &Activity) -> Self {
        Attempt {
            number: activity.parameters.attempts,
            started_at: activity.updated_at,
            took: None,
            outcome: "sending".to_owned(),
            status: None,
            request: None,
            answer: None,
            error: None,
        }
    }

    /// `2026-11-25T09:00:00Z attempt 2: retry, status 503, 12 ms: the endpoint answered 503`
    fn line(&self) -> String {
        let status = self.status.map(|status| format!(", status {status}")).unwrap_or_default();
        let took = self.took.map(|took| format!(", {} ms", took.as_millis())).unwrap_or_default();
        let error = self.error.as_ref().map(|error| format!(": {error}")).unwrap_or_default();
        format!("{:.0} attempt {}: {}{status}{took}{error}", self.started_at, self.number, self.outcome)
    }
}
