//! A fleet's workers beside one machine's notifier, which sends from SQLite.

use std::path::Path;
use std::process::{Child, Stdio};

use anyhow::{Context, Result, ensure};

use super::nats::Nats;
use super::notifier;
use super::receiver::{SHARED_KEY, median};
use super::server::Server;
use super::table::{Goal, Row, Table};
use crate::provision::Provision;
use crate::repo::Repo;

/// The one that integrations are sealed with, which is no secret here.
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const ROUNDS: usize = 3;

pub(super) fn measure(repo: &Repo, provision: &Provision<'_>, table: &mut Table) -> Result<()> {
    provision.debian(&["nats-server"])?;
    repo.cargo("build")
        .args(["--release", "--locked", "--package", "hookseal-cli", "--package", "hookseal-benches"])
        .run()?;
    let release = repo.target().join("release");
    let folder = repo.scratch().join("bench-fleet");
    let endpoint = notifier::endpoint(&release)?;
    let counts = [1, 2, 4];
    let mut alone = Vec::new();
    let mut fleets = counts.map(|_| Vec::new());
    for round in 1..=ROUNDS {
        let here = notifier::deliver(&release, &folder, &endpoint)?;
        println!("round {round}  one machine  {here:.0} a second");
        alone.push(here);
        for (workers, measured) in counts.iter().zip(&mut fleets) {
            let rate = deliver(&release, &folder, &endpoint, *workers)?;
            println!("round {round}  workers {workers}  {rate:.0} a second");
            measured.push(rate);
        }
    }
    let alone = median(alone);
    for (workers, measured) in counts.iter().zip(fleets) {
        let plural = if *workers == 1 { "" } else { "s" };
        table.add(Row {
            what: format!(
                "a fleet's {workers} worker{plural}, one nats-server and {} webhooks",
                notifier::INTEGRATIONS
            ),
            ours: median(measured),
            peer: "one machine, from SQLite".to_owned(),
            theirs: alone,
            unit: "/s",
            goal: Goal::None,
        });
    }
    Ok(())
}

/// Deliveries a second, from the first that arrives to the last. All of them are in the stream before a worker starts.
fn deliver(release: &Path, folder: &Path, endpoint: &Server, workers: usize) -> Result<f64> {
    let config = notifier::configure(folder, notifier::SERVICES, "1h")?;
    let nats = Nats::start(folder)?;
    let command = || {
        let mut command = notifier::hookseal(release, &config);
        command.env("HOOKSEAL_FLEET", nats.url()).env("HOOKSEAL_MASTER_KEY", MASTER_KEY);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    for number in 0..notifier::INTEGRATIONS {
        let url = format!("--url=http://{}/{number}", endpoint.address());
        let mut add = command();
        add.args(["integration:add", "--type", "health.webhook", &url, "--shared-key", SHARED_KEY]);
        let added = add.status()?;
        ensure!(added.success(), "an integration could not be added: {added}");
    }
    notifier::ask(endpoint, "DELETE")?;
    {
        let mut run = command();
        let _agent = Process(run.args(["notify", "run"]).spawn().context("could not start hookseal notify run")?);
        nats.await_messages("HOOKSEAL_DELIVERIES", notifier::DELIVERIES)?;
    }
    let start = |_| -> Result<Process> {
        let mut worker = command();
        Ok(Process(worker.args(["notify", "worker"]).spawn().context("could not start hookseal notify worker")?))
    };
    let _workers = (0..workers).map(start).collect::<Result<Vec<_>>>()?;
    notifier::rate(endpoint)
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
