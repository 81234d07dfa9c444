//! `hookseal notify check`

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::Duration;

use hookseal_health::{Amount, Check, Line, Notification, Origin, Resource, Sample, Severity, State};
use hookseal_notifier::{
    ChannelOptions, Channels, Config, Content, Figures, Integration, Message, Prober, Service, Silence, Store,
};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{PlaceArgs, cannot_use, discover, open_store};
use crate::failure::Failure;
use crate::table::{Listing, TableArgs};
use crate::{output, style};

/// Look at the configuration, the services, or the mounts of this machine; nothing is sent
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal notify check                               Is the configuration sound?
  hookseal notify check --once                        Measure all services once; what would be sent?
  hookseal notify check --dry-run                     The same, with what each integration would be sent
  hookseal notify check --discover > hookseal.toml    Propose services from the mounts

Nothing is sent and nothing is stored. With --once the exit status is 1 when something cannot be measured.")]
pub(crate) struct Args {
    /// Measure all services once
    #[arg(long, conflicts_with = "discover")]
    once: bool,
    /// The same, and show what each integration would be sent, without secrets
    #[arg(long, conflicts_with = "discover")]
    dry_run: bool,
    /// Propose services from what is mounted here, as TOML
    #[arg(long)]
    discover: bool,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    table: TableArgs,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    if args.discover {
        return discover::run(args.table.is_json());
    }
    let config = args.place.config()?;
    if args.once || args.dry_run { once(args, &config) } else { sound(args, &config) }
}

fn sound(args: &Args, config: &Config) -> Result<ExitCode, Failure> {
    let store = existing_store(config)?;
    let integrations =
        store.as_ref().map_or(Ok(Vec::new()), Store::integrations).map_err(|error| cannot_use(&error))?;
    if args.table.is_json() {
        output::json(&json!({
            "config": args.place.file().map(|path| path.display().to_string()),
            "services": config.services.len(),
            "integrations": integrations.len(),
            "interval_seconds": config.interval.as_secs_f64(),
        }))?;
        return Ok(ExitCode::SUCCESS);
    }
    output::line(&format!(
        "Sound: {}, {}, looked at every {}",
        counted(config.services.len(), "service"),
        counted(integrations.len(), "integration"),
        output::span(config.interval),
    ))?;
    if config.services.is_empty() {
        hint("nothing is watched yet: `hookseal notify check --discover` proposes services.");
    }
    if integrations.is_empty() {
        hint("nobody is told yet: `hookseal integration:add` adds an integration.");
    }
    Ok(ExitCode::SUCCESS)
}

/// What one round sees of a resource, and what it would tell.
struct Seen<'a> {
    service: &'a str,
    resource: Resource,
    figures: &'a Figures,
    state: State,
    notification: Option<Notification>,
    silenced: bool,
}

impl Seen<'_> {
    fn told(&self) -> Option<&Notification> {
        self.notification.as_ref().filter(|_| !self.silenced)
    }
}

/// What an integration would be sent.
struct Preview<'a> {
    integration: &'a Integration,
    /// Or why nothing can be sent.
    request: Result<String, String>,
}

fn once(args: &Args, config: &Config) -> Result<ExitCode, Failure> {
    require_services(config)?;
    let store = existing_store(config)?;
    let known = store.as_ref().map_or(Ok(Known::default()), Known::read)?;
    let progress = progress(config.services.len());
    let probed = crate::runtime()?.block_on(Prober::new(&config.services).round());
    progress.finish_and_clear();
    let mut seen = Vec::new();
    for (service, probed) in config.services.iter().zip(&probed) {
        seen.push(known.judge(config, service, Resource::Disk, &probed.disk));
        match &probed.inodes {
            // Where nothing could be measured one line says so.
            Some(inodes) if !(inodes.sample == Sample::Unknown && probed.disk.sample == Sample::Unknown) => {
                seen.push(known.judge(config, service, Resource::Inodes, inodes));
            }
            _ => {}
        }
    }
    let channels = args.dry_run.then(|| Channels::new(ChannelOptions::from(config))).transpose();
    let channels = channels.map_err(|error| Failure::io(format!("cannot start: {error}"), 1))?;
    print(args, &seen, &known.integrations, channels.as_ref())?;
    let all_known = seen.iter().all(|seen| seen.figures.sample != Sample::Unknown);
    Ok(if all_known { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(crate) fn require_services(config: &Config) -> Result<(), Failure> {
    if !config.services.is_empty() {
        return Ok(());
    }
    Err(Failure::usage("nothing is watched: the configuration has no [[service]]").with_code("invalid_config").with_hint(
        "`hookseal notify check --discover > hookseal.toml` proposes services from what is mounted here; --config names another file.",
    ))
}

/// What the store knows, as far as there is one.
#[derive(Default)]
struct Known {
    states: HashMap<(String, Resource), State>,
    silences: Vec<Silence>,
    integrations: Vec<Integration>,
}

impl Known {
    fn read(store: &Store) -> Result<Self, Failure> {
        let failed = |error| cannot_use(&error);
        let resources = store.resources().map_err(failed)?;
        Ok(Known {
            states: resources.into_iter().map(|status| ((status.service, status.resource), status.state)).collect(),
            silences: store.silences().map_err(failed)?,
            integrations: store.integrations().map_err(failed)?,
        })
    }

    fn judge<'a>(&self, config: &Config, service: &'a Service, resource: Resource, figures: &'a Figures) -> Seen<'a> {
        let name = &service.name;
        let before = self.states.get(&(name.clone(), resource)).copied().unwrap_or_default();
        let check = Check { resource, thresholds: config.thresholds };
        let (state, transition) = check.transition(before, figures.sample);
        let now = Timestamp::now();
        let line = match transition.map(|transition| transition.severity) {
            Some(Severity::Warning) => Some(Line::Warning),
            Some(Severity::Critical) => Some(Line::Critical),
            Some(Severity::AllClear) | None => None,
        };
        let silenced = line.is_some_and(|line| self.silences.iter().any(|silence| silence.covers(name, line, now)));
        let origin = Origin {
            project: config.project.clone(),
            environments: vec![config.environment.clone()],
            service: name.clone(),
        };
        let notification = transition.map(|transition| Notification::new(transition, Uuid::new_v4(), now, origin));
        Seen { service: name, resource, figures, state, notification, silenced }
    }
}

/// Channels are given for a dry run.
fn print(
    args: &Args,
    seen: &[Seen<'_>],
    integrations: &[Integration],
    channels: Option<&Channels>,
) -> Result<(), Failure> {
    if args.table.is_json() {
        let seen: Result<Vec<_>, _> = seen.iter().map(|seen| as_json(seen, integrations, channels)).collect();
        return output::json(&seen?);
    }
    let mut listing = Listing::new(&[
        ("service", "Service"),
        ("resource", "Resource"),
        ("available", "Available"),
        ("total", "Total"),
        ("free", "Free"),
        ("state", "State"),
        ("would_send", "Would send"),
    ]);
    for seen in seen {
        let (available, total, free) = match seen.figures.sample {
            Sample::Known(reading) => (
                json!(Amount(seen.resource, reading.available()).to_string()),
                json!(Amount(seen.resource, reading.total()).to_string()),
                json!(format!("{} %", reading.percent())),
            ),
            Sample::Unknown => (Value::Null, Value::Null, Value::Null),
        };
        let state = match (seen.figures.sample, &seen.figures.reason) {
            (Sample::Unknown, Some(reason)) => format!("unknown: {reason}"),
            (Sample::Unknown, None) => "unknown".to_owned(),
            (Sample::Known(_), _) => seen.state.to_string(),
        };
        let would_send = match &seen.notification {
            None => "nothing".to_owned(),
            Some(notification) if seen.silenced => format!("nothing: {} is silenced", notification.payload.severity),
            Some(notification) => {
                format!("{} to {}", notification.payload.severity, counted(integrations.len(), "integration"))
            }
        };
        listing.push([
            json!(seen.service),
            json!(seen.resource),
            available,
            total,
            free,
            json!(state),
            json!(would_send),
        ]);
    }
    args.table.print(listing)?;
    if let Some(channels) = channels {
        for notification in seen.iter().filter_map(Seen::told) {
            print_previews(notification, integrations, channels)?;
        }
    }
    if integrations.is_empty() {
        hint("nobody is told yet: `hookseal integration:add` adds an integration.");
    }
    Ok(())
}

/// The notification where nobody is told of it, or else what each integration would be sent.
fn print_previews(
    notification: &Notification,
    integrations: &[Integration],
    channels: &Channels,
) -> Result<(), Failure> {
    if integrations.is_empty() {
        output::line("")?;
        let body = serde_json::to_string_pretty(notification);
        return output::line(&body.map_err(unwritable)?);
    }
    for Preview { integration, request } in previews(notification, integrations, channels)? {
        let (dim, reset) = (style::DIM, style::RESET);
        output::line(&format!("\n{dim}To {} ({}):{reset}", integration.id, integration.integration_type()))?;
        match request {
            Ok(request) => {
                for line in request.lines() {
                    output::line(&output::shortened(line, usize::MAX))?;
                }
            }
            Err(reason) => output::line(&format!("nothing: {reason}"))?,
        }
    }
    Ok(())
}

fn previews<'a>(
    notification: &Notification,
    integrations: &'a [Integration],
    channels: &Channels,
) -> Result<Vec<Preview<'a>>, Failure> {
    let message = Message::try_from(Content::Notification(notification.clone())).map_err(unwritable)?;
    let preview = |integration| {
        let requests = channels.preview(integration, &message).into_iter();
        requests.map(move |request| Preview { integration, request })
    };
    Ok(integrations.iter().flat_map(preview).collect())
}

fn unwritable(error: impl std::fmt::Display) -> Failure {
    Failure::io(format!("cannot write the notification: {error}"), 1)
}

fn as_json(seen: &Seen<'_>, integrations: &[Integration], channels: Option<&Channels>) -> Result<Value, Failure> {
    let reading = match seen.figures.sample {
        Sample::Known(reading) => Some(reading),
        Sample::Unknown => None,
    };
    let mut object = json!({
        "service": seen.service,
        "resource": seen.resource,
        "available": reading.map(hookseal_health::Reading::available),
        "total": reading.map(hookseal_health::Reading::total),
        "percent": reading.map(hookseal_health::Reading::percent),
        "state": reading.map_or("unknown", |_| seen.state.as_str()),
        "reason": seen.figures.reason.as_deref(),
        "would_send": seen.notification.as_ref().map(|notification| notification.payload.severity),
        "silenced": seen.silenced,
        "integrations": integrations.len(),
    });
    if let (Some(channels), Some(notification)) = (channels, seen.told()) {
        object["body"] = serde_json::to_value(notification).map_err(unwritable)?;
        let previews = previews(notification, integrations, channels)?;
        object["requests"] = previews
            .into_iter()
            .map(|Preview { integration, request }| {
                let (request, error) = (request.as_ref().ok(), request.as_ref().err());
                let kind = integration.integration_type().as_str();
                json!({ "integration": integration.id, "type": kind, "request": request, "error": error })
            })
            .collect();
    }
    Ok(object)
}

/// The store, where there is one already: a look must not make it.
fn existing_store(config: &Config) -> Result<Option<Store>, Failure> {
    let path = config.store.clone().or_else(Store::default_path);
    match path.is_some_and(|path| path.exists()) {
        true => open_store(config).map(Some),
        false => Ok(None),
    }
}

fn progress(services: usize) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(format!("Measuring {}", counted(services, "service")));
    let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    bar.set_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn hint(text: &str) {
    output::message(&format!("  {}hint:{} {text}", style::HINT, style::RESET));
}

fn counted(number: usize, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {noun}{s}", output::grouped(number as u64))
}
