//! `hookseal notify worker`: sends what a fleet's agents publish.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use hookseal_notifier::{Config, FleetOptions, Secret, Vault, Worker};
use sd_notify::NotifyState;

use super::listening::Listening;
use super::log::{LogFormat, log_worker};
use super::place::{ConfigArgs, locked};
use super::run::tell_manager;
use crate::failure::{Failure, reason};
use crate::fleet::{self, FleetArgs};
use crate::receive::check_token;
use crate::signals::Stop;
use crate::{output, style};

/// Send what a fleet's agents publish: any number of workers, anywhere
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal notify worker --fleet nats://a:4222,b:4222,c:4222 --replicas 3
  hookseal notify worker --fleet tls://nats.example.com --nats-credentials worker.creds --log json
  hookseal notify worker --config /etc/hookseal/notifier.toml --listen 127.0.0.1:8789

It needs the fleet's master key and keeps nothing itself. How deliveries are tried, and by which
ways they leave, stands in the configuration: [delivery], [smtp], allow_network. Ctrl-C and SIGTERM
let deliveries under way finish and give back the others; of a worker that is killed, another one
takes over what it held.")]
pub(crate) struct Args {
    /// The address of its metrics and health endpoint; port 0 is any free one
    #[arg(long, value_name = "ADDRESS", env = "HOOKSEAL_WORKER_LISTEN", value_parser = crate::receive::address)]
    listen: Option<SocketAddr>,
    /// Write the bound address into this file once it listens
    #[arg(long, value_name = "FILE", requires = "listen")]
    ready_file: Option<PathBuf>,
    /// What the metrics ask for (Authorization: Bearer TOKEN); without one they are for this machine only
    #[arg(long, value_name = "TOKEN", env = "HOOKSEAL_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// What it is called where attempts are listed; the machine's name unless told
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A line for each attempt to deliver on stdout
    #[arg(long, value_enum, default_value_t = LogFormat::Pretty, env = "HOOKSEAL_LOG")]
    log: LogFormat,
    #[command(flatten)]
    fleet: FleetArgs,
    #[command(flatten)]
    config: ConfigArgs,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let config = args.config.config()?;
    let token = args.token.clone().map(Secret::new).or_else(|| config.token.clone());
    if let (Some(token), Some(address)) = (&token, args.listen) {
        check_token(token.expose(), address)?;
    }
    let options = args.fleet.options(&config)?.ok_or_else(|| {
        Failure::usage("a worker is a fleet's, and none is named")
            .with_hint("Give --fleet nats://HOST:PORT, or servers in the configuration's [fleet].")
    })?;
    let vault = Vault::from_environment().map_err(|error| locked(&error))?;
    crate::runtime()?.block_on(serve(args, config, token.as_ref(), options, vault))
}

async fn serve(
    args: &Args,
    config: Config,
    token: Option<&Secret>,
    options: FleetOptions,
    vault: Vault,
) -> Result<ExitCode, Failure> {
    // Before anybody can know that it is up, and tell it to stop.
    let stop =
        Stop::listen().map_err(|error| Failure::io(format!("cannot listen for signals: {}", reason(&error)), 1))?;
    let stopped = stop.told();
    tokio::pin!(stopped);
    let mut listening = Listening::bind(args.listen, args.ready_file.as_deref()).await?;
    let servers = options.nats.to_string();
    let fleet = tokio::select! {
        joined = fleet::join(options, vault) => joined?,
        () = &mut stopped => return Ok(ExitCode::SUCCESS),
    };
    let mut builder = Worker::builder(fleet, config);
    if let Some(name) = &args.name {
        builder = builder.name(name);
    }
    let worker = builder.start().map_err(|error| Failure::usage(&error).with_code("invalid_config"))?;
    introduce(args, &servers);
    listening.start(|listener, address, shutdown| {
        output::message(&format!("  metrics: http://{address}/_hookseal/metrics"));
        worker.server(token).serve(listener, shutdown)
    })?;
    tell_manager(&[NotifyState::Ready]);
    tokio::select! {
        () = &mut stopped => {}
        () = log_worker(&worker, args.log) => {}
    }
    tell_manager(&[NotifyState::Stopping]);
    output::message("Stopping; deliveries under way may finish.");
    listening.end().await;
    let delivered = worker.status().delivered;
    worker.shutdown().await;
    output::message(&format!(
        "Delivered {}; what waits is for other workers, or the next start.",
        output::grouped(delivered)
    ));
    Ok(ExitCode::SUCCESS)
}

fn introduce(args: &Args, servers: &str) {
    let say = |text: &str| output::message(&format!("  {}{text}{}", style::DIM, style::RESET));
    output::message(&format!("{}Delivering for the fleet{}  (Ctrl-C stops)", style::HEADING, style::RESET));
    say(&format!("servers: {servers}"));
    if let Some(file) = args.config.file() {
        say(&format!("configuration: {}", file.display()));
    }
}
