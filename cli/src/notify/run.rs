//! `hookseal notify run`: the daemon.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use hookseal_notifier::{Config, FleetError, FleetOptions, Notifier, Secret, StartError, Store, Vault};
use sd_notify::NotifyState;

use super::listening::Listening;
use super::log::{LogFormat, log};
use super::place::locked;
use super::{PlaceArgs, cannot_use, check, open_store};
use crate::failure::{Failure, reason};
use crate::fleet::{self, FleetArgs};
use crate::receive::check_token;
use crate::signals::Stop;
use crate::{output, style};

/// Watch, and tell: until it is told to stop
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal notify run
  hookseal notify run --config /etc/hookseal/notifier.toml --log json
  hookseal notify run --listen 127.0.0.1:8788
  hookseal notify run --fleet nats://a:4222,b:4222,c:4222 --replicas 3

One daemon at a time runs on a store. Integrations and silences that are added meanwhile are taken up within seconds.
Ctrl-C and SIGTERM let deliveries under way finish; what waits is delivered after the next start.

With --fleet it is one of many: integrations and silences are the fleet's, and deliveries are handed
over to its workers (`hookseal notify worker`). It goes on when no server can be reached, and hands
over what has gathered once one is back.")]
pub(crate) struct Args {
    /// The dashboard's address, with metrics and a health endpoint; port 0 is any free one
    #[arg(long, value_name = "ADDRESS", env = "HOOKSEAL_NOTIFIER_LISTEN", value_parser = crate::receive::address)]
    listen: Option<SocketAddr>,
    /// Write the bound address of the dashboard into this file once it listens
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// What the dashboard asks for (Authorization: Bearer TOKEN); without one it is for this machine only
    #[arg(long, value_name = "TOKEN", env = "HOOKSEAL_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// A line for each attempt to deliver on stdout
    #[arg(long, value_enum, default_value_t = LogFormat::Pretty, env = "HOOKSEAL_LOG")]
    log: LogFormat,
    #[command(flatten)]
    fleet: FleetArgs,
    #[command(flatten)]
    place: PlaceArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let mut config = args.place.config()?;
    config.listen = args.listen.or(config.listen);
    config.token = args.token.clone().map(Secret::new).or(config.token);
    check::require_services(&config)?;
    if let (Some(token), Some(address)) = (&config.token, config.listen) {
        check_token(token.expose(), address)?;
    }
    if args.ready_file.is_some() && config.listen.is_none() {
        let failure = Failure::usage(&"--ready-file is for the dashboard's address, and there is no dashboard");
        return Err(failure.with_hint("Add --listen 127.0.0.1:0, or leave --ready-file out."));
    }
    let fleet = match args.fleet.options(&config)? {
        Some(options) => Some((options, Vault::from_environment().map_err(|error| locked(&error))?)),
        None => None,
    };
    // A fleet without a master key is refused before a store is made.
    if fleet.as_ref().is_some_and(|(_, vault)| !vault.has_key()) {
        return Err(fleet::failure(&FleetError::NoMasterKey));
    }
    let store = open_store(&config)?;
    crate::runtime()?.block_on(serve(args, config, store, fleet))
}

async fn serve(
    args: &Args,
    config: Config,
    store: Store,
    fleet: Option<(FleetOptions, Vault)>,
) -> Result<ExitCode, Failure> {
    // Before anybody can know that it is up, and tell it to stop.
    let stop =
        Stop::listen().map_err(|error| Failure::io(format!("cannot listen for signals: {}", reason(&error)), 1))?;
    let stopped = stop.told();
    tokio::pin!(stopped);
    let mut listening = Listening::bind(config.listen, args.ready_file.as_deref()).await?;
    let path = store.path().display().to_string();
    let mut builder = Notifier::builder(config.clone(), store);
    let fleet = match fleet {
        Some((options, vault)) => tokio::select! {
            joined = fleet::join(options, vault) => Some(joined?),
            () = &mut stopped => return Ok(ExitCode::SUCCESS),
        },
        None => None,
    };
    if let Some(fleet) = &fleet {
        builder = builder.fleet(fleet.clone());
    }
    let notifier = builder.start().await.map_err(|error| cannot_start(&error))?;
    introduce(&config, &path, args.place.file().map(|file| file.display().to_string()).as_deref());
    if let Some(fleet) = &fleet {
        output::message(&format!("  {}fleet: {}{}", style::DIM, fleet.options().nats, style::RESET));
    }
    listening.start(|listener, address, shutdown| {
        let dashboard = notifier.dashboard();
        output::message(&format!("  dashboard: http://{address}/_hookseal/"));
        if dashboard.is_closed_on(address) {
            output::message("  it is closed: start with --token to use it from elsewhere");
        }
        dashboard.serve(listener, shutdown)
    })?;
    tell_manager(&[NotifyState::Ready]);
    tokio::select! {
        () = &mut stopped => {}
        () = log(&notifier, fleet.as_ref(), args.log) => {}
        () = keep_watchdog_quiet(&notifier) => {}
    }
    tell_manager(&[NotifyState::Stopping]);
    output::message("Stopping; deliveries under way may finish.");
    let counts = notifier.status().deliveries;
    listening.end().await;
    notifier.shutdown().await;
    let delivered = if fleet.is_some() { "Handed over" } else { "Delivered" };
    output::message(&format!(
        "{delivered} {}; {} wait for the next start.",
        output::grouped(counts.delivered),
        output::grouped(counts.waiting)
    ));
    Ok(ExitCode::SUCCESS)
}

/// Tells systemd, where it has started us and waits for that.
pub(super) fn tell_manager(states: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(states); // it is no more than a courtesy
}

/// A notifier that does not look any more is started anew, where systemd is told to see to that.
async fn keep_watchdog_quiet(notifier: &Notifier) {
    let Some(patience) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    let mut tick = tokio::time::interval((patience / 3).max(Duration::from_millis(100)));
    loop {
        tick.tick().await;
        if notifier.is_checking() {
            tell_manager(&[NotifyState::Watchdog]);
        }
    }
}

fn introduce(config: &Config, store: &str, file: Option<&str>) {
    let say = |text: &str| output::message(&format!("  {}{text}{}", style::DIM, style::RESET));
    let services = if config.services.len() == 1 { "service" } else { "services" };
    output::message(&format!(
        "{}Watching {} {services} every {}{}  (Ctrl-C stops)",
        style::HEADING,
        output::grouped(config.services.len() as u64),
        output::span(config.interval),
        style::RESET
    ));
    if let Some(file) = file {
        say(&format!("configuration: {file}"));
    }
    say(&format!("store: {store}"));
    if config.listen.is_none() {
        say("no dashboard: start with --listen 127.0.0.1:8788 to have one");
    }
}

pub(crate) fn cannot_start(error: &StartError) -> Failure {
    match error {
        StartError::Store(error) => cannot_use(error),
        StartError::Fleet(error) => fleet::failure(error),
        other => Failure::usage(&other.to_string()).with_code("invalid_config"),
    }
}
