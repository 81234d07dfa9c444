//! `hookseal notify run` as a process of its own.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

use hookseal_tests::{Connection, Outcome, Request, eventually};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::setting::Setting;

/// A running notifier. It is killed when this is dropped.
pub(crate) struct Daemon {
    process: Child,
    folder: PathBuf,
}

impl Daemon {
    /// Starts one on a setting, and waits until it watches.
    pub(crate) fn start(setting: &Setting) -> Self {
        Self::start_command(setting, &mut setting.command(["notify", "run", "--log", "json"]))
    }

    pub(crate) fn start_command(setting: &Setting, command: &mut Command) -> Self {
        Self::start_until(setting, command, "Watching")
    }

    /// Waits until it has said this.
    pub(crate) fn start_until(setting: &Setting, command: &mut Command, said: &str) -> Self {
        let folder = setting.path("");
        let file = |name: &str| File::create(folder.join(name)).expect("there is room");
        let process = command.stdout(file("stdout")).stderr(file("stderr")).spawn().expect("it starts");
        let mut daemon = Daemon { process, folder };
        eventually("it is up", || {
            if let Ok(Some(status)) = daemon.process.try_wait() {
                panic!("it ended with {status}: {}", daemon.stderr());
            }
            daemon.stderr().contains(said).then_some(())
        });
        daemon
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn stderr(&self) -> String {
        std::fs::read_to_string(self.folder.join("stderr")).unwrap_or_default()
    }

    /// What it has logged so far, of one kind: `check`, `attempt`, `trouble`, `over`.
    pub(crate) fn logged(&self, event: &str) -> Vec<Value> {
        let log = std::fs::read_to_string(self.folder.join("stdout")).unwrap_or_default();
        // The last line may be half written.
        let lines = log.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let lines = lines.map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"));
        lines.filter(|line| line["event"] == event).collect()
    }

    /// Tells it to stop, and waits until it has and has said this: its exit status.
    pub(crate) fn stop_saying(self, last: &str) -> Option<i32> {
        let folder = self.folder.clone();
        let status = self.stop();
        let said = std::fs::read_to_string(folder.join("stderr")).unwrap_or_default();
        assert!(said.contains(last), "{said}");
        status.code()
    }

    /// Tells it to stop, and waits until it has.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let id = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw).expect("it runs");
        kill_process(id, Signal::TERM).expect("it runs");
        eventually("it ends", || self.process.try_wait().expect("it is a child"))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const WATCHED: &str = "interval = \"1s\"\n[[service]]\nname = \"app\"\ncommand = [\"cat\", \"figures.json\"]\n";

#[test]
fn a_store_has_one_daemon() {
    let setting = Setting::new(WATCHED);
    setting.write("figures.json", r#"{"available":50,"total":100}"#);
    let daemon = Daemon::start(&setting);
    let second = setting.run(["notify", "run"]);
    assert_eq!(second.status, Some(1), "{second:#?}");
    let expected = format!("another daemon runs on store.db (process {})", daemon.id());
    assert!(second.stderr.contains(&expected) && second.stderr.contains("hint: "), "{second:#?}");
    // Its commands take no lock.
    setting.add(["--type=health.webhook", "--url=https://example.com/"]);
    assert_eq!(daemon.stop().code(), Some(0));
    assert_eq!(Daemon::start(&setting).stop().code(), Some(0), "the lock went with the first one");
}

#[test]
fn a_daemon_with_nothing_to_watch_does_not_start() {
    let setting = Setting::new("");
    let outcome = setting.run(["notify", "run"]);
    assert_eq!(outcome.status, Some(2), "{outcome:#?}");
    assert!(outcome.stderr.contains("no [[service]]") && outcome.stderr.contains("--discover"), "{outcome:#?}");
}

#[test]
fn what_cannot_be_measured_is_unknown_in_the_status_after_three_rounds_and_never_an_all_clear() {
    let setting = Setting::new(WATCHED);
    let receiver = hookseal_tests::Receiver::with_key();
    setting.write("key.txt", hookseal_tests::KEY);
    let url = format!("--url={}/", receiver.url());
    let id = setting.add(["--type=health.webhook", &url, "--shared-key-file=key.txt", "--allow-network=127.0.0.1"]);
    setting.write("hookseal.toml", &format!("store = \"store.db\"\nallow_network = [\"127.0.0.1\"]\n{WATCHED}"));
    setting.write("figures.json", r#"{"available":5,"total":100}"#);
    let daemon = Daemon::start(&setting);
    receiver.wait_for(1, "/");
    assert_eq!(status(&setting).status, Some(0), "a full disk is no illness of the notifier's");

    std::fs::remove_file(setting.path("figures.json")).unwrap();
    let unknown = eventually("it is unknown", || Some(status(&setting)).filter(|outcome| outcome.status == Some(1)));
    let seen = unknown.json();
    assert!(seen["problems"][0].as_str().unwrap().starts_with("disk of app is unknown for 3 rounds: cat: "), "{seen}");
    assert_eq!(seen["resources"][0]["state"], "critical", "its state is the last known one");

    setting.write("figures.json", r#"{"available":50,"total":100}"#);
    let told = receiver.wait_for(2, "/");
    assert_eq!(told.iter().map(|one| one["event"]["severity"].clone()).collect::<Vec<_>>(), ["critical", "all-clear"]);
    assert_eq!(status(&setting).status, Some(0));

    drop(receiver);
    setting.write("figures.json", r#"{"available":5,"total":100}"#);
    let failing = eventually("it fails", || Some(status(&setting)).filter(|outcome| outcome.status == Some(1)));
    let problem = failing.json()["problems"][0].as_str().unwrap().to_owned();
    assert!(problem.starts_with(&format!("the integration {id} fails since ")), "{problem}");
    assert!(daemon.logged("attempt").iter().any(|line| line["outcome"] == "retry"), "{}", daemon.stderr());
}

#[test]
fn a_silence_keeps_the_fall_back_and_its_end_tells() {
    let setting = Setting::new(&format!("allow_network = [\"127.0.0.1\"]\n{WATCHED}"));
    setting.write("figures.json", r#"{"available":5,"total":100}"#);
    let receiver = hookseal_tests::Receiver::with_key();
    setting.write("key.txt", hookseal_tests::KEY);
    setting.add(["--type=health.webhook", &format!("--url={}/", receiver.url()), "--shared-key-file=key.txt"]);
    let made = setting.succeed(["notify", "silence", "add", "--service=app", "--for=1h", "--json"]).json();
    let daemon = Daemon::start(&setting);
    eventually("it has checked", || (!daemon.logged("check").is_empty()).then_some(()));
    let would = setting.run(["notify", "check", "--once", "--json"]).json();
    assert_eq!(would[0]["state"], "critical", "{would}");
    assert!(receiver.deliveries("").is_empty());
    setting.succeed(["notify", "silence", "end", made[0]["id"].as_str().unwrap()]);
    assert_eq!(receiver.wait_for(1, "/")[0]["event"]["severity"], "critical");
}

#[test]
fn the_dashboard_asks_for_the_token() {
    const TOKEN: &str = "a-token-of-some-length";
    let setting = Setting::new(&format!("listen = \"127.0.0.1:0\"\ntoken = \"{TOKEN}\"\n{WATCHED}"));
    setting.write("figures.json", r#"{"available":50,"total":100}"#);
    let daemon = Daemon::start(&setting);
    let address: SocketAddr = eventually("it says where the dashboard is", || {
        let stderr = daemon.stderr();
        stderr.split_once("dashboard: http://")?.1.split_once("/_hookseal/")?.0.parse().ok()
    });
    let asked = |authorization: Option<String>| {
        let request = Request::get("/_hookseal/api/status");
        let request = match authorization {
            Some(value) => request.header("Authorization", value),
            None => request,
        };
        let mut connection = Connection::to(address);
        connection.send(request.octets()).unwrap();
        connection.answer()
    };
    assert_eq!(asked(Some(format!("Bearer {TOKEN}"))).status, 200);
    for wrong in [None, Some("Bearer wrong".to_owned()), Some(format!("Bearer {TOKEN}x")), Some(TOKEN.to_owned())] {
        let answer = asked(wrong.clone());
        assert_eq!(answer.status, 401, "{wrong:?}");
        assert!(!String::from_utf8_lossy(&answer.body).contains("app"), "{answer:?}");
    }
    assert!(!daemon.stderr().contains(TOKEN));
    assert_eq!(daemon.stop().code(), Some(0));
}

#[test]
fn a_dashboard_for_elsewhere_with_a_token_that_can_be_guessed_does_not_start() {
    let setting = Setting::new(&format!("listen = \"0.0.0.0:0\"\ntoken = \"guess\"\n{WATCHED}"));
    let outcome = setting.run(["notify", "run"]);
    assert_eq!(outcome.status, Some(2), "{outcome:#?}");
    assert!(outcome.stderr.contains("shorter than 16") && !outcome.stderr.contains("guess"), "{outcome:#?}");
}

#[test]
fn what_was_given_up_is_delivered_again_on_request() {
    let setting = Setting::new(&format!(
        "allow_network = [\"127.0.0.1\"]\n{WATCHED}\n[delivery]\nfirst_delay = \"10ms\"\ngive_up_after = \"200ms\"\n"
    ));
    setting.write("figures.json", r#"{"available":5,"total":100}"#);
    setting.write("key.txt", hookseal_tests::KEY);
    let id = {
        let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        setting.add(["--type=health.webhook", &format!("--url=http://{gone}/"), "--shared-key-file=key.txt"])
    };
    let daemon = Daemon::start(&setting);
    let dead = eventually("it is given up", || {
        let failed = setting.run(["integration:activities", "--result", "failure", "--json"]).json();
        failed.as_array().filter(|failed| !failed.is_empty()).cloned()
    });
    let log = setting.succeed(["integration:activity:log", dead[0]["id"].as_str().unwrap()]);
    assert!(log.stdout.contains("Attempt 2") && log.stdout.contains("connection refused"), "{log:#?}");
    assert!(!log.stdout.contains(hookseal_tests::KEY), "{log:#?}");

    let receiver = hookseal_tests::Receiver::with_key();
    setting.succeed(["integration:update", &id, "--url", &format!("{}/", receiver.url())]);
    let again = setting.succeed(["notify", "redeliver", "--dead", "--json"]);
    assert_eq!(again.json()["redelivered"], 1);
    let came = receiver.wait_for(1, "/");
    assert_eq!(came[0]["verdict"], "valid");
    assert_eq!(came[0]["event"]["id"], dead[0]["parameters"]["event"], "with its id");
    drop(daemon);
}

/// What `notify status` says.
fn status(setting: &Setting) -> Outcome {
    setting.run(["notify", "status", "--json"])
}

/// Where a process sees a path.
pub(crate) fn seen_by(id: u32, path: &Path) -> PathBuf {
    Path::new("/proc").join(id.to_string()).join("root").join(path.strip_prefix("/").expect("it is absolute"))
}
