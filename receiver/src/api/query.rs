//! Query strings, read strictly: a filter that is misspelt must not mean "everything".

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::{FromRequestParts, Query};
use http::request::Parts;
use jiff::{SignedDuration, Timestamp};

use super::Problem;
use super::export::Format;
use crate::delivery::Verdict;
use crate::filter::Filter;
use crate::inbox::Position;

/// A query's parameters, each of which has to be taken.
pub(super) struct Parameters {
    left: BTreeMap<String, String>,
    /// The names that were asked for.
    known: Vec<&'static str>,
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| Problem::invalid_query(rejection.body_text()))?;
        let mut left = BTreeMap::new();
        for (name, value) in pairs {
            if left.insert(name.clone(), value).is_some() {
                return Err(Problem::invalid_query(format!("{name:?} is given more than once.")));
            }
        }
        Ok(Parameters { left, known: Vec::new() })
    }
}

impl Parameters {
    pub(super) fn filter(&mut self) -> Result<Filter, Problem> {
        Ok(Filter {
            verdict: self.take("verdict", "valid, invalid or unsigned", Verdict::from_name)?,
            code: self.text("code"),
            path: self.text("path"),
            method: self.text("method"),
            since: self.take("since", "a time such as 2026-01-31T12:00:00Z (RFC 3339)", |text| {
                text.parse::<Timestamp>().ok()
            })?,
            q: self.text("q"),
        })
    }

    /// How many deliveries to list.
    pub(super) fn limit(&mut self) -> Result<usize, Problem> {
        let limit = self.take("limit", "a number from 1 to 1000", |text| number(text, 1000))?;
        Ok(limit.unwrap_or(100))
    }

    /// Where the list before ended.
    pub(super) fn cursor(&mut self) -> Result<Option<Position>, Problem> {
        self.take("cursor", "what a list gave as its next", |text| text.parse().ok().map(Position))
    }

    /// How many deliveries to wait for.
    pub(super) fn count(&mut self) -> Result<usize, Problem> {
        let count = self.take("count", "a number from 1 to 10000", |text| number(text, 10_000))?;
        Ok(count.unwrap_or(1))
    }

    /// How long to wait.
    pub(super) fn timeout(&mut self) -> Result<Duration, Problem> {
        const MOST: Duration = Duration::from_secs(3600);
        let timeout = self.take("timeout", "a number and a unit, such as 500ms, 10s or 2m, up to 1h", |text| {
            let timeout = text.parse::<SignedDuration>().ok()?;
            Duration::try_from(timeout).ok().filter(|timeout| *timeout <= MOST)
        })?;
        Ok(timeout.unwrap_or(Duration::from_secs(10)))
    }

    /// In which format to export; it has to be said.
    pub(super) fn export_format(&mut self) -> Result<Format, Problem> {
        const EXPECTED: &str = "ndjson, har, curl or vector";
        let format = self.take("format", EXPECTED, Format::from_name)?;
        format.ok_or_else(|| Problem::invalid_query(format!("format is missing; give {EXPECTED}.")))
    }

    /// Nothing may be left that nobody asked for.
    pub(super) fn finish(self) -> Result<(), Problem> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(name) => {
                let known = self.known.join(", ");
                Err(Problem::invalid_query(format!("{name:?} is not a parameter here; there are {known}.")))
            }
        }
    }

    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        self.left.remove(name)
    }

    fn take<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match read(&text) {
            Some(value) => Ok(Some(value)),
            None => Err(Problem::invalid_query(format!("{name} is {text:?}; give {expected}."))),
        }
    }
}

fn number(text: &str, most: usize) -> Option<usize> {
    text.parse().ok().filter(|number| (1..=most).contains(number))
}
