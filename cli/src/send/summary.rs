//! What came of the deliveries, for people and for scripts.

use std::time::Duration;

use http::{StatusCode, Uri};
use serde_json::{Value, json};

use super::load::{Outcome, Tally};
use crate::failure::Failure;
use crate::output::{self, grouped};
use crate::style;

const PERCENTILES: [(&str, f64); 5] = [("min", 0.0), ("p50", 50.0), ("p90", 90.0), ("p99", 99.0), ("max", 100.0)];

pub(super) fn print(tally: &Tally, url: &Uri) -> Result<(), Failure> {
    if tally.sent > 1 {
        let per_second = tally.sent as f64 / tally.elapsed.as_secs_f64().max(f64::EPSILON);
        let (sent, took) = (grouped(tally.sent), pretty(tally.elapsed));
        output::line(&format!("Sent {sent} deliveries in {took}, {per_second:.0} a second"))?;
    }
    for (outcome, (count, said)) in &tally.outcomes {
        output::line(&outcome_line(tally, outcome, *count, said))?;
    }
    if tally.sent > 1 && !tally.latency.is_empty() {
        let figures = PERCENTILES.map(|(name, percentile)| format!("{name} {}", pretty(latency(tally, percentile))));
        output::line(&format!("latency  {}", figures.join("  ")))?;
    }
    if tally.outcomes.keys().any(|outcome| matches!(outcome, Outcome::Failed(reason) if reason == "connection refused"))
    {
        let hint = format!("Is something listening at {url}? `hookseal receive` does, on 127.0.0.1:8787 unless told.");
        output::message(&format!("  {}hint:{} {hint}", style::HINT, style::RESET));
    }
    Ok(())
}

fn outcome_line(tally: &Tally, outcome: &Outcome, count: u64, said: &str) -> String {
    let (color, name) = match outcome {
        Outcome::Status(status) => {
            let reason = StatusCode::from_u16(*status).ok().and_then(|status| status.canonical_reason()).unwrap_or("");
            let color = if (200..300).contains(status) { style::VALID } else { style::INVALID };
            (color, format!("{status} {reason}").trim().to_owned())
        }
        Outcome::Failed(reason) => (style::INVALID, format!("failed: {reason}")),
    };
    let mut line = format!("{color}{name}{}", style::RESET);
    if tally.sent > 1 {
        line = format!("{:>9}  {line}", grouped(count));
    } else if matches!(outcome, Outcome::Status(_)) {
        line.push_str(&format!(" in {}", pretty(latency(tally, 50.0))));
    }
    if !said.is_empty() {
        line.push_str(&format!("  {said}"));
    }
    line
}

pub(super) fn json(tally: &Tally) -> Value {
    let mut statuses = serde_json::Map::new();
    let mut errors = serde_json::Map::new();
    for (outcome, (count, _)) in &tally.outcomes {
        match outcome {
            Outcome::Status(status) => statuses.insert(status.to_string(), (*count).into()),
            Outcome::Failed(reason) => errors.insert(reason.clone(), (*count).into()),
        };
    }
    let latency = match tally.latency.is_empty() {
        true => Value::Null,
        false => PERCENTILES
            .map(|(name, percentile)| (name.to_owned(), json!(latency(tally, percentile).as_micros() as u64)))
            .into_iter()
            .collect(),
    };
    json!({
        "sent": tally.sent,
        "accepted": tally.all_accepted(),
        "seconds": tally.elapsed.as_secs_f64(),
        "statuses": statuses,
        "errors": errors,
        "latency_us": latency,
    })
}

fn latency(tally: &Tally, percentile: f64) -> Duration {
    let value = if percentile == 0.0 { tally.latency.min() } else { tally.latency.value_at_percentile(percentile) };
    Duration::from_micros(value)
}

/// Three figures at the most: `840 µs`, `1.2 ms`, `12 s`.
fn pretty(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let (value, unit) = match seconds {
        seconds if seconds < 1e-3 => (seconds * 1e6, "µs"),
        seconds if seconds < 1.0 => (seconds * 1e3, "ms"),
        seconds => (seconds, "s"),
    };
    if value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
}
