//! `hookseal consume`: a consumer of what `hookseal receive --inbox nats://…` publishes, to use or to start one's own from.

mod verdict;

use std::process::ExitCode;
use std::time::Duration;

use clap::ValueEnum;
use futures_util::StreamExt as _;
use hookseal_nats::jetstream::consumer::pull::Config;
use hookseal_nats::jetstream::consumer::{AckPolicy, PullConsumer};
use hookseal_nats::jetstream::{AckKind, Message};
use hookseal_nats::{Connection, NatsError};
use hookseal_receiver::{NatsInbox, NatsInboxOptions, Verdict, delivery_of};

use crate::failure::{Failure, reason};
use crate::keys::VerifierArgs;
use crate::nats::{self, NatsArgs, Place};
use crate::receive::pretty;
use crate::signals::Stop;
use crate::{output, style};
use verdict::{Consumed, Verified};

/// Take deliveries from a receiver's NATS inbox: print each, then acknowledge it
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal consume nats://127.0.0.1:4222
  hookseal consume nats://a:4222,b:4222/HOOKS --durable billing --verdict valid --json
  hookseal consume nats://127.0.0.1:4222 --shared-key-file key.txt --count 10

Each durable consumer has every delivery that the stream keeps; processes with the same
--durable share them. A delivery that was not acknowledged, because the process was killed, comes
again after --ack-wait: its id is the same. The stream is the one that the receiver names, HOOKSEAL_INBOX\nunless told.")]
pub(crate) struct Args {
    /// The servers and, behind a slash, the stream: nats://HOST:PORT/STREAM
    #[arg(value_name = "NATS", env = "HOOKSEAL_INBOX", hide_env_values = true)]
    place: String,
    /// The consumer's name: what it has acknowledged is not given to it again
    #[arg(long, value_name = "NAME", default_value = "hookseal-consume", value_parser = durable)]
    durable: String,
    /// Only deliveries with this verdict
    #[arg(long, value_enum, value_name = "VERDICT", default_value_t = Wanted::All)]
    verdict: Wanted,
    /// Stop after so many
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
    /// For a delivery to be acknowledged, before it comes again; the same for all with one --durable
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = crate::send::duration)]
    ack_wait: Duration,
    /// Print each delivery as JSON, with its body in base64
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    keys: VerifierArgs,
    #[command(flatten)]
    nats: NatsArgs,
}

#[derive(Clone, Copy, ValueEnum)]
enum Wanted {
    All,
    Valid,
    Invalid,
    Unsigned,
}

impl Wanted {
    fn verdict(self) -> Option<Verdict> {
        match self {
            Wanted::All => None,
            Wanted::Valid => Some(Verdict::Valid),
            Wanted::Invalid => Some(Verdict::Invalid),
            Wanted::Unsigned => Some(Verdict::Unsigned),
        }
    }
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let keys = args.keys.read()?;
    let verifier = if keys.is_empty() { None } else { Some(keys.verifier()?) };
    crate::runtime()?.block_on(async {
        let stop = Stop::listen();
        let stop = stop.map_err(|error| Failure::io(format!("cannot listen for signals: {}", reason(&error)), 1))?;
        let Place { mut options, stream } = Place::read(&args.place)?;
        args.nats.apply(&mut options)?;
        let stream = stream.unwrap_or_else(|| NatsInboxOptions::STREAM.to_owned());
        let failed = |error: NatsError| nats::failure("cannot consume", &error);
        let connection = Connection::connect(&options).await.map_err(failed)?;
        let consumer = consumer(&connection, &stream, args).await?;
        output::message(&format!("Consuming {stream} as {}  (Ctrl-C stops)", args.durable));
        let mut taken = 0;
        let outcome = tokio::select! {
            () = stop.told() => Ok(()),
            outcome = consume(&consumer, args, verifier.as_ref(), &mut taken) => outcome,
        };
        // What was acknowledged may still be on its way to the server.
        let _ = tokio::time::timeout(Duration::from_secs(5), connection.client().flush()).await;
        outcome?;
        output::message(&format!("Consumed {}.", output::grouped(taken)));
        Ok(ExitCode::SUCCESS)
    })
}

async fn consumer(connection: &Connection, name: &str, args: &Args) -> Result<PullConsumer, Failure> {
    let stream = connection.jetstream().get_stream(name).await.map_err(|error| {
        let failure = Failure::io(format!("cannot consume stream {name}: {error}"), 1);
        failure.with_hint("`hookseal receive --inbox nats://HOST:PORT/STREAM` makes it.")
    })?;
    let config = Config {
        durable_name: Some(args.durable.clone()),
        description: Some("hookseal consume".to_owned()),
        filter_subject: NatsInbox::subject(name, args.verdict.verdict()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: args.ack_wait,
        // A message is never given up: it waits until somebody has printed it.
        max_deliver: -1,
        ..Config::default()
    };
    connection.ensure_consumer(&stream, config).await.map_err(|error| nats::failure("cannot consume", &error))
}

/// Until so many are taken, or nobody reads what is printed.
async fn consume(
    consumer: &PullConsumer,
    args: &Args,
    verifier: Option<&hookseal::Verifier>,
    taken: &mut u64,
) -> Result<(), Failure> {
    /// Before it is asked again: the client comes back by itself.
    const PAUSE: Duration = Duration::from_secs(1);
    let mut is_away = false;
    loop {
        // As few at a time as are wanted: others are somebody else's.
        let most = usize::try_from(args.count.map_or(100, |count| count - *taken)).unwrap_or(100).min(100);
        let messages = consumer.batch().max_messages(most).expires(Duration::from_secs(2)).messages().await;
        let trouble = match messages {
            Err(error) => Some(error.to_string()),
            Ok(mut messages) => loop {
                match messages.next().await {
                    None => break None,
                    Some(Err(error)) => break Some(error.to_string()),
                    Some(Ok(message)) => {
                        if !take(message, args, verifier).await? {
                            return Ok(());
                        }
                        *taken += 1;
                        if args.count.is_some_and(|count| *taken >= count) {
                            return Ok(());
                        }
                    }
                }
            },
        };
        match trouble {
            Some(trouble) => {
                if !std::mem::replace(&mut is_away, true) {
                    output::message(&format!("{}error:{} {trouble}; going on", style::ERROR, style::RESET));
                }
                tokio::time::sleep(PAUSE).await;
            }
            None => is_away = false,
        }
    }
}

/// Prints one and acknowledges it, in this order. Says whether somebody has read it.
async fn take(message: Message, args: &Args, verifier: Option<&hookseal::Verifier>) -> Result<bool, Failure> {
    let delivery = match delivery_of(&message.headers.clone().unwrap_or_default(), message.payload.clone()) {
        Ok(delivery) => delivery,
        Err(error) => {
            output::message(&format!("{}error:{} {error}; it is left out", style::ERROR, style::RESET));
            return answer(&message, AckKind::Term).await.map(|()| true);
        }
    };
    let verified = verifier.map(|verifier| Verified::of(&delivery, verifier));
    let line = if args.json {
        let consumed = Consumed::new(&delivery, verified);
        output::json_line(&consumed).map_err(|error| Failure::io(format!("cannot write JSON: {error}"), 1))?
    } else {
        let again = verified.map(|verified| format!("\n              {verified}")).unwrap_or_default();
        format!("{}{again}", pretty(&delivery))
    };
    let is_read = if args.json { output::raw_line_if_read(&line) } else { output::line_if_read(&line) }?;
    if is_read {
        answer(&message, AckKind::Ack).await?;
    }
    Ok(is_read)
}

async fn answer(message: &Message, kind: AckKind) -> Result<(), Failure> {
    // One that does not arrive is as good as none: the message comes again.
    message.ack_with(kind).await.map_err(|error| Failure::io(format!("cannot acknowledge: {error}"), 1))
}

fn durable(text: &str) -> Result<String, String> {
    let is_name = (1..=64).contains(&text.len())
        && text.bytes().all(|octet| matches!(octet, b'-' | b'_') || octet.is_ascii_alphanumeric());
    if is_name { Ok(text.to_owned()) } else { Err("give letters, digits, - and _".to_owned()) }
}
