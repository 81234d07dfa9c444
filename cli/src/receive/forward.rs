//! `--forward-to`: where deliveries go on to.

use std::time::Duration;

use hookseal_receiver::{Forward, InvalidUrl};

use crate::failure::Failure;
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
pub(crate) enum Target {
    Nowhere,
    There(Box<Forward>),
    /// Refused only when it is used: clap would print the URL, and with it the password.
    WithCredentials,
}

impl ForwardArgs {
    pub(crate) fn forward(&self) -> Result<Option<Forward>, Failure> {
        let mut forward = match self.forward_to.clone() {
            None | Some(Target::Nowhere) => return Ok(None),
            Some(Target::There(forward)) => *forward,
            Some(Target::WithCredentials) => {
                return Err(Failure::usage(&InvalidUrl::Credentials));
            }
        };
        forward.all = self.forward_all;
        forward.answer = self.forward_answer;
        forward.timeout = self.forward_timeout;
        forward.retry_for = self.forward_retry_for;
        Ok(Some(forward))
    }
}

fn target(text: &str) -> Result<Target, String> {
    if text == "none" {
        return Ok(Target::Nowhere);
    }
    match Forward::to(text) {
        Ok(forward) => Ok(Target::There(Box::new(forward))),
        Err(InvalidUrl::Credentials) => Ok(Target::WithCredentials),
        Err(_) => Err("give scheme, host and perhaps a path, such as http://127.0.0.1:3000/hooks".to_owned()),
    }
}

fn places(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(places) if (1..=1_000_000).contains(&places) => Ok(places),
        _ => Err("give a number from 1 to 1000000".to_owned()),
    }
}
