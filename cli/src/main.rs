//! The `hookseal` command: parses flags, calls the libraries, prints.

mod body;
mod completions;
mod consume;
mod demo;
mod explain;
mod failure;
mod fleet;
mod integration;
mod keygen;
mod keys;
mod nats;
mod notify;
mod output;
mod ready;
mod receive;
mod send;
mod sign;
mod signals;
mod spelling;
mod style;
mod table;
mod verify;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};
use mimalloc::MiMalloc;

use crate::failure::Failure;

/// What a server is sent is made on one thread and dropped on another: with an inbox in JetStream, the system's allocator took a
/// fifth of the time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[derive(Parser)]
#[command(
    name = "hookseal",
    version,
    about = "Sign, verify, send and receive webhooks that carry X-JWS-Signature",
    long_about = "Sign, verify, send and receive webhooks that carry X-JWS-Signature, as Web PaaS, Platform.sh and Upsun \
                  send them: a detached JWS in Compact Serialization, HS256, with an unencoded payload (RFC 7797).",
    after_help = AFTER_HELP,
    styles = style::HELP,
    arg_required_else_help = true,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "\
Examples:
  hookseal demo                                             See it all work, in one process
  hookseal keygen                                           Make a shared key
  hookseal receive --shared-key-file key.txt                Receive, verify and log deliveries
  hookseal send http://127.0.0.1:8787/ --shared-key-file key.txt
                                                            Send a signed sample notification
  hookseal verify body.json --signature \"$VALUE\" --shared-key-file key.txt
                                                            Verify what came
  hookseal explain body.json --signature \"$VALUE\" --shared-key-file key.txt
                                                            Find out why it does not verify
  hookseal notify check --once                              See how full the disks are

Keys come from --shared-key, --shared-key-file or the environment variable HOOKSEAL_SHARED_KEY.
Exit status: 0 done or valid, 1 failed or not valid, 2 a usage error.";

#[derive(Subcommand)]
enum Command {
    Demo(demo::Args),
    Keygen(keygen::Args),
    Sign(sign::Args),
    Verify(verify::Args),
    Explain(explain::Args),
    Send(send::Args),
    Receive(Box<receive::Args>),
    Consume(consume::Args),
    Notify(notify::Args),
    Integration(integration::Args),
    Completions(completions::CompletionsArgs),
    Man(completions::ManArgs),
}

fn main() -> ExitCode {
    let arguments = spelling::taken_apart(std::env::args_os().collect());
    // Decides how a failure is told before there is anything parsed.
    let json = arguments.iter().any(|argument| argument == "--json");
    let cli = match Cli::try_parse_from(&arguments) {
        Ok(cli) => cli,
        Err(error) if json && error.use_stderr() => return Failure::usage(&usage_message(&error)).report(true),
        Err(error) => {
            let _ = error.print(); // nobody is left to be told
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let outcome = match cli.command {
        Command::Demo(args) => demo::run(args),
        Command::Keygen(args) => keygen::run(args),
        Command::Sign(args) => sign::run(args),
        Command::Verify(args) => verify::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Send(args) => send::run(args),
        Command::Receive(_) => receive::run(&arguments),
        Command::Consume(args) => consume::run(&args),
        Command::Notify(args) => notify::run(args),
        Command::Integration(args) => integration::run(args),
        Command::Completions(args) => completions::completions(args),
        Command::Man(args) => completions::man(args),
    };
    outcome.unwrap_or_else(|failure| failure.report(json))
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Runtime::new();
    runtime.map_err(|error| Failure::io(format!("cannot start the runtime: {error}"), 1))
}

/// clap's error without its styling, usage lines and pointer to the help.
fn usage_message(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a command is missing".to_owned();
    }
    let text = error.render().to_string();
    let message = text.split("\n\n").next().unwrap_or(&text);
    message.trim_start_matches("error: ").lines().map(str::trim).collect::<Vec<_>>().join(" ")
}
