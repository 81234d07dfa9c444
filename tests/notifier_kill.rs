//! The notifier when its process is killed in the middle of its work: no transition is lost, each reaches each integration
//! under one id, and in order.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hookseal_tests::{KEY, Receiver, eventually, hookseal};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

const SERVICES: [&str; 3] = ["app", "database", "cache"];
const INTEGRATIONS: [&str; 2] = ["/first", "/second"];

/// Random kills; `cargo xtask soak notifier` asks for more.
fn kills() -> u64 {
    std::env::var("HOOKSEAL_KILLS").map_or(10, |kills| kills.parse().expect("it is a number"))
}

/// What is watched, who is told, and what has to arrive.
struct Bench {
    folder: TempDir,
    receiver: Receiver,
    /// For each service, the severities that there were.
    expected: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let receiver = Receiver::start(["--shared-key", KEY, "--log", "off"]);
        let mut config = "project = \"kill\"\ninterval = \"1s\"\nallow_network = [\"127.0.0.0/8\"]\n".to_owned();
        config += "[delivery]\nfirst_delay = \"50ms\"\nlongest_delay = \"200ms\"\n";
        for service in SERVICES {
            let figures = folder.path().join(service);
            config += &format!(
                "[[service]]\nname = \"{service}\"\ncommand = [\"cat\", {:?}]\n",
                figures.display().to_string()
            );
        }
        fs::write(folder.path().join("hookseal.toml"), config).unwrap();
        let bench = Bench { folder, receiver, expected: SERVICES.map(|service| (service, Vec::new())).into() };
        for service in SERVICES {
            bench.set(service, 50);
        }
        for path in INTEGRATIONS {
            let url = format!("--url={}{path}", bench.receiver.url());
            let mut add = bench.command(["integration:add", "--type", "health.webhook", &url, "--shared-key", KEY]);
            assert!(add.output().unwrap().status.success());
        }
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = hookseal();
        command.env("HOOKSEAL_CONFIG", self.path("hookseal.toml")).env("HOOKSEAL_STORE", self.path("hookseal.db"));
        command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// So many percent are free from now on.
    fn set(&self, service: &str, free: u32) {
        let new = self.path("new");
        fs::write(&new, format!("{{\"available\":{free},\"total\":100}}")).unwrap();
        fs::rename(new, self.path(service)).unwrap();
    }

    /// Lets a service fall below the critical line, or rise above the warning line.
    fn turn(&mut self, service: &'static str) {
        let told = self.expected.get_mut(service).unwrap();
        let severity = if told.len().is_multiple_of(2) { "critical" } else { "all-clear" };
        told.push(severity);
        self.set(service, if severity == "critical" { 5 } else { 50 });
    }

    fn start(&self) -> Running {
        Running(self.command(["notify", "run"]).spawn().unwrap())
    }

    fn store(&self) -> Connection {
        let store = Connection::open(self.path("hookseal.db")).unwrap();
        store.busy_timeout(Duration::from_secs(10)).unwrap();
        store
    }

    /// Whether the notifier knows of the service's last turn.
    fn has_seen_the_turn(&self, service: &str) -> bool {
        let state = self.store().query_row(
            "SELECT state FROM resource WHERE service = ?1 AND resource = 'disk'",
            [service],
            |row| row.get::<_, String>(0),
        );
        let wanted = if self.expected[service].len().is_multiple_of(2) { "ok" } else { "critical" };
        state.as_deref().unwrap_or("ok") == wanted
    }

    /// Runs a daemon until it has seen everything and has nothing left to deliver.
    fn settle(&self) {
        let _running = self.start();
        eventually("every turn is seen", || {
            SERVICES.iter().all(|service| self.has_seen_the_turn(service)).then_some(())
        });
        let store = self.store();
        eventually("everything is delivered", || {
            let open = "SELECT count(*) FROM delivery WHERE state <> 'delivered'";
            let open: u32 = store.query_row(open, [], |row| row.get(0)).unwrap();
            (open == 0).then_some(())
        });
    }

    /// What arrived is what there was to tell; how many copies there were besides.
    fn assert_nothing_lost(&self) -> usize {
        let answer: String = self.store().query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(answer, "ok");
        let export = String::from_utf8(self.receiver.api("export?format=ndjson").body).unwrap();
        let deliveries: Vec<Value> = export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let mut copies = 0;
        for path in INTEGRATIONS {
            let mut ids = HashSet::new();
            let mut came: BTreeMap<&str, Vec<&str>> = SERVICES.map(|service| (service, Vec::new())).into();
            for delivery in deliveries.iter().filter(|delivery| delivery["path"] == path) {
                assert_eq!(delivery["verdict"], "valid", "{delivery}");
                let event = &delivery["event"];
                if ids.insert(event["id"].as_str().unwrap()) {
                    let severities = came.get_mut(event["service"].as_str().unwrap()).unwrap();
                    severities.push(event["severity"].as_str().unwrap());
                } else {
                    copies += 1;
                }
            }
            assert_eq!(came, self.expected, "{path}");
        }
        copies
    }
}

/// A daemon, until it is killed or dropped.
struct Running(Child);

impl Running {
    fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn killed_at_any_moment_it_loses_nothing() {
    let mut bench = Bench::new();
    bench.settle();
    for kill in 0..kills() {
        for service in SERVICES {
            if bench.has_seen_the_turn(service) {
                bench.turn(service);
            }
        }
        let mut running = bench.start();
        // Another moment of a round and of a delivery each time.
        std::thread::sleep(Duration::from_millis(30 + (kill * 97) % 1_200));
        running.kill();
    }
    bench.settle();
    let copies = bench.assert_nothing_lost();
    let told: usize = bench.expected.values().map(Vec::len).sum();
    println!("{} kills: {told} transitions reached {} integrations, with {copies} copies", kills(), INTEGRATIONS.len());
    assert!(told >= SERVICES.len());
}

#[test]
fn killed_at_each_step_it_loses_nothing() {
    let mut bench = Bench::new();
    bench.settle();
    let places =
        ["detect", "commit", "commit_done", "claim", "claim_done", "send", "send_done", "record", "record_done"];
    for (number, place) in places.into_iter().enumerate() {
        for service in SERVICES {
            if bench.has_seen_the_turn(service) {
                bench.turn(service);
            }
        }
        // There are six deliveries to send, and as many as there are can be claimed at once.
        let times = if place.starts_with("send") { "3" } else { "1" };
        let mut mortal = Command::new(env!("CARGO_BIN_EXE_mortal_notifier"));
        mortal.arg(bench.path("hookseal.toml")).arg(bench.path("hookseal.db")).args([place, times]);
        let mut mortal = Running(mortal.spawn().unwrap());
        let status = eventually(place, || mortal.0.try_wait().unwrap());
        assert_eq!(status.signal(), Some(9), "{place}");
        // Sometimes it is killed again before it has recovered.
        if number % 3 == 2 {
            bench.settle();
        }
    }
    bench.settle();
    let copies = bench.assert_nothing_lost();
    println!("killed at each step: {copies} copies");
}
