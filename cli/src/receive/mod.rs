//! `hookseal receive`

mod inbox;
mod limits;
mod line;
mod log;
mod trouble;

use std::io::Write as _;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bytesize::ByteSize;
use clap::ValueEnum;
use hookseal::{Explain, Verifier};
use hookseal_receiver::Receiver;

use crate::failure::{Failure, reason};
use crate::keys::VerifierArgs;
use crate::signals::Stop;
use crate::{output, style};
use inbox::InboxArgs;
use log::Log;
use trouble::Trouble;

pub(crate) use line::pretty;

/// Receive deliveries: verify, log and keep them
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal receive --shared-key-file key.txt
  hookseal receive --shared-key-file new.txt --shared-key-file old.txt --log json
  hookseal receive --listen 127.0.0.1:0 --ready-file ready.txt --accept-all
  hookseal receive --shared-key-file key.txt --inbox sqlite:inbox.db --keep 30d --keep-bytes 10GiB

Every method and path is a delivery, except below /_hookseal/:
  GET /_hookseal/                          the web page: what came, as it comes
  GET /_hookseal/api/deliveries            what came, newest first (verdict, code, path, method, since, q, limit, cursor)
  GET /_hookseal/api/deliveries/ID         one of them; ID/body is its raw body, ID/explain why it was refused
  GET /_hookseal/api/wait?count=3&verdict=valid&timeout=10s   wait until so many have come
  GET /_hookseal/api/events                what comes, as it comes (Server-Sent Events)
  GET /_hookseal/api/export?format=ndjson|har|curl|vector     all of it for another tool
  DELETE /_hookseal/api/deliveries         remove them, or those that a filter means
  GET /_hookseal/healthz                   whether the receiver is up

Answers: 204 valid; 401 unsigned or not by a known key; 400 malformed; 408 too slow; 413 too large.")]
pub(crate) struct Args {
    /// The address to listen on; port 0 is any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787", value_parser = address)]
    listen: SocketAddr,
    /// Answer 204 to every delivery, whatever its signature; works without a key
    #[arg(long)]
    accept_all: bool,
    /// The largest body to accept
    #[arg(long, value_name = "SIZE", default_value = "1MiB", value_parser = size)]
    max_body: usize,
    /// One line for each delivery on stdout
    #[arg(long, value_enum, default_value_t = LogFormat::Pretty)]
    log: LogFormat,
    /// What the API below /_hookseal/ asks for (Authorization: Bearer TOKEN); without one it is for this machine only
    #[arg(long, value_name = "TOKEN", env = "HOOKSEAL_TOKEN", hide_env_values = true, value_parser = token)]
    token: Option<String>,
    /// Keep the values of Authorization and Cookie headers, which are redacted unless told
    #[arg(long)]
    keep_credentials: bool,
    /// Write the bound address into this file once it listens
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    #[command(flatten)]
    inbox: InboxArgs,
    #[command(flatten)]
    keys: VerifierArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    Pretty,
    Json,
    Off,
}

pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    let keys = args.keys.read()?;
    let verifier = if args.accept_all && keys.is_empty() { None } else { Some(keys.verifier()?) };
    let explain = keys.explain();
    limits::raise_open_files();
    crate::runtime()?.block_on(serve(args, verifier, explain))
}

async fn serve(args: Args, verifier: Option<Verifier>, explain: Explain) -> Result<ExitCode, Failure> {
    let mut builder = Receiver::builder()
        .listen(args.listen)
        .accept_all(args.accept_all)
        .keep_credentials(args.keep_credentials)
        .max_body(args.max_body)
        .explain_with(explain);
    let trouble = Trouble::new();
    builder = builder.inbox(args.inbox.open()?).on_inbox_failure(trouble.observer());
    if let Some(verifier) = &verifier {
        builder = builder.verifier(verifier.clone());
    }
    if let Some(token) = &args.token {
        builder = builder.token(token);
    }
    // Before anybody can know that the receiver is up, and tell it to stop.
    let stop =
        Stop::listen().map_err(|error| Failure::io(format!("cannot listen for signals: {}", reason(&error)), 1))?;
    if let Some(path) = &args.ready_file {
        let _ = std::fs::remove_file(path); // an earlier run's would name another address
    }
    let mut log = Log::start(args.log);
    let sender = log.sender();
    let explanations = log.sender();
    let receiver = builder
        .on_delivery(move |delivery| {
            trouble.passed();
            sender.send(delivery);
        })
        .on_explanation(move |delivery, explanation| explanations.explain(delivery, explanation))
        .start()
        .await
        .map_err(cannot_listen)?;

    if let Some(path) = &args.ready_file {
        write_ready_file(path, receiver.address())?;
    }
    introduce(&receiver, verifier.as_ref());
    tokio::select! {
        () = stop.told() => {}
        () = log.reader_gone() => {}
    }
    output::message("Stopping; requests under way may finish.");
    if let Some(path) = &args.ready_file {
        let _ = std::fs::remove_file(path); // it may be gone already
    }
    receiver.shutdown().await;
    let counts = log.finish().await;
    output::message(&format!("Received {counts}."));
    Ok(ExitCode::SUCCESS)
}

/// An address and a port; a name such as localhost is resolved.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let resolved = text.to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    resolved.ok_or_else(|| "give an address and a port, such as 127.0.0.1:8787".to_owned())
}

/// What an HTTP header can carry as it is.
fn token(text: &str) -> Result<String, String> {
    match text.bytes().all(|octet| octet.is_ascii_graphic()) {
        true => Ok(text.to_owned()),
        false => Err("a token has letters, digits and signs of ASCII only, and no spaces".to_owned()),
    }
}

fn size(text: &str) -> Result<usize, String> {
    let size = text.parse::<ByteSize>().ok().filter(|size| *size <= ByteSize::gib(1));
    let size = size.and_then(|size| usize::try_from(size.as_u64()).ok());
    size.ok_or_else(|| "give a number and a unit, such as 500kB or 1MiB, up to 1GiB".to_owned())
}

fn introduce(receiver: &Receiver, verifier: Option<&Verifier>) {
    let (heading, dim, reset) = (style::HEADING, style::DIM, style::RESET);
    let url = receiver.url();
    output::message(&format!("{heading}Listening on {url}{reset}  (Ctrl-C stops)"));
    for dropped in verifier.iter().flat_map(|verifier| verifier.dropped()) {
        output::message(&format!(
            "  {dim}key {} is not tried as {}: {}{reset}",
            dropped.index, dropped.format, dropped.error
        ));
    }
    if verifier.is_none() {
        output::message(&format!("  {dim}no key: signatures are not verified{reset}"));
    }
    if receiver.api_is_closed() {
        output::message(&format!(
            "  {dim}the API below /_hookseal/ is closed: start with --token to use it from elsewhere{reset}"
        ));
    }
    let port = receiver.address().port();
    let local = if receiver.address().ip().is_unspecified() { format!("http://127.0.0.1:{port}") } else { url };
    if !receiver.api_is_closed() {
        output::message(&format!("  {dim}watch:   {local}/_hookseal/{reset}"));
    }
    output::message(&format!("  {dim}try it:  hookseal send {local}/health  with the same key{reset}"));
}

pub(crate) fn cannot_listen(error: hookseal_receiver::StartError) -> Failure {
    let failure = Failure::io(format!("cannot listen on {}: {}", error.address, reason(&error.source)), 1);
    match error.source.kind() {
        std::io::ErrorKind::AddrInUse => failure.with_hint(
            "Another program has this port, perhaps another receiver. Choose one with --listen 127.0.0.1:PORT; port 0 is any free one.",
        ),
        std::io::ErrorKind::PermissionDenied => failure.with_hint("Ports below 1024 need more rights. Choose a higher one."),
        _ => failure.with_hint("Choose an address of this machine, such as 127.0.0.1:8787."),
    }
}

/// Whoever waits for the file must never find it half written.
fn write_ready_file(path: &Path, address: SocketAddr) -> Result<(), Failure> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let write = || {
        let mut file = ready_file_builder().tempfile_in(folder)?;
        writeln!(file, "{address}")?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(|error| Failure::file("write the ready file", path, &error))
}

/// Readable by whoever waits for it, as an ordinary file would be.
fn ready_file_builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    builder
}
