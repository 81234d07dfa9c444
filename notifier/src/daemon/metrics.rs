//! What happens, for Prometheus.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hookseal_health::{Severity, State};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::status::Board;
use crate::ResourceStatus;
use crate::round::{Outcome, Rounds};
use crate::store::integrations::Standing;

/// A check takes as long as its slowest probe.
const BUCKETS: [f64; 11] = [1e-3, 5e-3, 1e-2, 5e-2, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

pub(super) struct Metrics {
    registry: Registry,
    check_seconds: Histogram,
    notifications: Family<SeverityLabels, Counter>,
    unwritten_checks: Counter,
    standings: Arc<Mutex<Vec<Standing>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SeverityLabels {
    severity: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResourceLabels {
    service: String,
    resource: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct IntegrationLabels {
    integration: String,
    r#type: &'static str,
}

impl Metrics {
    pub(super) fn new(board: &Arc<Board>, rounds: &Arc<Mutex<Rounds>>) -> Self {
        let mut registry = Registry::with_prefix("hookseal");
        let check_seconds = Histogram::new(BUCKETS);
        let help = "From the start of a check until what it found is written down";
        registry.register_with_unit("check", help, Unit::Seconds, check_seconds.clone());
        let notifications = Family::default();
        registry.register("notifications", "What was told to all integrations, by severity", notifications.clone());
        for severity in Severity::ALL {
            drop(notifications.get_or_create(&SeverityLabels { severity: severity.as_str() }));
        }
        let unwritten_checks = Counter::default();
        let help = "Checks that could not be written down; what they told was sent from memory";
        registry.register("unwritten_checks", help, unwritten_checks.clone());
        let standings = Arc::default();
        let snapshot = Snapshot { board: board.clone(), rounds: rounds.clone(), standings: Arc::clone(&standings) };
        registry.register_collector(Box::new(snapshot));
        Metrics { registry, check_seconds, notifications, unwritten_checks, standings }
    }

    pub(super) fn checked(&self, took: Duration, outcome: &Outcome) {
        self.check_seconds.observe(took.as_secs_f64());
        for severity in &outcome.told {
            self.notifications.get_or_create(&SeverityLabels { severity: severity.as_str() }).inc();
        }
        if outcome.error.is_some() {
            self.unwritten_checks.inc();
        }
    }

    pub(super) fn note_standings(&self, standings: Vec<Standing>) {
        *self.standings.lock().unwrap_or_else(PoisonError::into_inner) = standings;
    }

    /// In the OpenMetrics text format, which Prometheus reads.
    pub(super) fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// What is looked up at the moment of asking.
struct Snapshot {
    board: Arc<Board>,
    rounds: Arc<Mutex<Rounds>>,
    standings: Arc<Mutex<Vec<Standing>>>,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").finish_non_exhaustive()
    }
}

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        self.encode_status(&mut encoder)?;
        self.encode_integrations(&mut encoder)?;
        self.encode_resources(&mut encoder)
    }
}

impl Snapshot {
    fn encode_status(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let status = self.board.status();
        let counts = status.deliveries;
        let last = status.round.map_or(0.0, |round| round.at.as_microsecond() as f64 / 1e6);
        let flag = |flag| f64::from(u8::from(flag));
        for (name, help, value) in [
            ("last_check_timestamp_seconds", "When the last check began, in seconds since 1970", last),
            ("resources_warning", "Resources between the two lines", status.warning as f64),
            ("resources_critical", "Resources below the critical line", status.critical as f64),
            (
                "resources_unknown",
                "Resources that could not be measured for three checks or more",
                status.unknown as f64,
            ),
            ("deliveries_waiting", "Deliveries that wait or are under way", counts.waiting as f64),
            ("deliveries_sending", "Deliveries that are under way", counts.sending as f64),
            (
                "store_writable",
                "Whether the last check and all results could be written down",
                flag(status.store_error.is_none() && !counts.unwritten),
            ),
            ("store_ballast", "Whether room is kept for when the disk is full", flag(status.has_ballast)),
            ("integrations_unusable", "Integrations whose settings cannot be read", status.unusable.len() as f64),
            ("heartbeat_ok", "Whether the heartbeat's URL could be called", flag(status.heartbeat_error.is_none())),
        ] {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        for (name, help, value) in [
            ("deliveries_delivered", "Deliveries that arrived", counts.delivered),
            ("deliveries_retried", "Attempts that failed and are repeated", counts.retried),
            ("deliveries_dead", "Deliveries that were given up", counts.dead),
        ] {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        Ok(())
    }

    fn encode_integrations(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let standings = self.standings.lock().unwrap_or_else(PoisonError::into_inner);
        let mut family = |name, help, value: fn(&Standing) -> f64| {
            let gauges = standings.iter().map(|standing| {
                let r#type = standing.target.kind.as_str();
                let labels = IntegrationLabels { integration: standing.target.id.to_string(), r#type };
                (labels, ConstGauge::new(value(standing)))
            });
            encode_family(encoder, name, help, gauges)
        };
        family("integration_failures", "Attempts that have failed in a row", |standing| {
            standing.health.failures as f64
        })?;
        family("integration_paused", "Whether it is paused, because nothing succeeded for days", |standing| {
            f64::from(u8::from(standing.health.paused_at.is_some()))
        })
    }

    fn encode_resources(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        use crate::round::Track;

        let rounds = self.rounds.lock().unwrap_or_else(PoisonError::into_inner);
        let mut family = |name, help, value: fn(&Track) -> Option<f64>| {
            let gauges = rounds.tracks().filter_map(|(service, resource, track)| {
                let labels = ResourceLabels { service: service.to_string(), resource: resource.as_str() };
                Some((labels, ConstGauge::new(value(track)?)))
            });
            encode_family(encoder, name, help, gauges)
        };
        family("available", "What is left, in bytes or inodes, as last measured", |track| {
            track.known.map(|(reading, _)| reading.available() as f64)
        })?;
        family("total", "What there is in all, in bytes or inodes, as last measured", |track| {
            track.known.map(|(reading, _)| reading.total() as f64)
        })?;
        family("state", "0 ok, 1 below the warning line, 2 below the critical line", |track| {
            Some(match track.state {
                State::Ok => 0.0,
                State::Warning => 1.0,
                State::Critical => 2.0,
            })
        })?;
        family("unknown", "Whether it could not be measured for three checks or more", |track| {
            Some(f64::from(u8::from(track.unknown_rounds >= ResourceStatus::UNKNOWN_AFTER)))
        })
    }
}

fn encode_family<L: EncodeLabelSet>(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    gauges: impl Iterator<Item = (L, ConstGauge<f64>)>,
) -> Result<(), std::fmt::Error> {
    let mut gauges = gauges.peekable();
    if gauges.peek().is_none() {
        return Ok(()); // the head of a family without members would stand there for nothing
    }
    let mut family = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (labels, gauge) in gauges {
        gauge.encode(family.encode_family(&labels)?)?;
    }
    Ok(())
}
