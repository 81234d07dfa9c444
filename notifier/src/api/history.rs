//! `GET history`: past figures, as many as a plot can show.

use axum::Json;
use axum::extract::State;
use hookseal_health::{Percent, Reading, Resource};
use hookseal_web::{Parameters, Problem};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{Api, ask};
use crate::store::{HistoryPoint, ResourceStatus, Store, StoreError};

#[derive(Serialize)]
pub(super) struct History {
    service: String,
    resource: Resource,
    since: Timestamp,
    until: Timestamp,
    points: Vec<Point>,
}

/// What was measured in a part of the time.
#[derive(Serialize)]
struct Point {
    /// When the last of it was.
    at: Timestamp,
    /// The last share that was free, and the lowest and highest in this part.
    percent: Percent,
    low: Percent,
    high: Percent,
    available: u64,
    total: u64,
    /// Nothing is known between the point before and this one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    gap: bool,
}

/// As many as a plot has pixels to show them.
const POINTS: usize = 500;

pub(super) async fn history(State(api): State<Api>, mut query: Parameters) -> Result<Json<History>, Problem> {
    let service = query.text("service");
    let resource = query.take("resource", "disk or inodes", |text| text.parse::<Resource>().ok())?;
    let since = query.take("since", "a time such as 2026-01-31T12:00:00Z (RFC 3339)", |text| text.parse().ok())?;
    let most = query.number("points", 2_000)?.unwrap_or(POINTS);
    query.finish()?;
    let missing = |name| move || Problem::invalid_query(format!("{name} is missing."));
    let service = service.ok_or_else(missing("service"))?;
    let resource = resource.ok_or_else(missing("resource"))?;
    let until = Timestamp::now();
    let since: Timestamp = since.unwrap_or(until - SignedDuration::from_hours(24));
    let name = service.clone();
    let found = ask(move || {
        let snapshot = api.snapshot()?;
        let interval = snapshot.round.map_or(api.about.interval, |round| round.interval);
        let status =
            snapshot.resources.into_iter().find(|status| status.service == name && status.resource == resource);
        let Some(status) = status else { return Ok(None) };
        let mut buckets = Buckets::new(since, until, most, longest_silence(interval));
        fill(&mut buckets, &api.store, &status)?;
        Ok(Some(buckets.points))
    });
    let unknown =
        || Problem::new(StatusCode::NOT_FOUND, "not_found", format!("No {resource} of {service:?} are watched."));
    let points = found.await?.ok_or_else(unknown)?;
    Ok(Json(History { service, resource, since, until, points }))
}

/// The store has a figure an hour at least, as long as something is known at each check.
fn longest_silence(interval: std::time::Duration) -> SignedDuration {
    let interval = SignedDuration::try_from(interval).unwrap_or(SignedDuration::MAX);
    SignedDuration::from_mins(61).saturating_add(interval.saturating_mul(2))
}

fn fill(buckets: &mut Buckets, store: &Store, status: &ResourceStatus) -> Result<(), StoreError> {
    let Buckets { since, until, .. } = *buckets;
    store.each_in_history(&status.service, status.resource, since, |point| buckets.add(point))?;
    // What the daemon knows is newer; the store has figures that differ from those before only.
    if let Some(point) = HistoryPoint::of(status)
        && point.at <= until
        && buckets.before.is_none_or(|before| before < point.at)
    {
        buckets.add(point);
    }
    Ok(())
}

/// Parts of the time, all equally long.
struct Buckets {
    since: Timestamp,
    until: Timestamp,
    most: i128,
    longest_silence: SignedDuration,
    points: Vec<Point>,
    /// Which part the last point is of.
    place: i128,
    before: Option<Timestamp>,
}

/// The place of what was before the first part.
const BEFORE: i128 = -1;

impl Buckets {
    fn new(since: Timestamp, until: Timestamp, most: usize, longest_silence: SignedDuration) -> Self {
        Buckets { since, until, most: most as i128, longest_silence, points: Vec::new(), place: -1, before: None }
    }

    /// Takes figures in the order of their time. Those from before the first part are how it began.
    fn add(&mut self, HistoryPoint { at, reading }: HistoryPoint) {
        let gap = self.before.is_some_and(|before| at.duration_since(before) > self.longest_silence);
        self.before = Some(at);
        let all = micros(self.since, self.until).max(1);
        let place = (micros(self.since, at) * self.most).div_euclid(all).max(BEFORE);
        let at = at.max(self.since);
        let percent = reading.percent();
        match self.points.last_mut().filter(|_| place == self.place && !gap) {
            Some(point) => *point = point.and(at, reading),
            None => {
                let (available, total) = (reading.available(), reading.total());
                self.points.push(Point { at, percent, low: percent, high: percent, available, total, gap });
            }
        }
        self.place = place;
    }
}

impl Point {
    fn and(&self, at: Timestamp, reading: Reading) -> Point {
        let percent = reading.percent();
        Point {
            at,
            percent,
            low: self.low.min(percent),
            high: self.high.max(percent),
            available: reading.available(),
            total: reading.total(),
            gap: self.gap,
        }
    }
}

fn micros(from: Timestamp, to: Timestamp) -> i128 {
    i128::from(to.as_microsecond()) - i128::from(from.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;

    fn point(second: i64, available: u64) -> HistoryPoint {
        HistoryPoint { at: time(second), reading: Reading::new(available, 100).unwrap() }
    }

    fn time(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn buckets(until: i64, most: usize) -> Buckets {
        Buckets::new(time(0), time(until), most, SignedDuration::from_hours(1))
    }

    fn shown(buckets: &Buckets) -> Vec<(i64, [String; 3], bool)> {
        let percents = |point: &Point| [point.percent, point.low, point.high].map(|percent| percent.to_string());
        buckets.points.iter().map(|point| (point.at.as_second(), percents(point), point.gap)).collect()
    }

    fn percents(percent: u64, low: u64, high: u64) -> [String; 3] {
        [percent, low, high].map(|percent| percent.to_string())
    }

    #[test]
    fn a_part_of_the_time_is_one_point_with_its_extremes() {
        let mut buckets = buckets(100, 10);
        for (second, available) in [(1, 50), (3, 10), (9, 40), (10, 41), (99, 42), (100, 43)] {
            buckets.add(point(second, available));
        }
        let expected = [
            (9, percents(40, 10, 50), false),
            (10, percents(41, 41, 41), false),
            (99, percents(42, 42, 42), false),
            (100, percents(43, 43, 43), false),
        ];
        assert_eq!(shown(&buckets), expected);
    }

    #[test]
    fn what_was_before_is_how_it_begins() {
        let mut buckets = buckets(100, 10);
        buckets.add(point(-60, 50));
        buckets.add(point(50, 40));
        assert_eq!(shown(&buckets), [(0, percents(50, 50, 50), false), (50, percents(40, 40, 40), false)]);
    }

    #[test]
    fn a_time_of_which_nothing_is_known_is_a_gap_also_within_one_part() {
        let mut buckets = buckets(100 * HOUR, 10);
        for (hour, available) in [(0, 50), (1, 49), (3, 40), (4, 39)] {
            buckets.add(point(hour * HOUR, available));
        }
        let expected = [(HOUR, percents(49, 49, 50), false), (4 * HOUR, percents(39, 39, 40), true)];
        assert_eq!(shown(&buckets), expected);
    }

    #[test]
    fn many_figures_become_few_points() {
        let mut buckets = buckets(1_000_000, 500);
        for second in 0..1_000_000 {
            buckets.add(point(second, (second % 100) as u64));
        }
        assert_eq!(buckets.points.len(), 500);
        let whole = |point: &Point| (point.low.to_string(), point.high.to_string());
        assert!(buckets.points.iter().all(|point| whole(point) == ("0".to_owned(), "99".to_owned())));
    }
}
