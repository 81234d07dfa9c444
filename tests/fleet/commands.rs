//! The command against a fleet: all hosts see what it does within a second.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookseal_notifier::{Fleet, Worker};
use hookseal_tests::{KEY, NatsServer, Outcome, Receiver, eventually, fleet_config, fleet_on, hookseal};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::setting::Host;

/// What all hosts see within.
const SOON: Duration = Duration::from_secs(1);

struct Town {
    server: NatsServer,
    runtime: Runtime,
    folder: tempfile::TempDir,
}

impl Town {
    fn new() -> Self {
        Town { server: NatsServer::start(), runtime: Runtime::new().unwrap(), folder: tempfile::tempdir().unwrap() }
    }

    fn fleet(&self) -> Fleet {
        self.runtime.block_on(fleet_on(&self.server.url(), 1))
    }

    fn host(&self, number: usize) -> Host {
        let mut host = Host::new(number, 1);
        self.runtime.block_on(host.start(self.fleet()));
        host
    }

    /// The command in a folder without a store, with the fleet in its environment.
    fn command(&self, line: &str) -> Outcome {
        let mut command = hookseal();
        command.args(shlex::split(line).unwrap()).current_dir(self.folder.path());
        command.env("XDG_STATE_HOME", self.folder.path()).env("HOOKSEAL_FLEET", self.server.url());
        command.env("HOOKSEAL_MASTER_KEY", STANDARD.encode([7; 32]));
        Outcome::of(&mut command, b"")
    }

    fn done(&self, line: &str) -> Outcome {
        let outcome = self.command(line);
        assert_eq!(outcome.status, Some(0), "{line}: {outcome:?}");
        outcome
    }

    fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.command(line).stdout).unwrap()
    }
}

/// How long it takes until it is so on all hosts.
fn time_until(what: &str, hosts: &[Host], is_so: impl Fn(&Host) -> bool) -> Duration {
    let began = Instant::now();
    for host in hosts {
        eventually(what, || is_so(host).then_some(()));
    }
    began.elapsed()
}

#[test]
fn all_hosts_see_within_a_second_what_the_commands_do() {
    let (town, receiver) = (Town::new(), Receiver::with_key());
    let hosts = [town.host(1), town.host(2), town.host(3)];
    let mut times = Vec::new();

    let url = format!("{}/health", receiver.url());
    let add = format!("integration:add --type health.webhook --url={url} --shared-key {KEY} --allow-network 127.0.0.1");
    let added = town.done(&format!("{add} --partitions 4 --json"));
    let id = serde_json::from_str::<Value>(&added.stdout).unwrap()["id"].as_str().unwrap().to_owned();
    assert!(added.stderr.contains(&format!("Created integration {id} (type: health.webhook)")), "{added:?}");
    times.push(time_until("the integration", &hosts, |host| host.count("SELECT count(*) FROM integration") == Some(1)));

    town.done(&format!("integration update {} --url={url}/2 --allow-network 127.0.0.1", &id[..6]));
    let moved = format!("SELECT count(*) FROM integration WHERE settings LIKE '%{url}/2%'");
    times.push(time_until("its new address", &hosts, |host| host.count(&moved) == Some(1)));
    assert_eq!(town.json("integrations --json")[0]["id"], id.as_str());
    let shown = town.json(&format!("integration:get {id} --json"));
    assert_eq!(shown["url"], format!("{url}/2"));
    assert!(!shown.to_string().contains(KEY), "{shown}");
    let tried = town.done(&format!("integration:validate {id} --allow-network 127.0.0.1"));
    assert!(tried.stderr.contains("The integration is valid."), "{tried:?}");

    let silence = town.done("notify silence add --service h1-s0 --for 1h --json");
    let silence = serde_json::from_str::<Value>(&silence.stdout).unwrap()[0]["id"].as_str().unwrap().to_owned();
    times.push(time_until("the silence", &hosts, |host| host.count("SELECT count(*) FROM silence") == Some(1)));
    assert_eq!(town.json("notify silence list --json")[0]["id"], silence.as_str());
    town.done(&format!("notify silence end {silence}"));
    times.push(time_until("its end", &hosts, |host| {
        let now = jiff::Timestamp::now().as_microsecond();
        host.count(&format!("SELECT count(*) FROM silence WHERE until > {now}")) == Some(0)
    }));

    town.done(&format!("integration:delete {id} --yes"));
    times.push(time_until("that it is gone", &hosts, |host| host.count("SELECT count(*) FROM integration") == Some(0)));
    // The machine may have been busy once or twice.
    times.sort();
    assert!(times[times.len() / 2] < SOON, "{times:?}");
    assert_eq!(town.command("integration:list").status, Some(1));
    assert_eq!(town.command(&format!("integration:get {id}")).status, Some(1));
    assert!(!town.folder.path().join("hookseal/hookseal.db").exists(), "no store is made");
}

#[test]
fn what_was_given_up_is_listed_and_delivered_again() {
    let town = Town::new();
    // It refuses what it is sent: that is not tried again.
    let receiver = Receiver::start(["--shared-key", KEY, "--respond", "/health 410", "--respond", "/other 200"]);
    let mut host = town.host(1);
    let add = |path: &str| {
        let url = format!("{}{path}", receiver.url());
        town.done(&format!(
            "integration:add --type health.webhook --url={url} --shared-key {KEY} --allow-network 127.0.0.1 --json"
        ))
    };
    let id = serde_json::from_str::<Value>(&add("/health").stdout).unwrap()["id"].as_str().unwrap().to_owned();
    host.await_integrations(1);
    let status = town.command("notify status --json");
    assert_eq!(status.status, Some(1), "no worker is there: {status:?}");

    let fleet = town.fleet();
    let worker = town.runtime.block_on(async { Worker::builder(fleet, fleet_config("")).name("w1").start().unwrap() });
    host.turn();
    host.await_turn();
    let status = eventually("it is given up, and the worker is known", || {
        let status = town.json("notify status --json");
        (status["dead"] == 1 && status["workers"][0]["name"] == "w1").then_some(status)
    });
    let letter = &status["dead_letters"][0];
    assert_eq!(letter["integration"], id.as_str());
    let activities = town.json(&format!("integration:activities {id} --result failure --json"));
    assert_eq!(activities[0]["parameters"]["event"], letter["event"]);
    let log = town.done("integration:activity:log");
    assert!(log.stderr.contains(letter["event"].as_str().unwrap()), "{log:?}");
    assert!(log.stdout.contains("410") && log.stdout.contains("by w1"), "{log:?}");
    let table = town.command("notify status");
    assert!(table.stderr.contains("Dead letters (1)"), "{table:?}");

    let other = format!("{}/other", receiver.url());
    town.done(&format!("integration:update {id} --url={other} --allow-network 127.0.0.1"));
    let revived = town.done(&format!("notify redeliver {} --json", letter["id"]));
    assert_eq!(revived.json()["redelivered"], 1);
    let arrived = eventually("it arrives", || {
        let export = String::from_utf8(receiver.api("export?format=ndjson").body).unwrap();
        let mut all = export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        all.find(|delivery| delivery["path"] == "/other")
    });
    assert_eq!(arrived["event"]["id"], letter["event"], "the same event");
    assert_eq!(arrived["verdict"], "valid");
    assert_eq!(town.json("notify status --json")["dead"], 0);
    let refused = town.command("notify redeliver --since 2026-01-01T00:00:00Z");
    assert_eq!(refused.status, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("On the host that told it"), "it says what to do: {refused:?}");
    town.runtime.block_on(worker.shutdown());
}

#[test]
fn a_host_hands_over_again_what_is_redelivered_in_its_store() {
    let (town, receiver) = (Town::new(), Receiver::with_key());
    let mut host = town.host(1);
    let url = format!("{}/health", receiver.url());
    town.done(&format!(
        "integration:add --type health.webhook --url={url} --shared-key {KEY} --allow-network 127.0.0.1"
    ));
    host.await_integrations(1);
    let fleet = town.fleet();
    let worker = town.runtime.block_on(async { Worker::builder(fleet, fleet_config("")).start().unwrap() });
    host.turn();
    let told = receiver.wait_for(1, "/health");
    eventually("the host knows", || (host.outbox() == 0).then_some(()));

    let mut command = hookseal();
    command.args(["notify", "redeliver", "--since", "2026-01-01T00:00:00Z", "--json", "--store"]).arg(host.store());
    command.current_dir(town.folder.path()).env("HOOKSEAL_MASTER_KEY", STANDARD.encode([7; 32]));
    let again = Outcome::of(&mut command, b"");
    assert_eq!((again.status, &again.json()["redelivered"]), (Some(0), &1.into()), "{again:?}");
    let twice = receiver.wait_for(2, "/health");
    assert_eq!(twice[1]["event"]["id"], told[0]["event"]["id"], "the same event");
    town.runtime.block_on(worker.shutdown());
}

#[test]
fn what_a_fleet_needs_is_told() {
    let town = Town::new();
    let commands = ["integration:list", "notify silence list", "notify status", "integration:activities"];
    for line in commands {
        let mut command = hookseal();
        command.args(shlex::split(line).unwrap()).args(["--fleet", &town.server.url()]).current_dir(town.folder.path());
        let outcome = Outcome::of(&mut command, b"");
        assert_eq!(outcome.status, Some(2), "{line}: {outcome:?}");
        assert!(outcome.stderr.contains("a fleet needs a master key"), "{line}: {outcome:?}");
        assert!(outcome.stderr.contains("openssl rand -base64 32"), "{line}: {outcome:?}");
    }
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let away = town.command(&format!("integration:list --fleet nats://agent:s3cret@{nobody}"));
    assert_eq!(away.status, Some(1), "{away:?}");
    assert!(away.stderr.contains(&format!("no NATS server answers at nats://{nobody}")), "{away:?}");
    assert!(!away.stderr.contains("s3cret"), "{away:?}");
    let wrong = town.command("integration:list --fleet http://a.example");
    assert_eq!(wrong.status, Some(2), "{wrong:?}");
    assert!(wrong.stderr.contains("is no NATS server"), "{wrong:?}");
}
