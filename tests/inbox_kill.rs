//! The inbox on disk when the process is killed in the middle of its work.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hookseal_tests::{Connection, KEY, Receiver, Request};

/// How often; `cargo xtask soak kill` asks for more.
fn rounds() -> usize {
    std::env::var("HOOKSEAL_KILLS").map_or(3, |kills| kills.parse().expect("it is a number"))
}

/// Deliveries a second that the kill has to interrupt: `cargo xtask soak kill` asks a release build for more.
fn least_rate() -> f64 {
    std::env::var("HOOKSEAL_KILL_RATE").map_or(150.0, |rate| rate.parse().expect("it is a number"))
}

#[test]
fn whatever_was_answered_2xx_is_there_after_a_kill() {
    for round in 1..=rounds() {
        let folder = tempfile::tempdir().unwrap();
        let inbox = format!("sqlite:{}", folder.path().join("inbox.db").display());
        let start = || Receiver::start(["--shared-key", KEY, "--log", "off", "--inbox", &inbox]);
        let mut receiver = start();
        let started = Instant::now();
        // Never twice at the same moment of a group or of the write-ahead log's life.
        let accepted = send_until_killed(&mut receiver, Duration::from_millis(700 + 131 * (round as u64 % 7)));
        let rate = accepted.len() as f64 / started.elapsed().as_secs_f64();

        let receiver = start();
        let kept: HashSet<_> = exported_paths(&receiver);
        let lost: Vec<_> = accepted.iter().filter(|path| !kept.contains(*path)).collect();
        println!("kill {round}: {} were answered 2xx ({rate:.0} a second), {} are there", accepted.len(), kept.len());
        assert!(rate >= least_rate(), "{rate:.0} a second are too few to prove anything");
        assert!(lost.is_empty(), "{} were answered 2xx and are lost: {lost:?}", lost.len());
        // What was kept without an answer is what was under way: one for each connection at the most.
        assert!(kept.len() - accepted.len() <= SENDERS, "{} were kept that nobody sent", kept.len());
        receiver.assert_unharmed();
    }
}

const SENDERS: usize = 32;

/// As many deliveries as it takes, and the paths of those that were answered 2xx.
fn send_until_killed(receiver: &mut Receiver, after: Duration) -> Vec<String> {
    let signed = Request::post("/").signed([b'a'; 1_490]);
    let stop = AtomicBool::new(false);
    let address = receiver.address();
    std::thread::scope(|scope| {
        let (signed, stop) = (&signed, &stop);
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                scope.spawn(move || {
                    let mut connection = Connection::to(address);
                    let mut accepted = Vec::new();
                    for number in 0.. {
                        let path = format!("/{sender}/{number}");
                        if connection.send(signed.clone().to(&path).octets()).is_err() || stop.load(Ordering::Relaxed) {
                            break;
                        }
                        match connection.try_answer() {
                            Ok(answer) if answer.status == 204 => accepted.push(path),
                            Ok(answer) => panic!("{answer:?}"),
                            Err(_) => break,
                        }
                    }
                    accepted
                })
            })
            .collect();
        std::thread::sleep(after);
        receiver.signal("KILL");
        receiver.wait_for_exit();
        stop.store(true, Ordering::Relaxed);
        senders.into_iter().flat_map(|sender| sender.join().expect("it saw only 204")).collect()
    })
}

fn exported_paths(receiver: &Receiver) -> HashSet<String> {
    let export = receiver.api("export?format=ndjson").body;
    let text = String::from_utf8(export).expect("it is JSON");
    text.lines()
        .map(|line| {
            let delivery: serde_json::Value = serde_json::from_str(line).expect("it is JSON");
            assert_eq!((&delivery["verdict"], &delivery["body_size"]), (&"valid".into(), &1_490.into()), "{delivery}");
            delivery["path"].as_str().expect("it has a path").to_owned()
        })
        .collect()
}
