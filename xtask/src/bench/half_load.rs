//! How long a delivery takes when the receiver has half of what it can do, and how soon a receiver is there.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::machine::{beside_stolen, rest};
use super::receiver::{SHARED_KEY, median};
use super::server::Server;
use crate::repo::Repo;

#[derive(Deserialize)]
struct Sent {
    accepted: bool,
    latency_us: Latency,
}

#[derive(Deserialize)]
struct Latency {
    p99: f64,
}

/// The 99th percentile of a delivery's time in milliseconds, at half of the rate that was measured: the median of several
/// bursts, printed each. What was written before a burst is on the disk when it begins, and takes nothing from it.
///
/// Where the host takes processor time, all that wait wait for it. So there are more bursts then, and those count in which it
/// took least.
pub(super) fn p99(repo: &Repo, release: &Path, server: &Server, name: &str, rate: f64) -> Result<f64> {
    const BURSTS: usize = 5;
    const MOST_BURSTS: usize = 15;
    /// What a host may take that is not felt.
    const LITTLE: f64 = 0.01;
    let body = repo.scratch().join("half-load-body");
    fs::write(&body, [b'a'; 1_490]).with_context(|| format!("could not write {}", body.display()))?;
    let mut bursts: Vec<(f64, f64)> = Vec::new();
    while bursts.len() < MOST_BURSTS && bursts.iter().filter(|(stolen, _)| *stolen < LITTLE).count() < BURSTS {
        repo.cmd("sync").run()?;
        rest();
        let (figure, stolen) = beside_stolen(|| one_p99(repo, release, server, &body, rate / 2.0));
        let figure = figure?;
        println!("burst {}  {name}  p99 {figure:.1} ms, {:.1} % stolen", bursts.len() + 1, stolen * 100.0);
        bursts.push((stolen, figure));
    }
    bursts.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    Ok(median(bursts.into_iter().take(BURSTS).map(|(_, figure)| figure).collect()))
}

fn one_p99(repo: &Repo, release: &Path, server: &Server, body: &Path, rate: f64) -> Result<f64> {
    const SECONDS: f64 = 5.0;
    let printed = repo
        .cmd(release.join("hookseal"))
        .args(["send", "--json", "--concurrency", "32", "--shared-key", SHARED_KEY])
        .args(["--rate", &format!("{rate:.0}"), "--count", &format!("{:.0}", rate * SECONDS)])
        .arg(format!("http://{}/health", server.address()))
        .arg(body)
        .read()?;
    let sent: Sent = serde_json::from_str(printed.trim()).with_context(|| format!("send printed {printed:?}"))?;
    if !sent.accepted {
        bail!("not every delivery was accepted; nothing is measured then: {printed}");
    }
    Ok(sent.latency_us.p99 / 1_000.0)
}

/// From the start of the process to its ready file, in milliseconds: the median of several.
pub(super) fn start_to_ready(repo: &Repo, release: &Path, inbox: Option<&Path>) -> Result<f64> {
    const ROUNDS: usize = 15;
    let ready = repo.scratch().join("ready");
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        if ready.exists() {
            fs::remove_file(&ready).context("could not remove the ready file of an earlier run")?;
        }
        let mut command = Command::new(release.join("hookseal"));
        command.args(["receive", "--log", "off", "--listen", "127.0.0.1:0", "--shared-key", SHARED_KEY]);
        command.arg("--ready-file").arg(&ready).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(inbox) = inbox {
            command.arg("--inbox").arg(format!("sqlite:{}", inbox.display()));
        }
        let started = Instant::now();
        let mut process = command.spawn().context("could not start hookseal receive")?;
        while !ready.exists() && started.elapsed() < Duration::from_secs(10) {
            thread::sleep(Duration::from_micros(200));
        }
        times.push(started.elapsed().as_secs_f64() * 1_000.0);
        process.kill().context("could not end hookseal receive")?;
        process.wait().context("could not wait for hookseal receive")?;
    }
    Ok(median(times))
}
