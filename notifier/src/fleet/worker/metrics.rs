//! What happens, for Prometheus.

use std::sync::{Mutex, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::Registry;

use super::Shared;
use crate::fleet::Lag;

#[derive(Default)]
pub(super) struct Metrics {
    /// Deliveries that were sent before, by another worker as a rule.
    pub(super) skipped: Counter,
    measured: Mutex<(Vec<Lag>, u64)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    integration: String,
    partition: u32,
}

impl Metrics {
    pub(super) fn measured(&self, lag: Vec<Lag>, dead: u64) {
        *self.measured.lock().unwrap_or_else(PoisonError::into_inner) = (lag, dead);
    }

    /// In the OpenMetrics text format, which Prometheus reads.
    pub(super) fn encode(&self, shared: &Shared) -> Result<String, std::fmt::Error> {
        let mut registry = Registry::with_prefix("hookseal_fleet");
        let status = shared.status();
        let (lag, dead) = self.measured.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (name, help, value) in [
            ("connected", "Whether a server of the fleet is connected to", u64::from(status.is_connected)),
            ("sending", "Deliveries that this worker is sending", status.sending),
            ("integrations", "Integrations that this worker delivers to", status.integrations as u64),
            ("integrations_unusable", "Integrations whose settings cannot be read", status.unusable.len() as u64),
            ("dead_letters", "Deliveries of the whole fleet that were given up", dead),
        ] {
            registry.register(name, help, ConstGauge::new(value));
        }
        for (name, help, value) in [
            ("delivered", "Deliveries of this worker that arrived", status.delivered),
            ("retried", "Attempts of this worker that failed and are repeated", status.retried),
            ("dead", "Deliveries that this worker gave up", status.dead),
            ("skipped", "Deliveries that had been sent already, and were not sent again", self.skipped.get()),
            ("attempts_unrecorded", "Attempts that could not be recorded in the fleet", shared.recorder.lost()),
        ] {
            registry.register(name, help, ConstCounter::new(value));
        }
        type Value = fn(&Lag) -> u64;
        let families: [(&str, &str, Value); 3] = [
            ("waiting", "Deliveries of the whole fleet that no worker has taken over", |lag| lag.waiting),
            ("taken", "Deliveries that a worker has, or that wait for their next attempt", |lag| lag.taken),
            ("redelivered", "Deliveries under way that were taken over more than once", |lag| lag.redelivered),
        ];
        for (name, help, value) in families {
            let family = Family::<Labels, Gauge>::default();
            for lag in &lag {
                let labels = Labels { integration: lag.integration.to_string(), partition: lag.partition };
                family.get_or_create(&labels).set(i64::try_from(value(lag)).unwrap_or(i64::MAX));
            }
            registry.register(name, help, family);
        }
        let mut text = String::new();
        encode_registry(&mut text, &registry)?;
        encode_eof(&mut text)?;
        Ok(text)
    }
}
