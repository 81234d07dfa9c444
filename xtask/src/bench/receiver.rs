//! The receiver beside bare hyper, which does nothing with a body, and Debian's `webhook`, which runs a command for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::half_load;
use super::machine::{beside_stolen, rest};
use super::nats::Nats;
use super::server::Server;
use super::table::{Goal, Row, Table};
use crate::provision::Provision;
use crate::repo::Repo;

/// The example key of RFC 7797 §4.2.
pub(super) const SHARED_KEY: &str =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

/// `webhook` answers before the command ends; /bin/true is the least it can run.
const HOOKS: &str = r#"[{"id":"health","execute-command":"/bin/true","http-methods":["POST"]}]"#;

const ROUNDS: usize = 5;
const SECONDS: u32 = 4;

pub(super) fn measure(repo: &Repo, provision: &Provision<'_>, table: &mut Table) -> Result<()> {
    provision.debian(&["nats-server", "webhook", "wrk"])?;
    repo.cargo("build")
        .args(["--release", "--locked", "--package", "hookseal-cli", "--package", "hookseal-benches"])
        .run()?;
    let release = repo.target().join("release");
    let deliveries = make_deliveries(repo, &release)?;
    let hooks = repo.scratch().join("hooks.json");
    fs::write(&hooks, HOOKS).with_context(|| format!("could not write {}", hooks.display()))?;

    // Emptied by each run: an inbox that has grown for days is another measurement.
    let folder = repo.scratch().join("bench-inbox");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("could not empty {}", folder.display()))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("could not create {}", folder.display()))?;

    let ours = receive(&release, "memory")?;
    let on_disk = receive(&release, &format!("sqlite:{}", folder.join("inbox.db").display()))?;
    let nats = Nats::start(&folder)?;
    let on_nats = receive(&release, &nats.url())?;
    let hyper = Server::start(|address| {
        let mut command = Command::new(release.join("bare_hyper"));
        command.arg(address.to_string());
        command
    })?;
    let webhook = Server::start(|address| {
        let mut command = Command::new("webhook");
        command.args(["-ip", &address.ip().to_string(), "-port", &address.port().to_string(), "-hooks"]).arg(&hooks);
        command
    })?;

    let [memory, sqlite, stream, hyper] = in_turn(
        repo,
        &deliveries,
        [
            ("memory", &ours, "/health"),
            ("sqlite", &on_disk, "/health"),
            ("nats", &on_nats, "/health"),
            ("hyper", &hyper, "/health"),
        ],
    )?;
    drop((on_nats, nats));
    let p99_memory = half_load::p99(repo, &release, &ours, "memory", memory)?;
    let p99_sqlite = half_load::p99(repo, &release, &on_disk, "sqlite", sqlite)?;
    drop((ours, on_disk));
    let ready_memory = half_load::start_to_ready(repo, &release, None)?;
    let ready_sqlite = half_load::start_to_ready(repo, &release, Some(&folder.join("new.db")))?;
    // On its own at the end: what it has accepted goes on forking after it was answered.
    let [webhook] = in_turn(repo, &deliveries, [("webhook", &webhook, "/hooks/health")])?;

    let mut add = |what: &str, ours, peer: &str, theirs, unit, goal| {
        table.add(Row { what: what.to_owned(), ours, peer: peer.to_owned(), theirs, unit, goal });
    };
    let what = "receive 1,490 octets, memory inbox, log off";
    add(what, memory, "hyper, reading the body", hyper, "/s", Goal::AtLeast(0.6));
    add(what, memory, "Debian's webhook, running /bin/true", webhook, "/s", Goal::AtLeast(8.0));
    let what = "receive 1,490 octets, SQLite inbox (synchronous=NORMAL), log off";
    add(what, sqlite, "hyper, reading the body", hyper, "/s", Goal::AtLeast(0.3));
    let what = "receive 1,490 octets, inbox in NATS JetStream (one server on this machine), log off";
    add(what, stream, "hyper, reading the body", hyper, "/s", Goal::AtLeast(0.25));
    for (what, ours, most) in [
        ("p99 of a delivery at half load, memory inbox", p99_memory, 5.0),
        ("p99 of a delivery at half load, SQLite inbox", p99_sqlite, 5.0),
        ("start to ready, memory inbox", ready_memory, 30.0),
        ("start to ready, SQLite inbox that exists", ready_sqlite, 30.0),
    ] {
        add(what, ours, "what it may take", most, "ms", Goal::AtMost(1.0));
    }
    Ok(())
}

fn receive(release: &Path, inbox: &str) -> Result<Server> {
    Server::start(|address| {
        let mut command = Command::new(release.join("hookseal"));
        command.args(["receive", "--log", "off", "--shared-key", SHARED_KEY, "--inbox", inbox]);
        command.args(["--listen", &address.to_string()]);
        command
    })
}

/// The median of several rounds for each server. The servers take turns, so that what else the machine does meets all of
/// them alike.
fn in_turn<const N: usize>(repo: &Repo, deliveries: &Path, servers: [(&str, &Server, &str); N]) -> Result<[f64; N]> {
    let mut figures = [const { Vec::new() }; N];
    for round in 0..=ROUNDS {
        for (figures, (name, server, path)) in figures.iter_mut().zip(servers) {
            rest();
            let load = || server.load(repo, deliveries, path, if round == 0 { 1 } else { SECONDS });
            let (figure, stolen) = beside_stolen(load);
            let figure = figure?;
            // The first round warms up.
            if round > 0 {
                println!("round {round}  {name}  {figure:.0} a second, {:.1} % stolen", stolen * 100.0);
                figures.push(figure);
            }
        }
    }
    Ok(figures.map(median))
}

fn make_deliveries(repo: &Repo, release: &Path) -> Result<PathBuf> {
    let path = repo.scratch().join("deliveries.tsv");
    let lines = repo.cmd(release.join("deliveries")).arg(SHARED_KEY).read()?;
    fs::write(&path, lines).with_context(|| format!("could not write {}", path.display()))?;
    Ok(path)
}

pub(super) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
