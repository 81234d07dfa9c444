//! The query parameters of this API.

use std::time::Duration;

use hookseal_web::{Parameters, Problem};
use jiff::{SignedDuration, Timestamp};

use super::export::Format;
use crate::delivery::Verdict;
use crate::filter::Filter;
use crate::inbox::Position;

/// What [`Parameters`] can be here.
pub(super) trait Query {
    fn filter(&mut self) -> Result<Filter, Problem>;

    /// Where the list before ended.
    fn cursor(&mut self) -> Result<Option<Position>, Problem>;

    /// How many deliveries to wait for.
    fn count(&mut self) -> Result<usize, Problem>;

    /// How long to wait.
    fn timeout(&mut self) -> Result<Duration, Problem>;

    /// In which format to export; it has to be said.
    fn export_format(&mut self) -> Result<Format, Problem>;
}

impl Query for Parameters {
    fn filter(&mut self) -> Result<Filter, Problem> {
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

    fn cursor(&mut self) -> Result<Option<Position>, Problem> {
        self.take("cursor", "what a list gave as its next", |text| text.parse().ok().map(Position))
    }

    fn count(&mut self) -> Result<usize, Problem> {
        Ok(self.number("count", 10_000)?.unwrap_or(1))
    }

    fn timeout(&mut self) -> Result<Duration, Problem> {
        const MOST: Duration = Duration::from_secs(3600);
        let timeout = self.take("timeout", "a number and a unit, such as 500ms, 10s or 2m, up to 1h", |text| {
            let timeout = text.parse::<SignedDuration>().ok()?;
            Duration::try_from(timeout).ok().filter(|timeout| *timeout <= MOST)
        })?;
        Ok(timeout.unwrap_or(Duration::from_secs(10)))
    }

    fn export_format(&mut self) -> Result<Format, Problem> {
        const EXPECTED: &str = "ndjson, har, curl or vector";
        let format = self.take("format", EXPECTED, Format::from_name)?;
        format.ok_or_else(|| Problem::invalid_query(format!("format is missing; give {EXPECTED}.")))
    }
}
