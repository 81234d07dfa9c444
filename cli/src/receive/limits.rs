//! What peers, and the operating system, let the receiver have.

use std::num::NonZeroU32;
use std::time::Duration;

use bytesize::ByteSize;
use hookseal_receiver::{Builder, Limits, RateLimit};

use crate::send::duration;

/// What peers may take.
#[derive(clap::Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArgs {
    /// The largest body to accept
    #[arg(long, value_name = "SIZE", default_value = "1MiB", value_parser = size)]
    max_body: usize,
    /// Connections open at a time; further ones wait
    #[arg(long, value_name = "N", default_value_t = 8192, value_parser = connections)]
    max_connections: usize,
    /// For a request's line and headers, and for an idle connection to send its next request
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = duration)]
    header_timeout: Duration,
    /// For a whole body
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    body_timeout: Duration,
    /// For the next piece of a body, or for a peer to take the next piece of an answer
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = duration)]
    idle_timeout: Duration,
    /// For what is under way when the receiver is told to stop
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    drain_timeout: Duration,
    /// Deliveries that one address may send, such as 100/s, 600/m or 5000/h; more are answered with 429
    #[arg(long, value_name = "RATE", value_parser = rate)]
    rate_limit: Option<RateLimit>,
}

impl LimitArgs {
    pub(super) fn max_body(&self) -> usize {
        self.max_body
    }

    pub(crate) fn apply(&self, builder: Builder) -> Builder {
        let mut limits = Limits::default();
        limits.connections = self.max_connections;
        limits.header_timeout = self.header_timeout;
        limits.write_timeout = self.idle_timeout;
        limits.drain = self.drain_timeout;
        let builder = builder.limits(limits).max_body(self.max_body).body_timeout(self.idle_timeout, self.body_timeout);
        match self.rate_limit {
            Some(limit) => builder.rate_limit(limit),
            None => builder,
        }
    }
}

fn size(text: &str) -> Result<usize, String> {
    let size = text.parse::<ByteSize>().ok().filter(|size| *size <= ByteSize::gib(1));
    let size = size.and_then(|size| usize::try_from(size.as_u64()).ok());
    size.ok_or_else(|| "give a number and a unit, such as 500kB or 1MiB, up to 1GiB".to_owned())
}

fn connections(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(connections) if (1..=1_000_000).contains(&connections) => Ok(connections),
        _ => Err("give a number from 1 to 1000000".to_owned()),
    }
}

fn rate(text: &str) -> Result<RateLimit, String> {
    let wrong = || "give a number and a second, minute or hour, such as 100/s, 600/m or 5000/h".to_owned();
    let (number, unit) = text.split_once('/').ok_or_else(wrong)?;
    let number = number.parse::<NonZeroU32>().map_err(|_| wrong())?;
    match unit {
        "s" => Ok(RateLimit::per_second(number)),
        "m" => Ok(RateLimit::per_minute(number)),
        "h" => Ok(RateLimit::per_hour(number)),
        _ => Err(wrong()),
    }
}

/// Lets the process have as many connections as it may: the soft limit on open files is often 1,024.
#[cfg(unix)]
pub(super) fn raise_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Where that fails, the limit stays what it was, and further connections wait.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
}

#[cfg(not(unix))]
pub(super) fn raise_open_files() {}
