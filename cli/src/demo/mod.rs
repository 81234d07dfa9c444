//! `hookseal demo`: the main job from end to end, in one process.

mod disk;
mod story;

use std::net::SocketAddr;
use std::process::ExitCode;

use crate::failure::Failure;

/// See it all work: a disk fills up, signed notifications go out, a receiver verifies them
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hookseal demo
  hookseal demo --serve        and then send it deliveries of your own
  NO_COLOR=1 hookseal demo

Exit status: 0 when every verdict was as it should be, 1 otherwise.")]
pub(crate) struct Args {
    /// Stay up afterwards, to be tried
    #[arg(long)]
    serve: bool,
    /// The address to listen on; port 0 is any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0", value_parser = crate::receive::address)]
    listen: SocketAddr,
    /// Print JSON: each delivery and what was expected of it
    #[arg(long, conflicts_with = "serve")]
    json: bool,
}

pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    crate::runtime()?.block_on(story::tell(args))
}
