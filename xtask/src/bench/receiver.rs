//! The receiver beside bare hyper, which does nothing with a body, and Debian's `webhook`, which runs a command for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::server::Server;
use super::table::{Goal, Row, Table};
use crate::provision::Provision;
use crate::repo::Repo;

/// The example key of RFC 7797 §4.2.
const SHARED_KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

/// `webhook` answers before the command ends; /bin/true is the least it can run.
const HOOKS: &str = r#"[{"id":"health","execute-command":"/bin/true","http-methods":["POST"]}]"#;

const ROUNDS: usize = 5;
const SECONDS: u32 = 4;

pub(super) fn measure(repo: &Repo, provision: &Provision<'_>, table: &mut Table) -> Result<()> {
    provision.debian(&["webhook", "wrk"])?;
    repo.cargo("build")
        .args(["--release", "--locked", "--package", "hookseal-cli", "--package", "hookseal-benches"])
        .run()?;
    let release = repo.target().join("release");
    let deliveries = make_deliveries(repo, &release)?;
    let hooks = repo.scratch().join("hooks.json");
    fs::write(&hooks, HOOKS).with_context(|| format!("could not write {}", hooks.display()))?;

    let ours = Server::start(|address| {
        let mut command = Command::new(release.join("hookseal"));
        command.args(["receive", "--log", "off", "--shared-key", SHARED_KEY, "--listen", &address.to_string()]);
        command
    })?;
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

    let [ours, hyper] = in_turn(repo, &deliveries, [("hookseal", &ours, "/health"), ("hyper", &hyper, "/health")])?;
    // On its own at the end: what it has accepted goes on forking after it was answered.
    let [webhook] = in_turn(repo, &deliveries, [("webhook", &webhook, "/hooks/health")])?;
    let mut add = |peer: &str, theirs, goal| {
        let what = "receive 1,490 octets, memory inbox, log off".to_owned();
        table.add(Row { what, ours, peer: peer.to_owned(), theirs, unit: "/s", goal });
    };
    add("hyper, reading the body", hyper, Goal::AtLeast(0.6));
    add("Debian's webhook, running /bin/true", webhook, Goal::AtLeast(8.0));
    Ok(())
}

/// The median of several rounds for each server. The servers take turns, so that what else the machine does meets all of
/// them alike.
fn in_turn<const N: usize>(repo: &Repo, deliveries: &Path, servers: [(&str, &Server, &str); N]) -> Result<[f64; N]> {
    let mut figures = [const { Vec::new() }; N];
    for round in 0..=ROUNDS {
        for (figures, (name, server, path)) in figures.iter_mut().zip(servers) {
            let figure = server.load(repo, deliveries, path, if round == 0 { 1 } else { SECONDS })?;
            // The first round warms up.
            if round > 0 {
                println!("round {round}  {name}  {figure:.0} a second");
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

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
