//! The receiver, told to stop while it has something to do.
#![cfg(unix)]

use std::net::TcpStream;
use std::time::{Duration, Instant};

use hookseal_tests::{KEY, Receiver, Request, eventually, hookseal};

const BODY: &[u8] = b"{\"text\":\"under way\"}";

#[test]
fn a_request_under_way_is_answered_and_logged_before_it_ends_well() {
    for signal in ["INT", "TERM"] {
        let mut receiver = Receiver::start_command(hookseal().args(["receive", "--shared-key", KEY, "--log", "json"]));
        let request = Request::post("/under-way").signed(BODY).octets();
        let (first, second) = request.split_at(request.len() - 10);
        let mut connection = receiver.connect();
        connection.send(first).unwrap();
        // Answered on a later connection: the first one has been accepted by then, and its header read.
        receiver.assert_unharmed();

        receiver.signal(signal);
        let address = receiver.address();
        eventually("nobody else is let in", || TcpStream::connect(address).err());
        connection.send(second).unwrap();
        let answer = connection.answer();
        assert_eq!((answer.status, answer.header("connection")), (204, Some("close")), "{signal}");
        drop(connection);
        assert_eq!(receiver.wait_for_exit().code(), Some(0), "{signal}: {}", receiver.stderr());
        let log = receiver.stdout();
        let line = log.lines().find(|line| line.contains("/under-way")).unwrap_or_else(|| panic!("not logged: {log}"));
        assert!(line.contains("\"verdict\":\"valid\""), "{line}");
    }
}

#[test]
fn connections_that_do_nothing_do_not_delay_the_end() {
    let mut receiver = Receiver::with_key();
    let _silent = receiver.connect();
    let mut kept_open = receiver.connect();
    kept_open.send(Request::post("/").signed(BODY).octets()).unwrap();
    assert_eq!(kept_open.answer().status, 204);
    receiver.assert_unharmed();
    let told = Instant::now();
    receiver.signal("TERM");
    assert_eq!(receiver.wait_for_exit().code(), Some(0));
    assert!(told.elapsed() < Duration::from_secs(8), "it took {:?}", told.elapsed());
}

#[test]
fn a_request_that_never_ends_is_cut_after_a_while() {
    let mut receiver = Receiver::with_key();
    let stuck = receiver.connect();
    stuck.send(Request::post("/").header("Content-Length", "100").head()).unwrap();
    receiver.assert_unharmed();
    receiver.signal("INT");
    assert_eq!(receiver.wait_for_exit().code(), Some(0), "{}", receiver.stderr());
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let mut receiver = Receiver::with_key();
    let stuck = receiver.connect();
    stuck.send(Request::post("/").header("Content-Length", "100").head()).unwrap();
    receiver.assert_unharmed();
    receiver.signal("INT");
    let address = receiver.address();
    eventually("it is stopping", || TcpStream::connect(address).err());
    receiver.signal("INT");
    assert_eq!(receiver.wait_for_exit().code(), Some(130));
}

#[test]
fn a_log_that_nobody_reads_does_not_keep_it_from_ending() {
    let command = &mut hookseal();
    command.args(["receive", "--shared-key", KEY, "--log", "json"]);
    let (mut receiver, _unread) = Receiver::start_stuck(command);
    for _ in 0..300 {
        assert_eq!(receiver.deliver("/", &Request::post("/").signed(BODY)).status, 204, "nor from answering");
    }
    receiver.signal("TERM");
    assert_eq!(receiver.wait_for_exit().code(), Some(0));
}

#[test]
fn a_long_poll_under_way_does_not_keep_it_from_ending() {
    let mut receiver = Receiver::with_key();
    let mut waiting = receiver.connect();
    waiting.send(Request::get("/_hookseal/api/wait?count=5&timeout=50s").octets()).unwrap();
    receiver.assert_unharmed();
    let told = Instant::now();
    receiver.signal("TERM");
    assert_eq!(receiver.wait_for_exit().code(), Some(0), "{}", receiver.stderr());
    assert!(told.elapsed() < Duration::from_secs(30), "it took {:?}", told.elapsed());
    let _ = waiting.try_answer(); // none, or one that says so: it must not hang
}

/// Senders that a fault or an answer's delay keeps waiting get their answer when the receiver is told to stop.
#[test]
fn delays_on_purpose_end_with_the_receiver() {
    let mut receiver = Receiver::start([
        "--shared-key",
        KEY,
        "--fault",
        "/late delay=60s",
        "--fault",
        "/slow slow_body delay=600s",
        "--respond",
        "/polite 200 delay=50s body=thanks",
    ]);
    let mut waiting = ["/late", "/slow", "/polite"].map(|path| {
        let connection = receiver.connect();
        connection.send(Request::post(path).signed(BODY).octets()).unwrap();
        connection
    });
    receiver.wait_for(3, "/*");
    let told = Instant::now();
    receiver.signal("TERM");
    let answers = waiting.each_mut().map(|connection| connection.answer());
    assert_eq!(answers.each_ref().map(|answer| answer.status), [204, 200, 200]);
    assert_eq!(answers[1].body, b"{\"status\":\"received\"}\n", "whole, and no longer slow");
    assert_eq!(receiver.wait_for_exit().code(), Some(0), "{}", receiver.stderr());
    assert!(told.elapsed() < Duration::from_secs(9), "it took {:?}", told.elapsed());
}
