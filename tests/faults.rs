//! Answers that are bad because somebody asked for it.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use hookseal_tests::{Answer, Receiver, Request};
use serde_json::{Value, json};

#[test]
fn statuses_come_in_their_order_and_are_shown_beside_the_delivery() {
    let receiver = Receiver::with_key();
    set(&receiver, &json!([{"path": "/orders/*", "status": [503, 429, 204], "retry_after": 2, "times": 4}]));
    let statuses: Vec<_> = (0..6).map(|_| deliver(&receiver, "/orders/1").status).collect();
    assert_eq!(statuses, [503, 429, 204, 503, 204, 204]);
    assert_eq!(deliver(&receiver, "/other").status, 204);
    let shown: Vec<_> = receiver.deliveries("path=/orders/1").iter().map(|one| one["response"].clone()).collect();
    assert_eq!(shown[0], json!({"status": 204, "fault": null}), "the newest");
    assert_eq!(shown[2], json!({"status": 503, "fault": "status"}));
    assert!(receiver.deliveries("").iter().all(|one| one["verdict"] == "valid"), "a fault changes no verdict");

    let rules = receiver.api("faults").json();
    assert_eq!((&rules["rules"][0]["matched"], &rules["rules"][0]["struck"]), (&json!(6), &json!(4)));
    assert_eq!(put(&receiver, &rules).status, 200, "what is answered can be sent back");
    let answer = deliver(&receiver, "/orders/2");
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")), "and counts from the start");
}

#[test]
fn a_connection_is_reset_or_closed_without_an_answer() {
    let receiver = Receiver::with_key();
    for (kind, error) in [("reset", ErrorKind::ConnectionReset), ("empty", ErrorKind::UnexpectedEof)] {
        set(&receiver, &json!([{"kind": kind, "times": 1}]));
        let mut connection = receiver.connect();
        connection.send(Request::post("/cut").signed(kind).octets()).unwrap();
        assert_eq!(connection.try_answer().expect_err(kind).kind(), error, "{kind}");
        let delivery = &receiver.deliveries("limit=1")[0];
        assert_eq!(delivery["response"], json!({"status": null, "fault": kind}));
        assert_eq!(delivery["verdict"], "valid");
    }
    assert_eq!(deliver(&receiver, "/").status, 204);
}

#[test]
fn bodies_are_cut_spoilt_or_slow() {
    let receiver = Receiver::with_key();
    set(&receiver, &json!([{"kind": "truncate", "times": 1}]));
    let mut connection = receiver.connect();
    connection.send(Request::post("/truncate").signed("1").octets()).unwrap();
    let rest = String::from_utf8(connection.rest()).unwrap();
    let (head, body) = rest.split_once("\r\n\r\n").unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert_eq!(body.len(), length.parse::<usize>().unwrap() / 2, "{rest}");

    set(&receiver, &json!([{"kind": "garbage", "status": [201], "times": 1}]));
    let answer = deliver(&receiver, "/garbage");
    assert_eq!((answer.status, answer.header("content-type")), (201, Some("application/json")));
    assert!(serde_json::from_slice::<Value>(&answer.body).is_err() && std::str::from_utf8(&answer.body).is_err());

    set(&receiver, &json!([{"kind": "slow_body", "delay_ms": 300, "times": 1}]));
    let (answer, took) = timed(|| deliver(&receiver, "/slow"));
    assert!(took >= Duration::from_millis(290), "{took:?}");
    assert_eq!(serde_json::from_slice::<Value>(&answer.body).unwrap(), json!({"status": "received"}));
    assert_eq!(deliver(&receiver, "/").status, 204);
}

#[test]
fn every_second_answer_is_late_and_nobody_else_waits() {
    let receiver = Receiver::with_key();
    set(&receiver, &json!([{"path": "/late", "every": 2, "delay_ms": 2_000}]));
    let (_, first) = timed(|| deliver(&receiver, "/late"));
    let mut held = receiver.connect();
    held.send(Request::post("/late").signed("x").octets()).unwrap();
    let delivery = receiver.wait_for(2, "/late").remove(1);
    assert!(!held.is_answered(), "it is kept, and its answer is held back");
    let (_, other) = timed(|| deliver(&receiver, "/other"));
    assert_eq!(held.answer().status, 204);
    assert!(first.max(other) < Duration::from_secs(2), "{first:?} {other:?}");
    assert_eq!(delivery["response"], json!({"status": 204, "fault": "delay"}));
}

#[test]
fn a_fault_accepts_nothing_that_was_refused() {
    let receiver = Receiver::with_key();
    set(&receiver, &json!([{"path": "/lenient", "status": [200]}, {"status": [500]}]));
    let refused = receiver.exchange(&Request::post("/lenient").body("unsigned"));
    assert_eq!((refused.status, refused.code().as_deref()), (401, Some("missing_signature")));
    assert_eq!(receiver.exchange(&Request::post("/").body("unsigned")).status, 500);
}

#[test]
fn a_mistake_is_named_and_leaves_the_rules_in_force() {
    let receiver = Receiver::with_key();
    set(&receiver, &json!([{"status": [418]}]));
    for (rules, said) in [
        (r#"{"rules":[{"status":[503]},{"status":[503,99]}]}"#, "rules[1].status[1]: is 99"),
        (r#"{"rules":[{"kind":"explode"}]}"#, "unknown variant `explode`"),
        (r#"{"rules":[{"pathh":"/"}]}"#, "unknown field `pathh`"),
        (r#"{"rules":[{"every":"2"}]}"#, "rules[0].every: invalid type"),
        (r#"{"rules":[{"path":"orders","status":[503]}]}"#, "begin it with / or *"),
        (r#"{"rules":{}}"#, "rules: invalid type"),
        ("{}", "missing field `rules`"),
        (r#"{"rules":["#, "EOF while parsing"),
        ("", "EOF while parsing"),
    ] {
        let answer = put_text(&receiver, rules);
        assert_eq!((answer.status, answer.code().as_deref()), (400, Some("invalid_faults")), "{rules}");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(said), "{rules}: {message}");
    }
    assert_eq!(deliver(&receiver, "/").status, 418);
    let no_json = Request::new("PUT", "/_hookseal/api/faults").body(r#"{"rules":[]}"#);
    assert_eq!(receiver.exchange(&no_json).status, 415);
    let foreign = no_json.header("Content-Type", "application/json").header("Origin", "http://evil.example");
    assert_eq!(receiver.exchange(&foreign).status, 403);
    assert_eq!(deliver(&receiver, "/").status, 418);
}

fn deliver(receiver: &Receiver, path: &str) -> Answer {
    receiver.exchange(&Request::post(path).signed("{}"))
}

fn timed(ask: impl FnOnce() -> Answer) -> (Answer, Duration) {
    let started = Instant::now();
    (ask(), started.elapsed())
}

fn set(receiver: &Receiver, rules: &Value) {
    let answer = put(receiver, &json!({ "rules": rules }));
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn put(receiver: &Receiver, faults: &Value) -> Answer {
    put_text(receiver, &faults.to_string())
}

fn put_text(receiver: &Receiver, faults: &str) -> Answer {
    receiver
        .exchange(&Request::new("PUT", "/_hookseal/api/faults").header("Content-Type", "application/json").body(faults))
}
