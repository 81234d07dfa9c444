//! Peers that send too much, too slowly or half: they cost the receiver little, and the others nothing.

use std::io;
use std::process::Command;
use std::time::{Duration, Instant};

use hookseal_tests::{Connection, KEY, Receiver, Request, eventually, hookseal_bin, signature};

/// What the receiver may have in use at its peak, in MiB, whatever is sent to it.
const MODEST: u64 = 100;

#[test]
fn ten_gibibytes_are_refused_at_once_and_never_held() {
    let receiver = Receiver::with_key();
    let announced = Request::post("/").header("Content-Length", (10_u64 << 30).to_string());
    let mut connection = receiver.connect();
    connection.send(announced.head()).unwrap();
    let sender = connection.second_handle();
    let sent = std::thread::spawn(move || send_on_regardless(&sender, &[b'a'; 1 << 16]));
    let answer = connection.answer();
    assert_eq!((answer.status, answer.code().as_deref()), (413, Some("body_too_large")));
    println!("{} MiB were sent before the connection was cut", sent.join().unwrap() >> 20);
    assert_within(receiver.peak_memory(), MODEST);
    let kept = &receiver.deliveries("")[0];
    assert_eq!((&kept["truncated"], &kept["body_size"]), (&true.into(), &0.into()), "none of it was read: {kept}");
    receiver.assert_unharmed();
}

#[test]
fn chunks_without_end_are_refused_at_the_limit_and_never_held() {
    let receiver = Receiver::with_key();
    let endless = Request::post("/").header("Transfer-Encoding", "chunked");
    let mut connection = receiver.connect();
    connection.send(endless.head()).unwrap();
    let sender = connection.second_handle();
    let chunk = [&b"10000\r\n"[..], &[b'a'; 1 << 16], b"\r\n"].concat();
    let sent = std::thread::spawn(move || send_on_regardless(&sender, &chunk));
    let answer = connection.answer();
    assert_eq!((answer.status, answer.code().as_deref()), (413, Some("body_too_large")));
    println!("{} MiB were sent before the connection was cut", sent.join().unwrap() >> 20);
    assert_within(receiver.peak_memory(), MODEST);
    let kept = &receiver.deliveries("")[0];
    assert_eq!((&kept["truncated"], &kept["body_size"]), (&true.into(), &(1 << 20).into()), "{kept}");
    receiver.assert_unharmed();
}

#[test]
fn a_full_inbox_drops_the_oldest_counts_them_and_stops_growing() {
    let receiver = Receiver::with_key();
    let large = vec![b'a'; 1 << 20];
    for number in 0..100 {
        let path = format!("/{number}");
        assert_eq!(receiver.deliver(&path, &Request::post(&path).body(&large)).status, 401);
    }
    let inbox = &receiver.health()["inbox"];
    let (held, dropped) = (inbox["held"].as_u64().unwrap(), inbox["dropped"].as_u64().unwrap());
    assert_eq!(held + dropped, 100);
    assert!((50..=64).contains(&held), "{inbox}");
    assert_eq!(receiver.deliveries("path=/99").len(), 1, "the newest is there");
    assert_eq!(receiver.deliveries("path=/0").len(), 0, "the oldest is not");
    assert_within(receiver.peak_memory(), 64 + MODEST);
    receiver.assert_unharmed();
}

#[cfg(target_os = "linux")]
#[test]
fn many_large_bodies_at_a_time_are_bounded_together_and_that_passes() {
    let receiver = Receiver::with_key();
    let before = receiver.open_files();
    let head = Request::post("/large").header("Content-Length", (1 << 20).to_string()).head();
    let all_but_one = vec![b'a'; (1 << 20) - 1];
    let mut crowd: Vec<_> = (0..300).map(|_| receiver.connect()).collect();
    for connection in &crowd {
        let _ = connection.send([&*head, &all_but_one].concat()); // it may be refused before all of it is sent
    }
    let refused = eventually("there is no room for 300 MiB", || crowd.iter().position(Connection::is_answered));
    let answer = crowd[refused].answer();
    assert_eq!((answer.status, answer.code().as_deref()), (503, Some("busy")));
    assert_within(receiver.peak_memory(), 256 + 64 + MODEST);
    drop(crowd);
    eventually("all of them are done with", || (receiver.open_files() < before + 10).then_some(()));
    receiver.assert_unharmed();
}

#[test]
fn slow_senders_hold_up_nobody_and_are_cut_in_the_end() {
    let receiver = Receiver::with_key();
    let open = |start: &[u8]| {
        let connection = receiver.connect();
        connection.send(start).unwrap();
        connection
    };
    let silent: Vec<_> = (0..50).map(|_| open(b"")).collect();
    let slow_heads: Vec<_> = (0..200).map(|_| open(b"POST /slow HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")).collect();
    let half_signed = Request::post("/slow").header("X-JWS-Signature", signature(b"half"));
    let half_signed = half_signed.header("Content-Length", "1000000");
    let slow_bodies: Vec<_> = (0..50).map(|_| open(&[&*half_signed.head(), b"half"].concat())).collect();

    let mut slowest = Duration::ZERO;
    for number in 0..100 {
        for slow in slow_heads.iter().step_by(20) {
            let _ = slow.send(b"a"); // it may have been cut by now
        }
        let started = Instant::now();
        let path = format!("/quick/{number}");
        assert_eq!(receiver.deliver(&path, &Request::post(&path).signed(path.as_bytes())).status, 204);
        slowest = slowest.max(started.elapsed());
    }
    assert!(slowest < Duration::from_secs(5), "a delivery among slow ones took {slowest:?}");

    for mut connection in silent.into_iter().chain(slow_heads) {
        let rest = connection.rest();
        assert!(!rest.starts_with(b"HTTP/1.1 2"), "{}", rest.escape_ascii());
    }
    for mut connection in slow_bodies {
        assert_eq!(connection.answer().status, 408);
    }
    for kept in receiver.deliveries("path=/slow") {
        assert_eq!((&kept["verdict"], &kept["truncated"]), (&"invalid".into(), &true.into()), "{kept}");
        assert_eq!((&kept["body_size"], &kept["response"]["status"]), (&4.into(), &408.into()), "{kept}");
    }
    assert_eq!(receiver.deliveries("path=/slow").len(), 50);
    assert_within(receiver.peak_memory(), MODEST);
    receiver.assert_unharmed();
}

#[test]
fn who_hangs_up_half_way_is_kept_as_truncated_even_when_the_half_is_signed() {
    let receiver = Receiver::with_key();
    let half = vec![b'a'; 500];
    for (path, head) in [
        ("/length", Request::post("/length").header("Content-Length", "1000")),
        ("/chunks", Request::post("/chunks").header("Transfer-Encoding", "chunked")),
    ] {
        let head = head.header("X-JWS-Signature", signature(&half)).head();
        let framing = if path == "/chunks" { &b"1f4\r\n"[..] } else { b"" };
        let connection = receiver.connect();
        connection.send([&*head, framing, &half].concat()).unwrap();
        drop(connection);
        let kept = &receiver.wait_for(1, path)[0];
        assert_eq!((&kept["verdict"], &kept["truncated"]), (&"invalid".into(), &true.into()), "{kept}");
        assert_eq!((&kept["body_size"], &kept["key"]), (&500.into(), &().into()), "{kept}");
        let body = receiver.api(&format!("deliveries/{}/body", kept["id"].as_str().unwrap())).body;
        assert_eq!(body, half);
    }
    receiver.assert_unharmed();
}

#[test]
fn who_hangs_up_before_the_body_or_in_the_header_harms_nobody() {
    let receiver = Receiver::with_key();
    let request = Request::post("/").signed("{}").octets();
    for length in 0..request.len() {
        receiver.connect().send(&request[..length]).unwrap();
    }
    receiver.assert_unharmed();
    assert_eq!(receiver.deliveries("verdict=valid&path=/").len(), 0, "half a delivery is none");
}

#[test]
fn who_does_not_wait_for_the_answer_is_kept_all_the_same() {
    let receiver = Receiver::with_key();
    for number in 0..200 {
        let path = format!("/{number}");
        receiver.connect().send(Request::post(&path).signed("{}").octets()).unwrap();
    }
    eventually("all are kept", || (receiver.deliveries("verdict=valid&limit=1000").len() == 200).then_some(()));
    receiver.assert_unharmed();
}

#[test]
fn who_shuts_its_own_side_before_it_reads_is_answered() {
    let receiver = Receiver::with_key();
    for number in 0..200 {
        let path = format!("/{number}");
        let mut connection = receiver.connect();
        connection.send(Request::post(&path).signed("{}").octets()).unwrap();
        connection.finish_sending(); // as `nc -N` does
        assert_eq!(connection.answer().status, 204, "number {number}");
        receiver.must_have(&path);
    }
    receiver.assert_unharmed();
}

#[test]
fn who_does_not_read_the_answers_is_held_back_and_then_cut() {
    let receiver = Receiver::with_key();
    let list = Request::get("/_hookseal/api/deliveries?limit=1000").octets();
    for number in 0..200 {
        let path = format!("/{number}");
        receiver.deliver(&path, &Request::post(&path).signed("{}"));
    }
    let greedy = receiver.connect();
    // Each answer has some 100 KiB; the requests would make a hundred times as much as any socket buffers.
    let _ = (0..5000).try_for_each(|_| greedy.send(&list));
    receiver.assert_unharmed();
    eventually("it is cut", || greedy.send(b"G").err());
    assert_within(receiver.peak_memory(), MODEST);
}

#[test]
fn a_body_nested_without_end_is_a_body_like_any_other() {
    let receiver = Receiver::with_key();
    let members = br#"{"type":"health.low_disk","id":"#;
    for (path, start, nested) in
        [("/array", &b""[..], &b"["[..]), ("/object", b"", b"{\"a\":"), ("/member", members, b"[")]
    {
        let body = [start, &nested.repeat(150_000)].concat();
        assert_eq!(receiver.deliver(path, &Request::post(path).signed(&body)).status, 204, "{path}");
        assert_eq!(receiver.deliveries(&format!("path={path}"))[0]["schema"], "unknown", "{path}");
    }
    receiver.assert_unharmed();
}

#[cfg(unix)]
#[test]
fn running_out_of_file_descriptors_passes_once_the_others_are_gone() {
    let few = r#"ulimit -n 64; exec "$0" receive --shared-key "$1" "$2" "$3" "$4" "$5""#;
    let mut command = Command::new("sh");
    command.env_remove("HOOKSEAL_TOKEN").args(["-c", few]).arg(hookseal_bin()).arg(KEY);
    let receiver = Receiver::start_command(&mut command);
    // Fewer than the kernel lets wait to be accepted, on top of those that are.
    let crowd: Vec<_> = (0..120).map(|_| receiver.connect()).collect();
    let mut late = receiver.connect();
    late.send(Request::post("/late").signed("{}").octets()).unwrap();
    drop(crowd);
    assert_eq!(late.answer().status, 204);
    receiver.must_have("/late");
    receiver.assert_unharmed();
}

#[test]
fn so_many_may_wait_at_a_time_and_who_gives_up_makes_room() {
    let receiver = Receiver::with_key();
    let wait = Request::get("/_hookseal/api/wait?count=9&timeout=3600s");
    let mut waiting: Vec<_> = (0..300).map(|_| receiver.connect()).collect();
    for connection in &waiting {
        connection.send(wait.octets()).unwrap();
    }
    let refused = eventually("some are refused", || waiting.iter().position(Connection::is_answered));
    let answer = waiting[refused].answer();
    assert_eq!((answer.status, answer.code().as_deref()), (429, Some("too_many_waits")));
    drop(waiting);
    let another = Request::get("/_hookseal/api/wait?count=9&timeout=1ms");
    eventually("there is room again", || (receiver.exchange(&another).status == 408).then_some(()));
    receiver.assert_unharmed();
}

/// Sends until the peer cuts the connection, a gibibyte at the most, and returns how much it took.
fn send_on_regardless(connection: &Connection, block: &[u8]) -> u64 {
    let mut sent = 0;
    while sent < 1 << 30 {
        match connection.send(block) {
            Ok(()) => sent += block.len() as u64,
            Err(error) => {
                let cut = [io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe];
                assert!(cut.contains(&error.kind()), "the peer took no more, but did not hang up: {error}");
                break;
            }
        }
    }
    sent
}

fn assert_within(used: u64, allowed: u64) {
    println!("at most {used} MiB were in use");
    assert!(used <= allowed, "{used} MiB were in use, where {allowed} are allowed");
}
