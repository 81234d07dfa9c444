//! What happens, counted for Prometheus.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use hookseal_web::Counters;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::delivery::Delivery;
use crate::forward::ForwardState;
use crate::inbox::Inbox;

/// The `Content-Type` of what [`Metrics::encode`] gives.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// From 100 µs on; a gateway's answers take as long as its app.
const BUCKETS: [f64; 14] = [1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.5, 1.0, 5.0, 30.0];

/// The receiver's own counters and, at each look, what the inbox and the server say of themselves.
pub(crate) struct Metrics {
    registry: Registry,
    deliveries: Family<DeliveryLabels, Counter>,
    answer_seconds: Histogram,
    forward_attempts: Family<AttemptLabels, Counter>,
    rate_limited: Counter,
    faults: Counter,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeliveryLabels {
    verdict: &'static str,
    /// Empty for none. The codes are a fixed set, so that no sender can add to it.
    code: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AttemptLabels {
    outcome: &'static str,
}

impl Metrics {
    pub(crate) fn new(inbox: &Arc<dyn Inbox>, servers: Vec<Arc<Counters>>, queued: Arc<AtomicU64>) -> Self {
        let mut registry = Registry::with_prefix("hookseal");
        let deliveries = Family::default();
        registry.register(
            "deliveries",
            "Deliveries that were kept, by what their signature proves",
            deliveries.clone(),
        );
        let answer_seconds = Histogram::new(BUCKETS);
        registry.register_with_unit(
            "answer",
            "From a delivery's headers until it is kept and its answer is ready to be sent",
            Unit::Seconds,
            answer_seconds.clone(),
        );
        let forward_attempts = Family::default();
        registry.register("forward_attempts", "Attempts to bring a delivery to its app", forward_attempts.clone());
        let rate_limited = Counter::default();
        registry.register("rate_limited", "Deliveries refused because their peer sent too many", rate_limited.clone());
        let faults = Counter::default();
        registry.register("faults", "Deliveries answered badly because a fault wanted it so", faults.clone());
        registry.register_collector(Box::new(Snapshot { inbox: Arc::downgrade(inbox), servers, queued }));
        Metrics { registry, deliveries, answer_seconds, forward_attempts, rate_limited, faults }
    }

    pub(crate) fn delivery(&self, delivery: &Delivery, took: Duration) {
        let code = match delivery.code {
            Some(Cow::Borrowed(code)) => code,
            _ => "",
        };
        let labels = DeliveryLabels { verdict: delivery.verdict.as_str(), code };
        self.deliveries.get_or_create(&labels).inc();
        self.answer_seconds.observe(took.as_secs_f64());
        if delivery.response.fault.is_some() {
            self.faults.inc();
        }
    }

    pub(crate) fn forward_attempt(&self, state: ForwardState, answered: bool) {
        let outcome = match state {
            ForwardState::Delivered => "delivered",
            ForwardState::Refused => "refused",
            ForwardState::Pending | ForwardState::Failed if answered => "error_status",
            ForwardState::Pending | ForwardState::Failed => "no_answer",
        };
        self.forward_attempts.get_or_create(&AttemptLabels { outcome }).inc();
    }

    pub(crate) fn rate_limited(&self) {
        self.rate_limited.inc();
    }

    /// In the OpenMetrics text format, which Prometheus reads.
    pub(crate) fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// What others count themselves.
struct Snapshot {
    inbox: Weak<dyn Inbox>,
    servers: Vec<Arc<Counters>>,
    queued: Arc<AtomicU64>,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").finish_non_exhaustive()
    }
}

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let inbox = self.inbox.upgrade().map(|inbox| inbox.stats()).unwrap_or_default();
        let sum = |count: fn(&Counters) -> u64| self.servers.iter().map(|server| count(server)).sum::<u64>();
        for (name, help, unit, value) in [
            ("inbox_deliveries", "Deliveries in the inbox", None, inbox.held),
            ("inbox", "The size of the inbox in memory or on disk", Some(Unit::Bytes), inbox.bytes),
            ("connections", "Open connections", None, sum(Counters::open)),
            ("forward_queue", "Deliveries on their way to an app", None, self.queued.load(Ordering::Relaxed)),
        ] {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, unit.as_ref(), gauge.metric_type())?)?;
        }
        for (name, help, value) in [
            ("inbox_dropped", "Deliveries that had to make room in the inbox", inbox.dropped),
            ("connections_accepted", "Connections that were accepted", sum(Counters::accepted)),
            ("requests_refused", "Requests that were refused before they became deliveries", sum(Counters::refused)),
            (
                "tls_handshakes_failed",
                "Connections that ended before TLS was agreed on",
                sum(Counters::failed_handshakes),
            ),
        ] {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        Ok(())
    }
}
