//! `hookseal notify silence`

use std::process::ExitCode;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use hookseal_health::Line;
use hookseal_notifier::Silence;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::RegistryArgs;
use crate::failure::Failure;
use crate::output;
use crate::table::{Listing, TableArgs};

/// Keep notifications back for a while
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal notify silence add --service database --for 2h
  hookseal notify silence add --severity warning --until 2026-12-01T08:00:00Z
  hookseal notify silence list
  hookseal notify silence end abc

The all-clear of what was told already goes out all the same, and what is still bad at the end is told then.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Begin a silence
    Add(AddArgs),
    /// List the silences that have not ended
    List(ListArgs),
    /// End a silence now
    End(EndArgs),
}

#[derive(clap::Args)]
struct AddArgs {
    /// Of this service alone
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Of this severity alone
    #[arg(long, value_enum)]
    severity: Option<SeverityArg>,
    /// For so long, such as 30m, 2h or 1d
    #[arg(long = "for", value_name = "TIME", value_parser = duration, required_unless_present = "until", conflicts_with = "until")]
    duration: Option<Duration>,
    /// Until then, such as 2026-12-01T08:00:00Z
    #[arg(long, value_name = "TIMESTAMP")]
    until: Option<Timestamp>,
    #[command(flatten)]
    place: RegistryArgs,
    #[command(flatten)]
    table: TableArgs,
}

#[derive(clap::Args)]
struct ListArgs {
    #[command(flatten)]
    place: RegistryArgs,
    #[command(flatten)]
    table: TableArgs,
}

#[derive(clap::Args)]
struct EndArgs {
    /// Its id, or the beginning of it
    id: String,
    #[command(flatten)]
    place: RegistryArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum SeverityArg {
    Warning,
    Critical,
}

pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.command {
        Command::Add(args) => add(args),
        Command::List(args) => list(&args),
        Command::End(args) => end(&args),
    }
}

fn add(args: AddArgs) -> Result<ExitCode, Failure> {
    let config = args.place.config()?;
    let registry = args.place.open(&config)?;
    // Other hosts of a fleet have other services.
    if let Some(name) = &args.service
        && registry.is_of_this_machine()
        && !config.services.is_empty()
        && !config.services.iter().any(|service| service.name == *name)
    {
        let names: Vec<&str> = config.services.iter().take(20).map(|service| service.name.as_str()).collect();
        return Err(Failure::usage(&format!("no service is called {name:?}"))
            .with_hint(format!("Services here are {}.", names.join(", "))));
    }
    let now = Timestamp::now();
    let until = match (args.until, args.duration) {
        (Some(until), _) => until,
        (None, duration) => after(now, duration.unwrap_or_default())?,
    };
    if until <= now {
        return Err(
            Failure::usage(&format!("{until} is over already")).with_hint("Give --until a time that is to come.")
        );
    }
    let severity = args.severity.map(|severity| match severity {
        SeverityArg::Warning => Line::Warning,
        SeverityArg::Critical => Line::Critical,
    });
    let silence = registry.silence(args.service, severity, until)?;
    output::message(&format!("Silenced {} until {}", described(&silence), output::time(until)));
    print(&args.table, &[silence])?;
    Ok(ExitCode::SUCCESS)
}

fn list(args: &ListArgs) -> Result<ExitCode, Failure> {
    let silences = args.place.open(&args.place.config()?)?.silences()?;
    if silences.is_empty() && !args.table.is_json() {
        output::message("No silences found");
        return Ok(ExitCode::SUCCESS);
    }
    print(&args.table, &silences)?;
    Ok(ExitCode::SUCCESS)
}

fn end(args: &EndArgs) -> Result<ExitCode, Failure> {
    let silence = args.place.open(&args.place.config()?)?.end_silence(&args.id)?;
    output::message(&format!("Ended the silence {} of {}", silence.id, described(&silence)));
    Ok(ExitCode::SUCCESS)
}

fn print(table: &TableArgs, silences: &[Silence]) -> Result<(), Failure> {
    let mut listing =
        Listing::new(&[("id", "ID"), ("service", "Service"), ("severity", "Severity"), ("until", "Until")]);
    for silence in silences {
        // A script reads the null, and people a word.
        let any = if table.is_json() { Value::Null } else { json!("any") };
        listing.push([
            json!(silence.id),
            silence.service.as_ref().map_or(any.clone(), |service| json!(service)),
            silence.severity.map_or(any, |severity| json!(severity.as_str())),
            if table.is_json() { json!(silence.until) } else { json!(output::time(silence.until)) },
        ]);
    }
    table.print(listing)
}

fn described(silence: &Silence) -> String {
    let severity = silence.severity.map_or_else(|| "everything".to_owned(), |severity| format!("every {severity}"));
    match &silence.service {
        Some(service) => format!("{severity} of {service}"),
        None => severity,
    }
}

fn after(now: Timestamp, duration: Duration) -> Result<Timestamp, Failure> {
    let duration = SignedDuration::try_from(duration).ok();
    let until = duration.and_then(|duration| now.checked_add(duration).ok());
    until.ok_or_else(|| Failure::usage("a silence cannot last that long"))
}

fn duration(text: &str) -> Result<Duration, String> {
    hookseal_notifier::parse_duration(text, Duration::from_secs(1))
}
