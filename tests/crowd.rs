//! Thousands who hold a connection and send next to nothing: whoever sends a delivery does not notice.

#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use hookseal_tests::{Connection, Receiver, Request};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

#[test]
fn five_thousand_slow_connections_and_a_thousand_half_open_ones_hold_up_nobody() {
    let receiver = Receiver::with_key();
    let before = median_delivery(&receiver);
    let allowed = raise_open_files();
    let room = allowed.saturating_sub(200).min(6_000);
    let half_open = room / 6;
    println!("{} slow connections and {half_open} half-open ones", room - half_open);

    let mut crowd: Vec<Connection> = (0..half_open)
        .map(|number| {
            let connection = receiver.connect();
            if number % 2 == 0 {
                connection.finish_sending(); // half closed, and never read from
            }
            connection
        })
        .collect();
    let slow_head = Request::post("/slow").header("X-Slow", "a").head();
    let slow_body = Request::post("/slow").header("Content-Length", "1000").head();
    for number in half_open..room {
        let connection = receiver.connect();
        // In the middle of a header, or of a body.
        let octets = if number % 2 == 0 { &slow_head[..slow_head.len() - 3] } else { &slow_body };
        connection.send(octets).unwrap();
        crowd.push(connection);
    }
    for slow in crowd.iter().skip(half_open).step_by(50) {
        let _ = slow.send(b"a"); // it may have been cut by now
    }
    let among = median_delivery(&receiver);
    println!("a delivery takes {before:?} alone and {among:?} among them; {} MiB", receiver.peak_memory());
    assert!(crowd.len() >= 800, "the system allows {allowed} open files, and that is no crowd");
    assert!(crowd.len() == 6_000 || allowed < 6_200, "{} of 6,000, and {allowed} open files are allowed", crowd.len());
    // Each holds a connection of the receiver's, and is no half-accepted one that waits for its turn; the slowest may have been
    // cut for taking too long by the time of the last.
    let open = receiver.open_files();
    assert!(open > crowd.len() / 2, "{open} files are open for {} connections", crowd.len());
    // On a machine that is slow by itself, as slow as it is by itself.
    assert!(among < Duration::from_millis(100).max(5 * before), "a delivery took {among:?}, and {before:?} alone");
    assert!(receiver.peak_memory() < 200, "{} MiB", receiver.peak_memory());
    drop(crowd);
    receiver.assert_unharmed();
}

fn median_delivery(receiver: &Receiver) -> Duration {
    let mut times: Vec<_> = (0..51)
        .map(|_| {
            let started = Instant::now();
            assert_eq!(receiver.deliver("/quick", &Request::post("/quick").signed("{}")).status, 204);
            started.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

/// As many as the system lets us have; the receiver does the same for itself.
fn raise_open_files() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    getrlimit(Resource::Nofile).current.map_or(6_200, |current| current as usize)
}
