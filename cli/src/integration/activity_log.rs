//! `hookseal integration:activity:log`

use std::process::ExitCode;
use std::time::Duration;

use hookseal_notifier::{
    Activity, ActivityDetail, ActivityFilter, ActivityParameters, ActivityResult, ActivityState, Attempt,
    FleetActivity, FleetAttempt, IntegrationId,
};
use jiff::Timestamp;

use crate::failure::Failure;
use crate::notify::{Registry, RegistryArgs, cannot_use};
use crate::{output, style};

/// Show a delivery and each attempt: what was sent, what was answered
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal integration:activity:log               the newest delivery
  hookseal integration:activity:log abcdefghijklm
  hookseal integration:activity:log abc --json")]
pub(super) struct Args {
    /// The activity's id, or the beginning of it; the integration's may stand before it
    #[arg(num_args = 0..=2, value_name = "ID")]
    ids: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: RegistryArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let newest = ActivityFilter { limit: 1, ..ActivityFilter::default() };
    let none = || Failure::refused("No activities found");
    let shown = match args.place.open(&args.place.config()?)? {
        Registry::Store(store) => {
            let failed = |error| cannot_use(&error);
            let id = match args.ids.last() {
                Some(id) => id.clone(),
                None => store.activities(&newest).map_err(failed)?.pop().ok_or_else(none)?.id,
            };
            let detail = store.activity(&id).map_err(failed)?;
            if args.json {
                output::json(&detail)?;
                return Ok(ExitCode::SUCCESS);
            }
            Shown::from(detail)
        }
        Registry::Fleet(reached) => {
            let activity = match args.ids.last() {
                Some(id) => reached.ask(async |fleet| fleet.activity(id).await)?,
                None => reached.ask(async |fleet| fleet.activities(&newest).await)?.pop().ok_or_else(none)?,
            };
            if args.json {
                output::json(&activity)?;
                return Ok(ExitCode::SUCCESS);
            }
            Shown::from(activity)
        }
    };
    shown.print()?;
    Ok(ExitCode::SUCCESS)
}

/// A delivery of this machine's, or of a fleet's.
struct Shown {
    id: String,
    integration: IntegrationId,
    kind: String,
    description: String,
    created_at: Timestamp,
    state: ActivityState,
    result: Option<ActivityResult>,
    parameters: ActivityParameters,
    attempts: Vec<ShownAttempt>,
}

struct ShownAttempt {
    number: u64,
    at: Timestamp,
    outcome: String,
    status: Option<u16>,
    took: Option<Duration>,
    error: Option<String>,
    request: Option<String>,
    answer: Option<String>,
    /// Of a fleet's.
    worker: Option<String>,
}

impl From<ActivityDetail> for Shown {
    fn from(detail: ActivityDetail) -> Self {
        let attempt = |attempt: Attempt| ShownAttempt {
            number: attempt.number,
            at: attempt.started_at,
            outcome: attempt.outcome.to_string(),
            status: attempt.status,
            took: attempt.took,
            error: attempt.error,
            request: attempt.request,
            answer: attempt.answer,
            worker: None,
        };
        let Activity { id, integration, kind, description, created_at, state, result, parameters, .. } =
            detail.activity;
        let attempts = detail.attempts.into_iter().map(attempt).collect();
        Shown { id, integration, kind, description, created_at, state, result, parameters, attempts }
    }
}

impl From<FleetActivity> for Shown {
    fn from(activity: FleetActivity) -> Self {
        let attempt = |attempt: FleetAttempt| ShownAttempt {
            number: attempt.attempt.into(),
            at: attempt.at,
            outcome: attempt.outcome,
            status: attempt.status,
            took: Some(Duration::from_secs_f64((attempt.took_ms / 1e3).clamp(0.0, 1e6))),
            error: attempt.error,
            request: attempt.request,
            answer: attempt.answer,
            worker: Some(attempt.worker),
        };
        let FleetActivity { id, integration, kind, description, created_at, state, result, parameters, .. } = activity;
        let attempts = activity.attempts.into_iter().map(attempt).collect();
        Shown { id, integration, kind, description, created_at, state, result, parameters, attempts }
    }
}

impl Shown {
    fn print(&self) -> Result<(), Failure> {
        let result = match self.result {
            Some(ActivityResult::Success) => format!("{}success{}", style::VALID, style::RESET),
            Some(ActivityResult::Failure) => format!("{}failure{}", style::INVALID, style::RESET),
            None => "none yet".to_owned(),
        };
        for (name, value) in [
            ("Activity ID", self.id.clone()),
            ("Integration ID", self.integration.to_string()),
            ("Type", self.kind.clone()),
            ("Description", output::shortened(&self.description, 1000)),
            ("Event ID", self.parameters.event.to_string()),
            ("Created", output::time(self.created_at)),
            ("State", self.state.as_str().to_owned()),
            ("Result", result),
        ] {
            output::message(&format!("{}{name}:{} {value}", style::HEADING, style::RESET));
        }
        if let Some(next) = self.parameters.next_attempt_at {
            output::message(&format!("{}Next attempt:{} {}", style::HEADING, style::RESET, output::time(next)));
        }
        if self.attempts.is_empty() {
            output::message("It was not tried yet.");
        }
        self.attempts.iter().try_for_each(print)
    }
}

fn print(attempt: &ShownAttempt) -> Result<(), Failure> {
    let took = attempt.took.map(|took| format!(" in {:.1} ms", took.as_secs_f64() * 1e3)).unwrap_or_default();
    let status = attempt.status.map(|status| format!(" {status}")).unwrap_or_default();
    let worker = attempt.worker.as_deref().map(|name| format!(" by {}", output::shortened(name, 100)));
    let worker = worker.unwrap_or_default();
    let color = if attempt.outcome == "delivered" { style::VALID } else { style::INVALID };
    let (heading, reset) = (style::HEADING, style::RESET);
    output::line(&format!(
        "\n{heading}Attempt {}{reset}  {}  {color}{}{reset}{status}{took}{worker}",
        attempt.number,
        output::time(attempt.at),
        attempt.outcome,
    ))?;
    if let Some(error) = &attempt.error {
        output::line(&format!("  {}", output::shortened(error, 1000)))?;
    }
    lines(">", attempt.request.as_deref())?;
    lines("<", attempt.answer.as_deref())
}

fn lines(sign: &str, text: Option<&str>) -> Result<(), Failure> {
    for line in text.unwrap_or_default().lines() {
        output::line(&format!("  {}{sign} {}{}", style::DIM, output::shortened(line, 500), style::RESET))?;
    }
    Ok(())
}
