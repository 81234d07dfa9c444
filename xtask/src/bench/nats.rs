//! Debian's nats-server, which keeps streams.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::notifier;
use super::server::Server;
use crate::shell::on_path;

/// A server that keeps its streams in a folder, until it is dropped.
pub(super) struct Nats {
    server: Server,
    monitor: SocketAddr,
}

impl Nats {
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let monitor = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let server = Server::start(|client| {
            // Debian has it where only root's `PATH` leads.
            let program = if on_path("nats-server") { "nats-server" } else { "/usr/sbin/nats-server" };
            let mut command = Command::new(program);
            command.args(["--addr", &client.ip().to_string(), "--port", &client.port().to_string()]);
            command.args(["--http_port", &monitor.port().to_string(), "--jetstream", "--store_dir"]);
            command.arg(folder.join("nats"));
            command
        })?;
        Ok(Nats { server, monitor })
    }

    pub(super) fn url(&self) -> String {
        format!("nats://{}", self.server.address())
    }

    /// Waits until a stream holds so many messages.
    pub(super) fn await_messages(&self, stream: &str, count: usize) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(180);
        loop {
            let answer = notifier::ask_at(self.monitor, "GET", "/jsz?streams=1")?;
            let answer: serde_json::Value = serde_json::from_str(&answer).context("nats-server's figures")?;
            let streams = answer["account_details"].as_array().into_iter().flatten();
            let mut streams = streams.filter_map(|account| account["stream_detail"].as_array()).flatten();
            let found = streams.find(|found| found["name"] == stream);
            let held = found.and_then(|found| found["state"]["messages"].as_u64()).unwrap_or_default();
            if held >= count as u64 {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("only {held} of {count} messages are in the stream {stream}");
            }
            thread::sleep(Duration::from_millis(100));
        }
    }
}
