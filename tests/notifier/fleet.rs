//! `hookseal notify run --fleet` and `hookseal notify worker` as processes of their own.

use std::net::SocketAddr;

use hookseal_notifier::{Form, IntegrationType, NetworkGuard, NewIntegration, Secret};
use hookseal_tests::{Connection, KEY, NatsServer, Receiver, Request, eventually, fleet_on};

use crate::daemon::Daemon;
use crate::setting::Setting;

/// That of `fleet_on`: 32 octets of 7.
const MASTER_KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

const HOST: &str = "interval = \"1s\"\n[[service]]\nname = \"app\"\ncommand = [\"cat\", \"figures.json\"]\n";
const WORKER: &str = "allow_network = [\"127.0.0.1\"]\n[delivery]\nfirst_delay = \"50ms\"\nlongest_delay = \"200ms\"\n";

fn add_webhook(server: &NatsServer, url: String) {
    let form = Form { url: Some(url), shared_key: Some(Secret::new(KEY)), ..Form::default() };
    let network = NetworkGuard::new(vec!["127.0.0.1/32".parse().unwrap()]);
    let settings = form.create(IntegrationType::Webhook, &network).unwrap();
    let (project, environment) = ("shop".to_owned(), "main".to_owned());
    let new = NewIntegration { settings, partitions: 1, project, environment };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let fleet = fleet_on(&server.url(), 1).await;
        fleet.connected().wait_for(|connected| *connected).await.unwrap();
        fleet.add_integration(new).await.unwrap();
    });
}

fn agent(setting: &Setting, server: &NatsServer) -> Daemon {
    let mut command = setting.command(["notify", "run", "--log", "json", "--fleet", &server.url()]);
    Daemon::start_command(setting, command.env("HOOKSEAL_MASTER_KEY", MASTER_KEY))
}

#[test]
fn what_a_host_finds_reaches_a_webhook_through_a_worker_and_an_outage() {
    let (mut server, receiver) = (NatsServer::start(), Receiver::with_key());
    add_webhook(&server, format!("{}/", receiver.url()));
    let (host, elsewhere) = (Setting::new(HOST), Setting::new(WORKER));
    host.write("figures.json", r#"{"available":5,"total":100}"#);
    let agent = agent(&host, &server);
    let mut command = elsewhere.command(["notify", "worker", "--log", "json", "--name", "one"]);
    command.args(["--listen", "127.0.0.1:0", "--ready-file", "ready", "--fleet", &server.url()]);
    command.env("HOOKSEAL_MASTER_KEY", MASTER_KEY);
    let worker = Daemon::start_until(&elsewhere, &mut command, "Delivering");

    let told = receiver.wait_for(1, "/");
    assert_eq!((&told[0]["verdict"], &told[0]["event"]["severity"]), (&"valid".into(), &"critical".into()), "{told:?}");
    eventually("both have logged it", || {
        let logged =
            |daemon: &Daemon, outcome: &str| daemon.logged("attempt").iter().any(|one| one["outcome"] == outcome);
        (logged(&agent, "published") && logged(&worker, "delivered")).then_some(())
    });
    let ready = eventually("it listens", || std::fs::read_to_string(elsewhere.path("ready")).ok());
    let address: SocketAddr = ready.trim().parse().unwrap();
    let get = |path: &str| {
        let mut connection = Connection::to(address);
        connection.send(Request::get(path).octets()).unwrap();
        connection.answer()
    };
    assert_eq!(get("/_hookseal/healthz").status, 200);
    let metrics = String::from_utf8(get("/_hookseal/metrics").body).unwrap();
    assert!(metrics.contains("hookseal_") && metrics.ends_with("# EOF\n"), "{metrics}");

    server.kill();
    let away = |daemon: &Daemon, event: &str| {
        let says = |line: &serde_json::Value| {
            line["message"].as_str().is_some_and(|text| text.contains("no server of the fleet"))
        };
        daemon.logged(event).iter().any(says).then_some(())
    };
    eventually("both say that the server is away", || away(&agent, "trouble").and(away(&worker, "trouble")));
    host.write("figures.json", r#"{"available":50,"total":100}"#);
    eventually("it has found that", || agent.logged("check").iter().any(|check| check["critical"] == 0).then_some(()));
    assert_eq!(get("/_hookseal/healthz").status, 503);
    server.restart();
    let told = receiver.wait_for(2, "/");
    assert_eq!(told[1]["event"]["severity"], "all-clear", "{told:?}");
    eventually("both say that it is back", || away(&agent, "over").and(away(&worker, "over")));
    eventually("all is acknowledged", || {
        let published = agent.logged("attempt").into_iter().filter(|one| one["outcome"] == "published").count();
        (published == 2).then_some(())
    });

    assert_eq!(agent.stop_saying("Handed over 2; 0 wait for the next start."), Some(0));
    assert_eq!(worker.stop_saying("Delivered 2; "), Some(0));
    assert!(!elsewhere.path("ready").exists() && !elsewhere.path("store.db").exists(), "a worker keeps nothing");
}

#[test]
fn without_a_master_key_there_is_no_fleet() {
    let setting = Setting::new(HOST);
    for command in [["notify", "run"], ["notify", "worker"]] {
        let refused = setting.run(command.into_iter().chain(["--fleet", "nats://127.0.0.1:1"]));
        assert_eq!(refused.status, Some(2), "{refused:#?}");
        assert!(
            refused.stderr.contains("a fleet needs a master key") && refused.stderr.contains("HOOKSEAL_MASTER_KEY")
        );
    }
    assert!(!setting.path("store.db").exists());
}

#[test]
fn a_host_with_integrations_of_its_own_is_told_what_to_do() {
    let (server, setting) = (NatsServer::start(), Setting::new(HOST));
    setting.write("figures.json", r#"{"available":50,"total":100}"#);
    let id = setting.add(["--type=health.webhook", "--url=https://example.com/"]);
    let mut command = setting.command(["notify", "run", "--fleet", &server.url()]);
    let refused = hookseal_tests::Outcome::of(command.env("HOOKSEAL_MASTER_KEY", MASTER_KEY), b"");
    assert_eq!(refused.status, Some(1), "{refused:#?}");
    assert!(refused.stderr.contains(&id) && refused.stderr.contains("--fleet"), "{refused:#?}");
}
