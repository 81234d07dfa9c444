//! Query strings, read strictly: a filter that is misspelt must not mean "everything".

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::extract::Query;
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Problem;
use crate::delivery::Verdict;
use crate::filter::Filter;
use crate::inbox::Position;

/// As axum's `Query`, with errors of the API's own shape.
pub(super) struct Strict<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Strict<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(query)) => Ok(Strict(query)),
            Err(rejection) => Err(Problem::invalid_query(rejection.body_text())),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    limit: Option<usize>,
    cursor: Option<String>,
    verdict: Option<Verdict>,
    code: Option<String>,
    path: Option<String>,
    method: Option<String>,
    since: Option<Timestamp>,
    q: Option<String>,
}

impl ListQuery {
    pub(super) fn limit(&self) -> Result<usize, Problem> {
        match self.limit.unwrap_or(100) {
            limit @ 1..=1000 => Ok(limit),
            limit => Err(Problem::invalid_query(format!("limit is {limit}; it goes from 1 to 1000."))),
        }
    }

    pub(super) fn before(&self) -> Result<Option<Position>, Problem> {
        let Some(cursor) = &self.cursor else { return Ok(None) };
        match cursor.parse() {
            Ok(position) => Ok(Some(Position(position))),
            Err(_) => Err(Problem::invalid_query("cursor is not one that a list ended with (its next).")),
        }
    }

    pub(super) fn filter(self) -> Filter {
        let ListQuery { verdict, code, path, method, since, q, .. } = self;
        Filter { verdict, code, path, method, since, q }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WaitQuery {
    count: Option<usize>,
    timeout: Option<String>,
    verdict: Option<Verdict>,
    code: Option<String>,
    path: Option<String>,
    method: Option<String>,
    since: Option<Timestamp>,
    q: Option<String>,
}

impl WaitQuery {
    pub(super) fn count(&self) -> Result<usize, Problem> {
        match self.count.unwrap_or(1) {
            count @ 1..=100_000 => Ok(count),
            count => Err(Problem::invalid_query(format!("count is {count}; it goes from 1 to 100000."))),
        }
    }

    pub(super) fn timeout(&self) -> Result<Duration, Problem> {
        const MOST: Duration = Duration::from_secs(3600);
        let text = self.timeout.as_deref().unwrap_or("10s");
        let timeout = text.parse::<SignedDuration>().ok().and_then(|timeout| Duration::try_from(timeout).ok());
        match timeout {
            Some(timeout) if timeout <= MOST => Ok(timeout),
            _ => Err(Problem::invalid_query(format!(
                "timeout is {text:?}; give a number and a unit, such as 500ms, 10s or 2m, up to 1h."
            ))),
        }
    }

    pub(super) fn filter(self) -> Filter {
        let WaitQuery { verdict, code, path, method, since, q, .. } = self;
        Filter { verdict, code, path, method, since, q }
    }
}
