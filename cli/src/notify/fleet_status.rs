//! `hookseal notify status --fleet`: hosts, workers, integrations and what waits for them, dead letters.

use std::process::ExitCode;

use hookseal_notifier::{DeadLetter, EndpointHealth, Fleet, FleetError, FleetHost, Integration, Lag, Silence};
use serde_json::{Value, json};

use super::registry::Reached;
use super::status::{print_or, trouble, wellness};
use crate::failure::Failure;
use crate::table::{Listing, TableArgs};
use crate::{output, style};

/// Hosts and dead letters that are listed for people; for programs, all hosts are.
const MOST_SHOWN: usize = 20;

/// Dead letters that are listed at all.
const MOST_LETTERS: usize = 1000;

struct Status {
    hosts: Vec<FleetHost>,
    integrations: Vec<(Integration, EndpointHealth)>,
    /// Why some cannot be read.
    unusable: Vec<String>,
    lag: Vec<Lag>,
    letters: Vec<DeadLetter>,
    dead: u64,
    silences: Vec<Silence>,
}

pub(super) fn run(reached: &Reached, table: &TableArgs) -> Result<ExitCode, Failure> {
    let status = reached.ask(Status::read)?;
    let problems = status.problems();
    if table.is_json() {
        output::json(&status.json(&problems))?;
    } else {
        status.print(table)?;
        for problem in &problems {
            output::message(&format!("{}problem:{} {problem}", style::ERROR, style::RESET));
        }
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Status {
    async fn read(fleet: &Fleet) -> Result<Self, FleetError> {
        let (mut integrations, mut unusable) = (Vec::new(), Vec::new());
        for integration in fleet.integrations().await? {
            match integration {
                Ok(integration) => {
                    let health = fleet.endpoint_health(&integration.id).await?;
                    integrations.push((integration, health));
                }
                Err(error) => unusable.push(error.to_string()),
            }
        }
        Ok(Status {
            hosts: fleet.hosts().await?,
            integrations,
            unusable,
            lag: fleet.lag().await?,
            letters: fleet.dead_letters(None, MOST_LETTERS).await?,
            dead: fleet.count_dead_letters().await?,
            silences: fleet.silences().await?,
        })
    }

    fn of_role<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a FleetHost> {
        self.hosts.iter().filter(move |host| host.role == role)
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.of_role("worker").next().is_none() {
            problems.push("no worker is there, so that nothing is sent: start `hookseal notify worker`".to_owned());
        }
        problems.extend(self.unusable.iter().map(|why| format!("an integration cannot be told: {why}")));
        for (integration, health) in &self.integrations {
            if let Some(trouble) = trouble(health) {
                problems.push(format!("the integration {} {trouble}", integration.id));
            }
        }
        problems
    }

    /// What waits for an integration, and what a worker has or will try again.
    fn waiting(&self, integration: &Integration) -> (u64, u64) {
        let of = self.lag.iter().filter(|lag| lag.integration == integration.id);
        of.fold((0, 0), |(waiting, taken), lag| (waiting + lag.waiting, taken + lag.taken))
    }

    fn dead(&self, integration: &Integration) -> usize {
        self.letters.iter().filter(|letter| letter.integration == integration.id).count()
    }

    fn print(&self, table: &TableArgs) -> Result<(), Failure> {
        let heading = |text: &str| output::message(&format!("{}{text}{}", style::HEADING, style::RESET));
        let sum = |value: fn(&FleetHost) -> u64| output::grouped(self.of_role("agent").map(value).sum());
        heading("Hosts");
        output::message(&format!(
            "{} with {} resources: {} warning, {} critical; {} deliveries wait there",
            output::grouped(self.of_role("agent").count() as u64),
            sum(|host| host.resources),
            sum(|host| host.warning),
            sum(|host| host.critical),
            sum(|host| host.waiting),
        ));
        let mut agents: Vec<_> = self.of_role("agent").collect();
        // Those that somebody has to look at first.
        agents.sort_by_key(|host| (u64::MAX - host.critical, u64::MAX - host.warning, u64::MAX - host.waiting));
        if agents.len() > MOST_SHOWN {
            output::message(&format!("The {MOST_SHOWN} worst of them (--json has all):"));
        }
        let mut listing = Listing::new(&[
            ("name", "Name"),
            ("version", "Version"),
            ("seen", "Seen"),
            ("resources", "Resources"),
            ("warning", "Warning"),
            ("critical", "Critical"),
            ("waiting", "Waiting"),
        ]);
        for host in agents.into_iter().take(MOST_SHOWN) {
            listing.push([
                json!(host.name),
                json!(host.version),
                json!(output::time(host.seen_at)),
                json!(host.resources),
                json!(host.warning),
                json!(host.critical),
                json!(host.waiting),
            ]);
        }
        print_or(table, listing, "None is there: `hookseal notify run --fleet` is one.")?;
        let mut listing = Listing::new(&[
            ("name", "Name"),
            ("version", "Version"),
            ("seen", "Seen"),
            ("delivered", "Delivered"),
            ("sending", "Sending"),
        ]);
        for host in self.of_role("worker") {
            listing.push([
                json!(host.name),
                json!(host.version),
                json!(output::time(host.seen_at)),
                json!(host.delivered),
                json!(host.waiting),
            ]);
        }
        heading("Workers");
        print_or(table, listing, "None is there: `hookseal notify worker --fleet` is one.")?;
        self.print_integrations(table)?;
        self.print_letters(table)?;
        for silence in &self.silences {
            output::message(&format!("Silence {} ends at {}", silence.id, output::time(silence.until)));
        }
        Ok(())
    }

    fn print_integrations(&self, table: &TableArgs) -> Result<(), Failure> {
        let mut listing = Listing::new(&[
            ("id", "ID"),
            ("type", "Type"),
            ("health", "Health"),
            ("waiting", "Waiting"),
            ("taken", "Taken"),
            ("dead", "Dead"),
        ]);
        for (integration, health) in &self.integrations {
            let (waiting, taken) = self.waiting(integration);
            listing.push([
                json!(integration.id),
                json!(integration.integration_type().as_str()),
                json!(trouble(health).unwrap_or_else(|| wellness(health).to_owned())),
                json!(waiting),
                json!(taken),
                json!(self.dead(integration)),
            ]);
        }
        output::message(&format!("{}Integrations{}", style::HEADING, style::RESET));
        print_or(table, listing, "There are none: `hookseal integration:add --fleet` adds one.")
    }

    fn print_letters(&self, table: &TableArgs) -> Result<(), Failure> {
        if self.letters.is_empty() {
            return Ok(());
        }
        let heading = format!("Dead letters ({})", output::grouped(self.dead));
        output::message(&format!("{}{heading}{}", style::HEADING, style::RESET));
        let mut listing = Listing::new(&[
            ("id", "ID"),
            ("integration", "Integration"),
            ("description", "Description"),
            ("attempts", "Attempts"),
            ("error", "Error"),
        ]);
        for letter in self.letters.iter().take(MOST_SHOWN) {
            listing.push([
                json!(letter.id),
                json!(letter.integration),
                json!(output::shortened(&letter.text, 200)),
                json!(letter.attempts),
                json!(letter.error.as_deref().map(|error| output::shortened(error, 200))),
            ]);
        }
        table.print(listing)?;
        output::message("`hookseal notify redeliver --fleet` delivers them again: by their IDs, or all with --dead.");
        Ok(())
    }

    fn json(&self, problems: &[String]) -> Value {
        let integrations = self.integrations.iter().map(|(integration, health)| {
            let (waiting, taken) = self.waiting(integration);
            json!({
                "id": integration.id,
                "type": integration.integration_type().as_str(),
                "failing_since": health.failing_since,
                "failures": health.failures,
                "succeeded_at": health.succeeded_at,
                "last_error": health.last_error,
                "paused_at": health.paused_at,
                "waiting": waiting,
                "taken": taken,
                "dead": self.dead(integration),
            })
        });
        let silences = self.silences.iter().map(|silence| {
            json!({ "id": silence.id, "service": silence.service, "severity": silence.severity, "until": silence.until })
        });
        json!({
            "ok": problems.is_empty(),
            "problems": problems,
            "hosts": self.of_role("agent").collect::<Vec<_>>(),
            "workers": self.of_role("worker").collect::<Vec<_>>(),
            "integrations": integrations.collect::<Vec<_>>(),
            "lag": self.lag,
            "dead_letters": self.letters,
            "dead": self.dead,
            "silences": silences.collect::<Vec<_>>(),
        })
    }
}
