//! A server under load.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::repo::Repo;

/// A process that listens, until it is dropped.
pub(super) struct Server {
    process: Child,
    address: SocketAddr,
}

/// What wrk's script prints at the end.
#[derive(Deserialize)]
struct Figures {
    requests: u64,
    seconds: f64,
    refused: u64,
    failed: u64,
}

impl Server {
    /// Starts what `command` makes of a free address, and waits until it listens.
    pub(super) fn start(command: impl FnOnce(SocketAddr) -> Command) -> Result<Self> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = command(address);
        println!("$ {command:?}");
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut server = Server { process: process.with_context(|| format!("could not start {command:?}"))?, address };
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.process.try_wait()? {
                bail!("{command:?} ended with {status}");
            }
            if Instant::now() > deadline {
                bail!("{command:?} does not listen on {address}");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Deliveries answered in a second.
    pub(super) fn load(&self, repo: &Repo, deliveries: &Path, path: &str, seconds: u32) -> Result<f64> {
        let printed = repo
            .cmd("wrk")
            .args(["--threads", "1", "--connections", "32", "--duration", &format!("{seconds}s")])
            .args(["--script", "benches/wrk/deliveries.lua"])
            .arg(format!("http://{}{path}", self.address))
            .env("DELIVERIES", deliveries)
            .read()?;
        let last = printed.lines().last().unwrap_or_default();
        let figures: Figures = serde_json::from_str(last).with_context(|| format!("wrk printed {printed:?}"))?;
        if figures.refused + figures.failed > 0 {
            bail!(
                "{} deliveries were refused and {} failed; nothing is measured then",
                figures.refused,
                figures.failed
            );
        }
        Ok(figures.requests as f64 / figures.seconds)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
