//! `hookseal notify status`

use std::process::ExitCode;

use hookseal_health::Amount;
use hookseal_notifier::{EndpointHealth, LastRound, Overview, ResourceStatus, Silence, Store};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Registry, RegistryArgs, cannot_use, fleet_status};
use crate::failure::Failure;
use crate::table::{Listing, TableArgs};
use crate::{output, style};

/// Show how the services, the integrations and the deliveries are
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal notify status
  hookseal notify status --json | jq .problems
  hookseal notify status --fleet nats://a:4222,b:4222,c:4222

Exit status: 1 when something is wrong with the notifier itself: a resource is unknown for 3 rounds, an integration
fails, or nobody has looked for three intervals. A disk that runs low is not that: integrations are told of it.
Of a fleet (--fleet): no worker is there, or an integration fails or cannot be read.")]
pub(crate) struct Args {
    #[command(flatten)]
    place: RegistryArgs,
    #[command(flatten)]
    table: TableArgs,
}

struct Status {
    now: Timestamp,
    round: Option<LastRound>,
    resources: Vec<ResourceStatus>,
    integrations: Vec<Overview>,
    silences: Vec<Silence>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let config = args.place.config()?;
    let store = match args.place.open(&config)? {
        Registry::Store(store) => store,
        Registry::Fleet(reached) => return fleet_status::run(&reached, &args.table),
    };
    let status = Status::read(&store)?;
    let problems = status.problems();
    if args.table.is_json() {
        output::json(&status.json(&problems))?;
    } else {
        status.print(&args.table)?;
        for problem in &problems {
            output::message(&format!("{}problem:{} {problem}", style::ERROR, style::RESET));
        }
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Status {
    fn read(store: &Store) -> Result<Self, Failure> {
        let failed = |error| cannot_use(&error);
        Ok(Status {
            now: Timestamp::now(),
            round: store.last_round().map_err(failed)?,
            resources: store.resources().map_err(failed)?.into_iter().filter(|status| status.watched).collect(),
            integrations: store.overviews().map_err(failed)?,
            silences: store.silences().map_err(failed)?,
        })
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        match &self.round {
            None => problems.push("no check was made yet: start `hookseal notify run`".to_owned()),
            Some(round) if self.is_overdue(round) => problems.push(format!(
                "the last check was made at {}, though one is due every {}: does `hookseal notify run` still run?",
                output::time(round.at),
                output::span(round.interval)
            )),
            Some(_) => {}
        }
        for status in self.resources.iter().filter(|status| status.is_unknown()) {
            problems.push(format!(
                "{} of {} is unknown for {} rounds: {}",
                status.resource,
                status.service,
                status.unknown_rounds,
                output::shortened(status.unknown_reason.as_deref().unwrap_or("nobody knows why"), 300)
            ));
        }
        for integration in &self.integrations {
            if let Some(trouble) = trouble(&integration.health) {
                problems.push(format!("the integration {} {trouble}", integration.id));
            }
        }
        problems
    }

    /// Whether three checks were missed.
    fn is_overdue(&self, round: &LastRound) -> bool {
        let patience = SignedDuration::try_from(round.interval * 3 + round.took).unwrap_or(SignedDuration::MAX);
        self.now.duration_since(round.at) > patience.saturating_add(SignedDuration::from_secs(5))
    }

    fn print(&self, table: &TableArgs) -> Result<(), Failure> {
        let heading = |text: &str| output::message(&format!("{}{text}{}", style::HEADING, style::RESET));
        let mut listing = Listing::new(&[
            ("service", "Service"),
            ("resource", "Resource"),
            ("free", "Free"),
            ("state", "State"),
            ("since", "Since"),
        ]);
        for status in &self.resources {
            let free = status
                .reading
                .map(|reading| format!("{} % ({})", reading.percent(), Amount(status.resource, reading.available())));
            let state = match status.unknown_rounds {
                0 => status.state.to_string(),
                rounds => format!("{} (unknown for {rounds} rounds)", status.state),
            };
            listing.push([
                json!(status.service),
                json!(status.resource),
                json!(free),
                json!(state),
                json!(output::time(status.since)),
            ]);
        }
        heading("Services");
        print_or(table, listing, "None was looked at yet.")?;
        let mut listing = Listing::new(&[
            ("id", "ID"),
            ("type", "Type"),
            ("health", "Health"),
            ("succeeded", "Last success"),
            ("pending", "Pending"),
            ("dead", "Dead"),
        ]);
        for Overview { id, kind, health, outstanding, .. } in &self.integrations {
            listing.push([
                json!(id),
                json!(kind.as_str()),
                json!(trouble(health).unwrap_or_else(|| wellness(health).to_owned())),
                json!(health.succeeded_at.map(output::time)),
                json!(outstanding.pending),
                json!(outstanding.dead),
            ]);
        }
        heading("Integrations");
        print_or(table, listing, "There are none: `hookseal integration:add` adds one.")?;
        for silence in &self.silences {
            output::message(&format!("Silence {} ends at {}", silence.id, output::time(silence.until)));
        }
        if self.integrations.iter().any(|integration| integration.outstanding.dead > 0) {
            output::message("`hookseal notify redeliver --dead` tries again what was given up.");
        }
        Ok(())
    }

    fn json(&self, problems: &[String]) -> Value {
        let resources = self.resources.iter().map(|status| {
            json!({
                "service": status.service,
                "resource": status.resource,
                "state": status.state,
                "since": status.since,
                "announced": status.announced,
                "available": status.reading.map(hookseal_health::Reading::available),
                "total": status.reading.map(hookseal_health::Reading::total),
                "percent": status.reading.map(hookseal_health::Reading::percent),
                "sampled_at": status.sampled_at,
                "unknown_rounds": status.unknown_rounds,
                "unknown_reason": status.unknown_reason,
            })
        });
        let integrations = self.integrations.iter().map(|Overview { id, kind, health, outstanding, .. }| {
            json!({
                "id": id,
                "type": kind.as_str(),
                "failing_since": health.failing_since,
                "failures": health.failures,
                "succeeded_at": health.succeeded_at,
                "last_error": health.last_error,
                "paused_at": health.paused_at,
                "pending": outstanding.pending,
                "dead": outstanding.dead,
            })
        });
        let silences = self.silences.iter().map(|silence| {
            json!({ "id": silence.id, "service": silence.service, "severity": silence.severity, "until": silence.until })
        });
        json!({
            "ok": problems.is_empty(),
            "problems": problems,
            "last_round": self.round.map(|round| json!({
                "at": round.at,
                "took_ms": round.took.as_secs_f64() * 1e3,
                "interval_seconds": round.interval.as_secs_f64(),
            })),
            "resources": resources.collect::<Vec<_>>(),
            "integrations": integrations.collect::<Vec<_>>(),
            "silences": silences.collect::<Vec<_>>(),
        })
    }
}

pub(super) fn print_or(table: &TableArgs, listing: Listing, none: &str) -> Result<(), Failure> {
    if listing.is_empty() {
        output::message(none);
        return Ok(());
    }
    table.print(listing)
}

pub(super) fn wellness(health: &EndpointHealth) -> &'static str {
    if health.succeeded_at.is_some() { "ok" } else { "nothing was sent yet" }
}

/// What is wrong with an integration's endpoint.
pub(super) fn trouble(health: &EndpointHealth) -> Option<String> {
    let why = output::shortened(health.last_error.as_deref().unwrap_or("nobody knows why"), 300);
    match (health.paused_at, health.failing_since) {
        (Some(paused), _) => Some(format!("is paused since {}: {why}", output::time(paused))),
        (None, Some(since)) => Some(format!("fails since {}: {why}", output::time(since))),
        (None, None) => None,
    }
}
