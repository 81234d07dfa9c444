//! Hosts whose services fall and rise, workers to be killed, and whom they tell.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command};

use futures_util::future::join_all;
use hookseal_notifier::{Fleet, Form, IntegrationType, NetworkGuard, NewIntegration, Notifier, Secret, Store};
use hookseal_tests::{KEY, eventually, fleet_config, fleet_vault};
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::endpoint::Endpoint;

/// A number that `cargo xtask soak` raises.
pub(crate) fn asked(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |number| number.parse().expect("it is a number"))
}

/// Adds a webhook for each path, with so many partitions.
pub(crate) async fn add_webhooks(fleet: &Fleet, endpoint: &Endpoint, paths: &[(&str, u32)]) {
    for (path, partitions) in paths {
        let url = Some(format!("http://{}{path}", endpoint.address));
        let form = Form { url, shared_key: Some(Secret::new(KEY)), ..Form::default() };
        let network = NetworkGuard::new(vec!["127.0.0.0/8".parse().unwrap()]);
        let settings = form.create(IntegrationType::Webhook, &network).unwrap();
        let (project, environment) = ("fleet".to_owned(), "main".to_owned());
        let new = NewIntegration { settings, partitions: *partitions, project, environment };
        fleet.add_integration(new).await.unwrap();
    }
}

/// A host, and what it has told so far. Its services are called after it.
pub(crate) struct Host {
    folder: TempDir,
    services: Vec<String>,
    turns: usize,
    agent: Agent,
}

enum Agent {
    None,
    Task(Notifier),
    Process { _process: Killed },
}

impl Host {
    pub(crate) fn new(number: usize, services: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let services = (0..services).map(|service| format!("h{number}-s{service}")).collect();
        let host = Host { folder, services, turns: 0, agent: Agent::None };
        host.set(50);
        fs::write(host.path("hookseal.toml"), host.configuration("1s")).unwrap();
        host
    }

    /// As a task of this process, which is told when to check.
    pub(crate) async fn start(&mut self, fleet: Fleet) {
        let store = Store::open(self.path("hookseal.db"), fleet_vault()).unwrap();
        let config = fleet_config(&self.configuration("1h"));
        self.agent = Agent::Task(Notifier::builder(config, store).fleet(fleet).start().await.unwrap());
    }

    /// As a process of its own, which checks every second.
    pub(crate) fn spawn(&mut self, servers: &str, replicas: usize) {
        self.agent = Agent::Process { _process: Killed(self.agent(servers, replicas).spawn().unwrap()) };
    }

    /// The same, until it has died where it is told to, by SIGKILL.
    pub(crate) fn dies_at(&mut self, place: &str, times: u32, servers: &str) {
        self.agent = Agent::None;
        let mut command = self.agent(servers, 1);
        let mut process = Killed(command.args([place, &times.to_string()]).spawn().unwrap());
        let status = eventually(place, || process.0.try_wait().unwrap());
        assert_eq!(status.signal(), Some(9), "{place}");
    }

    fn agent(&self, servers: &str, replicas: usize) -> Command {
        let mut command = member();
        command.args(["agent", servers, &replicas.to_string()]);
        command.arg(self.path("hookseal.toml")).arg(self.path("hookseal.db"));
        command
    }

    /// As `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.agent = Agent::None;
    }

    /// Where its memory is.
    pub(crate) fn store(&self) -> PathBuf {
        self.path("hookseal.db")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// All services have the same file: they fall and rise together, each telling of itself.
    fn configuration(&self, interval: &str) -> String {
        let figures = self.path("figures").display().to_string();
        let service =
            |name| format!("[[service]]\nname = \"{name}\"\ncommand = [\"cat\", {figures:?}]\ntimeout = \"30s\"\n");
        let services: String = self.services.iter().map(service).collect();
        format!("interval = \"{interval}\"\n{services}")
    }

    fn set(&self, free: u32) {
        let new = self.path("new");
        fs::write(&new, format!("{{\"available\":{free},\"total\":100}}")).unwrap();
        fs::rename(new, self.path("figures")).unwrap();
    }

    /// All services fall below the critical line, or rise above the warning line.
    pub(crate) fn turn(&mut self) {
        self.turns += 1;
        self.set(if self.is_low() { 5 } else { 50 });
        if let Agent::Task(notifier) = &self.agent {
            notifier.check_now();
        }
    }

    fn is_low(&self) -> bool {
        self.turns % 2 == 1
    }

    /// Waits until it knows so many integrations: what happens before is none of theirs.
    pub(crate) fn await_integrations(&self, count: usize) {
        self.await_count("SELECT count(*) FROM integration", count);
    }

    /// Waits until the last turn is written down.
    pub(crate) fn await_turn(&self) {
        let low = "SELECT count(*) FROM resource WHERE resource = 'disk' AND state = 'critical'";
        self.await_count(low, if self.is_low() { self.services.len() } else { 0 });
    }

    /// What waits to be handed over.
    pub(crate) fn outbox(&self) -> usize {
        self.count("SELECT count(*) FROM delivery WHERE state <> 'delivered'").unwrap_or_default()
    }

    fn await_count(&self, query: &str, count: usize) {
        eventually(query, || (self.count(query)? == count).then_some(()));
    }

    pub(crate) fn count(&self, query: &str) -> Option<usize> {
        let store = Connection::open(self.path("hookseal.db")).ok()?;
        let count: u32 = store.query_row(query, [], |row| row.get(0)).ok()?;
        Some(count as usize)
    }

    /// What each of its services has to have told.
    pub(crate) fn expected(&self) -> BTreeMap<String, Vec<String>> {
        let severities: Vec<_> = ["critical", "all-clear"].into_iter().cycle().take(self.turns).collect();
        let told = severities.into_iter().map(str::to_owned).collect::<Vec<_>>();
        self.services.iter().map(|service| (service.clone(), told.clone())).collect()
    }
}

/// Transitions of all hosts.
pub(crate) fn transitions(hosts: &[Host]) -> usize {
    hosts.iter().map(|host| host.services.len() * host.turns).sum()
}

/// Nothing is lost, all is in order, and a copy carries the id of its event. How many copies there were.
pub(crate) fn assert_all_told(hosts: &[Host], endpoint: &Endpoint, paths: &[(&str, u32)]) -> usize {
    let expected: BTreeMap<_, _> = hosts.iter().flat_map(Host::expected).collect();
    let mut copies = 0;
    for (path, _) in paths {
        let heard = endpoint.heard(path);
        for (service, severities) in &expected {
            assert_eq!(heard.severities.get(service), Some(severities), "{path}: {service}");
        }
        assert_eq!(heard.severities.len(), expected.len(), "{path}");
        copies += heard.copies;
    }
    copies
}

/// Starts agents that are tasks.
pub(crate) fn start_all(runtime: &Runtime, hosts: &mut [Host], fleet: impl AsyncFn() -> Fleet) {
    let start = async |host: &mut Host| host.start(fleet().await).await;
    runtime.block_on(join_all(hosts.iter_mut().map(start)));
}

/// A worker in a process of its own.
pub(crate) fn spawn_worker(servers: &str, replicas: usize) -> Killed {
    Killed(member().args(["worker", servers, &replicas.to_string()]).spawn().unwrap())
}

fn member() -> Command {
    Command::new(env!("CARGO_BIN_EXE_fleet_member"))
}

/// A process, until this is dropped: that is `kill -9`.
pub(crate) struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
