//! The notifier beside a loop around hyper's client, and what an idle one takes.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use super::receiver::{SHARED_KEY, median};
use super::server::Server;
use super::table::{Goal, Row, Table};
use crate::repo::Repo;

pub(super) const INTEGRATIONS: usize = 100;
/// Each is low from the first round on, so that each integration hears of each.
pub(super) const SERVICES: usize = 300;
pub(super) const DELIVERIES: usize = INTEGRATIONS * SERVICES;
/// Services in one check.
const CHECKED: usize = 100_000;
/// A disk that is seldom full, so that there is nothing to tell: in memory, on every Linux.
const DISK: &str = "/dev/shm";
const CONNECTIONS: &str = "64";
const ROUNDS: usize = 3;

pub(super) fn measure(repo: &Repo, table: &mut Table) -> Result<()> {
    repo.cargo("build")
        .args(["--release", "--locked", "--package", "hookseal-cli", "--package", "hookseal-benches"])
        .run()?;
    let release = repo.target().join("release");
    let folder = repo.scratch().join("bench-notifier");
    let endpoint = endpoint(&release)?;

    let (mut ours, mut peers) = (Vec::new(), Vec::new());
    for round in 1..=ROUNDS {
        let ours_now = deliver(&release, &folder, &endpoint)?;
        let peers_now = post(&release, &endpoint)?;
        println!("round {round}  notifier {ours_now:.0} a second, hyper's client {peers_now:.0} a second");
        ours.push(ours_now);
        peers.push(peers_now);
    }
    let (first, further) = check(&release, &folder)?;
    let (memory, cpu) = idle(&release, &folder)?;

    let mut add = |what: String, ours, peer: &str, theirs, unit, goal| {
        table.add(Row { what, ours, peer: peer.to_owned(), theirs, unit, goal });
    };
    let what =
        format!("deliver {DELIVERIES} notifications to {INTEGRATIONS} webhooks, each durable (synchronous=FULL)");
    add(what, median(ours), "a loop around hyper's client", median(peers), "/s", Goal::AtLeast(0.4));
    let may = "what it may take";
    add(format!("check {CHECKED} services, the first time: all are written down"), first, may, 1.0, "s", Goal::None);
    add(format!("check {CHECKED} services, with nothing to write"), further, may, 1.0, "s", Goal::AtMost(1.0));
    add("memory of an idle notifier".to_owned(), memory, may, 30.0, "MiB", Goal::AtMost(1.0));
    add("CPU of an idle notifier".to_owned(), cpu, may, 0.1, "%", Goal::AtMost(1.0));
    Ok(())
}

/// What all deliveries go to.
pub(super) fn endpoint(release: &Path) -> Result<Server> {
    Server::start(|address| {
        let mut command = Command::new(release.join("fast_endpoint"));
        command.arg(address.to_string());
        command
    })
}

/// Seconds that the first check takes, and a further one.
fn check(release: &Path, folder: &Path) -> Result<(f64, f64)> {
    configure(folder, 0, "1h")?;
    let mut command = Command::new(release.join("check_services"));
    let output =
        command.arg(folder.join("hookseal.db")).args([&CHECKED.to_string(), DISK]).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "check_services ended with {}", output.status);
    let printed = String::from_utf8(output.stdout)?;
    let (first, further) = printed.trim().split_once(' ').with_context(|| format!("it printed {printed:?}"))?;
    Ok((first.parse()?, further.parse()?))
}

/// Deliveries a second, from the first that arrives to the last.
pub(super) fn deliver(release: &Path, folder: &Path, endpoint: &Server) -> Result<f64> {
    let config = configure(folder, SERVICES, "1h")?;
    for number in 0..INTEGRATIONS {
        let url = format!("--url=http://{}/{number}", endpoint.address());
        let added = hookseal(release, &config)
            .args(["integration:add", "--type", "health.webhook", &url, "--shared-key", SHARED_KEY])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        ensure!(added.success(), "an integration could not be added: {added}");
    }
    ask(endpoint, "DELETE")?;
    let _running = Running::start(release, &config)?;
    rate(endpoint)
}

fn post(release: &Path, endpoint: &Server) -> Result<f64> {
    ask(endpoint, "DELETE")?;
    let mut client = Command::new(release.join("bare_client"));
    client.args([&endpoint.address().to_string(), &DELIVERIES.to_string(), CONNECTIONS]);
    let status = client.status().context("could not start bare_client")?;
    ensure!(status.success(), "bare_client ended with {status}");
    rate(endpoint)
}

/// Waits until all have come.
pub(super) fn rate(endpoint: &Server) -> Result<f64> {
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let answer = ask(endpoint, "GET")?;
        let (count, micros) = answer.split_once(' ').with_context(|| format!("the endpoint answered {answer:?}"))?;
        let (count, micros): (usize, f64) = (count.parse()?, micros.parse()?);
        if count >= DELIVERIES {
            ensure!(count == DELIVERIES, "{count} deliveries came instead of {DELIVERIES}");
            return Ok(count as f64 / (micros / 1e6));
        }
        if Instant::now() > deadline {
            bail!("only {count} of {DELIVERIES} deliveries have come");
        }
        thread::sleep(Duration::from_millis(100));
    }
}

/// Memory in MiB and the share of a CPU in percent, with ten services and nothing to tell.
fn idle(release: &Path, folder: &Path) -> Result<(f64, f64)> {
    const SETTLE: Duration = Duration::from_secs(3);
    const LOOK: Duration = Duration::from_secs(30);
    let config = configure(folder, 0, "5s")?;
    let mut text = fs::read_to_string(&config)?;
    for number in 0..10 {
        write!(text, "[[service]]\nname = \"s{number}\"\npath = \"/\"\n")?;
    }
    fs::write(&config, text)?;
    let running = Running::start(release, &config)?;
    thread::sleep(SETTLE);
    let before = running.cpu()?;
    thread::sleep(LOOK);
    let cpu = (running.cpu()? - before).as_secs_f64() / LOOK.as_secs_f64() * 100.0;
    Ok((running.memory()?, cpu))
}

/// A new folder with a configuration, and no store.
pub(super) fn configure(folder: &Path, services: usize, interval: &str) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("could not empty {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("could not create {}", folder.display()))?;
    let mut text = format!(
        "project = \"bench\"\ninterval = \"{interval}\"\nstore = {:?}\nlisten = \"127.0.0.1:0\"\nallow_network = [\"127.0.0.0/8\"]\n",
        folder.join("hookseal.db")
    );
    for number in 0..services {
        let command = r#"["echo", '{"available":5,"total":100}']"#;
        write!(text, "[[service]]\nname = \"service {number}\"\ncommand = {command}\n")?;
    }
    let config = folder.join("hookseal.toml");
    fs::write(&config, text).with_context(|| format!("could not write {}", config.display()))?;
    Ok(config)
}

pub(super) fn hookseal(release: &Path, config: &Path) -> Command {
    let mut command = Command::new(release.join("hookseal"));
    command.env("HOOKSEAL_CONFIG", config);
    command
}

/// A daemon, until it is dropped.
struct Running(Child);

impl Running {
    fn start(release: &Path, config: &Path) -> Result<Self> {
        let mut command = hookseal(release, config);
        command
            .args(["notify", "run", "--log", "off"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(Running(command.spawn().context("could not start hookseal notify run")?))
    }

    /// In MiB.
    fn memory(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(kib.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
    }

    /// The time that its threads have run for.
    fn cpu(&self) -> Result<Duration> {
        let mut sum = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.0.id()))? {
            let schedule = fs::read_to_string(thread?.path().join("schedstat"))?;
            sum += schedule.split(' ').next().context("no time")?.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(sum))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The body of the endpoint's answer.
pub(super) fn ask(endpoint: &Server, method: &str) -> Result<String> {
    ask_at(endpoint.address(), method, "/")
}

/// The same of any server. By HTTP/1.0, so that a body comes as it is.
pub(super) fn ask_at(address: SocketAddr, method: &str, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "{method} {path} HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (_, body) = answer.split_once("\r\n\r\n").context("the answer has no end")?;
    Ok(body.to_owned())
}
