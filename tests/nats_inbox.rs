//! `hookseal receive --inbox nats://…` and `hookseal consume`, with the real server between them.

use std::collections::HashSet;
use std::io::Read as _;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookseal_nats::jetstream::stream;
use hookseal_nats::{Connection as Nats, NatsOptions};
use hookseal_tests::{Connection, KEY, NatsServer, Outcome, Receiver, Request, eventually, hookseal, run};
use serde_json::Value;

fn receiver(inbox: &str) -> Receiver {
    Receiver::start(["--shared-key", KEY, "--inbox", inbox])
}

/// What a consumer with a key prints of so many deliveries.
fn consumed(place: &str, durable: &str, count: usize, more: &[&str]) -> Vec<Value> {
    let count = count.to_string();
    let arguments = ["consume", place, "--json", "--durable", durable, "--count", &count];
    let outcome = run(arguments.iter().chain(more));
    assert_eq!(outcome.status, Some(0), "{outcome:?}");
    outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn body_of(delivery: &Value) -> Vec<u8> {
    STANDARD.decode(delivery["body"].as_str().unwrap()).unwrap()
}

/// A consumer that is killed when the test is over.
struct Consumer(Child);

impl Drop for Consumer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn what_came_is_in_the_stream_exactly() {
    let server = NatsServer::start();
    let place = format!("{}/HOOKS", server.url());
    let receiver = receiver(&place);
    let body = b"\x00\r\n\xff\xfeNATS/1.0\r\n\r\n";
    let odd = Request::post("/a%0d?b=1").header("x-b", b"\xff 2\t\"").header("x-a", b"").header("x-b", b"1");
    assert_eq!(receiver.exchange(&odd.clone().signed(body)).status, 204);
    assert_eq!(receiver.exchange(&Request::post("/unsigned").body(b"{}")).status, 401);
    assert_eq!(receiver.exchange(&odd.signed(body).to("/again")).status, 204);

    // What this receiver has captured, its API shows as with any inbox.
    let shown = receiver.wait_for(1, "/a%250d").remove(0);
    assert_eq!((shown["verdict"].as_str(), shown["replay"].as_bool()), (Some("valid"), Some(false)));
    assert_eq!(receiver.deliveries("verdict=unsigned").len(), 1);

    let all = consumed(&place, "all", 3, &["--shared-key", KEY]);
    assert_eq!(body_of(&all[0]), body);
    for key in
        ["id", "received_at", "method", "target", "headers", "peer", "body_sha256", "key", "http_version", "response"]
    {
        assert_eq!(all[0][key], shown[key], "{key}");
    }
    assert_eq!(all[0]["verified"]["valid"], true);
    assert_eq!((all[1]["verdict"].as_str(), all[1]["code"].as_str()), (Some("unsigned"), Some("missing_signature")));
    assert_eq!(all[1]["verified"]["code"], "missing_signature");
    assert_eq!(all[2]["replay"], true);

    // Another consumer has them all too, or those that it wants.
    let valid = consumed(&place, "valid", 2, &["--verdict", "valid"]);
    assert_eq!((&valid[0]["id"], &valid[1]["path"]), (&all[0]["id"], &Value::from("/again")));
    assert_eq!(valid[0]["verified"], Value::Null);

    let nats = Nats::connect(&NatsOptions::parse(&server.url()).unwrap()).await.unwrap();
    let stream = nats.jetstream().get_stream("HOOKS").await.unwrap();
    let message = stream.get_raw_message(1).await.unwrap();
    assert_eq!(&message.payload[..], body);
    assert_eq!(message.subject.as_str(), "hookseal.inbox.HOOKS.valid");
    assert_eq!(message.headers.get("Hookseal-Verdict").unwrap().as_str(), "valid");
    let said: Value = serde_json::from_str(message.headers.get("Hookseal-Delivery").unwrap().as_str()).unwrap();
    assert_eq!(said["id"], all[0]["id"]);
}

#[test]
fn a_delivery_is_answered_2xx_only_once_it_is_kept() {
    let mut server = NatsServer::start();
    let receiver = receiver(&server.url());
    let stop = AtomicBool::new(false);
    let address = receiver.address();
    let accepted: HashSet<String> = std::thread::scope(|scope| {
        let stop = &stop;
        let senders: Vec<_> = (0..8)
            .map(|sender| {
                scope.spawn(move || {
                    let (mut accepted, mut refused) = (Vec::new(), 0);
                    for number in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            break;
                        }
                        let path = format!("/{sender}/{number}");
                        let mut connection = Connection::to(address);
                        connection.send(Request::post("/").signed(b"{}").to(&path).octets()).unwrap();
                        let answer = connection.answer();
                        match answer.status {
                            204 => {
                                accepted.push(path);
                                std::thread::sleep(Duration::from_millis(10));
                            }
                            503 => {
                                assert_eq!(answer.header("retry-after"), Some("1"));
                                assert_eq!(answer.code().as_deref(), Some("inbox_unavailable"));
                                refused += 1;
                                std::thread::sleep(Duration::from_millis(20));
                            }
                            other => panic!("{other}: {answer:?}"),
                        }
                    }
                    assert!(refused > 0, "the server was away");
                    accepted
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(400));
        server.kill();
        eventually("its health says so", || (receiver.health()["status"] == "inbox_unavailable").then_some(()));
        // Those that were under way are told at the latest when the server should have acknowledged them.
        std::thread::sleep(Duration::from_millis(5_500));
        server.restart();
        eventually("its health is well again", || {
            let answer = receiver.exchange(&Request::post("/probe").signed(b"{}"));
            (answer.status == 204 && receiver.health()["status"] == "ok").then_some(())
        });
        std::thread::sleep(Duration::from_millis(300));
        stop.store(true, Ordering::Relaxed);
        senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
    });
    assert!(accepted.len() > 50, "{} are too few to prove anything", accepted.len());
    let shown = receiver.deliveries("limit=1000");
    assert!(shown.len() > accepted.len(), "each that was answered is shown");
    // Some more may be kept that were answered 503.
    let kept = consumed(&server.url(), "all", shown.len(), &[]);
    let kept: HashSet<_> = kept.iter().map(|delivery| delivery["path"].as_str().unwrap().to_owned()).collect();
    let rest = tempfile::NamedTempFile::new().unwrap();
    let _consumer = Consumer(
        hookseal()
            .args(["consume", &server.url(), "--json", "--durable", "all"])
            .stdout(rest.reopen().unwrap())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    eventually("all that was answered 2xx is kept", || {
        let lines = std::fs::read_to_string(rest.path()).unwrap();
        let whole = lines.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let rest: Vec<Value> = whole.map(|line| serde_json::from_str(line).unwrap()).collect();
        let is_kept = |path: &String| kept.contains(path) || rest.iter().any(|delivery| delivery["path"] == **path);
        accepted.iter().all(is_kept).then_some(())
    });
    assert!(receiver.stderr().contains("The inbox takes deliveries again"), "{}", receiver.stderr());
}

#[test]
fn a_consumer_that_is_killed_before_it_acknowledges_loses_nothing() {
    let server = NatsServer::start();
    let receiver = receiver(&server.url());
    // More than a pipe holds: the consumer has it, and cannot have printed all of it.
    let large = vec![b'a'; 300 << 10];
    assert_eq!(receiver.exchange(&Request::post("/large").signed(&large)).status, 204);
    let consumer = hookseal()
        .args(["consume", &server.url(), "--json", "--ack-wait", "1s"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut consumer = Consumer(consumer.unwrap());
    let mut stdout = consumer.0.stdout.take().unwrap();
    let mut first = [0];
    stdout.read_exact(&mut first).unwrap();
    consumer.0.kill().unwrap();
    consumer.0.wait().unwrap();

    let again = consumed(&server.url(), "hookseal-consume", 1, &["--ack-wait", "1s"]);
    assert_eq!(again[0]["id"], receiver.deliveries("")[0]["id"]);
    assert_eq!(body_of(&again[0]), large);
    // Now that it is acknowledged, it does not come a third time.
    assert_eq!(receiver.exchange(&Request::post("/next").signed(b"{}")).status, 204);
    std::thread::sleep(Duration::from_millis(1_200));
    assert_eq!(consumed(&server.url(), "hookseal-consume", 1, &["--ack-wait", "1s"])[0]["path"], "/next");
}

#[test]
fn a_receiver_that_is_killed_leaves_what_it_has_answered() {
    let server = NatsServer::start();
    let mut first = receiver(&server.url());
    assert_eq!(first.exchange(&Request::post("/first").signed(b"{}")).status, 204);
    first.signal("KILL");
    first.wait_for_exit();
    let second = receiver(&server.url());
    assert_eq!(second.exchange(&Request::post("/second").signed(b"[]")).status, 204);
    assert_eq!(second.deliveries("").len(), 1, "it shows what it has captured itself");
    let kept = consumed(&server.url(), "all", 2, &[]);
    assert_eq!((&kept[0]["path"], &kept[1]["path"]), (&Value::from("/first"), &Value::from("/second")));
}

#[test]
fn what_the_server_does_not_take_is_answered_413() {
    let server = NatsServer::start_with("max_payload: 65536");
    let receiver = receiver(&server.url());
    let said = receiver.stderr();
    assert!(said.contains("--max-body is 1.0 MiB") && said.contains("64.0 KiB"), "{said}");
    let answer = receiver.exchange(&Request::post("/large").signed(vec![b'a'; 100 << 10]));
    assert_eq!((answer.status, answer.code().as_deref()), (413, Some("body_too_large")));
    assert_eq!(receiver.exchange(&Request::post("/small").signed(vec![b'a'; 50 << 10])).status, 204);
    assert_eq!(receiver.health()["status"], "ok", "one that is too large says nothing of others");
    assert_eq!(receiver.deliveries("").len(), 1);
    assert!(receiver.stderr().contains("its sender was told (413)"), "{}", receiver.stderr());
}

#[test]
fn users_and_certificates_are_shown_and_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let server = NatsServer::start_with(&format!(
        "tls {{ cert_file: {certificate:?}, key_file: {key:?} }}\nauthorization {{ user: hooks, password: s3cret }}"
    ));
    let place = format!("tls://hooks:s3cret@{}", server.address());
    let ca = ["--nats-ca", certificate.to_str().unwrap()];
    let receiver = Receiver::start(["--shared-key", KEY, "--inbox", &place].iter().chain(&ca));
    assert_eq!(receiver.exchange(&Request::post("/").signed(b"{}")).status, 204);
    assert_eq!(consumed(&place, "all", 1, &ca).len(), 1);

    let untrusted = run(["consume", &place]);
    assert_eq!(untrusted.status, Some(1), "{untrusted:?}");
    assert!(
        untrusted.stderr.contains("no NATS server answers") && !untrusted.stderr.contains("s3cret"),
        "{untrusted:?}"
    );
    let wrong = format!("tls://hooks:wr0ng@{}", server.address());
    let stranger = run(["consume", &wrong].iter().chain(&ca));
    assert_eq!(stranger.status, Some(1), "{stranger:?}");
    assert!(stranger.stderr.contains("does not let us in") && !stranger.stderr.contains("wr0ng"), "{stranger:?}");
}

fn refused(arguments: &[&str]) -> Outcome {
    let outcome = run(["receive", "--shared-key", KEY, "--listen", "127.0.0.1:0"].iter().chain(arguments));
    assert!(!outcome.stderr.contains("s3cret"), "{outcome:?}");
    outcome
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_is_said() {
    let server = NatsServer::start();
    for (arguments, status, said) in [
        (&["--inbox", "nats://u:s3cret@:1"][..], 2, "is no NATS server"),
        (&["--inbox", "nats://u:s3cret@127.0.0.1:1"], 1, "no NATS server answers at nats://127.0.0.1:1"),
        (&["--inbox", &format!("{}/A.B", server.url())], 2, "cannot be a stream's name"),
        (&["--inbox", &server.url(), "--replicas", "3"], 1, "cannot be kept on 3 servers"),
        (&["--inbox", &server.url(), "--nats-credentials", "no/such.creds"], 2, "cannot read no/such.creds"),
        (&["--nats-ca", "ca.pem"], 2, "--nats-ca has no meaning without --inbox nats://"),
        (&["--inbox", "nats://u:s3cret@:1", "--check"], 2, "is no NATS server"),
    ] {
        let outcome = refused(arguments);
        assert_eq!(outcome.status, Some(status), "{arguments:?}: {outcome:?}");
        assert!(outcome.stderr.contains(said), "{arguments:?}: {outcome:?}");
    }
    let missing = run(["consume", &format!("{}/NONE", server.url())]);
    assert!(missing.stderr.contains("cannot consume stream NONE"), "{missing:?}");

    // A stream of somebody else's is left as it is.
    let nats = Nats::connect(&NatsOptions::parse(&server.url()).unwrap()).await.unwrap();
    let other = stream::Config {
        name: "OTHERS".to_owned(),
        subjects: vec!["hookseal.inbox.OTHERS.*".to_owned()],
        retention: stream::RetentionPolicy::WorkQueue,
        ..stream::Config::default()
    };
    nats.jetstream().create_stream(other).await.unwrap();
    let outcome = refused(&["--inbox", &format!("{}/OTHERS", server.url())]);
    assert!(outcome.stderr.contains("retention is workqueue, and has to be limits"), "{outcome:?}");
    let found = nats.jetstream().get_stream("OTHERS").await.unwrap();
    assert_eq!(found.cached_info().config.retention, stream::RetentionPolicy::WorkQueue);
}
