//! `--forward-to`: where deliveries go on to.

use std::time::Duration;

use hookseal_receiver::Forward;

use crate::send::duration;

/// Where deliveries go on to.
#[derive(clap::Args)]
#[command(next_help_heading = "Forwarding")]
pub(crate) struct ForwardArgs {
    /// Send valid deliveries on to an app, octet for octet, until it takes them. A delivery to / goes to exactly this URL,
    /// another one to its own path below it
    #[arg(long, value_name = "URL", env = "HOOKSEAL_FORWARD_TO", value_parser = target)]
    pub(crate) forward_to: Option<Target>,
    /// Send on what is not valid, too; the sender is told that it is not, all the same
    #[arg(long)]
    forward_all: bool,
    /// Answer the sender with the app's answer, instead of at once; nothing is tried again then
    #[arg(long)]
    forward_answer: bool,
    /// How long the app may take to answer
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    forward_timeout: Duration,
    /// For how long a delivery is tried again, with growing pauses
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = duration)]
    forward_retry_for: Duration,
    /// Deliveries that may be under way to an app; when there are so many, senders get 503
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = places)]
    pub(crate) forward_queue: usize,
}

/// A URL, or `none` for a path that is not forwarded.
#[derive(Clone)]
pub(crate) struct Target(Option<Forward>);

impl ForwardArgs {
    pub(crate) fn forward(&self) -> Option<Forward> {
        let mut forward = self.forward_to.clone()?.0?;
        forward.all = self.forward_all;
        forward.answer = self.forward_answer;
        forward.timeout = self.forward_timeout;
        forward.retry_for = self.forward_retry_for;
        Some(forward)
    }
}

fn target(text: &str) -> Result<Target, String> {
    if text == "none" {
        return Ok(Target(None));
    }
    Forward::to(text)
        .map(|forward| Target(Some(forward)))
        .map_err(|_| "give scheme, host and perhaps a path, such as http://127.0.0.1:3000/hooks".to_owned())
}

fn places(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(places) if (1..=1_000_000).contains(&places) => Ok(places),
        _ => Err("give a number from 1 to 1000000".to_owned()),
    }
}
