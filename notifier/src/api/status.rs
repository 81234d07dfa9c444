//! `GET status`: how everything is, the worst first.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use hookseal_health::{Line, Percent, Resource, State as Health, Thresholds};
use hookseal_web::{Parameters, Problem};
use jiff::Timestamp;
use serde::Serialize;

use super::{Api, ask};
use crate::store::{LastRound, Outstanding, ResourceStatus};

#[derive(Serialize)]
pub(super) struct Status {
    project: String,
    environment: String,
    version: &'static str,
    started_at: Timestamp,
    uptime_seconds: u64,
    thresholds: Thresholds,
    round: Option<Round>,
    next_round_at: Option<Timestamp>,
    trouble: Option<String>,
    counts: Counts,
    deliveries: Outstanding,
    resources: Vec<View>,
    /// Services that the limit left out.
    more: usize,
}

#[derive(Serialize)]
struct Round {
    at: Timestamp,
    took_ms: f64,
    interval_seconds: f64,
    resources: u64,
}

/// Of all that is watched, whatever was asked for.
#[derive(Default, Serialize)]
struct Counts {
    services: usize,
    resources: usize,
    ok: usize,
    warning: usize,
    critical: usize,
    /// These count besides as what they were when something was last known.
    unknown: usize,
}

#[derive(Serialize)]
struct View {
    service: String,
    resource: Resource,
    state: Health,
    since: Timestamp,
    announced: Health,
    percent: Option<Percent>,
    available: Option<u64>,
    total: Option<u64>,
    sampled_at: Option<Timestamp>,
    lines: Option<Lines>,
    unknown: bool,
    unknown_rounds: u32,
    unknown_reason: Option<String>,
    watched: bool,
}

/// Below how much it is bad.
#[derive(Serialize)]
struct Lines {
    warning: u64,
    critical: u64,
}

pub(super) async fn status(State(api): State<Api>, mut query: Parameters) -> Result<Json<Status>, Problem> {
    let (service, text, limit) = (query.text("service"), query.text("q"), query.limit()?);
    query.finish()?;
    let text = text.map(|text| text.to_lowercase());
    let wanted = move |resource: &ResourceStatus| {
        service.as_ref().is_none_or(|service| *service == resource.service)
            && text.as_ref().is_none_or(|text| resource.service.to_lowercase().contains(text))
    };
    ask(move || {
        let snapshot = api.snapshot()?;
        let deliveries = api.store.outstanding()?;
        let counts = Counts::of(&snapshot.resources);
        let next_round_at = snapshot.next_round_at();
        let (resources, more) = worst_first(snapshot.resources.into_iter().filter(wanted), limit);
        let thresholds = api.about.thresholds;
        Ok(Json(Status {
            project: api.about.project,
            environment: api.about.environment,
            version: env!("CARGO_PKG_VERSION"),
            started_at: api.started_at,
            uptime_seconds: api.started.elapsed().as_secs(),
            thresholds,
            round: snapshot.round.map(Round::of),
            next_round_at,
            trouble: snapshot.trouble,
            counts,
            deliveries,
            resources: resources.into_iter().map(|resource| View::of(resource, thresholds)).collect(),
            more,
        }))
    })
    .await
}

impl Round {
    fn of(LastRound { at, took, interval, resources }: LastRound) -> Self {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        Round { at, took_ms: milliseconds(took), interval_seconds: interval.as_secs_f64(), resources }
    }
}

impl Counts {
    fn of(resources: &[ResourceStatus]) -> Self {
        let mut counts = Counts { resources: resources.len(), ..Counts::default() };
        let mut service = None;
        for resource in resources {
            counts.services += usize::from(service != Some(&resource.service));
            service = Some(&resource.service);
            counts.unknown += usize::from(resource.is_unknown());
            *match resource.state {
                Health::Ok => &mut counts.ok,
                Health::Warning => &mut counts.warning,
                Health::Critical => &mut counts.critical,
            } += 1;
        }
        counts
    }
}

impl View {
    fn of(status: ResourceStatus, thresholds: Thresholds) -> Self {
        let unknown = status.is_unknown();
        let lines = status.reading.map(|reading| {
            let line = |line| thresholds.line(status.resource, line, reading.total()).available;
            Lines { warning: line(Line::Warning), critical: line(Line::Critical) }
        });
        View {
            resource: status.resource,
            state: status.state,
            since: status.since,
            announced: status.announced,
            percent: status.reading.map(|reading| reading.percent()),
            available: status.reading.map(|reading| reading.available()),
            total: status.reading.map(|reading| reading.total()),
            sampled_at: status.sampled_at,
            lines,
            unknown,
            unknown_rounds: status.unknown_rounds,
            unknown_reason: status.unknown_reason,
            watched: status.watched,
            service: status.service,
        }
    }
}

/// The resources of so many services, those of one service together, and how many services are left out.
fn worst_first(resources: impl Iterator<Item = ResourceStatus>, limit: usize) -> (Vec<ResourceStatus>, usize) {
    let mut services: BTreeMap<String, Vec<ResourceStatus>> = BTreeMap::new();
    for resource in resources {
        services.entry(resource.service.clone()).or_default().push(resource);
    }
    // Those that are equally bad stay in the order of their names.
    let mut services: Vec<_> = services.into_values().collect();
    services.sort_by_key(|resources| Reverse(resources.iter().map(badness).max()));
    let more = services.len().saturating_sub(limit);
    (services.into_iter().take(limit).flatten().collect(), more)
}

/// What nobody knows is worse than what is known to be as it was.
fn badness(resource: &ResourceStatus) -> (Health, bool) {
    (resource.state, resource.is_unknown())
}
