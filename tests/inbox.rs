//! The inbox on disk, as whoever runs the receiver knows it: what it keeps, what it says, and what it does in trouble.

use std::path::PathBuf;
use std::process::Command;

use hookseal_tests::{KEY, Outcome, Receiver, Request, eventually, hookseal, hookseal_bin};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Disk(TempDir);

impl Disk {
    fn new() -> Self {
        Disk(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("inbox.db")
    }

    fn argument(&self) -> String {
        format!("sqlite:{}", self.file().display())
    }

    fn start(&self, more: &[&str]) -> Receiver {
        Receiver::start(["--shared-key", KEY, "--inbox", &self.argument()].iter().chain(more))
    }
}

#[test]
fn deliveries_outlive_the_process_and_are_known_when_they_come_again() {
    let disk = Disk::new();
    let mut receiver = disk.start(&[]);
    let signed =
        |number: usize| Request::post("/kept?a").header("X-A", b"\xff").signed(format!(r#"{{"id":"{number}"}}"#));
    for number in 0..50 {
        receiver.deliver("/kept", &signed(number));
    }
    receiver.deliver("/refused", &Request::post("/refused").body("{}"));
    let before = receiver.deliveries("");
    let place = receiver.api("deliveries").json()["events"].clone();
    receiver.signal("TERM");
    receiver.wait_for_exit();

    let receiver = disk.start(&[]);
    assert_eq!(receiver.deliveries(""), before);
    assert_eq!(receiver.api("deliveries").json()["events"], place, "a page goes on where it was");
    let mut numbers = 0..50;
    eventually("what is on disk is known again", || {
        receiver.deliver("/kept", &signed(numbers.next().expect("it is known before all have come again")));
        (receiver.deliveries("path=/kept&limit=1")[0]["replay"] == true).then_some(())
    });
    receiver.assert_unharmed();
}

#[test]
fn a_second_receiver_a_foreign_file_and_a_missing_folder_are_told_apart() {
    let disk = Disk::new();
    let receiver = disk.start(&[]);
    let second = receive(&["--inbox", &disk.argument()]);
    assert_eq!(second.status, Some(1));
    let expected =
        format!("error: cannot open the inbox: {} is another receiver's inbox: process ", disk.file().display());
    assert!(second.stderr.starts_with(&expected) && second.stderr.contains("hint: "), "{}", second.stderr);
    receiver.assert_unharmed();

    let notes = disk.0.path().join("notes.txt");
    std::fs::write(&notes, "my notes\n".repeat(1_000)).unwrap();
    let foreign = receive(&["--inbox", &format!("sqlite:{}", notes.display())]);
    assert!(foreign.status == Some(1) && foreign.stderr.contains("is no inbox of hookseal's"), "{}", foreign.stderr);
    assert_eq!(std::fs::read_to_string(&notes).unwrap(), "my notes\n".repeat(1_000));

    let missing = receive(&["--inbox", &format!("sqlite:{}/nowhere/inbox.db", disk.0.path().display())]);
    assert!(missing.status == Some(1) && missing.stderr.contains("no such file or directory"), "{}", missing.stderr);
    for wrong in ["sqlite:", "postgres:x", "inbox.db"] {
        let outcome = receive(&["--inbox", wrong]);
        assert!(
            outcome.status == Some(2) && outcome.stderr.contains("give memory, sqlite:FILE or nats://"),
            "{}",
            outcome.stderr
        );
    }
}

fn receive(arguments: &[&str]) -> Outcome {
    Outcome::of(hookseal().args(["receive", "--listen", "127.0.0.1:0", "--shared-key", KEY]).args(arguments), b"")
}

#[test]
fn what_is_too_many_too_much_or_too_old_goes() {
    for inbox in ["memory", "sqlite"] {
        let disk = Disk::new();
        let place = if inbox == "memory" { inbox.to_owned() } else { disk.argument() };
        let start = |more: &[&str]| Receiver::start(["--shared-key", KEY, "--inbox", &place].iter().chain(more));
        let send = |receiver: &Receiver, count: usize| {
            for number in 0..count {
                assert_eq!(receiver.exchange(&Request::post(&format!("/{number}")).signed("{}")).status, 204);
            }
        };
        let mut receiver = start(&["--keep-count", "3"]);
        send(&receiver, 5);
        let stats = receiver.health()["inbox"].clone();
        assert_eq!((&stats["held"], &stats["dropped"]), (&json!(3), &json!(2)), "{inbox}");
        stop(&mut receiver);

        let mut receiver = start(&["--keep-bytes", "4kB"]);
        send(&receiver, 20);
        let bytes = receiver.health()["inbox"]["bytes"].as_u64().unwrap();
        assert!((1_000..=4_000).contains(&bytes), "{inbox}: {bytes}");
        stop(&mut receiver);

        let receiver = start(&["--keep", "1s"]);
        send(&receiver, 1);
        eventually("it is too old", || receiver.deliveries("").is_empty().then_some(()));
    }
}

fn stop(receiver: &mut Receiver) {
    receiver.signal("TERM");
    receiver.wait_for_exit();
}

/// A limit on file sizes is a disk that is full, on any machine and for any user.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_once_refuses_with_503_and_loses_nothing() {
    let disk = Disk::new();
    let limited = r#"trap '' XFSZ; ulimit -S -f 512; exec "$0" "$@""#;
    let mut command = Command::new("sh");
    command.env_remove("HOOKSEAL_TOKEN").env("NO_COLOR", "1").args(["-c", limited]).arg(hookseal_bin());
    command.args(["receive", "--shared-key", KEY, "--inbox", &disk.argument()]);
    let receiver = Receiver::start_command(&mut command);
    let body = [b'a'; 10_000];
    let mut kept = Vec::new();
    for number in 0..100 {
        let path = format!("/{number}");
        let answer = receiver.deliver(&path, &Request::post(&path).signed(body));
        match answer.status {
            204 => kept.push(path),
            503 => assert_eq!(
                (answer.code().as_deref(), answer.header("retry-after")),
                (Some("inbox_unavailable"), Some("1"))
            ),
            other => panic!("{other}"),
        }
    }
    assert!((5..60).contains(&kept.len()), "{} were kept", kept.len());
    let health = receiver.exchange(&Request::get("/_hookseal/healthz"));
    assert_eq!((health.status, &health.json()["status"]), (503, &json!("inbox_unavailable")));
    let said = receiver.stderr();
    assert_eq!(said.matches("error: the inbox failed").count(), 1, "{said}");

    let unlimited =
        Command::new("prlimit").args(["--pid", &receiver.id().to_string(), "--fsize=unlimited:unlimited"]).status();
    assert!(unlimited.is_ok_and(|status| status.success()), "prlimit is there");
    let answer = receiver.deliver("/0/again", &Request::post("/0/again").signed(body));
    assert_eq!(answer.status, 204, "there is room again");
    let health = receiver.exchange(&Request::get("/_hookseal/healthz"));
    assert_eq!((health.status, &health.json()["status"]), (200, &json!("ok")));
    let deliveries = receiver.deliveries("");
    let paths: Vec<_> = deliveries.iter().rev().map(|delivery| delivery["path"].as_str().unwrap()).collect();
    assert_eq!(paths[..kept.len()], kept);
    assert_eq!(paths[kept.len()..], ["/0/again"], "what was refused is not there, and nothing else is lost");
    assert!(deliveries.iter().rev().skip(1).all(|delivery| delivery["truncated"] == Value::Bool(false)));
    eventually("it says that it is over", || receiver.stderr().contains("takes deliveries again").then_some(()));
    receiver.assert_unharmed();
}

/// Bodies are read into memory for a list, so that a page of large ones ends early.
#[test]
fn a_list_of_large_bodies_comes_in_pages_that_end_early() {
    let disk = Disk::new();
    let receiver = disk.start(&["--max-body", "16MiB", "--accept-all"]);
    let body = vec![b'x'; 12 << 20];
    for number in 0..7 {
        receiver.deliver(&format!("/{number}"), &Request::post(&format!("/{number}")).body(body.clone()));
    }
    let (mut paths, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let page = receiver.api(&format!("deliveries?limit=7{cursor}")).json();
        pages += 1;
        paths.extend(page["deliveries"].as_array().unwrap().iter().map(|delivery| delivery["path"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!((pages, paths), (2, (0..7).rev().map(|number| json!(format!("/{number}"))).collect()));
}
