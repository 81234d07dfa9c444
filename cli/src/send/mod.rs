//! `hookseal send`

mod client;
mod load;
mod pace;
mod summary;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;
use hookseal::Signer;
use hookseal_health::{Notification, Resource, Severity};
use http::Uri;
use hyper::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::body;
use crate::failure::Failure;
use crate::keys::SignerArgs;
use load::Load;

pub(crate) use client::Client;

/// Send a signed notification, once or many times
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal send http://127.0.0.1:8787/health --shared-key-file key.txt
  hookseal send http://127.0.0.1:8787/health --severity critical --resource inodes
  hookseal send http://127.0.0.1:8787/health body.json --shared-key-file key.txt
  hookseal send http://127.0.0.1:8787/health --count 10000 --concurrency 32 --rate 2000

Exit status: 0 when every answer was 2xx, 1 otherwise.")]
pub(crate) struct Args {
    /// Where to send it
    url: Uri,
    /// The body to send, octet for octet; - is standard input. A sample notification unless given
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// What the sample says
    #[arg(long, value_enum, default_value_t = SeverityArg::Warning, conflicts_with = "file")]
    severity: SeverityArg,
    /// What the sample is about
    #[arg(long, value_enum, default_value_t = ResourceArg::Disk, conflicts_with = "file")]
    resource: ResourceArg,
    /// Send it so many times; each sample has an id of its own
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    count: u64,
    /// At most so many a second
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,
    /// So many at a time
    #[arg(long, value_name = "C", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=4096))]
    concurrency: u16,
    /// How long an answer may take
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    timeout: Duration,
    /// Send it without a signature
    #[arg(long)]
    unsigned: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    key: SignerArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum SeverityArg {
    Warning,
    Critical,
    AllClear,
}

#[derive(Clone, Copy, ValueEnum)]
enum ResourceArg {
    Disk,
    Inodes,
}

pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    let deliveries = Deliveries { content: content(&args)?, signer: signer(&args)? };
    let client = Client::new(args.url.clone(), args.timeout)?;
    let load = Load { count: args.count, rate: args.rate, concurrency: args.concurrency.into() };
    let tally = runtime()?.block_on(load.run(client, deliveries, !args.json))?;
    if args.json {
        crate::output::json(&summary::json(&tally))?;
    } else {
        summary::print(&tally, &args.url)?;
    }
    Ok(if tally.all_accepted() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One thread: what is sent is soon answered, and waking another thread for it would cost more than the exchange itself.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::io(format!("cannot start the runtime: {error}"), 1))
}

/// Makes the deliveries to send.
struct Deliveries {
    content: Content,
    signer: Option<Signer>,
}

enum Content {
    Given(Bytes),
    Sample(Severity, Resource),
}

impl Deliveries {
    /// The next body and its signature.
    fn next(&self) -> Result<(Bytes, Option<String>), Failure> {
        let body = match &self.content {
            Content::Given(body) => body.clone(),
            Content::Sample(severity, resource) => sample(*severity, *resource)?,
        };
        let signature = self.signer.as_ref().map(|signer| signer.sign(&body));
        Ok((body, signature))
    }
}

/// A sample notification of its own id.
pub(crate) fn sample(severity: Severity, resource: Resource) -> Result<Bytes, Failure> {
    to_body(&Notification::example(resource, severity, Uuid::new_v4(), Timestamp::now()))
}

/// The octets of a notification as they are signed and sent.
fn to_body(notification: &Notification) -> Result<Bytes, Failure> {
    let body = serde_json::to_vec(notification);
    body.map(Bytes::from).map_err(|error| Failure::io(format!("cannot write the notification: {error}"), 1))
}

fn content(args: &Args) -> Result<Content, Failure> {
    if let Some(path) = &args.file {
        return Ok(Content::Given(body::read_whole(path)?.into()));
    }
    let severity = match args.severity {
        SeverityArg::Warning => Severity::Warning,
        SeverityArg::Critical => Severity::Critical,
        SeverityArg::AllClear => Severity::AllClear,
    };
    let resource = match args.resource {
        ResourceArg::Disk => Resource::Disk,
        ResourceArg::Inodes => Resource::Inodes,
    };
    Ok(Content::Sample(severity, resource))
}

fn signer(args: &Args) -> Result<Option<Signer>, Failure> {
    if args.unsigned { Ok(None) } else { args.key.key().map(|key| Some(Signer::new(key))) }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.001..=1e9).contains(&rate) => Ok(rate),
        _ => Err("give a number from 0.001 to 1000000000, such as 100 or 0.5".to_owned()),
    }
}

/// `500ms`, `10s`, `2m`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let duration = text.parse::<SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    duration
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| "give a number and a unit, such as 500ms, 10s or 2m".to_owned())
}
