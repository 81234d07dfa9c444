//! `hookseal notify run --listen`: the daemon's dashboard, over HTTP.

use std::net::{SocketAddr, TcpListener};

use hookseal_tests::{Answer, Connection, Outcome, Request, eventually, python};

use crate::daemon::Daemon;
use crate::setting::Setting;

const CONFIG: &str = "project = \"shop\"\ninterval = \"1s\"\nallow_network = [\"127.0.0.0/8\"]\n\
    [delivery]\nfirst_delay = \"20ms\"\nlongest_delay = \"50ms\"\ngive_up_after = \"100ms\"\n\
    [[service]]\nname = \"fine\"\ncommand = [\"echo\", '{\"available\":60,\"total\":100}']\n\
    [[service]]\nname = \"full\"\ncommand = [\"echo\", '{\"available\":5,\"total\":100}']\n";

/// A notifier with a dashboard.
struct Running {
    _daemon: Daemon,
    address: SocketAddr,
}

impl Running {
    fn start(setting: &Setting, more: &[&str]) -> Self {
        let ready = setting.path("ready");
        let arguments = ["notify", "run", "--log", "off", "--listen", "127.0.0.1:0", "--ready-file", "ready"];
        let daemon = Daemon::start_command(setting, &mut setting.command(arguments.iter().chain(more)));
        let address = eventually("it listens", || std::fs::read_to_string(&ready).ok()?.trim().parse().ok());
        Running { _daemon: daemon, address }
    }

    fn ask(&self, request: &Request) -> Answer {
        let mut connection = Connection::to(self.address);
        connection.send(request.octets()).expect("it listens");
        connection.answer()
    }

    fn get(&self, path: &str) -> Answer {
        self.ask(&Request::get(&format!("/_hookseal/{path}")))
    }

    fn post(&self, path: &str, body: &str) -> Answer {
        let request = Request::post(&format!("/_hookseal/{path}")).header("Content-Type", "application/json");
        self.ask(&request.body(body))
    }
}

/// A port that nobody listens on, as far as one can know.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("there are ports").port()
}

#[test]
fn what_the_daemon_finds_and_does_is_on_its_dashboard() {
    let setting = Setting::new(CONFIG);
    let url = format!("http://127.0.0.1:{}/health", closed_port());
    let webhook = setting.add(["--type", "health.webhook", "--url", &url]);
    let running = Running::start(&setting, &[]);
    let status =
        eventually("it has checked", || Some(running.get("api/status").json()).filter(|it| !it["round"].is_null()));
    let full = &status["resources"][0];
    assert_eq!((&full["service"], &full["state"], &full["percent"]), (&"full".into(), &"critical".into(), &5.into()));
    assert_eq!((&status["project"], &status["trouble"]), (&"shop".into(), &serde_json::Value::Null));
    let history = running.get("api/history?service=fine&resource=disk").json();
    assert!(!history["points"].as_array().expect("a list").is_empty(), "{history}");

    let dead = eventually("it gives up", || {
        let dead = running.get("api/deliveries?state=dead").json();
        dead["deliveries"].get(0).cloned()
    });
    assert_eq!(dead["integration"], *webhook);
    let id = dead["id"].as_str().expect("an id");
    let before = running.get(&format!("api/deliveries/{id}")).json()["attempts"].as_array().expect("a list").len();
    assert_eq!(running.post("api/redeliver", r#"{"state":"dead"}"#).json()["redelivered"], 1);
    eventually("it is tried again", || {
        let attempts = running.get(&format!("api/deliveries/{id}")).json()["attempts"].as_array()?.len();
        (attempts > before).then_some(())
    });
    let health = &running.get("api/integrations").json()["integrations"][0]["health"];
    assert_eq!(health["state"], "failing", "{health}");

    assert_eq!(running.get("healthz").json()["status"], "ok");
    let metrics = running.get("metrics");
    assert!(metrics.header("content-type").expect("a type").starts_with("application/openmetrics-text"));
    assert!(String::from_utf8_lossy(&metrics.body).contains("hookseal_"));
    let page = running.get("");
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
}

#[test]
fn the_dashboard_is_for_this_machine_or_for_who_has_the_token() {
    let setting = Setting::new(CONFIG);
    let running = Running::start(&setting, &[]);
    let foreign = Request::get("/_hookseal/api/status").header("Host", "evil.example");
    assert_eq!(running.ask(&foreign).status, 403);
    let as_form =
        Request::post("/_hookseal/api/redeliver").header("Content-Type", "text/plain").body(r#"{"state":"dead"}"#);
    assert_eq!(running.ask(&as_form).status, 415);
    drop(running);
    std::fs::remove_file(setting.path("ready")).expect("it is there: the notifier was killed");

    let running = Running::start(&setting, &["--token", "s3cret-t0ken"]);
    assert_eq!(running.get("api/status").status, 401);
    let with_token = foreign.header("Authorization", "Bearer s3cret-t0ken");
    assert_eq!(running.ask(&with_token).status, 200);
    assert_eq!(running.get("healthz").body, br#"{"status":"ok"}"#);
}

#[test]
fn a_dashboard_that_cannot_be_is_said_at_once() {
    let setting = Setting::new(CONFIG);
    let taken = TcpListener::bind("127.0.0.1:0").expect("there are ports");
    let address = taken.local_addr().expect("it has one").to_string();
    let outcome = setting.run(["notify", "run", "--listen", &address]);
    assert_eq!(outcome.status, Some(1), "{outcome:#?}");
    assert!(outcome.stderr.contains(&format!("error: cannot listen on {address}")), "{}", outcome.stderr);
    let outcome = setting.run(["notify", "run", "--ready-file", "ready"]);
    assert_eq!(outcome.status, Some(2), "{outcome:#?}");
    assert!(outcome.stderr.contains("Add --listen 127.0.0.1:0"), "{}", outcome.stderr);
}

#[test]
fn every_answer_is_as_the_description_says() {
    let setting = Setting::new(CONFIG);
    setting.add(["--type", "health.slack", "--channel", "#operations", "--token", "xoxb-1"]);
    let running = Running::start(&setting, &[]);
    let schemathesis = "from schemathesis.cli import schemathesis; schemathesis()";
    let description = format!("http://{}/_hookseal/api/openapi.json", running.address);
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
    let mut command = python();
    command.current_dir(setting.path("")).args(["-c", schemathesis, "run", &description, "--no-color"]);
    command.args(["--phases", "coverage,fuzzing", "--max-examples", "5", "--generation-deterministic"]);
    // The stream has no end of its own.
    command.args(["--exclude-path-regex", "/events$", "--checks", checks]);
    let ran = Outcome::of(&mut command, b"");
    println!("{}", ran.stdout);
    assert_eq!(ran.status, Some(0), "{}\n{}", ran.stdout, ran.stderr);
}
