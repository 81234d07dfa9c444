//! `hookseal receive`

mod admin;
mod config;
mod forward;
mod inbox;
mod limits;
mod line;
mod log;
mod reload;
mod respond;
mod tls;
mod trouble;

use std::ffi::OsString;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;
use hookseal::Verifier;
use hookseal_receiver::{Receiver, StartError};
use sd_notify::NotifyState;

use crate::failure::{Failure, reason};
use crate::keys::VerifierArgs;
use crate::signals::{HangUp, Stop};
use crate::{output, ready, style};
use admin::AdminArgs;
use config::Config;
use forward::ForwardArgs;
use inbox::InboxArgs;
use limits::LimitArgs;
use log::Log;
use respond::RespondArgs;
use tls::TlsArgs;
use trouble::Trouble;

pub(crate) use admin::check_token;
pub(crate) use line::pretty;

/// Receive deliveries: verify, log and keep them
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal receive --shared-key-file key.txt
  hookseal receive --shared-key-file new.txt --shared-key-file old.txt --log json
  hookseal receive --shared-key-file key.txt --forward-to http://127.0.0.1:3000/hooks
  hookseal receive --shared-key-file key.txt --fault '/health 503,503,204 retry-after=2'
  hookseal receive --shared-key-file key.txt --respond '/health 200 body={\"ok\":true}'
  hookseal receive --listen 127.0.0.1:0 --ready-file ready.txt --accept-all
  hookseal receive --shared-key-file key.txt --inbox sqlite:inbox.db --keep 30d --keep-bytes 10GiB
  hookseal receive --shared-key-file key.txt --inbox nats://a:4222,b:4222/HOOKS --replicas 3
  hookseal receive --config receiver.toml --check

Every method and path is a delivery, except below /_hookseal/:
  GET /_hookseal/                          the web page: what came, as it comes
  GET /_hookseal/api/deliveries            what came, newest first (verdict, code, path, method, since, q, limit, cursor)
  GET /_hookseal/api/deliveries/ID         one of them; ID/body is its raw body, ID/explain why it was refused
  POST /_hookseal/api/deliveries/ID/replay send it once more, here or to a URL
  GET /_hookseal/api/wait?count=3&verdict=valid&timeout=10s   wait until so many have come
  GET /_hookseal/api/events                what comes, as it comes (Server-Sent Events)
  GET /_hookseal/api/export?format=ndjson|har|curl|vector     all of it for another tool
  DELETE /_hookseal/api/deliveries         remove them, or those that a filter means
  GET, PUT /_hookseal/api/faults           what is answered badly on purpose
  GET /_hookseal/metrics                   for Prometheus
  GET /_hookseal/healthz                   whether the receiver is up

Answers: 204 valid; 401 unsigned or not by a known key; 400 malformed; 408 too slow; 413 too large.

A flag counts before the environment, and that before the configuration file. Its keys are the flags with _ for -, and
[[path]], [[respond]] and [[fault]]. SIGHUP reads it again.")]
pub(crate) struct Args {
    /// The address to listen on; port 0 is any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787", env = "HOOKSEAL_LISTEN", value_parser = address)]
    listen: SocketAddr,
    /// A configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "HOOKSEAL_RECEIVER_CONFIG")]
    config: Option<PathBuf>,
    /// Only say whether flags, configuration, keys and certificates are sound
    #[arg(long)]
    check: bool,
    /// Answer 204 to every delivery, whatever its signature; works without a key
    #[arg(long)]
    accept_all: bool,
    /// One line for each delivery on stdout
    #[arg(long, value_enum, default_value_t = LogFormat::Pretty, env = "HOOKSEAL_LOG")]
    log: LogFormat,
    /// Write the bound address into this file once it listens, and that of --admin-listen on a second line
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    #[command(flatten)]
    inbox: InboxArgs,
    #[command(flatten)]
    keys: VerifierArgs,
    #[command(flatten)]
    respond: RespondArgs,
    #[command(flatten)]
    forward: ForwardArgs,
    #[command(flatten)]
    admin: AdminArgs,
    #[command(flatten)]
    tls: TlsArgs,
    #[command(flatten)]
    limits: LimitArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Pretty,
    Json,
    Off,
}

pub(crate) fn run(arguments: &[OsString]) -> Result<ExitCode, Failure> {
    let config = Config::load(arguments)?;
    if config.args.check {
        output::line(&format!("Sound: {}", config.summary()))?;
        return Ok(ExitCode::SUCCESS);
    }
    limits::raise_open_files();
    crate::runtime()?.block_on(serve(arguments, config))
}

async fn serve(arguments: &[OsString], mut config: Config) -> Result<ExitCode, Failure> {
    let args = &config.args;
    let mut builder = Receiver::builder().listen(args.listen).rules(config.rules.clone());
    builder = args.limits.apply(args.admin.apply(builder)).forward_queue(args.forward.forward_queue);
    let trouble = Trouble::new();
    builder = builder.inbox(args.inbox.open(args.limits.max_body()).await?).on_inbox_failure(trouble.observer());
    let tls = config.tls.clone();
    if let Some(tls) = &tls {
        builder = builder.tls(tls.clone());
    }
    // Before anybody can know that the receiver is up, and tell it to stop.
    let no_signals = |error| Failure::io(format!("cannot listen for signals: {}", reason(&error)), 1);
    let stop = Stop::listen().map_err(no_signals)?;
    let mut hang_up = HangUp::listen().map_err(no_signals)?;
    let ready_file = args.ready_file.clone();
    if let Some(path) = &ready_file {
        ready::remove(path);
    }
    let mut log = Log::start(args.log);
    let (sender, explanations, forwards) = (log.sender(), log.sender(), log.sender());
    let receiver = builder
        .on_delivery(move |delivery| {
            trouble.passed();
            sender.send(delivery);
        })
        .on_explanation(move |delivery, explanation| explanations.explain(delivery, explanation))
        .on_forwarded(move |delivery, forwarded| forwards.forwarded(delivery, forwarded))
        .start()
        .await
        .map_err(cannot_start)?;

    if let Some(path) = &ready_file {
        let addresses = [receiver.address(), receiver.admin_address()];
        let count = if addresses[0] == addresses[1] { 1 } else { 2 };
        ready::write(path, &addresses[..count])?;
    }
    introduce(&receiver, &config);
    tell_manager(&[NotifyState::Ready]);
    let told = stop.told();
    let mut told = std::pin::pin!(told);
    loop {
        tokio::select! {
            () = &mut told => break,
            () = log.reader_gone() => break,
            () = hang_up.next() => {
                tell_manager(&[NotifyState::Reloading]);
                reload::reload(arguments, &receiver, tls.as_ref(), &mut config);
                tell_manager(&[NotifyState::Ready]);
            }
        }
    }
    tell_manager(&[NotifyState::Stopping]);
    output::message("Stopping; requests under way may finish.");
    if let Some(path) = &ready_file {
        ready::remove(path);
    }
    let unforwarded = receiver.shutdown().await;
    let counts = log.finish().await;
    output::message(&format!("Received {counts}."));
    if unforwarded > 0 {
        output::message(&format!("{} of them did not get to their app in time.", output::grouped(unforwarded as u64)));
    }
    Ok(ExitCode::SUCCESS)
}

/// Tells systemd, where it has started us and waits for that.
fn tell_manager(states: &[NotifyState<'_>]) {
    let _ = sd_notify::notify(states); // it is no more than a courtesy
}

/// An address and a port; a name such as localhost is resolved.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let resolved = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    resolved.ok_or_else(|| "give an address and a port, such as 127.0.0.1:8787".to_owned())
}

fn introduce(receiver: &Receiver, config: &Config) {
    let (heading, dim, reset) = (style::HEADING, style::DIM, style::RESET);
    let say = |text: &str| output::message(&format!("  {dim}{text}{reset}"));
    let url = receiver.url();
    output::message(&format!("{heading}Listening on {url}{reset}  (Ctrl-C stops)"));
    let verifier = config.rules.verifier.as_ref();
    for dropped in verifier.into_iter().flat_map(Verifier::dropped) {
        say(&format!("key {} is not tried as {}: {}", dropped.index, dropped.format, dropped.error));
    }
    if verifier.is_none() {
        say("no key: signatures are not verified");
    }
    if receiver.admin_address() != receiver.address() {
        say(&format!("the page and the API are at {}/_hookseal/", receiver.admin_url()));
    }
    if receiver.api_is_closed() {
        say("the API below /_hookseal/ is closed: start with --token to use it from elsewhere");
    }
    let port = receiver.address().port();
    let is_anywhere = receiver.address().ip().is_unspecified();
    let local =
        if is_anywhere { url.replace(&receiver.address().to_string(), &format!("127.0.0.1:{port}")) } else { url };
    if receiver.admin_address() == receiver.address() && !receiver.api_is_closed() {
        say(&format!("watch:   {local}/_hookseal/"));
    }
    say(&format!("try it:  hookseal send {local}/health  with the same key"));
}

pub(crate) fn cannot_start(error: StartError) -> Failure {
    let (address, source) = match error {
        StartError::Listen { address, source } => (address, source),
        other => return Failure::usage(&other),
    };
    cannot_listen(address, &source)
}

pub(crate) fn cannot_listen(address: SocketAddr, source: &std::io::Error) -> Failure {
    let failure = Failure::io(format!("cannot listen on {address}: {}", reason(source)), 1);
    match source.kind() {
        std::io::ErrorKind::AddrInUse => failure.with_hint(
            "Another program has this port, perhaps another hookseal. Choose one with --listen 127.0.0.1:PORT; port 0 is any free one.",
        ),
        std::io::ErrorKind::PermissionDenied => failure.with_hint("Ports below 1024 need more rights. Choose a higher one."),
        _ => failure.with_hint("Choose an address of this machine, such as 127.0.0.1:8787."),
    }
}
