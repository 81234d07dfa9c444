//! `hookseal integration:activity:log`

use std::process::ExitCode;

use hookseal_notifier::{ActivityFilter, ActivityResult, Attempt};

use crate::failure::Failure;
use crate::notify::{PlaceArgs, cannot_use, open_store};
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
    place: PlaceArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let store = open_store(&args.place.config()?)?;
    let failed = |error| cannot_use(&error);
    let id = match args.ids.last() {
        Some(id) => id.clone(),
        None => {
            let newest = ActivityFilter { limit: 1, ..ActivityFilter::default() };
            let mut newest = store.activities(&newest).map_err(failed)?;
            newest.pop().ok_or_else(|| Failure::refused("No activities found"))?.id
        }
    };
    let detail = store.activity(&id).map_err(failed)?;
    if args.json {
        output::json(&detail)?;
        return Ok(ExitCode::SUCCESS);
    }
    let activity = &detail.activity;
    let result = match activity.result {
        Some(ActivityResult::Success) => format!("{}success{}", style::VALID, style::RESET),
        Some(ActivityResult::Failure) => format!("{}failure{}", style::INVALID, style::RESET),
        None => "none yet".to_owned(),
    };
    for (name, value) in [
        ("Activity ID", activity.id.clone()),
        ("Integration ID", activity.integration.to_string()),
        ("Type", activity.kind.clone()),
        ("Description", output::shortened(&activity.description, 1000)),
        ("Event ID", activity.parameters.event.to_string()),
        ("Created", output::time(activity.created_at)),
        ("State", activity.state.as_str().to_owned()),
        ("Result", result),
    ] {
        output::message(&format!("{}{name}:{} {value}", style::HEADING, style::RESET));
    }
    if let Some(next) = activity.parameters.next_attempt_at {
        output::message(&format!("{}Next attempt:{} {}", style::HEADING, style::RESET, output::time(next)));
    }
    if detail.attempts.is_empty() {
        output::message("It was not tried yet.");
    }
    for attempt in &detail.attempts {
        print(attempt)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print(attempt: &Attempt) -> Result<(), Failure> {
    let took = attempt.took.map(|took| format!(" in {:.1} ms", took.as_secs_f64() * 1e3)).unwrap_or_default();
    let status = attempt.status.map(|status| format!(" {status}")).unwrap_or_default();
    let color = if attempt.outcome == "delivered" { style::VALID } else { style::INVALID };
    let (heading, reset) = (style::HEADING, style::RESET);
    output::line(&format!(
        "\n{heading}Attempt {}{reset}  {}  {color}{}{reset}{status}{took}",
        attempt.number,
        output::time(attempt.started_at),
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
